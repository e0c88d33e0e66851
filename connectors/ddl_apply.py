"""What each kind of DDL statement does to the tables of a schema."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlglot import exp

from .ddl_alter import alter_table
from .ddl_change import APPLY, KINDS
from .ddl_comments import comment, extended_property
from .ddl_draft import Draft
from .ddl_names import NAME
from .ddl_parse import (
    MAX_DEPTH,
    Definition,
    Name,
    NotUnderstood,
    definitions,
    key_columns,
    links,
    name_offset,
    parse,
    parses,
    string_of,
    table_name,
)
from .ddl_query import outputs, pass_on
from .ddl_relax import relaxed, without_storage
from .ddl_split import CREATE_TABLE, blank_comments
from .ddl_structs import fields_written_out
from .ddl_types import table_of_type

if TYPE_CHECKING:
    from .ddl_build import Builder
    from .ddl_draft import Places
    from .ddl_split import Statement

_VIEW: Final = re.compile(
    r"CREATE (?:OR (?:REPLACE|ALTER) )?(?:ALGORITHM ?= ?\w+ )?(?:DEFINER ?= ?\S+ )?(?:SQL SECURITY \w+ )?"
    r"(?:(?:NO )?FORCE |(?:NON)?EDITIONABLE |TEMP |TEMPORARY |RECURSIVE |MATERIALIZED ){0,3}VIEW\b",
)
_VIEW_AGAIN: Final = re.compile(
    r"ALTER (?:ALGORITHM ?= ?\w+ )?(?:DEFINER ?= ?\S+ )?(?:SQL SECURITY \w+ )?VIEW .{1,500}? AS\b"
)
_COMMENT: Final = re.compile(r"COMMENT ON (?:TABLE|COLUMN|VIEW|MATERIALIZED VIEW|FOREIGN TABLE)\b")
_PROPERTY: Final = re.compile(
    r"(?:EXEC|EXECUTE|(?:BEGIN|IF) (?:(?!\b(?:CREATE|ALTER)\b).){0,500}?\bEXEC(?:UTE)?) .{0,40}"
    r"\bSP_(?:ADD|UPDATE)EXTENDEDPROPERTY\b"
)
_KINDS: Final = (
    *KINDS,
    ("table", CREATE_TABLE),
    ("alter", re.compile(r"ALTER (?:FOREIGN |EXTERNAL )?TABLE\b")),
    ("alter view", re.compile(r"ALTER (?:MATERIALIZED )?VIEW .{1,300} (?:RENAME|SET SCHEMA) ")),
    ("view", _VIEW),
    ("view again", _VIEW_AGAIN),
    ("import", re.compile(r"IMPORT (?:FOREIGN SCHEMA|DATABASE)\b")),
    ("comment", _COMMENT),
    ("property", _PROPERTY),
)
_INTO: Final = re.compile(r"\b(?P<rows>(?:INSERT|MERGE)\s+)?INTO\s+(?!@|OUTFILE|DUMPFILE)", re.IGNORECASE)
_NO_ROWID: Final = re.compile(r"\bWITHOUT\s+ROWID\b", re.IGNORECASE)
_SCHEMA_NAME: Final = re.compile(
    r"CREATE\s+SCHEMA\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:AUTHORIZATION\s+)?[\"\[`]?([\w$]+)", re.IGNORECASE
)
_VIEW_END: Final = re.compile(
    r"\s+WITH\s+(?:(?:NO\s+)?DATA|(?:(?:CASCADED|LOCAL)\s+)?CHECK\s+OPTION|READ\s+ONLY)\s*\Z", re.IGNORECASE
)
_EMPTY: Final = re.compile(
    rf"\bTABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{NAME}(?![\w$#@])\s*(?:\(\s*\)|AS\s+(?:EDGE|NODE)\b)", re.IGNORECASE
)
"""A table without columns of its own: of PostgreSQL, until some are added, and SQL Server's edges of a graph."""
_DISTRIBUTED: Final = re.compile(
    rf"CREATE\s+TABLE\s+{NAME}(?![\w$#@])\s*(?P<options>WITH\s*\((?:[^()']|\([^()]*\)){{0,2000}}\))\s*AS\b",
    re.IGNORECASE,
)
"""How SQL Server's warehouse keeps the table that a query makes."""
_REFRESHED: Final = re.compile(
    rf"CREATE\s+MATERIALIZED\s+VIEW\s+{NAME}(?![\w$#@])\s*(?:\([^()]*\)\s*)?"
    r"(?P<options>(?:BUILD|REFRESH|NEVER|ON|(?:EN|DIS)ABLE|USING|(?:NO)?CACHE|(?:NO)?LOGGING|(?:NO)?PARALLEL|(?:NO)?COMPRESS"
    r"|PCTFREE|PCTUSED|INITRANS|MAXTRANS|STORAGE|SEGMENT|ORGANIZATION|TABLESPACE)\b.{0,4000}?)\bAS\s*+(?=\(*+\s*+(?:SELECT|WITH)\b)",
    re.IGNORECASE | re.DOTALL,
)
"""How Oracle keeps a materialised view: nothing about its columns."""
_DEFINER: Final = re.compile(
    r"\b(?:ALGORITHM\s*=\s*\w+|DEFINER\s*=\s*\S+|SQL\s+SECURITY\s+\w+"
    r"|(?:(?:NO\s+)?FORCE|(?:NON)?EDITIONABLE)(?=\s+(?:(?:NON)?EDITIONABLE\s+)?VIEW\b))",
    re.IGNORECASE,
)


