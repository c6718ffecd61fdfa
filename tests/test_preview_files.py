"""Files of the engine: what is one is read whole, and what is none is refused with its cure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from slidebox.errors import UnreadableError
from slidebox.preview import read

URN = "urn:pulumi:s::p::aws:s3/bucket:Bucket::b"
LATER = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "hush"}


def state(urn: str = URN, **more: Any) -> dict[str, Any]:
    """A resource as the engine writes it."""
    return {"urn": urn, "custom": True, "type": urn.split("::")[2], **more}


def step(op: str = "create", urn: str = URN, **more: Any) -> dict[str, Any]:
    """A step of a preview."""
    return {"op": op, "urn": urn, "newState": state(urn, **more)}


def preview(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What `pulumi preview --json` writes."""
    return {"steps": list(steps), "diagnostics": [], "changeSummary": {}, **more}


def export(*states: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What `pulumi stack export` writes."""
    return {"version": 3, "deployment": {"manifest": {"version": "v3"}, "resources": list(states), **more}}


def written(tmp_path: Path, document: Any) -> Path:
    """A file with a document, or with exactly this text or these bytes."""
    path = tmp_path / "file.json"
    text = document if isinstance(document, str | bytes) else json.dumps(document)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def refusal(path: Path) -> str:
    """What is said of a file that is refused."""
    with pytest.raises(UnreadableError) as caught:
        read(path)
    assert caught.value.exit_code == 3
    assert str(path) in caught.value.message
    assert caught.value.cure
    return str(caught.value)


# What is read


def test_a_preview_is_read_with_what_its_values_come_from(tmp_path: Path) -> None:
    """Inputs, dependencies and provider."""
    inputs = {"bucket": LATER, "list": [LATER, 1]}
    about: dict[str, Any] = {
        "inputs": inputs,
        "dependencies": ["urn:a"],
        "propertyDependencies": {"bucket": ["urn:a"]},
        "provider": f"urn:pulumi:s::p::pulumi:providers:aws::default::{LATER}",
    }
    (seen,) = read(written(tmp_path, preview(step(**about))))

    assert (seen.urn, seen.type) == (URN, "aws:s3/bucket:Bucket")
    assert seen.properties == {"bucket": "unknown", "list": ["unknown", 1]}
    assert seen.depends == {"bucket": ("urn:a",), "": ("urn:a",)}
    assert seen.provider == "urn:pulumi:s::p::pulumi:providers:aws::default"


def test_secrets_are_withheld(tmp_path: Path) -> None:
    """Neither a ciphertext nor a value that was shown gets into the facts."""
    said = {"a": SECRET, "b": [{**SECRET, "plaintext": "hush"}]}
    (seen,) = read(written(tmp_path, export(state(inputs=said))))

    assert seen.properties == {"a": "[secret]", "b": ["[secret]"]}


def test_a_resource_that_goes_does_not_count(tmp_path: Path) -> None:
    """Neither one that is deleted nor the old one of a pair."""
    gone = {"op": "delete", "urn": URN, "oldState": state(inputs={"bucket": "old"})}
    old = {"op": "delete-replaced", "urn": "urn:pulumi:s::p::t::r", "oldState": state("urn:pulumi:s::p::t::r")}
    new = step("create-replacement", "urn:pulumi:s::p::t::r", inputs={"new": True})

    (seen,) = read(written(tmp_path, preview(gone, new, old)))
    assert (seen.urn, seen.properties) == ("urn:pulumi:s::p::t::r", {"new": True})


def test_what_does_not_change_has_the_outputs_it_had(tmp_path: Path) -> None:
    """A preview shows no outputs of its own: an unchanged bucket has its old ones, a changed one its name."""
    old: dict[str, Any] = {"outputs": {"bucket": "b-1", "arn": "arn:aws:s3:::b-1", "policy": "p"}}
    same, changed = ({**step(op, inputs={"tags": {}}), "oldState": state(**old)} for op in ("same", "update"))

    (seen,) = read(written(tmp_path, preview(same, changeSummary={"same": 1})))
    assert seen.properties == {"bucket": "b-1", "arn": "arn:aws:s3:::b-1", "policy": "p", "tags": {}}
    (seen,) = read(written(tmp_path, preview(changed)))
    assert seen.properties == {"bucket": "b-1", "arn": "arn:aws:s3:::b-1", "tags": {}}


def test_a_stack_is_read_with_what_waits_to_go_and_to_come(tmp_path: Path) -> None:
    """What waits for its deletion is still open; what a killed run was making may be there."""
    waiting = state(delete=True, inputs={"bucket": "old"})
    coming = {"type": "creating", "resource": state("urn:pulumi:s::p::t::c")}
    going = {"type": "deleting", "resource": state("urn:pulumi:s::p::t::d")}
    found = read(written(tmp_path, export(state(), waiting, pending_operations=[coming, going])))

    assert [seen.urn.rpartition("::")[2] for seen in found] == ["b", "b", "c"]


def test_a_stack_without_resources_has_none(tmp_path: Path) -> None:
    """A stack that was destroyed holds nothing."""
    assert read(written(tmp_path, export())) == ()


def test_a_file_that_a_shell_has_written_in_another_encoding_is_read(tmp_path: Path) -> None:
    """PowerShell writes UTF-16."""
    (seen,) = read(written(tmp_path, json.dumps(preview(step())).encode("utf-16")))

    assert seen.urn == URN


def test_what_is_known_of_a_bucket_is_added_to_what_is_asked_for(tmp_path: Path) -> None:
    """What a refresh has found counts, but for the grant that every bucket gives its owner."""
    owner = {"type": "CanonicalUser", "id": "me", "permissions": ["FULL_CONTROL"]}
    everybody = {"type": "Group", "uri": "http://acs.amazonaws.com/groups/global/AllUsers", "permissions": ["READ"]}
    outputs = {"bucket": "b", "policy": "found", "grants": [owner, everybody], "website": None}
    (seen,) = read(written(tmp_path, export(state(inputs={"tags": {}}, outputs=outputs))))

    assert seen.properties == {"bucket": "b", "policy": "found", "grants": [everybody], "tags": {}}


# What is refused


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ('{"steps": [', "is no whole JSON document"),
        (json.dumps(preview(step()))[:-20], "is no whole JSON document"),
        (b"\xff\xfe\x00", "is no whole JSON document"),
        ("[" * 100_000, "is no whole JSON document"),
        ('{"a": 1}\n{"b": 2}', "Extra data"),
        ("[]", "it is a list"),
        ("null", "it is null"),
        ("{}", "it has nothing"),
        ({"x": 1, "y": 2}, "it has x, y"),
        ({"planned_values": {}, "resource_changes": []}, "Terraform or OpenTofu"),
        ({"AWSTemplateFormatVersion": "2010-09-09"}, "CloudFormation"),
        ({"version": 3, "checkpoint": {}}, "Pulumi's own state file"),
        ({"sequence": 1, "timestamp": 2}, "a stream of the engine's events"),
        ({"runs": []}, "a report of findings"),
        ({"steps": "many"}, "it has steps"),
        (preview(), "has no steps"),
        (preview({"op": "create"}), "steps[0]: it has no op or no urn"),
        (preview({"op": "create", "urn": URN}), "steps[0].newState: it is null"),
        (preview(step(), {"op": "create", "urn": URN, "newState": 7}), "steps[1].newState: it is a number"),
        (preview({"op": "create", "urn": URN, "newState": {"urn": URN}}), "it has no urn or no type"),
        (preview(step(inputs=["a"])), "steps[0].newState.inputs: it is a list instead of an object"),
        ({"steps": [3]}, "steps[0]: it is a number"),
        (preview(step(propertyDependencies=[1])), "propertyDependencies: it is a list"),
        ({"deployment": {}}, "of version None"),
        ({"version": 2, "deployment": {"manifest": {}}}, "of version 2"),
        ({"version": 3, "deployment": {"resources": []}}, "it has no manifest"),
        (export({"id": "x"}), "deployment.resources[0]: it has no urn or no type"),
        (export(resources={"a": 1}), "deployment.resources: it is an object"),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, document: Any, said: str) -> None:
    """Each says what it found instead."""
    assert said in refusal(written(tmp_path, document))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """So is a folder."""
    assert "cannot be read" in refusal(tmp_path / "nothing.json")
    assert "cannot be read" in refusal(tmp_path)


def test_a_preview_that_failed_is_refused(tmp_path: Path) -> None:
    """It shows only the resources up to where it failed."""
    failed = preview(step(), diagnostics=[{"severity": "error", "message": "error: The program failed:\n  no module"}])

    assert "a preview that has failed: The program failed: no module" in refusal(written(tmp_path, failed))
    warned = preview(step(), diagnostics=[{"severity": "warning", "message": "w"}, {"severity": "info#err"}])
    assert len(read(written(tmp_path, warned))) == 1


def test_a_preview_that_leaves_out_what_does_not_change_is_refused(tmp_path: Path) -> None:
    """A bucket whose policy is unchanged would have none."""
    some = preview(step("update"), step("same", "urn:pulumi:s::p::t::u"), changeSummary={"same": 3, "update": 1})
    said = refusal(written(tmp_path, some))

    assert "leaves out 2 resources that do not change" in said
    assert "--show-sames" in said


@pytest.mark.parametrize("op", ["import", "import-replacement"])
def test_a_preview_that_imports_is_refused(tmp_path: Path, op: str) -> None:
    """It shows what the program says of the bucket, which may be public all the same."""
    said = refusal(written(tmp_path, preview(step("same"), step(op, "urn:pulumi:s::p::t::raw_images@cloud"))))

    assert "imports raw_images@cloud" in said
    assert "does not show what an import finds" in said
