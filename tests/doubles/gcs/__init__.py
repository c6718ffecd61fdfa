"""A test server that stands in for Google Cloud: buckets, their IAM policies, objects, keys in Cloud KMS,
inventory reports of Storage Insights, budgets of billing accounts and the channels by which people are told of them.

It is made for tests and never reaches users. What it does:

- Each request is held against Google's own discovery document (those that come with
  google-api-python-client; of Storage Insights, which has none there,
  against the types of Google's own client): method, path, query parameters, and the body's fields, types and
  enumerations. A field that the API does not have is answered with 400, also where the service would only ignore it.
- Configuration is kept as it is sent, and answered so. What the service refuses and a client could rely on is
  refused: names and labels against Google's rules, a retention policy together with versioning, soft delete of
  fewer than 7 or more than 90 days, taking back a lock, keys that do not exist, are disabled, or that the
  storage service's agent may not use, agents that nobody has asked for, names owned by another project (409),
  deleting what is not empty (409), a policy with an old etag (412), conditions without version 3.
- Access is enforced. The bearer token is the caller's member string, such as ``user:ines@example.org``; groups,
  domains, the projects' roles, and conditions ``request.time < timestamp("…")`` against a clock that tests set count.
  Without a token the caller is nobody, whom only ``allUsers`` lets in, and nothing where prevention is enforced.
- A key has a rotation only together with the next day of it.
- ``/token`` hands out tokens for a service account's signed request, so that Google's own default chain of
  credentials finds one: `GcsDouble.credentials` writes the file that GOOGLE_APPLICATION_CREDENTIALS names.
- Faults on demand (`Fault`): throttling, 503, 403 on the nth call of a kind, not found although just made.
- Keys of service accounts are listed as IAM does (`GcsDouble.accounts`), and never shown.
- What is around buckets is answered as tests say it (`GcsDouble.around`): folders and the organisation, policies of
  all of them, denials, constraints, custom roles, service accounts, pools of workload identities, HMAC keys and CDNs.
  Managed folders have policies, which count for what is in them. Conditions may name how a name begins, or a type.
- Every call is remembered (`GcsDouble.calls`), so that tests can count them.

- Resumable uploads in parts, which go on where they were broken off; ranges of an object's bytes; CRC32C and MD5 of
  every object; copying within the service, also of an earlier version.

What it does not do: check the signatures of tokens, ACLs (every bucket is taken to have uniform access),
deleting keys, composing, soft-deleted objects, running lifecycle rules, writing logs.
"""

from .faults import Fault
from .server import GcsDouble

__all__ = ["Fault", "GcsDouble"]
