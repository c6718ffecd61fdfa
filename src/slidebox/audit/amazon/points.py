"""Access points that a plan or a stack declares, of one region and of several. Pure.

Those with a function between them and the objects let in nobody whom the access point below does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from slidebox.access import UNKNOWN
from slidebox.access.snapshot import unread
from slidebox.audit.amazon.buckets import BUCKET, about, public_access_block
from slidebox.audit.amazon.documents import Documents
from slidebox.audit.amazon.item import LATER, Item, Stack, block, blocks, said, settled

POINT: Final = "s3_access_point"
POLICY: Final = "s3control_access_point_policy"
MULTI: Final = "s3control_multi_region_access_point"
MULTI_POLICY: Final = "s3control_multi_region_access_point_policy"
_NAME: Final = re.compile(r"\baccesspoint[/:](?P<name>[^/:]+)$")


class Points:
    """The access points of a stack.

    Parameters
    ----------
    stack, documents
        The stack, and its policies.
    names
        What each bucket stands under.
    account
        The account they are in; empty where it is not known.
    """

    def __init__(self, stack: Stack, documents: Documents, names: dict[str, str], account: str) -> None:
        self._stack = stack
        self._documents = documents
        self._names = names
        self._account = account
        self.unplaced: dict[str, str] = {}
        """What opens something that nothing tells, and why."""

    def single(self) -> list[dict[str, Any]]:
        """Access points of one region."""
        policies = self._policies(POLICY, (POINT,), "access_point_arn")
        return [one for item in self._stack.of(POINT) for one in self._single(item, policies)]

    def _single(self, item: Item, policies: dict[str, list[Item]]) -> Iterator[dict[str, Any]]:
        network = block(item.values, "vpc_configuration")
        blocking = block(item.values, "public_access_block_configuration")
        found = {
            "Name": _name(item),
            "BucketAccountId": item.known("bucket_account_id") or self._account,
            "AccessPointArn": item.known("arn"),
            "Alias": item.known("alias"),
            "NetworkOrigin": "VPC" if network else "Internet",
            "VpcConfiguration": {"VpcId": settled(said(network, "vpc_id"))} if network else None,
            "PublicAccessBlockConfiguration": _block(blocking),
            "Policy": self._policy(item, policies),
        }
        buckets = self._buckets(item)
        if not buckets:
            self.unplaced[item.address] = f"which bucket it leads to is {LATER}"
        yield from ({**found, "Bucket": name} for name in buckets)

    def several(self) -> list[dict[str, Any]]:
        """Access points of several regions."""
        policies = self._policies(MULTI_POLICY, (MULTI,), "details")
        return [self._several(item, policies) for item in self._stack.of(MULTI)]

    def _several(self, item: Item, policies: dict[str, list[Item]]) -> dict[str, Any]:
        details = block(item.values, "details")
        blocking = block(details, "public_access_block")
        regions = blocks(details, "region")
        buckets = [name for one in regions for name in self._of_region(item, one)]
        if details in (None, UNKNOWN) or not buckets:
            self.unplaced[item.address] = f"which buckets it leads to is {LATER}"
        return {
            "Name": settled(said(details, "name") or item.address),
            "Alias": item.known("alias"),
            "PublicAccessBlock": _block(blocking),
            "Regions": [{"Bucket": name} for name in dict.fromkeys(buckets)],
            "Policy": self._policy(item, policies),
        }

    def _of_region(self, item: Item, region: Any) -> list[str]:
        name = said(region, "bucket")
        if isinstance(name, str) and name != UNKNOWN:
            return [name]
        return [self._names[one.key] for one in self._stack.sources(item, "details", BUCKET)]

    def _buckets(self, item: Item) -> list[str]:
        buckets, name = about(self._stack, item)
        return [self._names[one.key] for one in buckets] or ([name] if name else [])

    def _policies(self, kind: str, of: tuple[str, ...], attribute: str) -> dict[str, list[Item]]:
        """The policies that are resources of their own, by the key of the access point they are about."""
        found: dict[str, list[Item]] = {}
        by_name: dict[str, list[Item]] = {}
        for one in self._stack.of(*of):
            by_name.setdefault(_name(one), []).append(one)
        for item in self._stack.of(kind):
            value = said(block(item.values, "details"), "name") if attribute == "details" else item.get(attribute)
            match = _NAME.search(value) if isinstance(value, str) else None
            name = match["name"] if match else value
            points = by_name.get(name, []) if isinstance(name, str) and name != UNKNOWN else []
            points = points or self._stack.sources(item, attribute, *of)
            if not points:
                self.unplaced[item.address] = "the access point that it is about is not in this document"
            for one in points:
                found.setdefault(one.key, []).append(item)
        return found

    def _policy(self, item: Item, policies: dict[str, list[Item]]) -> Any:
        beside = policies.get(item.key, [])
        if len(beside) > 1:
            return unread("several policies are about it")
        one = beside[0] if beside else item
        details = block(one.values, "details")
        if one.kind == MULTI_POLICY and isinstance(details, dict):
            one = Item(
                one.kind,
                one.key,
                one.address,
                {"policy": said(details, "policy")},
                {"policy": one.comes_from("details")},
            )
        return self._documents.of(one)


def _name(item: Item) -> str:
    value = said(block(item.values, "details"), "name") if item.kind == MULTI else item.get("name")
    return value if isinstance(value, str) and value != UNKNOWN else item.address


def _block(values: Any) -> Any:
    if values == UNKNOWN:
        return unread(LATER)
    return public_access_block(values, otherwise=True)
