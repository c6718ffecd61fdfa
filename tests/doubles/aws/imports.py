"""What is read of a bucket and its settings when the engine imports them."""

from __future__ import annotations

from typing import Any

from slidebox.adoption.amazon_things import SETTINGS, token

from .kind import client

_BUCKET = "aws:s3/bucket:Bucket"


def imported(kind: str, name: str) -> dict[str, Any]:
    """The inputs that make a bucket, or one of its settings, what it is.

    The answers of the API are written in pulumi-aws's words by slidebox's own code: so an import by the real plugin is
    tested as far as its ids, options and order go, and not how the real plugin writes each setting.
    """
    s3 = client("s3")
    if kind == _BUCKET:
        region = s3.get_bucket_location(Bucket=name)["LocationConstraint"] or "us-east-1"
        return {"bucket": name, "region": region}
    setting = next(one for one in SETTINGS if token(one.kind) == kind)
    return {"bucket": name, **(setting.inputs(getattr(s3, setting.call)(Bucket=name)) or {})}
