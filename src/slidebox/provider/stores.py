"""How a resource names its store, and the connections to it.

A resource carries everything it takes to reach its store, except credentials: those come from the
embedded gateway's own keys or from where AWS tools look for them, and never enter the state.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import boto3
from botocore.config import Config

from slidebox import drives, gateway, labfile
from slidebox.errors import InputError, UnreadableError
from slidebox.home import Home
from slidebox.model import LabFile, StoreKind
from slidebox.provider.faults import told
from slidebox.provider.resource import Failure

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_s3 import S3Client

_CONNECT_SECONDS = 5
_READ_SECONDS = 60
_ATTEMPTS = 3
_CONNECTIONS = 32
_AMAZON = "amazonaws.com"


@dataclass(frozen=True, slots=True)
class StoreRef:
    """A store as a resource names it.

    Attributes
    ----------
    name
        Its name in the lab file.
    region
        Region, as the service names it.
    endpoint
        Address of an S3 service, or None where slidebox runs the gateway.
    over
        The drive store under an embedded gateway, or None.
    profile
        Profile of the shared AWS credentials file, or None.
    encrypted
        Whether what lies below is encrypted at rest; None where nobody has said.
    lab
        Short name of the lab.
    home
        Folder of ``lab.yaml`` on this machine.
    drive
        Folder of the drive below an embedded gateway, or None.
    """

    name: str
    region: str = "us-east-1"
    endpoint: str | None = None
    over: str | None = None
    profile: str | None = None
    encrypted: bool | None = None
    lab: str | None = None
    home: str | None = None
    drive: str | None = None

    @classmethod
    def read(cls, value: Any) -> Self:
        """Read the input ``store``.

        Raises
        ------
        InputError
            If it is not a store.
        """
        if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
            raise InputError(
                "'store' has to be a mapping with the store's 'name'.", "Take it from the lab's declaration."
            )
        known = cls.__dataclass_fields__
        unknown = sorted(set(value) - set(known))
        if unknown:
            raise InputError(f"'store' has no {unknown[0]!r}.", f"It has {', '.join(known)}.")
        ref = cls(**{name: item for name, item in value.items() if item is not None})
        if bool(ref.endpoint) == bool(ref.over):
            raise InputError(f"Store {ref.name!r} needs either an 'endpoint' or 'over'.", "Correct it in lab.yaml.")
        return ref

    @classmethod
    def declared(cls, lab: LabFile, root: Path, name: str) -> Self:
        """The reference to a declared S3 store.

        Raises
        ------
        InputError
            If the lab has no S3 store of that name.
        """
        store = lab.stores.get(name)
        if store is None or store.kind is not StoreKind.S3:
            raise InputError(f"The lab file declares no S3 store {name!r}.", "See `stores` in lab.yaml.")
        below = lab.stores[store.over] if store.over else store
        encrypted = below.encrypted if store.encrypted is None else store.encrypted
        drive = str(drives.drive_path(root, below)) if store.over else None
        return cls(
            name,
            store.region,
            store.endpoint,
            store.over,
            store.profile,
            encrypted,
            lab.lab,
            str(root.absolute()),
            drive,
        )

    @property
    def document(self) -> dict[str, Any]:
        """The reference as an input; what is not set is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @property
    def identity(self) -> dict[str, Any]:
        """What makes it this store and no other, whatever machine names it."""
        return {"name": self.name, "endpoint": self.endpoint, "over": self.over}


def lab_root(home: str | None) -> Path:
    """The folder of the lab's files: the one a resource names if it is on this machine, else the nearest upwards."""
    if home and (Path(home) / labfile.LAB_FILE).is_file():
        return Path(home)
    return labfile.find_root(Path.cwd())


def declared_store(name: str) -> StoreRef:
    """The store of that name in the lab around this process, for an import."""
    root = lab_root(None)
    return StoreRef.declared(labfile.load_lab_file(root), root, name)


def embedded_endpoint(ref: StoreRef) -> gateway.Endpoint:
    """The running gateway of an embedded store."""
    return gateway.endpoint(Home(lab_root(ref.home)), ref.name)


def check_drive(ref: StoreRef) -> list[Failure]:
    """What is wrong with the drive under an embedded gateway."""
    if not (ref.drive and ref.over and ref.lab):
        return []
    try:
        drives.require(ref.lab, ref.over, Path(ref.drive))
    except UnreadableError as error:
        return [Failure("store", str(error))]
    return []


class Connections:
    """Clients of stores, each made once for a process; boto3's clients may be shared by threads.

    Parameters
    ----------
    embedded
        Finds the running gateway of an embedded store.
    session
        Makes a boto3 session for a profile.
    """

    def __init__(
        self,
        embedded: Callable[[StoreRef], gateway.Endpoint] = embedded_endpoint,
        session: Callable[..., boto3.session.Session] = boto3.session.Session,
    ) -> None:
        self._embedded = embedded
        self._session = session
        self._clients: dict[tuple[str, str, str | None, str], Any] = {}
        self._endpoints: dict[tuple[str, str | None], gateway.Endpoint] = {}
        self._lock = threading.Lock()

    def url(self, ref: StoreRef) -> str:
        """Address of a store's S3 service."""
        return ref.endpoint or self._gateway(ref).s3_url

    def s3(self, ref: StoreRef) -> S3Client:
        """Client of a store's S3 service.

        Raises
        ------
        SlideboxError
            If the gateway does not run, or the profile does not exist.
        """
        client: S3Client = self._client("s3", ref)
        return client

    def iam(self, ref: StoreRef) -> IAMClient:
        """Client of a store's IAM service.

        Raises
        ------
        InputError
            If the store is not an embedded one.
        """
        if not ref.over:
            raise InputError(
                f"slidebox makes users only where it runs the gateway, not for store {ref.name!r}.",
                "Make them by hand at the service, and give them the readers of the plan.",
            )
        client: IAMClient = self._client("iam", ref)
        return client

    def _gateway(self, ref: StoreRef) -> gateway.Endpoint:
        key = (ref.name, ref.home)
        if key not in self._endpoints:
            self._endpoints[key] = self._embedded(ref)
        return self._endpoints[key]

    def _client(self, service: str, ref: StoreRef) -> Any:
        with self._lock:
            key = (service, ref.endpoint or ref.name, ref.profile, ref.region)
            if key not in self._clients:
                self._clients[key] = self._make(service, ref)
            return self._clients[key]

    def _make(self, service: str, ref: StoreRef) -> Any:
        settings: dict[str, Any] = {"region_name": ref.region, "config": _config(ref)}
        if ref.endpoint:
            with told("finding the credentials", ref.name, ref.endpoint):
                session = self._session(profile_name=ref.profile)
                return _client(session, service, endpoint_url=ref.endpoint, **settings)
        found = self._gateway(ref)
        url = found.s3_url if service == "s3" else found.iam_url
        keys = {"aws_access_key_id": found.access_key, "aws_secret_access_key": found.secret_key}
        return _client(self._session(), service, endpoint_url=url, **keys, **settings)


def _client(session: Any, service: str, **settings: Any) -> Any:
    """A client of a service that is named at run time, which the stubs of boto3 do not know."""
    return session.client(service, **settings)


def _config(ref: StoreRef) -> Config:
    amazon = _AMAZON in (ref.endpoint or "")
    return Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "max_attempts": _ATTEMPTS},
        max_pool_connections=_CONNECTIONS,
        # Only Amazon resolves BUCKET.HOST for every bucket.
        s3={"addressing_style": "auto" if amazon else "path"},
        # Older services do not know the newer default checksums.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
