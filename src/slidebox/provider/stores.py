"""How a resource names its store: everything it takes to reach it, except credentials, which never enter the state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from slidebox import drives, labfile
from slidebox.errors import InputError, UnreadableError
from slidebox.model import LabFile, StoreKind
from slidebox.provider.references import document_of
from slidebox.provider.resource import Failure


@dataclass(frozen=True, slots=True)
class StoreRef:
    """A store as a resource names it.

    Attributes
    ----------
    name
        Its name in the lab file.
    region
        Region, as the service names it.
    endpoint
        Address of an S3 service, or None where slidebox runs the gateway.
    over
        The drive store under an embedded gateway, or None.
    profile
        Profile of the shared AWS credentials file, or None.
    encrypted
        Whether what lies below is encrypted at rest; None where nobody has said.
    lab
        Short name of the lab.
    home
        Folder of ``lab.yaml`` on this machine.
    drive
        Folder of the drive below an embedded gateway, or None.
    """

    name: str
    region: str = "us-east-1"
    endpoint: str | None = None
    over: str | None = None
    profile: str | None = None
    encrypted: bool | None = None
    lab: str | None = None
    home: str | None = None
    drive: str | None = None

    @classmethod
    def read(cls, value: Any) -> Self:
        """Read the input ``store``.

        Raises
        ------
        InputError
            If it is not a store.
        """
        if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
            raise InputError(
                "'store' has to be a mapping with the store's 'name'.", "Take it from the lab's declaration."
            )
        known = cls.__dataclass_fields__
        unknown = sorted(set(value) - set(known))
        if unknown:
            raise InputError(f"'store' has no {unknown[0]!r}.", f"It has {', '.join(known)}.")
        ref = cls(**{name: item for name, item in value.items() if item is not None})
        if bool(ref.endpoint) == bool(ref.over):
            raise InputError(f"Store {ref.name!r} needs either an 'endpoint' or 'over'.", "Correct it in lab.yaml.")
        return ref

    @classmethod
    def declared(cls, lab: LabFile, root: Path, name: str) -> Self:
        """The reference to a declared S3 store.

        Raises
        ------
        InputError
            If the lab has no S3 store of that name.
        """
        store = lab.stores.get(name)
        if store is None or store.kind is not StoreKind.S3:
            raise InputError(f"The lab file declares no S3 store {name!r}.", "See `stores` in lab.yaml.")
        below = lab.stores[store.over] if store.over else store
        encrypted = below.encrypted if store.encrypted is None else store.encrypted
        drive = str(drives.drive_path(root, below)) if store.over else None
        return cls(
            name,
            store.region,
            store.endpoint,
            store.over,
            store.profile,
            encrypted,
            lab.lab,
            str(root.absolute()),
            drive,
        )

    @property
    def document(self) -> dict[str, Any]:
        """The reference as an input; what is not set is left out."""
        return document_of(self)

    @property
    def identity(self) -> dict[str, Any]:
        """What makes it this store and no other, whatever machine names it."""
        return {"name": self.name, "endpoint": self.endpoint, "over": self.over}


def lab_root(home: str | None) -> Path:
    """The folder of the lab's files: the one a resource names if it is on this machine, else the nearest upwards."""
    if home and (Path(home) / labfile.LAB_FILE).is_file():
        return Path(home)
    return labfile.find_root(Path.cwd())


def declared_store(name: str) -> StoreRef:
    """The store of that name in the lab around this process, for an import."""
    root = lab_root(None)
    return StoreRef.declared(labfile.load_lab_file(root), root, name)


def check_drive(ref: StoreRef) -> list[Failure]:
    """What is wrong with the drive under an embedded gateway."""
    if not (ref.drive and ref.over and ref.lab):
        return []
    try:
        drives.require(ref.lab, ref.over, Path(ref.drive))
    except UnreadableError as error:
        return [Failure("store", str(error))]
    return []