class Context(NamedTuple):
    """What applying a statement needs besides it."""

    builder: Builder
    places: Places
    dialect: str


def handler(head: str, dialect: str) -> str:
    """Which kind of statement this is, by its head; empty when it does not matter to the schema."""
    if head.startswith(("SELECT ", "WITH ")) and "SET_CONFIG" not in head:
        return "into" if dialect in {"tsql", "postgres"} else ""
    return next((kind for kind, pattern in _KINDS if pattern.match(head)), "")


def apply(statement: Statement, kind: str, context: Context) -> None:
    """Apply one statement; raises NotUnderstood when it cannot be."""
    _APPLY[kind](statement, context)


def _table(statement: Statement, context: Context) -> None:
    if table_of_type(statement, context):
        return
    tree = _create(statement, context.dialect)
    draft = _draft(tree, statement, context)
    known = context.builder.own(draft.name) if context.builder.ordered else None
    if known and not known.altered and tree.args.get("exists"):
        return  # IF NOT EXISTS: in a history it is there already
    if tree.args.get("replace"):
        context.builder.drop(draft.name, context.places.file)
    if not _fill(draft, tree, statement, context):
        return
    _query(draft, tree, context)
    if not draft.columns and not _EMPTY.search(blank_comments(statement.text, context.dialect)):
        raise NotUnderstood("no column could be found")
    if known and known.altered:
        context.builder.define(known, draft)
    context.builder.add(draft)


def _fill(draft: Draft, tree: exp.Create, statement: Statement, context: Context) -> bool:
    """Give a table the columns of its definition and of the tables it comes from; False for a mere partition."""
    parents = [Name(table.name, table.db) for table in _sources(tree)]
    if isinstance(tree.this, exp.Schema):
        known = context.builder.parents(parents)
        if known is None:
            raise NotUnderstood("the columns come from a table that is not known")
        heir = tree.find(exp.InheritsProperty) is not None  # which has no key of its parents
        for column in (column for parent in known for column in parent.columns):
            draft.put(replace(column, primary_key=False) if heir else column)
        own = len(draft.columns)
        _define(draft, tree.this.expressions, statement, context)
        more = len(draft.columns) > own
        return not heir or _inherits(draft, known, context, more=more)
    if partition := tree.find(exp.PartitionedOfProperty):
        parent = partition.this
        context.builder.partitions.append((draft.name.name, parent.name if isinstance(parent, exp.Table) else ""))
        return False
    for parent in (context.builder.parents(parents) or _unknown()) if parents else ():
        draft.columns += parent.columns
    return True


def _inherits(draft: Draft, parents: list[Draft], context: Context, *, more: bool) -> bool:
    """A table with more columns than its parents gets what they get later; one without is a mere partition."""
    if not more:
        context.builder.partitions.append((draft.name.name, parents[0].name.name))
        return False
    for parent in parents:
        parent.heirs.append(draft)
    return True


def _create(statement: Statement, dialect: str) -> exp.Create:
    """The definition of a table; what sqlglot refuses as a whole is tried without options and constraints."""
    text = _without(_DISTRIBUTED, statement.text, dialect) if dialect == "tsql" else statement.text
    text = without_storage(text) if dialect == "oracle" else text
    try:
        tree = parse(text, dialect, statement.depth)
    except NotUnderstood:
        less = None if statement.depth > MAX_DEPTH else relaxed(text, lambda part: parses(part, dialect), dialect)
        if less is None:
            raise
        tree = parse(less, dialect, statement.depth)
    if not isinstance(tree, exp.Create) or tree.kind != "TABLE":
        raise NotUnderstood("not a table definition")
    return tree


def _without(pattern: re.Pattern[str], text: str, dialect: str) -> str:
    """The text of a statement with spaces in place of the options that a pattern finds at its start."""
    bare = blank_comments(text, dialect)
    found = pattern.match(bare)
    if found is None:
        return text
    begin, end = found.span("options")
    return bare[:begin] + re.sub(r"\S", " ", bare[begin:end]) + bare[end:]


