"""Logs of PostgreSQL in every form: cases of text in, events and holes out."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tutela.connectors.log_lines import LogFile
from tutela.connectors.log_pgaudit import MAX_OPEN
from tutela.connectors.log_postgres import Statements
from tutela.connectors.log_prefix import known_prefixes
from tutela.connectors.log_stderr import stderr_records
from tutela.connectors.logs import read_log
from tutela.engine.errors import InputError
from tutela.engine.events import Event, Hole

CASES = Path(__file__).parent / "cases" / "logs"


def _cases() -> list[Any]:
    files = sorted(CASES.glob("postgres_*.yaml"))
    return [
        pytest.param(case, id=f"{file.stem}: {case['name']}")
        for file in files
        for case in yaml.safe_load(file.read_text("utf-8"))
    ]


def _options(case: dict[str, Any]) -> dict[str, Any]:
    names = {"prefix": "log_line_prefix", "timezone": "timezone", "year": "year", "as": "format"}
    return {option: case[name] for name, option in names.items() if name in case}


def _seen(event: Event, name: str) -> object:
    if name == "tables":
        return list(event.tables)
    return event.location.line if name == "line" else getattr(event, name)


def _wanted(name: str, value: object) -> object:
    return datetime.fromisoformat(str(value)) if name == "at" and value else value


@pytest.mark.parametrize("case", _cases())
def test_a_log(case: dict[str, Any], tmp_path: Path) -> None:
    """Every event is named, in the order of the log, and so is every hole."""
    path = tmp_path / "server.log"
    path.write_text(case["log"], "utf-8", newline="")
    if "refused" in case:
        with pytest.raises(InputError) as caught:
            read_log(path, **_options(case))
        assert [case["refused"]] == [problem.code for problem in caught.value.problems]
        return
    reader = read_log(path, **_options(case))
    items = sorted(reader, key=lambda item: item.location.line)
    events = [item for item in items if isinstance(item, Event)]
    holes = [f"{item.code} {item.location.line}" for item in items if isinstance(item, Hole)]
    wanted = [{name: _wanted(name, value) for name, value in event.items()} for event in case["events"]]

    assert case.get("holes", []) == holes
    assert len(wanted) == len(events), [event.sql for event in events]
    assert wanted == [{name: _seen(event, name) for name in names} for event, names in zip(events, wanted, strict=True)]
    for name, value in (("format", reader.format), ("skipped", reader.skipped), ("found", reader.prefix)):
        assert case.get(name, value) == value


LINE = "2026-11-02 09:00:0{second}.100 UTC [7] li@crm LOG:  statement: {text}"


def _read(folder: Path, data: bytes, **options: Any) -> tuple[list[Event], list[str]]:  # noqa: ANN401 (options)
    path = folder / "server.log"
    path.write_bytes(data)
    items = sorted(read_log(path, **options), key=lambda item: item.location.line)
    holes = [f"{item.code} {item.location.line}" for item in items if isinstance(item, Hole)]
    return [item for item in items if isinstance(item, Event)], holes


def test_files_that_were_joined(tmp_path: Path) -> None:
    """Each with its byte order mark, its line ends and its encoding; a line of zeros is a hole."""
    lines = [LINE.format(second=number, text=f"SELECT '王{number}'\n\t, 1") + "\n" for number in range(4)]
    joined = b"\xef\xbb\xbf".join(
        [b"", lines[0].encode(), lines[1].replace("\n", "\r\n").encode(), lines[2].encode("gb18030")]
    )
    events, holes = _read(tmp_path, joined * 400 + b"\0" * 80 + b"\n" + lines[3].encode())

    assert ["SELECT '王0'\n, 1", "SELECT '王1'\n, 1", "SELECT '王2'\n, 1"] * 400 + ["SELECT '王3'\n, 1"] == [
        event.sql for event in events
    ]
    assert [True] * 1199 + [False, True] == [event.statement_complete for event in events]
    assert ["log-encoding 2401"] == holes


@pytest.mark.parametrize("sessions", [10, 2_500])
def test_sessions_that_stay_open_are_given_out(tmp_path: Path, sessions: int) -> None:
    """Beyond a bound the oldest is an event before its end is told: nothing is lost, nothing is kept for ever."""
    line = "2026-11-02 09:00:00.100 UTC [{0}] li@crm LOG:  {1}"
    lines = [line.format(number, f"statement: SELECT {number}") for number in range(sessions)]
    path = tmp_path / "server.log"
    path.write_text("\n".join([*lines, *(line.format(number, "duration: 1.000 ms") for number in range(sessions)), ""]))
    held = 0
    texts = set[str | None]()
    file = LogFile(path)
    statements = Statements(file, None, lambda: None, "stderr")
    for item in statements.read(stderr_records(file, known_prefixes()[0])):
        assert isinstance(item, Event)
        texts.add(item.sql)
        held = max(held, len(getattr(statements, "_sessions")))  # noqa: B009 (what it holds)

    assert {f"SELECT {number}" for number in range(sessions)} == texts
    assert held <= MAX_OPEN + 1


@pytest.mark.parametrize("at", range(58, 120, 3))
def test_a_cut_at_the_end_is_a_hole(tmp_path: Path, at: int) -> None:
    """Wherever the last line is cut behind the beginning of its message, it is a hole and no event."""
    whole = LINE.format(second=1, text="SELECT name FROM customer WHERE id = 1 AND b = 2")
    events, holes = _read(tmp_path, f"{LINE.format(second=0, text='SELECT 1')}\n{whole[:at]}".encode())

    assert (["SELECT 1"], ["log-cut 2"]) == ([event.sql for event in events], holes)


def test_csvlog_that_is_cut(tmp_path: Path) -> None:
    """The record that a cut leaves is a hole; the ones behind it are read."""
    line = (
        '2026-11-02 09:00:00.100 UTC,"li","crm",7,"10.1.2.3:5",5f.1,1,"idle",2026-11-02 09:00:00 UTC,3/4,0,LOG,00000,'
        '"statement: SELECT {0}",,,,,,,,,"bi","client backend",,0\n'
    )
    data = line.format(1) + line.format(2)[:130] + "\n" + line.format(3) + line.format(4)[:-40]
    events, holes = _read(tmp_path, data.encode())

    assert (["SELECT 1", "SELECT 3"], ["log-cut 2", "log-cut 4"]) == ([event.sql for event in events], holes)


@pytest.mark.parametrize("year", [0, 10_000, "2026"])
def test_a_year_that_is_none(tmp_path: Path, year: Any) -> None:  # noqa: ANN401 (a wrong one)
    """A year that no date can have is refused before anything is read."""
    with pytest.raises(InputError) as caught:
        _read(tmp_path, b"Nov 12 10:00:00 db1 postgres[123]: [5-1] LOG:  statement: SELECT 1\n", year=year)

    assert ["log-year"] == [problem.code for problem in caught.value.problems]


def test_what_was_guessed_is_told(tmp_path: Path) -> None:
    """A prefix that is neither the usual one nor given is named in both languages."""
    line = b"2026-11-02 09:00:00 UTC:10.1.2.3(5555):li@crm:[7]:LOG:  statement: SELECT 1\n"
    path = tmp_path / "server.log"
    path.write_bytes(line)
    guessed, given = read_log(path), read_log(path, log_line_prefix="%t:%r:%u@%d:[%p]:")

    assert guessed.note is not None
    assert "%t:%r:%u@%d:[%p]:" in guessed.note.text("en")
    assert guessed.note.text("en") != guessed.note.text("zh")
    assert given.note is None


def test_a_log_of_psql_with_other_output(tmp_path: Path) -> None:
    """Expanded tables, notices and errors between the records are passed over."""
    text = (
        "\\x\nExpanded display is on.\n-[ RECORD 1 ]-\nname | AUDIT\n"
        'NOTICE:  AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.t,"select a\nfrom t",<not logged>\n'
        "ERROR:  permission denied for table t\nNOTICE:  AUDIT: SESSION,2,1,READ,SELECT,,,select 1,<not logged>,1\n"
    )
    events, holes = _read(tmp_path, text.encode())

    assert (["select a\nfrom t", "select 1"], []) == ([event.sql for event in events], holes)
