"""Folders on a cluster's or campus file system, reached over SSH and SFTP: the connection, and what a server can do.

Nothing is imported of paramiko, and no connection opened, before something is asked of a server.
"""

from __future__ import annotations

from slidebox.cluster.acl import parse_entry
from slidebox.cluster.address import Address, address_of
from slidebox.cluster.session import Cluster, shared

__all__ = ["Address", "Cluster", "address_of", "parse_entry", "shared"]
