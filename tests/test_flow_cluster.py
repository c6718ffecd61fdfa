"""Moves and retirements between a drive and a cluster: the same law as between drives, over a real OpenSSH server."""

from __future__ import annotations

from pathlib import Path

import pytest

from slidebox.cluster import marker, shared
from slidebox.errors import IntegrityError, UnreadableError
from slidebox.model import Store, StoreKind, System
from slidebox.provenance.record import Act
from slidebox.transfer.aside import BIN

from .flow_lab import RAW, TODAY, SmallLab, small_lab
from .sshd import Sshd
from .test_flow import FILES, held


@pytest.fixture
def campus(sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallLab:
    """A lab whose raw images lie on the bench and are to lie on a cluster too."""
    monkeypatch.setenv("HOME", str(sshd.home))
    root = tmp_path / "campus"
    (root / RAW).mkdir(parents=True)
    (root / RAW).chmod(0o2770)
    store = Store(
        system=System.LOCAL_CLUSTER,
        kind=StoreKind.CLUSTER,
        host=f"127.0.0.1:{sshd.port}",
        user=sshd.address.user,
        path=str(root),
    )
    marker.mark(shared(sshd.address), "test-lab", "campus", str(root), today=TODAY)
    (tmp_path / "lab").mkdir()
    made = small_lab(tmp_path / "lab", campus=store)
    made.plan("bench")
    made.put(FILES)
    made.outputs["locations"][f"{RAW}@short@campus"] = {
        "dataset": RAW,
        "term": "short",
        "copy": 2,
        "store": "campus",
        "kind": "cluster",
        "by_hand": False,
        "path": str(root / RAW),
        "host": store.host,
    }
    return made


def test_data_come_to_the_cluster_and_the_old_copy_goes_and_comes_back(campus: SmallLab, tmp_path: Path) -> None:
    """Every byte is read back there before anything goes here."""
    folder = tmp_path / "campus" / RAW
    assert campus.move().written == {"campus": 3}
    assert held(folder) == FILES
    campus.retire("bench")
    assert held(campus.folder("bench")) == {}
    assert [entry.act for entry in campus.book.entries("demo")] == [Act.PUT, Act.MOVE, Act.RETIRE]
    campus.retirer.undo(campus.book.entries("demo"), RAW)
    assert held(campus.folder("bench")) == FILES

    (entry,) = campus.retire("campus")
    assert (held(folder), held(tmp_path / "campus" / BIN / entry.aside)) == ({}, FILES)
    campus.retirer.undo(campus.book.entries("demo"), RAW)
    assert held(folder) == FILES
    (entry,) = campus.retire("campus")
    campus.today = TODAY.replace(year=2027)
    (due,) = campus.retirer.due(campus.book.entries("demo"))
    campus.retirer.purge(due)
    assert not (tmp_path / "campus" / BIN).exists()


def test_nothing_goes_while_the_cluster_has_other_bytes_or_is_not_read(campus: SmallLab, tmp_path: Path) -> None:
    """A changed byte, and a file system that is not mounted."""
    campus.move()
    (tmp_path / "campus" / RAW / "a.tif").write_bytes(b"pixelS")
    with pytest.raises(IntegrityError, match=r"a\.tif in campus .* is damaged"):
        campus.retire("bench")
    (tmp_path / "campus/.slidebox-drive.json").unlink()
    with pytest.raises(UnreadableError, match="campus"):
        campus.retire("bench")
    assert held(campus.folder("bench")) == FILES
