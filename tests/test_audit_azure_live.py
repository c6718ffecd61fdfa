"""What is asked of Azure for an audit of access; a test server stands in for Resource Manager and for blobs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slidebox.access.audit import locations
from slidebox.access.effective import Location
from slidebox.access.snapshot import Known, Snapshot, unread
from slidebox.audit.live import Asked
from slidebox.audit.live.azure import collect
from slidebox.audit.live.azure_calls import Calls
from slidebox.audit.live.pace import Pace
from slidebox.home import Home
from slidebox.model import Lab, LabFile, Person, Store, StoreKind, System
from slidebox.provider.azure_connections import AzureConnections
from slidebox.provider.azure_store import AzureRef

from .doubles.arm import SUBSCRIPTION, ArmDouble, Fault
from .doubles.arm.blobs import TENANT

ADA, EVE = (f"00000000-0000-0000-0000-00000000000{n}" for n in (1, 2))
BLOB_READER, OWNER_OF_BLOBS = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
READS = 10
"""How many calls an account costs, whatever is in it."""


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
def ref(azure: ArmDouble) -> AzureRef:
    """The account."""
    return AzureRef("cloud", "wayimages", SUBSCRIPTION, "imaging", "westeurope", "way", azure.url)


@pytest.fixture
def asked(ref: AzureRef, tmp_path: Path) -> Asked:
    """A lab whose store is the account."""
    place: dict[str, Any] = {
        "account": ref.account,
        "subscription": ref.subscription,
        "resource_group": ref.resource_group,
        "region": ref.region,
        "endpoint": ref.endpoint,
    }
    stores = {"cloud": Store(system=System.CLOUD, kind=StoreKind.AZURE, **place)}
    file = LabFile(lab="way", title="Way Lab", people={"ada": Person(name="Ada")}, stores=stores)
    return Asked(Lab(file=file, projects={}), Home(tmp_path), "cloud", a_second=10_000)


def made(azure: ArmDouble, connections: AzureConnections, ref: AzureRef, **properties: Any) -> None:
    """The account with two containers, closed but for the properties that are given."""
    client = connections.storage(ref)
    closed = {"allowBlobPublicAccess": False, "allowSharedKeyAccess": False, **properties}
    body: Any = {"sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "location": ref.region, "properties": closed}
    client.storage_accounts.begin_create(ref.resource_group, ref.account, body).result()
    for name in ("raw", "figures"):
        about: Any = {"properties": {"publicAccess": "None", "metadata": {"lab": "way", "dataset": f"nf1/{name}"}}}
        client.blob_containers.create(ref.resource_group, ref.account, name, about)
    azure.requests.clear()


def give(connections: AzureConnections, ref: AzureRef, who: str, role: str, scope: str, number: int) -> None:
    """Give somebody a role."""
    body: Any = {"properties": {"roleDefinitionId": f"/x/{role}", "principalId": who, "principalType": "User"}}
    connections.roles(ref).role_assignments.create(scope, f"00000000-0000-0000-0000-0000000000{number:02}", body)


def found(asked: Asked, connections: AzureConnections) -> dict[str, Location]:
    """The locations of the account, by way of JSON."""
    taken = Snapshot("live", "2026-11-29T00:00:00Z", "way", collect(asked, connections))
    whole = Snapshot.of(json.loads(json.dumps(taken.document())))
    return {one.name: one for one in locations(whole, Known({f"user:{ADA}": "person:ada"}))}


def who(location: Location, action: str = "read") -> set[str]:
    """Who can do something with a location."""
    return {one.principal for one in location.readers if action in one.actions}


def test_a_closed_account_is_asked_ten_times_and_lets_in_who_has_a_role(
    azure: ArmDouble, connections: AzureConnections, ref: AzureRef, asked: Asked
) -> None:
    """Above the account, at it, and at one container; nothing else is asked of its containers."""
    made(azure, connections, ref)
    give(connections, ref, ADA, BLOB_READER, ref.container_id("raw"), 1)
    give(connections, ref, EVE, OWNER_OF_BLOBS, f"/subscriptions/{SUBSCRIPTION}", 2)
    azure.requests.clear()
    places = found(asked, connections)
    assert len(azure.requests) == READS
    assert {one.method for one in azure.requests} == {"GET"}
    assert who(places["raw"]) == {"person:ada", f"account:{EVE}"}
    assert who(places["figures"]) == {f"account:{EVE}"}
    assert [(one.store, one.dataset, one.kind) for one in places.values()] == [
        ("cloud", "nf1/figures", "azure"),
        ("cloud", "nf1/raw", "azure"),
    ]


def open_account(azure: ArmDouble, connections: AzureConnections, ref: AzureRef) -> None:
    """An account that is open in every way that there is."""
    network = {"defaultAction": "Deny", "ipRules": [{"value": "192.0.2.0/24"}], "virtualNetworkRules": []}
    made(
        azure,
        connections,
        ref,
        allowBlobPublicAccess=True,
        allowSharedKeyAccess=True,
        isHnsEnabled=True,
        isSftpEnabled=True,
        networkAcls=network,
    )
    client = connections.storage(ref)
    public: Any = {"properties": {"publicAccess": "Container"}}
    client.blob_containers.update(ref.resource_group, ref.account, "raw", public)
    web: Any = {"properties": {"publicAccess": "None"}}
    azure.state.keep(f"{ref.account_id}/blobServices/default/containers/$web", web)
    azure.state.websites[ref.account] = True
    azure.state.policies[ref.account, "raw"] = {"reviewers": ("rl", "2027-06-30T00:00:00Z")}
    for name in ("raw", "figures", "$web"):
        acl = "user::rwx,group::r-x,other::--x" if name == "figures" else "user::rwx,group::---,other::---"
        azure.state.folders[ref.account, name] = {
            "x-ms-owner": "$superuser",
            "x-ms-group": "$superuser",
            "x-ms-acl": acl,
        }
    scopes = [{"service": "blob", "resourceName": "raw", "permissions": "rl"}]
    user = {"hasSshKey": True, "sshAuthorizedKeys": [{"key": "ssh-rsa AAAA"}], "permissionScopes": scopes}
    azure.state.keep(f"{ref.account_id}/localUsers/scanner", {"name": "scanner", "properties": user})
    rules = [{"sourceContainer": "raw", "destinationContainer": "copy"}]
    policy = {"sourceAccount": ref.account, "destinationAccount": "elsewhere", "rules": rules}
    azure.state.keep(f"{ref.account_id}/objectReplicationPolicies/one", {"properties": policy})
    profile = f"{ref.group_id}/providers/Microsoft.Cdn/profiles/front"
    azure.state.keep(profile, {"sku": {"name": "Premium_AzureFrontDoor"}})
    azure.state.keep(f"{profile}/afdEndpoints/one", {"properties": {"hostName": "one.azurefd.net"}})
    azure.state.keep(f"{profile}/originGroups/group", {"properties": {}})
    origin = {"hostName": "wayimages.blob.core.windows.net", "sharedPrivateLinkResource": {"status": "Approved"}}
    azure.state.keep(f"{profile}/originGroups/group/origins/blobs", {"properties": origin})
    give(connections, ref, ADA, BLOB_READER, ref.container_id("raw"), 1)
    azure.requests.clear()


def test_every_way_into_an_account_is_asked_for(
    azure: ArmDouble, connections: AzureConnections, ref: AzureRef, asked: Asked
) -> None:
    """Each of them is in what comes of it, and two calls a container are the most."""
    open_account(azure, connections, ref)
    places = found(asked, connections)
    raw = {(one.principal, one.path[1]) for one in places["raw"].readers if "read" in one.actions}
    assert {
        ("anyone", "public level Container of the container"),
        ("account:network:192.0.2.0/24", "public level Container of the container"),
        ("unknown", "stored access policy reviewers"),
        ("unknown", "it takes shared keys"),
        ("account:wayimages.scanner", "SFTP"),
        ("account:elsewhere", "replication to elsewhere/copy"),
        ("person:ada", "role Storage Blob Data Reader"),
    } <= raw
    assert "account:tenant" in who(places["figures"])
    assert "account:network:192.0.2.0/24" in who(places["$web"])
    assert len(azure.requests) <= READS + 7 + 2 * 3
    assert not any("listkeys" in one.path.lower() for one in azure.requests)


def test_every_call_waits_for_its_turn(
    azure: ArmDouble, connections: AzureConnections, ref: AzureRef, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those about blobs too."""
    open_account(azure, connections, ref)
    waits: list[object] = []
    monkeypatch.setattr(Pace, "wait", waits.append)
    collect(asked, connections)
    assert len(waits) == len(azure.requests)


