"""Laws of the lab's files: writing and reading agree, and no text whatever breaks the reader."""

from __future__ import annotations

import datetime as dt
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slidebox.errors import DeclarationError
from slidebox.labfile import dump, load
from slidebox.labfile.source import Document, write
from slidebox.model import (
    Activity,
    Agreement,
    AgreementKind,
    Audience,
    Budget,
    Dataset,
    Deidentification,
    Determination,
    Identifier,
    Keep,
    Lab,
    LabFile,
    Level,
    Origin,
    Person,
    Playbook,
    Project,
    Rate,
    ReadFrom,
    Reading,
    Scan,
    Sensitivity,
    Service,
    Step,
    Store,
    StoreKind,
    System,
    Team,
    Term,
    TermLengths,
    Use,
    Waiver,
)
from slidebox.quantities import Duration, Size

LABS = Path(__file__).parent / "labs"

names = st.from_regex(r"[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,4}){0,2}", fullmatch=True).filter(lambda n: n != "public")
# Everything a person could type, control characters apart, and what other readers of YAML stumble over.
texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30) | st.sampled_from(
    [
        "yes",
        "Off",
        "null",
        "~",
        "",
        "2026-01-01",
        "12:30:00",
        "1e3",
        "0o17",
        "0x1f",
        "<<",
        "- a",
        "a: b",
        "#",
        "é\u2028x",
    ]
)
numbers = st.decimals(min_value=Decimal("0.001"), max_value=Decimal(9999), places=3)
sizes = st.builds(Size, numbers, st.sampled_from([u for u in Size.units if u not in ("B", "kB")]))
durations = st.builds(Duration, numbers, st.sampled_from(list(Duration.units)))
dates = st.dates(dt.date(1990, 1, 1), dt.date(2099, 12, 31))
maybe_text = st.none() | texts
reasons = texts.filter(lambda text: any(not c.isspace() for c in text))
maybe_reason = st.none() | reasons
uses = st.lists(st.sampled_from(Use), min_size=1, max_size=3).map(tuple)
regions = st.lists(reasons, max_size=2).map(tuple)
scalars = st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
commits = st.from_regex(r"[0-9a-f]{7,40}", fullmatch=True)


@st.composite
def stores(draw: st.DrawFn) -> dict[str, Store]:
    """Stores of every kind, with a gateway over one of the drives."""
    drive = Store(
        system=System.INTERNAL_DRIVE,
        kind=StoreKind.DRIVE,
        path=draw(texts.filter(bool)),
        capacity=draw(st.none() | sizes),
        failure_domain=draw(st.none() | names),
        site=draw(st.none() | names),
    )
    s3 = Store(system=System.INTERNAL_DRIVE, kind=StoreKind.S3, over="drive0", title=draw(maybe_text))
    by_hand = st.builds(
        Store,
        system=st.sampled_from(System),
        title=maybe_text,
        capacity=st.none() | sizes,
        data_use_agreement=st.booleans(),
        price=st.none() | st.floats(0, 1e6),
    )
    return {"drive0": drive, "s3-0": s3, **draw(st.dictionaries(names, by_hand, max_size=3))}


playbooks = st.builds(
    Playbook,
    preferences=st.dictionaries(
        st.sampled_from(Level),
        st.dictionaries(st.sampled_from(Term), st.lists(st.sampled_from(System), max_size=3).map(tuple), max_size=2),
        max_size=2,
    ),
    limits=st.dictionaries(
        st.sampled_from(System),
        st.dictionaries(st.sampled_from(["max_bytes", "max_files"]), sizes | st.integers(0, 10**15)),
        max_size=2,
    ),
    terms=st.builds(TermLengths, short=st.none() | durations, mid=st.none() | durations),
)


@st.composite
def lab_files(draw: st.DrawFn) -> LabFile:
    """A lab with people, teams, stores and papers whose names mean something."""
    people = draw(
        st.dictionaries(
            names,
            st.builds(
                Person,
                name=texts,
                email=maybe_text,
                organisation=maybe_text,
                left=st.none() | dates,
                until=st.none() | dates,
            ),
            min_size=1,
            max_size=4,
        )
    )
    some_people = st.lists(st.sampled_from(sorted(people)), min_size=1, max_size=3).map(tuple)
    teams = draw(
        st.dictionaries(
            names.filter(lambda n: n not in people), st.builds(Team, title=maybe_text, members=some_people), max_size=2
        )
    )
    service = st.builds(Service, title=maybe_text, owner=st.sampled_from(sorted(people)), until=st.none() | dates)
    services = draw(st.dictionaries(names.filter(lambda n: n not in people and n not in teams), service, max_size=2))
    paper = st.builds(
        Agreement,
        party=texts,
        kind=st.sampled_from(AgreementKind),
        purpose=texts,
        allows=uses,
        ends=dates,
        retention=st.none() | durations,
        regions=regions,
        document=maybe_text,
    )
    return LabFile(
        lab=draw(names),
        title=draw(texts),
        region=draw(maybe_reason),
        retention=draw(st.none() | durations),
        rules=draw(maybe_reason),
        people=people,
        teams=teams,
        services=services,
        stores=draw(stores()),
        agreements={"paper": draw(paper)},
        playbook=draw(playbooks),
    )


def audiences(file: LabFile) -> st.SearchStrategy[Audience]:
    """Audiences of people, teams and services of a lab."""
    known = sorted((*file.people, *file.teams, *file.services))
    principals = st.lists(st.sampled_from(known), max_size=2).map(tuple)
    return st.builds(Audience, contributor=principals, reader=principals | st.just(("public",)), steward=principals)


steps = st.builds(
    Step,
    repository=maybe_text,
    commit=st.none() | commits,
    parameters=st.dictionaries(texts, scalars, max_size=3),
    date=st.none() | dates,
)


