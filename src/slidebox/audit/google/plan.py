"""What Terraform's resources of Google Cloud say of one another: which bucket, project or account is meant."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from slidebox.access import UNKNOWN
from slidebox.access.snapshot import unread
from slidebox.adoption.terraform_resources import Resource, blocks_of

LATER = "known after apply"
BUCKET, ACCOUNT, POOL = "google_storage_bucket", "google_service_account", "google_iam_workload_identity_pool"
_PROJECT = "google_project"
_ROLES = ("google_project_iam_custom_role", "google_organization_iam_custom_role")
_POLICY_DATA = "google_iam_policy"
_INDEX = re.compile(r"\[[^\]]*\]$")


def shown(one: Resource) -> str:
    """Where a resource stands by itself: its address in Terraform, or its name in Pulumi."""
    return one.address.rpartition("::")[2] if one.address.startswith("urn:pulumi:") else one.address


class Plan:
    """The resources of a plan, a state or a stack, by type and by address.

    Parameters
    ----------
    found
        All of them; what is only looked up has ``data.`` before its type.
    """

    def __init__(self, found: Iterable[Resource]) -> None:
        self._types: dict[str, list[Resource]] = {}
        self._addresses: dict[str, list[Resource]] = {}
        for one in found:
            self._types.setdefault(one.type, []).append(one)
            for address in {one.address, _INDEX.sub("", one.address)}:
                self._addresses.setdefault(address, []).append(one)

    @property
    def types(self) -> Mapping[str, Sequence[Resource]]:
        """Every resource by its type."""
        return self._types

    def of(self, *types: str, looked_up: bool = False) -> Iterator[Resource]:
        """The resources of some types, and on request those that are only looked up."""
        for kind in types:
            yield from self._types.get(kind, ())
            if looked_up:
                yield from self._types.get(f"data.{kind}", ())

    def sources(self, one: Resource, attribute: str, *types: str) -> list[Resource]:
        """The resources of some types that an attribute comes from, or else that the resource itself comes from."""
        for addresses in (one.sources.get(attribute, ()), one.depends):
            named = [source for address in addresses for source in self._addresses.get(address, ())]
            if found := [source for source in named if source.type.removeprefix("data.") in types]:
                return found
        return []

    # What is meant

    def project(self, one: Resource, attribute: str = "project") -> str:
        """The id of the project that an attribute names; empty where that is not known."""
        said = one.text(attribute).removeprefix("projects/")
        if said and said != UNKNOWN:
            return said
        ids = {self.project_id(source) for source in self.sources(one, attribute, _PROJECT)}
        return ids.pop() if len(ids) == 1 else ""

    def project_id(self, one: Resource) -> str:
        """The id of a project."""
        said = one.text("project_id")
        return said if said not in ("", UNKNOWN) else shown(one)

    def bucket_name(self, one: Resource) -> str:
        """The name of a bucket; its address where it gets a name only once it is made."""
        said = one.text("name")
        return said if said not in ("", UNKNOWN) else shown(one)

    def buckets(self, one: Resource, attribute: str = "bucket") -> list[str]:
        """The buckets that an attribute names; several where nothing tells them apart, none where nothing tells it."""
        said = one.text(attribute)
        if said and said != UNKNOWN:
            return [said.removeprefix("gs://").removeprefix("b/").rpartition("/buckets/")[2].strip("/")]
        return [self.bucket_name(source) for source in self.sources(one, attribute, BUCKET)]

    def email(self, one: Resource) -> str:
        """The address of a service account."""
        said = one.text("email")
        if said not in ("", UNKNOWN):
            return said
        return f"{one.text('account_id')}@{self.project(one) or 'unknown'}.iam.gserviceaccount.com"

    def emails(self, one: Resource, attribute: str) -> list[str]:
        """The service accounts that an attribute names."""
        said = one.text(attribute)
        if said and said != UNKNOWN:
            return [said.rpartition("/")[2]]
        return [self.email(source) for source in self.sources(one, attribute, ACCOUNT)]

    def pool_name(self, one: Resource) -> str:
        """The full name of a pool of workload identities."""
        return f"projects/{self.project(one)}/locations/global/workloadIdentityPools/{one.text(f'{POOL[11:]}_id')}"

    def role_name(self, one: Resource) -> str:
        """The full name of a custom role."""
        above = (
            f"projects/{self.project(one)}" if one.type.endswith(_ROLES[0]) else f"organizations/{one.text('org_id')}"
        )
        return f"{above}/roles/{one.text('role_id')}"

    # Policies

    def bindings(self, one: Resource) -> list[dict[str, Any]]:
        """What a resource that is a member, a binding or a whole policy puts into a policy."""
        if one.type.endswith("_policy"):
            return self._policy(one)
        said = one.whole()
        roles = [one.text("role")]
        if roles[0] == UNKNOWN:
            roles = [self.role_name(source) for source in self.sources(one, "role", *_ROLES)] or [UNKNOWN]
        found: dict[str, Any] = {"members": self._members(one, said)}
        if condition := _condition(said.get("condition")):
            found["condition"] = condition
        return [{"role": role, **found} for role in roles]

    def _members(self, one: Resource, said: Mapping[str, Any]) -> list[str]:
        if "members" not in said and "member" not in said:
            return [UNKNOWN]
        listed = said["members"] if one.type.endswith("_binding") else [said.get("member")]
        attribute = "members" if one.type.endswith("_binding") else "member"
        known = [str(member or UNKNOWN) for member in listed] if isinstance(listed, list) else [UNKNOWN]
        if UNKNOWN not in known:
            return known
        return [*(member for member in known if member != UNKNOWN), *self._later(one, attribute, known)]

    def _later(self, one: Resource, attribute: str, known: Sequence[str]) -> list[str]:
        """Members that are known only later, by what they come from; unknown where some of them come from elsewhere."""
        accounts = [f"serviceAccount:{self.email(source)}" for source in self.sources(one, attribute, ACCOUNT)]
        pools = self.sources(one, attribute, POOL)
        found = [f"principalSet://iam.googleapis.com/{self.pool_name(pool)}/{UNKNOWN}" for pool in pools]
        told = {*accounts, *found}
        return sorted(told) if len(told) >= known.count(UNKNOWN) else [*sorted(told), UNKNOWN]

    def _policy(self, one: Resource) -> list[dict[str, Any]]:
        text = one.text("policy_data")
        if text == UNKNOWN:
            said = [b for source in self.sources(one, "policy_data", _POLICY_DATA) for b in self._looked_up(source)]
            return said or [{"role": UNKNOWN, "members": [UNKNOWN]}]
        try:
            return [dict(binding) for binding in json.loads(text).get("bindings") or ()]
        except (ValueError, AttributeError, TypeError):
            return [{"role": UNKNOWN, "members": [UNKNOWN]}]

    def _looked_up(self, source: Resource) -> Iterator[dict[str, Any]]:
        """The bindings of a policy that Terraform puts together."""
        if "binding" in source.unknown and not isinstance(source.whole().get("binding"), list):
            yield {"role": UNKNOWN, "members": [UNKNOWN]}
            return
        for binding in blocks_of(source.whole(), "binding"):
            members = binding.get("members")
            found = {
                "role": binding.get("role") or UNKNOWN,
                "members": members if isinstance(members, list) else [UNKNOWN],
            }
            condition = next(iter(blocks_of(binding, "condition")), None)
            yield {**found, "condition": dict(condition)} if condition else found


def _condition(said: Any) -> dict[str, Any] | None:
    """The condition of a member or a binding."""
    if said == UNKNOWN:
        # As if there were none, which lets in most.
        return None
    block = next(iter(blocks_of({"condition": said}, "condition")), None)
    if not block:
        return None
    expression = block.get("expression")
    title = str(block.get("title") or "")
    return {"title": title, "expression": unread(LATER) if expression in (None, UNKNOWN) else str(expression)}


def joined(entries: Sequence[Resource], plan: Plan, start: Iterable[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """The bindings of a policy that members, bindings and a whole policy say.

    A whole policy takes the place of everything; a binding, that of everybody else in its role without a condition.

    Parameters
    ----------
    entries
        The resources about it.
    plan
        All resources.
    start
        What is in it before.
    """
    whole = [one for one in entries if one.type.endswith("_policy")]
    taken = {one.text("role") for one in entries if one.type.endswith("_binding") and not one.blocks("condition")}
    kept = [] if whole else [dict(binding) for binding in start if binding.get("role") not in taken]
    return [*kept, *(binding for one in entries for binding in plan.bindings(one))]


def new_policy(project: str) -> list[dict[str, Any]]:
    """What the policy of a new bucket has."""
    owners, viewers = [f"projectEditor:{project}", f"projectOwner:{project}"], [f"projectViewer:{project}"]
    return [
        {"role": "roles/storage.legacyBucketOwner", "members": owners},
        {"role": "roles/storage.legacyBucketReader", "members": viewers},
        {"role": "roles/storage.legacyObjectOwner", "members": list(owners)},
        {"role": "roles/storage.legacyObjectReader", "members": list(viewers)},
    ]
