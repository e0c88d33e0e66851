"""Rows of Snowflake's QUERY_HISTORY and ACCESS_HISTORY, alone or joined by `query_id`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .log_exports import Export, Fields, Row, instant, listed, number, text

if TYPE_CHECKING:
    from collections.abc import Iterator

CUT: Final = 100_000
"""Characters of a statement that the view keeps."""
_NO_PRIVILEGE: Final = "003001"
_ROWS: Final[dict[str, tuple[str, ...]]] = {
    "SELECT": ("rows_produced",),
    "INSERT": ("rows_inserted",),
    "UPDATE": ("rows_updated",),
    "DELETE": ("rows_deleted",),
    "MERGE": ("rows_inserted", "rows_updated", "rows_deleted"),
    "UNLOAD": ("rows_unloaded",),
}
"""Which columns count the rows of a type of statement."""
_TABLES: Final = frozenset(
    {"TABLE", "VIEW", "MATERIALIZED VIEW", "EXTERNAL TABLE", "EVENT TABLE", "DYNAMIC TABLE", "ICEBERG TABLE"}
)
_HARMLESS: Final = frozenset({"FUNCTION", "PROCEDURE", "SEQUENCE", "WAREHOUSE", "ROLE", "USER"})
"""Objects that hold no rows of their own."""


def _fields(row: Row) -> Iterator[Fields]:
    sql = text(row, "query_text")
    kind = text(row, "query_type").upper()
    base: Fields = {
        "id": text(row, "query_id"),
        "account": text(row, "user_name"),
        "at": instant(text(row, "query_start_time") or text(row, "start_time")),
        "database": text(row, "database_name"),
        "role": text(row, "role_name"),
        "session": text(row, "session_id"),
        "row_count": number(row, *_ROWS[kind]) if kind in _ROWS else None,
        "result": _result(row),
    }
    objects = "base_objects_accessed" if "base_objects_accessed" in row else "direct_objects_accessed"
    read, written = _named(row, objects), _named(row, "objects_modified")
    if sql:
        names: Fields = {"tables": [*read[0], *written[0]], "columns": read[1]}
        yield {**base, "sql": sql, "cut": len(sql) >= CUT, **names}
        return
    if read[0] or read[1]:
        yield {**base, "action": "read", "tables": read[0], "columns": read[1]}
    if written[0] or written[1]:
        yield {**base, "action": "update", "tables": written[0], "columns": written[1]}
    if not any((*read, *written)):
        empty = {"base_objects_accessed", "direct_objects_accessed", "objects_modified"} & row.keys()
        ddl = row.get("object_modified_by_ddl")
        yield {**base, "action": "ddl" if ddl else "read", "skip": bool(empty) and not ddl}


def _named(row: Row, column: str) -> tuple[list[str], list[str]]:
    """Tables and columns of a list of objects; `*` stands for an object that is not understood."""
    found = listed(row, column)
    if found is None:
        return ["*"], []
    tables, columns = list[str](), list[str]()
    for item in found:
        domain, name = item.get("objectDomain"), item.get("objectName")
        if isinstance(domain, str) and domain.upper() in _HARMLESS:
            continue
        table = _path(name) if isinstance(name, str) and name else "*"
        names = [part.get("columnName") for part in listed(item, "columns") or ()]
        known = isinstance(domain, str) and domain.upper() in _TABLES
        if known and names and all(isinstance(part, str) and part for part in names):
            columns.extend(f"{table}.{_plain(str(part))}" for part in names)
        else:
            tables.append(table)
    return tables, columns


def _path(name: str) -> str:
    """`DB.SCHEMA.TABLE` as `schema.table`: a schema source knows one database."""
    return ".".join(_plain(part) for part in name.split(".")[-2:])


def _plain(name: str) -> str:
    """A name without quotes; one in capitals was written without them, and case does not matter."""
    bare = name.strip('"')
    return bare.lower() if bare == bare.upper() else bare


def _result(row: Row) -> str:
    status = text(row, "execution_status").upper()
    if status in ("", "SUCCESS"):
        return "success" if status else ""
    return "denied" if text(row, "error_code").zfill(6) == _NO_PRIVILEGE else "error"


SNOWFLAKE: Final = Export(
    marks=tuple(
        frozenset({"query_id", "user_name", column})
        for column in ("query_text", "base_objects_accessed", "direct_objects_accessed")
    ),
    fields=_fields,
)
