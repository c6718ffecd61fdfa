"""The bucket that a lab's Terraform template makes at Google: uniform access, one label, an upload account, a binding.

The account's key goes into a file, it has `storage.objectAdmin`, and an authoritative binding gives it
`storage.legacyBucketReader`.
"""

from __future__ import annotations

from typing import Any

import requests

from .doubles.gcs import GcsDouble

PROJECT, NAME = "cuhealthai-sandbox", "waylab-assayworks-bucket"
ACCOUNT = f"terraform@{PROJECT}.iam.gserviceaccount.com"
PROVIDER = f"waylab-assayworks-svc-acct@{PROJECT}.iam.gserviceaccount.com"
RECEIVER = "user:receiver@cuanschutz.example"


def terraform(gcs: GcsDouble, **more: Any) -> None:
    """Make the bucket as Terraform's provider does, and let somebody receive data by hand, as the template says."""
    about = {
        "name": NAME,
        "location": "europe-west4",
        "labels": {"initiative": "waylab-assayworks"},
        "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}},
    }
    ask(gcs, "POST", f"b?project={PROJECT}", {**about, **more})
    policy = ask(gcs, "GET", f"b/{NAME}/iam?optionsRequestedPolicyVersion=3")
    policy["bindings"] += [{"role": "roles/storage.objectAdmin", "members": [f"serviceAccount:{PROVIDER}"]}]
    reader = next(b for b in policy["bindings"] if b["role"] == "roles/storage.legacyBucketReader")
    # The template's binding is the whole of its role: Google's own viewers go.
    reader["members"] = [f"serviceAccount:{PROVIDER}"]
    policy["bindings"] += [{"role": "roles/storage.objectViewer", "members": [RECEIVER]}]
    ask(gcs, "PUT", f"b/{NAME}/iam", policy)


def upload(gcs: GcsDouble, name: str, content: bytes) -> None:
    """Put an object, as the data provider does."""
    done = requests.post(
        f"{gcs.url}/upload/storage/v1/b/{NAME}/o?uploadType=media&name={name}",
        data=content,
        headers={"Authorization": f"Bearer serviceAccount:{PROVIDER}", "Content-Type": "image/tiff"},
        timeout=10,
    )
    assert done.status_code == 200, done.text


def ask(gcs: GcsDouble, verb: str, path: str, body: Any = None) -> Any:
    """Ask the service as whoever runs Terraform."""
    headers = {"Authorization": f"Bearer serviceAccount:{ACCOUNT}"}
    done = requests.request(verb, f"{gcs.url}/storage/v1/{path}", json=body, headers=headers, timeout=10)
    assert done.status_code == 200, done.text
    return done.json()
