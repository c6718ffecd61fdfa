"""`slidebox audit inventory --sql`: the questions as SQL, for reports that lie in Athena or BigQuery already."""

from __future__ import annotations

from collections.abc import Collection

from slidebox.cli.auditing import Scene
from slidebox.cli.console import Output
from slidebox.inventory.warehouse import MEANINGS, RECENT, places_in, queries
from slidebox.report.found import counted


def write_sql(output: Output, scene: Scene, dialect: str, asked: Collection[str], only: Collection[str]) -> int:
    """Write queries; what is no query is a comment.

    Parameters
    ----------
    output
        Where to.
    scene
        The lab, which says whose buckets are whose, and the day.
    dialect
        ``athena`` or ``bigquery``.
    asked
        Which questions; all where none is named.
    only
        Only these projects, datasets, stores or buckets.
    """
    places = places_in(scene.lab, dialect) if scene.lab else ()
    now = scene.now.replace(microsecond=0)
    made = queries(dialect, places, now, only=only)
    chosen = {name: query for name, query in made.items() if not asked or name in asked}
    if output.as_json:
        output.document({"version": 1, "dialect": dialect, "as_of": now.isoformat(), "queries": chosen})
        return 0
    buckets = len({place.bucket for place in places})
    lines = [
        f"-- Inventories in {dialect}, as of {now:%Y-%m-%d %H:%M} UTC: reports of {RECENT.days} days in the table",
        f"-- inventory. The lab's files name {counted(buckets, 'bucket')} for datasets; all others are nobody's.",
    ]
    for name, query in chosen.items():
        lines += ["", f"-- {name}: {MEANINGS[name]}", f"{query};"]
    output.raw("\n".join(lines) + "\n")
    return 0
