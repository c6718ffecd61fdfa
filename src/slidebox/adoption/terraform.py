"""What a lab's Terraform or OpenTofu made: its state, or what ``terraform show -json`` says, as what was there before.

A state holds secrets in the clear. Only attributes that are asked for by name are looked at, and no secret is copied
into what comes out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from slidebox.adoption.existing import Existing
from slidebox.adoption.terraform_resources import Resource, going, resources
from slidebox.errors import InputError, UnreadableError
from slidebox.model import Store, StoreKind

_STATE_VERSION = 4
_SHOW = "`terraform show -json > terraform.json`"
_SHOW_PLAN = "`terraform show -json PLAN > plan.json`"
_PULL = "`terraform state pull > terraform.tfstate`"
_ARCHIVES = (b"PK\x03\x04", b"tfplan")
"""How a saved plan begins: it is a ZIP archive, or, of the oldest releases, says so."""
_MARKS: Mapping[bytes, str] = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
"""The encodings that shells of Windows write, by how such a file begins."""
_PULUMI = ("deployment", "checkpoint", "steps", "changeSummary")

_BUCKETS: Mapping[StoreKind, tuple[str, str]] = {
    StoreKind.GCS: ("google_storage_bucket", "bucket of Google Cloud"),
    StoreKind.AWS: ("aws_s3_bucket", "bucket of AWS"),
    StoreKind.AZURE: ("azurerm_storage_container", "container of Azure"),
}
"""The resource that is a place for data, by the kind of store, and what people call it."""


def read_terraform(document: Mapping[str, Any], store: str, declared: Store, lab: str = "") -> tuple[Existing, ...]:
    """The buckets or containers of a store that Terraform made, by name.

    Parameters
    ----------
    document
        What `terraform_document` read.
    store, declared
        The store: its name, and what lab.yaml says of it.
    lab
        Short name of the lab, which a storage account of Azure is marked with; others need none.

    Raises
    ------
    InputError
        If Terraform makes nothing in stores of that kind, or the document has none in this store.
    """
    if declared.kind not in _BUCKETS:
        raise InputError(
            f"Store {store!r} is of kind '{declared.kind}', and Terraform is read for {', '.join(_BUCKETS)}.",
            "Leave `--terraform` out.",
        )
    kind, called = _BUCKETS[declared.kind]
    try:
        found = resources(document)
        existing = _read(found, store, declared, lab)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # No release of a provider is known to write so: what is not understood is not taken over by half.
        raise UnreadableError(
            "The Terraform file has a resource in a form that is not understood: it was changed by hand, or comes from "
            "a provider that is newer than slidebox.",
            "Leave `--terraform` out: then the store itself is asked.",
        ) from error
    if not existing:
        raise InputError(
            f"The Terraform file has no {called} in store {store!r}: {_why(found, kind)}.",
            "Look at the store's account and region in lab.yaml, or name the file of another Terraform folder.",
        )
    said = tuple(going(document))
    return tuple(replace(one, notes=(*one.notes, *said)) for one in sorted(existing, key=lambda one: one.name))


def _why(found: tuple[Resource, ...], kind: str) -> str:
    """Why there is nothing for a store."""
    there = [one for one in found if one.type == kind]
    if planned := [one.address for one in there if not one.made]:
        return f"{', '.join(planned)} is only planned, so apply the plan first, or leave the place to slidebox"
    if there:
        return f"its {kind} are in another project, region or account, or their names are not known yet"
    places = {name for name, _ in _BUCKETS.values()}
    others = sorted({one.type for one in found} & places)
    return f"it has {', '.join(others)}" if others else "it has no place for data at all"


def _read(found: tuple[Resource, ...], store: str, declared: Store, lab: str) -> tuple[Existing, ...]:
    if declared.kind is StoreKind.GCS:
        from slidebox.adoption.terraform_google import read_google  # noqa: PLC0415 - each only where it is asked for

        return read_google(found, store, declared)
    if declared.kind is StoreKind.AWS:
        from slidebox.adoption.terraform_amazon import read_amazon  # noqa: PLC0415

        return read_amazon(found, store, declared)
    from slidebox.adoption.terraform_azure import read_azure  # noqa: PLC0415

    return read_azure(found, store, declared, lab)


# The file


def terraform_document(path: Path) -> Mapping[str, Any]:
    """Read a state of Terraform or OpenTofu, or what ``show -json`` has written.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    UnreadableError
        If it cannot be opened, or is cut off.
    InputError
        If it is something else: a saved plan, a .tf file, a file of Pulumi, a state that is encrypted or too old.
    """
    text = _text(path)
    if not text.strip():
        raise InputError(f"{path} is empty.", f"Write it with {_PULL}, or with {_SHOW}.")
    if not text.lstrip().startswith("{"):
        raise InputError(
            f"{path} is not JSON: .tf files say what Terraform is to make, not what it has made.",
            f"In their folder, write {_SHOW} and give that file.",
        )
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        at = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise UnreadableError(
            f"{path} is no whole JSON document{at}: it was cut off, or changed by hand.",
            f"Write it again with {_SHOW}.",
        ) from None
    _require_known(path, document)
    return dict(document)


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror or error}.", "Look at its name.") from error
    if content.startswith(_ARCHIVES):
        raise InputError(
            f"{path} is a saved plan of Terraform, which only Terraform reads.", f"Write it as JSON: {_SHOW_PLAN}."
        )
    encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise InputError(
            f"{path} is no text, so it is neither a state of Terraform nor what `show -json` writes.",
            f"Write it with {_SHOW}.",
        ) from None


def _require_known(path: Path, document: Mapping[str, Any]) -> None:
    """Raise what a document is that is none of Terraform's, or one that says too little."""
    if any(name in document for name in _PULUMI):
        raise InputError(
            f"{path} is a file of Pulumi, not of Terraform.",
            "What a stack of Pulumi has, `slidebox check --state` reads; to adopt it, leave `--terraform` out.",
        )
    if "encrypted_data" in document:
        raise InputError(
            f"{path} is a state that OpenTofu has encrypted.", "Write it with `tofu show -json > tofu.json`."
        )
    if "format_version" in document:
        if "values" not in document and "planned_values" not in document:
            raise InputError(f"{path} holds nothing: the state that was shown is empty.", f"In its folder: {_SHOW}.")
        return
    if "backend" in document and not document.get("resources"):
        raise InputError(
            f"{path} says only where the state is kept, and is not the state.", f"Fetch the state: {_PULL}."
        )
    if "version" not in document or not ("resources" in document or "modules" in document):
        raise InputError(
            f"{path} is neither a state of Terraform nor what `terraform show -json` writes.", f"Write it with {_SHOW}."
        )
    if document["version"] != _STATE_VERSION:
        raise InputError(
            f"{path} is a state of version {document['version']}, and version {_STATE_VERSION} is read.",
            f"Terraform 0.12 and later writes that one: {_PULL}, after `terraform apply -refresh-only`.",
        )
