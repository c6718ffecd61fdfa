"""`pulumi up` of a small lab with the real engine, the real gateway and real rules."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from slidebox import gateway
from slidebox.naming import bucket_name

from .conftest import LAB, LabFactory, SmallLab, names, project

pytestmark = pytest.mark.e2e

RAW = "sensitivity: open, activity: resting"


def refused(client: Any, call: str, **arguments: Any) -> str:
    """The service's word of refusal."""
    with pytest.raises(ClientError) as caught:
        getattr(client, call)(**arguments)
    return str(caught.value.response["Error"]["Code"])


def test_a_stack_comes_up_settles_mends_its_drift_and_goes_only_when_it_is_empty(make_lab: LabFactory) -> None:
    """The whole life of one stack."""
    lab = make_lab({"projects/first.yaml": project("first", {"raw_images": RAW, "metadata": "sensitivity: open"})})
    lab.init("first")
    raw, metadata = "tiny-lab-first-raw-images-bench-s3", "tiny-lab-first-metadata-bench-s3"
    folder = lab.root / "disks/shelf/first/raw_images"

    # A preview makes nothing, and says which values will be known only later.
    preview = lab.run("preview", "--stack", "first", "--json").document()
    user = next(s["newState"] for s in preview["steps"] if s["urn"].endswith("User::imaging@bench-s3"))
    assert "accessKeyId" not in user.get("outputs", {})
    assert (lab.buckets(), lab.users(), folder.exists()) == ([], [], False)

    up = lab.up("first")
    assert up.code == 0, up.said
    assert "lacks encryption, lifecycle, public access block" in up.said
    assert sorted(lab.buckets()) == [metadata, raw]
    assert sorted(lab.users()) == ["slidebox-first-ada", "slidebox-first-cy", "slidebox-first-imaging"]
    assert folder.is_dir()

    outputs = lab.outputs("first", "--show-secrets")
    assert outputs["byHand"] == []
    assert {i: (o["kind"], o["copy"], o.get("path", o.get("bucket"))) for i, o in outputs["locations"].items()} == {
        "first/metadata@short@bench-s3": ("s3", 1, metadata),
        "first/raw_images@mid@bench-s3": ("s3", 1, raw),
        "first/raw_images@mid@shelf": ("drive", 2, str(folder)),
    }

    # Nobody sees a secret, neither in what the engine says nor in the state.
    keys = outputs["keys"]
    secrets = [key["bench-s3"]["secretAccessKey"] for key in keys.values()]
    assert len(set(secrets)) == 3
    written = "".join(p.read_text(errors="replace") for p in (lab.root / ".slidebox/state").rglob("*") if p.is_file())
    assert not [secret for secret in secrets if secret in up.said or secret in written]
    assert written.count('"pc"') == 0  # the frames of a stack trace

    # Each role can do what it is for, and no more.
    reader = lab.client("s3", keys["person:cy"]["bench-s3"])
    contributor = lab.client("s3", keys["team:imaging"]["bench-s3"])
    contributor.put_object(Bucket=raw, Key="a.tif", Body=b"image")
    assert reader.get_object(Bucket=raw, Key="a.tif")["Body"].read() == b"image"
    assert refused(reader, "put_object", Bucket=raw, Key="b.tif", Body=b"") == "AccessDenied"
    assert refused(contributor, "delete_object", Bucket=raw, Key="a.tif") == "AccessDenied"

    # A second run has nothing to do.
    again = lab.up("first", "--expect-no-changes")
    assert again.code == 0, again.said

    # Drift is seen by a refresh, and the next run mends it.
    root = lab.client("s3")
    root.put_bucket_versioning(Bucket=raw, VersioningConfiguration={"Status": "Suspended"})
    root.delete_bucket(Bucket=metadata)
    folder.chmod(0o777)
    lab.client("iam").delete_user_policy(UserName="slidebox-first-cy", PolicyName="slidebox")
    refresh = lab.run("refresh", "--stack", "first", "--yes")
    assert refresh.code == 0, refresh.said
    assert names(lab.state("first"), "slidebox:s3:Bucket") == ["raw_images@bench-s3"]
    mended = lab.up("first")
    assert mended.code == 0, mended.said
    assert root.get_bucket_versioning(Bucket=raw)["Status"] == "Enabled"
    assert sorted(lab.buckets()) == [metadata, raw]
    assert f"{folder.stat().st_mode & 0o7777:04o}" == "0700"
    assert reader.get_object(Bucket=raw, Key="a.tif")["Body"].read() == b"image"
    assert lab.run("preview", "--stack", "first", "--refresh", "--expect-no-changes").code == 0

    # What holds data is never removed.
    (folder / "a.tif").write_bytes(b"image")
    destroy = lab.run("destroy", "--stack", "first", "--yes")
    assert destroy.code != 0
    # The engine stops at whichever it comes to first.
    assert (
        f"Folder {folder} is not empty (it holds a.tif), so it is not deleted." in destroy.said
        or f"Bucket '{raw}' of store 'bench-s3' is not empty (it holds objects" in destroy.said
    )
    assert "Traceback" not in destroy.said
    assert (folder / "a.tif").exists()
    assert raw in lab.buckets()
    assert len(lab.users()) == 3  # nobody has lost a key

    # Once it is empty, it goes.
    (folder / "a.tif").unlink()
    steward = lab.client("s3", keys["person:ada"]["bench-s3"])
    for version in steward.list_object_versions(Bucket=raw)["Versions"]:
        steward.delete_object(Bucket=raw, Key=version["Key"], VersionId=version["VersionId"])
    destroy = lab.run("destroy", "--stack", "first", "--yes")
    assert destroy.code == 0, destroy.said
    assert (lab.buckets(), lab.users(), (lab.root / "disks/shelf/first").exists()) == ([], [], False)


