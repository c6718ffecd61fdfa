"""Microsoft.KeyVault: vaults that tests put there, and who may encrypt with their keys."""

from __future__ import annotations

import re
from typing import Any

from . import authorization
from .faults import Answer, RefusedError
from .state import Call, State

_FILTER = re.compile(r"resourceType eq 'Microsoft\.KeyVault/vaults' and name eq '([^']+)'")
_URI = re.compile(r"https://([^.]+)\.vault\.azure\.net/keys/([^/]+)")
_ENCRYPTION_USER = "e147488a-f6f5-4113-8e2d-b22465e65bf6"


def _find(state: State, name: str) -> tuple[str, dict[str, Any]] | None:
    end = f"/providers/microsoft.keyvault/vaults/{name.lower()}"
    return next(((key, thing) for key, thing in state.things.items() if key.endswith(end)), None)


def list_resources(state: State, call: Call) -> Answer:
    """The vault of a name; what else could be asked for is not known here."""
    match = _FILTER.fullmatch(call.query.get("$filter", ""))
    if match is None:
        raise RefusedError(400, "InvalidFilterInQueryString", "This server finds vaults by their name alone.")
    found = _find(state, match[1])
    here = found and found[0].startswith(f"/subscriptions/{call.names['subscription'].lower()}/")
    return Answer(200, {"value": [{"id": found[0], "name": match[1]}] if found and here else []})


def get_vault(state: State, call: Call) -> Answer:
    """One vault."""
    return Answer(200, {"id": call.path, **state.need(call.path)})


def require_key(state: State, account: dict[str, Any], scope: dict[str, Any]) -> None:
    """Refuse an encryption scope whose key the account cannot use."""
    match = _URI.match(str((scope.get("keyVaultProperties") or {}).get("keyUri")))
    found = _find(state, match[1]) if match else None
    if match is None or found is None:
        return
    where, vault = found
    if not vault["properties"].get("enablePurgeProtection"):
        raise RefusedError(400, "KeyVaultPolicyError", "Keyvault policy recoverable is not set.")
    who = str((account.get("identity") or {}).get("principalId")).lower()
    for _, given in authorization.assignments(state):
        about = given["properties"]
        covers = f"{where}/keys/{match[2]}/".lower().startswith(f"{about['scope'].lower()}/")
        if covers and about["principalId"].lower() == who and about["roleDefinitionId"].endswith(_ENCRYPTION_USER):
            return
    raise RefusedError(400, "KeyVaultAuthenticationFailure", "The operation failed because of authentication issue.")
