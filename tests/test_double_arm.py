"""The test server of Azure's control plane refuses what Azure refuses, in Azure's words, through Azure's own SDKs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.core.rest import HttpRequest
from azure.identity import DefaultAzureCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.consumption import ConsumptionManagementClient
from azure.mgmt.storage import StorageManagementClient

from .doubles.arm import SUBSCRIPTION, ArmDouble, Fault

GROUP, ACCOUNT, CONTAINER = "imaging", "wayimages", "raw"
ADA = "00000000-0000-0000-0000-000000000001"
READER = "/providers/Microsoft.Authorization/roleDefinitions/2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
BODY: dict[str, Any] = {"sku": {"name": "Standard_ZRS"}, "kind": "StorageV2", "location": "westeurope"}
POLICY: dict[str, Any] = {"properties": {"immutabilityPeriodSinceCreationInDays": 3}}
HOLD: Any = {"tags": ["case47"]}


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[ArmDouble]:
    """The server."""
    with ArmDouble() as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def client(double: ArmDouble) -> StorageManagementClient:
    """The SDK, without retries and without waiting."""
    credential = DefaultAzureCredential()
    return StorageManagementClient(credential, SUBSCRIPTION, double.url, retry_total=0, polling_interval=0.01)


@pytest.fixture
def roles(double: ArmDouble) -> AuthorizationManagementClient:
    """The SDK for roles."""
    where: Any = {"base_url": double.url, "retry_total": 0}
    return AuthorizationManagementClient(DefaultAzureCredential(), SUBSCRIPTION, api_version="2022-04-01", **where)


@pytest.fixture
def container(client: StorageManagementClient) -> str:
    """A container in an account; its id."""
    body: Any = BODY
    client.storage_accounts.begin_create(GROUP, ACCOUNT, body).result()
    empty: Any = {"properties": {}}
    return str(client.blob_containers.create(GROUP, ACCOUNT, CONTAINER, empty).id)


def refused(call: Callable[[], Any]) -> tuple[int | None, str]:
    """The status and the word of a refusal."""
    with pytest.raises(HttpResponseError) as caught:
        call()
    assert caught.value.error is not None
    return caught.value.status_code, str(caught.value.error.code)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"propertys": {}}, "propertys is not known to StorageAccountCreateParameters"),
        ({"properties": {"allowSharedKeyAcces": False}}, "properties.allowSharedKeyAcces is not known"),
        ({"properties": {"allowSharedKeyAccess": "no"}}, "is 'no' and is to be a bool"),
        ({"properties": {"minimumTlsVersion": "TLS1_9"}}, "which is none of"),
        ({"tags": {"a": 1}}, "tags.a is 1 and is to be a str"),
        ({"sku": {}}, "sku.name is required"),
        ({"location": None}, "location is required"),
    ],
)
def test_a_body_that_is_not_what_its_model_says_is_refused(
    client: StorageManagementClient, change: dict[str, Any], words: str
) -> None:
    """Unknown and missing fields, wrong types and words."""
    body: Any = {**BODY, **change}
    with pytest.raises(HttpResponseError) as caught:
        client.storage_accounts.begin_create(GROUP, ACCOUNT, body)
    assert caught.value.status_code == 400
    assert "InvalidRequestContent" in str(caught.value)
    assert words in str(caught.value)


def test_a_new_account_takes_its_time(client: StorageManagementClient, double: ArmDouble) -> None:
    """It is a long-running operation; what is answered at its end is the account."""
    body: Any = BODY
    made = client.storage_accounts.begin_create(GROUP, ACCOUNT, body).result()
    assert (made.name, made.kind) == (ACCOUNT, "StorageV2")
    assert sum("asyncoperations" in request.path for request in double.requests) == 2
    assert [account.name for account in client.storage_accounts.list_by_resource_group(GROUP)] == [ACCOUNT]


def test_who_has_no_token_or_one_for_something_else_is_refused(double: ArmDouble) -> None:
    """And whoever has one that has expired."""

    def ask(headers: dict[str, str]) -> str:
        answer = double.answer("GET", f"/subscriptions/{SUBSCRIPTION}/x?api-version=1", headers, b"")
        return str(answer.body["error"]["code"])

    def bearer(resource: str) -> dict[str, str]:
        identity = {"x-identity-header": double.environment()["IDENTITY_HEADER"]}
        answer = double.answer("GET", f"/msi/token?resource={resource}", identity, b"")
        return {"authorization": f"Bearer {answer.body['access_token']}"}

    assert ask({}) == "AuthenticationFailed"
    assert ask(bearer("https://storage.azure.com")) == "InvalidAuthenticationTokenAudience"
    assert ask(bearer("https://management.azure.com")) == "ResourceNotFound"
    double.token_seconds = -5
    assert ask(bearer("https://management.azure.com")) == "ExpiredAuthenticationToken"
    assert double.answer("GET", "/msi/token?resource=x", {}, b"").status == 401


def test_the_sdk_sees_a_refused_token_as_one(
    double: ArmDouble, client: StorageManagementClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own error for that."""
    monkeypatch.setenv("IDENTITY_HEADER", "another")
    with pytest.raises(ClientAuthenticationError):
        client.storage_accounts.get_properties(GROUP, ACCOUNT)
    assert double.requests == []


