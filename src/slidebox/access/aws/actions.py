"""The actions of AWS that decide who can do what with data, and what each of them comes to.

Sources: Service Authorization Reference, "Actions, resources, and condition keys" for Amazon S3, AWS KMS, AWS STS, IAM
and AWS Lambda, as of 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from slidebox.access.effective import ACTIONS

OBJECT: Final[Mapping[str, tuple[str, ...]]] = {
    "s3:getobject": ("read",),
    "s3:getobjectversion": ("read",),
    "s3:getobjecttorrent": ("read",),
    "s3:getobjectversiontorrent": ("read",),
    "s3:getobjectversionforreplication": ("read",),
    "s3:putobject": ("write",),
    "s3:replicateobject": ("write",),
    "s3:replicatedelete": ("delete",),
    "s3:deleteobject": ("delete",),
    "s3:deleteobjectversion": ("delete",),
    "s3:putobjectacl": ACTIONS,
    "s3:putobjectversionacl": ACTIONS,
}
"""What is done with an object of a bucket."""

BUCKET: Final[Mapping[str, tuple[str, ...]]] = {
    "s3:listbucket": ("list",),
    "s3:listbucketversions": ("list",),
    "s3:listbucketmultipartuploads": ("list",),
    "s3:putinventoryconfiguration": ("list",),
    "s3:deletebucket": ("delete",),
    "s3:putlifecycleconfiguration": ("delete",),
    "s3:putreplicationconfiguration": ACTIONS,
    "s3:putbucketpolicy": ACTIONS,
    "s3:deletebucketpolicy": ACTIONS,
    "s3:putbucketacl": ACTIONS,
    "s3:putbucketownershipcontrols": ACTIONS,
    "s3:putbucketpublicaccessblock": ACTIONS,
    "s3:putaccesspointpolicy": ACTIONS,
    "s3:deleteaccesspointpolicy": ACTIONS,
    "s3:createaccesspoint": ACTIONS,
    "s3:putmultiregionaccesspointpolicy": ACTIONS,
}
"""What is done with a bucket or an access point; who may change a policy may give itself the rest."""

KEY: Final[Mapping[str, tuple[str, ...]]] = {
    "kms:decrypt": ("read",),
    "kms:reencryptfrom": ("read",),
    "kms:encrypt": ("write",),
    "kms:generatedatakey": ("write",),
    "kms:generatedatakeywithoutplaintext": ("write",),
    "kms:reencryptto": ("write",),
    "kms:disablekey": ("delete",),
    "kms:schedulekeydeletion": ("delete",),
    "kms:creategrant": ACTIONS,
    "kms:putkeypolicy": ACTIONS,
}
"""What is done with a key; what the key keeps closed is read with it."""

ROLE: Final[Mapping[str, tuple[str, ...]]] = {
    "sts:assumerole": (),
    "sts:assumerolewithwebidentity": (),
    "sts:assumerolewithsaml": (),
}
"""How somebody becomes a role; what it comes to is what the role may do."""

FUNCTION: Final[Mapping[str, tuple[str, ...]]] = {
    "lambda:invokefunction": (),
    "lambda:invokefunctionurl": (),
    "lambda:updatefunctioncode": (),
    "lambda:addpermission": (),
    "execute-api:invoke": (),
}
"""How somebody runs what stands in front of a bucket; what it comes to is what the code does."""

CONTROL: Final = frozenset(
    {
        "iam:putuserpolicy",
        "iam:putgrouppolicy",
        "iam:putrolepolicy",
        "iam:attachuserpolicy",
        "iam:attachgrouppolicy",
        "iam:attachrolepolicy",
        "iam:createpolicyversion",
        "iam:setdefaultpolicyversion",
        "iam:addusertogroup",
        "iam:updateassumerolepolicy",
        "iam:createaccesskey",
        "iam:createloginprofile",
        "iam:updateloginprofile",
    }
)
"""Who may do one of these may give itself the rest, or become somebody who has it."""

OWN_KEYS: Final = frozenset({"iam:createaccesskey", "iam:createloginprofile", "iam:updateloginprofile"})
"""Of `CONTROL`, those that give nothing more to whoever may do them with itself only."""

ANONYMOUS: Final = frozenset(OBJECT) | frozenset(BUCKET) | {"lambda:invokefunctionurl", "execute-api:invoke"}
"""The actions that services take from whoever has no account at all."""

_MEANING: Final[Mapping[str, tuple[str, ...]]] = {
    **OBJECT,
    **BUCKET,
    **KEY,
    **ROLE,
    **FUNCTION,
    **dict.fromkeys(CONTROL, ACTIONS),
}

WATCHED: Final = frozenset(_MEANING)
"""The actions that grants are made of, in small letters."""


@lru_cache(maxsize=16384)
def named_by(text: str) -> frozenset[str]:
    """The watched actions that an ``Action`` of a policy names; wildcards may stand anywhere, and case is nothing."""
    small = text.lower()
    if "*" not in small and "?" not in small:
        return frozenset({small} & WATCHED)
    if small == "*":
        return WATCHED
    pattern = re.compile("".join({"*": ".*", "?": "."}.get(char) or re.escape(char) for char in small), re.DOTALL)
    return frozenset(action for action in WATCHED if pattern.fullmatch(action))


@lru_cache(maxsize=4096)
def _meant(actions: frozenset[str]) -> tuple[str, ...]:
    meant = {word for action in actions for word in _MEANING.get(action, ())}
    return tuple(word for word in ACTIONS if word in meant)


def meant(actions: Iterable[str]) -> tuple[str, ...]:
    """What actions of AWS come to, of `slidebox.access.effective.ACTIONS` and in its order."""
    return _meant(frozenset(actions))
