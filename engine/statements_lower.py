"""Turn every statement that touches rows into SELECTs with the same reads, and the tables it writes.

UPDATE t SET a = x FROM f WHERE w RETURNING r  becomes  SELECT a, x, r FROM t, f WHERE w: the first
columns are written, the next only read, the rest comes out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, cast

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Iterable

StatementKind = Literal["read", "insert", "update", "delete", "export", "ddl", "grant", "other"]


class UnresolvedError(Exception):
    """What a statement touches cannot be told exactly; `whole`: not even which tables."""

    def __init__(self, reason: str, detail: str = "", *, whole: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail
        self.whole = whole


@dataclass(slots=True)
class Part:
    """A query; its first `targets` columns are written, `values` more only read, the rest may come out."""

    query: exp.Query
    targets: int = 0
    values: int = 0
    out: bool = True
    assigned: int = 0
    """The last so many of `values` are what is written."""
    stored: bool = False
    """All outputs are written."""


@dataclass(slots=True)
class Plan:
    """What one statement does: its queries, and what it touches of tables outside of them."""

    kind: StatementKind
    parts: list[Part] = field(default_factory=list["Part"])
    writes: list[tuple[exp.Table, tuple[str, ...]]] = field(default_factory=list[tuple[exp.Table, tuple[str, ...]]])
    """(table, names of the columns; none = all of them)."""
    reads: list[tuple[exp.Table, tuple[str, ...], bool]] = field(
        default_factory=list[tuple[exp.Table, tuple[str, ...], bool]]
    )
    """(table, columns, whether they come out)."""
    mentions: list[exp.Table] = field(default_factory=list[exp.Table])
    """Tables that are named without touching a row; they need not be known."""
    deletes: bool = False
    """Whether rows or columns go, although the kind is another."""


def lower(statement: exp.Expr) -> Plan:  # one return a type
    """The plan of one parsed statement; raises UnresolvedError for every type that is not listed."""
    match statement:
        case exp.Query():
            return _query(statement)
        case exp.Values():
            return Plan("read", parts=[_cells(statement)])
        case exp.Insert():
            return _insert(statement)
        case exp.Update():
            return _update(statement)
        case exp.Delete():
            return _delete(statement)
        case exp.Merge():
            return _merge(statement)
        case exp.Copy():
            return _copy(statement)
        case _:
            return _definition(statement)


_GONE: Final = ("TABLE", "COLUMN", None)
"""What is dropped with what was in it; a partition has no kind."""


def _definition(statement: exp.Expr) -> Plan:
    match statement:
        case exp.Create():
            return _create(statement)
        case exp.TruncateTable():
            return Plan("delete", writes=[(table, ()) for table in _tables(statement.expressions)])
        case exp.Drop() | exp.Alter():
            if statement.args.get("kind") not in (
                "TABLE",
                "VIEW",
                "INDEX",
                "SEQUENCE",
                "SCHEMA",
                "TYPE",
                "MATERIALIZED VIEW",
            ):
                raise UnresolvedError("statement-kind", whole=True)
            if statement.find(exp.Query) or statement.args.get("kind") == "SCHEMA":
                raise UnresolvedError("statement-kind", whole=True)
            tables = list(statement.find_all(exp.Table))
            if statement.args["kind"] != "TABLE":
                return Plan("ddl", mentions=tables)
            gone = any(drop.args.get("kind") in _GONE for drop in statement.find_all(exp.Drop, exp.DropPartition))
            return Plan("ddl", writes=[(table, ()) for table in tables], deletes=gone)
        case exp.Grant() | exp.Revoke():
            return Plan("grant", mentions=list(statement.find_all(exp.Table)))
        case exp.Comment():
            return Plan("ddl", mentions=list(statement.find_all(exp.Table)))
        case _:
            raise UnresolvedError("statement-kind", type(statement).__name__.upper(), whole=True)


def _query(statement: exp.Query) -> Plan:
    if not isinstance(statement, (exp.Select, exp.SetOperation, exp.Subquery)):
        raise UnresolvedError("statement-kind", type(statement).__name__.upper(), whole=True)
    for node in statement.find_all(exp.Insert, exp.Update, exp.Delete, exp.Merge):
        raise UnresolvedError("statement-nested", type(node).__name__.upper())
    plan = Plan("read")
    for into in list(statement.find_all(exp.Into)):
        target = into.find(exp.Table)
        into.pop()
        if target is not None and isinstance(target.this, exp.Parameter):
            continue  # a variable of the session, which may be shown later
        plan.kind = "ddl"
        if target is None:
            raise UnresolvedError("statement-kind", "INTO", whole=True)
        plan.mentions.append(target)
    plan.parts.append(Part(statement, out=plan.kind == "read"))
    return plan


def _target(node: object) -> tuple[exp.Table, tuple[str, ...]]:
    """The table of `t`, `t (a, b)` and the names of its columns."""
    if isinstance(node, exp.Schema):
        table, names = node.this, tuple(column.name for column in node.expressions)
        if not all(isinstance(column, (exp.Identifier, exp.Column, exp.ColumnDef)) for column in node.expressions):
            raise UnresolvedError("statement-clause")
    else:
        table, names = node, ()
    if not isinstance(table, exp.Table):
        raise UnresolvedError("statement-clause", whole=True)
    return table, names


def _tables(nodes: Iterable[object]) -> list[exp.Table]:
    tables = [node for node in nodes if isinstance(node, exp.Table)]
    if not tables:
        raise UnresolvedError("statement-clause", whole=True)
    return tables


def _insert(statement: exp.Insert) -> Plan:
    _only(
        statement,
        "this",
        "expression",
        "conflict",
        "returning",
        "with_",
        "alias",
        "overwrite",
        "ignore",
        "hint",
        "default",
    )
    target, names = _target(statement.this)
    plan = Plan("insert", writes=[(target, names)])
    source = statement.expression
    if isinstance(source, exp.Query):
        query = source.copy()
        _with(query, statement)
        nested = _query(query)
        plan.parts.append(Part(nested.parts[0].query, out=False, stored=True))
    elif isinstance(source, exp.Values):
        plan.parts.append(_row_values(source, statement))
    elif source:
        raise UnresolvedError("statement-clause")
    conflict, returning = statement.args.get("conflict"), statement.args.get("returning")
    if conflict or returning:
        plan.parts.append(_conflict(target, conflict, returning))
    return plan


def _cells(statement: exp.Values) -> Part:
    """`VALUES (1, (SELECT ..))` as a SELECT of all cells."""
    if statement.args.get("alias"):
        raise UnresolvedError("statement-clause", "VALUES")
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in statement.expressions]
    query = exp.Select(expressions=[_named(cell, n) for n, cell in enumerate(cell for row in rows for cell in row)])
    _clauses(query, statement)
    return Part(query)


def _row_values(source: exp.Values, statement: exp.Insert) -> Part:
    """VALUES as a SELECT without FROM: only subqueries in it can read."""
    cells = [cell for row in source.expressions for cell in (row.expressions if isinstance(row, exp.Tuple) else [row])]
    reading = [cell.copy() for cell in cells if cell.find(exp.Column, exp.Query, exp.Func)]
    # MySQL reads earlier columns of the same new row; those are no stored data, but nothing here can tell.
    query = exp.Select(expressions=[_named(cell, n) for n, cell in enumerate(reading)] or [exp.Literal.number(1)])
    _with(query, statement)
    return Part(query, out=False, stored=True)


def _conflict(target: exp.Table, conflict: exp.Expr | None, returning: exp.Expr | None) -> Part:
    targets: list[exp.Expr] = []
    values: list[exp.Expr] = []
    read: list[exp.Expr] = []
    table = target.copy()
    if conflict:
        if conflict.args.get("constraint"):
            raise UnresolvedError("statement-clause", "ON CONSTRAINT")  # its columns are read
        _assignments(conflict.expressions, table, targets, values)
        values = [_on_target(value, table) for value in values]
        keys = [key.this if isinstance(key, exp.Ordered) else key for key in conflict.args.get("conflict_keys") or ()]
        read += [_on_table(key, table) for key in keys]
        conditions = [node.this for clause in ("where", "index_where") if (node := conflict.args.get(clause))]
        read += [_on_target(condition, table) for condition in conditions]
    query = _select(targets, [*read, *values], returning, table)
    if conflict and any(column.table.lower() == "excluded" for column in query.find_all(exp.Column)):
        proposed = _bare(table)
        proposed.set("alias", exp.TableAlias(this=exp.to_identifier("excluded")))
        query = query.join(proposed, join_type="cross", copy=False)
    return Part(query, len(targets), len(read) + len(values), assigned=len(values))


def _update(statement: exp.Update) -> Plan:
    _only(statement, "this", "expressions", "from_", "where", "returning", "with_", "order", "limit", "hint")
    table = statement.this.copy() if isinstance(statement.this, exp.Table) else None
    if table is None:
        raise UnresolvedError("statement-clause")
    joins = _hoist(table)
    targets: list[exp.Expr] = []
    values: list[exp.Expr] = []
    _assignments(statement.expressions, None if joins else table, targets, values)
    query = _select(targets, values, statement.args.get("returning"), table)
    _from(query, joins, statement.args.get("from_"))
    _clauses(query, statement)
    mentions = [] if joins else [table.copy()]
    part = Part(query, len(targets), len(values), assigned=len(values))
    return Plan("update", parts=[part], mentions=mentions)


def _delete(statement: exp.Delete) -> Plan:
    _only(statement, "this", "tables", "using", "where", "returning", "with_", "order", "limit", "hint")
    table = statement.this.copy() if isinstance(statement.this, exp.Table) else None
    if table is None:
        raise UnresolvedError("statement-clause")
    joins = _hoist(table)
    query = _select([], [], statement.args.get("returning"), table)
    _from(query, joins, None)
    for node in _listed(statement.args.get("using")):
        _append(query, node)
    _clauses(query, statement)
    named = list(query.find_all(exp.Table))
    aliases = {node.alias_or_name.lower(): node for node in named}
    victims = [
        aliases.get(node.name.lower()) for node in _listed(statement.args.get("tables")) if isinstance(node, exp.Table)
    ]
    if None in victims:
        raise UnresolvedError("statement-clause")
    written = [node for node in victims if node] or ([table] if not joins else named)
    return Plan("delete", parts=[Part(query)], writes=[(_bare(node), ()) for node in written])


def _merge(statement: exp.Merge) -> Plan:
    _only(statement, "this", "using", "on", "whens", "returning", "with_", "using_cond")
    if not isinstance(statement.this, exp.Table) or statement.args.get("using_cond"):
        raise UnresolvedError("statement-clause")
    table = statement.this.copy()
    targets: list[exp.Expr] = []
    values: list[exp.Expr] = []
    plan = Plan("update", mentions=[_bare(table)])
    whens = statement.args["whens"].expressions
    for when in whens:
        _when(when, table, targets, values, plan)
    read = [statement.args["on"], *(when.args["condition"] for when in whens if when.args.get("condition"))]
    query = _select(targets, [*read, *values], statement.args.get("returning"), table)
    _append(query, statement.args["using"])
    _with(query, statement)
    plan.parts.append(Part(query, len(targets), len(read) + len(values), assigned=len(values)))
    return plan


def _when(when: exp.Expr, table: exp.Table, targets: list[exp.Expr], values: list[exp.Expr], plan: Plan) -> None:
    then = when.args.get("then")
    match then:
        case exp.Update() if then.expressions:
            _assignments(then.expressions, table, targets, values)
        case exp.Insert() if isinstance(then.this, exp.Tuple) and isinstance(then.expression, exp.Tuple):
            targets += [_on_table(column, table) for column in then.this.expressions]
            values += [value for value in then.expression.expressions if not _is_default(value)]
        case exp.Var() if then.name.upper() in ("DELETE", "DO NOTHING"):
            plan.writes.append((_bare(table), ()))
            plan.deletes = plan.deletes or then.name.upper() == "DELETE"
        case _:
            raise UnresolvedError("statement-clause")


def _copy(statement: exp.Copy) -> Plan:
    subject = statement.this
    if not isinstance(statement.args.get("kind"), bool):
        raise UnresolvedError("statement-kind", "COPY", whole=True)
    if statement.args["kind"]:
        return Plan("insert", writes=[_target(subject)])
    if isinstance(subject, exp.Subquery):
        query = subject.unnest().copy()
        if not isinstance(query, exp.Query):
            raise UnresolvedError("statement-nested", "COPY")
        plan = _query(query)
        plan.kind = "export"
        return plan
    table, names = _target(subject)
    return Plan("export", reads=[(table, names, True)])


def _create(statement: exp.Create) -> Plan:
    kind = str(statement.args.get("kind") or "").upper()
    if kind not in ("TABLE", "VIEW", "INDEX", "SCHEMA", "SEQUENCE", "TYPE", "DATABASE"):
        raise UnresolvedError("statement-kind", f"CREATE {kind}", whole=True)
    query = statement.expression
    plan = Plan("ddl", mentions=[node for node in [statement.this.find(exp.Table)] if node])
    if isinstance(query, exp.Query):
        query = query.copy()
        _with(query, statement)
        plan.parts.append(Part(_query(query).parts[0].query, out=False))
    elif query:
        raise UnresolvedError("statement-clause", whole=True)
    clone = statement.args.get("clone")
    if isinstance(clone, exp.Expr):
        plan.reads += [(table, (), False) for table in _tables(clone.find_all(exp.Table))]
    return plan


def _only(statement: exp.Expr, *known: str) -> None:
    """Refuse a clause that the lowering would drop."""
    for name, value in statement.args.items():
        if value and name not in known:
            raise UnresolvedError("statement-clause", name.strip("_").upper())


def _assignments(
    nodes: Iterable[exp.Expr], table: exp.Table | None, targets: list[exp.Expr], values: list[exp.Expr]
) -> None:
    for node in nodes:
        if not isinstance(node, exp.EQ):
            raise UnresolvedError("statement-clause")
        left = node.this.expressions if isinstance(node.this, exp.Tuple) else [node.this]
        if not all(isinstance(column, exp.Column) for column in left):
            raise UnresolvedError("statement-clause")
        targets += [_on_table(column, table) if table else column.copy() for column in left]
        values += [] if _is_default(node.expression) else [node.expression]


def _is_default(node: exp.Expr) -> bool:
    """Whether a value is the keyword DEFAULT."""
    name = node.this if isinstance(node, exp.Column) and not node.table else node
    return (
        isinstance(name, (exp.Identifier, exp.Var)) and name.name.upper() == "DEFAULT" and not name.args.get("quoted")
    )


def _on_table(column: exp.Expr, table: exp.Table) -> exp.Expr:
    """A bare column or name as a column of this table."""
    if not isinstance(column, (exp.Column, exp.Identifier)):
        return column
    name = column.this if isinstance(column, exp.Column) else column
    if not isinstance(name, exp.Identifier):
        raise UnresolvedError("statement-clause")
    return exp.Column(this=name.copy(), table=_alias(table))


def _on_target(node: exp.Expr, table: exp.Table) -> exp.Expr:
    """The expression with its bare columns bound to the target; subqueries bind their own first."""
    result = node.copy()
    if not result.find(exp.Query):
        for column in list(result.find_all(exp.Column)):
            if not column.table:
                column.set("table", _alias(table))
    return result


def _alias(table: exp.Table) -> exp.Identifier:
    alias = table.args.get("alias")
    name: exp.Identifier = alias.this if alias and alias.this else table.this
    return name.copy()


def _bare(table: exp.Table) -> exp.Table:
    return exp.Table(this=table.this.copy(), db=table.args.get("db"), catalog=table.args.get("catalog"))


def _named(node: exp.Expr, number: int) -> exp.Expr:
    return exp.alias_(node.copy(), f"_tutela_{number}", copy=False)


def _select(
    targets: list[exp.Expr], values: list[exp.Expr], returning: exp.Expr | None, table: exp.Table
) -> exp.Select:
    columns = [_named(node, number) for number, node in enumerate([*targets, *values])]
    if returning:
        columns += [node.copy() for node in returning.expressions]
    return exp.Select(expressions=columns or [exp.Literal.number(1)]).from_(table, copy=False)


def _hoist(table: exp.Table) -> list[exp.Expr]:
    """Joins that the parser hangs under the table of an UPDATE or DELETE."""
    joins: list[exp.Expr] = list(table.args.get("joins") or ())
    table.set("joins", None)
    return joins


def _from(query: exp.Select, joins: Iterable[exp.Expr], from_: exp.Expr | None) -> None:
    for join in joins:
        query.append("joins", join.copy())
    if from_:
        _append(query, from_.this)


def _append(query: exp.Select, source: exp.Expr) -> None:
    """One more source, and the joins that hang under it."""
    source = source.copy()
    joins = list(source.args.get("joins") or ())
    source.set("joins", None)
    query.append("joins", exp.Join(this=source))  # a comma: what is joined to it does not see the tables before
    for join in joins:
        query.append("joins", join)


def _clauses(query: exp.Select, statement: exp.Expr) -> None:
    for clause in ("where", "order", "limit"):
        if node := statement.args.get(clause):
            query.set(clause, node.copy())
    _with(query, statement)


def _with(query: exp.Expr, statement: exp.Expr) -> None:
    """Hand the CTEs of the statement to its query."""
    with_ = statement.args.get("with_")
    if not with_:
        return
    if query.args.get("with_"):
        raise UnresolvedError("statement-clause", "WITH")
    query.set("with_", with_.copy())


def _listed(node: object) -> list[exp.Expr]:
    nodes = cast("list[object]", node if isinstance(node, list) else [node])
    found: list[exp.Expr] = []
    found.extend(item for item in nodes if isinstance(item, exp.Expr))
    return found
