"""The log of who reads what in an account of Azure, by the provider's own types; a test server stands in for Azure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from slidebox.provider.azure import Container
from slidebox.provider.azure_account import Account
from slidebox.provider.azure_connections import AzureConnections
from slidebox.provider.azure_log import CATEGORIES, AccessLog
from slidebox.provider.azure_roles import BLOB_READER
from slidebox.provider.azure_store import AzureRef
from slidebox.provider.resource import Context, LogLevel
from slidebox.provider.values import UNKNOWN

from .doubles.arm import SUBSCRIPTION, ArmDouble, Fault

ADA, CY = (f"00000000-0000-0000-0000-00000000000{n}" for n in (1, 2))


def context(kind: str) -> Context:
    """A resource of a stack."""
    return Context(f"urn:pulumi:nf1::slidebox::slidebox:azure:{kind}::it")


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[ArmDouble]:
    """The server."""
    with ArmDouble() as double:
        for name, value in double.environment().items():
            monkeypatch.setenv(name, value)
        yield double


@pytest.fixture
def connections(azure: ArmDouble) -> AzureConnections:
    """The SDK's clients."""
    assert azure.url
    return AzureConnections(polling_seconds=0.01)


@pytest.fixture
def ref(azure: ArmDouble, connections: AzureConnections) -> AzureRef:
    """An account, and the one for its log."""
    ref = AzureRef("cloud", "wayimages", SUBSCRIPTION, "imaging", "westeurope", "way", azure.url)
    kind = Account(connections)
    for store, more in ((ref, {}), (ref.log, {"roles": False})):
        inputs, failures = kind.check(context("Account"), {"store": store.document, **more}, {})
        assert failures == []
        kind.create(context("Account"), inputs)
    azure.requests.clear()
    return ref


def setting(azure: ArmDouble, ref: AzureRef, name: str = "slidebox") -> dict[str, Any] | None:
    """A diagnostic setting of its blobs."""
    service = f"{ref.account_id}/blobServices/default"
    return azure.state.find(f"{service}/providers/Microsoft.Insights/diagnosticSettings/{name}")


def changes(azure: ArmDouble) -> list[str]:
    """The methods of the calls that have changed something."""
    return [request.method for request in azure.requests if request.method != "GET"]


@pytest.mark.parametrize(
    ("account", "log"),
    [
        ("wayimages", "wayimageslog"),
        ("waylabimagesofallplate", "waylabimagesofa92c3eflog"),
    ],
)
def test_the_account_for_the_log_has_a_name_of_its_own(account: str, log: str) -> None:
    """Which Azure allows, however long the other's is."""
    found = AzureRef("cloud", account, SUBSCRIPTION, "imaging", "westeurope", "way").log
    assert (found.account, len(found.account) <= 24) == (log, True)
    assert AzureRef.read(found.document) == found


def test_reads_writes_and_deletes_are_written_into_another_account(
    azure: ArmDouble, connections: AzureConnections, ref: AzureRef
) -> None:
    """Once: another stack of the lab finds it right, and writes nothing."""
    kind = AccessLog(connections)
    inputs, failures = kind.check(context("AccessLog"), {"store": ref.document}, {})
    assert failures == []
    planned = kind.planned(context("AccessLog"), inputs)
    id_, state = kind.create(context("AccessLog"), inputs)
    made = setting(azure, ref)
    assert made is not None
    assert made["properties"] == {
        "storageAccountId": ref.log.account_id,
        "logs": [{"category": name, "enabled": True} for name in CATEGORIES],
    }
    assert state == planned
    assert (state["logId"], state["on"], id_) == (ref.log.account_id, True, state["settingId"])
    azure.requests.clear()
    kind.create(context("AccessLog"), inputs)
    found = kind.read(context("AccessLog"), id_, state, inputs)
    assert found is not None
    assert (found.state, found.inputs, changes(azure)) == (state, inputs, [])
    assert kind.diff(context("AccessLog"), found.state, found.inputs, inputs).changed == ()


def test_a_log_that_somebody_has_turned_off_is_turned_on_again(
    azure: ArmDouble, connections: AzureConnections, ref: AzureRef
) -> None:
    """One category is enough; and one that is gone is made again."""
    kind, inputs = AccessLog(connections), {"store": ref.document}
    id_, state = kind.create(context("AccessLog"), inputs)
    made = setting(azure, ref)
    assert made is not None
    made["properties"]["logs"][0]["enabled"] = False
    found = kind.read(context("AccessLog"), id_, state, inputs)
    assert found is not None
    assert kind.diff(context("AccessLog"), found.state, found.inputs, inputs).changed == ("on",)
    assert kind.update(context("AccessLog"), id_, found.state, inputs) == state
    azure.state.drop(state["settingId"])
    assert kind.read(context("AccessLog"), id_, state, inputs) is None


