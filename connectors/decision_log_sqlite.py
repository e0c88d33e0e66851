"""A decision log in an SQLite file: several processes of one machine may write it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn
from urllib.parse import quote

from tutela.engine.decision_log_chain import Head, seal_all
from tutela.engine.errors import InputError, Problem

from .decision_log_store import Line, check_tail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .live_target import LiveOptions, Target

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS decision_log (seq INTEGER PRIMARY KEY, entry TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS decision_log_head
    (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL)"""
_FIRST: Final = "INSERT OR IGNORE INTO decision_log_head VALUES (1, 0, ?)"
_HEAD: Final = "SELECT seq, hash FROM decision_log_head WHERE id = 1"
_LAST: Final = "SELECT seq, CAST(entry AS BLOB) FROM decision_log ORDER BY seq DESC"
_LINES: Final = "SELECT seq, CAST(entry AS BLOB) FROM decision_log ORDER BY seq"
_ADD: Final = "INSERT INTO decision_log VALUES (?, ?)"
_MOVE: Final = "UPDATE decision_log_head SET seq = ?, hash = ? WHERE id = 1"
_KNOWN: Final = "SELECT 1 FROM sqlite_schema WHERE name = 'decision_log' AND type = 'table'"


class SqliteStore:
    """A log in an SQLite file, opened to add to it."""

    def __init__(self, target: Target, key: bytes | None, options: LiveOptions) -> None:
        self._target = target
        self._key = key
        self.location = target.location
        _make(target)
        try:
            self._connection = _connect(target, "rw", options)
            with closing(self._connection.cursor()) as cursor:
                cursor.execute("PRAGMA journal_mode = WAL")
                cursor.execute("PRAGMA synchronous = FULL")  # a commit is on the disk before it returns
                cursor.execute("BEGIN IMMEDIATE")
                for statement in _TABLES.split(";"):
                    cursor.execute(statement)
                cursor.execute(_FIRST, ("0" * 64,))
                last = cursor.execute(_LAST).fetchone()
                kept = _head(cursor.execute(_HEAD).fetchone(), target)
                check_tail(None if last is None else _line(target, last), key, kept)
                cursor.execute("COMMIT")
            self._file = _file(target)
        except sqlite3.Error as error:
            self.close()
            _failed(target, error)
        except InputError:
            self.close()
            raise

    def append(self, contents: Sequence[bytes]) -> Head:
        """Add entries in one transaction; InputError when it fails, and then none of them is there.

        SQLite would go on writing to a file that somebody moved or removed, which nobody finds or which is gone.
        """
        cursor = self._connection.cursor()
        try:
            cursor.execute("BEGIN IMMEDIATE")
            if self._file is None or self._file != _file(self._target):
                self._target.fail("decision-log-replaced")
            before = _head(cursor.execute(_HEAD).fetchone(), self._target)
            lines, head = seal_all(contents, before, self._key)
            cursor.executemany(_ADD, enumerate((line.decode() for line in lines), before.seq + 1))
            cursor.execute(_MOVE, head)
            cursor.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            _failed(self._target, error)
        except InputError:
            self._roll_back()
            raise
        finally:
            cursor.close()
        return head

    def close(self) -> None:
        """Close the file."""
        with suppress(AttributeError, sqlite3.Error):
            self._connection.close()

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")


class SqliteReader:
    """A log in an SQLite file, opened to read it."""

    def __init__(self, target: Target, options: LiveOptions) -> None:
        self._target = target
        self._options = options
        self.location = target.location
        self._kept: Head | None = None
        if not Path(target.database).is_file():
            target.fail("decision-log-empty")
        try:
            with closing(_connect(target, "ro", options)) as connection:
                known = connection.execute(_KNOWN).fetchone()
        except sqlite3.Error as error:
            _failed(target, error, "decision-log-unreadable")
        if known is None:
            target.fail("decision-log-empty")

    def lines(self) -> Iterator[Line]:
        """All entries of one state of the log, the oldest first."""
        return self._read(_LINES)

    def newest(self) -> Iterator[Line]:
        """All entries of one state of the log, the newest first."""
        return self._read(_LAST)

    def head(self) -> Head | None:
        """What the state that `lines` read notes as its last entry."""
        return self._kept

    def _read(self, query: str) -> Iterator[Line]:
        try:
            with closing(_connect(self._target, "ro", self._options)) as connection:
                connection.execute("BEGIN")
                self._kept = _head(connection.execute(_HEAD).fetchone(), self._target)
                for row in connection.execute(query):
                    yield _line(self._target, row)
        except sqlite3.Error as error:
            _failed(self._target, error, "decision-log-unreadable")


def _make(target: Target) -> None:
    """Make the file where there is none, so that nobody else can read it."""
    path = Path(target.database)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        target.fail("decision-log-unwritable", reason=(error.strerror or "?").lower())


def _file(target: Target) -> tuple[int, int] | None:
    """What tells the file at an address from all others; None when there is none."""
    try:
        found = os.stat(target.database)  # noqa: PTH116 (this is asked of every group)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _connect(target: Target, mode: str, options: LiveOptions) -> sqlite3.Connection:
    if target.options:
        target.fail("live-option", reason=f"`{min(target.options)}`; a file has none")
    address = f"file:{quote(str(Path(target.database).absolute()))}?mode={mode}"
    # The thread that opens the log is not the one that writes it; only one uses the connection at a time.
    return sqlite3.connect(address, uri=True, timeout=options.timeout, isolation_level=None, check_same_thread=False)


def _line(target: Target, row: tuple[Any, ...]) -> Line:
    seq, entry = row
    return Line(target.location, entry if isinstance(entry, bytes) else b"", seq)


def _head(row: tuple[Any, ...] | None, target: Target) -> Head:
    if row is None or not isinstance(row[0], int) or not isinstance(row[1], str):
        target.fail("decision-log-tail", reason="the note of its last entry is gone")
    return Head(*row)


def _failed(target: Target, error: sqlite3.Error, code: str = "decision-log-unwritable") -> NoReturn:
    text = str(error)
    if "not a database" in text:
        target.fail("live-no-database-file", file=target.database, kind="SQLite")
    raise InputError([Problem(code=code, location=target.location, args={"reason": text})]) from None
