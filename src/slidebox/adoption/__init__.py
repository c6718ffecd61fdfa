"""Taking over what a lab has already: read it, declare it as it is, and say what falls short.

Reading is at the edge, a module a kind of store (`drive`, `s3`, `google`, `microsoft`, `amazon`, `terraform`), which
`stores` chooses from; what follows from it (`writing`, `advice`) is pure.
"""

from slidebox.adoption.advice import Keyless, Step, keyless
from slidebox.adoption.existing import Content, Existing, LongLivedKey, Member, Thing
from slidebox.adoption.reading import Counted, Reader
from slidebox.adoption.writing import About, Taken, project_of, record_of, strangers, waivers_for

__all__ = [
    "About",
    "Content",
    "Counted",
    "Existing",
    "Keyless",
    "LongLivedKey",
    "Member",
    "Reader",
    "Step",
    "Taken",
    "Thing",
    "keyless",
    "project_of",
    "record_of",
    "strangers",
    "waivers_for",
]
