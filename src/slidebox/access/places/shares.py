"""Folders in file services such as OneDrive and Google Drive: with whom they are shared, and by which links."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.access.effective import ACTIONS, Access, Location, merged, nobody_knows
from slidebox.access.reader import ANY_ACCOUNT, ANYONE, account
from slidebox.access.snapshot import Known, why_unread

_READ = ("read", "list")


def locations(section: Mapping[str, Any], known: Known) -> Iterator[Location]:
    """Every folder of a file service in a section, with everybody who can do anything with it."""
    for address, said in (section.get("shares") or {}).items():
        if not isinstance(said, Mapping) or why_unread(said) is not None:
            why = why_unread(said) or "it is not understood"
            yield Location(address, kind="rclone", readers=(nobody_knows(why),))
            continue
        yield Location(
            name=str(said.get("name") or address),
            store=str(said.get("store") or ""),
            kind="rclone",
            dataset=str(said.get("dataset") or ""),
            readers=merged(_readers(said, known)),
        )


def _readers(said: Mapping[str, Any], known: Known) -> Iterator[Access]:
    where = f"folder {said.get('name')}"
    for part, words in (("sharing", "shared with"), ("planned", "to be shared with")):
        listed = said.get(part, None if part == "planned" else {})
        if listed is None:
            continue
        if not isinstance(listed, list):
            why = why_unread(listed) or "nothing tells who it is shared with"
            yield nobody_knows(why, where)
            continue
        for one in listed:
            if not isinstance(one, Mapping) or why_unread(one) is not None:
                yield nobody_knows(why_unread(one) or "it is not understood", where, words)
            elif not _is_over(one.get("until"), known):
                yield _access(one, where, words, known)


def _access(one: Mapping[str, Any], where: str, words: str, known: Known) -> Access:
    """Whoever edits may by default let others in, and so counts as having everything."""
    address = str(one.get("address") or "")
    actions = _READ if one.get("may") == "view" else ACTIONS
    until = str(one.get("until") or "")
    if address == "*":
        return Access(ANYONE, actions, (where, "a link that anybody can follow"), until)
    if address == "@":
        return Access(ANY_ACCOUNT, actions, (where, "a link for everybody in the organisation"), until)
    if address.startswith("@"):
        return Access(account(f"domain:{address[1:]}"), actions, (where, f"{words} everybody at {address[1:]}"), until)
    principal = one.get("principal")
    if isinstance(principal, str) and principal:
        return Access(principal, actions, (where, f"{words} {address or principal}"), until)
    if not address:
        return nobody_knows("somebody whom the service does not name", where, words, actions=actions)
    return Access(known.called(address), actions, (where, f"{words} {address}"), until)


def _is_over(until: Any, known: Known) -> bool:
    """Whether something has certainly ended."""
    try:
        day = dt.date.fromisoformat(str(until)[:10]) if until else None
    except ValueError:
        return False
    return day is not None and known.now is not None and day < known.now.date()
