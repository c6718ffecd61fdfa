"""The file in a folder on a cluster that says whose it is."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from typing import Any

from slidebox.cluster import Cluster
from slidebox.errors import UnreadableError
from slidebox.provider.drive import RECORD

READABLE = 0o640


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
