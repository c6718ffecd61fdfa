"""What roles of Google Cloud let somebody do with data in Cloud Storage, and as whom they can act.

Only permissions that count are kept: those on data, on who has access, and on acting as a service account.

Sources: Google Cloud, "IAM roles for Cloud Storage", "IAM permissions for Cloud Storage", "IAM basic and predefined
roles reference" and "Roles for service account authentication", as of 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from slidebox.access.snapshot import why_unread

GET, LIST = "storage.objects.get", "storage.objects.list"
CREATE, UPDATE, DELETE = (f"storage.objects.{verb}" for verb in ("create", "update", "delete"))
SET_OBJECT, SET_FOLDER, SET_BUCKET = (
    f"storage.{what}.setIamPolicy" for what in ("objects", "managedFolders", "buckets")
)
CHANGE_BUCKET: Final = "storage.buckets.update"
INSIGHTS: Final = "storage.buckets.getObjectInsights"
MAKE_HMAC: Final = "storage.hmacKeys.create"
SET_ABOVE: Final = frozenset(
    f"resourcemanager.{what}.setIamPolicy" for what in ("projects", "folders", "organizations")
)
"""Who has one of these can let anybody into every bucket below."""

ACT_AS: Final = frozenset(
    {
        "iam.serviceAccountKeys.create",
        *(
            f"iam.serviceAccounts.{verb}"
            for verb in ("actAs", "getAccessToken", "implicitDelegation", "setIamPolicy", "signBlob", "signJwt")
        ),
    }
)
"""Whoever has one of these on a service account can do what it can."""

COUNTED: Final[Mapping[str, frozenset[str]]] = {
    "read": frozenset({GET}),
    "list": frozenset({LIST, INSIGHTS}),
    "write": frozenset({CREATE, UPDATE, "storage.objects.move", "storage.objects.restore", "storage.folders.rename"}),
    # Who changes a bucket's settings can have a lifecycle rule delete what is in it.
    "delete": frozenset({DELETE, CHANGE_BUCKET}),
    "admin": frozenset({SET_BUCKET, SET_FOLDER, SET_OBJECT, *SET_ABOVE}),
}
"""What each action takes: one of these permissions."""
EVERY: Final = frozenset().union(*COUNTED.values(), ACT_AS, {MAKE_HMAC})
"""Every permission that counts."""

_DATA = frozenset({GET, LIST})
_USER = _DATA | {CREATE, UPDATE, DELETE, "storage.objects.move", "storage.objects.restore", "storage.folders.rename"}
_STORAGE: Mapping[str, frozenset[str]] = {
    "objectViewer": _DATA,
    "objectCreator": frozenset({CREATE}),
    "objectUser": _USER,
    "objectAdmin": _USER | {SET_OBJECT},
    "folderAdmin": _USER | {SET_FOLDER},
    "admin": _USER | {SET_OBJECT, SET_FOLDER, SET_BUCKET, CHANGE_BUCKET, INSIGHTS},
    "bucketViewer": frozenset(),
    "hmacKeyAdmin": frozenset({MAKE_HMAC}),
    "insightsCollectorService": frozenset({INSIGHTS}),
    "legacyBucketReader": frozenset({LIST}),
    "legacyBucketWriter": frozenset({LIST, CREATE, DELETE}),
    "legacyBucketOwner": frozenset({LIST, CREATE, DELETE, CHANGE_BUCKET, SET_BUCKET}),
    "legacyObjectReader": frozenset({GET}),
    "legacyObjectOwner": frozenset({GET, UPDATE, SET_OBJECT}),
}
_TOKENS = ACT_AS - {"iam.serviceAccountKeys.create", "iam.serviceAccounts.actAs", "iam.serviceAccounts.setIamPolicy"}
_IAM: Mapping[str, frozenset[str]] = {
    "serviceAccountTokenCreator": _TOKENS,
    "serviceAccountUser": frozenset({"iam.serviceAccounts.actAs"}),
    "workloadIdentityUser": frozenset({"iam.serviceAccounts.getAccessToken"}),
    "serviceAccountKeyAdmin": frozenset({"iam.serviceAccountKeys.create"}),
    "serviceAccountAdmin": frozenset({"iam.serviceAccounts.setIamPolicy"}),
    "securityAdmin": frozenset(p for p in EVERY if p.endswith(".setIamPolicy")) | {LIST},
    "securityReviewer": frozenset({LIST}),
    **dict.fromkeys(
        (
            "serviceAccountOpenIdTokenCreator",
            "serviceAccountViewer",
            "serviceAccountCreator",
            "serviceAccountDeleter",
            "roleViewer",
            "roleAdmin",
            "organizationRoleAdmin",
            "organizationRoleViewer",
            "workloadIdentityPoolViewer",
            "denyAdmin",
            "denyReviewer",
        ),
        frozenset(),
    ),
}
_RESOURCES: Mapping[str, frozenset[str]] = {
    "projectIamAdmin": frozenset({"resourcemanager.projects.setIamPolicy"}),
    "folderIamAdmin": frozenset({"resourcemanager.folders.setIamPolicy"}),
    "folderAdmin": frozenset({"resourcemanager.folders.setIamPolicy", "resourcemanager.projects.setIamPolicy"}),
    "organizationAdmin": SET_ABOVE,
    **dict.fromkeys(
        (
            "folderViewer",
            "folderCreator",
            "organizationViewer",
            "projectCreator",
            "projectDeleter",
            "projectMover",
            "lienModifier",
            "tagViewer",
            "tagUser",
            "tagAdmin",
        ),
        frozenset(),
    ),
}
ROLES: Final[Mapping[str, frozenset[str]]] = {
    # What owners, editors and viewers may do with objects comes from each bucket's own policy or lists.
    "roles/viewer": frozenset(),
    "roles/browser": frozenset(),
    "roles/editor": frozenset({"iam.serviceAccounts.actAs", "iam.serviceAccountKeys.create", MAKE_HMAC}),
    "roles/owner": ACT_AS | {MAKE_HMAC, "resourcemanager.projects.setIamPolicy"},
    **{f"roles/storage.{name}": permissions for name, permissions in _STORAGE.items()},
    **{f"roles/iam.{name}": permissions for name, permissions in _IAM.items()},
    **{f"roles/resourcemanager.{name}": permissions for name, permissions in _RESOURCES.items()},
}
"""What predefined roles let somebody do, of what counts here."""

_WITHOUT = re.compile(
    r"roles/((accesscontextmanager|alloydb|apikeys|artifactregistry|bigquery|bigquerydatapolicy|bigtable|billing"
    r"|certificatemanager|cloudasset|cloudkms|cloudprofiler|cloudscheduler|cloudsql|cloudtasks|cloudtrace|compute"
    r"|datacatalog|datastore|dns|errorreporting|essentialcontacts|iap|logging|monitoring|networkmanagement|orgpolicy"
    r"|osconfig|pubsub|recommender|redis|secretmanager|servicenetworking|serviceusage|source|spanner|storageinsights"
    r"|vpcaccess)\.(?!.*agent)[A-Za-z0-9.]+"
    r"|run\.(admin|developer|invoker|viewer)|container\.(clusterViewer|viewer)|cloudbuild\.builds\.(editor|viewer))",
    re.IGNORECASE,
)
"""Predefined roles of other services that let nobody at objects, buckets or service accounts; their agents' may."""
_AGENTS_ROLE = re.compile(r"roles/[\w.]*serviceAgent", re.IGNORECASE)
_AGENT = re.compile(r"serviceAccount:(service-\d+@|\d+@cloudservices\.gserviceaccount\.com)")
_UNSEEN = re.compile(r"_withcond_[0-9a-f]+$")
"""What a policy that was asked for without its conditions says behind a role."""


