"""A few rows of a table as texts, by one bounded query; who opens the connection makes it read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from tutela.engine.sampling import MAX_CELL, MAX_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tutela.engine.tables import Table

MAX_TEXT: Final = 64 * MAX_CELL
"""Characters of a cell that leave the database: a JSON cell is looked into."""


class DatabaseSampler:
    """Samples through a function that runs one query and gives its rows."""

    def __init__(self, execute: Callable[[str], Sequence[Sequence[object]]], dialect: str) -> None:
        self._execute = execute
        self._dialect = dialect

    def __call__(self, table: Table, columns: Sequence[str], rows: int) -> Mapping[str, Sequence[object]]:
        """The first rows of a table: no more cells, and of each cell no more characters, than are looked at."""
        found = self._execute(self.query(table, columns, rows))
        return {name: [row[number] for row in found] for number, name in enumerate(columns)}

    def query(self, table: Table, columns: Sequence[str], rows: int) -> str:
        """The query: every column as a text that is cut off, every name in quotes."""
        cells = [
            exp.Substring(
                this=exp.cast(exp.column(name, quoted=True), "text"),
                start=exp.Literal.number(1),
                length=exp.Literal.number(MAX_TEXT),
            )
            for name in columns
        ]
        source = exp.table_(table.name, db=table.schema or None, quoted=True)
        return exp.select(*cells).from_(source).limit(min(rows, MAX_ROWS)).sql(self._dialect)
