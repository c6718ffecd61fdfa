"""A lab with a bucket in each cloud, for tests of what was spent."""

from __future__ import annotations

from pathlib import Path

import yaml

ACCOUNT = "123456789012"
"""Its account of AWS."""

LAB = {
    "lab": "lab",
    "title": "A lab",
    "region": "us-east-1",
    "people": {"kim": {"name": "Kim"}},
    "stores": {
        "amazon": {"system": "cloud", "kind": "aws", "account": ACCOUNT, "region": "us-east-1"},
        "blobs": {
            "system": "cloud",
            "kind": "azure",
            "account": "labblobs",
            "region": "eastus",
            "subscription": "00000000-0000-0000-0000-000000000001",
            "resource_group": "lab",
        },
        "google": {"system": "cloud", "kind": "gcs", "account": "lab-project", "region": "us-central1"},
    },
    "playbook": {
        "preferences": {"raw_images": {"short": ["cloud"], "mid": ["cloud"], "long": ["cloud"]}},
    },
}
"""Its lab.yaml."""


def project(name: str, **more: object) -> dict[str, object]:
    """A project with raw images of 1 TB."""
    return {
        "project": name,
        "title": name,
        "owner": "kim",
        "audience": {"steward": ["kim"]},
        "datasets": {"raw_images": {"size": "1 TB", "files": 1000, "sensitivity": "open", "origin": "lab"}},
        **more,
    }


def write(folder: Path, *projects: dict[str, object]) -> Path:
    """The lab's files, with its projects."""
    (folder / "projects").mkdir(parents=True)
    (folder / "lab.yaml").write_text(yaml.safe_dump(LAB), encoding="utf-8")
    for one in projects:
        (folder / "projects" / f"{one['project']}.yaml").write_text(yaml.safe_dump(one), encoding="utf-8")
    return folder
