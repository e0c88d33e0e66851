"""What a mask leaves of a column: the obligation `mask_columns` as a value, and that value as SQL."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from sqlglot import exp
from sqlglot.errors import SqlglotError

from .policy_schema import UNITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .model import Obligation

HIDDEN: Final = "***"
"""What stands for letters that are hidden, whatever their number."""
_WHOLE: Final[Mapping[str, int]] = {"null": 2, "full": 1}
"""Masks that leave nothing: the higher hides more. The others cannot be compared with each other."""
_T: Final = exp.DataType.Type
TEXTS: Final = frozenset({_T.TEXT, _T.VARCHAR, _T.NVARCHAR, _T.CHAR, _T.NCHAR, _T.BPCHAR})
WHOLE_NUMBERS: Final = frozenset({_T.TINYINT, _T.SMALLINT, _T.INT, _T.BIGINT})
_SPELLED: Final = TEXTS | WHOLE_NUMBERS | {_T.UUID}
"""Types whose text says all of a value, in one way."""
_DATES: Final = frozenset({_T.DATE, _T.TIMESTAMP, _T.TIMESTAMPNTZ, _T.TIMESTAMPTZ})


@dataclass(frozen=True, slots=True)
class Mask:
    """What is left of a column: nothing, the same for all, a hash, some letters, a coarser date, a day without year."""

    kind: str
    first: int = 0
    last: int = 0
    salt: str = ""
    to: str = ""

    def stricter(self, other: Mask) -> Mask:
        """What both leave."""
        if self == other:
            return self
        if self.kind in _WHOLE or other.kind in _WHOLE:
            return max(self, other, key=lambda mask: _WHOLE.get(mask.kind, 0))
        if self.kind == other.kind == "partial":
            return Mask("partial", min(self.first, other.first), min(self.last, other.last))
        if self.kind == other.kind == "truncate":
            return max(self, other, key=lambda mask: UNITS.index(mask.to))
        return Mask("full")

    def sql(self, column: exp.Expr, of: exp.DataType | None, family: str) -> exp.Expr:
        """The masked column; a mask that does not fit its type leaves nothing."""
        make = _MAKERS.get(self.kind)
        if make is None or of is None or of.this not in _FITTING[self.kind]:
            return nothing(column)
        return make(self, column, of, family)


def nothing(column: exp.Expr) -> exp.Expr:
    """No value, of the column's own type: the database itself knows which that is."""
    return exp.Case(ifs=[exp.If(this=exp.false(), true=column)])


@cache
def type_of(text: str, dialect: str) -> exp.DataType | None:
    """A column's type as sqlglot knows it; None for one that is not built in, or that nobody states."""
    try:
        found = exp.DataType.build(text, dialect=dialect) if text else None
    except (SqlglotError, ValueError):
        return None
    return found if found is not None and found.this in _SPELLED | _DATES | _OTHERS else None


_OTHERS: Final = frozenset({_T.BOOLEAN, _T.DECIMAL})


def _text(column: exp.Expr) -> exp.Expr:
    return exp.cast(column.copy(), _T.TEXT)


def _full(_mask: Mask, _column: exp.Expr, _of: exp.DataType, _family: str) -> exp.Expr:
    return exp.Literal.string(HIDDEN)


def _partial(mask: Mask, column: exp.Expr, _of: exp.DataType, _family: str) -> exp.Expr:
    hidden: exp.Expr = exp.Literal.string(HIDDEN)
    shown = hidden
    if mask.first:
        shown = exp.DPipe(
            this=exp.Left(this=_text(column), expression=exp.Literal.number(mask.first)), expression=shown
        )
    if mask.last:
        shown = exp.DPipe(
            this=shown, expression=exp.Right(this=_text(column), expression=exp.Literal.number(mask.last))
        )
    enough = exp.GT(this=exp.Length(this=_text(column)), expression=exp.Literal.number(mask.first + mask.last))
    absent = exp.If(this=exp.Is(this=column.copy(), expression=exp.Null()), true=exp.Null())
    return exp.Case(ifs=[absent, exp.If(this=enough, true=shown)], default=hidden.copy())


def _hash(mask: Mask, column: exp.Expr, _of: exp.DataType, family: str) -> exp.Expr:
    salted = exp.DPipe(this=exp.Literal.string(mask.salt), expression=_text(column))
    if family == "duckdb":
        return _call("sha256", salted)
    octets = _call("convert_to", salted, exp.Literal.string("UTF8"))
    return _call("encode", _call("sha256", octets), exp.Literal.string("hex"))


def _truncate(mask: Mask, column: exp.Expr, of: exp.DataType, _family: str) -> exp.Expr:
    moment = exp.cast(column.copy(), _T.TIMESTAMP) if of.this == _T.DATE else column.copy()
    cut = _call("date_trunc", exp.Literal.string(mask.to), moment)
    return exp.cast(cut, of.copy())


def _month_day(_mask: Mask, column: exp.Expr, _of: exp.DataType, family: str) -> exp.Expr:
    """`02-29` for a day or time: the year is hidden."""
    name, form = ("strftime", "%m-%d") if family == "duckdb" else ("to_char", "MM-DD")
    finite = _call("isfinite", column.copy())
    shown = _call(name, column.copy(), exp.Literal.string(form))
    return exp.Case(ifs=[exp.If(this=finite, true=shown)])


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(arguments))


_MAKERS: Final[Mapping[str, Callable[[Mask, exp.Expr, exp.DataType, str], exp.Expr]]] = {
    "full": _full, "partial": _partial, "hash": _hash, "truncate": _truncate, "month_day": _month_day,
}  # fmt: skip
_FITTING: Final[Mapping[str, frozenset[Any]]] = {
    "full": TEXTS, "partial": _SPELLED, "hash": _SPELLED, "truncate": _DATES,
    "month_day": frozenset({_T.DATE, _T.TIMESTAMP, _T.TIMESTAMPNTZ}),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Masking:
    """An obligation to mask: which columns, and how."""

    mask: Mask
    categories: tuple[str, ...] = ()
    columns: frozenset[str] = frozenset()
    """Names of columns, in lower case."""

    def covers(self, name: str, categories: Iterable[str], *, classified: bool) -> bool:
        """Whether a column is to be masked; one whose category nobody can tell may hold any."""
        if name.lower() in self.columns:
            return True
        if not self.categories and self.columns:
            return False
        if not classified:
            return True
        return any(not self.categories or any(_within(held, of) for of in self.categories) for held in categories)


def _within(category: str, pattern: str) -> bool:
    if pattern.endswith(".*"):
        return f"{category}.".startswith(pattern[:-1])
    return category == pattern


def masking(duty: Obligation, parameters: Mapping[str, object]) -> Masking:
    """Read an obligation of this kind; its form was checked when the policies were loaded."""
    args = cast("Mapping[str, Any]", duty.args)
    salt = parameters[args["salt"]["param"]] if "salt" in args else ""
    mask = Mask(
        args.get("mask", "full"), args.get("keep_first", 0), args.get("keep_last", 0), str(salt), args.get("to", "")
    )
    names = frozenset(str(name).lower() for name in args.get("columns", ()))
    return Masking(mask, tuple(args.get("categories", ())), names)
