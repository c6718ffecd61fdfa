"""What the engine shows becomes facts, and nothing that it hides passes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from slidebox.access.s3_statements import wildcards
from slidebox.components.grants import user_policy
from slidebox.facts import CAPABILITIES, FactBook, pack, tags
from slidebox.model import Candidate, Gate, Lab, LabFile, Project, Role, Term
from slidebox.preview import BUCKET, DECLARATION, FOLDER, USER, Seen, facts_of, one
from slidebox.systems import load_systems

TODAY = dt.date(2026, 11, 24)
RAW = "retina/raw_images"
BUCKET_NAME = "way-lab-retina-raw"
PUBLIC_POLICY = {
    "Statement": [
        {
            "Sid": "all",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{BUCKET_NAME}/*",
        }
    ]
}


def make_lab(
    sensitivity: str = "identifiable",
    activity: str = "active",
    drive: str = "/media/bench",
    contributor: str = "alice",
) -> Lab:
    """A lab with a retina project on an encrypted drive, a gateway over it, a cloud, and a drive by hand."""
    file = LabFile.model_validate(
        {
            "lab": "way-lab",
            "title": "Way Lab",
            "people": {"alice": {"name": "A"}, "carol": {"name": "C"}, "dave": {"name": "D"}},
            "teams": {"imaging": {"members": ["alice"]}},
            "stores": {
                "bench": {"system": "internal_drive", "kind": "drive", "path": drive, "encrypted": True},
                "bench-s3": {"system": "internal_drive", "kind": "s3", "over": "bench"},
                "safe": {"system": "external_drive", "kind": "by_hand", "encrypted": True},
                "amazon": {
                    "system": "cloud",
                    "kind": "s3",
                    "endpoint": "https://s3.us-east-1.amazonaws.com",
                    "data_use_agreement": True,
                },
            },
        }
    )
    project = Project.model_validate(
        {
            "project": "retina",
            "title": "Retina",
            "owner": "alice",
            "activity": activity,
            "audience": {"contributor": [contributor], "reader": ["carol"]},
            "datasets": {"raw_images": {"size": "2 GB", "files": 10, "sensitivity": sensitivity}},
        }
    )
    return Lab(file=file, projects={"retina": project})


def carried(lab: Lab, *stores: str, term: Term = Term.SHORT) -> dict[str, Any]:
    """The facts a resource carries."""
    return FactBook(lab, load_systems()).fragment(RAW, [Candidate(RAW, term, store) for store in stores or ("bench",)])


def folder(lab: Lab | None = None, **changes: Any) -> Seen:
    """A folder on the drive, with changes."""
    lab = lab or make_lab()
    said = {
        "location": f"{RAW}@short@bench",
        "store": "bench",
        "path": RAW,
        "mode": "0700",
        "group": None,
        "tags": tags(lab, RAW),
        "facts": carried(lab),
    }
    return Seen("urn:folder", FOLDER, said | changes)


def bucket(lab: Lab | None = None, **changes: Any) -> Seen:
    """A bucket of the gateway, with changes."""
    lab = lab or make_lab()
    said = {
        "location": f"{RAW}@short@bench-s3",
        "store": {"name": "bench-s3", "over": "bench"},
        "bucket": BUCKET_NAME,
        "versioning": True,
        "policy": None,
        "tags": tags(lab, RAW),
        "facts": carried(lab, "bench-s3"),
    }
    return Seen("urn:bucket", BUCKET, said | changes)


def user(principal: str | None = "team:imaging", **changes: Any) -> Seen:
    """A user of the gateway who may read the bucket, with changes."""
    said = {
        "store": {"name": "bench-s3", "over": "bench"},
        "user": "slidebox-retina-imaging",
        "principal": principal,
        "policy": user_policy({BUCKET_NAME: [Role.READER]}),
    }
    return Seen("urn:user", USER, said | changes)


def only(document: dict[str, Any]) -> dict[str, Any]:
    """The only location."""
    (location,) = document["locations"].values()
    assert isinstance(location, dict)
    return location


def readers(document: dict[str, Any]) -> dict[str, list[list[str]]]:
    """Principals and paths of the only location."""
    found: dict[str, list[list[str]]] = {}
    for reader in only(document)["readers"]:
        found.setdefault(reader["principal"], []).append(reader["path"])
    return found


def whole(*resources: Seen) -> dict[str, Any]:
    """The facts of a stack."""
    return facts_of(resources, TODAY).facts


def test_facts_are_read_as_an_object_and_as_a_text() -> None:
    """Stacks of before have an object; what is written now is a text."""
    lab = make_lab()
    assert whole(folder(lab, facts=pack(carried(lab)))) == whole(folder(lab))


# Who reads


def test_a_folder_is_read_as_its_mode_says() -> None:
    """The facts it carries say nothing about readers; the mode does."""
    assert readers(one(folder(), TODAY).facts) == {}
    shared = folder(make_lab(contributor="imaging"), mode="2755", group="imaging")
    assert list(readers(one(shared, TODAY).facts)) == ["any_account", "team:imaging"]
    assert list(readers(one(folder(mode="2750", group="staff"), TODAY).facts)) == ["unknown"]
    assert list(readers(one(folder(mode="unknown"), TODAY).facts)) == ["unknown"]


def test_a_bucket_is_read_as_its_policy_and_its_users_say() -> None:
    """A policy that is public is public, and a user's own policy is a path too."""
    assert list(readers(one(bucket(policy=PUBLIC_POLICY), TODAY).facts)) == ["anyone"]
    assert readers(whole(bucket(), user())) == {
        "team:imaging": [
            ["user slidebox-retina-imaging", "statement 1"],
            ["user slidebox-retina-imaging", "statement 2"],
        ]
    }
    assert readers(whole(bucket(), user(store={"name": "other"}))) == {}


