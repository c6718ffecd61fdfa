"""What collectors ask of Figshare, of an archive and of file services, and what an audit then says."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slidebox.access.effective import ACTIONS, Location
from slidebox.access.places import locations
from slidebox.access.shared import told
from slidebox.access.snapshot import Known
from slidebox.audit.live import Asked, archive, deposits, shares
from slidebox.biostudies import ArchiveRef, BioStudies
from slidebox.deposits.about import about_of, mark_of
from slidebox.deposits.figshare import Figshare
from slidebox.deposits.repository import Deposit
from slidebox.home import Home
from slidebox.model import Lab, Store, StoreKind, System
from slidebox.rclone import Rclone, RemoteFolder
from slidebox.rclone.program import find
from slidebox.submission import mark_of as submission_mark
from slidebox.submission import page, to_tsv
from slidebox.tokens import Secret
from slidebox.web import Web

from .doubles.biostudies import LOGIN, PASSWORD, BioStudiesDouble
from .doubles.biostudies import running as archived
from .doubles.figshare import Figshare as FigshareDouble
from .doubles.graph import Graph, onedrive
from .doubles.web_double import running
from .rclone_remotes import NEEDED
from .submission_lab import lab as study_lab
from .test_audit_places_live import RAW, lab, who
from .test_provider_share import NEW

NOW = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)
TODAY = NOW.date()
LIST = {"read", "list"}
NOWHERE = Home(Path("/nowhere"))


def audited(sections: Any, now: dt.datetime = NOW) -> list[Location]:
    """The locations of what a collector answered, through JSON."""
    return list(locations(json.loads(json.dumps(sections))["places"], Known(now=now)))


# Figshare


@pytest.fixture
def figshare() -> Iterator[FigshareDouble]:
    """Figshare, with an account of the lab."""
    with running(FigshareDouble({"word": "lab"})) as double:
        yield double


def on_figshare(double: FigshareDouble) -> dict[str, set[str]]:
    """What an audit says of the item."""
    asked = Asked(_figshare_lab(double), NOWHERE, "figshare")
    (location,) = audited(deposits.collect(asked, lambda _: Secret("word"), TODAY))
    assert location.dataset == RAW
    return who(location)


def _figshare_lab(double: FigshareDouble) -> Lab:
    return lab(figshare={"system": "figshare", "kind": "figshare", "endpoint": double.url})


def item(double: FigshareDouble) -> tuple[Figshare, Deposit]:
    """A draft of the dataset."""
    web = Web(f"{double.url}/v2", "Figshare", Secret("word"), "token", sleep=lambda _: None)
    service = Figshare(web, TODAY, sleep=lambda _: None)
    about = about_of(_figshare_lab(double), RAW, "figshare", {})
    return service, service.create(about, mark_of("test-lab", RAW, "figshare"))


def test_a_draft_at_figshare_is_its_accounts_own_but_for_links_to_it(figshare: FigshareDouble) -> None:
    """Of a link its end is kept, and nothing else."""
    service, draft = item(figshare)
    own = {"account:account of figshare": set(ACTIONS)}
    assert on_figshare(figshare) == own
    service.link(draft, 30)
    assert on_figshare(figshare) == {**own, "anyone": LIST}
    article = next(iter(figshare.articles.values()))
    secret = next(iter(article.links))
    asked = Asked(_figshare_lab(figshare), NOWHERE, "figshare")
    assert secret not in json.dumps(deposits.collect(asked, lambda _: Secret("word"), TODAY))
    article.links[secret] = "2026-11-01"
    assert on_figshare(figshare) == own


@pytest.mark.parametrize(
    ("part", "status"), [("private_links", 403), ("private_links", 500), ("account/articles", 404)]
)
def test_each_read_of_figshare_that_fails_leaves_somebody_unknown(
    figshare: FigshareDouble, part: str, status: int
) -> None:
    """Or the whole item."""
    item(figshare)
    figshare.fail("GET", part, status, {"message": "no"}, times=9)
    assert "unknown" in on_figshare(figshare)


# An archive


@pytest.fixture
def biostudies() -> Iterator[BioStudiesDouble]:
    """The archive."""
    with archived() as double:
        yield double


def at_archive(double: BioStudiesDouble, now: dt.datetime = NOW) -> dict[str, set[str]]:
    """What an audit says of the dataset's folder."""
    asked = Asked(_archive_lab(double), NOWHERE, "idr")
    found = audited(archive.collect(asked, lambda _: Secret(PASSWORD)), now)
    (location,) = [one for one in found if one.dataset == "first/raw_images"]
    return who(location)


