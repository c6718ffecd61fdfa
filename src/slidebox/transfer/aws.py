"""The way into a dataset's bucket at AWS: in a role of the bucket, for an hour at a time.

Who one is comes from AWS's own default chain. Keys of a session are in memory only, and new ones are asked for before
they end.

Sources: AWS STS API Reference, "AssumeRole"; AWS IAM User Guide, "Roles terms and concepts" (role chaining), as of
2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import Credentials, RefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError

from slidebox.errors import InputError, UnreadableError
from slidebox.model import Role, Store
from slidebox.transfer.ready import Location
from slidebox.transfer.s3_service import Advice, client, code_of, in_one_sentence

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient

SESSION_SECONDS = 3600
"""For how long a role is taken on: the longest for somebody who is in a role already."""

WRITING = (Role.CONTRIBUTOR, Role.STEWARD)
"""The roles that write, the least entitled one first."""
READING = (Role.READER, *WRITING)
"""The roles that read, the least entitled one first."""

AT_AWS = Advice(
    who="this role",
    sign_in="Sign in again where AWS's own tools look, such as with `aws sso login`, and run the same command again: "
    "finished files are kept.",
    look="Sign in where AWS's own tools look, such as with `aws sso login`; check the network, and `endpoint` in "
    "lab.yaml if it is given.",
)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "403"})


def connect(where: Location, store: Store, roles: Sequence[Role]) -> S3Client:
    """A client in the first of some roles of a bucket that the caller may take on, or is in already.

    Parameters
    ----------
    where
        The bucket, as its stack's output has it.
    store
        The store, as it is declared.
    roles
        The roles that would do.

    Raises
    ------
    InputError
        If the default chain cannot be used as it is.
    UnreadableError
        If the caller may take on none of them, there is no caller, or nothing answers.
    """
    region = str(where.details.get("region") or store.region)
    try:
        own = boto3.Session(region_name=region)
        config = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "max_attempts": 3})
        sts = own.client("sts", endpoint_url=store.endpoint, config=config)
    except (BotoCoreError, ValueError) as error:
        raise InputError(f"{where.name} cannot be used: {error}.", "Correct AWS's own settings.") from error
    named = {role: str(arn) for role, arn in dict(where.details["roles"]).items() if arn}
    wanted = [named[role] for role in roles if role in named]
    with in_one_sentence(where.name, where.where, sts.meta.endpoint_url, AT_AWS):
        caller = sts.get_caller_identity()["Arn"]
        session = own if any(_is_in(caller, arn) for arn in wanted) else _taken_on(sts, where, wanted, region)
    if session is None:
        words = " or ".join(role for role in roles if role in named) or "a role that does it"
        raise UnreadableError(
            f"{where.name} is used as {words}, and {caller} may take on none of these roles of it.",
            f"Sign in as whoever lab.yaml names in `identities` at {where.store}, or have the project's owner add you "
            "to its audience.",
        )
    return client(endpoint=store.endpoint, region=region, session=session)


def _is_in(caller: str, role: str) -> bool:
    """Whether somebody is in a role already, as a workflow or whoever came by SAML is."""
    account, name = role.split(":")[4], role.rpartition("/")[2]
    return caller.startswith(f"arn:aws:sts::{account}:assumed-role/{name}/")


def _taken_on(sts: STSClient, where: Location, roles: Sequence[str], region: str) -> boto3.Session | None:
    """A session in the first role that the caller may take on; None where that is none."""
    for role in roles:
        ask = _asking(sts, role, str(where.details.get("external_id") or ""))
        try:
            first = ask()
        except ClientError as error:
            if code_of(error) in _DENIED:
                continue
            raise
        kept = RefreshableCredentials.create_from_metadata(first, ask, "sts-assume-role")
        session = botocore.session.Session()
        session.register_component("credential_provider", _Known(kept))
        return boto3.Session(botocore_session=session, region_name=region)
    return None


def _asking(sts: STSClient, role: str, external_id: str) -> Callable[[], dict[str, Any]]:
    """What takes a role on, and answers with the keys of its session as botocore reads them."""
    said: Mapping[str, Any] = {"ExternalId": external_id} if external_id else {}

    def ask() -> dict[str, Any]:
        answer = sts.assume_role(RoleArn=role, RoleSessionName="slidebox", DurationSeconds=SESSION_SECONDS, **said)[
            "Credentials"
        ]
        return {
            "access_key": answer["AccessKeyId"],
            "secret_key": answer["SecretAccessKey"],
            "token": answer["SessionToken"],
            "expiry_time": answer["Expiration"].isoformat(),
        }

    return ask


class _Known:
    """Stands where botocore looks for credentials: there are these, and no others are looked for."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def load_credentials(self) -> Credentials:
        """The credentials."""
        return self._credentials