@pytest.mark.usefixtures("container")
def test_an_account_that_forbids_it_has_no_public_container(client: StorageManagementClient) -> None:
    """As the account says."""
    closed: Any = {"properties": {"allowBlobPublicAccess": False}}
    client.storage_accounts.update(GROUP, ACCOUNT, closed)
    public: Any = {"properties": {"publicAccess": "Blob"}}
    assert refused(lambda: client.blob_containers.update(GROUP, ACCOUNT, CONTAINER, public)) == (
        409,
        "PublicAccessNotPermitted",
    )


@pytest.mark.usefixtures("container")
def test_what_protects_a_container_is_enforced(client: StorageManagementClient, double: ArmDouble) -> None:
    """A policy with blobs under it, a hold, an ETag that is another one, and a lock that nobody lifts."""
    containers, policy, hold = client.blob_containers, POLICY, HOLD
    first = containers.create_or_update_immutability_policy(GROUP, ACCOUNT, CONTAINER, policy)  # type: ignore[call-overload]
    second = containers.create_or_update_immutability_policy(GROUP, ACCOUNT, CONTAINER, policy)  # type: ignore[call-overload]
    match: Any = {"match_condition": MatchConditions.IfNotModified}
    stale = refused(lambda: containers.delete_immutability_policy(GROUP, ACCOUNT, CONTAINER, etag=first.etag, **match))
    assert stale == (412, "ConditionNotMet")
    double.state.blobs[ACCOUNT, CONTAINER] = {"a.tif": b"image"}
    assert refused(lambda: containers.delete(GROUP, ACCOUNT, CONTAINER)) == (409, "ContainerImmutabilityFailure")
    double.state.blobs.clear()
    assert containers.set_legal_hold(GROUP, ACCOUNT, CONTAINER, hold).tags == ["case47"]
    assert refused(lambda: containers.delete(GROUP, ACCOUNT, CONTAINER)) == (409, "ContainerImmutabilityFailure")
    assert containers.clear_legal_hold(GROUP, ACCOUNT, CONTAINER, hold).has_legal_hold is False
    containers.lock_immutability_policy(GROUP, ACCOUNT, CONTAINER, etag=second.etag, **match)
    locked = refused(lambda: containers.create_or_update_immutability_policy(GROUP, ACCOUNT, CONTAINER, policy))  # type: ignore[call-overload]
    assert locked == (409, "ContainerImmutabilityPolicyFailure")


