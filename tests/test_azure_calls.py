"""How often Azure is asked about a container: counted at a test server through the real SDK, with the page of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from slidebox.provider.azure import Container
from slidebox.provider.azure_account import Account
from slidebox.provider.azure_connections import AzureConnections
from slidebox.provider.azure_store import AzureRef
from slidebox.provider.resource import Context

from .doubles.arm import SUBSCRIPTION, ArmDouble

CONTEXT = Context("urn:pulumi:nf1::slidebox::slidebox:azure:Container::raw_images@cloud")
ADA, CY = (f"00000000-0000-0000-0000-00000000000{n}" for n in (1, 2))
GRANTS = [
    {"identity": ADA, "role": "steward", "principal": "person:ada"},
    {"identity": CY, "role": "reader", "until": "2027-06-30", "principal": "person:cy"},
]
EVERYTHING = {"lockDays": 1095, "lifecycle": {"noncurrentDays": 90}, "grants": GRANTS, "tags": {"lab": "way"}}


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[ArmDouble]:
    """The server."""
    with ArmDouble() as double:
        for name, value in double.environment().items():
            monkeypatch.setenv(name, value)
        yield double


@pytest.fixture
def ref(azure: ArmDouble) -> AzureRef:
    """The account that the containers are in."""
    return AzureRef("cloud", "wayimages", SUBSCRIPTION, "imaging", "westeurope", "way", azure.url)


@pytest.fixture
def connections(azure: ArmDouble, ref: AzureRef) -> AzureConnections:
    """The SDK's clients, with the account made, and with what is asked once for all its containers."""
    connections = AzureConnections(polling_seconds=0.01)
    kind = Account(connections)
    kind.create(CONTEXT, kind.check(CONTEXT, {"store": ref.document}, {})[0])
    connections.blob_endpoint(ref)
    azure.requests.clear()
    return connections


@pytest.fixture
def counted(azure: ArmDouble) -> Callable[[Callable[[], Any]], tuple[int, int, Any]]:
    """Counts the calls that read and those that write."""

    def count(work: Callable[[], Any]) -> tuple[int, int, Any]:
        azure.requests.clear()
        answer = work()
        reads = sum(request.method == "GET" for request in azure.requests)
        return reads, len(azure.requests) - reads, answer

    return count


Counted = Callable[[Callable[[], Any]], tuple[int, int, Any]]


def test_a_container_is_made_with_few_calls(connections: AzureConnections, ref: AzureRef, counted: Counted) -> None:
    """And looked at with fewer; where nothing has changed, a preview asks for nothing at all."""
    kind = Container(connections)
    asked = {"store": ref.document, "container": "scans", **EVERYTHING}
    looked, wrote, (inputs, failures) = counted(lambda: kind.check(CONTEXT, asked, {}))
    assert (looked, wrote, failures) == (1, 0, [])
    looked, wrote, (id_, state) = counted(lambda: kind.create(CONTEXT, inputs))
    # The container, its policy and the account's rules; and each of the grants.
    assert (looked, wrote) == (5, 3 + len(GRANTS))

    def preview() -> Any:
        again, _ = kind.check(CONTEXT, inputs, inputs)
        return kind.diff(CONTEXT, state, inputs, again)

    looked, wrote, difference = counted(preview)
    assert (looked, wrote, difference.changed) == (0, 0, ())
    looked, wrote, found = counted(lambda: kind.read(CONTEXT, id_, state, inputs))
    assert (looked, wrote, found.inputs) == (4, 0, inputs)
    looked, wrote, _ = counted(lambda: kind.update(CONTEXT, id_, state, inputs))
    assert (looked, wrote) == (5, 0)


def test_a_plain_container_takes_less(connections: AzureConnections, ref: AzureRef, counted: Counted) -> None:
    """Nothing is asked or written of what it has not."""
    kind = Container(connections)
    inputs, _ = kind.check(CONTEXT, {"store": ref.document, "container": "scans"}, {})
    looked, wrote, (id_, state) = counted(lambda: kind.create(CONTEXT, inputs))
    assert (looked, wrote) == (4, 1)
    looked, wrote, _ = counted(lambda: kind.read(CONTEXT, id_, state, inputs))
    assert (looked, wrote) == (3, 0)


def test_a_container_with_the_labs_key_takes_little_more(
    connections: AzureConnections, ref: AzureRef, counted: Counted
) -> None:
    """Whether the account is let in is asked once for all of them."""
    kind = Container(connections)

    def make(name: str) -> tuple[int, int, Any]:
        key = "https://way.vault.azure.net/keys/images"
        asked = {"store": ref.document, "container": name, "ownKey": True, "keyUri": key}
        inputs, _ = kind.check(CONTEXT, asked, {})
        return counted(lambda: kind.create(CONTEXT, inputs))

    make("scans")
    looked, wrote, _ = make("plates")
    assert (looked, wrote) == (4 + 2, 1 + 1)


def test_the_page_about_azure_says_how_many(repository: Path) -> None:
    """The figures are those of the tests above."""
    page = " ".join((repository / "docs" / "azure.md").read_text(encoding="utf-8").split())
    found = re.search(
        r"takes (\d+) calls and one for each grant .*? (\d+) without them, and (\d+) more with a key", page
    )
    assert found is not None
    assert tuple(map(int, found.groups())) == (1 + 5 + 3, 1 + 4 + 1, 2 + 1)
    assert "a refresh 3 to 5" in page
