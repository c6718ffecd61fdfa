"""The buckets that a plan or a stack declares, each with the resources beside it that say who has access. Pure.

What is about a bucket is joined by the bucket's name, and where that is known only later, by what it comes from. Of
what may be about one of several buckets each of them has a part that is not known. A bucket whose name is not known
stands under the address of its resource.

What is not declared is as S3 has it then: no policy, no block, a list with nobody but the owner. A bucket that is only
planned and has no list of access is made with lists switched off, as S3 makes every new bucket since 2023-04.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from slidebox.access import UNKNOWN
from slidebox.access.snapshot import unread
from slidebox.audit.amazon import lists
from slidebox.audit.amazon.documents import Documents
from slidebox.audit.amazon.item import LATER, WHICH, Item, Stack, block, blocks, key_arn, said, settled
from slidebox.preview import LOCATION_TAG
from slidebox.preview.aws_buckets import LOCATION

BUCKET: Final = "s3_bucket"
OBJECTS: Final = ("s3_object", "s3_bucket_object", "s3_object_copy")
_BLOCKS: Final = {
    "block_public_acls": "BlockPublicAcls",
    "ignore_public_acls": "IgnorePublicAcls",
    "block_public_policy": "BlockPublicPolicy",
    "restrict_public_buckets": "RestrictPublicBuckets",
}
_ENFORCED: Final = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
_ARN: Final = re.compile(r"^arn:[^:]*:s3:::")
_HOST: Final = re.compile(r"^(?P<bucket>[a-z0-9.-]+)\.s3(-website)?[.-]([a-z0-9-]+\.)*amazonaws\.com(\.cn)?$")
_TAGS: Final = ("tags", "tags_all")


def names(stack: Stack) -> tuple[dict[str, str], dict[str, str]]:
    """What each bucket stands under, by its key; and of those without a name, how the name will begin."""
    found: dict[str, str] = {}
    unnamed: dict[str, str] = {}
    for item in stack.of(BUCKET):
        name = item.text("bucket")
        found[item.key] = item.address if name in ("", UNKNOWN) else name
        if name in ("", UNKNOWN):
            prefix = item.text("bucket_prefix")
            unnamed[item.address] = "" if prefix == UNKNOWN else prefix
    return found, unnamed


def public_access_block(values: Any, *, otherwise: bool = False) -> dict[str, Any]:
    """A public access block as S3 answers it.

    Parameters
    ----------
    values
        Its attributes.
    otherwise
        What holds where nothing is asked for: off for buckets and accounts, and on for access points.
    """
    found = {called: said(values, name) for name, called in _BLOCKS.items()}
    return {called: otherwise if value is None else settled(value) for called, value in found.items()}


def about(stack: Stack, item: Item, attribute: str = "bucket") -> tuple[list[Item], str]:
    """The buckets of the stack that an item may be about, and its bucket's name where that is known."""
    text = item.text(attribute)
    if text not in ("", UNKNOWN):
        name = _ARN.sub("", text)
        # What a made bucket is named by is known, and so is the id of one that has the name of another.
        return stack.named(BUCKET, "bucket", name) or stack.named(BUCKET, "id", name), name
    return stack.sources(item, attribute, BUCKET), ""


