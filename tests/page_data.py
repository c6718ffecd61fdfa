"""A page of any size, made from a seed: the same for the same numbers, with every word that a field may hold."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from decimal import Decimal

from slidebox.access.effective import KINDS
from slidebox.prices import Range
from slidebox.report.page.data import (
    Advice,
    Dataset,
    Due,
    Finding,
    Node,
    Notice,
    Page,
    Placement,
    Reader,
    Source,
    Spend,
    Waiver,
)

MADE = dt.datetime(2026, 11, 30, 6, 0, tzinfo=dt.UTC)
LEVELS = (
    "raw_images",
    "corrected_images",
    "segmentation_masks",
    "single_cell_images",
    "single_cell_embeddings",
    "bulk_embeddings",
    "metadata",
    "pipelines",
)
STORES = {
    "bench-s3": "internal_drive",
    "shelf": "external_drive",
    "aws-east": "cloud",
    "zenodo": "zenodo",
    "idr": "idr",
    "github": "github",
    "bandicoot": "local_cluster",
}
_NAMES = ("fibrosis", "retina", "mitocheck", "pilot", "jump", "nf1", "neuroblastoma", "organoids", "screen", "health")


def page_of(datasets: int = 40, readers: int = 300, *, seed: int = 0, principals: int | None = None) -> Page:
    """A lab's page.

    Parameters
    ----------
    datasets, readers
        How many of each; eight datasets are a project.
    seed
        Of the choices.
    principals
        How many principals there are; a twentieth of the readers and at least twelve when left out.
    """
    chance = random.Random(seed)
    known = _datasets(datasets, chance)
    people = _principals(principals or max(12, readers // 20), chance)
    return Page(
        lab="way-lab",
        made=MADE,
        version="0.1.0",
        sources=(
            Source("the declarations", True, f"{datasets} datasets of {len({one.project for one in known})} projects"),
            Source("an audit of access", True, "snapshot of 2026-11-29"),
            Source("bills", True, "FOCUS 1.2 of AWS, to 2026-10"),
            Source("inventories", False, "no report was given: slidebox report --inventory REPORT"),
            Source("the records of moves", True, "all projects"),
        ),
        datasets=known,
        placements=tuple(place for one in known for place in _placements(one, chance)),
        readers=_readers(readers, known, people, chance),
        lineage=_lineage(known, chance),
        spend=_spend(known, chance),
        notices=_notices(),
        advice=_advice(known, chance),
        findings=_findings(known, chance),
        waivers=_waivers(known),
        moves=_moves(known, chance),
        visits=_visits(),
        unknown=(
            "The bucket policy of lab-retina-raw could not be read: AccessDenied.",
            "The drive shelf-07 is not plugged in, so what lies on it is not known.",
            "Whether the members of the group imaging-core are of the lab is not known.",
        ),
    )


def usd(amount: float, spread: float = 0.0) -> Range:
    """An amount that may be uncertain by a part of it."""
    low, usual, high = (Decimal(str(round(amount * (1 + part * spread), 4))) for part in (-1, 0, 1))
    return Range(low, usual, high)


def _datasets(count: int, chance: random.Random) -> tuple[Dataset, ...]:
    made = []
    for number in range(count):
        project = f"{_NAMES[number // 8 % len(_NAMES)]}-{number // 8 + 1}"
        level = LEVELS[number % 8]
        size = int(10 ** chance.uniform(6, 13.3))
        made.append(
            Dataset(
                name=f"{project}/{level}",
                project=project,
                level=level,
                origin=chance.choice(("lab", "academic", "industry", "public")),
                sensitivity=chance.choices(("identifiable", "coded", "confidential", "open"), (1, 2, 4, 6))[0],
                activity=chance.choice(("active", "resting", "finished")),
                audience=chance.choice(("team:analysis", "team:imaging", "public", "mira, petra")),
                owner=chance.choice(("mira", "petra", "jonas", "aiko")),
                grant=chance.choice(("R01-GM139891", "U54-CA274502", "")),
                bytes=size,
                files=max(1, size // 8_000_000),
                monthly=usd(size / 1e9 * 0.02, chance.choice((0.0, 0.2))),
            )
        )
    return tuple(made)


def _placements(dataset: Dataset, chance: random.Random) -> list[Placement]:
    term_now = {"active": "short", "resting": "mid"}.get(dataset.activity, "long")
    homes = {"short": ("bench-s3", "aws-east"), "mid": ("shelf", "bandicoot"), "long": ("zenodo", "idr", "github")}
    return [
        Placement(
            dataset=dataset.name,
            term=term,
            store=store,
            system=STORES[store],
            storage_class="standard" if STORES[store] != "cloud" else chance.choice(("standard", "infrequent")),
            now=term == term_now,
            there=chance.choices(("yes", "no", "other version", "unknown", "nothing is kept"), (12, 2, 1, 2, 1))[0]
            if term == term_now
            else "unknown",
            monthly=dataset.monthly,
            why=f"{STORES[store].replace('_', ' ')} is first in Figure 1 for {dataset.level} in the {term} term",
        )
        for term, stores in homes.items()
        for store in chance.sample(stores, 1 + (chance.random() < 0.2))
    ]


def _principals(count: int, chance: random.Random) -> list[tuple[str, str, bool]]:
    """Principals with their kind and whether they are from outside; those that are open to everybody first."""
    made = [("anyone", "anyone", True), ("any_account", "any_account", True), ("unknown", "unknown", True)]
    for number in range(count - len(made)):
        kind = chance.choices(KINDS[3:], (2, 2, 3, 12))[0]
        spelled = f"arn:aws:iam::{chance.randrange(10**12):012d}:root" if kind == "account" else f"{kind}:p{number}"
        made.append((spelled, kind, kind == "account" or chance.random() < 0.1))
    return made


def _readers(
    count: int, datasets: Sequence[Dataset], people: Sequence[tuple[str, str, bool]], chance: random.Random
) -> tuple[Reader, ...]:
    made = []
    for number in range(count):
        dataset = datasets[number % len(datasets)]
        principal, who, outside = people[min(int(chance.paretovariate(0.35)) - 1, len(people) * 1000) % len(people)]
        verdict = (
            "public"
            if who in KINDS[:2]
            else chance.choices(("declared", "extra", "expired", "unknown", "missing"), (80, 6, 3, 4, 3))[0]
        )
        place = f"lab-{dataset.project}-{dataset.level.replace('_', '-')}"
        made.append(
            Reader(
                place=place,
                store=chance.choice(("bench-s3", "aws-east")),
                kind="bucket",
                dataset=dataset.name,
                principal=principal,
                who=who,
                actions=chance.choice((("read", "list"), ("read", "list", "write"), ("read",), ("list", "admin"))),
                path=(f"policy of {place}", f"statement {number % 7}", f"role reader-{number % 50}", principal),
                until=chance.choice(("", "", "2026-12-31", "2027-06-30")),
                verdict=verdict,
                outside=outside,
            )
        )
    return tuple(made)


def _lineage(datasets: Sequence[Dataset], chance: random.Random) -> tuple[Node, ...]:
    standings = ("kept", "kept", "kept", "kept", "absent", "unknown")
    nodes: list[Node] = []
    for dataset in datasets:
        at = LEVELS.index(dataset.level)
        parent = f"{dataset.project}/{LEVELS[at - 1]}" if at else f"idr{1000 + len(nodes) // 8}"
        if not at:
            nodes.append(Node(parent, "at source", "https://idr.openmicroscopy.org"))
        nodes.append(Node(dataset.name, chance.choice(standings), "kept in shelf", ((parent, "cellpipe@3f2a91c"),)))
    return tuple(nodes)


def _spend(datasets: Sequence[Dataset], chance: random.Random) -> tuple[Spend, ...]:
    projects = sorted({(one.project, one.grant) for one in datasets if one.level == "raw_images"})
    months = [f"{2026 + (at - 1) // 12}-{(at - 1) % 12 + 1:02d}" for at in range(6, 30)]
    rows = [
        Spend(
            project,
            grant,
            "raw_images",
            month,
            usd(40 + 3 * at + chance.random() * 10, 0.15),
            round(40 + 3 * at + chance.gauss(0, 6), 2) if month <= "2026-10" else None,
        )
        for project, grant in projects
        for at, month in enumerate(months)
    ]
    return (*rows, *(Spend("", "", "", month, Range(), 12.5) for month in months if month <= "2026-10"))


def _notices() -> tuple[Notice, ...]:
    return (
        Notice("anomaly", "Requests of retina-2 rose to three times the usual since 2026-10-04: GetObject.", 212.4),
        Notice("untagged", "62.50 US dollars in five months can be told of no project.", 62.5),
        Notice("excluded", "Two lines are in euros and were left out.", None),
        Notice("budget", "R01-GM139891 has used 81 % of its budget.", 1240.0),
    )


def _advice(datasets: Sequence[Dataset], chance: random.Random) -> tuple[Advice, ...]:
    kinds = ("wrong class", "small objects", "duplicate", "nobody reads it")
    return tuple(
        Advice(
            dataset=one.name,
            store="aws-east",
            kind=kinds[number % 4],
            what=f"Move {one.name} to the archive class: nobody read it for 14 months.",
            saves=usd(float(one.monthly.usual) * 8, 0.3),
            later=usd(float(one.monthly.usual) * 50, 0.4),
            arithmetic="1,200 GB × (0.0230 − 0.0040) $/GB a month × 12 = 273.60 $\nless 0.05 $ for 1,000 transitions",
            command=f"slidebox move {one.name}",
        )
        for number, one in enumerate(chance.sample(list(datasets), min(len(datasets), 1 + len(datasets) // 8)))
    )


def _findings(datasets: Sequence[Dataset], chance: random.Random) -> tuple[Finding, ...]:
    rules = (
        ("access.public_identifiable", "Identifiable data are never public", "refusal"),
        ("keeping.two_copies", "Raw images have two copies", "warning"),
        ("placement.size", "A dataset fits its store", "warning"),
        ("sharing.agreement", "Shared data are under an agreement", "waived"),
    )
    made = []
    for number in range(max(4, len(datasets) // 10)):
        rule, title, severity = rules[number % 4]
        one = chance.choice(list(datasets))
        made.append(
            Finding(
                rule=rule,
                title=title,
                page=f"https://github.com/WayScience/slidebox/blob/main/docs/rules/{rule.replace('.', '/')}.md",
                severity=severity,
                subject=one.name,
                message=f"{one.name} is {one.sensitivity} and stands in one store only.",
                cure="Give it a second store, or say why one is enough.",
                where=f"projects/{one.project}.yaml:{10 + number}",
            )
        )
    return tuple(made)


def _waivers(datasets: Sequence[Dataset]) -> tuple[Waiver, ...]:
    return tuple(
        Waiver("keeping.two_copies", one.name, "mira", "the second drive is ordered", MADE.date() + dt.timedelta(days))
        for one, days in zip(datasets, (-3, 12, 75), strict=False)
    )


def _moves(datasets: Sequence[Dataset], chance: random.Random) -> tuple[Due, ...]:
    return tuple(
        Due(
            dataset=one.name,
            why="the plan has it elsewhere",
            source="bench-s3",
            target="shelf",
            bytes=one.bytes,
            files=one.files,
            hours=one.bytes / 3.6e11,
            usd=round(one.bytes / 1e12, 2),
            said=f"{one.name} rests since May, and lies on the bench still.",
            command=f"slidebox move {one.name}",
        )
        for one in chance.sample(list(datasets), min(len(datasets), 1 + len(datasets) // 12))
    )


def _visits() -> tuple[Due, ...]:
    return (
        Due(
            "",
            "overdue",
            "shelf-03",
            "",
            8 * 10**12,
            120_000,
            14.0,
            0.0,
            "Last read back 410 days ago.",
            "slidebox visit shelf-03",
        ),
        Due(
            "",
            "worn",
            "shelf-01",
            "",
            4 * 10**12,
            80_000,
            7.5,
            0.0,
            "Five years old in March.",
            "slidebox visit shelf-01",
        ),
    )
