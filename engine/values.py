"""Values at the border: raw JSON -> checked values, and values -> text that gives no personal data away."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .ir import Type

DECIMAL: Final = Context(prec=28, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])
"""The arithmetic of conditions, whatever the context of the calling thread."""

MAX_ITEMS: Final = 100_000
MAX_TIME_LENGTH: Final = 64
_NUMBER: Final = r"[0-9]{1,12}(?:[.,][0-9]{1,12})?"
_DURATION: Final = re.compile(
    rf"P(?=.)(?:({_NUMBER})W)?(?:({_NUMBER})D)?"
    rf"(?:T(?=.)(?:({_NUMBER})H)?(?:({_NUMBER})M)?(?:({_NUMBER})S)?)?\Z",
    re.ASCII,
)


class ValueFault(ValueError):  # noqa: N818 (a fault is in what was given, not in the program)
    """A value that is not of its declared type; `code` says why, `path` where inside the value."""

    def __init__(self, code: str, expected: str, path: str = "") -> None:
        self.code = code
        self.expected = expected
        self.path = path
        super().__init__(f"{code}: not a valid {expected}")


class Normalised(tuple[object, ...]):
    """An array whose items were all checked; closures and the reference trust it on sight."""

    __slots__ = ()


def number(value: object) -> Decimal:
    """A finite int, float or Decimal as Decimal (a float through its shortest text); a bool is no number."""
    if isinstance(value, Decimal):
        result = value
    elif isinstance(value, int) and not isinstance(value, bool):
        return Decimal(int(value))
    elif isinstance(value, float):
        result = Decimal(repr(float(value)))
    else:
        raise ValueFault("wrong-type", "number")
    if not result.is_finite():
        raise ValueFault("not-finite", "number")
    return result


def moment(value: object) -> datetime:
    """An aware datetime, or ISO text with an offset, in UTC."""
    if isinstance(value, str) and len(value) <= MAX_TIME_LENGTH:
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueFault("not-a-datetime", "datetime") from None
    if not isinstance(value, datetime):
        raise ValueFault("wrong-type", "datetime")
    if value.tzinfo is None or value.utcoffset() is None:
        raise ValueFault("naive-datetime", "datetime")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueFault("not-a-datetime", "datetime") from None


def duration(value: object) -> timedelta:
    """A timedelta, or an ISO duration in weeks, days and time (years and months have no fixed length)."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise ValueFault("wrong-type", "duration")
    found = _DURATION.match(value) if len(value) <= MAX_TIME_LENGTH else None
    if found is None:
        raise ValueFault("not-a-duration", "duration")
    weeks, days, hours, minutes, seconds = (float((part or "0").replace(",", ".")) for part in found.groups())
    try:
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise ValueFault("not-a-duration", "duration") from None


def normalise(value: object, type_: Type) -> object:
    """Check a raw value against its type, deeply, and return it in the form that evaluation uses."""
    if value is None:
        if type_.nullable or type_.kind == "null":
            return None
        raise ValueFault("null", type_.kind)
    reader = _READERS.get(type_.kind)
    if reader is None:
        raise ValueFault("wrong-type", type_.kind)
    return reader(value, type_)


def _string(value: object, _: Type) -> str:
    if not isinstance(value, str):
        raise ValueFault("wrong-type", "string")
    return value if type(value) is str else str.__str__(value)


def _boolean(value: object, _: Type) -> bool:
    if not isinstance(value, bool):
        raise ValueFault("wrong-type", "boolean")
    return value


def _array(value: object, type_: Type) -> Normalised:
    if type(value) is Normalised:
        return value
    if not isinstance(value, (list, tuple)):
        raise ValueFault("wrong-type", "array")
    items = cast("Sequence[object]", value)
    if len(items) > MAX_ITEMS:
        raise ValueFault("too-many-items", "array")
    if type_.item is None:
        raise ValueFault("wrong-type", "array")
    return Normalised([normalise(item, type_.item) for item in items])


def _object(value: object, type_: Type) -> dict[str, object]:
    """Keep the declared attributes that are there; one that is missing fails when it is read, not here."""
    if not isinstance(value, dict):
        raise ValueFault("wrong-type", "object")
    raw = cast("Mapping[str, object]", value)
    result: dict[str, object] = {}
    for name, of in type_.attributes:
        if raw.get(name) is not None:
            try:
                result[name] = normalise(raw[name], of)
            except ValueFault as fault:
                path = f"{name}.{fault.path}" if fault.path else name
                raise ValueFault(fault.code, fault.expected, path) from None
    return result


_READERS: Final[dict[str, Callable[[object, Type], object]]] = {
    "string": _string,
    "boolean": _boolean,
    "number": lambda value, _: number(value),
    "datetime": lambda value, _: moment(value),
    "duration": lambda value, _: duration(value),
    "array": _array,
    "object": _object,
}


def mask(value: object) -> str:
    """Show that there is a value and its first character at most: `w***` for a text."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        if not value:
            return "''"
        return f"{value[0]}***" if len(value) > 2 and value[0].isprintable() else "***"
    if isinstance(value, (list, tuple)):
        return f"[{len(cast('Sequence[object]', value))} items]"
    return "***"


def show(value: object, limit: int = 80) -> str:
    """A value in the notation of conditions, cut at `limit` characters; only for data that may be shown."""
    write = _SHOWN.get(type(value))
    shown = _show_any(value, limit) if write is None else write(value)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _show_any(value: object, limit: int) -> str:
    match value:
        case str():
            return repr(str(value))
        case datetime():
            return value.isoformat()
        case list() | tuple():
            items = cast("Sequence[object]", value)
            # Every item takes three letters at least, the comma included.
            return f"[{', '.join([show(item, limit) for item in items[: limit // 3 + 1]])}]"
        case dict():
            return f"{{{len(cast('Mapping[object, object]', value))} attributes}}"
        case _:
            return str(value)


_SHOWN: Final[dict[type, Callable[[Any], str]]] = {
    str: repr,
    int: str,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _: "null",
}
"""How values of the commonest types are shown."""