@dataclass(slots=True)
class Buckets:
    """Takes the buckets of a stack together.

    Attributes
    ----------
    stack, documents
        The stack, and its policies.
    names
        What each of its buckets stands under.
    account
        The account they are in; empty where it is not known.
    found
        The buckets as a snapshot has them, by what they stand under.
    unplaced
        What opens something that nothing tells, and why.
    """

    stack: Stack
    documents: Documents
    names: Mapping[str, str]
    account: str
    found: dict[str, dict[str, Any]] = field(default_factory=dict)
    unplaced: dict[str, str] = field(default_factory=dict)

    def take(self) -> None:
        """Take everything that is about buckets."""
        for item in self.stack.of(BUCKET):
            self.found[self.names[item.key]] = self._own(item)
        self._join(
            "s3_bucket_public_access_block", "public_access_block", lambda one, _: public_access_block(one.values)
        )
        self._join("s3_bucket_ownership_controls", "ownership", _ownership)
        self._join("s3_bucket_policy", "policy", self.documents.of_bucket, opens=True)
        self._join("s3_bucket_acl", "acl", lambda one, _: lists.declared(one.values), opens=True)
        self._join("s3_bucket_website_configuration", "website", _website)
        self._join("s3_bucket_replication_configuration", "replication", _replication, opens=True)
        self._join("s3_bucket_server_side_encryption_configuration", "encryption", self._encryption)
        self._join("s3_bucket_versioning", "versioning", _versioning)
        self._join("s3_bucket_logging", "logging", _logging)
        for item in self.stack.of(*OBJECTS):
            self._object(item)
        for name in _shown(self.stack):
            self.found.setdefault(name, self._elsewhere())
        for entry in self.found.values():
            if entry.get("ownership") is None and entry.pop("made") is False and not entry.pop("listed", False):
                entry["ownership"] = _ENFORCED
            entry.pop("made", None)
            entry.pop("listed", None)

    def _own(self, item: Item) -> dict[str, Any]:
        """A bucket as its own resource says."""
        said_tags = [value for name in _TAGS if isinstance(value := item.get(name), Mapping)]
        tags = {name: value for one in said_tags for name, value in one.items()}
        location = LOCATION.match(str(tags.get(LOCATION_TAG, "")))
        inline = lists.declared(item.values)
        replication = block(item.values, "replication_configuration")
        website = block(item.values, "website")
        encryption = block(block(item.values, "server_side_encryption_configuration"), "rule")
        name = self.names[item.key]
        return {
            "account": self.account,
            "region": item.text("region").replace(UNKNOWN, ""),
            "store": location["store"] if location else "",
            "dataset": location["dataset"] if location else "",
            "policy": self.documents.of_bucket(item, name),
            "public_access_block": None,
            "acl": lists.nobody_else() if inline is None else inline,
            "ownership": None,
            "website": settled(website),
            "replication": _copied(replication, "rule"),
            "encryption": self._encrypted(
                item, "server_side_encryption_configuration", [encryption] if encryption else []
            ),
            "tags": settled(tags),
            "made": item.made,
            "listed": inline is not None and inline != lists.nobody_else(),
        }

    def _join(self, kind: str, part: str, read: Callable[[Item, str], Any], *, opens: bool = False) -> None:
        """Put what the items of a kind say into a part of the buckets that they are about."""
        said_by: dict[str, list[Any]] = {}
        for item in self.stack.of(kind):
            buckets, name = about(self.stack, item)
            stand = [self.names[one.key] for one in buckets]
            if not stand and name and opens:
                stand = [name]
                self.found.setdefault(name, self._elsewhere())
            if not stand and opens:
                self.unplaced[item.address] = f"which bucket it is about is {LATER}"
            for one in stand:
                said_by.setdefault(one, []).append(read(item, one) if len(stand) == 1 else unread(WHICH))
        for name, values in said_by.items():
            first = values[0]
            self.found[name][part] = first if all(value == first for value in values) else unread(WHICH)
            self.found[name]["listed"] = self.found[name].get("listed") or part == "acl"

    def _elsewhere(self) -> dict[str, Any]:
        """A bucket that is not in the stack: of it only is known what the stack has beside it."""
        why = "the bucket is not in this document"
        absent = {name: unread(why) for name in ("policy", "public_access_block", "acl", "ownership")}
        return {"account": self.account, "region": "", "store": "", "dataset": "", "made": True, **absent}

    def _object(self, item: Item) -> None:
        """An object of the stack that has a list of its own."""
        listed = lists.declared(item.values)
        if listed is None or listed == lists.nobody_else():
            return
        buckets, name = about(self.stack, item)
        stand = [self.names[one.key] for one in buckets]
        if not stand and name:
            stand = [name]
            self.found.setdefault(name, self._elsewhere())
        if not stand:
            self.unplaced[item.address] = f"which bucket it is in is {LATER}"
        for one in stand:
            key = settled(item.get("key")) or item.address
            entry = {"Key": key, "Acl": listed if len(stand) == 1 else unread(WHICH)}
            self.found[one].setdefault("objects", []).append(entry)
            self.found[one]["listed"] = True

    def _encryption(self, item: Item, _: str) -> Any:
        return self._encrypted(item, "rule", blocks(item.values, "rule"))

    def _encrypted(self, item: Item, attribute: str, rules: Iterable[Any]) -> Any:
        """How a bucket is encrypted, with the key's ARN, or what stands for it."""
        found = []
        for rule in rules:
            default = block(rule, "apply_server_side_encryption_by_default")
            if UNKNOWN in (rule, default):
                return unread(LATER)
            key = said(default, "kms_master_key_id")
            if key == UNKNOWN:
                keys = self.stack.sources(
                    item, attribute, "kms_key", "kms_replica_key", "kms_external_key", "kms_alias"
                )
                key = unread(LATER) if len(keys) != 1 else self._key_arn(keys[0])
            inner = {"SSEAlgorithm": settled(said(default, "sse_algorithm")), "KMSMasterKeyID": key}
            found.append({"ApplyServerSideEncryptionByDefault": {n: v for n, v in inner.items() if v is not None}})
        return {"Rules": found} if found else None

    def _key_arn(self, item: Item) -> Any:
        if item.kind == "kms_alias":
            return item.known("name") or unread(LATER)
        return key_arn(item, self.account)


