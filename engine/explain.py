"""How a decision comes about: every rule that could say something, taken apart; what it rests on; what is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from .evidence import evidence
from .tree import Branch, grow

if TYPE_CHECKING:
    from .authorizer import Authorizer
    from .decision import Decision
    from .evidence import Used
    from .facts import Facts
    from .model import Words
    from .rules import Rule

Outcome = Literal["denies", "allows", "does not apply", "cannot be told"]


@dataclass(frozen=True, slots=True)
class Trace:
    """One candidate rule: what it did, and the trees of its conditions."""

    rule: Rule
    outcome: Outcome
    when: Branch | None
    unless: Branch | None


@dataclass(frozen=True, slots=True)
class Need:
    """What would turn one reason of a deny: its rule, what to obtain, and what to do."""

    rule: str
    needs: tuple[str, ...]
    remedy: Words


def explain(authorizer: Authorizer, decision: Decision) -> tuple[Trace, ...]:
    """Trace every candidate rule of a decision, those that deny first."""
    policies = authorizer.policies
    traces: list[Trace] = []
    for number in authorizer.candidates(decision.question):
        rule = policies.rules[number]
        when = grow(policies, rule.when.text, decision.question) if rule.when else None
        unless = grow(policies, rule.unless.text, decision.question) if rule.unless else None
        traces.append(Trace(rule, _outcome(rule, decision, number), when, unless))
    order = ("denies", "cannot be told", "allows", "does not apply")
    return tuple(sorted(traces, key=lambda trace: (order.index(trace.outcome), trace.rule.id, trace.rule.variant)))


def entries(authorizer: Authorizer, decision: Decision) -> tuple[Used, ...]:
    """The register entries that the decision rests on."""
    facts: Any = authorizer.facts
    return () if facts is None else evidence(cast("Facts", facts), decision.question)


def needed(authorizer: Authorizer, decision: Decision) -> tuple[Need, ...]:
    """What would be needed for an allow: for each reason what is missing, and what to do."""
    if decision.allowed:
        return ()
    policies = authorizer.policies
    needs: dict[str, dict[str, None]] = {}
    for number in sorted(decision.denying):
        rule = policies.rules[number]
        needs.setdefault(rule.id, {}).update(dict.fromkeys(rule.needs))
    found: dict[str, Need] = {}
    for reason in decision.reasons:
        if reason.rule not in found:
            found[reason.rule] = Need(reason.rule, tuple(needs.get(reason.rule, ())), reason.remedy)
    return tuple(found.values())


def _outcome(rule: Rule, decision: Decision, number: int) -> Outcome:
    if number in decision.doubtful:
        return "cannot be told"
    if number in decision.applied:
        return "denies" if rule.effect == "deny" else "allows"
    return "does not apply"