def test_a_dataset_that_comes_to_rest_keeps_its_bucket_and_gets_a_second_copy(make_lab: LabFactory) -> None:
    """The term is no part of a resource's name."""
    active = project("moving", {"raw_images": "sensitivity: open"})
    lab = make_lab({"projects/moving.yaml": active})
    lab.init("moving")
    assert lab.up("moving").code == 0
    before = {r["urn"]: r["id"] for r in lab.state("moving") if r["type"] == "slidebox:s3:Bucket"}
    lab.write({"projects/moving.yaml": project("moving", {"raw_images": RAW})})
    up = lab.up("moving")
    assert up.code == 0, up.said
    after = {r["urn"]: r["id"] for r in lab.state("moving") if r["type"] == "slidebox:s3:Bucket"}
    assert before == after
    assert sorted(lab.outputs("moving")["locations"]) == [
        "moving/raw_images@mid@bench-s3",
        "moving/raw_images@mid@shelf",
    ]


def test_a_bucket_and_a_folder_are_imported(make_lab: LabFactory) -> None:
    """Import is how a lab takes over what slidebox did not make."""
    lab = make_lab({"projects/old.yaml": project("old", {"raw_images": RAW})})
    lab.init("old")
    bucket = "tiny-lab-old-raw-images-bench-s3"
    lab.client("s3").create_bucket(Bucket=bucket)
    folder = lab.root / "disks/shelf/old/raw_images"
    folder.mkdir(parents=True)
    (folder / "old.tif").write_bytes(b"image")

    # Without an import they are somebody else's.
    refusal = lab.up("old")
    assert refusal.code != 0
    assert "already exists and carries no owner's mark of slidebox; it is left as it is." in refusal.said
    assert lab.users() == []

    for kind, name, parent, id_ in (
        ("slidebox:s3:Bucket", "raw_images@bench-s3", "BucketLocation", f"bench-s3/{bucket}"),
        ("slidebox:drive:Folder", "raw_images@shelf", "DriveLocation", str(folder)),
    ):
        above = {"type": f"slidebox:index:{parent}", "name": "above", "logicalName": name, "component": True}
        resource = {"type": kind, "name": name, "id": id_, "parent": "above"}
        lab.write({"import.json": json.dumps({"resources": [above, resource]})})
        options = ("--file", "import.json", "--generate-code=false", "--protect=false", "--yes")
        imported = lab.run("import", "--stack", "old", *options)
        assert imported.code == 0, imported.said
    up = lab.up("old")
    assert up.code == 0, up.said
    assert (folder / "old.tif").read_bytes() == b"image"
    tags = lab.client("s3").get_bucket_tagging(Bucket=bucket)["TagSet"]
    assert {"Key": "slidebox:stack", "Value": "old"} in tags
    assert lab.up("old", "--expect-no-changes").code == 0


