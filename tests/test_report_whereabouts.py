"""What the page says of where data really lie, and of what is kept nowhere on purpose."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from slidebox import labfile
from slidebox.cli.console import Output
from slidebox.cli.report_gather import Asked, gather
from slidebox.cli.report_whereabouts import there
from slidebox.cli.wanting import Seen, Survey

NOW = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
STREAMED = "mitocheck/raw_images"


def test_what_is_deleted_once_processed_is_not_missed(repository: Path) -> None:
    """A store for what is deleted has nothing, and that is right; any other that has nothing lacks it."""
    lab = labfile.load(repository)
    found = there(lab, Survey(seen={STREAMED: Seen(STREAMED)}))
    assert (found[STREAMED, "deletion"], found[STREAMED, "bench"]) == ("nothing is kept", "no")


@pytest.mark.usefixtures("engines")
def test_nothing_is_kept_of_what_is_planned_to_be_deleted(repository: Path) -> None:
    """Nobody has to look for it."""
    page = gather(Asked(repository, NOW, files_only=True), Output()).page
    planned = {(one.dataset, one.there) for one in page.placements if one.system == "deletion"}
    assert (STREAMED, "nothing is kept") in planned
    assert {said for _, said in planned} == {"nothing is kept"}
    assert {one.there for one in page.placements if one.system != "deletion"} == {"unknown"}
