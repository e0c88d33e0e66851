"""Audit logs of Azure Database for MySQL, as its diagnostic settings write them, or as Log Analytics exports them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, cast

from tutela.engine.events import Event, Hole

from .log_json import first_keys, objects
from .log_mapped import json_object
from .log_mysql_audit import Records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from zoneinfo import ZoneInfo

    from .log_lines import LogFile

_CATEGORY: Final = "MySqlAuditLogs"
_AUDIT: Final = re.compile(r'"Category"\s*:\s*"MySqlAuditLogs"', re.IGNORECASE)
_KIND: Final = re.compile(r"_[sdtgb]$")
"""What Log Analytics adds to the name of a column for its type."""
_NAMES: Final[Mapping[tuple[str, str], str]] = {
    ("connection_log", "CONNECT"): "connect",
    ("connection_log", "CHANGE USER"): "change user",
    ("connection_log", "DISCONNECT"): "disconnect",
    ("general_log", "LOG"): "query",
    # The end of what LOG has told already, where it is logged.
    ("general_log", "ERROR"): "query status end",
    ("general_log", "RESULT"): "query status end",
    **{("table_access_log", kind): f"table{kind.lower()}" for kind in ("READ", "INSERT", "UPDATE", "DELETE")},
}
"""What the XML formats of MySQL's audit call a record of this class and subclass."""


def is_azure(head: list[str]) -> bool:
    """Whether lines begin such a log."""
    return bool(first_keys(head)) and any(_AUDIT.search(line) for line in head[:100])


def read_azure(file: LogFile, zone: ZoneInfo | None, skipped: Callable[[], None]) -> Iterator[Event | Hole]:
    """Read records one by one, a line each, or in batches as an event hub has them."""
    records = Records(file, zone, skipped)
    for item in objects(file):
        if isinstance(item, Hole):
            yield item
            continue
        line, found = item
        batch = found.get("records")
        held = cast("list[object]", batch) if isinstance(batch, list) else [found]
        for number, record in enumerate(held):
            read = _record(cast("dict[str, object]", record)) if isinstance(record, dict) else None
            if read is None:  # of another category, whose statements would be none here
                yield file.hole("log-line", line, format="mysql-azure")
            else:
                place = f"{line}" if len(held) == 1 else f"{line}.{number}"
                yield from records.read(line, {**read, "record_id": f"{read['connection_id']}@{place}"})


def _record(found: Mapping[str, object]) -> dict[str, str] | None:
    """A record with the keys of the XML formats; None when it is none of the audit."""
    outer = {_KIND.sub("", key).lower(): value for key, value in found.items()}
    inner = outer.get("properties")
    if isinstance(inner, str):
        inner = json_object(inner)
    said = (
        {_KIND.sub("", key).lower(): value for key, value in cast("dict[str, object]", inner).items()}
        if isinstance(inner, dict)
        else outer
    )
    if outer.get("category") != _CATEGORY:
        return None
    class_, subclass = _text(said, "event_class"), _text(said, "event_subclass").upper()
    named = " ".join(part for part in (class_, subclass) if part)
    time = next(
        (text for key in ("event_time", "time", "timegenerated") if (text := _text({**outer, **said}, key))), ""
    )
    thread = _text(said, "thread_id") or _text(said, "connection_id")
    return {
        "name": _NAMES.get((class_, subclass), named),
        "timestamp": time,
        "connection_id": thread.removesuffix(".0"),
        "user": _text(said, "user"),
        "host": _text(said, "host"),
        "ip": _text(said, "ip"),
        "db": _text(said, "db"),
        "table": _text(said, "table"),
        "status": _text(said, "error_code").removesuffix(".0"),
        **({"sqltext": _text(said, "sql_text")} if isinstance(said.get("sql_text"), str) else {}),
    }


def _text(found: Mapping[str, object], key: str) -> str:
    value = found.get(key)
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
