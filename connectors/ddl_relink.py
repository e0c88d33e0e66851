"""Tables that get another name, and the queries of views and copies that go on reading them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from .ddl_draft import Session
from .ddl_parse import Name, NotUnderstood, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from .ddl_build import Builder
    from .ddl_draft import Draft

FOLLOWED: Final = frozenset({"", "postgres", "sqlite", "duckdb"})
"""Dialects in which a view goes on reading a table that gets another name; elsewhere it breaks."""
_USUAL: Final = {"postgres": "public", "tsql": "dbo"}
"""The schema of names without one, as the tables of a live database have it."""


def follow(builder: Builder, names: dict[int, Name]) -> None:
    """Let all queries read the same tables under the names that these get; `names` is by the identity of a draft."""
    here = builder.session
    known = {draft.name.name.lower() for draft in builder.drafts if id(draft) in names}
    for other in builder.drafts:
        if other.sql and any(name in other.sql.lower() for name in known):
            builder.session = other.session
            other.sql = _relinked(other.sql, builder.dialect, lambda table: names.get(id(_read(table, builder))))
    builder.session = here


def tell_apart(builder: Builder) -> None:
    """Tables of one name in several databases get that of their database, too: they are not the same table."""
    found: dict[str, list[Draft]] = {}
    for draft in builder.drafts:
        schema = draft.full.schema or _USUAL.get(builder.dialect, "")
        found.setdefault(f"{schema}.{draft.name.name}".lower(), []).append(draft)
    names: dict[int, Name] = {}
    for drafts in found.values():
        for draft in drafts if _several(drafts) else ():
            schema = draft.full.schema or _USUAL.get(builder.dialect, "")
            parts = (draft.session.database, schema) if draft.session.database else ("", draft.name.schema)
            names[id(draft)] = Name(draft.name.name, ".".join(filter(None, parts)))
    if not names:
        return
    follow(builder, names)
    here = builder.session
    for other in builder.drafts:
        builder.session = other.session
        for column, link in other.links.items():
            other.links[column] = link._replace(table=names.get(id(builder.find(link.table)), link.table))
    builder.session = here
    for draft in builder.drafts:
        draft.name = names.get(id(draft), draft.name)


def _several(drafts: list[Draft]) -> bool:
    """Whether tables are of several databases; one that a file does not name is another one only within that file."""
    places = {(draft.location.file, draft.session.database) for draft in drafts}
    named = {database for _, database in places if database}
    return len(named) > 1 or len(places) > len({file for file, _ in places})


def _read(table: exp.Table, builder: Builder) -> Draft | None:
    """The table that a query reads under this name, in the session of the query."""
    here = builder.session
    if table.catalog:
        builder.session = Session(table.catalog.lower())
    draft = builder.find(Name(table.name, table.db))
    builder.session = here
    return draft


def _relinked(sql: str, dialect: str, renamed: Callable[[exp.Table], Name | None]) -> str:
    """The query with other names of tables, the old ones as aliases; one that is not understood stays as it is."""
    try:
        tree = parse(sql, dialect)
    except NotUnderstood:
        return sql
    named = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    changed: set[str] = set()
    for table in list(tree.find_all(exp.Table)):
        if not isinstance(table.this, exp.Identifier) or (not table.db and table.name.lower() in named):
            continue
        if new := renamed(table):
            changed.add(table.name.lower())
            if not table.alias:
                table.set("alias", exp.TableAlias(this=table.this.copy()))
            table.set("this", exp.to_identifier(new.name, quoted=True))
            table.set("db", exp.to_identifier(new.schema, quoted=True) if new.schema else None)
            table.set("catalog", None)
    for column in tree.find_all(exp.Column):
        if column.table.lower() in changed:
            column.set("db", None)
            column.set("catalog", None)
    return tree.sql(dialect) if changed else sql
