"""Statements of SQLAlchemy: each is decided about before the database sees it, for the subject that is acting.

Everything that an Engine runs passes here: Core, ORM, `text`, `exec_driver_sql`, many at once, async engines. What does
not is a cursor of the driver itself (`raw_connection`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_only

from tutela.engine.errors import InputError

from .acting import actor
from .asking import Answer, problem
from .denied import AccessDenied, refuse
from .local import Local, present
from .placeholders import PlaceholderError, restored
from .statements import Statements

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine.interfaces import ExecutionContext

    from tutela.connectors.accesses import Accesses
    from tutela.engine.model import Obligation

    from .acting import Actor
    from .asking import Decider
    from .statements import Wanted

    CarryOut = Callable[[Obligation], None]

DIALECTS: Final = {"postgresql": "postgres", "mssql": "tsql", "mariadb": "mysql"}
"""SQLAlchemy's name of a database -> that of its dialect; the others are the same."""


class StatementDenied(AccessDenied, SQLAlchemyError):  # noqa: N818 (a decision, as its base is)
    """A statement that did not reach the database, because its subject may not run it."""


class _Permit(NamedTuple):
    """A statement that may run, and what is to run in its place (nothing: itself)."""

    cursor: Any
    statement: str
    wanted: Wanted
    sql: str = ""


def protect(
    engine: Engine | AsyncEngine,
    decider: Decider,
    *schemas: str | Path,
    mode: Literal["deny", "rewrite"] = "deny",
    complies: Mapping[str, CarryOut] | None = None,
    default_schema: str | None = None,
) -> None:
    """Let an engine run only what is allowed; StatementDenied is raised for the rest.

    The tables stand in `schemas`: files, or addresses of databases. With the mode `rewrite`, masks and row filters are
    written into queries (PostgreSQL and DuckDB). `complies`: kinds of other obligations, with what carries one out
    before the statement runs. InputError when the schema cannot be read, or the mode does not go with the decider.
    """
    if mode not in ("deny", "rewrite"):
        raise InputError([problem("integration-mode", "mode", mode=mode)])
    if mode == "rewrite" and not isinstance(decider, Local):
        raise InputError([problem("integration-rewrite-remote", "mode")])
    if not schemas:
        raise InputError([problem("input-none", "schemas")])
    target = engine.sync_engine if isinstance(engine, AsyncEngine) else engine
    dialect = DIALECTS.get(target.dialect.name, target.dialect.name)
    duties = dict(complies or {})
    statements = Statements(
        _accesses(decider, schemas, dialect, default_schema),
        decider,
        dialect=dialect,
        paramstyle=target.dialect.paramstyle,
        database=target.url.database or "",
        complies=duties,
        rewrite=mode == "rewrite",
    )
    hook = _Hook(statements, duties)
    event.listen(target, "before_cursor_execute", hook.before)
    event.listen(target, "do_execute", hook.run)
    event.listen(target, "do_execute_no_params", hook.run_plain)
    event.listen(target, "do_executemany", hook.run_many)


def _accesses(decider: Decider, schemas: tuple[str | Path, ...], dialect: str, default_schema: str | None) -> Accesses:
    """The analysis of statements, with what the columns hold."""
    from tutela.connectors.accesses import accesses
    from tutela.connectors.sources import read_sources
    from tutela.project import Project, load_classifier

    schema = read_sources(list(schemas), dialect=dialect)
    if isinstance(decider, Local):
        classifier = load_classifier(Project(Path()), decider.authorizer.policies, facts=decider.authorizer.facts)
    else:
        classifier = load_classifier(Project(Path()), None)
    return accesses(schema, classifier, dialect, present(), default_schema=default_schema)


