"""Groups of rows become one request each; what is wrong with them is told at once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tutela.connectors.records import read_records
from tutela.engine.errors import InputError

if TYPE_CHECKING:
    from tutela.engine.findings import Asked

CASE = Path(__file__).parent / "cases" / "records.csv"
AS_OF = datetime(2026, 11, 20, 2, tzinfo=UTC)


def ask(path: Path, action: str = "retain") -> list[Asked]:
    """The requests of one file."""
    return read_records([path], action, AS_OF)


def as_entries() -> list[dict[str, Any]]:
    """The rows of the case as they would stand in YAML or JSON."""
    return [
        {"dataset": "crm.customer", "subject": "C-1", "started_at": "2023-12-31T16:30:00Z", "important": True},
        {"dataset": "crm.customer", "count": 40, "started_at": "2020-01-01T00:00:00+08:00", "right": False},
        {"dataset": "crm.order", "count": 0, "started_at": "2020-01-01T00:00:00+08:00"},
    ]


def problems(path: Path) -> list[str]:
    """What is wrong, as `line CODE`."""
    with pytest.raises(InputError) as caught:
        ask(path)
    return [f"{p.location.line} {p.code}" for p in caught.value.problems]


def test_groups_that_differ_are_told_apart(tmp_path: Path) -> None:
    """Also two of one person, and two that began on one day; how many rows a group has changes nothing."""
    base: dict[str, Any] = {
        "dataset": "crm.order",
        "subject": "C-1",
        "started_at": "2020-01-01T00:00:00+08:00",
        "count": 1,
    }
    others: list[dict[str, Any]] = [
        {"started_at": "2021-01-01T00:00:00+08:00"},
        {"important": True},
        {"subject": "C-2"},
        {"right": True},
    ]
    path = tmp_path / "records.json"
    keys = list[set[tuple[str, str]]]()
    for count in (1, 7):
        path.write_text(json.dumps([{**base, **more, "count": count} for more in ({}, *others)]), encoding="utf-8")
        keys.append({(a.request.resource["id"], a.key) for a in ask(path)})

    assert len(others) + 1 == len(keys[0])
    assert keys[0] == keys[1]


@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_rows_are_the_same_in_every_format(tmp_path: Path, suffix: str) -> None:
    """CSV, YAML and JSON ask the same."""
    path = tmp_path / f"records.{suffix}"
    path.write_text(json.dumps(as_entries()), encoding="utf-8")

    assert [a.request.resource for a in ask(CASE)] == [a.request.resource for a in ask(path)]


@pytest.mark.parametrize("action", ["retain", "erase"])
def test_each_group_is_one_request(action: str) -> None:
    """Of its data set, or of the person in it; the place is its line, also behind an empty one."""
    asked = ask(CASE, action)

    assert ["crm.customer#C-1", "crm.customer", "crm.order"] == [a.request.resource["id"] for a in asked]
    assert {(action, "record_group")} == {(a.request.action_name, a.request.resource["type"]) for a in asked}
    assert [2, 3, 5] == [a.location.line for a in asked if a.location]
    assert datetime(2023, 12, 31, 16, 30, tzinfo=UTC) == asked[0].request.resource["started_at"]
    assert {AS_OF} == {a.request.as_of for a in asked}


def test_groups_of_one_data_set_can_be_told_apart() -> None:
    """By the person, or by the time they started."""
    assert 3 == len({(a.request.resource["id"], a.key) for a in ask(CASE)})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dataset,started_at\na,2026-01-01\n", ["2 register-time-naive"]),
        ("dataset,started_at\na,2026-01-01T00:00:00Z\nb\n", ["3 register-csv"]),
        ("dataset,started_at\n,2026-01-01T00:00:00Z\n", ["2 key-missing"]),
        ("dataset,count,started_at\na,-1,2026-01-01T00:00:00Z\n", ["2 value-out-of-range"]),
        ("dataset,count,started_at\na,many,2026-01-01T00:00:00Z\n", ["2 register-csv-cell"]),
        ("dataset,right,started_at\na,perhaps,2026-01-01T00:00:00Z\n", ["2 register-csv-cell"]),
        ("dataset,subjekt,started_at\na,x,2026-01-01T00:00:00Z\n", ["2 key-unknown"]),
        ("dataset,started_at\na,soon\nb,later\n", ["2 register-time", "3 register-time"]),
    ],
)
def test_a_wrong_row_is_told_by_its_line(tmp_path: Path, text: str, expected: list[str]) -> None:
    """Nothing is asked when one row is wrong."""
    path = tmp_path / "records.csv"
    path.write_text(text, encoding="utf-8")

    assert expected == problems(path)


def test_files_are_read_together(tmp_path: Path) -> None:
    """All problems of all of them at once."""
    (tmp_path / "a.yaml").write_text("a: 1\n", encoding="utf-8")
    (tmp_path / "b.json").write_text("[{}]", encoding="utf-8")

    with pytest.raises(InputError) as caught:
        read_records([tmp_path / "a.yaml", tmp_path / "b.json", tmp_path / "c.csv", CASE], "retain", AS_OF)

    assert ["file-missing", "key-missing", "key-missing", "type-wrong"] == sorted(p.code for p in caught.value.problems)


def test_no_rows_ask_nothing(tmp_path: Path) -> None:
    """A heading alone is a file without rows; an empty file is an error."""
    path = tmp_path / "records.csv"
    path.write_text("dataset,started_at\n", encoding="utf-8")

    assert [] == ask(path)
    path.write_text("", encoding="utf-8")
    assert ["0 file-empty"] == problems(path)
