"""The buckets of a stack by OpenTofu or Terraform, with its AWS provider, against the same kind of server.

`clouds.py --beside` hands over what slidebox has made; the same resources are written as Terraform's JSON, each with
the same arguments and after the same others, and timed. The provider comes from the program's own registry or mirror,
at `init`: where it cannot be had, that is said and nothing is measured.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

PROGRAMS = ("tofu", "terraform")
_KINDS = re.compile(r"aws:(s3|iam|kms)/\w+:(\w+)")
_BLOCKS = {
    "rules": "rule",
    "transitions": "transition",
    "noncurrentVersionTransitions": "noncurrent_version_transition",
}
"""Lists of pulumi-aws whose blocks have a name in the singular."""

_MAPS = ("tags",)
"""Arguments whose keys are the user's own."""

_LEFT = ("region", "__defaults")
_SERVICES = ("s3", "iam", "kms", "sts")


class Missing(Exception):  # noqa: N818 - no fault of anybody's
    """The program or its provider is not at hand; the message says which."""


def program() -> str:
    """The path of OpenTofu, or else of Terraform.

    Raises
    ------
    Missing
        If neither is at hand.
    """
    found = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if found is None:
        raise Missing("Neither tofu nor terraform is on PATH.")
    return found


def configuration(resources: Iterable[Mapping[str, Any]], address: str) -> dict[str, Any]:
    """The resources of a Pulumi state that pulumi-aws has made, as Terraform's JSON.

    Parameters
    ----------
    resources
        Of the state.
    address
        Of the server that answers for AWS.
    """
    listed = {str(one["urn"]): one for one in resources}
    names = {urn: found for urn, one in listed.items() if (found := _name(one))}
    written: dict[str, dict[str, Any]] = {}
    for urn, (kind, name) in names.items():
        before = (names[above] for above in listed[urn].get("dependencies", ()) if above in names)
        said = _arguments(listed[urn]["inputs"])
        written.setdefault(kind, {})[name] = {**said, "depends_on": sorted(".".join(pair) for pair in before)}
    own = {
        "region": "us-east-1",
        "access_key": "testing",
        "secret_key": "testing",
        "s3_use_path_style": True,
        "skip_credentials_validation": True,
        "skip_requesting_account_id": True,
        "skip_metadata_api_check": True,
        "endpoints": [dict.fromkeys(_SERVICES, address)],
    }
    return {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
        "provider": {"aws": [own]},
        "resource": written,
    }


def measure(resources: Iterable[Mapping[str, Any]], address: str, folder: Path) -> tuple[float, float]:
    """Seconds to make the resources, and to see that nothing is left to do.

    Raises
    ------
    Missing
        If the program or its provider is not at hand.
    subprocess.CalledProcessError
        If the resources cannot be made.
    """
    command = program()
    said = json.dumps(configuration(resources, address))
    (folder / "main.tf.json").write_text(said, encoding="utf-8")
    begun = subprocess.run([command, "init", "-no-color"], cwd=folder, capture_output=True, text=True, check=False)
    if begun.returncode:
        raise Missing(f"{command} cannot have its AWS provider here (`{Path(command).name} init` fails).")
    return (
        _timed([command, "apply", "-auto-approve", "-no-color"], folder),
        # Like a preview of the engine: it looks at nothing at the service.
        _timed([command, "plan", "-refresh=false", "-detailed-exitcode", "-no-color"], folder),
    )


def _timed(command: list[str], folder: Path) -> float:
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return time.perf_counter() - start


def _name(resource: Mapping[str, Any]) -> tuple[str, str] | None:
    """Terraform's type and a name, such as ``aws_s3_bucket_policy`` and ``p0-raw_images``."""
    kind = _KINDS.fullmatch(str(resource["type"]))
    if kind is None:
        return None
    name = re.sub(r"[^\w-]", "-", str(resource["urn"]).rpartition("::")[2])
    return f"aws_{kind[1]}_{_snake(kind[2][0].lower() + kind[2][1:])}", name


def _arguments(said: Any) -> Any:
    if isinstance(said, Mapping):
        return {
            _BLOCKS.get(key) or _snake(key): value if key in _MAPS else _arguments(value)
            for key, value in said.items()
            if key not in _LEFT
        }
    return [_arguments(item) for item in said] if isinstance(said, list) else said


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name)
