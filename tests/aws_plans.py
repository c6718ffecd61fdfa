"""Plans of Terraform in HashiCorp's documented form, built of resources that a test names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from slidebox.audit.terraform import snapshot

COMPUTED: Mapping[str, tuple[str, ...]] = {
    "aws_s3_bucket": (
        "arn",
        "id",
        "acl",
        "policy",
        "grant",
        "website",
        "logging",
        "replication_configuration",
        "server_side_encryption_configuration",
        "versioning",
        "region",
        "tags_all",
    ),
    "aws_s3_access_point": ("arn", "id", "alias", "policy", "account_id", "bucket_account_id"),
    "aws_kms_key": ("arn", "id", "key_id", "policy"),
}
"""What the provider fills in of a resource that is made anew, where nothing else is asked for."""
_STEP = re.compile(r"\[.*?\]")


def resource(
    address: str,
    values: Mapping[str, Any] | None = None,
    unknown: Mapping[str, Any] | None = None,
    refs: Mapping[str, Iterable[str]] | None = None,
    *,
    made: bool = False,
    each: Any = None,
) -> dict[str, Any]:
    """A resource of a plan.

    Parameters
    ----------
    address
        Its address.
    values, unknown
        What is known of it, and what is not.
    refs
        What each attribute refers to by the configuration.
    made
        Whether it is there already.
    each
        The configuration of its ``for_each``.
    """
    return {
        "address": address,
        "values": dict(values or {}),
        "unknown": dict(unknown or {}),
        "refs": {name: list(listed) for name, listed in (refs or {}).items()},
        "made": made,
        "each": each,
    }


def plan(*resources: dict[str, Any], configuration: bool = True) -> dict[str, Any]:
    """The plan of some resources."""
    root: dict[str, Any] = {}
    asked: dict[str, Any] = {}
    changes = []
    for one in resources:
        path, kind, mode, name = _parts(one["address"])
        chosen = COMPUTED.get(kind, ("arn", "id")) if not one["made"] and mode == "managed" else ()
        unknown = {**{at: True for at in chosen if at not in one["values"]}, **one["unknown"]}
        entry = {
            "address": one["address"],
            "mode": mode,
            "type": kind,
            "name": name,
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "values": one["values"],
        }
        _into(root, path).setdefault("resources", []).append(entry)
        actions = ["no-op"] if one["made"] else ["create" if mode == "managed" else "read"]
        change = {"actions": actions, "after": one["values"], "after_unknown": unknown}
        changes.append({"address": one["address"], "mode": mode, "type": kind, "name": name, "change": change})
        expressions = {
            at: {"references": one["refs"].get(at, [])} for at in {*one["values"], *one["unknown"], *one["refs"]}
        }
        bare = {"address": _STEP.sub("", one["address"].split(path[-1] + ".", 1)[1] if path else one["address"])}
        block = {
            **bare,
            "mode": mode,
            "type": kind,
            "name": name,
            "expressions": expressions,
            "provider_config_key": "aws",
        }
        if one["each"] is not None:
            block["for_each_expression"] = one["each"]
        _asked_in(asked, path).setdefault("resources", []).append(block)
    document = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": root},
        "resource_changes": changes,
    }
    if configuration:
        document["configuration"] = {"root_module": asked}
    return json.loads(json.dumps(document))  # type: ignore[no-any-return]


def section(*resources: dict[str, Any], configuration: bool = True) -> dict[str, Any]:
    """The section ``aws`` of a plan of some resources, as it comes out of JSON."""
    found = snapshot(plan(*resources, configuration=configuration)).document()
    return json.loads(json.dumps(found))["sections"]["aws"]  # type: ignore[no-any-return]


def _parts(address: str) -> tuple[list[str], str, str, str]:
    steps = re.findall(r"module\.[^.\[]+(?:\[[^\]]*\])?", address)
    rest = re.sub(r"^(module\.[^.\[]+(\[[^\]]*\])?\.)+", "", address)
    mode = "data" if rest.startswith("data.") else "managed"
    kind, name = rest.removeprefix("data.").split(".", 1)
    return steps, kind, mode, _STEP.sub("", name)


def _into(root: dict[str, Any], path: list[str]) -> dict[str, Any]:
    module = root
    for number, _ in enumerate(path, 1):
        address = ".".join(path[:number])
        children = module.setdefault("child_modules", [])
        module = next((one for one in children if one["address"] == address), {})
        if not module:
            module = {"address": address}
            children.append(module)
    return module


def _asked_in(root: dict[str, Any], path: list[str]) -> dict[str, Any]:
    module = root
    for step in path:
        name = _STEP.sub("", step).removeprefix("module.")
        module = module.setdefault("module_calls", {}).setdefault(name, {"expressions": {}, "module": {}})["module"]
    return module
