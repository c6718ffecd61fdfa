"""Whose a charge is: by the tags that slidebox writes, by the names of buckets, by what alone is in a store."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slidebox.errors import InputError
from slidebox.model import CLOUDS, Lab, Level, Plan, StoreKind
from slidebox.naming import bucket_name, bucket_of
from slidebox.spend.focus import focus
from slidebox.spend.found import BY_NAME, BY_STORE, BY_TAG, NO_TAG

_BUCKETS = CLOUDS | {StoreKind.S3}
_FEW = 3
"""As many projects can be a guess."""
_SPLIT = re.compile(r"[/:]+")
_QUERY = re.compile(r"[?#].*", re.DOTALL)
_SECRET = re.compile(r"(?i)\b(sig|signature|key|token|secret|password|x-amz-[a-z-]+|accountkey)=[^&;\s]+")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a charge is.

    Attributes
    ----------
    project, dataset, level, grant, store
        As in `slidebox.spend.found.Actual`.
    by
        How that was told.
    likely, why
        Where nothing tells it, a guess and what it goes by.
    """

    project: str = ""
    dataset: str = ""
    level: str = ""
    grant: str = ""
    store: str = ""
    by: str = NO_TAG
    likely: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Places:
    """What a lab's names come to.

    Attributes
    ----------
    lab
        Its files.
    buckets
        The dataset and store of each bucket that is declared, adopted, or would be made.
    accounts
        The stores of each account: twelve digits, a project, a storage account.
    alone
        The datasets that lie in each store, where that is known.
    shared
        Stores by buckets that are the lab's own and of no dataset, such as those for logs.
    """

    lab: Lab
    buckets: Mapping[str, tuple[str, str]]
    accounts: Mapping[str, tuple[str, ...]]
    alone: Mapping[str, frozenset[str]] = field(default_factory=dict)
    shared: Mapping[str, str] = field(default_factory=dict)


def places_of(lab: Lab, plan: Plan | None = None) -> Places:
    """The names that a lab's buckets have, and the accounts of its stores.

    Parameters
    ----------
    lab
        What is declared.
    plan
        Where everything lies; without one nothing is told by what alone is in a store.
    """
    buckets: dict[str, tuple[str, str]] = {}
    accounts: dict[str, tuple[str, ...]] = {}
    shared: dict[str, str] = {}
    for name, store in lab.file.stores.items():
        if store.kind in CLOUDS and store.account:
            accounts[store.account.casefold()] = (*accounts.get(store.account.casefold(), ()), name)
        if store.kind not in _BUCKETS:
            continue
        shared[_name(lab.file.lab, "lab", "audit", name)] = name
        for project in lab.projects.values():
            for level in project.datasets:
                dataset = project.dataset_id(level)
                buckets[_bucket(lab, dataset, name).casefold()] = (dataset, name)
    alone: dict[str, frozenset[str]] = {}
    for entry in plan.terms if plan else ():
        for placement in entry.placements:
            where = placement.candidate.store
            alone[where] = alone.get(where, frozenset()) | {entry.dataset}
    return Places(lab, buckets, accounts, alone, shared)


def _bucket(lab: Lab, dataset: str, store: str) -> str:
    try:
        return bucket_of(lab, dataset, store)
    except InputError:
        return ""


def _name(*words: str) -> str:
    try:
        return bucket_name(*words)
    except InputError:
        return ""


def owner_of(resource: str, tags: str, account: str, service: str, places: Places | None) -> Owner:
    """Whose a charge is.

    Parameters
    ----------
    resource
        Its resource, as the bill names it.
    tags
        Its tags, as JSON: an object, or a list of pairs.
    account
        Its sub-account: an account of AWS, a subscription of Azure, a project of Google Cloud.
    service
        As the provider calls it: what has no name belongs to a store only if it is storage.
    places
        What the lab's names come to; None where there is no lab, and then tags alone count.
    """
    found = read_tags(tags)
    store = store_of(resource, account, places)
    if owner := _by_tags(found, store, places):
        return owner
    if places is None:
        return Owner(likely=found.get("project", ""), why="its tag" if "project" in found else "")
    words = names_in(resource)
    for word in words:
        if word in places.buckets:
            dataset, where = places.buckets[word]
            return _owned(places, dataset, where, BY_NAME)
    in_it = places.lab.file.stores[store].account if store else None
    told = (in_it or "").casefold() in words or (not resource and "storage" in service.casefold())
    if store and told and (owner := _by_store(places, store)):
        return owner
    likely, why = _guess(found, words, store, places)
    return Owner(store=store, likely=likely, why=why)


