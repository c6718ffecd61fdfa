"""Files that Pulumi writes: previews (``pulumi preview --json``) and exported stacks (``pulumi stack export``).

Anything else is refused, and so is a file that does not show all of its stack: a rule that is asked about
half a stack says nothing about the other half.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from slidebox.access import UNKNOWN
from slidebox.errors import UnreadableError
from slidebox.preview.seen import Seen, settled
from slidebox.provider.values import SIGNATURE, UNKNOWNS

_GONE = frozenset(
    {"delete", "delete-replaced", "discard", "discard-replaced", "read-discard", "remove-pending-replace"}
)
"""Steps after which a resource is not in the stack any more."""
_UNCHANGED = "same"
# What the engine says of a resource that is there already, and what an update does not change.
_LASTING = ("bucket", "arn", "capabilities")
_VERSIONS = (3, 4)
_MAKE = "Write it with `pulumi preview --json --show-sames > FILE` or `pulumi stack export > FILE`."
_OTHERS: Mapping[str, str] = {
    "planned_values": "a plan of Terraform or OpenTofu",
    "terraform_version": "a file of Terraform or OpenTofu",
    "AWSTemplateFormatVersion": "a template of CloudFormation",
    "apiVersion": "a manifest of Kubernetes",
    "checkpoint": "Pulumi's own state file, which is not meant to be read",
    "sequence": "a stream of the engine's events",
    "results": "a report of findings",
    "runs": "a report of findings",
}


def read(path: Path) -> tuple[Seen, ...]:
    """The resources that a preview would leave, or that an exported stack has.

    Secrets are withheld, and what is not known yet is ``"unknown"``.

    Raises
    ------
    UnreadableError
        If it cannot be read, is no such file, is written by half, or is of a preview that failed or that
        leaves resources out.
    """
    document = _document(path)
    if isinstance(document.get("steps"), list):
        return tuple(_of_preview(path, document))
    if isinstance(document.get("deployment"), Mapping):
        return tuple(_of_export(path, document))
    other = next((what for key, what in _OTHERS.items() if key in document), "")
    found = f"it is {other}" if other else f"it has {_named(document)}, and neither steps nor a deployment"
    raise UnreadableError(f"{path} is neither a preview nor an exported stack of Pulumi: {found}.", _MAKE)


def _document(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror or error}.", _MAKE) from error
    if not text.strip():
        raise UnreadableError(f"{path} is empty: the preview that was to write it has failed.", _MAKE)
    try:
        # From bytes: a shell on Windows writes UTF-16.
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"{path} is no whole JSON document: {_reason(error)}.", _MAKE) from error
    if not isinstance(document, dict):
        raise UnreadableError(
            f"{path} is neither a preview nor an exported stack of Pulumi: it is {_kind(document)}.", _MAKE
        )
    return document


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


# A preview


def _of_preview(path: Path, document: Mapping[str, Any]) -> Iterator[Seen]:
    steps = _listed(path, "steps", document["steps"])
    _must_have_succeeded(path, document.get("diagnostics"))
    if not steps:
        raise UnreadableError(f"{path} has no steps: the preview has shown no stack.", _MAKE)
    _must_be_whole(path, steps, document.get("changeSummary"))
    _must_import_nothing(path, steps)
    states: dict[str, Seen] = {}
    for number, step in enumerate(steps):
        where = f"steps[{number}]"
        op, urn = step.get("op"), step.get("urn")
        if not isinstance(op, str) or not isinstance(urn, str):
            raise _malformed(path, where, "it has no op or no urn")
        if op in _GONE:
            if op == "delete":
                states.pop(urn, None)
            continue
        state = _mapping(path, f"{where}.newState", step.get("newState"))
        before = _mapping(path, f"{where}.oldState", step.get("oldState") or {})
        states[urn] = _seen(path, f"{where}.newState", _with_outputs(op, state, before))
    yield from states.values()


def _with_outputs(op: str, state: Mapping[str, Any], before: Mapping[str, Any]) -> Mapping[str, Any]:
    """A new state with what lasts of the old one: a preview shows no outputs of its own."""
    old = before.get("outputs")
    if not isinstance(old, Mapping) or op.startswith(("create", "replace")):
        return state
    kept = old if op == _UNCHANGED else {name: old[name] for name in _LASTING if name in old}
    outputs = state.get("outputs")
    return {**state, "outputs": {**kept, **(outputs if isinstance(outputs, Mapping) else {})}}


def _must_have_succeeded(path: Path, diagnostics: Any) -> None:
    for entry in diagnostics if isinstance(diagnostics, list) else []:
        if isinstance(entry, Mapping) and entry.get("severity") == "error":
            said = " ".join(str(entry.get("message", "")).split()).removeprefix("error: ")
            raise UnreadableError(
                f"{path} is of a preview that has failed: {said[:500]}", "Mend that, and write it again."
            )


def _must_be_whole(path: Path, steps: list[Mapping[str, Any]], summary: Any) -> None:
    """Insist that the unchanged resources are there: the engine leaves them out unless it is asked for them."""
    said = summary.get(_UNCHANGED, 0) if isinstance(summary, Mapping) else 0
    shown = sum(step.get("op") == _UNCHANGED for step in steps)
    if isinstance(said, int) and said > shown:
        raise UnreadableError(
            f"{path} leaves out {said - shown} resources that do not change, so the stack cannot be judged from it.",
            "Write it with `pulumi preview --json --show-sames > FILE`.",
        )


def _must_import_nothing(path: Path, steps: list[Mapping[str, Any]]) -> None:
    """Insist that nothing is imported: of that the engine writes what the program says, and not what it has read."""
    imported = [str(step.get("urn")).rpartition("::")[2] for step in steps if str(step.get("op")).startswith("import")]
    if imported:
        raise UnreadableError(
            f"{path} imports {', '.join(imported[:3])}{' and more' if len(imported) > 3 else ''}, "
            "and a preview does not show what an import finds, so the stack cannot be judged from it.",
            "The rules are asked about what is found during `pulumi preview` itself. Then run `pulumi up`, and write "
            "the file anew.",
        )


# An exported stack


def _of_export(path: Path, document: Mapping[str, Any]) -> Iterator[Seen]:
    version = document.get("version")
    if version not in _VERSIONS:
        known = " and ".join(map(str, _VERSIONS))
        raise UnreadableError(
            f"{path} is an exported stack of version {version!r}; {known} are known.",
            "Export it with the Pulumi of this lab.",
        )
    deployment = document["deployment"]
    if not isinstance(deployment.get("manifest"), Mapping):
        raise _malformed(path, "deployment", "it has no manifest")
    for number, state in enumerate(_listed(path, "deployment.resources", deployment.get("resources") or [])):
        # What waits for its deletion is still there, and still open to whom it was open.
        yield _seen(path, f"deployment.resources[{number}]", state)
    pending = _listed(path, "deployment.pending_operations", deployment.get("pending_operations") or [])
    for number, operation in enumerate(pending):
        if operation.get("type") in ("creating", "importing", "reading"):
            where = f"deployment.pending_operations[{number}].resource"
            yield _seen(path, where, _mapping(path, where, operation.get("resource")))


# Both


def _seen(path: Path, where: str, state: Mapping[str, Any]) -> Seen:
    urn, token = state.get("urn"), state.get("type")
    if not isinstance(urn, str) or not isinstance(token, str):
        raise _malformed(path, where, "it has no urn or no type")
    inputs, outputs = (_mapping(path, f"{where}.{key}", state.get(key) or {}) for key in ("inputs", "outputs"))
    inputs, outputs = _plain(inputs), _plain(outputs)
    properties = settled(inputs, outputs) if token.startswith(("aws:", "gcp:")) else {**inputs, **outputs}
    depends = _mapping(path, f"{where}.propertyDependencies", state.get("propertyDependencies") or {})
    return Seen(
        urn,
        token,
        properties,
        {**{name: _texts(urns) for name, urns in depends.items()}, "": _texts(state.get("dependencies"))},
        str(state.get("provider", "")).rpartition("::")[0],
    )


def _plain(value: Any) -> Any:
    """A property without the engine's marks: what is not known spelled out, secrets withheld."""
    # Most of a file's reading: what json reads is of these very types.
    kind = type(value)
    if kind is str:
        return UNKNOWN if value in UNKNOWNS else value
    if kind is dict:
        return "[secret]" if SIGNATURE in value else {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if kind is list else value


def _listed(path: Path, where: str, value: Any) -> list[Mapping[str, Any]]:
    if not isinstance(value, list):
        raise _malformed(path, where, f"it is {_kind(value)} instead of a list")
    for number, item in enumerate(value):
        if not isinstance(item, dict):
            _mapping(path, f"{where}[{number}]", item)
    return value


def _mapping(path: Path, where: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _malformed(path, where, f"it is {_kind(value)} instead of an object")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _malformed(path: Path, where: str, why: str) -> UnreadableError:
    return UnreadableError(f"{path} is not what Pulumi writes: {where}: {why}.", _MAKE)


def _named(document: Iterable[str]) -> str:
    keys = sorted(document)
    return ", ".join(keys[:5]) + (" and more" if len(keys) > 5 else "") if keys else "nothing"


def _kind(value: Any) -> str:
    kinds = {
        type(None): "null",
        bool: "a truth value",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
    }
    return kinds.get(type(value), "an object")
