"""Events as numbers: every distinct text of a log gets one, so that what looks at each event compares no texts.

`texts` holds what events say, each combination once; `occurred` holds the events: number, instant, rows, and which
text. A file of columns lists its distinct texts in a fraction of the time that reading its rows takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tutela.engine.statements_shapes import MARK, TOKEN, UNSURE

from .event_table import SAID, literal

if TYPE_CHECKING:
    from .event_table import Database

JUDGED: Final = "NOT odd AND result <> 'denied'"
"""Which texts of a file are those of events that are judged."""
FURTHER: Final = 1 << 40
"""Texts that come beside those of a file have numbers after them."""


def list_texts(database: Database, records: str, odd: str) -> None:
    """Make `file_texts` of the records of a file: `odd` is a condition under which texts and result are not plain."""
    _list_texts(database, "file", records, ("result", *SAID), "row_number() OVER ()", f", coalesce({odd}, TRUE) AS odd")


def number_records(database: Database, records: str) -> int:
    """Make `file_occurred` of the records of a file, and say how many have to be read otherwise.

    `records` has `number`, the texts, `result`, `instant`, `row_count` and `plain`: whether time and rows are what they
    seem. `others` gets the numbers of those for which they, or the texts, are not.
    """
    # A text that is NULL joins nothing, and so is read otherwise, too.
    database.create(
        "file_occurred",
        "SELECT e.number, e.instant, e.row_count, t.text, coalesce(e.plain AND NOT t.odd, FALSE) AS plain"
        f" FROM {records} AS e LEFT JOIN file_texts AS t ON {_same(database, 'file_texts', ('result', *SAID))}"
        " WHERE NOT coalesce(e.plain AND NOT t.odd AND t.result = 'denied', FALSE)",
    )
    database.create("others", "SELECT number FROM file_occurred WHERE NOT plain")
    ((count,),) = database.rows("SELECT count(*) AS n FROM others")
    return int(count)


def number_events(database: Database) -> None:
    """Make `texts` and `occurred` of the events that were loaded, and of those of a file, if there is one."""
    beside = database.loaded != "events"
    # In an order that is the same each time Spark works it out.
    number = f"{FURTHER if beside else 0} + row_number() OVER (ORDER BY {', '.join(f't.{name}' for name in SAID)})"
    _list_texts(database, "loaded", database.loaded, SAID, number)
    database.create(
        "loaded_occurred",
        f"SELECT e.number, e.instant, e.row_count, t.text FROM {database.loaded} AS e"
        f" JOIN loaded_texts AS t ON {_same(database, 'loaded_texts', SAID)}",
    )
    texts, occurred = f"SELECT text, shape, {', '.join(SAID)} FROM ", "SELECT number, instant, row_count, text FROM "
    if beside:
        texts += f"file_texts WHERE {JUDGED} UNION ALL {texts}"
        occurred += f"file_occurred WHERE plain UNION ALL {occurred}"
    database.view("texts", f"{texts}loaded_texts")
    database.view("occurred", f"{occurred}loaded_occurred")


def _list_texts(  # noqa: PLR0913 (of what, as what)
    database: Database, name: str, source: str, columns: tuple[str, ...], number: str, more: str = ""
) -> None:
    """Make a table of what a relation says, with the shape of each statement."""
    shape = (
        f"CASE WHEN regexp_matches(sql, {literal(UNSURE)}) THEN sql"
        f" ELSE regexp_replace(sql, {literal(TOKEN)}, {literal(database.backreference + MARK)}, 'g') END"
    )
    database.create(f"{name}_said", f"SELECT DISTINCT {', '.join(columns)} FROM {source} AS e")
    database.create(
        f"{name}_shapes", f"SELECT sql AS statement, {shape} AS shape FROM (SELECT DISTINCT sql FROM {name}_said) AS t"
    )
    database.create(
        f"{name}_texts",
        f"SELECT {number} AS text,"
        f" s.shape, t.*{more} FROM {name}_said AS t LEFT JOIN {name}_shapes AS s ON t.sql = s.statement",
    )


def _same(database: Database, texts: str, names: tuple[str, ...]) -> str:
    """When an event (`e`) says a text (`t`): columns in which all texts are alike need not be compared."""
    tests = ", ".join(f"count(*) = count({name}) AND min({name}) = max({name})" for name in names)
    ((*alike,),) = database.rows(f"SELECT {tests} FROM {texts} AS t")
    differ = [name for name, same in zip(names, alike, strict=True) if not same]
    return " AND ".join(f"e.{name} = t.{name}" for name in differ) or "TRUE"
