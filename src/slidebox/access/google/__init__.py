"""Who can read what in Google Cloud, from a snapshot's section ``google``.

The section is what the JSON APIs answer::

    {"projects": {ID: {                                # "" where a plan does not say in which project a bucket is
        "number": "…", "parent": "folders/456",
        "policy": POLICY, "policy_complete": True,     # False where others may be in it, as in a plan that adds members
        "org_policies": {"storage.publicAccessPrevention": orgpolicy v2's Policy that is in effect},
        "deny_policies": [IAM v2's Policy with its rules, …],
        "service_accounts": {EMAIL: {"policy": POLICY, "keys": [ServiceAccountKey, …], "disabled": False}},
        "hmac_keys": [{"accessId", "serviceAccountEmail", "state", "timeCreated"}, …],
        "roles": {NAME: {"includedPermissions": […], "stage", "deleted"}},
        "workload_identity_pools": {NAME: {"state", "disabled", "providers": [{"oidc": {"issuerUri"}, "aws", "saml",
                                    "attributeCondition", "attributeMapping", "state", "disabled"}, …]}},
        "backend_buckets": [compute's BackendBucket, …],
        "url_maps": [compute's UrlMap, …],
        "perimeters": [Access Context Manager's ServicePerimeter, …]       # if given
     }},
     "folders": {"folders/456": {"parent": "organizations/1", "policy": POLICY, "deny_policies": […], …}},
     "organizations": {"organizations/1": {"policy": POLICY, "roles": {…}, …}},
     "groups": {"group:ADDRESS": ["user:ADDRESS", …]},                     # if given
     "buckets": {NAME: {
        "project": ID, "store": …, "dataset": …,
        "metadata": storage's Bucket with projection=full,                 # with acl and defaultObjectAcl
        "policy": POLICY,                                                  # of version 3
        "managed_folders": [{"name": "a/", "policy": POLICY}, …],
        "objects": {OBJECT: [ObjectAccessControl, …]}                      # of those whose own list is known
     }},
     "unplaced": {ADDRESS: why}}                       # what opens something, and nothing tells what

A POLICY is IAM's, with ``bindings``. Settings, policy and managed folders of a bucket decide who has access to it:
where one of them is absent or unread, somebody unknown may have it. Where the policy of a project is absent or not the
whole, whoever the project lets in has access (``account:project:ID``): a project takes neither ``allUsers`` nor
``allAuthenticatedUsers`` (Resource Manager API, ``projects.setIamPolicy``). An encryption key of the lab's own limits
nobody: the service decrypts with it for whoever may read the object.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.access.effective import Location, nobody_knows
from slidebox.access.google.buckets import readers_of
from slidebox.access.google.estate import Estate
from slidebox.access.google.people import People
from slidebox.access.snapshot import Known, why_unread

__all__ = ["locations"]

_KIND = "gcs"


def locations(section: Mapping[str, Any], known: Known) -> Iterator[Location]:
    """Every bucket of the section, with everybody who can do anything with it.

    Parameters
    ----------
    section
        What the APIs answered.
    known
        What the lab says of identities and of groups, and what time it is.
    """
    estate = Estate(section, known)
    people = People(estate)
    buckets = section.get("buckets") or {}
    if (why := why_unread(buckets)) is not None:
        yield Location(_KIND, kind=_KIND, readers=(nobody_knows(why, "its buckets"),))
        buckets = {}
    for name, entry in buckets.items():
        said: Mapping[str, Any] = entry if isinstance(entry, Mapping) else {}
        yield Location(
            name=str(name),
            store=_text(said, "store"),
            kind=_KIND,
            dataset=_text(said, "dataset"),
            readers=readers_of(str(name), entry, estate, people),
            within=_text(said, "project"),
        )
    for address, why in (section.get("unplaced") or {}).items():
        yield Location(str(address), kind=_KIND, readers=(nobody_knows(str(why)),))


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    return value if isinstance(value, str) else ""
