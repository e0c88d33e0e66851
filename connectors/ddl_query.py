"""What a query gives: the names of its columns, and the composite types that it passes on.

A star stands for all columns of what it selects from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from sqlglot import exp

from .ddl_parse import Name, NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .ddl_build import Builder
    from .ddl_draft import Draft

Columns: TypeAlias = list[str]
UNKNOWN: Final = "the columns of `*` are not known"


def outputs(query: exp.Expr, builder: Builder) -> Columns:
    """The column names of a query, in order; raises NotUnderstood for a star whose columns are not known."""
    return _Scope(builder).outputs(query)


@dataclass(frozen=True, slots=True)
class _Scope:
    """What names stand for inside of a query: the tables of the schema, and the queries that WITH names."""

    builder: Builder
    named: dict[str, Columns | None] = field(default_factory=dict[str, "Columns | None"])
    """The columns of the queries in WITH, by name in lower case; None where they are not known."""

    def outputs(self, query: exp.Expr) -> Columns:
        scope = self._inside(query)
        if isinstance(query, exp.SetOperation | exp.Subquery) and isinstance(query.this, exp.Query):
            return scope.outputs(query.this)
        if isinstance(query, exp.Values):
            return [f"column{number}" for number, _ in enumerate(query.expressions[0].expressions, 1)]
        known: dict[int, Columns] = {}
        sources = list(_sources(query))
        names = [name for projection in _selects(query) for name in scope.given(projection, sources, known)]
        return [name for name in names if name]

    def _inside(self, query: exp.Expr) -> _Scope:
        """This scope and what the query's own WITH names; one that names itself is what it begins with."""
        with_ = query.args.get("with_")
        if not isinstance(with_, exp.With):
            return self
        scope = _Scope(self.builder, dict(self.named))
        for cte in with_.expressions:
            scope.named[cte.alias.lower()] = scope.columns(cte.this, _alias_columns(cte))
        return scope

    def columns(self, query: exp.Expr, own: Columns) -> Columns | None:
        """The columns of an inner query under their `own` names; None when they are not known."""
        try:
            return own + self.outputs(query)[len(own) :]
        except NotUnderstood:
            return own or None

    def given(self, projection: exp.Expr, sources: list[exp.Expr], known: dict[int, Columns]) -> Columns:
        """The columns that one item of a SELECT list gives; `known` keeps those of each source, by its number."""
        if not projection.is_star:
            return [_name(projection)]
        wanted = projection.table.lower() if isinstance(projection, exp.Column) else ""
        meant = [number for number, source in enumerate(sources) if wanted in {"", source.alias_or_name.lower()}]
        if not meant:
            raise NotUnderstood(UNKNOWN)
        for number in meant:
            if number not in known:
                known[number] = self.source(sources[number])
        star = projection.this if isinstance(projection, exp.Column) else projection
        left_out = {left.name.lower() for left in star.args.get("except_") or ()}
        names = dict.fromkeys(name for number in meant for name in known[number])
        return [name for name in names if name.lower() not in left_out]

    def source(self, source: exp.Expr) -> Columns:
        """The columns of one table, inner query or function after FROM."""
        own = _alias_columns(source)
        inner = source.this if isinstance(source, exp.Lateral) else source
        if isinstance(inner, exp.Subquery) and isinstance(inner.this, exp.Table):  # a join in brackets
            found: Columns | None = [name for table in _joined(inner.this) for name in self.source(table)]
        elif isinstance(inner, exp.Query):
            found = self.columns(inner, own)
        elif isinstance(inner, exp.Table) and isinstance(inner.this, exp.Identifier):
            found = self.table(inner, own)
        else:
            found = own or None
        if found is None:
            raise NotUnderstood(UNKNOWN)
        return found

    def table(self, table: exp.Table, own: Columns) -> Columns | None:
        """The columns of a table, or of a query that WITH names, under their `own` names."""
        if not table.db and table.name.lower() in self.named:
            known = self.named[table.name.lower()]
        else:
            draft = self.builder.find(Name(table.name, table.db))
            known = [column.name for column in draft.columns] if draft else None
        return None if known is None else own + known[len(own) :]


def _name(projection: exp.Expr) -> str:
    """The name of a column; `count(*)` without one is called `count`."""
    name = projection.alias_or_name
    return projection.sql_name().lower() if name == "*" and isinstance(projection, exp.Func) else name


def _selects(query: exp.Expr) -> list[exp.Expr]:
    return query.selects if isinstance(query, exp.Query) else []


def _sources(query: exp.Expr) -> Iterator[exp.Expr]:
    """What stands behind FROM and JOIN."""
    nodes = [query.args.get("from_"), *(query.args.get("laterals") or ())]
    for node in nodes:
        inner = node.this if isinstance(node, exp.From) else node
        if isinstance(inner, exp.Expr):
            yield from _joined(inner)
    for join in query.args.get("joins") or ():
        yield from _joined(join.this)


def _joined(source: exp.Expr) -> Iterator[exp.Expr]:
    """A source, and those that are joined to it inside of brackets."""
    yield source
    for join in source.args.get("joins") or ():
        yield from _joined(join.this)


def _alias_columns(node: exp.Expr) -> Columns:
    """The names behind an alias: `AS t (a, b)`."""
    alias = node.args.get("alias")
    return [column.name for column in alias.columns] if isinstance(alias, exp.TableAlias) else []


def pass_on(draft: Draft, query: exp.Query, builder: Builder) -> None:
    """Give the columns that a query passes on as they are their types, where these are composite."""
    sources: dict[str, Draft] = {}
    for source in _sources(query):
        found = builder.find(Name(source.name, source.db)) if isinstance(source, exp.Table) else None
        if found is not None:
            sources[source.alias_or_name.lower()] = found
    for projection in query.selects:
        column = projection.unalias()
        wanted = column.table.lower() if isinstance(column, exp.Column) else ""
        for name in sources if isinstance(column, exp.Column | exp.Star) else ():
            for own in sources[name].columns if wanted in {"", name} else ():
                if not projection.is_star and own.name.lower() != column.name.lower():
                    continue
                index = draft.index(own.name if projection.is_star else projection.alias_or_name)
                if index is not None and not draft.columns[index].data_type and builder.attributes(own.data_type):
                    draft.change(index, data_type=own.data_type)
