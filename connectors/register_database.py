"""Registers in a database: each table or view that is called like a register, read in one snapshot.

Columns are the fields, as in a CSV register: `a.b` or `a__b` nests, text of a list is `;` between items or JSON.
PostgreSQL's own types count as what they are. The session cannot write.
"""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, cast

from tutela.engine.documents import Document, Items
from tutela.engine.errors import Location, Problem
from tutela.engine.quick import Doubt, compiled
from tutela.engine.registers import ENTRIES
from tutela.engine.streamed import read_stream

from .live_target import LiveOptions, parse_target
from .register_csv import cell_of, headings_wrong
from .register_streams import marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tutela.engine.entries import Entries
    from tutela.engine.streamed import Line

    from .live_target import Target

KINDS: Final = ("postgresql", "sqlite")
SCHEMA: Final = "schema"
"""The option of an address that names the schema of the tables; without it, all that are not the system's."""
BATCH: Final = 10_000
_TABLES: Final = """
SELECT c.relname, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname = ANY(%s)
  AND (n.nspname = %s OR %s = '' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')
ORDER BY c.relname, n.nspname"""
Read = tuple["Entries", list[Problem]]


def read_database(address: str, options: LiveOptions | None = None) -> dict[str, Read]:
    """The registers of a database, by name: entries or problems; InputError when it cannot be read at all."""
    target = parse_target(address)
    given = options or LiveOptions()
    if target.kind not in KINDS:
        target.fail("register-database-kind", kinds=", ".join(KINDS))
    found = _postgres(target, given) if target.kind == "postgresql" else _sqlite(target, given)
    if not found:
        target.fail("register-database-empty", known=", ".join(ENTRIES))
    return found


def _postgres(target: Target, options: LiveOptions) -> dict[str, Read]:
    import psycopg
    from psycopg import sql

    from . import live_postgres

    rest = {name: value for name, value in target.options.items() if name != SCHEMA}
    schema = target.options.get(SCHEMA, "")
    target = replace(target, options=rest)
    with live_postgres.connect(target, options) as connection:
        try:
            tables: dict[str, list[str]] = {}
            for name, where in connection.execute(_TABLES, (list(ENTRIES), schema, schema)):
                tables.setdefault(name, []).append(where)
            found: dict[str, Read] = {}
            for name, places in tables.items():
                if len(places) > 1:
                    target.fail("register-database-twice", name=name, first=places[0], second=places[1])
                query = sql.SQL("SELECT * FROM {}.{}").format(sql.Identifier(places[0]), sql.Identifier(name))
                with connection.cursor(name="registers") as cursor:
                    cursor.itersize = BATCH
                    cursor.execute(query)
                    header = [column.name for column in cursor.description or ()]
                    found[name] = read_rows(name, header, cursor, target.location.file)
        except psycopg.Error as error:
            live_postgres.failed(target, options, error)
    return found


def _sqlite(target: Target, options: LiveOptions) -> dict[str, Read]:
    from . import live_sqlite

    with closing(live_sqlite.connect(target, options)) as connection, live_sqlite.guarded(connection, target, options):
        connection.execute("BEGIN")  # all registers as of one moment
        names = [name for (name,) in connection.execute("SELECT name FROM pragma_table_list WHERE schema = 'main'")]
        found: dict[str, Read] = {}
        for name in ENTRIES:
            if name in names:
                cursor = connection.execute(f'SELECT * FROM "{name}"')  # noqa: S608 (a register's name)
                header = [column[0] for column in cursor.description]
                found[name] = read_rows(name, header, cursor, target.location.file)
    return found


def read_rows(name: str, header: Sequence[str], rows: Iterable[Sequence[object]], database: str) -> Read:
    """The typed entries of a table, or every problem in it; a row is named by its number."""
    file = f"{database}/{name}"
    fields = [heading.replace("__", ".") for heading in header]
    unread = [replace(problem, location=Location(file)) for problem in headings_wrong(fields, file)]

    def slowly(line: int, source: Any) -> Document:  # noqa: ANN401 (a row with its problems)
        entry, problems = source
        items = Items((line, 1))
        items.append(marked(entry, (line, 1)))
        items.items_at.append((line, 1))
        return Document(file, "", items, tuple(problems)).hidden()

    return read_stream(name, file, () if unread else _lines(name, fields, rows, file), slowly, unread)


def _lines(name: str, fields: Sequence[str], rows: Iterable[Sequence[object]], file: str) -> Iterator[Line]:
    take = compiled(ENTRIES[name])
    for line, row in enumerate(rows, 1):
        problems: list[Problem] = []
        entry = _entry(ENTRIES[name], fields, row, Location(file, line), problems)
        typed: Any = None
        if not problems:
            try:
                typed = take(entry)
            except Doubt:
                typed = None
        yield line, typed, (entry, problems)


def _entry(
    schema: Mapping[str, Any], fields: Sequence[str], row: Sequence[object], at: Location, problems: list[Problem]
) -> dict[str, Any]:
    """A row as an entry; NULL and empty texts are absent, as in CSV."""
    found: dict[str, Any] = {}
    for name, value in zip(fields, row, strict=True):
        if value is None or value == "":
            continue
        *parents, last = name.split(".")
        inner, part = found, schema
        for parent in parents:
            part = part.get("properties", {}).get(parent, {})
            inner = inner.setdefault(parent, {})
        inner[last], expected = value_of(value, part.get("properties", {}).get(last, {}))
        if expected:
            args = {"field": name, "expected": expected}
            problems.append(Problem(code="register-csv-cell", location=at, args=args))
    return found


def value_of(value: object, schema: Mapping[str, Any]) -> tuple[object, str]:
    """A value of a database under the schema of its field, and what it should have been when it is not."""
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    match value:
        case str():
            return cell_of(value, schema)
        case list():
            items = [value_of(item, schema.get("items", {})) for item in cast("list[object]", value)]
            return [item for item, _ in items], next((wrong for _, wrong in items if wrong), "")
        case bool() | dict():
            return cast("object", value), ""
        case int() if kind == "boolean" and value in (0, 1):
            return bool(value), ""
        case int():
            return (str(value) if kind == "string" and not schema.get("enum") else value), ""
        case float() | Decimal() if math.isfinite(value):
            return (int(value) if value == int(value) else float(value)), ""
        case datetime() | date():
            return value.isoformat(), ""
        case _:
            return None, "a text, a number, a truth value, a time or JSON"
