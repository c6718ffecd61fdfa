"""The browser that tests look at the page with: Debian's Chromium, or another one that is installed here."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextmanager
def chromium() -> Iterator[Any]:
    """A running browser; whoever has none, or no Playwright to lead it, skips what needs it."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"none of {', '.join(NAMES)} is on PATH")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


Open = Callable[..., Any]
"""Opens an address in a window of some width, with what else a context of Playwright takes; gives the tab."""


@contextmanager
def watched(browser: Any) -> Iterator[Open]:
    """Open addresses; whatever the browser says of a fault, every dialog and every request elsewhere is none."""
    said: list[str] = []
    contexts: list[Any] = []

    def open_at(address: str, *, width: int = 1280, allowed: str = "file:", **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)

        def routed(route: Any) -> None:
            if route.request.url.startswith((allowed, "blob:")):
                route.continue_()
            else:
                said.append(f"asked for {route.request.url}")
                route.abort()

        context.route("**/*", routed)
        tab = context.new_page()
        tab.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("dialog", lambda dialog: said.append(f"a dialog: {dialog.message}"))
        tab.goto(address)
        tab.wait_for_selector("main h1")
        return tab

    yield open_at
    for context in contexts:
        context.close()
    assert said == []


def at(tab: Any, view: str) -> None:
    """Go to a view by its address, as a link does."""
    tab.evaluate("address => { window.location.hash = address; }", f"#/{view}")
    link = view.partition("?")[0]
    tab.wait_for_function("link => document.querySelector(`nav a[href='#/${link}'][aria-current]`)", arg=link)
