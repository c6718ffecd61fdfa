"""How long it takes to work out who has access by bucket policies: 1,000, 3,000 and 10,000 of 20 statements each.

Run ``python benchmarks/access.py policies``. Each policy is JSON text of a bucket of its own, as S3 answers it, and is
parsed and evaluated once; each size runs in a process of its own. One of a hundred is public, by a statement among the
others, and has to be found.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import json
import random
import resource
import subprocess
import sys
import time
from typing import Any

from slidebox.access.aws.grants import resource_grants

NOW = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)
STATEMENTS = 20
GOAL = 1.0
"""Seconds of processor time for 1,000 policies."""
STEEPEST = 1.3
"""Growth of the time of one policy from the smallest size to the largest that still counts as linear."""


def generated_policy(number: int, chance: random.Random) -> tuple[str, str, bool]:
    """A bucket's name, its policy as text, and whether it is public."""
    bucket = f"lab-data-{number}"
    public = number % 100 == 0
    said = [_statement(bucket, at, chance) for at in range(STATEMENTS - 3)]
    said += _denials(bucket, number)
    said.append(_public(bucket, number // 100) if public else _statement(bucket, STATEMENTS, chance))
    chance.shuffle(said)
    return bucket, json.dumps({"Version": "2012-10-17", "Statement": said}), public


def _denials(bucket: str, number: int) -> list[dict[str, Any]]:
    everything = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    return [
        {**everything, "Sid": "Tls", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {
            **everything,
            "Sid": "Encrypted",
            "Action": "s3:PutObject",
            "Condition": {
                "StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": f"arn:aws:kms:key/{number}"}
            },
        },
    ]


def _public(bucket: str, kind: int) -> dict[str, Any]:
    condition = [
        {"StringLike": {"aws:Referer": "https://lab.example/*"}},
        {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}},
        {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abc123"}},
        {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
    ][kind % 4]
    said = {"Sid": "All", "Effect": "Allow", "Principal": "*", "Action": "s3:Get*"}
    return {**said, "Resource": f"arn:aws:s3:::{bucket}/*", "Condition": condition}


def _statement(bucket: str, at: int, chance: random.Random) -> dict[str, Any]:
    account = f"{chance.randrange(10**12):012d}"
    objects = f"arn:aws:s3:::{bucket}/*"
    named: list[dict[str, Any]] = [
        {"Principal": {"AWS": f"arn:aws:iam::{account}:role/lab-{at}"}, "Action": ["s3:GetObject", "s3:PutObject"]},
        {"Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "s3:Get*"},
        {
            "Principal": {"AWS": [f"arn:aws:iam::{account}:user/u{n}" for n in range(3)]},
            "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/team-{at}/*"],
        },
        {
            "Principal": "*",
            "Action": "s3:GetObject",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": f"o-{account}"}},
        },
        {
            "Principal": {"AWS": "*"},
            "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "Condition": {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{account}:role/lab-*"}},
        },
        {
            "Principal": "*",
            "Action": "s3:GetObject",
            "Condition": {"IpAddress": {"aws:SourceIp": f"192.0.{chance.randrange(256)}.0/24"}},
        },
        {
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "s3:GetObject",
            "Condition": {"StringEquals": {"AWS:SourceArn": f"arn:aws:cloudfront::{account}:distribution/E{at}"}},
        },
        {
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Condition": {"StringEquals": {"aws:SourceAccount": account}},
        },
        {"Effect": "Deny", "Principal": {"AWS": f"arn:aws:iam::{account}:role/old"}, "Action": "s3:Delete*"},
    ]
    return {"Sid": f"S{at}", "Effect": "Allow", "Resource": objects, **chance.choice(named)}


def measure(size: int, seed: int = 1) -> dict[str, float]:
    """Processor seconds and peak memory for so many policies; each is checked for being public or not."""
    chance = random.Random(seed)
    policies = [generated_policy(number, chance) for number in range(size)]
    before, wrong, grants = time.process_time(), 0, 0
    for bucket, text, public in policies:
        found = resource_grants(text, f"arn:aws:s3:::{bucket}", now=NOW)
        grants += len(found)
        wrong += public is not any(grant.who in ("anyone", "any_account", "unknown") for grant in found)
    seconds = time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    return {"size": size, "seconds": seconds, "megabytes": peak, "wrong": wrong, "grants": grants}


def main() -> int:
    """Measure each size in a process of its own, print a table, and say whether the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=["policies"], default="policies")
    parser.add_argument("sizes", nargs="*", type=int, default=[1000, 3000, 10000])
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        gc.set_threshold(100_000, 50, 50)  # as the command line does
        print(json.dumps(measure(asked.sizes[0])))
        return 0
    print("policies  grants   CPU s  ms each  growth  peak MB  wrong")
    rows = []
    for size in asked.sizes:
        command = [sys.executable, __file__, "policies", str(size), "--one"]
        rows.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        row, first = rows[-1], rows[0]
        each = row["seconds"] / row["size"]
        print(
            f"{row['size']:8,}  {row['grants']:6,}  {row['seconds']:6.2f}  {1000 * each:7.2f}"
            f"  {each / (first['seconds'] / first['size']):6.2f}  {row['megabytes']:7.0f}  {row['wrong']:5}"
        )
    growth = (rows[-1]["seconds"] / rows[-1]["size"]) / (rows[0]["seconds"] / rows[0]["size"])
    met = all(row["seconds"] <= GOAL * row["size"] / 1000 * STEEPEST and not row["wrong"] for row in rows)
    met = met and rows[0]["seconds"] <= GOAL * rows[0]["size"] / 1000 and growth <= STEEPEST
    print("goals met" if met else "goals MISSED")
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
