"""What identity policies of AWS open: the buckets of a stack, by the policies of its users, groups and roles.

Policies are joined with whom they are attached to by name or ARN, or, where that is not known yet, by the
resource that it comes from. A policy that is not in the stack, cannot be read or is known only once it is made
lets somebody unknown into every bucket; so does what opens buckets in a way that nothing here reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slidebox.access import UNKNOWN, Reader, merged
from slidebox.access.aws_managed import managed
from slidebox.access.iam import Holder, Policy, policy
from slidebox.preview.aws_holders import Holders, identity_kind
from slidebox.preview.aws_replication import S3, copiers, copying_roles, only_copies
from slidebox.preview.declared import Declared
from slidebox.preview.seen import Seen, at

_OWN = {
    "iam:UserPolicy": ("User", "user"),
    "iam:GroupPolicy": ("Group", "group"),
    "iam:RolePolicy": ("Role", "role"),
}
"""Policies that belong to one identity: to which, and by which property."""

_ATTACHED: Mapping[str, tuple[tuple[tuple[str, str], ...], str]] = {
    "iam:UserPolicyAttachment": ((("User", "user"),), "policyArn"),
    "iam:GroupPolicyAttachment": ((("Group", "group"),), "policyArn"),
    "iam:RolePolicyAttachment": ((("Role", "role"),), "policyArn"),
    "iam:PolicyAttachment": ((("User", "users"), ("Group", "groups"), ("Role", "roles")), "policyArn"),
    "iam:UserPolicyAttachmentsExclusive": ((("User", "userName"),), "policyArns"),
    "iam:GroupPolicyAttachmentsExclusive": ((("Group", "groupName"),), "policyArns"),
    "iam:RolePolicyAttachmentsExclusive": ((("Role", "roleName"),), "policyArns"),
    "ssoadmin:ManagedPolicyAttachment": ((), "managedPolicyArn"),
}
"""What attaches policies of the account or of AWS: to whom, and by which property they are named."""

_OPTIONAL = ("users", "groups", "roles")
_UNREAD = frozenset(
    {
        "s3control:AccessGrant",
        "ssoadmin:CustomerManagedPolicyAttachment",
        *(f"native iam:{name}Policy" for name in ("User", "Group", "Role", "Managed", "")),
    }
)
"""What opens buckets in a way that nothing here reads."""

_NATIVE = frozenset({"native iam:User", "native iam:Group", "native iam:Role"})
_ASSIGNED = (Holder(UNKNOWN, ("whoever the permission set is assigned to",)),)


@dataclass(frozen=True, slots=True)
class Place:
    """A bucket that identity policies may be about.

    Attributes
    ----------
    urn
        Its resource.
    name
        Its name; ``unknown`` where that is not known yet.
    """

    urn: str
    name: str


class Identities:
    """What the identities of a stack may do with its buckets.

    Parameters
    ----------
    resources
        Everything in the stack.
    places
        Its buckets.
    points
        The bucket behind each access point, by name.
    declared
        What the stack carries of the lab's declarations.
    """

    def __init__(
        self, resources: Iterable[Seen], places: Iterable[Place], points: Mapping[str, str], declared: Declared
    ) -> None:
        self._found: dict[str, list[Seen]] = {}
        listed = tuple(resources)
        self._copying = copying_roles(listed)
        for seen in listed:
            if kind := identity_kind(seen.type):
                self._found.setdefault(kind, []).append(seen)
        self._points = points
        self._readers: dict[str, list[Reader]] = {}
        self._keys: dict[str, set[str]] = {}
        self._wildcards: dict[str, list[dict[str, str]]] = {}
        self.names: Mapping[str, str] = {}
        """The declared people, teams and services, by what AWS calls them."""
        self._policies = {seen.urn: seen for seen in self._found.get("iam:Policy", ())}
        self._by_arn: dict[str, list[str]] = {}
        for urn, seen in self._policies.items():
            self._by_arn.setdefault(str(seen.properties.get("arn", UNKNOWN)), []).append(urn)
        if self._found:
            self._holders = Holders(self._found, declared)
            copying = copiers(listed, lambda role: (one.principal for one in self._holders.role(role)))
            self.names = {**self._holders.names, **copying}
            self._take(tuple(places))

    def readers(self, urn: str) -> tuple[Reader, ...]:
        """Who has access to a bucket by what identities may do."""
        return merged(self._readers.get(urn, ()))

    def wildcards(self, urn: str) -> list[dict[str, str]]:
        """The wildcards of identity policies about a bucket."""
        found = self._wildcards.get(urn, [])
        return [entry for number, entry in enumerate(found) if entry not in found[:number]]

    def keys(self, urn: str, by_policy: Iterable[Reader] = ()) -> list[str]:
        """Who holds an access key by which a bucket can be reached.

        Parameters
        ----------
        urn
            The bucket's resource.
        by_policy
            Who has access by the bucket's own policy.
        """
        if not self._found:
            return []
        named = {reader.principal for reader in by_policy if self._holders.key_holder(reader.principal)}
        return sorted(self._keys.get(urn, set()) | named | self._holders.keys_elsewhere)

    def _take(self, places: Sequence[Place]) -> None:
        by_name: dict[str, list[Place]] = {}
        for place in places:
            by_name.setdefault(place.name, []).append(place)
        known = frozenset(by_name) - {UNKNOWN}
        for holders, said in self._grants():
            named = said.buckets
            near = places if named is None else [p for name in (*sorted(named), UNKNOWN) for p in by_name.get(name, ())]
            for place in near:
                self._give(place, holders, said, known)

    def _give(self, place: Place, holders: Sequence[Holder], said: Policy, known: frozenset[str]) -> None:
        for holder in holders:
            is_named = place.name != UNKNOWN
            one = (holder,)
            found = said.readers(one, place.name) if is_named else said.unnamed_readers(one, known)
            self._readers.setdefault(place.urn, []).extend(found)
            if found and self._holders.has_key(holder):
                self._keys.setdefault(place.urn, set()).add(holder.principal)
        if holders:
            about = place.name if place.name != UNKNOWN else None
            self._wildcards.setdefault(place.urn, []).extend(said.wildcards(about))

    # Who has which policy

    def _grants(self) -> Iterator[tuple[Sequence[Holder], Policy]]:
        """Every policy of the stack with those who have it."""
        for kind, (who, prop) in _OWN.items():
            for seen in self._found.get(kind, ()):
                document = seen.properties.get("policy")
                copies = str(seen.properties.get(prop)) in self._copying and only_copies(document)
                people = [one for one in self._holders.of(who, seen, prop) if not (copies and one.principal == S3)]
                yield people, self._policy(_called(seen), document)
        for kind, (whom, prop) in _ATTACHED.items():
            for seen in self._found.get(kind, ()):
                holders = self._attached(seen, whom) if whom else _ASSIGNED
                yield from ((holders, one) for one in self._named(seen, prop))
        for seen in self._found.get("ssoadmin:PermissionSetInlinePolicy", ()):
            yield _ASSIGNED, self._policy(_called(seen), seen.properties.get("inlinePolicy"))
        for role in self._found.get("iam:Role", ()):
            yield from ((self._holders.role(role), one) for one in self._of_role(role))
        for kind, listed in self._found.items():
            yield from (((Holder(UNKNOWN, ()),), _unread(seen)) for seen in listed if _opens_unread(kind, seen))

    def _attached(self, seen: Seen, whom: Iterable[tuple[str, str]]) -> Sequence[Holder]:
        said = [(who, prop) for who, prop in whom if prop not in _OPTIONAL or seen.properties.get(prop) is not None]
        return [holder for who, prop in said for holder in self._holders.of(who, seen, prop)]

    def _of_role(self, role: Seen) -> Iterator[Policy]:
        """The policies that a role has in itself."""
        inline = role.properties.get("inlinePolicies") or []
        for one in inline if isinstance(inline, list) else [UNKNOWN]:
            # An empty block says that the role is to have none but these.
            if not (isinstance(one, Mapping) and one.get("policy") in (None, "")):
                yield self._policy(f"policy {at(one, 'name')} in role {_name(role)}", at(one, "policy"))
        if role.properties.get("managedPolicyArns"):
            yield from self._named(role, "managedPolicyArns")

    def _named(self, seen: Seen, prop: str) -> Iterator[Policy]:
        """The policies that a property names by ARN, one or several."""
        said = seen.properties.get(prop, UNKNOWN)
        values = said if isinstance(said, list) else [said]
        arns = [value for value in values if isinstance(value, str) and value not in ("", UNKNOWN)]
        found = {urn: self._policies[urn] for arn in arns for urn in self._by_arn.get(arn, ())}
        yield from (self._elsewhere(arn) for arn in arns if arn not in self._by_arn)
        sources = seen.depends.get(prop, ()) or seen.depends.get("", ())
        others = [urn for urn in dict.fromkeys(sources) if urn in self._policies and urn not in found]
        waiting = len(values) - len(arns)
        if waiting:
            found |= {urn: self._policies[urn] for urn in others}
        yield from (self._policy(_called(one), one.properties.get("policy")) for one in found.values())
        if waiting > len(others) or (said == UNKNOWN and prop.endswith("s")):
            yield Policy("a policy that is not known", None, "it is known only once it is made")

    def _elsewhere(self, arn: str) -> Policy:
        document = managed(arn)
        label = f"policy {arn}"
        return Policy(label, None, "it is not in the stack") if document is None else self._policy(label, document)

    def _policy(self, called: str, document: Any) -> Policy:
        return policy(called, document, self._points)


def _opens_unread(kind: str, seen: Seen) -> bool:
    if kind in _NATIVE:
        return bool(seen.properties.get("policies") or seen.properties.get("managedPolicyArns"))
    return kind in _UNREAD


def _unread(seen: Seen) -> Policy:
    label = f"{seen.type.rpartition(':')[2]} {_name(seen)}"
    return Policy(label, None, f"nothing here can read the configuration of a {seen.type}")


def _called(seen: Seen) -> str:
    return f"policy {_name(seen)}"


def _name(seen: Seen) -> str:
    return seen.urn.rpartition("::")[2]
