"""The file in a folder on a cluster that says whose it is."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from typing import Any

from slidebox.cluster import Cluster
from slidebox.errors import UnreadableError
from slidebox.provider.drive import RECORD
from slidebox.provider.ownership import Owner
from slidebox.provider.resource import Context
from slidebox.provider.values import Properties

READABLE = 0o640


def record_of(context: Context, inputs: Properties) -> dict[str, Any]:
    """The record of a resource's folder."""
    owner = Owner.of(context)
    return {
        "lab": inputs["lab"],
        "project": owner.project,
        "stack": owner.stack,
        "urn": owner.urn,
        "location": inputs.get("location") or "",
        "tags": dict(inputs.get("tags") or {}),
    }


def read_record(cluster: Cluster, folder: str) -> dict[str, Any] | None:
    """The record of a folder; None where it has none.

    Raises
    ------
    UnreadableError
        If it is damaged.
    """
    data = cluster.read(posixpath.join(folder, RECORD))
    if data is None:
        return None
    try:
        found = json.loads(data)
    except ValueError as error:
        raise UnreadableError(
            f"{folder}/{RECORD} on {cluster} is damaged: it does not say whose folder this is.", "Restore or delete it."
        ) from error
    return found if isinstance(found, dict) else None


def write_record(cluster: Cluster, folder: str, record: Mapping[str, Any]) -> None:
    """Write the record of a folder."""
    data = (json.dumps(record, indent=2, sort_keys=True) + "\n").encode()
    cluster.write(posixpath.join(folder, RECORD), data, READABLE)


def owner_of(record: Mapping[str, Any] | None) -> Owner | None:
    """Whose a folder is by its record; None if it has none."""
    if record is None:
        return None
    return Owner(*(str(record.get(name, "")) for name in ("project", "stack", "urn")))