@pytest.mark.usefixtures("container")
@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"logs": []}, "At least one data sink"),
        ({"workspaceId": "w", "log": []}, "is not a diagnostic setting"),
        ({"workspaceId": "w", "logs": [{"category": "StorageList", "enabled": True}]}, "supported category"),
        ({"workspaceId": "w", "logs": [{"category": "StorageRead"}]}, "is enabled or not"),
        ({"storageAccountId": "nowhere"}, "was not found"),
        ({"storageAccountId": "itself"}, "destination of its own logs"),
    ],
)
def test_a_log_that_azure_would_not_write_is_refused(
    client: StorageManagementClient, double: ArmDouble, properties: dict[str, Any], message: str
) -> None:
    """As its documentation says: no SDK has a model of it."""
    account = str(client.storage_accounts.get_properties(GROUP, ACCOUNT).id)
    said = {"properties": {**properties, **({"storageAccountId": account} if "itself" in properties.values() else {})}}
    path = f"{account}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings/x"
    request = HttpRequest("PUT", path, params={"api-version": "2021-05-01-preview"}, json=said)
    answer = client.send_request(request)
    assert (answer.status_code, message in answer.json()["error"]["message"]) == (400, True)
    assert double.state.find(path) is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"timePeriod": {"startDate": "2026-11-02T00:00:00Z"}}, "InvalidStartDate"),
        ({"amount": "much"}, "InvalidRequestContent"),
        ({"timeGrain": "Daily"}, "InvalidRequestContent"),
        (
            {"notifications": {"a": {"enabled": True, "operator": "GreaterThan", "threshold": 80}}},
            "InvalidRequestContent",
        ),
        (
            {"notifications": {"a": {"enabled": True, "operator": "EqualTo", "threshold": 8, "contactEmails": []}}},
            "MissingContact",
        ),
    ],
)
def test_a_budget_that_azure_would_not_take_is_refused(double: ArmDouble, change: dict[str, Any], code: str) -> None:
    """Of the body, and of what only the service knows; and one that somebody has changed since it was read."""
    costs = ConsumptionManagementClient(DefaultAzureCredential(), SUBSCRIPTION, double.url, retry_total=0)
    scope = f"subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
    month = {"startDate": "2026-11-01T00:00:00Z"}
    good: Any = {"category": "Cost", "amount": 1, "timeGrain": "Monthly", "timePeriod": month}

    def write(**more: Any) -> Any:
        body: Any = {"properties": {**good, **more}}
        return costs.budgets.create_or_update(scope, "x", body)

    assert refused(lambda: write(**change)) == (400, code)
    assert write().amount == 1
    stale: Any = {"properties": good, "eTag": "another"}
    assert refused(lambda: costs.budgets.create_or_update(scope, "x", stale)) == (409, "Conflict")


def test_a_role_is_given_once_at_one_place(roles: AuthorizationManagementClient, container: str) -> None:
    """Under whichever name, and however the role's path is written; its condition can change."""
    first, second = (f"00000000-0000-0000-0000-0000000000{n}" for n in ("0a", "0b"))

    def give(name: str, role: str = READER, **more: str) -> Any:
        body: Any = {"properties": {"roleDefinitionId": role, "principalId": ADA, **more}}
        return roles.role_assignments.create(container, name, body)

    give(first)
    assert refused(lambda: give(second, f"/subscriptions/x{READER}")) == (409, "RoleAssignmentExists")
    assert give(first, condition="(x)", conditionVersion="2.0").condition == "(x)"
    assert refused(lambda: give(first, condition="(x)"))[1] == "ConditionVersionNotSupported"
    unknown = f"{READER[:-1]}0"
    assert refused(lambda: give(second, unknown)) == (400, "RoleDefinitionDoesNotExist")
    assert [a.name for a in roles.role_assignments.list_for_scope(container)] == [first]
    assert "Storage Blob Data Reader" in {d.role_name for d in roles.role_definitions.list(container)}


@pytest.mark.usefixtures("container")
def test_faults_come_when_they_are_asked_for(client: StorageManagementClient, double: ArmDouble) -> None:
    """The nth call, so many times, and what is there may be not found yet."""
    double.faults += [
        Fault("GET", "/containers/", 403, "AuthorizationFailed", skip=1),
        Fault("GET", "/containers/", 404, "ContainerNotFound", skip=1, times=1, existing=True),
    ]

    def look() -> Any:
        return client.blob_containers.get(GROUP, ACCOUNT, CONTAINER)

    assert look().name == CONTAINER
    assert refused(look) == (403, "AuthorizationFailed")
    assert refused(look) == (404, "ContainerNotFound")
    assert look().name == CONTAINER
