"""What `make up` shows: the whole idea on one small project, with a real engine, a real store and real rules.

Every step is what a lab does by hand with a verb or with `pulumi`; each is safe to repeat.
"""

from __future__ import annotations

import datetime as dt
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from access import Attempt, attempts
from pipeline import run

from slidebox import drives, gateway, labfile
from slidebox.cli.console import Output
from slidebox.cli.report import summary as summed_up
from slidebox.cli.report_gather import Asked, gather
from slidebox.cli.report_writing import write
from slidebox.cli.transferring import listening
from slidebox.engine import Engine, RefusedError
from slidebox.errors import SlideboxError, UnreadableError
from slidebox.flow.book import Book
from slidebox.flow.metadata import refresher
from slidebox.flow.putting import put
from slidebox.flow.whereabouts import Whereabouts
from slidebox.home import Home
from slidebox.model import Lab, Level, StoreKind
from slidebox.plan import make_plan
from slidebox.policy import PolicyJudge, Rules, pack_dir
from slidebox.report.page import render
from slidebox.systems import load_systems
from slidebox.transfer import Existing
from slidebox.transfer.datasets import Datasets
from slidebox.transfer.describe import StepGiven

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "first-light"
REFUSED = "retina-clinic"
NEVER = "sharing/identifiable_never_public"


def main() -> int:
    """Run every step; answers the exit code."""
    begun = time.monotonic()
    output = Output()
    lab = labfile.load(ROOT).present(dt.datetime.now(dt.UTC).date())
    home = Home(ROOT)
    home.prepare()
    prepare_stores(output, lab, home)
    engine = provision(output, home)
    datasets = Datasets(lab, home, engine.outputs)
    fill(output, lab, home, datasets)
    bring_back(output, home, datasets)
    if not show_access(output, home, engine):
        return 1
    if not show_refusal(output, home):
        return 1
    summary(output, lab, datasets)
    page(output, home)
    output.say(f"\nDone in {time.monotonic() - begun:.0f} s. `make down` stops the gateway and keeps the data.")
    output.say("Next: source .slidebox/env, then slidebox plan, check, or report --serve.")
    return 0


def prepare_stores(output: Output, lab: Lab, home: Home) -> None:
    """Make and mark the two folders that stand in for disks, and start the gateway over the first."""
    output.say("\n1. Stores: two folders stand in for disks; a gateway serves S3 over one")
    for name, store in lab.file.stores.items():
        if store.kind is not StoreKind.DRIVE:
            continue
        root = drives.drive_path(ROOT, store)
        # Only the example's own folders are made here; a real disk is mounted, and marked with `slidebox mark`.
        if root.is_relative_to(home.root):
            root.mkdir(parents=True, exist_ok=True)
            drives.mark(lab.file.lab, name, root)
        output.say(f"   {name}: {root.relative_to(ROOT) if root.is_relative_to(ROOT) else root}")
    for status in gateway.start(lab, home):
        output.say(f"   {status.store}: {status.s3_url} ({'started' if status.started else 'already running'})")


def provision(output: Output, home: Home) -> Engine:
    """`pulumi up` of the project's stack, with the rules watching."""
    output.say(f"\n2. pulumi up -s {PROJECT} --policy-pack policies")
    engine = Engine(home)
    engine.stack_select(PROJECT)
    outcome = engine.preview(PROJECT, policy_pack=pack_dir())
    if outcome.changed:
        outcome = engine.up(PROJECT, policy_pack=pack_dir())
    made = ", ".join(f"{count} {what}" for what, count in sorted(outcome.changes.items()))
    output.say(f"   {made or 'nothing to do'}")
    for sentence in said_once(advice.message for advice in outcome.advice):
        output.say(f"   advice: {sentence}")
    return engine


def said_once(messages: Iterable[str]) -> list[str]:
    """What rules say of places (``PLACE: …``), each sentence once, with how many places it is said of."""
    places: dict[str, list[str]] = {}
    for message in messages:
        place, _, sentence = message.partition(": ")
        places.setdefault(sentence, []).append(place)
    return [
        f"{those[0]}: {sentence}" if len(those) == 1 else f"{len(those)} places, such as {those[0]}: {sentence}"
        for sentence, those in places.items()
    ]


def fill(output: Output, lab: Lab, home: Home, datasets: Datasets) -> None:
    """Run the pipeline and put each level where the plan wants it."""
    output.say("\n3. A real pipeline on real images; each level is put, verified, recorded")
    book = Book(home)
    refresh = refresher(lab, Whereabouts(lab, home, datasets, book))
    clone = ROOT if (ROOT / ".git").exists() else None
    for stage in run(home.root / "work" / PROJECT):
        identifier = lab.projects[PROJECT].dataset_id(Level(stage.level))
        step = StepGiven(parameters=stage.parameters, pipeline=clone if stage.parameters else None)
        ready = datasets.ready(identifier, stage.folder, step=step, metadata=stage.known)
        with listening(as_json=False) as progress:
            # The pipeline may have been changed since the last run: its folder is the dataset.
            receipt = put(ready, book, existing=Existing.REPLACE, progress=progress, refresh=refresh)
        places = " and ".join(place.store for place in ready.locations)
        written, there = sum(receipt.written.values()), sum(receipt.skipped.values())
        output.say(f"   {stage.level} → {places}: {written} written and verified, {there} there already")
    output.say(
        f"   record/{PROJECT}.jsonl has {len(book.entries(PROJECT))} entries, and the chain holds (slidebox record)"
    )


