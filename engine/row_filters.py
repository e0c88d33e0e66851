"""Which rows a person may see: the condition of the obligation `filter_rows` as SQL with the person's values in it.

A row that the condition cannot tell about is not shown. What SQL would answer otherwise than rule-engine, and a
value that nobody states, raise `FilterError`: a filter is never left out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from sqlglot import exp

from . import ir
from .functions import functions
from .masks import TEXTS, WHOLE_NUMBERS
from .obligations import ROW
from .plain import is_tuple
from .residue import evaluator
from .sql import Column, Compiler, NotExactError
from .values import ValueFault, normalise
from .vocabulary import SCALARS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .expression import Language
    from .model import Obligation
    from .parameters import Parameters
    from .policyset import PolicySet
    from .vocabulary import Vocabulary

_BIGINT_DIGITS: Final = 19
_T: Final = exp.DataType.Type


class FilterError(Exception):
    """A filter that cannot be written as SQL; `code` is a message, `what` its argument and never a value."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(code)
        self.code = code
        self.what = what


def row_types(declared: Mapping[str, str]) -> dict[str, ir.Type]:
    """The types of a row's columns, as an obligation declares them."""
    return {
        name: SCALARS[text.rstrip("?")].optional() if text.endswith("?") else SCALARS[text]
        for name, text in declared.items()
    }


def filter_language(vocabulary: Vocabulary, parameters: Parameters, row: Mapping[str, str]) -> Language:
    """The language of conditions, with the columns of a row beside the parts of a request."""
    from .expression import Language

    return Language(
        symbols={**vocabulary.symbols(), ROW: ir.object_(**row_types(row))},
        parameters=parameters.types(),
        parameter_values=parameters.values,
        functions=functions(parameters.values),
    )


def reads_row(node: ir.Node) -> bool:
    """Whether something in a condition is about the row."""
    return any(isinstance(part, ir.Attribute) and part.path[0] == ROW for part in ir.walk(node))


def inexact(root: ir.Node, parameters: Mapping[str, object]) -> str:
    """Which part of a condition no database would answer as rule-engine does; empty when one may."""
    columns = {path: Column(path, ROW) for path in ir.reads(root)}
    try:
        Compiler(columns, parameters, "duckdb").compile(_opened(root, columns))
    except NotExactError as error:
        return str(error)
    return ""


def _opened(node: Any, columns: dict[str, Column]) -> Any:  # noqa: ANN401 (a node, or what a node is made of)
    """The condition with an attribute in place of each part that does not read the row."""
    if is_tuple(node):
        return tuple(_opened(item, columns) for item in node)
    if not isinstance(node, ir.Node) or isinstance(node, (ir.Constant, ir.Parameter)):
        return node
    if not reads_row(node):
        path = ("value", str(len(columns)))
        columns[".".join(path)] = Column(path[1], "value")
        return ir.Attribute(path, (ir.object_(), node.type), span=node.span, type=node.type)
    if isinstance(node, ir.Attribute):
        return node
    return replace(node, **{name: _opened(getattr(node, name), columns) for name in _parts(node)})


def _parts(node: ir.Node) -> list[str]:
    return [name for name in node.__dataclass_fields__ if name not in ("span", "type")]


