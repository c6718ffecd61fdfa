"""What to do about keys in files: the same access without one. Pure.

Sources: Google Cloud, "Best practices for managing service account keys" and "Workload Identity Federation"; AWS IAM
User Guide, "Alternatives to long-term access keys"; Microsoft, "Prevent Shared Key authorization", as of 2026-11.
"""

from __future__ import annotations

from dataclasses import dataclass

from slidebox.adoption.existing import Existing, LongLivedKey
from slidebox.model import Store, StoreKind

_ACCOUNT = "serviceAccount:"
_POOL = "iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a way out.

    Attributes
    ----------
    why
        What it is for, as a sentence.
    write
        What is written into lab.yaml, or typed, for it.
    """

    why: str
    write: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Keyless:
    """How one key can be replaced.

    Attributes
    ----------
    key
        The key.
    problem
        What is wrong with it, as a sentence.
    steps
        The way out, in order.
    """

    key: LongLivedKey
    problem: str
    steps: tuple[Step, ...]


def keyless(existing: Existing, store: Store) -> tuple[Keyless, ...]:
    """How each key of a place that does not end can be replaced; nothing where there is none.

    Parameters
    ----------
    existing
        The place.
    store
        The store that it is in.
    """
    return tuple(Keyless(key, _problem(existing, key), _steps(existing, key, store)) for key in existing.keys)


def _steps(existing: Existing, key: LongLivedKey, store: Store) -> tuple[Step, ...]:
    if store.kind is StoreKind.GCS:
        return _google(existing, key, store)
    if store.kind is StoreKind.AWS:
        return _amazon(existing, key, store)
    return (Step("Give the access to people by their own accounts, and delete the key."),)


def _problem(existing: Existing, key: LongLivedKey) -> str:
    since = f", made on {key.created}" if key.created else ""
    where = f", in {key.where}" if key.where else ""
    return f"{key.identity} holds a key that does not end{since}{where}: whoever has the file has {existing.name}."


def _google(existing: Existing, key: LongLivedKey, store: Store) -> tuple[Step, ...]:
    account = key.identity.removeprefix(_ACCOUNT)
    return (
        Step(
            "People who send or fetch data sign in as themselves, with `gcloud auth login`: say in lab.yaml who they "
            "are, and name them in the audience.",
            (f'identities: {{{existing.store}: "user:NAME@EXAMPLE.ORG"}}',),
        ),
        Step(
            "A program elsewhere signs in through a workload identity pool, for an hour at a time; a workflow on "
            "GitHub, for instance. Make the pool once, and give the workflow as a service in lab.yaml.",
            (
                f"gcloud iam workload-identity-pools create POOL --location=global --project={store.account}",
                f'identities: {{{existing.store}: "principalSet://{_POOL}/attribute.repository/OWNER/REPOSITORY"}}',
            ),
        ),
        Step(
            "When nobody uses the key any more, delete it and every copy of its file.",
            (
                f"gcloud iam service-accounts keys list --managed-by=user --iam-account={account}",
                f"gcloud iam service-accounts keys delete KEY --iam-account={account}",
            ),
        ),
    )


def _amazon(existing: Existing, key: LongLivedKey, store: Store) -> tuple[Step, ...]:
    user = key.identity.rpartition("/")[2]
    return (
        Step(
            "People and programs take on a role, whose credentials end after an hour: slidebox makes one for each role "
            "of the audience once the dataset says `as_is: false`. Say in lab.yaml who they are.",
            (
                f'identities: {{{existing.store}: "arn:aws:iam::{store.account}:role/THEIR-ROLE"}}',
                f'identities: {{{existing.store}: "github:OWNER/REPOSITORY@BRANCH"}}',
            ),
        ),
        Step(
            "When nobody uses the key any more, turn it off, and delete it a week later.",
            (
                f"aws iam update-access-key --user-name {user} --access-key-id KEY --status Inactive",
                f"aws iam delete-access-key --user-name {user} --access-key-id KEY",
            ),
        ),
    )
