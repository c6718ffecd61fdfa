"""Plans of Terraform in HashiCorp's documented form, built of resources that a test names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from slidebox.adoption.terraform_resources import resources as terraform_resources
from slidebox.audit.terraform import snapshot
from slidebox.preview import Seen

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
    "aws_s3_bucket_acl": ("id", "access_control_policy"),
    "aws_iam_role": ("arn", "id", "inline_policy", "managed_policy_arns", "name_prefix", "tags_all", "unique_id"),
    "aws_api_gateway_rest_api": ("arn", "id", "policy", "endpoint_configuration", "root_resource_id"),
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


# The same resources as a stack of Pulumi

_MODULES = (
    "iam",
    "kms",
    "cloudfront",
    "lambda",
    "s3control",
    "s3",
    "transfer",
    "cognito",
    "apigatewayv2",
    "api_gateway",
)
_SEVERAL = frozenset({"origin", "grant", "rule", "ordered_cache_behavior", "region"})
"""Blocks of which there can be several: Pulumi has them in the plural."""


def stack(*resources: dict[str, Any]) -> list[Seen]:
    """Resources as pulumi-aws has them: in camel case, a block of which there is one at most as an object."""
    planned = {one.address: one for one in terraform_resources(plan(*resources))}
    found = []
    for one in resources:
        kind = _parts(one["address"])[1]
        said = planned[one["address"]].whole()
        asked = {at: said[at] for at in {*one["values"], *one["unknown"]}}
        depends = {
            _camel(at, plural=at in _SEVERAL): tuple(_urn(text) for text in listed if _urn(text))
            for at, listed in planned[one["address"]].sources.items()
        }
        urn = _urn(one["address"])
        found.append(Seen(urn, _token(kind), _camels(asked), depends, "urn:pulumi:s::p::pulumi:providers:aws::aws"))
    return found


def _urn(address: str) -> str:
    _, kind, _, name = _parts(address)
    return f"urn:pulumi:s::p::{_token(kind)}::{name}"


def _token(kind: str) -> str:
    bare = kind.removeprefix("aws_")
    module = next(one for one in _MODULES if bare.startswith(f"{one}_"))
    name = _camel(bare.removeprefix(f"{module}_"))
    name = {"bucketReplicationConfiguration": "bucketReplicationConfig", "object": "bucketObjectv2"}.get(name, name)
    return f"aws:{module.replace('_', '')}/{name}:{name[0].upper()}{name[1:]}"


def _camels(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            _camel(name, plural=name in _SEVERAL): inner if name in ("roles", "tags") else _one(name, _camels(inner))
            for name, inner in value.items()
        }
    return [_camels(inner) for inner in value] if isinstance(value, list) else value


def _one(name: str, value: Any) -> Any:
    is_block = isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping)
    return value[0] if is_block and name not in _SEVERAL else value


def _camel(name: str, *, plural: bool = False) -> str:
    said = re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)
    return f"{said}s" if plural else said
