"""Containers of Azure that were there before slidebox."""

from __future__ import annotations

import datetime as dt
from typing import Any

from slidebox.adoption.existing import Content, Existing, Member, Thing
from slidebox.adoption.reading import Counted, counted_up
from slidebox.model import Role
from slidebox.provider import azure_read
from slidebox.provider.azure_connections import AzureConnections
from slidebox.provider.azure_faults import told
from slidebox.provider.azure_store import AzureRef


class AzureReader:
    """A storage account of Azure, by Azure's own default chain of credentials.

    Parameters
    ----------
    ref
        The account.
    connections
        Clients of Azure.
    """

    def __init__(self, ref: AzureRef, connections: AzureConnections | None = None) -> None:
        self._ref = ref
        self._connections = connections or AzureConnections()

    def names(self) -> tuple[str, ...]:
        """The account's containers."""
        return tuple(azure_read.names(self._connections, self._ref))

    def existing(self, name: str) -> Existing:
        """One container, and the account, on which depends who reaches it."""
        inputs, sentences = azure_read.as_is(self._connections, self._ref, name)
        account, _ = azure_read.account_as_is(self._connections, self._ref)
        return Existing(
            store=self._ref.name,
            name=name,
            things=(
                Thing("slidebox:azure:Container", self._ref.container_id(name), inputs),
                Thing("slidebox:azure:Account", self._ref.account_id, account),
            ),
            region=self._ref.region,
            members=tuple(_member(grant) for grant in inputs["grants"]),
            labels=inputs["tags"],
            notes=tuple(sentences),
        )

    def content(self, name: str, counted: Counted) -> Content:
        """How much there is in a container, counted page by page; earlier versions do not count."""
        with told(f"counting what is in container {name!r}", self._ref):
            url = self._connections.blob_endpoint(self._ref)
            pages = self._connections.blobs(self._ref, url).get_container_client(name).list_blobs().by_page()
            return counted_up(((blob.size or 0 for blob in page) for page in pages), counted)


def _member(grant: Any) -> Member:
    role, until = str(grant.get("role", "")), grant.get("until")
    return Member(
        str(grant.get("identity", "")),
        Role(role) if role in set(Role) else None,
        dt.date.fromisoformat(until) if until else None,
        role,
    )
