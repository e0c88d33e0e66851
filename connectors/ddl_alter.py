"""ALTER TABLE as far as it changes which columns there are, what they are called and what they hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sqlglot import exp

from .ddl_build import Draft
from .ddl_parse import (
    Name,
    NotUnderstood,
    definition,
    definitions,
    key_columns,
    links,
    name_offset,
    parse,
    string_of,
    table_name,
)
from .ddl_split import blank_comments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .ddl_build import Builder, Places
    from .ddl_split import Statement

_PREFIX: Final = re.compile(
    r"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?(?:[\w$@#]+|`[^`]+`|\"[^\"]+\"|\[[^\]]+\])"
    r"(?:\s*\.\s*(?:[\w$@#]+|`[^`]+`|\"[^\"]+\"|\[[^\]]+\])?){0,3}(?:\s*\*)?(?:\s+WITH\s+(?:NO)?CHECK)?",
    re.IGNORECASE,
)
_KEYS: Final = re.compile(
    r"\s*ADD\s+(?:CONSTRAINT\s+(?:IF\s+NOT\s+EXISTS\s+)?\S+\s+)?(?:PRIMARY|FOREIGN)\s+KEY\b", re.IGNORECASE
)
_MATTERS: Final = re.compile(
    r"\s*(?:ADD\s+(?!(?:CONSTRAINT|INDEX|KEY|UNIQUE|PRIMARY|FOREIGN|FULLTEXT|SPATIAL|CHECK|PARTITION|EXCLUDE"
    r"|DEFAULT|SUPPLEMENTAL|STATISTICS|PERIOD)\b)|CHANGE\b|RENAME\s+(?!(?:INDEX|KEY|CONSTRAINT)\b)|INHERIT\b"
    r"|(?:ALTER|MODIFY|MODIFY\s+COLUMN)\b.*\bCOMMENT\b)",
    re.IGNORECASE | re.DOTALL,
)
_MOVE: Final = re.compile(r"\s*SET\s+SCHEMA\s+[\"`\[]?([\w$]+)", re.IGNORECASE)
_LIST: Final = re.compile(r"\s*(ADD|MODIFY|DROP)\s*\(", re.IGNORECASE)
_UNTYPED: Final = re.compile(r"\s*ADD\s+(?:COLUMN\s+)?[`\"\[]?\w+[`\"\]]?\s*\Z", re.IGNORECASE)
_ATTACH: Final = re.compile(r"\s*ATTACH\s+PARTITION\s+(?:[\w$\"]+\s*\.\s*)?\"?([\w$]+)\"?", re.IGNORECASE)
_TOKEN: Final = re.compile(r"'(?:[^'\\]++|\\.|'')*+'|\"[^\"]*+\"|`[^`]*+`|[(),]", re.DOTALL)
_MAX_ACTIONS: Final = 500


def alter_table(statement: Statement, builder: Builder, places: Places, dialect: str) -> None:
    """Apply an ALTER TABLE; raises NotUnderstood when a change of columns in it cannot be understood."""
    prefix = _PREFIX.match(statement.text)
    if prefix is None:
        raise NotUnderstood("a change of a table whose name is not understood")
    actions = list(_actions(blank_comments(statement.text), prefix.end()))
    if not any(_MATTERS.match(action) or _changes(action) for _, action in actions):
        builder.skip(statement.head)
        return
    if len(actions) > _MAX_ACTIONS:
        raise NotUnderstood(f"more than {_MAX_ACTIONS} changes in one statement")
    if not any(_LIST.match(action) or _MOVE.match(action) or _ATTACH.match(action) for _, action in actions):
        try:
            _apply(parse(statement.text, dialect, statement.depth), statement.offset, builder, places, dialect)
        except NotUnderstood:
            pass
        else:
            return
    for start, action in _flat(actions):  # one by one, so that an odd action hides only itself
        _single(prefix[0], start, action, statement, builder, places, dialect)


def _flat(actions: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Oracle's `MODIFY (a ..., b ...)` and `DROP (a, b)` as single actions."""
    for start, action in actions:
        listed = _LIST.match(action)
        if listed is None:
            yield start, action
            continue
        body = action[: action.rindex(")")] if ")" in action else action
        for begin, part in _actions(body, listed.end()):
            word = "DROP COLUMN" if listed[1].upper() == "DROP" else listed[1]
            yield start + begin - len(word) - 1, f"{word} {part}"


def _changes(action: str) -> bool:
    words = r"\s*(?:DROP|MODIFY|ATTACH|SET\s+SCHEMA|ALTER)\b"
    return bool(re.match(words, action, re.IGNORECASE) or _KEYS.match(action))


def _actions(text: str, start: int) -> Iterator[tuple[int, str]]:
    """The parts between the commas at the outermost level, with their offsets."""
    depth, begin = 0, start
    for match in _TOKEN.finditer(text, start):
        if match[0] == "(":
            depth += 1
        elif match[0] == ")":
            depth -= 1
        elif match[0] == "," and depth == 0:
            yield begin, text[begin : match.start()]
            begin = match.end()
    yield begin, text[begin:]


