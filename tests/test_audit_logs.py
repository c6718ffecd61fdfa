"""Who really read and changed what, from the logs of three clouds."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from slidebox.access.snapshot import Known
from slidebox.audit.logs import Activity, Call, activity, calls, changers, files_of, last_reads
from slidebox.errors import InputError, UnreadableError

ADA = "arn:aws:iam::111122223333:user/ada"
CONTAINER = (
    "/SUBSCRIPTIONS/S/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.STORAGE/STORAGEACCOUNTS/acc/BLOBSERVICES/DEFAULT/CONTAINERS/"
    "data/PROVIDERS/MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/1"
)
KNOWN = Known({ADA: "person:ada", "ada@example.org": "person:ada", "oid-1": "person:ada"})


def trail(name: str = "GetObject", at: str = "2026-11-20T10:00:00Z", **more: Any) -> dict[str, Any]:
    """An event as CloudTrail writes it."""
    who = {"type": "IAMUser", "arn": ADA, "accountId": "111122223333"}
    said = {"eventSource": "s3.amazonaws.com", "eventName": name, "eventTime": at, "userIdentity": who}
    return {"eventVersion": "1.10", **said, "requestParameters": {"bucketName": "bkt", "key": "a"}, **more}


def google(method: str = "storage.objects.get", who: str | None = "ada@example.org", **more: Any) -> dict[str, Any]:
    """An entry as Google's logging writes it into a bucket."""
    payload = {"serviceName": "storage.googleapis.com", "methodName": method, "status": {}, "authenticationInfo": {}}
    if who:
        payload["authenticationInfo"] = {"principalEmail": who}
    at = {"timestamp": "2026-11-22T10:00:00.5Z", "resource": {"labels": {"bucket_name": "gb"}}}
    return {"protoPayload": {**payload, **more}, **at}


def azure(operation: str = "GetBlob", status: Any = 200, **identity: Any) -> dict[str, Any]:
    """A line as Azure Monitor writes it into a container."""
    uri = "https://acc.blob.core.windows.net:443/data/a.tif?sp=r&sig=S3CRETS1GNATURE"
    said = {"time": "2026-11-22T11:00:00.0Z", "category": "StorageRead", "operationName": operation}
    return {**said, "statusCode": status, "uri": uri, "identity": identity or {"type": "Anonymous"}}


def trails(folder: Path, *events: dict[str, Any]) -> Path:
    """A file as CloudTrail lays it down."""
    path = folder / "AWSLogs" / "111122223333" / "CloudTrail" / "eu-west-1" / "one.json.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt") as file:
        json.dump({"Records": list(events)}, file)
    return folder


def lines(folder: Path, *entries: dict[str, Any]) -> Path:
    """A file of one JSON document a line."""
    (folder / "PT1H.json").write_text("\n".join(map(json.dumps, entries)) + "\n")
    return folder


def summed(folder: Path) -> list[tuple[str, str, str, str, int]]:
    """Place, principal, meaning, last moment and number."""
    return [(one.place, one.principal(KNOWN), one.does, one.last, one.count) for one in calls([folder])]


def test_reads_in_cloudtrail_are_summed_up_by_who_and_where(tmp_path: Path) -> None:
    """Reads in cloudtrail are summed up by who and where."""
    trails(tmp_path, trail(), trail(at="2026-11-21T09:00:00Z"), trail("PutObject"))
    assert sorted(summed(tmp_path)) == [
        ("bkt", "person:ada", "read", "2026-11-21T09:00:00Z", 2),
        ("bkt", "person:ada", "write", "2026-11-20T10:00:00Z", 1),
    ]


def test_a_session_counts_as_its_role(tmp_path: Path) -> None:
    """A session counts as its role."""
    session = {"arn": "arn:aws:sts::1:assumed-role/r/x", "sessionContext": {"sessionIssuer": {"arn": ADA}}}
    trails(tmp_path, trail(userIdentity=session))
    assert summed(tmp_path)[0][1] == "person:ada"


