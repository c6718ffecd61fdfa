"""The resources of a Terraform or OpenTofu document, whichever of its three shapes it has. Pure.

Sources: HashiCorp, "JSON Output Format" (format 1), and the state of version 4 as Terraform 0.12 to 1.x and OpenTofu
write it, as of 2026-11.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from slidebox.access import UNKNOWN
from slidebox.adoption.terraform_references import References

_MANAGED = "managed"
_DATA = "data"
_OPENTOFU = "opentofu"
_ABOUT_ACCESS = re.compile(r"google_(storage|project_iam|service_account)|aws_(s3|iam)|azurerm_(storage|role)")
"""Types that are about where data lie or who gets at them."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that Terraform manages.

    Attributes
    ----------
    type
        Its type, such as ``google_storage_bucket``.
    address
        What Terraform calls it, with the modules around it.
    values
        Its attributes. Secrets are among them: only those that are asked for by name go any further.
    unknown
        Attributes that are known only once a plan has been applied.
    depends
        Addresses of the resources that it comes from, without their number or key.
    made
        Whether it is there already, and not only planned.
    replaced
        Whether a plan deletes it and makes it anew.
    tool
        The command that manages it.
    later
        Where, inside its attributes, something is known only once a plan has been applied: true at each such place.
    asked
        The attributes that a plan's configuration sets; None where the document carries no configuration. What is
        unknown and not asked for is only what the provider chooses.
    sources
        Addresses of the resources that each unknown attribute comes from, by the plan's configuration.
    provider
        The configuration of the provider that makes it, such as ``aws.second``; empty where nothing says.
    """

    type: str
    address: str
    values: Mapping[str, Any] = field(repr=False)
    unknown: frozenset[str] = frozenset()
    depends: tuple[str, ...] = ()
    made: bool = True
    replaced: bool = False
    tool: str = "terraform"
    later: Mapping[str, Any] = field(default_factory=dict, repr=False)
    asked: frozenset[str] | None = None
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    provider: str = ""

    def whole(self) -> dict[str, Any]:
        """Its attributes with ``unknown`` at each place, of any depth, that is known only later."""
        return {**self.values, **{name: _laid(self.values.get(name), said) for name, said in self.later.items()}}

    def text(self, name: str) -> str:
        """An attribute as text: empty where it is not there, ``unknown`` where it is not known yet."""
        if name in self.unknown:
            return UNKNOWN
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    def block(self, name: str) -> Mapping[str, Any]:
        """A block of which there is one at most; empty where there is none."""
        blocks = self.blocks(name)
        return blocks[0] if blocks else {}

    def blocks(self, name: str) -> list[Mapping[str, Any]]:
        """All blocks of a name."""
        return blocks_of(self.values, name)


def blocks_of(values: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """All blocks of a name in another."""
    said = values.get(name)
    listed = said if isinstance(said, list) else [said]
    return [block for block in listed if isinstance(block, Mapping)]


def resources(document: Mapping[str, Any], *, looked_up: bool = False) -> tuple[Resource, ...]:
    """Every resource that a document says Terraform manages; what it only looks up is left out.

    Parameters
    ----------
    document
        A state, the output of ``terraform show -json`` about a state, or about a plan.
    looked_up
        Whether what it only looks up counts too, with ``data.`` before its type.
    """
    modes = (_MANAGED, _DATA) if looked_up else (_MANAGED,)
    if "planned_values" in document:
        return tuple(_planned(document, modes))
    if "values" in document:
        return tuple(_shown(_root(document["values"]), modes))
    return tuple(_of_state(document, modes))


def going(document: Mapping[str, Any]) -> Iterator[str]:
    """A sentence about each resource of storage and of access that is there, and that a plan takes away."""
    for one in document.get("resource_changes") or ():
        actions = (one.get("change") or {}).get("actions")
        if actions == ["delete"] and _ABOUT_ACCESS.match(str(one.get("type"))):
            yield (
                f"{one.get('address')} is still there, and the plan only takes it away: nothing here says what it "
                "gives. Apply the plan, and read the state then."
            )


def hand_over(name: str, found: Iterable[Resource]) -> Iterator[str]:
    """A sentence: what Terraform manages still of a place, and the command by which it lets go of it."""
    listed = [one for one in found if one.made]
    if not listed:
        return
    command = " ".join([listed[0].tool, "state rm", *(shlex.quote(one.address) for one in listed)])
    yield (
        f"Terraform still manages {name}, and two tools would undo each other's changes: once slidebox has it, run "
        f"`{command}`, and then take {'these blocks' if len(listed) > 1 else 'this block'} out of the .tf files."
    )


def beside(about: Iterable[Resource]) -> tuple[list[Resource], list[str]]:
    """What is there already of the resources about a place, and a sentence about each that is only planned."""
    listed = list(about)
    words = "is not there yet, Terraform only plans to make it: it counts for nothing here"
    return [one for one in listed if one.made], [f"{one.address} {words}." for one in listed if not one.made]


def dangers(name: str, place: Resource) -> Iterator[str]:
    """How Terraform would delete a place with its data."""
    if place.replaced:
        yield f"The plan deletes {name} and makes it anew ({place.address}): do not apply it before the data are safe."
    if place.values.get("force_destroy") is True:
        yield f"`{place.tool} destroy` would delete {name} with all the data in it (force_destroy)."


def doubt(resource: Resource, name: str) -> str:
    """A sentence: an attribute is not known before a plan is applied."""
    return (
        f"The {name} of {resource.address} is known only once Terraform has applied its plan, so nothing says it yet."
    )


# The three shapes


def _of_state(document: Mapping[str, Any], modes: tuple[str, ...]) -> Iterator[Resource]:
    for entry in document.get("resources") or ():
        if entry.get("mode") not in modes:
            continue
        module = f"{entry['module']}." if entry.get("module") else ""
        kind = _type(entry)
        for instance in entry.get("instances") or ():
            if instance.get("deposed"):
                continue  # Terraform has replaced it, and only waits to delete it
            yield Resource(
                type=kind,
                address=f"{module}{kind}.{entry.get('name')}{_index(instance.get('index_key'))}",
                values=instance.get("attributes") or {},
                depends=tuple(map(str, instance.get("dependencies") or ())),
                tool=_tool(entry.get("provider")),
            )


def _type(entry: Mapping[str, Any]) -> str:
    """The type of a resource, with a mark before what is only looked up."""
    return f"{_DATA}.{entry.get('type')}" if entry.get("mode") == _DATA else str(entry.get("type"))


def _index(key: Any) -> str:
    """The number or the key of one of several."""
    if key is None:
        return ""
    return f"[{key}]" if isinstance(key, int) else '["' + str(key).replace('"', '\\"') + '"]'


def _root(values: Any) -> Mapping[str, Any]:
    root = values.get("root_module") if isinstance(values, Mapping) else None
    return root if isinstance(root, Mapping) else {}


def _shown(module: Mapping[str, Any], modes: tuple[str, ...]) -> Iterator[Resource]:
    """The resources of a module and of those in it."""
    for entry in module.get("resources") or ():
        if entry.get("mode") in modes:
            yield Resource(
                type=_type(entry),
                address=str(entry.get("address")),
                values=entry.get("values") or {},
                depends=tuple(map(str, entry.get("depends_on") or ())),
                tool=_tool(entry.get("provider_name")),
            )
    for child in module.get("child_modules") or ():
        yield from _shown(child, modes)


def _planned(document: Mapping[str, Any], modes: tuple[str, ...]) -> Iterator[Resource]:
    changes = {str(one.get("address")): one.get("change") or {} for one in document.get("resource_changes") or ()}
    listed = {one.address: one for one in _shown(_root(document["planned_values"]), modes)}
    if _DATA in modes:
        # What is looked up already is in the state before the plan.
        before = (document.get("prior_state") or {}).get("values")
        listed = {**{one.address: one for one in _shown(_root(before), (_DATA,))}, **listed}
    references = References(document, listed)
    for one in listed.values():
        change = changes.get(one.address, {})
        said = change.get("after_unknown")
        later = {name: inner for name, inner in said.items() if _any(inner)} if isinstance(said, Mapping) else {}
        actions = list(change.get("actions") or ())
        yield replace(
            one,
            unknown=frozenset(later),
            later=later,
            made=actions != ["create"],
            replaced="delete" in actions,
            asked=references.asked(one.address),
            sources={name: found for name in later if (found := references.sources(one.address, name))},
            provider=references.provider(one.address),
        )


def _laid(value: Any, later: Any) -> Any:
    """A value with ``unknown`` where it is known only later."""
    if later is True:
        return UNKNOWN
    if isinstance(later, Mapping):
        before = value if isinstance(value, Mapping) else {}
        return {**before, **{name: _laid(before.get(name), said) for name, said in later.items() if _any(said)}}
    if isinstance(later, list):
        listed = value if isinstance(value, list) else []
        longest = max(len(listed), len(later))
        pairs = [
            (listed[at] if at < len(listed) else None, later[at] if at < len(later) else False) for at in range(longest)
        ]
        # Items of a set may stand in another order than their marks: one that is known stays, beside an unknown one.
        strays = [UNKNOWN for said, mark in pairs if mark is True and said is not None]
        return [said if mark is True and said is not None else _laid(said, mark) for said, mark in pairs] + strays
    return value


def _any(said: Any) -> bool:
    """Whether anything in a value is not known: a plan marks what is not with true, at its place."""
    if isinstance(said, Mapping):
        return any(map(_any, said.values()))
    return any(map(_any, said)) if isinstance(said, list) else said is True


def _tool(provider: Any) -> str:
    return "tofu" if _OPENTOFU in str(provider) else "terraform"
