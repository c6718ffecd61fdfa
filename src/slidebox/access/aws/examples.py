"""A request by which an outsider makes use of a grant: what can be tried, and shown to whoever doubts it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from slidebox.access.aws.actions import ANONYMOUS, CONTROL
from slidebox.access.aws.boxes import Box, by_key, denials_of, left_of
from slidebox.access.aws.conditions import Test, understood
from slidebox.access.aws.documents import statements
from slidebox.access.aws.matching import Undecided
from slidebox.access.aws.outsiders import OUTSIDERS, Outsider, can_be
from slidebox.access.aws.possible import YES
from slidebox.access.aws.principals import ACCOUNT, ARN, SERVICE
from slidebox.access.aws.regions import allowed
from slidebox.access.aws.resource_policies import Grant, everybody_named
from slidebox.access.reader import ANYONE

_ACCOUNT: Final = "606060606060"
_ADDRESS: Final = "198.51.100.7"


class Request(NamedTuple):
    """A request.

    Attributes
    ----------
    action
        What it does, in small letters.
    resource
        The ARN of what it does it with.
    keys
        What comes with it: keys in small letters with their values.
    """

    action: str
    resource: str
    keys: Mapping[str, tuple[str, ...]]


def example(policy: object, resource: str, grant: Grant, *, now: dt.datetime | None = None) -> Request | None:
    """A request of an outsider that a policy allows.

    Parameters
    ----------
    policy
        The policy document, as an object or as JSON text.
    resource
        The ARN of the resource that has it.
    grant
        One of its grants to ``anyone`` or ``any_account`` that is not doubtful, and not tied to an access point.
    now
        The time of the request; any where None.

    Returns
    -------
    Request or None
        None where none is found, as of other grants.
    """
    for box in _boxes(policy, resource, grant):
        try:
            about = box.region.text()
        except Undecided:
            continue
        groups = by_key(box.tests)
        for key in ("aws:currenttime", "aws:epochtime"):
            if now is not None and key in groups:
                groups[key] = (*groups[key], Test(key, "date", (str(now.timestamp()),), ">="))
        for outsider in OUTSIDERS:
            verdict, found = can_be(outsider, groups) if outsider.who == grant.who else (0, {})
            if verdict == YES and about is not None:
                return Request(min(box.actions), about, _completed(outsider, found))
    return None


def _boxes(policy: object, resource: str, grant: Grant) -> Iterator[Box]:
    """What every Allow to everybody leaves of a grant's actions."""
    said = statements(policy) or ()
    denied = denials_of(said)
    for one in said:
        if one.allows is not True or one.principals is None:
            continue
        for somebody in everybody_named(one):
            if somebody.label != ANYONE:
                continue
            tests, doubtful = understood((*somebody.tests, *one.tests))
            for actions, region in allowed(one, resource):
                wanted = actions & grant.actions - CONTROL
                if grant.who == ANYONE:
                    wanted &= ANONYMOUS
                if wanted and not doubtful:
                    yield from (
                        box for box in left_of([Box(wanted, region, tests)], denied) if not box.doubtful and box.actions
                    )


def _completed(outsider: Outsider, found: Mapping[str, tuple[str, ...] | None]) -> dict[str, tuple[str, ...]]:
    """The keys of a request, with those that come with every one of its kind."""
    keys = {key: values for key, values in found.items() if values is not None}
    if outsider.way == "endpoint":
        keys.setdefault("aws:sourcevpc", ("vpc-0",))
        keys.setdefault("aws:sourcevpce", ("vpce-0",))
    else:
        keys.setdefault("aws:sourceip", (_ADDRESS,))
    if outsider.who == ANYONE:
        return keys
    if outsider.way == "service":
        keys.setdefault(SERVICE, ("any.amazonaws.com",))
        keys.setdefault("aws:principalisawsservice", ("true",))
        return keys
    if ARN in keys:
        keys.setdefault(ACCOUNT, (keys[ARN][0].split(":")[4],))
    account = keys.setdefault(ACCOUNT, (_ACCOUNT,))[0]
    keys.setdefault(ARN, (f"arn:aws:iam::{account}:role/somebody",))
    keys.setdefault("aws:principalisawsservice", ("false",))
    return keys
