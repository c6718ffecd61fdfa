"""Every reader is tried: what the engine says of generated policies is what the test server does when it is asked.

Hundreds of buckets in the suite; SLIDEBOX_TRIES says how many, for thousands.
"""

from __future__ import annotations

import datetime as dt
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from slidebox.access.effective import ACTIONS, Location
from slidebox.access.google import locations
from slidebox.access.snapshot import Known
from slidebox.audit.live.google import collect

from .doubles.gcs import GcsDouble
from .doubles.gcs.buckets import new_bucket
from .doubles.gcs.objects import Version
from .test_audit_google_live import PROJECT, asked

NOW = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)
MANY = int(os.environ.get("SLIDEBOX_TRIES", "150"))
ME = "audit@elsewhere.iam.gserviceaccount.com"
"""Who asks: of another project, so that no editor of this one can act as it, which is not tried here."""
ANN, BOB, CY, DEE = (f"user:{name}@example.org" for name in ("ann", "bob", "cy", "dee"))
EVE = "user:eve@elsewhere.example"
CALLERS = ("", ANN, BOB, CY, DEE, EVE)
MEMBERS = (
    "allUsers",
    "allAuthenticatedUsers",
    "domain:example.org",
    "group:lab@example.org",
    f"projectOwner:{PROJECT}",
    f"projectEditor:{PROJECT}",
    f"projectViewer:{PROJECT}",
    ANN,
    BOB,
    EVE,
    "deleted:user:ann@example.org?uid=1",
)
ROLES = tuple(
    f"roles/storage.{name}"
    for name in (
        "objectViewer",
        "objectViewer",
        "objectCreator",
        "objectUser",
        "objectAdmin",
        "admin",
        "legacyBucketReader",
        "legacyBucketWriter",
        "legacyBucketOwner",
        "legacyObjectReader",
        "legacyObjectOwner",
    )
)
IN_FOLDERS = tuple(f"roles/storage.{name}" for name in ("objectViewer", "objectCreator", "objectUser"))
FOLDERS = ("a/", "b/", "c/")


def condition(pick: random.Random, name: str) -> dict[str, str]:
    """A condition: an end, the beginning of a name, a type, or several of these."""
    parts = [
        'request.time < timestamp("2026-01-01T00:00:00Z")',
        'request.time < timestamp("2027-01-01T00:00:00Z")',
        f'resource.name.startsWith("projects/_/buckets/{name}")',
        f'resource.name.startsWith("projects/_/buckets/{name}/objects/{pick.choice(FOLDERS)}")',
        'resource.name.startsWith("projects/_/buckets/other/objects/")',
        'resource.type == "storage.googleapis.com/Object"',
        'resource.type == "storage.googleapis.com/Bucket"',
    ]
    return {"title": "a condition", "expression": " && ".join(pick.sample(parts, pick.choice((1, 1, 2))))}


def bindings(pick: random.Random, roles: tuple[str, ...], name: str) -> list[dict[str, Any]]:
    """A few grants."""
    found = []
    for _ in range(pick.randint(0, 3)):
        one: dict[str, Any] = {"role": pick.choice(roles), "members": pick.sample(MEMBERS, pick.randint(1, 2))}
        if "legacy" not in one["role"] and pick.random() < 0.4:
            one["condition"] = condition(pick, name)
        found.append(one)
    return found


def fill(double: GcsDouble) -> None:
    """Buckets with generated policies, each with an object below each of three folders."""
    pick = random.Random(20261129)
    for number in range(MANY):
        name = f"bucket-{number}"
        prevention = pick.choice(("inherited", "inherited", "enforced"))
        access = {"uniformBucketLevelAccess": {"enabled": True}, "publicAccessPrevention": prevention}
        bucket = new_bucket(PROJECT, {"name": name, "iamConfiguration": access, "location": "EU"}, NOW, set())
        bucket.bindings = [*(bucket.bindings if pick.random() < 0.3 else []), *bindings(pick, ROLES, name)]
        bucket.folders = {
            one: bindings(pick, IN_FOLDERS, name) for one in pick.sample(FOLDERS, pick.choice((0, 0, 1, 2)))
        }
        for folder in FOLDERS:
            put(bucket, f"{folder}x")
        double.buckets[name] = bucket


