"""Checked ir -> sqlglot: a condition as SQL that says what rule-engine says, or a word why not.

Every node becomes two expressions: its value, and when rule-engine has none for it (`doubt`: an attribute is missing,
a time leaves the calendar). Where there is doubt the value may be anything; elsewhere truth is never NULL, so that
`NOT`, `AND` and `OR` mean what they mean in Python. What is not exact in every engine (division, floats, case mapping,
items of arrays) raises `NotExactError`, and is evaluated in Python.

Columns are VARCHAR, BOOLEAN, TIMESTAMP in UTC without a zone, BIGINT microseconds for durations, DECIMAL or whole
numbers of at most 18 digits, and VARCHAR[]; NULL is null where the attribute may be null, and missing elsewhere.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from sqlglot import exp

from . import ir
from .sql_regex import NotPortableError, portable
from .sql_terms import (
    LONGEST,
    MICRO,
    WIDEST,
    NotExactError,
    Term,
    any_of,
    both,
    constant,
    doubtful,
    either,
    instant,
    is_texts,
    kind_of,
    negated,
    wide,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Column", "Compiler", "NotExactError", "Sql"]

DIALECTS: Final = ("duckdb", "spark", "postgres")
EXACT_DIGITS: Final = 28
"""Digits that rule-engine's arithmetic keeps; what may need more is not compiled."""
FIRST: Final = datetime.min.replace(tzinfo=UTC)
LAST: Final = datetime.max.replace(tzinfo=UTC)
_PARTS: Final = ("year", "month", "day", "hour", "minute")
_COMPARE: Final[Mapping[str, type[exp.Binary]]] = {
    "==": exp.EQ, "!=": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE,
}  # fmt: skip
_ARITHMETIC: Final[Mapping[str, type[exp.Binary]]] = {"+": exp.Add, "-": exp.Sub, "*": exp.Mul}


class Column(NamedTuple):
    """A column of the relation that holds an attribute."""

    name: str
    table: str = ""
    digits: int = 18
    """Of a number: digits before the point."""
    scale: int = 0
    """Of a number: digits after the point."""
    doubt: str = ""
    """A column that says that there is no value; without it NULL says so where the attribute may not be null."""


class Sql(NamedTuple):
    """A compiled condition: its truth, and the condition under which rule-engine has no answer (None: never)."""

    value: exp.Expr
    doubt: exp.Expr | None