def plain(role: str) -> tuple[str, bool]:
    """A role, and whether it is under a condition that the policy does not show."""
    shown = _UNSEEN.sub("", role)
    return shown, shown != role


def permissions_of(role: str, custom: Mapping[str, Any], member: str = "") -> frozenset[str] | None:
    """What a role lets somebody do, of what counts here; None where that is not known.

    Parameters
    ----------
    role
        Its name.
    custom
        Custom roles by name, as IAM answers them.
    member
        Who has it: what a service's own agent may do by its own role is not told, and is taken for everything.
    """
    if role in ROLES or _WITHOUT.fullmatch(role):
        return ROLES.get(role, frozenset())
    if _AGENTS_ROLE.fullmatch(role) and _AGENT.match(member):
        return EVERY
    said = custom.get(role)
    if not isinstance(said, Mapping) or why_unread(said) is not None:
        return None
    off = said.get("deleted") is True or said.get("stage") == "DISABLED"
    included = [] if off else said.get("includedPermissions", [])
    known = isinstance(included, list) and all(isinstance(one, str) for one in included)
    return frozenset(included) & EVERY if known else None


def actions_of(permissions: Iterable[str], *, uniform: bool = False) -> tuple[str, ...]:
    """What permissions come to.

    Parameters
    ----------
    permissions
        The permissions.
    uniform
        Whether it is certain that objects have no lists of their own that somebody could change.
    """
    held = frozenset(permissions) - ({SET_OBJECT} if uniform else frozenset())
    found = tuple(action for action, wanted in COUNTED.items() if wanted & held)
    return tuple(COUNTED) if "admin" in found else found
