"""`.dvc/config` is changed one remote at a time, and every other byte stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.errors import InputError
from slidebox.provider.dvc_config import remote, with_remote, without_remote

OTHERS = """\
# kept by hand
[core]
    remote = theirs
    autostage = true

['remote "theirs"']
    url = gs://bucket/p   

[remote "hand"]
url = "/mnt/a, b"
"""  # noqa: W291 - a blank at a line's end is somebody's, too
OURS = {"url": "s3://bucket", "endpointurl": "http://127.0.0.1:1", "region": None}

values = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="'\"\\"), min_size=1).map(
    str.strip
)
texts = st.sampled_from(["", "\n", OTHERS, OTHERS.rstrip("\n"), "[core]\n    remote = x", "# nothing\n"])


@given(texts, values.filter(bool), values.filter(bool))
def test_what_is_written_is_read_and_the_rest_stays(text: str, url: str, again: str) -> None:
    """Writing, writing over and taking out."""
    once = with_remote(text, "ours", {"url": url})
    assert once.startswith(text)
    found = remote(once, "ours")
    assert found is not None
    assert found.options == {"url": url}
    assert with_remote(once, "ours", {"url": url}) == once
    changed = with_remote(once, "ours", {"url": again})
    assert changed == with_remote(text, "ours", {"url": again})
    assert without_remote(changed, "ours").rstrip("\n") == text.rstrip("\n")


def test_options_that_somebody_added_stay_and_those_that_are_gone_go() -> None:
    """Only what slidebox writes is slidebox's."""
    text = with_remote(OTHERS, "ours", OURS).replace("s3://bucket\n", "s3://bucket\n    jobs = 4\n")
    changed = with_remote(text, "ours", {**OURS, "endpointurl": None})
    found = remote(changed, "ours")
    assert found is not None
    assert found.options == {"url": "s3://bucket", "jobs": "4"}


def test_remotes_in_every_spelling_are_read() -> None:
    """By DVC's own quotes and a person's."""
    hand, theirs = remote(OTHERS, "hand"), remote(OTHERS, "theirs")
    assert hand is not None
    assert theirs is not None
    assert (hand.options["url"], theirs.options["url"]) == ("/mnt/a, b", "gs://bucket/p")
    assert remote(OTHERS, "ours") is None
    assert without_remote(OTHERS, "ours") == OTHERS


def test_a_remote_that_is_there_twice_is_refused() -> None:
    """Nobody knows which one counts."""
    with pytest.raises(InputError, match="has 2 remotes 'theirs'"):
        remote(OTHERS + "['remote \"theirs\"']\n    url = /b\n", "theirs")


@pytest.mark.parametrize("url", ['/mnt/a"b', "/mnt/a\nb"])
def test_what_would_break_out_of_its_line_is_refused(url: str) -> None:
    """A name with a quote or a line's end."""
    with pytest.raises(InputError, match=r"cannot be written into \.dvc/config as url"):
        with_remote("", "ours", {"url": url})
