"""Paths of access without the names of files, objects and folders below a place: these can be a patient's.

What an audit says of a path is configuration: policies, roles, groups, links. In a few ways the name of a single object
comes along: a list of its own, a folder with a policy of its own, a file that could not be read. The page has the way,
and not the name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

LEFT_OUT: Final = "…"
"""What stands in a name's place."""

_OBJECT: Final = re.compile(r"\bobject .*?(?=(?: \(ACL\))?\Z)", re.DOTALL)
_FOLDER: Final = re.compile(r"\A(managed folder) .*\Z", re.DOTALL)
_IN_BUCKET: Final = re.compile(r"(\barn:aws[a-z-]*:s3:::[^/\s]+|\b(?:s3|gs|abfss?)://[^/\s]+)/.*", re.DOTALL)
_BELOW: Final = "what is in it"
_WHY: Final = "it was not read"
_NOT_READ: Final = "some of it could not be read"


def nameless(path: Sequence[str], place: str = "") -> tuple[str, ...]:
    """A path of access, outermost first, without the names of what lies in the place.

    Parameters
    ----------
    path
        As an audit has it.
    place
        The place's own name.
    """
    roots = [place, *(step.removeprefix("folder ") for step in path if step.startswith("folder "))]
    below = re.compile(f"({'|'.join(re.escape(root) for root in roots if root)})/.*", re.DOTALL) if any(roots) else None
    said: list[str] = []
    inside = False
    for number, step in enumerate(path):
        if number and path[number - 1] == _BELOW:
            said.append(_NOT_READ)
        elif inside and step.startswith(_WHY):
            said.append(_WHY)
        else:
            said.append(step if step.startswith("folder ") else _step(step, below))
        inside = inside or said[-1] != step
    return tuple(said)


def _step(step: str, below: re.Pattern[str] | None) -> str:
    step = _FOLDER.sub(rf"\1 {LEFT_OUT}", _OBJECT.sub(f"object {LEFT_OUT}", step))
    step = _IN_BUCKET.sub(rf"\1/{LEFT_OUT}", step)
    return below.sub(rf"\1/{LEFT_OUT}", step) if below else step
