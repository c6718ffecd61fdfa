"""The files that slidebox keeps in a repository at GitHub: the guard of sizes, its limits, what LFS tracks. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files

from slidebox.model import System
from slidebox.provenance import CRATE_FILE
from slidebox.systems import Systems

MARK = "Written by slidebox"
"""In the first line of each; a file of that name without it is somebody else's."""

PROGRAM = ".github/slidebox_sizes.py"
LIMITS = ".github/slidebox-sizes.json"
WORKFLOW = ".github/workflows/slidebox-sizes.yml"
HOOK = ".pre-commit-config.yaml"
ATTRIBUTES = ".gitattributes"
OURS = frozenset({PROGRAM, LIMITS, WORKFLOW, HOOK, ATTRIBUTES, "README.md"})
"""What a repository that slidebox has made has before any data."""

_WORKFLOW = f"""\
# {MARK}: stops files and repositories that GitHub would refuse.
name: slidebox sizes
on: [push, pull_request]
permissions: {{}}
jobs:
  sizes:
    runs-on: ubuntu-24.04
    timeout-minutes: 15
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with:
          fetch-depth: 0 # a file that was deleted again is still in the history
          persist-credentials: false
      - run: python3 {PROGRAM} all
"""

HOOK_ENTRY = f"""\
  - repo: local
    hooks:
      - id: slidebox-sizes
        name: sizes of files
        entry: python3 {PROGRAM} staged
        language: system
        pass_filenames: false
        always_run: true
"""
"""What pre-commit is told of the guard, as one of its `repos`."""

_HOOK = f"""\
# {MARK}: stops files that are too large before they are committed. Once in a clone: pre-commit install
repos:
{HOOK_ENTRY}"""


def guards(
    limits: Mapping[str, int | None], tracked: Sequence[str], tags: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The files by their path.

    Parameters
    ----------
    limits
        ``max_file_bytes``, ``max_bytes`` and ``max_lfs_file_bytes``, from Table 1.
    tracked
        What Git LFS keeps: patterns such as ``*.parquet``.
    tags
        Whose the repository is; GitHub has no tags of its own.
    """
    program = files("slidebox").joinpath("sizes.py").read_text(encoding="utf-8")
    said = {
        "about": f"{MARK}: the limits of today's Table 1 and the lab's own.",
        **{name: value for name, value in sorted(limits.items()) if value is not None},
        "tags": dict(sorted((tags or {}).items())),
    }
    found = {
        PROGRAM: f"# {MARK}, which writes it again: change nothing here.\n{program}",
        LIMITS: json.dumps(said, indent=2) + "\n",
        WORKFLOW: _WORKFLOW,
        HOOK: _HOOK,
    }
    if tracked:
        rules = "".join(f"{pattern} filter=lfs diff=lfs merge=lfs -text\n" for pattern in tracked)
        # The manifest is read by whoever clones without Git LFS, too.
        rules += f"data/{CRATE_FILE} !filter !diff !merge text\n"
        found[ATTRIBUTES] = f"# {MARK}: what Git LFS keeps.\n{rules}"
    return found


def patterns(formats: Sequence[str]) -> tuple[str, ...]:
    """What Git LFS keeps of a dataset in a repository, as `.gitattributes` has it (gitattributes(5), "DESCRIPTION").

    Parameters
    ----------
    formats
        How names end, in either case: of files, and of folders, which formats such as Zarr are. All files where empty,
        and none of the small ones around the dataset.
    """
    ends = [f"data/**/*.{''.join(f'[{c}{c.upper()}]' if c.isalpha() else c for c in end)}" for end in formats]
    return tuple(pattern for end in ends for pattern in (end, f"{end}/**")) or ("data/**",)


def is_tracked(path: str, formats: Sequence[str]) -> bool:
    """Whether Git LFS keeps a file of a dataset, by its path there: what `patterns` says to git."""
    ends = tuple(f".{end}" for end in formats)
    # Git compares letters of ASCII only, and `.end` alone is a name, too.
    return not ends or any(part.lower().endswith(ends) for part in path.split("/"))


def limits_of(systems: Systems, system: System) -> dict[str, int]:
    """What Table 1 and the lab say a repository may hold; of LFS, what lies beside it is in the repository.

    Parameters
    ----------
    systems
        Table 1, with what the lab does otherwise.
    system
        GitHub, or GitHub LFS.
    """
    plain = systems.limits(System.GITHUB)
    found = {"max_file_bytes": plain.max_file_bytes, "max_bytes": plain.max_bytes}
    if system is System.GITHUB_LFS:
        found["max_lfs_file_bytes"] = systems.limits(system).max_file_bytes
    return {name: value for name, value in found.items() if value is not None}


def tags_in(text: str | None) -> dict[str, str]:
    """The tags that the file of limits has; none where it is damaged or not there."""
    try:
        said = json.loads(text or "")["tags"]
    except (ValueError, TypeError, KeyError):
        return {}
    return {str(name): str(value) for name, value in said.items()} if isinstance(said, dict) else {}


def is_ours(text: str) -> bool:
    """Whether slidebox has written a file."""
    return MARK in "\n".join(text.splitlines()[:2])
