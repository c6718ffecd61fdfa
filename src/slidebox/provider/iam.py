"""`slidebox:s3:User`: a user of the embedded gateway with one access key and one inline policy."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from slidebox.errors import SlideboxError
from slidebox.provider import ownership
from slidebox.provider.connections import Connections
from slidebox.provider.faults import told
from slidebox.provider.ownership import Owner
from slidebox.provider.resource import Context, Difference, Failure, Found, PartialFailureError, ResourceType, missing
from slidebox.provider.settings import canonical_policy
from slidebox.provider.stores import StoreRef, declared_store
from slidebox.provider.values import Properties, Secret, has_unknown

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

POLICY = "slidebox"
"""Name of the inline policy."""

_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)


class User(ResourceType):
    """A user.

    The secret of an access key is told only once, when it is made. Where it was lost (the engine was
    killed before it could write it down), the key is worthless, and is replaced by a new one.

    Parameters
    ----------
    connections
        Clients of stores.
    """

    token = "slidebox:s3:User"  # noqa: S105 - a type's name
    replace_on: ClassVar = frozenset({"user", "store"})
    computed: ClassVar = frozenset({"arn", "accessKeyId", "secretAccessKey", "owner"})
    stable: ClassVar = frozenset({"arn", "accessKeyId", "secretAccessKey"})

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def properties(self) -> Mapping[str, tuple[str, str]]:
        """Properties for the schema."""
        return {
            "store": ("object", "The store: name, region, over."),
            "user": ("string", "Name of the user."),
            "principal": ("string", "Whom of the lab it stands for: team:NAME or person:NAME."),
            "policy": ("object", "What it may do, as an inline policy."),
            "tags": ("object", "Tags; the owner's mark is added."),
            "arn": ("string", "ARN."),
            "accessKeyId": ("string", "Access key."),
            "secretAccessKey": ("string", "Its secret."),
            "owner": ("string", "The resource that the user's mark names."),
        }

    def required(self) -> tuple[str, ...]:
        """A user has a store, a name and a policy."""
        return ("store", "user", "policy")

    def check(self, context: Context, new: Properties, old: Properties) -> tuple[Properties, list[Failure]]:
        """Judge the inputs; a new user's name must be free or this resource's own."""
        inputs = {"tags": {}, **new}
        failures = missing(inputs, self.required())
        name = inputs.get("user")
        if isinstance(name, str) and not _NAME.fullmatch(name):
            failures.append(Failure("user", f"{name!r} is no user's name: 1 to 64 letters, digits and _ + = , . @ -"))
        if not has_unknown(inputs.get("tags")):
            failures += ownership.check_tags(inputs["tags"] or {})
        if failures or has_unknown(name) or has_unknown(inputs["store"]):
            return inputs, failures
        ref = StoreRef.read(inputs["store"])
        if old.get("user") != name:
            self._find_own(context, self._connections.iam(ref), ref, str(name))
        return inputs, failures

    def diff(self, context: Context, state: Properties, old: Properties, new: Properties) -> Difference:
        """Compare; a key that is gone is a difference too."""
        found = super().diff(context, state, old, new)
        if state.get("accessKeyId"):
            return found
        return Difference((*found.changed, "accessKeyId"), found.replace)

    def same(self, name: str, old: Any, new: Any) -> bool:
        """Whether two values of an input mean the same."""
        if name == "policy":
            return bool(canonical_policy(old) == canonical_policy(new))
        if name == "store" and isinstance(old, Mapping) and isinstance(new, Mapping) and not has_unknown(new):
            return StoreRef.read(old).identity == StoreRef.read(new).identity
        return super().same(name, old, new)

    def planned(self, context: Context, inputs: Properties, state: Properties | None = None) -> Properties:
        """Outputs of a preview: a key is known only after it is made."""
        if state and not state.get("accessKeyId"):
            state = {name: value for name, value in state.items() if name not in self.computed}
        return super().planned(context, inputs, state)

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        """Make the user, or take up the one that this resource made before."""
        ref, name = StoreRef.read(inputs["store"]), str(inputs["user"])
        client, url = self._connections.iam(ref), self._connections.url(ref)
        with told(f"making user {name!r}", ref.name, url):
            if not self._find_own(context, client, ref, name):
                client.create_user(UserName=name, Tags=_listed(_tags(context, inputs)))
        return f"{ref.name}/{name}", self._finish(context, f"{ref.name}/{name}", client, ref, inputs, {})

    def _find_own(self, context: Context, client: IAMClient, ref: StoreRef, name: str) -> bool:
        with told(f"looking for user {name!r}", ref.name, self._connections.url(ref)):
            found = _user(client, name)
        if found is None:
            return False
        ownership.require(f"User {name!r} of store {ref.name!r}", Owner.read(found), context, "adopt")
        return True

    def _finish(
        self, context: Context, id_: str, client: IAMClient, ref: StoreRef, inputs: Properties, state: Properties
    ) -> Properties:
        """Bring tags, policy and key to what they should be."""
        name, url = str(inputs["user"]), self._connections.url(ref)
        known = {
            **inputs,
            "arn": state.get("arn", ""),
            "accessKeyId": state.get("accessKeyId", ""),
            "secretAccessKey": state.get("secretAccessKey", Secret("")),
            "owner": Owner.of(context).urn,
        }
        try:
            with told(f"setting up user {name!r}", ref.name, url):
                _set_tags(client, name, _tags(context, inputs))
                _set_policy(client, name, inputs["policy"])
                known["arn"] = client.get_user(UserName=name)["User"]["Arn"]
                if not known["accessKeyId"] or known["accessKeyId"] not in _keys(client, name):
                    known |= _new_key(client, name)
        except SlideboxError as error:
            raise PartialFailureError(id_, known, f"User {name!r} is made, but not finished. {error}") from error
        return known

    def read(self, context: Context, id: str, state: Properties, inputs: Properties) -> Found | None:  # noqa: A002
        """Look at the user's tags, policy and key."""
        store, _, bare = id.partition("/")
        ref = StoreRef.read(inputs["store"]) if inputs.get("store") else declared_store(store)
        name = str(inputs.get("user") or bare)
        client = self._connections.iam(ref)
        with told(f"reading user {name!r}", ref.name, self._connections.url(ref)):
            tags = _user(client, name)
            if tags is None:
                return None
            policy, keys = _policy(client, name), _keys(client, name)
            arn = client.get_user(UserName=name)["User"]["Arn"]
        found = {**inputs, "store": inputs.get("store") or ref.document, "user": name}
        actual = {"policy": policy, "tags": ownership.without_owner(tags)}
        found |= {key: value for key, value in actual.items() if not self.same(key, inputs.get(key), value)}
        # Without its secret a key is of no use: one that the state does not know is as good as none.
        known = state.get("accessKeyId", "") in keys
        owner = Owner.read(tags)
        outputs = {
            **found,
            "arn": arn,
            "accessKeyId": state["accessKeyId"] if known else "",
            "secretAccessKey": state.get("secretAccessKey", Secret("")) if known else Secret(""),
            "owner": owner.urn if owner else "",
        }
        return Found(f"{ref.name}/{name}", outputs, found)

    def update(self, context: Context, id: str, state: Properties, inputs: Properties) -> Properties:  # noqa: A002
        """Change tags and policy in place; make a key where there is none."""
        ref, name = StoreRef.read(inputs["store"]), str(inputs["user"])
        client = self._connections.iam(ref)
        what = f"User {name!r} of store {ref.name!r}"
        with told(f"reading user {name!r}", ref.name, self._connections.url(ref)):
            tags = _user(client, name)
        if tags is None:
            raise SlideboxError(f"{what} is gone.", "Run `pulumi refresh`, then `pulumi up` makes it again.")
        ownership.require(what, Owner.read(tags), context, "change", state.get("owner", ""))
        return self._finish(context, id, client, ref, inputs, state)

    def delete(self, context: Context, id: str, state: Properties) -> None:  # noqa: A002
        """Remove the user with its keys and policies, if it is this resource's own."""
        ref, name = StoreRef.read(state["store"]), str(state["user"])
        client = self._connections.iam(ref)
        with told(f"deleting user {name!r}", ref.name, self._connections.url(ref)):
            tags = _user(client, name)
            if tags is None:
                return
            what = f"User {name!r} of store {ref.name!r}"
            ownership.require(what, Owner.read(tags), context, "delete", state.get("owner", ""))
            for key in _keys(client, name):
                client.delete_access_key(UserName=name, AccessKeyId=key)
            for policy in client.list_user_policies(UserName=name)["PolicyNames"]:
                client.delete_user_policy(UserName=name, PolicyName=policy)
            client.delete_user(UserName=name)


