"""A schema as closures that type a value at once when it is certainly valid, and say `Doubt` otherwise.

Only speed: whoever meets a doubt asks the validator, whose problems and places are the ones that people read. So
a closure may doubt too much, but must never take what the validator refuses, and must type like `typed`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from .plain import is_list, is_map

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .shapes import Schema

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", re.ASCII)
_WORDS: Final[Mapping[str, frozenset[str]]] = {
    "string": frozenset({"minLength", "pattern", "format"}),
    "integer": frozenset({"minimum", "maximum"}),
    "boolean": frozenset(),
    "array": frozenset({"items", "minItems"}),
    "object": frozenset({"required", "properties", "additionalProperties"}),
}
"""What of JSON Schema the closures know, by type; a schema with another word is left to the validator."""
DEPTH: Final = 30
"""How deep a value without a schema may nest here."""


class Doubt(Exception):  # noqa: N818 (no error: a question for the validator)
    """A value that may be invalid."""


def compiled(schema: Schema) -> Callable[[Any], Any]:
    """The closure of a schema: a plain value -> the typed value, or `Doubt`."""
    words = set(schema) - {"description"}
    if "enum" in schema:
        return _enum(schema["enum"]) if words == {"enum"} else _doubt
    kinds = schema.get("type")
    if is_list(kinds) and len(kinds) == 2 and kinds[1] == "null":
        return _or_null(compiled({**schema, "type": kinds[0]}))
    if not isinstance(kinds, str) or words - {"type"} - _WORDS.get(kinds, frozenset()) or kinds not in _WORDS:
        return _doubt
    return _MAKERS[kinds](schema)


def _doubt(_value: Any) -> Any:  # noqa: ANN401 (any plain value)
    raise Doubt


def _or_null(take: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else take(value)


def _enum(listed: list[Any]) -> Callable[[Any], Any]:
    if not all(type(item) is str for item in listed):
        return _doubt
    table = {item: item for item in listed}

    def take(value: Any) -> Any:  # noqa: ANN401
        if type(value) is str and (found := table.get(value)) is not None:
            return found
        raise Doubt

    return take


def _string(schema: Schema) -> Callable[[Any], Any]:
    form, pattern, least = schema.get("format"), schema.get("pattern"), schema.get("minLength", 0)
    if form is not None:
        known = form in _FORMATS and pattern is None and least == 0
        return _FORMATS[form] if known else _doubt
    if pattern is not None:
        whole = rf"{pattern[:-1]}\Z" if pattern.endswith("$") else pattern
        search = re.compile(whole, re.ASCII).search

        def fits(value: Any) -> Any:  # noqa: ANN401
            if type(value) is str and len(value) >= least and search(value) is not None:
                return value
            raise Doubt

        return fits

    def take(value: Any) -> Any:  # noqa: ANN401
        if type(value) is str and len(value) >= least:
            return value
        raise Doubt

    return take


def _time(value: Any) -> Any:  # noqa: ANN401
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is UTC:
            return moment
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise Doubt


def _date(value: Any) -> Any:  # noqa: ANN401
    if type(value) is str and _DAY.match(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise Doubt


def _integer(schema: Schema) -> Callable[[Any], Any]:
    least, most = schema.get("minimum"), schema.get("maximum")

    def take(value: Any) -> Any:  # noqa: ANN401
        if type(value) is int and (least is None or value >= least) and (most is None or value <= most):
            return value
        raise Doubt

    return take


def _boolean(_schema: Schema) -> Callable[[Any], Any]:
    def take(value: Any) -> Any:  # noqa: ANN401
        if value is True or value is False:
            return value
        raise Doubt

    return take


def _array(schema: Schema) -> Callable[[Any], Any]:
    item = compiled(schema["items"]) if "items" in schema else _anything
    least = schema.get("minItems", 0)

    def take(value: Any) -> Any:  # noqa: ANN401
        if is_list(value) and len(value) >= least:
            return tuple([item(one) for one in value])
        raise Doubt

    return take


def _object(schema: Schema) -> Callable[[Any], Any]:
    fields: dict[str, Any] = {name: compiled(inner) for name, inner in schema.get("properties", {}).items()}
    required = frozenset(schema.get("required", ()))
    more = schema.get("additionalProperties", {})
    other = _doubt if more is False else _anything if more is True or more == {} else compiled(more)
    field = fields.get

    def take(value: Any) -> Any:  # noqa: ANN401
        if not is_map(value) or not required <= value.keys():
            raise Doubt
        return {name: field(name, other)(item) for name, item in value.items()}

    return take


def _anything(value: Any, depth: int = 0) -> Any:  # noqa: ANN401
    if depth > DEPTH:
        raise Doubt
    if is_map(value):
        return {name: _anything(item, depth + 1) for name, item in value.items()}
    return tuple([_anything(item, depth + 1) for item in value]) if is_list(value) else value


_FORMATS: Final[Mapping[str, Callable[[Any], Any]]] = {"date-time": _time, "date": _date}
_MAKERS: Final[Mapping[str, Callable[[Schema], Callable[[Any], Any]]]] = {
    "string": _string,
    "integer": _integer,
    "boolean": _boolean,
    "array": _array,
    "object": _object,
}
