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

_ARGUMENT: Final = re.compile(
    r"(?:@(?P<name>\w+)\s*=\s*)?(?:N?'(?P<text>(?:[^']++|'')*+)'|(?P<word>NULL|\[[^\]]*\]|\b[A-Za-z_]\w*+))",
)
_ARGUMENTS: Final = (
    "name", "value", "level0type", "level0name", "level1type", "level1name", "level2type", "level2name",
)  # fmt: skip
_ON: Final = re.compile(
    rf"COMMENT\s+ON\s+(?P<kind>COLUMN|(?:FOREIGN\s+)?TABLE|(?:MATERIALIZED\s+)?VIEW)\s+(?P<name>{NAME})\s+IS\s+(?P<text>.+)",
    re.IGNORECASE | re.DOTALL,
)
_VARIABLE: Final = re.compile(r"'(?:[^']++|'')*+'|@\w+\s*=|(?P<variable>@\w+)")


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
    """`sp_addextendedproperty 'MS_Description', ...` is how SQL Server keeps comments."""
    values: dict[str, str] = {}
    called = statement.text.lower().find("extendedproperty") + len("extendedproperty")
    variable = any(match["variable"] for match in _VARIABLE.finditer(statement.text, called))
    if variable and "ms_description" in statement.text.lower():
        raise NotUnderstood("a comment that stands in a variable")
    for position, match in enumerate(_ARGUMENT.finditer(statement.text, called)):
        key = (match["name"] or "").lower() or _ARGUMENTS[min(position, len(_ARGUMENTS) - 1)]
        if (match["word"] or "").upper() != "NULL":
            values[key] = match["text"].replace("''", "'") if match["text"] is not None else match["word"].strip("[]")
    described = values.get("name", "").lower() == "ms_description"
    kinds = [values.get(f"level{level}type", "column").lower() for level in (1, 2)]
    if described and kinds[0] in {"table", "view"} and kinds[1] == "column":  # else of an index or a constraint
        schema = values.get("level0name", "")
        table = Name(values.get("level1name", ""), schema)
        _remember(table, values.get("level2name", ""), values.get("value", ""), statement, context)


def _remember(table: Name, column: str, text: str, statement: Statement, context: Context) -> None:
    context.builder.comment(table, column, text, context.places.at(statement.offset), statement.text)
