"""Users of a real IAM service, made by the provider's own type."""

from __future__ import annotations

import itertools
import os
from typing import Any

import pytest
from botocore.exceptions import ClientError

from slidebox.components.grants import user_policy
from slidebox.errors import InputError
from slidebox.model import Role
from slidebox.provider.connections import Connections
from slidebox.provider.iam import User
from slidebox.provider.resource import Context
from slidebox.provider.values import UNKNOWN, Secret, reveal

from .conftest import RunningGateway

pytestmark = pytest.mark.e2e

_COUNT = itertools.count()
URN = "urn:pulumi:first::slidebox::slidebox:index:StoreUsers$slidebox:s3:User::imaging@bench-s3"
CONTEXT = Context(URN)


@pytest.fixture
def kind(s3_gateway: RunningGateway) -> User:
    """The type, connected to the running gateway."""
    return User(Connections(embedded=lambda _: s3_gateway.endpoint))


@pytest.fixture
def bucket(s3_gateway: RunningGateway) -> str:
    """A bucket that no other test has."""
    name = f"users-{os.getpid()}-{next(_COUNT)}"
    s3_gateway.client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def inputs(bucket: str) -> dict[str, Any]:
    """A contributor of that bucket."""
    store = {"name": "bench-s3", "over": "bench"}
    return {
        "store": store,
        "user": f"slidebox-{bucket}",
        "principal": "team:imaging",
        "policy": user_policy({bucket: [Role.CONTRIBUTOR]}),
        "tags": {"lab": "lab"},
    }


def keys(s3_gateway: RunningGateway, user: str) -> list[str]:
    """The access keys of a user."""
    found = s3_gateway.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"]
    return [key["AccessKeyId"] for key in found]


def client(s3_gateway: RunningGateway, state: dict[str, Any]) -> Any:
    """A client with the user's key."""
    return s3_gateway.client("s3", (state["accessKeyId"], reveal(state["secretAccessKey"])))


