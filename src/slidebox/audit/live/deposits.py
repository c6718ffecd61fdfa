"""Who can read the datasets' deposits at Zenodo and Figshare: their state, their embargo, and links to them.

Of a link its end and what it allows are kept, never the link.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from slidebox.access.snapshot import unread
from slidebox.audit.live import Asked, Sections
from slidebox.audit.live.asking import Asking
from slidebox.audit.live.drives import datasets_of
from slidebox.audit.live.pace import Pace
from slidebox.deposits.about import about_of, mark_of
from slidebox.deposits.opening import DepositRef, Tokens
from slidebox.deposits.repository import Deposit, Repository
from slidebox.model import StoreKind
from slidebox.tokens import token_of


def collect(asked: Asked, tokens: Tokens = token_of, today: dt.date | None = None) -> Sections:
    """The deposits of the lab's datasets in a store.

    Parameters
    ----------
    asked
        The store.
    tokens
        Answers with its token.
    today
        The day; the machine's where None.

    Raises
    ------
    SlideboxError
        If there is no token, or the service does not answer.
    """
    ref = DepositRef.of(asked.store, asked.lab.file.stores[asked.store])
    service = ref.open(today or dt.datetime.now(dt.UTC).date(), tokens)
    asking = Asking(Pace(asked.a_second))
    found: dict[str, Any] = {}
    for dataset in datasets_of(asked):
        about = {"kind": ref.kind, "store": asked.store, "dataset": dataset}
        versions = asking.part(partial(_versions, asked, ref, service, dataset))
        if not isinstance(versions, list):
            found[f"{asked.store}/{dataset}"] = {**about, "name": dataset, "owner": None, "state": versions}
            continue
        for deposit in versions:
            found[deposit.url or f"{asked.store}/{deposit.id}"] = {**about, **_deposit(service, ref, deposit, asking)}
    return {"places": {"deposits": found}}


def _versions(asked: Asked, ref: DepositRef, service: Repository, dataset: str) -> list[Deposit]:
    """The versions of a deposit that count: the draft, and what is published."""
    lab = asked.lab
    found = service.find(mark_of(lab.file.lab, dataset, ref.name), about_of(lab, dataset, ref.name, {}).title)
    return list(service.latest(found)) if found is not None else []


def _deposit(service: Repository, ref: DepositRef, deposit: Deposit, asking: Asking) -> dict[str, Any]:
    zenodo = ref.kind == StoreKind.ZENODO
    return {
        "name": deposit.url or deposit.id,
        "owner": _owner(deposit, ref),
        "state": "published" if deposit.published else "draft",
        "access": _zenodo_access(deposit) if zenodo else _figshare_access(deposit),
        "opens": deposit.embargo or None,
        "links": asking.part(lambda: list(_zenodo_links(service, deposit) if zenodo else _links(service, deposit))),
        "grants": asking.part(lambda: list(_zenodo_grants(service, deposit))) if zenodo else _exceptions(deposit),
        "curators": _curators(deposit) if zenodo else None,
    }


def _owner(deposit: Deposit, ref: DepositRef) -> Any:
    number = deposit.raw.get("owner")
    return str(number) if number else f"account of {ref.name}"


def _zenodo_access(deposit: Deposit) -> Any:
    metadata = deposit.raw.get("metadata")
    right = metadata.get("access_right") if isinstance(metadata, Mapping) else None
    return right or unread("Zenodo does not say who gets its files")


def _figshare_access(deposit: Deposit) -> str:
    if deposit.confidential:
        return "closed"
    return "embargoed" if deposit.embargo else "open"


def _exceptions(deposit: Deposit) -> Any:
    """Whom an embargo lets through all the same: groups of an institution, which nothing here reads."""
    return unread("its embargo lets some through") if deposit.raw.get("embargo_options") else None


def _curators(deposit: Deposit) -> list[dict[str, str]]:
    """The communities that a deposit is meant for, whose curators see it once it waits for them."""
    metadata = deposit.raw.get("metadata")
    listed = metadata.get("communities") if isinstance(metadata, Mapping) else None
    return [{"community": str(one.get("identifier"))} for one in listed or () if isinstance(one, Mapping)]


def _zenodo_links(service: Repository, deposit: Deposit) -> Iterator[dict[str, Any]]:
    for one in service.ask(f"records/{int(deposit.id)}/access/links")["hits"]["hits"]:
        yield {"may": "edit" if one["permission"] == "edit" else "view", "until": _end(one.get("expires_at"))}


def _zenodo_grants(service: Repository, deposit: Deposit) -> Iterator[dict[str, Any]]:
    for one in service.ask(f"records/{int(deposit.id)}/access/grants")["hits"]["hits"]:
        subject = one["subject"]
        may = "view" if one["permission"] in ("view", "preview") else "edit"
        yield {"who": f"{subject['type']} {subject['id']}", "may": may, "until": None}


def _links(service: Repository, deposit: Deposit) -> Iterator[dict[str, Any]]:
    for one in service.ask(f"account/articles/{int(deposit.id)}/private_links"):
        if one.get("is_active", True):
            yield {"may": "view", "until": _end(one.get("expires_date"))}


def _end(said: Any) -> str | None:
    return str(said)[:10] if said else None
