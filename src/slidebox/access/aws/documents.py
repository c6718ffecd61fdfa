"""Policy documents of AWS as they are written: their statements, made ready.

The names of elements are written in one way only; a word in other letters, or written twice, is one that a server may
read and another not, so what has one is not understood. Actions and keys of conditions are read without regard to
case, and resources are not.

Source: AWS IAM User Guide, "IAM JSON policy elements reference" and "Grammar of the IAM JSON policy language", as of
2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote

from slidebox.access.aws.actions import WATCHED, named_by
from slidebox.access.aws.conditions import Test, tests
from slidebox.access.aws.principals import Principal, named
from slidebox.access.reader import UNKNOWN
from slidebox.access.s3_statements import statement_name
from slidebox.access.s3_statements import statements as as_written


class Statement(NamedTuple):
    """One statement.

    Attributes
    ----------
    name
        What it is called in a path.
    allows
        Whether it allows or denies; None where that is not understood.
    principals
        Whom it names; None where it names nobody, or that is not understood.
    others
        Whether it is about everybody but these.
    actions
        The watched actions that it is about; None where that is not understood.
    resources
        What it is about; None where that is not understood.
    elsewhere
        Whether it is about everything but these.
    tests
        What its condition asks for.
    """

    name: str
    allows: bool | None
    principals: tuple[Principal, ...] | None
    others: bool
    actions: frozenset[str] | None
    resources: tuple[str, ...] | None
    elsewhere: bool
    tests: tuple[Test, ...]


def statements(policy: object) -> tuple[Statement, ...] | None:
    """The statements of a policy document; None if it is not one.

    Parameters
    ----------
    policy
        The document, as an object or as JSON text, which may be quoted as in a URL; None where there is none.
    """
    if isinstance(policy, str):
        return _of_text(policy)
    said = as_written(policy)
    return None if said is None else tuple([_statement(number, one) for number, one in enumerate(said, 1)])


@lru_cache(maxsize=4096)
def _of_text(text: str) -> tuple[Statement, ...] | None:
    said = as_written(unquote(text) if text.lstrip()[:1] == "%" else text)
    return None if said is None else tuple([_statement(number, one) for number, one in enumerate(said, 1)])


def _statement(number: int, said: object) -> Statement:
    if not isinstance(said, Mapping):
        return Statement(statement_name(number, said), None, None, False, None, None, False, ())
    get = said.get
    others, elsewhere = "NotPrincipal" in said, "NotResource" in said
    effect = get("Effect")
    return Statement(
        statement_name(number, said),
        True if effect == "Allow" else False if effect == "Deny" else None,
        None if others and "Principal" in said else named(get("NotPrincipal") if others else get("Principal")),
        others,
        _actions(said),
        None if elsewhere and "Resource" in said else _texts(get("NotResource") if elsewhere else get("Resource")),
        elsewhere,
        tests(get("Condition")),
    )


def _texts(value: object) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list | tuple) or not value or not all(isinstance(one, str) for one in value):
        return None
    return tuple(value)


def _actions(said: Mapping[Any, Any]) -> frozenset[str] | None:
    """The watched actions that a statement is about."""
    excepting = "NotAction" in said
    listed = _texts(said.get("NotAction" if excepting else "Action"))
    if listed is None or UNKNOWN in listed or (excepting and "Action" in said):
        return None
    found = named_by(listed[0]) if len(listed) == 1 else _all_named(listed)
    return WATCHED - found if excepting else found


@lru_cache(maxsize=4096)
def _all_named(listed: tuple[str, ...]) -> frozenset[str]:
    return frozenset().union(*_each(listed))


def _each(listed: Iterable[str]) -> list[frozenset[str]]:
    return [named_by(one) for one in listed]
