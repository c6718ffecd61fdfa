"""The embedded S3 gateway, against the real versitygw."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import botocore.exceptions
import click.testing
import pytest
from tests.conftest import GatewayFactory, RunningGateway, small_lab

from slidebox import gateway
from slidebox.cli import slidebox
from slidebox.drives import MARKER
from slidebox.errors import InputError, UnreadableError
from slidebox.home import Home
from slidebox.model import Lab, Store, StoreKind, System
from slidebox.processes import Child

pytestmark = pytest.mark.e2e


@pytest.fixture
def running(gateway_factory: GatewayFactory, tmp_path: Path) -> RunningGateway:
    """A gateway of this test alone, to be stopped and killed."""
    return gateway_factory(tmp_path / "lab")


def _pids(home: Home) -> dict[str, int]:
    return dict(gateway.status(home)[0].pids)


def _code(call: Any, **arguments: Any) -> str:
    """The error code of a call that has to fail."""
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        call(**arguments)
    return str(raised.value.response["Error"]["Code"])


def test_a_second_start_leaves_a_running_gateway_alone(running: RunningGateway) -> None:
    """Same processes, same addresses."""
    before = gateway.status(running.home)
    again = gateway.start(running.lab, running.home)
    assert again == before
    assert [state.started for state in again] == [False]


@pytest.mark.parametrize("killed", [("s3",), ("iam",), ("s3", "iam")])
def test_it_starts_again_after_a_kill_with_its_data_and_addresses(
    running: RunningGateway, killed: tuple[str, ...]
) -> None:
    """A kill -9 of either process or both costs nothing but the restart."""
    running.client("s3").create_bucket(Bucket="kept-bucket")
    running.client("s3").put_object(Bucket="kept-bucket", Key="a/b", Body=b"kept")
    running.client("iam").create_user(UserName="kept-user")
    before = running.endpoint
    pids = _pids(running.home)
    for role in killed:
        os.kill(pids[role], signal.SIGKILL)
    _wait_until_gone(pids[role] for role in killed)
    with pytest.raises(UnreadableError, match="not running"):
        gateway.endpoint(running.home, "bench-s3")
    gateway.start(running.lab, running.home)
    assert running.endpoint == before
    assert running.client("s3").get_object(Bucket="kept-bucket", Key="a/b")["Body"].read() == b"kept"
    assert [user["UserName"] for user in running.client("iam").list_users()["Users"]] == ["kept-user"]


def _wait_until_gone(pids: Any) -> None:
    deadline = time.monotonic() + 10
    for pid in pids:
        while time.monotonic() < deadline and not _ended(pid):
            time.sleep(0.02)


def _ended(pid: int) -> bool:
    return Child(pid, "versitygw", Path(os.devnull)).ended()


def test_stop_ends_both_processes_and_keeps_data_and_addresses(running: RunningGateway) -> None:
    """A later start finds everything where it was, and stopping twice is no error."""
    running.client("s3").create_bucket(Bucket="kept-bucket")
    before, pids = running.endpoint, _pids(running.home)
    gateway.stop(running.home)
    assert [_ended(pid) for pid in pids.values()] == [True, True]
    assert [state.running for state in gateway.stop(running.home)] == [False]
    gateway.start(running.lab, running.home)
    assert running.endpoint == before
    assert [b["Name"] for b in running.client("s3").list_buckets()["Buckets"]] == ["kept-bucket"]


def test_a_remembered_process_id_that_means_another_program_is_left_alone(running: RunningGateway) -> None:
    """After a restart of the machine an old id may belong to anybody."""
    gateway.stop(running.home)
    other = subprocess.Popen(["sleep", "60"])
    try:
        remembered = {"pid": other.pid, "program": "versitygw", "log": "/dev/null"}
        (running.home.gateways / "bench-s3" / "run" / "s3.pid").write_text(json.dumps(remembered))
        gateway.stop(running.home)
        gateway.start(running.lab, running.home)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_port_that_was_taken_meanwhile_is_given_up_for_another(running: RunningGateway) -> None:
    """The gateway starts all the same, and never talks to the program that has its old port."""
    gateway.stop(running.home)
    old = gateway.status(running.home)[0].s3_url
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", int(old.rpartition(":")[2])))
        taken.listen()
        gateway.start(running.lab, running.home)
    assert running.endpoint.s3_url != old
    assert running.client("s3").list_buckets()["Buckets"] == []


def test_without_the_marker_nothing_starts_and_nothing_is_written(tmp_path: Path, engines: dict[str, Path]) -> None:
    """An empty mount point looks like an empty disk: it must not be filled."""
    assert engines["versitygw"].exists()
    drive = tmp_path / "drive"
    drive.mkdir()
    with pytest.raises(UnreadableError, match=MARKER.replace(".", r"\.")):
        gateway.start(small_lab(drive), Home(tmp_path))
    assert list(drive.iterdir()) == []
    assert not (tmp_path / ".slidebox" / "gateways").exists()


def test_a_store_over_something_else_than_a_drive_is_refused(tmp_path: Path) -> None:
    """The error names the store."""
    lab = small_lab(tmp_path)
    stores = {**lab.file.stores, "bench": Store(system=System.ZENODO)}
    wrong = Lab(file=lab.file.model_copy(update={"stores": stores}), projects={})
    with pytest.raises(InputError, match="'bench' is not a drive"):
        gateway.start(wrong, Home(tmp_path))


def test_a_lab_without_an_embedded_store_says_so(tmp_path: Path) -> None:
    """There is nothing to start."""
    lab = small_lab(tmp_path)
    stores = {"far": Store(system=System.CLOUD, kind=StoreKind.S3, endpoint="https://s3.example.org")}
    with pytest.raises(InputError, match="no S3 store"):
        gateway.start(Lab(file=lab.file.model_copy(update={"stores": stores}), projects={}), Home(tmp_path))


def test_an_endpoint_that_was_never_started_says_what_to_do(tmp_path: Path) -> None:
    """The cure is a command."""
    with pytest.raises(UnreadableError, match=r"not running.*slidebox gateway start"):
        gateway.endpoint(Home(tmp_path), "bench-s3")


def test_root_keys_are_in_no_command_line_file_log_or_repr(running: RunningGateway) -> None:
    """They are derived again each time, and given by the environment, which other users cannot read."""
    running.client("s3").create_bucket(Bucket="some-bucket")
    keys = gateway.root_keys(running.home, "bench-s3")
    assert (running.endpoint.access_key, running.endpoint.secret_key) == keys
    seen = [subprocess.run(["ps", "-eww", "-o", "args"], capture_output=True, text=True, check=True).stdout]
    seen += [repr(running.endpoint), repr(gateway.status(running.home))]
    for path in running.home.lab_root.rglob("*"):
        if path.is_file():
            seen.append(path.read_text(encoding="utf-8", errors="replace"))
    assert [text for text in seen for key in keys if key in text] == []


def test_root_keys_differ_between_stores_and_labs(tmp_path: Path) -> None:
    """One leaked pair opens one gateway."""
    first, second = Home(tmp_path / "a"), Home(tmp_path / "b")
    pairs = [gateway.root_keys(first, "x"), gateway.root_keys(first, "y"), gateway.root_keys(second, "x")]
    assert len({key for pair in pairs for key in pair}) == 6
    assert gateway.root_keys(first, "x") == pairs[0]


def test_other_users_of_the_machine_enter_no_folder_of_the_gateway(running: RunningGateway) -> None:
    """Who reads is decided by the gateway, not by the files' modes; its own files are its owner's."""
    running.client("s3").create_bucket(Bucket="private-bucket")
    running.client("s3").put_object(Bucket="private-bucket", Key="a/b", Body=b"x")
    folders = [running.drive / "bench-s3", running.drive / ".slidebox-versions" / "bench-s3", running.home.root]
    files = [
        running.drive / "bench-s3" / "private-bucket" / "a" / "b",
        running.home.gateways / "bench-s3" / "ports.json",
    ]
    assert [oct(stat.S_IMODE(path.stat().st_mode)) for path in folders] == ["0o700"] * 3
    assert [oct(stat.S_IMODE(path.stat().st_mode)) for path in files] == ["0o600"] * 2


def test_objects_and_their_old_versions_are_plain_files_on_the_drive(running: RunningGateway) -> None:
    """The data can be read without the gateway, and no version leaves the disk."""
    s3 = running.client("s3")
    s3.create_bucket(Bucket="some-bucket")
    s3.put_bucket_versioning(Bucket="some-bucket", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"old", b"new"):
        s3.put_object(Bucket="some-bucket", Key="a/b", Body=body)
    assert (running.drive / "bench-s3" / "some-bucket" / "a" / "b").read_bytes() == b"new"
    versions = (running.drive / ".slidebox-versions" / "bench-s3").rglob("*")
    assert [path.read_bytes() for path in versions if path.is_file()] == [b"old"]


def test_users_get_what_their_policy_says_and_strangers_nothing(running: RunningGateway) -> None:
    """A reader reads and does not write; a wrong key and no key do neither."""
    root = running.client("s3")
    root.create_bucket(Bucket="team-bucket")
    root.put_object(Bucket="team-bucket", Key="k", Body=b"x")
    iam = running.client("iam")
    iam.create_user(UserName="reader")
    statement = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": "arn:aws:s3:::team-bucket*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="reader", PolicyName="read", PolicyDocument=policy)
    made = iam.create_access_key(UserName="reader")["AccessKey"]
    reader = running.client("s3", (made["AccessKeyId"], made["SecretAccessKey"]))
    stranger = running.client("s3", ("AKIANOBODY", "n" * 40))
    assert reader.get_object(Bucket="team-bucket", Key="k")["Body"].read() == b"x"
    assert _code(reader.put_object, Bucket="team-bucket", Key="k", Body=b"y") == "AccessDenied"
    assert _code(stranger.get_object, Bucket="team-bucket", Key="k") == "InvalidAccessKeyId"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{running.endpoint.s3_url}/team-bucket/k")  # noqa: S310 -- our own http address


def test_it_works_in_a_folder_too_deep_for_a_socket(gateway_factory: GatewayFactory, tmp_path: Path) -> None:
    """A socket's path holds about a hundred bytes; a lab may lie deeper."""
    running = gateway_factory(tmp_path / ("deep-" * 20) / "lab")
    assert running.client("s3").list_buckets()["Buckets"] == []
    assert running.client("iam").list_users()["Users"] == []


