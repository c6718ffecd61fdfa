"""The admins' page in a browser: hostile values stay words, long tables stay fast, and the address holds the state.

The tests are skipped where no Chromium is installed.
"""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slidebox.report.page import render
from slidebox.report.page.data import Finding, Page

from .chromium import Open, at, chromium, watched
from .page_data import page_of

VIEWS = (
    *("overview", "datasets", "placements", "readers?show=matrix", "readers?show=table", "lineage", "spend"),
    *("spend?show=advice", "spend?show=notices", "findings", "findings?show=each", "waivers", "moves", "drives"),
)
HOSTILE = "</script><img src=x onerror=\"window.hit=1\"><svg onload='window.hit=1'>javascript:window.hit=1 =1+1"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium for all tests of this file."""
    with chromium() as running:
        yield running


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens a page at a view; any fault that the browser says fails the test, and so does any request."""
    with watched(browser) as open_at:

        def open_page(page: Page, view: str = "overview", width: int = 1280, **options: Any) -> Any:
            path = tmp_path / "page.html"
            path.write_text(render(page), encoding="utf-8")
            return open_at(f"{path.as_uri()}#/{view}", width=width, **options)

        yield open_page


def hostile(value: Any) -> Any:
    """A value in which every text is hostile, but the words that judge and the names that join tables."""
    if isinstance(value, str):
        return f"{value} {HOSTILE}"
    if isinstance(value, tuple):
        return tuple(hostile(one) for one in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kept = ("severity", "verdict", "who", "there", "standing", "term", "month", "until")
        changed = {
            field.name: hostile(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.name not in kept
        }
        return dataclasses.replace(value, **changed)
    return value


def test_hostile_values_stay_words_in_every_view(opened: Open) -> None:
    """No text of any record becomes an element, runs, or leads anywhere, in tables, drawings and panels."""
    tab = opened(hostile(page_of(16, 60)))
    for view in VIEWS:
        at(tab, view)
        first = tab.locator("button.open:visible, td.has:visible, .box:visible").first
        if view != "overview":
            first.click()
            assert tab.locator("dialog h2").inner_text() != ""
            tab.keyboard.press("Escape")
        assert tab.locator("img, iframe, object, embed, form").count() == 0
        assert tab.locator("[href^='javascript' i]").count() == 0
        assert tab.evaluate("[...document.querySelectorAll('svg')].every((svg) => svg.matches('.chart, .stage svg'))")
    assert tab.evaluate("window.hit") is None


def test_a_page_with_nothing_in_it_says_so_in_every_view(opened: Open) -> None:
    """Each empty view says what is not there, and none fails."""
    nothing = Page(lab="empty", made=page_of(8, 8).made, version="1")
    tab = opened(nothing)
    for view in VIEWS:
        at(tab, view)
        assert tab.locator("main .note:visible").count() >= 1, view


def test_a_long_table_draws_what_is_seen_and_says_which_rows_they_are(opened: Open) -> None:
    """Of 4,000 readers a few dozen rows are elements, and each says its place among all."""
    tab = opened(page_of(400, 4000), "readers?show=table")
    table = tab.locator("main table[role=table]")
    assert table.get_attribute("aria-rowcount") == "4001"
    assert tab.locator("tbody tr[role=row]").count() < 80
    assert tab.locator("tbody tr[role=row]").first.get_attribute("aria-rowindex") == "2"
    tab.evaluate("document.querySelector('.rows').scrollTop = 1e7")
    tab.wait_for_selector("tr[aria-rowindex='4001']")
    tab.locator("tr[aria-rowindex='4001'] button.open").focus()
    tab.keyboard.press("Home")
    tab.wait_for_selector("tr[aria-rowindex='2'] button.open:focus")
    tab.keyboard.press("ArrowDown")
    assert tab.locator("tr[aria-rowindex='3'] button.open:focus").count() == 1


def test_a_long_table_in_a_narrow_window_reaches_its_last_row(opened: Open) -> None:
    """Rows are cards of one height there, so the last of 4,000 is at the end of the way."""
    tab = opened(page_of(400, 4000), "readers?show=table", width=390)
    tab.evaluate("document.querySelector('.rows').scrollTop = 1e7")
    tab.wait_for_selector("tr[aria-rowindex='4001']")
    box, frame = tab.locator("tr[aria-rowindex='4001']").bounding_box(), tab.locator(".rows").bounding_box()
    assert abs(box["y"] + box["height"] - frame["y"] - frame["height"]) < 4
    heights = tab.evaluate("[...document.querySelectorAll('tr[data-at]')].map((row) => row.offsetHeight)")
    assert len(set(heights)) == 1


def test_the_address_holds_search_choice_order_and_open_row(opened: Open) -> None:
    """What is chosen is in the address, opens again from it, and is left by going back."""
    page = page_of(80, 400)
    tab = opened(page, "datasets")
    tab.locator("main input[type=search]").fill("retina")
    tab.get_by_label("Level").select_option("raw_images")
    tab.get_by_role("button", name="Size").click()
    assert tab.url.endswith("#/datasets?q=retina&level=raw_images&sort=-bytes")
    expected = sorted(
        (one for one in page.datasets if "retina" in one.name and one.level == "raw_images"), key=lambda one: -one.bytes
    )
    names = [one.name.replace("_", " ") for one in expected]
    assert tab.locator("tbody button.open").all_inner_texts() == names
    assert tab.locator("thead th[aria-sort]").get_attribute("aria-sort") == "descending"
    assert tab.locator("#said").inner_text() == f"{len(expected)} of 80 datasets"
    tab.locator("tbody button.open").first.click()
    address = tab.url
    assert "open=" in address
    tab.go_back()
    tab.wait_for_selector("dialog", state="hidden")
    tab.go_back()
    tab.wait_for_function("!location.hash.includes('sort')")
    again = opened(page, address.partition("#/")[2])
    assert again.locator("dialog h2").inner_text() == names[0]
    assert again.locator("main input[type=search]").input_value() == "retina"


def test_the_file_of_a_table_has_what_is_left_of_it_and_no_formula(opened: Open) -> None:
    """The CSV holds the rows that are shown in full, with amounts as numbers and texts that no spreadsheet runs."""
    page = page_of(16, 60)
    one = dataclasses.replace(page.datasets[0], owner="=1+1", grant='a "b", c')
    page = dataclasses.replace(page, datasets=(one, *page.datasets[1:]))
    tab = opened(page, f"datasets?project={one.project}&sort=level")
    with tab.expect_download() as waited:
        tab.get_by_role("button", name="Download CSV").click()
    assert waited.value.suggested_filename == "datasets.csv"
    text = Path(waited.value.path()).read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["name"] for row in rows] == [d.name for d in page.datasets if d.project == one.project]
    assert (rows[0]["owner"], rows[0]["grant"], int(rows[0]["bytes"])) == ("'=1+1", one.grant, one.bytes)
    assert float(rows[0]["monthly_usual_usd"]) == float(one.monthly.usual)


def test_the_matrix_has_the_public_first_and_shows_the_path(opened: Open) -> None:
    """Anyone is the first column; arrows move from crossing to crossing, and Enter opens the ways in."""
    page = page_of(40, 300)
    tab = opened(page, "readers?show=matrix")
    grid = tab.locator("table[role=grid]")
    assert grid.locator("thead th").nth(1).inner_text().startswith("anyone")
    assert int(grid.get_attribute("aria-colcount")) == len({one.principal for one in page.readers}) + 1
    assert int(grid.get_attribute("aria-rowcount")) == len({(one.place, one.store) for one in page.readers}) + 1
    grid.locator("td[tabindex='0']").focus()
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("ArrowDown")
    assert tab.evaluate("[document.activeElement.dataset.r, document.activeElement.dataset.c].join()") == "1,1"
    tab.keyboard.press("Control+End")
    last = tab.evaluate("document.activeElement.closest('tr').getAttribute('aria-rowindex')")
    assert last == grid.get_attribute("aria-rowcount")
    tab.keyboard.press("Control+Home")
    tab.wait_for_selector("td.has:focus")
    tab.keyboard.press("Enter")
    shown = tab.locator("dialog").inner_text()
    public = [one for one in page.readers if one.principal == "anyone"]
    assert any(all(step in shown for step in one.path) for one in public)


def test_the_overview_counts_all_that_is_not_known(opened: Open) -> None:
    """What could not be read, and each row that says unknown, add up to one loud number, and lead to their rows."""
    page = page_of(40, 300)
    tab = opened(page)
    placed = sum(one.now and one.there == "unknown" for one in page.placements)
    read = sum(one.verdict == "unknown" for one in page.readers)
    made = sum(one.standing == "unknown" for one in page.lineage)
    unread = sum(not one.read for one in page.sources)
    tile = tab.locator(".tile-unknown")
    assert tile.locator(".tile-value").inner_text() == str(len(page.unknown) + unread + placed + read + made)
    tile.click()
    assert tab.locator("#unknown:focus").count() == 1
    tab.get_by_role("link", name=f"{placed} placements").click()
    tab.wait_for_selector("p.count")
    assert tab.locator("p.count").inner_text() == f"{placed} of {len(page.placements)} placements"


def test_a_choice_of_a_kind_of_reader_is_a_permalink(opened: Open) -> None:
    """`#/readers?who=anyone` shows what is open to anyone, and nothing else."""
    page = page_of(40, 300)
    tab = opened(page, "readers?who=anyone&show=table")
    count = sum(one.who == "anyone" for one in page.readers)
    assert tab.locator("p.count").inner_text() == f"{count} of 300 ways in"
    at(tab, "readers?who=robot")
    assert tab.locator("p.count").inner_text() == "0 of 300 ways in"
    assert tab.get_by_label("Kind").locator("option:checked").inner_text() == "robot (0)"


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_view_is_wider_than_the_window(opened: Open, width: int, scheme: str) -> None:
    """Wide things scroll in themselves, so that the page never does sideways."""
    tab = opened(page_of(40, 300), width=width, color_scheme=scheme)
    for view in VIEWS:
        at(tab, view)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, view


def test_the_theme_is_chosen_and_remembered(opened: Open) -> None:
    """The button goes from the system's choice to light, dark and back; a file that is opened again remembers."""
    tab = opened(page_of(8, 8))
    for chosen in ("light", "dark"):
        tab.locator("#theme").click()
        assert tab.evaluate("document.documentElement.dataset.theme") == chosen
    tab.reload()
    tab.wait_for_selector("main h1")
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"


def test_printing_draws_all_rows_up_to_a_limit_and_says_it(opened: Open) -> None:
    """On paper there are 2,000 rows of a longer table and the number of the others; afterwards it is as before."""
    tab = opened(page_of(400, 2500), "readers?show=table")
    tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert tab.locator("tbody tr[role=row]").count() == 2000
    assert tab.locator("p.printed").text_content() == "2,000 rows are printed; 500 more are in the file."
    tab.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert tab.locator("tbody tr[role=row]").count() < 80


def test_without_javascript_the_page_is_plain_tables(browser: Any, tmp_path: Path) -> None:
    """Findings, what is unknown and the first rows of all tables can be read with scripts turned off."""
    page = page_of(16, 60)
    (tmp_path / "plain.html").write_text(render(page), encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto((tmp_path / "plain.html").as_uri())
    words = tab.locator("main").inner_text()
    context.close()
    assert f"Findings ({len(page.findings)})" in words
    assert page.unknown[0] in words
    assert page.findings[0].cure in words


def test_findings_that_say_the_same_stand_once_with_their_places(opened: Open) -> None:
    """The gravest first, then what is so in the most places; a search leaves the places that it finds."""
    rule = ("access/logged", "It is logged who read what", "docs/rules/access/logged.md")
    same = [
        Finding(*rule, "warning", f"atlas/{level}", "there is no log", "Turn it on.", f"projects/atlas.yaml:{line}")
        for line, level in enumerate(("raw_images", "segmentation_masks", "metadata"), 7)
    ]
    grave = Finding("a/b", "Grave", "", "refusal", "atlas/raw_images", "it is public", "Close it.", "lab.yaml:1")
    page = dataclasses.replace(page_of(8, 8), findings=(*same, grave))
    tab = opened(page, "findings")
    rows = tab.locator("main tbody tr[role=row]")
    assert rows.count() == 2
    assert tab.locator("main .count").inner_text() == "2 kinds"
    assert [rows.nth(at).locator(".number").inner_text() for at in (0, 1)] == ["1", "3"]
    rows.nth(1).locator("button.open").click()
    assert tab.locator("dialog .places li").all_inner_texts() == [
        "atlas/raw images projects/atlas.yaml:7",
        "atlas/segmentation masks projects/atlas.yaml:8",
        "atlas/metadata projects/atlas.yaml:9",
    ]
    tab.keyboard.press("Escape")
    at(tab, "findings?q=masks")
    assert rows.count() == 1
    assert rows.first.locator(".number").inner_text() == "1 of 3"
    at(tab, "findings?show=each&q=logged")
    assert rows.count() == 3
