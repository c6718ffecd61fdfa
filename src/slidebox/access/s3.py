"""Who can read an S3 bucket, from its policy and from the policies of users.

The readings are conservative. An Allow that is not understood lets in somebody unknown; a Deny takes
away only what it certainly takes from everybody it is about. So a reader may be named that cannot
read, and none that can is left out.

Source: AWS IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements reference", 2026-11.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from slidebox.access.conditions import narrowed, narrowed_by_deny
from slidebox.access.reader import ACTIONS, ANYONE, UNKNOWN, Reader, account, merged
from slidebox.access.s3_statements import actions, pattern, principals, statement_name, statements, texts

# Who may change a policy may give itself the rest, so that counts as every action.
_CONTROL = (
    "s3:putbucketpolicy",
    "s3:deletebucketpolicy",
    "s3:putbucketacl",
    "s3:putreplicationconfiguration",
    "s3:putaccesspointpolicy",
)
_OBJECT = {
    "s3:getobject": ("read",),
    "s3:getobjectversion": ("read",),
    "s3:getobjecttorrent": ("read",),
    "s3:getobjectversionforreplication": ("read",),
    "s3:putobject": ("write",),
    "s3:replicateobject": ("write",),
    "s3:replicatedelete": ("delete",),
    "s3:deleteobject": ("delete",),
    "s3:deleteobjectversion": ("delete",),
    "s3:putobjectacl": ACTIONS,
    "s3:putobjectversionacl": ACTIONS,
}
_BUCKET = {
    "s3:listbucket": ("read",),
    "s3:listbucketversions": ("read",),
    "s3:deletebucket": ("delete",),
    "s3:putlifecycleconfiguration": ("delete",),
    **dict.fromkeys(_CONTROL, ACTIONS),
}
_MEANING: Mapping[str, tuple[str, ...]] = {**_OBJECT, **_BUCKET}
DATA_ACTIONS = frozenset(_MEANING)
"""The actions by which data can be read, written or deleted, in small letters."""
_WILD = re.compile(r"[*?]|\$\{")
_PARTITION = re.compile(r"^arn:aws[a-z-]*:")
_BROKEN = ("read", "write", "delete")


@dataclass(frozen=True, slots=True)
class _Statement:
    """One statement, as far as it is understood."""

    name: str
    allows: bool | None
    principals: tuple[str, ...] | None
    actions: frozenset[str] | None
    resources: tuple[str, ...] | None
    condition: object


def bucket_readers(
    policy: object, bucket: str, names: Mapping[str, str] | None = None, path: tuple[str, ...] = ()
) -> tuple[Reader, ...]:
    """Who has access to a bucket by its own policy.

    Parameters
    ----------
    policy
        The policy document, as an object or as JSON text; None where there is none.
    bucket
        Name of the bucket.
    names
        Principals of the lab by what the store calls them: an ARN, a user's name or an access key.
    path
        What comes before the statement in each reader's path.

    Returns
    -------
    tuple of Reader
        One per principal and statement, in a fixed order.
    """
    statements = _statements(policy)
    if statements is None:
        return (Reader(UNKNOWN, _BROKEN, (*path, "the policy cannot be read")),)
    denials = [s for s in statements if s.allows is False]
    readers: list[Reader] = []
    for statement in statements:
        if statement.allows is False:
            continue
        where = (*path, statement.name)
        if statement.allows is None or statement.principals is None or statement.actions is None:
            readers.append(Reader(UNKNOWN, _BROKEN, (*where, "it cannot be understood")))
            continue
        for principal in narrowed(statement.principals, statement.condition):
            readers.extend(_what_is_left(principal, statement.actions, denials, bucket, names or {}, where))
    return merged(readers)


def user_readers(
    policy: object,
    principal: str,
    buckets: Iterable[str],
    path: tuple[str, ...] = (),
    doubtful: str | None = None,
) -> dict[str, tuple[Reader, ...]]:
    """What a user's own policy gives on each bucket.

    Conditions are taken to hold: they can only narrow.

    Parameters
    ----------
    policy
        The policy document, as an object or as JSON text.
    principal
        Whom the user stands for, such as ``team:imaging``.
    buckets
        Names of the buckets to ask about.
    path
        What comes before the statement in each reader's path.
    doubtful
        Who has access by what cannot be understood; the user where None.
    """
    asked = tuple(buckets)
    statements = _statements(policy)
    doubtful = doubtful or principal
    if statements is None:
        broken = Reader(doubtful, _BROKEN, (*path, "the policy cannot be read"))
        return dict.fromkeys(asked, (broken,))
    return {bucket: merged(_of_user(statements, principal, doubtful, bucket, path)) for bucket in asked}


def _of_user(
    statements: list[_Statement], principal: str, doubtful: str, bucket: str, path: tuple[str, ...]
) -> Iterator[Reader]:
    denials = [s for s in statements if s.allows is False and not s.condition]
    for statement in statements:
        where = (*path, statement.name)
        if statement.allows is False:
            continue
        if statement.allows is None or statement.actions is None or statement.resources is None:
            yield Reader(doubtful, _BROKEN, (*where, "it cannot be understood"))
            continue
        actions = {a for a in statement.actions if _touches(statement.resources, bucket, a)}
        for denial in denials:
            actions -= _certainly_denied(denial, bucket)
        if actions:
            yield Reader(principal, _meant(actions), where)


def _what_is_left(
    principal: str,
    actions: frozenset[str],
    denials: list[_Statement],
    bucket: str,
    names: Mapping[str, str],
    where: tuple[str, ...],
) -> Iterator[Reader]:
    """What an Allow gives one principal once every Deny has been taken off."""
    left: dict[str, set[str]] = {principal: set(actions)}
    # Denials without a condition first, then in a fixed order: the answer does not depend on the statements' order.
    for denial in sorted(denials, key=lambda d: (bool(d.condition), repr(d.condition))):
        everybody = ANYONE in (denial.principals or ())
        named = principal in (denial.principals or ()) and principal != UNKNOWN
        denied = _certainly_denied(denial, bucket)
        if not denial.condition and (everybody or named):
            left = {somebody: remaining - denied for somebody, remaining in left.items()}
        elif everybody and (taken := left.get(ANYONE, set()) & denied):
            for somebody in narrowed_by_deny(denial.condition) or (ANYONE,):
                left[ANYONE] = left[ANYONE] - taken
                left[somebody] = left.get(somebody, set()) | taken
    for somebody, remaining in left.items():
        if remaining:
            yield Reader(_called(somebody, names), _meant(remaining), where)


def _certainly_denied(denial: _Statement, bucket: str) -> set[str]:
    """The actions that a Deny takes from every object of a bucket, or from the bucket itself."""
    if denial.actions is None or denial.resources is None:
        return set()
    return {action for action in denial.actions if _covers(denial.resources, bucket, action)}


def _covers(resources: tuple[str, ...], bucket: str, action: str) -> bool:
    """Whether resources take in all that an action on a bucket can be about."""
    whole = {f"arn:aws:s3:::{bucket}*", "arn:aws:s3:::*", "*"}
    wanted = whole | ({f"arn:aws:s3:::{bucket}/*"} if action in _OBJECT else {f"arn:aws:s3:::{bucket}"})
    return any(resource in wanted for resource in resources)


def _touches(resources: tuple[str, ...], bucket: str, action: str) -> bool:
    """Whether resources may take in anything that an action on a bucket can be about."""
    if action in _BUCKET:
        return any(_may_be(resource, f"arn:aws:s3:::{bucket}") for resource in resources)
    # Some key or other may be meant: what stands before the first wildcard decides.
    beginning = f"arn:aws:s3:::{bucket}/"
    fixed = [(_WILD.split(resource)[0], bool(_WILD.search(resource))) for resource in map(_plain, resources)]
    return any(head.startswith(beginning) or (wild and beginning.startswith(head)) for head, wild in fixed)


def _may_be(resource: str, arn: str) -> bool:
    plain = _plain(resource)
    return fnmatch.fnmatchcase(arn, pattern(plain)) or ("${" in plain and arn.startswith(_WILD.split(plain)[0]))


def _plain(resource: str) -> str:
    """A resource in the plain partition; what is not an ARN may be anything."""
    return _PARTITION.sub("arn:aws:", resource) if resource.startswith("arn:") else "*"


def _meant(actions: Iterable[str]) -> tuple[str, ...]:
    meant = {word for action in actions for word in _MEANING[action]}
    return tuple(word for word in ACTIONS if word in meant)


def _called(principal: str, names: Mapping[str, str]) -> str:
    """Whom of the lab an account stands for; a user's name never stands for everybody."""
    name = principal.removeprefix(account(""))
    return names.get(name, principal) if name != principal else principal


def _statements(policy: object) -> list[_Statement] | None:
    """The statements of a policy; None if it is not one."""
    said = statements(policy)
    return None if said is None else [_statement(number, entry) for number, entry in enumerate(said, 1)]


def _statement(number: int, said: object) -> _Statement:
    if not isinstance(said, Mapping):
        return _Statement(f"statement {number}", None, None, None, None, None)
    return _Statement(
        name=statement_name(number, said),
        allows={"Allow": True, "Deny": False}.get(str(said.get("Effect"))),
        principals=principals(said),
        actions=actions(said, _MEANING),
        resources=_resources(said),
        condition=said.get("Condition"),
    )


def _resources(said: Mapping[object, object]) -> tuple[str, ...] | None:
    if "NotResource" not in said:
        return texts(said.get("Resource"))
    # All but some: for an Allow that is all; a Deny of this kind is not counted on.
    return ("*",) if said.get("Effect") == "Allow" else None
