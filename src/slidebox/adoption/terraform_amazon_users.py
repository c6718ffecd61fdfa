"""Users of AWS that Terraform made, with the policies that they have. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slidebox.access import UNKNOWN
from slidebox.adoption.amazon_people import Holding, document_of
from slidebox.adoption.terraform_resources import Resource

_USER, _GROUP = "user", "group"


def arns_of(found: Sequence[Resource], account: str) -> dict[str, str]:
    """The ARN of each user, by name; of one who only has a key, as it is without a path."""
    named = {one.text("user") for one in found if one.type == "aws_iam_access_key"} - {"", UNKNOWN}
    users = [one for one in found if one.type == "aws_iam_user"]
    known = {one.text("name"): one.text("arn") for one in users if one.text("arn") not in ("", UNKNOWN)}
    names = sorted(named | {one.text("name") for one in users} - {UNKNOWN})
    return {name: known.get(name, f"arn:aws:iam::{account}:user/{name}") for name in names}


def users_of(found: Sequence[Resource], arns: Mapping[str, str]) -> tuple[Holding, ...]:
    """The users, each with its own policies and those of its groups; None is a policy that nothing tells of."""
    documents = {one.text("arn"): one.text("policy") for one in found if one.type == "aws_iam_policy"}
    groups = _groups(found)
    users = []
    for name, arn in arns.items():
        policies = dict(_policies(found, _USER, name, documents))
        for group in sorted(groups.get(name, ())):
            inherited = dict(_policies(found, _GROUP, group, documents))
            policies |= {f"{called} of group {group}": said for called, said in inherited.items()}
        users.append(Holding(arn, name, policies))
    return tuple(users)


def _groups(found: Sequence[Resource]) -> dict[str, set[str]]:
    """The groups that each user is in."""
    joined: dict[str, set[str]] = {}
    for one in found:
        if one.type == "aws_iam_user_group_membership":
            joined.setdefault(one.text("user"), set()).update(map(str, one.values.get("groups") or ()))
        elif one.type == "aws_iam_group_membership":
            for user in one.values.get("users") or ():
                joined.setdefault(str(user), set()).add(one.text("group"))
    return joined


def _policies(
    found: Sequence[Resource], kind: str, name: str, documents: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    """The policies of a user or a group, by what they are called."""
    for one in found:
        if one.type == f"aws_iam_{kind}_policy" and one.text(kind) == name:
            yield f"policy {one.text('name') or one.address}", one.text("policy")
        elif _is_attached(one, kind, name):
            yield f"policy {one.text('policy_arn')}", document_of(one.text("policy_arn"), documents)


def _is_attached(one: Resource, kind: str, name: str) -> bool:
    """Whether it attaches a policy to a user or a group."""
    if one.type == "aws_iam_policy_attachment":
        return name in (one.values.get(f"{kind}s") or ())
    return one.type == f"aws_iam_{kind}_policy_attachment" and one.text(kind) == name