def _shown(stack: Stack) -> Iterator[str]:
    """The buckets that distributions of CloudFront show, by the names of their origins."""
    for item in stack.of("cloudfront_distribution"):
        for origin in blocks(item.values, "origin"):
            if match := _HOST.match(str(said(origin, "domain_name"))):
                yield match["bucket"]


def _ownership(item: Item, _: str) -> Any:
    rules = blocks(item.values, "rule")
    if not rules or UNKNOWN in rules:
        return unread(LATER)
    return {"Rules": [{"ObjectOwnership": settled(said(rule, "object_ownership"))} for rule in rules]}


def _website(item: Item, _: str) -> Any:
    names = ("index_document", "error_document", "redirect_all_requests_to")
    return {name: settled(item.get(name)) for name in names if item.get(name) is not None}


def _replication(item: Item, _: str) -> Any:
    return _copied(item.values, "rule")


def _copied(values: Any, name: str) -> Any:
    """A configuration of copies as S3 answers it; None where there is none."""
    rules = blocks(values, name)
    if values == UNKNOWN:
        return unread(LATER)
    return {"Role": settled(said(values, "role")), "Rules": list(map(_rule, rules))} if rules else None


def _rule(rule: Any) -> Any:
    if rule == UNKNOWN:
        return unread(LATER)
    destination = block(rule, "destination")
    names = {"bucket": "Bucket", "account": "Account", "account_id": "Account"}
    found = {called: settled(said(destination, name)) for name, called in names.items() if said(destination, name)}
    owner = said(block(destination, "access_control_translation"), "owner")
    if owner is not None:
        found["AccessControlTranslation"] = {"Owner": settled(owner)}
    return {
        "ID": settled(said(rule, "id")),
        "Status": settled(said(rule, "status")),
        "Destination": unread(LATER) if destination == UNKNOWN else found,
    }


def _versioning(item: Item, _: str) -> Any:
    return {"Status": settled(said(block(item.values, "versioning_configuration"), "status"))}


def _logging(item: Item, _: str) -> Any:
    return {"LoggingEnabled": {"TargetBucket": settled(item.get("target_bucket"))}}


def account_block(stack: Stack) -> Any:
    """The account's own public access block: None where the stack has none, unread where it has it of several."""
    found = [public_access_block(item.values) for item in stack.of("s3_account_public_access_block")]
    if not found:
        return None
    providers = {item.provider for item in stack.of(BUCKET)}
    own = {item.provider for item in stack.of("s3_account_public_access_block")}
    if all(one == found[0] for one in found) and providers <= own:
        return found[0]
    return unread("it is not known which account it is of")
