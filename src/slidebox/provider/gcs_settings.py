"""The settings of a bucket of Google Cloud: how each is read and written.

Every setting has a normal form, the one its input has; what the service answers is brought into it, so that two
spellings of one setting are never a difference. The bucket is the client's own object, which sends what was set in
one request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slidebox.provider import gcs_lifecycle
from slidebox.provider.resource import Failure
from slidebox.provider.values import Properties, has_unknown, same

_DAY_SECONDS = 86_400
_SOFT_DELETE_DAYS = range(7, 91)
_KEY = re.compile(r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+")

PROPERTIES: Mapping[str, tuple[str, str]] = {
    "location": ("string", "Id of the location: project/level@term@store."),
    "store": ("object", "The store: name, project, region, and endpoint where it is not Google's own."),
    "bucket": ("string", "Name of the bucket."),
    "public": ("boolean", "Anyone may be let in; else public access is prevented."),
    "uniformAccess": ("boolean", "Access is given for the whole bucket only; nothing else is taken."),
    "versioning": ("boolean", "Keep earlier versions: so without a retention policy, and never with one."),
    "softDeleteDays": ("number", "For how long deleted objects can be had back: 0, or 7 to 90; 7 if not said."),
    "retention": ("object", "days for which objects cannot change or go; locked, which nothing takes back."),
    "hold": ("string", "Why nothing may be deleted at all: new objects are held."),
    "lifecycle": ("object", "abortDays, noncurrentDays, expireDays and transitions (days, storageClass)."),
    "ownKey": ("boolean", "The data need a key of the lab's own."),
    "kmsKey": ("string", "Name of that key in Cloud KMS, without a version so that it can rotate."),
    "log": ("object", "Where it is written who read what: bucket and prefix."),
    "grants": ("array", "Who may do what until when: member, role, until, principal, or a condition."),
    "identities": ("object", "Whom of the lab each member stands for, for the rules."),
    "tags": ("object", "The lab's tags, as labels; the owner's mark is added."),
    "facts": ("string", "What is declared of the dataset, as JSON, for the rules."),
    "url": ("string", "Its address: gs://…"),
    "granted": ("array", "The grants that slidebox has put into its policy."),
    "foreignMembers": ("array", "Whom others have let in."),
    "owner": ("string", "The resource that the bucket's mark names."),
}
"""The properties of a bucket for the schema: type and description, by name."""

BLANK: Mapping[str, Any] = {
    "public": False,
    "uniformAccess": True,
    "versioning": False,
    "softDeleteDays": 7,
    "ownKey": False,
    "grants": [],
    "tags": {},
}
"""What holds where an input says nothing."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a bucket.

    Attributes
    ----------
    input
        The property that holds it.
    read
        Reads it from the client's bucket, in normal form.
    write
        Sets it there.
    normal
        The normal form of what was declared.
    """

    input: str
    read: Callable[[Any], Any]
    write: Callable[[Any, Any], None]
    normal: Callable[[Any], Any] = lambda value: value


def _days(seconds: int) -> float:
    """Seconds as days; a whole number where they are whole days."""
    days, rest = divmod(seconds, _DAY_SECONDS)
    return seconds / _DAY_SECONDS if rest else days


def is_key(name: str) -> bool:
    """Whether it names a key in Cloud KMS, without a version."""
    return bool(_KEY.fullmatch(name))


def _write_public(bucket: Any, value: bool) -> None:
    bucket.iam_configuration.public_access_prevention = "inherited" if value else "enforced"


def _write_uniform(bucket: Any, value: bool) -> None:
    bucket.iam_configuration.uniform_bucket_level_access_enabled = value


def _write_soft_delete(bucket: Any, value: int) -> None:
    bucket.soft_delete_policy.retention_duration_seconds = value * _DAY_SECONDS


def _read_retention(bucket: Any) -> dict[str, Any] | None:
    seconds = bucket.retention_period
    if not seconds:
        return None
    return {"days": _days(seconds), "locked": bool(bucket.retention_policy_locked)}


def _write_retention(bucket: Any, value: Mapping[str, Any] | None) -> None:
    # The lock is a request of its own, which only an input that says so leads to: it cannot be taken back.
    bucket.retention_period = int(value["days"]) * _DAY_SECONDS if value else None


def _normal_retention(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return {"days": value["days"], "locked": bool(value.get("locked"))} if value else None


def _read_log(bucket: Any) -> dict[str, Any] | None:
    said = bucket.get_logging()
    return {"bucket": said.get("logBucket"), "prefix": said.get("logObjectPrefix", "")} if said else None


def _write_log(bucket: Any, value: Mapping[str, Any] | None) -> None:
    if value is None:
        bucket.disable_logging()
    else:
        bucket.enable_logging(value["bucket"], value.get("prefix", ""))


def _read_rules(bucket: Any) -> dict[str, Any] | None:
    return gcs_lifecycle.read(map(dict, bucket.lifecycle_rules))


def _write_rules(bucket: Any, value: Mapping[str, Any] | None) -> None:
    bucket.lifecycle_rules = gcs_lifecycle.rules(value)


def _assign(name: str) -> Callable[[Any, Any], None]:
    return lambda bucket, value: setattr(bucket, name, value)


SETTINGS = (
    Setting("uniformAccess", lambda b: b.iam_configuration.uniform_bucket_level_access_enabled, _write_uniform),
    Setting("public", lambda b: b.iam_configuration.public_access_prevention != "enforced", _write_public),
    Setting("versioning", lambda b: bool(b.versioning_enabled), _assign("versioning_enabled")),
    Setting(
        "softDeleteDays",
        lambda b: _days(b.soft_delete_policy.retention_duration_seconds or 0),
        _write_soft_delete,
    ),
    Setting("retention", _read_retention, _write_retention, _normal_retention),
    Setting("hold", lambda b: bool(b.default_event_based_hold), _assign("default_event_based_hold"), bool),
    Setting("kmsKey", lambda b: b.default_kms_key_name, _assign("default_kms_key_name")),
    Setting("log", _read_log, _write_log),
    Setting("lifecycle", _read_rules, _write_rules, gcs_lifecycle.normal),
)


def differing(bucket: Any, inputs: Properties) -> dict[str, Any]:
    """The present value of each setting that is not as declared, by its input."""
    present = {setting.input: setting.read(bucket) for setting in SETTINGS}
    return {s.input: present[s.input] for s in SETTINGS if not same(present[s.input], s.normal(inputs.get(s.input)))}


def begin(bucket: Any, inputs: Properties) -> None:
    """Set everything that is declared on a bucket that is not made yet: nothing is left to what Google would choose."""
    for setting in SETTINGS:
        value = setting.normal(inputs.get(setting.input))
        if value is not None:
            setting.write(bucket, value)


def write(bucket: Any, inputs: Properties) -> bool:
    """Set what is not as declared; answers whether there is anything to send."""
    wrong = {
        name: value
        for name, value in differing(bucket, inputs).items()
        if not _only_unlocked(name, value, inputs.get("retention"))
    }
    for setting in SETTINGS:
        if setting.input in wrong:
            setting.write(bucket, setting.normal(inputs.get(setting.input)))
    return bool(wrong)


def _only_unlocked(name: str, present: Any, wanted: Any) -> bool:
    """Whether nothing but the lock of a retention differs, which is no field that can be written."""
    return name == "retention" and bool(present and wanted) and bool(present["days"] == wanted["days"])


def wants_lock(bucket: Any, inputs: Properties) -> bool:
    """Whether the retention is to be locked and is not yet."""
    return bool((inputs.get("retention") or {}).get("locked")) and not bucket.retention_policy_locked


def faults(inputs: Properties) -> list[Failure]:
    """What is wrong with settings, as far as they are known."""
    known: dict[str, Any] = {name: None if has_unknown(value) else value for name, value in inputs.items()}
    failures = []
    if known.get("retention") and known.get("versioning"):
        failures.append(
            Failure("retention", "Google keeps either earlier versions of a bucket's objects, or a retention policy")
        )
    if known.get("retention") and not known["retention"].get("days"):
        failures.append(Failure("retention", "a retention policy needs its 'days'"))
    if known.get("softDeleteDays") and known["softDeleteDays"] not in _SOFT_DELETE_DAYS:
        failures.append(Failure("softDeleteDays", "what was deleted can be had back for 7 to 90 days, or not at all"))
    if known.get("uniformAccess") is False:
        failures.append(Failure("uniformAccess", "lists of access on single objects are what no rule can see"))
    key = known.get("kmsKey")
    if known.get("ownKey") and not inputs.get("kmsKey"):
        failures.append(Failure("kmsKey", "the data need a key of the lab's own, and none is named"))
    if key and not is_key(key):
        failures.append(
            Failure("kmsKey", f"{key!r} is not projects/…/locations/…/keyRings/…/cryptoKeys/…, without a version")
        )
    moves = (known.get("lifecycle") or {}).get("transitions") or ()
    failures += [
        Failure("lifecycle", f"{move.get('storageClass')!r} is no storage class that objects can move to")
        for move in moves
        if move.get("storageClass") not in gcs_lifecycle.CLASSES[1:]
    ]
    return failures
