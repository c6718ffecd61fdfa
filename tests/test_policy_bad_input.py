"""Rules that do not compile, OPA that is not there or breaks off, answers that are none: never 'no findings'."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from slidebox.errors import UnreadableError
from slidebox.policy import Rules, list_rules, pack_dir, program
from slidebox.policy import opa as opa_server

pytestmark = pytest.mark.incomplete_facts

HEAD = """\
# METADATA
# scope: package
# title: A rule of the lab
# description: It says something.
# custom:
#   id: lab/mine
#   severity: error
#   scope: [location]
#   gates: [plan, preview, live, publish]
#   waivable: true
#   reads: [location.store]
#   cure: None.
#   references: [The lab]
package lab.mine

import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

"""
SLOW = """\
location_findings contains finding if {
	some a in numbers.range(1, 3000)
	some b in numbers.range(1, 3000)
	some c in numbers.range(1, 3000)
	a * b * c < 0
	finding := {}
}
"""
FACTS = {"gate": "plan"}


def own(folder: Path, rest: str) -> Path:
    """A folder with one rule of the lab's own, `lab/mine`, that has this after its head."""
    folder.mkdir(exist_ok=True)
    (folder / "mine.rego").write_text(HEAD + rest, encoding="utf-8")
    return folder


def program_of(folder: Path, text: str) -> Path:
    """A program that stands in for OPA."""
    file = folder / "opa"
    file.write_text(f"#!{sys.executable}\n{text}", encoding="utf-8")
    file.chmod(0o755)
    return file


# Rules that answer nonsense


@pytest.mark.parametrize(
    "answer",
    [
        '"all is well"',
        "7",
        "true",
        "null",
        "[]",
        "{}",
        '{"subject": "x"}',
        'object.union(judge.finding(info, "x", "y"), {"severity": "grave"})',
        'object.union(judge.finding(info, "x", "y"), {"severity": 1})',
        'object.union(judge.finding(info, "x", "y"), {"path": "bucket policy"})',
        'object.union(judge.finding(info, "x", "y"), {"path": [1]})',
        'object.union(judge.finding(info, "x", "y"), {"more": 1})',
        'object.remove(judge.finding(info, "x", "y"), ["cure"])',
        'judge.finding(info, "", "y")',
        'judge.finding(info, "x", "")',
        'judge.finding(info, {"x"}, "y")',
        'judge.finding(info, "x", sprintf("%d", [1 / input.zero]))',
    ],
)
def test_a_rule_that_answers_nonsense_is_named(tmp_path: Path, opa: Path, answer: str) -> None:
    """Beside forty rules that answer well, the one that does not is the one that is named."""
    folder = own(tmp_path / "rules", f"location_findings contains finding if finding := {answer}\n")
    with Rules(opa=opa, own=folder) as rules, pytest.raises(UnreadableError) as refused:
        rules.ask({**FACTS, "zero": 0})

    assert str(refused.value).startswith("the rule lab/mine gave no answer: ")
    assert "nothing was decided" in str(refused.value)
    assert refused.value.exit_code == 3


@pytest.mark.parametrize("scope", ["all", "dataset", "alone"])
def test_nonsense_about_datasets_is_named_too(tmp_path: Path, opa: Path, scope: Any) -> None:
    """In every scope that asks the rule."""
    folder = own(tmp_path / "rules", "declared_findings contains 7\n")
    with Rules(opa=opa, own=folder) as rules, pytest.raises(UnreadableError, match="the rule lab/mine gave no answer"):
        rules.ask(FACTS, scope)


def test_a_built_in_rule_that_answers_nonsense_is_named(tmp_path: Path, opa: Path) -> None:
    """By its own id, whoever broke it."""
    pack = shutil.copytree(pack_dir(), tmp_path / "pack")
    with (pack / "cost" / "ownership_tags.rego").open("a", encoding="utf-8") as file:
        file.write("\nlocation_findings contains 7\n")
    with Rules(pack, opa) as rules, pytest.raises(UnreadableError, match="the rule cost/ownership_tags gave no answer"):
        rules.ask(FACTS)


def test_nonsense_that_no_rule_said_is_still_an_error(tmp_path: Path, opa: Path) -> None:
    """Where main itself is broken there is no rule to name."""
    (tmp_path / "main.rego").write_text('package main\n\nfindings contains "x"\n', encoding="utf-8")
    with Rules(tmp_path, opa) as rules, pytest.raises(UnreadableError, match="a rule answered 'x', which is not a"):
        rules.ask(FACTS)


@pytest.mark.parametrize(
    "answer",
    ["null", "[]", '{"a/raw_images": {}}', '{"a/raw_images": {"sensitivity": "open"}}', "{}"],
)
def test_nonsense_is_no_explanation(tmp_path: Path, opa: Path, answer: str) -> None:
    """What holds for the datasets is said in full, for each, or not at all."""
    (tmp_path / "main.rego").write_text(f"package main\n\nexplained := {answer}\n", encoding="utf-8")
    with Rules(tmp_path, opa) as rules, pytest.raises(UnreadableError, match=r"the rules (explained|do not say)"):
        rules.explain({"datasets": {"a/raw_images": {}}})


# Rules that do not compile


