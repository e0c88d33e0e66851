"""Who judges a log: DuckDB or Spark, a question at a time, or Python, an event at a time; all find the same."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from tutela.engine.errors import InputError, Location, Problem
from tutela.engine.events import Hole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from tutela.engine.authorizer import Authorizer
    from tutela.engine.events import Event
    from tutela.engine.findings import Allowed, Asked, Unreadable
    from tutela.engine.reconcile import Reconciliation

    from .accesses import Accesses
    from .audit_sql import Step
    from .logs import LogReader


EVERY: Final = 2_000
"""Events between two words about how far the work is."""


def judged(  # noqa: PLR0913 (what a log is judged by)
    reader: LogReader,
    asked: Accesses,
    authorizer: Authorizer,
    engine: str | None = None,
    step: Step | None = None,
    *,
    checks: Reconciliation | None = None,
) -> Iterator[Asked | Unreadable | Allowed]:
    """What came of the events of a log, by an engine; by DuckDB, where it is installed and none is named.

    `checks` watches the events, and what it found comes last.
    """
    if engine == "duckdb":
        _need("duckdb", "db", reader.name)
    if engine == "python" or find_spec("duckdb") is None:
        found: Iterator[Asked | Unreadable | Allowed] = iter(asked.ask(_watched(reader, step, checks)))
    else:
        found = _in_duckdb(reader, asked, authorizer, step, checks)
    return found if checks is None else _and_then(found, checks, reader)


def _and_then(
    found: Iterator[Asked | Unreadable | Allowed], checks: Reconciliation, reader: LogReader
) -> Iterator[Asked | Unreadable | Allowed]:
    yield from found
    yield from checks.asked(reader.sequence.missing)


def _watched(reader: LogReader, step: Step | None, checks: Reconciliation | None) -> Iterator[Event | Hole]:
    events = _counted(whole(reader), reader, step)
    return events if checks is None else checks.watch(events)


def _counted(events: Iterable[Event | Hole], reader: LogReader, step: Step | None) -> Iterator[Event | Hole]:
    """Pass events on, and say how many there were and how far into the file that is."""
    size = reader.path.stat().st_size if reader.path and step else 0
    for number, event in enumerate(events):
        if step and number % EVERY == 0:
            step("read", number, reader.file.taken, size)
        yield event


def _in_duckdb(
    reader: LogReader,
    asked: Accesses,
    authorizer: Authorizer,
    step: Step | None,
    checks: Reconciliation | None,
) -> Iterator[Asked | Unreadable | Allowed]:
    from .audit_duckdb import duck_database
    from .audit_questions import look_ahead, look_at
    from .audit_sql import SqlAudit
    from .event_ahead import statements_ahead
    from .event_files import load_file

    # What Python prepares, it prepares while DuckDB reads.
    with duck_database() as database, ThreadPoolExecutor(max_workers=1) as pool:
        preparing = pool.submit(SqlAudit, database, asked, authorizer, reader.name, step)
        begun = _stamp(reader.path)
        rest, looking = None, list[Future[None]]()
        if reader.path and checks is None:  # whoever watches events must see every one
            if reader.format in ("jsonl", "parquet") and reader.path.is_file():
                ahead = statements_ahead(database, reader.path, reader.format, reader.mapping)
                looking.append(pool.submit(look_at, ahead, asked))
            rest = load_file(database, reader.path, reader.format, reader.mapping, reader.skip)
        audit = preparing.result()
        if rest is None:
            yield from database.load(_watched(reader, step, checks))
        else:
            looking.append(pool.submit(look_ahead, database, asked))
            yield from database.load(whole(rest.items, rest.furthest))
        yield from audit.judge(lambda: [each.result() for each in looking])
        if rest is not None and reader.format == "parquet" and _stamp(reader.path) != begun:
            # It is read several times over: what is joined must be of the same file.
            raise InputError([Problem(code="log-changed", location=Location(reader.name))])


def _stamp(path: Path | None) -> tuple[int, ...]:
    """What is another when a file was written to or replaced."""
    if path is None:
        return ()
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def judged_by_spark(  # noqa: PLR0913 (where it runs, and on what)
    log: str,
    mapping: Mapping[str, object] | None,
    asked: Accesses,
    authorizer: Authorizer,
    *,
    master: str | None = None,
    session: Any = None,  # noqa: ANN401 (a SparkSession)
) -> Iterator[Asked | Unreadable | Allowed]:
    """What came of the events of a Parquet log, a file or a folder of them, by Spark."""
    from .audit_spark import spark_database
    from .audit_sql import SqlAudit
    from .log_mapped import KEYS, MappingError, make_mapping

    _need("pyspark", "spark", log)
    try:
        declared = make_mapping(mapping)
    except MappingError as error:
        args = {"reason": str(error), "keys": ", ".join(KEYS)}
        raise InputError([Problem(code="log-mapping", location=Location(log), args=args)]) from None
    with spark_database(master, session) as database:
        yield from database.load(log, declared)
        yield from SqlAudit(database, asked, authorizer, log).judge()


def _need(library: str, extra: str, log: str) -> None:
    """Say how to get an engine that is not installed."""
    if find_spec(library) is None:
        args = {"engine": library, "extra": extra}
        raise InputError([Problem(code="audit-engine", location=Location(log), args=args)])


def whole(events: Iterable[Event | Hole], furthest: int = 0) -> Iterator[Event | Hole]:
    """Pass a log's events on; InputError when it ends in the middle of a record, for then its end is missing.

    `furthest` is the last line that is known to follow.
    """
    cut = None
    for item in events:
        problem = item.problem if isinstance(item, Hole) else None
        line = (problem or item).location.line
        if problem is not None and problem.code == "log-cut" and line >= furthest:
            cut = problem
        elif cut is not None and line > cut.location.line:
            cut = None  # a gap in the middle: a finding of its own
        furthest = max(furthest, line)
        yield item
    if cut is not None:
        raise InputError([cut])
