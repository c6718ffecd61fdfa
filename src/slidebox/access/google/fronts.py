"""Whom a load balancer with a CDN lets at a bucket that it reads by itself.

A backend bucket serves what everybody may read. What only the service account of Cloud CDN may read it serves to
whoever has a signed address; where no key to sign with is asked for, nothing says that it does not serve everybody.

Sources: Google Cloud, "Backend buckets overview", "Use signed URLs" (Cloud CDN), as of 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.access.google.estate import Estate
from slidebox.access.google.grants import Grant
from slidebox.access.google.roles import GET
from slidebox.access.snapshot import why_unread

FILL = re.compile(r"serviceAccount:service-(?P<number>\d+)@cloud-cdn-fill\.iam\.gserviceaccount\.com")
"""The service account by which Cloud CDN reads."""


def through_cdn(grant: Grant, bucket: str, estate: Estate) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Who reads by way of a CDN what its service account may read.

    Parameters
    ----------
    grant
        A grant to some member.
    bucket
        The bucket.
    estate
        What is around it.

    Yields
    ------
    principal, path
        Whom it lets in (``anyone``, ``account:signed-url:BACKEND`` or ``unknown``), and how.
    """
    match = FILL.fullmatch(grant.member)
    if match is None or GET not in grant.permissions:
        return
    project = estate.project(match["number"])
    backends = project.get("backend_buckets")
    if not project or "backend_buckets" not in project or why_unread(backends) is not None:
        yield "unknown", (why_unread(backends) or "what its CDN serves is not part of this",)
        return
    for backend in backends if isinstance(backends, list) else ():
        said = backend if isinstance(backend, Mapping) else {}
        if why := _why(backend, *map(said.get, ("bucketName", "name", "selfLink"))):
            yield "unknown", ("a backend bucket", why)
        elif said.get("bucketName") == bucket and said.get("enableCdn") is not False:
            yield from _served(said, project.get("url_maps"))


def _served(backend: Mapping[str, Any], maps: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    name = str(backend.get("name") or "")
    behind = _maps_to(name, str(backend.get("selfLink") or ""), maps)
    if behind is None:
        return
    path = (f"backend bucket {name}", *([f"URL map {behind}"] if behind else []))
    policy = backend.get("cdnPolicy")
    keys = policy.get("signedUrlKeyNames") if isinstance(policy, Mapping) else None
    if why := _why(policy, keys, *(keys if isinstance(keys, list) else ())):
        yield "unknown", (*path, why)
    elif isinstance(keys, list) and keys:
        yield f"account:signed-url:{name}", (*path, "whoever has an address signed with one of its keys")
    else:
        yield "anyone", (*path, "no signed address is asked for")


def _why(*parts: Any) -> str:
    """Why one of several parts is not known; empty where all are."""
    return next((why for why in map(why_unread, parts) if why is not None), "")


def _maps_to(name: str, link: str, maps: Any) -> str | None:
    """The URL map by which a backend bucket is reached; empty where that is not known, None where there is none."""
    if not isinstance(maps, list):
        return ""
    for one in maps:
        if why_unread(one) is not None or not isinstance(one, Mapping):
            return ""
        services = list(_services(one))
        if None in services:
            return ""
        if any(service == link or str(service).endswith(f"/backendBuckets/{name}") for service in services if service):
            return str(one.get("name") or "")
    return None


def _services(value: Any) -> Iterator[Any]:
    """Every backend that a URL map names, at any depth; None for one that is not known."""
    if isinstance(value, Mapping):
        if why_unread(value) is not None:
            yield None
        for name, inner in value.items():
            if name in ("defaultService", "service", "backendService") and isinstance(inner, str):
                yield inner
            else:
                yield from _services(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _services(inner)
