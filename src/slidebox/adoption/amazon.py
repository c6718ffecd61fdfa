"""Buckets of AWS that were there before slidebox."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from slidebox.adoption import amazon_people, amazon_things
from slidebox.adoption.amazon_clients import AmazonClients
from slidebox.adoption.amazon_people import Holding
from slidebox.adoption.amazon_things import SETTINGS, Answer, Setting
from slidebox.adoption.existing import Content, Existing, LongLivedKey
from slidebox.adoption.reading import Counted, counted_up
from slidebox.errors import InputError, UnreadableError
from slidebox.model import Store, StoreKind
from slidebox.provider import faults
from slidebox.provider.faults import told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_iam import IAMClient
    from mypy_boto3_s3 import S3Client

_AT_ONCE = 8
_MOVED = frozenset({"301", "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"})
_ABSENT = ("NoSuch", "NotFound", "Not Found")
"""What is in the service's word for a setting that is not there."""
_KINDS_OF_IAM: Sequence[Any] = ("User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy")
_LISTS_OF_IAM = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")


@dataclass(frozen=True, slots=True)
class _Account:
    """The users and roles of an account, or in words why they are not known."""

    users: tuple[Holding, ...] = ()
    roles: tuple[Holding, ...] = ()
    doubt: str = ""


class AmazonReader:
    """The buckets of an account of AWS in the region of a store, by AWS's own default chain of credentials.

    Parameters
    ----------
    name
        Name of the store in the lab file.
    store
        The store, as it is declared.
    session
        Makes a session of boto3.
    """

    def __init__(
        self, name: str, store: Store, session: Callable[[], boto3.session.Session] = boto3.session.Session
    ) -> None:
        if store.kind is not StoreKind.AWS:
            raise InputError(f"Store {name!r} is not of kind 'aws'.", "See `stores` in lab.yaml.")
        self._name = name
        self._store = store
        self._url = store.endpoint or f"https://s3.{store.region}.amazonaws.com"
        self._clients = AmazonClients(store.endpoint, store.region, session, connections=_AT_ONCE * 2)
        self._is_own = False
        self._account: _Account | None = None

    def names(self) -> tuple[str, ...]:
        """The account's buckets in the store's region."""
        with told("listing its buckets", self._name, self._url):
            client = self._s3()
            pages = client.get_paginator("list_buckets").paginate(BucketRegion=self._store.region)
            listed = [bucket for page in pages for bucket in page.get("Buckets", ())]
            return tuple(sorted(str(bucket["Name"]) for bucket in listed if self._is_here(client, bucket)))

    def existing(self, name: str) -> Existing:
        """One bucket, with the settings that are there, who gets in, and the access keys of users who do."""
        with told(f"reading bucket {name!r}", self._name, self._url):
            client = self._s3()
            self._look(client, name)
            answers, doubts = self._answers(client, name)
            labels = self._labels(client, name, doubts)
            things = amazon_things.things(name, self._store.region, labels, answers)
            beside = [*self._beside(client, name), *self._doors(name)]
            account = self._people()
        inside = [user for user in account.users if user.readers(name)]
        members = amazon_people.members(things, inside)
        named = {member.identity for member in members}
        keys, unread = self._keys(user for user in account.users if user.arn in named)
        roles = sorted(role.name for role in account.roles if role.readers(name))
        notes = [*doubts, *amazon_things.about(name, things), *beside, *_of_roles(name, roles), *unread]
        if account.doubt:
            notes.append(f"Whose access keys open {name} is not known: {account.doubt}.")
        return Existing(
            store=self._name,
            name=name,
            things=things,
            region=self._store.region,
            members=members,
            keys=keys,
            labels=amazon_things.own_tags(labels),
            notes=tuple(notes),
        )

    def content(self, name: str, counted: Counted) -> Content:
        """How much there is in a bucket, counted page by page; earlier versions do not count."""
        with told(f"counting what is in bucket {name!r}", self._name, self._url):
            client = self._s3()
            self._look(client, name)
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=name, ExpectedBucketOwner=self._owner)
            return counted_up(((item["Size"] for item in page.get("Contents", ())) for page in pages), counted)

    # The account

    @property
    def _owner(self) -> str:
        return self._store.account or ""

    def _s3(self) -> S3Client:
        """The client of S3, once it is known that the credentials are those of the store's account."""
        if not self._is_own:
            whose = self._clients.of("sts").get_caller_identity()["Account"]
            if whose != self._owner:
                raise InputError(
                    f"The credentials are those of account {whose}, and store {self._name!r} is account {self._owner}.",
                    "Use those of the store's account (AWS_PROFILE), or correct `account` in lab.yaml.",
                )
        client: S3Client = self._clients.of("s3")
        self._is_own = True
        return client

    def _is_here(self, client: S3Client, bucket: Any) -> bool:
        """Whether a bucket is in the store's region; older services list all, and do not say where each is."""
        if "BucketRegion" in bucket:
            return bool(bucket["BucketRegion"] == self._store.region)
        location = client.get_bucket_location(Bucket=bucket["Name"])["LocationConstraint"] or "us-east-1"
        return {"EU": "eu-west-1"}.get(location, location) == self._store.region

    # The bucket

    def _look(self, client: S3Client, name: str) -> None:
        """Raise what is to be said where there is no such bucket, or none of this account and region."""
        try:
            answer = client.head_bucket(Bucket=name, ExpectedBucketOwner=self._owner)
        except ClientError as error:
            code = faults.code(error)
            headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
            if code in _MOVED:
                raise self._elsewhere(name, headers.get("x-amz-bucket-region", "another region")) from error
            if code in faults.GONE:
                raise InputError(
                    f"There is no bucket {name!r} in AWS.", f"`slidebox adopt {self._name}` lists what there is."
                ) from error
            if code in faults.REFUSED_ACTION:
                raise UnreadableError(
                    f"Bucket {name!r} may not be looked at: it belongs to another account than {self._owner}, or the "
                    f"credentials for store {self._name!r} are not allowed to (s3:ListBucket).",
                    "Look at its name and at `account` in lab.yaml, or ask whoever runs the account for the policy "
                    "ReadOnlyAccess.",
                ) from error
            raise
        if answer.get("BucketRegion", self._store.region) != self._store.region:
            raise self._elsewhere(name, answer["BucketRegion"])

    def _elsewhere(self, name: str, region: str) -> InputError:
        return InputError(
            f"Bucket {name!r} lies in {region}, and the region of store {self._name!r} is {self._store.region}.",
            "Declare a store of that region in lab.yaml, and adopt the bucket there.",
        )

    def _answers(self, client: S3Client, name: str) -> tuple[dict[str, Answer], list[str]]:
        """What the API says of each setting that is there, and which could not be read."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = list(pool.map(partial(self._answer, client, name), SETTINGS))
        answers = {one.kind: answer for one, answer in zip(SETTINGS, found, strict=True) if isinstance(answer, Mapping)}
        return answers, [answer for answer in found if isinstance(answer, str)]

    def _answer(self, client: S3Client, name: str, setting: Setting) -> Answer | str | None:
        """What the API says of a setting: None where there is none, a sentence where it may not be read."""
        answer = self._ask(client, name, setting.call)
        if answer is not _DENIED:
            return None if answer is None else dict(answer)
        if setting.doubtful:
            raise UnreadableError(
                f"The credentials for store {self._name!r} may not read all of bucket {name!r}: {setting.permission} "
                "is missing, and without it nobody knows who gets in or what becomes of the data.",
                "Ask whoever runs the account for that permission; the policy ReadOnlyAccess has it.",
            )
        return (
            f"The setting {setting.kind} of {name} cannot be read ({setting.permission} is missing): it is taken as "
            "if it were not there."
        )

    def _ask(self, client: Any, name: str, call: str) -> Any:
        """What a call answers about a bucket; None where there is nothing, `_DENIED` where it is not allowed."""
        try:
            return getattr(client, call)(Bucket=name, ExpectedBucketOwner=self._owner)
        except ClientError as error:
            code = faults.code(error)
            if code in faults.REFUSED_ACTION:
                return _DENIED
            if code == "NoSuchBucket" or not any(word in code for word in _ABSENT):
                raise
            return None

    def _labels(self, client: S3Client, name: str, doubts: list[str]) -> dict[str, str]:
        answer = self._ask(client, name, "get_bucket_tagging")
        if answer is _DENIED:
            doubts.append(f"The tags of {name} cannot be read (s3:GetBucketTagging is missing).")
            return {}
        return {tag["Key"]: tag["Value"] for tag in (answer or {}).get("TagSet", ())}

    def _beside(self, client: S3Client, name: str) -> list[str]:
        """In words, what the bucket has that no thing says."""
        found = []
        for call, permission, says in _BESIDE:
            answer = self._ask(client, name, call)
            if answer is _DENIED:
                found.append(f"Whether {name} {says.denied} cannot be read ({permission} is missing).")
            elif sentence := says.sentence(answer or {}):
                found.append(f"{name} {sentence}.")
        return found

    # Who has access

    def _doors(self, name: str) -> Iterator[str]:
        """The access points of the account that lead to a bucket: each has a policy of its own."""
        control = self._clients.of("s3control")
        asked: dict[str, str] = {"AccountId": self._owner, "Bucket": name}
        points: list[str] = []
        try:
            while True:
                answer = control.list_access_points(**asked)
                points += [str(one["Name"]) for one in answer.get("AccessPointList", ())]
                if not answer.get("NextToken"):
                    break
                asked["NextToken"] = answer["NextToken"]
        except ClientError as error:
            yield f"Whether access points lead to {name} cannot be read ({faults.code(error)} for s3:ListAccessPoints)."
            return
        except BotoCoreError:
            yield f"Whether access points lead to {name} cannot be read: nothing answers for them."
            return
        if points:
            yield (
                f"Access points lead to {name}, each with a policy of its own that says who gets in, and no thing says "
                f"it: {', '.join(sorted(points))}."
            )

    def _people(self) -> _Account:
        """The account's users and roles, read once for all buckets."""
        if self._account is None:
            iam: IAMClient = self._clients.of("iam")
            details: dict[str, list[Any]] = {name: [] for name in _LISTS_OF_IAM}
            try:
                for page in iam.get_paginator("get_account_authorization_details").paginate(Filter=_KINDS_OF_IAM):
                    answered: dict[str, Any] = dict(page)
                    for name, listed in details.items():
                        listed.extend(answered.get(name) or ())
            except ClientError as error:
                if faults.code(error) not in faults.REFUSED_ACTION:
                    raise
                self._account = _Account(doubt="iam:GetAccountAuthorizationDetails is missing")
            else:
                self._account = _Account(*amazon_people.holdings(details))
        return self._account

    def _keys(self, users: Iterable[Holding]) -> tuple[tuple[LongLivedKey, ...], list[str]]:
        """The access keys of users, and of whom they may not be read."""
        iam: IAMClient = self._clients.of("iam")
        found: list[LongLivedKey] = []
        unread: list[str] = []
        for user in users:
            try:
                with told(f"reading the access keys of {user.name}", self._name, self._url):
                    found += _active(user, iam.get_paginator("list_access_keys").paginate(UserName=user.name))
            except UnreadableError as error:
                unread.append(
                    f"Whether user {user.name} has access keys, which do not end by themselves, cannot be read: "
                    f"{error.message}"
                )
        return tuple(found), unread


