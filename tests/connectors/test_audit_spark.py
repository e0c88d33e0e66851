"""The audit on Spark finds what the audit event by event finds: the same SQL, two workers, Parquet."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tutela.connectors.audit_engines import judged_by_spark
from tutela.connectors.logs import read_log
from tutela.engine.errors import InputError
from tutela.engine.events import Event
from tutela.engine.findings import report

if TYPE_CHECKING:
    from collections.abc import Iterator

pyspark = pytest.importorskip("pyspark", reason="Spark is not installed (make test-spark)")
duckdb = pytest.importorskip("duckdb")
pytestmark = pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java")

sys.path.insert(0, str(Path(__file__).parent))
twin: Any = import_module("test_audit_duckdb")
project, made_events, WHEN = twin.project, twin.made_events, twin.WHEN


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """One session for all tests: it takes ten seconds to start."""
    from tutela.connectors.audit_spark import spark_database

    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    with spark_database("local[2]") as database:
        database.session.conf.set("spark.sql.shuffle.partitions", "2")
        yield database.session


def _write(path: Path, seed: int, count: int, days: int) -> None:
    """Generated events as a Parquet log, in two row groups, some of them not plain."""
    names = ("id", "at", "account", "action", "sql", "objects", "columns", "purpose", "request_id", "row_count",
             "application", "result", "role", "break_glass")  # fmt: skip
    rows: list[tuple[object, ...]] = []
    for event in made_events(seed, count, days):
        if isinstance(event, Event):
            made = replace(event, action="read" if event.action == "other" and not event.sql else event.action)
            rows.append(
                (made.id, made.at.isoformat() if made.at else None, made.account, made.action, made.sql,
                 "; ".join(made.tables), ";".join(made.columns), made.purpose, made.request_id, made.row_count,
                 made.application, made.result, made.extra.get("role"), made.extra.get("break_glass"))
            )  # fmt: skip
    with duckdb.connect() as connection:
        kinds = ", ".join(f'"{name}" {"BIGINT" if name == "row_count" else "VARCHAR"}' for name in names)
        connection.execute(f"CREATE TABLE t ({kinds})")
        connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(names))})", rows)
        connection.execute(f"COPY t TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)")


def test_spark_finds_the_same(tmp_path: Path, session: Any, project: tuple[Any, Any]) -> None:  # noqa: ANN401
    """Every finding, reason and count; rows that are not plain SQL's are read by the same reader."""
    authorizer, make = project
    path = tmp_path / "log.parquet"
    _write(path, 11, 300, 400)
    asked = make()
    expected = report("audit", authorizer, asked.ask(read_log(path)), WHEN)
    items = judged_by_spark(str(path), None, make(), authorizer, session=session)
    assert expected == report("audit", authorizer, items, WHEN)
    assert expected.checked > 250


def test_a_folder_is_one_log(tmp_path: Path, session: Any, project: tuple[Any, Any]) -> None:  # noqa: ANN401
    """Files of one folder are one log: rows of a window are counted over all of them."""
    authorizer, make = project
    folder = tmp_path / "log"
    folder.mkdir()
    _write(folder / "a.parquet", 12, 20, 5)
    _write(folder / "b.parquet", 13, 20, 5)
    items = judged_by_spark(str(folder), None, make(), authorizer, session=session)
    found = report("audit", authorizer, items, WHEN)
    assert found.checked > 30


def test_fields_of_objects(tmp_path: Path, session: Any, project: tuple[Any, Any]) -> None:  # noqa: ANN401
    """A mapping leads into objects with dots, as it does elsewhere; a field that is missing in one row is a hole."""
    authorizer, make = project
    path = tmp_path / "nested.parquet"
    said = {"sql": "SELECT full_name FROM crm.customer", "n": 1}
    with duckdb.connect() as connection:
        connection.execute(
            'CREATE TABLE t ("at" VARCHAR, who STRUCT(name VARCHAR), said STRUCT(sql VARCHAR, n BIGINT))'
        )
        for who in ({"name": "lina"}, {"name": None}, None):
            connection.execute("INSERT INTO t VALUES (?, ?, ?)", ["2026-11-06T01:29:34Z", who, said])
        connection.execute(f"COPY t TO '{path}' (FORMAT parquet)")
    mapping = {"fields": {"at": "at", "account": "who.name", "sql": "said.sql", "row_count": "said.n"}}

    expected = report("audit", authorizer, make().ask(read_log(path, mapping=mapping)), WHEN)
    items = judged_by_spark(str(path), mapping, make(), authorizer, session=session)

    assert expected == report("audit", authorizer, items, WHEN)
    assert expected.unparsed == 2
    assert expected.checked > 0


def test_what_spark_cannot_read_is_said(tmp_path: Path, session: Any, project: tuple[Any, Any]) -> None:  # noqa: ANN401
    """No Parquet, and columns of other types, end with one problem."""
    authorizer, make = project
    text, numbers = tmp_path / "log.jsonl", tmp_path / "log.parquet"
    text.write_text('{"at": 1}\n', encoding="utf-8")
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 1.5 AS at, 'u' AS account) TO '{numbers}' (FORMAT parquet)")
    for path, code in (
        (text, "audit-spark-log"),
        (numbers, "audit-spark-columns"),
        (tmp_path / "no", "audit-spark-log"),
    ):
        with pytest.raises(InputError) as error:
            list(judged_by_spark(str(path), None, make(), authorizer, session=session))
        assert [code] == [problem.code for problem in error.value.problems]