class _Hook:
    """The listeners of one engine.

    `before` decides. The others run what was decided about, in the words that were decided: a listener in between may
    have changed them, and the rewritten text, which may hold salts, shows neither in SQLAlchemy's log nor its errors.
    """

    def __init__(self, statements: Statements, complies: Mapping[str, CarryOut]) -> None:
        self._statements = statements
        self._complies = complies
        self._permits: WeakKeyDictionary[Connection, _Permit] = WeakKeyDictionary()
        """The last permit of each connection."""

    def before(  # noqa: PLR0913 (SQLAlchemy's)
        self,
        connection: Connection,
        cursor: Any,  # noqa: ANN401 (the driver's)
        statement: str,
        parameters: Any,  # noqa: ANN401 (the driver's)
        context: ExecutionContext | None,
        executemany: bool,
    ) -> None:
        """Decide about a statement; raises StatementDenied."""
        plain = not (executemany or parameters) and bool(getattr(context, "no_parameters", False))
        permit = self._permit(cursor, statement, plain=plain, is_async=connection.dialect.is_async)
        if permit.sql and (context is None or executemany):
            raise _refused(Answer.failed(problem("rewrite-not-query", "statement", what="executemany")))
        self._permits[connection] = permit

    def run(self, cursor: Any, statement: str, parameters: Any, context: ExecutionContext | None) -> bool:  # noqa: ANN401
        """Run the rewritten statement, if there is one; False lets SQLAlchemy run its own."""
        permit = self._checked(cursor, statement, context, plain=False)
        if permit is None or context is None or not permit.sql:
            return False
        sql, given = _restored(permit, self._statements.dialect, parameters)
        context.dialect.do_execute(cursor, sql, given, context)
        return True

    def run_plain(self, cursor: Any, statement: str, context: ExecutionContext | None) -> bool:  # noqa: ANN401
        """The same for a statement that the driver takes as it is."""
        permit = self._checked(cursor, statement, context, plain=True)
        if permit is None or context is None or not permit.sql:
            return False
        context.dialect.do_execute_no_params(cursor, permit.sql, context)
        return True

    def run_many(self, cursor: Any, statement: str, _parameters: Any, context: ExecutionContext | None) -> bool:  # noqa: ANN401
        """Many at once are never rewritten: see that they are what was decided about."""
        permit = self._checked(cursor, statement, context, plain=False)
        if permit is not None and permit.sql:
            raise _refused(Answer.failed(problem("rewrite-not-query", "statement", what="executemany")))
        return False

    def _checked(
        self,
        cursor: Any,  # noqa: ANN401 (the driver's)
        statement: str,
        context: ExecutionContext | None,
        *,
        plain: bool,
    ) -> _Permit | None:
        """The permit of a statement; None for what SQLAlchemy itself asks a database that it connects to first.

        It does so on a connection without listeners, which therefore has no permit at all.
        """
        if context is None:
            return None
        connection = context.root_connection
        permit = self._permits.get(connection)
        if permit is None or (permit.cursor is cursor and permit.statement == statement):
            return permit
        return self._permit(cursor, statement, plain=plain, is_async=connection.dialect.is_async)

    def _permit(self, cursor: Any, statement: str, *, plain: bool, is_async: bool) -> _Permit:  # noqa: ANN401
        statements, who = self._statements, actor()
        wanted = statements.wanted(statement, plain=plain)
        denied = statements.refusal(wanted, who)
        if denied is not None:
            raise _refused(denied)
        if who is None or wanted.listed:
            return _Permit(cursor, statement, wanted)
        answer = self._carried_out(self._answer(wanted, who, is_async=is_async), who)
        if not answer.allowed:
            raise _refused(answer)
        if not statements.must_rewrite(wanted, answer, who):
            return _Permit(cursor, statement, wanted)
        sql, denied = statements.rewritten(wanted, who)
        if denied is not None:
            raise _refused(denied)
        return _Permit(cursor, statement, wanted, sql)

    def _answer(self, wanted: Wanted, who: Actor, *, is_async: bool) -> Answer:
        statements, decider = self._statements, self._statements.decider
        asked = statements.questions(wanted, who)
        if is_async:  # the event loop goes on while a service is asked
            answers = [await_only(decider.adecide(question, who.lang)) for question in asked]
        else:
            answers = [decider.decide(question, who.lang) for question in asked]
        return statements.together(answers, who)

    def _carried_out(self, answer: Answer, who: Actor) -> Answer:
        """The answer after everything was done that can be done; of a denial, too, as AuthZEN's profile wants it."""
        for duty in answer.obligations:
            carry_out = self._complies.get(duty.kind)
            if carry_out is None:
                continue
            try:
                carry_out(duty)
            except Exception as error:  # noqa: BLE001 (fail closed: what is not done is not allowed)
                found = problem("obligation-failed", "complies", kind=duty.kind, what=type(error).__name__)
                answer = answer.overruled(found, who.lang)
        return answer


def _restored(permit: _Permit, dialect: str, parameters: Any) -> tuple[str, Any]:  # noqa: ANN401 (the driver's)
    try:
        return restored(permit.sql, permit.wanted.written, dialect, parameters)
    except PlaceholderError:
        raise _refused(Answer.failed(problem("statement-parameters", "statement"))) from None


def _refused(answer: Answer) -> AccessDenied:
    return refuse(answer, StatementDenied)