@pytest.fixture(scope="module")
def lab(make_lab: LabFactory) -> SmallLab:
    """A lab for what goes wrong: nothing of it is ever made."""
    return make_lab({"projects/bad.yaml": project("bad", {"raw_images": RAW})})


def preview(lab: SmallLab, stack: str, file: str, text: str | None = None) -> str:
    """What a preview that is refused says; the lab is as it was afterwards."""
    path = lab.root / file
    before = path.read_text() if path.exists() else None
    if text is not None:
        lab.write({file: text})
    try:
        if stack not in [s["name"] for s in lab.run("stack", "ls", "--json").document()]:
            lab.init(stack)
        ran = lab.up(stack)
    finally:
        path.unlink(missing_ok=True) if before is None else path.write_text(before)
    assert ran.code != 0, ran.said
    assert "Traceback" not in ran.said
    return ran.said


def test_a_missing_disk_is_refused_before_anything_is_made(lab: SmallLab) -> None:
    """An unmounted disk is never a folder on the system disk."""
    disk, away = lab.root / "disks/shelf", lab.root / "disks/away"
    shutil.move(disk, away)
    disk.mkdir()
    try:
        said = preview(lab, "bad", "projects/bad.yaml")
    finally:
        disk.rmdir()
        shutil.move(away, disk)
    assert f"The disk of store 'shelf' is not mounted at {disk}" in said
    assert "slidebox mark shelf" in said
    assert lab.buckets() == []


def test_a_wrong_endpoint_is_one_sentence(lab: SmallLab) -> None:
    """Nothing listens there."""
    wrong = LAB.replace("over: bench", "endpoint: 'http://127.0.0.1:9'")
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    lab.environment |= keys
    said = preview(lab, "bad", "lab.yaml", wrong)
    assert "Nothing answers for store 'bench-s3' at http://127.0.0.1:9" in said


def test_refused_credentials_are_one_sentence(lab: SmallLab) -> None:
    """The service does not know these keys."""
    url = gateway.endpoint(lab.home, "bench-s3").s3_url
    lab.environment |= {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "wrong-secret"}
    said = preview(lab, "bad", "lab.yaml", LAB.replace("over: bench", f"endpoint: '{url}'"))
    assert f"The credentials for store 'bench-s3' at {url} are refused (InvalidAccessKeyId)." in said
    assert "wrong-secret" not in said


def test_a_bucket_of_another_stack_is_left_alone(lab: SmallLab) -> None:
    """Somebody else's mark on it is respected."""
    root, bucket = lab.client("s3"), "tiny-lab-bad-raw-images-bench-s3"
    root.create_bucket(Bucket=bucket)
    tags = {"slidebox:project": "slidebox", "slidebox:stack": "theirs", "slidebox:urn": "urn:pulumi:theirs::a::b::c"}
    root.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": k, "Value": v} for k, v in tags.items()]})
    try:
        said = preview(lab, "bad", "projects/bad.yaml")
        left = {tag["Key"]: tag["Value"] for tag in root.get_bucket_tagging(Bucket=bucket)["TagSet"]}
    finally:
        root.delete_bucket(Bucket=bucket)
    assert "belongs to somebody else: resource 'c' of stack 'theirs' (project 'slidebox')" in said
    assert left == tags


def test_data_that_do_not_fit_on_the_disk_are_refused(lab: SmallLab) -> None:
    """The quota is counted against the disk's free space."""
    big = project("bad", {"raw_images": RAW}).replace("1 MB", "900 TB")
    huge = preview(lab, "bad", "projects/bad.yaml", big)
    assert "900 TB" in huge


def test_a_stack_that_is_no_project_says_which_there_are(lab: SmallLab) -> None:
    """The stack's name is the project's."""
    assert "No project of this lab is called 'nothing'. Its projects: bad." in preview(lab, "nothing", "unused.txt")


def test_identifiable_data_for_the_public_are_refused_with_the_reason(lab: SmallLab) -> None:
    """The rules' own words, and nothing is made."""
    public = project("bad", {"raw_images": "sensitivity: identifiable, patient_derived: true"}, "{reader: [public]}")
    said = preview(lab, "bad", "projects/bad.yaml", public)
    assert "The lab's rules refuse bad, and nothing of it is made" in said
    assert "sharing/identifiable_never_public" in said
    assert lab.buckets() == []


