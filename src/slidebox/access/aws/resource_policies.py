"""What one policy of a resource lets whom do with it.

Every Allow counts, and what the same policy's Denies certainly take is taken off: which requests are left is worked
out of both together (`slidebox.access.aws.boxes`). What is not understood in an Allow narrows nothing, and a Deny that
is not understood takes nothing, so somebody may be named who cannot, and nobody who can is left out.

Sources: AWS IAM User Guide, "Policy evaluation logic", "IAM JSON policy elements reference" and "Cross account resource
access in IAM", as of 2026-11.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from slidebox.access.aws.actions import ANONYMOUS
from slidebox.access.aws.boxes import Box, Denial, denials_of, left_of
from slidebox.access.aws.conditions import Test, understood
from slidebox.access.aws.documents import Statement, statements
from slidebox.access.aws.outsiders import owner
from slidebox.access.aws.principals import (
    ACCOUNT,
    ARN,
    CANONICAL,
    EVERYBODY,
    PROVIDER,
    SERVICE,
    UNIQUE,
    Principal,
    everybody_but,
    named,
)
from slidebox.access.aws.regions import Region, allowed, domains, everything
from slidebox.access.aws.somebody import let_in, says_nothing
from slidebox.access.reader import ANY_ACCOUNT, ANYONE, UNKNOWN

Source: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""Keys in small letters with their values."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What somebody may do with a resource.

    Attributes
    ----------
    who
        As AWS calls them: ``anyone``, ``any_account``, ``unknown``, the ARN of an identity or of a session,
        ``account:ID`` (everybody of that account whom its own policies let), ``org:ID`` or ``org:PATH``, ``vpce:ID``,
        ``vpc:ID``, ``network:CIDR``, ``service:NAME``, ``canonical:ID``, ``userid:ID``, ``federated:ARN``, and of
        trust policies ``github:OWNER/REPOSITORY@BRANCH``, ``saml:ARN#SUBJECT``, ``oidc:…`` and ``cognito:POOL``. An ARN
        may be a pattern whose account is fixed, such as ``arn:aws:iam::123456789012:role/lab-*``.
    actions
        Actions of AWS in small letters, of `WATCHED`.
    path
        How they come by it, outermost first.
    until
        The last moment of it, in ISO 8601; empty where it has no end.
    source
        What it is tied to: keys in small letters with their values. With ``s3:dataaccesspointarn`` or
        ``s3:dataaccesspointaccount`` it counts only for what comes by such an access point, whose own policy decides
        who that is; with ``aws:sourcearn`` or ``aws:sourceaccount`` a service acts for these only.
    doubtful
        Whether something about it was not understood, so that it may be less.
    """

    who: str
    actions: frozenset[str]
    path: tuple[str, ...]
    until: str = ""
    source: Source = ()
    doubtful: bool = False


_WIDER: Final = {ANYONE: 2, ANY_ACCOUNT: 1}
_NAMING: Final = frozenset({ARN, ACCOUNT, SERVICE, CANONICAL, UNIQUE, PROVIDER})
_BROKEN: Final = "the policy cannot be read"
_NOT_UNDERSTOOD: Final = "it cannot be understood"


def resource_grants(
    policy: object, resource: str, path: tuple[str, ...] = (), *, now: dt.datetime | None = None
) -> tuple[Grant, ...]:
    """Whom a resource's own policy lets do what.

    Parameters
    ----------
    policy
        The policy document, as an object or as JSON text; None where there is none.
    resource
        The ARN of the bucket, access point, key, function or API that has the policy. A bucket's ARN stands for the
        bucket and all that is in it.
    path
        What comes before the statement in each grant's path.
    now
        The time from which requests count: what ended before is no grant. All times where None.

    Returns
    -------
    tuple of Grant
        In an order that does not depend on that of the statements; an ``account:…`` counts although that account's own
        policies have to let its people too. Somebody unknown where the policy cannot be read.
    """
    said = statements(policy)
    if said is None:
        return (Grant(UNKNOWN, everything(resource), (*path, _BROKEN), doubtful=True),)
    denied = _counting(denials_of(said), said)
    found: list[Grant] = []
    for one in said:
        if one.allows is not False:
            found += _of_statement(one, resource, (*path, one.name), denied, now)
    return tuple(sorted(found, key=_order)) if len(found) > 1 else tuple(found)


