"""ALTER COLUMN: another type, default, comment or nullability of a column."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .ddl_names import unquoted
from .ddl_parse import Definition, NotUnderstood, column_of, counted
from .ddl_texts import TEXT, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutela.engine.errors import Location

    from .ddl_build import Builder
    from .ddl_draft import Draft, Places


class Change(NamedTuple):
    """What applying an action needs."""

    draft: Draft
    builder: Builder
    places: Places
    start: int
    """Where the statement stands in its file."""
    dialect: str
    offset: int
    """Where the action stands in the statement."""
    sure: bool = True
    """Whether the draft is surely the table that is meant, and not one of the same name elsewhere."""

    def place(self, offset: int) -> Location:
        """The place of an offset in the statement."""
        return self.places.at(self.start + offset)


def alter_column(match: re.Match[str], change: Change) -> bool:
    """Another type, default, comment or nullability of a column."""
    name, rest = unquoted(match["name"]), match["rest"]
    kind = _KIND.match(rest) or (change.dialect == "tsql" and not _ALTERS.match(rest) and _PLAIN_TYPE.match(rest))
    changes: dict[str, Any] = {}
    if kind:
        column = column_of(f"x {kind['type']}", change.dialect)
        changes = {"data_type": column.data_type}
        if change.dialect == "tsql":
            changes["nullable"] = column.nullable
    elif not (known := _ALTERS.match(rest)):
        raise NotUnderstood("a change of a column that is not understood")
    elif known.lastgroup:
        changes = _ALTERED[known.lastgroup](known)
    if (index := change.draft.index(name)) is not None:
        change.draft.change(index, **changes)
    elif "data_type" in changes or "comment" in changes:
        place = change.place(change.offset + match.start("name"))
        change.draft.add(Definition(name, 0, changes.get("data_type", ""), comment=changes.get("comment", "")), place)
    return bool(changes)


def _default(match: re.Match[str]) -> dict[str, Any]:
    value = match["default"].strip()
    return {"default": value, "identity": True} if counted(value) else {"default": value}


_KIND: Final = re.compile(r"\s*(?:SET\s+DATA\s+)?TYPE\s+(?P<type>.+?)(?:\s+USING\b.*)?\Z", re.IGNORECASE | re.DOTALL)
_PLAIN_TYPE: Final = re.compile(r"\s*(?P<type>.+)\Z", re.DOTALL)
_ALTERS: Final = re.compile(
    rf"\s*(?:SET\s+DEFAULT\s+(?P<default>.+)|(?P<no_default>DROP\s+DEFAULT)|(?P<required>SET\s+NOT\s+NULL)"
    rf"|(?P<optional>DROP\s+NOT\s+NULL)|(?P<identity>ADD\s+GENERATED\b.*\bAS\s+IDENTITY\b.*)"
    rf"|(?P<no_identity>DROP\s+IDENTITY\b.*)|SET\s+EXPRESSION\s+AS\s*\((?P<generated>.*)\)|(?P<stored>DROP\s+EXPRESSION\b.*)"
    rf"|COMMENT\s+(?P<comment>{TEXT})"
    r"|(?:SET|RESET)\s*\(.*|SET\s+(?:STATISTICS|STORAGE|COMPRESSION|GENERATED|INCREMENT|MINVALUE|MAXVALUE|START|CACHE"
    r"|CYCLE|NO|VISIBLE|INVISIBLE|MASKING)\b.*|RESTART\b.*|OPTIONS\s*\(.*"
    r"|(?:ADD|DROP)\s+(?:ROWGUIDCOL|PERSISTED|SPARSE|HIDDEN|MASKED|NOT\s+FOR\s+REPLICATION)\b.*|ENCODE\b.*)\Z",
    re.IGNORECASE | re.DOTALL,
)
_ALTERED: Final[dict[str, Callable[[re.Match[str]], dict[str, Any]]]] = {
    "default": _default,
    "no_default": lambda _: {"default": ""},
    "required": lambda _: {"nullable": False},
    "optional": lambda _: {"nullable": True},
    "identity": lambda _: {"identity": True},
    "no_identity": lambda _: {"identity": False},
    "generated": lambda match: {"generated": match["generated"].strip()},
    "stored": lambda _: {"generated": ""},
    "comment": lambda match: {"comment": text_of(match["comment"]) or ""},
}