def test_a_public_bucket_for_identifiable_data_is_refused_in_any_program(make_lab: LabFactory) -> None:
    """Whoever builds it by hand, without a plan, meets the same rule before anything is made."""
    secret = project("secret", {"raw_images": "sensitivity: identifiable, patient_derived: true"})
    lab = make_lab({"projects/secret.yaml": secret, "infra/__main__.py": BY_HAND})
    lab.init("secret")
    up = lab.up("secret")
    assert up.code != 0
    assert "sharing/identifiable_never_public" in up.said, up.said
    assert "Traceback" not in up.said
    assert lab.buckets() == []


BY_HAND = """
from pathlib import Path

from slidebox import facts, labfile
from slidebox.components import Bucket, BucketArgs
from slidebox.components.grants import bucket_policy
from slidebox.provider.stores import StoreRef
from slidebox.systems import load_systems

root = labfile.find_root(Path.cwd())
lab = labfile.load(root)
name = "tiny-lab-by-hand"
args = BucketArgs(
    location="secret/raw_images@short@bench-s3",
    store=StoreRef.declared(lab.file, root, "bench-s3").document,
    bucket=name,
    policy=bucket_policy(name, public=True),
    tags=facts.tags(lab, "secret/raw_images"),
    facts=facts.fragment(lab, load_systems(lab.file.playbook), "secret/raw_images"),
)
Bucket("by-hand", args)
"""


DERIVED = ("corrected_images", "segmentation_masks", "single_cell_images", "single_cell_embeddings", "bulk_embeddings")
MANY = ("raw_images", *DERIVED, "metadata")
MADE = (
    "sensitivity: open, parents: [raw_images], step: {repository: 'https://x.org/p', commit: abcdef1, date: 2026-01-02}"
)


def test_an_engine_that_is_killed_in_the_middle_loses_and_doubles_nothing(make_lab: LabFactory) -> None:
    """Kill -9, then `pulumi cancel`, a refresh that clears what was pending, and `pulumi up`."""
    lab = make_lab(
        {
            "projects/many.yaml": project(
                "many", {level: MADE if level in DERIVED else "sensitivity: open" for level in MANY}
            )
        }
    )
    lab.init("many")
    with subprocess.Popen(
        lab.command("up", "--stack", "many", "--yes", "--skip-preview"),
        cwd=lab.root,
        env=lab.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as engine:
        deadline = time.monotonic() + 120
        while not lab.users() and time.monotonic() < deadline:
            time.sleep(0.005)
        engine.kill()
    assert engine.returncode == -signal.SIGKILL
    assert lab.users() != []

    # Its plugins notice and leave.
    deadline = time.monotonic() + 20
    while (left := plugins_of(lab)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left == []

    assert lab.run("cancel", "--stack", "many", "--yes").code == 0
    refresh = lab.run("refresh", "--stack", "many", "--yes", "--clear-pending-creates")
    assert refresh.code == 0, refresh.said
    up = lab.up("many")
    assert up.code == 0, up.said

    assert sorted(lab.buckets()) == sorted(bucket_name("tiny-lab", "many", level, "bench-s3") for level in MANY)
    assert sorted(lab.users()) == ["slidebox-many-ada", "slidebox-many-cy", "slidebox-many-imaging"]
    iam, keys = lab.client("iam"), lab.outputs("many", "--show-secrets")["keys"]
    for principal, user in (("person:ada", "ada"), ("person:cy", "cy"), ("team:imaging", "imaging")):
        made = iam.list_access_keys(UserName=f"slidebox-many-{user}")["AccessKeyMetadata"]
        assert [key["AccessKeyId"] for key in made] == [keys[principal]["bench-s3"]["accessKeyId"]]
        bucket = bucket_name("tiny-lab", "many", "metadata", "bench-s3")
        assert lab.client("s3", keys[principal]["bench-s3"]).list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    assert lab.up("many", "--expect-no-changes").code == 0


def plugins_of(lab: SmallLab) -> list[str]:
    """Processes of slidebox's provider that were started for a lab."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_text().split("\0")
            home = f"SLIDEBOX_LAB={lab.root}" in (folder / "environ").read_text(errors="replace").split("\0")
        except OSError:
            continue
        if home and "slidebox.provider" in words:
            found.append(folder.name)
    return found
