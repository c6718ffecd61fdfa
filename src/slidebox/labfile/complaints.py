"""What a model refuses, said to the person who wrote the file."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from slidebox.errors import Problem
from slidebox.labfile.source import Document, Key
from slidebox.model.meanings import meanings

# How each pattern of the model is said in words.
_PATTERNS: tuple[tuple[str, str], ...] = (
    ("[a-z_]+$", "a level such as 'raw_images', or 'project/level' for another project's"),
    ("[a-z0-9]*(-", "lower-case letters, digits and single hyphens, beginning with a letter, such as 'nf1-schwann'"),
    ("{7,40}", "a commit of 7 to 40 hexadecimal digits, such as '3f2a9c1'"),
    (r"{3}[\dX]", "an ORCID iD such as '0000-0002-1825-0097'"),
    (r"\S", "text that says something"),
    ("DUO:", "a term of the Data Use Ontology such as 'DUO:0000042'"),
)
_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping of keys to values",
    "mapping_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "date_type": "a date such as 2026-11-24",
    "date_parsing": "a date such as 2026-11-24",
    "date_from_datetime_parsing": "a date such as 2026-11-24",
    "date_from_datetime_inexact": "a date such as 2026-11-24",
}
_TRUTH = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def nearest(word: str, known: Iterable[str]) -> str:
    """``Did you mean 'x'?`` for the known word nearest to a word; empty where none is near."""
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if not close:
        # The beginning of a name is not near enough for difflib where the name is long.
        close = [name for name in names if name.replace("_", "-").startswith(word.replace("_", "-")) and word][:1]
    return f"Did you mean {close[0]!r}?" if close else ""


def complain(document: Document, model: type[BaseModel], error: ValidationError) -> list[Problem]:
    """Turn what a model refuses of a document into problems, one per place."""
    details = error.errors(include_url=False)
    unknown = [d for d in details if d["type"] == "extra_forbidden"]
    mistaken = {
        (*d["loc"][:-1], meant) for d in unknown if (meant := _meant(str(d["loc"][-1]), model_at(model, d["loc"][:-1])))
    }
    # What is wrong with the text already has a problem of its own, and left nothing there.
    spoilt = {(p.line, p.column) for p in document.problems}
    grouped: dict[tuple[Key, ...], list[ErrorDetails]] = {}
    for detail in details:
        # A misspelt key is one mistake, not an unknown key and a missing one.
        if detail["type"] != "missing" or detail["loc"] not in mistaken:
            grouped.setdefault(_path_in(document, detail["loc"]), []).append(detail)
    problems = (_complaint(document, model, path, alternatives) for path, alternatives in grouped.items())
    return [p for p in problems if (p.line, p.column) not in spoilt]


def model_at(model: type[BaseModel], path: Sequence[Key]) -> type[BaseModel] | None:
    """The model that a place in a file is read into, or None where it is not a model."""
    current: Any = model
    for step in path:
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(str(step))
            current = _bare(field.annotation) if field else None
        else:
            arguments = get_args(current)
            inside = arguments[-1] if get_origin(current) is not tuple else arguments[0] if arguments else None
            current = _bare(inside) if arguments else None
    return current if isinstance(current, type) and issubclass(current, BaseModel) else None


def _bare(annotation: Any) -> Any:
    """An annotation without ``| None`` and without constraints."""
    if hasattr(annotation, "__metadata__"):
        return _bare(get_args(annotation)[0])
    arguments = [a for a in get_args(annotation) if a is not type(None)]
    return _bare(arguments[0]) if type(None) in get_args(annotation) and len(arguments) == 1 else annotation


def _meant(word: str, model: type[BaseModel] | None) -> str | None:
    close = difflib.get_close_matches(word, model.model_fields, n=1, cutoff=0.6) if model else []
    return close[0] if close else None


def _path_in(document: Document, location: tuple[Key, ...]) -> tuple[Key, ...]:
    """The part of an error's location that exists in the file; unions add words of their own at its end."""
    value: Any = document.value
    path: list[Key] = []
    for step in location:
        if isinstance(value, Mapping) and step in value:
            value = value[str(step)]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        elif isinstance(value, Mapping) and step != "[key]":
            return (*path, step)
        else:
            break
        path.append(step)
    return tuple(path)