def test_no_secret_is_in_a_snapshot(
    azure: ArmDouble, connections: AzureConnections, ref: AzureRef, asked: Asked
) -> None:
    """Nor what tags and metadata say of other things."""
    open_account(azure, connections, ref)
    text = json.dumps(collect(asked, connections))
    for secret in ("AAAA", "sshAuthorizedKeys", "AccountKey", "Bearer", TENANT):
        assert secret not in text


def failing(path: str, status: int, code: str) -> Fault:
    """Every call with something in its path fails; it may be tried again at once."""
    return Fault("", path, status, code, times=10_000, retry_after=0.01)


PARTS = (
    "/storageaccounts/wayimages?",
    "/containers?",
    "/roleassignments?",
    "/roledefinitions?",
    "/denyassignments?",
    "/roleeligibilityscheduleinstances?",
    "/objectreplicationpolicies?",
    "/localusers?",
    "/microsoft.cdn/profiles?",
    "/origingroups?",
    "/wayimages/raw?",
    "/wayimages/?",
)
"""What is asked for, each with a mark at its end."""

FAILURES: tuple[tuple[str, Callable[[], Any]], ...] = (
    ("denied", lambda: (403, {"error": {"code": "AuthorizationFailed", "message": "no"}})),
    ("throttled", lambda: (429, {"error": {"code": "TooManyRequests", "message": "later"}})),
    ("gone", lambda: (404, {"error": {"code": "SubscriptionNotFound", "message": "no"}})),
    ("text", lambda: (200, b"<html>a proxy says hello</html>")),
    ("nothing", lambda: (200, {})),
    ("list", lambda: (200, [])),
    ("strange", lambda: (200, {"value": ["strange"], "properties": "strange"})),
    ("elsewhere", lambda: (200, {"value": [], "nextLink": "https://example.org/next", "properties": None})),
)


