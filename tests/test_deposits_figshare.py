"""Figshare: items with a DOI, embargo and link; files in parts that go on where they stopped; each refusal said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from slidebox.access.declared import opened
from slidebox.deposits.about import Creator
from slidebox.deposits.bundles import LISTING
from slidebox.deposits.figshare import Figshare
from slidebox.deposits.repository import Deposit, Sending
from slidebox.errors import InputError, IntegrityError, UnreadableError
from slidebox.model import Candidate, Lab, Term
from slidebox.provenance import CRATE_FILE
from slidebox.provider.deposits import FigshareDeposit
from slidebox.provider.resource import Context
from slidebox.provider.values import Secret as Hidden
from slidebox.systems import load_systems
from slidebox.tokens import Secret
from slidebox.transfer import get, put
from slidebox.transfer.deposits import DepositPlace
from slidebox.web import Web, WebError

from .doubles.figshare import Figshare as Double
from .doubles.web_double import Asked, running
from .test_deposits_zenodo import ABOUT, DRAFT, FOLDERS, MARK, fill, read
from .test_provider_deposits import URN, Heard, inputs, make_lab, readers, seen

WORD = "figshare-token-of-nobody"
TODAY = dt.date(2026, 11, 24)
ITEM = replace(ABOUT, community="", categories=(24736,))


@pytest.fixture
def double() -> Iterator[Double]:
    """Figshare, with an account of the lab and one of somebody else."""
    with running(Double({WORD: "lab", "other-token": "somebody"})) as made:
        yield made


def client(double: Double, waits: list[float] | None = None, word: str = WORD) -> Figshare:
    """A client with a token."""
    wait = (waits if waits is not None else []).append
    return Figshare(Web(f"{double.url}/v2", "Figshare", Secret(word), "token", sleep=wait), TODAY, sleep=wait)


@pytest.fixture
def figshare(double: Double) -> Figshare:
    """The lab's client."""
    return client(double)


@pytest.fixture
def made(figshare: Figshare) -> Deposit:
    """A draft."""
    return figshare.create(ITEM, MARK)


def place(service: Figshare, made: Deposit) -> DepositPlace:
    """The draft as a new process sees it."""
    return DepositPlace("figshare", lambda: service, made.id)


def test_a_draft_says_what_is_declared_and_has_its_doi(double: Double, figshare: Figshare, made: Deposit) -> None:
    """The words are Figshare's own; without a change nothing is written, and what people add stays."""
    (article,) = double.owned()
    assert (made.doi, made.published, made.marks) == (f"10.6084/m9.figshare.{article.id}", False, frozenset({MARK}))
    about = article.about
    assert about["authors"] == [{"name": "Ada Example"}, {"name": "Bob Example"}]
    assert (about["license"], about["defined_type"], about["categories"]) == (2, "dataset", [24736])
    assert "<p>Ada Example: https://orcid.org/0000-0002-1825-0097</p>" in about["description"]
    assert made.notes == ITEM.notes
    before = double.count("PUT", "/articles/")
    figshare.change(made, ITEM, MARK)
    assert double.count("PUT", "/articles/") == before
    article.about["tags"].append("by hand")
    article.about["title"] = "Changed"
    found = figshare.get(made.id)
    assert found is not None
    figshare.change(found, ITEM, MARK)
    assert (article.about["title"], article.about["tags"][-1]) == (ITEM.title, "by hand")


def test_an_embargo_and_confidentiality_are_set_and_taken_back(
    double: Double, figshare: Figshare, made: Deposit
) -> None:
    """As long as they are declared."""
    (article,) = double.owned()
    closed = figshare.change(made, replace(ITEM, embargo="2027-05-01", confidential="under agreement"), MARK)
    assert (closed.embargo, closed.confidential) == ("2027-05-01", "under agreement")
    assert article.embargo["embargo_type"] == "file"
    opened = figshare.change(closed, replace(ITEM, embargo="2026-11-24"), MARK)
    assert (opened.embargo, opened.confidential, article.embargo) == ("", "", {})


def test_more_than_ten_authors_come_in_two_requests(double: Double, figshare: Figshare) -> None:
    """One request takes ten."""
    many = replace(ITEM, creators=tuple(Creator(f"Person, {n}", "Way") for n in range(13)))
    made = figshare.create(many, MARK)
    assert len(double.owned()[0].about["authors"]) == 13
    figshare.change(made, many, MARK)
    assert len(double.owned()[0].about["authors"]) == 13