def _archive_lab(double: BioStudiesDouble) -> Lab:
    store = Store(system=System.IDR, kind=StoreKind.ARCHIVE, account=LOGIN, endpoint=double.url)
    return study_lab(stores={"idr": store})


def test_what_waits_at_an_archive_is_anyones_from_the_day_of_release_on(biostudies: BioStudiesDouble) -> None:
    """Before it is submitted it is the account's own."""
    service = BioStudies(ArchiveRef("idr", LOGIN, biostudies.url), lambda _: Secret(PASSWORD), lambda _: None)
    service.make_folder("tiny-lab-first/raw_images")
    own = {f"account:{LOGIN}": set(ACTIONS)}
    assert at_archive(biostudies) == own
    whole = _archive_lab(biostudies)
    mark = submission_mark(whole, "first", "idr")
    service.submit("submission.tsv", to_tsv(page(whole, "first", (), mark=mark)).encode())
    service.close()
    assert at_archive(biostudies) == own
    assert at_archive(biostudies, dt.datetime(2027, 7, 1, tzinfo=dt.UTC)) == {**own, "anyone": LIST}


def test_where_an_archive_does_not_say_what_was_submitted_somebody_unknown_may_read(
    biostudies: BioStudiesDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been released."""
    service = BioStudies(ArchiveRef("idr", LOGIN, biostudies.url), lambda _: Secret(PASSWORD), lambda _: None)
    service.make_folder("tiny-lab-first/raw_images")
    service.close()

    def broken(_: BioStudies) -> Any:
        raise ValueError("no list")

    with monkeypatch.context() as patch:
        patch.setattr(BioStudies, "submissions", broken)
        assert "unknown" in at_archive(biostudies)
    with monkeypatch.context() as patch:
        patch.setattr(BioStudies, "has_folder", lambda *_: None)
        assert "unknown" in at_archive(biostudies)


# File services


def in_service(rclone: Rclone, remote: str, system: str) -> list[Location]:
    """What an audit says of the folder."""
    store = {"system": system, "kind": "rclone", "remote": remote, "path": "lab"}
    return audited(shares.collect(Asked(lab(box=store), NOWHERE, "box"), lambda: rclone))


@NEW
def test_a_folder_in_onedrive_is_read_with_whom_it_is_shared_and_by_which_links() -> None:
    """With their end."""
    drive = Graph("a-token")
    with onedrive(drive) as environment:
        rclone = Rclone(find, {**os.environ, **environment})
        try:
            RemoteFolder(rclone, "od", "lab").make(RAW)
            permissions = drive.at(f"lab/{RAW}").permissions
            (location,) = in_service(rclone, "od", "onedrive")
            before = who(location)
            permissions.append(
                {
                    "id": "2",
                    "roles": ["read"],
                    "link": {"scope": "anonymous", "webUrl": "https://x/s!T"},
                    "expirationDateTime": "2026-12-24T00:00:00Z",
                }
            )
            (location,) = in_service(rclone, "od", "onedrive")
            assert who(location) == {**before, "anyone": LIST}
            assert "s!T" not in repr(location)
            assert [one.until for one in location.readers if one.principal == "anyone"] == ["2026-12-24"]
        finally:
            rclone.close()


@NEEDED
def test_a_service_that_does_not_tell_has_somebody_unknown(tmp_path: Path) -> None:
    """Such as a folder of this machine behind rclone."""
    (tmp_path / "root/lab" / RAW).mkdir(parents=True)
    config = tmp_path / "rclone.conf"
    config.write_text(f"[folder]\ntype = alias\nremote = {tmp_path / 'root'}\n")
    rclone = Rclone(find, {**os.environ, "RCLONE_CONFIG": str(config)})
    try:
        (location,) = in_service(rclone, "folder", "onedrive")
        assert who(location) == {"unknown": set(ACTIONS)}
        assert (location.name, location.dataset) == (f"folder:lab/{RAW}", RAW)
    finally:
        rclone.close()


def test_a_link_of_a_file_service_is_told_with_its_end() -> None:
    """As Microsoft and Google say it, and without the link."""
    link = {"id": "2", "roles": ["read"], "link": {"scope": "anonymous", "webUrl": "https://x/s!T"}}
    onedrive_says = json.dumps([{**link, "expirationDateTime": "2026-12-24T00:00:00Z"}])
    google_says = json.dumps([{"type": "anyone", "role": "reader", "expirationTime": "2026-12-24T00:00:00Z"}])
    expected = {"address": "*", "may": "view", "until": "2026-12-24"}
    assert told("onedrive", {"permissions": onedrive_says}) == [expected]
    assert expected in told("drive", {"owner": "ada@example.edu", "permissions": google_says})
