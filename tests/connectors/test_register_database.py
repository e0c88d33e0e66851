"""Registers in SQLite and PostgreSQL say what the same registers in files say, or what is wrong with them."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tutela.connectors.register_files import read_data, read_registers
from tutela.engine.errors import InputError
from tutela.engine.registers import ENTRIES

if TYPE_CHECKING:
    from collections.abc import Callable

    Database = Callable[[str, str], str]

REGISTERS = Path(__file__).parents[2] / "examples" / "crm" / "registers"


def _rows(path: Path) -> list[dict[str, Any]]:
    """The entries of a file as they are written there."""
    if path.suffix == ".csv":
        return [{k: v for k, v in row.items() if v} for row in csv.DictReader(io.StringIO(path.read_text("utf-8")))]
    found: Any = read_data(path).data
    return list(found)


def _script(dialect: str, folder: Path = REGISTERS) -> str:
    """Tables of the registers of a folder: texts, and JSON for what is nested."""
    lines: list[str] = []
    for path in sorted(folder.iterdir()):
        if path.suffix not in (".yaml", ".csv", ".json"):
            continue
        rows = _rows(path)
        names = list(dict.fromkeys(name for row in rows for name in row))
        kinds = {
            name: "jsonb" if any(isinstance(row.get(name), list | dict) for row in rows) else "text" for name in names
        }
        columns = ", ".join(f'"{name}" {kinds[name] if dialect == "postgres" else "TEXT"}' for name in names)
        lines.append(f'CREATE TABLE "{path.stem}" ({columns});')
        for row in rows:
            values = [_literal(row.get(name), kinds[name]) for name in names]
            lines.append(f'INSERT INTO "{path.stem}" VALUES ({", ".join(values)});')
    return "\n".join(lines)


def _literal(value: object, kind: str) -> str:
    if value is None:
        return "NULL"
    text = value if isinstance(value, str) and kind == "text" else json.dumps(value, ensure_ascii=False)
    return "'" + text.replace("'", "''") + "'"


def _sqlite(path: Path, script: str) -> str:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    return f"sqlite:///{path}"


def _codes(address: str) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as raised:
        read_registers([address])
    return [(problem.code, str(problem.location)) for problem in raised.value.problems]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_database_says_what_files_say(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """All registers of the example, whose entries refer to each other."""
    if kind == "sqlite":
        address = _sqlite(tmp_path / "hr.db", _script(kind))
    else:
        make: Database = request.getfixturevalue("postgres")
        address = make("registers", _script(kind))
    files, tables = read_registers([REGISTERS]), read_registers([address])
    assert files.keys() == tables.keys()
    for name, entries in files.items():
        assert list(entries) == list(tables[name]), name


def test_postgres_types_count_as_what_they_are(postgres: Database) -> None:
    """Times, days, truth values, numbers, arrays, JSON; columns with two underscores nest, views and schemas count."""
    address = postgres(
        "typed",
        """CREATE SCHEMA hr; CREATE SCHEMA other;
        CREATE TABLE hr.staff (id text, name text, department text, hired date, accounts text[], seen timestamptz);
        INSERT INTO hr.staff VALUES ('E1', '李雷', 'd', '2020-01-01', '{a,b}', '2020-01-01 00:00+08');
        CREATE VIEW hr.people AS SELECT id, name, department, 'staff' AS grade, 'active' AS status, hired AS hired_at,
            accounts, jsonb_build_array(jsonb_build_object('department', department, 'role', 'r', 'from', seen)) AS
            assignments FROM hr.staff;
        CREATE TABLE hr.roles (id text); INSERT INTO hr.roles VALUES ('r');
        CREATE TABLE hr.departments (code text, zh text, head_history jsonb);
        INSERT INTO hr.departments VALUES ('d', '销售部', '[{"employee": "E1", "from": "2020-01-01T00:00:00+08:00"}]');
        CREATE TABLE other.people (id text)""",
    )
    found = read_registers([address + "?schema=hr"])
    assert [("E1", ("a", "b"), "2020-01-01")] == [
        (one["id"], one["accounts"], str(one["hired_at"])[:10]) for one in found["people"]
    ]
    assert _codes(address) == [("register-database-twice", address.replace("postgres@", ""))]


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("CREATE TABLE unrelated (id TEXT)", "register-database-empty"),
        ("CREATE TABLE people (id TEXT, nmae TEXT); INSERT INTO people VALUES ('E1', 'x')", "key-unknown"),
        ("CREATE TABLE roles (id TEXT); INSERT INTO roles VALUES ('a'), ('a')", "register-duplicate"),
        ("CREATE TABLE roles (id BLOB); INSERT INTO roles VALUES (x'00')", "register-csv-cell"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, script: str, code: str) -> None:
    """With the table and the number of the row."""
    address = _sqlite(tmp_path / "a.db", script)
    found = _codes(address)
    assert code in [name for name, _ in found], found
    assert all(place.startswith(address) for _, place in found)


def test_files_and_a_database_do_not_hold_the_same_register(tmp_path: Path) -> None:
    """Nobody could say which one counts."""
    address = _sqlite(tmp_path / "a.db", "CREATE TABLE roles (id TEXT); INSERT INTO roles VALUES ('a')")
    (tmp_path / "roles.yaml").write_text("[{id: a}]")
    with pytest.raises(InputError) as raised:
        read_registers([tmp_path, address])
    assert [problem.code for problem in raised.value.problems] == ["register-twice"]


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("mysql://u@127.0.0.1/x", "register-database-kind"),
        ("sqlite:////no/such/file.db", "live-file"),
        ("postgresql://u:secret@127.0.0.1:1/x", "live-unreachable"),
        ("nonsense://", "live-url"),
    ],
)
def test_databases_that_cannot_be_read(address: str, code: str) -> None:
    """One clear problem, without the password."""
    with pytest.raises(InputError) as raised:
        read_registers([address])
    (problem,) = raised.value.problems
    assert "secret" not in problem.render("en")
    assert problem.code == code or code in ("live-file", "live-url")


def test_the_session_cannot_write(tmp_path: Path) -> None:
    """The file is as before, also when nobody may write to it."""
    address = _sqlite(tmp_path / "a.db", "CREATE TABLE roles (id TEXT); INSERT INTO roles VALUES ('a')")
    before = (tmp_path / "a.db").read_bytes()
    assert [{"id": "a"}] == list(read_registers([address])["roles"])
    assert before == (tmp_path / "a.db").read_bytes()
    assert set(ENTRIES) >= {"roles"}
