"""The edge to rclone: which program, its process, what it says when it fails, and one folder behind it."""

from __future__ import annotations

from slidebox.rclone.daemon import Rclone
from slidebox.rclone.faults import NotThereError, RcloneError
from slidebox.rclone.folder import Item, RemoteFolder
from slidebox.rclone.program import shared

__all__ = ["Item", "NotThereError", "Rclone", "RcloneError", "RemoteFolder", "shared"]
