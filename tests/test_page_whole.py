"""Every view of the page in Chromium: nothing bars anybody from it, it asks no network, and it is kept as a picture.

Pictures go into ``build/screenshots``, or where ``$SLIDEBOX_SCREENSHOTS`` says.
"""

from __future__ import annotations

import csv
import io
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from slidebox.cli.report_serve import Renewed, Server
from slidebox.errors import InputError
from slidebox.report.page import render

from .chromium import Open, at, chromium, watched
from .doubles.npm import installed
from .page_data import page_of

VIEWS = {
    "overview": "overview",
    "datasets": "datasets",
    "placements": "placements",
    "readers-matrix": "readers?show=matrix",
    "readers-table": "readers?show=table",
    "lineage": "lineage",
    "spend": "spend",
    "advice": "spend?show=advice",
    "notices": "spend?show=notices",
    "findings": "findings",
    "waivers": "waivers",
    "moves": "moves",
    "drives": "drives",
}
TABLES = ("datasets", "placements", "readers-table", "advice", "findings", "waivers", "moves", "drives")
GRAVE = ("serious", "critical")
WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for all tests of this file."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def axe(repository: Path) -> str:
    """What finds that which bars people from a page (https://github.com/dequelabs/axe-core)."""
    folder = installed(repository / "tools" / "axe", "axe-core")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def screenshots(repository: Path) -> Path:
    """Where pictures are kept."""
    folder = Path(os.environ.get("SLIDEBOX_SCREENSHOTS") or repository / "build" / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lab's page as a file."""
    file = tmp_path_factory.mktemp("page") / "index.html"
    file.write_text(render(page_of()), encoding="utf-8")
    return file


@pytest.fixture
def opened(browser: Any) -> Iterator[Open]:
    """Opens an address; whatever the browser says of a fault, and every request elsewhere, fails the test."""
    with watched(browser) as open_at:
        yield open_at


def grave(tab: Any, axe: str) -> list[str]:
    """What bars people from what is shown, in a line each."""
    if not tab.evaluate("typeof window.axe === 'object'"):
        tab.evaluate(axe)
    found = tab.evaluate("async () => (await axe.run(document, { resultTypes: ['violations'] })).violations")
    return [
        f"{one['id']}: {one['help']}: {one['nodes'][0]['target']} of {len(one['nodes'])}"
        for one in found
        if one["impact"] in GRAVE
    ]


def test_what_bars_people_is_found(opened: Open, small: Path, axe: str) -> None:
    """A picture without words and letters that are hardly seen: or all the tests below would say nothing."""
    tab = opened(small.as_uri())
    tab.evaluate(
        "() => { const main = document.querySelector('main');"
        "const words = document.createElement('p'); words.textContent = 'hardly seen';"
        "words.style.color = '#eeeeee'; words.style.background = '#ffffff'; main.append(words);"
        "main.append(document.createElement('img')); }"
    )
    assert {said.partition(":")[0] for said in grave(tab, axe)} == {"color-contrast", "image-alt"}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_no_view_bars_anybody(opened: Open, small: Path, axe: str, screenshots: Path, width: int, scheme: str) -> None:
    """In a wide and a narrow window, light and dark, axe-core finds nothing serious; each view is kept as a picture."""
    tab = opened(small.as_uri(), width=width, color_scheme=scheme, reduced_motion="reduce")
    found = {}
    for name, view in VIEWS.items():
        at(tab, view)
        assert tab.locator("main h1").inner_text()
        tab.screenshot(path=screenshots / f"{name}-{width}-{scheme}.png")
        if said := grave(tab, axe):
            found[name] = said
    assert found == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_opened_row_bars_nobody(opened: Open, small: Path, axe: str, screenshots: Path, scheme: str) -> None:
    """What a row holds is shown beside it, with the path of a reader and the cure of a finding."""
    tab = opened(small.as_uri(), color_scheme=scheme, reduced_motion="reduce")
    for name in ("readers-table", "findings"):
        at(tab, VIEWS[name])
        tab.locator("main tbody button.open").first.click()
        tab.wait_for_selector("dialog[open]")
        assert "open=" in tab.url
        tab.screenshot(path=screenshots / f"{name}-opened-{scheme}.png")
        assert grave(tab, axe) == []
        tab.keyboard.press("Escape")
        tab.wait_for_function("!document.querySelector('dialog[open]')")


def test_every_table_is_a_file(opened: Open, small: Path) -> None:
    """CSV that a spreadsheet reads: a heading, and as many rows as the table says."""
    tab = opened(small.as_uri(), accept_downloads=True)
    for name in TABLES:
        at(tab, VIEWS[name])
        said = tab.locator("main .count").inner_text()
        with tab.expect_download() as waiting:
            tab.get_by_role("button", name="Download CSV").click()
        text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
        rows = list(csv.reader(io.StringIO(text)))
        (count,) = re.findall(r"^([\d,]+)", said)
        assert len(rows) == 1 + int(count.replace(",", "")), name
        assert {len(row) for row in rows} == {len(rows[0])}, name


def test_all_can_be_done_with_the_keyboard(opened: Open, small: Path) -> None:
    """To the content, to a view, to the search, into a row, and back to where one was."""
    tab = opened(small.as_uri())
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "skip"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"
    for _ in range(40):
        if tab.evaluate("document.activeElement.getAttribute('href')") == "#/findings":
            break
        tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Enter")
    tab.wait_for_function("document.querySelector('main h1').textContent === 'Findings'")
    assert tab.evaluate("document.activeElement.tagName") == "H1"
    tab.keyboard.press("/")
    assert tab.evaluate("document.activeElement.type") == "search"
    tab.keyboard.type("identifiable")
    tab.wait_for_function("location.hash.includes('q=identifiable')")
    for _ in range(40):
        if tab.evaluate("document.activeElement.matches('button.open')"):
            break
        tab.keyboard.press("Tab")
    before = tab.evaluate("document.activeElement.textContent")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("dialog[open]")
    assert tab.evaluate("document.activeElement.closest('dialog') !== null")
    tab.keyboard.press("Escape")
    tab.wait_for_function("!document.querySelector('dialog[open]')")
    assert tab.evaluate("document.activeElement.textContent") == before


def test_on_paper_there_are_the_rows_and_no_controls(opened: Open, small: Path, screenshots: Path) -> None:
    """Navigation and tools are left out, and the document can be made into a PDF."""
    tab = opened(small.as_uri())
    at(tab, "findings")
    tab.emulate_media(media="print")
    assert not tab.locator("nav.views").is_visible()
    assert not tab.get_by_role("button", name="Download CSV").is_visible()
    assert tab.locator("main h1").is_visible()
    tab.screenshot(path=screenshots / "findings-print.png", full_page=True)
    assert tab.pdf().startswith(b"%PDF")


def test_a_large_lab_is_opened_and_filtered(
    opened: Open, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """2,000 datasets and 20,000 readers: what is asked for is there before somebody looks away."""
    file = tmp_path / "index.html"
    file.write_text(render(page_of(2_000, 20_000)), encoding="utf-8")
    begun = time.monotonic()
    tab = opened(f"{file.as_uri()}#/readers?show=table")
    tab.wait_for_selector("main tbody button.open")
    there = time.monotonic()
    assert tab.locator("main .count").inner_text().startswith("20,000")
    tab.get_by_role("searchbox").fill("anyone")
    tab.wait_for_function("!document.querySelector('main .count').textContent.startsWith('20,000')")
    filtered = time.monotonic()
    record_property(
        "said",
        f"a page of 2,000 datasets and 20,000 readers ({file.stat().st_size / 1e6:.1f} MB) opened in "
        f"{there - begun:.1f} s and was searched in {filtered - there:.1f} s",
    )
    assert there - begun < 20
    assert filtered - there < 10


# Served


class Source:
    """A page that is made from a file: its number of datasets, or a fault."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def build(self) -> str:
        """The page."""
        text = self.file.read_text(encoding="utf-8")
        if not text.isdecimal():
            raise InputError("projects/a.yaml:3:1: it has no size.", "Say how much there is.")
        return render(page_of(int(text)))

    def watched(self) -> Iterator[Path]:
        """The file."""
        yield self.file


def say(file: Path, text: str) -> None:
    """Change a file at once: nobody ever reads half of it."""
    draft = file.with_name("draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Server, Path]]:
    """A served page, and the file that it is made from."""
    file = tmp_path / "lab.yaml"
    file.write_text("16", encoding="utf-8")
    source = Source(file)
    renewed = Renewed(source.build, source.watched, every=0.05)
    with Server(renewed) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        renewed.start()
        yield server, file
        server.shutdown()
        thread.join()
        renewed.end()


def test_a_served_page_renews_itself_and_stays_where_it_was(opened: Open, served: tuple[Server, Path]) -> None:
    """A fault stands above the last good page until it is mended; the view and its search stay."""
    server, file = served
    tab = opened(f"{server.url}#/datasets?q=raw", allowed=server.url)
    before = tab.locator("main .count").inner_text()
    say(file, "faulty")
    tab.wait_for_selector("#fault")
    assert tab.locator("#fault").get_attribute("role") == "alert"
    said = "This is the last good page. projects/a.yaml:3:1: it has no size. Say how much there is."
    assert tab.locator("#fault").inner_text() == said
    assert tab.locator("main .count").inner_text() == before
    say(file, "32")
    tab.wait_for_function("before => document.querySelector('main .count')?.textContent !== before", arg=before)
    assert tab.locator("#fault").count() == 0
    assert tab.url.endswith("#/datasets?q=raw")
    assert tab.get_by_role("searchbox").input_value() == "raw"


def test_a_served_page_says_when_it_is_served_no_more(browser: Any, served: tuple[Server, Path]) -> None:
    """What is open can still be read."""
    server, _ = served
    tab = browser.new_page()
    tab.goto(server.url)
    tab.wait_for_selector("main h1")
    server.shutdown()
    server.socket.close()
    tab.wait_for_selector("#fault", timeout=15_000)
    assert "has ended" in tab.locator("#fault").inner_text()
    assert tab.locator("main h1").inner_text() == "Overview"
    tab.close()
