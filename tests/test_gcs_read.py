"""Buckets of Google Cloud that were there before slidebox, read by Google's own client from the test server."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slidebox.errors import InputError
from slidebox.preview import Seen
from slidebox.preview.gcs_buckets import readers
from slidebox.provider import gcs_faults, gcs_grants, gcs_settings
from slidebox.provider.gcs import Bucket
from slidebox.provider.gcs_connections import GcsConnections
from slidebox.provider.gcs_read import as_is, names
from slidebox.provider.gcs_store import GcsRef
from slidebox.provider.resource import Context

from .doubles.gcs import GcsDouble
from .template_bucket import ACCOUNT, NAME, PROJECT, PROVIDER, RECEIVER, terraform

URN = "urn:pulumi:nf1::slidebox::slidebox:index:GcsLocation$slidebox:gcs:Bucket::raw_images@cloud"


@pytest.fixture
def gcs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GcsDouble]:
    """The server, with the bucket that the lab's Terraform template makes, and credentials for it."""
    with GcsDouble() as double:
        double.project(PROJECT, **{f"serviceAccount:{ACCOUNT}": "roles/storage.admin"})
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(double.credentials(tmp_path, ACCOUNT)))
        monkeypatch.setattr(gcs_faults, "DEADLINE_SECONDS", 3.0)
        terraform(double)
        yield double


def store(gcs: GcsDouble, region: str = "europe-west4") -> GcsRef:
    """The store, as the lab declares it."""
    return GcsRef("cloud", PROJECT, region, gcs.url)


def read(gcs: GcsDouble) -> tuple[dict[str, Any], list[str]]:
    """The bucket as it is."""
    return as_is(GcsConnections(), store(gcs), NAME)


def test_the_templates_bucket_is_read_with_all_that_it_has(gcs: GcsDouble) -> None:
    """Its settings, its label, and each member with its role; nothing is asked that writes."""
    gcs.calls.clear()
    before = copy.deepcopy(gcs.buckets[NAME])
    inputs, sentences = read(gcs)

    assert inputs == {
        "store": {"name": "cloud", "project": PROJECT, "region": "europe-west4", "endpoint": gcs.url},
        "bucket": NAME,
        "uniformAccess": True,
        "public": True,
        "versioning": False,
        "softDeleteDays": 7,
        "ownKey": False,
        "grants": [
            {"role": "roles/storage.legacyBucketReader", "member": f"serviceAccount:{PROVIDER}"},
            {"role": "roles/storage.legacyObjectReader", "member": f"projectViewer:{PROJECT}"},
            {"role": "roles/storage.objectAdmin", "member": f"serviceAccount:{PROVIDER}"},
            {"role": "roles/storage.objectViewer", "member": RECEIVER},
        ],
        "tags": {"initiative": "waylab-assayworks"},
    }
    assert [sentence.partition(":")[0] for sentence in sentences] == [
        f"Owners and editors of project {PROJECT} come into {NAME} by what Google gives them there",
        f"The service account {PROVIDER} may have keys in files, which open {NAME} and do not end; the bucket does not "
        "say so",
    ]
    assert gcs.buckets[NAME] == before
    assert [method for method, _ in gcs.calls] == [
        "storage.buckets.get",
        "storage.buckets.getIamPolicy",
        "storage.buckets.list",
    ]


def test_every_input_that_is_read_is_one(gcs: GcsDouble) -> None:
    """And what is read is no difference to itself after a refresh."""
    inputs, _ = read(gcs)
    kind, context = Bucket(GcsConnections()), Context(URN)
    found = kind.read(context, f"cloud/{NAME}", {}, inputs)

    assert set(inputs) <= set(gcs_settings.PROPERTIES) - kind.computed
    assert found is not None
    assert kind.diff(context, found.state, inputs, found.inputs).changed == ()
    assert found.state["foreignMembers"] == []


def test_conditions_of_others_are_kept_as_they_are_written(gcs: GcsDouble) -> None:
    """An end is read as one, by whomever it was written; anything else is said, and counts as no condition."""
    day = {"title": "until summer", "expression": 'request.time < timestamp("2027-06-29T06:00:00.000Z")'}
    part = {"title": "their folder", "expression": f'resource.name.startsWith("projects/_/buckets/{NAME}/objects/x/")'}
    gcs.buckets[NAME].bindings += [
        {"role": "roles/storage.objectViewer", "members": ["user:a@b.example"], "condition": day},
        {"role": "roles/storage.objectUser", "members": ["user:c@d.example"], "condition": part},
    ]
    inputs, sentences = read(gcs)
    mine = [grant for grant in inputs["grants"] if "condition" in grant]

    assert mine == [
        {"member": "user:c@d.example", "role": "roles/storage.objectUser", "condition": part},
        {
            "member": "user:a@b.example",
            "role": "roles/storage.objectViewer",
            "until": "2027-06-30",
            "condition": day,
        },
    ]
    assert any("under the condition 'their folder' (resource.name.startsWith(" in said for said in sentences)
    assert gcs_grants.entries(inputs["grants"]) <= gcs_grants.present(gcs.buckets[NAME].bindings)
    assert gcs_grants.faults(inputs["grants"], public=True) == []
    seen = Seen("urn", "slidebox:gcs:Bucket", inputs)
    for today, there in ((dt.date(2027, 6, 29), True), (dt.date(2027, 6, 30), False)):
        who = {reader.principal for reader in readers(seen, {}, today)}
        assert "account:user:c@d.example" in who
        assert ("account:user:a@b.example" in who) is there


