"""What the provider asks of blobs themselves, asked of Azurite: Microsoft's own emulator, with tokens and over TLS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slidebox.errors import InputError
from slidebox.provider.azure import Container
from slidebox.provider.azure_account import Account
from slidebox.provider.azure_connections import AzureConnections
from slidebox.provider.azure_store import AzureRef
from slidebox.provider.resource import Context

from .doubles.arm import SUBSCRIPTION, ArmDouble
from .doubles.azurite import ACCOUNT, azurite

pytestmark = pytest.mark.e2e

CONTEXT = Context("urn:pulumi:first::slidebox::slidebox:azure:Container::raw_images@cloud")
NAME = "way-nf1-raw-images-cloud"


@pytest.fixture(scope="module")
def blobs(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Azurite."""
    with azurite(repository, tmp_path_factory.mktemp("azurite")) as url:
        yield url


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[ArmDouble]:
    """The server of Resource Manager."""
    with ArmDouble() as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


def test_what_a_container_really_holds_decides_whether_it_goes(blobs: str, double: ArmDouble) -> None:
    """Blobs, and blocks that no upload has finished."""
    store: dict[str, Any] = {
        "name": "cloud",
        "account": ACCOUNT,
        "subscription": SUBSCRIPTION,
        "resource_group": "imaging",
        "region": "westeurope",
        "lab": "way",
        "endpoint": double.url,
    }
    ref, connections = AzureRef.read(store), AzureConnections(polling_seconds=0.01)
    asked, _ = Account(connections).check(CONTEXT, {"store": store}, {})
    Account(connections).create(CONTEXT, asked)
    double.state.need(ref.account_id)["properties"]["primaryEndpoints"] = {"blob": f"{blobs}/"}

    kind = Container(connections)
    inputs, failures = kind.check(CONTEXT, {"store": store, "container": NAME, "tags": {"lab": "way"}}, {})
    assert failures == []
    id_, state = kind.create(CONTEXT, inputs)
    assert state["url"] == f"{blobs}/{NAME}"

    # The other half of the container: Azurite knows nothing of Resource Manager.
    client = connections.blobs(ref, f"{blobs}/").create_container(NAME)
    client.upload_blob("a.tif", b"image")
    with pytest.raises(InputError, match=r"is not empty \(it holds blobs.*such as 'a.tif'"):
        kind.delete(CONTEXT, id_, state)
    client.delete_blob("a.tif")
    unfinished = client.get_blob_client("b.tif")
    unfinished.stage_block("MQ==", b"half an image")
    with pytest.raises(InputError, match=r"such as 'b.tif'"):
        kind.delete(CONTEXT, id_, state)
    unfinished.commit_block_list([])
    client.delete_blob("b.tif")
    kind.delete(CONTEXT, id_, state)
    assert kind.read(CONTEXT, id_, state, inputs) is None