def bring_back(output: Output, home: Home, datasets: Datasets) -> None:
    """Get one level with a reader's keys into an empty folder, and verify it."""
    identifier = f"{PROJECT}/{Level.BULK_EMBEDDINGS}"
    output.say(f"\n4. slidebox get {identifier}, with a reader's key")
    with tempfile.TemporaryDirectory(dir=home.root) as folder:
        receipt = datasets.get(identifier, Path(folder) / "back", principal="analysis")
        listed = ", ".join(entry.path for entry in receipt.manifest.files)
        steps = receipt.manifest.step
        output.say(f"   {listed}: every checksum matches")
        if steps:
            output.say(
                f"   made by {steps.repository} at {steps.commit[:12]} from {receipt.manifest.parents[0].dataset}"
            )


def show_access(output: Output, home: Home, engine: Engine) -> bool:
    """Try what a reader, a stranger and nobody may do; answers whether the store enforced it."""
    output.say("\n5. Who can do what, tried on the store itself")
    tried: list[Attempt] = attempts(home, engine.outputs(PROJECT), PROJECT)
    rows = [(a.who, a.what, "allowed" if a.allowed else "refused") for a in tried]
    output.table("", ("who", "tries to", "answer"), rows)
    wrong = [a for a in tried if a.allowed is not a.expected]
    for attempt in wrong:
        output.error(f"{attempt.who} was expected to be {'allowed' if attempt.expected else 'refused'}: {attempt.what}")
    return not wrong


def show_refusal(output: Output, home: Home) -> bool:
    """Preview the same lab with identifiable images made public; answers whether it was refused and nothing made."""
    output.say(f"\n6. The same lab with the identifiable images of {REFUSED} made public")
    with tempfile.TemporaryDirectory(prefix="slidebox-refused-") as folder:
        other = Path(folder)
        copy_lab(home, other)
        file = other / "projects" / f"{REFUSED}.yaml"
        text = file.read_text(encoding="utf-8")
        file.write_text(make_public(text), encoding="utf-8")
        engine = Engine(Home(other))
        engine.stack_select(REFUSED)
        before = engine.outputs(REFUSED)
        try:
            engine.preview(REFUSED, policy_pack=pack_dir())
        except (RefusedError, SlideboxError) as refusal:
            output.say(f"   $ pulumi preview -s {REFUSED}")
            for line in in_short(refusal.message):
                output.say(f"   {line}")
            refused = NEVER in refusal.message and engine.outputs(REFUSED) == before
            output.say(
                "   Refused at preview; nothing was made." if refused else "   That is not the expected refusal."
            )
            return refused
    output.error("public identifiable data were not refused")
    return False


def in_short(refusal: str) -> list[str]:
    """A refusal as far as this step is about it, and the names of the other rules that refuse, too."""
    head, *said = (line.strip() for line in refusal.splitlines())
    others = {line[1:].partition("]")[0] for line in said if line.startswith("[") and NEVER not in line}
    shown = [head, *(line for line in said if NEVER in line or not line.startswith("["))]
    return [*shown, f"So do {' and '.join(sorted(others))}; pulumi says the sentences of each."] if others else shown


def copy_lab(home: Home, other: Path) -> None:
    """The lab's declarations in another folder, on the same state and stores."""
    for name in ("lab.yaml", "Pulumi.yaml"):
        shutil.copy2(ROOT / name, other / name)
    for name in ("projects", "infra"):
        shutil.copytree(ROOT / name, other / name)
    for name in ("plugins", "policies", ".venv"):
        (other / name).symlink_to(ROOT / name)
    (other / ".slidebox").symlink_to(home.root)


def make_public(text: str) -> str:
    """A project file whose readers are `public`.

    Raises
    ------
    UnreadableError
        If the file has no audience to change.
    """
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if line.strip().startswith("reader:") and not line.lstrip().startswith("#"):
            lines[number] = f"{line[: line.index('reader:')]}reader: [public]"
            return "\n".join(lines) + "\n"
    raise UnreadableError(f"projects/{REFUSED}.yaml declares no readers that could be made public.")


def summary(output: Output, lab: Lab, datasets: Datasets) -> None:
    """What was made, where, who reads it and what it costs."""
    today = dt.datetime.now(dt.UTC).date()
    systems = load_systems(lab.file.playbook)
    with Rules() as rules:
        plan = make_plan(lab, systems, PolicyJudge(rules, lab, systems, today), now=today, projects=[PROJECT])
    project = lab.projects[PROJECT]
    rows = []
    for level in project.datasets:
        entry = plan.of(project.dataset_id(level), project.activity_of(level).term)
        where = " and ".join(place.store for place in datasets.locations(entry.dataset))
        readers = sorted({reader.partition(":")[2] or reader for p in entry.placements for reader in p.readers})
        monthly = sum(p.cost.monthly for p in entry.placements)
        once = sum(p.cost.once for p in entry.placements)
        rows.append((level.replace("_", " "), where, ", ".join(readers), f"{monthly:.4f}", f"{once:.4f}"))
    output.table("\n7. What was made", ("level", "where", "readers", "USD/month", "USD once"), rows)
    output.say("   Buckets and folders by name:")
    output.line("   pulumi stack output locations -s first-light --json")


def page(output: Output, home: Home) -> None:
    """Write the page for whoever runs the lab's storage."""
    output.say("\n8. slidebox report: everything on one page, to be opened in a browser")
    found = gather(Asked(ROOT, dt.datetime.now(dt.UTC)), output)
    target = write(home.root / "report", render(found.page))
    output.line(f"   {target.relative_to(ROOT) if target.is_relative_to(ROOT) else target}")
    for sentence in summed_up(found.page):
        output.say(f"   {sentence}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SlideboxError as error:
        Output().error(error.message, error.cure)
        sys.exit(error.exit_code)
