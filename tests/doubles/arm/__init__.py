"""A test server that stands in for Azure: Resource Manager for storage and role assignments, and a little of blobs.

It is made for tests and never reaches users. What it does:

- Bodies are held against the SDK's own models (of `azure.mgmt.storage`, `.authorization`, `.consumption`): a field that
  the API does not have, a missing one, a wrong type or a word that is none of an enumeration's is answered with
  400 and Resource Manager's own shape of an error. What passes is stored, and answered as the service answers it.
- A vault that a test puts there is found, and an encryption scope can use its keys only if the account's identity has
  the role for it and the vault has purge protection; of any other vault nothing is known, and nothing is refused.
- Diagnostic settings, of which the SDK has no model, are held against their documentation.
- A new storage account is a long-running operation (202 and `Location`); everything else is done at once.
- It speaks TLS with a certificate of its own, as the SDKs send tokens over nothing else.
- Every call needs a bearer token for the right audience that has not expired. `/msi/token` hands them out as the
  managed identity of App Service does, so that the SDK's own default chain finds one: `environment()` says how.
- Faults on demand (`Fault`): throttling with `Retry-After`, 503, 403 on the nth call, a thing that is not found
  although it was just made.
- What the service refuses and a test could rely on: names of accounts that are taken, public containers where the
  account forbids them, deleting a container with an immutability policy or a hold, changing a locked policy, a second
  assignment of one role to one principal at one scope, a container's encryption scope that does not exist or changes.
- What a test puts there of local users, replication, deny assignments, profiles of Front Door, stored access policies,
  lists of access and static websites is listed, and enforced by nothing.

What it does not do: evaluate role assignments and their conditions, enforce locks on blobs, run lifecycle rules,
keep versions or deleted containers, partners of replication, private endpoints.
"""

from .faults import Fault
from .server import SUBSCRIPTION, ArmDouble

__all__ = ["SUBSCRIPTION", "ArmDouble", "Fault"]