class Compiler:
    """Compiles conditions over the columns of one relation for one dialect."""

    def __init__(
        self, columns: Mapping[str, Column], parameter_values: Mapping[str, object], dialect: str = "duckdb"
    ) -> None:
        if dialect not in DIALECTS:
            raise ValueError(dialect)
        self._columns = columns
        self._values = parameter_values
        self._dialect = dialect
        self._kinds: dict[type, Callable[[Any], Term]] = {
            ir.Constant: lambda node: constant(node.value),
            ir.Parameter: self._parameter,
            ir.Attribute: self._attribute,
            ir.And: lambda node: self._chain(node.items, conjunction=True),
            ir.Or: lambda node: self._chain(node.items, conjunction=False),
            ir.Not: self._not,
            ir.Compare: self._compare,
            ir.In: self._in,
            ir.Match: self._match,
            ir.Arithmetic: self._arithmetic,
            ir.Negate: self._negate,
            ir.Coalesce: self._coalesce,
            ir.Conditional: self._conditional,
            ir.Member: self._member,
        }

    def compile(self, root: ir.Node) -> Sql:
        """Compile a boolean condition; raises NotExactError."""
        made = self._truth(root)
        return Sql(made.value, made.doubt)

    def _term(self, node: ir.Node) -> Term:
        kind = self._kinds.get(type(node))
        if kind is None:
            raise NotExactError(type(node).__name__.lower())
        return kind(node)

    def _truth(self, node: ir.Node) -> Term:
        if node.type.kind != "boolean" or node.type.nullable:
            raise NotExactError("a truth value that is none")
        return self._term(node)

    def _parameter(self, node: ir.Parameter) -> Term:
        if self._values.get(node.name) is None:
            raise NotExactError(f"parameter {node.name}")
        return constant(self._values[node.name])

    def _attribute(self, node: ir.Attribute) -> Term:
        path = ".".join(node.path)
        column = self._columns.get(path)
        if column is None:
            raise NotExactError(path)
        if node.type.kind not in ("string", "boolean", "datetime", "duration", "number") and not is_texts(node.type):
            raise NotExactError(f"{path}: {node.type}")
        if any(step.nullable for step in node.steps[:-1]):
            raise NotExactError(f"{path}: of an object that may be null")
        value = exp.column(column.name, table=column.table or None, quoted=True)
        nullable = node.type.nullable
        doubt: exp.Expr | None = None
        if column.doubt:
            doubt = exp.column(column.doubt, table=column.table or None, quoted=True)
        elif not nullable:
            doubt = exp.Is(this=value.copy(), expression=exp.Null())
        return Term(value, doubt, nullable, column.digits, column.scale)

    def _chain(self, items: Sequence[ir.Node], *, conjunction: bool) -> Term:
        """Items are read from the left until one settles it: what comes later is in doubt only when it is read."""
        made = [self._truth(item) for item in items]
        value, doubt = made[0].value, made[0].doubt
        for item in made[1:]:
            if item.doubt is not None:
                goes_on = value if conjunction else negated(value)
                doubt = doubtful(doubt, both(goes_on.copy(), item.doubt))
            value = both(value, item.value) if conjunction else either(value, item.value)
        return Term(value, doubt)

    def _not(self, node: ir.Not) -> Term:
        made = self._truth(node.operand)
        return Term(negated(made.value), made.doubt)

    def _compare(self, node: ir.Compare) -> Term:
        kinds = {node.left.type.kind, node.right.type.kind}
        if "null" in kinds:
            return self._against_null(node)
        if len(kinds) > 1 or kinds & {"array", "object"}:
            raise NotExactError("a comparison of these types")
        left, right = self._term(node.left), self._term(node.right)
        if kinds == {"number"}:
            left, right = self._same_width(left, right)
        doubt = doubtful(left.doubt, right.doubt)
        equal = node.op in ("==", "!=")
        if (left.null or right.null) and equal:
            same = exp.NullSafeEQ if node.op == "==" else exp.NullSafeNEQ
            return Term(exp.paren(same(this=left.value, expression=right.value)), doubt)
        if left.null or right.null:
            raise NotExactError("an order with null")
        values = [left.value, right.value]
        if kinds == {"string"} and not equal and self._dialect == "postgres":
            values = [exp.Collate(this=value, expression=exp.to_identifier("C", quoted=True)) for value in values]
        return Term(exp.paren(_COMPARE[node.op](this=values[0], expression=values[1])), doubt)

    def _against_null(self, node: ir.Compare) -> Term:
        other = node.right if node.left.type.kind == "null" else node.left
        if other.type.kind == "object":
            raise NotExactError("an object")
        made = self._term(other)
        null: exp.Expr = exp.Is(this=made.value, expression=exp.Null()) if made.null else exp.false()
        return Term(exp.paren(null) if node.op == "==" else negated(null), made.doubt)

    def _same_width(self, left: Term, right: Term) -> tuple[Term, Term]:
        digits, scale = max(left.digits, right.digits), max(left.scale, right.scale)
        if digits + scale > WIDEST:
            raise NotExactError("numbers that are too long")
        return wide(left, digits, scale), wide(right, digits, scale)

    def _in(self, node: ir.In) -> Term:
        member = self._term(node.member)
        kind = node.member.type.kind
        items = self._constants(node.container)
        if items is None:
            return self._in_column(node, member)
        if any(kind_of(item) not in (kind, "null") for item in items):
            raise NotExactError("members of other types")
        terms = [constant(item) for item in items if item is not None]
        tests: list[exp.Expr] = []
        if kind == "number":
            tests = [exp.EQ(this=one.value, expression=other.value) for one, other in
                     (self._same_width(member, term) for term in terms)]  # fmt: skip
            found: exp.Expr = any_of(tests)
        else:
            found = exp.In(this=member.value, expressions=[term.value for term in terms]) if terms else exp.false()
        if member.null:
            found = exp.Coalesce(this=found, expressions=[exp.false()])
            if None in items:
                found = either(found, exp.Is(this=member.value.copy(), expression=exp.Null()))
        return Term(exp.paren(found), member.doubt)

    def _constants(self, container: ir.Node) -> list[object] | None:
        if isinstance(container, ir.ArrayLiteral):
            if all(isinstance(item, ir.Constant) for item in container.items):
                return [cast("ir.Constant", item).value for item in container.items]
        elif isinstance(container, ir.Parameter):
            values = self._values.get(container.name)
            if isinstance(values, tuple):
                return list(cast("tuple[object, ...]", values))
        return None

    def _in_column(self, node: ir.In, member: Term) -> Term:
        container = self._term(node.container)
        if member.null or container.null or node.member.type.kind != "string":
            raise NotExactError("membership with null")
        doubt = doubtful(container.doubt, member.doubt)
        if node.container.type.kind == "string":
            position = exp.StrPosition(this=container.value, substr=member.value)
            return Term(exp.paren(exp.GT(this=position, expression=exp.Literal.number(0))), doubt)
        held = exp.ArrayContains(this=container.value, expression=member.value)
        return Term(exp.Coalesce(this=held, expressions=[exp.false()]), doubt)

    def _match(self, node: ir.Match) -> Term:
        subject = self._term(node.subject)
        if subject.null:
            raise NotExactError("a match with null")
        try:
            pattern = portable(node.pattern, search=node.search, dialect=self._dialect)
        except NotPortableError as error:
            raise NotExactError(f"regular expression: {error}") from None
        test = exp.RegexpLike(this=subject.value, expression=exp.Literal.string(pattern))
        return Term(exp.paren(test), subject.doubt)

    def _arithmetic(self, node: ir.Arithmetic) -> Term:
        left, right = self._term(node.left), self._term(node.right)
        if left.null or right.null or node.op not in _ARITHMETIC:
            raise NotExactError(f"`{node.op}`")
        doubt = doubtful(left.doubt, right.doubt)
        kinds = (node.left.type.kind, node.right.type.kind)
        match kinds:
            case ("number", "number"):
                return self._numbers(node.op, left, right, doubt)
            case ("string", "string"):
                return Term(exp.paren(exp.DPipe(this=left.value, expression=right.value)), doubt)
            case ("duration", "duration") if node.op != "*":
                if max(left.digits, right.digits) >= len(str(LONGEST)):
                    raise NotExactError("durations that are too long")
                sum_ = _ARITHMETIC[node.op](this=left.value, expression=right.value)
                return Term(exp.paren(sum_), doubt, digits=len(str(LONGEST)))
            case ("datetime", "datetime"):
                return self._between(left, right, doubt)
            case ("datetime", "duration"):
                return self._moved(node.op, left, node.right, doubt)
            case ("duration", "datetime") if node.op == "+":
                return self._moved(node.op, right, node.left, doubt)
            case _:
                raise NotExactError(f"`{node.op}` of these types")

    @staticmethod
    def _numbers(op: str, left: Term, right: Term, doubt: exp.Expr | None) -> Term:
        if op == "*":
            digits, scale = left.digits + right.digits, left.scale + right.scale
        else:
            digits, scale = max(left.digits, right.digits) + 1, max(left.scale, right.scale)
        if digits + scale > EXACT_DIGITS:
            raise NotExactError("numbers that are too long")
        made = _ARITHMETIC[op](this=wide(left).value, expression=wide(right).value)
        return wide(Term(exp.paren(made), doubt, digits=digits, scale=scale))

    def _between(self, left: Term, right: Term, doubt: exp.Expr | None) -> Term:
        """The microseconds from one instant to another."""
        if self._dialect == "postgres":
            raise NotExactError("a difference of instants")
        made = exp.TimestampDiff(this=left.value, expression=right.value, unit=exp.var("MICROSECOND"))
        return Term(made, doubt, digits=len(str(LONGEST)) - 1)

    def _moved(self, op: str, moment: Term, by: ir.Node, doubt: exp.Expr | None) -> Term:
        """An instant some time later or earlier; outside of the calendar rule-engine has no answer."""
        value = self._values.get(by.name) if isinstance(by, ir.Parameter) else getattr(by, "value", None)
        if not isinstance(value, timedelta):
            raise NotExactError("an instant moved by a time that is no constant")
        delta = value if op == "+" else -value
        step = exp.Interval(this=exp.Literal.string(str(delta // MICRO)), unit=exp.var("MICROSECOND"))
        try:
            limit = LAST - delta if delta > timedelta(0) else FIRST - delta
        except OverflowError:
            raise NotExactError("a time that is too long") from None
        if delta:
            beyond = exp.GT if delta > timedelta(0) else exp.LT
            doubt = doubtful(doubt, exp.paren(beyond(this=moment.value.copy(), expression=instant(limit))))
        return Term(exp.paren(exp.Add(this=moment.value, expression=step)), doubt)

    def _negate(self, node: ir.Negate) -> Term:
        made = self._term(node.operand)
        if made.null or node.type.kind not in ("number", "duration"):
            raise NotExactError("`-`")
        negative = exp.paren(exp.Neg(this=exp.paren(made.value)))
        return Term(negative, made.doubt, digits=made.digits, scale=made.scale)

    def _coalesce(self, node: ir.Coalesce) -> Term:
        left, right = self._term(node.left), self._term(node.right)
        if not left.null:
            return left
        if node.type.kind == "number":
            left, right = self._same_width(left, right)
        doubt = left.doubt
        if right.doubt is not None:
            null = exp.Is(this=left.value.copy(), expression=exp.Null())
            doubt = doubtful(doubt, both(exp.paren(null), right.doubt))
        value = exp.Coalesce(this=left.value, expressions=[right.value])
        return Term(value, doubt, right.null, right.digits, right.scale)

    def _conditional(self, node: ir.Conditional) -> Term:
        condition = self._truth(node.condition)
        yes, no = self._term(node.yes), self._term(node.no)
        if node.type.kind == "number":
            yes, no = self._same_width(yes, no)
        doubt = condition.doubt
        if yes.doubt is not None:
            doubt = doubtful(doubt, both(condition.value.copy(), yes.doubt))
        if no.doubt is not None:
            doubt = doubtful(doubt, both(negated(condition.value.copy()), no.doubt))
        value = exp.Case(ifs=[exp.If(this=condition.value, true=yes.value)], default=no.value)
        return Term(exp.paren(value), doubt, yes.null or no.null, max(yes.digits, no.digits), max(yes.scale, no.scale))

    def _member(self, node: ir.Member) -> Term:
        base = self._term(node.base)
        kind = node.base.type.kind
        if base.null:
            raise NotExactError("an attribute of null")
        if kind == "string" and node.args:
            part = self._term(node.args[0])
            end = exp.Left if node.name == "starts_with" else exp.Right
            taken = end(this=base.value, expression=exp.Length(this=part.value.copy()))
            return Term(exp.paren(exp.EQ(this=taken, expression=part.value)), doubtful(base.doubt, part.doubt))
        if kind == "string" and node.name == "length":
            return Term(exp.Length(this=base.value), base.doubt, digits=10)
        if kind == "string" and node.name == "is_empty":
            empty = exp.EQ(this=base.value, expression=exp.Literal.string(""))
            return Term(exp.paren(empty), base.doubt)
        if kind == "datetime" and node.name in _PARTS:
            number = exp.Extract(this=exp.var(node.name.upper()), expression=base.value)
            return Term(number, base.doubt, digits=4)
        if kind == "datetime" and node.name == "date":
            day = exp.TimestampTrunc(this=base.value, unit=exp.var("DAY"))
            return Term(exp.cast(day, exp.DataType.Type.TIMESTAMPNTZ), base.doubt)
        raise NotExactError(f"`.{node.name}`")