def _single(  # noqa: PLR0913 - all of them are needed to say where the action stands
    prefix: str, start: int, action: str, statement: Statement, builder: Builder, places: Places, dialect: str
) -> None:
    if attached := _ATTACH.match(action):
        _attach(prefix, attached[1], builder)
        return
    if moved := _MOVE.match(action):
        _move(prefix, moved[1], builder, dialect)
        return
    if dialect == "oracle":  # sqlglot knows MySQL's word
        action = re.sub(r"\A\s*MODIFY\s+(?!COLUMN)", "MODIFY COLUMN ", action, flags=re.IGNORECASE)
    if _UNTYPED.match(action):  # SQLite columns need no type
        action = f"{action} text"
    shift = statement.offset + start - len(prefix) - 1
    try:
        _apply(parse(f"{prefix} {action}", dialect, statement.depth), shift, builder, places, dialect)
    except NotUnderstood as error:
        if _MATTERS.match(action):
            raise NotUnderstood(error.reason, start) from None


def _attach(prefix: str, partition: str, builder: Builder) -> None:
    parent = re.split(r"[\s.]+", prefix.strip())[-1].strip('"')
    if draft := builder.find(Name(partition)):
        draft.partition_of = parent


def _move(prefix: str, schema: str, builder: Builder, dialect: str) -> None:
    """`SET SCHEMA`: the same table elsewhere."""
    tree = parse(f"{prefix} ADD x int", dialect)
    name = table_name(tree.this)
    if draft := builder.find(name):
        builder.rename(draft, Name(draft.name.name, schema))


def _apply(tree: exp.Expr, shift: int, builder: Builder, places: Places, dialect: str) -> None:
    if not isinstance(tree, exp.Alter):
        raise NotUnderstood("not a change of a table")
    name = table_name(tree.this)
    draft = builder.find(name)
    fresh = draft or Draft(name=name, location=places.at(shift + name_offset(tree.this)))
    for action in tree.args.get("actions") or ():
        _action(action, fresh, shift, builder, places, dialect)
    if draft is None and fresh.columns:
        builder.add(fresh)


def _action(  # noqa: PLR0913 - see _single
    action: exp.Expr, draft: Draft, shift: int, builder: Builder, places: Places, dialect: str
) -> None:
    if isinstance(action, exp.Schema):
        for column in definitions(action.expressions, dialect):
            draft.add(column, places.at(shift + column.offset))
    elif isinstance(action, exp.ColumnDef):
        column = definition(action, dialect)
        draft.add(column, places.at(shift + column.offset))
    elif isinstance(action, exp.ModifyColumn):
        _modify(action, draft, shift, places, dialect)
    elif isinstance(action, exp.RenameColumn):
        _rename(action, draft)
    elif isinstance(action, exp.AlterRename):
        builder.rename(draft, table_name(action.this)) if draft in builder.drafts else None
    elif isinstance(action, exp.Drop) and action.args.get("kind") == "COLUMN":
        _drop(action, draft)
    elif isinstance(action, exp.AddConstraint):
        draft.key(key_columns(action.expressions))
        draft.links.update((column.lower(), link) for column, link in links(action.expressions))
    elif isinstance(action, exp.AlterColumn):
        _alter_column(action, draft, dialect)


def _alter_column(action: exp.AlterColumn, draft: Draft, dialect: str) -> None:
    """Another type, comment or nullability of a column that is there."""
    index = draft.index(action.name)
    if index is None:
        return
    changes: dict[str, Any] = {}
    if note := string_of(action.args.get("comment")):
        changes["comment"] = note
    if isinstance(kind := action.args.get("dtype"), exp.Expr):
        changes["data_type"] = kind.sql(dialect)
    if (allowed := action.args.get("allow_null")) is not None:
        changes["nullable"] = bool(allowed)
    draft.change(index, **changes)


def _modify(action: exp.ModifyColumn, draft: Draft, shift: int, places: Places, dialect: str) -> None:
    if not isinstance(action.this, exp.ColumnDef):
        return
    old = action.args.get("rename_from")
    column = definition(action.this, dialect)
    index = draft.index(old.name if isinstance(old, exp.Expr) else column.name)
    if index is not None:
        draft.change(index, name=column.name)
        was = draft.columns[index]
        key = column.primary_key or was.primary_key  # what is said elsewhere stays
        column = column._replace(
            data_type=column.data_type or was.data_type,  # Oracle leaves out what does not change
            comment=column.comment or (was.comment if dialect == "oracle" else ""),
            primary_key=key,
            nullable=column.nullable and not key,
        )
    draft.add(column, places.at(shift + column.offset))


def _rename(action: exp.RenameColumn, draft: Draft) -> None:
    index = draft.index(action.this.name)
    to = action.args.get("to")
    if index is not None and isinstance(to, exp.Expr):
        draft.change(index, name=to.name)


def _drop(action: exp.Drop, draft: Draft) -> None:
    for target in action.args.get("tables") or ():
        index = draft.index(target.name)
        if index is not None:
            draft.links.pop(target.name.lower(), None)
            del draft.columns[index]
