"""The statements of an S3 policy as they are written, and what can be said of them one by one.

Source: AWS IAM User Guide, "IAM JSON policy elements reference"; Amazon S3 User Guide, "Bucket policy
examples" (requiring HTTPS), as of 2026-11.
"""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from slidebox.access.reader import ANYONE, UNKNOWN, account

_WILD = re.compile(r"[*?]")
_PARTITION = re.compile(r"^arn:aws[a-z-]*:")
_ACCOUNT_ID = re.compile(r"^\d{12}$")
_EVERYTHING = frozenset({"*", "s3:*"})
_WORDS = frozenset(
    {
        "Statement",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_COMMON = _WORDS | {"Sid", "Version", "Id"}
_FOLDED = frozenset(word.casefold() for word in _WORDS)


def statements(policy: object) -> list[object] | None:
    """The statements of a policy document, which may be JSON text; None if it is not one.

    A word that is written twice, or in other letters, is one that another server may read: a document that has
    one is not understood, and a statement that has one is None.
    """
    if policy is None:
        return []
    if isinstance(policy, str):
        try:
            policy = json.loads(policy, object_pairs_hook=_once)
        except (ValueError, RecursionError):
            return None
    if not isinstance(policy, Mapping) or _is_ambiguous(policy):
        return None
    said = policy.get("Statement")
    listed = said if isinstance(said, list) else [said]
    return [None if isinstance(one, Mapping) and _is_ambiguous(one) else one for one in listed]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) < len(pairs):
        raise ValueError("a key is there twice")
    return said


def _is_ambiguous(said: Mapping[Any, Any]) -> bool:
    """Whether a word of policies is written in other letters, which a server that ignores case reads too."""
    return not _COMMON.issuperset(said) and any(str(key).casefold() in _FOLDED and key not in _WORDS for key in said)


def statement_name(number: int, said: object) -> str:
    """What a statement is called in a path: by its own name, which does not depend on the order of statements."""
    name = said.get("Sid") if isinstance(said, Mapping) else None
    return f"statement {name}" if isinstance(name, str) and name else f"statement {number}"


def texts(value: object) -> tuple[str, ...] | None:
    """A text or a list of texts; None for anything else, and for nothing."""
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(text, str) for text in values):
        return None
    return tuple(values)


def principals(said: Mapping[Any, Any]) -> tuple[str, ...] | None:
    """Whom a statement names; None where that cannot be understood."""
    if "NotPrincipal" in said:
        # Everybody but some: for an Allow that is everybody; a Deny of this kind is not counted on.
        return (ANYONE,) if said.get("Effect") == "Allow" else None
    named = said.get("Principal")
    if named == "*":
        return (ANYONE,)
    if not isinstance(named, Mapping) or not named:
        return None
    found: list[str] = []
    for kind, value in named.items():
        values = texts(value)
        if values is None:
            return None
        found += [_principal(str(kind), text) for text in values]
    return tuple(sorted(set(found)))


def _principal(kind: str, value: str) -> str:
    if value == UNKNOWN:
        return UNKNOWN  # two that are known only later are not one and the same
    if kind == "AWS":
        if "*" in value or "?" in value:
            # S3 takes only the whole "*"; what another server makes of a pattern is not known to be less.
            return ANYONE
        return account(value if not _ACCOUNT_ID.match(value) else f"arn:aws:iam::{value}:root")
    if kind == "Service":
        return account(f"service {value}")
    if kind == "CanonicalUser":
        return account(f"canonical user {value}")
    return UNKNOWN


def actions(said: Mapping[Any, Any], among: Iterable[str]) -> frozenset[str] | None:
    """The actions, of some in small letters, that a statement is about; None where that cannot be understood."""
    excepting = "NotAction" in said
    listed = texts(said.get("NotAction" if excepting else "Action"))
    if listed is None or UNKNOWN in listed:
        return None
    return frozenset(a for a in among if excepting != any(_matches(a, text) for text in listed))


def _matches(action: str, text: str) -> bool:
    return fnmatch.fnmatchcase(action, pattern(text.lower()))


def pattern(text: str) -> str:
    """A policy's pattern, which knows only * and ?, as fnmatch understands it."""
    return text.replace("[", "[[]")


