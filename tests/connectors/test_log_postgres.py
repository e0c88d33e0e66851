"""Logs of PostgreSQL in every form: cases of text in, events and holes out."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

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
    value: object = event.location.line if name == "line" else getattr(event, name)
    return list(value) if isinstance(value, tuple) else value


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
