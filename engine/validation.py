"""JSON Schema violations as problems with a place, a plain message and a "did you mean"."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from .documents import Document, Items, Map
from .errors import Location, Problem
from .plain import is_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

TYPES: Final = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}
MAX_SHOWN: Final = 60
PERIOD: Final = r"^P(?=[0-9])([0-9]{1,3}Y)?([0-9]{1,4}M)?([0-9]{1,5}D)?$"
"""An ISO 8601 period of years, months and days."""
_PLACEHOLDER: Final = re.compile(r"\[|\{|<|_{2}|\bX|X\b|\.\.\.|…|\?")
"""What regulations write where a number is left open."""


def suggestion(word: str, known: Iterable[str]) -> str:
    """The known word nearest to a mistyped one, or nothing."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return close[0] if close else ""


def kind_of(value: object) -> str:
    """Name the JSON type of a value in plain words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return TYPES["boolean"]
    if isinstance(value, int | float):
        return TYPES["number"]
    if isinstance(value, str):
        return TYPES["string"]
    return TYPES["object"] if isinstance(value, dict) else TYPES["array"]


def place(document: Document, path: Sequence[str | int], code: str, /, *, key: bool = False, **args: object) -> Problem:
    """A problem at a path of a document: line and column where it has marks, else a JSON pointer."""
    if isinstance(document.data, Map | Items):
        return document.problem(code, document.mark(path, key=key), **args)
    pointer = "".join(f"/{step}" for step in path)
    location = Location(f"{document.file}#{pointer}" if path else document.file)
    return Problem(code=code, location=location, args=document.shown(args))


def validate(document: Document, schema: Mapping[str, object], name: str) -> list[Problem]:
    """Every violation of a schema in a document; `name` keys the cache of compiled validators."""
    validator = _validator(name, _Hashed(schema))
    return [
        problem for error in validator.iter_errors(cast("Any", document.data)) for problem in _problems(document, error)
    ]


class _Hashed:
    """A schema as a cache key: equal by identity, kept alive by the cache."""

    def __init__(self, schema: Mapping[str, object]) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Hashed)


@cache
def _validator(name: str, hashed: _Hashed) -> Validator:
    del name
    from jsonschema import Draft202012Validator, validators

    # `$` of JSON Schema is the end of the text; Python's also stands before a last line end, and its `\d` is any digit.
    checker: Any = cast("Any", validators).extend(Draft202012Validator, {"pattern": _fits_pattern})
    return cast("Validator", checker(hashed.schema))


def _fits_pattern(_validator: object, pattern: str, instance: object, _schema: object) -> Iterator[ValidationError]:
    from jsonschema.exceptions import ValidationError

    if isinstance(instance, str) and re.search(_whole(pattern), instance, re.ASCII) is None:
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _whole(pattern: str) -> str:
    return rf"{pattern[:-1]}\Z" if pattern.endswith("$") else pattern


def _problems(document: Document, error: ValidationError) -> Iterator[Problem]:
    path = list(error.absolute_path)
    handler = _HANDLERS.get(str(error.validator))
    if handler is not None:
        yield from handler(document, path, error)
    else:
        # The validator's own words may quote the value.
        what = str(error.validator) if document.private else error.message[:200]
        yield place(document, path, "value-invalid", what=what)


def _unknown(document: Document, path: list[Any], error: ValidationError) -> Iterator[Problem]:
    schema: Any = error.schema
    instance: Any = error.instance
    known = schema.get("properties", {})
    for name in instance:
        if name not in known:
            guess = suggestion(name, [k for k in known if k not in instance])
            hint = f"; did you mean `{guess}`?" if guess else ""
            known_text = ", ".join(known)
            yield place(document, [*path, name], "key-unknown", key=True, key_=name, hint=hint, known=known_text)


def _missing(document: Document, path: list[Any], error: ValidationError) -> Iterator[Problem]:
    schema: Any = error.schema
    instance: Any = error.instance
    missing = [name for name in schema["required"] if name not in instance]
    # jsonschema reports each missing name as an error of its own: say each once.
    name = next((name for name in missing if error.message.startswith(f"{name!r} ")), missing[0])
    yield place(document, path, "key-missing", key_=name)


def _type(document: Document, path: list[Any], error: ValidationError) -> Iterator[Problem]:
    wanted: Any = error.validator_value
    words = [TYPES[name] for name in ([wanted] if isinstance(wanted, str) else wanted)]
    yield place(
        document,
        path,
        "type-wrong",
        expected=" or ".join(words),
        found=kind_of(error.instance),
        what=_name(path),
    )


def _enum(document: Document, path: list[Any], error: ValidationError) -> Iterator[Problem]:
    allowed: Any = error.validator_value
    known = [str(value) for value in (allowed if is_list(allowed) else [allowed])]
    guess = suggestion(str(error.instance), known)
    hint = f"; did you mean `{guess}`?" if guess else ""
    yield place(document, path, "value-not-listed", value=short(error.instance), known=", ".join(known), hint=hint)


def _pattern(document: Document, path: list[Any], error: ValidationError) -> Iterator[Problem]:
    # A key that does not fit is reported by jsonschema at its mapping; show the key itself.
    of_key = "propertyNames" in error.absolute_schema_path
    full = [*path, str(error.instance)] if of_key else path
    what = "the key" if of_key else _name(path)
    pattern: object = error.validator_value
    if pattern == PERIOD and _PLACEHOLDER.search(str(error.instance)):
        yield place(document, full, "period-placeholder", key=of_key, value=short(error.instance))
        return
    if not of_key and str(error.instance).isspace():
        yield place(document, full, "value-blank", what=what)
        return
    yield place(document, full, "value-malformed", key=of_key, value=short(error.instance), pattern=pattern, what=what)


def _length(document: Document, path: list[Any], error: ValidationError) -> Iterator[Problem]:
    yield place(document, path, "value-empty", what=_name(path), limit=error.validator_value)


def _range(document: Document, path: list[Any], error: ValidationError) -> Iterator[Problem]:
    yield place(
        document,
        path,
        "value-out-of-range",
        value=short(error.instance),
        limit=error.validator_value,
        what=_name(path),
    )


_HANDLERS: Final = {
    "additionalProperties": _unknown,
    "unevaluatedProperties": _unknown,
    "required": _missing,
    "type": _type,
    "enum": _enum,
    "const": _enum,
    "pattern": _pattern,
    "minItems": _length,
    "minLength": _length,
    "maxItems": _length,
    "minimum": _range,
    "maximum": _range,
}


def _name(path: Sequence[str | int]) -> str:
    """The last named step of a path."""
    return next((str(step) for step in reversed(path) if isinstance(step, str)), "the file")


def short(value: object) -> str:
    """A value as its author wrote it: on one line, and cut where it gets long."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = str(value)
    cut = text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in cut)
