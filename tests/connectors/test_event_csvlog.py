"""csvlog in DuckDB is what the reader line by line makes of it: every event, every hole, every place, every count."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.connectors.csvlogs import Server
from tutela.connectors.event_table import EVENTS, row_of
from tutela.connectors.logs import read_log
from tutela.engine.events import Event, Hole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

pytest.importorskip("duckdb")
from tutela.connectors.audit_duckdb import duck_database
from tutela.connectors.event_files import load_file


def _said(items: Iterable[Event | Hole]) -> Counter[tuple[Any, ...]]:
    """What a log comes to: the columns of events, the places and codes of holes; denied ones are not asked."""
    found: Counter[tuple[Any, ...]] = Counter()
    for item in items:
        line = item.location.line
        if isinstance(item, Hole):
            found[(line, item.code, *map(str, item.problem.args.values()))] += 1
        elif item.result != "denied":
            row = row_of(item, line)
            row["instant"] = datetime.fromisoformat(str(row["instant"])) if row["instant"] else None
            found[tuple(row[name] for name in EVENTS)] += 1
    return found


def _in_duckdb(path: Path, timezone: str | None = None) -> tuple[Counter[tuple[Any, ...]], int, int] | None:
    """What DuckDB and the reader of its rest find; how many events are DuckDB's; how many messages were passed over."""
    reader = read_log(path, format="postgres-csvlog", timezone=timezone)
    with duck_database() as database:
        rest = load_file(database, path, "postgres-csvlog", reader.mapping, reader.skip)
        if rest is None:
            return None
        found = _said(rest.items)
        taken = Counter(tuple(row) for row in database.rows(f"SELECT {', '.join(EVENTS)} FROM events"))
    return found + taken, taken.total(), reader.skipped


def _compare(path: Path, timezone: str | None = None) -> int:
    """Hold both against each other; how many events DuckDB took."""
    reader = read_log(path, format="postgres-csvlog", timezone=timezone)
    expected = _said(reader)
    found = _in_duckdb(path, timezone)
    assert found is not None
    assert found[0] == expected
    assert found[2] == reader.skipped
    return found[1]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("way", ["plain", "timed", "bound", "audit", "mixed", "odd"])
def test_sessions_of_one_way(tmp_path: Path, way: str, seed: int) -> None:
    """What begins, what joins, what fails, and what is nothing, in logs of every setting."""
    server = Server(seed, columns=(23, 24, 26)[seed % 3], ways=(way,))
    path = tmp_path / "log.csv"
    path.write_text("".join(f"{line}\n" for line in server.lines(800)), "utf-8", newline="")
    assert _compare(path) > {"mixed": 20, "odd": -1}.get(way, 50)
