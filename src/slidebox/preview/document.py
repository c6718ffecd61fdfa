"""Resources become the facts document.

What a resource *is* comes from its own configuration: who reads it from its policy, its mode and the users'
policies; what protects it from what it asks for and what its endpoint has. Only what the data *are* comes
from the facts that resources carry (`slidebox.facts.fragment`). A place for data that no facts speak of, or
that contradicting facts speak of, is not known, and the rules refuse what is not known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slidebox.access import ACTIONS, UNKNOWN, Reader, account, merged
from slidebox.facts import CAPABILITIES
from slidebox.model import Gate, StoreKind, System
from slidebox.preview import aws_lifecycle, aws_settings, azure_containers, elsewhere, gcs_buckets, slidebox_places
from slidebox.preview.aws_audit import is_audit
from slidebox.preview.aws_buckets import LOCATION, AwsBucket, Part, aws_stack, part_kind, plain_name
from slidebox.preview.aws_identity import Identities, Place
from slidebox.preview.aws_replication import Copies
from slidebox.preview.declared import Declared
from slidebox.preview.seen import (
    AWS_BUCKETS,
    AZURE_CONTAINER,
    BUCKET,
    DECLARATION,
    FOLDER,
    GCS_BUCKET,
    UNREAD,
    USER,
    Seen,
)

_NOTHING = dict.fromkeys(CAPABILITIES, UNKNOWN)
_AMAZON = (StoreKind.AWS, StoreKind.S3, StoreKind.BY_HAND)
"""The kinds of stores that a bucket of AWS can be in."""


@dataclass(frozen=True, slots=True)
class Preview:
    """The facts of a stack.

    Attributes
    ----------
    facts
        The document for the rules.
    urns
        The resource behind each location and dataset of it.
    """

    facts: dict[str, Any]
    urns: Mapping[str, str] = field(default_factory=dict)

    def urn_of(self, subject: str) -> str:
        """The resource a finding is about; empty where it is about the stack."""
        dataset, _, _ = subject.partition("@")
        return self.urns.get(subject) or self.urns.get(dataset, "")


def facts_of(
    resources: Iterable[Seen],
    now: dt.date,
    gate: Gate = Gate.PREVIEW,
    *,
    declared: Iterable[Seen] = (),
    files: Mapping[str, Mapping[str, Any]] | None = None,
) -> Preview:
    """The facts about a whole stack.

    Parameters
    ----------
    resources
        Everything in it.
    now
        Today.
    gate
        Where the rules are asked.
    declared
        Resources that only carry what is declared of the data.
    files
        What the lab's files declare (`slidebox.facts.FactBook.declared`): an identity stands for whom they say.
    """
    return _Stack(tuple(resources), tuple(declared), now, (files or {}).get("identities")).preview(gate)


def one(resource: Seen, now: dt.date) -> Preview:
    """The facts about one resource of slidebox, or of a provider that is not read, from itself alone.

    Named accounts are left to the whole stack: only it says whom they stand for. What an endpoint lacks is
    known only once it has been asked.
    """
    carried = Declared([resource])
    if azure_containers.is_audit(resource, carried, now) or gcs_buckets.is_audit(resource, carried, now):
        return Preview(_document(carried.document(), {}, Gate.PREVIEW, now))
    place = _Place(carried, now, _nobody(carried))
    key, location = place.of(resource, slidebox_places.Users((), ()), whole=False)
    location["readers"] = [r for r in location["readers"] if not r["principal"].startswith("account:")]
    document = _document(carried.document(), {key: location}, Gate.PREVIEW, now)
    return Preview(document, _urns({key: (resource, location)}))


def opened(resource: Seen, bucket: Seen, declared: Declared, now: dt.date) -> Preview | None:
    """The facts about a bucket of AWS and one resource that opens it, before either is made.

    Only who has access is read: the other resources that belong to the bucket have not been seen yet. None
    where nothing has said yet what the data are; the whole stack is judged later.
    """
    kind = part_kind(resource)
    parts = {kind: (Part(resource),)} if kind and resource is not bucket else {}
    key, location = _Place(declared, now, _nobody(declared)).of_aws(AwsBucket(bucket, parts), Copies(()))
    if not declared.entry("datasets", location["dataset"]):
        return None
    location["readers"] = [r for r in location["readers"] if r["principal"] in ("anyone", "any_account")]
    location["has"] = dict.fromkeys(CAPABILITIES, True)
    location["lifecycle"] = {**_still(), "offered": False}
    document = _document(declared.document(location["dataset"]), {key: location}, Gate.PREVIEW, now)
    return Preview(document, _urns({key: (resource, location)}))


class _Stack:
    """Everything in a stack, sorted."""

    def __init__(
        self,
        resources: Sequence[Seen],
        declared: Sequence[Seen],
        now: dt.date,
        identities: Mapping[str, Mapping[str, Any]] | None,
    ) -> None:
        self._now = now
        self._places = [seen for seen in resources if seen.holds_data and seen.type not in AWS_BUCKETS]
        self._aws = aws_stack(resources)
        self._accounts = azure_containers.Accounts(resources)
        self._carried = Declared(
            [seen for seen in (*resources, *declared) if seen.holds_data or seen.type == DECLARATION], identities
        )
        users = [seen for seen in resources if seen.type == USER]
        self._users = slidebox_places.Users(users, [seen for seen in self._places if seen.type == BUCKET])
        self._identities = Identities(resources, self._reachable(), self._aws.points, self._carried)

    def _reachable(self) -> Iterable[Place]:
        """The buckets that identities of AWS can reach: not those of the lab's own gateways."""
        yield from (Place(bucket.seen.urn, bucket.name) for bucket in self._aws.buckets if bucket.made)
        for seen in self._places:
            if seen.type == BUCKET and slidebox_places.may_be_amazon(seen):
                yield Place(seen.urn, plain_name(seen.properties.get("bucket")))

    def preview(self, gate: Gate) -> Preview:
        """The whole document."""
        by_hand = self._carried.by_hand(self._now.isoformat())
        found: dict[str, tuple[Seen, dict[str, Any]]] = {}
        for resource, key, location in self._locations():
            # Two resources that claim one location are two places, and so is one that claims a copy made by hand.
            taken = key in found or key in by_hand
            found[f"{key} ({resource.urn})" if taken else key] = resource, location
        locations = by_hand | {key: location for key, (_, location) in found.items()}
        return Preview(_document(self._carried.document(), locations, gate, self._now), _urns(found))

    def _locations(self) -> Iterable[tuple[Seen, str, dict[str, Any]]]:
        place = _Place(self._carried, self._now, self._identities, self._accounts)
        for resource in self._places:
            audits = (azure_containers.is_audit, gcs_buckets.is_audit)
            if any(is_one(resource, self._carried, self._now) for is_one in audits):
                continue  # it has no data, and nobody but the lab's own people reads it
            yield resource, *place.of(resource, self._users, whole=True)
        copies = Copies(self._aws.buckets)
        for bucket in self._aws.buckets:
            key, location = place.of_aws(bucket, copies)
            if is_audit(bucket, location, self._carried):
                continue  # it has no data, and nobody but the lab's own people reads it
            if bucket.made or location["readers"]:
                yield bucket.seen, key, location


