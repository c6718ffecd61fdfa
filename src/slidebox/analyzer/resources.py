"""Resources of a preview become the facts document.

What a resource *is* comes from its own configuration: who reads it from its bucket policy, its mode and
the users' policies; what protects it from what it asks for and what its endpoint has. Only what the
data *are* comes from the facts it carries (`slidebox.facts.fragment`). A place for data that carries no
facts, or facts that contradict another's, is not known, and the rules refuse what is not known.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slidebox.access import UNKNOWN, Reader, merged
from slidebox.access.posix import mode_readers
from slidebox.access.s3 import bucket_readers, user_readers
from slidebox.facts import CAPABILITIES
from slidebox.model import Gate
from slidebox.provider.values import Secret, Unknown

FOLDER = "slidebox:drive:Folder"
BUCKET = "slidebox:s3:Bucket"
USER = "slidebox:s3:User"

_FOREIGN = re.compile(
    r"^(?!slidebox:).*\b(s3|s3express|storage|efs|fsx|filestore|objectstorage|minio)\b[^:]*"
    r":(Bucket|BucketV2|DirectoryBucket|S3Bucket|StorageAccount|Account|Container|BlobContainer|FileShare|Share|FileSystem)$",
    re.IGNORECASE,
)
"""Types of other providers that hold data; nothing here reads their configuration yet."""

_LOCATION = re.compile(r"^(?P<dataset>[^@]+)@(?P<term>[^@]+)@(?P<store>[^@]+)$")
_MAPS = ("people", "teams", "agreements", "stores", "systems", "datasets")
_ASKED_FOR = {
    "versioning": "versioning",
    "encryption": "encryption",
    "public_access_block": "publicAccessBlock",
    "object_lock": "objectLock",
    "lifecycle": "lifecycle",
}
"""The input of a bucket that asks for a capability."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A resource as the engine shows it.

    Attributes
    ----------
    urn, type
        Its identity and its type token.
    properties
        Its inputs, or its outputs; JSON values, with what is not known yet as ``"unknown"``.
    """

    urn: str
    type: str
    properties: Mapping[str, Any] = field(repr=False)

    @property
    def holds_data(self) -> bool:
        """Whether it is a place where data can lie."""
        return self.type in (FOLDER, BUCKET) or bool(_FOREIGN.match(self.type))


@dataclass(frozen=True, slots=True)
class Preview:
    """The facts of a preview.

    Attributes
    ----------
    facts
        The document for the rules.
    urns
        The resource behind each location and dataset of it.
    """

    facts: dict[str, Any]
    urns: Mapping[str, str]

    def urn_of(self, subject: str) -> str:
        """The resource a finding is about; empty where it is about the stack."""
        dataset, _, _ = subject.partition("@")
        return self.urns.get(subject) or self.urns.get(dataset, "")


def plain(value: Any) -> Any:
    """A property without the engine's marks: unknown values spelled out, secrets withheld."""
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, Secret):
        return "[secret]"
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def one(resource: Seen, *, now: dt.date) -> Preview:
    """The facts about one resource, from itself alone.

    Named accounts are left to `whole`: only the stack says whom they stand for. What an endpoint lacks is
    known only once it has been asked.
    """
    carried = _Carried([resource])
    location_id, location = _location(resource, carried, {}, whole=False)
    location["readers"] = [r for r in location["readers"] if not r["principal"].startswith("account:")]
    return Preview(_document(carried, {location_id: location}, now), _urns({location_id: (resource, location)}))


def whole(resources: Sequence[Seen], *, now: dt.date) -> Preview:
    """The facts about a whole stack."""
    places = [resource for resource in resources if resource.holds_data]
    carried = _Carried(places)
    users = [resource for resource in resources if resource.type == USER]
    granted = _granted(users, places)
    found: dict[str, tuple[Seen, dict[str, Any]]] = {}
    for resource in places:
        location_id, location = _location(resource, carried, _names(users), whole=True)
        location["readers"] += [r.document() for r in granted.get(resource.urn, ())]
        # Two resources that claim one location are two places.
        key = location_id if location_id not in found else f"{location_id} ({resource.urn})"
        found[key] = resource, location
    locations = carried.by_hand() | {key: location for key, (_, location) in found.items()}
    return Preview(_document(carried, locations, now), _urns(found))


