"""DuckDB as the database of an audit: embedded, in memory, spilling to a folder that is gone afterwards."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from tutela.engine.events import Hole

from .accesses import unreadable
from .event_table import EVENTS, Row, row_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    import duckdb

    from tutela.engine.events import Event
    from tutela.engine.findings import Unreadable

BATCH: Final = 20_000
LONGEST_ROW: Final = 1 << 26
KINDS: Final = ", ".join(f"{name} {kind}" for name, kind in EVENTS.items())


class DuckDatabase:
    """One database and a folder for what goes in and what does not fit into memory."""

    backreference = r"\1"

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.connection = connection
        self._folder = folder
        self.loaded = "events"

    def beside(self) -> None:
        """Load what is loaded into `other_events`, beside the events of a file."""
        self.loaded = "other_events"
        self.connection.execute(f"CREATE TABLE {self.loaded} ({KINDS})")

    def load(self, events: Iterable[Event | Hole]) -> Iterator[Unreadable]:
        """Add events of a log to the table `events`; what could not be read comes back.

        Beside the events of a file, which are numbered as its records are, each has the number of its record.
        """
        self.connection.execute(f"CREATE TABLE IF NOT EXISTS {self.loaded} ({KINDS})")
        number = 0
        source = iter(events)
        while batch := list(islice(source, BATCH)):
            rows: list[Row] = []
            for item in batch:
                if isinstance(item, Hole):
                    yield unreadable(item)
                elif item.result != "denied":
                    number = number + 1 if self.loaded == "events" else item.location.line
                    rows.append(row_of(item, number))
            self._insert(self.loaded, EVENTS, rows)

    def table(self, name: str, columns: Mapping[str, str], rows: Iterable[Row]) -> None:
        """Make a table with these rows."""
        written = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
        self.connection.execute(f"CREATE TABLE {name} ({written})")
        self._insert(name, columns, rows)

    def _insert(self, table: str, columns: Mapping[str, str], rows: Iterable[Row]) -> None:
        """Add rows through a file of JSON lines: a hundred times faster than one by one."""
        path = self._folder / f"{table}.jsonl"
        with path.open("wb") as stream:
            stream.writelines(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
        if path.stat().st_size:
            kinds = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
            self.connection.execute(
                f"INSERT INTO {table} SELECT * FROM read_json(?, format = 'newline_delimited', columns = {{{kinds}}},"
                f" maximum_object_size = {LONGEST_ROW})",
                [str(path)],
            )
        path.unlink()

    def create(self, name: str, query: str) -> None:
        """Make a table of what a query gives."""
        self.connection.execute(f"CREATE TABLE {name} AS {query}")

    def view(self, name: str, query: str) -> None:
        """Let a name stand for what a query gives, whenever it is asked."""
        self.connection.execute(f"CREATE VIEW {name} AS {query}")

    def drop(self, name: str) -> None:
        """Give up a table."""
        self.connection.execute(f"DROP TABLE {name}")

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        """What a query gives, batch by batch."""
        found = self.connection.cursor().execute(query)
        while batch := found.fetchmany(BATCH):
            yield from batch


@contextmanager
def duck_database(*, memory: str = "1GB") -> Generator[DuckDatabase]:
    """An empty database that ends with the block."""
    import duckdb

    with tempfile.TemporaryDirectory(prefix="tutela-audit-") as folder:
        config: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": memory,
            "temp_directory": folder,
        }
        with duckdb.connect(":memory:", config=config) as connection:
            yield DuckDatabase(connection, Path(folder))
