"""The client of BioStudies: sessions, the account's own space, drafts and submissions, and every shape of a fault."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from slidebox.biostudies import ENDPOINT, ArchiveRef, BioStudies, Listed
from slidebox.errors import InputError, UnreadableError
from slidebox.model import Store, StoreKind, System
from slidebox.submission.pagetab import Attribute, Section, Submission
from slidebox.submission.pagetab_tsv import to_tsv
from slidebox.tokens import Secret

from .doubles.biostudies import LOGIN, PASSWORD, BioStudiesDouble, running, tree


@pytest.fixture
def service() -> Iterator[BioStudiesDouble]:
    """A running double."""
    with running() as double:
        yield double


@pytest.fixture
def waits() -> list[float]:
    """How long the client has waited."""
    return []


@pytest.fixture
def client(service: BioStudiesDouble, waits: list[float]) -> Iterator[BioStudies]:
    """A client with the right password."""
    made = BioStudies(ArchiveRef("idr", LOGIN, service.url), lambda _: Secret(PASSWORD), waits.append)
    yield made
    made.close()


def small(**attributes: str) -> bytes:
    """A small submission."""
    said = tuple(Attribute(name, value) for name, value in attributes.items())
    return to_tsv(Submission(Section("Study", "S"), "", said)).encode()


def test_a_session_is_begun_once_and_its_token_goes_into_every_call(
    service: BioStudiesDouble, client: BioStudies
) -> None:
    """One login serves all calls; the password goes into it alone, and the token into its own header."""
    client.make_folder("lab/raw")
    assert client.listing("lab/raw") == ()
    assert service.count("POST", "auth/login") == 1
    assert {one.headers.get("x-session-token") for one in service.asked[1:]} == {"session-1-of-nobody"}
    assert not any(PASSWORD.encode() in one.body for one in service.asked[1:])
    assert not any("authorization" in one.headers for one in service.asked)


def test_a_session_that_has_ended_is_begun_anew_once(service: BioStudiesDouble, client: BioStudies) -> None:
    """After a session has ended the call is made again in another; a second refusal is an error."""
    client.make_folder("lab")
    service.sessions.clear()
    assert client.listing("lab") == ()
    assert service.count("POST", "auth/login") == 2
    service.faults += [("GET", "files/user", 401, tree("Full authentication is required"))] * 2
    with pytest.raises(UnreadableError, match="Full authentication is required"):
        client.listing("lab")


@pytest.mark.parametrize(
    ("account", "password", "said"),
    [
        ("nobody@example.org", PASSWORD, "Could not find an active user"),
        (LOGIN, "wrong-horse", "Invalid email address"),
    ],
)
def test_a_wrong_account_or_password_is_said_and_never_shown(
    service: BioStudiesDouble, caplog: pytest.LogCaptureFixture, account: str, password: str, said: str
) -> None:
    """The service's own words are shown, and neither password nor token in any message, log or name."""
    caplog.set_level(logging.DEBUG)
    client = BioStudies(ArchiveRef("idr", account, service.url), lambda _: Secret(password))
    with pytest.raises(UnreadableError, match=said) as caught:
        client.listing("")
    shown = f"{caught.value} {caught.value!r} {client!r} {caplog.text}"
    assert password not in shown
    assert "account and its password" in str(caught.value)


def test_a_service_that_repeats_the_password_does_not_get_it_shown(
    service: BioStudiesDouble, client: BioStudies
) -> None:
    """A message with the password in it is shown without."""
    service.faults.append(("POST", "auth/login", 401, tree(f"{PASSWORD} is wrong")))
    with pytest.raises(UnreadableError) as caught:
        client.listing("")
    assert PASSWORD not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (400, tree("Submission validation errors", "No title", "No files"), "status 400: No title; No files."),
        (404, tree("The draft was not found"), "status 404: The draft was not found."),
        (415, tree("Unsupported page tab"), "status 415: Unsupported page tab."),
        (500, tree("Internal", *map(str, range(7))), "status 500: 0; 1; 2; 3; 4 and 2 more."),
        (400, "not a tree", "status 400."),
    ],
)
def test_each_fault_is_one_sentence_in_the_services_words(
    service: BioStudiesDouble, client: BioStudies, status: int, body: object, said: str
) -> None:
    """The leaves of the tree of faults are what is said."""
    service.faults.append(("POST", "async/direct", status, body))
    with pytest.raises(UnreadableError) as caught:
        client.submit("submission.tsv", small())
    assert str(caught.value).startswith(f"BioStudies refused the call with {said}")


def test_patience_is_asked_for_and_given(service: BioStudiesDouble, client: BioStudies, waits: list[float]) -> None:
    """A service that is busy is asked again; what may have been taken is not sent again."""
    service.faults += [("GET", "files/user", 503, None), ("GET", "files/user", 429, None)]
    assert client.listing("") == ()
    assert waits == [1.0, 2.0]
    service.faults.append(("POST", "async/direct", 502, None))
    with pytest.raises(UnreadableError):
        client.submit("submission.tsv", small(ReleaseDate="2027-01-01"))
    assert service.count("POST", "async/direct") == 1


