"""Whoever the engine lets in at a container of Azure is tried: what Azurite answers to real requests is what it says.

The configuration comes to the engine by the collector: stored access policies are read from Azurite itself, and what
Resource Manager would answer from the test server that stands in for it.
"""

from __future__ import annotations

import datetime as dt
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.storage.blob import (
    AccessPolicy,
    BlobServiceClient,
    ContainerClient,
    generate_account_sas,
    generate_container_sas,
)

from slidebox.access.azure import locations
from slidebox.access.effective import ACTIONS, Access, Location
from slidebox.access.snapshot import Known
from slidebox.audit.live import Asked
from slidebox.audit.live.azure import collect
from slidebox.home import Home
from slidebox.model import Lab, LabFile, Person, Store, StoreKind, System
from slidebox.provider.azure_connections import AzureConnections
from slidebox.provider.azure_store import AzureRef

from .doubles.arm import SUBSCRIPTION, ArmDouble
from .doubles.arm.certificate import certificate
from .doubles.azurite import ACCOUNT, KEY, azurite

pytestmark = pytest.mark.e2e

TRIES = int(os.environ.get("SLIDEBOX_TRIES", "60"))
SEED = int(os.environ.get("SLIDEBOX_SEED", "20261129"))
LETTERS = "racwdl"
NOW = dt.datetime.now(dt.UTC)
LATER, BEFORE = NOW + dt.timedelta(days=30), NOW - dt.timedelta(days=1)
TRIED = ACTIONS[:4]
"""Whoever has a link is no administrator, so that is not tried."""


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


@pytest.fixture
def owner(blobs: str) -> Iterator[BlobServiceClient]:
    """Whoever has the account's key."""
    with BlobServiceClient(blobs, credential=KEY, connection_verify=str(certificate()[0])) as client:
        yield client


class WithKey(AzureConnections):
    """Clients of which that of blobs has the account's key: Azurite tells nobody else what policies are stored."""

    def __init__(self, owner: BlobServiceClient) -> None:
        super().__init__(polling_seconds=0.01)
        self._owner = owner

    def blobs(self, ref: AzureRef, url: str) -> BlobServiceClient:
        """The owner's client."""
        assert url.endswith(f"/{ref.account}/")
        return self._owner


@dataclass
class Requests:
    """Real requests at a container, by whatever is in their addresses."""

    url: str
    count: int = 0
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        # What the environment says of certificates would go before this one.
        self.session.trust_env = False
        self.session.verify = str(certificate()[0])

    def done(self, container: ContainerClient, name: str, proof: str = "") -> set[str]:
        """What can be done with what is prepared in a container, and is put back afterwards.

        Parameters
        ----------
        container
            The container, as its owner has it.
        name
            Its name.
        proof
            A link's token; empty for nobody in particular.
        """
        where, sign = f"{self.url}/{name}", f"&{proof}" if proof else ""
        able = {
            "read": self._is_done("GET", f"{where}/image.tif?{sign}"),
            "list": self._is_done("GET", f"{where}?restype=container&comp=list{sign}"),
            "write": self._writes(where, sign),
            "delete": self._is_done("DELETE", f"{where}/spare.tif?{sign}"),
        }
        if able["delete"] or able["write"]:
            prepared(container)
        return {action for action, can in able.items() if can}

    def _writes(self, where: str, sign: str) -> bool:
        """Whether a blob can be made, or one that is there added to."""
        self.count += 1
        kind = {"x-ms-blob-type": "BlockBlob"}
        new = self._is_done("PUT", f"{where}/new{self.count}.tif?{sign}", headers=kind, data=b"new")
        return new or self._is_done("PUT", f"{where}/log.txt?comp=appendblock{sign}", data=b"more")

    def _is_done(self, method: str, url: str, **more: Any) -> bool:
        self.count += 1
        return self.session.request(method, url.replace("?&", "?"), timeout=30, **more).ok


def prepared(container: ContainerClient) -> None:
    """What requests are about, in a container."""
    container.upload_blob("image.tif", b"image", overwrite=True)
    container.upload_blob("spare.tif", b"spare", overwrite=True)
    log = container.get_blob_client("log.txt")
    if not log.exists():
        log.create_append_blob()


@dataclass(frozen=True)
class Policy:
    """A stored access policy that is generated: its letters, and its end, which it does not have to say.

    Azurite takes what a policy leaves out for nothing, where Azure takes it from the link: so each has letters.
    """

    id: str
    letters: str
    expiry: dt.datetime | None

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.expiry == BEFORE


def generated(chance: random.Random) -> tuple[str | None, list[Policy]]:
    """A public level, and some stored access policies."""
    policies = [
        Policy(
            f"policy{number}",
            "".join(letter for letter in LETTERS if chance.random() < 0.4) or chance.choice(LETTERS),
            chance.choice((LATER, LATER, BEFORE, None)),
        )
        for number in range(chance.randint(0, 3))
    ]
    return chance.choice((None, None, "blob", "container")), policies


def link(name: str, policy: Policy) -> str:
    """The token of a link by a policy; its end, where the policy leaves it out."""
    said: dict[str, Any] = {} if policy.expiry else {"expiry": LATER}
    return str(generate_container_sas(ACCOUNT, name, account_key=KEY, policy_id=policy.id, **said))


def asked_of(double: ArmDouble, home: Path) -> Asked:
    """A lab whose store is the account."""
    place: dict[str, Any] = {"account": ACCOUNT, "subscription": SUBSCRIPTION, "resource_group": "imaging"}
    about = Store(system=System.CLOUD, kind=StoreKind.AZURE, region="westeurope", endpoint=double.url, **place)
    file = LabFile(lab="way", title="Way Lab", people={"ada": Person(name="Ada")}, stores={"cloud": about})
    return Asked(Lab(file=file, projects={}), Home(home), "cloud", a_second=10_000)


