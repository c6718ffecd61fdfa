"""Inventory reports of Storage Insights: their configurations. No report is ever written."""

from __future__ import annotations

import copy
import datetime as dt
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from google.cloud.storageinsights_v1 import types
from google.protobuf import json_format

from .discovery import Method
from .faults import Refused, invalid
from .service import Request, Service

_PATH = re.compile(
    r"/v1/projects/(?P<project>[^/:]+)/locations/(?P<location>[^/:]+)/reportConfigs(?:/(?P<config>[^/:]+))?"
)
_NEEDED = {"project", "bucket", "name"}
_CHANGEABLE = {"frequency_options", "object_metadata_report_options", "labels", "display_name"}
_VERBS: Mapping[tuple[str, bool], tuple[str, type[Any]]] = {
    ("POST", False): ("create", types.CreateReportConfigRequest),
    ("GET", False): ("list", types.ListReportConfigsRequest),
    ("GET", True): ("get", types.GetReportConfigRequest),
    ("PATCH", True): ("update", types.UpdateReportConfigRequest),
    ("DELETE", True): ("delete", types.DeleteReportConfigRequest),
}


class Reports:
    """The API and its configurations, in every project.

    Parameters
    ----------
    service
        The cloud that the buckets are in.

    Attributes
    ----------
    configurations
        Each as it was sent, by name.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self.configurations: dict[str, dict[str, Any]] = {}

    def find(self, verb: str, path: str) -> tuple[Method, dict[str, str]] | None:
        """The method of a request, and the parameters in its path."""
        match = _PATH.fullmatch(path)
        about = _VERBS.get((verb, bool(match and match["config"])))
        if match is None or about is None:
            return None
        method = Method(f"storageinsights.{about[0]}", verb, _PATH, {}, about[0], uploads=False)
        return method, {name: value for name, value in match.groupdict().items() if value}

    def check_query(self, method: Method, query: Mapping[str, list[str]]) -> None:
        """Refuse parameters that are no field of the request's type."""
        kind = next(kind for verb, kind in _VERBS.values() if verb == method.body)
        known = {field.json_name for field in kind.pb().DESCRIPTOR.fields} | {"$alt"}
        if unknown := sorted(set(query) - known):
            raise invalid(f"{method.id} has no parameter {unknown[0]!r}.")

    def check_body(self, method: Method, body: Any, *, numbers: bool = False) -> None:
        """Refuse a body that is no configuration; numbers of enumerations are always taken."""
        if method.body not in {"create", "update"}:
            return
        try:
            json_format.ParseDict(body, types.ReportConfig.pb()())
        except json_format.ParseError as error:
            raise invalid(str(error)) from None

    def carry_out(self, method: str, request: Request) -> Any:
        """The answer of a method.

        Raises
        ------
        Refused
            If it is refused.
        """
        verb = method.partition(".")[2]
        with self._service.lock:
            project, permission = request.path["project"], f"storageinsights.reportConfigs.{verb}"
            has = permission in self._service.directory.allowed(project, request.caller)
            self._service.need(request, permission, has, f"projects/{project}")
            return _METHODS[verb](self, request)

    # What each method does

    def create(self, request: Request) -> Any:
        """Make a configuration, which is given an id."""
        self._check(request.path, request.body)
        parent = f"projects/{request.path['project']}/locations/{request.path['location']}"
        name = f"{parent}/reportConfigs/{uuid.uuid4()}"
        self.configurations[name] = {**copy.deepcopy(request.body), "name": name}
        return self.configurations[name]

    def list(self, request: Request) -> Any:
        """Show those of a place."""
        parent = f"projects/{request.path['project']}/locations/{request.path['location']}/"
        return {"reportConfigs": [said for name, said in self.configurations.items() if name.startswith(parent)]}

    def get(self, request: Request) -> Any:
        """Show one."""
        return self.configurations[self._name(request)]

    def update(self, request: Request) -> Any:
        """Change of one what the mask names."""
        name = self._name(request)
        mask = {re.sub(r"[A-Z]", lambda m: f"_{m[0].lower()}", word) for word in request.query["updateMask"].split(",")}
        if mask - _CHANGEABLE:
            raise invalid(f"Invalid update mask {sorted(mask)}.")
        words = {word: re.sub(r"_([a-z])", lambda m: m[1].upper(), word) for word in mask}
        changed = self.configurations[name] | {word: request.body[word] for word in words.values()}
        self._check(request.path, changed)
        self.configurations[name] = changed
        return changed

    def delete(self, request: Request) -> Any:
        """Forget one."""
        del self.configurations[self._name(request)]
        return {}

    def _name(self, request: Request) -> str:
        about = request.path
        name = f"projects/{about['project']}/locations/{about['location']}/reportConfigs/{about['config']}"
        if name not in self.configurations:
            raise Refused(404, "notFound", f"ReportConfig {name} not found.")
        return name

    def _check(self, path: Mapping[str, str], said: Mapping[str, Any]) -> None:
        """Refuse a configuration that the service would refuse."""
        options = said.get("objectMetadataReportOptions", {})
        if not set(options.get("metadataFields", [])) >= _NEEDED:
            raise invalid(f"A report needs the fields {sorted(_NEEDED)}.")
        if ("csvOptions" in said) == ("parquetOptions" in said):
            raise invalid("A report is either CSV or Parquet.")
        frequency = said.get("frequencyOptions", {})
        start, end = (_date(frequency.get(name)) for name in ("startDate", "endDate"))
        if "name" not in said and start < self._service.clock().date():
            raise invalid("The start date is in the past.")
        if end <= start:
            raise invalid("The end date is before the start date.")
        for place in (options.get("storageFilters", {}), options.get("storageDestinationOptions", {})):
            bucket = self._service.buckets.get(place.get("bucket", ""))
            if bucket is None:
                raise Refused(404, "notFound", f"Bucket {place.get('bucket')!r} does not exist.")
            if bucket.configuration["location"].lower() != path["location"].lower():
                raise invalid(f"Bucket {bucket.name!r} is not in {path['location']}.")


def _date(said: Mapping[str, int] | None) -> dt.date:
    if not said:
        raise invalid("A schedule needs its first and its last day.")
    return dt.date(said["year"], said["month"], said["day"])


_METHODS: Mapping[str, Callable[[Reports, Request], Any]] = {
    "create": Reports.create,
    "list": Reports.list,
    "get": Reports.get,
    "update": Reports.update,
    "delete": Reports.delete,
}
