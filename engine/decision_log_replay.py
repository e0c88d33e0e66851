"""Decisions of a log made again: the same policies and facts must give the same answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import orjson

from .decision_log import DECISION, obligations_of
from .errors import InputError
from .request import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .authorizer import Authorizer

State = Literal["same", "differs", "not_replayable"]
Cause = Literal["", "masked", "policies", "facts", "unreadable"]
"""Why an entry cannot be replayed: its request is masked, other policies or facts decided, or it is malformed."""

COMPARED: Final = ("effect", "reasons", "obligations", "missing", "errors")
"""What of a decision has to be the same."""


class Replayed(NamedTuple):
    """What came of one entry."""

    state: State
    cause: Cause = ""
    differs: tuple[str, ...] = ()
    """Which parts of the decision are not the same."""


def replay(entry: Mapping[str, Any], authorizer: Authorizer) -> Replayed | None:
    """Make the decision of an entry again, as of its own time; None for an entry that is no decision."""
    if entry.get("kind") != DECISION:
        return None
    if entry.get("masked") is not False:
        return Replayed("not_replayable", "masked")
    if entry.get("policies") != authorizer.policies.digest:
        return Replayed("not_replayable", "policies")
    if entry.get("facts") != ("" if authorizer.facts is None else authorizer.facts.digest):
        return Replayed("not_replayable", "facts")
    try:
        request = Request.from_json({**entry["request"], "as_of": entry["as_of"]})
        stated = {name: entry[name] for name in COMPARED}
    except (InputError, KeyError, TypeError):
        return Replayed("not_replayable", "unreadable")
    decision = authorizer.decide(request)
    made: Mapping[str, object] = {
        "effect": decision.effect,
        "reasons": decision.reason_ids,
        "obligations": obligations_of(decision),
        "missing": decision.missing,
        "errors": decision.errors,
    }
    now = orjson.loads(orjson.dumps(made, default=str))
    differs = tuple(name for name in COMPARED if now[name] != stated[name])
    return Replayed("differs" if differs else "same", "", differs)
