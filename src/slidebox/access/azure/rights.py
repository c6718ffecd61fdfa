"""What the operations of a role let somebody do with a container.

Sources: Microsoft, "Azure permissions for Storage" and "… for Management and governance"; "Authorize access to blobs
using Microsoft Entra ID", as of 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from slidebox.access.azure.conditions import matches
from slidebox.access.effective import ACTIONS
from slidebox.access.snapshot import why_unread

_STORAGE: Final = "Microsoft.Storage/storageAccounts"
_CONTAINERS: Final = f"{_STORAGE}/blobServices/containers"
_BLOBS: Final = f"{_CONTAINERS}/blobs"
_ROLES: Final = "Microsoft.Authorization"

KEYS, PUBLIC, FOLDERS, SFTP = "keys", "public", "folders", "sftp"
"""What an account has to allow for an operation to be of use."""
HERE, ACCOUNT, ANYWHERE = "here", "account", "anywhere"
"""Where an operation is done: at the container, at its account, or wherever a role is given."""
GIVE_ROLES: Final = f"{_ROLES}/roleAssignments/write"
"""The operation whose condition may say which roles can be given."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation, and what it comes to.

    Attributes
    ----------
    name
        As roles name it.
    gives
        What of `ACTIONS` it comes to.
    data
        Whether it is a data action.
    part
        The part of it that gives this.
    needs
        What the account has to allow; empty where it needs nothing.
    said
        What it is, for the path; empty where it is just what it gives.
    at
        Where it is done.
    """

    name: str
    gives: tuple[str, ...]
    data: bool = True
    part: str = ""
    needs: str = ""
    said: str = ""
    at: str = HERE


_DATA = ACTIONS[:4]
OPERATIONS: Final = (
    Operation(f"{_BLOBS}/read", ("read",)),
    Operation(f"{_BLOBS}/read", ("read",), part="Blob.Read.WithTagConditions"),
    Operation(f"{_BLOBS}/read", ("list",), part="Blob.List"),
    Operation(f"{_BLOBS}/filter/action", ("list",)),
    Operation(f"{_BLOBS}/write", ("write",)),
    Operation(f"{_BLOBS}/add/action", ("write",)),
    Operation(f"{_BLOBS}/tags/write", ("write",)),
    Operation(f"{_BLOBS}/move/action", ("write", "delete")),
    Operation(f"{_BLOBS}/delete", ("delete",)),
    Operation(f"{_BLOBS}/deleteBlobVersion/action", ("delete",)),
    Operation(f"{_BLOBS}/permanentDelete/action", ("delete",)),
    Operation(f"{_BLOBS}/manageOwnership/action", ACTIONS, needs=FOLDERS, said="may own folders"),
    Operation(f"{_BLOBS}/modifyPermissions/action", ACTIONS, needs=FOLDERS, said="may change access lists of folders"),
    Operation(f"{_BLOBS}/runAsSuperUser/action", ACTIONS, needs=FOLDERS, said="is the superuser of folders"),
    Operation(GIVE_ROLES, ACTIONS, data=False, said="may give roles", at=ANYWHERE),
    Operation(f"{_ROLES}/roleDefinitions/write", ACTIONS, data=False, said="may change roles", at=ANYWHERE),
    Operation(
        f"{_ROLES}/roleAssignmentScheduleRequests/write",
        ACTIONS,
        data=False,
        said="may give roles for a time",
        at=ANYWHERE,
    ),
    Operation(
        f"{_ROLES}/roleEligibilityScheduleRequests/write", ACTIONS, data=False, said="may offer roles", at=ANYWHERE
    ),
    Operation(
        f"{_ROLES}/elevateAccess/action", ACTIONS, data=False, said="may make itself an administrator", at=ANYWHERE
    ),
    Operation(f"{_STORAGE}/write", ACTIONS, data=False, said="may change what the account allows", at=ACCOUNT),
    Operation(
        f"{_STORAGE}/listKeys/action", ACTIONS, data=False, needs=KEYS, said="may have the account's keys", at=ACCOUNT
    ),
    Operation(
        f"{_STORAGE}/regenerateKey/action",
        ACTIONS,
        data=False,
        needs=KEYS,
        said="may make new account keys",
        at=ACCOUNT,
    ),
    Operation(
        f"{_STORAGE}/listAccountSas/action", _DATA, data=False, needs=KEYS, said="may have links signed", at=ACCOUNT
    ),
    Operation(
        f"{_STORAGE}/listServiceSas/action", _DATA, data=False, needs=KEYS, said="may have links signed", at=ACCOUNT
    ),
    Operation(f"{_CONTAINERS}/write", ACTIONS, data=False, needs=PUBLIC, said="may make the container public"),
    Operation(f"{_CONTAINERS}/setAcl/action", ACTIONS, data=False, needs=PUBLIC, said="may make the container public"),
    Operation(f"{_STORAGE}/localUsers/write", ACTIONS, data=False, needs=SFTP, said="may make local users", at=ACCOUNT),
    Operation(
        f"{_STORAGE}/localUsers/regeneratePassword/action",
        _DATA,
        data=False,
        needs=SFTP,
        said="sets passwords",
        at=ACCOUNT,
    ),
    Operation(
        f"{_STORAGE}/objectReplicationPolicies/write",
        ("read", "list"),
        data=False,
        said="may have blobs copied",
        at=ACCOUNT,
    ),
    Operation(f"{_STORAGE}/restoreBlobRanges/action", ("write",), data=False, at=ACCOUNT),
    Operation(
        f"{_STORAGE}/managementPolicies/write",
        ("delete",),
        data=False,
        said="may have blobs deleted by rules",
        at=ACCOUNT,
    ),
    Operation(f"{_CONTAINERS}/delete", ("delete",), data=False),
    Operation(f"{_STORAGE}/delete", ("delete",), data=False, at=ACCOUNT),
)
"""What a role can let somebody do, the plainest first."""


@dataclass(frozen=True, slots=True)
class Right:
    """An operation that a role lets somebody do.

    Attributes
    ----------
    operation
        The operation.
    condition
        What the role itself holds it back by; empty where it does not.
    """

    operation: Operation
    condition: str = ""


def rights(permissions: object) -> tuple[Right, ...] | None:
    """What the permissions of a role let somebody do; None where that is not known.

    What one permission leaves out another may have, so ``notActions`` count only beside their own ``actions``.
    """
    if not isinstance(permissions, list) or not all(is_known(one) for one in permissions):
        return None
    found = (_right(one, operation) for operation in OPERATIONS for one in permissions if covers(one, operation))
    return tuple(dict.fromkeys(found))


def is_known(permission: object) -> bool:
    """Whether what a permission is about is known whole."""
    if not isinstance(permission, Mapping) or why_unread(permission) is not None:
        return False
    return all(
        isinstance(said := permission.get(name) or [], list) and all(isinstance(one, str) for one in said)
        for name in ("actions", "notActions", "dataActions", "notDataActions")
    )


def _right(permission: Mapping[str, Any], operation: Operation) -> Right:
    condition = permission.get("condition")
    return Right(operation, condition if isinstance(condition, str) else "")


def covers(permission: Mapping[str, Any], operation: Operation) -> bool:
    """Whether a permission is about an operation."""
    yes, no = ("dataActions", "notDataActions") if operation.data else ("actions", "notActions")
    return _one_of(permission.get(yes), operation.name) and not _one_of(permission.get(no), operation.name)


def _one_of(patterns: Iterable[Any] | None, name: str) -> bool:
    return any(matches(str(pattern), name) for pattern in patterns or ())
