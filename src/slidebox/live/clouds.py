"""Buckets and containers in clouds, as they are: read as those that were there before slidebox are."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from slidebox.adoption import Existing
from slidebox.adoption.stores import reader_of
from slidebox.errors import SlideboxError
from slidebox.facts import FactBook, identities_at
from slidebox.home import Home
from slidebox.live.found import Asked, Found, none_read, unread
from slidebox.model import Candidate, Lab
from slidebox.naming import bucket_of
from slidebox.preview import BUCKET, DECLARATION, Seen
from slidebox.preview.adopted import OWN
from slidebox.systems import load_systems

_AT_ONCE = 4


def look(lab: Lab, home: Home, name: str, asked: list[Asked]) -> Found:
    """The buckets or containers that are there, with all their settings, and those that should be."""
    try:
        reader = reader_of(lab.file, home.lab_root, name)
        there = set(reader.names())
    except SlideboxError as error:
        return none_read(BUCKET, asked, name, error)
    book = FactBook(lab, load_systems(lab.file.playbook))

    def seen(one: Asked) -> list[Seen]:
        bucket = bucket_of(lab, one.dataset, name)
        if bucket not in there:
            planned = name in one.stores
            return [unread(BUCKET, one, name, f"there is no {bucket}")] if planned else []
        try:
            existing = reader.existing(bucket)
        except SlideboxError as error:
            return [unread(BUCKET, one, name, error.message)]
        return list(_resources(lab, book, one, name, existing))

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return Found(tuple(seen for found in pool.map(seen, asked) for seen in found))


def _resources(lab: Lab, book: FactBook, asked: Asked, store: str, existing: Existing) -> Iterator[Seen]:
    """A bucket and its settings as a stack would have them, with what is declared of the data."""
    location = asked.location(store)
    candidates = [Candidate(asked.dataset, asked.term, other) for other in sorted({store, *asked.stores})]
    declared = {"facts": book.fragment(asked.dataset, candidates), "identities": identities_at(lab.file, store)}
    about = {"location": location, "keys": sorted({key.identity for key in existing.keys})}
    if any(not thing.type.startswith(OWN) for thing in existing.things):
        yield Seen(f"live {location}", DECLARATION, {**declared, "adopted": {existing.name: about}})
    for thing in existing.things:
        own = thing.type.startswith(OWN)
        properties = {**thing.inputs, **({**declared, **about} if own else {})}
        yield Seen(f"{thing.type} {thing.id}", thing.type, properties, provider=store)
