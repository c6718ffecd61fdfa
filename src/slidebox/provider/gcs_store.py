"""How a resource names its place in Google Cloud: everything it takes to reach it, except credentials."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from slidebox import labfile
from slidebox.errors import InputError
from slidebox.model import Store, StoreKind
from slidebox.naming import LONGEST_BUCKET_NAME
from slidebox.provider.references import document_of, said_of

_NEEDED = ("name", "project", "region")
# Google Cloud, "Bucket naming requirements". Names with dots are domains, whose ownership Google asks to be proved.
_BUCKET = re.compile(r"[a-z0-9][a-z0-9_-]*[a-z0-9]")
_KEY_PLACES: Mapping[str, str] = {"eu": "europe"}
"""Where Cloud KMS calls a place otherwise than Cloud Storage does (Google Cloud, "Use customer-managed encryption
keys": the multi-regions)."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class GcsRef:
    """A place in Google Cloud as a resource names it.

    Attributes
    ----------
    name
        Name of the store in the lab file.
    project
        Id of the Google Cloud project that its buckets are in.
    region
        Where its buckets lie.
    endpoint
        Address of the service where it is not Google's own.
    """

    name: str
    project: str
    region: str
    endpoint: str | None = None

    @classmethod
    def read(cls, value: Any) -> Self:
        """Read the input ``store``.

        Raises
        ------
        InputError
            If it is no place in Google Cloud, or a token would travel in the clear.
        """
        said = said_of(value, cls.__dataclass_fields__, _NEEDED)
        ref = cls(said["name"], said["project"], said["region"], said.get("endpoint") or None)
        if not ref.private:
            raise InputError(
                f"The endpoint of store {ref.name!r} is neither https nor on this machine, and credentials would "
                "travel to it in the clear.",
                "Correct `endpoint` in lab.yaml, or leave it out for Google's own.",
            )
        return ref

    @classmethod
    def of(cls, name: str, store: Store) -> Self:
        """The reference to a declared store.

        Raises
        ------
        InputError
            If it is not of kind ``gcs``.
        """
        if store.kind is not StoreKind.GCS:
            raise InputError(f"Store {name!r} is not of kind 'gcs'.", "See `stores` in lab.yaml.")
        return cls.read({"name": name, "project": store.account, "region": store.region, "endpoint": store.endpoint})

    def __str__(self) -> str:
        return f"store {self.name!r} (project {self.project})"

    @property
    def private(self) -> bool:
        """Whether nobody on the way can read what is sent."""
        parts = urlsplit(self.endpoint or "https://")
        return parts.scheme == "https" or parts.hostname in _LOOPBACK

    @property
    def test_server(self) -> str | None:
        """The endpoint, if it is on this machine: it then stands for all of Google Cloud, and not for storage alone."""
        return self.endpoint if self.endpoint and urlsplit(self.endpoint).hostname in _LOOPBACK else None

    def key_name(self, lab: str) -> str:
        """Name of the lab's own key for this store in Cloud KMS, which the stack ``lab`` makes."""
        region = self.region.lower()
        place = _KEY_PLACES.get(region, region)
        return f"projects/{self.project}/locations/{place}/keyRings/{lab}/cryptoKeys/{self.name}"

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.endpoint or "https://storage.googleapis.com"

    @property
    def document(self) -> dict[str, Any]:
        """The reference as an input; what is not set is left out."""
        return document_of(self)

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes it this place and no other; Google writes regions in upper case."""
        return self.name, self.project, self.region.upper(), self.endpoint or ""


def same_store(one: Any, other: Any) -> bool:
    """Whether two inputs name one place."""
    if not (isinstance(one, Mapping) and isinstance(other, Mapping)):
        return bool(one == other)
    return GcsRef.read(one).identity == GcsRef.read(other).identity


def declared(name: str) -> GcsRef:
    """The store of that name in the lab around this process, for an import.

    Raises
    ------
    InputError
        If the lab has no such store.
    """
    file = labfile.load_lab_file(labfile.find_root(Path.cwd()))
    if name not in file.stores:
        raise InputError(f"The lab file declares no store {name!r}.", "See `stores` in lab.yaml.")
    return GcsRef.of(name, file.stores[name])


def name_fault(name: str) -> str | None:
    """Why Google does not allow a bucket's name; None where it does."""
    if not 3 <= len(name) <= LONGEST_BUCKET_NAME:
        return f"it has {len(name)} characters, and 3 to {LONGEST_BUCKET_NAME} are allowed"
    if not _BUCKET.fullmatch(name):
        return (
            "it may hold only lower-case letters, digits, hyphens and underscores, and begins and ends with a letter "
            "or digit"
        )
    if name.startswith("goog") or "google" in name:
        return "it may not begin with 'goog' nor hold 'google'; the lab, the project or the store needs another name"
    return None
