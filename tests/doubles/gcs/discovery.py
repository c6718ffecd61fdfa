"""Google's own descriptions of its APIs, and requests held against them."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Protocol
from urllib.parse import unquote

from .faults import Refused, invalid

_STORAGE = ("/upload/storage/v1/", "/resumable/upload/storage/v1/", "/download/storage/v1/", "/storage/v1/")
_NUMBERS = "json;enum-encoding=int"
"""What a client says that writes enumerations as numbers."""
_WHOLE = re.compile(r"-?\d+")


@dataclass(frozen=True)
class Method:
    """A method of the API.

    Attributes
    ----------
    id
        Its name: ``storage.buckets.get``.
    verb
        Its HTTP method.
    pattern
        Its path.
    parameters
        Its query and path parameters.
    body
        Name of its body's schema; None without a body.
    uploads
        Whether it takes media.
    """

    id: str
    verb: str
    pattern: re.Pattern[str]
    parameters: Mapping[str, Any]
    body: str | None
    uploads: bool


class Discovery:
    """The discovery document of an API.

    Parameters
    ----------
    name
        Its name and version.
    prefixes
        What its paths begin with.
    """

    def __init__(self, name: str, prefixes: tuple[str, ...]) -> None:
        folder = resources.files("googleapiclient.discovery_cache.documents")
        self._document: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        self._prefixes = prefixes
        self._methods = [
            _method(about) for group in _groups(self._document) for about in group.get("methods", {}).values()
        ]

    def find(self, verb: str, path: str) -> tuple[Method, dict[str, str]] | None:
        """The method of a request, and the parameters in its path; None if the API has no such method."""
        prefix = next((prefix for prefix in self._prefixes if path.startswith(prefix)), None)
        if prefix is None:
            return None
        for method in self._methods:
            match = method.pattern.fullmatch(path.removeprefix(prefix))
            if match and method.verb == verb and method.uploads >= ("upload" in prefix):
                return method, {name: unquote(value) for name, value in match.groupdict().items()}
        return None

    def check_query(self, method: Method, query: Mapping[str, list[str]]) -> None:
        """Refuse parameters that the method does not have, or that are of another type."""
        known = {**self._document["parameters"], **method.parameters, "$alt": {"type": "string", "enum": [_NUMBERS]}}
        for name, values in query.items():
            about = known.get(name)
            if about is None or about.get("location") == "path":
                raise invalid(f"{method.id} has no parameter {name!r}.")
            for value in values:
                _check_text(f"parameter {name!r} of {method.id}", about, value)
            if len(values) > 1 and not about.get("repeated"):
                raise invalid(f"Parameter {name!r} of {method.id} is given twice.")
        for name, about in method.parameters.items():
            if about.get("required") and about.get("location") == "query" and name not in query:
                raise Refused(400, "required", f"{method.id} needs the parameter {name!r}.")

    def check_body(self, method: Method, body: Any, *, numbers: bool = False) -> None:
        """Refuse a body that is not of the method's schema; enumerations may be numbers where the client says so."""
        if method.body is None:
            if body is not None:
                raise invalid(f"{method.id} takes no body.")
            return
        if not isinstance(body, Mapping):
            raise invalid(f"{method.id} needs a body.")
        self._check(method.body, {"$ref": method.body}, body, numbers)

    def _check(self, where: str, schema: Mapping[str, Any], value: Any, numbers: bool) -> None:
        if "$ref" in schema:
            schema = self._document["schemas"][schema["$ref"]]
        if value is None:
            return  # a patch takes a field away so
        kind = schema.get("type", "any")
        if kind == "object":
            if not isinstance(value, Mapping):
                raise invalid(f"{where} has to be an object.")
            self._check_fields(where, schema, value, numbers)
        elif kind == "array":
            if not isinstance(value, list):
                raise invalid(f"{where} has to be a list.")
            for number, item in enumerate(value):
                self._check(f"{where}[{number}]", schema["items"], item, numbers)
        elif kind != "any" and not (numbers and "enum" in schema and type(value) is int):
            _check_plain(where, schema, value)

    def _check_fields(self, where: str, schema: Mapping[str, Any], value: Mapping[str, Any], numbers: bool) -> None:
        others = schema.get("additionalProperties")
        for name, item in value.items():
            about = schema.get("properties", {}).get(name, others)
            if about is None:
                raise invalid(f"Unknown name {name!r} at {where!r}: cannot find field.")
            self._check(f"{where}.{name}", about, item, numbers)


