"""Backend buckets and URL maps in Google Cloud, as Terraform has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slidebox.access import UNKNOWN
from slidebox.access.snapshot import unread
from slidebox.adoption.terraform_resources import Resource
from slidebox.audit.google.plan import LATER, Plan

_BACKEND = "google_compute_backend_bucket"
_KEY = f"{_BACKEND}_signed_url_key"
_MAPS = ("google_compute_url_map", "google_compute_region_url_map")
_NAMING = ("default_service", "path_matcher", "default_route_action", "test")


def add(plan: Plan, projects: dict[str, dict[str, Any]]) -> None:
    """Add backend buckets and URL maps to the projects that they are in."""
    backends = list(plan.of(_BACKEND))
    maps = [(one.text("name"), list(_services(one, plan))) for one in plan.of(*_MAPS)]
    for one in backends:
        project = projects.setdefault(plan.project(one), {})
        project.setdefault("backend_buckets", []).append(_backend(one, plan))
    # A backend bucket that is there already can be behind a map that is not among the resources.
    if backends and (maps or not any(one.made for one in backends)):
        for one in backends:
            project = projects[plan.project(one)]
            if not one.made or any(_link(one) in services for _, services in maps):
                listed = [{"name": name, "pathMatchers": _as_api(services)} for name, services in maps]
                project.setdefault("url_maps", listed)


def _backend(one: Resource, plan: Plan) -> dict[str, Any]:
    names = plan.buckets(one, "bucket_name")
    keys = [key.text("name") for key in plan.of(_KEY) if one.text("name") in _about(key, plan)]
    return {
        "name": one.text("name"),
        "selfLink": _link(one),
        "bucketName": names[0] if len(names) == 1 else unread(LATER),
        "enableCdn": one.values.get("enable_cdn") is True if "enable_cdn" not in one.unknown else None,
        "cdnPolicy": {"signedUrlKeyNames": keys},
    }


def _about(key: Resource, plan: Plan) -> list[str]:
    said = key.text("backend_bucket")
    if said not in ("", UNKNOWN):
        return [said.rpartition("/")[2]]
    return [source.text("name") for source in plan.sources(key, "backend_bucket", _BACKEND)]


def _link(one: Resource) -> str:
    return f"global/backendBuckets/{one.text('name')}"


def _services(one: Resource, plan: Plan) -> Iterator[str]:
    """Every backend bucket that a map names; unknown where something that it names is known only later."""
    for attribute in _NAMING:
        sources = plan.sources(one, attribute, _BACKEND) if attribute in one.sources else []
        yield from (_link(source) for source in sources)
        for text in _texts(one.whole().get(attribute)):
            if text == UNKNOWN and not sources:
                yield UNKNOWN
            elif "/backendBuckets/" in text:
                yield f"global/backendBuckets/{text.rpartition('/')[2]}"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _as_api(services: list[str]) -> list[dict[str, Any]]:
    return [unread(LATER) if service == UNKNOWN else {"service": service} for service in services]