def test_an_end_that_the_condition_does_not_have_is_no_end() -> None:
    """What is said beside a condition opens no way round the rules."""
    grant = {
        "member": "user:a@b.example",
        "role": "roles/storage.objectViewer",
        "until": "2020-01-01",
        "condition": {"title": "x", "expression": "true"},
    }

    assert [f.reason for f in gcs_grants.faults([grant], public=False)] == [
        "the condition 'x' does not end on 2020-01-01, as 'until' says"
    ]
    assert gcs_grants.faults([{**grant, "condition": {"title": "x"}}], public=False)
    seen = Seen("urn", "slidebox:gcs:Bucket", {"grants": [grant]})
    assert [reader.principal for reader in readers(seen, {}, dt.date(2026, 1, 1))] == ["account:user:a@b.example"]


def test_what_no_input_can_say_is_said_in_words(gcs: GcsDouble) -> None:
    """Nothing that is set is dropped."""
    made = gcs.buckets[NAME].configuration
    made |= {
        "storageClass": "NEARLINE",
        "autoclass": {"enabled": True, "terminalStorageClass": "ARCHIVE"},
        "billing": {"requesterPays": True},
        "cors": [{"origin": ["*"]}],
        "hierarchicalNamespace": {"enabled": False},
        "rpo": "DEFAULT",
        "defaultEventBasedHold": True,
        "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": False}},
        "lifecycle": {
            "rule": [
                {"action": {"type": "Delete"}, "condition": {"age": 400}},
                {"action": {"type": "Delete"}, "condition": {"age": 1, "matchesPrefix": ["tmp/"]}},
            ]
        },
    }
    made["labels"] |= {"slidebox-project": "slidebox", "slidebox-stack": "theirs", "slidebox-urn": "x"}
    inputs, sentences = as_is(GcsConnections(), store(gcs, "us-central1"), NAME)

    assert (inputs["hold"], inputs["uniformAccess"]) == ("set by others", False)
    assert inputs["lifecycle"] == {"expireDays": 400, "others": 1}
    assert inputs["tags"] == {"initiative": "waylab-assayworks"}
    assert sentences[:-2] == [
        f"{NAME} carries the mark of a stack of slidebox already: stack 'theirs' of project 'slidebox'.",
        f"{NAME} lies in EUROPE-WEST4, and the region of store cloud is us-central1.",
        f"New objects of {NAME} are of class NEARLINE, and no input says so.",
        f"Each object of {NAME} may have a list of access of its own (ACL): whom these let in is not known.",
        f"New objects of {NAME} are under an event-based hold, and nothing says why.",
        f"A lifecycle rule of {NAME} is none that slidebox writes: "
        '{"action": {"type": "Delete"}, "condition": {"age": 1, "matchesPrefix": ["tmp/"]}}.',
        f'{NAME} has the setting autoclass ({{"enabled": true, "terminalStorageClass": "ARCHIVE"}}), '
        "and no input says so.",
        f'{NAME} has the setting billing ({{"requesterPays": true}}), and no input says so.',
        f'{NAME} has the setting cors ([{{"origin": ["*"]}}]), and no input says so.',
    ]


def test_a_bucket_of_another_project_or_of_nobody_is_said(gcs: GcsDouble) -> None:
    """A name alone does not tell whose it is."""
    with pytest.raises(InputError, match="There is no bucket 'nothing-here' in store 'cloud'"):
        as_is(GcsConnections(), store(gcs), "nothing-here")
    gcs.project("theirs", **{f"serviceAccount:{ACCOUNT}": "roles/storage.admin"})
    gcs.buckets[NAME].project = "theirs"

    assert read(gcs)[1][0] == f"{NAME} is not among the buckets of project {PROJECT}: it belongs to another."
    assert names(GcsConnections(), store(gcs)) == []
    gcs.service.directory.projects[PROJECT].clear()
    assert "cannot be read (storage.buckets.list is missing)" in read(gcs)[1][0]


def test_an_import_is_what_was_read_and_taking_over_shows_whom_it_takes_away(
    gcs: GcsDouble, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The import changes nothing; what a later run leaves out of the grants goes, but for the project's owners."""
    (tmp_path / "lab.yaml").write_text(
        "lab: way\ntitle: Way\npeople: {ada: {name: Ada}}\nstores:\n"
        f"  cloud: {{system: cloud, kind: gcs, account: {PROJECT}, region: europe-west4, endpoint: '{gcs.url}'}}\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    heard: list[tuple[str, str]] = []
    kind, context = Bucket(GcsConnections()), Context(URN, log=lambda level, said: heard.append((level, said)))
    before = copy.deepcopy(gcs.buckets[NAME])
    found = kind.read(context, f"cloud/{NAME}", {}, {})

    assert found is not None
    assert gcs.buckets[NAME] == before
    assert found.inputs == read(gcs)[0]
    assert {level for level, _ in heard} == {"warning"}
    kept = [grant for grant in found.inputs["grants"] if grant["member"] == RECEIVER]
    wanted = {**gcs_settings.BLANK, **found.inputs, "public": False, "grants": kept}
    assert kind.diff(context, found.state, found.inputs, wanted).changed == ("grants", "public")
    state = kind.update(context, found.id, found.state, wanted)
    left = {entry.member for entry in gcs_grants.present(gcs.buckets[NAME].bindings)}
    assert left == {RECEIVER, f"projectOwner:{PROJECT}", f"projectEditor:{PROJECT}"}
    assert state["foreignMembers"] == []
    assert gcs.buckets[NAME].prevented
