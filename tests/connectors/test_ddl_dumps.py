"""Dumps and scripts that are cut off, broken, large, or made of several files: nothing disappears."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest

from tutela.connectors import ddl_files
from tutela.connectors.ddl import parse_schema, read_schema
from tutela.connectors.ddl_data import Skimmer, without_data
from tutela.engine.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from tutela.engine.tables import Schema

CUT_PG = "-- PostgreSQL database dump\nCREATE TABLE t (a int);\n"


def misses(schema: Schema) -> list[str]:
    """What could not be read: line and reason."""
    return [f"{miss.location.line} {miss.message}" for miss in schema.unparsed]


@pytest.mark.parametrize(
    ("dialect", "text", "line"),
    [
        ("mysql", "CREATE TABLE t (a int);\nINSERT INTO t VALUES (1),\n(2, 'abc", 2),
        ("mysql", "CREATE TABLE t (a int);\nINSERT INTO t VALUES (1),\n(2,", 2),
        ("postgres", "CREATE TABLE t (a int);\nCREATE TABLE u (a int,\n b te", 2),
        ("postgres", "CREATE TABLE t (a int);\nCOPY t (a) FROM stdin;\n1\n2", 4),
        ("postgres", CUT_PG, 2),
        ("mysql", "-- MySQL dump 10.13\nCREATE TABLE t (a int);\n", 2),
    ],
)
def test_a_dump_that_is_cut_off_says_where(dialect: str, text: str, line: int) -> None:
    """A statement without its end, and a dump without its end mark, are unparsed at their place."""
    found = parse_schema(text, "f.sql", dialect)

    assert [line] == [miss.location.line for miss in found.unparsed]
    assert found.tables


def test_a_whole_dump_is_whole() -> None:
    """With its end mark a dump is complete."""
    assert misses(parse_schema(f"{CUT_PG}--\n-- PostgreSQL database dump complete\n--\n")) == []


@pytest.mark.parametrize(
    "values",
    [
        "('it's');\nCREATE TABLE b (x int);\nINSERT INTO a VALUES ('it's')",
        "('oops);\nCREATE TABLE b (x text DEFAULT 'q')",
    ],
)
def test_a_quote_inside_a_value_hides_no_table(values: str) -> None:
    """An INSERT whose quote closes too early is unparsed, and the table after it is read."""
    schema = parse_schema(f"CREATE TABLE a (x int);\nINSERT INTO a VALUES {values};\n", dialect="postgres")

    assert ["a", "b"] == [table.name for table in schema.tables]
    assert schema.unparsed[0].location.line == 2


def test_values_may_hold_scripts() -> None:
    """A text of a row is no statement, whatever stands in it."""
    schema = parse_schema("CREATE TABLE a (x text);\nINSERT INTO a VALUES ('\nCREATE TABLE b (x int);\n', 'it''s');\n")

    assert (["a"], [], {"INSERT": 1}) == ([t.name for t in schema.tables], misses(schema), schema.skipped)


@pytest.mark.parametrize("size", [1, 7, 1000, 300_000])
def test_blocks_do_not_matter(size: int) -> None:
    """A script is the same whether it comes at once or in blocks of any size, and keeps its lines."""
    rows = ",\n".join(f"({n}, 'a;b ''{n}''', \"x\", -{n}/2)" for n in range(300))
    text = (
        f"CREATE TABLE t (a int);\r\nINSERT INTO t VALUES {rows};\nINSERT INTO t VALUES (1); CREATE TABLE u (b int);\n"
        f"COPY t (a) FROM stdin;\n1\tCREATE\n\\.\n/*\nINSERT INTO t VALUES (1)\n*/\nCREATE TABLE v (c int);\n"
    )
    skimmer = Skimmer("postgres")
    for start in range(0, len(text), size):
        skimmer.feed(text[start : start + size])
    script = skimmer.close()

    assert without_data(text, "postgres") == script
    assert text.count("\n") == script.text.count("\n")
    assert ["t", "u", "v"] == [table.name for table in parse_schema(text, dialect="postgres").tables]
    assert {"INSERT": 2} == script.counts
    assert text.split("\n")[301].index("CREATE") == script.text.split("\n")[301].index("CREATE")


@pytest.mark.parametrize("form", ["one statement", "many statements", "copy"])
def test_rows_are_never_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """The memory that a dump takes does not grow with its rows."""
    monkeypatch.setattr(ddl_files, "WHOLE", 1 << 16)
    monkeypatch.setattr(ddl_files, "_BLOCK", 1 << 16)
    monkeypatch.setattr("tutela.connectors.ddl_data._COMMIT", 1 << 17)
    row = "(17, 'Example Name', 'row of some length that holds nothing', '2020-01-01')"
    insert, count = "INSERT INTO t VALUES", 30_000
    with (tmp_path / "dump.sql").open("w") as stream:
        stream.write("CREATE TABLE t (a bigint);\n")
        if form == "one statement":
            stream.write(f"{insert} {','.join([row] * count)};\n")
        elif form == "copy":
            stream.write("COPY t (a) FROM stdin;\n" + (row + "\n") * count + "\\.\n")
        else:
            stream.writelines(f"{insert} {row};\n" for _ in range(count))
        stream.write("CREATE TABLE z (a bigserial);\n")
    tracemalloc.start()
    schema = read_schema(tmp_path / "dump.sql", dialect="postgres")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (["t", "z"], []) == ([table.name for table in schema.tables], misses(schema))
    assert schema.tables[1].location.line == {"one statement": 3, "many statements": count + 2, "copy": count + 4}[form]
    assert peak < 1 << 20


def test_a_large_file_may_be_in_any_encoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read block by block, too, a file is tried as UTF-8 and as GB18030, and a mark decides."""
    monkeypatch.setattr(ddl_files, "WHOLE", 10)
    for encoding in ("utf-8-sig", "gb18030", "utf-16"):
        (tmp_path / "a.sql").write_bytes("CREATE TABLE 客户 (手机 text);".encode(encoding))

        assert read_schema(tmp_path / "a.sql").tables[0].columns[0].path == "客户.手机"


