"""A decision log in PostgreSQL: several processes, on any machine, may write it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NoReturn

from tutela.engine.decision_log_chain import Head, seal_all
from tutela.engine.errors import InputError

from .decision_log_store import Line, check_tail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg

    from .live_target import LiveOptions, Target

_LOCK: Final = "SELECT pg_advisory_xact_lock(7380959)"
"""Two processes that make the tables at once would get in each other's way; the number is ours."""
_KNOWN: Final = "SELECT to_regclass('decision_log') IS NOT NULL AND to_regclass('decision_log_head') IS NOT NULL"
_TABLES: Final = (
    "CREATE TABLE decision_log (seq bigint PRIMARY KEY, entry text NOT NULL)",
    "CREATE TABLE decision_log_head (id smallint PRIMARY KEY CHECK (id = 1), seq bigint NOT NULL, hash text NOT NULL)",
    "INSERT INTO decision_log_head VALUES (1, 0, repeat('0', 64))",
)
_HEAD: Final = "SELECT seq, hash FROM decision_log_head WHERE id = 1"
_LAST: Final = "SELECT seq, entry FROM decision_log ORDER BY seq DESC LIMIT 1"
_ADD: Final = """
WITH added AS (
    INSERT INTO decision_log SELECT %s + number, entry
    FROM unnest(string_to_array(%s, E'\\n')) WITH ORDINALITY AS line (entry, number)
)
UPDATE decision_log_head SET seq = %s, hash = %s WHERE id = 1"""
"""One text for all entries: none of them has an end of line in it, and an array costs ten times as much."""
_PAGE: Final = 2000
_UP: Final = f"SELECT seq, entry FROM decision_log WHERE seq > %s ORDER BY seq LIMIT {_PAGE}"  # noqa: S608 (ours)
_DOWN: Final = f"SELECT seq, entry FROM decision_log WHERE seq < %s ORDER BY seq DESC LIMIT {_PAGE}"  # noqa: S608
_ENDS: Final = {_UP: -(1 << 63), _DOWN: (1 << 63) - 1}


class PostgresStore:
    """A log in PostgreSQL, opened to add to it; a connection that breaks is made again with the next entries."""

    def __init__(self, target: Target, key: bytes | None, options: LiveOptions) -> None:
        self._target = target
        self._key = key
        self._options = options
        self.location = target.location
        self._connection: psycopg.Connection[Any] | None = None
        self._open()

    def append(self, contents: Sequence[bytes]) -> Head:
        """Add entries in one transaction; InputError when it fails, and then none of them is there.

        Where the connection breaks while it commits, nobody knows.
        """
        head = self._try(contents)
        # A connection that broke before its COMMIT was sent left nothing behind: the server may just be new.
        head = head or self._try(contents)
        if head is None:
            self._target.fail("decision-log-unwritable", reason="the connection broke twice")
        return head

    def _try(self, contents: Sequence[bytes]) -> Head | None:
        """Add entries in one transaction; None when the connection broke before that could have an effect."""
        import psycopg

        connection = self._connection or self._open()
        committing = False
        try:
            with connection.transaction():
                _set_limits(connection, self._options)
                before = _head(connection.execute(f"{_HEAD} FOR UPDATE").fetchone(), self._target)
                lines, head = seal_all(contents, before, self._key)
                connection.execute(_ADD, (before.seq, b"\n".join(lines).decode(), *head))
                committing = True
        except psycopg.Error as error:
            broken = connection.broken
            self.close()
            if broken and not committing:
                return None
            _failed(self._target, error)
        return head

    def close(self) -> None:
        """Close the connection."""
        import psycopg

        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()

    def _open(self) -> psycopg.Connection[Any]:
        import psycopg

        connection = _session(self._target, self._options)
        if connection.info.parameter_status("server_encoding") != "UTF8":  # a single letter would stop a whole group
            connection.close()
            self._target.fail("decision-log-unwritable", reason="the encoding of the database is not UTF8")
        try:
            with connection.transaction():
                _set_limits(connection, self._options)
                if not _found(connection):
                    connection.execute(_LOCK)
                    if not _found(connection):
                        for statement in _TABLES:
                            connection.execute(statement)
                kept = _head(connection.execute(f"{_HEAD} FOR UPDATE").fetchone(), self._target)
                last = connection.execute(_LAST).fetchone()
                check_tail(None if last is None else _line(self._target, last), self._key, kept)
        except psycopg.Error as error:
            connection.close()
            _failed(self._target, error)
        except InputError:
            connection.close()
            raise
        self._connection = connection
        return connection


class PostgresReader:
    """A log in PostgreSQL, opened to read it."""

    def __init__(self, target: Target, options: LiveOptions) -> None:
        import psycopg

        self._target = target
        self._options = options
        self.location = target.location
        self._kept: Head | None = None
        with _session(target, options) as connection:
            try:
                found = _found(connection)
            except psycopg.Error as error:
                _failed(target, error, "decision-log-unreadable")
        if not found:
            target.fail("decision-log-empty")

    def lines(self) -> Iterator[Line]:
        """All entries of one state of the log, the oldest first."""
        return self._read(_UP)

    def newest(self) -> Iterator[Line]:
        """All entries of one state of the log, the newest first."""
        return self._read(_DOWN)

    def head(self) -> Head | None:
        """What the state that `lines` read notes as its last entry."""
        return self._kept

    def _read(self, query: str) -> Iterator[Line]:
        import psycopg

        with _session(self._target, self._options) as connection:
            try:
                connection.read_only = True
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                self._kept = _head(connection.execute(_HEAD).fetchone(), self._target)
                at = _ENDS[query]
                while rows := connection.execute(query.encode(), (at,)).fetchall():
                    for row in rows:
                        yield _line(self._target, row)
                    at = rows[-1][0]
            except psycopg.Error as error:
                _failed(self._target, error, "decision-log-unreadable")


def _session(target: Target, options: LiveOptions) -> psycopg.Connection[Any]:
    from importlib.util import find_spec

    if find_spec("psycopg") is None:
        target.fail("live-driver", driver="psycopg", install="'PATH_OF_TUTELA[db]'")
    from .live_postgres import session

    return session(target, options)


def _set_limits(connection: psycopg.Connection[Any], options: LiveOptions) -> None:
    """Neither a lock nor a slow statement holds decisions up for longer; a commit waits for the disk."""
    limit = f"{options.timeout * 1000}"
    connection.execute(
        "SELECT set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true),"
        " CASE WHEN current_setting('synchronous_commit') = 'off'"
        " THEN set_config('synchronous_commit', 'on', true) END",
        (limit, limit),
    )


def _found(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute(_KNOWN).fetchone()
    return bool(row and row[0])


def _line(target: Target, row: tuple[Any, ...]) -> Line:
    return Line(target.location, row[1].encode(), row[0])


def _head(row: tuple[Any, ...] | None, target: Target) -> Head:
    if row is None:
        target.fail("decision-log-tail", reason="the note of its last entry is gone")
    return Head(*row)


def _failed(target: Target, error: psycopg.Error, code: str = "decision-log-unwritable") -> NoReturn:
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    target.fail(code, reason=first)
