"""Rows of Oracle's UNIFIED_AUDIT_TRAIL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .log_exports import Export, Fields, Row, instant, text

if TYPE_CHECKING:
    from collections.abc import Iterator

CUT: Final = 4_000
"""Where an export as VARCHAR2 cuts a statement."""
_DENIED: Final = frozenset({"1031", "1017", "1045", "28000", "28001"})
_ACTIONS: Final = {
    "SELECT": "read", "INSERT": "insert", "UPDATE": "update", "MERGE": "update", "DELETE": "delete",
    "TRUNCATE TABLE": "delete", "LOGON": "login", "LOGOFF": "login", "LOGOFF BY CLEANUP": "login",
    "GRANT": "grant", "REVOKE": "grant", "EXPORT": "export",
}  # fmt: skip
_QUIET: Final = frozenset(
    {
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT",
        "SET ROLE",
        "SET TRANSACTION",
        "ALTER SESSION",
        "AUDIT",
        "NOAUDIT",
        "ALTER SYSTEM",
    }
)
"""Actions that touch no row."""
_DDL: Final = ("CREATE", "ALTER", "DROP", "RENAME", "COMMENT", "FLASHBACK", "PURGE", "ANALYZE")
_HOST: Final = re.compile(r"\(HOST=([^)]*)\)")
_WITH_ROWS: Final = frozenset({"", "TABLE", "VIEW", "MATERIALIZED VIEW", "TABLE PARTITION"})


def _fields(row: Row) -> Iterator[Fields]:
    name = text(row, "action_name").upper()
    sql = text(row, "sql_text")
    utc = text(row, "event_timestamp_utc")
    schema, table = text(row, "object_schema"), text(row, "object_name")
    code = text(row, "return_code")
    address = _HOST.search(text(row, "authentication_type"))
    has_rows = table and text(row, "object_type").upper() in _WITH_ROWS
    action = _ACTIONS.get(name) or ("ddl" if name.startswith(_DDL) else "other")
    yield {
        "skip": name in _QUIET,
        "id": ".".join(
            part for part in (text(row, "sessionid"), text(row, "entry_id"), text(row, "statement_id")) if part
        ),
        "account": text(row, "dbusername"),
        "at": instant(utc, utc=True) if utc else instant(text(row, "event_timestamp")),
        "action": "export" if text(row, "audit_type").lower() == "datapump" else action,
        "sql": sql if action != "login" else "",
        "tables": [f"{_plain(schema)}.{_plain(table)}" if schema else _plain(table)] if has_rows else None,
        "application": text(row, "client_program_name"),
        "source_ip": address[1] if address else "",
        "session": text(row, "sessionid"),
        "result": "success" if code in ("", "0") else "denied" if code in _DENIED else "error",
        "cut": len(sql) >= CUT,
    }


def _plain(name: str) -> str:
    """One in capitals was written without quotes, and case does not matter."""
    return name.lower() if name == name.upper() else name


ORACLE: Final = Export(marks=(frozenset({"dbusername", "action_name", "return_code"}),), fields=_fields)
