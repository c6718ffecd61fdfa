"""The HTTP server: who calls, what is asked for, what fails on demand."""

from __future__ import annotations

import json
import re
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from . import accounts, authorization, blobs, consumption, containers, insights, vaults
from .certificate import certificate
from .faults import Answer, Fault, RefusedError, not_found
from .state import Call, State

SUBSCRIPTION = "22222222-2222-2222-2222-222222222222"
_GROUP = r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)/providers/Microsoft.Storage"
_ACCOUNT = rf"{_GROUP}/storageAccounts/(?P<account>[^/]+)"
_SERVICE = rf"{_ACCOUNT}/blobServices/default"
_CONTAINER = rf"{_SERVICE}/containers/(?P<container>[^/]+)"
_POLICY = rf"{_CONTAINER}/immutabilityPolicies/default"
_SCOPED = r"(?P<scope>.*?)/providers/Microsoft.Authorization"
_SETTINGS = r"(?P<resource>/subscriptions/.*?)/providers/Microsoft.Insights/diagnosticSettings"
_BUDGET = r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Consumption/budgets"
_NAMED = r"/(?P<name>[^/]+)"

Handler = Callable[[State, Call], Answer]
_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("PUT", _ACCOUNT, accounts.put_account),
    ("GET", _ACCOUNT, accounts.get_account),
    ("PATCH", _ACCOUNT, accounts.patch_account),
    ("DELETE", _ACCOUNT, accounts.delete_account),
    ("GET", rf"{_GROUP}/storageAccounts", accounts.list_accounts),
    ("GET", r"/subscriptions/[^/]+/providers/Microsoft.Storage/locations/here/asyncoperations/[^/]+", accounts.poll),
    ("GET", _SERVICE, accounts.get_service),
    ("PUT", _SERVICE, accounts.put_service),
    ("PUT", rf"{_ACCOUNT}/encryptionScopes/[^/]+", accounts.put_scope),
    ("PATCH", rf"{_ACCOUNT}/encryptionScopes/[^/]+", accounts.patch_scope),
    ("PUT", rf"{_ACCOUNT}/managementPolicies/default", accounts.put_management_policy),
    ("PUT", rf"{_ACCOUNT}/inventoryPolicies/default", accounts.put_inventory_policy),
    ("GET", rf"{_ACCOUNT}/(encryptionScopes|managementPolicies|inventoryPolicies)/[^/]+", accounts.get_thing),
    ("DELETE", rf"{_ACCOUNT}/(managementPolicies|inventoryPolicies)/default", accounts.delete_thing),
    ("PUT", _CONTAINER, containers.put_container),
    ("GET", _CONTAINER, containers.get_container),
    ("PATCH", _CONTAINER, containers.patch_container),
    ("DELETE", _CONTAINER, containers.delete_container),
    ("GET", rf"{_SERVICE}/containers", containers.list_containers),
    ("POST", rf"{_CONTAINER}/setLegalHold", containers.set_hold),
    ("POST", rf"{_CONTAINER}/clearLegalHold", containers.clear_hold),
    ("GET", _POLICY, containers.get_policy),
    ("PUT", _POLICY, containers.put_policy),
    ("DELETE", _POLICY, containers.delete_policy),
    ("POST", rf"{_POLICY}/lock", containers.lock_policy),
    ("GET", r"/subscriptions/(?P<subscription>[^/]+)/resources", vaults.list_resources),
    ("GET", r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.KeyVault/vaults/[^/]+", vaults.get_vault),
    ("GET", rf"{_BUDGET}{_NAMED}", consumption.get_budget),
    ("PUT", rf"{_BUDGET}{_NAMED}", consumption.put_budget),
    ("DELETE", rf"{_BUDGET}{_NAMED}", consumption.delete_budget),
    ("GET", _SETTINGS, insights.list_settings),
    ("GET", rf"{_SETTINGS}{_NAMED}", insights.get_setting),
    ("PUT", rf"{_SETTINGS}{_NAMED}", insights.put_setting),
    ("DELETE", rf"{_SETTINGS}{_NAMED}", insights.delete_setting),
    ("GET", rf"{_ACCOUNT}/(localUsers|objectReplicationPolicies)", accounts.list_things),
    ("GET", r"/subscriptions/[^/]+/providers/Microsoft.Cdn/profiles", accounts.list_profiles),
    ("GET", r"/subscriptions/.*/providers/Microsoft.Cdn/profiles/.*", accounts.list_below),
    ("GET", rf"{_SCOPED}/denyAssignments", authorization.list_others),
    ("GET", rf"{_SCOPED}/role(Eligibility|Assignment)ScheduleInstances", authorization.list_others),
    ("GET", rf"{_SCOPED}/roleDefinitions", authorization.list_definitions),
    ("GET", rf"{_SCOPED}/roleDefinitions{_NAMED}", authorization.get_definition),
    ("PUT", rf"{_SCOPED}/roleDefinitions{_NAMED}", authorization.put_definition),
    ("DELETE", rf"{_SCOPED}/roleDefinitions{_NAMED}", authorization.delete_definition),
    ("GET", rf"{_SCOPED}/roleAssignments", authorization.list_assignments),
    ("GET", rf"{_SCOPED}/roleAssignments{_NAMED}", authorization.get_assignment),
    ("PUT", rf"{_SCOPED}/roleAssignments{_NAMED}", authorization.put_assignment),
    ("DELETE", rf"{_SCOPED}/roleAssignments{_NAMED}", authorization.delete_assignment),
)
_COMPILED = tuple((method, re.compile(pattern, re.IGNORECASE), handler) for method, pattern, handler in _ROUTES)
_IDENTITY_HEADER = "a-managed-identity-of-the-test"