def _unknown() -> list[Draft]:
    raise NotUnderstood("the columns come from a table that is not known")


def _draft(tree: exp.Create, statement: Statement, context: Context) -> Draft:
    name = table_name(tree.this)
    if not name.schema and statement.schema and (found := _SCHEMA_NAME.match(statement.schema)):
        name = Name(name.name, found[1])
    location = context.places.at(statement.offset + name_offset(tree.this))
    note = tree.find(exp.SchemaCommentProperty)
    return Draft(name=name, location=location, comment=string_of(note.this) if note else "")


def _sources(tree: exp.Create) -> list[exp.Table]:
    """The tables of LIKE and INHERITS."""
    found: list[exp.Table] = []
    for node in tree.find_all(exp.LikeProperty, exp.InheritsProperty):
        nodes = [node.this] if isinstance(node, exp.LikeProperty) else node.expressions
        found += [table for table in nodes if isinstance(table, exp.Table)]
    return found


def _define(draft: Draft, nodes: list[exp.Expr], statement: Statement, context: Context) -> None:
    for column in definitions(nodes, context.dialect):
        draft.add(column, context.places.at(statement.offset + column.offset))
    draft.key(key_columns(node for node in nodes if not isinstance(node, exp.ColumnDef)))
    draft.links.update((column.lower(), link) for column, link in links(nodes) if draft.index(column) is not None)
    if context.dialect == "sqlite" and not _NO_ROWID.search(statement.text):
        draft.count_rows()


def _query(draft: Draft, tree: exp.Create, context: Context) -> None:
    """Add the columns that a query gives, and keep the query."""
    query = tree.expression
    if not isinstance(query, exp.Query):
        return
    _outputs(draft, query, context)


def _outputs(draft: Draft, query: exp.Query, context: Context) -> None:
    fields_written_out(query, context.builder)
    draft.sql = query.sql(context.dialect)
    named = draft.columns and (draft.kind == "view" or not any(column.data_type for column in draft.columns))
    for name in () if named else outputs(query, context.builder):
        if draft.index(name) is None:
            draft.add(Definition(name, 0), draft.location)
    pass_on(draft, query, context.builder)


def _view(statement: Statement, context: Context) -> None:
    text = _VIEW_END.sub("", _DEFINER.sub(lambda match: " " * len(match[0]), statement.text))
    tree = parse(_without(_REFRESHED, text, context.dialect), context.dialect, statement.depth)
    if not isinstance(tree, exp.Create) or not isinstance(tree.expression, exp.Query):
        raise NotUnderstood("not a view definition")
    draft = _draft(tree, statement, context)
    draft.kind = "view"
    draft.materialized = tree.find(exp.MaterializedProperty) is not None
    if isinstance(tree.this, exp.Schema):
        _define(draft, tree.this.expressions, statement, context)
    _query(draft, tree, context)
    context.builder.add(draft)


def _view_again(statement: Statement, context: Context) -> None:
    """ALTER VIEW ... AS: the view has another query from now on."""
    text = re.sub(r"ALTER", "CREATE", statement.text, count=1, flags=re.IGNORECASE)
    _view(statement._replace(text=text, offset=max(0, statement.offset - 1)), context)


def _import(_statement: Statement, _context: Context) -> None:
    raise NotUnderstood("tables that are imported from elsewhere are not read")


def _into(statement: Statement, context: Context) -> None:
    """`SELECT ... INTO t` makes a table in T-SQL and PostgreSQL."""
    if all(match["rows"] for match in _INTO.finditer(statement.text)):
        context.builder.skip(statement.head)
        return
    tree = parse(statement.text, context.dialect, statement.depth)
    into = tree.find(exp.Into)
    if not isinstance(tree, exp.Query) or not isinstance(into, exp.Into):
        context.builder.skip(statement.head)
        return
    draft = Draft(name=table_name(into.this), location=context.places.at(statement.offset))
    _outputs(draft, tree, context)
    context.builder.add(draft)


def _alter(statement: Statement, context: Context) -> None:
    alter_table(statement, context.builder, context.places, context.dialect)


def _alter_view(statement: Statement, context: Context) -> None:
    """A view is renamed and moved as a table is."""
    text = re.sub(r"\b(?:MATERIALIZED\s+)?VIEW\b", "TABLE", statement.text, count=1, flags=re.IGNORECASE)
    alter_table(statement._replace(text=text), context.builder, context.places, context.dialect)


_APPLY: Final = {
    "table": _table,
    "alter": _alter,
    "view": _view,
    "view again": _view_again,
    "import": _import,
    "comment": comment,
    "property": extended_property,
    "alter view": _alter_view,
    "into": _into,
    **APPLY,
}
