"""The lab's own rules: a folder of Rego that is asked beside the built-in rules and can only say more.

Whatever could make a built-in rule say less is refused before OPA loads anything: another package than
``lab.<rule>``, data files, links, and built-ins that reach out of the facts. What is checked is what is loaded:
each file is read once, and OPA is given that text.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slidebox.errors import InputError, UnreadableError
from slidebox.policy.info import FINDING_SETS, RuleInfo, faults, rule_info
from slidebox.policy.opa import lay_out
from slidebox.policy.program import RefusedError, call, place

_DATA = (".json", ".yaml", ".yml")
_NAME = re.compile(r"[a-z][a-z0-9_]*")

_JUDGE = "data.slidebox.lib.judge"
_INFO = "info := judge.rule(rego.metadata.chain())"

# Whatever OPA itself calls nondeterministic, and what reads or makes more than the facts.
_REACHES_OUT = re.compile(r"http\.|net\.|opa\.|providers\.|rand\.|rego\.parse_module$|time\.now_ns$|trace$")


@dataclass(frozen=True, slots=True)
class OwnRule:
    """One of the lab's own rules, as it was read.

    Attributes
    ----------
    file
        Its file, as messages name it: the folder's name and the path below.
    text
        What is in the file.
    info
        What it says about itself.
    """

    file: str
    text: str
    info: RuleInfo


def own_dir(folder: Path, rules: str | None) -> Path | None:
    """The folder that ``rules:`` of a lab.yaml in a folder names; None where it names none."""
    return folder / rules if rules else None


def read_own(folder: Path, opa: Path) -> tuple[OwnRule, ...]:
    """Read the lab's own rules and make sure that each has the form of one.

    Parameters
    ----------
    folder
        Where they are; tests in it are left out.
    opa
        The OPA program.

    Raises
    ------
    InputError
        If a file there is not one of the lab's own rules; the message has file, line and cure.
    UnreadableError
        If a file cannot be read or does not parse.
    """
    texts = _texts(folder)
    rules: dict[str, OwnRule] = {}
    with _laid_out(texts.items()) as copies:
        for file, text in texts.items():
            module = _parse(opa, copies, file)
            info = _info(file, module)
            _must_speak(file, module)
            if info.id in rules:
                raise InputError(f"{file}: {info.id} is in {rules[info.id].file} already.", "Give it another name.")
            rules[info.id] = OwnRule(file, text, info)
    if not rules:
        raise InputError(f"there is no rule in {folder}.", "Correct or remove `rules` in lab.yaml.")
    return tuple(rules.values())


def check_own(rules: Iterable[OwnRule], pack: Path, opa: Path) -> None:
    """Compile the lab's own rules with the built-in ones, without what reaches out of the facts.

    Raises
    ------
    InputError
        If one of them uses a built-in that reaches out.
    UnreadableError
        If they do not compile; the message has OPA's own words, file and line.
    """
    texts = [(rule.file, rule.text) for rule in rules]
    known = call(opa, "capabilities", "--current", wants="builtins")
    forbidden = {
        builtin["name"]
        for builtin in known["builtins"]
        if builtin.get("nondeterministic") or _REACHES_OUT.match(builtin["name"])
    }
    known["builtins"] = [builtin for builtin in known["builtins"] if builtin["name"] not in forbidden]
    with _laid_out([*texts, ("capabilities.json", json.dumps({**known, "allow_net": []}))]) as copies:
        words = ["check", "--format", "json", "--capabilities", "capabilities.json", "--ignore", "*_test.rego"]
        try:
            call(opa, *words, "--", str(pack.resolve()), *(file for file, _ in texts), folder=copies)
        except RefusedError as error:
            for fault in error.errors:
                name = str(fault.get("message")).removeprefix("undefined function ")
                if name in forbidden:
                    raise InputError(
                        f"{place(fault)}: {name} reaches out of the facts, which a rule may not.",
                        "Judge by the facts alone; `input.now` is the day.",
                    ) from error
            raise _does_not_compile(error) from error


def check_reads(rules: Iterable[OwnRule], known: Iterable[str]) -> None:
    """Make sure that the fields exist which the lab's own rules say they read.

    Raises
    ------
    InputError
        If one does not: a rule that needs it would never say that it is not known.
    """
    fields = sorted(known)
    for rule in rules:
        for field in rule.info.reads:
            if field not in fields:
                near = difflib.get_close_matches(field, fields, 1)
                cure = f"Did you mean {near[0]}?" if near else "schemas/facts.schema.json has them all."
                raise InputError(f"{rule.file}: {rule.info.id} reads {field}, which is no field of the facts.", cure)


@contextlib.contextmanager
def _laid_out(texts: Iterable[tuple[str, str]]) -> Iterator[Path]:
    """A folder that only we can enter, with these files, while it lasts."""
    with tempfile.TemporaryDirectory(prefix="slidebox-") as name:
        lay_out(texts, Path(name))
        yield Path(name)


def _texts(folder: Path) -> dict[str, str]:
    """Every rule file of the folder by its name; hidden files and tests are left out."""
    if not folder.is_dir():
        raise InputError(f"the folder of the lab's own rules, {folder}, is not there.", "Correct `rules` in lab.yaml.")
    texts = {}
    for path in _files(folder):
        file = f"{folder.resolve().name}/{path.relative_to(folder)}"
        if path.is_symlink():
            raise InputError(f"{file} is a link, which could lead anywhere.", "Put the file itself into the folder.")
        if path.suffix.lower() in _DATA:
            raise InputError(
                f"{file}: data files could take the place of what the built-in rules know.",
                "Write the values into the rule that needs them, and move the file out of the folder.",
            )
        if path.suffix.lower() == ".rego" and not path.stem.endswith("_test"):
            texts[file] = _text(path, file)
    return texts


def _files(folder: Path) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        raise UnreadableError(f"{error.filename} could not be read: {error.strerror}.") from error

    for here, folders, files in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        links = [name for name in folders if (Path(here) / name).is_symlink()]
        for name in sorted([*links, *files]):
            if not name.startswith("."):
                yield Path(here) / name


def _text(path: Path, file: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(f"{file} could not be read: {error}.") from error


def _parse(opa: Path, folder: Path, file: str) -> Any:
    try:
        return call(
            opa, "parse", "--format", "json", "--json-include", "locations", "--", file, wants="package", folder=folder
        )
    except RefusedError as error:
        raise _does_not_compile(error) from error


def _does_not_compile(error: RefusedError) -> UnreadableError:
    return UnreadableError(f"the lab's own rules do not compile: {error.message}.", "Nothing was decided.")


def _info(file: str, module: Any) -> RuleInfo:
    """What the module says about itself, where it is in a package of its own and speaks in its own name."""
    package = [part["value"] for part in module["package"]["path"]]
    name = Path(file).stem
    if len(package) != 3 or package[:2] != ["data", "lab"] or not _NAME.fullmatch(package[2]):
        raise InputError(
            f"{_at(file, module['package'])}: the lab's own rules cannot be in package {'.'.join(package[1:])}.",
            f"Write `package lab.{name}`: rules there can say more than the built-in ones, and change none of them.",
        )
    if package[2] != name:
        raise InputError(
            f"{_at(file, module['package'])}: package lab.{package[2]} is not in a file of its name.",
            f"Name the file {package[2]}.rego.",
        )
    annotations = module.get("annotations") or []
    speaking = [said for said in annotations if isinstance(said.get("custom"), dict) and "id" in said["custom"]]
    if len(speaking) != 1 or speaking[0].get("scope") != "package":
        raise InputError(
            f"{_at(file, module['package'])}: the rule does not say once, for its package, what it is.",
            "Write one METADATA block with `scope: package` and `custom: id:` above the package.",
        )
    said = speaking[0]
    if said["custom"]["id"] != f"lab/{name}":
        raise InputError(
            f"{_at(file, said)}: the lab's own rule cannot have the id {said['custom']['id']}.",
            f"Its id is lab/{name}.",
        )
    wrong = faults(said)
    if wrong:
        raise InputError(
            f"{_at(file, said)}: lab/{name} does not say its {', '.join(wrong)} in its METADATA.",
            "Say it as the built-in rules do: docs/rules/README.md shows how.",
        )
    return rule_info(said, own=True)


def _must_speak(file: str, module: Any) -> None:
    """Refuse a module that could be asked and stay silent: its answers have to be sets, and its words its own."""
    heads = [(rule, rule["head"]) for rule in module.get("rules") or ()]
    infos = [rule for rule, head in heads if _first(head) == "info"]
    names = [_bound(one) for one in module.get("imports") or ()] + [(_first(head), "") for _, head in heads]
    judges = [path for name, path in names if name == "judge"]
    if len(infos) != 1 or not _is_info(infos[0]) or judges != [_JUDGE] or "rego" in dict(names):
        place = _at(file, infos[0] if infos else module["package"])
        raise InputError(
            f"{place}: the rule does not take its words from its METADATA.",
            f"Write `import {_JUDGE}` and, once, `{_INFO}`; nothing else is named judge or rego.",
        )
    sets = [(rule, head) for rule, head in heads if _first(head) in FINDING_SETS]
    if not sets:
        raise InputError(
            f"{_at(file, module['package'])}: the rule has no findings.", f"Add to {' or '.join(FINDING_SETS)}."
        )
    for rule, head in sets:
        if len(head["ref"]) != 1 or "value" in head or "args" in head or "key" not in head or rule.get("default"):
            raise InputError(
                f"{_at(file, rule)}: {_first(head)} is not a set of findings.",
                f"Write `{_first(head)} contains finding if …`.",
            )


def _bound(imported: Any) -> tuple[str, str]:
    """The name that an import gives, and what it names."""
    path = [str(part["value"]) for part in imported["path"]["value"]]
    return imported.get("alias") or path[-1], ".".join(path)


def _is_info(rule: Any) -> bool:
    """Whether a rule is ``info := judge.rule(rego.metadata.chain())`` and nothing else."""
    head, body = rule["head"], rule["body"]
    plain = len(body) == 1 and body[0].get("generated") and not rule.get("else")
    called = _calls(head.get("value")) == ["judge.rule", "rego.metadata.chain"]
    return bool(plain and called and len(head["ref"]) == 1 and "args" not in head)


def _calls(term: Any) -> list[str]:
    """The names of nested calls, outermost first, where each is the only argument of the one before."""
    if not isinstance(term, dict) or term.get("type") != "call":
        return []
    function, *arguments = term["value"]
    name = ".".join(str(part["value"]) for part in function["value"])
    return [name] if not arguments else [name, *_calls(arguments[0])] if len(arguments) == 1 else []


def _first(head: Any) -> str:
    return str(head["ref"][0]["value"])


def _at(file: str, node: Any) -> str:
    return f"{file}:{node['location']['row']}"
