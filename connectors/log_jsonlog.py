"""PostgreSQL's jsonlog (15 and later): one JSON object a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tutela.engine.events import Hole

from .log_mapped import json_object
from .log_record import SEVERITIES, Context, Record, address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .log_lines import LogFile

_OURS: Final = {"timestamp", "pid", "session_id", "error_severity"}
"""Keys that every object of the server has."""


def is_jsonlog(line: str) -> bool:
    """Whether a line is an object of PostgreSQL's jsonlog."""
    found = json_object(line)
    return found is not None and found.keys() >= _OURS


def jsonlog_records(file: LogFile) -> Iterator[Record | Hole]:
    """The messages of a jsonlog; what is no object of the server is a hole."""
    for line in file.lines():
        if isinstance(line, Hole):
            yield line
        elif line.text.strip():
            found = json_object(line.text)
            if found is None:
                yield file.hole("log-json" if line.ended else "log-cut", line.number)
            else:
                record = json_record(line.number, found) if found.keys() >= _OURS else None
                if record:
                    file.sequence.see(record.context.session, _text(found, "line_num"), line.number)
                yield record or file.hole("log-line", line.number, format="jsonlog")


def json_record(line: int, found: Mapping[str, object]) -> Record | None:
    """The message that an object of the server holds; None when its severity or its message is none."""
    message, severity = found.get("message", ""), SEVERITIES.get(_text(found, "error_severity"))
    if not isinstance(message, str) or severity is None:
        return None
    context = Context(
        line,
        _text(found, "session_id") or _text(found, "pid"),
        None,
        _text(found, "user"),
        _text(found, "dbname"),
        _text(found, "application_name"),
        address(_text(found, "remote_host")),
    )
    return Record(
        context,
        severity,
        message,
        _text(found, "timestamp"),
        _text(found, "state_code"),
        _text(found, "detail"),
        _text(found, "context"),
        _text(found, "statement"),
        _text(found, "ps"),
    )


def _text(found: Mapping[str, object], key: str) -> str:
    value = found.get(key)
    return str(value) if isinstance(value, str | int) else ""
