"""Rows of SQL Server's sys.fn_get_audit_file: one for each object of a statement, long statements in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .log_exports import Export, Fields, Row, instant, number, text

if TYPE_CHECKING:
    from collections.abc import Iterator

_ACTIONS: Final = {
    "SL": "read", "IN": "insert", "UP": "update", "DL": "delete", "RF": "read", "VWCT": "read", "EX": "other",
    "BCM": "other", "BCMS": "other", "BCMF": "other", "UDAU": "other", "RCM": "other", "RCMS": "other", "RCMF": "other",
    "CR": "ddl", "AL": "ddl", "DR": "ddl", "TO": "ddl", "CNAU": "other",
    "G": "grant", "GWG": "grant", "D": "grant", "DWC": "grant", "R": "grant", "RWG": "grant", "RWC": "grant",
    "APRL": "grant", "DPRL": "grant",
    "LGIS": "login", "LGIF": "login", "LGO": "login", "LGNM": "login", "DBAS": "login", "DBAF": "login",
    "DAGS": "login", "DAGF": "login", "BA": "export", "BAL": "export",
}  # fmt: skip
"""What an `action_id` does; one that is not here is left to its statement."""
_QUIET: Final = frozenset(
    {"AUSC", "AUSF", "CMLG", "LGFL", "SVSR", "SVSD", "SVPD", "SVCN", "CP", "VSST", "VDST", "CCLG", "OP"}
)
"""Actions that touch no row."""
_FAILED_LOGINS: Final = frozenset({"LGIF", "DBAF", "DAGF"})
_WITH_ROWS: Final = frozenset({"", "U", "V", "SV", "S", "IT", "TF", "IF"})
_SAME: Final = ("event_time", "session_id", "action_id", "server_principal_name", "object_id", "transaction_id")
_FIRST: Final = "1"
_PART: Final = 4_000
"""Characters of one part of a long statement: where the last one has as many, more should follow."""


def _fields(row: Row) -> Iterator[Fields]:
    action_id = text(row, "action_id").upper()
    action = _ACTIONS.get(action_id, "other")
    sql = text(row, "statement")
    schema, table = text(row, "schema_name"), text(row, "object_name")
    granted = text(row, "succeeded").lower() or str(row.get("succeeded", "")).lower()
    has_rows = table and text(row, "class_type").upper() in _WITH_ROWS
    failed = granted in ("0", "false") or action_id in _FAILED_LOGINS
    rows = number(row, "response_rows" if action == "read" else "affected_rows")
    yield {
        "skip": action_id in _QUIET,
        "id": f"{text(row, 'session_id')}.{text(row, 'sequence_number')}@{text(row, 'event_time')}",
        "account": text(row, "server_principal_name") or text(row, "session_server_principal_name"),
        "at": instant(text(row, "event_time"), utc=True),
        "action": action,
        "sql": sql if action != "login" else "",
        "tables": [f"{schema}.{table}" if schema else table] if has_rows else None,
        "database": text(row, "database_name"),
        "application": text(row, "application_name"),
        "source_ip": text(row, "client_ip"),
        "session": text(row, "session_id"),
        "row_count": rows or None,  # most servers write 0 there, whatever was read
        "result": ("denied" if failed else "success") if granted or failed else "",
        "cut": (text(row, "sequence_number") not in ("", _FIRST) and not row.get("joined"))
        or len(str(row.get("part", sql))) >= _PART,
    }


def _join(before: Row, row: Row) -> Row | None:
    """The next part of a statement that was too long for one row."""
    expected = number(before, "last" if "last" in before else "sequence_number")
    if expected is None or number(row, "sequence_number") != expected + 1:
        return None
    if any(before.get(name) != row.get(name) for name in _SAME):
        return None
    whole = "joined" in before or text(before, "sequence_number") == _FIRST
    part = str(row.get("statement", ""))
    statement = str(before.get("statement", "")) + part
    more: Row = {"statement": statement, "part": part, "last": text(row, "sequence_number")}
    return {**before, **more, **({"joined": "1"} if whole else {})}


SQLSERVER: Final = Export(
    marks=(frozenset({"action_id", "server_principal_name", "event_time"}),), fields=_fields, join=_join
)
