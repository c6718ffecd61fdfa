"""A dataset's deposit in a repository: Zenodo, Figshare."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime.settings import get_monitor

from slidebox.components.elsewhere import Elsewhere
from slidebox.components.resources import Document, _Named, _options, _properties
from slidebox.deposits.about import about_of, about_project, mark_of
from slidebox.deposits.opening import DepositRef
from slidebox.model import Lab, StoreKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositArgs:
    """A deposit.

    Attributes
    ----------
    location
        Id of the location: ``project/level@term@store``.
    store
        The store, as `slidebox.deposits.opening.DepositRef` reads it.
    mark
        What it is found again by.
    about
        What it says of its data.
    quota
        Bytes meant to lie in it.
    private_link_days
        kind figshare: for how many days a link to the draft holds.
    collection
        kind figshare: the collection that it is in.
    tags, facts
        Whose it is, and what is declared of its data.
    """

    location: str
    store: Document
    mark: str
    about: Document
    quota: int | None = None
    private_link_days: int | None = None
    collection: pulumi.Input[str] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    facts: Document = field(default_factory=dict)


class Deposit(_Named):
    """`slidebox:zenodo:Deposit` or `slidebox:figshare:Deposit`."""

    deposit_id: pulumi.Output[str]
    """The service's id of it."""
    doi: pulumi.Output[str]
    """Its DOI."""
    url: pulumi.Output[str]
    """Its page."""
    published: pulumi.Output[bool]
    """Whether it is published."""

    names: ClassVar = {"deposit_id": "depositId", "private_link_days": "privateLinkDays", "private_link": "privateLink"}

    def __init__(
        self, name: str, kind: StoreKind, args: DepositArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        outputs = ("private_link",) if kind is StoreKind.FIGSHARE else ()
        properties = _properties(args, ("deposit_id", "doi", "url", "published", *outputs))
        super().__init__(f"slidebox:{kind}:Deposit", name, properties, _options(opts))


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionArgs:
    """A collection.

    Attributes
    ----------
    store
        The store, as `slidebox.deposits.opening.DepositRef` reads it.
    mark
        What it is found again by.
    about
        What it says of its data.
    tags
        Whose it is.
    """

    store: Document
    mark: str
    about: Document
    tags: Mapping[str, str] = field(default_factory=dict)


class Collection(_Named):
    """`slidebox:figshare:Collection`."""

    collection_id: pulumi.Output[str]
    """Figshare's number of it."""
    doi: pulumi.Output[str]
    """Its DOI."""
    url: pulumi.Output[str]
    """Its page."""

    names: ClassVar = {"collection_id": "collectionId"}

    def __init__(self, name: str, args: CollectionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        properties = _properties(args, ("collection_id", "doi", "url"))
        super().__init__("slidebox:figshare:Collection", name, properties, _options(opts))


_made: MutableMapping[Any, dict[str, Collection]] = WeakKeyDictionary()
"""The collections of each program by their store, as several datasets share one."""


def collection_of(lab: Lab, project: str, store: str) -> pulumi.Output[str] | None:
    """The collection of a project in a store, whichever of its datasets comes first; None where none is declared."""
    if not lab.file.stores[store].collection:
        return None
    made = _made.setdefault(get_monitor(), {})
    if store not in made:
        args = CollectionArgs(
            store=DepositRef.of(store, lab.file.stores[store]).document,
            mark=mark_of(lab.file.lab, project, store),
            about=about_project(lab, project, store).document,
            tags={"lab": lab.file.lab, "project": project},
        )
        made[store] = Collection(f"collection@{store}", args)
    return made[store].collection_id


class DepositLocation(pulumi.ComponentResource):
    """A dataset's deposit."""

    def __init__(self, name: str, place: Elsewhere, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slidebox:index:DepositLocation", name, None, opts)
        args, dataset, store = place.args, place.candidate.dataset, place.candidate.store
        link = place.store.private_link
        self.deposit = Deposit(
            name,
            place.store.kind,
            DepositArgs(
                location=args.location,
                store=DepositRef.of(store, place.store).document,
                mark=mark_of(place.lab.file.lab, dataset, store),
                about=about_of(place.lab, dataset, store, args.tags).document,
                quota=args.quota,
                private_link_days=link.days if link else None,
                collection=collection_of(place.lab, dataset.partition("/")[0], store),
                tags=args.tags,
                facts=args.facts,
            ),
            pulumi.ResourceOptions(parent=self),
        )


def location(name: str, place: Elsewhere) -> Mapping[str, Any]:
    """Register the deposit; answers where it is."""
    made = DepositLocation(name, place).deposit
    return {"path": made.deposit_id, "doi": made.doi, "url": made.url}