def _by_tags(tags: Mapping[str, str], store: str, places: Places | None) -> Owner | None:
    project, level, dataset = tags.get("project", ""), tags.get("level", ""), tags.get("dataset", "")
    if not project and "/" in dataset:
        project, _, level = dataset.partition("/")
    if not project:
        return None
    if places is None:
        whole = f"{project}/{level}" if level else ""
        return Owner(project, whole, level, tags.get("grant", ""), store, BY_TAG)
    lab = places.lab
    if project not in lab.projects or tags.get("lab", lab.file.lab) != lab.file.lab:
        return None
    declared = lab.projects[project]
    known = level if level in declared.datasets else ""
    return Owner(project, f"{project}/{known}" if known else "", known, declared.grant or "", store, BY_TAG)


def _by_store(places: Places, store: str) -> Owner | None:
    """The one dataset or project that a store has; no owner where it has several."""
    here = places.alone.get(store, frozenset())
    projects = {dataset.partition("/")[0] for dataset in here}
    if len(here) == 1:
        return _owned(places, next(iter(here)), store, BY_STORE)
    if len(projects) == 1:
        project = next(iter(projects))
        return Owner(project, "", "", places.lab.projects[project].grant or "", store, BY_STORE)
    return None


def _owned(places: Places, dataset: str, store: str, by: str) -> Owner:
    project, _, level = dataset.partition("/")
    return Owner(project, dataset, str(Level(level)), places.lab.projects[project].grant or "", store, by)


def _guess(tags: Mapping[str, str], words: Iterable[str], store: str, places: Places) -> tuple[str, str]:
    """Whose it may be, by a name that has the lab's or a project's in it."""
    lab = places.lab
    for word in words:
        if word in places.shared:
            return lab.file.lab, "the lab's own bucket for logs and reports"
        inside = [name for name in lab.projects if _has(word, name)]
        if inside:
            return max(inside, key=len), "by name"
    if tags.get("project"):
        return tags["project"], "by a tag that names no project of the lab"
    here = sorted({dataset.partition("/")[0] for dataset in places.alone.get(store, ())})
    if 1 < len(here) <= _FEW:
        return " or ".join(here), "what is planned in the store"
    if any(_has(word, lab.file.lab) for word in words):
        return lab.file.lab, "by name"
    return "", ""


def _has(word: str, name: str) -> bool:
    """Whether a name stands in a word as one of its own."""
    return name in word and re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", word) is not None


def store_of(resource: str, account: str, places: Places | None) -> str:
    """The store that a resource is in: of the only store of its account, or by the storage account in its name."""
    if places is None:
        return ""
    words = names_in(resource)
    for word in words:
        if word in places.buckets:
            return places.buckets[word][1]
        if word in places.shared:
            return places.shared[word]
    for word in (*words, *names_in(account)):
        if len(stores := places.accounts.get(word, ())) == 1:
            return stores[0]
    return ""


def names_in(resource: str) -> tuple[str, ...]:
    """The parts of an ARN, an address or an id that can be names, in small letters, the last first."""
    plain = _QUERY.sub("", resource).casefold()
    return tuple(dict.fromkeys(part for part in reversed(_SPLIT.split(plain)) if part))


def shown(resource: str) -> str:
    """A resource's name without what could be a secret: no query, no signature, no key."""
    return _SECRET.sub(r"\1=…", _QUERY.sub("", resource))


def read_tags(text: str) -> dict[str, str]:
    """Tags by their names in small letters, without what providers set before them.

    An object (FOCUS), a list of pairs with ``key`` and ``value`` (BigQuery), and an object without its braces, as some
    of Azure's files have it, are read; anything else has no tags.
    """
    if not text or text in ("{}", "[]", "null"):
        return {}
    try:
        document: Any = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        try:
            document = json.loads(f"{{{text}}}")
        except (json.JSONDecodeError, RecursionError):
            return {}
    found: dict[str, str] = {}
    for key, value in _pairs(document):
        plain = key.casefold()
        for prefix in focus().prefixes:
            plain = plain.removeprefix(prefix)
        if isinstance(value, str) and value:
            found.setdefault(plain, value)
    return found


def _pairs(document: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(document, Mapping):
        return [(str(key), value) for key, value in document.items()]
    if not isinstance(document, list):
        return []
    pairs = [{str(k).casefold(): v for k, v in one.items()} for one in document if isinstance(one, Mapping)]
    return [(str(one["key"]), one.get("value")) for one in pairs if "key" in one]
