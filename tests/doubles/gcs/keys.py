"""Keys in Cloud KMS: rings, keys, and who may use them."""

from __future__ import annotations

import base64
import copy
import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .access import check_bindings
from .faults import Refused, invalid
from .service import Request, Service

USER = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
_ID = re.compile(r"[a-zA-Z0-9_-]{1,63}")
_LABEL = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_LEAST_SECONDS = 86_400
_CHANGEABLE = {"labels", "rotationPeriod", "nextRotationTime"}


@dataclass
class Key:
    """A key.

    Attributes
    ----------
    name
        Its full name.
    configuration
        What was sent of it.
    state
        The state of its primary version; None where it has none.
    bindings, generation
        Its policy, and how often that has changed.
    """

    name: str
    configuration: dict[str, Any]
    state: str | None = "ENABLED"
    bindings: list[dict[str, Any]] = field(default_factory=list)
    generation: int = 1

    @property
    def document(self) -> dict[str, Any]:
        """It, as the API shows it."""
        primary = {"name": f"{self.name}/cryptoKeyVersions/1", "state": self.state}
        shown = {"name": self.name, **copy.deepcopy(self.configuration)}
        return shown | ({"primary": primary} if self.state else {})

    @property
    def policy(self) -> dict[str, Any]:
        """Its policy; the tag is bytes, as Google's type has it."""
        etag = base64.b64encode(f"policy {self.generation}".encode()).decode()
        return {"version": 1, "etag": etag, "bindings": copy.deepcopy(self.bindings)}


class Keys:
    """Rings and keys of every project.

    Parameters
    ----------
    service
        The cloud that they are in: who may do what, and what time it is.

    Attributes
    ----------
    rings
        Names of rings.
    keys
        Keys by name.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self.rings: set[str] = set()
        self.keys: dict[str, Key] = {}
        service.usable_keys = self._usable

    def carry_out(self, method: str, request: Request) -> Any:
        """The answer of a method.

        Raises
        ------
        Refused
            If it is refused.
        """
        do = _METHODS.get(method.removeprefix("cloudkms.projects.locations.keyRings."))
        if do is None:
            raise Refused(501, "notImplemented", f"This server has no {method}.")
        with self._service.lock:
            return do(self, request)

    def _usable(self, agent: str) -> set[str]:
        return {
            key.name
            for key in self.keys.values()
            if key.state == "ENABLED" and any(agent in b["members"] for b in key.bindings if b["role"] == USER)
        }

    def _need(self, request: Request, verb: str) -> None:
        project = request.path["projectsId"]
        permission = f"cloudkms.{verb}"
        has = permission in self._service.directory.allowed(project, request.caller)
        self._service.need(request, permission, has, f"projects/{project}")

    def _ring(self, request: Request) -> str:
        ring = request.path.get("keyRingsId") or request.query.get("keyRingId", "")
        if not _ID.fullmatch(ring):
            raise invalid(f"Invalid id of a key ring: {ring!r}.")
        return f"projects/{request.path['projectsId']}/locations/{request.path['locationsId']}/keyRings/{ring}"

    def _key(self, request: Request, verb: str) -> Key:
        self._need(request, f"cryptoKeys.{verb}")
        name = f"{self._ring(request)}/cryptoKeys/{request.path['cryptoKeysId']}"
        if name not in self.keys:
            raise Refused(404, "notFound", f"CryptoKey {name} not found.")
        return self.keys[name]

    # What each method does

    def create_ring(self, request: Request) -> Any:
        """Make a ring."""
        self._need(request, "keyRings.create")
        ring = self._ring(request)
        if not request.path["locationsId"].islower():
            raise Refused(404, "notFound", f"The request concerns location {request.path['locationsId']!r}: not found.")
        if ring in self.rings:
            raise Refused(409, "alreadyExists", f"KeyRing {ring} already exists.")
        self.rings.add(ring)
        return {"name": ring}

    def create_key(self, request: Request) -> Any:
        """Make a key with a first version."""
        self._need(request, "cryptoKeys.create")
        ring, id_ = self._ring(request), request.query.get("cryptoKeyId", "")
        if ring not in self.rings:
            raise Refused(404, "notFound", f"KeyRing {ring} not found.")
        if not _ID.fullmatch(id_):
            raise invalid(f"Invalid id of a key: {id_!r}.")
        name = f"{ring}/cryptoKeys/{id_}"
        if name in self.keys:
            raise Refused(409, "alreadyExists", f"CryptoKey {name} already exists.")
        if request.body.get("purpose") not in {1, "ENCRYPT_DECRYPT"}:
            raise invalid("This server has only keys that encrypt and decrypt.")
        _check(request.body)
        self.keys[name] = Key(name, dict(request.body))
        return self.keys[name].document

    def get_key(self, request: Request) -> Any:
        """Show a key."""
        return self._key(request, "get").document

    def patch_key(self, request: Request) -> Any:
        """Change of a key what the mask names."""
        key, mask = self._key(request, "update"), request.query.get("updateMask", "").split(",")
        if set(mask) - _CHANGEABLE:
            raise invalid(f"Invalid update mask {mask!r}.")
        changed = key.configuration | {name: request.body.get(name) for name in mask}
        changed = {name: value for name, value in changed.items() if value is not None}
        _check(changed)
        key.configuration = changed
        return key.document

    def get_policy(self, request: Request) -> Any:
        """Show who may use a key."""
        return self._key(request, "getIamPolicy").policy

    def set_policy(self, request: Request) -> Any:
        """Change who may use a key."""
        key, policy = self._key(request, "setIamPolicy"), request.body["policy"]
        check_bindings(policy, {USER})
        self._service.directory.check_agents(policy)
        if policy.get("etag") and policy["etag"] != key.policy["etag"]:
            raise Refused(409, "aborted", "There were concurrent policy changes. Please retry.")
        key.bindings = [dict(binding) for binding in policy.get("bindings", []) if binding.get("members")]
        key.generation += 1
        return key.policy


def _check(configuration: Mapping[str, Any]) -> None:
    """Refuse a configuration that the service would refuse."""
    period = configuration.get("rotationPeriod")
    if (period is None) != (configuration.get("nextRotationTime") is None):
        raise invalid("A rotation period needs the time of the next rotation, and the other way round.")
    if period is not None and float(str(period).removesuffix("s")) < _LEAST_SECONDS:
        raise invalid("The rotation period must be at least one day.")
    if period is not None:
        dt.datetime.fromisoformat(configuration["nextRotationTime"])
    for name, value in configuration.get("labels", {}).items():
        if not (_LABEL.fullmatch(name) and (not value or re.fullmatch(r"[a-z0-9_-]{1,63}", value))):
            raise invalid(f"Invalid label {name!r}: {value!r}.")


_METHODS: Mapping[str, Callable[[Keys, Request], Any]] = {
    "create": Keys.create_ring,
    "cryptoKeys.create": Keys.create_key,
    "cryptoKeys.get": Keys.get_key,
    "cryptoKeys.patch": Keys.patch_key,
    "cryptoKeys.getIamPolicy": Keys.get_policy,
    "cryptoKeys.setIamPolicy": Keys.set_policy,
}
