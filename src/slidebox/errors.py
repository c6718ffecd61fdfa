"""The failures a user can meet, each with the exit code the command line gives it.

Everything slidebox raises on purpose descends from `SlideboxError`; anything else that
reaches the command line is a bug and is shown as one.
"""

from __future__ import annotations

from dataclasses import dataclass


class SlideboxError(Exception):
    """A failure with one clear sentence for a person.

    Parameters
    ----------
    message
        What went wrong and where, as one sentence.
    cure
        What to do about it; empty where the message already says so.
    """

    exit_code = 3

    def __init__(self, message: str, cure: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.message} {self.cure}".rstrip()


class InputError(SlideboxError):
    """What the user gave is wrong: a declaration, an argument, a name."""

    exit_code = 2


class UnreadableError(SlideboxError):
    """Something that has to be read or reached could not be: a disk, an endpoint, a policy engine."""

    exit_code = 3


class IntegrityError(SlideboxError):
    """Bytes are not what they were said to be."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in a declared file.

    Attributes
    ----------
    file, line, column
        Where the fault is; line and column count from 1 and are 0 where the file as a whole is meant.
    key
        The path of keys to it, such as ``datasets.raw_images.size``.
    message
        What is wrong and what was expected.
    hint
        The nearest known key or value, or how to mend it; may be empty.
    """

    file: str
    line: int
    column: int
    key: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        key = f" {self.key}:" if self.key else ""
        hint = f" {self.hint}" if self.hint else ""
        return f"{where}:{key} {self.message}{hint}"


class DeclarationError(InputError):
    """One or more faults in the lab's files, all reported at once.

    Parameters
    ----------
    problems
        The faults, in the order of file and line.
    """

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(p) for p in problems))
        self.problems = problems
