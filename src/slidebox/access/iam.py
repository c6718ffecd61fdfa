"""Who can read S3 buckets by what AWS identities may do: policies of users, groups and roles.

The readings are conservative, as those of bucket policies are. A policy that cannot be read lets somebody
unknown into every bucket; a Deny counts only inside its own policy, without a condition, and where it covers
all of a bucket; boundaries, session policies and the bucket's own Deny can only narrow, and are not counted on.

Sources: AWS IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements reference"; Amazon S3 User
Guide, "Configuring IAM policies for using access points", as of 2026-11.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from slidebox.access.conditions import narrowed
from slidebox.access.federation import federated
from slidebox.access.reader import ACTIONS, UNKNOWN, Reader, merged
from slidebox.access.s3 import DATA_ACTIONS, user_readers
from slidebox.access.s3_statements import (
    actions,
    bucket_of,
    buckets_named,
    pattern,
    principals,
    statement_name,
    statements,
    texts,
    wildcards,
)

_CONTROL = frozenset(
    {
        "iam:putuserpolicy",
        "iam:putgrouppolicy",
        "iam:putrolepolicy",
        "iam:attachuserpolicy",
        "iam:attachgrouppolicy",
        "iam:attachrolepolicy",
        "iam:createpolicyversion",
        "iam:setdefaultpolicyversion",
        "iam:addusertogroup",
        "iam:updateassumerolepolicy",
    }
)
"""Who may do one of these may give itself the rest."""
_SERVICES = ("s3", "iam")
_NOTHING = {"Effect": "Deny"}
"""In place of a statement that gives nothing: the names of those after it stay."""
_WILD = re.compile(r"[*?]|\$\{")
_PLAIN_BUCKET = re.compile(r"^arn:aws[a-z-]*:s3:::")
_ANY_BUCKET = "*"
_NO_NAME = "\0"
"""A name that no bucket has: only what is about every bucket is about it."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who has what an identity may do.

    Attributes
    ----------
    principal
        Who.
    path
        How they come to be that identity, outermost first.
    """

    principal: str
    path: tuple[str, ...]


def trusted(policy: object, role: str) -> tuple[Holder, ...]:
    """Whom a role's trust policy lets in; somebody unknown where it cannot be understood.

    Every Allow counts, whatever its action, and no Deny.
    """
    said = statements(policy)
    path = (f"trust policy of role {role}",)
    if said is None or policy is None:
        return (Holder(UNKNOWN, (*path, "it cannot be read")),)
    found: dict[Holder, None] = {}
    for number, one in enumerate(said, 1):
        where = (*path, statement_name(number, one))
        if isinstance(one, Mapping) and one.get("Effect") == "Deny":
            continue
        understood = isinstance(one, Mapping) and one.get("Effect") == "Allow"
        named = (federated(one) or principals(one)) if understood and isinstance(one, Mapping) else None
        if named is None:
            found[Holder(UNKNOWN, (*where, "it cannot be understood"))] = None
        else:
            condition = one.get("Condition") if isinstance(one, Mapping) else None
            found.update(dict.fromkeys(Holder(who, where) for who in narrowed(named, condition)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Policy:
    """An identity policy, made ready to be asked about buckets (`policy`).

    Attributes
    ----------
    called
        What it is called in a path, such as ``policy reading``.
    document
        Its statements, with the buckets behind access points in place of these; None where it cannot be read.
    why
        Why it cannot be read.
    controls
        The names of the statements by which whoever has the policy can give itself more.
    """

    called: str
    document: Mapping[str, Any] | None
    why: str = "it cannot be read"
    controls: tuple[str, ...] = ()

    @property
    def buckets(self) -> frozenset[str] | None:
        """The only buckets that it can be about, by name; None where it may be any."""
        return None if self.document is None or self.controls else buckets_named(self.document)

    def readers(self, holders: Iterable[Holder], bucket: str | None) -> tuple[Reader, ...]:
        """Who has access to a bucket by this policy.

        Parameters
        ----------
        holders
            Those whose policy it is.
        bucket
            The bucket's name; None where only what is about every bucket is asked for.
        """
        return merged(reader for holder in holders for reader in self._readers(holder, bucket or _NO_NAME))

    def unnamed_readers(self, holders: Iterable[Holder], known: Iterable[str]) -> tuple[Reader, ...]:
        """Who has access to a bucket whose name is not known, which is none of those that are."""
        if self.document is None:
            return self.readers(holders, None)
        names = frozenset(known)
        wider = replace(self, document={"Statement": [_perhaps(said, names) for said in self.document["Statement"]]})
        about = "a bucket whose name is not known"
        return tuple(replace(reader, path=(*reader.path, about)) for reader in wider.readers(holders, None))

    def wildcards(self, bucket: str | None) -> list[dict[str, str]]:
        """The wildcards about a bucket that can stand for something of S3, or for the policies themselves."""
        return [entry for entry in wildcards(self.document, self.called, bucket) if _matters(entry["value"])]

    def _readers(self, holder: Holder, bucket: str) -> Iterator[Reader]:
        path = (*holder.path, self.called)
        if self.document is None:
            yield Reader(UNKNOWN, ACTIONS, (*path, self.why))
            return
        yield from user_readers(self.document, holder.principal, [bucket], path, UNKNOWN)[bucket]
        for name in self.controls:
            yield Reader(holder.principal, ACTIONS, (*path, name, "it can change what identities may do"))


def policy(called: str, document: object, points: Mapping[str, str] | None = None) -> Policy:
    """Make an identity policy ready to be asked about buckets.

    Parameters
    ----------
    called
        What it is called in a path.
    document
        The policy document, as an object or as JSON text.
    points
        The bucket behind each access point, by the access point's name.
    """
    said = statements(document) if document is not None else None
    if said is None:
        later = document == UNKNOWN
        return Policy(called, None, "it is known only once it is made" if later else "it cannot be read")
    heard = [_NOTHING if _is_elsewhere(one) else _behind(one, points or {}) for one in said]
    return Policy(called, {"Statement": heard}, controls=_controls(heard))


def _is_elsewhere(said: object) -> bool:
    """Whether a statement certainly allows nothing of S3, and nothing of identities."""
    if not isinstance(said, Mapping) or said.get("Effect") != "Allow":
        return False
    listed = texts(said.get("Action")) or ()
    return not _is_about_data(said) and "NotAction" not in said and not any(map(_matters, listed)) and bool(listed)


def _is_about_data(said: Mapping[Any, Any]) -> bool:
    """Whether a statement is about data or about what identities may do; in doubt it is."""
    found = actions(said, DATA_ACTIONS | _CONTROL)
    return found is None or bool(found)


def _controls(said: Sequence[object]) -> tuple[str, ...]:
    """The statements by which whoever has a policy can give itself more."""
    denied = {
        action
        for one in said
        if isinstance(one, Mapping) and one.get("Effect") == "Deny" and one.get("Resource") in ("*", ["*"])
        if not one.get("Condition")
        for action in actions(one, _CONTROL) or ()
    }
    return tuple(
        statement_name(number, one)
        for number, one in enumerate(said, 1)
        if isinstance(one, Mapping) and one.get("Effect") == "Allow"
        if (actions(one, _CONTROL) or frozenset()) - denied
    )


def _behind(said: object, points: Mapping[str, str]) -> object:
    """A statement with the buckets behind access points in place of these."""
    if not isinstance(said, Mapping) or said.get("Effect") == "Deny":
        return said
    listed = texts(said.get("Resource"))
    if listed is None or "NotResource" in said:
        return said
    return {**said, "Resource": [behind for resource in listed for behind in _buckets_behind(resource, points)]}


def _buckets_behind(resource: str, points: Mapping[str, str]) -> list[str]:
    parts = resource.split(":", 5)
    is_s3 = len(parts) > 3 and parts[0] == "arn" and fnmatch.fnmatchcase("s3", pattern(parts[2]))
    if not is_s3 or not any(parts[3:5]):
        return [resource]
    # What has a region or an account in it is an access point, or a pattern that may take one in.
    _, _, name = (parts[5] if len(parts) == 6 else "*").partition("accesspoint")
    bucket = points.get(re.split(r"[/:]", name[1:])[0]) if name[:1] in ("/", ":") else None
    if bucket is None or _WILD.search(bucket):
        return [_ANY_BUCKET]
    return [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]


def _perhaps(said: object, known: frozenset[str]) -> object:
    """An Allow as it is for a bucket whose name is not known."""
    if not isinstance(said, Mapping) or said.get("Effect") == "Deny":
        return said
    listed = texts(said.get("Resource"))
    if listed is None or "NotResource" in said:
        return said
    return {**said, "Resource": [_ANY_BUCKET]} if any(_may_be_another(text, known) for text in listed) else _NOTHING


def _may_be_another(resource: str, known: frozenset[str]) -> bool:
    name = bucket_of(resource)
    if name is None or _WILD.search(name):
        return True
    return name not in known and bool(_PLAIN_BUCKET.match(resource) or _WILD.search(resource.rpartition(name)[0]))


def _matters(value: str) -> bool:
    """Whether an action, or everything but some, can be one of S3 or of identities."""
    service, colon, _ = value.lower().partition(":")
    return " " in value or not colon or any(fnmatch.fnmatchcase(name, pattern(service)) for name in _SERVICES)
