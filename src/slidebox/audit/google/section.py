"""Resources of Google Cloud that Terraform manages, or plans to, as the section ``google`` of a snapshot.

What is only planned has the service's defaults where a resource is absent: uniform access off, public access
prevention inherited, the project's owners, editors and viewers in the bucket's policy and lists.

Sources: documentation of Terraform's google provider 4 to 7; Google Cloud, "Overview of access control" (the policy and
lists of new buckets), as of 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slidebox.access import UNKNOWN
from slidebox.access.snapshot import unread
from slidebox.adoption.terraform_resources import Resource, blocks_of
from slidebox.audit.google import around, lists
from slidebox.audit.google.labels import dataset_of
from slidebox.audit.google.plan import BUCKET, LATER, Plan, joined, new_policy, shown

_IAM = ("policy", "binding", "member")
_FOLDER = "google_storage_managed_folder"
_OPENING = re.compile(
    r"google_(storage_\w*(iam|acl|access_control|transfer)\w*|storage_batch\w+|(storage|project|folder|organization)\w*_iam_\w+)"
)
"""Types that let somebody at data, or copy them to where others are."""
_NO_READING = re.compile(r".*_iam_(audit_config|custom_role)$|google_storage_transfer_agent_pool$")


def section(found: Sequence[Resource]) -> dict[str, Any] | None:
    """The section ``google`` of what Terraform manages; None where there is nothing of Google Cloud.

    Parameters
    ----------
    found
        All resources.
    """
    plan = Plan(found)
    if not any(kind.removeprefix("data.").startswith("google_") for kind in plan.types):
        return None
    buckets: dict[str, Any] = {}
    unplaced: dict[str, str] = {}
    for one in plan.of(BUCKET):
        buckets[plan.bucket_name(one)] = _bucket(one, plan)
    _policies(plan, buckets, unplaced)
    _folders(plan, buckets, unplaced)
    lists.add(plan, buckets, unplaced, _elsewhere)
    unplaced.update(_unread(plan))
    said = around.around(plan, buckets)
    if not buckets and not unplaced and not any(said.values()):
        return None
    return {"buckets": buckets, "unplaced": unplaced, **said}


def _bucket(one: Resource, plan: Plan) -> dict[str, Any]:
    labels = one.values.get("labels")
    return {
        "project": plan.project(one),
        "store": "",
        "dataset": dataset_of(labels if isinstance(labels, Mapping) else {}),
        "metadata": _metadata(one),
        "policy": {"bindings": new_policy(plan.project(one))},
        "managed_folders": [],
    }


def _elsewhere(name: str, buckets: dict[str, Any]) -> dict[str, Any]:
    """The entry of a bucket: of one that is not among the resources, with nothing known of it."""
    if name not in buckets:
        why = "the bucket is not among the resources"
        buckets[name] = {"project": "", "store": "", "dataset": "", "metadata": unread(why), "policy": {"bindings": []}}
        buckets[name]["managed_folders"] = unread(why)
    entry: dict[str, Any] = buckets[name]
    return entry


def _metadata(one: Resource) -> dict[str, Any]:
    """A bucket as the API would show it, as far as its settings decide who gets in."""
    values = one.whole()
    labels = values.get("labels")
    access: dict[str, Any] = {
        "uniformBucketLevelAccess": {"enabled": values.get("uniform_bucket_level_access") is True},
        "publicAccessPrevention": values.get("public_access_prevention") or "inherited",
    }
    for name, attribute in (
        ("uniformBucketLevelAccess", "uniform_bucket_level_access"),
        ("publicAccessPrevention", "public_access_prevention"),
    ):
        if attribute in one.unknown:
            # What nobody asks for is the service's default, although a plan shows it as not known yet.
            default = {"enabled": False} if name.startswith("uniform") else "inherited"
            access[name] = unread(LATER) if one.asked is None or attribute in one.asked else default
    kept: dict[str, Any] = {
        "name": one.text("name"),
        "labels": dict(labels) if isinstance(labels, Mapping) else {},
        "iamConfiguration": access,
        "billing": {"requesterPays": values.get("requester_pays") is True},
    }
    if network := _ip_filter(one, values):
        kept["ipFilter"] = network
    return kept


def _ip_filter(one: Resource, values: Mapping[str, Any]) -> Any:
    if "ip_filter" in one.unknown:
        return unread(LATER)
    block = next(iter(blocks_of(values, "ip_filter")), None)
    if not block:
        return None

    public = blocks_of(block, "public_network_source")
    ranges = [text for source in public for text in source.get("allowed_ip_cidr_ranges") or ()]
    inside = [
        {"network": source.get("network"), "allowedIpCidrRanges": list(source.get("allowed_ip_cidr_ranges") or ())}
        for source in blocks_of(block, "vpc_network_sources")
    ]
    return {
        "mode": block.get("mode"),
        "publicNetworkSource": {"allowedIpCidrRanges": ranges},
        "vpcNetworkSources": inside,
    }


def _policies(plan: Plan, buckets: dict[str, Any], unplaced: dict[str, str]) -> None:
    about: dict[str, list[Resource]] = {}
    for one in plan.of(*(f"{BUCKET}_iam_{kind}" for kind in _IAM)):
        names = plan.buckets(one)
        if not names:
            unplaced[shown(one)] = f"which bucket it opens is {LATER}"
        for name in names:
            about.setdefault(name, []).append(one)
    for name, entries in about.items():
        entry = _elsewhere(name, buckets)
        entry["policy"] = {"bindings": joined(entries, plan, entry["policy"]["bindings"])}


def _folders(plan: Plan, buckets: dict[str, Any], unplaced: dict[str, str]) -> None:
    about: dict[tuple[str, str], list[Resource]] = {}
    for one in plan.of(*(f"{_FOLDER}_iam_{kind}" for kind in _IAM)):
        for name in plan.buckets(one) or [""]:
            folders = [one.text("managed_folder")]
            if folders[0] in ("", UNKNOWN):
                folders = [source.text("name") for source in plan.sources(one, "managed_folder", _FOLDER)] or [UNKNOWN]
            for folder in folders:
                about.setdefault((name, folder.rpartition("/managedFolders/")[2]), []).append(one)
    for (name, folder), entries in about.items():
        if not name:
            unplaced.update({shown(one): f"which bucket it opens is {LATER}" for one in entries})
            continue
        entry = _elsewhere(name, buckets)
        listed = entry["managed_folders"] if isinstance(entry["managed_folders"], list) else []
        policy = {"bindings": joined(entries, plan)}
        entry["managed_folders"] = [*listed, {"name": "" if folder == UNKNOWN else folder, "policy": policy}]


def _unread(plan: Plan) -> Iterator[tuple[str, str]]:
    """What lets somebody at data in a form that nothing here reads."""
    read = {
        *(f"{start}_iam_{kind}" for start in (BUCKET, _FOLDER, *around.WITH_POLICY) for kind in _IAM),
        *lists.TYPES,
    }
    for kind, resources in plan.types.items():
        if kind not in read and _OPENING.fullmatch(kind) and not _NO_READING.fullmatch(kind):
            for one in resources:
                yield shown(one), f"nothing here reads what {kind} opens"
