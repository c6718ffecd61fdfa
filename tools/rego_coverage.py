#!/usr/bin/env python3
"""Run the rules' own tests with `opa test`, insist that they reach every line, and say how many that are."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

# A test that breaks every field of a document takes seconds on a busy machine; OPA's own limit is five.
_TEST = ("opa", "test", "--timeout", "300s")

_NAMED = re.compile(r"^(test_\w+)", re.MULTILINE)

# It breaks every field of the facts, one after the other: measured it takes minutes, and it reaches no line
# that `test_fails_without_any_field_it_reads` does not.
_TOO_LONG_TO_MEASURE = "test_refuses_whatever_is_missing"


def missed(report: dict[str, Any]) -> list[str]:
    """The lines of rules that no test reaches, as ``file:first-last``."""
    return [
        f"{name}:{span['start']['row']}-{span['end']['row']}"
        for name, file in sorted(report["files"].items())
        if not name.endswith("_test.rego")
        for span in file.get("not_covered", ())
    ]


def figure(report: dict[str, Any]) -> str:
    """How much of the rules, their tests apart, is reached: in per cent and in lines."""
    files = [file for name, file in report["files"].items() if not name.endswith("_test.rego")]
    reached = sum(file.get("covered_lines", 0) for file in files)
    lines = reached + sum(file.get("not_covered_lines", 0) for file in files)
    return f"{100 * reached / lines if lines else 0:.2f} % of the rules' lines are reached: {reached:,} of {lines:,}"


def measured_tests(folder: str) -> str:
    """A pattern of the tests to measure with, for `opa test --run`."""
    names = {name for file in Path(folder).rglob("*_test.rego") for name in _NAMED.findall(file.read_text("utf-8"))}
    return f"({'|'.join(sorted(names - {_TOO_LONG_TO_MEASURE}))})$"


def main(folder: str) -> int:
    """Test, then measure; 0 where all tests pass and all lines are reached."""
    tested = subprocess.run([*_TEST, folder], capture_output=True, text=True, check=False)
    if tested.returncode != 0:
        print(tested.stdout + tested.stderr)
        return 1
    print(f"opa test: {(tested.stdout.strip().splitlines() or ['no test'])[-1]}")
    measure = [*_TEST, "--coverage", "--run", measured_tests(folder), folder]
    measured = subprocess.run(measure, capture_output=True, text=True, check=False)
    if measured.returncode != 0:
        print(measured.stdout + measured.stderr)
        return 1
    report = json.loads(measured.stdout)
    gaps = missed(report)
    print(f"opa test: {figure(report)}")
    for gap in gaps:
        print(f"  no test reaches {gap}")
    return 1 if gaps or not report.get("covered_lines") else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
