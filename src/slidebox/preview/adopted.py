"""What was there before slidebox, from its record: what the engine will import, seen before it does."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from slidebox.errors import InputError
from slidebox.facts import FactBook, identities_at
from slidebox.labfile import FoundPlace, Record, record_file
from slidebox.model import Candidate, Lab, Level, StoreKind
from slidebox.preview.seen import AWS_BUCKETS, AZURE_CONTAINER, BUCKET, DECLARATION, FOLDER, GCS_BUCKET, Seen

OWN = "slidebox:"
"""How the types of slidebox's own provider begin."""


_PLACES: Mapping[StoreKind, Container[str]] = {
    StoreKind.DRIVE: (FOLDER,),
    StoreKind.S3: (BUCKET,),
    StoreKind.AWS: AWS_BUCKETS,
    StoreKind.GCS: (GCS_BUCKET,),
    StoreKind.AZURE: (AZURE_CONTAINER,),
}
"""The types of a place itself, by the kind of its store."""


def place_of(lab: Lab, project: str, record: Record | None, level: Level, store: str) -> FoundPlace:
    """What was found of a dataset's place, which is certainly the one that is declared.

    The data go where the project's file says. A record of another place would have that one judged instead.

    Raises
    ------
    InputError
        If the record has no such place, or another.
    """
    adopted = lab.projects[project].adopted_in(level, store)
    name = adopted.name if adopted else ""
    found = record.place(level, store) if record else None
    cure = f"Write it with `slidebox adopt {store} --bucket {name}={level}`, or anew with `--again`."
    if found is None:
        raise InputError(
            f"{project}/{level} is to stay as it is in {store}, and {record_file(project)} does not say what was found "
            f"there.",
            cure,
        )
    it, kind = found.resources[0], lab.file.stores[store].kind
    is_it = it.type in _PLACES.get(kind, ()) and _name_in(it.inputs) == name and f"/{it.id}".endswith(f"/{name}")
    if not is_it:
        raise InputError(
            f"{project}/{level} is to stay as it is in {store} as {name}, and {record_file(project)} says what was "
            f"found of {it.type} {it.id}.",
            cure,
        )
    return found


def _name_in(properties: Mapping[str, Any]) -> Any:
    """What a bucket, container or folder is called where a project's file names it."""
    return next((properties[key] for key in ("bucket", "container", "path") if key in properties), None)


def declared_of(
    lab: Lab, book: FactBook, candidate: Candidate, siblings: Collection[Candidate], found: FoundPlace
) -> dict[str, Any]:
    """What is declared of an adopted place: it travels on the resource, for the rules.

    Parameters
    ----------
    lab, book
        What is declared, and its facts.
    candidate, siblings
        The place, and all of its dataset.
    found
        What was found there.
    """
    return {
        "location": candidate.id,
        "facts": book.fragment(candidate.dataset, siblings),
        "identities": identities_at(lab.file, candidate.store),
        "keys": list(found.keys),
    }


def bucket_named(found: FoundPlace) -> str:
    """The name of an adopted bucket, as the resources beside it name it."""
    return str(found.resources[0].inputs.get("bucket", found.resources[0].id))


def of_bucket(declared: Mapping[str, Any]) -> dict[str, Any]:
    """What a declaration carries of an adopted bucket of AWS, which carries nothing itself."""
    return {"location": declared["location"], "keys": declared["keys"]}


def adopted_resources(lab: Lab, book: FactBook, record: Record, candidates: Collection[Candidate]) -> Iterator[Seen]:
    """The resources of a project's record, with what is declared of them, as a stack will have them."""
    for candidate in candidates:
        project, _, level = candidate.dataset.partition("/")
        if project != record.project:
            continue
        found = place_of(lab, project, record, Level(level), candidate.store)
        siblings = [other for other in candidates if other.dataset == candidate.dataset]
        declared = declared_of(lab, book, candidate, siblings, found)
        if any(not resource.type.startswith(OWN) for resource in found.resources):
            adopted = {bucket_named(found): of_bucket(declared)}
            properties = {"facts": declared["facts"], "identities": declared["identities"], "adopted": adopted}
            yield Seen(f"{record.project}/{candidate.id}", DECLARATION, properties)
        for resource in found.resources:
            own = resource.type.startswith(OWN)
            properties = {**resource.inputs, **(declared if own else {})}
            yield Seen(f"{resource.type} {resource.id}", resource.type, properties, provider=candidate.store)


def completed(lab: Lab, book: FactBook, records: Mapping[str, Record], resources: Iterable[Seen]) -> Iterator[Seen]:
    """The resources of a stack, with what is declared of those that have just been imported.

    The engine keeps of an import what its provider has read, which knows no declaration; the next `pulumi up` writes
    it down. Until then the lab's own files say it.
    """
    for seen in resources:
        stack, name = seen.urn.split("::", 1)[0].removeprefix("urn:pulumi:"), seen.urn.rpartition("::")[2]
        level, _, store = name.partition("@")
        record = records.get(stack)
        known = record is not None and level in set(Level)
        found = record.place(Level(level), store) if record is not None and known else None
        if found is None or not seen.type.startswith(OWN) or not seen.holds_data or "facts" in seen.properties:
            yield seen
            continue
        project, one = lab.projects[stack], Level(level)
        declared = project.adopted_in(one, store) if one in project.datasets else None
        if declared is None or _name_in(seen.properties) != declared.name:
            yield seen  # another place than the one that is declared: what it holds is not known
            continue
        term = project.activity_of(one).term
        there = [s for s, adopted in project.datasets[one].adopted.items() if adopted.as_is]
        siblings = [Candidate(project.dataset_id(one), term, other) for other in there]
        candidate = Candidate(project.dataset_id(one), term, store)
        yield replace(seen, properties={**seen.properties, **declared_of(lab, book, candidate, siblings, found)})