def test_somebody_without_an_account_is_anyone_in_each_log(tmp_path: Path) -> None:
    """Somebody without an account is anyone in each log."""
    trails(tmp_path, trail(userIdentity={"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}))
    lines(tmp_path, google(who=None), azure())
    assert sorted((place, who) for place, who, *_ in summed(tmp_path)) == [
        ("bkt", "anyone"),
        ("data", "anyone"),
        ("gb", "anyone"),
    ]


def test_google_and_azure_say_who_read(tmp_path: Path) -> None:
    """Google and azure say who read."""
    lines(tmp_path, google(), azure(type="OAuth", requester={"objectId": "oid-1"}))
    assert sorted((place, who, does) for place, who, does, *_ in summed(tmp_path)) == [
        ("data", "person:ada", "read"),
        ("gb", "person:ada", "read"),
    ]


@pytest.mark.parametrize(
    "refused",
    [trail(errorCode="AccessDenied"), google(status={"code": 7}), azure(status=403), azure(status="404")],
)
def test_a_call_that_was_refused_counts_for_nothing(tmp_path: Path, refused: dict[str, Any]) -> None:
    """A call that was refused counts for nothing."""
    lines(tmp_path, refused)
    assert summed(tmp_path) == []


def test_no_signature_of_a_link_comes_out_of_a_log(tmp_path: Path) -> None:
    """No signature of a link comes out of a log."""
    lines(tmp_path, azure(type="SAS"))
    assert "S3CRET" not in repr(calls([tmp_path]))


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        (trail("PutBucketPolicy"), "bkt"),
        (google("storage.setIamPermissions"), "gb"),
        (
            {
                "time": "2026-11-22T11:00:00Z",
                "operationName": "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE",
                "resourceId": CONTAINER,
                "identity": {"claims": {"http://schemas.microsoft.com/identity/claims/objectidentifier": "oid-1"}},
            },
            "data",
        ),
    ],
)
def test_who_changed_access_is_told(tmp_path: Path, entry: dict[str, Any], place: str) -> None:
    """Who changed access is told."""
    lines(tmp_path, entry)
    found = changers(calls([tmp_path]), KNOWN, {(place, ""): "LOCATION"}, "2026-11-01")
    assert list(found) == ["LOCATION"]
    assert found["LOCATION"][0].startswith("person:ada with ")
    assert changers(calls([tmp_path]), KNOWN, {}, "2026-12-01") == {}


def test_calls_that_say_nothing_about_data_are_left_out(tmp_path: Path) -> None:
    """Calls that say nothing about data are left out."""
    trails(tmp_path, trail("ListBuckets"), trail("GetBucketTagging"))
    lines(tmp_path, {"hello": "world"})
    assert summed(tmp_path) == []


def test_digests_are_no_logs_and_a_folder_without_logs_is_an_error(tmp_path: Path) -> None:
    """Digests are no logs and a folder without logs is an error."""
    digest = tmp_path / "AWSLogs" / "1" / "CloudTrail-Digest" / "d.json.gz"
    digest.parent.mkdir(parents=True)
    digest.write_bytes(b"x")
    with pytest.raises(InputError, match="no log"):
        files_of([tmp_path])
    assert files_of([digest]) == [digest]


@pytest.mark.parametrize("name", ["log[1].json", "log*.json", "log?.json"])
def test_a_log_is_the_one_that_was_named(tmp_path: Path, name: str) -> None:
    """What a shell takes for a pattern is a name here, though another log is called what it would stand for."""
    (tmp_path / name).write_text(json.dumps(google()) + "\n")
    (tmp_path / "log1.json").write_text(json.dumps(google("storage.objects.delete")) + "\n")
    assert [call.operation for call in calls([tmp_path / name])] == ["storage.objects.get"]


def test_a_log_that_is_cut_off_is_said_and_nothing_is_summed(tmp_path: Path) -> None:
    """A log that is cut off is said and nothing is summed."""
    (tmp_path / "a.json").write_text('{"Records": [{"eventSource": "s3')
    with pytest.raises(UnreadableError, match="cannot be read"):
        calls([tmp_path])


CALL = Call("aws", "bkt", "", ADA, "GetObject", "read", "2026-11-01", "2026-11-20", 3)


def test_activity_is_told_by_the_locations_own_name() -> None:
    """Activity is told by the locations own name."""
    (one,) = activity([CALL], KNOWN, {("bkt", ""): "store/bkt"})
    assert one == Activity("store/bkt", "person:ada", {"read": "2026-11-20"}, 3)


def test_a_team_has_read_when_one_of_its_people_has() -> None:
    """A team has read when one of its people has."""
    found = activity([CALL], KNOWN, {})
    assert last_reads(found, {"team:t": ["person:ada"], "team:u": ["person:bo"]}) == {
        ("bkt", "person:ada"): "2026-11-20",
        ("bkt", "team:t"): "2026-11-20",
    }