def wildcards(policy: object, where: str, bucket: str | None = None) -> list[dict[str, str]]:
    """The wildcards of a policy's Allow statements, as the facts document has them.

    A condition does not take one away: it narrows who comes, not what is written. Everybody but some, and
    everything but some, are wildcards too. A policy that cannot be read has none that can be shown; its
    readers are unknown.

    Parameters
    ----------
    policy
        The policy document, as an object or as JSON text.
    where
        What the policy is, such as ``policy of bucket b``.
    bucket
        Only statements that may be about this bucket; all where None.
    """
    found = []
    for number, said in enumerate(statements(policy) or (), 1):
        if not isinstance(said, Mapping) or said.get("Effect") != "Allow":
            continue
        if bucket is not None and not may_be_about(said, bucket):
            continue
        at = f"{where}, {statement_name(number, said)}"
        found += [{"where": at, "what": "principal", "value": value} for value in _wild_principals(said)]
        found += [{"where": at, "what": "action", "value": value} for value in _wild_actions(said)]
    return found


def may_be_about(said: Mapping[Any, Any], bucket: str) -> bool:
    """Whether the resources of a statement may take in a bucket or anything in it; in doubt they do."""
    listed = texts(said.get("Resource"))
    if "NotResource" in said or listed is None:
        return True
    for resource in listed:
        name = bucket_of(resource)
        if name is None or name == bucket:
            return True
        fixed = _WILD.split(name)[0]
        if fixed != name and bucket.startswith(fixed):
            return True
    return False


def buckets_named(policy: object) -> frozenset[str] | None:
    """The only buckets that a policy's Allow statements can be about; None where it may be any."""
    said = statements(policy)
    if said is None:
        return None
    names: set[str] = set()
    for one in said:
        if isinstance(one, Mapping) and one.get("Effect") == "Deny":
            continue
        listed = None if not isinstance(one, Mapping) or "NotResource" in one else texts(one.get("Resource"))
        found = [None] if listed is None else [bucket_of(resource) for resource in listed]
        if any(name is None or _WILD.search(name) for name in found):
            return None
        names.update(name for name in found if name is not None)
    return frozenset(names)


def bucket_of(resource: str) -> str | None:
    """The bucket's name in an ARN, wildcards and all; None where it may be any."""
    if not _PARTITION.match(resource) or "${" in resource:
        return None
    return resource.split(":", 5)[-1].split("/", maxsplit=1)[0]


def encrypted_transport_only(policy: object, bucket: str) -> bool | str:
    """Whether a bucket policy denies everybody everything that comes without TLS; unknown if it cannot be read."""
    said = statements(policy)
    if said is None:
        return UNKNOWN
    return any(isinstance(one, Mapping) and _denies_plain_transport(one, bucket) for one in said)


def _denies_plain_transport(said: Mapping[Any, Any], bucket: str) -> bool:
    if said.get("Effect") != "Deny" or "NotAction" in said or "NotResource" in said:
        return False
    everybody = said.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
    everything = bool(_EVERYTHING & set(texts(said.get("Action")) or ()))
    objects = {_PARTITION.sub("arn:aws:", resource) for resource in texts(said.get("Resource")) or ()}
    covered = bool(objects & {"*", f"arn:aws:s3:::{bucket}/*", f"arn:aws:s3:::{bucket}*"})
    return everybody and everything and covered and _is_plain_transport(said.get("Condition"))


def _is_plain_transport(condition: object) -> bool:
    """Whether a condition holds for all requests without TLS: it says that and nothing else."""
    if not isinstance(condition, Mapping) or len(condition) != 1:
        return False
    ((operator, keys),) = condition.items()
    if operator not in ("Bool", "BoolIfExists") or not isinstance(keys, Mapping) or len(keys) != 1:
        return False
    ((key, value),) = keys.items()
    return str(key).lower() == "aws:securetransport" and value in ("false", False, ["false"], [False])


def _wild_principals(said: Mapping[Any, Any]) -> Iterator[str]:
    if "NotPrincipal" in said:
        yield f"everybody but {_shown(said['NotPrincipal'])}"
    named = said.get("Principal")
    if isinstance(named, str) and _WILD.search(named):
        yield named
    elif isinstance(named, Mapping):
        for value in named.values():
            yield from (text for text in texts(value) or () if _WILD.search(text))


def _wild_actions(said: Mapping[Any, Any]) -> Iterator[str]:
    if "NotAction" in said:
        yield f"everything but {_shown(said['NotAction'])}"
    yield from (text for text in texts(said.get("Action")) or () if _WILD.search(text))


def _shown(value: Any) -> str:
    found: list[str] = []
    for part in value.values() if isinstance(value, Mapping) else [value]:
        found += texts(part) or ["what cannot be understood"]
    return ", ".join(found)
