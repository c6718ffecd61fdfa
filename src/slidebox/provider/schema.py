"""The package's schema, from the resource types themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from slidebox.provider.as_is import AS_IS, PROPERTY
from slidebox.provider.resource import ResourceType

# "any" where a document of free form is meant (a policy, facts).
_TYPES: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "array": {"type": "array", "items": {"type": "string"}},
    "object": {"type": "object", "additionalProperties": {"$ref": "pulumi.json#/Any"}},
}
_SECRETS = frozenset({"secretAccessKey", "privateLink"})


def schema(types: Iterable[ResourceType], version: str) -> dict[str, Any]:
    """The schema, as `pulumi package get-schema` prints it."""
    return {
        "name": "slidebox",
        "displayName": "slidebox",
        "description": "Folders on a lab's drives, buckets of any S3 endpoint, users of the embedded one, deposits.",
        "version": version,
        "resources": {kind.token: _resource(kind) for kind in types},
    }


def _resource(kind: ResourceType) -> dict[str, Any]:
    said = {**kind.properties(), AS_IS: PROPERTY}
    everything = {name: _property(name, *about) for name, about in said.items()}
    inputs = {name: about for name, about in everything.items() if name not in kind.computed}
    return {
        "description": (type(kind).__doc__ or "").strip().splitlines()[0],
        "properties": everything,
        "required": sorted({*kind.required(), *kind.computed}),
        "inputProperties": {
            name: {**about, **({"willReplaceOnChanges": True} if name in kind.replace_on else {})}
            for name, about in inputs.items()
        },
        "requiredInputs": sorted(kind.required()),
    }


def _property(name: str, kind: str, description: str) -> dict[str, Any]:
    secret = {"secret": True} if name in _SECRETS else {}
    return {**_TYPES[kind], "description": description, **secret}
