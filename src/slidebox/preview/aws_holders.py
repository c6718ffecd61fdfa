"""The identities of AWS in a stack: who the users, the members of groups and those in a role are.

A user is the person or the service that the tag `PRINCIPAL_TAG` names, if the lab declares it, or whose identity it
is by the stack's declarations, and else an account. A role is everybody whom its trust policy lets in; where that is a
service of AWS, it is the lab's service account that the role's tag names. Of what is not in the stack, or not known
yet, nothing says who it is.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence

from slidebox.access import UNKNOWN, account, person, service
from slidebox.access.iam import Holder, trusted
from slidebox.preview.declared import Declared
from slidebox.preview.seen import Seen

PRINCIPAL_TAG = "slidebox:principal"
"""The tag that says which person or service of the lab a user of AWS is, or which service works in a role."""

_TOKEN = re.compile(r"^(?P<who>aws|aws-native):(?P<module>iam|ssoadmin|s3control)(?:/\w+)?:(?P<name>\w+?)(?:V\d)?$")
_USER_ARN = re.compile(r"^account:arn:aws[a-z-]*:iam::\d*:user/(?:.*/)?(?P<name>[^/]+)$")
_OF_AWS = account("service ")
_LISTS = ("users", "groups", "roles")


@functools.cache
def identity_kind(token: str) -> str:
    """What a resource of identities is, such as ``iam:UserPolicy``, in either spelling; empty if it is none."""
    match = _TOKEN.match(token)
    if match is None:
        return ""
    native = "native " if match["who"] == "aws-native" else ""
    return f"{native}{match['module']}:{match['name']}"


class Holders:
    """The users, groups and roles of a stack.

    Parameters
    ----------
    found
        The stack's resources of identities, by kind.
    declared
        What the stack carries of the lab's declarations.
    """

    def __init__(self, found: Mapping[str, Sequence[Seen]], declared: Declared) -> None:
        self._declared = declared
        self._by_urn: dict[str, dict[str, Seen]] = {}
        self._by_name: dict[str, dict[str, list[Seen]]] = {}
        for kind in ("User", "Group", "Role"):
            self._by_urn[kind] = {seen.urn: seen for seen in found.get(f"iam:{kind}", ())}
            names = self._by_name[kind] = {}
            for seen in self._by_urn[kind].values():
                names.setdefault(str(seen.properties.get("name")), []).append(seen)
        self._members: dict[str, dict[Holder, None]] = {}
        for seen in found.get("iam:UserGroupMembership", ()):
            self._join(seen, "user", "groups")
        for seen in found.get("iam:GroupMembership", ()):
            self._join(seen, "users", "group")
        self._roles: dict[str, tuple[Holder, ...]] = {}
        self._keyed: set[Holder] = set()
        self.keys_elsewhere: set[str] = set()
        for seen in found.get("iam:AccessKey", ()):
            self._take_key(seen)
        if found.get("native iam:AccessKey"):
            self.keys_elsewhere.add(UNKNOWN)
        named = [(seen.properties.get("arn"), self._user(seen).principal) for seen in self._by_urn["User"].values()]
        users = {str(arn): who for arn, who in named if isinstance(arn, str) and not who.startswith(account(""))}
        self.names = {**declared.identities(), **users}
        """The declared people, teams and services, by ARN or by what an identity provider says of them."""

    def of(self, kind: str, seen: Seen, prop: str) -> tuple[Holder, ...]:
        """Everybody who is one of the users, groups or roles that a property names.

        Parameters
        ----------
        kind
            ``User``, ``Group`` or ``Role``.
        seen, prop
            The resource, and its property with a name or several.
        """
        here, elsewhere, doubt = self._named(kind, seen, prop)
        read = {"User": lambda one: (self._user(one),), "Group": self._group, "Role": self.role}[kind]
        found = [holder for one in here for holder in read(one)]
        found += [holder for name in elsewhere for holder in self._elsewhere(kind, name)]
        if doubt:
            found.append(Holder(UNKNOWN, (f"a {kind.lower()} that is not known",)))
        return tuple(dict.fromkeys(found))

    def has_key(self, holder: Holder) -> bool:
        """Whether somebody has an access key, which does not end by itself; as a user, or as one whom a role trusts."""
        return Holder(holder.principal, holder.path[:1]) in self._keyed or self.key_holder(holder.principal)

    def key_holder(self, principal: str) -> bool:
        """Whether a principal of a policy, of a bucket or of a role, is a user with an access key."""
        match = _USER_ARN.match(principal)
        called = f"user {match['name']}" if match else ""
        return any(principal == one.principal or called == one.path[0] for one in self._keyed)

    def _named(self, kind: str, seen: Seen, prop: str) -> tuple[list[Seen], list[str], bool]:
        """What of the stack a property names, what elsewhere by name, and whether it names somebody else too."""
        said = seen.properties.get(prop, UNKNOWN)
        values = said if isinstance(said, list) else [said]
        names = [value.rpartition("/")[2] for value in values if isinstance(value, str) and value not in ("", UNKNOWN)]
        known = self._by_name[kind]
        here = {one.urn: one for name in names for one in known.get(name, ())}
        sources = seen.depends.get(prop, ()) or seen.depends.get("", ())
        waiting = len(values) - len(names)
        others = [urn for urn in dict.fromkeys(sources) if urn in self._by_urn[kind] and urn not in here]
        if waiting:
            here |= {urn: self._by_urn[kind][urn] for urn in others}
        # A list that is not known as a whole may have more in it than what it comes from.
        doubt = waiting > len(others) or (said == UNKNOWN and prop in _LISTS)
        return list(here.values()), [name for name in names if name not in known], doubt

    def _user(self, seen: Seen) -> Holder:
        name = _label(seen)
        kind, _, who = _tag(seen).partition(":")
        for word, top, made in (("person", "people", person), ("service", "services", service)):
            if kind == word and self._declared.entry(top, who):
                return Holder(made(who), (f"user {name}",))
        return Holder(account(f"user {name}"), (f"user {name}",))

    def _group(self, seen: Seen) -> Iterable[Holder]:
        label = f"group {_label(seen)}"
        members = self._members.get(seen.urn) or {Holder(UNKNOWN, ("somebody in it",)): None}
        return [Holder(one.principal, (*one.path, label)) for one in members]

    def role(self, seen: Seen) -> tuple[Holder, ...]:
        """Everybody whom a role of the stack lets in."""
        if seen.urn not in self._roles:
            let_in = trusted(seen.properties.get("assumeRolePolicy", UNKNOWN), _label(seen))
            self._roles[seen.urn] = tuple(Holder(self._in_role(seen, one.principal), one.path) for one in let_in)
        return self._roles[seen.urn]

    def _in_role(self, role: Seen, principal: str) -> str:
        kind, _, name = _tag(role).partition(":")
        declared = kind == "service" and self._declared.entry("services", name)
        if declared and principal.startswith(_OF_AWS):
            return service(name)
        return self.names.get(principal.removeprefix(account("")), principal)

    def _elsewhere(self, kind: str, name: str) -> Iterable[Holder]:
        if kind == "User":
            return (Holder(account(f"user {name}"), (f"user {name}",)),)
        members = self._members.get(name, {}) if kind == "Group" else {}
        label = f"{kind.lower()} {name}"
        inside = [Holder(one.principal, (*one.path, label)) for one in members]
        return (*inside, Holder(UNKNOWN, (label, "it is not in the stack")))

    def _join(self, seen: Seen, users: str, groups: str) -> None:
        """Take note of who is in which group; of what is not known it is taken that it may be any."""
        members = self.of("User", seen, users)
        here, elsewhere, doubt = self._named("Group", seen, groups)
        urns = [*self._by_urn["Group"]] if doubt else [one.urn for one in here]
        for group in (*urns, *elsewhere):
            self._members.setdefault(group, {}).update(dict.fromkeys(members))

    def _take_key(self, seen: Seen) -> None:
        if seen.properties.get("status") == "Inactive":
            return
        here, _, _ = self._named("User", seen, "user")
        for holder in self.of("User", seen, "user"):
            if here and holder.principal != UNKNOWN:
                self._keyed.add(holder)
            else:
                self.keys_elsewhere.add(holder.principal)


def _label(seen: Seen) -> str:
    name = seen.properties.get("name")
    return name if isinstance(name, str) and name not in ("", UNKNOWN) else seen.urn.rpartition("::")[2]


def _tag(seen: Seen) -> str:
    for name in ("tags", "tagsAll"):
        tags = seen.properties.get(name)
        if isinstance(tags, Mapping) and isinstance(tags.get(PRINCIPAL_TAG), str):
            return str(tags[PRINCIPAL_TAG])
    return ""
