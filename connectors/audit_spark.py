"""Spark as the database of an audit, for logs that outgrow one machine: the same SQL, on a session given or started.

Spark reads Parquet logs itself, a file or a folder of them. Verdicts and what is asked one by one stay on the driver.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlglot

from tutela.engine.errors import InputError, Location, Problem
from tutela.engine.events import Hole

from .accesses import unreadable
from .event_records import TIME, YEARS
from .event_table import EVENTS, MOST_ROWS, TEXTS, Row, literal, row_of
from .log_lines import MARK, mark_of
from .log_mapped import event_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from tutela.engine.findings import Unreadable

    from .log_mapped import LogMapping

SparkSession = Any
"""`pyspark.sql.SparkSession`: half a gigabyte that is installed only where it is used."""
DataFrame = Any
SETTINGS: Final[Mapping[str, str]] = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.codegen.wholeStage": "false",  # hundreds of rules make methods that Java refuses to compile
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "8",
    "spark.sql.maxPlanStringLength": "2000",
    "spark.sql.adaptive.enabled": "false",
}
"""Settings of a session that is started here."""
SESSION: Final = ("spark.sql.session.timeZone", "spark.sql.ansi.enabled")
"""Those without which the SQL would mean something else; a session that is given lends the rest."""
_literal = partial(literal, dialect="spark")
_WHOLE: Final = frozenset({"bigint", "int", "smallint", "tinyint"})
_FILE_STEP: Final = 1 << 40
"""Rows of one file at most: numbers of events are file by file."""


class SparkDatabase:
    """The tables of one audit as temporary views of a session."""

    backreference = "$1"
    loaded = "events"

    def __init__(self, session: SparkSession) -> None:
        self.session = session
        self._kept: list[DataFrame] = []

    def load(self, path: str, mapping: LogMapping) -> Iterator[Unreadable]:
        """Fill `events` from Parquet; what could not be read comes back. Raises InputError where Spark cannot tell."""
        try:
            logged = self.session.read.parquet(path)
        except Exception:  # noqa: BLE001 (Spark and Java have many words for it)
            raise InputError([Problem(code="audit-spark-log", location=Location(path))]) from None
        plain, other = self._projected(logged, mapping, path)
        taken = plain.persist()
        self._kept.append(taken)
        events: list[Row] = []
        place = _Place(path)
        last = taken.selectExpr("coalesce(max(number), 0)").collect()[0][0]
        for record in other.toLocalIterator():
            item = event_of(place, int(record["__line"]), _record(record.asDict()), mapping)
            if isinstance(item, Hole):
                yield unreadable(item)
            elif item.result != "denied":
                last += 1
                events.append(row_of(item, last))
        names = list(EVENTS)
        whole = taken.where("result <> 'denied'").select(*names)
        if events:
            whole = whole.unionByName(self._frame(EVENTS, events).select(*names))
        whole.createOrReplaceTempView("events")

    def table(self, name: str, columns: Mapping[str, str], rows: Iterable[Row]) -> None:
        """Make a table with these rows."""
        self._keep(name, self._frame(columns, list(rows)))

    def _frame(self, columns: Mapping[str, str], rows: list[Row]) -> DataFrame:
        """Rows as a frame: all goes over as text, and is cast where it arrives."""
        texts = [tuple(_text(row.get(name)) for name in columns) for row in rows]
        frame = self.session.createDataFrame(texts, ", ".join(f"`{name}` string" for name in columns))
        return frame.selectExpr(*(f"CAST(`{name}` AS {_spark(kind)}) AS `{name}`" for name, kind in columns.items()))

    def create(self, name: str, query: str) -> None:
        """Make a table of what a query gives."""
        self._keep(name, self.session.sql(_translated(query)))

    def _keep(self, name: str, frame: DataFrame) -> None:
        kept = frame.persist()
        self._kept.append(kept)
        kept.createOrReplaceTempView(name)

    def view(self, name: str, query: str) -> None:
        """Let a name stand for what a query gives, whenever it is asked."""
        self.session.sql(_translated(query)).createOrReplaceTempView(name)

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        """What a query gives, partition by partition."""
        yield from map(tuple, self.session.sql(_translated(query)).toLocalIterator())

    def release(self) -> None:
        """Give back what was kept."""
        for frame in reversed(self._kept):
            frame.unpersist()

    def _projected(self, logged: DataFrame, mapping: LogMapping, path: str) -> tuple[DataFrame, DataFrame]:
        """The plain records as `EVENTS` (and their result), and the others as they are."""
        nested = [f"{path} AS `{source}`" for source, path in _nested(logged, mapping).items()]
        placed = logged.selectExpr("*", *nested, "_metadata.file_path AS __file", "_metadata.row_index AS __row")
        kinds = {field.name: field.dataType.simpleString() for field in placed.schema.fields}
        held = {name: source for name, source in mapping.fields.items() if source in kinds}
        wrong = sorted(source for name, source in held.items() if kinds[source] not in _kinds(name))
        if mapping.time_format != "iso" or "at" not in held or wrong or mapping.constants.keys() & {"at", "row_count"}:
            problem = Problem(code="audit-spark-columns", location=Location(path), args={"columns": ", ".join(wrong)})
            raise InputError([problem])
        placed.createOrReplaceTempView("raw")
        files = self.session.sql("SELECT DISTINCT __file FROM raw ORDER BY __file").collect()
        numbered = " ".join(f"WHEN {_literal(row[0])} THEN {n}" for n, row in enumerate(files)) or "WHEN '' THEN 0"
        number = f"(CASE __file {numbered} END) * {_FILE_STEP}L + __row + 1"
        plain, columns = _columns(held, kinds, mapping)
        frame = self.session.sql(
            f"SELECT *, {number} AS __number, __row + 1 AS __line, coalesce({plain}, false) AS __plain FROM raw"
        )
        chosen = [f"{columns[name]} AS {name}" for name in EVENTS]
        taken = frame.where("__plain").selectExpr(*chosen, f"{columns['result']} AS result")
        names = [f"`{source}`" for source in held.values()]
        return taken, frame.where("NOT __plain").selectExpr("__line", *dict.fromkeys(names))


class _Place:
    """Says where a hole is in a log that no `LogFile` has opened."""

    def __init__(self, name: str) -> None:
        self.name, self._mark = name, ""
        if Path(name).is_file():
            with Path(name).open("rb") as stream:
                self._mark = mark_of(stream.read(MARK))

    def hole(self, code: str, line: int, **args: object) -> Hole:
        """A hole at a row of this log."""
        return Hole(Problem(code=code, location=Location(self.name, line, 1), args=args), self._mark)


def _nested(logged: DataFrame, mapping: LogMapping) -> dict[str, str]:
    """The fields of a mapping that lead into objects, and the SQL that reads them."""
    found: dict[str, str] = {}
    for source in mapping.fields.values():
        kind: Any = None if source in logged.columns else logged.schema
        parts = source.split(".")
        for part in parts:
            kind = kind[part].dataType if part in getattr(kind, "names", ()) else None
        if kind is not None:
            found[source] = ".".join(f"`{part}`" for part in parts)
    return found


def _kinds(name: str) -> frozenset[str]:
    """The types of columns that a field may have."""
    if name == "at":
        return frozenset({"string", "timestamp"})
    if name == "row_count":
        return _WHOLE
    only = name in ("action", "sql", "tables", "columns")
    return frozenset({"string"}) if only else frozenset({"string"}) | _WHOLE


def _columns(held: Mapping[str, str], kinds: Mapping[str, str], mapping: LogMapping) -> tuple[str, dict[str, str]]:
    """When a record is plain, and the columns of `EVENTS` from the fields."""
    raw = {
        name: f"coalesce(CAST(`{held[name]}` AS STRING), {constant})" if name in held else constant
        for name in TEXTS
        for constant in [_literal(mapping.constants.get(name, ""))]
    }
    at = f"`{held['at']}`"
    zoned = at if kinds[held["at"]] == "timestamp" else f"try_cast({at} AS TIMESTAMP)"
    said = f"lower(`{held['action']}`)" if "action" in held else "CAST(NULL AS STRING)"
    if constant := mapping.constants.get("action"):
        said = f"coalesce({said}, {_literal(constant.lower())})"
    cases = " ".join(f"WHEN {_literal(word)} THEN {_literal(action)}" for word, action in mapping.actions.items())
    action = f"CASE {said} {cases} ELSE CASE WHEN {said} IS NULL AND {raw['sql']} <> '' THEN 'other' END END"
    count = f"CAST(`{held['row_count']}` AS BIGINT)" if "row_count" in held else "CAST(NULL AS BIGINT)"
    tests = [
        f"{at} RLIKE {_literal(f'^(?:{TIME})$')}" if kinds[held["at"]] == "string" else "true",
        f"year({zoned}) {YEARS}",
        f"{raw['account']} <> ''",
        f"({action}) IS NOT NULL",
        f"{raw['result']} IN ('', 'success', 'error', 'denied')",
        f"NOT ({raw['tables']} || {raw['columns']}) RLIKE {_literal('[;' + chr(92) + 's' + chr(92) + 'p{Z}]')}",
        f"(({raw['sql']} || {raw['tables']} || {raw['columns']}) RLIKE '[A-Za-z]' OR ({action}) = 'login')",
        f"coalesce({count}, 0) BETWEEN 0 AND {MOST_ROWS}",
    ]
    columns = raw | {
        "number": "__number", "line": "__line", "instant": f"CAST({zoned} AS TIMESTAMP_NTZ)", "action": action,
        "complete": "true", "row_count": count,
        "id": f"CASE WHEN {raw['id']} = '' THEN 'line ' || __line ELSE {raw['id']} END",
    }  # fmt: skip
    return " AND ".join(tests), columns


@contextmanager
def spark_database(master: str | None = None, session: SparkSession | None = None) -> Generator[SparkDatabase]:
    """A database in a session beside the one that is given, or in one that is started on a master and then stopped."""
    if session is not None:
        started = session.newSession()  # with settings and views of its own
        for name in SESSION:
            started.conf.set(name, SETTINGS[name])
    else:
        started = _started(master or "local[*]")
    database = SparkDatabase(started)
    try:
        yield database
    finally:
        database.release()
        if session is None:
            started.stop()


def _started(master: str) -> SparkSession:
    builder = import_module("pyspark.sql").SparkSession.builder.appName("tutela audit").master(master)
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    if master.startswith("local"):
        builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    return builder.getOrCreate()


def _translated(query: str) -> str:
    return sqlglot.transpile(query, read="duckdb", write="spark")[0]


def _spark(kind: str) -> str:
    return {"VARCHAR": "STRING", "TIMESTAMP": "TIMESTAMP_NTZ"}.get(kind, kind)


def _text(value: object) -> str | None:
    if value is None:
        return None
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _record(values: Mapping[str, object]) -> dict[str, object]:
    """A row as the record that JSON would hold; Spark's times are UTC without saying so."""
    return {
        name: value.astimezone(UTC) if isinstance(value, datetime) else value
        for name, value in values.items()
        if name != "__line"
    }
