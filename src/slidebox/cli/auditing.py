"""What the audits share: where the configuration comes from, and what it is held against."""

from __future__ import annotations

import datetime as dt
import getpass
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from slidebox import labfile
from slidebox.access.changes import Change
from slidebox.access.compare import Declaration, Difference, compare
from slidebox.access.declared import principal
from slidebox.access.effective import Location, named
from slidebox.access.snapshot import Known, Snapshot
from slidebox.cli.checking import own_rules
from slidebox.cli.console import Output
from slidebox.errors import InputError, UnreadableError
from slidebox.home import Home
from slidebox.model import Lab, StoreKind
from slidebox.policy import Rules
from slidebox.systems import load_systems

if TYPE_CHECKING:
    from slidebox.audit.logs import Activity, Call

_OWNERS = {StoreKind.AWS: "account:{}", StoreKind.GCS: "account:projectOwner:{}"}
"""What an audit calls the owners of a store's account, by its kind."""

ROOTS = ("account:root", "account:root of the gateway")
"""Whoever a machine and the embedded gateway have as their superuser."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the configuration comes from; what is there now where no file is given.

    Attributes
    ----------
    snapshot, preview, state, terraform
        A file, or None.
    """

    snapshot: Path | None = None
    preview: Path | None = None
    state: Path | None = None
    terraform: Path | None = None

    @property
    def file(self) -> Path | None:
        """The file, if one was given."""
        return self.snapshot or self.preview or self.state or self.terraform

    @property
    def count(self) -> int:
        """How many files were given."""
        return sum(one is not None for one in (self.snapshot, self.preview, self.state, self.terraform))


@dataclass(frozen=True)
class Scene:
    """The lab that an audit is of, if there is one, and the day.

    Attributes
    ----------
    root, lab
        The lab's folder and what its files declare; None where there is none.
    now
        This moment, in UTC.
    """

    root: Path | None
    lab: Lab | None
    now: dt.datetime

    @classmethod
    def of(cls, lab_dir: Path | None, now: dt.datetime, *, needed: bool) -> Scene:
        """The nearest lab.

        Raises
        ------
        InputError
            If there is none and one is needed, or was named.
        """
        try:
            root = labfile.find_root(lab_dir or Path.cwd())
        except InputError:
            if lab_dir or needed:
                raise
            return cls(None, None, now)
        return cls(root, labfile.load(root), now)

    @property
    def today(self) -> dt.date:
        """The day."""
        return self.now.date()

    @cached_property
    def known(self) -> Known:
        """What the lab says of identities."""
        from slidebox.audit.declared import known_to  # noqa: PLC0415 - what an audit alone needs

        return known_to(self.lab, self.now) if self.lab else Known(now=self.now)


def load_snapshot(path: Path) -> Snapshot:
    """A snapshot that was saved.

    Raises
    ------
    UnreadableError
        If it cannot be read or is no whole JSON document.
    InputError
        If it is something else.
    """
    save = "Write one with `slidebox audit access --save FILE`."
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror or error}.", save) from error
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"{path} is no whole JSON document.", save) from error
    try:
        return Snapshot.of(document)
    except ValueError as error:
        raise InputError(f"{path} is no snapshot of an audit: {error}.", save) from error


def snapshot_of(
    source: Source,
    scene: Scene,
    only: Collection[str],
    output: Output,
    a_second: float | None = None,
    *,
    fully: bool = False,
) -> Snapshot:
    """The configuration, from wherever it was asked for.

    Parameters
    ----------
    source
        Where it comes from.
    scene
        The lab and the moment.
    only
        Names of stores to ask; all where empty.
    output
        Where long work is announced.
    a_second
        How many calls a second are made of each store at most.
    fully
        Whether stores are asked for everything, and not only for what decides who has access.
    """
    if source.snapshot:
        return load_snapshot(source.snapshot)
    if source.terraform:
        from slidebox.adoption.terraform import terraform_document  # noqa: PLC0415 - each only where it is asked for
        from slidebox.audit import terraform  # noqa: PLC0415

        return terraform.snapshot(terraform_document(source.terraform))
    if source.file:
        from slidebox.audit import pulumi  # noqa: PLC0415
        from slidebox.preview import read  # noqa: PLC0415

        return pulumi.snapshot(read(source.file), "state" if source.state else "preview")
    return _live(scene, only, output, a_second, fully=fully)


