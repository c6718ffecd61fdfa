"""Deposits at Zenodo and Figshare, and what lies at an archive: who reads the files, and from when on.

What counts is who reads the files; what is said of a published deposit anyone reads. A link that needs no account is
anyone's who has it. Sources: Zenodo, "Access and share records" and "Embargoes"; Figshare, "Private links" and "Adding
an embargo"; BioStudies, "Release date"; as of 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.access.effective import ACTIONS, Access, Location, merged, nobody_knows
from slidebox.access.reader import ANYONE, account
from slidebox.access.snapshot import Known, why_unread

_READ = ("read", "list")


def locations(section: Mapping[str, Any], known: Known) -> Iterator[Location]:
    """Every deposit and every place at an archive of a section, with everybody who can do anything with it."""
    for part, kind in (("deposits", "zenodo"), ("archives", "archive")):
        for address, said in (section.get(part) or {}).items():
            if not isinstance(said, Mapping) or why_unread(said) is not None:
                why = why_unread(said) or "it is not understood"
                yield Location(address, kind=kind, readers=(nobody_knows(why),))
                continue
            yield Location(
                name=str(said.get("name") or address),
                store=str(said.get("store") or ""),
                kind=str(said.get("kind") or kind),
                dataset=str(said.get("dataset") or ""),
                readers=merged(_readers(said, known)),
            )


def _readers(said: Mapping[str, Any], known: Known) -> Iterator[Access]:
    where = f"deposit {said.get('name')}" if said.get("state") != "space" else f"folder {said.get('name')}"
    yield from _by_owner(said, where, known)
    yield from _by_state(said, where, known)
    for one in _entries(said, "links"):
        if isinstance(one, Access):
            yield one
        elif not _is_over(one.get("until"), known):
            actions = ACTIONS if one.get("may") == "edit" else _READ
            until = one.get("until")
            yield Access(ANYONE, actions, (where, "whoever has a link to it"), until if isinstance(until, str) else "")
    for one in _entries(said, "grants"):
        if isinstance(one, Access):
            yield one
        elif not _is_over(one.get("until"), known):
            actions = ACTIONS if one.get("may") in ("edit", "manage") else _READ
            who = str(one.get("who") or "")
            path = (where, f"access was given to {who or 'somebody'}")
            yield Access(known.called(who) if who else account("somebody"), actions, path, str(one.get("until") or ""))
    for one in _entries(said, "curators"):
        if isinstance(one, Access):
            yield one
        else:
            name = str(one.get("community") or "")
            yield Access(
                account(f"curators:{name}"), (*_READ, "write"), (where, f"curators of {name}, whom it waits for")
            )


def _by_owner(said: Mapping[str, Any], where: str, known: Known) -> Iterator[Access]:
    owner = said.get("owner")
    if isinstance(owner, str) and owner:
        yield Access(known.called(owner), ACTIONS, (where, "the account that it is in"))
    elif owner is not None:
        yield nobody_knows(why_unread(owner) or "whose it is is not known", where)


def _by_state(said: Mapping[str, Any], where: str, known: Known) -> Iterator[Access]:
    """Anyone, once the files are open."""
    state = said.get("state")
    if state in ("draft", "space"):
        return
    if state != "published":
        yield nobody_knows(why_unread(state) or "whether it is published is not known", where)
        return
    access, opens = said.get("access"), said.get("opens")
    if access == "open":
        yield Access(ANYONE, _READ, (where, "it is published"))
    elif access == "embargoed":
        yield from _by_day(opens, where, known)
    elif access not in ("restricted", "closed"):
        yield nobody_knows(why_unread(access) or "who gets its files is not known", where)


def _by_day(opens: Any, where: str, known: Known) -> Iterator[Access]:
    """Anyone from a day on; nobody knows where nothing says which day that is, or which it is today."""
    day = _day(opens)
    if day is None or known.now is None:
        why = why_unread(opens) or f"when its files are opened ({opens}) cannot be held against a day"
        yield nobody_knows(why, where, actions=_READ)
    elif day <= known.now.date():
        yield Access(ANYONE, _READ, (where, f"it is published, and its files are open since {day}"))


def _is_over(until: Any, known: Known) -> bool:
    """Whether something has certainly ended."""
    day = _day(until)
    return day is not None and known.now is not None and day < known.now.date()


def _day(said: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(said)[:10]) if said else None
    except ValueError:
        return None


def _entries(said: Mapping[str, Any], part: str) -> Iterator[Mapping[str, Any] | Access]:
    listed = said.get(part)
    if listed is None:
        return
    where = f"deposit {said.get('name')}"
    if not isinstance(listed, list):
        yield nobody_knows(why_unread(listed) or "they are not understood", where, f"its {part}")
        return
    for one in listed:
        known = isinstance(one, Mapping) and why_unread(one) is None
        yield one if known else nobody_knows(why_unread(one) or "it is not understood", where, f"its {part}")