@dataclass(frozen=True)
class Request:
    """A call that was made, for tests to count."""

    method: str
    path: str


class ArmDouble:
    """The server, on a free port of loopback while it is used as a context.

    Attributes
    ----------
    state
        What it keeps.
    faults
        What fails.
    requests
        What was asked of it.
    token_seconds
        For how long the tokens that it hands out hold.
    """

    def __init__(self) -> None:
        self.state = State()
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self.token_seconds = 3600.0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        public, private = certificate()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(public, private)
        # The thread of each connection shakes hands, not the one that accepts them.
        self._server.socket = context.wrap_socket(self._server.socket, True, do_handshake_on_connect=False)
        self.url = f"https://127.0.0.1:{self._server.server_address[1]}"
        self.state.url = self.url

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def environment(self) -> dict[str, str]:
        """What makes the SDKs find a managed identity here and nowhere else, and trust the server."""
        return {
            "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
            "IDENTITY_ENDPOINT": f"{self.url}/msi/token",
            "IDENTITY_HEADER": _IDENTITY_HEADER,
            "REQUESTS_CA_BUNDLE": str(certificate()[0]),
        }

    def assignments(self) -> list[dict[str, Any]]:
        """The role assignments that there are."""
        return [thing["properties"] for _, thing in authorization.assignments(self.state)]

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        """Answer one call."""
        address = urlsplit(target)
        path, query = unquote(address.path), dict(parse_qsl(address.query))
        if path == "/msi/token":
            if headers.get("x-identity-header") != _IDENTITY_HEADER:
                return Answer(401, {"error": "unauthorized_client"})
            return Answer(200, blobs.token(query.get("resource", ""), self.token_seconds))
        with self.state.lock:
            self.requests.append(Request(method, path))
            exists = self.state.find(path) is not None
            for fault in self.faults:
                if fault.strikes(method, path, exists):
                    return fault.answer
            try:
                return self._route(method, path, query, headers, body)
            except RefusedError as refused:
                return refused.answer

    def _route(self, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes) -> Answer:
        managed = path.lower().startswith(("/subscriptions/", "/providers/"))
        self._admit(headers, "https://management." if managed else "https://storage.azure.com")
        if not managed:
            account, _, rest = path.strip("/").partition("/")
            return blobs.serve(self.state, method, account, rest, query, body)
        if "api-version" not in query and "asyncoperations" not in path:
            raise RefusedError(400, "MissingApiVersionParameter", "The api-version query parameter is required.")
        for verb, pattern, handler in _COMPILED:
            match = pattern.fullmatch(path)
            if verb == method and match:
                said = json.loads(body) if body else {}
                return handler(self.state, Call(path, match.groupdict(), query, headers, said))
        raise not_found(path)

    def _admit(self, headers: dict[str, str], audience: str) -> None:
        claims = blobs.claims_of(headers.get("authorization", ""))
        if claims is None:
            raise RefusedError(401, "AuthenticationFailed", "The 'Authorization' header is missing or not a token.")
        if not str(claims.get("aud")).startswith(audience):
            raise RefusedError(401, "InvalidAuthenticationTokenAudience", "The access token is for another audience.")
        if float(str(claims.get("exp"))) < time.time():
            raise RefusedError(401, "ExpiredAuthenticationToken", "The access token has expired.")


def _handler(double: ArmDouble) -> type[BaseHTTPRequestHandler]:
    class Handling(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # An answer goes out in one piece: in two, the second waits for the receipt of the first.
        wbufsize = -1
        disable_nagle_algorithm = True

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            said = double.answer(self.command, self.path, headers, body)
            data = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode() if said.body else b""
            self.send_response(said.status)
            for name, value in {"Content-Type": "application/json", **said.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do_HEAD = _do  # noqa: N815 - names of the standard library

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its parent's name
            """Say nothing."""

    return Handling