def _live(scene: Scene, only: Collection[str], output: Output, a_second: float | None, *, fully: bool) -> Snapshot:
    from slidebox.audit import live  # noqa: PLC0415 - the clients of stores take half a second to import

    assert scene.lab is not None
    assert scene.root is not None
    stores = [name for name in scene.lab.file.stores if not only or name in only]
    whole = [live.Asked(scene.lab, Home(scene.root), name, fully) for name in stores]
    asked = whole if a_second is None else [replace(one, a_second=a_second) for one in whole]
    with output.working(f"asking {len(asked)} stores who has access"):
        return live.take(asked, scene.now.isoformat(timespec="seconds").replace("+00:00", "Z"))


def locations_of(snapshot: Snapshot, scene: Scene) -> dict[str, Location]:
    """Who can do what, by the location's name."""
    from slidebox.access.audit import locations  # noqa: PLC0415 - what an audit alone needs
    from slidebox.audit.declared import placed  # noqa: PLC0415

    found = locations(snapshot, scene.known)
    return named(placed(found, scene.lab) if scene.lab else found)


def held_against(
    locations: Mapping[str, Location],
    snapshot: Snapshot,
    scene: Scene,
    declarations: Mapping[str, Declaration],
    *,
    everywhere: bool = True,
) -> tuple[Difference, ...]:
    """What is not as it is declared.

    Parameters
    ----------
    locations
        The places of a snapshot.
    snapshot
        Where they come from.
    scene
        The lab and the moment.
    declarations
        Who should have access, by dataset.
    everywhere
        Whether every store was asked: then of a dataset that was seen in none of them nothing is known.
    """
    return compare(
        locations,
        declarations,
        scene.today,
        operators=operators(snapshot, scene),
        declared=scene.lab is not None,
        everywhere=everywhere and snapshot.source == "live",
    )


def operators(snapshot: Snapshot, scene: Scene) -> set[str]:
    """Whoever runs the stores themselves: as lab.yaml says, superusers, and who has asked on this machine."""
    return {*_operators(scene), *ROOTS, *([f"account:{getpass.getuser()}"] if snapshot.source == "live" else [])}


def _operators(scene: Scene) -> set[str]:
    """Who runs the stores, as lab.yaml says: those behind a team by themselves too, and the owners of accounts."""
    if scene.lab is None:
        return set()
    file = scene.lab.file
    owners = {_OWNERS[s.kind].format(s.account) for s in file.stores.values() if s.kind in _OWNERS}
    people = {member for name in file.operators if name in file.teams for member in file.teams[name].members}
    named = {principal(scene.lab, name) for name in file.operators} | {f"person:{name}" for name in people}
    return named | owners


def declared_in(scene: Scene, projects: Sequence[str], output: Output) -> dict[str, Declaration]:
    """Who should have access to each dataset of the lab; empty where there is no lab."""
    if scene.lab is None or scene.root is None:
        return {}
    from slidebox.audit.declared import declarations_of  # noqa: PLC0415 - what an audit alone needs

    systems = load_systems(scene.lab.file.playbook)
    own = own_rules(scene.root, scene.lab.file)
    with output.working("asking the rules who should have access"), Rules(own=own) as rules:
        return declarations_of(scene.lab, systems, rules, projects, scene.today)


@dataclass(frozen=True, slots=True)
class Logs:
    """What logs say of who really did what.

    Attributes
    ----------
    found
        Calls, summed up.
    names
        A location's name by its own and by what it is in.
    """

    found: tuple[Call, ...]
    names: Mapping[tuple[str, str], str]

    @classmethod
    def of(cls, paths: Sequence[Path], locations: Mapping[str, Location], output: Output) -> Logs | None:
        """Read logs; None where there are none to read."""
        if not paths:
            return None
        from slidebox.audit.logs import calls  # noqa: PLC0415 - what an audit with logs alone needs

        names = {(one.name, within): name for name, one in locations.items() for within in (one.within, "")}
        with output.working("reading the logs"):
            return cls(calls(paths), names)

    def activity(self, scene: Scene) -> tuple[Activity, ...]:
        """What each principal really did."""
        from slidebox.audit.logs import activity  # noqa: PLC0415

        return activity(self.found, scene.known, self.names)

    def reads(self, scene: Scene, done: Sequence[Activity]) -> dict[tuple[str, str], str]:
        """When each principal read last, by location and principal, of what each of them did."""
        from slidebox.audit.logs import last_reads  # noqa: PLC0415

        teams = scene.lab.file.teams if scene.lab else {}
        people = {f"team:{name}": [f"person:{one}" for one in team.members] for name, team in teams.items()}
        return last_reads(done, people)

    def told(self, changed: Sequence[Change], scene: Scene, since: str) -> tuple[Change, ...]:
        """Changes of access with who has changed it."""
        from slidebox.audit.logs import changers  # noqa: PLC0415

        by = changers(self.found, scene.known, self.names, since)
        return tuple(replace(change, by=by.get(change.location, ())) for change in changed)
