"""Copies that no record names are found wherever slidebox would have put them; who does not answer is asked once."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from slidebox import rclone
from slidebox.cluster import marker, shared
from slidebox.deposits.about import about_of, mark_of
from slidebox.deposits.opening import DepositRef
from slidebox.flow.whereabouts import Copy
from slidebox.model import Store, StoreKind, System
from slidebox.provider.drive import RECORD
from slidebox.provider.github_api import connect

from .doubles.figshare import Figshare
from .doubles.github import TOKEN, github
from .doubles.web_double import running
from .doubles.zenodo import Zenodo
from .flow_lab import MASKS, RAW, TODAY, SmallLab, small_lab
from .rclone_remotes import NEEDED, remotes
from .sshd import Sshd
from .test_flow import FILES

WORD = "a-token-of-nobody"
Laid = tuple[Store, Callable[[SmallLab], str]]
"""A store, and what makes the place of the raw images there and answers where it is."""


@dataclass
class Here:
    """What a test starts things with, and where."""

    held: ExitStack
    root: Path
    patch: pytest.MonkeyPatch
    request: pytest.FixtureRequest


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Here]:
    """All that is started is stopped."""
    monkeypatch.setattr("slidebox.web._backoff", lambda _: 0.0)
    with ExitStack() as stack:
        yield Here(stack, tmp_path, monkeypatch, request)


def cluster(here: Here) -> Laid:
    """A folder behind a real OpenSSH server."""
    sshd: Sshd = here.request.getfixturevalue("sshd")
    here.patch.setenv("HOME", str(sshd.home))
    root = here.root / "campus"
    (root / RAW).mkdir(parents=True)
    marker.mark(shared(sshd.address), "test-lab", "there", str(root), today=TODAY)
    host, user = f"127.0.0.1:{sshd.port}", sshd.address.user
    store = Store(system=System.LOCAL_CLUSTER, kind=StoreKind.CLUSTER, host=host, user=user, path=str(root))
    return store, lambda _: str(root / RAW)


def share(here: Here) -> Laid:
    """A folder behind a real rclone."""
    (here.root / "rclone").mkdir()
    found = here.held.enter_context(remotes(here.root / "rclone"))
    one = found.rclone()
    here.patch.setattr(rclone, "shared", lambda: one)
    (found.root / "lab" / RAW).mkdir(parents=True)
    (found.root / "lab" / RAW / RECORD).write_text("{}")
    (found.root / "lab" / MASKS).mkdir()  # somebody's own
    store = Store(system=System.DROPBOX, kind=StoreKind.RCLONE, remote="folder", path="lab")
    return store, lambda _: f"folder:lab/{RAW}"


def hub(here: Here) -> Laid:
    """A repository at the double of GitHub, among those that slidebox has not made."""
    double = here.held.enter_context(github(here.root / "github"))
    here.patch.setenv("SLIDEBOX_TOKEN_THERE", TOKEN)
    store = Store(system=System.GITHUB, kind=StoreKind.GITHUB, account="way-lab", endpoint=f"{double.url}/api")
    for name, said in (("demo-raw-images", "Demo [slidebox 0123456789abcdef]"), ("demo-segmentation-masks", "mine")):
        body = {"name": name, "private": True, "auto_init": True, "description": said}
        connect("there", f"{double.url}/api").call("POST", "orgs/way-lab/repos", body)
    return store, lambda _: "way-lab/demo-raw-images"


def deposit(kind: StoreKind) -> Callable[[Here], Laid]:
    """A draft at the double of a repository for deposits."""

    def make(here: Here) -> Laid:
        service = Zenodo({WORD: "lab"}) if kind is StoreKind.ZENODO else Figshare({WORD: "lab"}, part_bytes=1_000_000)
        double = here.held.enter_context(running(service))
        here.patch.setenv("SLIDEBOX_TOKEN_THERE", WORD)
        store = Store(system=System(kind.value), kind=kind, endpoint=double.url)

        def place(lab: SmallLab) -> str:
            service = DepositRef.of("there", store).open(dt.datetime.now(dt.UTC).date())
            # Another lab may have one of the same name in the same account.
            service.create(about_of(lab.lab, MASKS, "there", {}), mark_of("other-lab", MASKS, "there"))
            return service.create(about_of(lab.lab, RAW, "there", {}), mark_of("test-lab", RAW, "there")).id

        return store, place

    return make


KINDS = [
    pytest.param(cluster, id="cluster"),
    pytest.param(share, id="share", marks=NEEDED),
    pytest.param(hub, id="github"),
    pytest.param(deposit(StoreKind.ZENODO), id="zenodo"),
    pytest.param(deposit(StoreKind.FIGSHARE), id="figshare"),
]


def laid(lab: SmallLab, where: str) -> None:
    """Put the images there too, and forget it: no plan and no record says so any more."""
    key = f"{RAW}@short@there"
    kind = lab.lab.file.stores["there"].kind
    about = {"dataset": RAW, "term": "short", "copy": 2, "store": "there", "by_hand": False}
    lab.outputs["locations"][key] = {**about, "kind": kind.value, "path": where}
    lab.put(FILES)
    del lab.outputs["locations"][key]
    shutil.rmtree(lab.root / "record")
    shutil.rmtree(lab.home.root / "record")


@pytest.mark.parametrize("make", KINDS)
def test_a_copy_that_no_record_names_is_found(make: Callable[[Here], Laid], here: Here) -> None:
    """With the manifest that lies there, and beside the planned one; of another dataset nothing is found."""
    store, place = make(here)
    (here.root / "lab").mkdir()
    lab = small_lab(here.root / "lab", there=store)
    lab.plan("bench")
    where = place(lab)
    laid(lab, where)
    looking = lab.whereabouts
    planned, other = looking.copies(RAW)
    assert (planned.location.store, planned.planned, other.location.store, other.planned) == (
        "bench",
        True,
        "there",
        False,
    )
    assert (other.location.where, other.problem, other.crate) == (where, "", planned.crate)
    assert looking.silent == {}
    lab.plan("bench", dataset=MASKS)
    assert [copy.location.store for copy in looking.copies(MASKS)] == ["bench"]


@pytest.mark.parametrize("make", KINDS)
def test_a_store_that_does_not_answer_is_asked_once_and_stops_nothing(make: Callable[[Here], Laid], here: Here) -> None:
    """What is planned is found all the same, and which store was passed over is known, with the reason."""
    store, _ = make(here)
    gone = {"host": "127.0.0.1:1"} if store.host else {"endpoint": "http://127.0.0.1:1/api"}
    if store.remote:
        gone = {"remote": "nothing-of-that-name"}
    (here.root / "lab").mkdir()
    lab = small_lab(here.root / "lab", there=store.model_copy(update=gone))
    for dataset in (RAW, MASKS):
        lab.plan("bench", dataset=dataset)
    lab.put(FILES)
    looking = lab.whereabouts
    found: list[Copy] = [copy for dataset in (RAW, MASKS) for copy in looking.copies(dataset)]
    assert [copy.location.store for copy in found] == ["bench", "bench"]
    assert list(looking.silent) == ["there"]
    assert looking.silent["there"]
    assert WORD not in looking.silent["there"]
    assert TOKEN not in looking.silent["there"]