def _counting(denied: tuple[Denial, ...], said: tuple[Statement, ...]) -> tuple[Denial, ...]:
    """The Denies that can make a difference.

    One that holds only for a value of a key of which nothing else is said, and that everybody chooses, holds for nobody
    who does not want it: the usual one refuses what comes without TLS.
    """
    if not denied:
        return denied
    keys = Counter(test.key for one in said for test in one.tests)
    return tuple(
        one
        for one in denied
        if not any(keys[test.key] == 1 and says_nothing(test.negated()) for test in one.statement.tests)
    )


def _order(grant: Grant) -> tuple[object, ...]:
    return (-_WIDER.get(grant.who, 0), grant.who, grant.path, sorted(grant.actions), grant.until, grant.source)


def _of_statement(
    said: Statement, resource: str, path: tuple[str, ...], denied: tuple[Denial, ...], now: dt.datetime | None
) -> Iterable[Grant]:
    if said.allows is None or said.principals is None or said.actions is None or said.resources is None:
        actions = everything(resource) if said.actions is None else said.actions & everything(resource)
        return (Grant(UNKNOWN, actions, (*path, _NOT_UNDERSTOOD), doubtful=True),) if actions else ()
    given = list(allowed(said, resource))
    if not given:
        return ()
    about = [one for one in denied if not one.actions.isdisjoint(said.actions)]
    if not about and not said.tests and all(map(_is_themselves, said.principals)) and not said.others:
        actions = given[0][0] if len(given) == 1 else frozenset().union(*(done for done, _ in given))
        sure = all(region.is_sure for _, region in given)
        return [Grant(one.label, actions, path, doubtful=not sure) for one in said.principals]
    found: dict[tuple[str, str, Source, bool], frozenset[str]] = {}
    for somebody in everybody_named(said):
        tests, doubtful = understood((*somebody.tests, *said.tests))
        boxes = [Box(actions, region, tests, doubtful or not region.is_sure) for actions, region in given]
        for box in _alike(left_of(boxes, about) if about else boxes):
            for one in let_in(box, somebody.label, now):
                key = (one.who, one.until, one.source, one.doubtful)
                found[key] = found.get(key, frozenset()) | box.actions
    grants = [
        Grant(
            who,
            actions,
            (*path, *_idle(said.tests, source, until)) if said.tests and who in _WIDER else path,
            until,
            source,
            doubtful,
        )
        for (who, until, source, doubtful), actions in found.items()
    ]
    return _widest(grants) if len(grants) > 1 else grants


def _is_themselves(somebody: Principal) -> bool:
    """Whether somebody is named by one test that is understood, so that nothing needs to be worked out."""
    return len(somebody.tests) == 1 and somebody.tests[0].key in _NAMING


def _alike(boxes: Sequence[Box]) -> Iterable[Box]:
    """Boxes of the same tests as one, as these alone say who is let in; what nobody does anonymously stands apart."""
    if len(boxes) == 1 and boxes[0].actions <= ANONYMOUS:
        return boxes
    found: dict[tuple[tuple[Test, ...], bool, bool], Box] = {}
    for box in boxes:
        for anonymous in (True, False):
            if actions := box.actions & ANONYMOUS if anonymous else box.actions - ANONYMOUS:
                key = (box.tests, box.doubtful, anonymous)
                beside = found.get(key)
                found[key] = box._replace(actions=actions if beside is None else actions | beside.actions)
    return found.values()


def everybody_named(said: Statement) -> tuple[Principal, ...]:
    """Everybody whom an Allow names; all but some are one."""
    listed = said.principals or ()
    if not said.others:
        return (EVERYBODY,) if EVERYBODY in listed else listed
    but = everybody_but(listed)
    return () if but is None else (Principal(ANYONE, but),)


def _idle(tests: tuple[Test, ...], source: Source, until: str) -> tuple[str, ...]:
    """What to say of conditions that hold nobody back."""
    said = {key for key, _ in source} | ({"aws:currenttime", "aws:epochtime"} if until else set())
    keys = dict.fromkeys(test.written or "that cannot be understood" for test in tests if test.key not in said)
    return (f"condition {' and '.join(keys)} does not hold anybody back",) if keys else ()


