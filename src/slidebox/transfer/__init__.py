"""Verified transfer: every byte that is put or fetched is compared with its SHA-256 from end to end."""

from slidebox.transfer.drive import DrivePlace
from slidebox.transfer.get import get, read_manifest
from slidebox.transfer.journal import Journal
from slidebox.transfer.places import Place, Progress, Quiet
from slidebox.transfer.put import Existing, Receipt, put
from slidebox.transfer.s3 import S3Place
from slidebox.transfer.s3_service import client

__all__ = [
    "DrivePlace",
    "Existing",
    "Journal",
    "Place",
    "Progress",
    "Quiet",
    "Receipt",
    "S3Place",
    "client",
    "get",
    "put",
    "read_manifest",
]
