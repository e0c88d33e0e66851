"""The questions of a log: its events by everything that a decision can depend on but time and rows.

The shape of a statement stands for its text where that is enough. What happened is added up for each question and each
value of `atoms` (what is true of rows and hours), so that most events are never looked at one by one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tutela.engine.statements import MAX_CACHE

from .event_numbers import JUDGED
from .event_table import ASKED, SAID, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .accesses import Accesses
    from .event_table import Database


_KEYS: Final = ("asked", "tags", *ASKED)
"""What a question is: what stands for the statement, what its comments state, and the rest."""


class Question(NamedTuple):
    """The events that ask the same: when the first and the last happened, how many there are, what they say."""

    number: int
    first: datetime
    last: datetime
    size: int
    said: tuple[Any, ...]
    """The values of `SAID`; of the statements of one shape, one stands for all."""


def add_up(database: Database, atoms: str, as_of: str) -> None:
    """Make `added_up`: the events by text and atoms; these and `as_of` (the instant of events without one) are SQL."""
    database.create(
        "added_up",
        f"SELECT text, {atoms} AS atoms, min(instant) AS first, max(instant) AS last, count(*) AS size,"
        " count(logged_at) AS timed, count(row_count) AS known, min(row_count) AS least, max(row_count) AS most,"
        " sum(row_count) AS amount FROM (SELECT text, instant AS logged_at, row_count,"
        f" coalesce(instant, {as_of}) AS instant FROM occurred) AS e GROUP BY text, {atoms}",
    )


def group_events(database: Database, accesses: Accesses) -> None:
    """Make `parcels` (the events of a question that have the same atoms, added up), `asked_by` and `questions`."""
    _find_shapes(database, accesses)
    keys = ", ".join(_KEYS)
    database.create(
        "questions",
        f"SELECT row_number() OVER (ORDER BY first, {keys}) AS question, * FROM (SELECT {keys}, any_value(sql) AS sql,"
        " min(first) AS first, max(last) AS last, CAST(sum(size) AS BIGINT) AS size"
        f" FROM shaped AS s JOIN added_up AS a ON s.text = a.text GROUP BY {keys}) AS q",
    )
    same = " AND ".join(f"s.{name} = q.{name}" for name in _KEYS)
    database.create("asked_by", f"SELECT s.text, q.question FROM shaped AS s JOIN questions AS q ON {same}")
    database.create(
        "parcels",
        "SELECT b.question, a.atoms, min(a.first) AS first, max(a.last) AS last, CAST(sum(a.size) AS BIGINT) AS size,"
        " CAST(sum(a.timed) AS BIGINT) AS timed, CAST(sum(a.known) AS BIGINT) AS known, min(a.least) AS least,"
        " max(a.most) AS most, sum(a.amount) AS amount"
        " FROM added_up AS a JOIN asked_by AS b ON a.text = b.text GROUP BY b.question, a.atoms",
    )


def _find_shapes(database: Database, accesses: Accesses) -> None:
    """Make `shaped`: the texts with what stands for their statement in a question.

    That is a shape, the same for all shapes that touch the same; where its values matter, the statement.
    """
    first: dict[tuple[object, ...], str] = {}
    rows: list[Row] = []
    for shape, place, sql in _samples(database, "texts"):
        touched = accesses.analyser_in(place).shape(sql) if shape != sql else None
        if touched is not None:
            rows.append(Row(shape=shape, database=place, asked=first.setdefault((place, touched), shape)))
    database.table("alike", dict.fromkeys(("shape", "database", "asked"), "VARCHAR"), rows)
    database.create(
        "shaped",
        "SELECT t.*, coalesce(a.asked, t.sql) AS asked FROM texts AS t"
        " LEFT JOIN alike AS a ON t.shape = a.shape AND t.database = a.database",
    )


def look_ahead(database: Database, accesses: Accesses) -> None:
    """Analyse the shapes of a file's statements while it is read on: they are remembered, nothing else is changed."""
    statements = islice(_samples(database, f"file_texts WHERE {JUDGED}"), MAX_CACHE)
    look_at(((place, sql) for shape, place, sql in statements if shape != sql), accesses)


def look_at(statements: Iterable[tuple[str, str]], accesses: Accesses) -> None:
    """Analyse the shapes of some statements in their databases."""
    for place, sql in statements:
        accesses.analyser_in(place).shape(sql)


def _samples(database: Database, texts: str) -> Iterator[tuple[str, str, str]]:
    """Each shape of a statement in a database, with one text of it."""
    return database.rows(f"SELECT shape, database, any_value(sql) AS sql FROM {texts} GROUP BY shape, database")


def questions(database: Database, tell: Callable[[int, int], None]) -> Iterator[Question]:
    """What is to be decided."""
    names = ", ".join(("question", "first", "last", "size", "asked", "tags", *SAID))
    found = list(database.rows(f"SELECT {names} FROM questions ORDER BY question"))
    texts: dict[tuple[str, str], str] = {}
    for at, (number, first, last, size, shape, tags, sql, *asked) in enumerate(found):
        tell(at, len(found))
        # One text stands for all of a shape that state the same: it need not be looked at again.
        said = (texts.setdefault((shape, tags), sql), *asked)
        yield Question(number, first.replace(tzinfo=UTC), last.replace(tzinfo=UTC), size, said)
