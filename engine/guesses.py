"""Where the name model may speak: columns whose names the vocabulary does not know at all.

What a rule has turned down, what a comment, a tag or a type describes, keys and technical columns are not asked about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .column_types import BOOKKEPT, is_key
from .name_model import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .classifier import Classified
    from .marks import Reading
    from .name_model import Context, NameModel
    from .tables import Column, Table

_REMEMBERED: Final = 1 << 10
_SHORTEST: Final = 3
"""Names of fewer letters say nothing: only the table would speak."""


def is_unknown(column: Column, reading: Reading, technical: frozenset[str]) -> bool:
    """Tell whether no word of a name is known, and nothing else says what the column holds."""
    return len(column.name) >= _SHORTEST and not (
        column.comment
        or column.domain
        or reading.marks
        or reading.turned
        or reading.plain
        or not {*reading.words}.isdisjoint(technical)
        or is_key(column.data_type, reading.words)
        or BOOKKEPT.search(column.data_type)
    )


def silent_places(found: Iterable[Classified], readings: Iterable[Reading], technical: frozenset[str]) -> list[int]:
    """The places of columns of which the rules know nothing, neither for a person nor against."""
    return [
        place
        for place, (entry, reading) in enumerate(zip(found, readings, strict=True))
        if not (entry.category or entry.evidence) and is_unknown(entry.column, reading, technical)
    ]


class Guesser:
    """Asks the model about columns of tables; what it says of tables that are alike to it is remembered."""

    def __init__(self, model: NameModel) -> None:
        self._model = model
        self._contexts: dict[tuple[str, ...], Context] = {}
        """By all that it sees of a table: its name and those of its columns, as it reads them."""

    def guesses(self, table: Table, places: Sequence[int]) -> Iterator[tuple[int, tuple[str, float, str]]]:
        """Of some columns of a table those that the model is sure of: category, confidence and evidence."""
        if not places:
            return
        context = self._context(table)
        for place in places:
            column = table.columns[place]
            if guess := context.guess(column.name, column.data_type):
                category, confidence, parts = guess
                yield place, (category, confidence, f"model: {', '.join(parts)} in `{column.name}`")

    def _context(self, table: Table) -> Context:
        seen = (plain(table.name), *[plain(column.name) for column in table.columns])
        found = self._contexts.get(seen)
        if found is None:
            if len(self._contexts) >= _REMEMBERED:
                self._contexts.clear()
            names = tuple(column.name for column in table.columns)
            found = self._contexts[seen] = self._model.table(table.name, names)
        return found
