"""Why a dataset costs something else after a change of the declarations: what is different, in few words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slidebox.model import Dataset, Lab, Level, Plan, Project, Term
from slidebox.table_one import STANDARD

Planned = tuple[Plan, Lab]

_USE = ("growth", "rewritten", "reads")


def reasons(dataset: str, before: Planned | None, after: Planned) -> tuple[str, ...]:
    """What is different about a dataset, its places, and the stores that it is in.

    Parameters
    ----------
    dataset
        ``project/level``.
    before, after
        The plans and their labs; None where the base has no lab.

    Returns
    -------
    tuple
        Each in a few words; at least one.
    """
    old, new = _declared(before[1], dataset) if before else None, _declared(after[1], dataset)
    if new is None:
        return ("not declared any more",)
    if before is None or old is None:
        places = dict.fromkeys(store for stores in _places(after[0], dataset).values() for store in stores)
        return (f"new: {new[1].size} in {' and '.join(places) or 'no store'}",)
    found = [*_data(old, new), *_moved(_places(before[0], dataset), _places(after[0], dataset))]
    stores = {store for plan, _ in (before, after) for held in _places(plan, dataset).values() for store in held}
    found += _around(before[1], after[1], stores)
    return tuple(found) or ("other prices, or another volume beside it in its stores",)


def _declared(lab: Lab, dataset: str) -> tuple[Project, Dataset] | None:
    project = lab.project_of(dataset)
    level = Level(dataset.partition("/")[2])
    return (project, project.datasets[level]) if project and level in project.datasets else None


def _data(old: tuple[Project, Dataset], new: tuple[Project, Dataset]) -> Iterator[str]:
    """What is said otherwise of the data themselves."""
    (project_before, before), (project_after, after) = old, new
    if before.size.bytes != after.size.bytes:
        word = "grew" if after.size.bytes > before.size.bytes else "shrank"
        yield f"{word} from {before.size} to {after.size}"
    if before.files != after.files:
        yield f"{after.files:,} files instead of {before.files:,}"
    working, worked = after.activity or project_after.activity, before.activity or project_before.activity
    if working != worked:
        yield f"{working} instead of {worked}"
    if before.keep != after.keep:
        yield f"keep: {after.keep} instead of {before.keep}"
    for key in _USE:
        was, now = _spelled(getattr(before, key)), _spelled(getattr(after, key))
        if was != now:
            yield f"{key}: {now or 'none'} instead of {was or 'none'}"
    if before.expires != after.expires:
        yield f"expires: {after.expires or 'never'} instead of {before.expires or 'never'}"


def _spelled(by_activity: Mapping[object, object]) -> str:
    """What is declared by activity, as short as it can be."""
    values = {str(value) for value in by_activity.values()}
    return values.pop() if len(values) == 1 else ", ".join(f"{key} {value}" for key, value in by_activity.items())


def _places(plan: Plan, dataset: str) -> dict[Term, dict[str, str]]:
    """The class in each store, by term."""
    return {
        entry.term: {p.candidate.store: p.candidate.storage_class for p in entry.placements}
        for entry in plan.terms
        if entry.dataset == dataset
    }


def _moved(before: Mapping[Term, Mapping[str, str]], after: Mapping[Term, Mapping[str, str]]) -> Iterator[str]:
    """Copies that are new, gone, elsewhere or in another class, each with the terms in which that is so."""
    said: dict[str, list[Term]] = {}
    for term in Term:
        old, new = before.get(term, {}), after.get(term, {})
        for words in _difference(old, new):
            said.setdefault(words, []).append(term)
    for words, terms in said.items():
        yield f"{words} ({', '.join(terms)})"


def _difference(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    come, gone = [store for store in new if store not in old], [store for store in old if store not in new]
    while come and gone:
        yield f"in {come.pop(0)} instead of {gone.pop(0)}"
    yield from (f"new copy in {store}" for store in come)
    yield from (f"no copy in {store} any more" for store in gone)
    for store, storage_class in new.items():
        if old.get(store, storage_class) != storage_class:
            yield f"in {store} {storage_class} instead of {old[store] or STANDARD}"


def _around(before: Lab, after: Lab, stores: set[str]) -> Iterator[str]:
    """What is said otherwise of the stores that have it, and of the terms."""
    for name in sorted(stores):
        old, new = before.file.stores.get(name), after.file.stores.get(name)
        if old is None or new is None:
            continue
        if old.price != new.price:
            yield f"price of {name}: {_price(new.price)} instead of {_price(old.price)}"
        for key in ("region", "kind", "system", "bought", "life"):
            if (was := getattr(old, key)) != (now := getattr(new, key)):
                yield f"{key} of {name}: {now or 'none'} instead of {was or 'none'}"
    if _terms(before) != _terms(after):
        yield "terms of another length"


def _price(usd: float | None) -> str:
    return "Table 1's" if usd is None else f"${usd:g}"


def _terms(lab: Lab) -> object:
    return lab.file.playbook.terms
