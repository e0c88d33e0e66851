"""Events as rows of a relation, and back: what DuckDB and Spark hold of a log."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, Final, Protocol

from sqlglot import exp

from tutela.engine.events import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from tutela.engine.errors import Location

EVENTS: Final[Mapping[str, str]] = {
    "number": "BIGINT", "line": "BIGINT", "id": "VARCHAR", "instant": "TIMESTAMP", "account": "VARCHAR",
    "application": "VARCHAR", "purpose": "VARCHAR", "request_id": "VARCHAR", "role": "VARCHAR",
    "break_glass": "VARCHAR", "source_ip": "VARCHAR", "action": "VARCHAR", "sql": "VARCHAR", "tables": "VARCHAR",
    "columns": "VARCHAR", "complete": "BOOLEAN", "row_count": "BIGINT", "database": "VARCHAR",
}  # fmt: skip
"""The columns; texts are empty rather than NULL, lists are joined by `JOINT`, instants are in UTC."""
JOINT: Final = "\x1f"
MOST_ROWS: Final = 10**13 - 1
"""More rows than this count as so many: those of 100,000 events then still add up to what SQL decides on."""
TEXTS: Final = (
    "id", "account", "sql", "purpose", "request_id", "application", "database", "source_ip", "result", "role",
    "break_glass", "tables", "columns",
)  # fmt: skip
"""Fields of a mapped log that are plain when they are a text, or absent."""
ASKED: Final = (
    "account", "application", "purpose", "request_id", "role", "break_glass", "source_ip", "action", "tables",
    "columns", "complete", "database",
)  # fmt: skip
"""What a decision can depend on, beside the statement, the time and the rows."""
SAID: Final = ("sql", *ASKED)
"""What an event says, whenever it happens and however many rows it gives."""

Row = dict[str, object]


class Database(Protocol):
    """Where the events are: statements are written as for DuckDB."""

    backreference: str
    r"""How a replacement names group 1: `\1` or `$1`."""
    loaded: str
    """The table of the events that come one by one: `events`, or another where those of a file are there, too."""

    def table(self, name: str, columns: Mapping[str, str], rows: Iterable[Row]) -> None:
        """Make a table of rows (texts, numbers and truth values; instants and decimals as texts)."""
        ...

    def create(self, name: str, query: str) -> None:
        """Make a table of what a query gives."""
        ...

    def view(self, name: str, query: str) -> None:
        """Let a name stand for what a query gives, whenever it is asked."""
        ...

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        """What a query gives, row by row."""
        ...


def literal(value: str, dialect: str = "duckdb") -> str:
    """A text as SQL."""
    return exp.Literal.string(value).sql(dialect)


def row_of(event: Event, number: int) -> Row:
    """An event as a row of `EVENTS`; its number is its own."""
    return {
        "number": number,
        "line": event.location.line,
        "id": event.id,
        "instant": event.at and naive(event.at),
        "account": event.account,
        "application": event.application,
        "purpose": event.purpose,
        "request_id": event.request_id,
        "role": event.extra.get("role", ""),
        "break_glass": event.extra.get("break_glass", ""),
        "source_ip": event.source_ip,
        "action": event.action,
        "sql": event.sql or "",
        "tables": JOINT.join(event.tables),
        "columns": JOINT.join(event.columns),
        "complete": event.statement_complete,
        "row_count": None if event.row_count is None else min(event.row_count, MOST_ROWS),
        "database": event.database,
    }


def event_of(row: Mapping[str, Any], location: Location) -> Event:
    """An event from a row; its time, where the log gives one, stands as `logged_at`."""
    at = row.get("logged_at")
    return Event(
        id=row.get("id", ""),
        location=location,
        account=row["account"],
        at=at.replace(tzinfo=UTC) if at is not None else None,
        action=row["action"],
        sql=row["sql"] or None,
        tables=tuple(row["tables"].split(JOINT)) if row["tables"] else (),
        columns=tuple(row["columns"].split(JOINT)) if row["columns"] else (),
        purpose=row["purpose"],
        request_id=row["request_id"],
        row_count=row.get("row_count"),
        application=row["application"],
        database=row["database"],
        source_ip=row["source_ip"],
        statement_complete=row["complete"],
        extra={name: row[name] for name in ("role", "break_glass") if row[name]},
    )


def naive(instant: datetime) -> str:
    """An instant as UTC without a zone."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