def _widest(grants: list[Grant]) -> list[Grant]:
    """Grants of one statement without what wider ones of it include."""
    if len({one.who for one in grants}) == len(grants) and not any(one.who in _WIDER for one in grants):
        return grants
    kept: list[Grant] = []
    for one in grants:
        beyond = one.actions.difference(*(other.actions for other in grants if _includes(other, one)))
        if beyond:
            kept.append(one if beyond == one.actions else replace(one, actions=beyond))
    return kept


def _includes(wide: Grant, narrow: Grant) -> bool:
    """Whether whoever has the one grant has the other too, as far as its actions go."""
    if wide is narrow or wide.doubtful or (wide.source and wide.source != narrow.source):
        return False
    if wide.until and (not narrow.until or narrow.until > wide.until):
        return False
    if wide.who == narrow.who:
        return (wide.until, wide.source) != (narrow.until, narrow.source) or narrow.doubtful
    return _WIDER.get(wide.who, 0) > _WIDER.get(narrow.who, 0) and narrow.who != UNKNOWN


@dataclass(frozen=True, slots=True)
class Denials:
    """What a policy's Denies certainly take.

    Attributes
    ----------
    denied
        Every Deny that can be counted on.
    resource
        The ARN of what they are about.
    now
        The time from which requests count.
    """

    denied: tuple[Denial, ...]
    resource: str
    now: dt.datetime | None = None

    def left(self, grant: Grant) -> tuple[Grant, ...]:
        """What is left of a grant, of whatever source."""
        if not self.denied:
            return (grant,)
        tests = (*_tests(grant.who), *(Test(key, "like", values, written=key) for key, values in grant.source))
        if grant.until:
            tests = (*tests, Test("aws:currenttime", "date", (grant.until,), "<="))
        boxes = [
            Box(done, Region(domain), tests, grant.doubtful)
            for kind, domain in domains(self.resource)
            if (done := grant.actions & kind)
        ]
        label = ANYONE if grant.who in _WIDER else grant.who
        # Whoever has the grant may be called otherwise by its tests alone.
        same = {one.who for box in boxes for one in let_in(box, label, self.now)}
        rest = grant.actions - everything(self.resource)
        found = {(grant.who, grant.until, grant.doubtful): rest} if rest else {}
        for box in left_of(boxes, self.denied):
            for one in let_in(box, label, self.now):
                key = (grant.who if one.who in same else one.who, one.until or grant.until, one.doubtful)
                found[key] = found.get(key, frozenset()) | box.actions
        left = [
            replace(grant, who=who, actions=actions, until=until, doubtful=doubtful)
            for (who, until, doubtful), actions in found.items()
        ]
        return tuple(sorted(_widest(left), key=_order))


def _tests(who: str) -> tuple[Test, ...]:
    """What holds for the requests of somebody whom a grant names."""
    kind, _, rest = who.partition(":")
    key = _KEYS.get(kind)
    if who in (ANYONE, UNKNOWN):
        return ()
    if who == ANY_ACCOUNT:
        return (Test("aws:principaltype", "string", ("Anonymous",), positive=False, absent=True),)
    if kind == "network":
        return (Test("aws:sourceip", "ip", (rest,)),)
    if kind == "org":
        key = "aws:principalorgpaths" if "/" in rest else "aws:principalorgid"
    if key is not None:
        return (Test(key, "like", (rest,), written=key),)
    element = (
        {"Service": rest} if kind == "service" else {"CanonicalUser": rest} if kind == "canonical" else {"AWS": who}
    )
    if kind == "arn" and owner("aws:principalarn", "like", who) and "*" in who:
        return (Test("aws:principalarn", "like", (who,)),)
    found = named(element) if kind in ("arn", "service", "canonical") else None
    return found[0].tests if found else ()


_KEYS: Final = {
    "account": "aws:principalaccount",
    "vpce": "aws:sourcevpce",
    "vpc": "aws:sourcevpc",
    "userid": "aws:userid",
    "federated": "aws:federatedprovider",
}


def denials(policy: object, resource: str, *, now: dt.datetime | None = None) -> Denials:
    """What a policy's Denies take from grants of whatever source, such as an identity's or an access point's.

    Parameters
    ----------
    policy
        The policy document, as an object or as JSON text; None where there is none. One that cannot be read takes
        nothing.
    resource
        The ARN of what they are about.
    now
        The time from which requests count; all times where None.
    """
    return Denials(denials_of(statements(policy) or ()), resource, now)
