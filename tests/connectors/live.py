"""What the tests of live databases share: a schema as lines that a person can read and compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tutela.engine.tables import Column, Schema

CASES = Path(__file__).with_name("cases") / "live"


def expected(name: str) -> str:
    """What a catalog of the cases is read as."""
    return (CASES / f"{name}.txt").read_text(encoding="utf-8")


def script(name: str) -> str:
    """The statements that make a catalog of the cases."""
    return (CASES / f"{name}.sql").read_text(encoding="utf-8")


def lines_of(schema: Schema) -> str:
    """A schema as text: tables with their columns, partitions, grants, and what could not be seen."""
    return "\n".join(_lines(schema)) + "\n"


def _lines(schema: Schema) -> Iterator[str]:
    for table in schema.tables:
        yield f"{table.kind} {table.path}" + (f"  -- {table.comment}" if table.comment else "")
        if table.sql:
            yield f"  = {' '.join(table.sql.split())}"
        yield from (f"  {_column(column)}" for column in table.columns)
    yield from (f"partition {child} of {parent}" for child, parent in schema.partitions)
    yield from (f"heir {child} of {parent}" for child, parent in schema.heirs)
    for grant in schema.grants:
        what = f"role {grant.role}" if grant.role else f"{', '.join(grant.privileges)} on {grant.dataset}"
        yield f"grant {what} to {grant.grantee}"
    yield from (f"unseen {unparsed.message}" for unparsed in schema.unparsed)


def _column(column: Column) -> str:
    parts = [
        f"{column.name} {column.data_type}".rstrip(),
        "" if column.nullable else "not null",
        "key" if column.primary_key else "",
        "identity" if column.identity else "",
        f"default {column.default}" if column.default and not column.identity else "",
        f"generated {column.generated}" if column.generated else "",
        f"-> {column.references}" if column.references else "",
    ]
    text = ", ".join(part for part in parts if part)
    return text + (f"  -- {column.comment}" if column.comment else "")
