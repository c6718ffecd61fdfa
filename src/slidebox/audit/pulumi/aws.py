"""Resources of pulumi-aws in a preview or an exported stack, as a snapshot's section ``aws``."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from slidebox.audit.amazon import Item
from slidebox.audit.amazon import section as of_items
from slidebox.audit.pulumi.spelling import respelled, snake
from slidebox.preview import Seen

_TOKEN: Final = re.compile(r"^(?P<who>aws|aws-native):(?P<module>\w+)(?:/\w+)?:(?P<name>\w+)$")
_MODULES: Final = {"apigateway": "api_gateway"}
_KINDS: Final = {
    "s3_bucket_objectv2": "s3_object",
    "s3_bucket_replication_config": "s3_bucket_replication_configuration",
    "s3_account_public_access_block": "s3_account_public_access_block",
}
"""Types whose names differ from Terraform's by more than their case."""
_NATIVE: Final = re.compile(r"^(s3|s3express|s3outposts|s3objectlambda|iam|kms|cloudfront)$")
_VERBATIM: Final = frozenset({"tags", "tags_all", "roles", "variables", "policy", "assume_role_policy"})
"""Attributes whose own keys are nobody's attributes."""


def section(resources: Sequence[Seen]) -> Mapping[str, Any] | None:
    """The section of a stack; None where it has nothing of AWS."""
    return of_items(_items(resources))


def _items(resources: Sequence[Seen]) -> Iterator[Item]:
    for seen in resources:
        if kind := kind_of(seen.type):
            yield Item(
                kind=kind,
                key=seen.urn,
                address=seen.urn.rpartition("::")[2],
                values=respelled(seen.properties, verbatim=_VERBATIM),
                sources={snake(name): urns for name, urns in seen.depends.items()},
                provider=seen.provider,
                made=isinstance(seen.properties.get("arn"), str) and seen.properties["arn"].startswith("arn:"),
            )


@functools.cache
def kind_of(token: str) -> str:
    """What Terraform calls a type of Pulumi's, without ``aws_``; empty where it is none of AWS."""
    match = _TOKEN.match(token)
    if match is None:
        return ""
    module, name = match["module"], match["name"]
    if match["who"] == "aws-native":
        return f"native {module} {name}" if _NATIVE.match(module) else ""
    name = re.sub(r"V2$", "", name) if module == "s3" else name
    kind = f"{_MODULES.get(module, module)}_{snake(name)}"
    return _KINDS.get(kind, kind)
