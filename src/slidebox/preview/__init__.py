"""What the engine shows or has written down, as the facts document that the rules are asked about.

`read` takes a saved preview or an exported stack, `facts_of` makes facts of its resources. Nothing here
talks to the engine or to a store, and nothing judges.
"""

from slidebox.preview.aws_buckets import LOCATION_TAG
from slidebox.preview.aws_holders import PRINCIPAL_TAG
from slidebox.preview.declared import Declared
from slidebox.preview.document import Preview, facts_of, one, opened
from slidebox.preview.files import read
from slidebox.preview.held import held_against
from slidebox.preview.seen import (
    AWS_BUCKETS,
    BUCKET,
    CLUSTER_FOLDER,
    DECLARATION,
    FOLDER,
    SHARE,
    UNREAD,
    USER,
    Seen,
    settled,
)

__all__ = [
    "AWS_BUCKETS",
    "BUCKET",
    "CLUSTER_FOLDER",
    "DECLARATION",
    "FOLDER",
    "LOCATION_TAG",
    "PRINCIPAL_TAG",
    "SHARE",
    "UNREAD",
    "USER",
    "Declared",
    "Preview",
    "Seen",
    "facts_of",
    "held_against",
    "one",
    "opened",
    "read",
    "settled",
]
