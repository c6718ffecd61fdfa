"""GitHub's REST API, as far as slidebox needs it (docs.github.com, "REST API", version 2022-11-28)."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from slidebox.errors import InputError
from slidebox.tokens import Secret, token_of
from slidebox.web import Web, WebError

PUBLIC_API = "https://api.github.com"
_PAGE = 100
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def connect(store: str, endpoint: str) -> GitHub:
    """GitHub with the token of a store: ``SLIDEBOX_TOKEN_STORE``, ``GITHUB_TOKEN`` at github.com, or the keyring's.

    Raises
    ------
    InputError
        If the endpoint would send the token in the clear.
    UnreadableError
        If there is no token.
    """
    return GitHub(Web(endpoint, "GitHub", token_for(store, endpoint)))


def token_for(store: str, endpoint: str) -> Secret:
    """The token of a store, for the host of its API and no other.

    Raises
    ------
    InputError
        If the endpoint would send it in the clear.
    UnreadableError
        If there is none.
    """
    parts = urlsplit(endpoint)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise InputError(
            f"The endpoint {endpoint} of store {store!r} is no address of https.", "Correct `endpoint` in lab.yaml."
        )
    return token_of(store, "GITHUB_TOKEN" if endpoint == PUBLIC_API else "")


def git_host(endpoint: str) -> str:
    """Where git finds the repositories of an API: GitHub Enterprise has both under one name."""
    if endpoint == PUBLIC_API:
        return "https://github.com"
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class GitHub:
    """One account's API.

    Attributes
    ----------
    web
        The calls.
    """

    web: Web

    def found(self, path: str) -> Any:
        """The answer to a GET, or None where there is no such thing, or none that the token may see."""
        try:
            return self.web.call("GET", path).body
        except WebError as error:
            if error.status == 404:
                return None
            raise

    def all(self, path: str, **query: str) -> Iterator[Any]:
        """Every entry of a list, page by page; none in a repository without commits."""
        page = 1
        while True:
            try:
                entries = self.web.call("GET", path, query={**query, "per_page": str(_PAGE), "page": str(page)}).body
            except WebError as error:
                if error.status == 409:  # "Git Repository is empty."
                    return
                raise
            yield from entries or ()
            if len(entries or ()) < _PAGE:
                return
            page += 1

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """A call that changes something."""
        return self.web.call(method, path, dict(body) if body is not None else None).body

    def text(self, repository: str, path: str) -> tuple[str, str] | None:
        """Text and object of a small file of the default branch; None where there is none."""
        found = self.found(f"repos/{repository}/contents/{quote(path)}")
        if not isinstance(found, Mapping) or found.get("type") != "file":
            return None
        return base64.b64decode(str(found.get("content", ""))).decode("utf-8", "replace"), str(found["sha"])

    def write(self, repository: str, path: str, text: str, before: str | None) -> None:
        """Write a small file in a commit of its own; `before` is the object that it replaces."""
        body = {"message": f"slidebox: {path}", "content": base64.b64encode(text.encode()).decode()}
        self.call("PUT", f"repos/{repository}/contents/{quote(path)}", {**body, **({"sha": before} if before else {})})