@pytest.mark.parametrize("name", ["a.tiff", "plate 1 é.tiff", 'with "quotes".tiff', "100%.tiff", "a+b&c=d;e.tiff"])
def test_a_file_is_sent_listed_read_and_removed_under_any_name(client: BioStudies, name: str) -> None:
    """Bytes come back as they were sent, whatever the name and whatever is in them."""
    data = b"--\r\nboundary\r\n\x00\xff" * 1000
    client.make_folder("lab/raw images")
    client.send(f"lab/raw images/{name}", len(data), lambda: iter([data[:10], data[10:]]))
    assert client.listing("lab/raw images") == (Listed(name, len(data), False),)
    assert list(client.walk("lab")) == [(f"raw images/{name}", len(data))]
    with client.read(f"lab/raw images/{name}") as pieces:
        assert b"".join(pieces) == data
    client.remove(f"lab/raw images/{name}")
    assert list(client.walk("lab")) == []


def test_what_is_not_there_is_nothing_and_reading_it_an_error(client: BioStudies) -> None:
    """A folder that is not there has nothing in it, and is not there; a file that is not there cannot be read."""
    assert (client.listing("nothing"), client.has_folder("nothing"), client.has_folder("")) == ((), False, True)
    with pytest.raises(UnreadableError, match="not a valid user file"), client.read("a/nothing"):
        pass


def test_a_folder_with_files_is_never_made_anew(service: BioStudiesDouble, client: BioStudies) -> None:
    """The service empties a folder that it is told to make: files in one stay, even where many want it at once."""
    service.files |= {"a/": b"", "a/one.tiff": b"1"}
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(client.make_folder, ["a/b"] * 8 + ["a"] * 8))
    assert service.files["a/one.tiff"] == b"1"
    assert service.count("POST", "folder/user") == 1


def test_folders_are_made_once_with_those_above(service: BioStudiesDouble, client: BioStudies) -> None:
    """Folders above are made with a folder, and none is made a second time."""
    client.make_folder("a/b/c")
    client.make_folder("a/b/c")
    assert sorted(service.files) == ["a/", "a/b/", "a/b/c/"]
    assert service.count("POST", "folder/user") == 3


def test_more_drafts_and_submissions_than_a_page_has_are_all_found(
    service: BioStudiesDouble, client: BioStudies
) -> None:
    """Lists are read page by page."""
    service.drafts = {f"TMP_{n}": "{}" for n in range(120)}
    assert len(list(client.drafts())) == 120


def test_a_draft_is_made_changed_and_removed(service: BioStudiesDouble, client: BioStudies) -> None:
    """A draft has the PageTab that it was given last."""
    draft = client.make_draft('{"a": 1}')
    client.change_draft(draft.key, '{"a": 2}')
    assert [json.loads(one.content) for one in client.drafts()] == [{"a": 2}]
    client.remove_draft(draft.key)
    assert service.drafts == {}


def test_a_submission_goes_from_requested_to_processed(client: BioStudies) -> None:
    """What was submitted has an accession, a status that goes on, and its PageTab."""
    accession, version = client.submit("submission.tsv", small(Title="T", ReleaseDate="2027-01-01"))
    assert (accession, version) == ("S-BIAD2", 1)
    assert [client.status(accession, version)[0] for _ in range(3)] == ["VALIDATED", "PROCESSED", "PROCESSED"]
    (found,) = client.submissions()
    assert (found.accession, found.title, found.released) == (accession, "T", "2027-01-01")
    assert json.loads(client.page(accession))["accno"] == accession
    assert client.page("S-BIAD999") == ""


def test_a_submission_that_is_refused_says_why(service: BioStudiesDouble, client: BioStudies) -> None:
    """The errors of an invalid submission are asked for."""
    accession, version = client.submit("submission.tsv", small(ReleaseDate="2027-01-01"))
    service.kept[accession].errors = ["File not found: a.tiff"]
    assert client.status(accession, version) == ("INVALID", ("File not found: a.tiff",))


def test_a_store_names_its_account_and_the_services_own_address() -> None:
    """A store without an endpoint means the archive's own; one in the clear is refused, and so is another shape."""
    ref = ArchiveRef.of("idr", Store(system=System.IDR, kind=StoreKind.ARCHIVE, account=LOGIN))
    assert ref == ArchiveRef("idr", LOGIN, ENDPOINT)
    assert ArchiveRef.read(ref.document) == ref
    with pytest.raises(InputError, match="in the clear"):
        ArchiveRef.read({**ref.document, "endpoint": "http://example.org"})
    for wrong in (None, {}, {**ref.document, "password": "x"}, {"name": "idr"}):
        with pytest.raises(InputError, match="no archive"):
            ArchiveRef.read(wrong)
