"""What a condition in SQL is put together from: terms with doubt, constants, widths of numbers, connectives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final, cast

from sqlglot import exp

from . import ir

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDEST: Final = 38
"""Digits of a DECIMAL."""
LONGEST: Final = 10**18
"""Microseconds of a duration that sums of two cannot take out of BIGINT."""
MICRO: Final = timedelta(microseconds=1)


class NotExactError(Exception):
    """A condition that SQL would answer differently; the text says which part."""


@dataclass(frozen=True, slots=True)
class Term:
    """A node in SQL: its value, when it has none (`doubt`), whether that may be null, and how wide a number is."""

    value: exp.Expr
    doubt: exp.Expr | None = None
    null: bool = False
    """Whether the value may be NULL where there is no doubt: rule-engine's null."""
    digits: int = 0
    scale: int = 0


def is_texts(of: ir.Type) -> bool:
    """Whether a type is that of a list of texts."""
    return of.kind == "array" and of.item is not None and of.item == ir.STRING


def kind_of(value: object) -> str:
    """The kind of a constant, as types have it; `unknown` for what no condition holds."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    match value:
        case str():
            return "string"
        case int() | Decimal():
            return "number"
        case datetime():
            return "datetime"
        case _:
            return "duration" if isinstance(value, timedelta) else "unknown"


def constant(value: object) -> Term:
    """A literal; raises NotExactError for one that no column could hold exactly."""
    match value:
        case None:
            return Term(exp.Null(), null=True)
        case bool():
            return Term(exp.true() if value else exp.false())
        case str():
            if "\0" in value:
                raise NotExactError("a text with NUL")
            return Term(exp.Literal.string(value))
        case int() | Decimal():
            return _number(Decimal(value))
        case datetime():
            return Term(instant(value))
        case timedelta():
            micros = value // MICRO
            if abs(micros) > LONGEST:
                raise NotExactError("a duration that is too long")
            return Term(_wide_number(micros), digits=len(str(abs(micros))))
        case _:
            raise NotExactError("a constant of this type")


def _wide_number(value: int) -> exp.Expr:
    literal = exp.Literal.number(abs(value))
    return exp.cast(exp.Neg(this=literal) if value < 0 else literal, exp.DataType.Type.BIGINT)


def _number(value: Decimal) -> Term:
    if not value.is_finite():
        raise NotExactError("a number that is not finite")
    exponent = cast("int", value.as_tuple().exponent)
    scale = max(0, -exponent)
    digits = max(1, value.adjusted() + 1)
    if digits + scale > WIDEST:
        raise NotExactError("numbers that are too long")
    literal: exp.Expr = exp.Literal.number(f"{abs(value):f}")
    if value < 0:
        literal = exp.Neg(this=literal)
    return wide(Term(literal, digits=digits, scale=scale))


def wide(term: Term, digits: int = 0, scale: int = -1) -> Term:
    """A number as DECIMAL of a width."""
    digits, scale = digits or term.digits, term.scale if scale < 0 else scale
    made = exp.cast(term.value, f"DECIMAL({digits + scale}, {scale})")
    return Term(made, term.doubt, term.null, digits, scale)


def instant(value: datetime) -> exp.Expr:
    """An instant as UTC without a zone."""
    return exp.cast(
        exp.Literal.string(value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")),
        exp.DataType.Type.TIMESTAMPNTZ,
    )


def both(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """One and the other."""
    return exp.paren(exp.And(this=left, expression=right))


def either(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """One or the other."""
    return exp.paren(exp.Or(this=left, expression=right))


def negated(value: exp.Expr) -> exp.Expr:
    """Not so."""
    return exp.Not(this=exp.paren(value))


def doubtful(left: exp.Expr | None, right: exp.Expr | None) -> exp.Expr | None:
    """Doubt in one or the other."""
    if left is None or right is None:
        return left if right is None else right.copy()
    return either(left.copy(), right.copy())


def any_of(tests: Sequence[exp.Expr]) -> exp.Expr:
    """One of several; false for none."""
    found: exp.Expr = exp.false()
    for number, test in enumerate(tests):
        found = exp.paren(test) if number == 0 else either(found, exp.paren(test))
    return found
