"""JSON of cloud providers and log collectors: the message of the server inside, and what the envelope says of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from tutela.engine.events import Hole

from .log_mapped import field_at, json_object
from .log_pgaudit import MAX_OPEN
from .log_record import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .log_lines import Line

MAX_DOCUMENT: Final = 64 << 20
"""Characters of one JSON value that goes over several lines."""
_LISTS: Final = ("logEvents", "events", "records")
"""AWS (subscriptions, and its command line), Azure (exports to storage)."""
_TEXTS: Final = (
    "textPayload",  # Google Cloud
    "jsonPayload.message",
    "message.message",  # IBM Cloud
    "data.message.message",
    "message",  # AWS, IBM Cloud
    "log",  # container runtimes
    "MESSAGE",  # journald
)
_TIMES: Final = ("timestamp", "time", "ts", "properties.timestamp", "metadata.timestamp", "@timestamp")
_ORIGINS: Final = ("logStream", "resource.labels.instance_id", "resource.labels.database_id", "resourceId", "_HOSTNAME")
_SCAN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_AUDIT: Final = ("auditType", "statementId", "substatementId", "auditClass", "command", "objectType", "object")
_CNPG_AUDIT: Final = ("audit_type", "statement_id", "substatement_id", "class", "command", "object_type", "object_name")
_CNPG: Final = {
    "log_time": "timestamp", "user_name": "user", "database_name": "dbname", "process_id": "pid",
    "sql_state_code": "state_code", "query": "statement", "command_tag": "ps", "connection_from": "remote_host",
}  # fmt: skip

Object = dict[str, object]


class Inner(NamedTuple):
    """What an envelope holds: a line of the text log, an object of the jsonlog, or an AUDIT record."""

    text: str = ""
    time: str = ""
    origin: str = ""
    process: str = ""
    ended: bool = True
    record: Object | None = None
    audit: tuple[Object, list[str]] | None = None
    """Account, database, session, address; and the fields of the record."""
    chunk: tuple[int, int] = (1, 1)
    """Which part of the statement, of how many."""


def unwrap(found: Object) -> list[Inner]:
    """Everything that an envelope holds; nothing where it is none of a known kind."""
    time, origin = _time(found), _first(found, _ORIGINS)
    for name in _LISTS:
        items = found.get(name)
        if isinstance(items, list):
            envelopes = [cast("Object", item) for item in cast("list[object]", items) if isinstance(item, dict)]
            return [inner for item in envelopes for inner in _unwrap(item, time, origin)]
    return _unwrap(found, time, origin)


def _unwrap(found: Object, time: str, origin: str) -> list[Inner]:
    time, origin = _time(found) or time, _first(found, _ORIGINS) or origin
    if entry := _object(found, "protoPayload.request"):
        return [_google_audit(entry, time, origin)] if str(entry.get("@type", "")).endswith(".PgAuditEntry") else []
    record = _object(found, "record")
    if record and "log_time" in record:
        return [_operator(record, time, origin)]
    properties = _object(found, "properties")
    text = _azure(properties) if properties else _first(found, _TEXTS)
    ended = "log" not in found or text.endswith("\n") or "textPayload" in found
    return [Inner(text.rstrip("\r\n"), time, origin, _first(found, ("_PID",)), ended)] if text else []


def _azure(properties: Object) -> str:
    """A line of the text log: whole in newer servers, in parts in older ones."""
    message, level = _first(properties, ("message",)), _first(properties, ("errorLevel",))
    if re.search(rf"(?:{'|'.join(SEVERITIES)}):  ", message) or level not in SEVERITIES:
        return message
    return f"{_first(properties, ('prefix',))}{level}:  {message}"


def _google_audit(entry: Object, time: str, origin: str) -> Inner:
    fields = [_first(entry, (name,)) for name in _AUDIT]
    hidden = (_first(entry, (name,)) for name in ("statement", "parameter"))
    fields += [re.sub(r"^\[(not logged|none|previously logged)\]$", r"<\1>", text) for text in hidden]
    who: Object = {
        "account": _first(entry, ("user",)),
        "database": _first(entry, ("database",)),
        "session": _first(entry, ("databaseSessionId",)),
    }
    chunk = (_number(entry, "chunkIndex"), _number(entry, "chunkCount"))
    return Inner(time=time, origin=origin, audit=(who, fields), chunk=chunk)


def _operator(record: Object, time: str, origin: str) -> Inner:
    """What CloudNativePG writes: the fields of csvlog, and those of an AUDIT record taken apart."""
    renamed: Object = {_CNPG.get(name, name): value for name, value in record.items()}
    renamed["remote_host"] = re.sub(r":\d+$", "", str(renamed.get("remote_host", "")))
    if audit := _object(record, "audit"):
        fields = [_first(audit, (name,)) for name in (*_CNPG_AUDIT, "statement", "parameter")]
        who: Object = {
            "account": _first(record, ("user_name",)),
            "database": _first(record, ("database_name",)),
            "session": _first(record, ("session_id", "process_id")),
            "application": _first(record, ("application_name",)),
            "source_ip": renamed["remote_host"],
        }
        return Inner(time=_first(record, ("log_time",)) or time, origin=origin, audit=(who, fields))
    return Inner(time=time, origin=origin, record=renamed)


def _time(found: Object) -> str:
    """The time of the envelope: as text, or milliseconds as seconds."""
    if micros := _first(found, ("__REALTIME_TIMESTAMP",)):
        return f"{int(micros) / 1e6:.6f}" if micros.isdecimal() else ""
    text = _first(found, _TIMES)
    return f"{int(text) / 1000:.3f}" if text.isdecimal() and len(text) > 11 else text


def _first(found: Object, paths: Iterable[str]) -> str:
    """The first text or number at one of these places."""
    values = (field_at(found, path) for path in paths)
    usable = (str(value) for value in values if isinstance(value, str | int) and not isinstance(value, bool))
    return next((text for text in usable if text), "")


def _object(found: Object, path: str) -> Object | None:
    value = field_at(found, path)
    return cast("Object", value) if isinstance(value, dict) else None


def _number(found: Object, name: str) -> int:
    text = _first(found, (name,))
    return int(text) if text.isdecimal() and len(text) < 7 else 1


@dataclass(slots=True)
class Chunks:
    """Joins the parts of AUDIT records that were too long for one envelope."""

    _open: dict[tuple[str, ...], dict[int, Inner]] = field(default_factory=dict["tuple[str, ...]", "dict[int, Inner]"])
    _lines: dict[tuple[str, ...], int] = field(default_factory=dict["tuple[str, ...]", int])

    def add(self, line: int, inner: Inner) -> tuple[Inner | None, list[int]]:
        """A part: the whole record when it is the last one that was missing; lines of parts that are given up."""
        if inner.audit is None or inner.chunk[1] <= 1:
            return inner, []
        who, fields = inner.audit
        key = (inner.origin, str(who["session"]), *fields[:7])
        parts = self._open.setdefault(key, {})
        self._lines.setdefault(key, line)
        parts[inner.chunk[0]] = inner
        if len(parts) == inner.chunk[1]:
            del self._open[key], self._lines[key]
            found = [parts[index].audit for index in sorted(parts)]
            text = "".join(audit[1][7] for audit in found if audit)
            return inner._replace(audit=(who, [*fields[:7], text, fields[8]])), []
        if len(self._open) > MAX_OPEN:
            del self._open[next(iter(self._open))]
            return None, [self._lines.pop(next(iter(self._lines)))]
        return None, []

    def finish(self) -> list[int]:
        """Where the parts begin that stayed without the rest."""
        return list(self._lines.values())


def objects(hole: Callable[..., Hole], lines: Iterable[Line | Hole]) -> Iterator[tuple[int, Object] | Hole]:
    """The JSON objects of a log: one a line, or over several lines, alone or in one list."""
    held, start, depth, size = list[str](), 0, 0, 0
    for line in lines:
        if isinstance(line, Hole):
            held, depth = [], 0
            yield line
            continue
        text = line.text
        if not held:
            found = json_object(text) if text.lstrip().startswith("{") else None
            if found is not None:
                yield line.number, found
                continue
            text = text.strip().removeprefix("[").strip().removeprefix(",").strip()
            if not text.strip("],"):
                continue
            if not text.startswith("{"):
                yield hole("log-json" if line.ended else "log-cut", line.number)
                continue
            start, depth, size = line.number, 0, 0
        held.append(text)
        size += len(text)
        depth += sum({"{": 1, "[": 1, "}": -1, "]": -1}.get(word, 0) for word in _SCAN.findall(text))
        if depth > 0 and size < MAX_DOCUMENT:
            continue
        yield from _several(hole, start, "\n".join(held), cut=depth > 0)
        held, depth = [], 0
    if held:
        yield hole("log-cut", start)


def _several(hole: Callable[..., Hole], line: int, text: str, *, cut: bool) -> Iterator[tuple[int, Object] | Hole]:
    """Objects one after the other, with commas between and the end of their list behind."""
    decoder, position = json.JSONDecoder(), 0
    while not cut and position < len(text):
        try:
            value, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            yield hole("log-json", line)
            return
        if isinstance(value, dict):
            yield line, cast("Object", value)
        rest = re.compile(r"[\s,\]]*").match(text, position)
        position = rest.end() if rest else len(text)
    if cut:
        yield hole("log-line-long", line, limit=MAX_DOCUMENT)
