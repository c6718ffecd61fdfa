"""What a plan registers with the engine, and what a project written in Python registers."""

from __future__ import annotations

import asyncio
import json
import runpy
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pulumi.runtime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox import labfile
from slidebox.access.posix import mode_readers
from slidebox.access.s3 import user_readers
from slidebox.components import deciding, provision
from slidebox.components.grants import bucket_policy, folder_mode, user_name, user_policy
from slidebox.model import Candidate, Finding, Gate, Role, Severity, Term
from slidebox.plan import Chosen
from slidebox.policy import PolicyJudge

NAME = st.from_regex(r"[a-z][a-z0-9]{0,12}(-[a-z0-9]{1,12}){0,2}", fullmatch=True)
ROLES = st.sets(st.sampled_from(list(Role)), min_size=1)

LAB = """\
lab: tiny-lab
title: A lab of three
people:
  ada: {name: Ada}
  bob: {name: Bob}
  cy: {name: Cy}
teams:
  imaging: {members: [ada, bob]}
stores:
  bench: {system: internal_drive, kind: drive, path: disks/bench}
  safe: {system: external_drive, kind: drive, path: disks/safe}
playbook:
  preferences:
    raw_images: {mid: [internal_drive, external_drive]}
    segmentation_masks: {short: [internal_drive]}
"""

PROJECT = """\
project: organoids
title: Growth of organoids
owner: ada
audience: {contributor: [imaging], reader: [cy], steward: [ada]}
datasets:
  raw_images: {size: 40 MB, files: 12, sensitivity: open, activity: resting}
  segmentation_masks:
    size: 2 MB
    files: 12
    sensitivity: open
    parents: [raw_images]
    step:
      repository: https://github.com/tiny-lab/organoids
      commit: 4f0c9d2a71be
      parameters: {threshold: 0.5}
      date: 2026-04-14
"""


class Recorder(pulumi.runtime.Mocks):
    """Stands in for the engine: writes down what is registered, and gives back what a provider would."""

    def __init__(self) -> None:
        self.registered: dict[tuple[str, str], dict[str, Any]] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Write a resource down."""
        self.registered[args.typ, args.name] = args.inputs
        made = {"accessKeyId": "AK", "secretAccessKey": "s", "absolutePath": f"/{args.name}", **args.inputs}
        return f"{args.name}-id", made

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        """Nothing is called."""
        return {}, None


def registered(
    program: Callable[[], object], recorder: Recorder | None = None
) -> dict[tuple[str, str], dict[str, Any]]:
    """Run a program without an engine; answers the inputs of what it registers, by type and name."""
    recorder = recorder or Recorder()
    asyncio.set_event_loop(asyncio.new_event_loop())
    pulumi.runtime.set_mocks(recorder, project="slidebox", stack="organoids", preview=False)
    run: Any = pulumi.runtime.test
    run(lambda: program() and None)()
    return recorder.registered


def write_lab(root: Path, project: str = PROJECT, lab: str = LAB) -> None:
    """Write a lab's files."""
    (root / "projects").mkdir(parents=True)
    (root / "lab.yaml").write_text(lab)
    (root / "projects/organoids.yaml").write_text(project)


def from_yaml() -> None:
    """What infra/ does."""
    provision(labfile.load(Path.cwd()).projects["organoids"])


@pytest.mark.usefixtures("opa")
def test_a_project_in_python_registers_what_the_same_project_in_yaml_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    """The documented example, equal in every input of every resource."""
    write_lab(tmp_path)
    monkeypatch.chdir(tmp_path)
    yaml = registered(from_yaml)
    bare = tmp_path / "bare"
    bare.mkdir()
    monkeypatch.chdir(bare)
    example = repository / "examples/python_program/__main__.py"
    python = registered(lambda: runpy.run_path(str(example), run_name="__main__"))
    moved = {key: _at(inputs, str(bare), str(tmp_path)) for key, inputs in python.items()}
    assert sorted(name for kind, name in yaml if kind == "slidebox:drive:Folder") == [
        "raw_images@bench",
        "raw_images@safe",
        "segmentation_masks@bench",
    ]
    assert moved == yaml


def _at(value: Any, here: str, there: str) -> Any:
    """The same value in another folder."""
    if isinstance(value, dict):
        return {key: _at(item, here, there) for key, item in value.items()}
    if isinstance(value, list):
        return [_at(item, here, there) for item in value]
    return value.replace(here, there) if isinstance(value, str) else value


S3 = LAB.replace("  bench:", "  bench-s3: {system: internal_drive, kind: s3, over: bench}\n  bench:")


