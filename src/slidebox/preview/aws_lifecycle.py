"""What an S3 bucket does with its data by itself: the rules of its lifecycle configuration.

Source: Amazon S3 User Guide, "Lifecycle configuration elements", as of 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from slidebox.access import UNKNOWN
from slidebox.facts import NONE
from slidebox.preview.aws_buckets import AwsBucket
from slidebox.preview.seen import at

_CLASSES = {
    "STANDARD": "standard",
    "INTELLIGENT_TIERING": "intelligent_tiering",
    "STANDARD_IA": "infrequent",
    "GLACIER_IR": "archive",
}
"""Table 1's names of Amazon's classes; any other keeps Amazon's own name."""

Rule = Mapping[str, Any]


def lifecycle(bucket: AwsBucket, now: dt.date) -> Any:
    """A bucket's lifecycle, as the facts document has it; unknown where its rules cannot be read."""
    listed = rules(bucket)
    transitions = None if listed is None else [*_transitions(listed, now)]
    if listed is None or transitions is None or any(move["days"] == UNKNOWN for move in transitions):
        return UNKNOWN
    return {
        "offered": True,
        "abort_days": _first(listed, _abort_days),
        "noncurrent_days": _first(listed, _noncurrent_days),
        "expire_days": _first(listed, lambda rule: _expiry(rule, now)),
        "transitions": transitions,
    }


def rules(bucket: AwsBucket) -> list[Rule] | None:
    """The rules in force; None where they are not known."""
    said = [part.seen.properties.get("rules", UNKNOWN) for part in bucket.of("bucketLifecycleConfiguration")]
    if not all(part.certain for part in bucket.of("bucketLifecycleConfiguration")):
        return None
    if not said:
        said = [bucket.seen.properties.get("lifecycleRules") or []]
    listed: list[Rule] = []
    for rule in [rule for one in said for rule in (one if isinstance(one, list) else [None])]:
        if not isinstance(rule, Mapping) or UNKNOWN in (rule.get("status"), rule.get("enabled")):
            return None
        if rule.get("status", "Enabled") == "Enabled" and rule.get("enabled", True):
            listed.append(rule)
    return listed


def _is_whole(rule: Rule) -> bool:
    """Whether a rule is about all objects of the bucket."""
    said = rule.get("filter") or {}
    return isinstance(said, Mapping) and not (rule.get("prefix") or rule.get("tags") or any(said.values()))


def _first(listed: list[Rule], read: Callable[[Rule], Any]) -> Any:
    """After how many days something happens first; unknown where only some objects are meant."""
    said = [(days, _is_whole(rule)) for rule in listed if (days := read(rule)) is not None]
    if not said:
        return NONE
    if any(days == UNKNOWN for days, _ in said) or not any(whole for _, whole in said):
        return UNKNOWN
    return min(days for days, _ in said)


def _abort_days(rule: Rule) -> Any:
    block = at(rule, "abortIncompleteMultipartUpload", "daysAfterInitiation")
    return block or rule.get("abortIncompleteMultipartUploadDays") or None


def _expiry(rule: Rule, now: dt.date) -> Any:
    """When objects expire; None where a rule only tidies marks of deletion up."""
    return at(rule, "expiration", "days") or _until(at(rule, "expiration", "date"), now)


def _noncurrent_days(rule: Rule) -> Any:
    said = at(rule, "noncurrentVersionExpiration")
    return at(said, "noncurrentDays") or at(said, "days") or None


def _transitions(listed: list[Rule], now: dt.date) -> Iterator[dict[str, Any]]:
    """Every move to another class, of all objects or of some."""
    for rule in listed:
        said = rule.get("transitions") or []
        for move in said if isinstance(said, list) else [said]:
            days, name = at(move, "days"), at(move, "storageClass")
            later = _until(at(move, "date"), now) if days is None or (days == 0 and at(move, "date")) else days
            known = isinstance(name, str) and name not in ("", UNKNOWN) and isinstance(later, int)
            yield {
                "days": later if known else UNKNOWN,
                "storage_class": _CLASSES.get(str(name), str(name).lower()),
            }


def _until(date: Any, now: dt.date) -> Any:
    """How many days are left until a date; unknown where it cannot be read, None where there is none."""
    if not date:
        return None
    try:
        return max((dt.date.fromisoformat(str(date)[:10]) - now).days, 0)
    except ValueError:
        return UNKNOWN
