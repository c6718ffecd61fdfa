"""Who gets a copy of what is in a bucket, and where it is shown besides.

Sources: Amazon S3 User Guide, "Replicating objects within and across Regions" (changing the replica owner) and "Hosting
a static website using Amazon S3", as of 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.access.aws.grants import Grant
from slidebox.access.aws.parts import NOT_ASKED, Part, objects, part, text
from slidebox.access.reader import UNKNOWN

_READ = frozenset({"s3:getobject"})


def copied(replication: Part, account: str, buckets: Mapping[str, Any]) -> Iterator[Grant]:
    """Who reads a bucket by having it copied to a bucket of theirs.

    Parameters
    ----------
    replication
        The bucket's replication; what nobody asked for is no copy.
    account
        The bucket's account.
    buckets
        The buckets of the section: a copy in one of them is a place of its own.
    """
    path = ("replication",)
    if replication.why == NOT_ASKED or (replication.known and replication.value is None):
        return
    rules, why = objects(replication.value, "Rules") if replication.known else ((), replication.why)
    if why:
        yield Grant(UNKNOWN, _READ, (*path, f"what is copied where was not read: {why}"), doubtful=True)
    for number, rule in enumerate(rules, 1):
        if text(rule, "Status") == "Disabled":
            continue
        where = (*path, f"rule {text(rule, 'ID') or number}")
        yield from _copied_to(part(rule, "Destination").value, where, account, buckets)


def _copied_to(to: object, path: tuple[str, ...], account: str, buckets: Mapping[str, Any]) -> Iterator[Grant]:
    arn, owner = text(to, "Bucket"), text(to, "Account")
    name = (arn or "").rpartition(":")[2]
    if name and name in buckets:
        return
    if not name:
        yield Grant(UNKNOWN, _READ, (*path, "where it is copied to is not known"), doubtful=True)
    elif not owner:
        yield Grant(
            UNKNOWN, _READ, (*path, f"it is copied to bucket {name}, of whose readers nothing is known"), doubtful=True
        )
    elif owner != account:
        given = text(part(to, "AccessControlTranslation").value, "Owner")
        theirs = " and is theirs there" if given == "Destination" else ""
        yield Grant(f"account:{owner}", _READ, (*path, f"it is copied to their bucket {name}{theirs}"))
    else:
        yield Grant(
            UNKNOWN,
            _READ,
            (*path, f"it is copied to bucket {name} of the same account, which was not read"),
            doubtful=True,
        )


def is_website(website: Part) -> bool:
    """Whether a bucket is shown as a website: then whatever everybody can read has an address without S3's own."""
    return isinstance(website.value, Mapping) and "RedirectAllRequestsTo" not in website.value
