"""What `slidebox adopt` says: what was taken over, who comes in, what falls short, and what to do about it."""

from __future__ import annotations

import shlex
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from slidebox.adoption import Keyless, Taken
from slidebox.cli.adopting import Adoption
from slidebox.cli.console import Output
from slidebox.facts import identities_at
from slidebox.model import Finding, Sensitivity, Severity
from slidebox.quantities import human_bytes


def say_names(
    output: Output, store: str, names: Sequence[str], declared: Mapping[str, str], terraform: Path | None = None
) -> None:
    """List what a store has, or what a file of Terraform's has of it."""
    listed = [{"name": name, "dataset": declared.get(name)} for name in names]
    output.document({"store": store, "found": listed})
    if not names:
        output.say(f"{store} has nothing that could be taken over.")
        return
    rows = [(_shown(str(one["name"])), str(one["dataset"] or "")) for one in listed]
    output.table(f"In {store}", ("name", "declared as"), rows)
    if free := [name for name in names if name not in declared]:
        output.say()
        output.say("Take one over, just as it is, with the level of its data:")
        counted = " --size SIZE --files NUMBER" if terraform else ""
        file = f" --terraform {shlex.quote(str(terraform))}" if terraform else ""
        output.line(f"  slidebox adopt {store}{file} --bucket {_quoted(f'{free[0]}=raw_images')} \\")
        output.line(f"    --project NAME --owner PERSON --sensitivity open{counted}")


def _shown(name: str) -> str:
    """A name on one line: what would move the cursor of a terminal is spelt out."""
    return repr(name) if any(unicodedata.category(letter).startswith("C") for letter in name) else name


def _quoted(word: str) -> str:
    """A word of a command as a shell reads it, always in quotes: people put other names in."""
    return shlex.quote(word) if "'" in word or word != _shown(word) else f"'{word}'"


def say_adopted(output: Output, adopted: Adoption, written: Sequence[str], *, again: bool = False) -> None:
    """Say what was taken over, which files were written, and what to do next."""
    output.document(_document(adopted, written))
    if output.as_json:
        return
    for one in adopted.taken:
        _say_place(output, adopted, one)
    _say_strangers(output, adopted)
    _say_findings(output, adopted)
    for way in adopted.keyless:
        _say_keyless(output, way)
    output.say()
    name = adopted.project.project
    if not written and again:
        output.say("Nothing was written.")
        return
    if not written:
        output.say(f"Nothing was written. projects/{name}.yaml would be:")
        for line in adopted.project_file.splitlines():
            output.line(f"  {line}")
        return
    output.say(f"Wrote {' and '.join(reversed(written))}. Nothing at the store was changed.")
    output.say("Next:")
    steps = (
        (f"$EDITOR projects/{name}.yaml", "say the rest of what you know of the data"),
        (f"slidebox check {name}", "what falls short, and until when it is set aside"),
        (f"pulumi up -s {name} --policy-pack policies", "imports them, and changes nothing"),
    )
    for run, why in steps:
        output.line(f"  {run}")
        output.line(f"    {why}")


def _say_place(output: Output, adopted: Adoption, one: Taken) -> None:
    existing, names = one.existing, identities_at(adopted.lab.file, one.existing.store)
    dataset = adopted.project.dataset_id(one.level)
    files = "1 file" if one.content.files == 1 else f"{one.content.files:,} files"
    output.say(f"{existing.name} in {existing.store} is {dataset}: {human_bytes(one.content.bytes)} in {files}.")
    if adopted.project.datasets[one.level].sensitivity in (Sensitivity.IDENTIFIABLE, Sensitivity.CODED):
        output.say("Its name goes into files that a repository keeps: if it says who a patient is, rename it first.")
    if existing.members:
        output.say()
        rows = [
            (member.identity, member.how or str(member.role or ""), names.get(member.identity, "nobody that it knows"))
            for member in existing.members
        ]
        output.table("Who comes in", ("identity", "by", "in lab.yaml"), rows)
    if existing.notes:
        output.say()
        output.say("Worth knowing, as no declaration says it:")
        for note in existing.notes:
            output.say(f"- {note}")


def _say_strangers(output: Output, adopted: Adoption) -> None:
    """Who is to be written into lab.yaml, and how."""
    for store, identities in adopted.strangers.items():
        output.say()
        output.say(
            "lab.yaml does not know these. Write each into it as one of the people or services, or take its access "
            "away:"
        )
        for identity in identities:
            output.line(f'  identities: {{{store}: "{identity}"}}')


def _say_findings(output: Output, adopted: Adoption) -> None:
    """What falls short: what stands in the way, what is set aside, and how much is only advice."""
    refusals, waived = adopted.refusals, [f for f in adopted.answer.findings if f.waived]
    if waived:
        until = max(waiver.until for waiver in adopted.project.waivers)
        names = ", ".join(sorted({waiver.by for waiver in adopted.project.waivers}))
        output.say()
        output.say(f"Falls short, and is set aside until {until} at most, in the name of {names}:")
        _say_by_rule(output, waived, "waived")
    if refusals:
        output.say()
        output.say("Stands in the way, and no waiver sets it aside; until it is mended `pulumi up` refuses:")
        _say_by_rule(output, refusals, "error")
    if advice := sum(f.severity is Severity.WARNING and not f.waived for f in adopted.answer.findings):
        output.say()
        output.say(f"{advice} warnings: `slidebox check {adopted.project.project}` shows them.")


def _say_by_rule(output: Output, findings: Iterable[Finding], kind: str) -> None:
    for rule, group in groupby(sorted(findings, key=lambda f: (f.rule, f.message)), key=lambda f: f.rule):
        for message in dict.fromkeys(finding.message for finding in group):
            output.kind(kind, f"{message.rstrip('.')}. [{rule}]")


def _say_keyless(output: Output, way: Keyless) -> None:
    output.say()
    output.say(way.problem)
    for number, step in enumerate(way.steps, 1):
        output.say(f"{number}. {step.why}")
        for line in step.write:
            output.line(f"   {line}")


def _document(adopted: Adoption, written: Sequence[str]) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "project": adopted.project.project,
        "written": sorted(written, reverse=True),
        "places": [
            {
                "store": one.existing.store,
                "name": one.existing.name,
                "dataset": adopted.project.dataset_id(one.level),
                "bytes": one.content.bytes,
                "files": one.content.files,
                "members": [
                    {"identity": m.identity, "role": m.role, "until": m.until, "how": m.how}
                    for m in one.existing.members
                ],
                "notes": list(one.existing.notes),
            }
            for one in adopted.taken
        ],
        "strangers": {store: list(who) for store, who in adopted.strangers.items()},
        "keys": [
            {
                "identity": way.key.identity,
                "where": way.key.where,
                "created": way.key.created,
                "steps": [{"why": step.why, "write": list(step.write)} for step in way.steps],
            }
            for way in adopted.keyless
        ],
        "waived": [_finding(f) for f in adopted.answer.findings if f.waived],
        "refused": [_finding(f) for f in adopted.refusals],
    }


def _finding(finding: Finding) -> dict[str, str]:
    return {"rule": finding.rule, "subject": finding.subject, "message": finding.message, "waived": finding.waived}
