"""Who sees a bucket of AWS through CloudFront."""

from __future__ import annotations

from typing import Any

import pytest

from slidebox.access.snapshot import unread

from .aws_estate import (
    ACCOUNT,
    ARN,
    BLOCKED,
    BUCKET,
    CLOUDFRONT,
    OTHER,
    SHOWN,
    SIGNED,
    acl,
    allow,
    behaviour,
    bucket,
    distribution,
    grant,
    is_public,
    origin,
    policy,
    principals,
    readers,
    section,
)

ORIGIN_IDENTITY = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity EOAI"
OTHER_ORIGIN = {"Id": "web", "DomainName": "lab.example"}
GROUP = {"Items": [{"Id": "g", "Members": {"Items": [{"OriginId": "web"}, {"OriginId": "o"}]}}]}
DISTRIBUTIONS: dict[str, tuple[Any, set[str]]] = {
    "shows it to everybody": ([distribution()], {"anyone"}),
    "is switched off": ([distribution(Enabled=False)], {f"account:{CLOUDFRONT}"}),
    "has another origin": ([distribution(origin("other.s3.amazonaws.com"))], {f"account:{CLOUDFRONT}"}),
    "has a bucket whose name begins the same": (
        [distribution(origin(f"{BUCKET}-2.s3.amazonaws.com"))],
        {f"account:{CLOUDFRONT}"},
    ),
    "wants signed URLs": ([distribution(default=behaviour(**SIGNED))], {f"account:{CLOUDFRONT}"}),
    "wants URLs that some accounts sign": (
        [distribution(default={"TargetOriginId": "o", "TrustedSigners": {"Enabled": True, "Items": ["self"]}})],
        {f"account:{CLOUDFRONT}"},
    ),
    "names keys, but does not want them": (
        [distribution(default=behaviour(TrustedKeyGroups={"Enabled": False, "Items": ["kg"]}))],
        {"anyone"},
    ),
    "wants signed URLs but for some paths": (
        [distribution(default=behaviour(**SIGNED), others=[behaviour(PathPattern="/open/*")])],
        {"anyone", f"account:{CLOUDFRONT}"},
    ),
    "shows something else but for some signed paths": (
        [
            distribution(
                OTHER_ORIGIN, origin(), default=behaviour("web"), others=[behaviour(PathPattern="/d/*", **SIGNED)]
            )
        ],
        {f"account:{CLOUDFRONT}"},
    ),
    "has the bucket in a group of origins": (
        [distribution(OTHER_ORIGIN, origin(), default=behaviour("g"), OriginGroups=GROUP)],
        {"anyone"},
    ),
    "is not read": (unread("AccessDenied"), {"unknown"}),
    "is not there": ([], {f"account:{CLOUDFRONT}"}),
    "is another one": ([distribution(Id="E2")], {f"account:{CLOUDFRONT}"}),
    "has origins that are not known yet": ([distribution(Origins=unread("later"))], {"unknown"}),
    "has an origin whose domain is not known yet": ([distribution(origin(unread("later")))], {"unknown"}),
    "may be switched off": ([distribution(Enabled=unread("later"))], {"anyone"}),
    "may want signed URLs": (
        [distribution(default=behaviour(TrustedKeyGroups=unread("later")))],
        {"unknown"},
    ),
    "has behaviours that are not known": (
        [distribution(OTHER_ORIGIN, origin(), default=behaviour("web"), CacheBehaviors=unread("later"))],
        {"unknown"},
    ),
}


@pytest.mark.parametrize(("listed", "who"), DISTRIBUTIONS.values(), ids=DISTRIBUTIONS)
def test_a_bucket_is_as_public_as_the_distribution_that_may_read_it(listed: Any, who: set[str]) -> None:
    """What CloudFront may read it shows to whoever asks, unless signed URLs are wanted everywhere."""
    said = section(bucket(policy=policy(SHOWN), public_access_block=BLOCKED), distributions=listed)

    assert principals(said) == who


@pytest.mark.parametrize(
    ("domain", "public"),
    [
        (f"{BUCKET}.s3.amazonaws.com", True),
        (f"{BUCKET}.s3-website-us-east-1.amazonaws.com", True),
        (f"{BUCKET}.s3.dualstack.us-east-1.amazonaws.com", True),
        (f"x{BUCKET}.s3.amazonaws.com", False),
        ("lab.example", False),
    ],
)
def test_an_origin_is_the_bucket_by_its_domain(domain: str, public: bool) -> None:
    """Each of the domains of a bucket counts."""
    said = section(bucket(policy=policy(SHOWN)), distributions=[distribution(origin(domain))])

    assert is_public(said) is public


