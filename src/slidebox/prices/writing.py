"""A book as a file in its own form, and what two books have different."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import yaml

from slidebox.prices.book import Book, Charge, Figure
from slidebox.table_one import Source

_HEAD = """\
# Prices that `slidebox prices update` read from the provider's own file. They go before slidebox's built-in ones; a
# figure that is not here is taken from there. The form is described in docs/cost.md.

"""


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that is new or another one.

    Attributes
    ----------
    region, name
        Where, and which: ``standard.storage``.
    before, after
        The figures; `before` is None where there was none.
    """

    region: str
    name: str
    before: Figure | None
    after: Figure


def differences(before: Book, after: Book) -> Iterator[Difference]:
    """The figures of a book of which another has no price or another one."""
    known = {(region, name): figure for region, name, figure in before.figures()}
    for region, name, figure in after.figures():
        held = known.get((region, name))
        if held is None or [t.range for t in held.tiers] != [t.range for t in figure.tiers]:
            yield Difference(region, name, held, figure)


def price(figure: Figure) -> str:
    """A figure in few words: ``0.023``, ``0.01 to 0.02``, by volume with arrows between."""
    return " → ".join(_usd(tier) for tier in figure.tiers)


def _usd(tier: Charge) -> str:
    low, high = (f"{_number(usd)}" for usd in (tier.low, tier.high))
    return low if tier.low == tier.high else f"{low} to {high}"


def _number(usd: Decimal) -> str:
    return f"{usd.normalize():f}"


def dump(book: Book) -> str:
    """The text of a price file."""
    names = _names(book)

    def figure(held: Figure) -> dict[str, Any]:
        tiers = [_tier(tier) for tier in held.tiers]
        about: dict[str, Any] = tiers[0] if len(tiers) == 1 else {"tiers": tiers}
        dated = {"as_of": held.as_of} if held.as_of != held.source.as_of else {}
        return {**about, "source": names[held.source], **dated, **({"note": held.note} if held.note else {})}

    regions: dict[str, Any] = {}
    for region, name, held in book.figures():
        storage_class, _, what = name.rpartition(".")
        place = regions.setdefault(region, {})
        (place.setdefault("classes", {}).setdefault(storage_class, {}) if storage_class else place)[what] = figure(held)
    sources = {name: {"title": s.title, "url": s.url, "as_of": s.as_of} for s, name in names.items()}
    classes = {
        name: {**held.model_dump(mode="json", exclude_none=True, exclude={"source"}), "source": names[held.source]}
        for name, held in book.classes.items()
    }
    document: dict[str, Any] = {"provider": book.provider, "title": book.title, "unit": str(book.unit)}
    document |= {"sources": sources, **({"classes": classes} if classes else {}), "regions": regions}
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
    return _HEAD + text


def _names(book: Book) -> dict[Source, str]:
    held = [figure.source for _, _, figure in book.figures()]
    held += [about.source for about in book.classes.values()]
    names: dict[Source, str] = {}
    for source in held:
        if source not in names:
            name = f"{book.provider}-{source.as_of}"
            names[source] = name if name not in names.values() else f"{name}-{len(names)}"
    return names


def _tier(tier: Charge) -> dict[str, Any]:
    certain = tier.low == tier.high
    # A YAML number is binary; written by its shortest text it is read back as the same decimal.
    usd: Any = float(tier.low) if certain else {k: float(getattr(tier, k)) for k in ("low", "usual", "high")}
    return {"usd": usd, **({"up_to": str(tier.up_to)} if tier.up_to else {})}
