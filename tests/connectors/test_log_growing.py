"""Logs that grow: whatever the cuts, rotations and restarts, every record is read once."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tutela.connectors import log_growing
from tutela.connectors.log_following import Following, Point
from tutela.connectors.log_growing import BEGINS, Pace
from tutela.connectors.log_lines import HEAD
from tutela.connectors.log_state import LogState, StateFile
from tutela.connectors.logs import read_log
from tutela.engine.errors import InputError
from tutela.engine.events import Event, Hole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CASES = Path(__file__).parent / "cases"
TEXTS = st.text(st.sampled_from("ab\"\n,;'{} é客"), max_size=12)
RECORDS = st.lists(st.tuples(st.sampled_from(["u1", "u2"]), TEXTS), min_size=1, max_size=12)


def _no_wait(_seconds: float) -> None:
    """Let no time pass."""


ONCE = Pace(follow=False, idle=_no_wait)


def run(
    path: Path, state: LogState, pace: Pace = ONCE, options: Mapping[str, Any] | None = None
) -> tuple[list[Event | Hole], LogState]:
    """Everything that is new, and the last point."""
    found: list[Event | Hole] = []
    for item in Following(path, options or {}, state, pace).items():
        if isinstance(item, Point):
            state = item.state
        else:
            found.append(item)
    return found, state


def told(items: Sequence[Event | Hole]) -> list[tuple[object, ...]]:
    """What events and holes say, and where."""
    return [
        (item.location.line, item.account, item.sql) if isinstance(item, Event) else (item.location.line, item.code)
        for item in items
    ]


def csv_log(records: Sequence[tuple[str, str]]) -> bytes:
    """A CSV log whose statements may run over lines."""
    rows = ["at,account,sql\n"]
    for number, (account, text) in enumerate(records):
        sql = f"SELECT 1 -- {text}".replace('"', '""')
        rows.append(f'2026-11-01T10:00:{number:02d}Z,{account},"{sql}"\n')
    return "".join(rows).encode()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=RECORDS, cuts=st.lists(st.integers(0, 600), max_size=6), stretch=st.integers(1, 4))
def test_runs_together_read_what_one_run_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, records: list[tuple[str, str]], cuts: list[int], stretch: int
) -> None:
    """However a log came in parts, also in the middle of records and characters, and however long stretches are."""
    monkeypatch.setattr(log_growing, "STRETCH", stretch)
    whole = csv_log(records)
    path = tmp_path / "log.csv"
    path.write_bytes(whole)
    expected = told(list(read_log(path)))
    path.unlink()
    state, found = LogState(str(path)), list[Event | Hole]()
    for end in [*sorted(cuts), len(whole)]:
        with path.open("ab") as stream:
            stream.write(whole[path.stat().st_size : end])
        more, state = run(path, state)
        found += more
    assert told(found) == expected
    assert not run(path, state)[0]


def _cases() -> list[Any]:
    """The logs that the readers' own tests read, of formats that grow."""
    files = [*sorted((CASES / "logs").glob("*.yaml")), *sorted((CASES / "logs_more").glob("*.yaml"))]
    return [
        pytest.param(case, id=f"{file.stem}: {case['name']}")
        for file in files
        for case in yaml.safe_load(file.read_text("utf-8"))
        if case.get("format") in BEGINS and "year" not in case
    ]


def _options(case: dict[str, Any]) -> dict[str, Any]:
    names = {"prefix": "log_line_prefix", "timezone": "timezone", "as": "format", "mapping": "mapping"}
    return {option: case[name] for name, option in names.items() if name in case}


