"""Where the name model may speak, and what it is told: columns of which the rules say nothing.

What a comment or a tag describes, what a rule has turned away by its own words, and what the database itself keeps up
(row versions, generated stamps) is not asked about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .clinical import is_settled
from .column_types import BOOKKEPT, fits, is_number
from .name_model import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .classifier import Classified
    from .marks import Reading
    from .name_model import Context, NameModel
    from .surroundings import Surroundings
    from .tables import Column, Table

_REMEMBERED: Final = 1 << 10
_SHORTEST: Final = 3
"""Names of fewer letters say nothing: only the table would speak."""
_HEALTH: Final = "personal.health"
_FIGURES: Final = (
    _HEALTH,
    "personal.financial",
    "personal.transaction",
    "personal.contact.phone",
    "personal.contact.fax",
    "personal.contact.postcode",
    "personal.government_id",
    "personal.location.precise",
    "personal.demographic.age",
    "personal.family",
    "personal.occupation",
)
_PHONE: Final = "personal.contact.phone"
_ADDRESS: Final = "personal.contact.address"
_NAME: Final = "personal.name"
_WHOSE: Final = ("personal.name", "personal.demographic")
_COUNTED: Final = frozenset({"line", "lot", "serial", "page", "row", "item", "sheet", "version", "seat"})
_WRITTEN: Final = frozenset({"note", "notes", "document", "date", "time"})
_NO_KEYS: Final = frozenset({"covid", "steroid", "opioid", "thyroid", "fluid", "lipid", "acid", "typhoid"})
"""Words of illness and treatment that end as keys do: `vitalid`."""
_NUMBERS: Final = frozenset({"no", "num", "number", "nbr", "code", "cd", "date", "dt", "id", "amount", "amt", "count"})
_STAMPS: Final = ("datetime", "timestamp")
"""Names of what one database keeps as a stamp and another one as a number."""
_NAMES_OF_FILES: Final = ("docname", "filename")
_MARKS: Final = (
    "thing", "organisation", "staff", "clinical", "patient", "linked", "address", "pinyin", "talk", "card", "identity",
    "exams", "addresses", "listing", "posts", "registered", "body", "secrets",
)  # fmt: skip
_MARKED: Final = 0.7
_SHARED: Final = 2.0
"""What a table that is all personal data weighs, beside a mark."""


def silent_places(found: Iterable[Classified], around: Surroundings) -> list[int]:
    """The places of columns of which nothing is said, and that may be asked about.

    What the rules know by its name, but do not take for personal here, is asked about where rows are somebody's.
    """
    somebody = around.person or around.linked or around.patient
    return [
        place
        for place, (entry, reading) in enumerate(zip(found, around.readings, strict=True))
        if not (entry.category or entry.column.comment or entry.column.tag or reading.turned)
        and (somebody or not entry.evidence)
        and len(entry.column.name) >= _SHORTEST
        and not BOOKKEPT.search(entry.column.data_type)
        and not entry.column.name.lower().endswith(_STAMPS)
    ]


def marks_of(around: Surroundings, found: Sequence[Classified], place: int) -> list[tuple[str, float]]:
    """What the rules know of a table, as the model is told it about one of its columns."""
    marks = [name for name in _MARKS if getattr(around, name)]
    if around.person:
        marks.append(f"person {around.person}")
    marks += [name for name in ("paid", "career") if getattr(around, name)]
    others = [str(entry.category) for at, entry in enumerate(found) if at != place]
    whole = max(1, len(others))
    personal = sum(category.startswith(("personal", "free_text")) for category in others)
    health = sum(category.startswith("personal.health") for category in others)
    return [
        *((mark, _MARKED) for mark in marks),
        ("personal", _SHARED * personal / whole),
        ("health", _SHARED * health / whole),
    ]


class Guesser:
    """Asks the model about columns of tables; what it says of tables that are alike to it is remembered."""

    def __init__(self, model: NameModel, words: Mapping[str, frozenset[str]]) -> None:
        self._model = model
        self._administrative = words["administrative_words"]
        self._nobodys = self._administrative | words["technical_words"]
        self._things = words["other_owners"] - words["subject_words"]
        self._contexts: dict[tuple[object, ...], Context] = {}
        """By all that it sees of a table: its name, those of its columns, as it reads them, and its marks."""

    def guesses(
        self, table: Table, around: Surroundings, found: Sequence[Classified]
    ) -> Iterator[tuple[int, tuple[str, float, str]]]:
        """Of the columns of a table those that the model is sure of: category, confidence and evidence."""
        places = silent_places(found, around)
        if not places:
            return
        context = self._context(table, marks_of(around, found, places[0]))
        for place in places:
            column = table.columns[place]
            guess = context.guess(column.name, column.data_type)
            if guess and self._believed(guess[0], column, around.readings[place], around):
                category, confidence, parts = guess
                yield place, (category, confidence, f"model: {', '.join(parts)} in `{column.name}`")

    def _believed(self, category: str, column: Column, reading: Reading, around: Surroundings) -> bool:
        """Tell whether a guess fits the type of a column, and one of health a table of illness or treatment."""
        if self._nobodys.issuperset(reading.words):
            return False
        if _is_other(category, reading.words) or (
            category.startswith(_NAME)
            and reading.words[-1:] == ("name",)
            and not self._things.isdisjoint(reading.words[-2:-1])
        ):
            return False
        if category.startswith(_HEALTH):
            if around.staff or around.claims or not (around.clinical or around.patient):
                return False
            if is_settled(reading.words) or not self._administrative.isdisjoint(reading.words):
                return False
        figure = is_number(column.data_type) and not category.startswith(_FIGURES)
        return not figure and fits(category, column.data_type, reading.words, described=False)

    def _context(self, table: Table, marks: list[tuple[str, float]]) -> Context:
        seen = (plain(table.name), *[plain(column.name) for column in table.columns], *marks)
        found = self._contexts.get(seen)
        if found is None:
            if len(self._contexts) >= _REMEMBERED:
                self._contexts.clear()
            names = tuple(column.name for column in table.columns)
            found = self._contexts[seen] = self._model.table(table.name, names, marks)
        return found


def _is_other(category: str, words: tuple[str, ...]) -> bool:
    """Tell whether a name's own words speak against a guess: a number of lines, a period, the name of a document."""
    last = words[-1] if words else ""
    if category.startswith(_PHONE):
        return not _COUNTED.isdisjoint(words)
    if category.startswith(_HEALTH):
        return _WRITTEN.issuperset(words) or (last.endswith("id") and last not in _NO_KEYS)
    if category == _ADDRESS:
        return words[-1:] == ("code",)
    if category.startswith(_NAME) and last in _NUMBERS:
        return True
    if category.startswith(_WHOSE):
        return "period" in words or last.endswith(_NAMES_OF_FILES)
    return False
