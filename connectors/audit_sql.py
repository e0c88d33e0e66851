"""The audit of a large log in a database: each distinct question is decided once, the events are joined to the answers.

`event_numbers` makes numbers of texts, `audit_questions` groups the events by everything that a decision can depend on
but time and rows; `engine.verdicts` decides each group; `audit_answers` joins the verdicts back and leaves the events
that are denied or that only `Authorizer.decide` can tell. Those are asked one by one, so that reasons and doubts are
the same as without a database.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tutela.engine.errors import Location
from tutela.engine.findings import Allowed
from tutela.engine.stated import stated
from tutela.engine.verdicts import Verdict, Verdicts

from .audit_answers import Answers
from .audit_questions import add_up, group_events, questions
from .event_numbers import number_events
from .event_table import SAID, event_of, naive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tutela.engine.authorizer import Authorizer
    from tutela.engine.events import Event
    from tutela.engine.findings import Asked, Unreadable
    from tutela.engine.request import Request
    from tutela.engine.statements import Touched

    from .access_columns import Columns
    from .accesses import Accesses, Group
    from .audit_questions import Question
    from .event_table import Database

_TOLD: Final = {
    **dict.fromkeys(("number", "logged_at", "row_count", "rows_in_window", "question", "part"), "d"),
    **dict.fromkeys(("line", "id"), "e"),
    **dict.fromkeys(SAID, "t"),
}
"""What is told of an event that is denied, and where it stands: what it said is known by its text."""
_ABOUT: Final = itemgetter(
    *map(SAID.index, ("database", "sql", "action", "tables", "columns", "complete", "application"))
)
"""What of an event says which tables it touches, and what for; the application may state a purpose, too."""
_WHO: Final = itemgetter(
    *map(SAID.index, ("account", "application", "purpose", "request_id", "role", "break_glass", "source_ip"))
)
"""What of an event is in its requests beside the tables."""
_ACCOUNT: Final = SAID.index("account")

Step = Callable[[str, int, int, int], None]
"""Is told what is done (`read`, `decide` or `explain`), how many so far, how far that is, and of how much."""


class _Subject(NamedTuple):
    """What some events are about."""

    touched: Touched
    parts: list[tuple[Group, Columns]]
    """The tables, with what is done to them, and the columns and how they are touched."""
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
        self._told: list[Verdict] = []
        self._numbers: dict[int, int] = {}
        """`id` of a verdict in `_told` -> its number there."""
        self._pairs: dict[tuple[str, str], int] = {}
        """(account, table) -> its number: rows are counted by them."""

    def judge(self, settled: Callable[[], object] = lambda: None) -> Iterator[Asked | Unreadable | Allowed]:
        """What came of the events: those that are allowed as a number, the others to be asked one by one.

        `settled` returns when nobody else analyses statements any more.
        """
        number_events(self._database)
        add_up(self._database, self._verdicts.atoms().sql("duckdb"), self._as_of)
        settled()
        group_events(self._database, self._accesses)
        asked = 0
        actions: set[str] = set()
        answers: list[tuple[int, ...]] = []
        touched: set[tuple[int, int]] = set()
        for question in questions(self._database, lambda at, count: self._tell("decide", at, count)):
            judged = list(self._judged(question))
            parts = self._subjects[question.number].parts
            actions.update(part[1] for part, _ in parts)
            pairs = {part: self._pair(question, part) for part, _ in judged}
            touched.update((question.number, pair) for pair in pairs.values())
            asked += question.size * len(parts)
            if not all(verdict.base == "allow" and not verdict.fits for _, verdict in judged):
                answers += [(question.number, part, pairs[part], self._number(verdict)) for part, verdict in judged]
        left = False
        if answers:
            self._answers.store(sorted(touched), answers)
            self._answers.store_verdicts(self._told)
            left = self._answers.settle()
        yield Allowed(asked - (self._answers.look_closer() if left else 0), frozenset(actions))
        if left:
            yield from self._denied()

    def _tell(self, what: str, done: int, total: int) -> None:
        if self._step is not None and done % 100 == 0:
            self._step(what, done, done, total)

    def _judged(self, question: Question) -> Iterator[tuple[int, Verdict]]:
        """The verdicts on each table that a question is about; an unparsed statement is always asked by itself."""
        subject = self._subjects[question.number] = self._subject(question)
        who = _WHO(question.said)
        for number, (group, columns) in enumerate(subject.parts):

            def ask(at: datetime, group: Group = group, columns: Columns = columns) -> Request:
                request = self._accesses.request(self._event(question), group, columns, None).request
                request.now = at
                return request

            known = self._decided.setdefault((who, *subject.keys[number]), [])
            for verdict in self._verdicts.of(ask, question.first, question.last, known):
                yield number, verdict if subject.touched.parsed else verdict._replace(base="ask")
        if not (subject.parts or subject.touched.parsed):
            yield -1, Verdict(question.first, None, "ask")

    def _subject(self, question: Question) -> _Subject:
        """What a question is about: the same for all with this statement, action and objects."""
        key = _ABOUT(question.said)
        found = self._known.get(key)
        if found is None:
            event = self._event(question)
            touched = self._accesses.touched(event)
            parts = list(self._accesses.groups(event, touched).items())
            tags = tuple(stated(event).items())
            keys: list[tuple[object, ...]] = [(group, columns.key, tags) for group, columns in parts]
            found = self._known[key] = _Subject(touched, parts, keys)
        return found

    def _event(self, question: Question) -> Event:
        return event_of(dict(zip(SAID, question.said, strict=True)), Location(self._file))

    def _pair(self, question: Question, part: int) -> int:
        """Whose rows of which table a part of a question counts to."""
        dataset = self._subjects[question.number].parts[part][0][0].lower() if part >= 0 else ""
        return self._pairs.setdefault((question.said[_ACCOUNT], dataset), len(self._pairs))

    def _number(self, verdict: Verdict) -> int:
        """The number of a verdict; one that was remembered is the same object each time."""
        number = self._numbers.setdefault(id(verdict), len(self._told))
        if number == len(self._told):
            self._told.append(verdict)
        return number

    def _denied(self) -> Iterator[Asked | Unreadable]:
        """The events that are denied, or that nobody can tell in SQL, to be asked of the policies themselves."""
        told = 0
        columns = ", ".join(f"{table}.{name}" for name, table in _TOLD.items())
        query = (
            f"SELECT {columns} FROM denied AS d JOIN texts AS t ON d.text = t.text"
            " JOIN (SELECT number, line, id FROM events) AS e ON d.number = e.number ORDER BY d.number, d.part"
        )
        ((count,),) = self._database.rows("SELECT count(*) AS n FROM denied")
        for at, values in enumerate(self._database.rows(query)):
            self._tell("explain", at, count)
            row: dict[str, Any] = dict(zip(_TOLD, values, strict=True))
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
