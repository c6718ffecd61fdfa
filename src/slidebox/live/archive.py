"""Folders in the account's own space at an archive, as they are."""

from __future__ import annotations

from slidebox.biostudies import ArchiveRef, BioStudies, Tokens
from slidebox.errors import SlideboxError
from slidebox.home import Home
from slidebox.live.found import Asked, Found, none_read, unread
from slidebox.model import Lab, Level
from slidebox.preview import Seen
from slidebox.preview.archive import TOKEN
from slidebox.provider.archive import Folder
from slidebox.provider.resource import Context
from slidebox.submission import release_of, root_of
from slidebox.tokens import token_of


def look(lab: Lab, home: Home, name: str, asked: list[Asked], tokens: Tokens = token_of) -> Found:  # noqa: ARG001 - all are asked alike
    """The folders that are there, and those that should be.

    Parameters
    ----------
    lab, home
        What is declared, and the lab's folder of state.
    name
        Name of the store.
    asked
        What is looked for.
    tokens
        Answers with the account's password.
    """
    ref = ArchiveRef.of(name, lab.file.stores[name])
    service = BioStudies(ref, tokens)
    try:
        service.listing("")
        places = [_folder(lab, service, ref, one) for one in asked]
    except SlideboxError as error:
        return none_read(TOKEN, asked, name, error)
    finally:
        service.close()
    return Found(tuple(seen for seen in places if seen is not None))


def _folder(lab: Lab, service: BioStudies, ref: ArchiveRef, asked: Asked) -> Seen | None:
    project, _, level = asked.dataset.partition("/")
    path = f"{root_of(lab, project)}/{level}"
    release = release_of(lab.projects[project], [Level(level)])
    given = {"store": ref.document, "path": path, "release": release.isoformat() if release else ""}
    found = Folder(lambda _: service).read(Context(f"urn:pulumi:live::live::{TOKEN}::{path}"), path, {}, given)
    if found is None:
        return unread(TOKEN, asked, ref.name, f"there is no folder {path}") if ref.name in asked.stores else None
    return Seen(f"folder {path} at {ref.name}", TOKEN, {**found.state, "location": asked.location(ref.name)})
