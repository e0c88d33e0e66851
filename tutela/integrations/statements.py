"""Statements on their way to a database: what each touches, what is asked about that, and whether it may go on.

The questions are those that an audit of the same statement asks, for the subject that is acting. What is not analysed
to the last column is denied; so is whatever touches no table and is on no list.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import dropwhile
from typing import TYPE_CHECKING, Any, Final

import sqlglot
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import TokenType

from tutela.engine.errors import Location
from tutela.engine.events import Event
from tutela.engine.facts_access import SCHEMA
from tutela.engine.obligations import FILTER_ROWS, MASK_COLUMNS
from tutela.engine.request import Request
from tutela.engine.rewrite import Rewriter

from .asking import Answer, Question, complying, problem
from .local import Local, answer_of, present
from .placeholders import Neutral, PlaceholderError, neutral

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from tutela.connectors.access_columns import Columns
    from tutela.connectors.accesses import Accesses, Group
    from tutela.engine.errors import Problem
    from tutela.engine.rewrite import Rewritten

    from .acting import Actor
    from .asking import Decider

PLACE: Final = "statement"
KEPT: Final = 4096
"""Texts of statements whose analysis is kept; beyond that, the analysis of their shapes is."""
LONGEST_KEPT: Final = 20_000
"""Longer texts (rows by the thousand) are analysed each time."""
IN_SQL: Final = frozenset({MASK_COLUMNS, FILTER_ROWS})
"""Obligations that rewriting carries out."""
_VALUE: Final = r"(?:'[^'\\]*'|[\w.+-]+)"
_MODE: Final = (
    r"(?:isolation\s+level\s+(?:serializable|repeatable\s+read|read\s+committed|read\s+uncommitted)"
    r"|read\s+write|read\s+only|(?:not\s+)?deferrable)"
)
_MODES: Final = rf"{_MODE}(?:\s*,?\s*{_MODE})*"
LISTED: Final = re.compile(
    rf"\s*(?:(?:begin|start)(?:\s+(?:transaction|work))?(?:\s+{_MODES})?|begin\s+(?:deferred|immediate|exclusive)"
    r"|(?:commit|rollback|end|abort)(?:\s+(?:transaction|work))?"
    r"|savepoint\s+\w+|release(?:\s+savepoint)?\s+\w+|rollback(?:\s+(?:transaction|work))?\s+to(?:\s+savepoint)?\s+\w+"
    r"|(?:prepare\s+transaction|commit\s+prepared|rollback\s+prepared)\s+'[^'\\]*'"
    rf"|set\s+(?:session\s+|local\s+)?transaction\s+{_MODES}"
    rf"|set\s+session\s+characteristics\s+as\s+transaction\s+{_MODES}"
    r"|set\s+(?:session\s+|local\s+)?(?:statement_timeout|lock_timeout|idle_in_transaction_session_timeout"
    rf"|application_name|timezone|datestyle|autocommit)\s*(?:=|\bto\b)\s*{_VALUE}"
    rf"|set\s+(?:session\s+|local\s+)?time\s+zone\s+{_VALUE}"
    r"|show\s+(?:transaction\s+isolation\s+level|server_version|timezone|standard_conforming_strings)"
    r"|pragma\s+foreign_keys(?:\s*=\s*\w+)?"
    r")\s*;?\s*",
    re.IGNORECASE | re.ASCII,
)
"""One statement about a transaction or session that touches no table, and changes the meaning of no later one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one text asks for: nothing when it is listed, else tables with their columns; or why nobody can tell."""

    written: Neutral
    kind: str = ""
    listed: bool = False
    asks: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """Action and resource of each question."""
    problem: Problem | None = None


class Statements:
    """What statements over one schema touch, and whether the subject that is acting may run them.

    Each text is analysed once, and of texts that differ in values only the first. It may be used from many threads.
    """

    def __init__(  # noqa: PLR0913 (a database, its statements, and who decides)
        self,
        accesses: Accesses,
        decider: Decider,
        *,
        dialect: str,
        paramstyle: str,
        database: str = "",
        complies: Collection[str] = (),
        rewrite: bool = False,
    ) -> None:
        """`complies`: kinds of obligations that the caller carries out; rewriting carries out its own besides."""
        self._accesses = accesses
        self.decider = decider
        self.dialect = dialect
        self._paramstyle = paramstyle
        self._database = database
        self._complies: frozenset[str] = frozenset(complies) | (IN_SQL if rewrite else frozenset[str]())
        self._clock = decider.clock if isinstance(decider, Local) else present
        self._rewriter = (
            Rewriter(decider.authorizer, accesses.analyser, accesses.categories)
            if rewrite and isinstance(decider, Local)
            else None
        )
        self._remote = not isinstance(decider, Local)
        self._lock = threading.Lock()
        """The analysis remembers, and is not made for two at a time."""
        self._kept = lru_cache(maxsize=KEPT)(self._wanted)

    def wanted(self, text: str, *, plain: bool) -> Wanted:
        """What a text of the driver asks for; `plain`: it is sent as it is, without parameters."""
        return (self._kept if len(text) <= LONGEST_KEPT else self._wanted)(text, plain)

    def _wanted(self, text: str, plain: bool) -> Wanted:
        try:
            written = neutral(text, self._paramstyle, self.dialect, plain=plain)
        except PlaceholderError:
            return Wanted(Neutral(text), problem=problem("statement-parameters", PLACE))
        if LISTED.fullmatch(written.sql):
            return Wanted(written, listed=True)
        with self._lock:
            return self._analysed(written)

    def _analysed(self, written: Neutral) -> Wanted:
        if _several(written.sql, self.dialect):
            return Wanted(written, problem=problem("statement-several", PLACE))
        event = Event(id=PLACE, location=Location(PLACE), sql=written.sql, database=self._database)
        touched = self._accesses.touched(event)
        kind = touched.kind
        if not (touched.resolved and touched.parsed):
            found = problem(f"statement-{touched.reason or 'not-parsed'}", PLACE, detail=touched.detail)
            return Wanted(written, kind, problem=found)
        groups = self._accesses.groups(event, touched)
        if not groups and kind != "read":
            return Wanted(written, kind, problem=problem("statement-not-listed", PLACE, what=kind))
        return Wanted(written, kind, asks=tuple(self._ask(group, columns) for group, columns in groups.items()))

    def _ask(self, group: Group, columns: Columns) -> tuple[str, Mapping[str, Any]]:
        resource = self._accesses.resource(group, columns)
        if self._remote:  # that this schema was read here is no evidence there: its own catalog counts
            properties = {name: value for name, value in resource["properties"].items() if value is not SCHEMA}
            resource = {**resource, "properties": properties}
        return group[1], resource

    def questions(self, wanted: Wanted, who: Actor) -> list[Question]:
        """What is to be asked before the statement may go on."""
        return [Question(who.subject, action, resource, who.context) for action, resource in wanted.asks]

    def refusal(self, wanted: Wanted, who: Actor | None) -> Answer | None:
        """The denial of a statement that need not be asked about; None when it must be, or is listed."""
        if wanted.listed:
            return None
        if who is None:
            return Answer.failed(problem("subject-unset", PLACE))
        return None if wanted.problem is None else Answer.failed(wanted.problem, who.lang)

    def together(self, answers: Sequence[Answer], who: Actor) -> Answer:
        """One answer for all tables of a statement: allowed when each is, and every obligation can be carried out."""
        found = [complying(answer, self._complies, who.lang) for answer in answers]
        against = [answer for answer in found if not answer.allowed] or found
        return Answer(
            all(answer.allowed for answer in found),
            tuple(dict.fromkeys(reason for answer in against for reason in answer.reasons)),
            tuple(duty for answer in found for duty in answer.obligations),
            ",".join(answer.evaluation_id for answer in against if answer.evaluation_id),
            next((answer.policy_digest for answer in found), ""),
            next((answer.problem for answer in against if answer.problem is not None), None),
        )

    def must_rewrite(self, wanted: Wanted, answer: Answer, who: Actor) -> bool:
        """Whether the statement may only run rewritten: columns are masked, rows hidden, or their number is stated."""
        if self._rewriter is None:
            return False
        bounded = wanted.kind == "read" and bool(wanted.asks) and "row_count" in who.context
        return bounded or any(duty.kind in IN_SQL for duty in answer.obligations)

    def rewritten(self, wanted: Wanted, who: Actor) -> tuple[str, Answer | None]:
        """The statement with masks and filters (as the database reads it), or the denial that there is none."""
        assert self._rewriter is not None  # noqa: S101 (`must_rewrite`)
        nothing = {"type": "table", "id": "*"}
        request = Request(who.subject, "read", nothing, who.context, as_of=self._clock())
        with self._lock:
            made = self._rewriter.rewrite(wanted.written.sql, request)
        if made.sql and all(duty.kind in self._complies for _, duty in made.obligations):
            return made.sql, None
        return "", self._not_rewritten(made, who)

    def _not_rewritten(self, made: Rewritten, who: Actor) -> Answer:
        """A denial: what keeps the statement from being rewritten, or the decision that it met on the way."""
        if made.problem is not None:
            return Answer.failed(made.problem, who.lang)
        answers = [answer_of(decision, "", who.lang) for _, decision, _ in made.decisions]
        return replace(self.together(answers, who), allowed=False)


def _several(sql: str, dialect: str) -> bool:
    """Whether a text holds more than one statement, as far as it can be taken apart."""
    try:
        tokens = sqlglot.tokenize(f"{sql}\n", dialect=dialect)
    except SqlglotError:
        return False  # the analysis says so, too, and why
    rest = dropwhile(lambda token: token.token_type is not TokenType.SEMICOLON, tokens)
    return any(token.token_type is not TokenType.SEMICOLON for token in rest)
