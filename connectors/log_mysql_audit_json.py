"""Audit logs of MySQL Enterprise and Percona as JSON: an array over many lines, or one object a line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, cast

from tutela.engine.events import Event, Hole

from .log_json import first_keys, objects
from .log_mysql_audit import Records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from zoneinfo import ZoneInfo

    from .log_lines import LogFile

_OURS: Final = {"timestamp", "class"}
_CLASS: Final = re.compile(r'"class"\s*:\s*"(?:general|connection|table_access|audit|query|command|message)"')


def is_audit_json(head: list[str]) -> bool:
    """Whether lines begin such a log."""
    keys = first_keys(head)
    return "audit_record" in keys or (keys >= _OURS and any(_CLASS.search(line) for line in head[:40]))


def read_audit_json(file: LogFile, zone: ZoneInfo | None, skipped: Callable[[], None]) -> Iterator[Event | Hole]:
    """Read objects one by one, however they are laid out."""
    records = Records(file, zone, skipped)
    for item in objects(file):
        if isinstance(item, Hole):
            yield item
        else:
            yield from records.read(item[0], _record(item[1]))


def _record(found: Mapping[str, object]) -> dict[str, str]:
    """An object with the keys of the XML formats."""
    inner = found.get("audit_record")
    if isinstance(inner, dict):
        percona = _texts(cast("dict[str, object]", inner))
        return {**percona, "record_id": percona.get("record", "")}
    class_, event = _text(found, "class"), _text(found, "event")
    login, account = _inner(found, "login"), _inner(found, "account")
    data = _inner(found, f"{class_}_data")
    statistics = _inner(found, "query_statistics") or _inner(data, "query_statistics")
    name = _name(class_, event, _text(data, "command"))
    return {
        "name": name,
        "timestamp": _text(found, "timestamp"),
        "time": _text(found, "time"),
        "record_id": f"{_text(found, 'timestamp')}_{_text(found, 'id')}",
        "connection_id": _text(found, "connection_id") or _text(data, "connection_id"),
        "user": _text(login, "user") or _text(account, "user"),
        "host": _text(account, "host"),
        "ip": _text(login, "ip"),
        "db": _text(data, "db"),
        "table": _text(data, "table"),
        "status": _text(data, "status"),
        "command_class": _text(data, "sql_command"),
        "rows_sent": _text(statistics, "rows_sent"),
        **({"sqltext": _text(data, "query")} if "query" in data else {}),
    }


def _name(class_: str, event: str, command: str) -> str:
    """What the XML formats call the record of a class and event."""
    if class_ == "general":
        return command
    if class_ == "table_access":
        return f"table{event}"
    if class_ == "query":
        return "query status end" if event.endswith("status_end") else "query start"
    if class_ == "connection":
        return event.replace("_", " ")
    return class_ if event in ("startup", "shutdown", "start", "end") or class_ == "message" else f"{class_} {event}"


def _inner(found: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = found.get(key)
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _text(found: Mapping[str, object], key: str) -> str:
    value = found.get(key)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _texts(found: dict[str, object]) -> dict[str, str]:
    return {key.lower(): _text(found, key) for key in found}
