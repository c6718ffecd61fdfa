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

_MANAGED = "managed"
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
    """

    type: str
    address: str
    values: Mapping[str, Any] = field(repr=False)
    unknown: frozenset[str] = frozenset()
    depends: tuple[str, ...] = ()
    made: bool = True
    replaced: bool = False
    tool: str = "terraform"

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


def resources(document: Mapping[str, Any]) -> tuple[Resource, ...]:
    """Every resource that a document says Terraform manages; what it only looks up is left out.

    Parameters
    ----------
    document
        A state, the output of ``terraform show -json`` about a state, or about a plan.
    """
    if "planned_values" in document:
        return tuple(_planned(document))
    if "values" in document:
        return tuple(_shown(_root(document["values"])))
    return tuple(_of_state(document))


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


def _of_state(document: Mapping[str, Any]) -> Iterator[Resource]:
    for entry in document.get("resources") or ():
        if entry.get("mode") != _MANAGED:
            continue
        module = f"{entry['module']}." if entry.get("module") else ""
        for instance in entry.get("instances") or ():
            if instance.get("deposed"):
                continue  # Terraform has replaced it, and only waits to delete it
            yield Resource(
                type=str(entry.get("type")),
                address=f"{module}{entry.get('type')}.{entry.get('name')}{_index(instance.get('index_key'))}",
                values=instance.get("attributes") or {},
                depends=tuple(map(str, instance.get("dependencies") or ())),
                tool=_tool(entry.get("provider")),
            )


def _index(key: Any) -> str:
    """The number or the key of one of several."""
    if key is None:
        return ""
    return f"[{key}]" if isinstance(key, int) else '["' + str(key).replace('"', '\\"') + '"]'


def _root(values: Any) -> Mapping[str, Any]:
    root = values.get("root_module") if isinstance(values, Mapping) else None
    return root if isinstance(root, Mapping) else {}


def _shown(module: Mapping[str, Any]) -> Iterator[Resource]:
    """The resources of a module and of those in it."""
    for entry in module.get("resources") or ():
        if entry.get("mode") == _MANAGED:
            yield Resource(
                type=str(entry.get("type")),
                address=str(entry.get("address")),
                values=entry.get("values") or {},
                depends=tuple(map(str, entry.get("depends_on") or ())),
                tool=_tool(entry.get("provider_name")),
            )
    for child in module.get("child_modules") or ():
        yield from _shown(child)


def _planned(document: Mapping[str, Any]) -> Iterator[Resource]:
    changes = {str(one.get("address")): one.get("change") or {} for one in document.get("resource_changes") or ()}
    for one in _shown(_root(document["planned_values"])):
        change = changes.get(one.address, {})
        later = change.get("after_unknown")
        unknown = {name for name, said in later.items() if _any(said)} if isinstance(later, Mapping) else set()
        actions = list(change.get("actions") or ())
        made, replaced = actions != ["create"], "delete" in actions
        yield replace(one, unknown=frozenset(unknown), made=made, replaced=replaced)


def _any(said: Any) -> bool:
    """Whether anything in a value is not known: a plan marks what is not with true, at its place."""
    if isinstance(said, Mapping):
        return any(map(_any, said.values()))
    return any(map(_any, said)) if isinstance(said, list) else said is True


def _tool(provider: Any) -> str:
    return "tofu" if _OPENTOFU in str(provider) else "terraform"
