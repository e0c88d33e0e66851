"""A query as the policies let somebody see its answer: each table becomes its masked and filtered rows, or nothing.

Every base table is asked about as an audited access is. What is denied, not understood, or not a plain query is
refused; what is allowed is replaced by a subquery that holds no more than was decided. The text that comes out is
read again, and given out only when no table stands outside of such a subquery.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers

from .errors import Location, Problem
from .facts import Facts
from .facts_access import SCHEMA
from .guards import CARRIED_OUT, Classes, Filters, Guard, columns_of, guard
from .request import Request
from .rewrite_check import base_tables, check_rewritten, text_of
from .rewrite_words import RefusedError, check_query
from .statements_catalog import ColumnRef, Entry
from .statements_lower import UnresolvedError
from .statements_read import read
from .statements_views import view_query

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .authorizer import Authorizer
    from .decision import Decision
    from .model import Obligation
    from .statements import Analyser, Touched
    from .statements_catalog import Catalog

DIALECTS: Final = frozenset({"postgres", "duckdb"})
"""Where the result of a rewritten statement has been compared with the exact one."""
MAX_VIEWS: Final = 20
BACKSLASH: Final = "\\"


class TableDecision(NamedTuple):
    """The answer for one table that a statement reads, and what was asked."""

    table: str
    decision: Decision
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """What became of a statement: its text with masks and filters, or why there is none."""

    sql: str = ""
    """The statement to run; empty when it is denied or refused. It may hold values of the request, and salts."""
    decisions: tuple[TableDecision, ...] = ()
    """The answer for each table that the statement reads."""
    obligations: tuple[tuple[str, Obligation], ...] = ()
    """What the caller still has to do: table and obligation."""
    problem: Problem | None = None
    """Why a statement that nothing denies is refused all the same."""

    @property
    def allowed(self) -> bool:
        """Whether there is a statement to run."""
        return bool(self.sql)


class Rewriter:
    """Rewrites queries over one schema with one policy set; it remembers no statement."""

    def __init__(
        self, authorizer: Authorizer, analyser: Analyser, categories: Mapping[str, Mapping[str, str | None]]
    ) -> None:
        """`categories`: table (with its schema) -> column -> category, all in lower case; the catalog adds its own."""
        self._pdp = authorizer
        self._analyser = analyser
        self._catalog = analyser.catalog
        facts = authorizer.facts
        declared = facts.world.catalog if isinstance(facts, Facts) else None
        self._classes = Classes(categories, self._catalog.default, declared)
        self._filters = Filters(authorizer.policies)
        self._known = frozenset(
            column.name.lower() for entry in self._catalog.entries.values() for column in columns_of(entry)
        )

    def rewrite(self, sql: str, request: Request) -> Rewritten:
        """The statement as the subject of the request may run it; its resource and action are not looked at.

        A whole number in `context.row_count` is kept: the statement gives at most so many rows.
        """
        named: list[TableDecision] = []
        try:
            return self._rewritten(sql, request, named)
        except RefusedError as error:
            return Rewritten(decisions=tuple(named), problem=_problem(error))
        except Exception as error:  # noqa: BLE001 # fail closed: the parser meets texts that nobody has tried
            refused = RefusedError("rewrite-incomplete", type(error).__name__)
            return Rewritten(decisions=tuple(named), problem=_problem(refused))

    def _rewritten(self, sql: str, request: Request, named: list[TableDecision]) -> Rewritten:
        """Raises RefusedError; what was decided by then is in `named`."""
        tree, touched = self._parsed(sql)
        asked = self._asked(touched)
        answers = {entry.ref: self._decide(entry, columns, touched, request) for entry, columns in asked}
        named += answers.values()
        decisions = {ref: answer.decision for ref, answer in answers.items()}
        if not all(decision.allowed for decision in decisions.values()):
            return Rewritten(decisions=tuple(named))
        guards = {
            entry.key: guard(entry, columns, list(_of(entry, decisions)), self._filters, self._known)
            for entry, columns in asked
        }
        limited = _limited(tree, request.context.get("row_count"))
        text = _Work(self._catalog, guards, self._classes).text(limited)
        check_rewritten(text.sql, text.guards, self._analyser)
        left = ((found.table, duty) for found in named for duty in found.decision.obligations)
        return Rewritten(
            sql=text.sql,
            decisions=tuple(named),
            obligations=tuple((name, duty) for name, duty in left if duty.kind not in CARRIED_OUT),
        )

    def _parsed(self, sql: str) -> tuple[exp.Expr, Touched]:
        if self._catalog.family not in DIALECTS:
            raise RefusedError("rewrite-dialect", self._catalog.family or "?")
        touched = self._analyser.afresh(sql)
        if not touched.resolved:
            raise RefusedError(f"statement-{touched.reason}", touched.detail)
        try:
            statements = read(sql, self._catalog.dialect)
        except (SqlglotError, RecursionError):
            raise RefusedError("statement-not-parsed") from None
        if len(statements) != 1 or touched.kind != "read":
            what = f"{len(statements)} statements" if len(statements) > 1 else touched.kind.upper()
            raise RefusedError("rewrite-not-query", what)
        check_query(statements[0], self._catalog.family)
        return statements[0], touched

    def _asked(self, touched: Touched) -> list[tuple[Entry, frozenset[str]]]:
        """The tables that are read, with their columns; of a table named without any, all are asked for."""
        entries = self._catalog.entries.values()
        views = [entry for entry in entries if entry.ref in touched.tables and entry.table.kind == "view"]
        lineages = [lineage for entry in views if (lineage := self._analyser.view(entry)) is not None]
        # What decides on the rows of a view is read also by who takes none of its columns.
        reads = touched.reads.union(*(lineage.influence for lineage in lineages))
        tables = touched.tables.union(*(lineage.tables for lineage in lineages))
        columns: dict[tuple[str, str], set[str]] = {}
        for ref in reads:
            columns.setdefault((ref.schema, ref.table), set()).add(ref.column)
        return [
            (entry, frozenset(columns.get(entry.ref, ())))
            for entry in entries
            if entry.table.kind != "view" and (entry.ref in columns or entry.ref in tables)
        ]

    def _decide(self, entry: Entry, columns: frozenset[str], touched: Touched, request: Request) -> TableDecision:
        """Whether the columns may be read: the question that an audit asks of the same access."""
        known = self._classes.table(entry)
        wanted = columns or frozenset({"*"})
        names = known or {}
        hows = {column: touched.how(ColumnRef(*entry.ref, column)) for column in sorted(wanted)}
        held = names.values() if "*" in wanted else (names.get(column.lower()) for column in wanted)
        properties: dict[str, Any] = {
            "dataset": ".".join(part for part in entry.ref if part),
            "columns": list(hows),
            "exposed": [column for column, how in hows.items() if how == "exposed"],
            "aggregated": [column for column, how in hows.items() if how == "aggregated"],
            "categories": sorted({category for category in held if category}),
            "known": known is not None,
            "known_by": SCHEMA,
            "lineage_resolved": True,
        }
        subject = {"type": request.subject["type"], "id": request.subject["id"], "properties": request.subject}
        resource = {"type": "table", "id": properties["dataset"], "properties": properties}
        asked = Request(subject, "read", resource, dict(request.context), as_of=request.as_of)
        return TableDecision(properties["dataset"], self._pdp.decide(asked), asked)


@dataclass(frozen=True, slots=True)
class _Text:
    """A rewritten statement, and the texts of its subqueries as they read when they are read again."""

    sql: str
    guards: frozenset[str]


class _Work:
    """The rewriting of one statement."""

    def __init__(self, catalog: Catalog, guards: Mapping[str, Guard], classes: Classes) -> None:
        self._dialect = catalog.dialect
        self._catalog = catalog
        self._guards = guards
        self._classes = classes
        self._made: set[str] = set()
        """The subqueries, as they read when they are read again."""

    def text(self, tree: exp.Expr) -> _Text:
        """The statement with each table replaced."""
        made = self._replaced(self._plain(tree), self._catalog, 0)
        return _Text(text_of(made, self._dialect), frozenset(self._made))

    def _plain(self, tree: exp.Expr) -> exp.Expr:
        return tree.transform(_as_postgres, copy=False) if self._catalog.family == "postgres" else tree

    def _replaced(self, tree: exp.Expr, catalog: Catalog, depth: int) -> exp.Expr:
        """The tree with each base table as a subquery, and each view as its own query, done likewise."""
        root = exp.Paren(this=tree)  # so that every node has a parent to be replaced in
        shadow = normalize_identifiers(tree.copy(), dialect=self._dialect)
        pairs = list(zip(shadow.walk(), tree.walk(), strict=True))
        spellings = {node.name for node in shadow.find_all(exp.Column)}
        bases = {id(node) for node in base_tables(shadow)}
        for mine, node in pairs:
            if isinstance(node, exp.Column) and node.args.get("db"):
                node.set("db", None)  # `public.customer.mobile`: what it names is now a subquery
                node.set("catalog", None)
            if id(mine) not in bases or not isinstance(mine, exp.Table) or not isinstance(node, exp.Table):
                continue
            entry = catalog.find(mine)
            if not isinstance(entry, Entry) or mine.name not in catalog.names(entry):
                raise RefusedError("rewrite-table", mine.name)
            if (alias := mine.args.get("alias")) and alias.args.get("columns"):
                raise RefusedError("statement-alias-columns", mine.name)
            spell = _Speller(catalog, spellings)
            if entry.table.kind == "view":
                subquery = self._view(entry, node, catalog, depth, spell)
            else:
                subquery = self._table(entry, mine, node, catalog, spell, whole=depth > 0)
            node.replace(subquery)
        made: exp.Expr = root.this
        return made

    def _table(  # noqa: PLR0913 (what the subquery needs)
        self, entry: Entry, mine: exp.Table, node: exp.Table, catalog: Catalog, spell: _Speller, *, whole: bool
    ) -> exp.Subquery:
        schema = mine.db or spell(entry.ref.schema or catalog.default)
        name = exp.table_(
            exp.to_identifier(mine.name, quoted=True),
            db=exp.to_identifier(schema, quoted=True) if schema else None,
        )
        made = self._guards[entry.key].subquery(catalog, name, spell, self._classes, whole=whole)
        self._plain(made)
        again = sqlglot.parse_one(text_of(made.copy(), self._dialect), dialect=self._dialect)
        self._made.add(text_of(again, self._dialect))
        return _subquery(made, node)

    def _view(self, entry: Entry, node: exp.Table, catalog: Catalog, depth: int, spell: _Speller) -> exp.Subquery:
        if entry.table.materialized or depth >= MAX_VIEWS:
            raise RefusedError("rewrite-view", entry.ref.table)
        try:
            query, _ = view_query(entry.table, self._dialect)
        except UnresolvedError:
            raise RefusedError("rewrite-view", entry.ref.table) from None
        check_query(query, self._catalog.family)
        made = self._replaced(self._plain(query), catalog.within(entry.ref.schema), depth + 1)
        subquery = _subquery(made, node)
        names = [exp.to_identifier(spell(column.name), quoted=True) for column in columns_of(entry)]
        subquery.args["alias"].set("columns", names)
        return subquery


class _Speller:
    """How the database spells names that a schema file may have written in another case."""

    def __init__(self, catalog: Catalog, spellings: set[str]) -> None:
        self._catalog = catalog
        self._spellings = spellings

    def __call__(self, name: str) -> str:
        """The name, as it is or folded, whichever the statement uses; RefusedError when that does not tell."""
        folded = self._catalog.fold(name, quoted=False)
        if folded == name or self._catalog.family != "postgres":
            return name
        used = {spelling for spelling in (name, folded) if spelling in self._spellings}
        if len(used) != 1:
            raise RefusedError("rewrite-name", name)
        return used.pop()


def _subquery(query: exp.Expr, node: exp.Table) -> exp.Subquery:
    """A query in the place of a table: under the same alias, with what was joined to it."""
    alias = node.args.get("alias")
    name = alias.this if alias is not None and alias.this else node.this
    made = exp.Subquery(this=query, alias=exp.TableAlias(this=name.copy()))
    for part in ("joins", "laterals"):
        if node.args.get(part):
            made.set(part, list(node.args[part]))
    return made


def _of(entry: Entry, decisions: Mapping[Any, Decision]) -> Iterator[Decision]:
    """The decisions about a table, about the one of which it is a partition, and about its heirs."""
    at: Entry | None = entry
    while at is not None:
        if at.ref in decisions:
            yield decisions[at.ref]
        at = at.parent
    yield from (decisions[heir.ref] for heir in entry.heirs if heir.ref in decisions)


def _limited(tree: exp.Expr, rows: object) -> exp.Expr:
    """The statement with at most as many rows as the request states."""
    if rows is None:
        return tree
    if isinstance(rows, float) and rows.is_integer():
        rows = int(rows)
    if not isinstance(rows, int) or isinstance(rows, bool):
        raise RefusedError("rewrite-rows", "row_count")
    limit: exp.Expr | None = tree.args.get("limit")
    if limit is None and isinstance(tree, exp.Query):
        return tree.limit(rows, copy=False)
    plain = isinstance(limit, exp.Limit) and not any(limit.args[name] for name in limit.args if name != "expression")
    stated = limit.expression if limit is not None and plain else None  # no percentage, no ties
    if limit is None or not isinstance(stated, exp.Literal) or stated.is_string or not stated.name.isdecimal():
        raise RefusedError("rewrite-rows", "LIMIT")
    if int(stated.name) > rows:
        limit.set("expression", exp.Literal.number(rows))
    return tree


def _as_postgres(node: exp.Expr) -> exp.Expr:
    """What would be written otherwise than PostgreSQL reads it, whatever `standard_conforming_strings` says."""
    if isinstance(node, exp.Hex):
        return exp.Anonymous(this="to_hex", expressions=[node.this])
    if isinstance(node, (exp.Literal, exp.RawString)) and BACKSLASH in str(node.this):
        octets = exp.Anonymous(
            this="decode", expressions=[exp.Literal.string(str(node.this).encode().hex()), exp.Literal.string("hex")]
        )
        return exp.Anonymous(this="convert_from", expressions=[octets, exp.Literal.string("UTF8")])
    return node


def _problem(error: RefusedError) -> Problem:
    return Problem(code=error.code, location=Location("statement"), args={"what": error.what, "detail": error.what})
