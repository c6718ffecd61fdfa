"""Room on the lab's disks: what new folders and buckets are meant to hold, counted together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from slidebox import drives
from slidebox.provider.resource import Context, Failure
from slidebox.quantities import human_bytes


class Room:
    """What is promised of each disk in this process, by resource."""

    def __init__(self) -> None:
        self._promised: dict[str, dict[str, int]] = {}
        self._lock = threading.Lock()

    def check(
        self, context: Context, root: Path, store: str, new: Mapping[str, Any], old: Mapping[str, Any]
    ) -> list[Failure]:
        """Whether what a resource is meant to hold fits, beside everything else of this run.

        Only what it grows by is counted: what is there already is in the disk's own figure.

        Parameters
        ----------
        context
            The resource.
        root
            A folder on the disk.
        store
            Name of the store.
        new, old
            Its inputs, and those of the last run; ``quota`` and ``capacity`` are bytes.
        """
        disk = drives.disk(root)
        return self.count(context, str(disk.mount), store, new, old, lambda: disk.free, where=str(disk))

    def count(
        self,
        context: Context,
        disk: str,
        store: str,
        new: Mapping[str, Any],
        old: Mapping[str, Any],
        free: Callable[[], int | None],
        *,
        where: str = "",
    ) -> list[Failure]:
        """The same, for a disk that is asked otherwise how much is free.

        Parameters
        ----------
        context
            The resource.
        disk
            What is one disk.
        store
            Name of the store.
        new, old
            Its inputs, and those of the last run.
        free
            Bytes that can still be written; None where nobody knows. It is asked only where something grows.
        where
            The disk in words, with what is free; worked out where empty.
        """
        quota = new.get("quota")
        if not isinstance(quota, int | float):
            return []
        if failures := self.declared(context, store, new):
            return failures
        more = max(int(quota) - int(old.get("quota") or 0), 0)
        with self._lock:
            promised = self._promised.setdefault(disk, {})
            promised[context.urn] = more
            total = sum(promised.values())
        left = free() if more else None
        if left is None or total <= left:
            return []
        where = where or f"{disk} has {human_bytes(left)} free"
        others = f", with the others of this run {human_bytes(total)}," if total != more else ""
        reason = (
            f"{human_bytes(quota)} for {context.name}{others} do not fit on the disk of store {store!r}: {where}. "
            "Make room, or place the data elsewhere"
        )
        return [Failure("quota", reason)]

    def declared(self, context: Context, store: str, new: Mapping[str, Any]) -> list[Failure]:
        """Whether it fits by what is declared alone: all that can be said of a drive that is offline."""
        quota, capacity = new.get("quota"), new.get("capacity")
        if not isinstance(quota, int | float) or not isinstance(capacity, int | float) or quota <= capacity:
            return []
        most = f"the declared capacity of store {store!r}, {human_bytes(capacity)}"
        return [Failure("quota", f"{human_bytes(quota)} for {context.name} are more than {most}")]
