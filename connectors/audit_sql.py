"""The audit of a large log in a database: each distinct question is decided once, the events are joined to the answers.

`event_numbers` makes numbers of texts, `audit_questions` groups the events by everything that a decision can depend on
but time and rows; `engine.verdicts` decides each group; `audit_answers` joins the verdicts back and leaves the events
that are denied or that only `Authorizer.decide` can tell. Those are asked one by one, so that reasons and doubts are
the same as without a database.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from tutela.engine.errors import Location
from tutela.engine.findings import Allowed
from tutela.engine.stated import stated
from tutela.engine.verdicts import Verdict, Verdicts

from .audit_answers import Answers
from .audit_questions import group, questions
from .event_numbers import number_events
from .event_table import ASKED, EVENTS, Row, event_of, naive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tutela.engine.authorizer import Authorizer
    from tutela.engine.events import Event
    from tutela.engine.findings import Asked, Unreadable
    from tutela.engine.request import Request
    from tutela.engine.statements import Touched

    from .accesses import Accesses, Group
    from .audit_questions import Question
    from .event_table import Database

_PLAIN: Final = [name for name in EVENTS if name != "instant"]
_JUDGED: Final = ["logged_at", "rows_in_window", "question", "part"]
_ABOUT: Final = ("database", "sql", "action", "tables", "columns", "complete", "application")
"""What of an event says which tables it touches, and what for; the application may state a purpose, too."""
_WHO: Final = tuple(name for name in ASKED if name not in ("action", "tables", "columns", "complete", "database"))
"""What of an event is in its requests beside the tables."""

Step = Callable[[str, int, int, int], None]
"""Is told what is done (`read`, `decide` or `explain`), how many so far, how far that is, and of how much."""


class _Subject(NamedTuple):
    """What some events are about."""

    touched: Touched
    parts: list[tuple[Group, set[str]]]
    """The tables, with what is done to them, and the columns."""
    keys: list[tuple[object, ...]]
    """For each part, all that its request takes from here."""


class SqlAudit:
    """Judges the events of the tables `texts` and `occurred` of a database."""

    def __init__(
        self, database: Database, accesses: Accesses, authorizer: Authorizer, file: str, step: Step | None = None
    ) -> None:
        self._step = step
        self._database = database
        self._accesses = accesses
        self._verdicts = Verdicts(authorizer)
        self._as_of = f"CAST('{naive(accesses.as_of)}' AS TIMESTAMP)"
        self._answers = Answers(database, self._verdicts, accesses.window.length, self._as_of)
        self._file = file
        self._subjects: dict[int, _Subject] = {}
        """Question -> what it is about."""
        self._known: dict[tuple[object, ...], _Subject] = {}
        self._decided: dict[tuple[object, ...], list[Verdict]] = {}
        """What a request is made of -> its verdicts: many questions make the same requests."""
        self._rows: dict[bytes, int] = {}
        """Verdict, as a row -> its number."""
        self._pairs: dict[tuple[str, str], int] = {}
        """(account, table) -> its number: rows are counted by them."""

    def judge(self) -> Iterator[Asked | Unreadable | Allowed]:
        """What came of the events: those that are allowed as a number, the others to be asked one by one."""
        number_events(self._database)
        group(self._database, self._accesses, self._verdicts.atoms().sql("duckdb"), self._as_of)
        allowed = 0
        actions: set[str] = set()
        answers: list[Row] = []
        touched: set[tuple[int, int]] = set()
        for question in questions(self._database, lambda at, count: self._tell("decide", at, count)):
            judged = list(self._judged(question))
            parts = self._subjects[question.number].parts
            actions.update(part[1] for part, _ in parts)
            pairs = {part: self._pair(question, part) for part, _ in judged}
            touched.update((question.number, pair) for pair in pairs.values())
            if all(verdict.base == "allow" and not verdict.fits for _, verdict in judged):
                allowed += question.size * len(parts)
            else:
                answers += [self._answer(question, part, pairs[part], verdict) for part, verdict in judged]
        denied = 0
        if answers:
            told = [Row(question=question, pair=pair) for question, pair in sorted(touched)]
            self._answers.store(told, answers, (orjson.loads(row) | {"verdict": n} for row, n in self._rows.items()))
            settled, left = self._answers.settle()
            allowed += self._asked(settled) + self._asked(left)
            denied = self._answers.look_closer() if left else 0
        yield Allowed(allowed - denied, frozenset(actions))
        if answers and left:
            yield from self._denied()

    def _asked(self, sizes: Mapping[int, int]) -> int:
        """How many requests the events of some questions make."""
        return sum(size * len(self._subjects[question].parts) for question, size in sizes.items())

    def _tell(self, what: str, done: int, total: int) -> None:
        if self._step is not None and done % 100 == 0:
            self._step(what, done, done, total)

    def _judged(self, question: Question) -> Iterator[tuple[int, Verdict]]:
        """The verdicts on each table that a question is about; an unparsed statement is always asked by itself."""
        subject = self._subjects[question.number] = self._subject(question)
        who = tuple(question.said[name] for name in _WHO)
        for number, (group, columns) in enumerate(subject.parts):

            def ask(at: datetime, group: Group = group, columns: set[str] = columns) -> Request:
                event = event_of(question.said, Location(self._file))
                request = self._accesses.request(event, group, columns, None).request
                request.now = at
                return request

            known = self._decided.setdefault((who, *subject.keys[number]), [])
            for verdict in self._verdicts.of(ask, question.first, question.last, known):
                yield number, verdict if subject.touched.parsed else verdict._replace(base="ask")
        if not (subject.parts or subject.touched.parsed):
            yield -1, Verdict(question.first, None, "ask")

    def _subject(self, question: Question) -> _Subject:
        """What a question is about: the same for all with this statement, action and objects."""
        key = tuple(question.said[name] for name in _ABOUT)
        found = self._known.get(key)
        if found is None:
            event = event_of(question.said, Location(self._file))
            touched = self._accesses.touched(event)
            parts = list(self._accesses.groups(event, touched).items())
            tags = tuple(stated(event).items())
            keys: list[tuple[object, ...]] = [(group, frozenset(columns), tags) for group, columns in parts]
            found = self._known[key] = _Subject(touched, parts, keys)
        return found

    def _pair(self, question: Question, part: int) -> int:
        """Whose rows of which table a part of a question counts to."""
        dataset = self._subjects[question.number].parts[part][0][0].lower() if part >= 0 else ""
        return self._pairs.setdefault((question.said["account"], dataset), len(self._pairs))

    def _answer(self, question: Question, part: int, pair: int, verdict: Verdict) -> Row:
        row = {name: _plain(value) for name, value in self._verdicts.row(verdict).items()}
        number = self._rows.setdefault(orjson.dumps(row, option=orjson.OPT_SORT_KEYS), len(self._rows))
        until = verdict.end and naive(verdict.end)
        span = Row(start=naive(verdict.start), until=until)
        return Row(question=question.number, part=part, pair=pair, verdict=number) | span

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
            subject = self._subjects[int(row["question"])]
            number = int(row["part"])
            parts = dict([subject.parts[number]] if number >= 0 else [])
            rows = row["rows_in_window"]
            windows = {group[0]: None if rows is None else int(rows) for group in parts}
            asked = self._accesses.requests(event, subject.touched, windows, parts)
            # That a statement cannot be parsed is told once, not for each table.
            yield from islice(asked, 0 if row["number"] != told or subject.touched.parsed else 1, None)
            told = row["number"]


def _plain(value: object) -> object:
    """A cell as JSON: numbers as texts, which a database reads exactly, and instants, too."""
    return str(value) if isinstance(value, (Decimal, datetime)) else value
