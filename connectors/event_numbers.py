"""Events as numbers: every distinct text of a log gets one, so that what looks at each event compares no texts.

`texts` holds what events say, each combination once; `occurred` holds the events: number, instant, rows, and which
text. A file of columns lists its distinct texts in a fraction of the time that reading its rows takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .event_table import SAID

if TYPE_CHECKING:
    from .event_table import Database

FURTHER: Final = 1 << 40
"""Events, and texts, that come beside those of a file have numbers after them."""


def number_records(database: Database, records: str, odd: str) -> int:
    """Make `file_texts` and `file_occurred` of the records of a file, and say how many have to be read otherwise.

    `records` has `number`, the texts, `result`, `instant`, `row_count` and `plain`: whether time and rows are what they
    seem. `odd` is a condition on texts and result, under which the record is not. `others` gets the numbers of both.
    """
    names = ", ".join(("result", *SAID))
    database.create(
        "file_texts",
        f"SELECT row_number() OVER () AS text, *, coalesce({odd}, TRUE) AS odd"
        f" FROM (SELECT DISTINCT {names} FROM {records} AS e) AS t",
    )
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
    """Make `texts` and `occurred` of the events that were loaded, and of those of a file that `number_records` saw."""
    beside = database.loaded != "events"
    names = ", ".join(SAID)
    database.create(
        "loaded_texts",
        f"SELECT {FURTHER if beside else 0} + row_number() OVER (ORDER BY {names}) AS text, {names}"
        f" FROM (SELECT DISTINCT {names} FROM {database.loaded} AS e) AS t",
    )
    database.create(
        "loaded_occurred",
        f"SELECT e.number, e.instant, e.row_count, t.text FROM {database.loaded} AS e"
        f" JOIN loaded_texts AS t ON {_same(database, 'loaded_texts', SAID)}",
    )
    texts, occurred = f"SELECT text, {names} FROM ", "SELECT number, instant, row_count, text FROM "
    if beside:
        texts += f"file_texts WHERE NOT odd AND result <> 'denied' UNION ALL {texts}"
        occurred += f"file_occurred WHERE plain UNION ALL {occurred}"
    database.view("texts", f"{texts}loaded_texts")
    database.view("occurred", f"{occurred}loaded_occurred")


def _same(database: Database, texts: str, names: tuple[str, ...]) -> str:
    """When an event (`e`) says a text (`t`): columns in which all texts are alike need not be compared."""
    tests = ", ".join(f"count(*) = count({name}) AND min({name}) = max({name})" for name in names)
    ((*alike,),) = database.rows(f"SELECT {tests} FROM {texts} AS t")
    differ = [name for name, same in zip(names, alike, strict=True) if not same]
    return " AND ".join(f"e.{name} = t.{name}" for name in differ) or "TRUE"
