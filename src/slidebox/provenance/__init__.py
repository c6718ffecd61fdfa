"""Where data came from: the manifest of a dataset, kept beside it as an RO-Crate 1.2.

One `ro-crate-metadata.json` lies beside the files of every location. It is the list of files with their
checksums, the facts that were declared, the metadata that came down from the parents, and the step that
made the dataset.
"""

from slidebox.provenance.crate import decode, encode
from slidebox.provenance.manifest import (
    CRATE_FILE,
    RESERVED_PREFIX,
    FileEntry,
    Manifest,
    Parent,
    Property,
    StepRun,
    Value,
    digest,
    inherit,
    media_type,
    why_unsafe,
)

__all__ = [
    "CRATE_FILE",
    "RESERVED_PREFIX",
    "FileEntry",
    "Manifest",
    "Parent",
    "Property",
    "StepRun",
    "Value",
    "decode",
    "digest",
    "encode",
    "inherit",
    "media_type",
    "why_unsafe",
]