class _Carried:
    """The facts that resources carry, as one document; where two contradict, neither is believed."""

    def __init__(self, resources: Iterable[Seen]) -> None:
        self._by_urn: dict[str, Mapping[str, Any]] = {}
        self.maps: dict[str, dict[str, Any]] = {name: {} for name in _MAPS}
        self.lab: Any = None
        for resource in resources:
            said = resource.properties.get("facts")
            facts = said if isinstance(said, Mapping) else {}
            self._by_urn[resource.urn] = facts
            for name in _MAPS:
                _join(self.maps[name], facts.get(name))
            own = facts.get("lab")
            self.lab = own if self.lab in (None, own) else {}

    def of(self, resource: Seen) -> Mapping[str, Any]:
        """What one resource carries."""
        return self._by_urn[resource.urn]

    def by_hand(self) -> dict[str, Any]:
        """Copies that are made by hand, as the resources beside them say."""
        found: dict[str, Any] = {}
        for facts in self._by_urn.values():
            for location_id, location in _items(facts.get("locations")):
                if isinstance(location, Mapping) and self._is_by_hand(location.get("store")):
                    _join(found, {location_id: dict(location)})
        return found

    def _is_by_hand(self, store: Any) -> bool:
        said = self.maps["stores"].get(store) if isinstance(store, str) else None
        return isinstance(said, Mapping) and said.get("kind") == "by_hand"

    def store(self, name: str) -> Mapping[str, Any]:
        """What is said about a store; nothing if it is not known."""
        said = self.maps["stores"].get(name)
        return said if isinstance(said, Mapping) else {}


def _join(into: dict[str, Any], entries: Any) -> None:
    for key, value in _items(entries):
        into[key] = value if into.get(key, value) == value else {}


def _items(value: Any) -> Iterable[tuple[str, Any]]:
    return value.items() if isinstance(value, Mapping) else ()


def _document(carried: _Carried, locations: Mapping[str, Any], now: dt.date) -> dict[str, Any]:
    return {
        "gate": Gate.PREVIEW.value,
        "now": now.isoformat(),
        "lab": carried.lab or {},
        **carried.maps,
        "locations": dict(locations),
        "waivers": {},
    }


def _urns(found: Mapping[str, tuple[Seen, Mapping[str, Any]]]) -> dict[str, str]:
    urns: dict[str, str] = {}
    for key, (resource, location) in found.items():
        urns[key] = resource.urn
        urns.setdefault(str(location["dataset"]), resource.urn)
    return urns


def _location(
    resource: Seen, carried: _Carried, names: Mapping[str, str], *, whole: bool
) -> tuple[str, dict[str, Any]]:
    said = str(resource.properties.get("location", ""))
    match = _LOCATION.match(said)
    claimed = match.groupdict() if match else {}
    store = claimed.get("store", UNKNOWN)
    if store != _store_name(resource):
        store = UNKNOWN
    about = carried.store(store)
    needs = _needs(resource, carried)
    location = {
        "dataset": claimed.get("dataset", UNKNOWN),
        "term": claimed.get("term", UNKNOWN),
        "store": store,
        "system": about.get("system", UNKNOWN),
        "storage_class": "standard",
        "failure_domain": about.get("failure_domain", UNKNOWN),
        "readers": [reader.document() for reader in _readers(resource, carried, names)],
        "tags": resource.properties.get("tags", UNKNOWN),
        "needs": needs,
        "lacks": _lacks(resource, about),
    }
    if not whole and resource.type == BUCKET and "capabilities" not in resource.properties:
        # The endpoint has not been asked yet; the whole stack is judged after it has.
        location |= {"needs": [], "lacks": []}
    return (said if match else resource.urn), location