class Api(Protocol):
    """An API, as far as its requests are looked at."""

    def find(self, verb: str, path: str) -> tuple[Method, dict[str, str]] | None:
        """The method of a request, and the parameters in its path."""

    def check_query(self, method: Method, query: Mapping[str, list[str]]) -> None:
        """Refuse parameters that the method does not have."""

    def check_body(self, method: Method, body: Any, *, numbers: bool = False) -> None:
        """Refuse a body that is not of the method's type."""


@functools.cache
def apis() -> tuple[Discovery, ...]:
    """The APIs that Google describes, each read once."""
    others = ("cloudkms.v1", "serviceusage.v1beta1", "cloudbilling.v1", "billingbudgets.v1", "monitoring.v3", "iam.v1")
    return Discovery("storage.v1", _STORAGE), *(Discovery(name, ("/",)) for name in others)


@functools.cache
def apis_around() -> tuple[Discovery, ...]:
    """The APIs about what is around buckets, which few tests need and which take long to read."""
    others = ("cloudresourcemanager.v3", "iam.v2", "orgpolicy.v2")
    return *(Discovery(name, ("/",)) for name in others), Discovery("compute.v1", ("/compute/v1/",))


def find(verb: str, path: str, *others: Api) -> tuple[Api, Method, dict[str, str]]:
    """The API and the method of a request, and the parameters in its path.

    Raises
    ------
    Refused
        If no API has such a method.
    """
    for api in (*apis(), *others):
        if found := api.find(verb, path):
            return api, *found
    for about in apis_around():
        if found := about.find(verb, path):
            return about, *found
    raise Refused(404, "notFound", f"No API has a method {verb} {path!r}.")


def writes_numbers(query: Mapping[str, list[str]]) -> bool:
    """Whether a client writes enumerations as numbers."""
    return query.get("$alt") == [_NUMBERS]


def _groups(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every resource of the API, also those inside others."""
    for group in document.get("resources", {}).values():
        yield group
        yield from _groups(group)


def _method(about: Mapping[str, Any]) -> Method:
    # An object's name may hold anything but arrives quoted, so that a part of a path has no slash in it. Where the
    # path is one name of many parts, the document has it a second time with each part by itself, and a verb after it.
    flat = "{+" in about["path"]
    part = r"(?P<\1>[^/:]+)" if flat else r"(?P<\1>[^/]+)"
    pattern = re.sub(r"\\\{(\w+)\\\}", part, re.escape(about["flatPath"] if flat else about["path"]))
    body = about.get("request", {}).get("$ref")
    media = bool(about.get("supportsMediaUpload"))
    return Method(about["id"], about["httpMethod"], re.compile(pattern), about["parameters"], body, media)


def _check_text(where: str, about: Mapping[str, Any], value: str) -> None:
    kind = about.get("type")
    if kind == "integer" or about.get("format") in {"int64", "uint32"}:
        fine = bool(_WHOLE.fullmatch(value))
    elif kind == "boolean":
        fine = value in {"true", "false", "True", "False"}
    else:
        fine = value in about.get("enum", [value])
    if not fine:
        raise invalid(f"Invalid value {value!r} of {where}.")


def _check_plain(where: str, schema: Mapping[str, Any], value: Any) -> None:
    kind, form = schema["type"], schema.get("format", "")
    if kind == "boolean":
        fine = isinstance(value, bool)
    elif kind == "integer":
        fine = isinstance(value, int) and not isinstance(value, bool)
    elif kind == "number":
        fine = isinstance(value, int | float) and not isinstance(value, bool)
    elif form in {"int64", "uint64"}:
        # As every API of Google's: a number of 64 bits is a text, and a number is taken too.
        fine = bool(_WHOLE.fullmatch(str(value))) and not isinstance(value, bool)
    else:
        fine = isinstance(value, str) and value in schema.get("enum", [value])
    if not fine:
        raise invalid(f"Invalid value at {where!r} (type {kind}{f' {form}' if form else ''}): {value!r}.")
