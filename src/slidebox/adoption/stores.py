"""The reader of a declared store; a cloud's SDK is imported only where one is read."""

from __future__ import annotations

from pathlib import Path

from slidebox import drives, gateway
from slidebox.adoption.reading import Reader
from slidebox.errors import InputError
from slidebox.home import Home
from slidebox.labfile.adoptions import PROVISIONED
from slidebox.model import LabFile, StoreKind


def reader_of(file: LabFile, root: Path, name: str) -> Reader:
    """The reader of a store.

    Parameters
    ----------
    file, root
        The lab's own file, and its folder.
    name
        Name of the store.

    Raises
    ------
    InputError
        If the lab has no such store, or nothing in a store of its kind can be taken over.
    """
    store = file.stores.get(name)
    if store is None:
        raise InputError(f"The lab file declares no store {name!r}.", f"Its stores: {', '.join(sorted(file.stores))}.")
    if store.kind is StoreKind.DRIVE:
        from slidebox.adoption.drive import DriveReader  # noqa: PLC0415

        if not store.path:
            raise InputError(
                f"Folders of {name!r} are taken over where the drive is always mounted, and it has no path.",
                "Give it a path in lab.yaml.",
            )
        return DriveReader(name, file.lab, drives.drive_path(root, store))
    if store.kind is StoreKind.S3:
        from slidebox.adoption.s3 import S3Reader  # noqa: PLC0415
        from slidebox.provider.connections import Connections  # noqa: PLC0415
        from slidebox.provider.stores import StoreRef  # noqa: PLC0415

        home = Home(root)
        return S3Reader(StoreRef.declared(file, root, name), Connections(lambda ref: gateway.endpoint(home, ref.name)))
    if store.kind is StoreKind.GCS:
        from slidebox.adoption.google import GoogleReader  # noqa: PLC0415
        from slidebox.provider.gcs_store import GcsRef  # noqa: PLC0415

        return GoogleReader(GcsRef.of(name, store))
    if store.kind is StoreKind.AZURE:
        from slidebox.adoption.microsoft import AzureReader  # noqa: PLC0415
        from slidebox.provider.azure_store import AzureRef  # noqa: PLC0415

        return AzureReader(AzureRef.of(name, store, file.lab))
    if store.kind is StoreKind.AWS:
        from slidebox.adoption.amazon import AmazonReader  # noqa: PLC0415

        return AmazonReader(name, store)
    raise InputError(
        f"Nothing in a store of kind '{store.kind}' can be taken over.",
        f"The kinds are {', '.join(sorted(PROVISIONED))}.",
    )