def test_an_item_is_found_by_its_mark_alone(
    double: Double, figshare: Figshare, made: Deposit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither another of the same title nor one of another account is."""
    monkeypatch.setattr("slidebox.deposits.figshare._PAGE", 2)
    client(double, word="other-token").create(ITEM, MARK)
    for _ in range(2):
        figshare.create(ITEM, "urn:uuid:00000000-0000-0000-0000-000000000000")
    found = figshare.find(MARK, ITEM.title)
    assert found is not None
    assert found.id == made.id
    assert figshare.find("urn:uuid:11111111-0000-0000-0000-000000000000", ITEM.title) is None
    figshare.create(ITEM, MARK)
    with pytest.raises(UnreadableError, match="several items with one mark"):
        figshare.find(MARK, ITEM.title)


def test_a_folder_goes_in_parts_and_comes_back(
    double: Double, figshare: Figshare, made: Deposit, tmp_path: Path
) -> None:
    """A bundle, its listing and the manifest; put again, nothing is sent."""
    put(fill(tmp_path / "a", FOLDERS), [place(figshare, made)], DRAFT)
    (article,) = double.owned()
    assert list(double.held(article)) == ["bundle-001.zip", LISTING, CRATE_FILE]
    get([place(figshare, made)], "nf1/raw_images", tmp_path / "b")
    assert read(tmp_path / "b") == FOLDERS
    before = double.count("PUT", "/upload/")
    assert put(tmp_path / "a", [place(figshare, made)], DRAFT).skipped == {"figshare": 4}
    assert double.count("PUT", "/upload/") == before


def test_an_upload_that_was_killed_sends_only_the_parts_that_are_missing(
    double: Double, figshare: Figshare, made: Deposit, tmp_path: Path
) -> None:
    """The third part fails, and is locked when the next run comes to it."""
    source = fill(tmp_path / "a", {"a.tif": bytes(range(45))})
    double.fail("PUT", "/3", 500, times=5)
    with pytest.raises(WebError, match="status 500"):
        put(source, [place(figshare, made)], DRAFT)
    (article,) = double.owned()
    (file,) = article.files.values()
    assert sorted(file.parts) == [1, 2]
    file.locked.add(3)
    put(source, [place(client(double), made)], DRAFT)
    assert [double.count("PUT", f"{file.token}/{n}") for n in (1, 2, 4, 5)] == [1, 1, 1, 1]
    assert double.held(article)["a.tif"] == bytes(range(45))
    assert [one.name for one in article.files.values()] == ["a.tif", CRATE_FILE]


def test_a_file_that_changed_replaces_the_one_before(double: Double, figshare: Figshare, made: Deposit) -> None:
    """The old one goes once the new one is there."""
    figshare.send(made, Sending("a.tif", 3, lambda: iter((b"old",))))
    found = figshare.get(made.id)
    assert found is not None
    figshare.send(found, Sending("a.tif", 3, lambda: iter((b"new",))))
    (article,) = double.owned()
    assert [file.data for file in article.files.values()] == [b"new"]


def test_other_bytes_at_the_service_are_noticed(double: Double, figshare: Figshare, made: Deposit) -> None:
    """It says the MD5 of what it has put together."""
    double.spoilt = "a.tif"
    with pytest.raises(IntegrityError, match="other bytes under that name"):
        figshare.send(made, Sending("a.tif", 3, lambda: iter((b"abc",))))


def test_what_is_published_gets_a_next_version(
    double: Double, figshare: Figshare, made: Deposit, tmp_path: Path
) -> None:
    """The published one is read until the new one is whole, and is another one then."""
    source = fill(tmp_path / "a", {"a.tif": b"a", "b.tif": b"bb"})
    put(source, [place(figshare, made)], DRAFT)
    draft = figshare.get(made.id)
    assert draft is not None
    done = figshare.publish(draft, ITEM, TODAY)
    assert (done.published, done.doi) == (True, f"{made.doi}.v1")
    assert [one.published for one in figshare.latest(done)] == [True]
    fill(source, {"c.tif": b"ccc"})
    double.fail("PUT", "/upload/", 500, times=5)
    with pytest.raises(WebError):
        put(source, [place(figshare, made)], DRAFT)
    get([place(client(double), made)], "nf1/raw_images", tmp_path / "b")
    assert sorted(read(tmp_path / "b")) == ["a.tif", "b.tif"]
    put(source, [place(figshare, made)], DRAFT)
    (article,) = double.owned()
    assert [file.name for file in article.public_files] == ["a.tif", "b.tif", CRATE_FILE]
    edited = figshare.get(made.id)
    assert edited is not None
    newest = figshare.latest(edited)[0]
    assert not newest.published
    assert figshare.publish(newest, ITEM, TODAY).doi == f"{made.doi}.v2"
    get([place(client(double), made)], "nf1/raw_images", tmp_path / "c")
    assert read(tmp_path / "c") == read(source)
    with pytest.raises(WebError, match="Article was published"):
        figshare.delete(done)


REFUSALS: Mapping[str, tuple[Callable[[Figshare, Figshare, Deposit], object], str]] = {
    "a short title": (lambda lab, *_: lab.create(replace(ITEM, title="x"), MARK), "400: Invalid value for title"),
    "a wrong token": (lambda _lab, wrong, _made: wrong.find(MARK, ""), "403: Invalid OAuth token"),
    "no files": (
        lambda lab, _, made: lab.publish(made, ITEM, TODAY),
        "Missing mandatory field for publication - files",
    ),
    "no categories": (
        lambda lab, *_: lab.publish(lab.create(replace(ITEM, categories=()), MARK), ITEM, TODAY),
        "Missing mandatory field for publication - categories",
    ),
    "over the quota": (
        lambda lab, _, made: lab.send(made, Sending("a", 99, lambda: iter((b"x" * 99,)))),
        "403: Max storage quota exceeded",
    ),
}


@pytest.mark.parametrize(("call", "said"), REFUSALS.values(), ids=REFUSALS)
def test_each_refusal_is_one_sentence_with_the_services_own_words(
    call: Callable[[Figshare, Figshare, Deposit], object], said: str
) -> None:
    """In Figshare's own shape of errors, and never with the token."""
    with running(Double({WORD: "lab"}, quota=50)) as double:
        lab = client(double)
        with pytest.raises(WebError) as caught:
            call(lab, client(double, word="wrong"), lab.create(ITEM, MARK))
    assert said in str(caught.value)
    assert WORD not in str(caught.value)


def test_a_licence_that_figshare_does_not_have_is_said_with_those_it_has(figshare: Figshare) -> None:
    """Before anything is made."""
    with pytest.raises(InputError, match=r"no licence Apache-2\.0\. It has CC BY 4\.0, CC0, MIT\."):
        figshare.create(replace(ITEM, licence="Apache-2.0"), MARK)


def test_a_stranger_s_item_is_none(double: Double, made: Deposit) -> None:
    """It is not found, and deleting it deletes nothing."""
    other = client(double, word="other-token")
    assert other.get(made.id) is None
    other.delete(made)
    assert len(double.owned()) == 1


def test_a_busy_service_is_waited_for_and_asked_no_more_than_once_a_second(double: Double) -> None:
    """As Figshare asks; its parts are not held up."""
    waits: list[float] = []
    clock = iter(range(100, 200))
    web = Web(
        f"{double.url}/v2", "Figshare", Secret(WORD), "token", pace=1.0, sleep=waits.append, now=lambda: next(clock) / 4
    )
    service = Figshare(web, TODAY, sleep=waits.append)
    double.fail("GET", "/account", 429, {"message": "Too many", "code": "429"}, Retry_After="7")
    service.find(MARK, "x")
    service.find(MARK, "x")
    assert waits == [0.0, 7.0, 0.75]


# The resource


@pytest.fixture
def kind() -> FigshareDeposit:
    """The type."""
    return FigshareDeposit(lambda _store: Secret(WORD), lambda: TODAY)


def item(double: Double, **more: object) -> dict[str, object]:
    """An item as the component asks for it."""
    given = inputs(double)  # type: ignore[arg-type]
    store = {"name": "figshare", "kind": "figshare", "endpoint": double.url}
    return {**given, "store": store, **more}


def test_its_resource_makes_one_item_with_a_link_that_is_a_secret(double: Double, kind: FigshareDeposit) -> None:
    """After a cut line too; the link stays the same, and goes when it is not declared any more."""
    context = Context(URN.replace("zenodo", "figshare"), log=Heard())

    def cut(asked: Asked) -> bool:
        return asked.method == "POST" and asked.path.endswith("/articles")

    double.broken = cut
    with pytest.raises(WebError):
        kind.create(context, item(double))
    double.broken = lambda _asked: False
    given, faults = kind.check(context, item(double, privateLinkDays=60), {})
    id_, state = kind.create(context, given)
    (article,) = double.owned()
    ((name, until),) = article.links.items()
    assert (faults, id_, until) == ([], str(article.id), "2027-01-23")
    assert state["privateLink"] == Hidden(f"https://figshare.com/s/{name}")
    assert state["doi"] == f"10.6084/m9.figshare.{article.id}"
    assert name not in repr(state)
    assert kind.update(context, id_, state, given)["privateLink"] == state["privateLink"]
    found = kind.read(context, id_, state, given)
    assert found is not None
    assert found.state["privateLink"] == state["privateLink"]
    assert kind.update(context, id_, state, item(double))["privateLink"] is None
    assert article.links == {}
    kind.delete(context, id_, state)
    assert double.owned() == []


def test_who_reads_it_is_known_to_the_rules(double: Double) -> None:
    """Anyone, but for files that stay closed; whoever has the private link, though."""
    base = make_lab(double).model_dump()  # type: ignore[arg-type]
    for more, embargo, who in (
        ({}, None, ["anyone"]),
        ({}, "2027-05-01", []),
        ({"confidential": "under agreement"}, None, []),
        ({"private_link": "60 days"}, "2027-05-01", ["anyone"]),
    ):
        store = {"system": "figshare", "kind": "figshare", "endpoint": double.url, **more}
        base["file"]["stores"] = {"zenodo": store}
        base["projects"]["nf1"]["datasets"]["metadata"]["embargo"] = embargo
        lab = Lab.model_validate(base)
        days = {"privateLinkDays": 60} if more.get("private_link") else {}
        found = replace(seen(lab, **days), type="slidebox:figshare:Deposit")
        assert readers(found) == who
        planned = opened(lab, load_systems(lab.file.playbook), Candidate("nf1/metadata", Term.LONG, "zenodo"), TODAY)
        assert [reader.principal for reader in planned] == who
