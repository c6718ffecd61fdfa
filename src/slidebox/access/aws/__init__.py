"""Who can read what in Amazon Web Services, from a snapshot's section ``aws``.

The section is what the services answer, as boto3 hands it on::

    {"accounts": {ID: {                                     # "" where the account is not known
        "public_access_block": {"BlockPublicAcls": …},      # s3control, of the account
        "canonical_user": "…",                              # the owner's id in access control lists
        "authorization": {"UserDetailList": […], "GroupDetailList": […], "RoleDetailList": […], "Policies": […]},
        "service_control_policies": [DOCUMENT, …],          # those that hold for the account, if given
        "resource_control_policies": [DOCUMENT, …],
        "access_points": [{"Name", "Bucket", "BucketAccountId", "AccessPointArn", "Alias", "NetworkOrigin",
                           "VpcConfiguration", "PublicAccessBlockConfiguration", "Policy": DOCUMENT}, …],
        "multi_region_access_points": [{"Name", "Alias", "PublicAccessBlock", "Regions": [{"Bucket", …}],
                                        "Policy": DOCUMENT}, …],
        "keys": {ARN: {"Policy": DOCUMENT, "Grants": […], "Aliases": […]}},
        "distributions": [CloudFront's DistributionConfig with "Id", "ARN", "DomainName", …],
        "origin_access_identities": [{"Id", "S3CanonicalUserId"}, …],
        "functions": [{"FunctionName", "FunctionArn", "Role", "Urls": [{"AuthType", …}], "Policy": DOCUMENT}, …],
        "apis": [{"Id", "Name", "Protocol", "Policy", "Integrations": [{"Uri", "Credentials", "Authorization"}]}, …],
        "transfer_servers": [{"ServerId", "Users": [{"UserName", "Role", "HomeDirectory", "Policy", …}]}, …],
        "identity_pools": [{"IdentityPoolId", "AllowUnauthenticatedIdentities", "Roles": {"unauthenticated": ARN}}, …]
     }},
     "buckets": {NAME: {
        "account": ID, "region": …, "store": …, "dataset": …,
        "policy": DOCUMENT, "public_access_block": {…}, "acl": {"Owner", "Grants"}, "ownership": {"Rules": […]},
        "website": {…}, "replication": {…}, "encryption": {…}, "tags": {…}       # where they were asked for
     }},
     "unplaced": {ADDRESS: why}}                            # what opens something, and nothing tells what

The first four of a bucket decide who has access to it: where one of them is absent or unread, somebody unknown may
have it. Documents of policies are objects or JSON text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slidebox.access.effective import Location, nobody_knows
from slidebox.access.snapshot import Known

__all__ = ["locations"]


def locations(section: Mapping[str, Any], known: Known) -> Iterator[Location]:
    """Every bucket of the section, with everybody who can do anything with it."""
    del known
    for name in section.get("buckets") or {}:
        yield Location(name, kind="aws", readers=(nobody_knows("nothing reads it yet"),))
