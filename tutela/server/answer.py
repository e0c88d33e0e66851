"""A decision as AuthZEN's JSON: `decision`, and a `context` in the words of `tutela decide --format json`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import orjson

from tutela.reports.shape import plain, reason_shape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tutela.engine.decision import Decision
    from tutela.engine.model import Obligation

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


def answer(decision: Decision, evaluation_id: str, exchange: Exchange) -> dict[str, Any]:
    """A decision with its reasons in the caller's language; values in them are masked as everywhere."""
    reasons = _reasons(decision, exchange)
    context: dict[str, Any] = {
        "reasons": reasons,
        "obligations": obligations(decision.obligations),
        "missing": decision.missing,
        "errors": decision.errors,
        "evaluation_id": evaluation_id,
        **exchange.provenance,
        "as_of": decision.as_of.isoformat(),
    }
    if not decision.allowed:
        told: dict[str, None] = {}
        named: list[str] = []
        for found in reasons:
            message: str = found["message"]
            told[message] = None
            named.append(f"{found['rule']}: {message}")
        context["reason_admin"] = {FORBIDDEN: "; ".join(named)}
        context["reason_user"] = {FORBIDDEN: "; ".join(told)}
    return {"decision": decision.allowed, "context": context}


def _reasons(decision: Decision, exchange: Exchange) -> list[dict[str, Any]]:
    """As `tutela decide` has them; those of an allow depend on its rules only, and so are made once."""
    lang = exchange.lang
    if not decision.allowed:
        return [reason_shape(reason, lang) for reason in decision.reasons]
    made = exchange.service.reasons
    key = (decision.permitting, lang)
    found = made.get(key)
    if found is None:
        if len(made) >= KEPT:
            made.clear()
        found = made[key] = [reason_shape(reason, lang) for reason in decision.reasons]
    return found


def obligations(duties: Sequence[Obligation]) -> list[dict[str, Any]]:
    """What must be done for a permit to hold, each in the form of the obligations profile."""
    return [{"id": f"obl-{number}", **_obligation(duty)} for number, duty in enumerate(duties, 1)] if duties else []


def _obligation(duty: Obligation) -> dict[str, Any]:
    args = plain(duty.args)
    of, needed = STANDARD.get(duty.kind, (CUSTOM, ()))
    if of != CUSTOM and all(isinstance(duty.args.get(name), str) for name in needed):
        return {"type": of, "properties": args}
    act = ACTS.get(duty.kind, duty.kind)
    return {"type": CUSTOM, "properties": {"vendor": "tutela", "action": act, "kind": duty.kind, "args": args}}


def dumps(answer: object) -> bytes:
    """An answer as JSON."""
    try:
        return orjson.dumps(answer)
    except TypeError:  # a number of a policy with more than 64 bits, half a surrogate pair: the same, slower
        return json.dumps(answer, separators=(",", ":"), allow_nan=False).encode()
