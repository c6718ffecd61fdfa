"""Who can read what waits at an archive or was submitted to it: the account, and anyone from the day of release on."""

from __future__ import annotations

from functools import partial
from typing import Any

from slidebox.access.snapshot import unread
from slidebox.audit.live import Asked, Sections
from slidebox.audit.live.asking import Asking
from slidebox.audit.live.pace import Pace
from slidebox.biostudies import ArchiveRef, BioStudies, Tokens
from slidebox.provider.archive import mark_in
from slidebox.submission import mark_of, root_of
from slidebox.tokens import token_of


def collect(asked: Asked, tokens: Tokens = token_of) -> Sections:
    """The folders of the lab's datasets at an archive, and the projects' submissions.

    Parameters
    ----------
    asked
        The store.
    tokens
        Answers with the account's password.

    Raises
    ------
    SlideboxError
        If the archive does not answer, or takes no password.
    """
    ref = ArchiveRef.of(asked.store, asked.lab.file.stores[asked.store])
    service = BioStudies(ref, tokens)
    try:
        return {"places": {"archives": _found(asked, ref, service)}}
    finally:
        service.close()


def _found(asked: Asked, ref: ArchiveRef, service: BioStudies) -> dict[str, Any]:
    asking = Asking(Pace(asked.a_second))
    found: dict[str, Any] = {}
    asking.wait()
    service.listing("")
    submitted = asking.part(lambda: [(one, mark_in(service.page(one.accession))) for one in service.submissions()])
    for name, project in asked.lab.projects.items():
        ours = submitted
        if isinstance(submitted, list):
            mark = mark_of(asked.lab, name, asked.store)
            # A submission whose page cannot be had yet may be this project's.
            ours = [one for one, said in submitted if said in (mark, "")]
        for level in project.datasets:
            path = f"{root_of(asked.lab, name)}/{level}"
            about = {"store": asked.store, "dataset": project.dataset_id(level), "owner": ref.account, "name": path}
            there = asking.part(partial(service.has_folder, path))
            if there is True:
                found[f"{asked.store}/{path}"] = {**about, **_state(ours)}
            elif there is not False:
                found[f"{asked.store}/{path}"] = {**about, "state": there}
    return found


def _state(submitted: Any) -> dict[str, Any]:
    """Open from the day of the first release on; in the account's own space while nothing is submitted."""
    if not isinstance(submitted, list):
        return {"state": submitted}
    if not submitted:
        return {"state": "space"}
    days = [one.released for one in submitted]
    if not all(days):
        return {"state": "published", "access": "embargoed", "opens": unread("its day of release is not said")}
    return {"state": "published", "access": "embargoed", "opens": min(days)}
