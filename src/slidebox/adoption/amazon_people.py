"""Who has access to a bucket of AWS, by its policy and lists and by the policies of the account's users. Pure.

It says what `slidebox.access` reads, in the words of an adoption, and reads no policy itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slidebox.access import ACTIONS, ANY_ACCOUNT, ANYONE, Reader, account, merged
from slidebox.access.aws_managed import managed
from slidebox.access.iam import Holder, policy
from slidebox.adoption.existing import Member, Thing
from slidebox.model import Role
from slidebox.preview.aws_buckets import aws_stack
from slidebox.preview.aws_settings import readers
from slidebox.preview.seen import AWS_BUCKETS, Seen

_ROLES: Mapping[tuple[str, ...], Role] = {
    ("read",): Role.READER,
    ("read", "write"): Role.CONTRIBUTOR,
    ACTIONS: Role.STEWARD,
}
_SERVICE_ROLE = ":role/aws-service-role/"
_EVERYBODY: Mapping[str, str] = {ANYONE: "*", ANY_ACCOUNT: "every account of AWS"}


@dataclass(frozen=True, slots=True)
class Holding:
    """A user, or a role, with the policies that it has.

    Attributes
    ----------
    arn
        Its ARN.
    name
        Its name.
    policies
        The documents of its policies, by what they are called; None of one that is not known.
    """

    arn: str
    name: str
    policies: Mapping[str, Any] = field(default_factory=dict)

    def readers(self, bucket: str) -> tuple[Reader, ...]:
        """What it may do with a bucket, by each of its policies."""
        holder = (Holder(account(self.arn), ()),)
        said = (policy(called, document) for called, document in self.policies.items())
        return merged(reader for one in said for reader in one.readers(holder, bucket))


def holdings(details: Mapping[str, Any]) -> tuple[tuple[Holding, ...], tuple[Holding, ...]]:
    """The users and the roles of an account, from IAM's account authorization details; AWS's own roles are left out."""
    documents = {one["Arn"]: _default(one) for one in details.get("Policies") or ()}
    groups = {one["GroupName"]: _policies(one, "Group", documents) for one in details.get("GroupDetailList") or ()}
    users = []
    for one in details.get("UserDetailList") or ():
        of_groups = {
            f"{called} of group {group}": said
            for group in one.get("GroupList") or ()
            for called, said in groups.get(group, {"a policy": None}).items()
        }
        users.append(Holding(one["Arn"], one["UserName"], _policies(one, "User", documents) | of_groups))
    roles = [
        Holding(one["Arn"], one["RoleName"], _policies(one, "Role", documents))
        for one in details.get("RoleDetailList") or ()
        if _SERVICE_ROLE not in one["Arn"]
    ]
    return tuple(users), tuple(roles)


def _default(said: Mapping[str, Any]) -> Any:
    versions = said.get("PolicyVersionList") or ()
    return next((one.get("Document") for one in versions if one.get("IsDefaultVersion")), None)


def _policies(said: Mapping[str, Any], kind: str, documents: Mapping[str, Any]) -> dict[str, Any]:
    own = {f"policy {one['PolicyName']}": one["PolicyDocument"] for one in said.get(f"{kind}PolicyList") or ()}
    attached = said.get("AttachedManagedPolicies") or ()
    return own | {f"policy {one['PolicyName']}": document_of(one["PolicyArn"], documents) for one in attached}


def document_of(arn: str, documents: Mapping[str, Any]) -> Any:
    """What a policy says that is attached by its ARN; None where nothing tells."""
    return documents[arn] if documents.get(arn) is not None else managed(arn)


def seen(things: Iterable[Thing]) -> list[Seen]:
    """Things as the engine shows them."""
    return [
        Seen(f"urn:pulumi:adopt::adopt::{one.type}::{one.id}", one.type, one.inputs, {}, "aws")
        for one in things
        if one.type in AWS_BUCKETS or one.type.startswith("aws:s3/bucket")
    ]


def members(things: Iterable[Thing], users: Iterable[Holding] = ()) -> tuple[Member, ...]:
    """Who has access to a bucket: by itself, and by what users may do.

    Parameters
    ----------
    things
        The bucket and its settings.
    users
        Users of the account, of whom those count that get into the bucket.
    """
    found = seen(things)
    name = str(found[0].properties["bucket"])
    own = [reader for one in aws_stack(found).buckets for reader in readers(one, {})]
    return _members([*own, *(_named(user, reader) for user in users for reader in user.readers(name))])


def _named(user: Holding, reader: Reader) -> Reader:
    """Whoever a policy of a user lets in that cannot be understood is that user: nobody else has it."""
    return Reader(account(user.arn), reader.actions, reader.path)


def _members(found: Iterable[Reader]) -> tuple[Member, ...]:
    actions: dict[str, set[str]] = {}
    ways: dict[str, list[str]] = {}
    for reader in found:
        who = _EVERYBODY.get(reader.principal, reader.principal.removeprefix(account("")))
        actions.setdefault(who, set()).update(reader.actions)
        way = ", ".join(reader.path)
        ways.setdefault(who, []).extend([way] if way not in ways.get(who, ()) else [])
    return tuple(
        Member(who, _ROLES.get(tuple(a for a in ACTIONS if a in done)), None, "; ".join(ways[who]))
        for who, done in sorted(actions.items())
    )