@pytest.mark.parametrize("case", _cases())
def test_formats_are_cut_between_records(case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut at every record that there is, no statement is lost; a message about one told before may count once more."""
    path = tmp_path / "log"
    path.write_text(case["log"], "utf-8")
    options = _options(case)
    expected = list(read_log(path, **options))
    monkeypatch.setattr(log_growing, "STRETCH", 1)
    found, _ = run(path, LogState(str(path)), ONCE._replace(final=True), options)
    cut = {(event.location.line, event.account, event.sql) for event in found if isinstance(event, Event)}
    whole = {(event.location.line, event.account, event.sql) for event in expected if isinstance(event, Event)}
    assert cut >= whole
    assert {hole.location.line for hole in found if isinstance(hole, Hole)} >= {
        hole.location.line for hole in expected if isinstance(hole, Hole) and hole.code != "log-duration-alone"
    }


def test_a_renamed_file_is_read_to_its_end(tmp_path: Path) -> None:
    """The rest of it, what was rotated after it, then the new one."""
    path = tmp_path / "app.csv"
    path.write_bytes(csv_log([("u1", "a")]))
    found, state = run(path, LogState(str(path)))
    assert [entry[1] for entry in told(found)] == ["u1"]
    with path.open("ab") as stream:
        stream.write(b"2026-11-01T11:00:00Z,late,SELECT 2\n")
    path.rename(tmp_path / "app.csv.2")
    os.utime(tmp_path / "app.csv.2", (1000, 1000))
    (tmp_path / "app.csv.1").write_bytes(csv_log([("between", "b")]))
    path.write_bytes(csv_log([("new", "c")]))
    found, state = run(path, state)
    assert [entry[1] for entry in told(found)] == ["late", "between", "new"]
    assert [item.location.file.rpartition("/")[2] for item in found] == ["app.csv.2", "app.csv.1", "app.csv"]
    assert not run(path, state)[0]


def test_what_was_rotated_away_is_a_hole(tmp_path: Path) -> None:
    """Nobody can say that it was clean."""
    path = tmp_path / "app.csv"
    path.write_bytes(csv_log([("u1", "a")]))
    _, state = run(path, LogState(str(path)))
    other = tmp_path / "other"
    other.write_bytes(csv_log([("new", "c"), ("new", "d")]))
    other.replace(path)
    found, _ = run(path, state)
    assert told(found)[0] == (2, "log-gone")
    assert [entry[1] for entry in told(found)[1:]] == ["new", "new"]


def test_a_file_that_is_cut_while_it_is_followed_is_a_hole(tmp_path: Path) -> None:
    """And it is read again from its beginning."""
    path = tmp_path / "app.csv"
    path.write_bytes(csv_log([("u1", "a"), ("u1", "b"), ("u1", "c")]))
    waits: list[int] = []

    def idle(_seconds: float) -> None:
        waits.append(1)
        if len(waits) == 2:
            path.write_bytes(csv_log([("new", "d")]))

    found, _ = run(path, LogState(str(path)), Pace(follow=True, idle=idle, stopped=lambda: len(waits) > 20))
    assert "log-shortened" in [entry[1] for entry in told(found)]
    assert told(found)[-1][1] == "new"


def test_following_reads_on_in_the_file_that_took_the_place(tmp_path: Path) -> None:
    """A rotation by renaming loses nothing, also what is still written to the renamed file."""
    path = tmp_path / "app.csv"
    path.write_bytes(csv_log([("u1", "a")]))
    old = path.open("ab")
    waits: list[int] = []

    def idle(_seconds: float) -> None:
        waits.append(1)
        if len(waits) == 3:
            path.rename(tmp_path / "app.csv.1")
        if len(waits) == 5:
            old.write(b"2026-11-01T11:00:00Z,late,SELECT 2\n")
            old.close()
            path.write_bytes(csv_log([("new", "c")]))

    found, state = run(path, LogState(str(path)), Pace(follow=True, idle=idle, stopped=lambda: len(waits) > 60))
    assert [entry[1] for entry in told(found)] == ["u1", "late", "new"]
    assert state.position.line == 2


def test_a_line_without_an_end_waits_for_it(tmp_path: Path) -> None:
    """It is told where it is; once it is whole, it is read."""
    path = tmp_path / "app.csv"
    path.write_bytes(csv_log([("u1", "a")]) + b"2026-11-01T11:00:00Z,half,SEL")
    following = Following(path, {}, LogState(str(path)), ONCE)
    points = [item for item in following.items() if isinstance(item, Point)]
    assert str(following.unfinished) == f"{path}:3:1"
    with path.open("ab") as stream:
        stream.write(b"ECT 3\n")
    found, _ = run(path, points[-1].state)
    assert told(found) == [(3, "half", "SELECT 3")]


def test_an_empty_file_is_waited_for(tmp_path: Path) -> None:
    """A log that was just rotated has no line yet."""
    path = tmp_path / "app.csv"
    path.touch()
    assert run(path, LogState(str(path))) == ([], LogState(str(path)))


def test_a_first_line_of_any_length_is_read(tmp_path: Path) -> None:
    """A statement with a thousand values is longer than what the format is found by."""
    path = tmp_path / "app.jsonl"
    sql = f"SELECT 1 WHERE 1 IN ({', '.join(map(str, range(30_000)))})"
    path.write_text(json.dumps({"at": "2026-11-01T10:00:00Z", "account": "u1", "sql": sql}) + "\n")
    assert path.stat().st_size > HEAD
    found, _ = run(path, LogState(str(path)))
    assert told(found) == [(1, "u1", sql)]


def test_two_rotations_between_two_looks_lose_nothing(tmp_path: Path) -> None:
    """While it is followed: the file between was never under the name when somebody looked."""
    path = tmp_path / "app.csv"
    path.write_bytes(csv_log([("u1", "a")]))
    waits: list[int] = []

    def idle(_seconds: float) -> None:
        waits.append(1)
        if len(waits) == 3:
            os.utime(path, (1000, 1000))
            path.rename(tmp_path / "app.csv.2")
            (tmp_path / "app.csv.1").write_bytes(csv_log([("between", "b")]))
            path.write_bytes(csv_log([("new", "c")]))

    found, _ = run(path, LogState(str(path)), Pace(follow=True, idle=idle, stopped=lambda: len(waits) > 60))
    assert [entry[1] for entry in told(found)] == ["u1", "between", "new"]


def test_a_log_that_was_empty_is_found_again(tmp_path: Path) -> None:
    """What was written and rotated after the first look is read."""
    path = tmp_path / "app.csv"
    path.touch()
    following = Following(path, {}, LogState(str(path)), ONCE)
    assert not list(following.items())
    path.write_bytes(csv_log([("u1", "a")]))
    path.rename(tmp_path / "app.csv.1")
    path.write_bytes(csv_log([("new", "b")]))
    found, _ = run(path, following.state)
    assert [entry[1] for entry in told(found)] == ["u1", "new"]


def test_what_stands_beside_a_log_is_no_part_of_it(tmp_path: Path) -> None:
    """A packed file that was rotated away is a hole; states, findings and copies are not looked at."""
    path = tmp_path / "app.csv"
    path.write_bytes(csv_log([("u1", "a")]))
    _, state = run(path, LogState(str(path)))
    os.utime(path, (1000, 1000))
    path.rename(tmp_path / "app.csv.3")
    (tmp_path / "app.csv.2.gz").write_bytes(gzip.compress(csv_log([("packed", "b")])))
    for name in ("app.csv.state", "app.csv.findings", "app.csv.copy", "app.csv2"):
        (tmp_path / name).write_bytes(csv_log([("other", "c")]))
    path.write_bytes(csv_log([("new", "d")]))
    found, _ = run(path, state)
    assert [entry[1] for entry in told(found)] == ["log-not-growing", "new"]


@pytest.mark.parametrize(
    ("content", "options", "code"),
    [
        (gzip.compress(b"at,account,sql\n", mtime=0), {}, "log-not-growing"),
        (b"PAR1....", {}, "log-not-growing"),
        (b"2026-11-01T10:00:00.1Z\t 5 Query\tSELECT 1\n", {"format": "mysql-general"}, "log-not-growing"),
        (b"at,account,sql\n", {"year": 2026}, "log-year-growing"),
        (b"nothing of the kind\n", {}, "log-format-unknown"),
        (None, {}, "log-missing"),
    ],
)
def test_what_cannot_be_taken_up_is_refused(
    tmp_path: Path, content: bytes | None, options: dict[str, Any], code: str
) -> None:
    """Before anything is judged."""
    path = tmp_path / "log"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        run(path, LogState(str(path)), options=options)
    assert [problem.code for problem in raised.value.problems] == [code]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"version": 1}', '{"version": 2, "log": "x"}', "null", '{"version": 1, "log": 5}', "\0" * 40],
)
def test_a_state_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    """A damaged state never stands for the beginning: what was judged would be told again, or never."""
    path = tmp_path / "state"
    path.write_text(text)
    with pytest.raises(InputError) as raised:
        StateFile(path).load(tmp_path / "log")
    assert raised.value.problems[0].code == "log-state"


def test_a_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Only its owner can read it; one of another log, and one in use, are refused."""
    log, path = tmp_path / "log.csv", tmp_path / "state"
    log.write_bytes(csv_log([("u1", "a")]))
    file = StateFile(path)
    _, state = run(log, file.load(log))
    file.save(state)
    assert file.load(log) == state
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(InputError) as raised:
        file.load(tmp_path / "other.csv")
    assert raised.value.problems[0].code == "log-state-other"
    with file.held(), pytest.raises(InputError) as raised, StateFile(path).held():
        pass
    assert raised.value.problems[0].code == "log-state-held"


def test_every_format_that_grows_is_one() -> None:
    """The table names formats that there are."""
    from tutela.connectors.logs import FORMATS

    assert set(BEGINS) <= set(FORMATS)