def put(bucket: Any, name: str) -> None:
    """An object in a bucket."""
    bucket.versions[name] = [Version(bucket.name, name, b"x", "text/plain", 1, NOW)]


@pytest.fixture(scope="module")
def gcs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GcsDouble]:
    """The server, with people who have roles in the project."""
    folder: Path = tmp_path_factory.mktemp("tried")
    with GcsDouble() as double, pytest.MonkeyPatch.context() as patch:
        double.now = NOW
        double.project(
            PROJECT,
            **{
                f"serviceAccount:{ME}": "roles/storage.admin",
                CY: "roles/viewer",
                DEE: "roles/editor",
            },
        )
        double.service.directory.groups["group:lab@example.org"] = {BOB}
        patch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(double.credentials(folder, ME)))
        fill(double)
        yield double


def own(caller: str) -> set[str]:
    """Every principal that a caller is among; nobody has a group's own name but Bob, who is in it."""
    if not caller:
        return {"anyone"}
    found = {f"account:{caller}", "anyone", "any_account", f"account:domain:{caller.rpartition('@')[2]}"}
    return found | ({"account:group:lab@example.org"} if caller == BOB else set())


def says(location: Location, caller: str, action: str) -> bool:
    """Whether the engine says that a caller can do something."""
    return any(one.principal in own(caller) and action in one.actions for one in location.readers)


class Trying:
    """Asks as somebody, and sees whether that is refused."""

    def __init__(self, double: GcsDouble) -> None:
        self._double = double
        self._session = requests.Session()

    def does(self, bucket: str, caller: str, action: str) -> bool:
        """Whether a caller can do something with a bucket, or with something in it."""
        return any(self._asked(bucket, caller, action, folder) for folder in (*FOLDERS, ""))

    def _asked(self, bucket: str, caller: str, action: str, folder: str) -> bool:
        base = f"{self._double.url}/storage/v1/b/{bucket}"
        name = f"{folder}x".replace("/", "%2F")
        headers = {"Authorization": f"Bearer {caller}"} if caller else {}
        if action == "read":
            answer = self._session.get(f"{base}/o/{name}?alt=media", headers=headers) if folder else None
        elif action == "list":
            answer = self._session.get(f"{base}/o?prefix={folder}", headers=headers)
        elif action == "write":
            url = f"{self._double.url}/upload/storage/v1/b/{bucket}/o?uploadType=media&name={folder}new"
            answer = self._session.post(url, data=b"y", headers=headers)
            self._double.buckets[bucket].versions.pop(f"{folder}new", None)
        elif action == "delete":
            answer = self._session.delete(f"{base}/o/{name}", headers=headers) if folder else None
            if folder:
                put(self._double.buckets[bucket], f"{folder}x")
        else:
            policy: Any = {"version": 3, "bindings": self._double.buckets[bucket].bindings}
            answer = None if folder else self._session.put(f"{base}/iam", json=policy, headers=headers)
        assert answer is None or answer.status_code in (200, 204, 401, 403, 412), answer.text
        return answer is not None and answer.status_code not in (401, 403)


def test_what_the_engine_says_is_what_the_server_does(gcs: GcsDouble) -> None:
    """For everybody, anonymous callers too, and each action; who may change the policy counts as able to do all."""
    section = collect(asked(gcs))["google"]
    found = {one.name: one for one in locations(section, Known(now=NOW))}
    assert len(found) == MANY
    trying = Trying(gcs)
    wrong: list[tuple[str, str, str, bool]] = []
    yes = 0
    for name, location in found.items():
        assert not any(one.principal == "unknown" for one in location.readers), name
        for caller in CALLERS:
            admin = trying.does(name, caller, "admin")
            for action in ACTIONS:
                said, does = says(location, caller, action), admin or trying.does(name, caller, action)
                # Updating what is known of an object is writing too, and the server is not asked for that.
                if said != does and not (action == "write" and said and updates(location, caller)):
                    wrong.append((name, caller or "nobody", action, said))
                yes += does
    assert wrong == []
    assert yes > MANY  # enough is open for the question to mean something


def updates(location: Location, caller: str) -> bool:
    """Whether somebody writes by a role that only changes what is known of objects, not the objects."""
    mine = [one for one in location.readers if "write" in one.actions and one.principal in own(caller)]
    return bool(mine) and all("roles/storage.legacyObjectOwner" in one.path for one in mine)
