"""Channels of Cloud Monitoring by which people are told of a budget: each is its resource's own, by its labels."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from slidebox.provider import gcs_labels
from slidebox.provider.gcs_connections import GcsConnections
from slidebox.provider.gcs_store import GcsRef
from slidebox.provider.ownership import Owner
from slidebox.provider.resource import Context

_MONITORING = "https://monitoring.googleapis.com"


def addresses(connections: GcsConnections, ref: GcsRef, context: Context) -> dict[str, str]:
    """A resource's own channels by the address that each tells."""
    return {str(one["labels"]["email_address"]): str(one["name"]) for one in _own(connections, ref, context)}


def settle(
    connections: GcsConnections, ref: GcsRef, context: Context, people: Collection[str], *, keep: bool = False
) -> list[str]:
    """Make the channels that are missing, and take away those that nobody is told by any more; answers their names.

    Parameters
    ----------
    connections, ref
        Google Cloud, and the store.
    context
        The resource that they belong to.
    people
        The addresses.
    keep
        Whether those that nobody is told by stay, as they are still in use.
    """
    there = addresses(connections, ref, context)
    for address in sorted(set(people) - there.keys()):
        channel = {
            "type": "email",
            "displayName": f"slidebox: {address}",
            "labels": {"email_address": address},
            "userLabels": gcs_labels.marked({}, context),
        }
        made = connections.ask(ref, "POST", _MONITORING, f"v3/projects/{ref.project}/notificationChannels", channel)
        there[address] = str(made["name"])
    for address in sorted(there.keys() - set(people)):
        if not keep:
            connections.ask(ref, "DELETE", _MONITORING, f"v3/{there[address]}")
    return sorted(there[address] for address in people)


def _own(connections: GcsConnections, ref: GcsRef, context: Context) -> Iterator[dict[str, Any]]:
    token = ""
    while True:
        path = f"v3/projects/{ref.project}/notificationChannels?pageSize=100" + (f"&pageToken={token}" if token else "")
        page = connections.ask(ref, "GET", _MONITORING, path)
        for channel in page.get("notificationChannels", ()):
            if gcs_labels.owner(channel.get("userLabels") or {}, context) == Owner.of(context):
                yield channel
        token = page.get("nextPageToken", "")
        if not token:
            return
