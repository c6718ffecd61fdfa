"""What each field of a declared value means: the text below it in the source.

Read where somebody wants to know. pydantic would read them whenever a class is made, which is a quarter of a second
at every start of every command.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import BaseModel


@cache
def meanings(model: type[BaseModel]) -> Mapping[str, str]:
    """What the fields of a model mean, by name; its own and those it inherits."""
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if issubclass(kind, BaseModel) and kind is not BaseModel:
            found |= _written(kind)
    return found


def _written(kind: type[Any]) -> dict[str, str]:
    body = _class(inspect.getsource(kind)).body
    return {
        field.target.id: inspect.cleandoc(said.value.value)
        for field, said in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(said, ast.Expr)
        and isinstance(said.value, ast.Constant)
        and isinstance(said.value.value, str)
    }


def _class(source: str) -> ast.ClassDef:
    found = ast.parse(textwrap.dedent(source)).body[0]
    assert isinstance(found, ast.ClassDef)  # noqa: S101 (the source of a class is a class)
    return found
