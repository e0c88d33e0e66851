"""Audit logs of MySQL Enterprise and Percona as XML (OLD: attributes, NEW: elements) and as Percona's CSV.

The XML is taken apart by lines and patterns: a log is not trusted, and an XML parser expands entities, and reads files
whose end is missing not at all. Only the five entities of XML and numbers of characters are known.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tutela.engine.events import Event, Hole

from .log_lines import MAX_RECORD, MAX_RECORD_LINES, LogFile, records
from .log_mysql_audit import Records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from zoneinfo import ZoneInfo

    from .log_lines import Cells

_FRAME: Final = re.compile(r"\s*(?:<\?xml[^<>]*\?>)?\s*(?:</?AUDIT>\s*)*", re.ASCII)
_OLD: Final = re.compile(r'\s*<AUDIT_RECORD(?P<inner>(?:\s+[A-Za-z_]+\s*=\s*"[^"<]*")*)\s*/>\s*')
_NEW: Final = re.compile(
    r"\s*<AUDIT_RECORD>(?P<inner>(?:\s*<(?P<tag>[A-Za-z_]+)>[^<]*</(?P=tag)>|\s*<[A-Za-z_]+\s*/>)*)\s*</AUDIT_RECORD>\s*"
)
_ATTRIBUTE: Final = re.compile(r'([A-Za-z_]+)\s*=\s*"([^"]*)"')
_ELEMENT: Final = re.compile(r"<([A-Za-z_]+)>([^<]*)</")
_ENTITY: Final = re.compile(r"&(?:#(?P<number>\d{1,7})|#x(?P<hex>[0-9A-Fa-f]{1,6})|(?P<name>\w*))(?P<end>;?)", re.ASCII)
_ENTITIES: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_CSV: Final = re.compile(
    r'"(?:Query|Execute|Prepare|Connect|Quit|Audit|NoAudit|[A-Z]\w*(?: \w+)*)","\d+_\d{4}-\d\d-\d\dT[^"]*","'
)
_CSV_STATEMENT: Final = (
    "name", "record_id", "timestamp", "command_class", "connection_id", "status", "sqltext", "user", "host", "os_login",
    "ip", "db",
)  # fmt: skip
_CSV_LOGIN: Final = (
    "name", "record_id", "timestamp", "connection_id", "status", "user", "priv_user", "os_login", "proxy_user", "host",
    "ip", "db",
)  # fmt: skip


class _EntityError(ValueError):
    """A reference to what XML itself does not know."""


def is_audit_xml(head: list[str]) -> bool:
    """Whether lines begin such a log."""
    return any(line.lstrip().startswith(("<AUDIT>", "<AUDIT_RECORD")) for line in head[:20])


def is_audit_csv(head: list[str]) -> bool:
    """Whether lines begin Percona's CSV."""
    return any(_CSV.match(line) for line in head[:20])


def read_audit_xml(file: LogFile, zone: ZoneInfo | None, skipped: Callable[[], None]) -> Iterator[Event | Hole]:
    """Read records one by one; what stands between them is a hole."""
    found = Records(file, zone, skipped)
    for item in _records(file):
        if isinstance(item, Hole):
            yield item
            continue
        number, text = item
        try:
            record = _record(text)
        except _EntityError:
            record = None
        if record is None:
            yield file.hole("log-xml", number)
        else:
            yield from found.read(number, record)


def _records(file: LogFile) -> Iterator[tuple[int, str] | Hole]:
    """The text of each record and the line where it begins."""
    parts, first, size = list[str](), 0, 0
    for line in file.lines():
        begins = -1 if isinstance(line, Hole) else line.text.find("<AUDIT_RECORD")
        if parts and (isinstance(line, Hole) or (begins >= 0 and not line.text[:begins].strip())):
            yield file.hole("log-cut", first)
            parts, size = [], 0
        if isinstance(line, Hole):
            yield line
            continue
        text = line.text
        if not parts:
            if not _FRAME.fullmatch(text[:begins] if begins >= 0 else text):
                yield file.hole("log-line", line.number, format="mysql-audit-xml")
            if begins < 0:
                continue
            first, text = line.number, text[begins:]
        parts.append(text)
        size += len(text) + 1
        if len(parts) > MAX_RECORD_LINES or size > MAX_RECORD:
            yield file.hole("log-line-long", first, limit=MAX_RECORD)
            parts, size = [], 0
        elif _ends(parts):
            yield from _several(file, first, "\n".join(parts))
            parts, size = [], 0
    if parts:
        yield file.hole("log-cut", first)


def _ends(parts: list[str]) -> bool:
    """Whether the last line ends the record."""
    tail = _bare(parts[-1])
    if tail.endswith("</AUDIT_RECORD>"):
        return True
    return tail.endswith("/>") and "=" in "".join(parts[:2]) and sum(part.count('"') for part in parts) % 2 == 0


def _bare(text: str) -> str:
    """A text without the end of the whole log."""
    return text.rstrip().removesuffix("</AUDIT>").rstrip()


def _several(file: LogFile, first: int, text: str) -> Iterator[tuple[int, str] | Hole]:
    """The records of a text that ends with one: nearly always one."""
    text = _bare(text)
    position = 0
    while position < len(text):
        match = _OLD.match(text, position) or _NEW.match(text, position)
        if match is None:
            yield file.hole("log-xml", first)
            return
        yield first + text.count("\n", 0, position), match[0]
        position = match.end()


def _record(text: str) -> dict[str, str] | None:
    """The fields of a record; None when one is there twice."""
    old = _OLD.fullmatch(text)
    pairs = _ATTRIBUTE.findall(old["inner"]) if old else _ELEMENT.findall(text)
    record = {name.lower(): _plain(value) for name, value in pairs}
    if len(record) != len(pairs):
        return None
    if "command_class" in record and "status_code" in record and "status" not in record:
        record["status"] = record["status_code"]
    return record


def _plain(text: str) -> str:
    """A text with its references resolved; raises _EntityError for what is not known."""
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(match: re.Match[str]) -> str:
    if match["end"]:
        if match["name"] in _ENTITIES:
            return _ENTITIES[match["name"]]
        number = int(match["number"] or 0) or int(match["hex"] or "0", 16)
        if 0 < number < 0xD800 or 0xE000 <= number < 0x110000:
            return chr(number)
    raise _EntityError


def read_audit_csv(file: LogFile, zone: ZoneInfo | None, skipped: Callable[[], None]) -> Iterator[Event | Hole]:
    """Read Percona's CSV; a statement may run over several lines."""
    found = Records(file, zone, skipped)
    for item in records(file, lambda count: count >= _LEAST):
        if isinstance(item, Hole):
            yield item
        else:
            yield from found.read(item.number, _csv_record(item))


def _csv_record(cells: Cells) -> dict[str, str]:
    names = _CSV_LOGIN if cells.values[0] in ("Connect", "Quit", "Change user") else _CSV_STATEMENT
    return dict(zip(names, cells.values, strict=False))


_LEAST: Final = 4
