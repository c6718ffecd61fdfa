"""What policies of AWS let whom do with a resource: the way in for whoever puts an account together.

`resource_grants` is of a resource's own policy and `denials` of what it takes from others; `identity_grants` is of a
user's or a role's policies; `holders` is of those who may become a role; and `meant` says what actions come to.
"""

from slidebox.access.aws.actions import WATCHED, meant
from slidebox.access.aws.identities import identity_grants
from slidebox.access.aws.resource_policies import Denials, Grant, denials, resource_grants
from slidebox.access.aws.trust import holders, trusted

__all__ = [
    "WATCHED",
    "Denials",
    "Grant",
    "denials",
    "holders",
    "identity_grants",
    "meant",
    "resource_grants",
    "trusted",
]
