"""Which columns under an output of a query show their values, which only an aggregate of them, and which neither."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Iterator

AGGREGATES: Final = (
    exp.ApproxDistinct, exp.Avg, exp.Corr, exp.Count, exp.CountIf, exp.CovarPop, exp.CovarSamp, exp.Kurtosis,
    exp.RegrAvgx, exp.RegrAvgy, exp.RegrCount, exp.RegrIntercept, exp.RegrR2, exp.RegrSlope, exp.RegrSxx, exp.RegrSxy,
    exp.RegrSyy, exp.Skewness, exp.Stddev, exp.StddevPop, exp.StddevSamp, exp.Sum, exp.Variance, exp.VariancePop,
)  # fmt: skip
"""Those that make one number of many values. All others hand on values that were there: min, max, array_agg, median."""
_SHOWING: Final = frozenset({"expressions", "this", "expression"})
"""Of a query inside an expression: its outputs, or the queries that it is made of."""


Use = Literal["shown", "summed", "used"]


def uses(output: exp.Expr) -> Iterator[tuple[exp.Expr, Use]]:
    """The column nodes under an output: whether it shows their values, an aggregate of them, or neither.

    Filters, joins and orders of a query inside it, and what a window or FILTER goes by, are only used.
    """
    used = {id(node) for part in _used(output) for node in _columns(part)}
    inside = {id(node) for part in output.find_all(*AGGREGATES) if not _by_row(part) for node in _columns(part)}
    for node in _columns(output):
        yield node, "used" if id(node) in used else "summed" if id(node) in inside else "shown"


def _columns(part: exp.Expr) -> Iterator[exp.Expr]:
    return part.find_all(exp.Column, exp.TableColumn)


def _used(output: exp.Expr) -> Iterator[exp.Expr]:
    """The parts that only decide which rows there are, or how they are grouped and ordered."""
    for node in output.find_all(exp.Query, exp.Window, exp.Filter):
        showing = _SHOWING if isinstance(node, exp.Query) else {"this"}
        yield from (part for part in node.iter_expressions() if part.arg_key not in showing)


def _by_row(aggregate: exp.Expr) -> bool:
    """Whether it is a window's, which gives a number for each row: running sums tell every value."""
    at = aggregate.parent
    while isinstance(at, (exp.Filter, exp.IgnoreNulls, exp.RespectNulls)):
        at = at.parent
    return isinstance(at, exp.Window)
