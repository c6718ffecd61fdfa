"""From what is there to a project's declaration and the record of what was found. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from slidebox.adoption.existing import Content, Existing
from slidebox.facts import identities_at
from slidebox.labfile import FoundPlace, FoundResource, Record
from slidebox.model import (
    Activity,
    Adopted,
    Audience,
    Dataset,
    Finding,
    LabFile,
    Level,
    Origin,
    Project,
    Role,
    Sensitivity,
    Waiver,
)
from slidebox.quantities import Size

WAIVED_DAYS = 90
"""For how long what falls short on the day of an adoption is set aside, at most; the rules allow 180 days."""

_ROUND = 1_000_000
_EMPTY = Content(1, 1, 1)
"""What is declared of a place with nothing in it: a declaration needs a size and a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What no store knows of data, and a person has to say.

    Attributes
    ----------
    project, title, owner
        The project, what it is about, and who answers for it.
    sensitivity, origin, activity
        Who could be harmed by a reader; where the data came from; how much they are worked on.
    agreement
        The agreement that they came under.
    source, licence
        Where data of public origin can be had again, and under which licence.
    """

    project: str
    title: str
    owner: str
    sensitivity: Sensitivity
    origin: Origin = Origin.LAB
    activity: Activity = Activity.ACTIVE
    agreement: str | None = None
    source: str | None = None
    licence: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A place that is taken over.

    Attributes
    ----------
    existing
        What is there.
    level
        The level of data that it holds.
    content
        How much it is.
    """

    existing: Existing
    level: Level
    content: Content


def project_of(file: LabFile, taken: Sequence[Taken], about: About) -> Project:
    """The project that declares some places as they are.

    Whoever has access and is somebody of the lab is in the audience, in the role that the access comes to. Others are
    in none: the rules say so of them.
    """
    audiences = {one.level: _audience(file, one, about.owner) for one in taken}
    common = next(iter(audiences.values()))
    alike = all(audience == common for audience in audiences.values())
    return Project(
        project=about.project,
        title=about.title,
        owner=about.owner,
        activity=about.activity,
        agreement=about.agreement,
        audience=common if alike else Audience(steward=(about.owner,)),
        datasets={one.level: _dataset(one, about, None if alike else audiences[one.level]) for one in taken},
    )


def _dataset(taken: Taken, about: About, audience: Audience | None) -> Dataset:
    content = taken.content if taken.content.files else _EMPTY
    return Dataset(
        size=size_of(content.bytes),
        files=content.files,
        largest_file=Size(Decimal(content.largest), "B") if content.bytes < _ROUND and content.largest else None,
        origin=about.origin,
        sensitivity=about.sensitivity,
        source=about.source,
        licence=about.licence,
        audience=audience,
        adopted={taken.existing.store: Adopted(name=taken.existing.name)},
    )


def _audience(file: LabFile, taken: Taken, owner: str) -> Audience:
    """Those of the lab who have access; the owner answers for it in any case."""
    names = identities_at(file, taken.existing.store)
    held: dict[Role, set[str]] = {role: set() for role in Role}
    for member in taken.existing.members:
        if member.role and (principal := names.get(member.identity)):
            held[member.role].add(principal.partition(":")[2])
    held[Role.STEWARD] = held[Role.STEWARD] or {owner}
    # Whoever may do more needs no lesser role beside it.
    held[Role.CONTRIBUTOR] -= held[Role.STEWARD]
    held[Role.READER] -= held[Role.STEWARD] | held[Role.CONTRIBUTOR]
    return Audience(**{role.value: tuple(sorted(names)) for role, names in held.items()})


def strangers(file: LabFile, taken: Iterable[Existing]) -> dict[str, tuple[str, ...]]:
    """Who has access and is nobody that the lab file knows, by store."""
    found: dict[str, set[str]] = {}
    for existing in taken:
        names = identities_at(file, existing.store)
        said = [m.identity for m in existing.members] + [key.identity for key in existing.keys]
        found.setdefault(existing.store, set()).update(who for who in said if who not in names)
    return {store: tuple(sorted(who)) for store, who in found.items() if who}


def size_of(count: int) -> Size:
    """Some bytes as a person writes them: exact below a megabyte, else rounded up to three digits."""
    if count < _ROUND:
        return Size(Decimal(max(count, 1)), "B")
    unit = next(name for name in ("PB", "TB", "GB", "MB") if count >= Size.units[name])
    hundredths = -(-count * 100 // int(Size.units[unit]))
    step = 10 ** max(len(str(hundredths)) - 3, 0)
    return Size((Decimal(-(-hundredths // step) * step) / 100).normalize() + Decimal(0), unit)


def record_of(project: str, taken: Sequence[Taken], today: dt.date) -> Record:
    """The record of what was found, which the engine imports."""
    return Record(project=project, found=today, places=tuple(_place(one) for one in taken))


def _place(taken: Taken) -> FoundPlace:
    existing = taken.existing
    return FoundPlace(
        level=taken.level,
        store=existing.store,
        resources=tuple(
            FoundResource(type=thing.type, name=f"{taken.level}@{existing.store}", id=thing.id, inputs=thing.inputs)
            for thing in existing.things
        ),
        keys=tuple(sorted({key.identity for key in existing.keys})),
        notes=existing.notes,
    )


def waivers_for(
    findings: Iterable[Finding], waivable: Mapping[str, bool], owner: str, today: dt.date
) -> tuple[Waiver, ...]:
    """Waivers of what stands in the way of importing things as they are; what no waiver sets aside is left out.

    Parameters
    ----------
    findings
        What the rules say of the project.
    waivable
        Whether a rule can be set aside, by its id.
    owner
        Who answers for it.
    today
        The day of the adoption.
    """
    wanted: dict[tuple[str, str], None] = {}
    for finding in findings:
        if finding.refuses and waivable.get(finding.rule) and "/" in finding.subject:
            level, *rest = finding.subject.partition("/")[2].split("@")
            wanted[finding.rule, "@".join([level, *rest[1:]])] = None
    return tuple(
        Waiver(
            rule=rule,
            location=location,
            reason=f"it was so when it was adopted on {today}; to be mended before this ends",
            by=owner,
            until=today + dt.timedelta(days=WAIVED_DAYS),
        )
        for rule, location in sorted(wanted)
    )
