"""csvlog in DuckDB is what the reader line by line makes of it: every event, every hole, every place, every count."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.connectors.csvlogs import Server, in_duckdb, said, same_twice
from tutela.connectors.logs import read_log
from tutela.engine.errors import InputError
from tutela.engine.events import Hole

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


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("way", ["plain", "timed", "bound", "audit", "mixed", "odd"])
def test_sessions_of_one_way(tmp_path: Path, way: str, seed: int) -> None:
    """What begins, what joins, what fails, and what is nothing, in logs of every setting."""
    server = Server(seed, columns=(23, 24, 26)[seed % 3], ways=(way,))
    assert same_twice(_written(tmp_path, server.lines(800))) > {"mixed": 10, "odd": -1, "audit": 20}.get(way, 100)


@pytest.mark.parametrize(
    ("zone", "timezone", "taken"),
    [("CST", "Asia/Shanghai", True), ("CET", "Europe/Paris", True), ("+08", None, True), ("CST", None, False)],
)
def test_clocks(tmp_path: Path, zone: str, timezone: str | None, taken: bool) -> None:
    """An abbreviation counts where the zone of the log uses it; a day when that is not sure is read line by line."""
    server = Server(3, zone=zone, ways=("timed",))
    path = _written(tmp_path, server.lines(500))
    assert (same_twice(path, timezone) > 100) is taken
    path = _written(tmp_path, [line.replace("2026-11-01", "2026-10-25") for line in Server(3, zone=zone).lines(500)])
    same_twice(path, timezone)


def test_a_log_without_end(tmp_path: Path) -> None:
    """The last record may lack its line end; one that is cut makes the log one for the reader line by line."""
    text = _written(tmp_path, Server(5, ways=("timed",)).lines(100)).read_text("utf-8")
    path = tmp_path / "log.csv"
    path.write_text(text.rstrip("\n"), "utf-8")
    assert same_twice(path) > 50
    path.write_text(text[: text.rindex(",")], "utf-8")
    assert in_duckdb(path) is None


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
            same_twice(path)
        else:
            assert in_duckdb(path) is None


@pytest.mark.parametrize("way", ["plain", "audit"])
def test_more_sessions_than_the_reader_line_by_line_remembers(tmp_path: Path, way: str) -> None:
    """It gives up those that are silent for long: where that could matter, the log is all its own."""
    server = Server(1, ways=(way,), sessions=2_500)
    path = _written(tmp_path, server.lines(12_000))
    found = in_duckdb(path)
    assert found is None or found[0] == said(read_log(path, format="postgres-csvlog"))
    short = [
        line for number in range(300) for line in Server(number, ways=(way,), sessions=9, first=9 * number).lines(30)
    ]
    assert same_twice(_written(tmp_path, short)) > 500


def test_lines_that_are_long(tmp_path: Path) -> None:
    """A statement of half a million characters is one event; a record longer than a line may be is not taken."""
    lines = list(Server(2, ways=("timed",)).lines(20))
    place = next(number for number, line in enumerate(lines) if "ms  statement: SELECT a" in line)
    lines[place] = lines[place].replace("SELECT a", "SELECT " + "1, " * 150_000)
    assert same_twice(_written(tmp_path, lines)) > 5
    lines[place] = lines[place].replace("1, ", "1, " * 4)
    assert in_duckdb(_written(tmp_path, lines)) is None


def test_what_is_read_again_is_of_the_same_file(tmp_path: Path) -> None:
    """A log that grew meanwhile is fine, though its last record is not whole; one that was exchanged is refused."""
    lines = [*Server(4, ways=("odd", "plain")).lines(200)]
    path = _written(tmp_path, lines)
    expected = said(read_log(path, format="postgres-csvlog"))
    reader = read_log(path, format="postgres-csvlog")
    for grown in (True, False):
        with duck_database() as database:
            rest = load_file(database, path, "postgres-csvlog", reader.mapping, reader.skip)
            assert rest is not None
            if grown:
                with path.open("a", encoding="utf-8") as stream:
                    stream.write(lines[0][:60])
                found = said(rest.items)
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
    same_twice(LOGS / name, "Europe/Paris")
