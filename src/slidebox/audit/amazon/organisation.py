"""Service control policies that a plan or a stack attaches to the account of its buckets. Pure.

Only what certainly holds counts: a policy that is attached to the account itself, by an organisation whose management
account is another one, as the management account is never held by any. Of its statements the denials count; what the
policies above the account allow is not in the document.

Source: AWS Organizations User Guide, "Service control policies" and "SCP evaluation", as of 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from slidebox.access.s3_statements import statements
from slidebox.access.snapshot import why_unread
from slidebox.audit.amazon.documents import Documents
from slidebox.audit.amazon.item import Item, Stack

_KINDS: Final = {
    "SERVICE_CONTROL_POLICY": "service_control_policies",
    "RESOURCE_CONTROL_POLICY": "resource_control_policies",
}
_ARN: Final = re.compile(r"^arn:[^:]*:organizations::(?P<management>\d{12}):")
_ALL: Final = {"Sid": "WhateverElseAllows", "Effect": "Allow", "Action": "*", "Resource": "*"}


def control_policies(stack: Stack, documents: Documents, account: str) -> dict[str, list[dict[str, Any]]]:
    """The denials of the control policies that hold for an account, by what a snapshot calls each kind."""
    found: dict[str, list[dict[str, Any]]] = {}
    for attached in stack.of("organizations_policy_attachment"):
        if not account or attached.text("target_id") != account:
            continue
        for item in _policies(stack, attached):
            called = _KINDS.get(item.text("type") or "SERVICE_CONTROL_POLICY")
            match = _ARN.match(item.text("arn"))
            if called is None or match is None or match["management"] == account:
                continue
            document = documents.of(item, "content")
            if why_unread(document) is None and (denials := _denials(document)):
                found.setdefault(called, []).append({"Version": "2012-10-17", "Statement": [_ALL, *denials]})
    return found


def _policies(stack: Stack, attached: Item) -> list[Item]:
    named = stack.named("organizations_policy", "id", attached.text("policy_id"))
    return named or stack.sources(attached, "policy_id", "organizations_policy")


def _denials(document: object) -> list[Mapping[str, Any]]:
    listed = statements(document) or ()
    return [one for one in listed if isinstance(one, Mapping) and one.get("Effect") == "Deny"]
