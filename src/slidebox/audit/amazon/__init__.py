"""What Terraform and Pulumi declare of AWS, as the section ``aws`` of a snapshot. Pure.

pulumi-aws is made from Terraform's provider, so one reading serves both: `slidebox.audit.terraform.aws` and
`slidebox.audit.pulumi.aws` hand their resources over in one spelling (`item`). `buckets` joins buckets with what is
beside them, and `identities`, `keys`, `points` and `fronts` do the rest of an account.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from slidebox.audit.amazon.buckets import Buckets, account_block, names
from slidebox.audit.amazon.documents import Documents
from slidebox.audit.amazon.fronts import Fronts
from slidebox.audit.amazon.identities import Identities
from slidebox.audit.amazon.item import Item, Stack
from slidebox.audit.amazon.keys import keys
from slidebox.audit.amazon.organisation import control_policies
from slidebox.audit.amazon.points import Points

__all__ = ["Item", "section"]

_ARN: Final = re.compile(r"^arn:aws[a-z-]*:(?!organizations)[a-z0-9-]+:[a-z0-9-]*:(?P<account>\d{12}):")
_UNREAD: Final = re.compile(
    r"^(s3_directory_bucket|s3tables_\w+|s3control_(access_grant\w*|bucket_policy|bucket)|s3outposts_\w+"
    r"|ssoadmin_(managed_policy_attachment|customer_managed_policy_attachment|permission_set_inline_policy)"
    r"|storagegateway_(nfs|smb)_file_share|datasync_location_s3|fsx_data_repository_association|native .*)$"
)
"""What opens a bucket, or may, in a way that nothing here reads."""


def section(items: Iterable[Item]) -> dict[str, Any] | None:
    """The section of a plan or a stack; None where it has nothing of AWS that an audit is about.

    Parameters
    ----------
    items
        Its resources.
    """
    stack = Stack(items)
    if not any(map(_matters, stack.kinds())):
        return None
    account = _account(stack)
    named, unnamed = names(stack)
    documents = Documents(stack, named, unnamed, account)
    buckets = Buckets(stack, documents, named, account)
    buckets.take()
    points = Points(stack, documents, named, account)
    identities = Identities(stack, documents, account)
    fronts = Fronts(stack, documents, identities, named, account)
    about = {
        "public_access_block": account_block(stack),
        "authorization": identities.details(),
        "access_points": points.single(),
        "multi_region_access_points": points.several(),
        "keys": keys(stack, documents, account),
        "distributions": fronts.distributions(),
        "origin_access_identities": fronts.origin_access_identities(),
        "functions": fronts.functions(),
        "apis": fronts.apis(),
        "transfer_servers": fronts.transfer_servers(),
        "identity_pools": fronts.identity_pools(),
        **control_policies(stack, documents, account),
    }
    unplaced = {item.address: f"nothing here reads what a resource {item.kind} opens" for item in _strange(stack)}
    return {
        "accounts": {account: about},
        "buckets": buckets.found,
        "unplaced": {**buckets.unplaced, **points.unplaced, **unplaced},
    }


def _matters(kind: str) -> bool:
    return kind.startswith(("s3_", "s3control_", "cloudfront_")) or bool(_UNREAD.match(kind))


def _strange(stack: Stack) -> list[Item]:
    return [item for kind in stack.kinds() if _UNREAD.match(kind) for item in stack.of(kind)]


def _account(stack: Stack) -> str:
    """The one account of a stack, by the ARNs of what is made in it; empty where there are several or none."""
    arns = (item.text("arn") for kind in stack.kinds() if not kind.startswith("data.") for item in stack.of(kind))
    found = {match["account"] for arn in arns if (match := _ARN.match(arn))}
    found |= {item.known("account_id") for item in stack.of("data.caller_identity")} - {""}
    return found.pop() if len(found) == 1 else ""
