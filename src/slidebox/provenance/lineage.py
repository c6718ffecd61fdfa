"""What data were made from, as a graph; and the steps by which a dataset can be made again.

What a manifest says of a run goes before what a project file declares: the manifest was written when it ran.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from slidebox.model import Keep, Lab, Level, Origin
from slidebox.provenance.manifest import Manifest, StepRun


class Standing(StrEnum):
    """Whether the bytes of a dataset can be had now."""

    KEPT = "kept"
    """A place of the lab has a whole copy."""
    AT_SOURCE = "at its source"
    """The lab reads it from where it is public."""
    ABSENT = "absent"
    """No place that could be read has a whole copy."""
    UNKNOWN = "unknown"
    """A place that may have it could not be read, or none was ever made."""
    UNDECLARED = "not declared"
    """Something names it as a parent, and no project file has it."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What was found of a dataset.

    Attributes
    ----------
    standing
        Whether its bytes can be had.
    stores
        Where whole copies are.
    manifest
        What the current copy says of itself; None where none was read.
    crate
        SHA-256 of that manifest's bytes.
    """

    standing: Standing
    stores: tuple[str, ...] = ()
    manifest: Manifest | None = field(default=None, repr=False)
    crate: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A dataset in the graph.

    Attributes
    ----------
    dataset
        ``project/level``.
    sight
        What was found of it.
    parents
        What it was made from, with the SHA-256 of the parent's manifest as it was then; None where that is not known.
    step
        How; None where neither a run nor a declaration says.
    source
        Accession or address, where it came from outside.
    """

    dataset: str
    sight: Sight
    parents: tuple[tuple[str, str | None], ...] = ()
    step: StepRun | None = None
    source: str = ""

    @property
    def available(self) -> bool:
        """Whether its bytes can be had now."""
        return self.sight.standing in (Standing.KEPT, Standing.AT_SOURCE)


@dataclass(frozen=True, slots=True)
class Lineage:
    """A graph without circles.

    Attributes
    ----------
    nodes
        Its datasets by name, each after all that it was made from.
    """

    nodes: Mapping[str, Node]

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """Every parent with its child."""
        return tuple((parent, node.dataset) for node in self.nodes.values() for parent, _ in node.parents)


def at_source(lab: Lab, dataset_id: str) -> str:
    """The accession or address from which a dataset can be read again at any time; empty where it cannot."""
    project = lab.project_of(dataset_id)
    if project is None:
        return ""
    dataset = project.datasets[Level(dataset_id.partition("/")[2])]
    public = dataset.origin is Origin.PUBLIC or dataset.keep is Keep.STREAM
    return dataset.source or "" if public else ""


def related(lab: Lab, dataset_ids: Collection[str], *, descendants: bool) -> frozenset[str]:
    """The datasets that some were made from, and, if wanted, those that were made from them.

    Parameters
    ----------
    lab
        What is declared.
    dataset_ids
        Where to start.
    descendants
        Whether to follow the graph in both directions.
    """
    up = {
        project.dataset_id(level): set(project.parents_of(level))
        for project in lab.projects.values()
        for level in project.datasets
    }
    down: dict[str, set[str]] = {}
    for child, parents in up.items():
        for parent in parents:
            down.setdefault(parent, set()).add(child)
    found = _reach(dataset_ids, up)
    return found | _reach(dataset_ids, down) if descendants else found


def _reach(starts: Collection[str], edges: Mapping[str, set[str]]) -> frozenset[str]:
    found, todo = set(starts), list(starts)
    while todo:
        for other in edges.get(todo.pop(), set()) - found:
            found.add(other)
            todo.append(other)
    return frozenset(found)


