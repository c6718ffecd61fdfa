"""The record of the publish gate, as a file."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import tempfile
from pathlib import Path

from slidebox import __version__
from slidebox.cli.checking import Answer
from slidebox.errors import UnreadableError
from slidebox.model import Lab
from slidebox.policy import Rules, pack_dir
from slidebox.report import evidence


def write_evidence(file: Path, lab: Lab, answer: Answer, rules: Rules, own: Path | None, now: dt.date) -> None:
    """Write what was known when the gate was asked, whole or not at all.

    Raises
    ------
    UnreadableError
        If the rules cannot be asked, or the file cannot be written: what is not recorded is not let out.
    """
    explained = {dataset: said for facts in answer.facts for dataset, said in rules.explain(facts).items()}
    asked = {"slidebox": __version__, "sha256": hash_of_rules(pack_dir(), own)}
    record = evidence(lab, answer.public, answer.findings, explained, now=now, rules=asked)
    text = json.dumps(record, indent=2, sort_keys=True) + "\n"
    try:
        with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=f".{file.name}-", delete=False) as draft:
            draft.write(text)
        written = Path(draft.name)
        written.chmod(0o644)
        written.replace(file)
    except OSError as error:
        raise UnreadableError(f"The evidence cannot be written to {file}: {error.strerror}.") from error


def hash_of_rules(*folders: Path | None) -> str:
    """The SHA-256 of the rules that are asked: names and contents of the Rego files, without tests."""
    digest = hashlib.sha256()
    for number, folder in enumerate(folders):
        for path in sorted(folder.rglob("*.rego")) if folder else ():
            if not path.stem.endswith("_test"):
                name = f"{number}/{path.relative_to(folder).as_posix()}" if folder else ""
                digest.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()
