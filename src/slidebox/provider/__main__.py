"""`python -m slidebox.provider`: what the engine starts."""

from __future__ import annotations

from slidebox import __version__
from slidebox.provider import archive
from slidebox.provider.azure import Container
from slidebox.provider.azure_account import Account
from slidebox.provider.azure_audit import Audit
from slidebox.provider.azure_budget import Budget
from slidebox.provider.azure_connections import AzureConnections
from slidebox.provider.azure_log import AccessLog
from slidebox.provider.cluster import ClusterFolder
from slidebox.provider.collections import FigshareCollection
from slidebox.provider.connections import Connections
from slidebox.provider.deposits import FigshareDeposit, ZenodoDeposit
from slidebox.provider.drive import Folder
from slidebox.provider.dvc import Remote as DvcRemote
from slidebox.provider.gcs import Bucket as GoogleBucket
from slidebox.provider.gcs_budget import Budget as GoogleBudget
from slidebox.provider.gcs_connections import GcsConnections
from slidebox.provider.gcs_inventory import Inventory as GoogleInventory
from slidebox.provider.gcs_key import Key as GoogleKey
from slidebox.provider.github import Repository as GithubRepository
from slidebox.provider.iam import User
from slidebox.provider.room import Room
from slidebox.provider.s3 import Bucket
from slidebox.provider.schema import schema
from slidebox.provider.server import serve
from slidebox.provider.servicer import Servicer
from slidebox.provider.share import SharedFolder


def _make(engine: str | None) -> Servicer:
    # One for all: folders and buckets may share a disk.
    room, connections = Room(), Connections()
    azure = AzureConnections()
    google = GcsConnections()
    types = (
        Folder(room),
        Bucket(connections, room),
        ClusterFolder(room=room),
        User(connections),
        Account(azure),
        AccessLog(azure),
        Budget(azure),
        Audit(azure),
        Container(azure),
        GoogleBucket(google),
        GoogleBudget(google),
        GoogleInventory(google),
        GoogleKey(google),
        DvcRemote(),
        archive.Submission(),
        archive.Folder(),
        SharedFolder(),
        GithubRepository(),
        ZenodoDeposit(),
        FigshareDeposit(),
        FigshareCollection(),
    )
    return Servicer(types, schema(types, __version__), __version__, engine)


if __name__ == "__main__":
    serve(_make)
