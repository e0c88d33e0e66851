"""pgaudit's records in SQL: what stands around their texts is taken apart once, however many records have it.

What `log_pgaudit` would have to look at more closely is not `PLAIN` here, and so goes to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .event_messages import BLANK, listed
from .event_table import literal
from .log_pgaudit import HIDDEN, UNCOUNTED, WRITES

if TYPE_CHECKING:
    from .audit_duckdb import DuckDatabase

_BARE: Final = r'[^",\r\n\x1f]*'
_FIELD: Final = rf'(?:"(?:[^"]|"")*"|{_BARE})'
_HEAD: Final = f"([0-9]+),([A-Z]+),({_BARE}),{_BARE},({_BARE}),(?:({_BARE}),(?:{_BARE}(?:,({_BARE}))?)?)?"
_NAMES: Final = ("part", "class", "command", "tables", "written", "rows")
_NUMBER: Final = "[0-9]{1,18}"

AROUND: Final = " LEFT JOIN heads AS h ON r.head = h.head LEFT JOIN tails AS t ON r.tail = t.tail"
"""Joins what stands around the text of a record (`r`)."""
_QUOTED: Final = "(r.tail IS NOT NULL AND h.commas = 5)"
"""A text in quotes: head and tail stand around it."""
_GIVEN: Final = "(r.tail IS NOT NULL AND h.commas = 6)"
"""A text without quotes, which stands in the head, before parameters in quotes; otherwise nothing is in quotes."""
_TEXT: Final = f"CASE WHEN {_QUOTED} THEN r.said ELSE h.written END"
_SHOWN: Final = f"{_TEXT} NOT IN ({listed(HIDDEN)})"
SQL: Final = f"CASE WHEN {_SHOWN} THEN {_TEXT} ELSE '' END"
COMPLETE: Final = f"({_SHOWN} AND NOT contains({_TEXT}, '<REDACTED>'))"
ROWS: Final = (
    f"CASE WHEN h.counted THEN CASE WHEN {_QUOTED} THEN t.quoted_rows WHEN {_GIVEN} THEN t.given_rows ELSE h.rows END"
    " END"
)
PLAIN: Final = (
    f"coalesce(CASE WHEN {_QUOTED} THEN t.quoted WHEN {_GIVEN} THEN t.given ELSE r.tail IS NULL AND h.commas > 5 END"
    f" AND NOT (h.action = 'read' AND regexp_matches({_TEXT}, {literal(f'(?i)^{BLANK}*copy')})), FALSE)"
)
"""Whether a record is what it seems: not, for one, when it may be a COPY that it calls otherwise."""


def take_apart(database: DuckDatabase) -> None:
    """Make `heads` and `tails` of what stands before and behind the texts of `records`."""
    writes = " ".join(f"WHEN {literal(command)} THEN {literal(action)}" for command, action in WRITES.items())
    action = (
        "CASE f.class WHEN 'READ' THEN CASE WHEN starts_with(f.command, 'COPY') THEN 'export' ELSE 'read' END"
        f" WHEN 'WRITE' THEN CASE f.command {writes} ELSE 'update' END"
        " WHEN 'ROLE' THEN 'grant' WHEN 'DDL' THEN 'ddl' ELSE 'other' END"
    )
    uncounted = " OR ".join(f"starts_with(f.command, {literal(word)})" for word in UNCOUNTED)
    found = f"regexp_extract(head, {literal(f'^{_HEAD}$')}, [{listed(_NAMES)}]) AS f"
    database.create(
        "heads",
        "SELECT head, length(head) - length(replace(head, ',', '')) AS commas, f.part, f.tables, f.written,"
        f" {action} AS action, NOT ({uncounted}) AS counted, {_number('f.rows')} AS rows"
        f" FROM (SELECT head, {found} FROM (SELECT DISTINCT head FROM records WHERE kind = 'A') AS a"
        f" WHERE regexp_full_match(head, {literal(_HEAD)})) AS b",
    )
    rows = {
        "quoted_rows": f"regexp_extract(tail, {literal(f'^,{_FIELD},({_NUMBER})$')}, 1)",
        "given_rows": f"regexp_extract(tail, '^,({_NUMBER})$', 1)",
    }
    database.create(
        "tails",
        f"SELECT tail, regexp_full_match(tail, {literal(f',{_FIELD}(?:,{_BARE})?')}) AS quoted,"
        f" regexp_full_match(tail, '(?:,{_BARE})?') AS given,"
        f" {', '.join(f'{_number(value)} AS {name}' for name, value in rows.items())}"
        " FROM (SELECT DISTINCT tail FROM records WHERE kind = 'A') AS a",
    )


def _number(text: str) -> str:
    """Rows as a number; NULL for what is none, or too long to be one."""
    return f"CASE WHEN regexp_full_match({text}, '{_NUMBER}') THEN try_cast({text} AS BIGINT) END"
