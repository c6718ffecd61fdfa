"""Who can read: pure readings of what a store enforces, as readers with the path by which they read.

One module a kind of store. None of them judges and none of them touches a store: they are given the
configuration (a bucket policy, a folder's mode) and say whom it lets in. What they cannot understand
lets in somebody who is not known, never nobody.
"""

from slidebox.access.reader import ACTIONS, ANY_ACCOUNT, ANYONE, UNKNOWN, Reader, account, merged, person, service, team

__all__ = ["ACTIONS", "ANYONE", "ANY_ACCOUNT", "UNKNOWN", "Reader", "account", "merged", "person", "service", "team"]
