"""Fields of structs in the queries of scripts, written as PostgreSQL writes those of composite types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from .ddl_parse import Name

if TYPE_CHECKING:
    from .ddl_build import Builder


def fields_written_out(query: exp.Query, builder: Builder) -> None:
    """Make `address.phone` and `struct_extract(address, 'phone')` `(address).phone`: else a table is looked for."""
    for call in list(query.find_all(exp.StructExtract)):
        if call.expression.is_string:
            call.replace(_field(call.this, [exp.to_identifier(call.expression.name)]))
    structs = _structs(query, builder)
    if not structs:
        return
    sources = {source.alias_or_name.lower() for source in query.find_all(exp.Table, exp.Subquery, exp.CTE)}
    for column in list(query.find_all(exp.Column)):
        parts = [part for part in column.parts if isinstance(part, exp.Identifier)]
        names = [part.name.lower() for part in parts]
        at = int(len(parts) > 1 and names[0] in sources)
        if len(parts) > at + 1 and names[at] in structs and names[at + 1] not in sources:
            whole = exp.Column(this=parts[at].copy(), table=parts[0].copy() if at else None)
            column.replace(_field(whole, [part.copy() for part in parts[at + 1 :]]))


def _structs(query: exp.Query, builder: Builder) -> set[str]:
    """The columns of composite types in the tables that a query names, in lower case."""
    found = (builder.find(Name(table.name, table.db)) for table in query.find_all(exp.Table))
    columns = (column for draft in found if draft is not None for column in draft.columns)
    return {column.name.lower() for column in columns if builder.attributes(column.data_type)}


def _field(whole: exp.Expr, names: list[exp.Identifier]) -> exp.Expr:
    for name in names:
        whole = exp.Dot(this=exp.Paren(this=whole.copy()), expression=name)
    return whole
