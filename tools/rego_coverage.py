#!/usr/bin/env python3
"""Run the rules' own tests with `opa test`, insist that they reach every line, and say how many that are."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

# A test that breaks every field of a document takes seconds on a busy machine; OPA's own limit is five.
_TEST = ("opa", "test", "--timeout", "300s")


def missed(report: dict[str, Any]) -> list[str]:
    """The lines of a coverage report that no test reaches, as ``file:first-last``."""
    return [
        f"{name}:{span['start']['row']}-{span['end']['row']}"
        for name, file in sorted(report["files"].items())
        for span in file.get("not_covered", ())
    ]


def figure(report: dict[str, Any]) -> str:
    """How much of the rules, their tests apart, is reached: in per cent and in lines."""
    files = [file for name, file in report["files"].items() if not name.endswith("_test.rego")]
    reached = sum(file.get("covered_lines", 0) for file in files)
    lines = reached + sum(file.get("not_covered_lines", 0) for file in files)
    return f"{100 * reached / lines if lines else 0:.2f} % of the rules' lines are reached: {reached:,} of {lines:,}"


def main(folder: str) -> int:
    """Test and measure at once; 0 where all tests pass and all lines are reached."""
    measured = subprocess.run([*_TEST, "--coverage", folder], capture_output=True, text=True, check=False)
    if measured.returncode != 0:
        print(measured.stdout + measured.stderr)
        return measured.returncode
    report = json.loads(measured.stdout)
    gaps = missed(report)
    print(f"opa test: {figure(report)}")
    for gap in gaps:
        print(f"  no test reaches {gap}")
    return 1 if gaps or not report.get("covered_lines") else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
