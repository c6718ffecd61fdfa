"""Pulumi components: a plan becomes resources. The only rooms that know the Pulumi SDK are this one and the plugins."""

from slidebox.components.declaration import Declaration
from slidebox.components.lab import LAB_STACK, provision_lab
from slidebox.components.locations import BucketLocation, DriveArgs, DriveLocation, LocationArgs, StoreUsers
from slidebox.components.program import provision
from slidebox.components.resources import Bucket, BucketArgs, Folder, FolderArgs, User, UserArgs
from slidebox.components.running import running

__all__ = [
    "LAB_STACK",
    "Bucket",
    "BucketArgs",
    "BucketLocation",
    "Declaration",
    "DriveArgs",
    "DriveLocation",
    "Folder",
    "FolderArgs",
    "LocationArgs",
    "StoreUsers",
    "User",
    "UserArgs",
    "provision",
    "provision_lab",
    "running",
]
