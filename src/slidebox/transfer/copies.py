"""Copies that a cloud keeps by itself: they are not written a second time, but looked at."""

from __future__ import annotations

from collections.abc import Iterable

from slidebox.errors import SlideboxError
from slidebox.transfer.places import Content, Held, Place


def arrived(place: Place, contents: Iterable[Content], manifest: bytes) -> str:
    """How far a copy is behind what was put, in a sentence; nothing is waited for.

    Parameters
    ----------
    place
        The copy.
    contents
        The files that were put.
    manifest
        What was published beside them.
    """
    total, same, other = 0, 0, ""
    try:
        place.check()
        for content in contents:
            total += 1
            held = place.holds(content)
            same += held is Held.SAME
            other = other or (content.entry.path if held in {Held.OTHER, Held.FOREIGN} else "")
        published = place.manifest() == manifest
    except SlideboxError as error:
        return f"the cloud itself keeps the copy in {place.name}, which could not be looked at: {error.message}"
    said = f"the cloud itself keeps the copy in {place.name}: {same} of {total} files have arrived and are the same"
    if other:
        return f"{said}; others are not what was put, such as {other}"
    if same == total and published:
        return f"{said}, and so is what is published"
    return f"{said}, the others are on their way; run the same command again to look again"