@pytest.mark.usefixtures("opa")
def test_a_plan_becomes_one_component_for_each_location_and_one_user_for_each_principal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what each of them may do."""
    write_lab(tmp_path, lab=S3)
    monkeypatch.chdir(tmp_path)
    found = registered(from_yaml)
    assert sorted(key for key in found if not key[0].startswith("pulumi:")) == [
        ("slidebox:drive:Folder", "raw_images@safe"),
        ("slidebox:index:BucketLocation", "raw_images@bench-s3"),
        ("slidebox:index:BucketLocation", "segmentation_masks@bench-s3"),
        ("slidebox:index:DriveLocation", "raw_images@safe"),
        ("slidebox:index:StoreUsers", "users@bench-s3"),
        ("slidebox:s3:Bucket", "raw_images@bench-s3"),
        ("slidebox:s3:Bucket", "segmentation_masks@bench-s3"),
        ("slidebox:s3:User", "ada@bench-s3"),
        ("slidebox:s3:User", "cy@bench-s3"),
        ("slidebox:s3:User", "imaging@bench-s3"),
    ]
    bucket = found["slidebox:s3:Bucket", "raw_images@bench-s3"]
    assert bucket["bucket"] == "tiny-lab-organoids-raw-images-bench-s3"
    assert bucket["location"] == "organoids/raw_images@mid@bench-s3"
    assert bucket.get("policy") is None
    assert set(json.loads(bucket["facts"])["datasets"]) == {"organoids/raw_images"}
    masks = found["slidebox:s3:Bucket", "segmentation_masks@bench-s3"]
    assert set(json.loads(masks["facts"])["datasets"]) == {"organoids/raw_images", "organoids/segmentation_masks"}
    user = found["slidebox:s3:User", "cy@bench-s3"]
    assert (user["user"], user["principal"]) == ("slidebox-organoids-cy", "person:cy")


@pytest.mark.usefixtures("opa")
def test_a_refusal_of_the_rules_makes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message is the rules' own, for the engine to show without a trace."""
    public = PROJECT.replace("sensitivity: open", "sensitivity: identifiable").replace(
        "reader: [cy]", "reader: [public]"
    )
    write_lab(tmp_path, public)
    monkeypatch.chdir(tmp_path)
    said = r"(?s)refuse organoids, and nothing of it is made:.*identifiable"
    with pytest.raises(pulumi.RunError, match=said) as raised:
        registered(from_yaml)
    # What is the same of several datasets is said once.
    sentences = [line.partition(": ")[2] for line in str(raised.value).splitlines() if line.strip().startswith("[")]
    assert len(sentences) == len(set(sentences))


@pytest.mark.usefixtures("opa")
def test_what_anyone_will_read_is_asked_about_at_the_gate_of_publishing_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only that, with all its copies; a refusal there refuses the project, unless it is waived."""
    asked: list[tuple[str, list[str]]] = []
    waived = ""

    class Judge(PolicyJudge):
        """Refuses to publish, and notes what it is asked about."""

        def candidates(self, candidates: list[Candidate]) -> Mapping[str, tuple[Finding, ...]]:
            said = dict(super().candidates(candidates))
            if self._gate is Gate.PUBLISH:
                asked.append(("candidates", [c.id for c in candidates]))
                said |= {
                    c.id: (Finding("test/publish", Severity.ERROR, c.id, "it is not ready", waived=waived),)
                    for c in candidates
                }
            return said

        def chosen(self, chosen: list[Chosen]) -> Mapping[tuple[str, Term], tuple[Finding, ...]]:
            if self._gate is Gate.PUBLISH:
                asked.append(("chosen", [c.id for _, _, candidates in chosen for c in candidates]))
            return super().chosen(chosen)

    monkeypatch.setattr(deciding, "PolicyJudge", Judge)
    public = PROJECT.replace("activity: resting}", "activity: resting, licence: CC0-1.0, public_from: mid}")
    write_lab(tmp_path, public)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(pulumi.RunError, match=r"(?s)refuse organoids, and nothing of it is made:.*test/publish"):
        registered(from_yaml)
    both = ["organoids/raw_images@mid@bench", "organoids/raw_images@mid@safe"]
    assert asked == [("candidates", both), ("chosen", both)]
    waived = "until 2027-01-31 by ada: the record is on its way"
    assert ("slidebox:drive:Folder", "raw_images@bench") in registered(from_yaml)


SERVED = LAB.replace(
    "  bench:",
    "  cloud: {system: internal_drive, kind: s3, endpoint: 'https://s3.us-east-1.amazonaws.com', failure_domain: far}\n"
    "  bench:",
)


@pytest.mark.usefixtures("opa")
def test_a_bucket_of_a_service_has_everything_that_its_data_ask_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Versions, encryption, a block; what nobody needs any more goes by itself, but never versions to be kept."""
    kept = PROJECT.replace("activity: resting}", "activity: resting, retention: 7 years}").replace(
        "    size: 2 MB", "    keep: scratch\n    expire_after: 30 days\n    size: 2 MB"
    )
    write_lab(tmp_path, kept, SERVED)
    monkeypatch.chdir(tmp_path)
    found = registered(from_yaml)
    settings = {
        name: {key: inputs.get(key) for key in ("versioning", "encryption", "publicAccessBlock", "lifecycle", "policy")}
        for (kind, name), inputs in found.items()
        if kind == "slidebox:s3:Bucket"
    }
    usual = {"versioning": True, "encryption": "AES256", "publicAccessBlock": True, "policy": None}
    assert settings == {
        "raw_images@cloud": {**usual, "lifecycle": {"abortMultipartDays": 7}},
        "segmentation_masks@cloud": {
            **usual,
            "lifecycle": {"abortMultipartDays": 7, "oldVersionsDays": 90, "expireDays": 30},
        },
    }