deidentifications = st.builds(
    Deidentification,
    method=st.none() | st.sampled_from(Determination),
    identifiers=st.lists(st.sampled_from(Identifier), max_size=18, unique=True).map(tuple),
    by=maybe_text,
    date=st.none() | dates,
    evidence=maybe_text,
)
numbers, periods = st.decimals(0, 100, places=2), st.sampled_from(["day", "week", "month", "year"])
units = st.sampled_from(["%", *Size.units])
rates = st.dictionaries(st.sampled_from(Activity), st.builds(Rate, numbers, units, periods), max_size=3)
readings = st.dictionaries(
    st.sampled_from(Activity), st.builds(Reading, numbers, periods, numbers, units, st.sampled_from(ReadFrom))
)
scans = st.builds(Scan, passed=st.booleans(), tool=maybe_text, date=st.none() | dates, evidence=maybe_text)


@st.composite
def projects(draw: st.DrawFn, name: str, file: LabFile, replaced: Project | None) -> Project:
    """A project whose datasets come from levels before them, and may replace those of a project before it."""
    levels = draw(st.lists(st.sampled_from(Level), min_size=1, max_size=4, unique=True))
    datasets = {}
    for index, level in enumerate(levels):
        earlier = st.lists(st.sampled_from([str(x) for x in levels[:index]]), unique=True) if index else st.just([])
        origin = draw(st.sampled_from(Origin))
        keep = draw(st.sampled_from(Keep) if origin is Origin.PUBLIC else st.sampled_from([Keep.COPY, Keep.SCRATCH]))
        datasets[level] = Dataset(
            size=draw(sizes),
            files=draw(st.integers(1, 10**9)),
            origin=origin,
            sensitivity=draw(st.sampled_from(Sensitivity)),
            patient_derived=draw(st.booleans()),
            activity=draw(st.none() | st.sampled_from(Activity)),
            growth=draw(rates),
            rewritten=draw(rates),
            reads=draw(readings),
            parents=tuple(draw(earlier)),
            step=draw(st.none() | steps),
            deidentification=draw(st.none() | deidentifications),
            source=draw(texts.filter(bool)) if origin is Origin.PUBLIC else None,
            created=draw(st.none() | dates),
            retention=draw(st.none() | durations),
            hold=draw(maybe_reason),
            expires=draw(st.none() | dates),
            embargo=draw(st.none() | dates),
            regions=draw(regions),
            replaces=f"{replaced.project}/{level}" if replaced and level in replaced.datasets else None,
            scan=draw(st.none() | scans),
            keep=keep,
            expire_after=draw(durations) if keep is Keep.SCRATCH else None,
            agreement="paper" if origin is Origin.INDUSTRY else None,
            audience=draw(st.none() | audiences(file)),
            public_from=draw(st.none() | st.sampled_from(Term)),
        )
    people = st.sampled_from(sorted(file.people))
    budget = st.builds(
        Budget,
        monthly=st.floats(0, 1e6),
        alerts=st.lists(st.integers(1, 200), max_size=3).map(tuple),
        notify=st.lists(people, max_size=2).map(tuple),
    )
    waiver = st.builds(Waiver, rule=reasons, location=reasons, reason=reasons, by=people, until=dates)
    return Project(
        project=name,
        title=draw(texts),
        owner=draw(people),
        grant=draw(maybe_text),
        grant_ends=draw(st.none() | dates),
        uses=draw(uses),
        budget=draw(st.none() | budget),
        embargo=draw(st.none() | dates),
        audience=draw(audiences(file)),
        datasets=datasets,
        waivers=draw(st.lists(waiver, max_size=2).map(tuple)),
    )


@st.composite
def labs(draw: st.DrawFn) -> Lab:
    """A whole lab that `load` accepts."""
    file = draw(lab_files())
    found: dict[str, Project] = {}
    before: Project | None = None
    for name in draw(st.lists(names, min_size=1, max_size=2, unique=True)):
        before = found[name] = draw(projects(name, file, before))
    return Lab(file=file, projects=found)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(labs())
def test_what_is_written_is_read_back_equal(lab: Lab) -> None:
    """Any lab survives the way into files and back, names, units and odd titles included."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in dump(lab).items():
            path = Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert lab == load(Path(folder))


values = st.recursive(
    st.none() | scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(values)
def test_plain_values_survive_yaml(value: Any) -> None:
    """Whatever is written as YAML is read as the same values, of the same types."""
    document = Document("a.yaml", write({"value": value}).encode())
    assert repr({"value": value}) == repr(document.value)
    assert document.problems == []


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_change_of_a_file_breaks_the_reader(data: st.DataObject) -> None:
    """A good file with any bytes put in, taken out or replaced is read, or refused with a place inside it."""
    whole = (LABS / "good" / "small" / "projects" / "nf1.yaml").read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 12)))
    put = data.draw(
        st.binary(max_size=6) | st.sampled_from([b"\t", b": ", b"- ", b"{", b"&a ", b"*a", b"<<: ", b"\n", b"'"])
    )
    changed = whole[:start] + put + whole[end:]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "projects").mkdir()
        Path(folder, "lab.yaml").write_bytes((LABS / "good" / "small" / "lab.yaml").read_bytes())
        Path(folder, "projects", "nf1.yaml").write_bytes(changed)
        try:
            load(Path(folder))
        except DeclarationError as refused:
            lines = (
                changed.count(b"\n")
                + changed.count(b"\r")
                + changed.count(b"\xc2\x85")
                + changed.count(b"\xe2\x80")
                + 1
            )
            assert all(0 <= p.line <= lines and p.message for p in refused.problems)