def lineage(lab: Lab, dataset_ids: Collection[str], sights: Mapping[str, Sight]) -> Lineage:
    """The graph of some datasets.

    Parameters
    ----------
    lab
        What is declared.
    dataset_ids
        Which datasets; a parent that is not among them is added by its name.
    sights
        What was found of each; nothing is known of one that is not there.
    """
    nodes: dict[str, Node] = {}

    def add(dataset_id: str) -> None:
        if dataset_id in nodes:
            return
        node = _node(lab, dataset_id, sights.get(dataset_id, Sight(Standing.UNKNOWN)))
        for parent, _ in node.parents:
            if parent != dataset_id:
                add(parent)
        nodes[dataset_id] = node

    for dataset_id in sorted(dataset_ids):
        add(dataset_id)
    return Lineage(nodes)


def _node(lab: Lab, dataset_id: str, sight: Sight) -> Node:
    project = lab.project_of(dataset_id)
    if project is None:
        return Node(dataset_id, Sight(Standing.UNDECLARED))
    level = Level(dataset_id.partition("/")[2])
    dataset, ran = project.datasets[level], sight.manifest
    then = {parent.dataset: parent.crate_sha256 for parent in ran.parents} if ran else {}
    parents = tuple((parent, then.get(parent)) for parent in project.parents_of(level))
    declared = StepRun.from_declared(dataset.step) if dataset.step else None
    return Node(dataset_id, sight, parents, (ran.step if ran else None) or declared, dataset.source or "")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to make a dataset again.

    Attributes
    ----------
    dataset
        Which.
    begins
        What it starts from, which can be had.
    steps
        What to make, in this order; the dataset itself is the last.
    missing
        What stands in the way, as sentences: with one of them the dataset cannot be made again.
    doubts
        What may make it come out otherwise, as sentences.
    """

    dataset: str
    begins: tuple[Node, ...]
    steps: tuple[Node, ...]
    missing: tuple[str, ...]
    doubts: tuple[str, ...]


def recipe(graph: Lineage, dataset_id: str) -> Recipe:
    """The chain of steps that makes a dataset again from what can be had.

    A parent that can be had is where the chain begins; one that is absent is made again first.

    Parameters
    ----------
    graph
        A graph with the dataset and all that it was made from.
    dataset_id
        ``project/level``.
    """
    begins: dict[str, Node] = {}
    steps: dict[str, Node] = {}

    def make(node: Node) -> None:
        for parent, _ in node.parents:
            other = graph.nodes[parent]
            if other.available:
                begins[parent] = other
            elif parent not in steps:
                make(other)
        steps[node.dataset] = node

    make(graph.nodes[dataset_id])
    missing = [sentence for node in steps.values() for sentence in _missing(node)]
    doubts = [sentence for node in steps.values() for sentence in _doubts(node, graph)]
    return Recipe(dataset_id, tuple(begins.values()), tuple(steps.values()), tuple(missing), tuple(doubts))


def _missing(node: Node) -> Iterator[str]:
    name = node.dataset
    if node.sight.standing is Standing.UNDECLARED:
        yield f"{name} is not declared: nobody knows how it was made."
    elif not node.parents and node.available:
        return
    elif not node.parents:
        what = "could not be looked for" if node.sight.standing is Standing.UNKNOWN else "is in no place"
        yield f"{name} {what}, and it was made from nothing else."
    elif node.step is None:
        yield f"{name} has no step: neither its manifest nor its project file says how it was made."
    elif not node.step.repository:
        yield f"The step of {name} names no repository."
    elif not node.step.commit:
        yield f"The step of {name} names no commit of {node.step.repository}."


def _doubts(node: Node, graph: Lineage) -> Iterator[str]:
    if not node.parents or node.step is None:
        return
    name, image = node.dataset, node.step.container
    if not image:
        yield f"{name} was made in no container that is known: its libraries are those of the day on which it is made."
    elif "@sha256:" not in image:
        yield f"{name} was made in {image}, which can be another image by now: it is named without its digest."
    for parent, then in node.parents:
        now = graph.nodes[parent].sight.crate
        if then and now and then != now:
            yield f"{parent} is not what it was when {name} was made from it: it was put again since."
