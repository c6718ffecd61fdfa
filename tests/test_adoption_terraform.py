"""Files of Terraform and OpenTofu: which are read, and what is said of those that are not."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from slidebox.adoption.existing import Existing
from slidebox.adoption.terraform import read_terraform, terraform_document
from slidebox.adoption.terraform_resources import hand_over, resources
from slidebox.errors import InputError, SlideboxError, UnreadableError
from slidebox.model import Store, StoreKind, System

FOLDER = Path(__file__).parent / "terraform"
PROJECT = "cuhealthai-sandbox"


def google(**changes: Any) -> Store:
    """The lab's store in Google Cloud."""
    said = {"system": System.CLOUD, "kind": StoreKind.GCS, "account": PROJECT, "region": "us-central1"}
    return Store.model_validate(said | changes)


def amazon(**changes: Any) -> Store:
    """The lab's store in AWS."""
    said = {"system": System.CLOUD, "kind": StoreKind.AWS, "account": "123456789012", "region": "us-east-1"}
    return Store.model_validate(said | changes)


def azure(**changes: Any) -> Store:
    """The lab's store in Azure."""
    about = {"account": "waylabdata", "subscription": "00000000-0000-0000-0000-00000000d47a"}
    said = {"system": System.CLOUD, "kind": StoreKind.AZURE, "resource_group": "microscopy", "region": "westeurope"}
    return Store.model_validate(said | about | changes)


STORES: Mapping[str, Callable[[], Store]] = {"gcs": google, "aws": amazon, "azure": azure}


def read(name: str, store: Store | None = None) -> tuple[Existing, ...]:
    """What a fixture has; its name begins with the kind of the store."""
    declared = store or STORES[name.partition("-")[0]]()
    return read_terraform(terraform_document(FOLDER / name), "cloud", declared, "way-lab")


def written(tmp_path: Path, content: str | bytes) -> Path:
    """A file with some content."""
    path = tmp_path / "terraform.tfstate"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refused(tmp_path: Path, content: str | bytes) -> SlideboxError:
    """The failure that a file leads to."""
    with pytest.raises(SlideboxError) as raised:
        terraform_document(written(tmp_path, content))
    return raised.value


# What is read


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.iterdir()))
def test_every_fixture_is_read(name: str) -> None:
    """A state, and what `show -json` says of a state and of a plan."""
    assert read(name)
    for existing in read(name):
        assert existing.things[0].id
        assert all(note.endswith((".", ")", "`")) for note in existing.notes)


@pytest.mark.parametrize(("encoding", "mark"), [("utf-16-le", b"\xff\xfe"), ("utf-8", b"\xef\xbb\xbf")])
def test_what_a_shell_of_windows_writes_is_read(tmp_path: Path, encoding: str, mark: bytes) -> None:
    """PowerShell writes UTF-16, others put a mark before UTF-8."""
    text = (FOLDER / "gcs-shown.json").read_text(encoding="utf-8")
    path = written(tmp_path, mark + text.encode(encoding))
    assert terraform_document(path) == json.loads(text)


def test_what_is_only_looked_up_is_not_managed() -> None:
    """A data source makes nothing."""
    found = resources(terraform_document(FOLDER / "gcs-template.tfstate"))
    assert "google_project" not in {one.type for one in found}


def test_an_address_names_the_module_and_the_one_of_several() -> None:
    """As Terraform itself writes it, so that it can be handed to `terraform state rm`."""
    state = {
        "version": 4,
        "resources": [
            {
                "module": 'module.lab["a b"]',
                "mode": "managed",
                "type": "aws_s3_bucket",
                "name": "data",
                "provider": 'provider["registry.opentofu.org/hashicorp/aws"]',
                "instances": [
                    {"index_key": "raw", "attributes": {}},
                    {"index_key": 0, "attributes": {}},
                    {"attributes": {}, "deposed": "1a2b"},
                ],
            }
        ],
    }
    first, second = resources(state)
    assert first.address == 'module.lab["a b"].aws_s3_bucket.data["raw"]'
    assert second.address == 'module.lab["a b"].aws_s3_bucket.data[0]'
    (sentence,) = hand_over("raw", [first])
    assert 'run `tofu state rm \'module.lab["a b"].aws_s3_bucket.data["raw"]\'`, and then take this block' in sentence


