"""The columns that the compiled SQL of a dbt model gives, stars resolved by what is known of the tables below."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from .ddl_parse import MAX_LENGTH, NotUnderstood, parse

_MAX_BRACKETS: Final = 200


@dataclass(slots=True)
class Known:
    """The columns of tables, by schema and name in lower case."""

    tables: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict[str, dict[str, dict[str, str]]])

    def add(self, schema: str, name: str, columns: list[str]) -> None:
        """Remember a table; one without columns tells nothing."""
        if columns:
            self.tables.setdefault(schema.lower(), {})[name.lower()] = dict.fromkeys(
                (c.lower() for c in columns), "text"
            )


def outputs(sql: str, dialect: str, known: Known) -> list[str] | str:
    """The names of the columns of a query, or why they cannot be told."""
    if len(sql) > MAX_LENGTH or _depth(sql) > _MAX_BRACKETS:
        return "the query is too long or too deep"
    try:
        tree = parse(sql, dialect)
    except NotUnderstood as error:
        return error.reason
    if not isinstance(tree, exp.Query):
        return "not a query"
    names = tree.named_selects
    if "*" in names or not names:
        names = _resolved(tree, dialect, known)
    return names if names and "*" not in names else "the columns of `*` are not known"


def _resolved(tree: exp.Query, dialect: str, known: Known) -> list[str]:
    for table in tree.find_all(exp.Table):
        table.set("catalog", None)
        for part in ("this", "db"):
            if isinstance(identifier := table.args.get(part), exp.Identifier):
                table.set(part, exp.to_identifier(identifier.name.lower()))
    schema = MappingSchema(dict[str, object](known.tables), dialect=dialect) if known.tables else None
    try:
        found = qualify(tree, schema=schema, dialect=dialect, validate_qualify_columns=False, quote_identifiers=False)
    except (SqlglotError, RecursionError, ValueError, KeyError, AttributeError, TypeError):
        return []
    return found.named_selects


def _depth(text: str) -> int:
    depth = deepest = 0
    for char in text:
        if char == "(":
            depth += 1
            deepest = max(deepest, depth)
        elif char == ")":
            depth -= 1
    return deepest
