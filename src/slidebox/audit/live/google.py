"""What there is in a project of Google Cloud: its buckets, and whatever decides who gets at them.

A bucket costs two calls, its policy and its managed folders; its settings and lists come with the list of all buckets.
Policies of managed folders are asked for up to four calls a bucket, counted over all of them. What is around buckets is
asked for once: roles, service accounts, pools and CDNs only where a policy names them.

Sources: Cloud Storage JSON API v1; Resource Manager v3; IAM v1 and v2; Organization Policy v2; Compute Engine v1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from slidebox.access.google.limits import uniform
from slidebox.access.snapshot import unread, why_unread
from slidebox.audit.google.labels import dataset_of
from slidebox.audit.live import Asked, Sections
from slidebox.audit.live.google_around import Around, members_in
from slidebox.audit.live.google_calls import Calls, quoted
from slidebox.audit.live.pace import Pace
from slidebox.errors import UnreadableError
from slidebox.naming import bucket_of
from slidebox.provider.gcs_connections import GcsConnections
from slidebox.provider.gcs_store import GcsRef

_AT_ONCE = 12
_FOLDERS_EACH = 2
"""How many policies of managed folders are asked for, for each bucket on average."""


def collect(asked: Asked, connections: GcsConnections | None = None) -> Sections:
    """Ask for every bucket of a project, and for what is around them.

    Parameters
    ----------
    asked
        The store.
    connections
        Clients of Google Cloud.

    Raises
    ------
    SlideboxError
        If nothing at all can be asked.
    """
    ref = GcsRef.of(asked.store, asked.lab.file.stores[asked.store])
    calls = Calls(connections or GcsConnections(), ref, Pace(asked.a_second))
    listed = calls.storage_listed("b", project=ref.project, projection="full")
    why = why_unread(listed)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        around = Around(calls, pool)
        beginning = pool.submit(calls.one, *around.first)
        settings = (
            listed
            if why is None
            else [calls.storage(f"b/{quoted(name)}", projection="full") for name in _declared(asked)]
        )
        if why is not None and all(why_unread(one) is not None for one in settings):
            raise UnreadableError(f"The buckets of {ref} cannot be listed: {why}.", "See docs/audit/google.md.")
        buckets = dict(_buckets(asked, ref, calls, pool, settings))
        around.begin(beginning.result())
        around.follow(members_in(buckets))
    section = {"buckets": buckets, **around.section()}
    if why is None and len(buckets) < len(settings):
        why = "some of what was answered are no buckets"
    if why is not None:
        section["unplaced"] = {f"other buckets of project {ref.project}": f"they cannot be listed: {why}"}
    return {"google": section}


def _declared(asked: Asked) -> list[str]:
    """The buckets that the lab's files mean, which can be asked for by name."""
    datasets = (f"{name}/{level.value}" for name, project in asked.lab.projects.items() for level in project.datasets)
    return sorted({bucket_of(asked.lab, dataset, asked.store) for dataset in datasets})


def _buckets(
    asked: Asked, ref: GcsRef, calls: Calls, pool: ThreadPoolExecutor, settings: Iterable[Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    there = [one for one in settings if why_unread(one) is None and isinstance(one.get("name"), str)]
    policies = [pool.submit(calls.storage_policy, f"b/{quoted(one['name'])}") for one in there]
    folders = [pool.submit(_folders, calls, one) for one in there]
    left = _FOLDERS_EACH * len(there)
    for metadata, policy, inside in zip(there, policies, folders, strict=True):
        listed = inside.result()
        if isinstance(listed, list):
            few, rest = listed[:left], listed[left:]
            left -= len(few)
            listed = [*_with_policies(calls, pool, metadata["name"], few), *map(_too_many, rest)]
        entry = {
            "project": ref.project,
            "dataset": _dataset(asked, metadata),
            "metadata": metadata,
            "policy": policy.result(),
            "managed_folders": listed,
        }
        here = str(metadata.get("location") or "").upper() == ref.region.upper()
        yield metadata["name"], {**entry, "store": asked.store} if here else entry


def _folders(calls: Calls, metadata: Mapping[str, Any]) -> Any:
    """The managed folders of a bucket: without uniform access there are none."""
    if uniform(metadata) is False:
        return []
    return calls.storage_listed(f"b/{quoted(metadata['name'])}/managedFolders")


def _with_policies(
    calls: Calls, pool: ThreadPoolExecutor, bucket: str, folders: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    names = [str(folder.get("name") or "") for folder in folders]
    paths = [f"b/{quoted(bucket)}/managedFolders/{quoted(name)}" for name in names]
    return [
        {"name": name, "policy": policy}
        for name, policy in zip(names, pool.map(calls.storage_policy, paths), strict=True)
    ]


def _too_many(folder: Mapping[str, Any]) -> dict[str, Any]:
    why = "there are more managed folders than are asked one by one"
    return {"name": str(folder.get("name") or ""), "policy": unread(why)}


def _dataset(asked: Asked, metadata: Mapping[str, Any]) -> str:
    """The dataset of a bucket: by its labels, or because the lab's files mean it by its name."""
    labels = metadata.get("labels")
    if found := dataset_of(labels if isinstance(labels, Mapping) else {}):
        return found
    for name, project in asked.lab.projects.items():
        for level in project.datasets:
            if bucket_of(asked.lab, f"{name}/{level.value}", asked.store) == metadata["name"]:
                return f"{name}/{level.value}"
    return ""
