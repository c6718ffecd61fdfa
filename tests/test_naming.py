"""Bucket names: valid, the same every time, and different for different locations."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slidebox.errors import InputError
from slidebox.model import Level
from slidebox.naming import RESERVED_PREFIXES, RESERVED_SUFFIXES, bucket_name

names = st.from_regex(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", fullmatch=True).filter(lambda n: len(n) <= 40)
labs = names.filter(lambda n: not f"{n}-".startswith(RESERVED_PREFIXES))
places = st.tuples(names, st.sampled_from(Level), names)


def test_a_bucket_is_named_after_lab_project_level_and_store() -> None:
    """The name says what is in it."""
    assert bucket_name("way-lab", "nf1", Level.RAW_IMAGES, "bench-s3") == "way-lab-nf1-raw-images-bench-s3"


def test_a_long_name_ends_in_a_hash() -> None:
    """63 characters at most, and the hash tells two long names apart."""
    name = bucket_name("way-lab", "p" * 40, Level.SINGLE_CELL_EMBEDDINGS, "bench-s3")
    other = bucket_name("way-lab", "p" * 40, Level.SINGLE_CELL_EMBEDDINGS, "bench-s4")
    assert name == "way-lab-pppppppppppppppppppppppppppppppppppppppp-singl-d1531d0b"
    assert name != other


def test_a_reserved_ending_is_avoided() -> None:
    """A store that is called s3alias gets another ending."""
    assert re.fullmatch(r"a-b-metadata-s3alias-[0-9a-f]{8}", bucket_name("a", "b", Level.METADATA, "s3alias"))


def test_a_reserved_beginning_is_refused() -> None:
    """A lab cannot be called what S3 reserves."""
    with pytest.raises(InputError, match="S3 does not allow a bucket named 'sthree-b-metadata-c'"):
        bucket_name("sthree", "b", Level.METADATA, "c")


@given(labs, places)
def test_every_name_is_allowed_by_s3(lab: str, place: tuple[str, Level, str]) -> None:
    """3 to 63 lower-case letters, digits and hyphens, with nothing reserved at either end."""
    name = bucket_name(lab, *place)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", name)
    assert not name.startswith(RESERVED_PREFIXES)
    assert not name.endswith(RESERVED_SUFFIXES)


@given(labs, st.lists(st.tuples(names, st.sampled_from(Level)), unique=True, min_size=2), names)
def test_two_datasets_never_share_a_bucket_of_one_store(
    lab: str, datasets: list[tuple[str, Level]], store: str
) -> None:
    """Within one store every dataset has a bucket of its own."""
    assert len({bucket_name(lab, project, level, store) for project, level in datasets}) == len(datasets)
