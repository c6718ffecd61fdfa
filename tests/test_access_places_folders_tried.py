"""What an audit says of folders is what the system does, for trees at random: each account tries everything.

So do accounts that sign in to a server.

``SLIDEBOX_TRIES=5000 pytest tests/test_access_places_folders_tried.py`` tries as many.
"""

from __future__ import annotations

import json
import os
import pwd
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from slidebox.access.effective import Location
from slidebox.access.places import locations
from slidebox.access.snapshot import Known
from slidebox.audit.live.machine import LocalFolders
from slidebox.audit.live.remote import RemoteFolders
from slidebox.cluster import Address

from .posix_tries import GROUPS, STRANGER, USERS, Tree, over_sftp, really
from .sshd import Sshd
from .sshd import running as server_with
from .test_audit_places_live import GETFACL

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(os.getuid() != 0, reason="only the superuser can try as other accounts"),
]

TRIES = int(os.environ.get("SLIDEBOX_TRIES", "300"))
MACHINE = {
    "groups": {str(group): [str(user) for user in members] for group, members in GROUPS.items()},
    "complete": True,
    "exports": None,
}


@pytest.fixture
def base() -> Iterator[Path]:
    """A folder that every account passes."""
    folder = Path(tempfile.mkdtemp(prefix="slidebox-tries-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def audited(tree: Tree, folders: LocalFolders) -> Location:
    """What an audit says of a tree."""
    section = {"machines": {"": MACHINE}, "folders": {"one": folders.folder(tree.data)}}
    (location,) = locations(json.loads(json.dumps(section)), Known())
    return location


def told(location: Location, who: str) -> set[str]:
    """What an audit says that somebody may do."""
    return {action for one in location.readers if one.principal == who for action in one.actions}


def test_whom_the_audit_lets_in_is_whom_the_system_lets_in(base: Path) -> None:
    """For accounts in groups and for a stranger, each action: allowed by both, or by neither."""
    folders = LocalFolders()
    for seed in range(TRIES):
        place = base / str(seed)
        place.mkdir()
        tree = Tree.make(place, random.Random(seed))
        location = audited(tree, folders)
        about = f"seed {seed}: {location.readers}"
        everybody = told(location, "any_account")
        assert everybody == really(tree, STRANGER), about
        assert not told(location, "unknown"), about
        for user in USERS:
            real, own = really(tree, user), told(location, f"account:{user}")
            assert real <= own | everybody, f"{about}: {user} really may {sorted(real - own - everybody)}"
            assert own <= real, f"{about}: {user} may not {sorted(own - real)}"
        shutil.rmtree(place)


SIGNED_IN = {1: "daemon", 2: "bin", 5: "games"}
"""Accounts that every Debian has, each in a group of its own; none of them has a password, and all may have a key."""


@pytest.fixture(scope="module")
def campus() -> Iterator[Sshd]:
    """A server on which every account may sign in with the one key."""
    folder = Path(tempfile.mkdtemp(prefix="slidebox-sshd-"))
    folder.chmod(0o755)
    try:
        for found in server_with(folder, ""):
            (folder / "authorized_keys").chmod(0o644)
            program = folder / "bin/getfacl"
            program.write_text(GETFACL.format(python=sys.executable))
            program.chmod(0o755)
            yield found
    finally:
        shutil.rmtree(folder)


def test_whom_the_audit_of_a_cluster_lets_in_is_whom_its_server_lets_in(base: Path, campus: Sshd) -> None:
    """Accounts sign in and try; who they are and what groups they are in is read over SSH, as audits do."""
    names = {number: pwd.getpwuid(number).pw_name for number in SIGNED_IN}
    if names != SIGNED_IN:
        pytest.skip(f"this machine calls its accounts otherwise: {names}")
    accounts = {number: campus.cluster(Address("127.0.0.1", campus.port, name)) for number, name in SIGNED_IN.items()}
    groups = [pwd.getpwuid(number).pw_gid for number in SIGNED_IN]
    remote = RemoteFolders(campus.cluster())
    for seed in range(max(TRIES // 10, 10)):
        place = base / str(seed)
        place.mkdir()
        tree = Tree.make(place, random.Random(seed), tuple(SIGNED_IN), groups)
        folder = {**remote.folder(str(tree.data)), "machine": "campus"}
        section = {"machines": {"campus": remote.machine([folder])}, "folders": {"one": folder}}
        (location,) = locations(json.loads(json.dumps(section)), Known())
        everybody, unknown = told(location, "any_account"), told(location, "unknown")
        about = f"seed {seed}: {location.readers}"
        for number, name in SIGNED_IN.items():
            real = accounts[number].tried(partial(over_sftp, tree, number))
            own = told(location, f"account:{name}")
            assert real <= own | everybody | unknown, f"{about}: {name} really may {sorted(real - own - everybody)}"
            assert own <= real, f"{about}: {name} may not {sorted(own - real)}"
        shutil.rmtree(place)
    for cluster in accounts.values():
        cluster.close()
