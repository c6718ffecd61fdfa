"""Buckets of an S3 store that were there before slidebox: MinIO, Ceph, an institute's NAS with an S3 door."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from slidebox.adoption.existing import Content, Existing, Thing
from slidebox.adoption.reading import Counted, counted_up
from slidebox.errors import InputError
from slidebox.provider.connections import Connections
from slidebox.provider.faults import told
from slidebox.provider.resource import Context
from slidebox.provider.s3 import Bucket
from slidebox.provider.stores import StoreRef

_NAME = re.compile(r"[A-Za-z0-9._-]{3,255}")
"""What a service may be asked for: the oldest take more than AWS does today."""


def _unset(capabilities: Mapping[str, Any]) -> dict[str, Any]:
    """What is known to be so of a bucket for which nothing is said: it has no tags, and keeps no earlier versions."""
    known: dict[str, tuple[str, Any]] = {"tagging": ("tags", {}), "versioning": ("versioning", False)}
    return {name: value for capability, (name, value) in known.items() if capabilities.get(capability) is True}


class S3Reader:
    """An S3 store.

    Parameters
    ----------
    ref
        The store.
    connections
        Clients of stores.
    """

    def __init__(self, ref: StoreRef, connections: Connections) -> None:
        self._ref = ref
        self._connections = connections

    def names(self) -> tuple[str, ...]:
        """The buckets that the credentials see."""
        with told("listing its buckets", self._ref.name, self._connections.url(self._ref)):
            listed = self._connections.s3(self._ref).list_buckets()
            return tuple(sorted(bucket["Name"] for bucket in listed.get("Buckets", ())))

    def existing(self, name: str) -> Existing:
        """One bucket, with the settings that the service has."""
        if not _NAME.fullmatch(name):
            raise InputError(f"{name!r} cannot be the name of a bucket.", "It has letters, digits, '-', '.' and '_'.")
        id_ = f"{self._ref.name}/{name}"
        context = Context(f"urn:pulumi:adopt::adopt::{Bucket.token}::{name}")
        found = Bucket(self._connections).read(context, id_, {}, {"store": self._ref.document, "bucket": name})
        if found is None:
            cure = f"`slidebox adopt {self._ref.name}` lists what there is."
            raise InputError(f"There is no bucket {name!r} in the store {self._ref.name!r}.", cure)
        owner = found.state.get("owner")
        lacks = found.state.get("lacks") or []
        notes = [f"{name} carries slidebox's mark already: a stack has it, or had it."] if owner else []
        if lacks:
            notes.append(f"The service has nothing that says of {name}: {', '.join(lacks)}.")
        inputs = {**_unset(found.state.get("capabilities") or {}), **found.inputs}
        inputs = {key: value for key, value in inputs.items() if value is not None}
        return Existing(
            store=self._ref.name,
            name=name,
            things=(Thing(Bucket.token, id_, inputs),),
            region=self._ref.region,
            labels=inputs.get("tags"),
            notes=tuple(notes),
        )

    def content(self, name: str, counted: Counted) -> Content:
        """How much there is in a bucket, counted page by page; earlier versions do not count."""
        with told(f"counting what is in bucket {name!r}", self._ref.name, self._connections.url(self._ref)):
            pages = self._connections.s3(self._ref).get_paginator("list_objects_v2").paginate(Bucket=name)
            return counted_up(((item["Size"] for item in page.get("Contents", ())) for page in pages), counted)
