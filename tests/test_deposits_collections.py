"""Collections of Figshare: one a project, with a DOI; items go in and out, and nobody else's is touched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from slidebox.deposits.about import about_project
from slidebox.deposits.collections import Collections
from slidebox.deposits.figshare import Figshare
from slidebox.errors import InputError, UnreadableError
from slidebox.provider.collections import FigshareCollection
from slidebox.provider.deposits import FigshareDeposit
from slidebox.provider.resource import Context
from slidebox.tokens import Secret
from slidebox.web import Web, WebError

from .doubles.figshare import Figshare as Double
from .doubles.web_double import Asked, running
from .flow_lab import small_lab
from .test_deposits_zenodo import ABOUT, MARK
from .test_provider_deposits import Heard, inputs

WORD = "figshare-token-of-nobody"
TODAY = dt.date(2026, 11, 24)
TOGETHER = replace(ABOUT, community="", title="A screen", categories=(24736,))
URN = "urn:pulumi:first::slidebox::slidebox:figshare:Collection::collection@figshare"


@pytest.fixture
def double() -> Iterator[Double]:
    """Figshare, with an account of the lab and one of somebody else."""
    with running(Double({WORD: "lab", "other-token": "somebody"})) as made:
        yield made


def collections(double: Double, word: str = WORD) -> Collections:
    """A client with a token."""
    return Collections(Web(f"{double.url}/v2", "Figshare", Secret(word), "token", sleep=lambda _: None))


def items(double: Double, count: int) -> list[str]:
    """Drafts of the lab."""
    web = Web(f"{double.url}/v2", "Figshare", Secret(WORD), "token", sleep=lambda _: None)
    service = Figshare(web, TODAY)
    urn = MARK.rpartition("-")[0]
    return [service.create(replace(ABOUT, community=""), f"{urn}-{n:012}").id for n in range(count)]


def test_a_collection_says_what_is_declared_and_has_its_doi(double: Double) -> None:
    """Without a change nothing is written, and what people add stays."""
    service = collections(double)
    made = service.create(TOGETHER, MARK)
    (there,) = double.collections.values()
    assert (made.id, made.doi, made.published) == (str(there.id), f"10.6084/m9.figshare.c.{there.id}", False)
    assert there.about["authors"] == [{"name": "Ada Example"}, {"name": "Bob Example"}]
    there.about["tags"].append("by hand")
    there.about["categories"].append(7)
    asked = len(double.asked)
    same = service.change(service.get(made.id) or made, TOGETHER, MARK)
    assert {one.method for one in double.asked[asked:]} == {"GET"}
    changed = service.change(same, replace(TOGETHER, title="Another"), MARK)
    assert (changed.title, changed.marks) == ("Another", frozenset({MARK}))
    assert there.about["tags"][-1] == "by hand"
    assert there.about["categories"] == [24736, 7]


def test_it_is_found_by_its_mark_and_two_of_one_mark_are_not_chosen_between(double: Double) -> None:
    """Nor is one of somebody else's."""
    service = collections(double)
    assert service.find(MARK, TOGETHER.title) is None
    collections(double, "other-token").create(TOGETHER, MARK)
    assert service.find(MARK, TOGETHER.title) is None
    made = service.create(TOGETHER, MARK)
    assert service.find(MARK, TOGETHER.title) == made
    service.create(TOGETHER, MARK)
    with pytest.raises(UnreadableError, match="several collections with one mark"):
        service.find(MARK, TOGETHER.title)


def test_items_go_in_ten_at_a_time_and_out_again(double: Double) -> None:
    """Twice is once; what is out already is out; an item of somebody else's is refused as the service does."""
    service = collections(double)
    made, drafts = service.create(TOGETHER, MARK), items(double, 23)
    service.add(made.id, drafts)
    service.add(made.id, drafts)
    sent = [one for one in double.asked if one.method == "POST" and one.path.endswith(f"/{made.id}/articles")]
    assert [len(one.json()["articles"]) for one in sent] == [10, 10, 3]
    assert service.items(made.id) == set(drafts)
    for _ in range(2):
        service.take_out(made.id, drafts[0])
    assert service.items(made.id) == set(drafts[1:])
    with pytest.raises(WebError, match="Entity not found: article"):
        service.add(made.id, ["1"])
    service.delete(made)
    service.delete(made)
    assert service.get(made.id) is None
    assert service.items(made.id) == frozenset()
    assert len(double.articles) == 23


# The resource


def whole(double: Double, **about: object) -> dict[str, object]:
    """A collection as the component asks for it."""
    store = {"name": "figshare", "kind": "figshare", "endpoint": double.url}
    return {"store": store, "mark": MARK, "about": {**TOGETHER.document, **about}, "tags": {}}


def test_its_resource_makes_one_and_takes_up_what_was_made(double: Double) -> None:
    """After a cut line too; one whose tag is gone is left."""
    kind, context = FigshareCollection(lambda _: Secret(WORD)), Context(URN, log=Heard())
    given, faults = kind.check(context, whole(double), {})
    assert (faults, double.asked) == ([], [])

    def cut(asked: Asked) -> bool:
        return asked.method == "POST" and asked.path.endswith("/reserve_doi")

    double.broken = cut
    with pytest.raises(WebError):
        kind.create(context, given)
    double.broken = lambda _asked: False
    id_, state = kind.create(context, given)
    (there,) = double.collections.values()
    assert (id_, state["doi"]) == (str(there.id), f"10.6084/m9.figshare.c.{there.id}")
    assert WORD not in repr(state)
    kind.update(context, id_, state, whole(double, title="Another"))
    found = kind.read(context, id_, state, given)
    assert found is not None
    assert found.inputs["about"]["title"] == "Another"
    there.about["tags"] = []
    with pytest.raises(InputError, match="does not carry this resource's mark"):
        kind.delete(context, id_, state)
    there.about["tags"] = [f"slidebox-{MARK.rpartition(':')[2]}"]
    kind.delete(context, id_, state)
    assert double.collections == {}
    assert kind.read(context, id_, state, given) is None


def test_an_item_is_in_the_collection_that_is_declared(double: Double) -> None:
    """Taken out by hand shows; undeclared, it goes out and stays an item."""
    kind, context = FigshareDeposit(lambda _: Secret(WORD), lambda: TODAY), Context(URN, log=Heard())
    made = collections(double).create(TOGETHER, MARK)
    store = {"name": "figshare", "kind": "figshare", "endpoint": double.url}
    plain = {**inputs(double), "store": store}  # type: ignore[arg-type]
    given = {**plain, "collection": made.id}
    id_, state = kind.create(context, given)
    assert double.collections[int(made.id)].items == [int(id_)]
    assert kind.read(context, id_, state, given) is not None
    double.collections[int(made.id)].items.clear()
    found = kind.read(context, id_, state, given)
    assert found is not None
    assert kind.diff(context, found.state, found.inputs, given).changed == ("collection",)
    state = kind.update(context, id_, found.state, given)
    assert double.collections[int(made.id)].items == [int(id_)]
    kind.update(context, id_, state, plain)
    assert double.collections[int(made.id)].items == []
    assert [str(one.id) for one in double.owned()] == [id_]


def test_what_a_collection_says_is_the_project_s(tmp_path: Path) -> None:
    """Its title, its people, and whose it is."""
    lab = small_lab(tmp_path).lab
    about = about_project(lab, "demo", "bench")
    assert (about.title, about.notes) == ("Demo", "lab: test-lab; project: demo")
    assert [one.name for one in about.creators] == ["Ada Lovelace"]