@pytest.mark.parametrize("whole", [10, 1 << 20])
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"CREATE TABLE t (a\0 int);", "file-binary"),
        (b"CREATE TABLE caf\xe9 (a int);", "file-encoding"),
        (b"CREATE TABLE t (t\xe9l\xe9phone int, Stra\xdfe int, Gr\xf6\xdfe int);", "file-encoding"),
    ],
)
def test_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: int, content: bytes, code: str) -> None:
    """A file that is no text, or in an encoding that nobody can guess, is one clear problem."""
    monkeypatch.setattr(ddl_files, "WHOLE", whole)
    (tmp_path / "a.sql").write_bytes(content)

    with pytest.raises(InputError, match=code):
        read_schema(tmp_path / "a.sql")


def test_a_dump_with_raw_binary_values_says_what_to_do(tmp_path: Path) -> None:
    """A BLOB is dumped as it is: an encoding that takes every byte would spoil the comments."""
    text = b"CREATE TABLE t (a blob);\nINSERT INTO t VALUES (_binary '\xff\xff\xff');"
    (tmp_path / "a.sql").write_bytes(text)

    with pytest.raises(InputError) as caught:
        read_schema(tmp_path / "a.sql")
    assert "--hex-blob" in caught.value.problems[0].help()
    assert "--hex-blob" in caught.value.problems[0].help("zh")


def test_the_encoding_can_be_named(tmp_path: Path) -> None:
    """What cannot be guessed is read in the encoding that is named; an unknown name is a problem."""
    (tmp_path / "a.sql").write_bytes("CREATE TABLE café (a int);".encode("latin-1"))

    assert read_schema(tmp_path / "a.sql", encoding="latin-1").tables[0].name == "café"
    with pytest.raises(InputError, match="encoding-unknown"):
        read_schema(tmp_path / "a.sql", encoding="klingon")


def test_more_schema_than_can_be_held_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left without the rows is bounded."""
    monkeypatch.setattr(ddl_files, "WHOLE", 10)
    (tmp_path / "a.sql").write_text("CREATE TABLE t (a int);\n" * 1000)

    with pytest.raises(InputError, match="file-too-large"):
        read_schema(tmp_path / "a.sql", limit=5000)


@pytest.mark.parametrize(
    ("dialect", "line"),
    [
        ("postgres", "\\i tables/a.sql"),
        ("postgres", "\\ir 'tables/a.sql'"),
        ("oracle", "@tables/a"),
        ("oracle", "@@tables/a.sql;"),
        ("mysql", "source tables/a.sql;"),
        ("mysql", "\\. tables/a.sql"),
        ("sqlite", ".read tables/a.sql"),
        ("tsql", ":r tables/a.sql"),
    ],
)
def test_included_scripts_are_read_in_their_place(tmp_path: Path, dialect: str, line: str) -> None:
    """What a client reads in the middle of a script is read there, with its own places."""
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "a.sql").write_text("CREATE TABLE a (x int);\n")
    (tmp_path / "main.sql").write_text(f"{line}\nALTER TABLE a ADD y int;\n")
    schema = read_schema(tmp_path / "main.sql", dialect=dialect)

    assert ["a.sql", "main.sql"] == [column.location.file.rpartition("/")[2] for column in schema.columns()]
    assert misses(schema) == []
    assert len(read_schema(tmp_path, dialect=dialect).tables) == 1


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("gone.sql", "there is no file"),
        ("../outside.sql", "outside of the folder"),
        ("/etc/hostname", "outside of the folder"),
        ("link.sql", "outside of the folder"),
        ("main.sql", "includes itself"),
        ("other.sql", "includes itself"),
    ],
)
def test_what_cannot_be_included_is_listed(tmp_path: Path, name: str, reason: str) -> None:
    """A script that is missing, lies elsewhere or includes itself is unparsed where it is named."""
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "outside.sql").write_text("CREATE TABLE a (x int);")
    (inside / "link.sql").symlink_to(tmp_path / "outside.sql")
    (inside / "other.sql").write_text("\\i main.sql\n")
    (inside / "main.sql").write_text(f"CREATE TABLE t (a int);\n\\i {name}\n")
    schema = read_schema(inside / "main.sql")

    assert ["t"] == [table.name for table in schema.tables]
    assert len(schema.unparsed) == 1
    assert reason in schema.unparsed[0].message
