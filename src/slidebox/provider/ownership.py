"""Whose a thing is: the record that every made thing carries, and what it allows.

Creates are idempotent by it. An engine that was killed forgets what it was making; the next run finds
the thing by its name and its own mark on it, and takes it. Somebody else's thing is never taken and
never removed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from slidebox.errors import InputError
from slidebox.provider.resource import Context, Failure

PREFIX = "slidebox:"
_PROJECT, _STACK, _URN = (f"{PREFIX}{name}" for name in ("project", "stack", "urn"))

# What S3 and IAM both allow in a tag, and how much (Amazon S3 User Guide, "Categorizing your storage using tags").
_TAG_TEXT = re.compile(r"[\w\s+\-=.:/@]*")
_NOT_TAG_TEXT = re.compile(r"[^\w\s+\-=.:/@]")
_LONGEST_KEY = 128
_LONGEST_VALUE = 256
_MOST_TAGS = 50
_HASH_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Owner:
    """The stack and resource that a thing belongs to.

    Attributes
    ----------
    project, stack
        The Pulumi project and stack.
    urn
        The resource, spelled so that a tag can hold it.
    """

    project: str
    stack: str
    urn: str

    @classmethod
    def of(cls, context: Context) -> Owner:
        """The owner that a resource's own things carry."""
        return cls(context.project, context.stack, tag_value(context.urn))

    @classmethod
    def read(cls, tags: Mapping[str, str]) -> Owner | None:
        """The owner that a thing's tags name, or None if they name none."""
        if not any(name in tags for name in (_PROJECT, _STACK, _URN)):
            return None
        return cls(tags.get(_PROJECT, ""), tags.get(_STACK, ""), tags.get(_URN, ""))

    @classmethod
    def recorded(cls, record: Mapping[str, Any] | None) -> Owner | None:
        """The owner that a folder's record (`record_of`) names; None where it has no record."""
        if record is None:
            return None
        return cls(*(str(record.get(name, "")) for name in ("project", "stack", "urn")))

    @property
    def tags(self) -> dict[str, str]:
        """The owner as tags."""
        return {_PROJECT: self.project, _STACK: self.stack, _URN: self.urn}

    def __str__(self) -> str:
        return f"resource {self.urn.rpartition('::')[2]!r} of stack {self.stack!r} (project {self.project!r})"


def record_of(context: Context, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What is written into a resource's folder, where no tag can be: whose it is, and the lab's tags."""
    owner = Owner.of(context)
    return {
        "lab": inputs["lab"],
        "project": owner.project,
        "stack": owner.stack,
        "urn": owner.urn,
        "location": inputs.get("location") or "",
        "tags": dict(inputs.get("tags") or {}),
    }


def tag_value(text: str) -> str:
    """Spell a text so that a tag can hold it; `$` of a URN becomes `=`."""
    spelled = _NOT_TAG_TEXT.sub("_", text.replace("$", "="))
    if len(spelled) <= _LONGEST_VALUE:
        return spelled
    tail = hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{spelled[: _LONGEST_VALUE - _HASH_LENGTH - 1]}-{tail}"


def without_owner(tags: Mapping[str, str]) -> dict[str, str]:
    """Tags without the owner's."""
    return {name: value for name, value in tags.items() if not name.startswith(PREFIX)}


def check_tags(tags: Mapping[str, object]) -> list[Failure]:
    """What is wrong with tags as a person gave them."""
    failures = []
    if len(tags) + 3 > _MOST_TAGS:
        failures.append(Failure("tags", f"{len(tags)} tags are too many: S3 takes {_MOST_TAGS}, and 3 are slidebox's"))
    for name, value in tags.items():
        if name.startswith((PREFIX, "aws:")):
            failures.append(Failure("tags", f"tag {name!r} is reserved: choose a name without that beginning"))
        elif not isinstance(value, str):
            continue  # not known yet
        elif not (_TAG_TEXT.fullmatch(name) and _TAG_TEXT.fullmatch(value)):
            failures.append(
                Failure("tags", f"tag {name}={value!r} has a character other than letters, digits, + - = . : / @")
            )
        elif len(name) > _LONGEST_KEY or len(value) > _LONGEST_VALUE:
            failures.append(
                Failure(
                    "tags", f"tag {name!r} is too long: {_LONGEST_KEY} characters and {_LONGEST_VALUE} in its value"
                )
            )
    return failures


def require(
    what: str,
    found: Owner | None,
    context: Context,
    to: Literal["adopt", "change", "delete"],
    known: str = "",
) -> None:
    """Insist that a thing is this resource's own.

    Parameters
    ----------
    what
        The thing, as it begins a sentence.
    found
        The owner it names.
    context
        The resource that wants it.
    to
        What the resource wants with it.
    known
        The `Owner.urn` that the state remembers: a resource that was renamed in the program keeps its things.

    Raises
    ------
    InputError
        If it is somebody else's, or nobody's and is to be adopted or deleted.
    """
    mine = Owner.of(context)
    if found is None:
        if to == "change":
            return  # imported: whoever did that has said that it is the stack's
        if to == "delete":
            raise InputError(
                f"{what} carries no owner's mark of slidebox, so it is not deleted.",
                "Write the mark with `pulumi up` first, or take it out of the state with `pulumi state delete`.",
            )
        raise InputError(
            f"{what} already exists and carries no owner's mark of slidebox; it is left as it is.",
            "If it is this lab's, take it over with `pulumi import`; if not, rename it or choose another name.",
        )
    same_stack = (found.project, found.stack) == (mine.project, mine.stack)
    if same_stack and found.urn in {mine.urn, known}:
        return
    cure = (
        "If the program has renamed it, say so with `aliases` there, or rename it with `pulumi state rename`."
        if same_stack
        else "Use another name, or remove it in the other stack first."
    )
    raise InputError(f"{what} belongs to somebody else: {found}; it is left as it is.", cure)
