"""`slidebox prices`: what clouds charge, since when and by which source, and the providers' own files read in."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from slidebox import labfile
from slidebox.cli.console import Output
from slidebox.cli.pricing import FOLDER, books_of, text_of
from slidebox.errors import InputError
from slidebox.model import Finding, LabFile, Severity
from slidebox.prices import Book, Figure, Prices, merged, parse
from slidebox.prices.update import Reading, read
from slidebox.prices.writing import Difference, differences, dump, price
from slidebox.quantities import Size
from slidebox.table_one import Source

_TB = Size.parse("1 TB").bytes
_DOWNLOADS: Mapping[str, str] = {
    "aws": "the offer file of the region (https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonS3/current/"
    "REGION/index.json)",
    "azure": "the pages of https://prices.azure.com/api/retail/prices for serviceName 'Storage' and the region",
    "google": "the pages of https://cloudbilling.googleapis.com/v1/services/95FF-2EF5-5EA1/skus",
}


@click.group(name="prices", invoke_without_command=True)
@click.option("--region", "regions", multiple=True, metavar="REGION", help="Show this region only; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document, with every figure.")
@click.pass_context
def command(ctx: click.Context, regions: tuple[str, ...], as_json: bool) -> int:
    """What clouds charge, since when and by which source.

    The lab's own figures (prices/*.yaml, and the `price` of a store in lab.yaml) go before the built-in ones.
    Exits with 1 if figures are older than a year.
    """
    if ctx.invoked_subcommand:
        return 0
    output = Output(as_json)
    today = dt.datetime.now(tz=dt.UTC).date()
    root = _root(ctx.obj)
    books = books_of(root)
    file = labfile.load_lab_file(root) if root else None
    if unknown := set(regions) - {region for book in books.values() for region in book.regions}:
        raise InputError(f"The book has no region {', '.join(sorted(unknown))}.", "slidebox prices lists them.")
    shown = {name: _only(book, regions) for name, book in books.items()}
    findings = list(_old(shown, today))
    output.document(
        {
            "figures": [_figure(book, *held) for book in shown.values() for held in book.figures()],
            "classes": {name: _classes(book) for name, book in shown.items()},
            "stores": {name: store.price for name, store in _priced(file)},
            "findings": [
                {
                    "rule": f.rule,
                    "severity": f.severity.value,
                    "subject": f.subject,
                    "message": f.message,
                    "cure": f.cure,
                }
                for f in findings
            ],
        }
    )
    sources = list(dict.fromkeys(figure.source for book in shown.values() for _, _, figure in book.figures()))
    columns = ("class", "$/TB month", "read $/TB", "days", "as of", "source")
    for book in shown.values():
        for region, held in book.regions.items():
            rows = _rows(book, held.classes, sources)
            output.table(f"\n{book.title}, {region}", columns, rows, whole=set(columns) - {"class"})
    output.say()
    for number, source in enumerate(sources, 1):
        output.line(f"[{number}] {source.title}, {source.as_of}")
    if own := ", ".join(f"{name} {store.price:g}" for name, store in _priced(file)):
        output.say(f"The lab's own prices per TB and month (lab.yaml), which go before these: {own}.")
    output.say(
        "Prices of the first volume, without tax, discount or free allowances; a range where sources disagree. "
        "Writing, moving, restoring, watching and download: --json."
    )
    output.findings(findings)
    return int(bool(findings))


@command.command(name="update")
@click.option(
    "--from",
    "files",
    multiple=True,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A provider's price file; may be repeated for its pages and regions.",
)
@click.option("--as-of", "as_of", type=click.DateTime(["%Y-%m-%d"]), help="The day on which the files were had.")
@click.option("--dry-run", is_flag=True, help="Show what would be different, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
@click.pass_obj
def update(
    lab_dir: Path | None, files: tuple[Path, ...], as_of: dt.datetime | None, dry_run: bool, as_json: bool
) -> int:
    """Read providers' own price files into prices/PROVIDER.yaml beside lab.yaml.

    Takes offer files of AWS, pages of the Azure Retail Prices API and pages of the Google Cloud Billing Catalog API.
    What is read goes before the built-in figures; what cannot be used is named. Azure's and Google's files do not say
    of which day they are: that on which the file was last written is taken, unless --as-of says it.
    """
    output = Output(as_json)
    root = labfile.find_root(lab_dir or Path.cwd())
    readings = [read(text_of(file), str(file), as_of.date() if as_of else _written(file)) for file in files]
    before = books_of(root)
    after = {reading.provider: _own(root, reading.provider) for reading in readings}
    for reading in readings:
        held = after[reading.provider]
        after[reading.provider] = merged(held, reading.book) if held else reading.book
    changed = {
        name: list(differences(before[name], merged(before[name], book))) for name, book in after.items() if book
    }
    for name, book in after.items():
        if book and not dry_run:
            _write(root / FOLDER / f"{name}.yaml", dump(book))
    output.document(_document(files, readings, changed, dry_run))
    for file, reading in zip(files, readings, strict=True):
        _show_reading(output, file, reading)
    for name, found in changed.items():
        columns = ("region", "figure", "before", "after")
        output.table(f"\n{name}: what is different", columns, (_changed(difference) for difference in found))
        where = f"{FOLDER}/{name}.yaml"
        output.say(f"{where} was not written: this is a dry run." if dry_run else f"Written to {where}.")
    return 0


def _root(lab_dir: Path | None) -> Path | None:
    """The nearest lab; none where there is no lab: the built-in prices can be read anywhere."""
    try:
        return labfile.find_root(lab_dir or Path.cwd())
    except InputError:
        if lab_dir:
            raise
        return None


def _only(book: Book, regions: Sequence[str]) -> Book:
    if not regions:
        return book
    return book.model_copy(update={"regions": {n: held for n, held in book.regions.items() if n in regions}})


def _priced(file: LabFile | None) -> Iterator[tuple[str, Any]]:
    """The stores of which the lab says its own price."""
    if file:
        yield from ((name, store) for name, store in file.stores.items() if store.price is not None)


def _old(books: Mapping[str, Book], today: dt.date) -> Iterator[Finding]:
    for name, book in books.items():
        for source, regions in book.old(today).items():
            yield Finding(
                rule="prices.old",
                severity=Severity.WARNING,
                subject=f"{name} {', '.join(regions)}",
                message=f"prices are older than a year ({source})",
                cure=f"Get {_DOWNLOADS[name]}, then: slidebox prices update --from FILE",
            )


def _rows(book: Book, classes: Mapping[str, Prices], sources: Sequence[Source]) -> Iterator[tuple[str, ...]]:
    for name, prices in classes.items():
        about = book.classes.get(name)
        shown = [figure for figure in (prices.storage, prices.retrieval) if figure]
        yield (
            f"{name} ({about.title})" if about else name,
            _per_tb(book, prices.storage),
            _per_tb(book, prices.retrieval),
            str(about.min_days) if about and about.min_days else "",
            "\n".join(dict.fromkeys(str(figure.as_of) for figure in shown)),
            "\n".join(dict.fromkeys(f"[{sources.index(figure.source) + 1}]" for figure in shown)),
        )


def _per_tb(book: Book, figure: Figure | None) -> str:
    """A price per terabyte, as it is for the first volume."""
    if figure is None:
        return "?"
    usd = figure.first * (Decimal(_TB) / book.unit.bytes)
    low, high = (f"{amount:.2f}" for amount in (usd.low, usd.high))
    return low if low == high else f"{low} to {high}"


def _classes(book: Book) -> dict[str, Any]:
    return {name: about.model_dump(mode="json", exclude_none=True) for name, about in book.classes.items()}


def _figure(book: Book, region: str, name: str, figure: Figure) -> dict[str, Any]:
    """A figure for programs: money as numbers, in US dollars per unit, or per 1,000."""
    tiers = [
        {
            "low": float(tier.low),
            "usual": float(tier.usual),
            "high": float(tier.high),
            "up_to_bytes": tier.up_to.bytes if tier.up_to else None,
        }
        for tier in figure.tiers
    ]
    unit = {} if name.endswith("_1000") else {"unit_bytes": book.unit.bytes}
    about = {"provider": book.provider, "region": region, "figure": name, "tiers": tiers, **unit}
    source = {"title": figure.source.title, "url": figure.source.url}
    return {**about, "source": source, "as_of": str(figure.as_of), "note": figure.note}


def _written(file: Path) -> dt.date:
    return dt.datetime.fromtimestamp(file.stat().st_mtime, tz=dt.UTC).date()


def _own(root: Path, provider: str) -> Book | None:
    file = root / FOLDER / f"{provider}.yaml"
    return parse(text_of(file), f"{FOLDER}/{file.name}") if file.is_file() else None


def _write(file: Path, text: str) -> None:
    """Write a file as one step: whoever reads meanwhile has the old one or the new one, whole."""
    file.parent.mkdir(exist_ok=True)
    draft = file.with_suffix(".yaml.new")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, file)  # noqa: PTH105 - as one step


def _show_reading(output: Output, file: Path, reading: Reading) -> None:
    output.say(f"{file.name}: {reading.taken} figures of {reading.provider} were taken.")
    for note in reading.notes:
        output.kind("warning", note)
    if reading.left:
        output.table(f"\nNot taken from {file.name}", ("what", "why"), reading.left)


def _changed(difference: Difference) -> tuple[str, ...]:
    before = price(difference.before) if difference.before else "not known"
    return difference.region, difference.name, before, price(difference.after)


def _document(
    files: Sequence[Path], readings: Sequence[Reading], changed: Mapping[str, Sequence[Difference]], dry_run: bool
) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "files": [
            {
                "file": str(file),
                "provider": reading.provider,
                "taken": reading.taken,
                "left": [{"what": what, "why": why} for what, why in reading.left],
                "notes": list(reading.notes),
            }
            for file, reading in zip(files, readings, strict=True)
        ],
        "changed": {
            name: [dict(zip(("region", "figure", "before", "after"), _changed(d), strict=True)) for d in found]
            for name, found in changed.items()
        },
    }
