"""How fast the admins' page is made and used: 100, 1,000 and 2,000 datasets with ten readers each.

Run ``python benchmarks/page.py``, or with other numbers of datasets. Each page is made of generated records
(tests/page_data.py), written, and opened from its file in a headless Chromium at 1280 by 900 pixels, with an empty
cache. The time to the first view is from the beginning of the navigation until the overview is there; the time of a
filter from a letter typed into the search of the readers until the table is laid out again; the heap is that of the
scripts after all views have been opened.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import sync_playwright
from tests.page_data import page_of

from slidebox.report.page import render

CHROMIUM = "/usr/bin/chromium"
FIRST_VIEW = 2.0
"""Seconds to the first view of the largest page."""
FILTER = 100.0
"""Milliseconds of a filter among all readers of the largest page."""
WORDS = ("r", "re", "ret", "retina", "person:p1", "statement 3", "zz", "")
VIEWS = ("datasets", "placements", "readers?show=matrix", "lineage", "spend", "findings", "readers?show=table")
_TYPE = """word => {
  const search = document.querySelector("main input[type=search]");
  search.value = word;
  const begun = performance.now();
  search.dispatchEvent(new Event("input"));
  document.body.offsetHeight;
  return performance.now() - begun;
}"""


def measured(browser: Any, datasets: int, folder: Path) -> tuple[float, float, float, float, float, float]:
    """Seconds to make, megabytes, seconds to the first view, ms of a filter (matrix, table), and MB of heap."""
    page = page_of(datasets, datasets * 10)
    begun = time.perf_counter()
    html = render(page)
    made = time.perf_counter() - begun
    path = folder / f"{datasets}.html"
    path.write_text(html, encoding="utf-8")
    views = []
    for _ in range(3):
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.goto(path.as_uri())
        tab.wait_for_selector("main h1")
        views.append(tab.evaluate("performance.now()") / 1000)
        tab.close()
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.goto(path.as_uri())
    for view in VIEWS:
        tab.evaluate("address => { window.location.hash = address; }", f"#/{view}")
        tab.wait_for_timeout(100)
    heap = tab.evaluate("performance.memory.usedJSHeapSize") / 1e6
    filters = []
    for show in ("matrix", "table"):
        tab.evaluate("address => { window.location.hash = address; }", f"#/readers?show={show}")
        tab.wait_for_timeout(200)
        filters.append(statistics.median(tab.evaluate(_TYPE, word) for word in WORDS * 3))
    tab.close()
    return made, len(html.encode()) / 1e6, statistics.median(views), filters[0], filters[1], heap


def main() -> int:
    """Measure each size and print a row; 1 if a goal is missed by the largest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("datasets", nargs="*", type=int, default=[100, 1000, 2000])
    sizes = parser.parse_args().datasets
    print(
        "| datasets | readers | render, s | file, MB | first view, s | filter in matrix, ms | in table, ms | heap, MB |"
    )
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    with sync_playwright() as started, tempfile.TemporaryDirectory() as folder:
        arguments = ["--no-sandbox", "--enable-precise-memory-info"]
        browser = started.chromium.launch(executable_path=CHROMIUM, args=arguments)
        for size in sizes:
            made, large, view, matrix, table, heap = measured(browser, size, Path(folder))
            print(
                f"| {size:,} | {size * 10:,} | {made:.2f} | {large:.2f} | {view:.2f} | {matrix:.0f} | {table:.0f} "
                f"| {heap:.0f} |",
                flush=True,
            )
        browser.close()
    missed = [
        words
        for words, late in (("the first view", view > FIRST_VIEW), ("a filter", max(matrix, table) > FILTER))
        if late
    ]
    if missed:
        print(f"Missed: {' and '.join(missed)}.")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
