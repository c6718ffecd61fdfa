"""What a check found, with the place in the lab's files that each finding comes from."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from slidebox.labfile.positions import Position
from slidebox.model import Finding, Gate, Severity
from slidebox.policy import RuleInfo
from slidebox.report.changes import Change
from slidebox.report.costs import CostChange


@dataclass(frozen=True, slots=True)
class Located:
    """A finding and where its cause is declared.

    Attributes
    ----------
    finding
        What a rule says.
    position
        The declaration that causes it, in a file relative to the lab's folder.
    related
        Other declarations that it comes from, with what each is: ``sensitivity of retina/raw_images``.
    resource
        URN of the engine's resource that it is about; empty where there is none.
    """

    finding: Finding
    position: Position
    related: tuple[tuple[Position, str], ...] = ()
    resource: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The answer of one check.

    Attributes
    ----------
    lab
        The lab's short name.
    gate
        Where the rules were asked.
    what
        What was checked, in words, such as ``10 projects``.
    found
        The findings, gravest first.
    rules
        Every rule that was asked; may be empty for a format that shows none.
    folder
        The lab's folder relative to the repository's top, with ``/`` at its end; empty where they are the same.
    base
        The revision that the change was compared with; empty where there is none.
    changes
        What the change does to datasets, against the base.
    notes
        What a reader has to know besides.
    costs
        What the change does to what everything will cost; None where that is not asked or cannot be said.
    """

    lab: str
    gate: Gate
    what: str
    found: tuple[Located, ...]
    rules: tuple[RuleInfo, ...]
    folder: str = ""
    base: str = ""
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    costs: CostChange | None = None

    @property
    def refusals(self) -> tuple[Located, ...]:
        """What refuses."""
        return tuple(one for one in self.found if one.finding.refuses)

    @property
    def warnings(self) -> tuple[Located, ...]:
        """What is only shown."""
        return tuple(f for f in self.found if f.finding.severity is Severity.WARNING and not f.finding.waived)

    @property
    def waived(self) -> tuple[Located, ...]:
        """What the lab has accepted for a while."""
        return tuple(one for one in self.found if one.finding.waived)

    @property
    def verdict(self) -> str:
        """The outcome in one sentence."""
        counts = (
            counted(len(self.refusals), "refusal"),
            counted(len(self.warnings), "warning"),
            *([f"{len(self.waived)} waived"] if self.waived else []),
        )
        said = ", ".join(counts) if self.found else "the rules have nothing to say"
        return f"{self.what} checked at the {self.gate} gate: {said}."

    def title(self, rule: str) -> str:
        """What a rule demands, in a line; its id where it says nothing about itself."""
        return next((info.title for info in self.rules if info.id == rule), rule)


def ordered(found: Iterable[Located]) -> tuple[Located, ...]:
    """Findings gravest first, then by rule and subject; the same for the same findings in any order."""
    return tuple(
        sorted(found, key=lambda one: (*_key(one.finding), one.position.file, one.position.line, one.position.column))
    )


def _key(finding: Finding) -> tuple[bool, str, str, str, str, tuple[str, ...]]:
    return (bool(finding.waived), finding.severity, finding.rule, finding.subject, finding.message, finding.path)


def counted(number: int, word: str) -> str:
    """A number with its word: ``1 warning``, ``2 warnings``."""
    return f"{number:,} {word}{'s' * (number != 1)}"


def sentence(message: str) -> str:
    """A message with the stop that it may lack."""
    return message if message.endswith((".", "!", "?")) else f"{message}."


def visible(words: str) -> str:
    r"""Text in which nothing is hidden: control characters and the like as ``\x1b`` or ``\u202e``.

    A bucket's policy or a file of another tool can hold characters that would move a terminal's cursor, turn
    a line's direction, or that XML cannot hold at all.
    """
    if words.isascii() and words.isprintable():
        return words
    return "".join(c if c == " " or unicodedata.category(c) not in _HIDDEN else _spelt(c) for c in words)


# Control, format, surrogate, private, not assigned; line and paragraph separators.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _spelt(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
