"""Conditions as plain Python functions, one piece of code for all conditions of one shape.

`plan` gives the shape (source text, fit for a cache) and the constants of a condition; `maker` compiles a
shape once and then binds constants at the price of a function object. A function may return only when it is
right: on anything doubtful it raises, and the caller asks `Language.evaluate`, whose answer or error then
counts.
"""

from __future__ import annotations

import functools
import math
import re
from datetime import datetime, timedelta
from decimal import Decimal
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn, cast

from .generate import Generator, UnsupportedError
from .ir import BOOLEAN, Node, Type, clause_text, clauses
from .values import DECIMAL, Normalised, duration, moment, normalise, number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Plan", "clause_text", "clauses", "decode_constants", "encode_constants", "maker", "plan"]


FALLBACK: Final = "def test(q):\n    return bad()\n"
"""The shape of a condition that has no fast form."""


class Plan(NamedTuple):
    """What a function is made of: the shape (source text) and the constants to bind."""

    shape: str
    constants: tuple[object, ...]


class DoubtError(Exception):
    """The fast path met something it does not decide."""


def plan(root: Node, parameter_values: Mapping[str, object]) -> Plan:
    """Plan the function of a condition; parameters become constants (as `Language.parameter_values`)."""
    if root.type != BOOLEAN:
        return Plan(FALLBACK, ())
    generator = Generator(parameter_values)
    try:
        return Plan(generator.source(root), tuple(generator.constants))
    except (UnsupportedError, RecursionError):
        return Plan(FALLBACK, ())


def maker(
    shape: str, functions: Mapping[str, Callable[..., object]]
) -> Callable[[tuple[object, ...]], Callable[[Any], bool]]:
    """Compile a shape (made by `plan`); the result turns constants into a function of a request."""
    namespace: dict[str, object] = {**_NAMES, "__builtins__": _BUILTINS}
    namespace.update({f"f_{name}": function for name, function in functions.items()})
    try:
        exec(compile(shape, "<condition>", "exec"), namespace)  # noqa: S102 (text made by `plan` alone)
    except (SyntaxError, RecursionError, MemoryError):
        exec(compile(FALLBACK, "<condition>", "exec"), namespace)  # noqa: S102 (text made by `plan` alone)
    code: CodeType = cast("FunctionType", namespace["test"]).__code__
    simple = code.co_argcount == 1

    def bind(constants: tuple[object, ...]) -> Callable[[Any], bool]:
        return FunctionType(code, namespace, "test", None if simple else constants)

    return bind


def encode_constants(constants: tuple[object, ...]) -> tuple[object, ...]:
    """Constants as values that `marshal` and, with lists for tuples, JSON can hold."""
    return tuple(_encode(value) for value in constants)


def decode_constants(encoded: tuple[object, ...]) -> tuple[object, ...]:
    """The constants of an `encode_constants` result."""
    return tuple(_decode(value) for value in encoded)


def _encode(value: object) -> object:
    match value:
        case Decimal():
            return ("d", str(value))
        case datetime():
            return ("t", value.isoformat())
        case timedelta():
            return ("p", value.days, value.seconds, value.microseconds)
        case re.Pattern():
            return ("r", cast("re.Pattern[str]", value).pattern)
        case frozenset():
            members = cast("frozenset[object]", value)
            return ("f", *sorted((_encode(member) for member in members), key=repr))
        case tuple():
            return ("l", *(_encode(item) for item in cast("tuple[object, ...]", value)))
        case _:
            return value


def _decode(value: object) -> object:
    if not isinstance(value, (tuple, list)):
        return value
    tag, *rest = cast("tuple[Any, ...]", value)
    match tag:
        case "d":
            return Decimal(rest[0])
        case "t":
            return datetime.fromisoformat(rest[0])
        case "p":
            return timedelta(*rest)
        case "r":
            return re.compile(rest[0], re.ASCII)
        case "f":
            return frozenset(_decode(item) for item in rest)
        case _:
            return tuple(_decode(item) for item in rest)


def _bad() -> NoReturn:
    raise DoubtError


def _some(value: object) -> object:
    return _bad() if value is None else value


def _decimal(value: Any) -> Decimal:  # noqa: ANN401 (an int or a Decimal)
    return value if type(value) is Decimal else Decimal(value)


def _at(items: tuple[object, ...], index: Any) -> object:  # noqa: ANN401 (an int or a Decimal)
    whole = int(index)
    return items[whole] if whole == index else _bad()


def _at_safe(items: tuple[object, ...] | None, index: Any) -> object:  # noqa: ANN401 (an int or a Decimal)
    if items is None:
        return None
    whole = int(index)
    if whole != index:
        _bad()
    return items[whole] if -len(items) <= whole < len(items) else None


def _total(items: tuple[Any, ...]) -> Decimal:
    return functools.reduce(DECIMAL.add, map(_decimal, items), Decimal(0))


_BUILTINS: Final = {
    "type": type, "str": str, "int": int, "dict": dict, "len": len, "tuple": tuple,
    "any": any, "all": all, "min": min, "max": max,
}  # fmt: skip
_NAMES: Final[dict[str, object]] = {
    "bad": _bad, "some": _some, "num": number, "dec": _decimal, "moment": moment, "duration": duration,
    "norm": normalise, "Normalised": Normalised, "Type": Type, "C": DECIMAL, "total": _total,
    "at": _at, "at_safe": _at_safe, "floor": math.floor, "ceil": math.ceil,
}  # fmt: skip
