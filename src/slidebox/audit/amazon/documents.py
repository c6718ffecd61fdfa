"""Policies of a plan or a stack: whole ones, and those that a plan of Terraform shows in part. Pure.

Mostly a policy names its bucket by the ARN, which is known only once the bucket is made, so all its text is unknown.
Where it is a data source ``aws_iam_policy_document``, the plan shows the statements, and what they name is found by the
plan's references. What stays unknown is read as the widest: an Allow as being about everything that the policy can be
about, and a Deny as nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from slidebox.access import UNKNOWN
from slidebox.access.s3_statements import statements
from slidebox.access.snapshot import unread, why_unread
from slidebox.audit.amazon.item import (
    LATER,
    Item,
    Stack,
    blocks,
    distribution_arn,
    document,
    identity_arn,
    named,
    said,
    settled,
    texts,
)

DATA: Final = "data.iam_policy_document"
_LISTS: Final = {
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}
_DEEPEST: Final = 10
"""How many data sources a policy is followed through."""
_S3: Final = "arn:aws:s3:::"
_S3_ARN: Final = re.compile(r"^arn:[^:]*:s3:[^:]*:[^:]*:(?P<bucket>[^/]*)(?P<key>/.*)?$")
_WILD: Final = re.compile(r"[*?$]")


class Documents:
    """The policies of a stack.

    Parameters
    ----------
    stack
        The stack.
    names
        What each bucket of the stack stands under, by its key.
    unnamed
        The buckets whose names are not known: what stands for each, and how its name will begin.
    account
        The account they are in; empty where it is not known.
    """

    def __init__(self, stack: Stack, names: Mapping[str, str], unnamed: Mapping[str, str], account: str) -> None:
        self._stack = stack
        self._names = names
        self._unnamed = unnamed
        self._account = account

    def of(self, item: Item, attribute: str = "policy") -> Any:
        """A policy as a snapshot has it; None where there is none."""
        found = document(item.get(attribute))
        return self._of_source(item, attribute) if why_unread(found) is not None else found

    def of_bucket(self, item: Item, bucket: str) -> Any:
        """The policy of a bucket; of one whose name is not known, what it says of anything is about the bucket."""
        found = self.of(item)
        if bucket not in self._unnamed or found is None or why_unread(found) is not None:
            return found
        listed = statements(found)
        if listed is None:
            return found
        return {"Statement": [one for said in listed for one in _about_any(said)]}

    def of_identity(self, item: Item, attribute: str = "policy") -> Any:
        """The policy of an identity, with buckets whose names are not known where it may be about these."""
        return self.widened(self.of(item, attribute))

    def widened(self, found: Any) -> Any:
        """A policy with buckets whose names are not known beside the patterns that may be about these."""
        listed = statements(found) if self._unnamed and found is not None and why_unread(found) is None else None
        if listed is None:
            return found
        return {"Statement": [self._wider(one) for one in listed]}

    def _wider(self, one: Any) -> Any:
        resources = _resources(one)
        if resources is None or one.get("Effect") != "Allow":
            return one
        added = [
            f"{_S3}{called}{match['key'] or ''}"
            for text in resources
            if (match := _S3_ARN.match(text)) and _WILD.search(match["bucket"])
            for called, prefix in self._unnamed.items()
            if _may_begin(match["bucket"], prefix)
        ]
        return {**one, "Resource": [*resources, *dict.fromkeys(added)]} if added else one

    def _of_source(self, item: Item, attribute: str) -> Any:
        """The policy of the one data source that an attribute comes from; unread where there is no such."""
        sources = self._stack.sources(item, attribute, DATA)
        if len(sources) != 1 or len(item.comes_from(attribute)) != 1:
            return unread(LATER)
        return self._drawn(sources[0], 0)

    def _drawn(self, data: Item, depth: int) -> Any:
        """What a data source says, from its statements."""
        whole = document(data.get("json"))
        if whole is not None and why_unread(whole) is None:
            return whole
        own = blocks(data.values, "statement")
        before, after = (self._given(data, word, depth) for word in ("source", "override"))
        if UNKNOWN in own or before is None or after is None:
            return unread(LATER)
        about = self._named(data)
        drawn = [one for values in own for one in _statement(values, about)]
        return {"Statement": _overridden([*before, *drawn], after)}

    def _given(self, data: Item, word: str, depth: int) -> list[Any] | None:
        """The statements of what a data source adds to, or is overridden by; None where they are not known."""
        found: list[Any] = []
        for name in (f"{word}_policy_documents", f"{word}_json"):
            listed = texts(data.values, name)
            missing = listed.count(UNKNOWN)
            sources = self._stack.sources(data, name, DATA) if missing else []
            # Each text that is not known has to be that of one data source, all of which are in the plan.
            whole = data.get(name) == UNKNOWN and name.endswith("s")
            if whole or missing > len(sources) or depth > _DEEPEST:
                return None
            if missing and (missing != len(sources) or not self._stack.all_known(data, name)):
                return None
            drawn = [self._drawn(one, depth + 1) for one in sources]
            for policy in [*(text for text in listed if text != UNKNOWN), *drawn]:
                said_by = statements(policy) if why_unread(policy) is None else None
                if said_by is None:
                    return None
                found += said_by
        return found

    def _named(self, data: Item) -> _Named:
        """What the statements of a data source name; nothing where it may be something else."""
        found = {kind: self._stack.sources(data, "statement", *kinds) for kind, kinds in _NAMED.items()}
        distributions = tuple(distribution_arn(item, self._account) for item in found["distributions"])
        if not self._stack.all_known(data, "statement"):
            return _Named(distributions=distributions)
        return _Named(
            tuple(self._names[item.key] for item in found["buckets"]),
            distributions,
            (
                *(identity_arn(item, self._account) for item in found["identities"]),
                *(f"{_CLOUDFRONT}{named(item, 'id')}" for item in found["origins"]),
            ),
            tuple(item.known("s3_canonical_user_id") or item.address for item in found["origins"]),
        )


_NAMED: Final = {
    "buckets": ("s3_bucket",),
    "distributions": ("cloudfront_distribution",),
    "identities": ("iam_role", "iam_user"),
    "origins": ("cloudfront_origin_access_identity",),
}
_CLOUDFRONT: Final = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity "


@dataclass(frozen=True, slots=True)
class _Named:
    """What the statements of a data source name.

    Attributes
    ----------
    buckets
        What each bucket stands under.
    distributions, identities, canonicals
        ARNs of distributions and of identities, and canonical ids.
    """

    buckets: tuple[str, ...] = ()
    distributions: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()
    canonicals: tuple[str, ...] = ()


def _statement(values: Mapping[str, Any], about: _Named) -> Iterator[dict[str, Any]]:
    """A statement of a data source; none of a Deny that is not wholly known."""
    effect = said(values, "effect") or "Allow"
    found: dict[str, Any] = {"Sid": settled(said(values, "sid") or ""), "Effect": effect}
    for name, called in _LISTS.items():
        if listed := texts(values, name):
            found[called] = listed
    for name, called in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        if listed := blocks(values, name):
            found[called] = _principals(listed, about)
    if conditions := blocks(values, "condition"):
        found["Condition"] = _conditions(conditions, about.distributions)
    if effect == "Deny" and _has_later(values):
        # Whatever stands in for what is not known may be too much, and a Deny is only counted on where it is certain.
        return
    if effect == UNKNOWN or _is_later(found):
        if UNKNOWN in found.get("Resource", ()):
            known = [one for one in found["Resource"] if one != UNKNOWN]
            named = [f"{_S3}{bucket}{rest}" for bucket in about.buckets for rest in ("", "/*")]
            found["Resource"] = [*known, *(named or ["*"])]
        # What is not excepted for certain is taken in.
        if UNKNOWN in found.get("NotResource", ()):
            found["NotResource"] = [one for one in found["NotResource"] if one != UNKNOWN] or [f"{_S3}\0"]
    yield settled(found)


def _principals(listed: Iterable[Any], about: _Named) -> Any:
    if UNKNOWN in (listed := list(listed)):
        return unread(LATER)
    found: dict[str, Any] = {}
    stand_in = {"AWS": about.identities, "CanonicalUser": about.canonicals}
    for one in listed:
        kind, names = str(said(one, "type")), texts(one, "identifiers")
        if kind == "*" and names == ["*"]:
            return "*"
        if UNKNOWN in names and stand_in.get(kind):
            names = [name for name in names if name != UNKNOWN] + list(stand_in[kind])
        found.setdefault(kind, []).extend(names)
    return found


def _conditions(listed: Iterable[Any], distributions: Sequence[str]) -> Any:
    found: dict[str, dict[str, list[str]]] = {}
    for one in listed:
        if one == UNKNOWN:
            return unread(LATER)
        variable, given = str(said(one, "variable")), texts(one, "values")
        if distributions and UNKNOWN in given and variable.lower() == "aws:sourcearn":
            given = [text for text in given if text != UNKNOWN] + list(distributions)
        found.setdefault(str(said(one, "test")), {}).setdefault(variable, []).extend(given)
    return found


def _has_later(values: Any) -> bool:
    """Whether anything in a block is not known, or null in its place."""
    if isinstance(values, Mapping):
        return any(map(_has_later, values.values()))
    return any(one is None or _has_later(one) for one in values) if isinstance(values, list) else values == UNKNOWN


def _is_later(value: Any) -> bool:
    if isinstance(value, Mapping):
        return why_unread(value) is not None or any(map(_is_later, value.values()))
    return any(map(_is_later, value)) if isinstance(value, list) else value == UNKNOWN


def _overridden(first: list[Any], then: list[Any]) -> list[Any]:
    """Statements, those of a name replaced by later ones of the same name."""
    names = {one.get("Sid") for one in then if isinstance(one, Mapping)} - {None, ""}
    return [one for one in first if not (isinstance(one, Mapping) and one.get("Sid") in names)] + then


def _about_any(one: Any) -> Iterator[Any]:
    """A statement about a bucket whose name is not known, as it is if it is about that."""
    if not isinstance(one, Mapping):
        yield one
    elif one.get("Effect") != "Deny":
        yield {name: value for name, value in one.items() if name != "NotResource"} | {"Resource": "*"}
    elif one.get("Resource") in ("*", ["*"]):
        yield one


def _resources(one: Any) -> list[str] | None:
    listed = one.get("Resource") if isinstance(one, Mapping) else None
    found = [listed] if isinstance(listed, str) else listed
    return found if isinstance(found, list) and all(isinstance(text, str) for text in found) else None


def _may_begin(pattern: str, prefix: str) -> bool:
    """Whether a name that begins with a prefix can be of a pattern, by what stands before its first wildcard."""
    fixed = _WILD.split(pattern, maxsplit=1)[0]
    return fixed.startswith(prefix) or prefix.startswith(fixed)
