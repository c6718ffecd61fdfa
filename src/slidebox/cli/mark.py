"""`slidebox mark STORE`: say once which mounted disk a drive store means."""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import asdict
from pathlib import Path

import click

from slidebox import drives, labfile
from slidebox.cli.console import Output
from slidebox.cluster import marker as cluster_marker
from slidebox.cluster import shared, space
from slidebox.drives import Drive
from slidebox.errors import InputError
from slidebox.model import Store, StoreKind
from slidebox.provider.cluster_store import ClusterRef
from slidebox.quantities import human_bytes


@click.command(short_help="Mark a mounted disk as the one a drive store means.")
@click.argument("store")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(ctx: click.Context, store: str, yes: bool, as_json: bool) -> int:
    """Mark the disk at STORE's path, or with its UUID or label, as the one STORE means; or STORE's folder on a cluster.

    slidebox writes to such a store only where it finds this mark, so an unmounted disk is an error
    and never a full system disk. A disk that carries another mark is refused.
    """
    out = Output(as_json)
    root = labfile.find_root(ctx.obj or Path.cwd())
    lab = labfile.load_lab_file(root)
    declared = lab.stores.get(store)
    if declared is not None and declared.kind is StoreKind.CLUSTER:
        return _on_cluster(out, lab.lab, store, declared, yes=yes)
    if declared is None or declared.kind is not StoreKind.DRIVE:
        known = ", ".join(sorted(n for n, s in lab.stores.items() if s.kind is StoreKind.DRIVE)) or "none"
        what = "is not declared" if declared is None else f"is of kind {str(declared.kind)!r}"
        raise InputError(f"Store {store!r} {what}; a mark is for a drive.", f"The lab's drives: {known}.")
    folder = Drive.of(lab.lab, root, store, declared).root()
    if not declared.registered and not folder.is_dir() and folder.is_relative_to(root.absolute()):
        # An ordinary folder beside lab.yaml is no mount point: nothing can be mistaken for it.
        folder.mkdir(parents=True)
    before = drives.read_marker(folder)
    out.say(f"store  {store} ({declared.title or declared.system})")
    out.say(f"folder {folder}")
    out.say(f"disk   {drives.disk(folder)}")
    if before is None and not yes:
        _ask(f"Is {folder} the disk of store {store!r}?", "Is this the right disk?")
    marker = drives.mark(lab.lab, store, folder)
    out.say("marked" if before is None else f"already marked on {marker.made}")
    out.document({**asdict(marker), "folder": str(folder), "disk": asdict(drives.disk(folder))})
    return 0


def _ask(question: str, short: str) -> None:
    """Insist on a yes."""
    if not sys.stdin.isatty():
        raise InputError(f"{question} Nobody is there to ask.", "Answer with --yes.")
    click.confirm(short, abort=True)


def _on_cluster(out: Output, lab: str, name: str, store: Store, *, yes: bool) -> int:
    """Mark the folder of a cluster's store."""
    ref = ClusterRef.of(name, store)
    cluster = shared(ref.address)
    before = cluster_marker.read_marker(cluster, ref.root)
    free = space.free(cluster, ref.root, store.group) if cluster.is_folder(ref.root) else None
    out.say(f"store  {name} ({store.title or store.system})")
    out.say(f"folder {ref.root} on {cluster}")
    if free is not None:
        out.say(f"free   {human_bytes(free)}")
    if before is None and not yes:
        _ask(f"Is {ref.root} on {cluster} the folder of store {name!r}?", "Is this the right folder?")
    marker = cluster_marker.mark(cluster, lab, name, ref.root, today=dt.datetime.now(dt.UTC).date())
    out.say("marked" if before is None else f"already marked on {marker.made}")
    out.document({**asdict(marker), "folder": ref.root, "host": str(cluster), "free": free})
    return 0
