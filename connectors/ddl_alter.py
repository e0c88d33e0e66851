"""ALTER TABLE as far as it changes which columns there are, what they are called and what they hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .ddl_actions import actions
from .ddl_alter_column import Change, alter_column
from .ddl_draft import Draft
from .ddl_keys import add_key
from .ddl_names import NAME, PART, name_of, unquoted
from .ddl_parse import MAX_DEPTH, TEMPLATE, Definition, Name, NotUnderstood, column_of
from .ddl_split import blank_comments
from .ddl_texts import TEXT, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutela.engine.errors import Location

    from .ddl_actions import Action
    from .ddl_build import Builder
    from .ddl_draft import Places
    from .ddl_split import Statement

_PREFIX: Final = re.compile(
    r"ALTER\s+(?:(?:FOREIGN|EXTERNAL|IGNORE|ONLINE|OFFLINE)\s+){0,2}TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?"
    rf"({NAME})(?:\s*\*)?(?:\s+(?:WAIT\s+\d+|NOWAIT))?(?:\s+WITH\s+(?:NO)?CHECK)?(?=\s|\Z)",
    re.IGNORECASE,
)
_ALL: Final = re.compile(r"ALTER\s+TABLE\s+ALL\s+IN\s+TABLESPACE\b", re.IGNORECASE)
_MAX_ACTIONS: Final = 500
_PLACE: Final = re.compile(rf"\s+(?:FIRST|AFTER\s+{PART})\s*\Z", re.IGNORECASE)
_EXISTS: Final = re.compile(r"ADD\s+(?:COLUMN\s+)?IF\s+NOT\s+EXISTS\b", re.IGNORECASE)


def alter_table(statement: Statement, builder: Builder, places: Places, dialect: str) -> None:
    """Apply an ALTER TABLE; raises NotUnderstood when a change in it cannot be understood."""
    text = TEMPLATE.sub(lambda match: "_" * len(match[0]), blank_comments(statement.text, dialect))
    prefix = _PREFIX.match(text)
    if _ALL.match(text):
        builder.skip(statement.head)
        return
    if prefix is None:
        raise NotUnderstood("a change of a table whose name is not understood")
    if statement.depth > MAX_DEPTH:
        raise NotUnderstood(f"brackets nest deeper than {MAX_DEPTH}")
    found = list(actions(text, prefix.end(), dialect))
    if len(found) > _MAX_ACTIONS:
        raise NotUnderstood(f"more than {_MAX_ACTIONS} changes in one statement")
    name = name_of(prefix[1])
    draft = builder.find(name)
    fresh = draft or Draft(name=name, location=places.at(statement.offset + prefix.start(1)), altered=True)
    sure = draft is builder.own(name) or draft is None
    applied, missed = 0, None
    for action in found:  # one by one, so that an odd action hides only itself
        change = Change(fresh, builder, places, statement.offset, dialect, action.offset, sure)
        try:
            applied += _apply(action, change)
        except NotUnderstood as error:
            missed = missed or NotUnderstood(error.reason, max(0, action.start))
    if draft is None and fresh.columns:
        builder.add(fresh)
    if not applied and not missed:
        builder.skip(statement.head)
    if missed:
        raise missed


def _apply(action: Action, change: Change) -> bool:
    """Apply one action; tells whether it matters to the schema."""
    text = action.whole
    for pattern, apply, dialects in _ACTIONS:
        if (not dialects or change.dialect in dialects) and (match := pattern.match(text)):
            return apply is not None and apply(match, change) is not False
    raise NotUnderstood("a change of a table that is not understood")


def _add(match: re.Match[str], change: Change) -> None:
    if _EXISTS.match(match[0]) and change.draft.index(unquoted(match["name"])) is not None:
        return
    column = _definition(match, change)
    change.draft.add(column, change.place(column.offset))
    change.draft.hand_down(change.draft.columns[-1])


def _definition(match: re.Match[str], change: Change) -> Definition:
    """The column that stands at the group `column`; its offset is that in the statement."""
    text = _PLACE.sub("", match["column"]) if change.dialect == "mysql" else match["column"]
    column = column_of(text, change.dialect)
    return column._replace(offset=change.offset + match.start("column") + column.offset)


def _modify(match: re.Match[str], change: Change) -> None:
    """Another definition of a column, in MySQL under another name, too; Oracle leaves out what does not change."""
    old = match.groupdict().get("old")
    column = _definition(match, change)
    draft = change.draft
    index = draft.index(unquoted(old) if old and change.sure else column.name)
    if index is not None:
        draft.change(index, name=column.name)
        was = draft.columns[index]
        key = column.primary_key or was.primary_key  # what is said elsewhere stays
        kept = change.dialect == "oracle"
        column = column._replace(
            data_type=column.data_type or was.data_type,
            comment=column.comment or (was.comment if kept else ""),
            default=column.default or (was.default if kept else ""),
            generated=column.generated or (was.generated if kept else ""),
            identity=column.identity or (kept and was.identity),
            primary_key=key,
            nullable=column.nullable and not key,
        )
    draft.add(column, change.place(column.offset))


def _rename(match: re.Match[str], change: Change) -> None:
    """A column gets another name; one that the schema does not show is there from now on."""
    old, new = unquoted(match["old"]), unquoted(match["new"])
    rename_column(change.draft, old, new, change.place(change.offset), sure=change.sure)


def rename_column(draft: Draft, old: str, new: str, place: Location, *, sure: bool) -> None:
    """Give a column another name; one that the schema does not show is there from now on."""
    index = draft.index(old) if sure else None
    if index is not None:
        draft.change(index, name=new)
    elif draft.index(new) is None:
        draft.add(Definition(new, 0), place)


def _rename_table(match: re.Match[str], change: Change) -> None:
    if change.draft in change.builder.drafts:
        change.builder.rename(change.draft, name_of(match["new"]))


def _move(match: re.Match[str], change: Change) -> None:
    """`SET SCHEMA`: the same table elsewhere."""
    if change.draft in change.builder.drafts:
        change.builder.rename(change.draft, Name(change.draft.name.name, unquoted(match["new"])))


def _drop(match: re.Match[str], change: Change) -> None:
    name = unquoted(match["name"])
    index = change.draft.index(name)
    if index is not None and change.sure:
        change.draft.links.pop(name.lower(), None)
        del change.draft.columns[index]


def _key(match: re.Match[str], change: Change) -> None:
    add_key(match.string, change.draft, change.builder.indexes)


def _attach(match: re.Match[str], change: Change) -> None:
    if draft := change.builder.find(name_of(match["name"])):
        draft.partition_of = change.draft.name.name
        change.draft.heirs.append(draft)


def _detach(match: re.Match[str], change: Change) -> None:
    """A partition becomes a table of its own, with the columns that it shared."""
    name = name_of(match["name"])
    if draft := change.builder.find(name):
        draft.partition_of = ""
    elif any(partition.lower() == name.name.lower() for partition, _ in change.builder.partitions):
        change.builder.detach(name, change.draft, change.place(change.offset))


def _inherit(match: re.Match[str], change: Change) -> None:
    """A table that inherits from now on has the columns that its parent gets later."""
    if parent := change.builder.find(name_of(match["name"])):
        parent.heirs.append(change.draft)


def _note(match: re.Match[str], change: Change) -> None:
    change.draft.comment = text_of(match["text"], change.dialect) or ""


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE | re.DOTALL)


_ANY: Final = frozenset[str]()
_MYSQL: Final = frozenset({"mysql"})
_COLUMN: Final = rf"(?P<column>(?!COLUMN\s*\Z)(?P<name>{PART})(?=[\s(]|\Z).*)\Z"
_ACTIONS: Final[
    tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Change], object] | None, frozenset[str]], ...]
] = (
    (
        _pattern(rf"ADD\s+(?:CONSTRAINT\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:{PART}\s+)?)?(?:PRIMARY|FOREIGN)\s+KEY\b"),
        _key,
        _ANY,
    ),
    (_pattern(r"ADD\s+COLUMN\s+(?:IF\s+NOT\s+EXISTS\s+)?" + _COLUMN), _add, _ANY),
    (
        _pattern(
            r"ADD\s+(?:CONSTRAINT|UNIQUE|CHECK|EXCLUDE|FULLTEXT|SPATIAL|DEFAULT\b(?=.*\bFOR\b)|SUPPLEMENTAL|STATISTICS"
            r"|PERIOD\s+FOR|SYSTEM\s+VERSIONING|(?:SUB)?PARTITION|OVERFLOW|VALUES)(?![\w$])"
        ),
        None,
        _ANY,
    ),
    (_pattern(rf"ADD\s+(?:INDEX|KEY)(?:\s+IF\s+NOT\s+EXISTS)?(?:\s+{PART})?(?:\s+USING\s+\w+)?\s*\("), None, _MYSQL),
    (_pattern(rf"ADD\s+INDEX\s+{PART}\s+(?:UNIQUE\s+|CLUSTERED\s+|NONCLUSTERED\s+)*\("), None, frozenset({"tsql"})),
    (_pattern(r"ADD\s+(?:IF\s+NOT\s+EXISTS\s+)?" + _COLUMN), _add, _ANY),
    (
        _pattern(
            r"MODIFY\s+(?:CONSTRAINT|PRIMARY\s+KEY|UNIQUE|(?:DEFAULT\s+ATTRIBUTES|(?:SUB)?PARTITION|LOB|NESTED)\b)"
        ),
        None,
        frozenset({"oracle"}),
    ),
    (_pattern(r"MODIFY\s+(?:COLUMN\s+)?(?:IF\s+EXISTS\s+)?" + _COLUMN), _modify, _ANY),
    (_pattern(rf"CHANGE\s+(?:COLUMN\s+)?(?:IF\s+EXISTS\s+)?(?P<old>{PART})\s+{_COLUMN}"), _modify, _ANY),
    (_pattern(rf"RENAME\s+COLUMN\s+(?:IF\s+EXISTS\s+)?(?P<old>{PART})\s+TO\s+(?P<new>{PART})\s*\Z"), _rename, _ANY),
    (_pattern(rf"RENAME\s+(?!(?:TO|AS)\s)(?P<old>{PART})\s+TO\s+(?P<new>{PART})\s*\Z"), _rename, _ANY),
    (_pattern(rf"RENAME\s+(?:INDEX|KEY|CONSTRAINT|(?:SUB)?PARTITION)\s+{PART}\s+TO\s+{PART}\s*\Z"), None, _ANY),
    (_pattern(rf"RENAME\s+(?:(?:TO|AS)\s+)?(?P<new>{NAME})\s*\Z"), _rename_table, _ANY),
    (_pattern(rf"DROP\s+COLUMN\s+(?:IF\s+EXISTS\s+)?(?P<name>{PART})(?=\s|\Z)"), _drop, _ANY),
    (
        _pattern(rf"DROP\s+(?:IF\s+EXISTS\s+)?(?P<name>{PART})(?:\s+(?:CASCADE|RESTRICT)\b.*)?\s*\Z"),
        _drop,
        frozenset({"mysql", "postgres", "sqlite"}),
    ),
    (_pattern(r"DROP\b"), None, _ANY),  # what is not understood leaves the column there
    (
        _pattern(
            rf"ALTER\s+(?:INDEX|CHECK|CONSTRAINT)\s+{PART}\s+(?:NOT|VISIBLE|INVISIBLE|ENFORCED|IGNORED|DEFERRABLE"
            r"|INITIALLY|NO)\b"
        ),
        None,
        _ANY,
    ),
    (_pattern(r"ALTER\s+(?:DIST|SORT)(?:KEY|STYLE)\b|ALTER\s+(?:COMPOUND\s+)?SORTKEY\b"), None, _ANY),
    (_pattern(rf"ALTER\s+(?:COLUMN\s+)?(?:IF\s+EXISTS\s+)?(?P<name>{PART})\s+(?P<rest>.+)"), alter_column, _ANY),
    (_pattern(rf"SET\s+SCHEMA\s+(?P<new>{PART})\s*\Z"), _move, _ANY),
    (_pattern(rf"INHERIT\s+(?P<name>{NAME})\s*\Z"), _inherit, _ANY),
    (_pattern(rf"ATTACH\s+PARTITION\s+(?P<name>{NAME})(?=\s|\Z)"), _attach, _ANY),
    (_pattern(rf"DETACH\s+PARTITION\s+(?:IF\s+EXISTS\s+)?(?P<name>{NAME})(?=\s|\Z)"), _detach, _ANY),
    (_pattern(rf"(?:(?!COMMENT\b)\w.*\s)?COMMENT\s*=?\s*(?P<text>{TEXT})"), _note, _MYSQL),
    (
        _pattern(
            r"(?:ALGORITHM|ALLOCATE|ANALYZE|AUTO_ID_CACHE|AUTO_INCREMENT|AUTO_RANDOM_BASE|AVG_ROW_LENGTH|CACHE|CHARACTER"
            r"|CHARSET|CHECK|CHECKSUM|CLUSTER|COALESCE|COLLATE|COMPRESS|COMPRESSION|CONNECTION|CONVERT|DATA|DEALLOCATE"
            r"|DEFAULT|DELAY_KEY_WRITE|DISABLE|DISCARD|ENABLE|ENCRYPTION|ENFORCE|ENGINE|EXCHANGE|FLASHBACK|FORCE|IMPORT"
            r"|INDEX|INHERIT|INITRANS|INMEMORY|INSERT_METHOD|KEEP|KEY_BLOCK_SIZE|LOCK|LOGGING|MAX_ROWS|MERGE|MIN_ROWS"
            r"|MINIMIZE|MONITORING|MOVE|NO|NOCACHE|NOCHECK|NOCOMPRESS|NOLOGGING|NOMONITORING|NOPARALLEL|NOT|OF|OPTIMIZE"
            r"|OPTIONS|ORDER|OWNER|PACK_KEYS|PAGE_CHECKSUM|PAGE_COMPRESSED|PARALLEL|PARTITION|PARTITIONS|PASSWORD"
            r"|PCTFREE|PCTUSED|PRE_SPLIT_REGIONS|READ|REBUILD|REMOVE|REORGANIZE|REPAIR|REPLICA|RESET|RESULT_CACHE"
            r"|ROW|ROW_FORMAT|SECONDARY_LOAD|SECONDARY_UNLOAD|SET|SHARD_ROW_ID_BITS|SHRINK|SPLIT|STATS_AUTO_RECALC"
            r"|STATS_PERSISTENT|STATS_SAMPLE_PAGES|STORAGE|SWITCH|TABLESPACE|TRANSACTIONAL|TRUNCATE|TTL|TTL_ENABLE"
            r"|UNION|UNUSABLE|UPDATE|UPGRADE|VALIDATE|WITH|WITHOUT)(?![\w$])"
        ),
        None,
        _ANY,
    ),
    (_pattern(r"\Z"), None, _ANY),
)
"""What an action looks like, what it does (None = nothing that matters), and in which dialects; the first counts."""