def test_a_distribution_reaches_a_bucket_by_the_alias_of_its_access_point() -> None:
    """The alias of an access point is a domain of the bucket."""
    door = {"Name": "d", "Bucket": BUCKET, "Alias": "d-abc-s3alias", "NetworkOrigin": "Internet", "Policy": None}
    listed = [distribution(origin("d-abc-s3alias.s3.us-east-1.amazonaws.com"))]

    assert is_public(section(bucket(policy=policy(SHOWN)), distributions=listed, access_points=[door]))


SOURCES: dict[str, tuple[Any, set[str]]] = {
    "any distribution": ({}, {"any_account", "anyone"}),
    "those of the account": ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, {"anyone"}),
    "all of the account by a pattern": (
        {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/*"}},
        {"anyone"},
    ),
    "one of another account": (
        {"StringEquals": {"aws:SourceArn": f"arn:aws:cloudfront::{OTHER}:distribution/E9"}},
        {"unknown"},
    ),
}


@pytest.mark.parametrize(("condition", "who"), SOURCES.values(), ids=SOURCES)
def test_which_distributions_may_read_is_in_the_condition(condition: Any, who: set[str]) -> None:
    """Without one it is whoever can make a distribution; one of an account that was not read may be open."""
    said = allow({"Service": CLOUDFRONT}, **({"Condition": condition} if condition else {}))

    assert principals(section(bucket(policy=policy(said)), distributions=[distribution()])) == who


def test_a_distribution_that_only_gets_gives_no_more_than_reading() -> None:
    """What a distribution does not pass on is not given by it."""
    everything = allow({"Service": CLOUDFRONT}, "s3:*", [ARN, f"{ARN}/*"], Condition=SHOWN["Condition"])
    gets = distribution(default=behaviour(AllowedMethods={"Items": ["HEAD", "GET"]}))
    puts = distribution(default=behaviour(AllowedMethods={"Items": ["HEAD", "GET", "PUT", "DELETE"]}))

    for listed, actions in ((gets, ("read", "list")), (puts, ("read", "list", "write", "delete", "admin"))):
        found = readers(section(bucket(policy=policy(everything)), distributions=[listed]))
        assert [one.actions for one in found] == [actions]


def known_by(identity: str) -> dict[str, Any]:
    """A distribution that reads as an origin access identity."""
    return distribution(
        origin(S3OriginConfig={"OriginAccessIdentity": f"origin-access-identity/cloudfront/{identity}"})
    )


ONE = {"origin_access_identities": [{"Id": "EOAI", "S3CanonicalUserId": "c0ffee"}]}
IDENTITIES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "a distribution has it": ({**ONE, "distributions": [known_by("EOAI")]}, {"anyone"}),
    "a distribution has another": ({**ONE, "distributions": [known_by("E0")]}, {f"account:{CLOUDFRONT}"}),
    "nothing has it": (ONE, {f"account:{CLOUDFRONT}"}),
    "distributions were not read": ({**ONE, "distributions": unread("AccessDenied")}, {"unknown"}),
}
NAMED: dict[str, dict[str, Any]] = {
    "by its ARN": {"policy": policy(allow({"AWS": ORIGIN_IDENTITY}, "s3:ListBucket", ARN))},
    "by its canonical id": {"policy": policy(allow({"CanonicalUser": "c0ffee"}, "s3:ListBucket", ARN))},
    "in a list": {"acl": acl(grant("c0ffee", "READ")), "ownership": None},
}


@pytest.mark.parametrize("named", NAMED.values(), ids=NAMED)
@pytest.mark.parametrize(("more", "who"), IDENTITIES.values(), ids=IDENTITIES)
def test_an_origin_access_identity_shows_what_it_can_read(
    named: dict[str, Any], more: dict[str, Any], who: set[str]
) -> None:
    """However it is named, in a policy or in a list."""
    assert principals(section(bucket(**named), **more), "list") == who


ELSEWHERE: dict[str, tuple[Any, set[str], set[str]]] = {
    "of another account": ([], {"unknown"}, {"account:canonical:c0ffee"}),
    "of nobody who was read": (
        unread("AccessDenied"),
        {"unknown"},
        {"unknown", "account:canonical:c0ffee"},
    ),
}


@pytest.mark.parametrize(("listed", "by_arn", "by_id"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_an_origin_access_identity_of_which_nothing_is_known_may_be_open(
    listed: Any, by_arn: set[str], by_id: set[str]
) -> None:
    """A distribution of somebody else's may show everything to everybody."""
    for name, who in (("by its ARN", by_arn), ("by its canonical id", by_id)):
        assert principals(section(bucket(**NAMED[name]), origin_access_identities=listed), "list") == who
