"""Buckets of Google Cloud that were there before slidebox."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from slidebox.adoption.existing import Content, Existing, LongLivedKey, Member, Thing
from slidebox.adoption.reading import Counted, counted_up
from slidebox.model import Role
from slidebox.provider import gcs_read
from slidebox.provider.gcs_connections import GcsConnections
from slidebox.provider.gcs_faults import patiently, told
from slidebox.provider.gcs_store import GcsRef

ROLES: Mapping[str, Role] = {
    "roles/storage.admin": Role.STEWARD,
    "roles/storage.objectAdmin": Role.STEWARD,
    "roles/storage.objectUser": Role.STEWARD,
    "roles/storage.legacyBucketOwner": Role.STEWARD,
    "roles/storage.legacyObjectOwner": Role.STEWARD,
    "roles/storage.legacyBucketWriter": Role.STEWARD,
    "roles/storage.objectCreator": Role.CONTRIBUTOR,
    "roles/storage.objectViewer": Role.READER,
    "roles/storage.legacyBucketReader": Role.READER,
    "roles/storage.legacyObjectReader": Role.READER,
}
"""What a role of Google's comes to (Google Cloud, "IAM roles for Cloud Storage"): whoever deletes is a steward."""

_ACCOUNT = "serviceAccount:"
_IAM = "https://iam.googleapis.com"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_OK, _DENIED, _GONE = 200, 403, 404
_SECONDS = 30

Ask = Callable[[str], tuple[int, Any]]
"""Asks a path of Google's IAM API; answers the status and the document."""


class GoogleReader:
    """A project of Google Cloud, by its own default chain of credentials.

    Parameters
    ----------
    ref
        The project.
    connections
        Clients of Google Cloud.
    ask
        Asks the IAM API about the keys of service accounts; Google's own where None.
    """

    def __init__(self, ref: GcsRef, connections: GcsConnections | None = None, ask: Ask | None = None) -> None:
        self._ref = ref
        self._connections = connections or GcsConnections()
        self._ask = ask or _asker(ref)

    def names(self) -> tuple[str, ...]:
        """The project's buckets."""
        return tuple(gcs_read.names(self._connections, self._ref))

    def existing(self, name: str) -> Existing:
        """One bucket, with the long-lived keys of the service accounts that it lets in."""
        inputs, sentences = gcs_read.as_is(self._connections, self._ref, name)
        members = members_of(inputs["grants"])
        accounts = sorted({m.identity.removeprefix(_ACCOUNT) for m in members if m.identity.startswith(_ACCOUNT)})
        keys: list[LongLivedKey] = []
        said = [one for one in sentences if not any(f"--iam-account={account}" in one for account in accounts)]
        for account in accounts:
            held, doubt = self._keys(account)
            keys += held
            said += doubt
        return Existing(
            store=self._ref.name,
            name=name,
            things=(Thing("slidebox:gcs:Bucket", f"{self._ref.name}/{name}", inputs),),
            region=self._ref.region,
            members=members,
            keys=tuple(keys),
            labels=inputs["tags"],
            notes=tuple(said),
        )

    def _keys(self, account: str) -> tuple[list[LongLivedKey], list[str]]:
        """The keys of a service account that people made, or why they are not known."""
        with told(f"reading the keys of {account}", self._ref):
            status, answer = self._ask(f"/v1/projects/-/serviceAccounts/{account}/keys?keyTypes=USER_MANAGED")
        if status == _OK:
            listed = [key for key in answer.get("keys", ()) if not key.get("disabled")]
            return [LongLivedKey(_ACCOUNT + account, "", str(k.get("validAfterTime", ""))[:10]) for k in listed], []
        why = {
            _DENIED: "the permission iam.serviceAccountKeys.list is missing",
            _GONE: "there is no such account in a project that you may look at",
        }.get(status, f"Google's IAM answers {status}")
        return [], [
            f"Whether {account} has keys in files cannot be read ({why}); such a key opens the bucket and does not "
            f"end: gcloud iam service-accounts keys list --managed-by=user --iam-account={account}"
        ]

    def content(self, name: str, counted: Counted) -> Content:
        """How much there is in a bucket, counted page by page; earlier versions do not count."""
        with told(f"counting what is in bucket {name!r}", self._ref):
            pages = self._connections.storage(self._ref).list_blobs(
                name, fields="items(size),nextPageToken", retry=patiently()
            )
            return counted_up(((blob.size or 0 for blob in page) for page in pages.pages), counted)


def members_of(grants: Iterable[Mapping[str, Any]]) -> tuple[Member, ...]:
    """Who has access by a bucket's grants, as `slidebox:gcs:Bucket` has them."""
    return tuple(
        Member(
            str(grant["member"]),
            ROLES.get(str(grant["role"])),
            dt.date.fromisoformat(grant["until"]) if grant.get("until") else None,
            str(grant["role"]),
        )
        for grant in grants
    )


def _asker(ref: GcsRef) -> Ask:
    """Asks Google's IAM with the credentials that Google's own tools find; a test server has the same paths."""

    def ask(path: str) -> tuple[int, Any]:
        import google.auth  # noqa: PLC0415 - only where a store is in Google Cloud
        from google.auth.transport.requests import AuthorizedSession  # noqa: PLC0415

        credentials, _ = google.auth.default(scopes=[_SCOPE])
        answer = AuthorizedSession(credentials).get(f"{ref.endpoint or _IAM}{path}", timeout=_SECONDS)  # type: ignore[no-untyped-call]
        return answer.status_code, answer.json() if answer.status_code == _OK else {}

    return ask
