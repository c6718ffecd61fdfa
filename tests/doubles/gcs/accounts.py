"""Service accounts' keys, which Google's IAM lists and never shows."""

from __future__ import annotations

from typing import Any

from .faults import Refused
from .service import Request, Service

LIST = "iam.projects.serviceAccounts.keys.list"
_PERMISSION = "iam.serviceAccountKeys.list"


class Accounts:
    """The service accounts of every project.

    Parameters
    ----------
    service
        The cloud that they are in.

    Attributes
    ----------
    keys
        Each key as it is shown, by the account's address.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self.keys: dict[str, list[dict[str, Any]]] = {}

    def make(self, account: str, since: str, *, by: str = "USER_MANAGED", disabled: bool = False) -> None:
        """Make a key of an account; Google's own are ``SYSTEM_MANAGED``."""
        held = self.keys.setdefault(account, [])
        shown = {"name": f"projects/{_project(account)}/serviceAccounts/{account}/keys/{len(held) + 1:040x}"}
        shown |= {"validAfterTime": since, "validBeforeTime": "9999-12-31T23:59:59Z", "keyType": by}
        held.append({**shown, "keyAlgorithm": "KEY_ALG_RSA_2048", **({"disabled": True} if disabled else {})})

    def carry_out(self, method: str, request: Request) -> Any:
        """The answer of a method.

        Raises
        ------
        Refused
            If it is refused.
        """
        if method != LIST:
            raise Refused(501, "notImplemented", f"This server has no {method}.")
        account = request.path["serviceAccountsId"]
        if account not in self.keys:
            raise Refused(404, "notFound", f"Unknown service account: {account}.")
        project = _project(account)
        has = _PERMISSION in self._service.directory.allowed(project, request.caller)
        self._service.need(request, _PERMISSION, has, f"projects/{project}")
        wanted = request.query.get("keyTypes", "")
        return {"keys": [key for key in self.keys[account] if wanted in ("", key["keyType"])]}


def _project(account: str) -> str:
    """The project in an account's address: whoever asks may leave it open."""
    return account.partition("@")[2].partition(".")[0]
