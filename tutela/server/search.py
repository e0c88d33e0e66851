"""Searches: who may do this, with what may this be done, what may be done.

Every subject, resource or action that registers and policies know is asked about, one after the other, by the same
`Authorizer` that evaluates: a result is whatever it permits.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .answer import obligations
from .evaluation import REQUIRED, faults, request_of
from .exchange import evaluation_id
from .pages import page_of, token_after
from .refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from tutela.engine.decision import Decision
    from tutela.engine.request import Request

    from .exchange import Exchange
    from .pages import Page

TURN: Final = 50
"""After so many evaluations others get their turn."""
SEARCHED: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "subject": {**REQUIRED, "subject": ("type",)},
    "resource": {**REQUIRED, "resource": ("type",)},
    "action": {"subject": REQUIRED["subject"], "resource": REQUIRED["resource"]},
}
"""What is searched for -> the entities that a body must have, and which of their keys."""


class _Found(NamedTuple):
    """A result, and what permitted it."""

    name: str
    decision: Decision
    request: Request


def searcher(part: str) -> Callable[[Mapping[str, Any], Exchange], Awaitable[dict[str, Any]]]:
    """The search for subjects, resources or actions."""
    name = "name" if part == "action" else "id"

    async def search(body: Mapping[str, Any], exchange: Exchange) -> dict[str, Any]:
        wrong = list(faults(body, "$", SEARCHED[part]))
        if wrong:
            raise Refused(400, wrong)
        if exchange.granted is not None:
            exchange.granted.check(body, "$")
        page = page_of(body, exchange)
        # Of an action nothing is given; of the others the type, and what the caller states besides.
        pattern: dict[str, Any] = {} if part == "action" else body[part]
        found, more = await _permitted(part, name, pattern, body, exchange, page)
        one = evaluation_id()
        for _, decision, request in found:
            exchange.take(decision, request, one)
        return {
            "page": {"next_token": _token(found, page, exchange) if more else "", "count": len(found)},
            "context": {"evaluation_id": one, **exchange.provenance, "as_of": exchange.now.isoformat()},
            "results": [_result(pattern, name, value, decision) for value, decision, _ in found],
        }

    return search


async def _permitted(  # noqa: PLR0913 (one question with one part left open)
    part: str, name: str, pattern: Mapping[str, Any], body: Mapping[str, Any], exchange: Exchange, page: Page
) -> tuple[list[_Found], bool]:
    """What is permitted of a page, and whether there is more behind it."""
    candidates = _candidates(part, pattern, exchange)
    start = 0 if page.after is None else bisect_right(candidates, page.after)
    found: list[_Found] = []
    for number in range(start, len(candidates)):
        if number % TURN == TURN - 1:
            await asyncio.sleep(0)
        request = request_of({**body, part: {**pattern, name: candidates[number]}}, exchange)
        decision = exchange.service.authorizer.decide(request)
        if decision.allowed:
            if len(found) == page.limit:
                return found, True
            found.append(_Found(candidates[number], decision, request))
    return found, False


def _candidates(part: str, pattern: Mapping[str, Any], exchange: Exchange) -> Sequence[str]:
    service = exchange.service
    match part:
        case "subject":
            return service.subjects(pattern["type"])
        case "resource":
            return service.resources(pattern["type"])
        case _:
            granted = exchange.granted
            return [name for name in service.actions if granted is None or granted.may_act(name)]


def _token(found: Sequence[_Found], page: Page, exchange: Exchange) -> str:
    return token_after(found[-1][0] if found else page.after, page, exchange.settings.page_key)


def _result(pattern: Mapping[str, Any], name: str, value: str, decision: Decision) -> dict[str, Any]:
    shape = {"name": value} if name == "name" else {"type": pattern["type"], "id": value}
    duties = obligations(decision.obligations)
    return {**shape, "obligations": duties} if duties else shape
