"""Deposits as their repositories have them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from slidebox.deposits.about import about_of, mark_of
from slidebox.deposits.opening import DepositRef, Tokens
from slidebox.deposits.repository import Deposit, Repository
from slidebox.errors import SlideboxError
from slidebox.home import Home
from slidebox.live.found import Asked, Found, none_read, unread
from slidebox.model import Lab
from slidebox.preview import Seen
from slidebox.tokens import token_of


def look(lab: Lab, _home: Home, name: str, asked: list[Asked], tokens: Tokens = token_of) -> Found:
    """The deposits of a store that are there, and those that should be.

    Parameters
    ----------
    lab
        What is declared.
    name
        The store.
    asked
        The datasets.
    tokens
        Answers with the store's token.
    """
    ref = DepositRef.of(name, lab.file.stores[name])
    kind = f"slidebox:{ref.kind}:Deposit"
    try:
        service = ref.open(dt.datetime.now(dt.UTC).date(), tokens)
        return Found(tuple(_each(lab, ref, kind, asked, service)))
    except SlideboxError as error:
        return none_read(kind, asked, name, error)


def _each(lab: Lab, ref: DepositRef, kind: str, asked: list[Asked], service: Repository) -> Iterator[Seen]:
    for one in asked:
        mark = mark_of(lab.file.lab, one.dataset, ref.name)
        title = about_of(lab, one.dataset, ref.name, {}).title
        found = service.find(mark, title)
        if found is not None:
            yield _seen(ref, kind, one, service.latest(found)[-1])
        elif ref.name in one.stores:
            yield unread(kind, one, ref.name, "there is no deposit with its mark")


def _seen(ref: DepositRef, kind: str, asked: Asked, found: Deposit) -> Seen:
    """A deposit as the engine would show it: the version that others can see, where one is published."""
    properties = {
        "location": asked.location(ref.name),
        "store": ref.document,
        "about": {"embargo": found.embargo, "confidential": found.confidential},
        "published": found.published,
        "tags": _tags(found.notes),
    }
    return Seen(f"deposit {found.url}", kind, properties)


def _tags(notes: str) -> dict[str, str]:
    """The lab's tags, from what a deposit notes of them."""
    return {name: value for name, colon, value in (part.partition(": ") for part in notes.split("; ")) if colon}
