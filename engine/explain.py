"""How a decision comes about: every rule that could say something, clause by clause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .decision import values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .authorizer import Authorizer
    from .decision import Decision
    from .rules import Rule

Outcome = Literal["denies", "allows", "does not apply", "cannot be told"]


@dataclass(frozen=True, slots=True)
class TracedClause:
    """A clause with what it came to (None: cannot be told) and the masked values it read."""

    text: str
    value: bool | None
    wanted: bool
    """What it has to be for an allow."""
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """One candidate rule: what it did, and its clauses."""

    rule: Rule
    outcome: Outcome
    clauses: tuple[TracedClause, ...]


def explain(authorizer: Authorizer, decision: Decision) -> tuple[Trace, ...]:
    """Trace every candidate rule of a decision, those that deny first."""
    policies = authorizer.policies
    traces: list[Trace] = []
    for number in authorizer.candidates(decision.question):
        rule = policies.rules[number]
        clauses = tuple(_clauses(authorizer, number, decision))
        outcome = _outcome(rule, decision, number)
        traces.append(Trace(rule, outcome, clauses))
    order = ("denies", "cannot be told", "allows", "does not apply")
    return tuple(sorted(traces, key=lambda trace: (order.index(trace.outcome), trace.rule.id, trace.rule.variant)))


def _outcome(rule: Rule, decision: Decision, number: int) -> Outcome:
    if number in decision.doubtful:
        return "cannot be told"
    if number in decision.applied:
        return "denies" if rule.effect == "deny" else "allows"
    return "does not apply"


def _clauses(authorizer: Authorizer, number: int, decision: Decision) -> Iterator[TracedClause]:
    policies = authorizer.policies
    for text, read, wanted, test in policies.clause_tests(number):
        try:
            value = test(decision.question)
        except Exception:  # noqa: BLE001 (a clause that only the reference could tell is shown as such)
            value = None
        yield TracedClause(text, value, wanted, values(read, decision.question))
