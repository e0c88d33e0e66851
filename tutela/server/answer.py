"""A decision as AuthZEN's JSON: `decision`, and a `context` in the words of `tutela decide --format json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tutela.reports.shape import plain, reason_shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tutela.engine.decision import Decision
    from tutela.engine.errors import Lang
    from tutela.engine.model import Obligation, Reason

    from .exchange import Exchange

FORBIDDEN: Final = "403"
"""The key of a denial's reasons for people: a status, as in the specification's example."""
STANDARD: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "step_up": ("step-up", ("acr_value",)),
    "notify": ("notification", ("to", "body")),
    "terminate_sessions": ("session_termination", ("subject",)),
}
"""Kind of obligation -> its type in the obligations profile, and the texts that such an obligation must have."""
CUSTOM: Final = "custom"
OBLIGATION_TYPES: Final = (*sorted(of for of, _ in STANDARD.values()), CUSTOM)
ACTS: Final[Mapping[str, str]] = {"mask_columns": "mask", "filter_rows": "filter"}
"""Kind of obligation -> the `action` of a custom one; others are called as they are."""
KEPT: Final = 4096

_shapes: dict[tuple[Any, ...], dict[str, Any]] = {}
"""What is the same each time that a rule is a reason: only speed."""


def answer(decision: Decision, evaluation_id: str, exchange: Exchange) -> dict[str, Any]:
    """A decision with its reasons in the caller's language; values in them are masked as everywhere."""
    reasons = [_reason(reason, exchange.lang) for reason in decision.reasons]
    context: dict[str, Any] = {
        "reasons": reasons,
        "obligations": obligations(decision.obligations),
        "missing": decision.missing,
        "errors": decision.errors,
        "evaluation_id": evaluation_id,
        **provenance(decision, exchange),
    }
    if not decision.allowed:
        context["reason_admin"] = {FORBIDDEN: "; ".join(f"{found['rule']}: {found['message']}" for found in reasons)}
        context["reason_user"] = {FORBIDDEN: "; ".join(dict.fromkeys(found["message"] for found in reasons))}
    return {"decision": decision.allowed, "context": context}


def provenance(decided: Decision | None, exchange: Exchange) -> dict[str, str]:
    """What an answer rests on: the digests of policies and registers, and the instant."""
    return {
        "policy_digest": exchange.service.policy_digest,
        "facts_digest": exchange.service.facts_digest,
        "as_of": (exchange.now if decided is None else decided.as_of).isoformat(),
    }


def _reason(reason: Reason, lang: Lang) -> dict[str, Any]:
    """As `reason_shape` has it; only the clauses differ from time to time."""
    key = (reason.rule, reason.message, reason.basis, reason.remedy, lang)
    shape = _shapes.get(key)
    if shape is None:
        if len(_shapes) >= KEPT:
            _shapes.clear()
        shape = _shapes[key] = reason_shape(reason._replace(clauses=()), lang)
    return {**shape, "clause": "; ".join(map(str, reason.clauses))} if reason.clauses else shape


def obligations(duties: Iterable[Obligation]) -> list[dict[str, Any]]:
    """What must be done for a permit to hold, each in the form of the obligations profile."""
    return [{"id": f"obl-{number}", **_obligation(duty)} for number, duty in enumerate(duties, 1)]


def _obligation(duty: Obligation) -> dict[str, Any]:
    args = plain(duty.args)
    of, needed = STANDARD.get(duty.kind, (CUSTOM, ()))
    if of != CUSTOM and all(isinstance(duty.args.get(name), str) for name in needed):
        return {"type": of, "properties": args}
    act = ACTS.get(duty.kind, duty.kind)
    return {"type": CUSTOM, "properties": {"vendor": "tutela", "action": act, "kind": duty.kind, "args": args}}
