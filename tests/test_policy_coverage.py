"""tools/rego_coverage.py: says how many lines the rules' tests reach, and insists on all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parent.parent / "tools" / "rego_coverage.py"
RULE = "package a\n\nx if input.y == 1\n\nz if input.y == 2\n"
HALF = 'package a_test\n\nimport data.a\n\ntest_x if a.x with input as {"y": 1}\n'
WHOLE = f'{HALF}\ntest_z if a.z with input as {{"y": 2}}\n'


@pytest.mark.usefixtures("engines")
@pytest.mark.parametrize(
    ("tests", "code", "said"),
    [
        (WHOLE, 0, "opa test: 100.00 % of the rules' lines are reached: 2 of 2"),
        (HALF, 1, "opa test: 50.00 % of the rules' lines are reached: 1 of 2"),
        (HALF.replace("a.x with", "not a.x with"), 1, "FAIL: 1/1"),
        ("package a_test\n", 1, "opa test: 0.00 %"),
    ],
)  # fmt: skip
def test_every_line_has_to_be_reached(tmp_path: Path, tests: str, code: int, said: str) -> None:
    """A line that no test reaches is named, and is a failure; so is a test that fails, and having none."""
    (tmp_path / "a.rego").write_text(RULE, encoding="utf-8")
    (tmp_path / "a_test.rego").write_text(tests, encoding="utf-8")
    done = subprocess.run([sys.executable, str(TOOL), str(tmp_path)], capture_output=True, text=True, check=False)

    assert done.returncode == code, done.stdout
    assert said in done.stdout
    assert (f"no test reaches {tmp_path}/a.rego:5" in done.stdout) == (code == 1 and "FAIL" not in said)
