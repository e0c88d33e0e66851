"""PostgreSQL's jsonlog (15 and later) with pgaudit records: one JSON object a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tutela.engine.events import Hole

from .log_mapped import json_object
from .log_pgaudit import Context, Merger, time_hole
from .log_times import server_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from zoneinfo import ZoneInfo

    from tutela.engine.events import Event

    from .log_lines import LogFile

_OURS: Final = {"timestamp", "pid", "session_id", "error_severity"}
"""Keys that every object of the server has."""
_AUDIT: Final = "AUDIT: "


def is_jsonlog(line: str) -> bool:
    """Whether a line is an object of PostgreSQL's jsonlog."""
    found = json_object(line)
    return found is not None and found.keys() >= _OURS


def read_jsonlog(file: LogFile, zone: ZoneInfo | None, skipped: Callable[[], None]) -> Iterator[Event | Hole]:
    """Read jsonlog; what is no object of the server is a hole."""
    merger = Merger(file)
    for line in file.lines():
        if isinstance(line, Hole):
            yield line
            continue
        if not line.text.strip():
            continue
        record = json_object(line.text)
        if record is None:
            yield file.hole("log-json" if line.ended else "log-cut", line.number)
            continue
        message = record.get("message", "")
        if not record.keys() >= _OURS or not isinstance(message, str):
            yield file.hole("log-line", line.number, format="jsonlog")
        elif message.startswith(_AUDIT):
            try:
                at = server_time(_text(record, "timestamp"), zone)
            except ValueError as error:
                yield time_hole(file, line.number, error)
                continue
            yield from merger.add(_context(line.number, record)._replace(at=at), message.removeprefix(_AUDIT))
        else:
            skipped()
            if message.startswith("disconnection: "):
                yield from merger.close(_context(line.number, record).owner)
    yield from merger.finish()


def _context(line: int, record: dict[str, object]) -> Context:
    address = _text(record, "remote_host")
    return Context(
        line,
        _text(record, "session_id") or _text(record, "pid"),
        None,
        _text(record, "user"),
        _text(record, "dbname"),
        _text(record, "application_name"),
        "" if address == "[local]" else address,
    )


def _text(record: dict[str, object], key: str) -> str:
    value = record.get(key)
    return str(value) if isinstance(value, str | int) else ""