_DENIED = object()


@dataclass(frozen=True, slots=True)
class _Says:
    """A setting in words: of one that cannot be read, and of one that is there."""

    denied: str
    sentence: Callable[[Mapping[str, Any]], str]


def _told(answer: Mapping[str, Any]) -> str:
    where = sorted(
        name.removesuffix("s").removesuffix("Configuration") for name in answer if name != "ResponseMetadata"
    )
    return f"tells others of what happens in it ({', '.join(where)}): they go on as they are" if where else ""


def _pages(answer: Mapping[str, Any]) -> str:
    origins = sorted({origin for rule in answer.get("CORSRules") or () for origin in rule.get("AllowedOrigins") or ()})
    return f"lets web pages of {', '.join(origins)} ask for its objects (CORS)" if origins else ""


def _payer(answer: Mapping[str, Any]) -> str:
    return "has whoever asks pay for the transfer" if answer.get("Payer") == "Requester" else ""


def _inventories(answer: Mapping[str, Any]) -> str:
    listed = sorted(str(one["Id"]) for one in answer.get("InventoryConfigurationList") or ())
    return f"is listed regularly by the inventories {', '.join(listed)}" if listed else ""


_BESIDE = (
    (
        "get_bucket_notification_configuration",
        "s3:GetBucketNotification",
        _Says("tells others of what happens in it", _told),
    ),
    ("get_bucket_cors", "s3:GetBucketCORS", _Says("lets web pages ask for its objects", _pages)),
    ("get_bucket_request_payment", "s3:GetBucketRequestPayment", _Says("has whoever asks pay", _payer)),
    (
        "list_bucket_inventory_configurations",
        "s3:GetInventoryConfiguration",
        _Says("is listed by inventories", _inventories),
    ),
)
"""What a bucket can have that is no resource beside it here, with the permission to read it."""


def _active(user: Holding, pages: Iterable[Any]) -> Iterator[LongLivedKey]:
    for page in pages:
        for key in page["AccessKeyMetadata"]:
            if key["Status"] == "Active":
                yield LongLivedKey(user.arn, "", key["CreateDate"].date().isoformat())


def _of_roles(name: str, roles: list[str]) -> Iterator[str]:
    if roles:
        yield (
            f"By their own policies these roles of the account get into {name}: {', '.join(roles)}; who may take one "
            "on, its trust policy says."
        )
