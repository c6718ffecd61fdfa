"""The reference pages, written from the code itself: `python -m slidebox.cli.handbook` writes them again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

import click
from pydantic_core import PydanticUndefined

from slidebox.cli import VERBS, slidebox
from slidebox.model import (
    Agreement,
    Audience,
    Budget,
    Dataset,
    Declared,
    Deidentification,
    Imaging,
    LabFile,
    Person,
    Playbook,
    Project,
    Publication,
    Sample,
    Scan,
    Service,
    Step,
    Store,
    Study,
    Team,
    TermLengths,
    Waiver,
)
from slidebox.model.meanings import meanings

_FILES: tuple[tuple[str, tuple[type[Declared], ...]], ...] = (
    ("lab.yaml", (LabFile, Person, Team, Service, Store, Agreement, Playbook, TermLengths)),
    (
        "projects/NAME.yaml",
        (Project, Budget, Audience, Dataset, Step, Deidentification, Scan, Study, Sample, Imaging, Publication, Waiver),
    ),
)
_ONCE = "<!-- Written by `make docs`; change the code's own words instead. -->"


def verbs_page() -> str:
    """`docs/verbs.md`: every verb's own help, at 80 columns."""
    parts = ["# Verbs", _ONCE, "Exit codes: 0 fine, 1 findings, 2 bad input or usage, 3 something could not be read."]
    parts.append("Every verb takes `--json`. Provisioning is not a verb: run `pulumi up -s PROJECT`.")
    # The group's own settings, said again: help must not depend on what was called before.
    with click.Context(slidebox, info_name="slidebox", help_option_names=["-h", "--help"]) as outer:
        for verb in VERBS:
            command = slidebox.get_command(outer, verb)
            assert command is not None
            parts += [f"## slidebox {verb}", f"```\n{_help(command, verb, outer)}\n```"]
            if isinstance(command, click.Group):
                with click.Context(command, info_name=verb, parent=outer) as middle:
                    for name, inner in sorted(command.commands.items()):
                        parts += [f"### slidebox {verb} {name}", f"```\n{_help(inner, name, middle)}\n```"]
    return "\n\n".join(parts) + "\n"


def _help(command: click.Command, name: str, parent: click.Context) -> str:
    with click.Context(command, info_name=name, parent=parent, terminal_width=80, max_content_width=80) as context:
        return "\n".join(line.rstrip() for line in command.get_help(context).splitlines())


def declarations_page() -> str:
    """`docs/declarations.md`: every key of both files, with what it means and what holds without it."""
    parts = [
        "# Declarations",
        _ONCE,
        "A lab writes `lab.yaml` and one `projects/NAME.yaml` a project. Unknown keys are errors. Sizes have a unit "
        "(`2.4 TB`, `500 GiB`), and so have durations (`18 months`, `7 years`); dates are `2026-11-24`. "
        "Names are lower case, with digits and single hyphens. "
        "[schemas/](../schemas/) has the same as JSON Schema, for editors.",
    ]
    for file, models in _FILES:
        parts.append(f"## {file}")
        for model in models:
            parts += [f"### {model.__name__}", (model.__doc__ or "").strip(), "\n".join(_rows(model))]
    return "\n\n".join(parts) + "\n"


def _rows(model: type[Declared]) -> Iterator[str]:
    yield "| key | meaning | values | without it |"
    yield "| --- | --- | --- | --- |"
    said = meanings(model)
    for name, field in model.model_fields.items():
        words = ", ".join(f"`{word}`" for word in sorted(_words(field.annotation), key=str))
        default = "it is an error" if field.is_required() else _default(field.get_default(call_default_factory=True))
        meaning = " ".join(said.get(name, "").split()).replace("|", "\\|")
        yield f"| `{name}` | {meaning} | {words} | {default} |"


def _words(annotation: Any) -> set[StrEnum]:
    """The closed vocabulary of a key, where it has one."""
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return set(annotation)
    return {word for part in get_args(annotation) for word in _words(part)}


def _default(value: Any) -> str:
    if value is None or value is PydanticUndefined or value in ((), {}) or isinstance(value, Declared):
        return ""
    if isinstance(value, tuple):
        return ", ".join(f"`{part}`" for part in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def write(folder: Path) -> None:
    """Write both pages into a folder."""
    (folder / "verbs.md").write_text(verbs_page(), encoding="utf-8")
    (folder / "declarations.md").write_text(declarations_page(), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