@pytest.fixture
def lab_folder(running: RunningGateway) -> Path:
    """The gateway's lab as files, for the command line."""
    root = running.home.lab_root
    (root / "projects").mkdir()
    (root / "lab.yaml").write_text(
        "lab: test-lab\ntitle: Test lab\npeople:\n  ada: {name: Ada}\nstores:\n"
        "  bench: {system: internal_drive, kind: drive, path: drive}\n"
        "  bench-s3: {system: internal_drive, kind: s3, over: bench}\n"
    )
    (root / "projects" / "one.yaml").write_text(
        "project: one\ntitle: One\nowner: ada\naudience: {reader: [ada]}\n"
        "datasets:\n  raw_images: {size: 1 GB, files: 10, sensitivity: open}\n"
    )
    return root


def _call(folder: Path, *words: str) -> click.testing.Result:
    return click.testing.CliRunner().invoke(slidebox, ["--lab", str(folder), "gateway", *words], standalone_mode=False)


def test_the_command_line_shows_addresses_and_processes_but_no_key(lab_folder: Path, running: RunningGateway) -> None:
    """For people and as JSON; exit code 0 while it runs, 3 when it does not."""
    shown = _call(lab_folder, "status")
    document = json.loads(_call(lab_folder, "status", "--json").output)
    assert shown.return_value == 0
    assert f"bench-s3: runs at {running.endpoint.s3_url}" in shown.output
    assert document["gateways"][0]["pids"] == _pids(running.home)
    started = _call(lab_folder, "start")
    assert (started.return_value, (running.home.env_file).exists()) == (0, True)
    stopped = _call(lab_folder, "stop")
    after = _call(lab_folder, "status")
    assert (stopped.return_value, after.return_value) == (0, 3)
    assert running.home.passphrase().decode() not in shown.output + started.output + stopped.output
