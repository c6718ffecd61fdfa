r"""A lab and a project written in Python instead of YAML: the same words, typed.

Use it where declarations come from somewhere else, such as a sample database: build `Project` values
from it and hand them to `slidebox.provision`. Everything is checked as YAML is, planned by the same
planner and judged by the same rules. A program provisions one project in one stack.

    source ../../.slidebox/env
    mkdir -p disks/bench disks/safe          # or mount two disks there
    python -c "from pathlib import Path; from slidebox import drives; \
        [drives.mark('tiny-lab', name, Path('disks', name)) for name in ('bench', 'safe')]"
    pulumi stack init organoids
    pulumi up -s organoids --policy-pack ../../policies
"""

import datetime as dt

from slidebox import provision
from slidebox.model import (
    Activity,
    Audience,
    Dataset,
    LabFile,
    Level,
    Person,
    Playbook,
    Project,
    Sensitivity,
    Step,
    Store,
    StoreKind,
    System,
    Team,
    Term,
)
from slidebox.quantities import Size

LAB = LabFile(
    lab="tiny-lab",
    title="A lab of three",
    people={"ada": Person(name="Ada"), "bob": Person(name="Bob"), "cy": Person(name="Cy")},
    teams={"imaging": Team(members=("ada", "bob"))},
    stores={
        "bench": Store(system=System.INTERNAL_DRIVE, kind=StoreKind.DRIVE, path="disks/bench"),
        "safe": Store(system=System.EXTERNAL_DRIVE, kind=StoreKind.DRIVE, path="disks/safe"),
    },
    # Figure 1 of the playbook has other stores first for these; this lab has only its own disks.
    playbook=Playbook(
        preferences={
            Level.RAW_IMAGES: {Term.MID: (System.INTERNAL_DRIVE, System.EXTERNAL_DRIVE)},
            Level.SEGMENTATION_MASKS: {Term.SHORT: (System.INTERNAL_DRIVE,)},
        }
    ),
)

PROJECT = Project(
    project="organoids",
    title="Growth of organoids",
    owner="ada",
    audience=Audience(contributor=("imaging",), reader=("cy",), steward=("ada",)),
    datasets={
        Level.RAW_IMAGES: Dataset(
            size=Size.parse("40 MB"),
            files=12,
            sensitivity=Sensitivity.OPEN,
            activity=Activity.RESTING,  # nobody works on them any more: two copies
        ),
        Level.SEGMENTATION_MASKS: Dataset(
            size=Size.parse("2 MB"),
            files=12,
            sensitivity=Sensitivity.OPEN,
            parents=("raw_images",),
            step=Step(
                repository="https://github.com/tiny-lab/organoids",
                commit="4f0c9d2a71be",
                parameters={"threshold": 0.5},
                date=dt.date(2026, 4, 14),
            ),
        ),
    },
)

provision(PROJECT, LAB)