def allowed(user: Any, call: str, **arguments: Any) -> bool:
    """Whether the service lets a user do something."""
    try:
        getattr(user, call)(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDenied"
        return False
    return True


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (Role.READER, {"list": True, "read": True, "write": False, "delete": False}),
        (Role.CONTRIBUTOR, {"list": True, "read": True, "write": True, "delete": False}),
        (Role.STEWARD, {"list": True, "read": True, "write": True, "delete": True}),
    ],
)
def test_a_role_can_do_what_it_is_for_and_no_more(
    kind: User,
    inputs: dict[str, Any],
    bucket: str,
    role: Role,
    expected: dict[str, bool],
    s3_gateway: RunningGateway,
) -> None:
    """Asked of the service itself."""
    s3_gateway.client("s3").put_object(Bucket=bucket, Key="a.tif", Body=b"image")
    _, state = kind.create(CONTEXT, {**inputs, "policy": user_policy({bucket: [role]})})
    user = client(s3_gateway, state)
    found = {
        "list": allowed(user, "list_objects_v2", Bucket=bucket),
        "read": allowed(user, "get_object", Bucket=bucket, Key="a.tif"),
        "write": allowed(user, "put_object", Bucket=bucket, Key="b.tif", Body=b""),
        "delete": allowed(user, "delete_object", Bucket=bucket, Key="a.tif"),
    }
    assert found == expected
    assert not allowed(user, "put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    assert not allowed(user, "delete_bucket", Bucket=bucket)


def test_a_secret_is_a_secret(kind: User, inputs: dict[str, Any]) -> None:
    """It is never shown with the rest."""
    _, state = kind.create(CONTEXT, inputs)
    assert isinstance(state["secretAccessKey"], Secret)
    assert reveal(state["secretAccessKey"]) not in repr(state)


def test_a_key_whose_secret_was_lost_is_replaced(
    kind: User, inputs: dict[str, Any], bucket: str, s3_gateway: RunningGateway
) -> None:
    """A run that was killed leaves one good key, however often it happens."""
    _, lost = kind.create(CONTEXT, inputs)
    for _ in range(3):
        _, state = kind.create(CONTEXT, inputs)
    assert keys(s3_gateway, inputs["user"]) == [state["accessKeyId"]]
    assert state["accessKeyId"] != lost["accessKeyId"]
    assert allowed(client(s3_gateway, state), "list_objects_v2", Bucket=bucket)


def test_a_user_without_a_key_gets_one_at_the_next_run(
    kind: User, inputs: dict[str, Any], s3_gateway: RunningGateway
) -> None:
    """Somebody has deleted it; the inputs are the same."""
    id_, state = kind.create(CONTEXT, inputs)
    s3_gateway.client("iam").delete_access_key(UserName=inputs["user"], AccessKeyId=state["accessKeyId"])
    found = kind.read(CONTEXT, id_, state, inputs)
    assert found is not None
    assert kind.diff(CONTEXT, found.state, found.inputs, inputs).changed == ("accessKeyId",)
    assert kind.planned(CONTEXT, inputs, found.state)["secretAccessKey"] == UNKNOWN
    mended = kind.update(CONTEXT, id_, found.state, inputs)
    assert keys(s3_gateway, inputs["user"]) == [mended["accessKeyId"]]


def test_drift_is_seen_and_mended(kind: User, inputs: dict[str, Any], s3_gateway: RunningGateway) -> None:
    """A policy that was changed, a policy that was added, a tag that is gone; the key stays."""
    id_, state = kind.create(CONTEXT, inputs)
    iam, user = s3_gateway.client("iam"), inputs["user"]
    wide = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
    iam.put_user_policy(UserName=user, PolicyName="slidebox", PolicyDocument=wide)
    iam.put_user_policy(UserName=user, PolicyName="extra", PolicyDocument=wide)
    iam.untag_user(UserName=user, TagKeys=["lab"])
    found = kind.read(CONTEXT, id_, state, inputs)
    assert found is not None
    assert kind.diff(CONTEXT, found.state, found.inputs, inputs).changed == ("policy", "tags")
    mended = kind.update(CONTEXT, id_, found.state, inputs)
    assert iam.list_user_policies(UserName=user)["PolicyNames"] == ["slidebox"]
    again = kind.read(CONTEXT, id_, mended, inputs)
    assert again is not None
    assert (again.inputs, again.state) == (inputs, state)


def test_somebody_elses_user_is_neither_taken_nor_deleted(
    kind: User, inputs: dict[str, Any], s3_gateway: RunningGateway
) -> None:
    """Another stack's; and one that nobody owns."""
    _, state = kind.create(Context(URN.replace(":first:", ":second:")), inputs)
    for attempt in (
        lambda: kind.check(CONTEXT, inputs, {}),
        lambda: kind.create(CONTEXT, inputs),
        lambda: kind.delete(CONTEXT, "", {**state, "owner": ""}),
    ):
        with pytest.raises(InputError, match="belongs to somebody else"):
            attempt()
    assert keys(s3_gateway, inputs["user"]) == [state["accessKeyId"]]
    free = {**inputs, "user": f"{inputs['user']}-free"}
    s3_gateway.client("iam").create_user(UserName=free["user"])
    with pytest.raises(InputError, match="carries no owner's mark"):
        kind.create(CONTEXT, free)


def test_a_user_goes_with_its_keys_and_policies(kind: User, inputs: dict[str, Any]) -> None:
    """And going twice is going once."""
    id_, state = kind.create(CONTEXT, inputs)
    kind.delete(CONTEXT, id_, state)
    kind.delete(CONTEXT, id_, state)
    assert kind.read(CONTEXT, id_, state, inputs) is None


def test_users_are_made_only_where_slidebox_runs_the_service(kind: User, inputs: dict[str, Any]) -> None:
    """Elsewhere a person makes them."""
    inputs["store"] = {"name": "campus", "endpoint": "https://s3.example.org"}
    with pytest.raises(InputError, match="makes users only where it runs the gateway, not for store 'campus'"):
        kind.check(CONTEXT, inputs, {})


def test_a_name_that_iam_does_not_allow_is_refused(kind: User, inputs: dict[str, Any]) -> None:
    """Before anything is made."""
    _, failures = kind.check(CONTEXT, {**inputs, "user": "a b"}, {})
    assert [failure.property for failure in failures] == ["user"]
