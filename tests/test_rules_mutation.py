"""The tool that breaks the rules to see whether a test notices, on a small pack of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parent.parent / "tools" / "rego_mutants.py"

RULE = """\
package small

findings contains id if {
	some id, place in input.places
	place.readers > 0
	not place.waived
}
"""

TEST = """\
package small_test

import data.small

place := {"readers": 2, "waived": false}

test_refuses if small.findings == {"a"} with input as {"places": {"a": place}}

test_allows_what_is_waived if {
	small.findings == set() with input as {"places": {"a": object.union(place, {"waived": true})}}
}
"""

ALLOWS_NOBODY = """
test_allows_nobody if small.findings == set() with input as {"places": {"a": object.union(place, {"readers": 0})}}
"""

REFUSES_ONE = """
test_refuses_one if small.findings == {"a"} with input as {"places": {"a": object.union(place, {"readers": 1})}}
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A rule that lacks tests at the edge of its only number."""
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "small.rego").write_text(RULE)
    (folder / "small_test.rego").write_text(TEST)
    return folder


def _run(pack: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TOOL), pack.name, "--equivalents", str(pack.parent / "equivalents.yaml"), *more]
    return subprocess.run(command, cwd=pack.parent, capture_output=True, text=True, check=False)


def test_a_change_that_no_test_notices_is_printed_with_its_place(pack: Path) -> None:
    """A change that no test notices is printed with its file and line, and the exit code is 1."""
    done = _run(pack)
    survivors = [line for line in done.stdout.splitlines() if line.startswith("survived: ")]
    assert survivors == [
        "survived: pack/small.rego:5: condition dropped: place.readers > 0 → true   in: place.readers > 0",
        "survived: pack/small.rego:5: operator: > → >=   in: place.readers > 0",
        "survived: pack/small.rego:5: number: 0 → -1   in: place.readers > 0",
        "survived: pack/small.rego:5: number: 0 → 1   in: place.readers > 0",
    ]
    assert done.stdout.splitlines()[-1].endswith("5 killed, 4 survived")
    assert done.returncode == 1


def test_it_is_content_where_tests_notice_every_change(pack: Path) -> None:
    """Where tests notice every change, the exit code is 0."""
    (pack / "small_test.rego").write_text(TEST + ALLOWS_NOBODY + REFUSES_ONE)
    done = _run(pack)
    assert done.stdout.splitlines()[-1].endswith("9 killed, 0 survived")
    assert done.returncode == 0


def test_a_change_that_changes_nothing_is_listed_with_its_reason(pack: Path) -> None:
    """A change that changes nothing is not run where it is listed with its reason."""
    (pack / "small_test.rego").write_text(TEST + REFUSES_ONE)
    (pack.parent / "equivalents.yaml").write_text(
        "".join(
            f"- {{file: pack/small.rego, line: place.readers > 0, change: {change}, reason: for this test}}\n"
            for change in ("place.readers > 0 → true", "'> → >='", "0 → -1")
        )
    )
    done = _run(pack)
    assert done.stdout.splitlines()[-1].endswith("6 killed, 3 equivalent, 0 survived")
    assert done.returncode == 0


def test_a_listed_change_that_is_none_any_more_is_said(pack: Path) -> None:
    """An entry of the list that fits no mutant is said, as it may hide another."""
    (pack / "small_test.rego").write_text(TEST + ALLOWS_NOBODY + REFUSES_ONE)
    (pack.parent / "equivalents.yaml").write_text("- {file: pack/small.rego, line: gone, change: a → b, reason: old}\n")
    done = _run(pack)
    assert "lists what is no mutant any more: pack/small.rego | gone | a → b" in done.stdout
    assert done.returncode == 1


def test_a_pack_that_fails_its_own_tests_is_refused(pack: Path) -> None:
    """A pack whose tests fail as it is can tell nothing of mutants."""
    (pack / "small_test.rego").write_text(TEST.replace('{"a"}', "set()"))
    done = _run(pack)
    assert "the tests fail before anything is changed: data.small_test.test_refuses" in done.stderr
    assert done.returncode == 1


def test_every_kind_of_change_is_made(pack: Path) -> None:
    """Comparisons, conditions, negations, sets, constants, definitions and METADATA are changed."""
    (pack / "small.rego").write_text(
        """\
# METADATA
# custom:
#   id: small
#   severity: error
#   gates: [plan, live]
#   waivable: false
package small

default none := false

none := true if count(findings) == 0

findings contains {"id": id, "severity": "error"} if {
	some id in {"a", "b"}
	every n in [1, 2] {
		n < 3
	}
	not id in input.names
	startswith(id, "a")
}
"""
    )
    listed = _run(pack, "--list").stdout
    for change in (
        "severity: error → warning",
        "gate dropped: plan, live → live",
        "waivable: false → true",
        "definition dropped: default none := false → (nothing)",
        "operator: == → !=",
        "number: 0 → 1",
        'member dropped: "id": id, → (nothing)',
        'constant: "error" → "warning"',
        'nothing to look into: {"a", "b"} → []',
        'set emptied: {"a", "b"} → set()',
        'member dropped: , "b" → (nothing)',
        "condition dropped: every n in [1, 2] { n < 3 } → true",
        "operator: < → <=",
        "not dropped: not id in input.names → id in input.names",
        'negated: startswith(id, "a") → not startswith(id, "a")',
    ):
        assert change in listed, change
