"""The planner: where every dataset goes in every term, and why.

Pure. Candidates are tried in order of preference, and the rules say which are allowed: the planner
asks a `Judge` and never judges. It asks in waves (the first choice of every dataset, then the next
choice of those that were refused), so that a large lab needs few questions; all candidates are
judged only for an explanation. The same input gives the same plan, whatever the order it came in.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from slidebox.model import Lab, Plan
from slidebox.plan.result import costs_of, horizons_of, readers_of, term_plan
from slidebox.plan.search import BATCH, Chosen, Judge, choose, judge_the_rest, searches_of
from slidebox.systems import Systems

__all__ = ["BATCH", "Chosen", "Judge", "make_plan", "readers_of"]


def make_plan(
    lab: Lab,
    systems: Systems,
    judge: Judge,
    *,
    now: dt.date,
    projects: Collection[str] | None = None,
    explain: bool = False,
) -> Plan:
    """Decide where datasets go.

    Parameters
    ----------
    lab
        What the lab has declared.
    systems
        Table 1 and Figure 1 for this lab.
    judge
        Who says what is allowed.
    now
        Today: who has left by then does not read (`Lab.present`; the judge should be given that lab too).
    projects
        Names of the projects to plan; all where empty. A free allowance or a price that falls with
        the amount is shared by what is planned together.
    explain
        Judge every store the lab has, and say of each that was not chosen why.

    Raises
    ------
    InputError
        If a project is not declared.
    UnreadableError
        If the judge leaves a question unanswered.
    """
    lab = lab.present(now)
    searches = list(searches_of(lab, systems, projects))
    choose(searches, judge)
    if explain:
        judge_the_rest(searches, judge)
    costs = costs_of(searches, lab, systems)
    terms = tuple(term_plan(search, costs, lab, systems, explain) for search in searches)
    return Plan(terms=terms, horizon_cost=horizons_of(searches, costs, systems))
