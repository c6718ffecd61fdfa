"""How a test gets the stand-in: moto on a port of its own, and a launcher that the engine finds."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

MOTO_LOG = "moto.log"
"""The file, in the folder that moto is given, in which each call is a line."""
REPOSITORY = Path(__file__).resolve().parents[3]


@contextmanager
def moto(folder: Path) -> Iterator[str]:
    """Run a moto server on a free loopback port; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", str(port)]
    log = folder / MOTO_LOG
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            deadline = time.monotonic() + 60
            while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def environment(address: str) -> Mapping[str, str]:
    """What the stand-in, and whoever looks at what it has made, is told about the service."""
    return {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def install(lab: Path) -> None:
    """Write the launcher into a lab, and name it in its Pulumi.yaml."""
    launcher = lab / "aws" / "pulumi-resource-aws"
    launcher.parent.mkdir(exist_ok=True)
    launcher.write_text(
        f'#!/bin/sh\nPYTHONPATH="{REPOSITORY}" exec "{sys.executable}" -m tests.doubles.aws.plugin "$@"\n',
        encoding="utf-8",
    )
    launcher.chmod(0o755)
    settings = lab / "Pulumi.yaml"
    text = settings.read_text(encoding="utf-8")
    named = f"  providers:\n    - name: aws\n      path: {launcher.parent}\n"
    assert "  providers:\n" in text
    settings.write_text(text.replace("  providers:\n", named), encoding="utf-8")
