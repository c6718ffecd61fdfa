"""Which reports count: one for each place and day, the later one that is whole. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from slidebox.inventory.reports import AZURE, S3, Report


def chosen(reports: Iterable[Report]) -> tuple[tuple[Report, ...], tuple[str, ...]]:
    """The reports that count, and what is to be said of the others.

    Of two reports of one place and day the later counts. Reports of several days all count: what lies somewhere is
    taken from the newest, and growth from all.

    Returns
    -------
    tuple
        The reports, the oldest first, and whole sentences.
    """
    kept: list[Report] = []
    notes: list[str] = []
    for report in sorted(set(reports), key=lambda one: (one.taken, str(one.source)), reverse=True):
        later = next((one for one in kept if one.day == report.day and one.overlaps(report)), None)
        if later is None:
            kept.append(report)
        elif later.parts != report.parts:
            notes.append(f"{_capital(str(report))} is not counted: {later} is of the same day, and later.")
    kept.reverse()
    return tuple(kept), (*reversed(notes), *_several(kept))


def _several(reports: Sequence[Report]) -> Iterator[str]:
    """Places of which several kinds of reports are made, one of which may be of a part of them."""
    made: dict[tuple[str, str], set[str]] = defaultdict(set)
    for report in reports:
        if report.kind in _CONFIGURED and len(report.source.parents) > 1:
            # BUCKET/CONFIGURATION/DAY/manifest.json of S3; DAY/TIME/RULE/RULE-manifest.json of Azure
            made[report.kind, report.place].add(report.source.parents[_CONFIGURED[report.kind]].name)
    for (kind, place), names in sorted(made.items()):
        if len(names) > 1:
            listed, what = ", ".join(sorted(names)), "bucket" if kind == S3 else "container"
            yield (
                f"{place} has reports of {len(names)} configurations ({listed}): of each {what} the newest counts. If "
                f"one of them lists only a part of a {what}, leave it out."
            )


_CONFIGURED = {S3: 1, AZURE: 0}
"""How far above a manifest the folder is that is named as its configuration."""


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
