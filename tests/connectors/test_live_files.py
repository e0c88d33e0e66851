"""SQLite and DuckDB files as schema sources: all that their catalogs hold, read-only, and what can go wrong."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import duckdb
import pytest

from tutela.connectors import live_duckdb, live_sqlite
from tutela.connectors.live import LiveOptions, address_of, read_live
from tutela.connectors.live_target import parse_target
from tutela.connectors.sources import read_sources
from tutela.engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tutela.engine.tables import Schema

    Lines = Callable[[Schema], str]
    Case = Callable[[str], tuple[str, str]]


@pytest.fixture(scope="module")
def shop(live_case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SQLite file of the cases; its name is one that must be quoted in an address."""
    path = tmp_path_factory.mktemp("sqlite") / "shop 1?.db"
    connection = sqlite3.connect(path)
    connection.executescript(live_case("sqlite")[0])
    connection.close()
    return path


@pytest.fixture(scope="module")
def duck(live_case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The DuckDB file of the cases."""
    path = tmp_path_factory.mktemp("duckdb") / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(live_case("duckdb")[0])
    return path


def problem(address: str, timeout: int = 30) -> str:
    """The code of the one problem that reading meets."""
    with pytest.raises(InputError) as raised:
        read_live(address, LiveOptions(timeout=timeout))
    (found,) = raised.value.problems
    return found.code


def test_the_whole_catalog_of_sqlite(shop: Path, live_case: Case, lines_of: Lines) -> None:
    """Views, virtual tables, generated columns, rowids, keys, and a view that is broken."""
    assert live_case("sqlite")[1] == lines_of(read_live(address_of(shop) or ""))


def test_the_whole_catalog_of_duckdb(duck: Path, live_case: Case, lines_of: Lines) -> None:
    """Views, generated columns, lists, structures, JSON, enums, comments, keys."""
    assert live_case("duckdb")[1] == lines_of(read_live(address_of(duck) or ""))


def test_a_file_is_told_by_its_first_bytes(shop: Path, duck: Path, tmp_path: Path) -> None:
    """A database needs no address; it is read together with files of statements."""
    more = tmp_path / "more.sql"
    more.write_text("CREATE TABLE extra (mobile varchar(20));", encoding="utf-8")
    schema = read_sources([more, shop, str(duck)])
    places = list(dict.fromkeys(table.location.file for table in schema.tables))

    assert [str(more), f"sqlite:///{shop}", f"duckdb:///{duck}"] == places
    assert {"extra", "note", "crm.contract"} < {table.path for table in schema.tables}


def test_another_driver_reads_the_same_columns(shop: Path, tmp_path: Path) -> None:
    """SQLAlchemy's inspector sees the same tables and columns (of a file without broken views)."""
    from tutela.connectors import live_inspector

    copy = tmp_path / "copy.db"
    copy.write_bytes(shop.read_bytes())
    with sqlite3.connect(copy) as connection:
        connection.execute("DROP VIEW broken")
    target = replace(parse_target(f"sqlite:///{copy}"), driver="pysqlite")
    other = live_inspector.read(target, LiveOptions())
    own = read_live(f"sqlite:///{copy}")
    theirs = {(c.table, c.name): c.primary_key for c in other.columns() if not c.table.startswith("note")}
    ours = {(c.table, c.name): c.primary_key for c in own.columns() if c.table != "note"}

    assert ours == theirs


def test_nothing_can_be_written(shop: Path, duck: Path) -> None:
    """Both sessions refuse a change."""
    with (
        live_sqlite.connect(parse_target(address_of(shop) or ""), LiveOptions()) as session,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        session.execute("DELETE FROM contract")
    with (
        live_duckdb.connect(parse_target(f"duckdb:///{duck}"), LiveOptions()) as file,
        pytest.raises(duckdb.InvalidInputException, match="read-only"),
    ):
        file.execute("DELETE FROM crm.contract")


def test_a_view_of_duckdb_cannot_open_files(duck: Path) -> None:
    """Reading a catalog never reaches out of the file."""
    with (
        live_duckdb.connect(parse_target(f"duckdb:///{duck}"), LiveOptions()) as file,
        pytest.raises(duckdb.PermissionException),
    ):
        file.execute("SELECT * FROM read_text('/etc/hostname')")


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_what_is_wrong_with_a_file(kind: str, tmp_path: Path) -> None:
    """Missing, a folder, no database, an option, no table: each has its problem."""
    text = tmp_path / "notes.txt"
    text.write_text("these are no tables\n" * 300, encoding="utf-8")
    empty = tmp_path / "empty.db"
    (sqlite3 if kind == "sqlite" else duckdb).connect(str(empty)).close()
    if kind == "sqlite":
        with sqlite3.connect(empty) as connection:
            connection.execute("PRAGMA user_version = 1")

    assert "file-missing" == problem(f"{kind}:///{tmp_path}/nope")
    assert "file-directory" == problem(f"{kind}:///{tmp_path}")
    assert "live-no-database-file" == problem(f"{kind}:///{text}")
    assert "live-option" == problem(f"{kind}:///{empty}?mode=rw")
    assert "live-empty" == problem(f"{kind}:///{empty}")
    assert "live-url" == problem(f"{kind}://")


def test_a_duckdb_file_that_another_process_holds(duck: Path) -> None:
    """The lock is a problem of its own."""
    code = f"import duckdb, sys\nc = duckdb.connect({str(duck)!r})\nprint(1, flush=True)\nsys.stdin.read()"
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        assert b"1\n" == holder.stdout.readline()
        assert "live-locked" == problem(f"duckdb:///{duck}")
    finally:
        holder.communicate()


def test_an_sqlite_file_that_another_process_holds(shop: Path, tmp_path: Path) -> None:
    """The lock is a problem of its own, after the time that is allowed."""
    copy = tmp_path / "held.db"
    copy.write_bytes(shop.read_bytes())
    holder = sqlite3.connect(copy, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")

    assert "live-locked" == problem(f"sqlite:///{copy}", timeout=1)

    holder.close()
