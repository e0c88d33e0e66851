"""Which columns PostgreSQL checks for a statement: privileges of a role, granted exactly and revoked one by one.

EXPLAIN checks them as execution does, when the executor starts. Everything happens on the server, in subtransactions
that are undone, so that one statement costs one message.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tutela.engine.statements import ColumnRef

from .select_worlds import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import psycopg

SETUP = """
CREATE ROLE reader;
CREATE SCHEMA probing;
CREATE FUNCTION probing.attempt(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL ROLE reader;
    EXECUTE statement;
    RAISE SQLSTATE 'UNDO1';
EXCEPTION
    WHEN SQLSTATE 'UNDO1' THEN RETURN 'ran';
    WHEN insufficient_privilege THEN RETURN 'denied';
    WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE FUNCTION probing.probe(statement text, grants text[], pieces text[]) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    found text[] := '{}';
    piece text;
BEGIN
    BEGIN
        FOREACH piece IN ARRAY grants LOOP
            EXECUTE 'GRANT SELECT ' || piece || ' TO reader';
        END LOOP;
        found := found || probing.attempt(statement);
        FOREACH piece IN ARRAY pieces LOOP
            BEGIN
                EXECUTE 'REVOKE SELECT ' || piece || ' FROM reader';
                found := found || probing.attempt(statement);
                RAISE SQLSTATE 'UNDO1';
            EXCEPTION WHEN SQLSTATE 'UNDO1' THEN NULL;
            END;
        END LOOP;
        RAISE SQLSTATE 'UNDO1';
    EXCEPTION WHEN SQLSTATE 'UNDO1' THEN NULL;
    END;
    RETURN found;
END $$;
"""

COLUMNS = """
SELECT n.nspname, c.relname, a.attname FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
WHERE c.oid = %s::oid AND a.attnum > 0 AND (%s OR a.attnum = ANY (%s))
"""
SELECTED = re.compile(r":relid (\d+).*?:selectedCols \(b([ \d]*)\)", re.DOTALL)


class Oracle:
    """A server in which the role `reader` has no privilege but those lent for one question."""

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        self.connection = connection
        self.connection.execute(SETUP.encode())
        self.connection.add_notice_handler(self._hear)
        self.heard: list[str] = []

    def _hear(self, notice: psycopg.errors.Diagnostic) -> None:
        self.heard.append(f"{notice.message_detail or ''}")

    def named(self, sql: str) -> set[ColumnRef]:
        """The columns that the statement names: as the parser of the server has it, nothing optimised away."""
        self.heard.clear()
        for setting in ("SET client_min_messages = log", "SET debug_print_parse = on"):
            self.connection.execute(setting.encode())
        # EXPLAIN would hide it, and running it may never end: a recursive query need not.
        self.connection.execute(f"PREPARE looked_at AS {sql}".encode())
        self.connection.execute(b"DEALLOCATE looked_at")
        for setting in ("RESET debug_print_parse", "RESET client_min_messages"):
            self.connection.execute(setting.encode())
        found = set[ColumnRef]()
        for relation, bits in SELECTED.findall("".join(self.heard)):
            # The number of a column is its bit less 7; 0 is the whole row.
            numbers = [int(bit) - 7 for bit in bits.split()]
            rows = self.connection.execute(COLUMNS, (relation, 0 in numbers, numbers)).fetchall()
            found |= {ColumnRef(*map(str, row)) for row in rows}
        return found

    def valid(self, sql: str) -> bool:
        """Whether the statement is one at all: somebody with all rights can explain it."""
        try:
            self.connection.execute(f"EXPLAIN (COSTS OFF) {sql}".encode())
        except self.connection.Error:
            return False
        return True

    def probe(self, sql: str, columns: Sequence[ColumnRef], *, explain: bool = True) -> tuple[str, list[ColumnRef]]:
        """What happens with these columns granted (`ran`, `denied`), and which of them it did not need."""
        pieces = [_piece(column) for column in columns]
        text = f"EXPLAIN (COSTS OFF) {sql}" if explain else sql
        row = self.connection.execute(
            "SELECT probing.probe(%s, %s::text[], %s::text[])", (text, _together(columns), pieces)
        ).fetchone()
        assert row
        answers: list[str] = row[0]  # type: ignore[assignment] # an array of texts
        first, *rest = answers
        return first, [column for column, answer in zip(columns, rest, strict=True) if answer != "denied"]


def _piece(column: ColumnRef) -> str:
    return f"({quoted(column.column)}) ON {quoted(column.schema)}.{quoted(column.table)}"


def _together(columns: Iterable[ColumnRef]) -> list[str]:
    """One grant a table."""
    tables = dict[tuple[str, str], list[str]]()
    for column in columns:
        tables.setdefault((column.schema, column.table), []).append(quoted(column.column))
    return [f"({', '.join(names)}) ON {quoted(s)}.{quoted(t)}" for (s, t), names in tables.items()]
