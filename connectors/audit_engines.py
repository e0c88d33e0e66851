"""Who judges a log: DuckDB or Spark, a question at a time, or Python, an event at a time; all find the same."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from tutela.engine.errors import InputError, Location, Problem
from tutela.engine.events import Hole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tutela.engine.authorizer import Authorizer
    from tutela.engine.events import Event
    from tutela.engine.findings import Allowed, Asked, Unreadable

    from .accesses import Accesses
    from .logs import LogReader


def judged(
    reader: LogReader, asked: Accesses, authorizer: Authorizer, engine: str | None = None
) -> Iterator[Asked | Unreadable | Allowed]:
    """What came of the events of a log, by an engine; by DuckDB, where it is installed and none is named."""
    if engine == "duckdb":
        _need("duckdb", "db", reader.name)
    if engine == "python" or find_spec("duckdb") is None:
        return iter(asked.ask(whole(reader)))
    return _in_duckdb(reader, asked, authorizer)


def _in_duckdb(reader: LogReader, asked: Accesses, authorizer: Authorizer) -> Iterator[Asked | Unreadable | Allowed]:
    from .audit_duckdb import duck_database
    from .audit_sql import SqlAudit
    from .event_files import load_file

    with duck_database() as database:
        rest = load_file(database, reader.path, reader.format, reader.mapping) if reader.path else None
        yield from database.load(whole(reader if rest is None else rest))
        yield from SqlAudit(database, asked, authorizer, reader.name).judge()


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


def whole(events: Iterable[Event | Hole]) -> Iterator[Event | Hole]:
    """Pass a log's events on; InputError when it ends in the middle of a record, for then its end is missing."""
    furthest, cut = 0, None
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
