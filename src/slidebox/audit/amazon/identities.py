"""Users, groups and roles that a plan or a stack declares, as IAM's account authorization details. Pure.

A policy and whom it is attached to are joined by name or ARN, and where these are known only later by what they come
from. What is attached to somebody who is not in the stack, or to somebody that nothing tells, is attached to one who is
made up for it, and of a role like that nobody knows who may take it on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from slidebox.access import UNKNOWN
from slidebox.access.snapshot import unread
from slidebox.audit.amazon.documents import Documents
from slidebox.audit.amazon.item import LATER, Item, Stack, blocks, identity_arn, said, settled, texts

_KINDS: Final[Mapping[str, str]] = {"User": "iam_user", "Group": "iam_group", "Role": "iam_role"}
_OWN: Final[Mapping[str, tuple[str, str]]] = {
    "iam_user_policy": ("User", "user"),
    "iam_group_policy": ("Group", "group"),
    "iam_role_policy": ("Role", "role"),
}
_ATTACHED: Final[Mapping[str, tuple[tuple[tuple[str, str], ...], str]]] = {
    "iam_user_policy_attachment": ((("User", "user"),), "policy_arn"),
    "iam_group_policy_attachment": ((("Group", "group"),), "policy_arn"),
    "iam_role_policy_attachment": ((("Role", "role"),), "policy_arn"),
    "iam_policy_attachment": ((("User", "users"), ("Group", "groups"), ("Role", "roles")), "policy_arn"),
    "iam_user_policy_attachments_exclusive": ((("User", "user_name"),), "policy_arns"),
    "iam_group_policy_attachments_exclusive": ((("Group", "group_name"),), "policy_arns"),
    "iam_role_policy_attachments_exclusive": ((("Role", "role_name"),), "policy_arns"),
}
_UNTOLD: Final = "whoever it is, it is known only after apply"
_LISTS: Final = {"User": "UserDetailList", "Group": "GroupDetailList", "Role": "RoleDetailList"}


class Identities:
    """The identities of a stack.

    Parameters
    ----------
    stack, documents
        The stack, and its policies.
    account
        The account they are in; empty where it is not known.
    """

    def __init__(self, stack: Stack, documents: Documents, account: str) -> None:
        self._stack = stack
        self._documents = documents
        self._account = account
        self._found: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in _KINDS}
        self._policies: dict[str, str] = {}

    def details(self) -> dict[str, Any]:
        """The account authorization details."""
        listed = [self._policy(item) for item in self._stack.of("iam_policy")]
        for kind, called in _KINDS.items():
            for item in self._stack.of(called):
                self._found[kind][item.key] = self._identity(kind, item)
        self._memberships()
        for called, (kind, attribute) in _OWN.items():
            for item in self._stack.of(called):
                inline = {"PolicyName": _name(item), "PolicyDocument": self._documents.of_identity(item)}
                for one in self._meant(kind, item, attribute):
                    one[f"{kind}PolicyList"].append(inline)
        for called, (whom, attribute) in _ATTACHED.items():
            for item in self._stack.of(called):
                self._attach(item, whom, self._attached(item, attribute))
        self._keys()
        return {**{name: list(self._found[kind].values()) for kind, name in _LISTS.items()}, "Policies": listed}

    def _attach(self, item: Item, whom: tuple[tuple[str, str], ...], policies: list[dict[str, Any]]) -> None:
        for kind, attribute in whom:
            if item.get(attribute) is not None:
                for one in self._meant(kind, item, attribute):
                    one["AttachedManagedPolicies"].extend(policies)

    def arn_of(self, item: Item) -> str:
        """The ARN of a role or another identity, or the one that stands for it."""
        return identity_arn(item, self._account)

    def _policy(self, item: Item) -> dict[str, Any]:
        arn = self._policies[item.key] = self.arn_of(item)
        version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": self._documents.of_identity(item)}
        return {"PolicyName": _name(item), "Arn": arn, "DefaultVersionId": "v1", "PolicyVersionList": [version]}

    def _identity(self, kind: str, item: Item) -> dict[str, Any]:
        found: dict[str, Any] = {
            f"{kind}Name": _name(item),
            "Arn": self.arn_of(item),
            f"{kind}PolicyList": [],
            "AttachedManagedPolicies": [],
        }
        boundary = item.get("permissions_boundary")
        if boundary is not None:
            found["PermissionsBoundary"] = {"PermissionsBoundaryArn": self._boundary(item, boundary)}
        tags = item.get("tags_all") or item.get("tags")
        if isinstance(tags, Mapping):
            found["Tags"] = [{"Key": name, "Value": settled(value)} for name, value in tags.items()]
        if kind == "User":
            found["GroupList"] = []
        if kind == "Role":
            found["AssumeRolePolicyDocument"] = self._trust(item)
            self._inside(item, found)
        return found

    def _trust(self, item: Item) -> Any:
        document = self._documents.of(item, "assume_role_policy")
        return unread("it has no trust policy") if document is None else document

    def _inside(self, item: Item, found: dict[str, Any]) -> None:
        """The policies that a role has in its own resource."""
        inline = (
            said(item.values, "inline_policy")
            if "inline_policy" in item.values
            else said(item.values, "inline_policies")
        )
        for one in [UNKNOWN] if inline == UNKNOWN else blocks({"inline_policy": inline}, "inline_policy"):
            text = one if one == UNKNOWN else said(one, "policy")
            if text is None:
                continue  # an empty block says that the role is to have none but these
            carrier = Item(
                item.kind, item.key, item.address, {"policy": text}, {"policy": item.comes_from("inline_policy")}
            )
            name = settled(said(one, "name")) or item.address if one != UNKNOWN else "policies"
            found["RolePolicyList"].append({"PolicyName": name, "PolicyDocument": self._documents.of_identity(carrier)})
        if item.get("managed_policy_arns") is not None:
            found["AttachedManagedPolicies"] += self._attached(item, "managed_policy_arns")

    def _boundary(self, item: Item, said_arn: Any) -> Any:
        if said_arn != UNKNOWN:
            return said_arn
        sources = self._stack.sources(item, "permissions_boundary", "iam_policy")
        return self._policies[sources[0].key] if len(sources) == 1 else unread(LATER)

    def _attached(self, item: Item, attribute: str) -> list[dict[str, Any]]:
        """The policies that an attribute names by ARN, one or several."""
        arns = texts(item.values, attribute)
        known = [arn for arn in arns if arn != UNKNOWN]
        missing = len(arns) - len(known)
        if missing:
            sources = self._stack.sources(item, attribute, "iam_policy")
            drawn = [arn for one in sources if (arn := self._policies[one.key]) not in known]
            whole = item.get(attribute) == UNKNOWN and attribute.endswith("s")
            known += drawn if len(drawn) == missing and not whole else [*drawn, UNKNOWN]
        return [
            {"PolicyName": arn.rpartition("/")[2] if arn != UNKNOWN else "a policy that is not known", "PolicyArn": arn}
            for arn in known
        ]

    def _meant(self, kind: str, item: Item, attribute: str) -> Iterator[dict[str, Any]]:
        """The identities that an attribute names, one or several; made up where they are not in the stack."""
        values = texts(item.values, attribute)
        names = [value.rpartition("/")[2] for value in values if value != UNKNOWN]
        for name in names:
            here = self._stack.named(_KINDS[kind], "name", name)
            yield from (self._found[kind][one.key] for one in here)
            if not here:
                yield self._made_up(kind, name, "it is not in this document")
        waiting = len(values) - len(names)
        if not waiting:
            return
        sources = self._stack.sources(item, attribute, _KINDS[kind])
        others = [one for one in sources if _name(one) not in names]
        yield from (self._found[kind][one.key] for one in others)
        if waiting != len(others) or (item.get(attribute) == UNKNOWN and attribute.endswith("s")):
            yield self._made_up(kind, item.address, _UNTOLD)

    def _made_up(self, kind: str, name: str, why: str) -> dict[str, Any]:
        """Somebody who is not in the stack: of a role or a group nobody knows who is in it."""
        if name in self._found[kind]:
            return self._found[kind][name]
        item = Item(_KINDS[kind], name, name, {"name": name})
        found = self._found[kind][name] = self._identity(kind, item)
        if kind == "Role":
            found["AssumeRolePolicyDocument"] = unread(why)
        if kind == "User" and why == _UNTOLD:
            found["Arn"] = unread(why)
        if kind == "Group":
            somebody = f"somebody in group {name}"
            member = self._found["User"].setdefault(
                somebody, self._identity("User", Item("iam_user", somebody, somebody, {"name": somebody}))
            )
            member["Arn"] = unread(why)
            member["GroupList"].append(name)
        return found

    def _memberships(self) -> None:
        for item in self._stack.of("iam_user_group_membership"):
            self._join(item, "user", "groups")
        for item in self._stack.of("iam_group_membership"):
            self._join(item, "users", "group")

    def _join(self, item: Item, users: str, groups: str) -> None:
        inside = [one["GroupName"] for one in self._meant("Group", item, groups)]
        for user in self._meant("User", item, users):
            user["GroupList"].extend(name for name in inside if name not in user["GroupList"])

    def _keys(self) -> None:
        """The access keys of users: that there are any, and never the keys."""
        for item in self._stack.of("iam_access_key"):
            status = settled(item.get("status")) or "Active"
            for user in self._meant("User", item, "user"):
                user.setdefault("AccessKeys", []).append({"Status": status})


def _name(item: Item) -> str:
    """The name of something, or its address where that is not known."""
    name = item.text("name")
    return name if name not in ("", UNKNOWN) else item.address
