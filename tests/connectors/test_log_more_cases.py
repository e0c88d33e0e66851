"""Logs in `cases/logs_more`: each text is detected, and each line is an event, a hole or passed over, as written."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tutela.connectors.log_more import MORE
from tutela.connectors.logs import read_log
from tutela.engine.events import Event

FOLDER = Path(__file__).parent / "cases" / "logs_more"
CASES = [
    pytest.param(case, id=f"{path.stem}: {case['name']}")
    for path in sorted(FOLDER.glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]
SAME = ("account", "database", "action", "sql", "result", "application", "destination")


def _shown(event: Event) -> dict[str, Any]:
    """An event as the cases write it: what is not empty."""
    found: dict[str, Any] = {"line": event.location.line, **{name: getattr(event, name) for name in SAME}}
    found |= {"ip": event.source_ip, "tables": list(event.tables), "columns": list(event.columns), "at": event.at}
    found |= {"cut": not event.statement_complete}
    shown = {name: value for name, value in found.items() if value}
    return shown if event.row_count is None else {**shown, "rows": event.row_count}


def _write(folder: Path, case: dict[str, Any], end: str = "\n", mark: bytes = b"") -> Path:
    path = folder / "x.log"
    path.write_bytes(mark + case["log"].replace("<TAB>", "\t").replace("\n", end).encode())
    return path


@pytest.mark.parametrize("windows", [False, True], ids=["lf", "crlf-bom"])
@pytest.mark.parametrize("case", CASES)
def test_a_log_is_read_as_written_in_its_case(tmp_path: Path, case: dict[str, Any], *, windows: bool) -> None:
    """Format, events with their places, holes, and how many lines are no access; also as Windows writes it."""
    path = _write(tmp_path, case, "\r\n" if windows else "\n", b"\xef\xbb\xbf" if windows else b"")
    reader = read_log(path, timezone=case.get("timezone"), mapping=case.get("mapping"))
    items = list(reader)
    expected = [{**event, "at": datetime.fromisoformat(event["at"])} for event in case.get("events", [])]

    assert case["format"] == reader.format
    assert expected == [_shown(item) for item in items if isinstance(item, Event)]
    assert case.get("holes", []) == [
        f"{item.code} {item.location.line}" for item in items if not isinstance(item, Event)
    ]
    assert case.get("skipped", 0) == reader.skipped


def test_every_format_has_a_case() -> None:
    """No format is without one; Parquet has a test of its own."""
    assert {*MORE} - {"parquet"} <= {case.values[0]["format"] for case in CASES}  # type: ignore[index] # a dict


@pytest.mark.parametrize("case", CASES)
def test_a_log_that_is_cut_has_no_event_of_its_own(tmp_path: Path, case: dict[str, Any]) -> None:
    """Wherever a log ends, nothing raises, and a part of a statement never passes for a whole one."""
    text = case["log"].replace("<TAB>", "\t").encode()
    options: dict[str, Any] = {name: case.get(name) for name in ("format", "timezone", "mapping")}
    path = tmp_path / "cut.log"
    path.write_bytes(text)
    whole = {(item.account, item.sql) for item in read_log(path, **options) if isinstance(item, Event)}
    for size in range(len(text) // 50 + 1, len(text), len(text) // 50 + 1):
        if case.get("open_end") or text[:size].endswith(b"\n") or not text[:size].strip():
            continue  # such an end looks like any other
        path.write_bytes(text[:size])
        for item in read_log(path, **options):
            if isinstance(item, Event) and item.statement_complete and item.account:
                assert item.sql is None or (item.account, item.sql) in whole


@pytest.mark.parametrize("case", CASES)
def test_bytes_of_no_encoding_are_holes(tmp_path: Path, case: dict[str, Any]) -> None:
    """A line that cannot be decoded is a hole at its place in every format, wherever it is."""
    lines = case["log"].replace("<TAB>", "\t").encode().splitlines()
    for at in (0, len(lines) // 2, len(lines)):
        path = tmp_path / "x.log"
        path.write_bytes(b"\n".join([*lines[:at], b"\xff\xff\xff", *lines[at:], b""]))
        reader = read_log(path, format=case["format"], timezone="UTC", mapping=case.get("mapping"))
        holes = [(item.code, item.location.line) for item in reader if not isinstance(item, Event)]
        assert ("log-encoding", at + 1) in holes
