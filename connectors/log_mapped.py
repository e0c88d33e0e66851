"""JSON lines and CSV of applications and gateways, with a declared mapping of their fields to ours."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol, cast
from zoneinfo import ZoneInfo

from tutela.engine.errors import Location
from tutela.engine.events import Event, EventAction, Hole

from .log_lines import Cells, Line, LogFile, records
from .log_times import UncertainTimeError, epoch, everywhere

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TEXTS: Final = (
    "id",
    "account",
    "sql",
    "purpose",
    "request_id",
    "application",
    "database",
    "source_ip",
    "destination",
    "result",
)
_LISTS: Final = ("tables", "columns")
_EXTRAS: Final = ("system", "role", "employee", "channel", "break_glass", "session")
FIELDS: Final = (*_TEXTS, *_LISTS, *_EXTRAS, "at", "action", "row_count")
KEYS: Final = ("fields", "constants", "timezone", "time_format", "actions")

_ACTIONS: Final[dict[str, EventAction]] = {
    "read": "read", "select": "read", "query": "read", "insert": "insert", "update": "update",
    "delete": "delete", "export": "export", "transfer": "export", "download": "export",
    "grant": "grant", "revoke": "grant", "ddl": "ddl",
    "login": "login", "logout": "login", "other": "other",
}  # fmt: skip


class MappingError(ValueError):
    """A mapping that cannot be used; the message says why."""


class _FieldError(ValueError):
    """A field of a record that cannot be used."""

    def __init__(self, code: str, name: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.name = name


@dataclass(frozen=True, slots=True)
class LogMapping:
    """Where our fields stand in a foreign record, and how its times and actions are to be read."""

    fields: Mapping[str, str] = field(default_factory=lambda: {**{name: name for name in FIELDS}, "tables": "objects"})
    constants: Mapping[str, str] = field(default_factory=dict[str, str])
    zone: ZoneInfo | None = None
    time_format: str = "iso"
    """`iso`, `epoch` (seconds), `epoch_ms`, or a format of `strptime`."""
    actions: Mapping[str, EventAction] = field(default_factory=lambda: _ACTIONS)


def make_mapping(declared: Mapping[str, object] | None, timezone: str | None = None) -> LogMapping:
    """The mapping of a plain dict (keys `KEYS`); other fields are not read. Raises MappingError."""
    declared = declared or {}
    if unknown := sorted(set(declared) - set(KEYS)):
        raise MappingError(f"`{unknown[0]}` is not a key")
    zone = declared.get("timezone", timezone)
    default = LogMapping()
    fields = _texts(declared, "fields") if "fields" in declared else default.fields
    constants = _texts(declared, "constants")
    for name in (*fields, *constants):
        if name not in FIELDS:
            raise MappingError(f"`{name}` is not a field of an event")
    actions = {key.lower(): value for key, value in _texts(declared, "actions").items()}
    for value in actions.values():
        if value not in _ACTIONS.values():
            raise MappingError(f"`{value}` is not an action")
    time_format = declared.get("time_format", "iso")
    if not isinstance(time_format, str) or not time_format:
        raise MappingError("`time_format` is a text")
    return LogMapping(
        fields, constants, _zone(zone), time_format, {**_ACTIONS, **cast("dict[str, EventAction]", actions)}
    )


def _texts(declared: Mapping[str, object], key: str) -> dict[str, str]:
    value = declared.get(key, {})
    if not isinstance(value, dict):
        raise MappingError(f"`{key}` holds names and texts")
    items = cast("dict[object, object]", value)
    if not all(isinstance(name, str) and isinstance(text, str) for name, text in items.items()):
        raise MappingError(f"`{key}` holds names and texts")
    return cast("dict[str, str]", items)


def _zone(name: object) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(str(name))
    except (KeyError, ValueError, OSError):
        raise MappingError(f"`{name}` is not a time zone") from None


def read_jsonl(file: LogFile, mapping: LogMapping) -> Iterator[Event | Hole]:
    """One JSON object a line."""
    for line in file.lines():
        if isinstance(line, Hole):
            yield line
        elif line.text.strip():
            yield jsonl_item(file, line, mapping)


def jsonl_item(file: LogFile, line: Line, mapping: LogMapping) -> Event | Hole:
    """What one line of JSON says."""
    record = _readable(line.text)
    if record is None:
        return file.hole("log-json" if line.ended else "log-cut", line.number)
    return event_of(file, line.number, record, mapping)


def read_csv(file: LogFile, mapping: LogMapping) -> Iterator[Event | Hole]:
    """CSV with a header line."""
    width = 0

    def accept(count: int) -> bool:
        return count == width if width else True

    header: list[str] = []
    for record in records(file, accept):
        if isinstance(record, Hole):
            yield record
        elif not header:
            header, width = record.values, len(record.values)
            if len(set(header)) != width:
                yield file.hole("log-csv", record.number)
                return
        else:
            yield event_of(file, record.number, _row(header, record), mapping)


def _row(header: list[str], record: Cells) -> dict[str, object]:
    """A CSV record; an empty cell is an absent field."""
    return {name: value for name, value in zip(header, record.values, strict=True) if value}


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("duplicate key")
    return result


def _no_constant(name: str) -> object:
    raise ValueError(name)


def json_object(text: str) -> dict[str, object] | None:
    """The object that a line is, each of its keys once; None when it is none."""
    try:
        value: object = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


class _Unreadable:
    """Stands for a value that nobody can tell: its key stands twice, or it is no value of JSON."""


_UNREADABLE: Final = _Unreadable()


def _readable(text: str) -> dict[str, object] | None:
    """The object that a line is; what cannot be told in it is a fault only where it is read. None: it is none."""
    try:
        value: object = json.loads(text, object_pairs_hook=_told_once, parse_constant=lambda _: _UNREADABLE)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def _told_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        times = Counter(key for key, _ in pairs)
        result.update((key, _UNREADABLE) for key, count in times.items() if count > 1)
    return result


def _check_says(sql: str, mapping: LogMapping) -> None:
    """A record that says neither what was touched nor the statement could be anything."""
    if not sql.strip():
        raise _FieldError("log-field-missing", mapping.fields.get("tables", "objects"))


class Place(Protocol):
    """What says where a record is: a `LogFile`, or only its name."""

    name: str

    def hole(self, code: str, line: int, **args: object) -> Hole:
        """A hole at a line."""
        ...


def event_of(file: Place, number: int, record: dict[str, object], mapping: LogMapping) -> Event | Hole:
    """The event of a record, by a mapping; a hole where a field is missing or wrong."""
    try:
        values = _values(record, mapping)
        at, action = _time(values, mapping), _action(values, mapping)
        tables, columns = _list(values, "tables"), _list(values, "columns")
        texts = {name: _text(values, name) for name in (*_TEXTS, *_EXTRAS)}
        _check(texts)
        if action != "login" and not (tables or columns):
            _check_says(texts["sql"], mapping)
        return Event(
            id=texts["id"] or f"line {number}",
            location=Location(file.name, number, 1),
            account=texts["account"],
            at=at,
            action=action,
            sql=texts["sql"] or None,
            tables=tables,
            columns=columns,
            purpose=texts["purpose"],
            request_id=texts["request_id"],
            row_count=_count(values),
            application=texts["application"],
            database=texts["database"],
            source_ip=texts["source_ip"],
            destination=texts["destination"],
            result=texts["result"],  # type: ignore[arg-type] # one of the four, checked above
            extra={name: texts[name] for name in _EXTRAS if texts[name]},
        )
    except _FieldError as error:
        return file.hole(error.code, number, field=error.name)


def _check(texts: dict[str, str]) -> None:
    if not texts["account"]:
        raise _FieldError("log-field-missing", "account")
    if texts["result"] not in ("", "success", "denied", "error"):
        raise _FieldError("log-field-type", "result")


def _values(record: dict[str, object], mapping: LogMapping) -> dict[str, object]:
    """Our fields with the record's values; a constant stands where the record says nothing."""
    values: dict[str, object] = dict(mapping.constants)
    for name, path in mapping.fields.items():
        value = field_at(record, path)
        if value is _UNREADABLE:
            raise _FieldError("log-json")
        if value is not None:
            values[name] = value
    return values


