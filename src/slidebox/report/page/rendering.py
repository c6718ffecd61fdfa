"""One self-contained HTML document: the values, the styles and the scripts in one file that asks no network."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Final

from slidebox.report.page.data import Page
from slidebox.report.page.encoding import document, embedded
from slidebox.report.page.plain import plain
from slidebox.report.page.withheld import without_secrets

_ASSETS: Final = files("slidebox") / "report" / "page" / "assets"

STYLES: Final = ("base", "panel", "table", "views", "drawings", "print")
"""Style sheets, in their order."""

SCRIPTS: Final = (
    "dom",
    "format",
    "store",
    "filter",
    "csv",
    "address",
    "theme",
    "details",
    "columns",
    "rows",
    "tools",
    "table",
    "lists",
    "findings",
    "chart",
    "overview",
    "placements",
    "matrix",
    "readers",
    "layout",
    "lineage",
    "spend",
    "main",
)
"""ES modules, each before those that import it."""

_IMPORT: Final = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:async )?(?:const|function|class) (\w+))", re.MULTILINE)


def render(page: Page) -> str:
    """The page as one HTML document.

    Every string of it is cleared of secrets first, stands in a block of JSON or escaped in plain HTML, and is shown by
    scripts as text only. The document allows itself exactly its own style sheet and script, by their hashes, and
    nothing else: no network, no frames, no forms.

    Parameters
    ----------
    page
        What is shown.

    Returns
    -------
    str
        HTML, to be written in UTF-8.
    """
    page = without_secrets(page)
    style, script = _style(), joined()
    return Template(_asset("page.html")).substitute(
        title=escape(f"{page.lab}: storage"),
        lab=escape(page.lab),
        made=escape(page.made.strftime("%Y-%m-%d %H:%M %Z").strip()),
        version=escape(page.version),
        policy=f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; "
        "base-uri 'none'; form-action 'none'",
        style=style,
        plain=plain(page),
        data=embedded(document(page)),
        script=script,
    )


@cache
def _asset(path: str) -> str:
    return _ASSETS.joinpath(path).read_text(encoding="utf-8")


@cache
def _style() -> str:
    return "\n" + "\n".join(_asset(f"css/{name}.css") for name in STYLES)


@cache
def joined() -> str:
    """The scripts as one: each in a scope of its own, in which what it imports stands under its own name."""
    return "\n" + "\n".join(_scope(name, _asset(f"js/{name}.js")) for name in SCRIPTS)


def _scope(name: str, text: str) -> str:
    exported = ", ".join(_EXPORT.findall(text))
    text = _EXPORT.sub("", _IMPORT.sub(r"const \1 = $\2;", text))
    return f"const ${name} = (() => {{\n{text}return {{ {exported} }};\n}})();\n"


def _digest(text: str) -> str:
    """A text's name in a content security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