def test_a_policy_that_is_not_known_yet_lets_in_somebody_unknown() -> None:
    """What is computed later is not safe now."""
    assert list(readers(one(bucket(policy="unknown"), TODAY).facts)) == ["unknown"]
    assert list(readers(whole(bucket(), user(policy="unknown")))) == ["team:imaging"]
    assert list(readers(whole(bucket(), user(principal=None)))) == ["unknown"]
    assert list(readers(whole(bucket(bucket="unknown"), user()))) == ["team:imaging"]


@pytest.mark.parametrize("name", ["anyone", "any_account", "account:anyone"])
def test_a_user_s_name_does_not_make_everybody_somebody(name: str) -> None:
    """Whatever a user is called, who needs no account is not that user."""
    assert "anyone" in readers(whole(bucket(policy=PUBLIC_POLICY), user("person:carol", user=name, arn=name)))


def test_no_denial_is_counted_on_where_a_bucket_of_slidebox_has_no_name_yet() -> None:
    """It may be about another bucket, even where that has the name that stands for what is not known."""
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::unknown/*"}
    both = {"Statement": [*PUBLIC_POLICY["Statement"], denied]}

    assert list(readers(whole(bucket(policy=both, bucket="unknown")))) == ["anyone"]


def test_named_accounts_are_left_to_the_whole_stack() -> None:
    """Alone, a bucket cannot say whom an account stands for; the stack's users can."""
    said = {"Statement": {"Effect": "Allow", "Principal": {"AWS": "k"}, "Action": "s3:*", "Resource": "*"}}

    assert readers(one(bucket(policy=said), TODAY).facts) == {}
    assert list(readers(whole(bucket(policy=said)))) == ["account:k"]
    assert "team:imaging" in readers(whole(bucket(policy=said), user(accessKeyId="k", policy=None)))


def test_storage_of_other_providers_is_read_by_somebody_unknown() -> None:
    """A bucket of another provider is a place for data whose readers nobody here can tell."""
    for token in (
        "gcp:storage/bucket:Bucket",
        "azure-native:storage:BlobContainer",
        "azure:storage/account:Account",
        "aws:efs/fileSystem:FileSystem",
        "aws-native:s3:Bucket",
        "aws:s3/directoryBucket:DirectoryBucket",
        "minio:index/s3Bucket:S3Bucket",
        "digitalocean:index/spacesBucket:SpacesBucket",
        "linode:index/objectStorageBucket:ObjectStorageBucket",
        "alicloud:oss/bucket:Bucket",
    ):
        said = whole(Seen("urn:x", token, {}))
        assert list(readers(said)) == ["unknown"], token
        assert only(said)["dataset"] == "unknown"
        assert set(only(said)["has"].values()) == {"unknown"}
    for token in ("aws:s3/bucketObject:BucketObject", "aws:iam/user:User", USER, "slidebox:index:BucketLocation"):
        assert whole(Seen("urn:x", token, {}))["locations"] == {}, token


@pytest.mark.parametrize(
    "token",
    [
        "aws-native:s3:BucketPolicy",
        "aws-native:s3:AccessPoint",
        "aws:s3control/accessPointPolicy:AccessPointPolicy",
        "aws:s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy",
        "minio:index/s3BucketPolicy:S3BucketPolicy",
        "gcp:storage/bucketIAMMember:BucketIAMMember",
        "gcp:storage/bucketACL:BucketACL",
    ],
)
def test_what_opens_a_bucket_in_a_way_that_is_not_read_opens_something_unknown(token: str) -> None:
    """It may be any bucket, and anybody."""
    said = whole(folder(), Seen("urn:x", token, {"bucket": BUCKET_NAME}))["locations"]["urn:x"]

    assert (said["dataset"], [reader["principal"] for reader in said["readers"]]) == ("unknown", ["unknown"])


# Keys and wildcards


def test_a_user_of_a_bucket_holds_a_key_to_it() -> None:
    """Each has an access key; who may not come near the bucket is not listed."""
    assert only(whole(bucket(), user(), user("person:dave", policy=None)))["keys"] == ["team:imaging"]


def test_wildcards_are_those_of_the_bucket_and_of_its_users() -> None:
    """Each with the statement it is in."""
    everything = {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::way-*"}]}

    assert only(whole(bucket(policy=PUBLIC_POLICY), user(policy=everything)))["wildcards"] == [
        {"where": f"policy of bucket {BUCKET_NAME}, statement all", "what": "principal", "value": "*"},
        {"where": "user slidebox-retina-imaging, statement 1", "what": "action", "value": "s3:*"},
    ]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}, []),
        ({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:root"}, "Action": "s3:GetObject"}, []),
        (
            {"Effect": "Allow", "Principal": {"AWS": ["a", "arn:aws:iam::1:user/*"]}},
            [("principal", "arn:aws:iam::1:user/*")],
        ),
        ({"Effect": "Allow", "NotPrincipal": {"AWS": "x"}}, [("principal", "everybody but x")]),
        ({"Effect": "Allow", "Action": ["s3:Get*", "s3:PutObject"]}, [("action", "s3:Get*")]),
        ({"Effect": "Allow", "NotAction": ["s3:DeleteObject"]}, [("action", "everything but s3:DeleteObject")]),
    ],
)
def test_wildcards_of_a_statement(statement: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    """Only of what is allowed, and everybody or everything but some is a wildcard too."""
    found = wildcards({"Statement": [statement]}, "p")

    assert [(entry["what"], entry["value"]) for entry in found] == expected


# What a place has


def test_a_folder_has_what_its_drive_has() -> None:
    """The declaration of the drive is all there is to know."""
    lab = make_lab()
    location = only(whole(folder(lab)))

    assert location["has"] == carried(lab)["stores"]["bench"]["has"]
    assert location["lifecycle"] == {
        "offered": False,
        "abort_days": "none",
        "noncurrent_days": "none",
        "expire_days": "none",
        "transitions": [],
    }


def test_a_bucket_has_what_its_endpoint_has_and_it_asks_for() -> None:
    """An endpoint that could is not one that does; one that does not say is not known."""
    answers = {"versioning": True, "encryption": False, "public_access_block": True, "object_lock": "unknown"}
    said = bucket(capabilities=answers, versioning=False, publicAccessBlock=True, objectLock={"mode": "GOVERNANCE"})
    has = only(whole(said))["has"]

    assert set(has) == set(CAPABILITIES)
    assert has["versioning"] is False
    assert has["public_access_block"] is True
    assert has["object_lock"] == "unknown"
    assert has["encryption"] is True  # the disk below is encrypted
    assert has["encrypted_transport"] is True  # the gateway listens on the machine alone


def test_a_bucket_whose_endpoint_has_not_been_asked_has_what_is_declared_of_it() -> None:
    """A saved preview does not show what an endpoint has answered."""
    has = only(whole(bucket()))["has"]

    assert (has["versioning"], has["lifecycle"], has["public_access_block"]) == (True, False, False)


def test_a_bucket_in_the_cloud_travels_encrypted_and_is_locked_by_the_service_s_key() -> None:
    """The address says the one, the algorithm the other."""
    store = {"name": "amazon", "endpoint": "https://s3.us-east-1.amazonaws.com"}
    lab = make_lab()
    asked = {
        "store": store,
        "location": f"{RAW}@short@amazon",
        "facts": carried(lab, "amazon"),
        "encryption": "AES256",
        "publicAccessBlock": True,
        "lifecycle": {"abortMultipartDays": 7, "oldVersionsDays": 30},
    }
    location = only(whole(bucket(lab, **asked)))

    assert (location["has"]["encrypted_transport"], location["has"]["own_key"]) == (True, False)
    assert (location["has"]["encryption"], location["has"]["lifecycle"]) == (True, True)
    assert location["lifecycle"]["offered"] is True
    assert (location["lifecycle"]["abort_days"], location["lifecycle"]["noncurrent_days"]) == (7, 30)
    plain = only(whole(bucket(lab, **{**asked, "store": {**store, "endpoint": "http://s3.example.org"}})))
    assert plain["has"]["encrypted_transport"] is False


def test_rules_that_somebody_else_has_written_may_expire_data() -> None:
    """What they do is not known."""
    assert only(whole(bucket(lifecycle={"others": ["x"]})))["lifecycle"]["expire_days"] == "unknown"
    assert only(whole(bucket(lifecycle="unknown")))["lifecycle"] == "unknown"


# What it is


def test_a_location_begins_now() -> None:
    """What is there or is made now is in its term now."""
    location = only(whole(folder()))

    assert location["starts"] == "2026-11-24"
    assert facts_of([folder()], TODAY, Gate.LIVE).facts["gate"] == "live"


def test_a_store_that_is_not_the_claimed_one_is_not_known() -> None:
    """A location id cannot move a resource into another store."""
    location = only(one(folder(store="shelf"), TODAY).facts)

    assert (location["store"], location["system"], location["failure_domain"]) == ("unknown", "unknown", "unknown")


def test_where_facts_contradict_each_other_neither_is_believed() -> None:
    """One resource cannot call open what another calls identifiable; what both say alike stays."""
    lying = folder(facts=carried(make_lab("open")))
    facts = whole(bucket(), Seen("urn:other", FOLDER, lying.properties))

    assert facts["datasets"][RAW]["sensitivity"] == "unknown"
    assert facts["datasets"][RAW]["bytes"] == 2_000_000_000


def test_a_lab_that_contradicts_another_is_not_believed() -> None:
    """Two names are none."""
    facts = carried(make_lab())
    other = folder(facts={**facts, "lab": {**facts["lab"], "name": "other"}})

    assert whole(folder(), Seen("urn:b", FOLDER, other.properties))["lab"]["name"] == "unknown"
    assert whole(folder(facts=None))["lab"]["required_tags"] == "unknown"


def test_two_resources_with_one_location_are_two_places() -> None:
    """Nothing hides behind another's id."""
    facts = whole(folder(), Seen("urn:twin", FOLDER, folder(mode="0755").properties))

    assert sorted(facts["locations"]) == [f"{RAW}@short@bench", f"{RAW}@short@bench (urn:twin)"]


def test_a_copy_made_by_hand_counts_and_nothing_else_that_is_claimed() -> None:
    """The facts of a resource may add by-hand copies; not one in a store that slidebox provisions."""
    lab = make_lab(activity="resting")
    said = carried(lab, "bench", "safe", "bench-s3", term=Term.MID)
    said["locations"][f"{RAW}@mid@bench-s3"] = {"store": "bench-s3"}
    facts = whole(folder(lab, location=f"{RAW}@mid@bench", facts=said))

    assert set(facts["locations"]) == {f"{RAW}@mid@bench", f"{RAW}@mid@safe"}


@pytest.mark.parametrize(
    "claimed",
    [
        {"stores": {"safe": {"kind": "s3"}}},
        {"locations": {f"{RAW}@mid@safe": "elsewhere"}},
        {"locations": {f"{RAW}@mid@safe": {"store": "bench"}}},
    ],
)
def test_a_copy_made_by_hand_is_not_contradicted_away(claimed: dict[str, Any]) -> None:
    """What two say differently of it is not known; it is still there, and judged."""
    lab = make_lab(activity="resting")
    place = folder(lab, location=f"{RAW}@mid@bench", facts=carried(lab, "bench", "safe", term=Term.MID))

    facts = whole(place, Seen("urn:other", DECLARATION, {"facts": claimed}))

    assert set(facts["locations"]) == {f"{RAW}@mid@bench", f"{RAW}@mid@safe"}


def test_a_copy_made_by_hand_does_not_hide_behind_a_resource() -> None:
    """A bucket that claims to be it is one place more."""
    lab = make_lab(activity="resting")
    said = carried(lab, "bench", "safe", term=Term.MID)
    by_hand = f"{RAW}@mid@safe"

    facts = whole(bucket(lab, location=by_hand, store={"name": "safe"}, facts=said))

    assert set(facts["locations"]) == {by_hand, f"{by_hand} (urn:bucket)"}
    assert facts["locations"][by_hand] == {**said["locations"][by_hand], "starts": "2026-11-24"}