@pytest.mark.parametrize(
    ("logs", "logged"),
    [
        ([{"categoryGroup": "allLogs", "enabled": True}], True),
        ([{"category": name, "enabled": True} for name in CATEGORIES], True),
        ([{"category": name, "enabled": True} for name in CATEGORIES[:2]], False),
        ([{"categoryGroup": "allLogs", "enabled": False}], False),
    ],
)
def test_an_account_says_whether_somebody_has_it_logged(
    azure: ArmDouble, connections: AzureConnections, ref: AzureRef, logs: list[dict[str, Any]], logged: bool
) -> None:
    """Also where the setting was there before slidebox, and writes elsewhere."""
    kind = Account(connections)
    inputs, _ = kind.check(context("Account"), {"store": ref.document}, {})
    path = f"{ref.account_id}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings/theirs"
    azure.state.keep(path, {"properties": {"workspaceId": "w", "logs": logs}})
    found = kind.read(context("Account"), ref.account_id, {}, inputs)
    assert found is not None
    assert (found.state["settings"]["accessLog"], found.state["drift"]) == (logged, [])


@pytest.mark.parametrize(("status", "code"), [(403, "AuthorizationFailed"), (409, "MissingSubscriptionRegistration")])
def test_an_account_goes_without_where_nobody_can_say(
    azure: ArmDouble, connections: AzureConnections, ref: AzureRef, status: int, code: str
) -> None:
    """It is not known then whether it is logged, and the rules say so of data that are not open."""
    kind = Account(connections)
    inputs, _ = kind.check(context("Account"), {"store": ref.document}, {})
    azure.faults.append(Fault("GET", "/diagnosticSettings", status, code))
    found = kind.read(context("Account"), ref.account_id, {}, inputs)
    assert found is not None
    assert (found.state["settings"]["accessLog"], found.state["drift"]) == (None, [])


def test_a_log_goes_with_the_last_container(azure: ArmDouble, connections: AzureConnections, ref: AzureRef) -> None:
    """While other stacks have containers there, this one only forgets it, and says so."""
    said: list[tuple[LogLevel, str]] = []
    quiet = Context(context("AccessLog").urn, log=lambda level, message: said.append((level, message)))
    kind, container = AccessLog(connections), Container(connections)
    _, state = kind.create(quiet, {"store": ref.document})
    asked, _ = container.check(context("Container"), {"store": ref.document, "container": "scans"}, {})
    _, made = container.create(context("Container"), asked)
    kind.delete(quiet, "", state)
    assert said == [("info", f"The log of {ref} stays: the account still holds containers.")]
    assert setting(azure, ref) is not None
    container.delete(context("Container"), "", made)
    kind.delete(quiet, "", state)
    assert setting(azure, ref) is None
    kind.delete(quiet, "", state)  # gone already


def test_the_account_for_a_log_stays_while_something_is_written_there(
    azure: ArmDouble, connections: AzureConnections, ref: AzureRef
) -> None:
    """Also as long as nothing has been: the stack that goes may not be the one whose data are logged."""
    said: list[tuple[LogLevel, str]] = []
    quiet = Context(context("Account").urn, log=lambda level, message: said.append((level, message)))
    _, state = AccessLog(connections).create(context("AccessLog"), {"store": ref.document})
    inputs = {"store": ref.log.document, "roles": False, "logOf": ref.account}
    Account(connections).delete(quiet, "", inputs)
    assert said == [("info", f"The {ref.log} stays: the log of {ref.account} is written there.")]
    assert azure.state.find(ref.log.account_id) is not None
    AccessLog(connections).delete(context("AccessLog"), "", state)
    Account(connections).delete(quiet, "", inputs)
    assert azure.state.find(ref.log.account_id) is None


def test_the_labs_own_stack_says_who_reads_the_log(
    azure: ArmDouble, connections: AzureConnections, ref: AzureRef
) -> None:
    """A project's stack leaves that as it is; what somebody has taken away is given again."""
    kind = Account(connections)
    said = {"store": ref.log.document, "roles": False}
    grants = [{"identity": ADA, "role": "reader", "principal": "person:ada"}]
    labs, failures = kind.check(context("Account"), {**said, "grants": grants}, {})
    assert failures == []
    state = kind.update(context("Account"), "", {}, labs)
    (given,) = azure.assignments()
    assert (given["principalId"], given["scope"]) == (ADA, ref.log.account_id)
    assert given["roleDefinitionId"].endswith(BLOB_READER)
    projects, _ = kind.check(context("Account"), said, {})
    kind.update(context("Account"), "", {}, projects)
    assert len(azure.assignments()) == 1
    for key in [key for key in azure.state.things if "/roleassignments/" in key]:
        azure.state.drop(key)
    found = kind.read(context("Account"), "", state, labs)
    assert found is not None
    assert found.state["drift"] == ["grants"]
    kind.update(context("Account"), "", found.state, labs)
    assert [a["principalId"] for a in azure.assignments()] == [ADA]
    _, failures = kind.check(context("Account"), {**said, "grants": [{"identity": CY, "role": "owner"}]}, {})
    assert [failure.property for failure in failures] == ["grants"]


def test_an_account_that_azure_does_not_know_yet_is_waited_for(
    azure: ArmDouble, connections: AzureConnections, ref: AzureRef
) -> None:
    """It was made a moment before; and one that is not known before it is made is so in a preview."""
    azure.faults.append(Fault("PUT", "/diagnosticSettings/", 404, "ResourceNotFound"))
    _, state = AccessLog(connections).create(context("AccessLog"), {"store": ref.document})
    assert state["on"] is True
    unknown = AccessLog(connections).planned(context("AccessLog"), {"store": UNKNOWN})
    assert unknown["on"] == UNKNOWN
