"""The body of a decision service's answer -> an `Answer`; what could be read in two ways is no answer.

A decision is `true` or `false`, stated once. An obligation that is not understood stays one: its kind is then a word
that no caller declares, so that an allow with it does not hold.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NoReturn

from tutela.engine.model import Obligation
from tutela.engine.plain import is_list, is_map
from tutela.server.answer import CUSTOM, STANDARD

from .asking import Answer, ReasonText

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KINDS: Final = {of: kind for kind, (of, _) in STANDARD.items()}
"""Types of the obligations profile -> the kind that policies know them by."""
VENDOR: Final = "tutela"
FOR_PEOPLE: Final = ("reason_user", "reason_admin", "reason")
"""Where services of others have words for people."""


class MalformedError(Exception):
    """An answer that is none; `path` is the place in it."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(path)


def read_answer(body: bytes) -> Answer:
    """The answer in a body; raises MalformedError."""
    try:
        data: object = json.loads(body, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):  # bytes that are no UTF-8 are a ValueError, too
        raise MalformedError("$") from None
    if not is_map(data):
        raise MalformedError("$")
    allowed = data.get("decision")
    if not isinstance(allowed, bool):
        raise MalformedError("$.decision")
    stated = data.get("context")
    context: object = {} if stated is None else stated
    if not is_map(context):
        raise MalformedError("$.context")
    return Answer(
        allowed,
        tuple(_reasons(context)),
        tuple(_obligations(context)),
        _text(context, "evaluation_id"),
        _text(context, "policy_digest"),
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise MalformedError(next(name for name in names if names.count(name) > 1))
    return found


def _no_number(_text: str) -> NoReturn:
    raise MalformedError("$")


def _text(context: Mapping[str, Any], name: str) -> str:
    found = context.get(name)
    return found if isinstance(found, str) else ""


def _reasons(context: Mapping[str, Any]) -> Iterator[ReasonText]:
    """The reasons as tutela has them, else the words for people of another service; they decide nothing."""
    stated = context.get("reasons")
    if is_list(stated):
        for item in stated:
            if is_map(item):
                yield ReasonText(_text(item, "rule"), _text(item, "message"), _text(item, "remedy"))
        return
    for name in FOR_PEOPLE:
        said = context.get(name)
        texts: list[object] = list(said.values()) if is_map(said) else [said]
        found = [text for text in texts if isinstance(text, str)]
        if found:
            yield ReasonText("", "; ".join(found))
            return


def _obligations(context: Mapping[str, Any]) -> Iterator[Obligation]:
    stated = context.get("obligations")
    if stated is None:
        return
    if not is_list(stated):
        raise MalformedError("$.context.obligations")
    for number, item in enumerate(stated):
        if not is_map(item) or not isinstance(item.get("type"), str):
            raise MalformedError(f"$.context.obligations[{number}]")
        yield _obligation(item)


def _obligation(item: Mapping[str, Any]) -> Obligation:
    """An obligation; its members stand in `properties` or, as in the profile's first draft, beside `type`."""
    inner = item.get("properties")
    args: dict[str, Any] = {name: value for name, value in item.items() if name not in ("type", "id", "properties")}
    if is_map(inner):
        args |= inner
    of: str = item["type"]
    if of != CUSTOM:
        return Obligation(KINDS.get(of, of), args)
    kind, ours = args.get("kind"), args.get("args")
    if args.get("vendor") == VENDOR and isinstance(kind, str) and is_map(ours):
        return Obligation(kind, ours)
    return Obligation(f"{CUSTOM}:{args.get('vendor', '')}:{args.get('action', '')}", args)