def field_at(record: dict[str, object], path: str) -> object:
    """The value at a path of an object; None where there is none."""
    if path in record:
        return record[path]
    value: object = record
    for part in path.split("."):
        if not isinstance(value, dict):
            return value if value is _UNREADABLE else None
        value = cast("dict[object, object]", value).get(part)
    return value


def _text(values: dict[str, object], name: str) -> str:
    value = values.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise _FieldError("log-field-type", name)
    return str(value)


def _list(values: dict[str, object], name: str) -> tuple[str, ...]:
    value = values.get(name)
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(";") if part.strip())
    items = cast("list[object]", value) if isinstance(value, list) else [None]
    if not all(isinstance(item, str) for item in items):
        raise _FieldError("log-field-type", name)
    return tuple(str(item) for item in items)


def _count(values: dict[str, object]) -> int | None:
    value = values.get("row_count")
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 18:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _FieldError("log-field-type", "row_count")
    return value


def _action(values: dict[str, object], mapping: LogMapping) -> EventAction:
    value = values.get("action")
    if value is None:
        if values.get("sql"):
            return "other"  # the statement itself will say
        raise _FieldError("log-field-missing", "action")
    action = mapping.actions.get(value.lower()) if isinstance(value, str) else None
    if action is None:
        raise _FieldError("log-field-type", "action")
    return action


def _time(values: dict[str, object], mapping: LogMapping) -> datetime:
    value = values.get("at")
    if value is None:
        raise _FieldError("log-field-missing", "at")
    try:
        return _instant(value, mapping)
    except UncertainTimeError:
        raise _FieldError("log-time-zone", "at") from None
    except (ValueError, OverflowError):
        raise _FieldError("log-time", "at") from None


def _instant(value: object, mapping: LogMapping) -> datetime:
    if isinstance(value, datetime):
        return _placed(value, mapping)
    if mapping.time_format in ("epoch", "epoch_ms"):
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise ValueError("time")
        return epoch(float(value) / (1000 if mapping.time_format == "epoch_ms" else 1))
    if not isinstance(value, str):
        raise ValueError("time")  # noqa: TRY004 # a record's fault, handled with the other wrong values
    iso = mapping.time_format == "iso"
    at = datetime.fromisoformat(value) if iso else datetime.strptime(value, mapping.time_format)  # noqa: DTZ007 # checked next
    return _placed(at, mapping)


def _placed(at: datetime, mapping: LogMapping) -> datetime:
    """A time with its offset, or that of the mapping's zone."""
    everywhere(at)
    if at.utcoffset() is not None:
        return at
    if mapping.zone is None:
        raise UncertainTimeError(at)
    return at.replace(tzinfo=mapping.zone)