def _store_name(resource: Seen) -> str:
    """The store a resource is really in."""
    store = resource.properties.get("store")
    name = store.get("name") if isinstance(store, Mapping) else store
    return name if isinstance(name, str) and resource.type in (FOLDER, BUCKET) else UNKNOWN


def _needs(resource: Seen, carried: _Carried) -> Any:
    """What the data need: by the facts, and by what the resource itself says it needs."""
    wanted: set[str] = set()
    for said in (carried.of(resource).get("needs", UNKNOWN), resource.properties.get("needs", [])):
        if not isinstance(said, list) or not all(isinstance(need, str) for need in said):
            return UNKNOWN
        wanted |= set(said)
    return sorted(wanted)


def _lacks(resource: Seen, store: Mapping[str, Any]) -> list[str]:
    said = store.get("lacks")
    known = [str(lack) for lack in said] if isinstance(said, list) else [UNKNOWN]
    if resource.type == FOLDER:
        return known
    if resource.type != BUCKET:
        return [UNKNOWN]
    has = resource.properties.get("capabilities")
    lacks = []
    for name in CAPABILITIES:
        asked_for = resource.properties.get(_ASKED_FOR[name])
        if name == "encryption" and not {UNKNOWN, name, f"{UNKNOWN}:{name}"} & set(known):
            continue  # the disk below is encrypted
        if not isinstance(has, Mapping) or has.get(name) not in (True, False) or asked_for == UNKNOWN:
            lacks.append(f"{UNKNOWN}:{name}")
        elif has[name] is False or not asked_for:
            lacks.append(name)
    return lacks


def _readers(resource: Seen, carried: _Carried, names: Mapping[str, str]) -> tuple[Reader, ...]:
    properties = resource.properties
    if resource.type == FOLDER:
        group = properties.get("group")
        # A POSIX group is known by its members only where the lab has a team of its name.
        team = (f"team:{group}",) if isinstance(group, str) and group in carried.maps["teams"] else ()
        return mode_readers(properties.get("mode"), str(group or ""), team)
    if resource.type == BUCKET and "policy" in properties:
        path = (f"policy of bucket {properties.get('bucket')}",)
        return bucket_readers(properties["policy"], str(properties.get("bucket")), names, path)
    if resource.type == BUCKET:
        return ()
    return (Reader(UNKNOWN, ("read",), (f"nothing here can read the configuration of a {resource.type}",)),)


def _granted(users: Iterable[Seen], places: Iterable[Seen]) -> dict[str, tuple[Reader, ...]]:
    """What users' own policies give on buckets of their store, by the bucket's URN."""
    buckets = [place for place in places if place.type == BUCKET]
    found: dict[str, list[Reader]] = {bucket.urn: [] for bucket in buckets}
    for user in users:
        said = user.properties.get("principal")
        principal = said if isinstance(said, str) and said else UNKNOWN
        store = _user_store(user)
        near = [b for b in buckets if UNKNOWN in (store, _store_name(b)) or _store_name(b) == store]
        path = (f"user {user.properties.get('user')}",)
        by_name = user_readers(
            user.properties.get("policy", UNKNOWN), principal, {str(b.properties.get("bucket")) for b in near}, path
        )
        for bucket in near:
            found[bucket.urn] += by_name[str(bucket.properties.get("bucket"))]
    return {urn: merged(readers) for urn, readers in found.items()}


def _user_store(user: Seen) -> str:
    store = user.properties.get("store")
    name = store.get("name") if isinstance(store, Mapping) else store
    return name if isinstance(name, str) else UNKNOWN


def _names(users: Iterable[Seen]) -> dict[str, str]:
    """Principals by what a bucket policy may call them: a user's name, its ARN, its access key."""
    names: dict[str, str] = {}
    for user in users:
        principal = user.properties.get("principal")
        for key in ("user", "arn", "accessKeyId"):
            called = user.properties.get(key)
            if isinstance(called, str) and isinstance(principal, str) and called not in (UNKNOWN, "[secret]"):
                names[called] = principal
    return names
