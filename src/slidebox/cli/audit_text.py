"""An audit of access as a person reads it: locations with their readers, what is wrong, and a summary."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from slidebox.access.changes import Change
from slidebox.access.compare import KINDS, Difference
from slidebox.access.effective import ACTIONS, Access, Location
from slidebox.cli.console import Output
from slidebox.report.found import counted, visible

_FIRST, _INDENT = "    - ", "      "
_MOST = 60
"""More readers are shown only when all of them are asked for."""


def show_readers(
    output: Output,
    locations: Mapping[str, Location],
    reads: Mapping[tuple[str, str], str] | None = None,
    *,
    every: bool,
) -> None:
    """Each location with everybody who has access and by which path; where they are many, only how many."""
    readers = sum(len(location.readers) for location in locations.values())
    if readers > _MOST and not every:
        output.say(f"{counted(readers, 'reader')}: --all shows them, --who and --dataset those that you ask about.")
        return
    for name, location in locations.items():
        for line in _lines(name, location, reads, output.width):
            output.line(line)
    if locations:
        output.line("")


def _lines(name: str, location: Location, reads: Mapping[tuple[str, str], str] | None, width: int) -> Iterator[str]:
    about = [word for word in (location.dataset if location.dataset != name else "", location.store) if word]
    yield visible(f"{name} ({', '.join(about)})" if about else name)
    if not location.readers:
        yield "  nobody"
    for principal, held in _by_principal(location.readers).items():
        used = "" if reads is None else f"; {_last_read(reads.get((name, principal), ''))}"
        said = "; ".join(in_words(access) for access in held)
        yield visible(f"  {principal}: {said}{used}")
        for way in dict.fromkeys(visible(" → ".join(path)) for path in _paths(location.readers, principal)):
            yield from _wrapped(way, width)


def _wrapped(way: str, width: int) -> list[str]:
    """A path under its reader; names of files and of buckets stay whole, so that they can be copied."""
    return textwrap.wrap(
        way,
        width,
        initial_indent=_FIRST,
        subsequent_indent=_INDENT,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _by_principal(readers: Iterable[Access]) -> dict[str, list[Access]]:
    """What each principal can do in all, by its end; the paths are shown beside it."""
    actions: dict[str, dict[str, set[str]]] = {}
    for access in readers:
        actions.setdefault(access.principal, {}).setdefault(access.until, set()).update(access.actions)
    return {
        principal: [Access(principal, tuple(a for a in ACTIONS if a in done), until=end) for end, done in ends.items()]
        for principal, ends in actions.items()
    }


def _paths(readers: Iterable[Access], principal: str) -> Iterator[tuple[str, ...]]:
    return (access.path for access in readers if access.principal == principal)


def _last_read(moment: str) -> str:
    return f"last read on {moment[:10]}" if moment else "no read in the logs"


def in_words(access: Access) -> str:
    """What somebody can do, and until when."""
    said = "everything" if access.actions == ACTIONS else ", ".join(access.actions)
    return f"{said} (until {access.until})" if access.until else said


def show_differences(output: Output, differences: Sequence[Difference]) -> None:
    """What is not as it is declared, the gravest first; what differs by its location alone in one sentence."""
    for kind in KINDS:
        for said in _together(one for one in differences if one.kind == kind):
            output.kind(kind, visible(said))


def _together(differences: Iterable[Difference]) -> list[str]:
    groups: dict[tuple[object, ...], list[Difference]] = {}
    for one in differences:
        groups.setdefault((one.principal, one.actions, one.path, one.cure), []).append(one)
    return [_sentence(group) for group in groups.values()]


def _sentence(group: Sequence[Difference]) -> str:
    first = group[0]
    others = f", and {counted(len(group) - 1, 'other place')}" if len(group) > 1 else ""
    way = f", by {' → '.join(first.path)}" if first.path else ""
    return f"{first.said}{others}{way.rstrip('.')}. {first.cure}"


def show_changes(output: Output, changed: Sequence[Change], since: str) -> None:
    """What has changed since a snapshot."""
    output.say(f"Since {since}:" if changed else f"Nothing has changed since {since}.")
    for change in changed:
        way = f", by {' → '.join(change.paths[0])}" if change.paths and change.paths[0] else ""
        doing = ", ".join(change.actions)
        output.say(visible(f"  {change.principal} {change.what} {doing} on {change.location}{way}"))
        for said in change.by:
            output.say(visible(f"    changed by {said}"))


def summary(
    locations: Mapping[str, Location], differences: Iterable[Difference], notes: Sequence[str], *, whole: bool = True
) -> str:
    """The whole in one paragraph, for a mail; not whole where something is unknown that no difference says."""
    counts = Counter(one.kind for one in differences)
    readers = sum(len(location.readers) for location in locations.values())
    found = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind])
    fine = "all as it is declared" if whole else "as far as it is known, as it is declared"
    said = f"{counted(len(locations), 'location')}, {counted(readers, 'reader')}: {found or fine}."
    return " ".join([said, *notes])
