"""Which dataset a bucket of Google Cloud says that it holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slidebox.provider.gcs_labels import spelled


def dataset_of(labels: Mapping[str, Any]) -> str:
    """The dataset by the lab's tags, as labels spell them; empty where they name none.

    Parameters
    ----------
    labels
        The labels of a bucket.
    """
    project, level = labels.get("project"), labels.get("level")
    if not isinstance(project, str) or not isinstance(level, str):
        return ""
    dataset = f"{project}/{level}"
    return dataset if labels.get("dataset") == spelled(dataset) else ""