class RowFilter:
    """The condition of one obligation, ready to be bound to persons and tables."""

    def __init__(self, duty: Obligation, policies: PolicySet) -> None:
        args = cast("Mapping[str, Any]", duty.args)
        self._row: Mapping[str, str] = args["row"]
        self._policies = policies
        language = filter_language(policies.vocabulary, policies.parameters, self._row)
        self._root = language.parse(args["where"]).root
        self.columns = tuple(name for name in self._row if f"{ROW}.{name}" in ir.reads(self._root))
        """The columns of the row that the condition reads."""

    def sql(self, question: Any, columns: Mapping[str, tuple[exp.Expr, exp.DataType | None]], family: str) -> exp.Expr:  # noqa: ANN401 (request-like)
        """True for the rows that may be seen; `columns` are those of the table: expression and type."""
        bound = self._bind(self._root, question)
        if isinstance(bound, ir.Constant):
            return exp.true() if bound.value is True else exp.false()
        places: dict[str, exp.Expr] = {}
        known: dict[str, Column] = {}
        for name in self.columns:
            declared = self._row[name].rstrip("?")
            expression, of = columns[name]
            places[name] = _as(declared, expression, of, family, name)
            known[f"{ROW}.{name}"] = Column(name, ROW, *_width(of))
        try:
            made = Compiler(known, self._policies.parameters.values, family).compile(bound)
        except NotExactError as error:
            raise FilterError("rewrite-filter-inexact", str(error)) from None
        condition: exp.Expr = exp.paren(made.value)
        if made.doubt is not None:
            condition = exp.And(this=condition, expression=exp.Not(this=exp.paren(made.doubt)))
        whole = exp.paren(condition)
        for node in list(whole.find_all(exp.Column)):
            if node.table == ROW:
                node.replace(places[node.name].copy())
        return whole

    def _bind(self, node: Any, question: Any) -> Any:  # noqa: ANN401 (a node, or what a node is made of)
        """The condition with the values of this question; items are read from the left until one settles it."""
        if is_tuple(node):
            return tuple(self._bind(item, question) for item in node)
        if not isinstance(node, ir.Node) or isinstance(node, (ir.Constant, ir.Parameter)):
            return node
        if isinstance(node, (ir.And, ir.Or)):
            return self._chain(node, question)
        if not reads_row(node):
            return self._value(node, question)
        if isinstance(node, ir.Attribute):
            return node
        return replace(node, **{name: self._bind(getattr(node, name), question) for name in _parts(node)})

    def _chain(self, node: ir.And | ir.Or, question: Any) -> ir.Node:  # noqa: ANN401 (request-like)
        settles = isinstance(node, ir.Or)
        kept: list[ir.Node] = []
        for item in node.items:
            bound = self._bind(item, question)
            if not isinstance(bound, ir.Constant):
                kept.append(bound)
            elif bound.value is settles:
                kept.append(bound)
                break
        if not kept or isinstance(kept[0], ir.Constant):
            return ir.Constant(settles if kept else not settles, type=ir.BOOLEAN)
        return kept[0] if len(kept) == 1 else replace(node, items=tuple(kept))

    def _value(self, node: ir.Node, question: Any) -> ir.Node:  # noqa: ANN401 (request-like)
        """The value of a part that does not read the row; none at all is no value to compare rows with."""
        what = ", ".join(ir.reads(node)) or "a part of it"
        find = evaluator(node, self._policies)
        try:
            value = normalise(find(question), node.type) if find else None
        except (ValueFault, Exception):  # noqa: BLE001 (missing or of another type: a filter on nothing shows all or none)
            value = None
        if value is None:
            raise FilterError("rewrite-filter-value", what)
        if node.type.kind == "array" and is_tuple(value):
            items = tuple(ir.Constant(item, type=node.type.item or ir.UNKNOWN) for item in value)
            return ir.ArrayLiteral(items, type=node.type.required())
        return ir.Constant(value, type=node.type.required())


def _width(of: exp.DataType | None) -> tuple[int, int]:
    """Digits before and after the point of a number's type."""
    if of is None or of.this != _T.DECIMAL:
        return _BIGINT_DIGITS, 0
    sizes = [int(size.name) for size in of.expressions]
    width, scale = (*sizes, 0)[:2] if sizes else (0, 0)
    return width - scale, scale


def _as(declared: str, column: exp.Expr, of: exp.DataType | None, family: str, name: str) -> exp.Expr:
    """A column in the form that compiled conditions expect, whatever its collation and time zone."""
    kind = of.this if of is not None else None
    if declared == "string" and kind in TEXTS - {_T.CHAR, _T.NCHAR, _T.BPCHAR}:
        text = exp.cast(column.copy(), _T.TEXT)
        return exp.paren(exp.Collate(this=text, expression=exp.to_identifier("C", quoted=True)))
    if declared == "boolean" and kind == _T.BOOLEAN:
        return column.copy()
    # A NUMERIC of PostgreSQL may be NaN or infinite, for which conditions have no answer.
    if declared == "number" and (
        kind in WHOLE_NUMBERS or (kind == _T.DECIMAL and family == "duckdb" and _width(of)[0])
    ):
        return column.copy()
    if declared == "datetime" and kind == _T.TIMESTAMPTZ:
        return exp.paren(exp.AtTimeZone(this=column.copy(), zone=exp.Literal.string("UTC")))
    raise FilterError("rewrite-filter-type", name)
