"""The resource of a deposit: made once, found by its mark, never published, and never deleted with data in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from slidebox.deposits.about import About, Creator, about_of, mark_of
from slidebox.deposits.opening import DepositRef
from slidebox.deposits.repository import Sending, require_private
from slidebox.errors import InputError, SlideboxError, UnreadableError
from slidebox.facts import FactBook, tags
from slidebox.home import Home
from slidebox.live import deposits as live
from slidebox.live.found import Asked as Looked
from slidebox.model import Candidate, Lab, LabFile, Project, StoreKind, Term
from slidebox.preview import Seen, facts_of, one
from slidebox.provider.deposits import ZenodoDeposit
from slidebox.provider.resource import Context, PartialFailureError
from slidebox.systems import load_systems
from slidebox.tokens import Secret

from .doubles.web_double import Asked, running
from .doubles.zenodo import Zenodo

TODAY = dt.date(2026, 11, 24)
TOKEN = "deposit-token-of-nobody"
DATA = "nf1/metadata"
URN = "urn:pulumi:nf1::slidebox::slidebox:index:DepositLocation$slidebox:zenodo:Deposit::metadata@zenodo"
MARK = mark_of("way", DATA, "zenodo")


class Heard(list[tuple[str, str]]):
    """What is said to the person who runs the engine."""

    def __call__(self, level: str, message: str) -> None:
        """Hear it."""
        self.append((level, message))


@pytest.fixture
def heard() -> Heard:
    """What is said."""
    return Heard()


@pytest.fixture
def context(heard: Heard) -> Context:
    """A call of the engine."""
    return Context(URN, log=heard)


@pytest.fixture
def double() -> Iterator[Zenodo]:
    """The service."""
    with running(Zenodo({TOKEN: "lab"})) as made:
        yield made


@pytest.fixture
def kind() -> ZenodoDeposit:
    """The type."""
    return ZenodoDeposit(lambda _store: Secret(TOKEN), lambda: TODAY)


def inputs(double: Zenodo, **about: Any) -> dict[str, Any]:
    """A deposit as the component asks for it."""
    said = About(title="NF1: metadata", description="<p>x</p>", creators=(Creator("Ada", "Way"),), keywords=("x",))
    return {
        "location": f"{DATA}@long@zenodo",
        "store": {"name": "zenodo", "kind": "zenodo", "endpoint": double.url},
        "mark": MARK,
        "about": {**said.document, "licence": "CC0-1.0", **about},
        "tags": {},
    }


def test_it_is_made_changed_and_deleted(double: Zenodo, kind: ZenodoDeposit, context: Context) -> None:
    """A preview has asked nothing of the service; the state has no token."""
    given, faults = kind.check(context, inputs(double), {})
    assert (faults, double.asked) == ([], [])
    id_, state = kind.create(context, given)
    (record,) = double.owned()
    assert (id_, state["doi"], state["published"]) == (str(record.id), f"10.5072/zenodo.{record.id}", False)
    assert TOKEN not in repr(state)
    changed = inputs(double, title="Another title")
    assert kind.diff(context, state, given, changed).changed == ("about",)
    kind.update(context, id_, state, changed)
    assert record.metadata["title"] == "Another title"
    found = kind.read(context, id_, state, given)
    assert found is not None
    assert found.inputs["about"]["title"] == "Another title"
    kind.delete(context, id_, state)
    assert kind.read(context, id_, state, given) is None
    kind.delete(context, id_, state)


def test_after_a_cut_line_it_is_taken_up_and_not_made_twice(
    double: Zenodo, kind: ZenodoDeposit, context: Context, heard: Heard
) -> None:
    """By its mark; a deposit of another dataset, or by hand, is left alone."""
    hand = {"title": "NF1: metadata", "creators": [{"name": "x"}], "description": "x", "upload_type": "dataset"}
    double._new("lab", double._next, hand)

    def cut(asked: Asked) -> bool:
        return asked.method == "POST"

    double.broken = cut
    with pytest.raises(SlideboxError):
        kind.create(context, inputs(double))
    double.broken = lambda _asked: False
    id_, _ = kind.create(context, inputs(double, title="NF1: metadata"))
    assert [str(one.id) for one in double.owned()[1:]] == [id_]
    assert "carries this resource's mark" in heard[0][1]
    assert double.owned()[0].metadata["title"] == "NF1: metadata"


def test_one_that_cannot_be_finished_stays_in_the_state(double: Zenodo, kind: ZenodoDeposit, context: Context) -> None:
    """The next run finishes it."""
    id_, _ = kind.create(context, inputs(double))
    double.fail("PUT", "/depositions/", 400)
    kind._today = lambda: TODAY
    with pytest.raises(PartialFailureError) as caught:
        kind.create(context, inputs(double, title="Other"))
    assert caught.value.id == id_


def test_one_with_files_or_without_its_mark_is_not_deleted(
    double: Zenodo, kind: ZenodoDeposit, context: Context, heard: Heard
) -> None:
    """Nor one that is published, which is only forgotten; and it is not changed."""
    id_, state = kind.create(context, inputs(double))
    service = DepositRef.read(state["store"]).open(TODAY, lambda _store: Secret(TOKEN))
    draft = service.get(id_)
    assert draft is not None
    service.send(draft, Sending("a.csv", 1, lambda: iter((b"x",))))
    with pytest.raises(InputError, match=r"holds a\.csv, so it is not deleted"):
        kind.delete(context, id_, state)
    service.publish(draft, About.read(state["about"]), TODAY)
    kind.update(context, id_, state, inputs(double, title="Other"))
    kind.delete(context, id_, state)
    assert [level for level, _ in heard] == ["warning", "warning"]
    assert "waits for its next version" in heard[0][1]
    assert "only forgotten here" in heard[1][1]
    assert double.owned()[0].metadata["title"] == "NF1: metadata"
    double.owned()[0].metadata["related_identifiers"] = []
    with pytest.raises(InputError, match="does not carry this resource's mark any more"):
        kind.delete(context, id_, state)
    found = kind.read(context, id_, state, inputs(double))
    assert found is not None
    assert found.inputs["mark"] == "none"


def test_wrong_inputs_are_said_before_anything_is_made(double: Zenodo, kind: ZenodoDeposit, context: Context) -> None:
    """An embargo that is no day, a store of another kind, an address over which a token would be read, no token."""
    assert "is no day" in kind.check(context, inputs(double, embargo="soon"), {})[1][0].reason
    with pytest.raises(InputError, match="in the clear"):
        store = {"name": "zenodo", "kind": "zenodo", "endpoint": "http://zenodo.example.org"}
        kind.check(context, {**inputs(double), "store": store}, {})
    for bad in ({"name": "x", "kind": "drive"}, {}, {"name": "x", "kind": "zenodo", "token": "y"}):
        with pytest.raises(InputError, match="no store that takes deposits"):
            kind.check(context, {**inputs(double), "store": bad}, {})
    for bad_about in ({}, {**inputs(double)["about"], "creators": []}):
        with pytest.raises(InputError):
            kind.check(context, {**inputs(double), "about": bad_about}, {})

    def none(store: str) -> Secret:
        raise UnreadableError(f"There is no token for the store {store}.")

    with pytest.raises(UnreadableError, match="no token"):
        ZenodoDeposit(none).check(context, inputs(double), {})
    assert double.asked == []
    assert require_private("x", "http://localhost:1") == "http://localhost:1"


# What the rules are told


def make_lab(double: Zenodo, embargo: str = "") -> Lab:
    """A lab with one dataset."""
    file = LabFile.model_validate(
        {
            "lab": "way",
            "title": "Way",
            "people": {"ada": {"name": "Ada"}},
            "stores": {"zenodo": {"system": "zenodo", "kind": "zenodo", "endpoint": double.url}},
        }
    )
    about = {"size": "1 MB", "files": 2, "sensitivity": "open", "licence": "CC0-1.0"}
    project = Project.model_validate(
        {
            "project": "nf1",
            "title": "NF1",
            "owner": "ada",
            "audience": {"steward": ["ada"]},
            "datasets": {"metadata": {**about, **({"embargo": embargo} if embargo else {})}},
        }
    )
    return Lab(file=file, projects={"nf1": project})


def seen(lab: Lab, **changes: Any) -> Seen:
    """The resource as the engine shows it."""
    candidate = Candidate(DATA, Term.LONG, "zenodo")
    facts = FactBook(lab, load_systems(lab.file.playbook)).fragment(DATA, [candidate])
    properties = {
        "location": candidate.id,
        "store": DepositRef.of("zenodo", lab.file.stores["zenodo"]).document,
        "about": about_of(lab, DATA, "zenodo", {}).document,
        "tags": tags(lab, DATA),
        "facts": facts,
    }
    return Seen(URN, "slidebox:zenodo:Deposit", {**properties, **changes})


def readers(found: Seen) -> list[str]:
    """Who can read it, as the facts have it."""
    whole = facts_of([found], TODAY).facts["locations"]
    alone = one(found, TODAY).facts["locations"]
    assert [p["readers"] for p in whole.values()] == [p["readers"] for p in alone.values()]
    (place,) = whole.values()
    assert place["store"] == "zenodo"
    return [reader["principal"] for reader in place["readers"]]


def test_a_deposit_counts_as_open_to_anyone_but_under_its_own_embargo(double: Zenodo) -> None:
    """As it is there in order to be published; what is not known of it is somebody unknown."""
    open_ = make_lab(double)
    assert readers(seen(open_)) == ["anyone"]
    assert readers(seen(make_lab(double, "2027-05-01"))) == []
    assert readers(seen(make_lab(double, "2026-11-24"))) == ["anyone"]
    assert readers(seen(open_, about="unknown")) == ["unknown"]
    assert readers(seen(open_, about={"embargo": "some day"})) == ["anyone"]


@pytest.mark.parametrize("embargo", ["", "2027-05-01", "2026-11-24"])
def test_the_plan_knows_the_same_of_it(double: Zenodo, embargo: str) -> None:
    """Readers, settings and lifecycle of a candidate are those of the resource."""
    lab = make_lab(double, embargo)
    candidate = Candidate(DATA, Term.LONG, "zenodo")
    planned = FactBook(lab, load_systems(lab.file.playbook)).location(candidate, TODAY)
    (real,) = facts_of([seen(lab)], TODAY).facts["locations"].values()
    audience = [r["principal"] for r in planned["readers"] if r["principal"] != "person:ada"]
    assert audience == [r["principal"] for r in real["readers"]]
    for name in ("has", "lifecycle", "tags", "failure_domain", "system", "keys", "wildcards"):
        assert planned[name] == real[name], name


def test_what_is_there_is_looked_at(double: Zenodo, kind: ZenodoDeposit, context: Context, tmp_path: Any) -> None:
    """By the mark; one that is missing, or a service that cannot be asked, is not known."""
    lab, home = make_lab(double), Home(tmp_path)
    asked = [Looked(DATA, Term.LONG, frozenset({"zenodo"}))]

    def tokens(_store: str) -> Secret:
        return Secret(TOKEN)

    (nothing,) = live.look(lab, home, "zenodo", asked, tokens).resources
    assert "no deposit with its mark" in nothing.properties["unread"]
    title = about_of(lab, DATA, "zenodo", {}).title
    kind.create(context, inputs(double, title=title, notes="lab: way; owner: ada", embargo="2027-05-01"))
    (found,) = live.look(lab, home, "zenodo", asked, tokens).resources
    assert found.properties["tags"] == {"lab": "way", "owner": "ada"}
    assert found.properties["about"] == {"embargo": "2027-05-01", "confidential": ""}
    assert StoreKind.ZENODO.value in found.type
    double.fail("GET", "/depositions", 403, {"status": 403, "message": "Permission denied."})
    refused = live.look(lab, home, "zenodo", asked, tokens)
    assert "Permission denied" in refused.notes[0]
