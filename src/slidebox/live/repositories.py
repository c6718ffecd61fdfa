"""Repositories at GitHub, as they are."""

from __future__ import annotations

from slidebox.errors import SlideboxError
from slidebox.facts import identities_at
from slidebox.home import Home
from slidebox.live.found import Asked, Found, none_read, unread
from slidebox.model import Lab
from slidebox.naming import repository_name
from slidebox.preview import Seen
from slidebox.preview.seen import GITHUB_REPOSITORY
from slidebox.provider.github import Repository
from slidebox.provider.github_api import PUBLIC_API
from slidebox.provider.resource import Context


def look(lab: Lab, home: Home, name: str, asked: list[Asked]) -> Found:  # noqa: ARG001 - as into every store
    """The repositories that are there, and those that should be."""
    store = lab.file.stores[name]
    said = {"store": name, "endpoint": store.endpoint or PUBLIC_API}
    found = []
    for one in asked:
        full = f"{store.account}/{repository_name(one.dataset)}"
        planned = name in one.stores
        try:
            read = Repository().read(Context(f"urn:pulumi:live::live::{GITHUB_REPOSITORY}::{full}"), full, {}, said)
        except SlideboxError as error:
            return none_read(GITHUB_REPOSITORY, asked, name, error)
        if read is None and planned:
            found.append(unread(GITHUB_REPOSITORY, one, name, f"GitHub shows this token no repository {full}"))
        elif read is not None:
            properties = {
                **read.state,
                "location": one.location(name),
                "identities": identities_at(lab.file, name),
            }
            found.append(Seen(f"repository {full}", GITHUB_REPOSITORY, properties))
    return Found(tuple(found))
