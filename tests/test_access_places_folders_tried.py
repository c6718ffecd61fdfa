"""What an audit says of folders is what the system does, for trees at random: each account tries everything.

``SLIDEBOX_TRIES=5000 pytest tests/test_access_places_folders_tried.py`` tries as many.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from slidebox.access.effective import Location
from slidebox.access.places import locations
from slidebox.access.snapshot import Known
from slidebox.audit.live.machine import LocalFolders

from .posix_tries import GROUPS, STRANGER, USERS, Tree, really

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