def breaking(azure: ArmDouble, part: str, answer: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every call for one part answered by something else."""
    from .doubles.arm.faults import Answer  # noqa: PLC0415 - beside its use

    whole = azure.answer

    def answered(method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        path = target.partition("?")[0].lower().rstrip("/")
        if f"{path}?".endswith(part.replace("/?", "?")) and "/msi/" not in path:
            status, said = answer()
            return Answer(status, said, {"Retry-After": "0.01"})
        return whole(method, target, headers, body)

    monkeypatch.setattr(azure, "answer", answered)


@pytest.mark.parametrize("part", PARTS)
def test_no_part_that_fails_makes_anybody_vanish(
    azure: ArmDouble,
    connections: AzureConnections,
    ref: AzureRef,
    asked: Asked,
    monkeypatch: pytest.MonkeyPatch,
    part: str,
) -> None:
    """Whoever is not seen any more, somebody unknown is seen instead, wherever that one was, however it fails."""
    open_account(azure, connections, ref)
    client = connections.storage(ref)
    off: Any = {"properties": {"allowSharedKeyAccess": part == "/wayimages/raw?"}}
    client.storage_accounts.update(ref.resource_group, ref.account, off)
    before = found(asked, connections)
    for kind, answer in FAILURES:
        with monkeypatch.context() as patched:
            breaking(azure, part, answer, patched)
            after = found(asked, connections)
        for name, location in before.items():
            now = after.get(name) or after.get(ref.account)
            assert now is not None, kind
            for action in ("read", "write", "delete"):
                seen = who(now, action)
                assert who(location, action) <= seen or "unknown" in seen, (kind, name, action)


def test_an_account_that_nobody_may_ask_about_is_a_location_of_somebody_unknown(
    azure: ArmDouble, connections: AzureConnections, ref: AzureRef, asked: Asked
) -> None:
    """With the reason, and what would cure it is not asked for again and again."""
    made(azure, connections, ref)
    azure.faults = [failing("/", 403, "AuthorizationFailed")]
    (one,) = found(asked, connections).values()
    assert one.name == ref.account
    assert who(one) == {"unknown"}
    assert "AuthorizationFailed" in one.readers[0].path[-1]


def test_a_tenant_without_a_licence_for_eligible_roles_has_none(
    azure: ArmDouble, connections: AzureConnections, ref: AzureRef, asked: Asked
) -> None:
    """Azure refuses the question there, and that is an answer."""
    made(azure, connections, ref)
    azure.faults = [failing("ScheduleInstances", 400, "AadPremiumLicenseRequired")]
    assert found(asked, connections)["raw"].readers == ()


def test_a_list_of_many_pages_is_read_to_its_end(
    azure: ArmDouble, connections: AzureConnections, ref: AzureRef, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page names the next one, at the same address."""
    from .doubles.arm.faults import Answer  # noqa: PLC0415 - beside its use

    made(azure, connections, ref)
    whole, pages = azure.answer, iter(range(3))

    def answered(method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        answer = whole(method, target, headers, body)
        if "/blobServices/default/containers" in target and (page := next(pages, None)) is not None:
            extra = [{"name": f"more{page}", "properties": {"publicAccess": "None"}}]
            return Answer(200, {"value": extra, "nextLink": f"{azure.url}{target}&page={page}"})
        return answer

    monkeypatch.setattr(azure, "answer", answered)
    assert set(found(asked, connections)) == {"raw", "figures", "more0", "more1", "more2"}


@pytest.mark.parametrize(
    ("following", "whole"),
    [
        ("https://management.azure.com/next", True),
        ("https://management.azure.com:443/next", True),
        ("https://management.azure.com:8443/next", False),
        ("https://management.azure.com.example.org/next", False),
        ("https://management.azure.com@example.org/next", False),
        ("http://management.azure.com/next", False),
        ("https://[", False),
        (7, False),
    ],
)
def test_the_next_page_is_asked_for_where_the_first_was_and_nowhere_else(
    connections: AzureConnections, ref: AzureRef, monkeypatch: pytest.MonkeyPatch, following: object, whole: bool
) -> None:
    """Whoever answers would get the token."""
    answers = iter(({"value": [{"name": "one"}], "nextLink": following}, {"value": [{"name": "two"}]}))
    asked: list[str] = []
    calls = Calls(connections, replace(ref, endpoint=None), Pace(10_000))

    def answered(url: str, _: object) -> object:
        asked.append(url)
        return next(answers)

    monkeypatch.setattr(calls, "_get", answered)
    found = calls.list("/x", "things", "1")
    assert found == (
        [{"name": "one"}, {"name": "two"}] if whole else unread("the next page is said to be somewhere else")
    )
    assert len(asked) == (2 if whole else 1)


def test_a_thousand_containers_cost_one_call_each_at_most(
    azure: ArmDouble, connections: AzureConnections, ref: AzureRef, asked: Asked
) -> None:
    """And none where the account takes no shared keys."""
    made(azure, connections, ref)
    for number in range(1000):
        path = f"{ref.account_id}/blobServices/default/containers/c{number:04}"
        azure.state.keep(path, {"properties": {"publicAccess": "None"}})
    assert len(found(asked, connections)) == 1002
    assert len(azure.requests) == READS
