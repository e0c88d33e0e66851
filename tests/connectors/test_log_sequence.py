"""Lines that the numbers within sessions show to be missing from a log of PostgreSQL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tutela.connectors.log_sequence import MAX_SESSIONS, Sequence
from tutela.connectors.logs import read_log

if TYPE_CHECKING:
    from pathlib import Path

CASES: dict[str, tuple[list[tuple[str, str]], tuple[int, int, int, int, int] | None]] = {
    "whole": ([("a", "1"), ("a", "2"), ("b", "1"), ("a", "3")], None),
    "one line": ([("a", "1"), ("a", "3")], (1, 1, 1, 2, 2)),
    "several in two sessions": ([("a", "1"), ("b", "1"), ("a", "4"), ("b", "3"), ("b", "5")], (4, 2, 3, 3, 5)),
    "a session that began before the log": ([("a", "17"), ("a", "18")], None),
    "a log put together of parts": ([("a", "1"), ("a", "2"), ("a", "1"), ("a", "2")], None),
    "no number": ([("a", "1"), ("a", ""), ("a", "²"), ("a", "9" * 30), ("", "7"), ("a", "2")], None),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_missing(name: str) -> None:
    """Lines, sessions, places, and the lines before which the first and the last of them are missing."""
    seen, expected = CASES[name]
    sequence = Sequence("log")
    for line, (session, number) in enumerate(seen, 1):
        sequence.see(session, number, line)
    missing = sequence.missing
    found = missing and (missing.lines, missing.sessions, missing.gaps, missing.first.line, missing.last.line)

    assert expected == found


def test_many_sessions_take_bounded_memory() -> None:
    """The longest silent are forgotten; those that go on are not."""
    sequence = Sequence("log")
    sequence.see("kept", "1", 1)
    for number in range(MAX_SESSIONS + 10):
        sequence.see(f"s{number}", "1", number + 2)
        if number % 1000 == 0:
            sequence.see("kept", str(number // 1000 + 2), number + 2)

    assert sequence.missing is None
    sequence.see("kept", "9999", 5)
    assert sequence.missing is not None


def _csv(number: int) -> str:
    cells = [
        "2026-11-02 09:00:00.123 UTC", "wang", "crm", "77", "10.0.0.7:5", "5f.1", str(number), "SELECT",
        "2026-11-02 08:59:00 UTC", "3/7", "0", "LOG", "00000", "statement: SELECT 1", *[""] * 8, "app", "", "", "0",
    ]  # fmt: skip
    return ",".join(cells) + "\n"


def _json(number: int) -> str:
    record = {
        "timestamp": "2026-11-02 09:00:00.123 UTC", "user": "wang", "dbname": "crm", "pid": 77, "session_id": "5f.1",
        "line_num": number, "error_severity": "LOG", "message": "statement: SELECT 1",
    }  # fmt: skip
    return json.dumps(record) + "\n"


@pytest.mark.parametrize("record", [_csv, _json], ids=["csvlog", "jsonlog"])
def test_readers_hand_the_numbers_on(record: object, tmp_path: Path) -> None:
    """Of csvlog and jsonlog, for every message, also one that is no access."""
    path = tmp_path / "x.log"
    path.write_text("".join(record(number) for number in (1, 2, 6)), encoding="utf-8")  # type: ignore[operator]
    reader = read_log(path)
    list(reader)
    missing = reader.sequence.missing

    assert missing is not None
    assert (3, 3) == (missing.lines, missing.first.line)