@pytest.mark.parametrize(
    ("rest", "line"),
    [
        ("location_findings contains finding if {\n", 21),
        ("location_findings contains finding if finding := missing(1)\n", 20),
        ("location_findings contains finding if finding := unbound\n", 20),
        ("location_findings contains finding\n", 20),
        ('location_findings contains 1 + "a"\n', 20),
        ("location_findings contains 1\n\n# METADATA\n# title: [\nx := 1\n", 23),
    ],
)
def test_own_rules_that_do_not_compile_say_where(tmp_path: Path, opa: Path, rest: str, line: int) -> None:
    """OPA's own words come along, with the file as the lab knows it."""
    folder = own(tmp_path / "rules", rest)
    with pytest.raises(UnreadableError) as refused, Rules(opa=opa, own=folder):
        pass

    assert str(refused.value).startswith(f"the lab's own rules do not compile: rules/mine.rego:{line}: ")
    assert refused.value.exit_code == 3


def test_own_rules_that_cannot_be_read_say_so(tmp_path: Path, opa: Path) -> None:
    """Bytes that are no text are no rule."""
    folder = own(tmp_path / "rules", "location_findings contains 1\n")
    (folder / "other.rego").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableError, match=r"rules/other\.rego could not be read"), Rules(opa=opa, own=folder):
        pass


# OPA that is not there, is something else, or breaks off


@pytest.mark.parametrize("text", ["", "raise SystemExit(1)", "print('hello')", "print('{')", "print('[]')"])
def test_what_is_not_opa_is_said(tmp_path: Path, text: str) -> None:
    """Another program of that name gives no rules and no list of them."""
    other = program_of(tmp_path, text)
    folder = own(tmp_path / "rules", "location_findings contains 1\n")
    for mine in (None, folder):
        with pytest.raises(UnreadableError):
            list_rules(opa=other, own=mine)
        with pytest.raises(UnreadableError), Rules(opa=other, own=mine):
            pass


def test_opa_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At its start, and when it is called for a list."""
    monkeypatch.setattr(opa_server, "START_SECONDS", 0.3)
    monkeypatch.setattr(program, "CALL_SECONDS", 0.3)
    silent = program_of(tmp_path, "import time; time.sleep(30)")
    with pytest.raises(UnreadableError, match="does not answer"), Rules(opa=silent):
        pass
    with pytest.raises(UnreadableError, match=r"`opa parse` has not ended within 0\.3 s"):
        list_rules(opa=silent, own=own(tmp_path / "rules", "location_findings contains 1\n"))


def test_opa_killed_while_it_thinks_is_an_error(tmp_path: Path, opa: Path) -> None:
    """The question was asked, OPA is killed with -9, and nobody takes that for an answer."""
    folder = own(tmp_path / "rules", SLOW)
    with Rules(opa=opa, own=folder) as rules:
        assert rules._opa is not None
        process = rules._opa._process.pid
        killer = threading.Timer(0.5, os.kill, (process, signal.SIGKILL))
        killer.start()
        with pytest.raises(UnreadableError, match="OPA stopped while the rules were asked"):
            rules.ask(FACTS)
        killer.join()
        with pytest.raises(UnreadableError, match="OPA stopped while the rules were asked"):
            rules.explain({"datasets": {}})


def test_a_rule_that_never_comes_to_an_end_is_named(tmp_path: Path, opa: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time for an answer is limited, and the next question is answered by itself."""
    folder = own(tmp_path / "rules", SLOW)
    monkeypatch.setattr(opa_server, "ANSWER_SECONDS", 1.0)
    started = time.monotonic()
    with Rules(opa=opa, own=folder) as rules:
        with pytest.raises(UnreadableError, match=r"lab/mine gave no answer: OPA has not answered within 1 s"):
            rules.ask(FACTS)
        assert time.monotonic() - started < 30
        assert rules.ask(FACTS, "dataset")


HALF = """
import os, socket, sys
words = sys.argv
address = words[words.index("--addr") + 1].removeprefix("unix://")
server = socket.socket(socket.AF_UNIX)
server.bind(address)
server.listen()
while True:
    connection, _ = server.accept()
    asked = connection.recv(1 << 20)
    if asked.startswith(b"GET"):
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\n{}")
        asked = connection.recv(1 << 20)
    connection.sendall(open(os.path.dirname(__file__) + "/answer", "rb").read())
    connection.close()
"""


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n",
        b'HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{"result": []}',
        b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"result": [',
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ne\r\n{"result": []}\r\n',
        b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}',
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b'HTTP/1.1 500 Oops\r\nContent-Length: 14\r\n\r\n{"result": []}',
        b'HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\n404 page\n',
        b'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"result": null}',
        b'\x00\xff\xfe not http at all',
    ],
)  # fmt: skip
def test_half_an_answer_is_none(tmp_path: Path, answer: bytes) -> None:
    """Whatever breaks off, at whatever byte, is an error."""
    (tmp_path / "answer").write_bytes(answer)
    with Rules(tmp_path, program_of(tmp_path, HALF)) as rules:
        with pytest.raises(UnreadableError):
            rules.ask(FACTS)
        with pytest.raises(UnreadableError):
            rules.explain({"datasets": {}})
