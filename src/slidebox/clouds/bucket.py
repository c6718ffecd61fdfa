"""What one dataset needs of a bucket or container in a cloud, whichever cloud it is.

Everything follows from the declaration: what the data need is what the rules say they need
(`slidebox.policy.Rules.explain`), and what happens to them by themselves is what the facts say
(`slidebox.facts.FactBook.lifecycle`). Each cloud's component writes this down in its own words and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from slidebox.clouds.grants import Grant, grants_of
from slidebox.clouds.tiers import Transition
from slidebox.errors import InputError
from slidebox.model import Candidate, Lab, Level, Term
from slidebox.naming import bucket_name, bucket_of

AUDIT = "audit"
"""The bucket of a cloud store that has the logs and reports of all others."""

AUDIT_TAG = "slidebox:audit"
"""The tag that says of which store a bucket has the logs and reports."""

SOFT_DELETE_DAYS = 30
"""How long what was deleted by mistake can be had back, where a cloud offers it."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A bucket of the same dataset at another store of the same cloud.

    Attributes
    ----------
    bucket
        Its name.
    region, account
        Where it is, and whose account it is in.
    """

    bucket: str
    region: str
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudBucket:
    """A dataset's bucket (AWS, Google) or container (Azure).

    Attributes
    ----------
    location
        Its id: ``project/level@term@store``.
    store, region, account
        The store, where it is, and whose account it is in.
    name
        The name of the bucket.
    audit
        The name of the bucket for its logs and reports.
    sensitivity
        What holds after taint: ``identifiable``, ``coded``, ``confidential`` or ``open``.
    public
        Whether anyone may read it: declared so in this term, and passed the publish gate.
    versioning
        Whether earlier versions are kept.
    soft_delete_days
        For how long deleted objects can be had back.
    lock_days
        For how long an object cannot be deleted or changed after it was written; None without such a time.
    hold
        Why nothing may be deleted at all; None without a hold.
    own_key
        Whether it is encrypted with a key of the lab's own.
    access_log
        Whether it is logged who read what.
    abort_days, noncurrent_days, expire_days
        After how many days broken uploads, earlier versions, and the data themselves go; None for never.
    transitions
        Moves to cheaper classes.
    grants
        Who may do what, until when.
    tags
        Whose it is.
    copies_to
        Where the cloud can keep copies of it: of the dataset's first bucket all others of the same cloud.
    copy_of
        The bucket that it is a copy of; None for the first.
    """

    location: str
    store: str
    region: str
    account: str
    name: str
    audit: str
    sensitivity: str
    public: bool
    versioning: bool
    soft_delete_days: int
    lock_days: int | None
    hold: str | None
    own_key: bool
    access_log: bool
    abort_days: int | None
    noncurrent_days: int | None
    expire_days: int | None
    transitions: tuple[Transition, ...]
    grants: tuple[Grant, ...]
    tags: Mapping[str, str]
    copies_to: tuple[Copy, ...] = ()
    copy_of: Copy | None = None


def audit_name(lab: str, store: str) -> str:
    """Name of the audit bucket of a cloud store."""
    return bucket_name(lab, "lab", AUDIT, store)


def cloud_bucket(
    lab: Lab,
    candidate: Candidate,
    explained: Mapping[str, Any],
    lifecycle: Mapping[str, Any],
    tags: Mapping[str, str],
    copies: Iterable[Candidate] = (),
) -> CloudBucket:
    """What a placement needs of its bucket.

    Parameters
    ----------
    lab
        What is declared.
    candidate
        The placement.
    explained
        What holds for its dataset, as the rules answer.
    lifecycle
        What happens to its bytes by themselves, as the facts have it.
    tags
        Whose it is.
    copies
        All placements of its dataset in its term that are made, this one too, the first copy first.

    Raises
    ------
    InputError
        If somebody of its audience has no identity at the store.
    """
    store = lab.file.stores[candidate.store]
    name, _, level = candidate.dataset.partition("/")
    project = lab.projects[name]
    dataset = project.datasets[Level(level)]
    agreement = lab.file.agreements.get(dataset.agreement or project.agreement or "")
    ends = agreement.ends if agreement else None
    grants, nameless = grants_of(lab.file, candidate.store, explained["audience"], ends)
    if nameless:
        raise InputError(
            f"{', '.join(nameless)} may use {candidate.dataset}, but nothing says who that is at {candidate.store}.",
            f"Write `identities: {{{candidate.store}: …}}` for each in lab.yaml.",
        )
    needs = explained["needs"]
    irreplaceable = "versioning" in needs
    versioning = irreplaceable or dataset.expire_after is None
    # Without versions nothing is copied, in any cloud.
    first, others = _copies(lab, candidate, copies) if versioning else (None, ())
    return CloudBucket(
        location=candidate.id,
        store=candidate.store,
        region=store.region,
        account=store.account or "",
        name=bucket_of(lab, candidate.dataset, candidate.store),
        audit=audit_name(lab.file.lab, candidate.store),
        sensitivity=explained["sensitivity"]["effective"],
        public=project.public_in(Level(level), candidate.term) and "public_access_block" not in needs,
        versioning=versioning,
        soft_delete_days=SOFT_DELETE_DAYS if dataset.expire_after is None else 0,
        lock_days=_lock_days(lab, candidate, irreplaceable=irreplaceable),
        hold=dataset.hold,
        own_key="own_key" in needs,
        access_log="access_log" in needs,
        abort_days=_days(lifecycle["abort_days"]),
        noncurrent_days=_days(lifecycle["noncurrent_days"]),
        expire_days=_days(lifecycle["expire_days"]),
        transitions=tuple(Transition(move["days"], move["storage_class"]) for move in lifecycle["transitions"]),
        grants=grants,
        tags=tags,
        copies_to=others,
        copy_of=first,
    )


def _copies(lab: Lab, candidate: Candidate, copies: Iterable[Candidate]) -> tuple[Copy | None, tuple[Copy, ...]]:
    """The bucket that one is a copy of, and those that are copies of it: all of one cloud."""
    kind = lab.file.stores[candidate.store].kind
    alike = [copy.store for copy in copies if lab.file.stores[copy.store].kind is kind]
    if candidate.store not in alike:
        return None, ()
    first, *others = (_copy(lab, candidate.dataset, store) for store in alike)
    return (None, tuple(others)) if alike[0] == candidate.store else (first, ())


def _copy(lab: Lab, dataset: str, name: str) -> Copy:
    store = lab.file.stores[name]
    return Copy(bucket_of(lab, dataset, name), store.region, store.account or "")


def _lock_days(lab: Lab, candidate: Candidate, *, irreplaceable: bool) -> int | None:
    """The longest retention that is declared in years, of what cannot be made again and is not worked on any more."""
    if not irreplaceable or candidate.term is Term.SHORT:
        return None
    name, _, level = candidate.dataset.partition("/")
    project = lab.projects[name]
    dataset = project.datasets[Level(level)]
    agreement = lab.file.agreements.get(dataset.agreement or project.agreement or "")
    clocks = (dataset.retention, lab.file.retention, agreement.retention if agreement else None)
    return max((clock.days for clock in clocks if clock), default=None)


def _days(value: object) -> int | None:
    return value if isinstance(value, int) else None
