"""Parquet logs: the same mapping as JSON lines, row by row, in constant memory."""

from __future__ import annotations

import gzip
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from tutela.connectors.logs import read_log
from tutela.engine.errors import InputError
from tutela.engine.events import Event

if TYPE_CHECKING:
    from pathlib import Path

ROWS = """
    SELECT * FROM (VALUES
        (TIMESTAMPTZ '2026-11-02 17:00:00.5+08', TIMESTAMP '2026-11-02 17:00:00', {'name': 'wang'},
         'SELECT mobile FROM crm.customer',
         ['crm.customer'], ['crm.customer.mobile', 'crm.customer.name'], 12::DOUBLE, 'select', 7::HUGEINT),
        (NULL, TIMESTAMP '2026-11-02 17:00:01', {'name': 'li'}, NULL, ['crm.customer'], NULL, NULL, 'export', NULL),
        (TIMESTAMPTZ 'infinity', TIMESTAMP '2026-11-02 17:00:02', {'name': NULL},
         'SELECT 1', NULL, [], 'NaN', 'select', 1),
        (NULL, NULL, {'name': 'li'}, 'SELECT 1', NULL, NULL, 1.5, 'select', 1)
    ) AS rows(zoned, local_time, who, q, tabs, cols, n, op, n2)
"""


def _write(path: Path, query: str, rows: int = 122_880) -> Path:
    with duckdb.connect() as connection:
        connection.execute(f"SET TimeZone = 'UTC'; COPY ({query}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE {rows})")
    return path


def _read(path: Path, fields: dict[str, str], **options: Any) -> tuple[list[Event], list[tuple[str, int]]]:  # noqa: ANN401
    items = list(read_log(path, mapping={"fields": fields, **options}))
    events = [item for item in items if isinstance(item, Event)]
    return events, [(item.code, item.location.line) for item in items if not isinstance(item, Event)]


FIELDS = {
    "account": "who.name", "sql": "q", "tables": "tabs", "columns": "cols", "row_count": "n", "action": "op",
}  # fmt: skip


def test_local_times_lists_and_what_is_absent(tmp_path: Path) -> None:
    """A timestamp without a zone is one of the declared zone; NULL is absent; the place of an event is its row."""
    path = _write(tmp_path / "log.parquet", ROWS)
    events, holes = _read(path, {**FIELDS, "at": "local_time"}, timezone="Asia/Shanghai")

    assert [("log-field-missing", 3), ("log-field-missing", 4)] == holes
    assert [
        ("wang", "SELECT mobile FROM crm.customer", "read", 12, ("crm.customer.mobile", "crm.customer.name"), 1),
        ("li", None, "export", None, (), 2),
    ] == [(one.account, one.sql, one.action, one.row_count, one.columns, one.location.line) for one in events]
    assert [("crm.customer",)] * 2 == [one.tables for one in events]
    assert datetime(2026, 11, 2, 9, tzinfo=UTC) == events[0].at


def test_times_with_a_zone_need_none_and_local_ones_do(tmp_path: Path) -> None:
    """Infinity and NULL are no times; without a declared zone a local time is a hole."""
    path = _write(tmp_path / "log.parquet", ROWS)
    events, holes = _read(path, {**FIELDS, "at": "zoned"})

    assert [datetime(2026, 11, 2, 9, 0, 0, 500_000, tzinfo=UTC)] == [one.at for one in events]
    assert [("log-field-missing", 2), ("log-field-missing", 3), ("log-field-missing", 4)] == holes
    assert [("log-time-zone", 1), ("log-time-zone", 2)] == _read(path, {**FIELDS, "at": "local_time"})[1][:2]


def test_a_count_that_is_no_whole_number_is_a_hole(tmp_path: Path) -> None:
    """1.5 rows are no count; 12.0 and a large integer type are."""
    path = _write(tmp_path / "log.parquet", ROWS)
    events, _ = _read(path, {"account": "who.name", "sql": "q", "at": "zoned", "row_count": "n2"})
    _, holes = _read(path, {"account": "who.name", "sql": "q", "at": "local_time", "row_count": "n"}, timezone="UTC")

    assert [7] == [one.row_count for one in events]
    assert ("log-field-missing", 4) in holes


def test_detection_damage_and_the_wrong_name(tmp_path: Path) -> None:
    """The first bytes tell; a damaged file, and a format that does not fit, are one problem."""
    path = _write(tmp_path / "log[1]*.parquet", ROWS)
    _write(tmp_path / "log1.parquet", "SELECT 1 AS another")
    assert "parquet" == read_log(path).format
    assert 4 == len(list(read_log(path)))
    cut = tmp_path / "cut"
    cut.write_bytes(path.read_bytes()[:-20])
    text = tmp_path / "text"
    text.write_text('{"at": 1}\n', encoding="utf-8")
    packed = tmp_path / "log.parquet.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    for file, name, code in (
        (packed, None, "log-unreadable"),
        (cut, None, "log-damaged"),
        (path, "jsonl", "log-binary"),
        (text, "parquet", "log-parquet"),
    ):
        with pytest.raises(InputError) as caught:
            read_log(file, format=name)
        assert [code] == [problem.code for problem in caught.value.problems]


def test_without_duckdb_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One problem, with the command that helps."""
    path = _write(tmp_path / "log.parquet", ROWS)
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(InputError, match="pip install"):
        read_log(path)


SCRIPT = """
import resource, sys
from tutela.connectors.logs import read_log
reader = read_log(sys.argv[1], mapping={"fields": {"at": "at", "account": "account", "sql": "sql"}})
count = 0
for _ in reader:
    count += 1
    if count == 5_000:
        early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - early)
"""


def test_a_large_file_is_read_in_constant_memory(tmp_path: Path) -> None:
    """60,000 rows of 2,500 characters, 150 MB of text, take less than 60 MB more than the first 5,000."""
    columns = "TIMESTAMPTZ '2026-11-02 00:00:00+00' AS at, 'a' AS account, repeat(n || 'xxxx', 250) AS sql"
    query = f"SELECT {columns} FROM range(100000, 160000) AS r(n)"
    path = _write(tmp_path / "log.parquet", query, rows=5_000)
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(path)], capture_output=True, text=True, check=True)
    count, more = done.stdout.split()

    assert "60000" == count
    assert int(more) < 60_000
