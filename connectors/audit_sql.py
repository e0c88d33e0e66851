"""The audit of a large log in a database: each distinct question is decided once, the events are joined to the answers.

`questions` groups the events by everything that a decision can depend on but time and rows; `engine.verdicts` decides
each group; one query joins the verdicts back and leaves the events that are denied or that only `Authorizer.decide` can
tell. Those are asked one by one, so that reasons and doubts are the same as without a database.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tutela.engine.errors import Location
from tutela.engine.findings import Allowed
from tutela.engine.statements_shapes import MARK, TOKEN, UNSURE
from tutela.engine.verdicts import Verdict, Verdicts

from .event_table import ASKED, EVENTS, Row, event_of, literal, naive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tutela.engine.authorizer import Authorizer
    from tutela.engine.events import Event
    from tutela.engine.findings import Asked, Unreadable
    from tutela.engine.request import Request
    from tutela.engine.statements import Touched

    from .accesses import Accesses, Group
    from .event_table import Database

_MICRO: Final = timedelta(microseconds=1)
_SPAN: Final[Mapping[str, str]] = {
    "question": "BIGINT", "part": "BIGINT", "pair": "BIGINT", "start": "TIMESTAMP", "until": "TIMESTAMP",
    "alone": "BOOLEAN",
}  # fmt: skip
_PLAIN: Final = [name for name in EVENTS if name != "instant"]
_JUDGED: Final = ["logged_at", "rows_in_window", "question", "part"]


Step = Callable[[str, int, int, int], None]
"""Is told what is done (`read`, `decide` or `explain`), how many so far, how far that is, and of how much."""


class _Question(NamedTuple):
    """The events that ask the same: one of them, when the first and the last happened, how many there are."""

    number: int
    event: Event
    first: datetime
    last: datetime
    size: int


class SqlAudit:
    """Judges the events of the table `events` of a database."""

    def __init__(
        self, database: Database, accesses: Accesses, authorizer: Authorizer, file: str, step: Step | None = None
    ) -> None:
        self._step = step
        self._database = database
        self._accesses = accesses
        self._verdicts = Verdicts(authorizer)
        self._file = file
        self._parts: dict[int, list[tuple[Group, set[str]]]] = {}
        """Question -> the tables that it is about, with what is done to them, and the columns."""
        self._known: dict[tuple[object, ...], tuple[Touched, list[tuple[Group, set[str]]]]] = {}
        self._pairs: dict[tuple[str, str], int] = {}
        """(account, table) -> its number: rows are counted by them."""
        self._varying: list[str] = []
        """The columns of `ASKED` that hold more than one value: only they need to be compared."""

    def judge(self) -> Iterator[Asked | Unreadable | Allowed]:
        """What came of the events: those that are allowed as a number, the others to be asked one by one."""
        self._group()
        allowed = 0
        actions: set[str] = set()
        verdicts: list[Row] = []
        touched: set[tuple[int, int]] = set()
        sizes: dict[int, int] = {}
        for question in self._questions():
            judged = list(self._judged(question))
            parts = self._parts[question.number]
            actions.update(group[1] for group, _ in parts)
            touched.update((question.number, self._pair(question, part)) for part, _ in judged)
            if all(verdict.base == "allow" and not verdict.fits for _, verdict in judged):
                allowed += question.size * len(parts)
            else:
                alone = len(judged) == max(1, len(parts))
                verdicts += [self._row(question, part, verdict, alone=alone) for part, verdict in judged]
                sizes[question.number] = question.size * len(parts)
        if verdicts:
            rows = (Row(question=question, pair=pair) for question, pair in sorted(touched))
            self._database.table("touched", {"question": "BIGINT", "pair": "BIGINT"}, rows)
            self._store(verdicts)
            allowed += sum(sizes.pop(number) for number in self._settled())
        yield Allowed(allowed, frozenset(actions))
        if sizes:
            yield from self._one_by_one(sizes)

    def _store(self, verdicts: list[Row]) -> None:
        """Make the table of verdicts; most of their columns have no value, and are not sent one by one."""
        columns = self._verdicts.columns()
        self._database.table("told", {**_SPAN, **{name: kind for name, kind, _ in columns}}, verdicts)
        values = [f"coalesce({name}, {default}) AS {name}" if default else name for name, _, default in columns]
        self._database.create("verdicts", f"SELECT {', '.join([*_SPAN, *values])} FROM told")

    def _group(self) -> None:
        """Group the events by what they ask; the shape of a statement stands for its text where that is enough."""
        bounds = ", ".join(f"min({name}) AS {name}, max({name}) AS most_{name}" for name in ASKED)
        (found,) = self._database.rows(f"SELECT {bounds} FROM events")
        constant = {
            name: least for name, least, most in zip(ASKED, found[::2], found[1::2], strict=True) if least == most
        }
        self._varying = [name for name in ASKED if name not in constant]
        names = ", ".join(["sql", *self._varying])
        shape = (
            f"CASE WHEN regexp_matches(sql, {literal(UNSURE)}) THEN sql"
            f" ELSE regexp_replace(sql, {literal(TOKEN)}, {literal(self._database.backreference + MARK)}, 'g') END"
        )
        self._database.create(
            "texts_by_shape",
            f"SELECT *, {shape} AS shape FROM (SELECT {names}, min(asked_at) AS first, max(asked_at) AS last,"
            " count(*) AS size, count(instant) AS timed, count(row_count) AS known, min(row_count) AS least,"
            " max(row_count) AS most FROM"
            f" (SELECT {names}, instant, row_count, coalesce(instant, {self._as_of}) AS asked_at FROM events) AS e"
            f" GROUP BY {names}) AS t",
        )
        analyser = self._accesses.analyser_in
        place = "database" if "database" in self._varying else _literal(constant["database"])
        samples = self._database.rows(
            f"SELECT shape, place, any_value(sql) AS sql FROM (SELECT *, {place} AS place FROM texts_by_shape) AS t"
            " GROUP BY shape, place"
        )
        by_text = {shape for shape, inside, sql in samples if shape != sql and analyser(inside).shape(sql) is None}
        self._database.table("by_text", {"shape": "VARCHAR"}, [Row(shape=shape) for shape in sorted(by_text)])
        self._database.create(
            "shaped",
            "SELECT t.*, CASE WHEN b.shape IS NULL THEN t.shape ELSE t.sql END AS asked"
            " FROM texts_by_shape AS t LEFT JOIN by_text AS b ON t.shape = b.shape",
        )
        keys = ", ".join(["asked", *self._varying])
        others = ", ".join(f"{_literal(value)} AS {name}" for name, value in constant.items())
        self._database.create(
            "questions",
            f"SELECT row_number() OVER (ORDER BY first, {keys}) AS question, *{', ' if others else ''}{others}"
            f" FROM (SELECT {keys}, any_value(sql) AS sql, min(first) AS first, max(last) AS last,"
            " CAST(sum(size) AS BIGINT) AS size, CAST(sum(timed) AS BIGINT) AS timed,"
            f" CAST(sum(known) AS BIGINT) AS known, min(least) AS least, max(most) AS most"
            f" FROM shaped GROUP BY {keys}) AS q",
        )
        same_keys = " AND ".join(f"t.{name} = q.{name}" for name in ("asked", *self._varying))
        self._database.create(
            "texts",
            f"SELECT {', '.join(f't.{name}' for name in ('sql', *self._varying))}, q.question"
            f" FROM shaped AS t JOIN questions AS q ON {same_keys}",
        )

    def _tell(self, what: str, done: int, total: int) -> None:
        if self._step is not None and done % 100 == 0:
            self._step(what, done, done, total)

    @property
    def _as_of(self) -> str:
        return f"CAST('{naive(self._accesses.as_of)}' AS TIMESTAMP)"

    def _questions(self) -> Iterator[_Question]:
        names = ", ".join(("question", "first", "last", "size", "sql", "asked", *ASKED))
        questions = list(self._database.rows(f"SELECT {names} FROM questions"))
        texts: dict[str, str] = {}
        for at, (number, first, last, size, sql, shape, *asked) in enumerate(questions):
            self._tell("decide", at, len(questions))
            # One text stands for all of a shape: it need not be looked at again.
            values = dict(zip(ASKED, asked, strict=True)) | {"sql": texts.setdefault(shape, sql)}
            event = event_of(values, Location(self._file))
            yield _Question(number, event, first.replace(tzinfo=UTC), last.replace(tzinfo=UTC), size)

    def _judged(self, question: _Question) -> Iterator[tuple[int, Verdict]]:
        """The verdicts on each table that a question is about; an unparsed statement is always asked by itself."""
        touched, parts = self._touched(question.event)
        self._parts[question.number] = parts
        for number, (group, columns) in enumerate(parts):
            request = self._accesses.request(question.event, group, columns, None).request

            def ask(at: datetime, request: Request = request) -> Request:
                request.now = at
                return request

            for verdict in self._verdicts.of(ask, question.first, question.last):
                yield number, verdict if touched.parsed else verdict._replace(base="ask")
        if not (parts or touched.parsed):
            yield -1, Verdict(question.first, None, "ask")

    def _touched(self, event: Event) -> tuple[Touched, list[tuple[Group, set[str]]]]:
        """What an event is about: the same for all with this statement, action and objects."""
        key = (event.database, event.sql, event.action, event.tables, event.columns, event.statement_complete)
        found = self._known.get(key)
        if found is None:
            touched = self._accesses.touched(event)
            found = self._known[key] = (touched, list(self._accesses.groups(event, touched).items()))
        return found

    def _pair(self, question: _Question, part: int) -> int:
        """Whose rows of which table a part of a question counts to."""
        dataset = self._parts[question.number][part][0][0].lower() if part >= 0 else ""
        return self._pairs.setdefault((question.event.account, dataset), len(self._pairs))

    def _row(self, question: _Question, part: int, verdict: Verdict, *, alone: bool) -> Row:
        made = {name: _plain(value) for name, value in self._verdicts.row(verdict).items()}
        until = verdict.end and naive(verdict.end)
        pair = self._pair(question, part)
        span = Row(question=question.number, part=part, pair=pair, start=naive(verdict.start), until=until, alone=alone)
        return span | made

    def _settled(self) -> list[int]:
        """Questions whose events are all allowed, whatever their rows are between the least and the most of them."""
        same = " AND ".join(f"e.{name} = t.{name}" for name in ("sql", *self._varying))
        self._database.create(
            "asked",
            f"SELECT e.number, e.instant, e.row_count, t.question FROM events AS e JOIN texts AS t ON {same}",
        )
        self._database.create("windows", self._most_in_window())
        verdict, steady = self._verdicts.expression().sql("duckdb"), self._verdicts.steady().sql("duckdb")
        found = self._database.rows(
            f"SELECT question FROM (SELECT e.question, v.alone AND e.known = e.size AND e.timed = e.size AND {steady}"
            f" AND {verdict} = 'allow' AS settled FROM (SELECT q.question, q.size, q.timed, q.known, d.pair,"
            " q.first AS instant, q.most AS row_count, q.least AS least_row_count, w.most AS rows_in_window,"
            " q.least AS least_rows_in_window FROM questions AS q JOIN touched AS d ON q.question = d.question"
            " LEFT JOIN windows AS w ON d.pair = w.pair) AS e"
            " JOIN verdicts AS v ON e.question = v.question AND e.pair = v.pair) AS j"
            " GROUP BY question HAVING bool_and(coalesce(settled, FALSE))"
        )
        return [number for (number,) in list(found)]

    def _most_in_window(self) -> str:
        """By account and table, the most rows that a window can hold: those of two neighbouring stretches of time."""
        window = self._accesses.window.length
        if not window:
            return (
                "SELECT d.pair, max(q.most) AS most FROM questions AS q"
                " JOIN touched AS d ON q.question = d.question GROUP BY d.pair"
            )
        stretch = max(window, timedelta(days=1))
        self._database.create(
            "counted",
            f"SELECT d.pair, {_stretch(stretch)} AS stretch, sum(e.row_count) AS amount FROM asked AS e"
            " JOIN touched AS d ON e.question = d.question WHERE e.instant IS NOT NULL"
            f" AND d.pair IN (SELECT pair FROM verdicts) GROUP BY d.pair, {_stretch(stretch)}",
        )
        return (
            "SELECT c.pair, max(coalesce(c.amount, 0) + coalesce(p.amount, 0)) AS most FROM counted AS c"
            " LEFT JOIN counted AS p ON c.pair = p.pair AND c.stretch = p.stretch + 1 GROUP BY c.pair"
        )

    def _one_by_one(self, sizes: Mapping[int, int]) -> Iterator[Asked | Unreadable | Allowed]:
        """Join the events of questions that have no answer for all of them to their verdicts.

        First with the most rows that their windows can hold; what is not allowed then, or not for sure, once more with
        the rows that they do hold.
        """
        self._database.table("unsettled", {"question": "BIGINT"}, (Row(question=number) for number in sizes))
        verdict, sure = self._verdicts.expression().sql("duckdb"), self._verdicts.steady(window=True).sql("duckdb")
        joined = (
            " JOIN verdicts AS v ON e.question = v.question AND e.pair = v.pair"
            " AND e.instant >= v.start AND (v.until IS NULL OR e.instant < v.until)"
        )
        events = (
            "SELECT a.number, a.question, d.pair, a.instant AS logged_at, a.row_count,"
            f" coalesce(a.instant, {self._as_of}) AS instant, a.row_count AS least_rows_in_window,"
            " CASE WHEN a.instant IS NOT NULL THEN w.most END AS rows_in_window FROM asked AS a"
            " JOIN unsettled AS u ON a.question = u.question JOIN touched AS d ON a.question = d.question"
            " LEFT JOIN windows AS w ON d.pair = w.pair"
        )
        self._database.create(
            "doubtful",
            "SELECT DISTINCT e.number, e.question, e.pair, e.instant, e.logged_at, e.row_count"
            f" FROM ({events}) AS e{joined}"
            f" WHERE NOT coalesce({sure} AND e.row_count IS NOT NULL AND e.logged_at IS NOT NULL, FALSE)"
            f" OR {verdict} <> 'allow'",
        )
        self._database.create(
            "denied",
            f"SELECT e.*, v.part FROM ({self._with_windows()}) AS e{joined} WHERE {verdict} <> 'allow'",
        )
        ((denied,),) = self._database.rows("SELECT count(*) AS n FROM denied WHERE part >= 0")
        yield Allowed(sum(sizes.values()) - denied, frozenset())
        yield from self._denied()

    def _with_windows(self) -> str:
        """The doubtful events, once for each table, with the rows of the window before."""
        window = self._accesses.window.length
        if not window:
            return "SELECT *, CASE WHEN logged_at IS NOT NULL THEN row_count END AS rows_in_window FROM doubtful"
        stretch = _stretch(window)
        self._database.create(
            "near",
            f"SELECT DISTINCT pair, stretch FROM (SELECT pair, {stretch} AS stretch FROM doubtful AS e"
            f" UNION ALL SELECT pair, {stretch} - 1 AS stretch FROM doubtful AS e) AS n",
        )
        self._database.create(
            "summed",
            "SELECT number, pair, sum(row_count) OVER (PARTITION BY pair ORDER BY instant"
            f" RANGE BETWEEN INTERVAL '{(window - _MICRO) // _MICRO}' MICROSECOND PRECEDING AND CURRENT ROW) AS amount"
            f" FROM (SELECT e.number, e.instant, e.row_count, d.pair, {stretch} AS stretch FROM asked AS e"
            " JOIN touched AS d ON e.question = d.question WHERE e.instant IS NOT NULL"
            " AND d.pair IN (SELECT pair FROM near)) AS s"
            " WHERE EXISTS (SELECT 1 FROM near AS n WHERE n.pair = s.pair AND n.stretch = s.stretch)",
        )
        return (
            "SELECT e.*, s.amount AS rows_in_window FROM doubtful AS e"
            " LEFT JOIN summed AS s ON e.number = s.number AND e.pair = s.pair"
        )

    def _denied(self) -> Iterator[Asked | Unreadable]:
        """The events that are denied, or that nobody can tell in SQL, to be asked of the policies themselves."""
        columns = [*(f"e.{name}" for name in _PLAIN), *(f"d.{name}" for name in _JUDGED)]
        names = [*_PLAIN, *_JUDGED]
        told = 0
        query = f"SELECT {', '.join(columns)} FROM denied AS d JOIN events AS e ON d.number = e.number"
        ((count,),) = self._database.rows("SELECT count(*) AS n FROM denied")
        for at, values in enumerate(self._database.rows(f"{query} ORDER BY e.number, d.part")):
            self._tell("explain", at, count)
            row: dict[str, Any] = dict(zip(names, values, strict=True))
            event = event_of(row, Location(self._file, row["line"], 1))
            touched = self._accesses.touched(event)
            parts: dict[Group, set[str]] = {}
            question, number = int(row["question"]), int(row["part"])
            if number >= 0:
                part = self._parts[question][number]
                parts[part[0]] = part[1]
            rows = row["rows_in_window"]
            windows = {group[0]: None if rows is None else int(rows) for group in parts}
            asked = self._accesses.requests(event, touched, windows, parts)
            # That a statement cannot be parsed is told once, not for each table.
            yield from islice(asked, 0 if row["number"] != told or touched.parsed else 1, None)
            told = row["number"]


def _stretch(length: timedelta) -> str:
    """The number of the stretch of time that an event is in; stretches are no shorter than `length`."""
    seconds = -(-length // timedelta(seconds=1))
    return f"CAST(floor(date_diff('second', TIMESTAMP '1970-01-01', e.instant) / {seconds}) AS BIGINT)"


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return literal(str(value or ""))


def _plain(value: object) -> object:
    """A cell as JSON: numbers as texts, which a database reads exactly, and instants, too."""
    return str(value) if isinstance(value, (Decimal, datetime)) else value
