"""Events as numbers: every distinct text of a log gets one, so that what looks at each event compares no texts.

`texts` holds what events say, each combination once; `occurred` holds the events: number, instant, rows, and which
text. A file of columns lists its distinct texts in a fraction of the time that reading its rows takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tutela.engine.stated import TAG, WORDS
from tutela.engine.statements_shapes import BEGINS, COMMENT, MARK, NOTE, PLAIN, TOKEN, UNSURE

from .event_table import SAID, literal

if TYPE_CHECKING:
    from .event_table import Database

JUDGED: Final = "NOT odd AND result <> 'denied'"
"""Which texts of a file are those of events that are judged."""
DIGEST: Final = "hash({}) >> 2"
"""What the number of a file's text is made of: to work it out costs less than to look the text up among the others."""
FURTHER: Final = 1 << 62
"""Texts that come beside those of a file have numbers after them."""
_OF_FILE: Final = ("result", *SAID)
_QUOTES: Final = "['\"`]"


def list_texts(database: Database, records: str, odd: str) -> None:
    """Make `file_texts` of the records of a file: `odd` is a condition under which texts and result are not plain.

    A text that is NULL somewhere is not plain either.
    """
    missing = " OR ".join(f"t.{name} IS NULL" for name in _OF_FILE)
    _list_said(database, "file", records, _OF_FILE)
    digest = _digest(database, "file_said")
    ((apart,),) = database.rows(f"SELECT count(*) = count(DISTINCT {digest}) AS apart FROM file_said")
    number = digest if apart else "row_number() OVER ()"
    _list_texts(database, "file", number, f", {missing} OR coalesce({odd}, TRUE) AS odd")


def number_records(database: Database, records: str) -> int:
    """Make `file_occurred` of the records of a file, and say how many have to be read otherwise.

    `records` has `number`, the texts, `result`, `instant`, `row_count` and `plain`: whether time and rows are what they
    seem. `others` gets the numbers of those for which they, or the texts, are not.
    """
    rows = "e.number, e.instant, e.row_count, coalesce(e.plain, FALSE) AS plain"
    digest = _digest(database, "file_texts")
    ((counted,),) = database.rows(f"SELECT count(*) AS n FROM file_texts WHERE text <> {digest}")
    if counted:
        same = _same(database, "file_texts", _OF_FILE)
        numbered = f"SELECT {rows}, t.text FROM {records} AS e LEFT JOIN file_texts AS t ON {same}"
    else:
        numbered = f"SELECT {rows}, {digest} AS text FROM {records} AS e"
    database.create(
        "file_occurred",
        "SELECT e.number, e.instant, e.row_count, e.text, e.plain AND e.text IS NOT NULL AND o.text IS NULL AS plain"
        f" FROM ({numbered}) AS e"
        f" LEFT JOIN (SELECT text, odd FROM file_texts WHERE NOT ({JUDGED})) AS o ON e.text = o.text"
        " WHERE NOT coalesce(e.plain AND NOT o.odd, FALSE)",
    )
    database.create("others", "SELECT number FROM file_occurred WHERE NOT plain")
    ((count,),) = database.rows("SELECT count(*) AS n FROM others")
    return int(count)


def number_events(database: Database) -> None:
    """Make `texts` and `occurred` of the events that were loaded, and of those of a file, if there is one."""
    beside = database.loaded != "events"
    # In an order that is the same each time Spark works it out.
    number = f"{FURTHER if beside else 0} + row_number() OVER (ORDER BY {', '.join(f't.{name}' for name in SAID)})"
    _list_said(database, "loaded", database.loaded, SAID)
    _list_texts(database, "loaded", number)
    database.create(
        "loaded_occurred",
        f"SELECT e.number, e.instant, e.row_count, t.text FROM {database.loaded} AS e"
        f" JOIN loaded_texts AS t ON {_same(database, 'loaded_texts', SAID)}",
    )
    texts, occurred = (
        f"SELECT text, shape, tags, {', '.join(SAID)} FROM ",
        "SELECT number, instant, row_count, text FROM ",
    )
    if beside:
        texts += f"file_texts WHERE {JUDGED} UNION ALL {texts}"
        occurred += f"file_occurred WHERE plain UNION ALL {occurred}"
    database.view("texts", f"{texts}loaded_texts")
    database.view("occurred", f"{occurred}loaded_occurred")


def _list_said(database: Database, name: str, source: str, columns: tuple[str, ...]) -> None:
    """Make a table of what a relation says, each combination once."""
    database.create(f"{name}_said", f"SELECT DISTINCT {', '.join(columns)} FROM {source} AS e")


def _list_texts(database: Database, name: str, number: str, more: str = "") -> None:
    """Make a table of what was said, with numbers, the shape of each statement and what its comments state (`tags`)."""
    shape, tags = _shape(database.backreference), _tags(database.backreference)
    database.create(
        f"{name}_shapes",
        f"SELECT sql AS statement, {shape} AS shape, {tags} AS tags FROM (SELECT DISTINCT sql FROM {name}_said) AS t",
    )
    database.create(
        f"{name}_texts",
        f"SELECT {number} AS text,"
        f" s.shape, s.tags, t.*{more} FROM {name}_said AS t LEFT JOIN {name}_shapes AS s ON t.sql = s.statement",
    )


def _shape(backreference: str) -> str:
    """The shape of a statement, as `engine.statements_shapes` has it: values of one place are alike, comments, too."""
    bare = (
        f"CASE WHEN regexp_matches(sql, {literal(BEGINS)})"
        f" THEN regexp_replace(sql, {literal(PLAIN)}, {literal(backreference + NOTE)}, 'g') ELSE sql END"
    )
    return (
        f"CASE WHEN regexp_matches(sql, {literal(UNSURE)}) THEN sql"
        f" ELSE regexp_replace({bare}, {literal(TOKEN)}, {literal(backreference + MARK)}, 'g') END"
    )


def _tags(backreference: str) -> str:
    """What tells apart what statements of one shape state: the text itself where a quote is not closed."""
    # Where words, names and values are gone, a word that is left stands in a comment.
    bare, commented = (f"regexp_replace(sql, {literal(COMMENT)}, {literal(by)}, 'g')" for by in ("", backreference))
    return (
        f"CASE WHEN NOT regexp_matches(sql, {literal(WORDS)}) THEN ''"
        f" WHEN regexp_matches({bare}, {literal(_QUOTES)}) THEN sql"
        f" ELSE array_to_string(regexp_extract_all({commented}, {literal(TAG)}, 0), ' ') END"
    )


def _digest(database: Database, texts: str) -> str:
    """A number made of the columns in which texts differ; whether it tells them apart is to be seen."""
    differ = _differing(database, texts, _OF_FILE)
    return f"CAST({DIGEST.format(', '.join(differ))} AS BIGINT)" if differ else "CAST(0 AS BIGINT)"


def _same(database: Database, texts: str, names: tuple[str, ...]) -> str:
    """When an event (`e`) says a text (`t`)."""
    return " AND ".join(f"e.{name} = t.{name}" for name in _differing(database, texts, names)) or "TRUE"


def _differing(database: Database, texts: str, names: tuple[str, ...]) -> list[str]:
    """The columns in which not all texts are alike: the others need not be compared."""
    tests = ", ".join(f"count(*) = count({name}) AND min({name}) = max({name})" for name in names)
    ((*alike,),) = database.rows(f"SELECT {tests} FROM {texts} AS t")
    return [name for name, same in zip(names, alike, strict=True) if not same]