class _Place:
    """Makes locations of resources.

    Parameters
    ----------
    declared
        What the stack carries of the lab's declarations.
    now
        Today.
    identities
        What identities of AWS may do with the stack's buckets.
    accounts
        The stack's storage accounts of Azure; None where one resource is seen by itself.
    """

    def __init__(
        self,
        declared: Declared,
        now: dt.date,
        identities: Identities,
        accounts: azure_containers.Accounts | None = None,
    ) -> None:
        self._declared = declared
        self._now = now
        self._identities = identities
        self._accounts = accounts or azure_containers.Accounts(None)

    def of(self, resource: Seen, users: slidebox_places.Users, *, whole: bool) -> tuple[str, dict[str, Any]]:
        """A folder, a bucket or container of slidebox, or a place whose configuration nothing here can read."""
        if resource.type == AZURE_CONTAINER and UNREAD not in resource.properties:
            return self._of_azure(resource)
        if resource.type == GCS_BUCKET and UNREAD not in resource.properties:
            return self._of_google(resource)
        if resource.type in elsewhere.READINGS and UNREAD not in resource.properties:
            return self._of_elsewhere(resource)
        if resource.type not in (FOLDER, BUCKET):
            return self._unread(resource, f"nothing here can read the configuration of a {resource.type}")
        if UNREAD in resource.properties:
            return self._unread(resource, str(resource.properties[UNREAD]))
        said = str(resource.properties.get("location", ""))
        key, location = self._claimed(resource, said, slidebox_places.store_of(resource))
        store = self._declared.entry("stores", location["store"])
        readers = slidebox_places.own_readers(resource, self._declared, users.names)
        identities = self._identities
        return key, {
            **location,
            "readers": _documents([*readers, *users.readers(resource.urn), *identities.readers(resource.urn)]),
            "keys": self._keys(resource.properties, [*users.keys(resource.urn), *identities.keys(resource.urn)]),
            "wildcards": [
                *slidebox_places.own_wildcards(resource),
                *users.wildcards(resource.urn),
                *identities.wildcards(resource.urn),
            ],
            "tags": resource.properties.get("tags", UNKNOWN),
            "has": slidebox_places.has(resource, store, whole=whole),
            "lifecycle": slidebox_places.lifecycle(resource, store),
        }

    def _of_azure(self, container: Seen) -> tuple[str, dict[str, Any]]:
        """A container of slidebox in Azure."""
        store = azure_containers.store_of(container)
        is_azure = self._declared.entry("stores", store).get("kind") == StoreKind.AZURE
        said = str(container.properties.get("location", ""))
        key, location = self._claimed(container, said, store if is_azure else UNKNOWN)
        about = azure_containers.about(container, self._accounts, self._declared.identities(), self._now)
        keys = self._keys(container.properties, about["keys"])
        return key, {**location, **about, "readers": _documents(about["readers"]), "keys": keys}

    def _of_google(self, bucket: Seen) -> tuple[str, dict[str, Any]]:
        """A bucket of slidebox in Google Cloud."""
        store = gcs_buckets.store_of(bucket)
        is_google = self._declared.entry("stores", store).get("kind") == StoreKind.GCS
        said = str(bucket.properties.get("location", ""))
        key, location = self._claimed(bucket, said, store if is_google else UNKNOWN)
        about = gcs_buckets.about(bucket, self._declared.identities(), self._now)
        keys = self._keys(bucket.properties, about["keys"])
        return key, {**location, **about, "readers": _documents(about["readers"]), "keys": keys}

    def _of_elsewhere(self, resource: Seen) -> tuple[str, dict[str, Any]]:
        """A place of a cluster, a repository, a deposit or a share."""
        reading = elsewhere.READINGS[resource.type]
        store = elsewhere.store_of(resource)
        is_its = self._declared.entry("stores", store).get("kind") == reading.KIND
        said = str(resource.properties.get("location", ""))
        key, location = self._claimed(resource, said, store if is_its else UNKNOWN)
        about = reading.about(resource, self._declared, self._now)
        keys = self._keys(resource.properties, about["keys"])
        return key, {**location, **about, "readers": _documents(about["readers"]), "keys": keys}

    def _keys(self, declared: Mapping[str, Any], known: Any) -> Any:
        """Who holds a key that does not end by itself: as the stack shows, and as was found with what was adopted."""
        said = declared.get("keys")
        if not isinstance(said, list | None) or not isinstance(known, list):
            return UNKNOWN
        names = self._declared.identities()
        return sorted({*known, *(names.get(str(holder)) or account(str(holder)) for holder in said or ())})

    def of_aws(self, bucket: AwsBucket, copies: Copies) -> tuple[str, dict[str, Any]]:
        """A bucket that pulumi-aws makes."""
        urn, identities = bucket.seen.urn, self._identities
        adopted = self._declared.adopted(bucket.name)
        claim = bucket.claim or str(adopted.get("location", ""))
        match = LOCATION.match(claim)
        store = match["store"] if match and self._is_amazon(bucket.seen, match["store"]) else UNKNOWN
        key, location = self._claimed(bucket.seen, claim, store)
        own = aws_settings.readers(bucket, identities.names)
        return key, {
            **location,
            "readers": _documents([*own, *identities.readers(urn), *copies.readers(bucket)]),
            "keys": self._keys(adopted, identities.keys(urn, own) if bucket.made else []),
            "wildcards": [*aws_settings.wild(bucket), *identities.wildcards(urn)],
            "tags": UNKNOWN if bucket.seen.properties.get("tags") == UNKNOWN else bucket.labels,
            "has": aws_settings.has(bucket) if bucket.made else dict(_NOTHING),
            "lifecycle": aws_lifecycle.lifecycle(bucket, self._now) if bucket.made else UNKNOWN,
        }

    def _is_amazon(self, bucket: Seen, name: str) -> bool:
        """Whether a store can be where a bucket of AWS lies: one in the cloud, and in the bucket's region."""
        store = self._declared.entry("stores", name)
        region = bucket.properties.get("region")
        in_cloud = store.get("system") == System.CLOUD and store.get("kind") in _AMAZON
        return in_cloud and region in (None, UNKNOWN, store.get("region"))

    def _unread(self, resource: Seen, why: str) -> tuple[str, dict[str, Any]]:
        """A place of which nothing is known but, at best, what it should be."""
        said = str(resource.properties.get("location", "")) if UNREAD in resource.properties else ""
        is_elsewhere = resource.type in elsewhere.READINGS
        store = elsewhere.store_of(resource) if is_elsewhere else slidebox_places.store_of(resource)
        key, location = self._claimed(resource, said, store)
        return key, {
            **location,
            "readers": _documents([Reader(UNKNOWN, ACTIONS, (why,))]),
            "keys": [],
            "wildcards": [],
            "tags": UNKNOWN,
            "has": dict(_NOTHING),
            "lifecycle": UNKNOWN,
        }

    def _claimed(self, resource: Seen, said: str, really: str) -> tuple[str, dict[str, Any]]:
        """What a resource says it is; its store counts only if it is the one that it is really in."""
        match = LOCATION.match(said)
        claimed = match.groupdict() if match else {}
        store = claimed.get("store", UNKNOWN)
        about = self._declared.entry("stores", store)
        # The remote of a store of DVC lies in the store that it is over.
        carrier = about.get("over") if about.get("kind") == StoreKind.DVC else store
        if carrier != really:
            store, about = UNKNOWN, {}
        return (said if match else resource.urn), {
            "dataset": claimed.get("dataset", UNKNOWN),
            "term": claimed.get("term", UNKNOWN),
            "starts": self._now.isoformat(),
            "store": store,
            "system": about.get("system", UNKNOWN),
            "storage_class": "standard",
            "failure_domain": about.get("failure_domain", UNKNOWN),
        }


def _nobody(declared: Declared) -> Identities:
    """No identities: one resource by itself does not say who they are."""
    return Identities((), (), {}, declared)


def _still() -> dict[str, Any]:
    return {"offered": True, "abort_days": "none", "noncurrent_days": "none", "expire_days": "none", "transitions": []}


def _documents(readers: Iterable[Reader]) -> list[dict[str, Any]]:
    return [reader.document() for reader in merged(readers)]


def _document(declared: Mapping[str, Any], locations: Mapping[str, Any], gate: Gate, now: dt.date) -> dict[str, Any]:
    return {"gate": gate.value, "now": now.isoformat(), **declared, "locations": dict(locations)}


def _urns(found: Mapping[str, tuple[Seen, Mapping[str, Any]]]) -> dict[str, str]:
    urns: dict[str, str] = {}
    for key, (resource, location) in found.items():
        urns[key] = resource.urn
        urns.setdefault(str(location["dataset"]), resource.urn)
    return urns
