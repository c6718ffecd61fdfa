"""A bucket's policy brought to what its grants say; whoever was let in by others stays."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from slidebox.errors import InputError
from slidebox.provider import gcs_faults, gcs_grants
from slidebox.provider.gcs_connections import GcsConnections
from slidebox.provider.gcs_faults import patiently
from slidebox.provider.gcs_grants import Entry
from slidebox.provider.gcs_store import GcsRef
from slidebox.provider.values import Properties

_TRIES = 5
"""How often a change is begun anew that somebody else's change has overtaken."""
_MISSING = "does not exist"
"""How Google says that a member is not there."""


def settle(
    connections: GcsConnections, ref: GcsRef, bucket: Any, inputs: Properties, state: Properties, *, fresh: bool
) -> list[str]:
    """Bring slidebox's own members to what the inputs say; answers whom others have let in.

    Parameters
    ----------
    connections
        Clients of Google Cloud.
    ref
        The store.
    bucket
        The client's bucket.
    inputs, state
        What is wanted, and what was given before.
    fresh
        Whether the bucket was just made, so that its policy has what Google gives.
    """
    number = int(bucket.project_number)
    wanted = gcs_grants.entries(inputs["grants"], number)
    known = gcs_grants.entries(state.get("granted") or [], number)
    foreign: list[str] = []

    def change(there: set[Entry]) -> tuple[set[Entry], set[Entry]]:
        own = {e for e in there if e in known or e.title.startswith(gcs_grants.TITLE)}
        given = gcs_grants.entries(gcs_grants.viewers(ref.project)) if fresh else set()
        away = (own - wanted) | (there & given)
        foreign[:] = gcs_grants.foreign(there - away, wanted | known, ref.project, number)
        return away, wanted - there

    _rewrite(connections, ref, bucket, change, fresh=fresh)
    return foreign


def let_in(connections: GcsConnections, ref: GcsRef, bucket: Any, entries: set[Entry]) -> None:
    """Let members in, and change nothing else of a policy."""
    _rewrite(connections, ref, bucket, lambda there: (set(), entries - there), fresh=False)


def _rewrite(
    connections: GcsConnections,
    ref: GcsRef,
    bucket: Any,
    change: Callable[[set[Entry]], tuple[set[Entry], set[Entry]]],
    *,
    fresh: bool,
) -> None:
    """Take entries away and add others, as `change` says of those that are there, until nobody is in between."""
    from google.api_core.exceptions import BadRequest, PreconditionFailed  # noqa: PLC0415

    made: set[str] = set()
    for attempt in range(_TRIES):
        policy = bucket.get_iam_policy(requested_policy_version=gcs_grants.POLICY_VERSION, retry=patiently(fresh=fresh))
        away, new = change(gcs_grants.present(policy.bindings))
        if not away and not new:
            return
        policy.version = gcs_grants.POLICY_VERSION
        policy.bindings = gcs_grants.rewritten(policy.bindings, away, new)
        try:
            bucket.set_iam_policy(policy, retry=patiently(fresh=fresh))
        except PreconditionFailed:
            # Somebody has changed the policy meanwhile: begin with theirs.
            if attempt == _TRIES - 1:
                raise
        except BadRequest as error:
            services = gcs_grants.agents(new)
            if _MISSING not in str(error) or not services or attempt == _TRIES - 1:
                raise
            _make_agents(connections, ref, services, made)
        else:
            return


def _make_agents(connections: GcsConnections, ref: GcsRef, services: list[str], made: set[str]) -> None:
    """Let Google make the agents of services; those that are made already are waited for."""
    from google.api_core.exceptions import Forbidden  # noqa: PLC0415 - only where a store is in Google Cloud

    if made.issuperset(services):
        time.sleep(gcs_faults.LONGEST_PAUSE_SECONDS)
        return
    for service in services:
        path = f"v1beta1/projects/{ref.project}/services/{service}.googleapis.com:generateServiceIdentity"
        try:
            connections.ask(ref, "POST", "https://serviceusage.googleapis.com", path)
        except Forbidden as error:
            raise InputError(
                f"The agent of {service} is not there in project {ref.project}, and the credentials may not make it.",
                f"Make it: `gcloud beta services identity create --service={service}.googleapis.com "
                f"--project={ref.project}`.",
            ) from error
    made.update(services)
