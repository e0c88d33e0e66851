"""Real logs of PostgreSQL: each is read, and every line is an event, a message passed over, or a hole."""

from __future__ import annotations

import bz2
import gzip
import json
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tutela.connectors.logs import read_log
from tutela.engine.events import Event, Hole

if TYPE_CHECKING:
    from tutela.connectors.logs import LogReader

LOGS = Path(__file__).parents[2].parent / "shared" / "corpus" / "logs"
LINES = 15_000
PARIS = {"timezone": "Europe/Paris"}
USR = "%t [%p]: [%l-1] [%x] usr=%u,db=%d,appli=%a "

pytestmark = pytest.mark.skipif(not LOGS.is_dir(), reason="the corpus of real logs is not here")

FILES: tuple[tuple[str, dict[str, Any], str, int, int, Counter[str]], ...] = (
    # name, options, format, events, messages passed over, holes
    ("anonymize.log", PARIS, "postgres-csvlog", 5, 3, Counter()),
    ("begin_end.log", PARIS, "postgres-stderr", 0, 24, Counter()),  # connections only
    # 25 columns, which no server writes
    ("csv_statement_without_duration.log", {}, "postgres-csvlog", 0, 0, Counter({"log-cut": 2})),
    ("multiline_param.log", {}, "postgres-stderr", 5, 3, Counter()),
    ("pg-timezones.log", {}, "postgres-stderr", 2, 0, Counter()),
    ("pg_rawcsv.log", PARIS, "postgres-stderr", 2, 7, Counter({"log-line": 2})),  # two lines of pg_ctl
    ("pg_vacuums.json.gz", PARIS, "postgres-jsonlog", 0, 3544, Counter()),  # autovacuum only
    ("postgresql_param_range.log", {**PARIS, "log_line_prefix": USR}, "postgres-stderr", 3, 0, Counter()),
    ("queryid.log.gz", {}, "postgres-stderr", 23, 5, Counter()),
    ("stmt_type.log", {"timezone": "Europe/Moscow"}, "postgres-stderr", 12, 0, Counter()),
    ("tempfile_only.log.gz", PARIS, "postgres-stderr", 65, 106, Counter()),
    ("weeknumber.log", {}, "postgres-csvlog", 6, 0, Counter()),
)


def _read(reader: LogReader) -> tuple[list[Event], Counter[str]]:
    items = list(reader)
    holes = Counter(item.code for item in items if isinstance(item, Hole))
    return [item for item in items if isinstance(item, Event)], holes


@pytest.mark.parametrize(
    ("name", "options", "form", "events", "skipped", "holes"), FILES, ids=[row[0] for row in FILES]
)
def test_a_file(name: str, options: dict[str, Any], form: str, events: int, skipped: int, holes: Counter[str]) -> None:
    """As many events, messages passed over, and holes as somebody has counted."""
    reader = read_log(LOGS / "postgres" / name, **options)
    found, open_ = _read(reader)

    assert (form, events, holes) == (reader.format, len(found), open_)
    assert skipped == reader.skipped
    assert all(event.at and (event.sql or not event.statement_complete) for event in found)


def test_no_file_is_left_out() -> None:
    """A file that comes to the corpus is read here, too."""
    assert {path.name for path in (LOGS / "postgres").iterdir()} == {
        *(row[0] for row in FILES), "pg-syslog.2.gz", "rds.log.bz2",
    }  # fmt: skip


def _begin_of(text: str, folder: Path) -> tuple[Path, str]:
    """The first lines of a large log: all of it would take long, and the rest is no different."""
    some = "".join(text.splitlines(keepends=True)[:LINES])
    path = folder / "server.log"
    path.write_text(some, "utf-8")
    return path, some


def test_a_large_syslog(tmp_path: Path) -> None:
    """All statements of it; without a year each of them is a hole."""
    packed = LOGS / "postgres" / "pg-syslog.2.gz"
    path, text = _begin_of(gzip.decompress(packed.read_bytes()).decode(), tmp_path)
    expected = len(re.findall(r"LOG:  duration: [0-9.]+ ms  (?:statement|execute [^:\n]+): ", text))
    events, holes = _read(read_log(path, timezone="Europe/Paris", year=2019))

    assert (expected, Counter[str]()) == (len(events), holes)
    assert expected > LINES * 0.9
    assert {2019} == {event.at.year for event in events if event.at}
    assert ([], Counter({"log-time-year": expected})) == _read(read_log(path))
    assert "postgres-syslog" == read_log(packed).format


def test_a_large_log_of_rds(tmp_path: Path) -> None:
    """The prefix is found, and all statements but the empty ones are events."""
    packed = LOGS / "postgres" / "rds.log.bz2"
    path, text = _begin_of(bz2.decompress(packed.read_bytes()).decode(), tmp_path)
    expected = len(re.findall(r"LOG:  duration: [0-9.]+ ms  (?:statement|execute [^:\n]+): .*\S", text))
    reader = read_log(path, timezone="Europe/Paris")
    events, holes = _read(reader)

    assert (expected, Counter[str](), "%t:%r:%u@%d:[%p]:") == (len(events), holes, reader.prefix)
    assert len(events) + reader.skipped == LINES


VENDORS: tuple[tuple[str, dict[str, Any], str, int, Counter[str]], ...] = (
    # name, options, format, events, holes
    ("alloydb", {}, "postgres-cloud", 6, Counter({"log-json": 2})),  # two lines are bare SQL
    # one of a broken test, one with a statement whose commas are not quoted
    ("postgres-ibmcloud", {}, "postgres-cloud", 5, Counter({"log-json": 1, "log-audit": 1})),
    # bare SQL, a time without an offset, quotes that are not doubled
    (
        "onPremGreenplumdb",
        {"timezone": "Asia/Kolkata"},
        "postgres-csvlog",
        10,
        Counter({"log-cut": 4, "log-time": 1, "log-csv": 1}),
    ),
    ("yugabyte", {}, "pgaudit-stderr", 1, Counter({"log-line": 1})),  # an error and its statement in one line
)


@pytest.mark.parametrize(("name", "options", "form", "events", "holes"), VENDORS, ids=[vendor[0] for vendor in VENDORS])
def test_records_of_a_vendor(
    name: str, options: dict[str, Any], form: str, events: int, holes: Counter[str], tmp_path: Path
) -> None:
    """Records that others test their readers with, one after the other."""
    raws = [json.loads(line)["raw"] for line in (LOGS / "vendor-events" / f"{name}.jsonl").open(encoding="utf-8")]
    path = tmp_path / "x.log"
    path.write_text("".join(f"{raw.rstrip()}\n" for raw in raws), "utf-8")
    reader = read_log(path, **options)
    found, open_ = _read(reader)

    assert (form, events, holes) == (reader.format, len(found), open_)
    assert all(event.account for event in found)