def _complaint(
    document: Document, model: type[BaseModel], path: tuple[Key, ...], alternatives: list[ErrorDetails]
) -> Problem:
    """The problem of one place; several alternatives where the model would take several types."""
    detail = alternatives[0]
    inner = model_at(model, path[:-1])
    if detail["type"] == "missing":
        meaning = meanings(inner).get(str(path[-1]), "").split("\n")[0].rstrip(".") if inner else ""
        said = f"the key {str(path[-1])!r} is missing: {meaning[:1].lower()}{meaning[1:]}."
        return document.problem(path[:-1], said, key=True)
    if detail["type"] == "extra_forbidden":
        keys = list(inner.model_fields) if inner else []
        hint = nearest(str(path[-1]), keys) or f"The keys here are {', '.join(keys)}."
        return document.problem(path, f"unknown key {str(path[-1])!r}.", hint, key=True)
    if detail["loc"][-1] == "[key]":
        said, hint = _expectation(str(detail["input"]), detail)
        return document.problem(path, said.replace("expected", "as a key, expected", 1), hint, key=True)
    written = document.written(path)
    if len(alternatives) > 1 and all(d["type"] in _TYPES for d in alternatives):
        types = ", ".join(dict.fromkeys(_TYPES[d["type"]] for d in alternatives))
        return document.problem(path, f"expected {types}, got {_shown(detail['input'], written)}.")
    return document.problem(path, *_expectation(detail["input"], detail, written))


def _expectation(value: Any, detail: ErrorDetails, written: str | None = None) -> tuple[str, str]:
    """What was expected and what stands there, with a hint."""
    kind, context, got = detail["type"], detail.get("ctx", {}), _shown(value, written)
    if kind in _TYPES:
        return f"expected {_TYPES[kind]}, got {got}.", _type_hint(kind, value, written)
    if kind in ("enum", "literal_error"):
        words = re.findall(r"'([^']*)'", str(context["expected"]))
        return f"expected one of {', '.join(words)}, got {got}.", nearest(str(value), words)
    if kind == "value_error":
        return _own_words(value, str(context["error"]).rstrip("."), got)
    said, hint = f"{detail['msg'][:1].lower()}{detail['msg'][1:]}, got {got}.", ""
    if kind == "string_pattern_mismatch":
        said = f"expected {_pattern(str(context['pattern']))}, got {got}."
    elif kind == "string_too_long":
        said, hint = f"expected at most {context['max_length']} characters, got {len(value)}.", "Choose a shorter name."
    elif kind == "too_short":
        said = "expected at least one entry, got none."
    elif kind == "greater_than_equal":
        said = f"expected {context['ge']:g} or more, got {got}."
    elif kind == "less_than_equal":
        said = f"expected {context['le']:g} or less, got {got}."
    return said, hint


def _own_words(value: Any, said: str, got: str) -> tuple[str, str]:
    """A sentence of the model's own, such as one about a size, with a hint."""
    unit = re.match(r"unknown unit '(.*?)' in .*; the units are (.*)$", said)
    if unit:
        units = unit[2].split(", ")
        same = [u for u in units if u.lower() == unit[1].lower()]
        return f"{said}.", f"Did you mean {same[0]!r}?" if same else nearest(unit[1], units)
    if isinstance(value, str) or ", got " not in said:
        return f"{said}.", ""
    hint = "Add the unit." if isinstance(value, int | float) and not isinstance(value, bool) else ""
    return f"{said.partition(', got ')[0]}, got {got}.", hint


def _pattern(pattern: str) -> str:
    return next((words for part, words in _PATTERNS if part in pattern), f"text that matches {pattern}")


def _type_hint(kind: str, value: Any, written: str | None) -> str:
    if kind == "bool_type" and str(value).lower() in _TRUTH:
        return f"Write {_TRUTH[str(value).lower()]}."
    if kind == "string_type" and isinstance(value, int | float):
        return f'Put it in quotes: "{written or value}".'
    if kind == "tuple_type" and isinstance(value, str):
        return f"Write [{value}]."
    if kind == "int_type" and isinstance(value, str) and re.sub(r"[,_ ]", "", value).isdigit():
        return f"Write {re.sub(r'[,_ ]', '', value)}, without quotes or separators."
    return ""


def _shown(value: Any, written: str | None) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else value[:57] + "…")
    return written or str(value)
