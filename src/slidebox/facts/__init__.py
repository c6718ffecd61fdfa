"""The facts document: what the rules are asked about. It is filled here and never judged.

Maps keyed by id; every field always present; what is not known spelled ``"unknown"``. The rules
(policies/) say what follows. The same document is made from a plan (here) and from a preview
(`slidebox.preview`); schemas/facts.schema.json describes it field by field.
"""

from slidebox.access.declared import ROLE_ACTIONS, principal, readers
from slidebox.facts.book import FactBook, fragment, plan_facts
from slidebox.facts.carried import pack, unpack
from slidebox.facts.declarations import NONE, identities_at, tags
from slidebox.facts.places import CAPABILITIES, has

__all__ = [
    "CAPABILITIES",
    "NONE",
    "ROLE_ACTIONS",
    "FactBook",
    "fragment",
    "has",
    "identities_at",
    "pack",
    "plan_facts",
    "principal",
    "readers",
    "tags",
    "unpack",
]
