"""A commented starter lab, as files to write into an empty folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from slidebox import __version__, labfile
from slidebox.errors import InputError
from slidebox.model import System
from slidebox.policy import pack_dir
from slidebox.provider.github_files import HOOK, HOOK_ENTRY, LIMITS, PROGRAM, WORKFLOW, guards, limits_of
from slidebox.schema import FOLDER as SCHEMAS
from slidebox.schema import schemas
from slidebox.systems import Systems, load_systems

NAME = "my-lab"
"""The lab's name in the templates."""

CI = (".github/workflows/slidebox.yml", HOOK, WORKFLOW, PROGRAM, LIMITS)
"""What asks the rules on GitHub and before a commit, and there stops files that GitHub would refuse."""

_VERSION = "@SLIDEBOX_VERSION@"
_SIZES = "@SLIDEBOX_SIZES@\n"
_SUFFIX = ".template"
_EXECUTABLE = "plugins/"


def starter(name: str, systems: Systems | None = None) -> Mapping[str, str]:
    """The starter's files by their path, for a lab of this name.

    Parameters
    ----------
    name
        Of the lab.
    systems
        Whose limits its repository has; Table 1's where None.
    """
    texts = {
        path: text.replace(NAME, name).replace(_VERSION, __version__).replace(_SIZES, HOOK_ENTRY)
        for path, text in _templates(files(__name__) / "files")
    }
    sizes = guards(limits_of(systems or load_systems(), System.GITHUB), ())
    texts |= {path: sizes[path] for path in (WORKFLOW, PROGRAM, LIMITS)}
    texts |= {f"{SCHEMAS}/{schema}": text for schema, text in schemas().items()}
    return dict(sorted((texts | _rules(pack_dir())).items()))


def _rules(pack: Path) -> dict[str, str]:
    """The built-in rules without their tests: a preview reads them from the folder it is given."""
    wanted = [pack / "PulumiPolicy.yaml", *(p for p in pack.rglob("*.rego") if not p.stem.endswith("_test"))]
    return {f"policies/{p.relative_to(pack).as_posix()}": p.read_text(encoding="utf-8") for p in wanted}


def write_starter(folder: Path, name: str) -> tuple[str, ...]:
    """Write the starter's files into a folder, all of them or none; what asks the rules in CI only where it is free.

    Returns
    -------
    tuple of str
        The files that were written.

    Raises
    ------
    InputError
        If another one of the files is there already, or the folder cannot be written.
    """
    wanted = starter(name)
    there = [path for path in wanted if _taken(folder / path)]
    in_the_way = [path for path in there if path not in CI]
    if in_the_way:
        more = " and more" if len(in_the_way) > 3 else ""
        raise InputError(
            f"{folder} has {', '.join(in_the_way[:3])}{more} already; nothing was written.", "Choose a new folder."
        )
    return _write(folder, {path: text for path, text in wanted.items() if path not in there})


def write_ci(folder: Path) -> tuple[str, ...]:
    """Write what asks the rules in CI and guards sizes into a lab's folder, but for what is there already.

    The limits are the lab's own where its playbook says some.

    Returns
    -------
    tuple of str
        The files that were written.

    Raises
    ------
    InputError
        If the folder cannot be written, or the lab's files have a fault.
    """
    systems = load_systems(labfile.load(folder).file.playbook)
    wanted = {path: text for path, text in starter(NAME, systems).items() if path in CI and not _taken(folder / path)}
    return _write(folder, wanted)


def _taken(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _write(folder: Path, wanted: Mapping[str, str]) -> tuple[str, ...]:
    try:
        for path, text in wanted.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            if path.startswith(_EXECUTABLE):
                target.chmod(0o755)
    except OSError as error:
        raise InputError(
            f"{error.filename or folder} cannot be written: {error.strerror}.", "Choose another folder."
        ) from error
    return tuple(wanted)


def lab_name(folder: Path) -> str:
    """A name for the lab in a folder: the folder's own, as far as a name may have its letters."""
    words = re.findall(r"[a-z0-9]+", folder.name.lower())
    name = re.sub(r"^[0-9-]+", "", "-".join(words))[:24].strip("-")
    return name or NAME


def _templates(folder: Traversable, prefix: str = "") -> list[tuple[str, str]]:
    """Path and text of every template below a folder."""
    found: list[tuple[str, str]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _templates(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(_SUFFIX):
            found.append((prefix + entry.name.removesuffix(_SUFFIX), entry.read_text(encoding="utf-8")))
    return found
