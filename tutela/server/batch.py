"""Many evaluations in one request: defaults, and the three semantics."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import orjson

from tutela.engine.plain import is_list, is_map

from .answer import dumps
from .evaluation import PARTS, evaluate, faults
from .refusals import Refused, error_shape, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .exchange import Exchange

STOPS: Final[Mapping[str, bool | None]] = {
    "execute_all": None,
    "deny_on_first_deny": False,
    "permit_on_first_permit": True,
}
"""Semantic -> the decision after which nothing more is evaluated."""
TURN: Final = 100
"""After so many evaluations others get their turn."""


async def evaluate_all(body: Mapping[str, Any], exchange: Exchange) -> dict[str, Any]:
    """Decide each item of `evaluations` in order; a body without items is a single evaluation.

    What is wrong with the body as a whole, defaults included, is Refused; what is wrong with an item denies that item.
    """
    items = body.get("evaluations")
    if not is_list(items) and items is not None:
        raise refused(400, "field-not-list", "$.evaluations", field="evaluations")
    stop = _stop(body)
    if not items:
        return evaluate(body, exchange)
    if len(items) > exchange.settings.items_limit:
        raise refused(400, "items-too-many", "$.evaluations", limit=exchange.settings.items_limit, count=len(items))
    wrong = list(faults(body, "$", whole=False))
    if wrong:
        raise Refused(400, wrong)
    if exchange.granted is not None and exchange.charge is not None:
        exchange.charge(exchange.granted, len(items) - 1)
    defaults = {part: body[part] for part in (*PARTS, "as_of") if body.get(part) is not None}
    answers: list[orjson.Fragment] = []
    for number, item in enumerate(items):
        if number % TURN == TURN - 1:
            await asyncio.sleep(0)
        found = _item(item, defaults, exchange, f"$.evaluations[{number}]")
        # As bytes at once: a thousand answers as data would fill the caches of the processor.
        answers.append(orjson.Fragment(dumps(found)))
        if found["decision"] is stop:
            break
    return {"evaluations": answers}


def _stop(body: Mapping[str, Any]) -> bool | None:
    options = body.get("options")
    if options is None:
        return None
    if not is_map(options):
        raise refused(400, "field-not-object", "$.options", field="options")
    semantic = options.get("evaluations_semantic")
    if semantic is None:
        return None
    if not isinstance(semantic, str) or semantic not in STOPS:
        raise refused(400, "semantic-unknown", "$.options.evaluations_semantic", known=", ".join(STOPS))
    return STOPS[semantic]


def _item(item: object, defaults: Mapping[str, Any], exchange: Exchange, path: str) -> dict[str, Any]:
    """The answer to one item; entities that it has stand in for the defaults whole, nothing is merged."""
    if not is_map(item):
        return _failed(refused(400, "field-not-object", path, field="evaluations[]"), exchange)
    # Null is the same as absent, so only where there are defaults does it have to be.
    whole = {**defaults, **{k: v for k, v in item.items() if v is not None}} if defaults else item
    try:
        return evaluate(whole, exchange, path)
    except Refused as error:
        return _failed(error, exchange)


def _failed(error: Refused, exchange: Exchange) -> dict[str, Any]:
    return {"decision": False, "context": {"error": error_shape(error.status, error.problems, exchange.lang)}}
