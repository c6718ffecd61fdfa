"""Who can read what in Amazon Web Services, from a snapshot's section ``aws``.

The section is what the services answer, as boto3 hands it on::

    {"accounts": {ID: {                                     # "" where the account is not known
        "public_access_block": {"BlockPublicAcls": …},      # s3control, of the account
        "canonical_user": "…",                              # the owner's id in access control lists
        "authorization": {"UserDetailList": […], "GroupDetailList": […], "RoleDetailList": […], "Policies": […]},
                                # a user may have "AccessKeys": [{"AccessKeyId", "Status"}] besides
        "service_control_policies": [DOCUMENT, …],          # those that hold for the account, if given
        "resource_control_policies": [DOCUMENT, …],
        "access_points": [{"Name", "Bucket", "BucketAccountId", "AccessPointArn", "Alias", "NetworkOrigin",
                           "VpcConfiguration", "PublicAccessBlockConfiguration", "Policy": DOCUMENT}, …],
        "multi_region_access_points": [{"Name", "Alias", "PublicAccessBlock", "Regions": [{"Bucket", …}],
                                        "Policy": DOCUMENT}, …],
        "keys": {ARN: {"Policy": DOCUMENT, "Grants": […], "Aliases": ["alias/…"]}},
        "distributions": [CloudFront's DistributionConfig with "Id", "ARN", "DomainName", …],
        "origin_access_identities": [{"Id", "S3CanonicalUserId"}, …],
        "functions": [{"FunctionName", "FunctionArn", "Role", "Urls": [{"AuthType", …}], "Policy": DOCUMENT}, …],
        "apis": [{"Id", "Name", "Protocol", "Policy": DOCUMENT, "EndpointTypes": ["REGIONAL"],
                  "Integrations": [{"Uri", "Credentials", "Authorization", "ApiKeyRequired", "Method", "Path"}]}, …],
        "transfer_servers": [{"ServerId", "IdentityProviderType",
                              "Users": [{"UserName", "Role", "HomeDirectoryType", "HomeDirectoryMappings", …}]}, …],
        "identity_pools": [{"IdentityPoolId", "AllowUnauthenticatedIdentities",
                            "Roles": {"unauthenticated": ARN, "authenticated": ARN}}, …]
     }},
     "buckets": {NAME: {
        "account": ID, "region": …, "store": …, "dataset": …,
        "policy": DOCUMENT, "public_access_block": {…}, "acl": {"Owner", "Grants"}, "ownership": {"Rules": […]},
        "website": {…}, "replication": {…}, "encryption": {…}, "tags": {…},      # where they were asked for
        "objects": [{"Key", "Acl": {…}}, …],       # those of which the list is known; others may have one too
        "all_encrypted": true      # where it is known that every object has the encryption of "encryption"
     }},
     "unplaced": {ADDRESS: why}}                            # what opens something, and nothing tells what

The first four of a bucket decide who has access to it: where one of them is absent or unread, somebody unknown may
have it. So may somebody unknown where the identities of its account (``authorization``) are. Of the other parts of an
account, one that is absent or unread counts where something leads to it: a role that functions may take on, a policy
that leaves who comes to the access points, a grant to CloudFront. ``None`` and ``[]`` say that there is none. Documents
of policies are objects or JSON text; any value at any depth may be `slidebox.access.snapshot.unread`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.access.aws.buckets import location
from slidebox.access.aws.estate import Estate
from slidebox.access.aws.parts import part
from slidebox.access.effective import Location, nobody_knows
from slidebox.access.snapshot import Known, why_unread

__all__ = ["locations"]


def locations(section: Mapping[str, Any], known: Known) -> Iterator[Location]:
    """Every bucket of the section, with everybody who can do anything with it.

    Parameters
    ----------
    section
        A snapshot's section ``aws``.
    known
        What the lab says of identities, and the moment asked about.

    Yields
    ------
    Location
        The buckets by their names, then what opens something and nothing tells what.
    """
    for name, listed in (("buckets", part(section, "buckets")), ("accounts", part(section, "accounts"))):
        if not listed.known and name in section:
            yield Location(f"aws {name}", kind="aws", readers=(nobody_knows(listed.why),))
    estate = Estate(section, known)
    for name in sorted(estate.buckets):
        yield location(estate, name, estate.buckets[name])
    unplaced = part(section, "unplaced").value
    for address, why in sorted(unplaced.items()) if isinstance(unplaced, Mapping) else ():
        said = why_unread(why)
        yield Location(address, kind="aws", readers=(nobody_knows(str(why) if said is None else said),))