def test_a_state_and_what_is_shown_of_it_are_read_alike() -> None:
    """The same resource in both shapes gives the same values and the same address."""
    state = terraform_document(FOLDER / "gcs-template.tfstate")
    entries = [
        {
            "address": f"{one['type']}.{one['name']}",
            "mode": one["mode"],
            "type": one["type"],
            "name": one["name"],
            "provider_name": "registry.terraform.io/hashicorp/google",
            "values": one["instances"][0]["attributes"],
            "depends_on": one["instances"][0].get("dependencies", []),
        }
        for one in state["resources"]
    ]
    shown = {"format_version": "1.0", "values": {"root_module": {"resources": entries}}}
    assert resources(shown) == resources(state)


# What is not


def test_a_saved_plan_is_refused_with_the_command_that_writes_it(tmp_path: Path) -> None:
    """It is a ZIP archive of Terraform's own."""
    path = tmp_path / "tfplan"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tfplan", b"\x00")
    with pytest.raises(InputError, match="a saved plan of Terraform") as raised:
        terraform_document(path)
    assert "terraform show -json PLAN > plan.json" in raised.value.cure


@pytest.mark.parametrize(
    ("content", "kind", "said", "cure"),
    [
        ('resource "google_storage_bucket" "data" {\n  name = "x"\n}\n', InputError, ".tf files say", "show -json"),
        ("", InputError, "is empty", "terraform state pull"),
        (" \n", InputError, "is empty", "terraform state pull"),
        ('{"version": 4, "resources": [{"mode": "man', UnreadableError, "cut off", "Write it again"),
        ("[" * 100_000, InputError, "is not JSON", "show -json"),
        ('{"a":' * 100_000, UnreadableError, "no whole JSON", "Write it again"),
        ('{"version": 3, "deployment": {"resources": []}}', InputError, "a file of Pulumi", "leave `--terraform` out"),
        ('{"version": 3, "checkpoint": {}}', InputError, "a file of Pulumi", "leave `--terraform` out"),
        ('{"steps": [], "config": {}}', InputError, "a file of Pulumi", "leave `--terraform` out"),
        ('{"format_version": "1.0"}', InputError, "holds nothing", "show -json"),
        ('{"encrypted_data": "x", "encryption_version": "v0"}', InputError, "has encrypted", "tofu show -json"),
        ('{"version": 3, "backend": {"type": "gcs"}, "modules": []}', InputError, "where the state is kept", "pull"),
        ('{"version": 3, "modules": [{"resources": {}}]}', InputError, "of version 3", "0.12"),
        ('{"hello": "world"}', InputError, "neither a state", "show -json"),
    ],
)
def test_any_other_file_is_refused_in_one_sentence_with_a_cure(
    tmp_path: Path, content: str, kind: type[SlideboxError], said: str, cure: str
) -> None:
    """It says what the file is, where that can be seen, and how the right one is written."""
    failure = refused(tmp_path, content)
    assert type(failure) is kind
    assert said in failure.message
    assert cure in failure.cure


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """An image, for instance."""
    assert "is no text" in refused(tmp_path, b"\x89PNG\r\n\xff\xfe\x00").message


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    """And so is a folder."""
    for path in (tmp_path / "none.tfstate", tmp_path):
        with pytest.raises(UnreadableError, match="cannot be read"):
            terraform_document(path)


# What has nothing for the store


def test_a_store_of_another_kind_is_refused() -> None:
    """Terraform makes no folders on a drive."""
    drive = Store(system=System.INTERNAL_DRIVE, kind=StoreKind.DRIVE, path="/media/bench")
    with pytest.raises(InputError, match="is of kind 'drive'"):
        read("gcs-template.tfstate", drive)


def test_a_file_about_another_cloud_says_what_it_has() -> None:
    """So that the right store can be named."""
    with pytest.raises(InputError, match="no bucket of AWS in store 'cloud': it has google_storage_bucket"):
        read("gcs-template.tfstate", amazon())


def test_a_file_about_another_project_has_nothing_for_this_one() -> None:
    """A bucket belongs to the store of its project."""
    with pytest.raises(InputError, match="are in another project"):
        read("gcs-template.tfstate", google(account="another-project"))
    empty = {"version": 4, "resources": []}
    with pytest.raises(InputError, match="it has no place for data at all"):
        read_terraform(empty, "cloud", google())