def _user(client: IAMClient, name: str) -> dict[str, str] | None:
    """The tags of a user, or None if there is no such user."""
    try:
        found = client.get_user(UserName=name)["User"]
    except client.exceptions.NoSuchEntityException:
        return None
    return {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}


def _keys(client: IAMClient, name: str) -> list[str]:
    return [key["AccessKeyId"] for key in client.list_access_keys(UserName=name)["AccessKeyMetadata"]]


def _new_key(client: IAMClient, name: str) -> dict[str, Any]:
    """Make the user's one key. Old ones go first: a user has at most two, and their secrets are lost."""
    for old in _keys(client, name):
        client.delete_access_key(UserName=name, AccessKeyId=old)
    made = client.create_access_key(UserName=name)["AccessKey"]
    return {"accessKeyId": made["AccessKeyId"], "secretAccessKey": Secret(made["SecretAccessKey"])}


def _policy(client: IAMClient, name: str) -> Any:
    try:
        return client.get_user_policy(UserName=name, PolicyName=POLICY)["PolicyDocument"]
    except client.exceptions.NoSuchEntityException:
        return None


def _set_policy(client: IAMClient, name: str, policy: Any) -> None:
    if canonical_policy(_policy(client, name)) != canonical_policy(policy):
        document = policy if isinstance(policy, str) else json.dumps(policy)
        client.put_user_policy(UserName=name, PolicyName=POLICY, PolicyDocument=document)
    # Another inline policy would let the user in where the declaration does not.
    for other in client.list_user_policies(UserName=name)["PolicyNames"]:
        if other != POLICY:
            client.delete_user_policy(UserName=name, PolicyName=other)


def _set_tags(client: IAMClient, name: str, wanted: Mapping[str, str]) -> None:
    present = _user(client, name) or {}
    if gone := sorted(present.keys() - wanted.keys()):
        client.untag_user(UserName=name, TagKeys=gone)
    if present != wanted:
        client.tag_user(UserName=name, Tags=_listed(wanted))


def _listed(tags: Mapping[str, str]) -> Any:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def _tags(context: Context, inputs: Properties) -> dict[str, str]:
    return {**(inputs.get("tags") or {}), **Owner.of(context).tags}