def test_a_declaration_that_is_wrong_is_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it was written in Python."""
    write_lab(tmp_path)
    monkeypatch.chdir(tmp_path)
    project = labfile.load(tmp_path).projects["organoids"].model_copy(update={"owner": "nobody"})
    with pytest.raises(pulumi.RunError, match="nobody"):
        registered(lambda: provision(project))


def test_slidebox_itself_does_not_need_the_engines_sdk() -> None:
    """`import slidebox` is quick; `slidebox.provision` brings the SDK."""
    code = (
        "import sys, slidebox; assert 'pulumi' not in sys.modules; slidebox.provision; assert 'pulumi' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# Who may do what


@given(st.dictionaries(NAME, ROLES, min_size=1, max_size=5))
def test_a_users_policy_gives_exactly_its_roles(roles: dict[str, set[Role]]) -> None:
    """Read back by the code that tells who can read."""
    expected = {
        Role.READER: {"read"},
        Role.CONTRIBUTOR: {"read", "write"},
        Role.STEWARD: {"read", "write", "delete"},
    }
    buckets = [*roles, "another-bucket"]
    found = user_readers(user_policy(roles), "team:x", buckets)
    given_ = {bucket: {action for reader in found[bucket] for action in reader.actions} for bucket in buckets}
    assert given_ == {bucket: set().union(*(expected[role] for role in roles.get(bucket, ()))) for bucket in buckets}


@given(NAME, NAME)
def test_a_users_name_fits_and_is_its_own(project: str, name: str) -> None:
    """At most 64 characters; a person and a team of one long name are two users."""
    long = "x" * 60
    assert len(user_name(project, f"team:{name}")) <= 64
    assert user_name(project, f"team:{name}") == user_name(project, f"team:{name}")
    assert user_name(project, f"team:{name}{long}") != user_name(project, f"person:{name}{long}")


def test_a_bucket_opens_to_anyone_only_where_it_is_public() -> None:
    """Any other has no policy of its own: nobody but its users' policies."""
    assert bucket_policy("b", public=False) is None
    assert bucket_policy("b", public=True) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AnyoneLists",
                "Effect": "Allow",
                "Principal": "*",
                "Action": ["s3:ListBucket"],
                "Resource": ["arn:aws:s3:::b"],
            },
            {
                "Sid": "AnyoneReads",
                "Effect": "Allow",
                "Principal": "*",
                "Action": ["s3:GetObject"],
                "Resource": ["arn:aws:s3:::b/*"],
            },
        ],
    }


@pytest.mark.parametrize(
    ("group", "public", "writers", "mode"),
    [
        (None, False, True, "0700"),
        (None, True, True, "0755"),
        ("imaging", False, True, "2770"),
        ("imaging", False, False, "2750"),
        ("imaging", True, True, "2775"),
    ],
)
def test_a_folders_mode_lets_in_whom_the_audience_names(
    group: str | None, public: bool, writers: bool, mode: str
) -> None:
    """Without a declared group nobody but the account itself."""
    assert folder_mode(group=group, public=public, writers=writers) == mode


@pytest.mark.parametrize(("group", "mode"), [("imaging", "3770"), (None, "0700")])
def test_members_of_a_group_do_not_delete_raw_images_of_others(group: str | None, mode: str) -> None:
    """They add and read; without a group there are no members."""
    assert folder_mode(group=group, public=False, writers=True, irreplaceable=True) == mode
    assert {a for r in mode_readers(mode, "imaging", ("team:imaging",)) for a in r.actions} <= {"read", "write"}


def test_no_component_registers_outputs(repository: Path) -> None:
    """The engine would write the whole state once more for each (docs/decisions/0011)."""
    sources = (repository / "src" / "slidebox" / "components").rglob("*.py")
    assert [path.name for path in sources if "register_outputs" in path.read_text(encoding="utf-8")] == []
