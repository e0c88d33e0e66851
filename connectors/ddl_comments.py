"""Comments on tables and columns that stand in statements of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .ddl_names import NAME, parts_of
from .ddl_parse import Name, NotUnderstood
from .ddl_split import blank_comments
from .ddl_texts import text_of

if TYPE_CHECKING:
    from .ddl_apply import Context
    from .ddl_split import Statement

_CALL: Final = re.compile(r"'(?:[^']++|'')*+'|(?P<call>\bsp_(?:add|update)extendedproperty\b\]?)", re.IGNORECASE)
_ARGUMENT: Final = re.compile(
    r"\s*+(?:@(?P<name>\w++)\s*+=\s*+)?"
    r"(?:N?'(?P<text>(?:[^']++|'')*+)'|\"(?P<double>(?:[^\"]++|\"\")*+)\"|\[(?P<bracket>[^\]]*+)\]"
    r"|(?P<variable>@\w++)|(?P<word>\w++))\s*+(?P<more>,?)"
)
_ARGUMENTS: Final = (
    "name", "value", "level0type", "level0name", "level1type", "level1name", "level2type", "level2name",
)  # fmt: skip
_ON: Final = re.compile(
    rf"COMMENT\s+ON\s+(?P<kind>COLUMN|(?:FOREIGN\s+)?TABLE|(?:MATERIALIZED\s+)?VIEW)\s+(?P<name>{NAME})\s+IS\s+(?P<text>.+)",
    re.IGNORECASE | re.DOTALL,
)
_VARIABLE: Final = "@"
"""The key of a variable among the arguments; no parameter is called so."""
_SCHEMA: Final = "level0name"
"""The one argument that may be a variable: PowerDesigner asks for the user's own schema (`@CurrentUser`)."""


def comment(statement: Statement, context: Context) -> None:
    """COMMENT ON a table, a view or a column."""
    found = _ON.match(blank_comments(statement.text, context.dialect))
    text = text_of(found["text"], context.dialect) if found else None
    if found is None or (text is None and found["text"].strip().upper() != "NULL"):
        raise NotUnderstood("a comment that is not understood")
    names = parts_of(found["name"])
    column = names.pop() if found["kind"].upper() == "COLUMN" else ""
    if not names:
        raise NotUnderstood("a comment on a column of no table")
    table = Name(names[-1], names[-2] if len(names) > 1 else "")
    _remember(table, column, text or "", statement, context)


def extended_property(statement: Statement, context: Context) -> None:
    """`sp_addextendedproperty 'MS_Description', ...` is how SQL Server keeps comments, several in a line perhaps."""
    text = blank_comments(statement.text, context.dialect)
    for match in _CALL.finditer(text):
        if match["call"]:
            _property(_arguments(text, match.end()), statement, context)


def _arguments(text: str, at: int) -> dict[str, str | None]:
    """What a call is given, by the names of the procedure's parameters; None for a variable and for NULL."""
    values: dict[str, str | None] = {}
    for position in _ARGUMENTS:
        match = _ARGUMENT.match(text, at)
        if match is None:
            break
        key = (match["name"] or position).lower()
        values[key] = match["bracket"]
        if match["text"] is not None:
            values[key] = match["text"].replace("''", "'")
        elif match["double"] is not None:
            values[key] = match["double"].replace('""', '"')
        elif match["word"] and match["word"].upper() != "NULL":
            values[key] = match["word"]
        elif match["variable"] and key != _SCHEMA:
            values[_VARIABLE] = match["variable"]
        at = match.end()
        if not match["more"]:
            break
    return values


def _property(values: dict[str, str | None], statement: Statement, context: Context) -> None:
    if (values.get("name") or "").lower() != "ms_description":
        return
    if values.get(_VARIABLE):
        raise NotUnderstood("a comment that stands in a variable")
    kinds = [(values.get(f"level{level}type") or "column").lower() for level in (1, 2)]
    if kinds[0] in {"table", "view"} and kinds[1] == "column":  # else of an index or a constraint
        table = Name(values.get("level1name") or "", values.get(_SCHEMA) or "")
        _remember(table, values.get("level2name") or "", values.get("value") or "", statement, context)


def _remember(table: Name, column: str, text: str, statement: Statement, context: Context) -> None:
    context.builder.comment(table, column, text, context.places.at(statement.offset), statement.text)
