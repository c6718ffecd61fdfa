"""The little of the data plane that tests of containers need: blobs are put, listed and deleted."""

from __future__ import annotations

import base64
import json
import time
from xml.sax.saxutils import escape

from .faults import Answer
from .state import State

_XML = '<?xml version="1.0" encoding="utf-8"?>'
TENANT = "11111111-1111-1111-1111-111111111111"


def token(audience: str, seconds: float) -> dict[str, str]:
    """An access token, signed by nobody, as the endpoint of a managed identity answers it."""
    now = int(time.time())
    claims = {
        "aud": audience,
        "iss": f"https://sts.windows.net/{TENANT}/",
        "iat": now,
        "nbf": now - 60,
        "exp": int(now + seconds),
        "tid": TENANT,
    }
    parts = [{"alg": "RS256", "typ": "JWT", "kid": "test"}, claims, {"signed": "by nobody"}]
    text = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return {"access_token": text, "expires_on": str(int(now + seconds)), "resource": audience, "token_type": "Bearer"}


def claims_of(header: str) -> dict[str, object] | None:
    """The claims of a bearer token; None where there is none."""
    kind, _, text = header.partition(" ")
    try:
        middle = text.split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (IndexError, ValueError):
        return None
    return found if kind == "Bearer" and isinstance(found, dict) else None


def serve(state: State, method: str, account: str, rest: str, query: dict[str, str], body: bytes) -> Answer:
    """Answer a call of the data plane."""
    container, _, name = rest.partition("/")
    if query.get("restype") == "service" and query.get("comp") == "properties":
        on = str(bool(state.websites.get(account))).lower()
        text = f"{_XML}<StorageServiceProperties><StaticWebsite><Enabled>{on}</Enabled></StaticWebsite>"
        return Answer(200, f"{text}</StorageServiceProperties>".encode(), {"Content-Type": "application/xml"})
    start = f"/storageaccounts/{account}/blobservices/default/containers/{container}".lower()
    if not any(key.endswith(start) for key in state.things):
        return _refused(404, "ContainerNotFound")
    if query.get("comp") == "acl":
        return Answer(200, _policies(state, account, container), {"Content-Type": "application/xml"})
    if query.get("action") == "getAccessControl":
        return Answer(200, None, state.folders.get((account, container), {}))
    blobs = state.blobs.setdefault((account, container), {})
    if query.get("comp") == "list":
        found = "".join(
            f"<Blob><Name>{escape(key)}</Name><Properties><Content-Length>{len(data)}</Content-Length>"
            "<BlobType>BlockBlob</BlobType></Properties></Blob>"
            for key, data in sorted(blobs.items())
        )
        text = f"{_XML}<EnumerationResults><Blobs>{found}</Blobs><NextMarker/></EnumerationResults>"
        return Answer(200, text.encode(), {"Content-Type": "application/xml"})
    if method == "PUT":
        blobs[name] = body
        return Answer(201, b"")
    if name not in blobs:
        return _refused(404, "BlobNotFound")
    if method == "DELETE":
        del blobs[name]
        return Answer(202, b"")
    return Answer(200, blobs[name])


def _policies(state: State, account: str, container: str) -> bytes:
    found = "".join(
        f"<SignedIdentifier><Id>{escape(name)}</Id><AccessPolicy><Expiry>{expiry}</Expiry>"
        f"<Permission>{permission}</Permission></AccessPolicy></SignedIdentifier>"
        for name, (permission, expiry) in state.policies.get((account, container), {}).items()
    )
    return f"{_XML}<SignedIdentifiers>{found}</SignedIdentifiers>".encode()


def _refused(status: int, code: str) -> Answer:
    text = f"{_XML}<Error><Code>{code}</Code><Message>{code}</Message></Error>"
    return Answer(status, text.encode(), {"Content-Type": "application/xml", "x-ms-error-code": code})
