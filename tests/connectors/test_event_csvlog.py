"""csvlog in DuckDB is what the reader line by line makes of it: every event, every hole, every place, every count."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.connectors.csvlogs import Server
from tutela.connectors.event_table import EVENTS, row_of
from tutela.connectors.logs import read_log
from tutela.engine.errors import InputError
from tutela.engine.events import Event, Hole

if TYPE_CHECKING:
    from collections.abc import Iterable

pytest.importorskip("duckdb")
from tutela.connectors.audit_duckdb import duck_database
from tutela.connectors.audit_engines import whole
from tutela.connectors.event_files import load_file

LOGS = Path(__file__).parents[2].parent / "shared" / "corpus" / "logs" / "postgres"


def _written(folder: Path, lines: Iterable[str]) -> Path:
    path = folder / "log.csv"
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8", newline="")
    return path


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
    assert _compare(_written(tmp_path, server.lines(800))) > {"mixed": 10, "odd": -1, "audit": 20}.get(way, 100)


@pytest.mark.parametrize(
    ("zone", "timezone", "taken"),
    [("CST", "Asia/Shanghai", True), ("CET", "Europe/Paris", True), ("+08", None, True), ("CST", None, False)],
)
def test_clocks(tmp_path: Path, zone: str, timezone: str | None, taken: bool) -> None:
    """An abbreviation counts where the zone of the log uses it; a day when that is not sure is read line by line."""
    server = Server(3, zone=zone, ways=("timed",))
    path = _written(tmp_path, server.lines(500))
    assert (_compare(path, timezone) > 100) is taken
    path = _written(tmp_path, [line.replace("2026-11-01", "2026-10-25") for line in Server(3, zone=zone).lines(500)])
    _compare(path, timezone)


def test_a_log_without_end(tmp_path: Path) -> None:
    """The last record may lack its line end; one that is cut makes the log one for the reader line by line."""
    text = _written(tmp_path, Server(5, ways=("timed",)).lines(100)).read_text("utf-8")
    path = tmp_path / "log.csv"
    path.write_text(text.rstrip("\n"), "utf-8")
    assert _compare(path) > 50
    path.write_text(text[: text.rindex(",")], "utf-8")
    assert _in_duckdb(path) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"psql"', ' "psql"'), ('"psql"', 'ps"ql'), ('"psql"', 'ps""ql'), ('"psql"', "psql"), ('"psql"', '"psql" '),
        ("\n2026", "\n\n2026"), ("\n2026", "\n \n2026"), ("\n2026", "\r\n2026"),
        ("SELECT", "SE\ufeffLECT"), ("client backend", "client"), (',"crm",', ","), ("[local]", "[local](5)"),
    ],
)  # fmt: skip
def test_files_that_could_be_read_otherwise_are_left_alone(tmp_path: Path, old: str, new: str) -> None:
    """Blanks and quotes where no server writes them, blank lines, another number of columns: at one place or two.

    A word is no such thing: what is read is the same.
    """
    text = _written(tmp_path, Server(7, ways=("timed",)).lines(100)).read_text("utf-8")
    assert text.count(old) > 4
    path = tmp_path / "log.csv"
    for count in (1, 2, 5):
        parts = text.split(old)
        path.write_bytes((old.join(parts[: -count - 1]) + old + new.join(parts[-count - 1 :])).encode())
        if new == "client":
            _compare(path)
        else:
            assert _in_duckdb(path) is None


@pytest.mark.parametrize("way", ["plain", "audit"])
def test_more_sessions_than_the_reader_line_by_line_remembers(tmp_path: Path, way: str) -> None:
    """It gives up those that are silent for long: where that could matter, the log is all its own."""
    server = Server(1, ways=(way,), sessions=2_500)
    path = _written(tmp_path, server.lines(12_000))
    found = _in_duckdb(path)
    assert found is None or found[0] == _said(read_log(path, format="postgres-csvlog"))
    short = [
        line for number in range(300) for line in Server(number, ways=(way,), sessions=9, first=9 * number).lines(30)
    ]
    assert _compare(_written(tmp_path, short)) > 500


def test_lines_that_are_long(tmp_path: Path) -> None:
    """A statement of half a million characters is one event; a record longer than a line may be is not taken."""
    lines = list(Server(2, ways=("timed",)).lines(20))
    place = next(number for number, line in enumerate(lines) if "ms  statement: SELECT a" in line)
    lines[place] = lines[place].replace("SELECT a", "SELECT " + "1, " * 150_000)
    assert _compare(_written(tmp_path, lines)) > 5
    lines[place] = lines[place].replace("1, ", "1, " * 4)
    assert _in_duckdb(_written(tmp_path, lines)) is None


def test_what_is_read_again_is_of_the_same_file(tmp_path: Path) -> None:
    """A log that grew meanwhile is fine, though its last record is not whole; one that was exchanged is refused."""
    lines = [*Server(4, ways=("odd", "plain")).lines(200)]
    path = _written(tmp_path, lines)
    expected = _said(read_log(path, format="postgres-csvlog"))
    reader = read_log(path, format="postgres-csvlog")
    for grown in (True, False):
        with duck_database() as database:
            rest = load_file(database, path, "postgres-csvlog", reader.mapping, reader.skip)
            assert rest is not None
            if grown:
                with path.open("a", encoding="utf-8") as stream:
                    stream.write(lines[0][:60])
                found = _said(rest.items)
                assert found
                assert not found - expected
            else:
                path.write_text(lines[0], "utf-8")
                with pytest.raises(InputError, match="log-changed"):
                    list(rest.items)
        _written(tmp_path, lines)


def test_a_hole_in_the_middle_is_no_cut_end(tmp_path: Path) -> None:
    """An AUDIT record that is cut is a finding when the log goes on behind it, though DuckDB read what follows."""
    lines = list(Server(6, ways=("timed",)).lines(30))
    message = '"AUDIT: SESSION,1,1,READ,SELECT,,,""select 1"'
    cut = ",".join([*lines[3].split(",")[:13], message, *lines[3].split(",")[-12:]])
    for at, fails in ((10, False), (30, True)):
        path = _written(tmp_path, [*lines[:at], cut, *lines[at:]])
        reader = read_log(path, format="postgres-csvlog")
        with duck_database() as database:
            rest = load_file(database, path, "postgres-csvlog", reader.mapping, reader.skip)
            assert rest is not None
            if fails:
                with pytest.raises(InputError, match="log-cut"):
                    list(whole(rest.items, rest.furthest))
            else:
                assert "log-cut" in [item.code for item in whole(rest.items, rest.furthest) if isinstance(item, Hole)]


@pytest.mark.skipif(not LOGS.is_dir(), reason="the corpus of real logs is not here")
@pytest.mark.parametrize("name", ["anonymize.log", "weeknumber.log"])
def test_the_corpus(name: str) -> None:
    """Logs of real servers."""
    _compare(LOGS / name, "Europe/Paris")
