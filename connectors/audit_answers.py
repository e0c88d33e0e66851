"""The answers of an audit, joined back to the events: what is allowed is a number, what is not comes one by one.

First everything that has the same question and the same atoms at once, with bounds for the rows; then the events that
have no answer in common, with bounds for the rows of their windows; last, with the rows that the windows do hold.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from .event_table import Row, naive

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tutela.engine.verdicts import Verdict, Verdicts

    from .event_table import Database

ANSWERS: Final = ("question", "part", "pair", "verdict")
"""A part of a question, whose rows of which table it counts to, and a verdict on it."""
VERDICTS: Final[Mapping[str, str]] = {"verdict": "BIGINT", "start": "TIMESTAMP", "until": "TIMESTAMP"}
"""The number of a verdict, and from when to before when it holds; its values stand beside."""
_Parcel = tuple[int, int]
"""A question and the atoms of some of its events."""
_MICRO: Final = timedelta(microseconds=1)
_JOINED: Final = (
    " JOIN answers AS a ON e.question = a.question AND e.pair = a.pair JOIN verdicts AS v ON a.verdict = v.verdict"
    " AND e.instant >= v.start AND (v.until IS NULL OR e.instant < v.until)"
)


class Answers:
    """Joins verdicts to the tables `parcels`, `asked_by` and `occurred`."""

    def __init__(self, database: Database, verdicts: Verdicts, window: timedelta, as_of: str) -> None:
        self._database = database
        self._verdicts = verdicts
        self._window = window
        self._as_of = as_of
        self._verdict = verdicts.expression().sql("duckdb")
        self._atoms = verdicts.atoms().sql("duckdb")

    def store(self, touched: Iterable[tuple[int, int]], answers: Iterable[tuple[int, ...]]) -> None:
        """Make the tables `touched` (the pairs of each question) and `answers`."""
        for name, columns, rows in (("touched", ("question", "pair"), touched), ("answers", ANSWERS, answers)):
            made: Iterable[Row] = (dict(zip(columns, row, strict=True)) for row in rows)
            self._database.table(name, dict.fromkeys(columns, "BIGINT"), made)

    def store_verdicts(self, verdicts: Iterable[Verdict]) -> None:
        """Make the table `verdicts`, numbered from 0; most of their columns have no value, and are not sent."""
        columns = self._verdicts.columns()
        kinds = {**VERDICTS, **{name: kind for name, kind, _ in columns}}
        self._database.table("told", kinds, (self._row(number, verdict) for number, verdict in enumerate(verdicts)))
        values = [f"coalesce({name}, {default}) AS {name}" if default else name for name, _, default in columns]
        self._database.create("verdicts", f"SELECT {', '.join([*VERDICTS, *values])} FROM told")

    def _row(self, number: int, verdict: Verdict) -> Row:
        cells = {name: _plain(value) for name, value in self._verdicts.row(verdict).items()}
        return {"verdict": number, "start": naive(verdict.start), "until": verdict.end and naive(verdict.end)} | cells

    def settle(self) -> bool:
        """Make `unsettled` of the parcels whose events are not all allowed whatever their rows; whether there are any.

        `windows` has, by pair, rows that no window holds more of. All rows of a pair are a bound that costs nothing.
        Only where it is too high for events that are allowed otherwise, two neighbouring stretches are added up.
        """
        most = "sum(coalesce(p.amount, 0))" if self._window else "max(p.most)"
        totals = f"SELECT d.pair, {most} AS most FROM parcels AS p JOIN touched AS d ON p.question = d.question"
        self._database.create("totals", f"{totals} GROUP BY d.pair")
        unsettled = self._unsettled("totals", "w.most")
        pressed = unsettled - self._unsettled("totals", "p.most") if self._window else set[_Parcel]()
        if pressed:
            self._bound_windows({question for question, _ in pressed})
            unsettled = self._unsettled("windows", "w.most")
        else:
            self._database.view("windows", "SELECT * FROM totals")
        made: Iterable[Row] = (Row(question=question, atoms=atoms) for question, atoms in sorted(unsettled))
        self._database.table("unsettled", {"question": "BIGINT", "atoms": "BIGINT"}, made)
        return bool(unsettled)

    def _bound_windows(self, questions: set[int]) -> None:
        """Make `windows` by stretches of time, for the pairs of some questions."""
        made: Iterable[Row] = (Row(question=question) for question in sorted(questions))
        self._database.table("pressed", {"question": "BIGINT"}, made)
        stretch = _stretch(max(self._window, timedelta(days=1)))
        pairs = "SELECT d.pair FROM touched AS d JOIN pressed AS p ON d.question = p.question"
        self._database.create("pressed_texts", self._texts_of(pairs))
        self._database.create(
            "counted",
            f"SELECT t.pair, {stretch} AS stretch, sum(e.row_count) AS amount FROM occurred AS e"
            f" JOIN pressed_texts AS t ON e.text = t.text WHERE e.instant IS NOT NULL GROUP BY t.pair, {stretch}",
        )
        self._database.create(
            "windows",
            "SELECT t.pair, coalesce(n.most, t.most) AS most FROM totals AS t LEFT JOIN (SELECT c.pair,"
            " max(coalesce(c.amount, 0) + coalesce(p.amount, 0)) AS most FROM counted AS c LEFT JOIN counted AS p"
            " ON c.pair = p.pair AND c.stretch = p.stretch + 1 GROUP BY c.pair) AS n ON t.pair = n.pair",
        )

    @staticmethod
    def _texts_of(pairs: str) -> str:
        """The texts of the events whose rows count to some pairs."""
        return (
            "SELECT b.text, d.pair FROM asked_by AS b JOIN touched AS d ON b.question = d.question"
            f" WHERE d.pair IN ({pairs})"
        )

    def _unsettled(self, windows: str, most: str) -> set[_Parcel]:
        """The other parcels than those whose events are all allowed, each part within the span of one answer.

        `most` bounds the rows of their windows.
        """
        steady = self._verdicts.steady().sql("duckdb")
        found = self._database.rows(
            "SELECT question, atoms FROM (SELECT e.question, e.atoms, e.part,"
            " bool_or(e.known = e.size AND e.timed = e.size AND v.start <= e.instant"
            f" AND (v.until IS NULL OR e.last < v.until) AND {steady} AND {self._verdict} = 'allow') AS allowed"
            " FROM (SELECT p.question, p.atoms, p.size, p.timed, p.known, p.first AS instant, p.last,"
            " p.most AS row_count, p.least AS least_row_count, a.part, a.verdict,"
            f" {most} AS rows_in_window, p.least AS least_rows_in_window"
            " FROM parcels AS p JOIN answers AS a ON p.question = a.question"
            f" LEFT JOIN {windows} AS w ON a.pair = w.pair) AS e JOIN verdicts AS v ON e.verdict = v.verdict"
            " GROUP BY e.question, e.atoms, e.part) AS j"
            " GROUP BY question, atoms HAVING NOT bool_and(coalesce(allowed, FALSE))"
        )
        return {(question, atoms) for question, atoms in found}

    def look_closer(self) -> int:
        """Make `denied` of the events that are left and not allowed (or not for sure), and say how many there are.

        Only those that are not allowed with the most rows that their windows can hold are asked with what they do hold.
        """
        sure = self._verdicts.steady(window=True).sql("duckdb")
        self._database.create(
            "left_over",
            "SELECT e.*, d.pair FROM (SELECT o.number, o.text, o.instant AS logged_at, o.row_count, b.question,"
            f" coalesce(o.instant, {self._as_of}) AS instant FROM occurred AS o JOIN asked_by AS b ON o.text = b.text"
            " WHERE b.question IN (SELECT question FROM unsettled)) AS e"
            f" JOIN unsettled AS u ON e.question = u.question AND u.atoms = {self._atoms}"
            " JOIN touched AS d ON e.question = d.question",
        )
        self._database.create(
            "doubtful",
            "SELECT DISTINCT e.number, e.text, e.question, e.pair, e.instant, e.logged_at, e.row_count"
            " FROM (SELECT l.*, l.row_count AS least_rows_in_window,"
            " CASE WHEN l.logged_at IS NOT NULL THEN w.most END AS rows_in_window"
            f" FROM left_over AS l LEFT JOIN windows AS w ON l.pair = w.pair) AS e{_JOINED}"
            f" WHERE NOT coalesce({sure} AND e.row_count IS NOT NULL AND e.logged_at IS NOT NULL, FALSE)"
            f" OR {self._verdict} <> 'allow'",
        )
        self._database.create(
            "denied",
            f"SELECT e.*, a.part FROM ({self._with_windows()}) AS e{_JOINED} WHERE {self._verdict} <> 'allow'",
        )
        ((denied,),) = self._database.rows("SELECT count(*) AS n FROM denied WHERE part >= 0")
        return int(denied)

    def _with_windows(self) -> str:
        """The doubtful events, once for each table, with the rows of the window before."""
        if not self._window:
            return "SELECT *, CASE WHEN logged_at IS NOT NULL THEN row_count END AS rows_in_window FROM doubtful"
        stretch = _stretch(self._window)
        self._database.create(
            "near",
            f"SELECT DISTINCT pair, stretch FROM (SELECT pair, {stretch} AS stretch FROM doubtful AS e"
            f" UNION ALL SELECT pair, {stretch} - 1 AS stretch FROM doubtful AS e) AS n",
        )
        self._database.create("near_texts", self._texts_of("SELECT pair FROM near"))
        length = (self._window - _MICRO) // _MICRO
        before = (
            "OVER (PARTITION BY pair ORDER BY instant"
            f" RANGE BETWEEN INTERVAL '{length}' MICROSECOND PRECEDING AND CURRENT ROW)"
        )
        # That window holds all events of the instant: those behind this one in the log are not before it.
        behind = "OVER (PARTITION BY pair, instant ORDER BY number ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)"
        self._database.create(
            "summed",
            f"SELECT number, pair, CASE WHEN count(row_count) {before} > count(row_count) {behind}"
            f" THEN sum(row_count) {before} - coalesce(sum(row_count) {behind}, 0) END AS amount"
            f" FROM (SELECT e.number, e.instant, e.row_count, t.pair, {stretch} AS stretch FROM occurred AS e"
            " JOIN near_texts AS t ON e.text = t.text WHERE e.instant IS NOT NULL) AS s"
            " WHERE EXISTS (SELECT 1 FROM near AS n WHERE n.pair = s.pair AND n.stretch = s.stretch)",
        )
        return (
            "SELECT e.*, s.amount AS rows_in_window FROM doubtful AS e"
            " LEFT JOIN summed AS s ON e.number = s.number AND e.pair = s.pair"
        )


def _stretch(length: timedelta) -> str:
    """The number of the stretch of time that an event is in; stretches are no shorter than `length`."""
    seconds = -(-length // timedelta(seconds=1))
    return f"CAST(floor(date_diff('second', TIMESTAMP '1970-01-01', e.instant) / {seconds}) AS BIGINT)"


def _plain(value: object) -> object:
    """A cell as JSON: numbers as texts, which a database reads exactly, and instants, too."""
    return str(value) if isinstance(value, (Decimal, datetime)) else value