def account_of(double: ArmDouble, connections: AzureConnections, blobs: str, home: Path) -> tuple[Asked, AzureRef]:
    """The account as Resource Manager has it, with its blobs at Azurite."""
    asked = asked_of(double, home)
    ref = AzureRef.of("cloud", asked.lab.file.stores["cloud"], "way")
    open_: dict[str, Any] = {"allowBlobPublicAccess": True, "allowSharedKeyAccess": True}
    body: Any = {"sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "location": ref.region, "properties": open_}
    connections.storage(ref).storage_accounts.begin_create(ref.resource_group, ref.account, body).result()
    double.state.need(ref.account_id)["properties"]["primaryEndpoints"] = {"blob": f"{blobs}/"}
    return asked, ref


def actions_by(location: Location, principal: str, *path: str) -> set[str]:
    """What somebody can do with a location by a path that has some steps, as far as it is tried."""
    now = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    found: list[Access] = [
        one for one in location.readers if one.principal == principal and all(step in one.path for step in path)
    ]
    return {action for one in found if not one.until or one.until > now for action in one.actions} & set(TRIED)


def test_what_azurite_lets_anyone_and_links_do_is_what_the_engine_says(
    blobs: str, double: ArmDouble, owner: BlobServiceClient, tmp_path: Path
) -> None:
    """For generated public levels and stored access policies, request by request."""
    chance = random.Random(SEED)
    connections, asking = WithKey(owner), Requests(blobs)
    asked, ref = account_of(double, connections, blobs, tmp_path)
    made: dict[str, tuple[str | None, list[Policy]]] = {}
    for number in range(TRIES):
        name = f"c{number:05}"
        made[name] = level, policies = generated(chance)
        said = {one.id: AccessPolicy(permission=one.letters or None, expiry=one.expiry) for one in policies}
        container = owner.create_container(name)
        container.set_container_access_policy(said, public_access=level)
        prepared(container)
        about: Any = {"properties": {"publicAccess": (level or "none").capitalize()}}
        double.state.keep(ref.container_id(name), about)
    places = {one.name: one for one in locations(collect(asked, connections)["azure"], Known())}
    wrong: list[object] = []
    for name, (level, policies) in made.items():
        container, location = owner.get_container_client(name), places[name]
        # What anyone can do, whoever has a link can do too.
        if (done := asking.done(container, name)) != (said_of := actions_by(location, "anyone")):
            wrong.append((name, level, "anyone", done, said_of))
        for one in policies:
            done = asking.done(container, name, link(name, one))
            expected = actions_by(location, "unknown", f"stored access policy {one.id}") | said_of
            if done != expected:
                wrong.append((name, one, done, expected))
    assert wrong == []
    assert asking.count > 5 * TRIES


def links(chance: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    """Links of an account and of a container, each by its token, what the section says of it."""
    letters = "".join(letter for letter in LETTERS if chance.random() < 0.4) or chance.choice(LETTERS)
    expiry = chance.choice((LATER, LATER, BEFORE))
    said = {"name": "one", "permissions": letters, "expiry": expiry.isoformat()}
    kinds = "".join(kind for kind in "sco" if chance.random() < 0.6) or chance.choice("sco")
    token = generate_account_sas(ACCOUNT, KEY, kinds, letters, expiry)
    yield str(token), {**said, "services": "b", "resourceTypes": kinds}
    token = generate_container_sas(ACCOUNT, "links", account_key=KEY, permission=letters, expiry=expiry)
    yield str(token), {**said, "container": "links"}
    token = generate_container_sas(ACCOUNT, "another", account_key=KEY, permission=letters, expiry=expiry)
    yield str(token), {**said, "container": "another"}


def test_what_azurite_lets_the_bearer_of_a_link_do_is_what_the_engine_says(
    blobs: str, owner: BlobServiceClient
) -> None:
    """For generated links of an account, of the container and of another one."""
    chance, asking = random.Random(SEED), Requests(blobs)
    container = owner.create_container("links")
    prepared(container)
    wrong = []
    for _ in range(TRIES):
        for token, said in links(chance):
            section = {
                "accounts": {
                    ACCOUNT: {
                        "account": {"id": "", "properties": {"allowBlobPublicAccess": False}},
                        "containers": {"links": {"container": {"properties": {"publicAccess": "None"}}}},
                        "sas": [said],
                    }
                }
            }
            (location,) = locations(section, Known())
            done, expected = asking.done(container, "links", token), actions_by(location, "unknown", "link one")
            # A link with the kind "container" deletes containers, which is not tried with this one.
            if "c" in said.get("resourceTypes", "") and "o" not in said.get("resourceTypes", ""):
                expected -= {"delete"}
            if done != expected:
                wrong.append((said, done, expected))
    assert wrong == []


def test_a_link_of_an_account_for_containers_deletes_one_with_everything_in_it(
    blobs: str, owner: BlobServiceClient
) -> None:
    """Which is why it counts as deleting."""
    for number, (letters, expected) in enumerate((("d", True), ("rwl", False))):
        name = f"gone{number}"
        prepared(owner.create_container(name))
        token = generate_account_sas(ACCOUNT, KEY, "c", letters, LATER)
        answer = requests.delete(f"{blobs}/{name}?restype=container&{token}", verify=str(certificate()[0]), timeout=30)
        assert answer.ok is expected
