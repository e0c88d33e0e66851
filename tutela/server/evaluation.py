"""One evaluation: the four entities of a body -> a request -> a decision, as JSON values."""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING, Any, Final

from tutela.engine.errors import InputError
from tutela.engine.plain import is_map
from tutela.engine.request import Request

from .answer import answer
from .exchange import evaluation_id
from .refusals import Refused, of_input, problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tutela.engine.errors import Problem

    from .exchange import Exchange

OBJECT_OR_NULL: Final = frozenset({dict, NoneType})
"""Null is the same as absent."""
REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "subject": ("type", "id"),
    "action": ("name",),
    "resource": ("type", "id"),
}
PARTS: Final = (*REQUIRED, "context")


def evaluate(body: Mapping[str, Any], exchange: Exchange, path: str = "$") -> dict[str, Any]:
    """Decide the request that a body holds; Refused (400) names everything that it lacks, (403) what is not to ask."""
    request = request_of(body, exchange, path)
    decision = exchange.service.authorizer.decide(request)
    name = evaluation_id()
    exchange.take(decision, request, name)
    return answer(decision, name, exchange)


def request_of(body: Mapping[str, Any], exchange: Exchange, path: str = "$") -> Request:
    """The request in a body; fields that nobody knows are ignored, as AuthZEN wants it."""
    get = body.get
    subject: Any = get("subject")
    action: Any = get("action")
    resource: Any = get("resource")
    context: Any = get("context")
    # Classes rather than `isinstance`: JSON has no others, and this is asked of every request.
    if not (
        subject.__class__ is dict
        and action.__class__ is dict
        and resource.__class__ is dict
        and context.__class__ in OBJECT_OR_NULL
        and subject.get("type").__class__ is str
        and subject.get("id").__class__ is str
        and action.get("name").__class__ is str
        and resource.get("type").__class__ is str
        and resource.get("id").__class__ is str
        and subject.get("properties").__class__ in OBJECT_OR_NULL
        and action.get("properties").__class__ in OBJECT_OR_NULL
        and resource.get("properties").__class__ in OBJECT_OR_NULL
    ):
        raise Refused(400, faults(body, path))
    if exchange.granted is not None:
        exchange.granted.check(body, path)
    if exchange.settings.allow_as_of:
        try:
            return Request.from_json(body, as_of=exchange.now, source=path)
        except InputError as error:
            raise Refused(400, of_input(error)) from None
    return Request(subject, action, resource, context, as_of=exchange.now)


def faults(
    body: Mapping[str, Any], path: str, required: Mapping[str, tuple[str, ...]] = REQUIRED, *, whole: bool = True
) -> Iterator[Problem]:
    """Everything that is missing or mistyped in the entities of a body; without `whole`, entities may be absent."""
    for part, names in required.items():
        entity = body.get(part)
        if entity is None:
            if whole:
                yield problem("field-missing", f"{path}.{part}", field=part)
        elif not is_map(entity):
            yield problem("field-not-object", f"{path}.{part}", field=part)
        else:
            yield from _entity(entity, names, part, f"{path}.{part}")
    if not isinstance(body.get("context"), dict | None):
        yield problem("field-not-object", f"{path}.context", field="context")


def _entity(entity: Mapping[str, Any], names: tuple[str, ...], part: str, path: str) -> Iterator[Problem]:
    for name in names:
        value = entity.get(name)
        if value is None:
            yield problem("field-missing", f"{path}.{name}", field=f"{part}.{name}")
        elif not isinstance(value, str):
            yield problem("field-not-text", f"{path}.{name}", field=f"{part}.{name}")
    if not isinstance(entity.get("properties"), dict | None):
        yield problem("field-not-object", f"{path}.properties", field=f"{part}.properties")
