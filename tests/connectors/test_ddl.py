"""Schema files of every dialect become the same values, with the place of every column."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tutela.connectors.ddl import parse_schema, read_schema
from tutela.engine.errors import InputError

if TYPE_CHECKING:
    from tutela.engine.tables import Schema

CASES = Path(__file__).parent / "cases"
DIALECTS = ["mysql", "postgres", "oracle", "tsql", "sqlite"]


def names(schema: Schema) -> dict[str, list[str]]:
    """The columns of every table by its name in lower case."""
    return {table.name.lower(): [column.name.lower() for column in table.columns] for table in schema.tables}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_dialects_agree(dialect: str) -> None:
    """Two tables and a view, written in each detected dialect, give the same columns."""
    schema = read_schema(CASES / f"{dialect}.sql")

    assert dialect == schema.dialect
    assert {
        "customer": ["id", "full_name", "mobile", "birth_date", "extra"],
        "visit": ["id", "customer_id", "note"],
        "customer_names": ["id", "full_name"],
    } == names(schema)
    assert schema.unparsed == ()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_places_are_those_of_the_names(dialect: str) -> None:
    """Line and column of every table column point at its name in the file, past an opening quote."""
    lines = (CASES / f"{dialect}.sql").read_text().split("\n")
    for table in read_schema(CASES / f"{dialect}.sql").tables:
        for column in table.columns if table.kind == "table" else ():
            text = lines[column.location.line - 1][column.location.column - 1 :].lstrip('`"[')

            assert text.lower().startswith(column.name.lower())


@pytest.mark.parametrize("dialect", ["mysql", "postgres", "oracle", "tsql"])
def test_comments(dialect: str) -> None:
    """Inline comments, COMMENT ON and extended properties end on their table and column."""
    table = read_schema(CASES / f"{dialect}.sql").tables[0]
    column = table.columns[2]

    assert (table.comment, column.comment) == ("客户", "手机号, it's private")


def test_column_facts() -> None:
    """Type, nullability, key and default are those of the definition."""
    schema = parse_schema("CREATE TABLE a.t (id bigint, x varchar(9) NOT NULL DEFAULT 'q', y int, PRIMARY KEY (id))")
    key, x, y = schema.tables[0].columns

    assert (key.path, key.primary_key, key.nullable) == ("a.t.id", True, False)
    assert (x.data_type, x.nullable, x.default) == ("VARCHAR(9)", False, "'q'")
    assert (y.nullable, y.primary_key) == (True, False)


def test_one_bad_statement_loses_nothing_else() -> None:
    """A statement that is broken is listed with its place, and its neighbours are read."""
    schema = parse_schema("CREATE TABLE a (x int);\nCREATE TABLE b (x int y z, (;\nCREATE TABLE c (x int);\n")

    assert {"a": ["x"], "c": ["x"]} == names(schema)
    assert [2] == [miss.location.line for miss in schema.unparsed]


@pytest.mark.parametrize(
    "bad",
    ["CREATE TABLE b (x text DEFAULT 'oops);", "CREATE TABLE b (x int); /* open", 'CREATE TABLE "b (x int);'],
)
def test_a_quote_without_end_hides_no_table(bad: str) -> None:
    """After an unterminated quote or comment reading goes on at the next table, and the gap is listed."""
    schema = parse_schema(f"CREATE TABLE a (x int);\n{bad}\nCREATE TABLE c (x int);\n", dialect="postgres")

    assert {"a", "c"} <= set(names(schema))
    assert len(schema.unparsed) == 1


def test_a_table_inside_quotes_is_listed() -> None:
    """When two odd quotes swallow a table's definition, its place is listed as unparsed."""
    text = "CREATE TABLE a (x text DEFAULT 'oops);\nCREATE TABLE b (x int);\nSELECT 'tail';\n"
    schema = parse_schema(text, dialect="postgres")

    assert "b" in names(schema) or any(miss.location.line == 2 for miss in schema.unparsed)
    assert schema.unparsed


def test_storage_of_oracle_hides_no_facts() -> None:
    """Where rows lie and which constraints are on takes nothing from a column, and no text is taken for it."""
    text = """CREATE TABLE "A" ("K" DATE DEFAULT sysdate NOT NULL ENABLE, enable CHAR DEFAULT 'ENABLE)' NOT NULL ENABLE,
 c NUMBER CONSTRAINT r REFERENCES b (id) ENABLE,
 CONSTRAINT "P" PRIMARY KEY ("K") USING INDEX PCTFREE 10 COMPUTE STATISTICS STORAGE(INITIAL 6) TABLESPACE "U" ENABLE
 ) SEGMENT CREATION IMMEDIATE STORAGE(INITIAL 65536) TABLESPACE "U";"""
    date, char, number = parse_schema(text, dialect="oracle").columns()

    assert ("K", "SYSDATE", False, True) == (date.name, date.default, date.nullable, date.primary_key)
    assert ("enable", "'ENABLE)'", False) == (char.name, char.default, char.nullable)
    assert ("c", "b.id", 2) == (number.name, number.references, number.location.line)


def test_reasons_name_no_part_of_the_parser() -> None:
    """Why a statement is not understood is said in words that a person knows."""
    schema = parse_schema("CREATE TABLE <name, sysname, t> (a int);\nCREATE TABLE (b int);", dialect="tsql")

    assert ["expected table name"] * 2 == [miss.message for miss in schema.unparsed]


def test_missing_semicolons_and_go() -> None:
    """T-SQL needs neither semicolons nor GO between statements."""
    text = (
        "CREATE TABLE [a] ([x] int)\nCREATE INDEX i ON a (x)\n"
        "ALTER TABLE [a]\nADD [y] nvarchar(9)\nGO\nCREATE TABLE [b] ([x] int)\n"
    )

    assert {"a": ["x", "y"], "b": ["x"]} == names(parse_schema(text, dialect="tsql"))


def test_schema_elements() -> None:
    """Tables inside CREATE SCHEMA belong to that schema, on one line or several."""
    schema = parse_schema("CREATE SCHEMA s CREATE TABLE a (x int)\n  CREATE TABLE b (y int);\nCREATE TABLE c (z int);")

    assert [table.path for table in schema.tables] == ["s.a", "s.b", "c"]


def test_alter_table() -> None:
    """Added, renamed, changed and dropped columns are applied in order; constraints do not matter."""
    text = """CREATE TABLE t (a int, b int, c int);
ALTER TABLE t ADD COLUMN d varchar(9) COMMENT '手机', ADD CONSTRAINT k UNIQUE (a);
ALTER TABLE t DROP COLUMN b;
ALTER TABLE t RENAME COLUMN c TO e;
ALTER TABLE t CHANGE a f bigint COMMENT '号';
ALTER TABLE u ADD x int;
RENAME TABLE t TO w;
"""
    schema = parse_schema(text, dialect="mysql")

    assert {"w": ["f", "e", "d"], "u": ["x"]} == names(schema)
    assert [(2, 26, "手机")] == [
        (c.location.line, c.location.column, c.comment) for c in schema.tables[0].columns if c.name == "d"
    ]
    assert schema.unparsed == ()


@pytest.mark.parametrize("name", ["s.t", '"s"."t"', "s.`t`", "[s].[t]", "db.[s].[t]"])
def test_alter_finds_its_table_by_any_name(name: str) -> None:
    """A qualified and quoted name in ALTER TABLE is the same table."""
    dialect = {"`": "mysql", "[": "tsql"}.get(next((char for char in name if char in "`["), ""), "postgres")
    schema = parse_schema(f"CREATE TABLE s.t (a int);\nALTER TABLE {name} ADD b int;", dialect=dialect)

    assert {"t": ["a", "b"]} == names(schema)


def test_an_addition_that_is_not_understood_is_listed() -> None:
    """An ADD that cannot be parsed is unparsed; the others of the same statement are applied."""
    schema = parse_schema("CREATE TABLE t (a int);\nALTER TABLE t ADD b int, ADD 9 9 9;", dialect="mysql")

    assert [2] == [miss.location.line for miss in schema.unparsed]
    assert {"t": ["a", "b"]} == names(schema)


def test_tables_from_tables() -> None:
    """LIKE, INHERITS, CREATE TABLE AS and SELECT INTO take the columns of their sources."""
    text = """CREATE TABLE a (x int, y int);
CREATE TABLE b (LIKE a, z int);
CREATE TABLE c (w int) INHERITS (a);
CREATE TABLE d AS SELECT * FROM a;
SELECT x AS q INTO e FROM a;
CREATE TABLE f PARTITION OF a FOR VALUES IN (1);
CREATE TABLE g AS SELECT * FROM nowhere;
"""
    schema = parse_schema(text, dialect="postgres")

    assert {
        "a": ["x", "y"],
        "b": ["x", "y", "z"],
        "c": ["x", "y", "w"],
        "d": ["x", "y"],
        "e": ["q"],
    } == names(schema)
    assert (("f", "a"),) == schema.partitions
    assert (("c", "a"),) == schema.heirs
    assert [7] == [miss.location.line for miss in schema.unparsed]


def test_an_index_is_no_column() -> None:
    """Behind a type that sqlglot does not take (`float unsigned`), an index looked like a column called KEY."""
    text = "CREATE TABLE t (`g` float(4,2) unsigned, KEY `g` (`g`), INDEX i (g), `key` int)"
    schema = parse_schema(text, dialect="mysql")

    assert {"t": ["g", "key"]} == names(schema)


def test_executable_comments_are_read() -> None:
    """MySQL runs what stands in `/*! */`: a column there is a column."""
    schema = parse_schema("CREATE TABLE t (a int /*!50000 , ssn varchar(9) */ ) ENGINE=InnoDB;")

    assert {"t": ["a", "ssn"]} == names(schema)


def test_client_lines_and_data_are_skipped() -> None:
    """Dump data, psql and SQL*Plus lines and procedures are counted or left out, never unparsed."""
    text = """\\connect x
COPY t (a) FROM stdin;
CREATE TABLE no (x int);
\\.
CREATE FUNCTION f() RETURNS int AS $$ BEGIN; CREATE TABLE no2 (x int); END; $$ LANGUAGE plpgsql;
INSERT INTO t VALUES ('a; CREATE TABLE no3 (x int);');
CREATE TABLE t (a int);
"""
    schema = parse_schema(text, dialect="postgres")

    assert {"t": ["a"]} == names(schema)
    assert (schema.unparsed, schema.skipped["INSERT"]) == ((), 1)


def test_delimiter_blocks() -> None:
    """A procedure between DELIMITER lines is one statement."""
    text = "DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; END //\nDELIMITER ;\nCREATE TABLE t (a int);"

    assert {"t": ["a"]} == names(parse_schema(text, dialect="mysql"))


def test_what_sqlglot_refuses_is_read_by_its_columns() -> None:
    """Unknown constraints, options and column attributes do not cost the table."""
    text = "CREATE COLUMN TABLE t (a INTEGER CS_INT, b int, PRIMARY KEY (a WITHOUT OVERLAPS)) UNLOAD 5;"
    schema = parse_schema(text)

    assert {"t": ["a", "b"]} == names(schema)
    assert schema.unparsed == ()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    """Chinese names survive every encoding, with their places."""
    (tmp_path / "a.sql").write_bytes("CREATE TABLE `客户` (\r\n  `手机` varchar(20)\r\n);".encode(encoding))
    column = read_schema(tmp_path / "a.sql").tables[0].columns[0]

    assert ("客户", "手机", 2, 3) == (column.table, column.name, column.location.line, column.location.column)


def test_a_folder_is_one_schema_in_name_order(tmp_path: Path) -> None:
    """Files are read in name order; a later one alters the tables of an earlier one."""
    (tmp_path / "1.sql").write_text("COMMENT ON COLUMN t.a IS 'late';")
    (tmp_path / "2.sql").write_text("CREATE TABLE t (a int);")
    (tmp_path / "3.sql").write_text("ALTER TABLE t ADD b int;")
    table = read_schema(tmp_path).tables[0]

    assert [("a", "late", "2.sql"), ("b", "", "3.sql")] == [
        (c.name, c.comment, Path(c.location.file).name) for c in table.columns
    ]


@pytest.mark.parametrize(
    ("make", "code"),
    [("folder", "ddl-folder-empty"), ("nothing", "ddl-no-table"), ("dialect", "ddl-unknown-dialect")],
)
def test_nothing_to_read_is_an_error(tmp_path: Path, make: str, code: str) -> None:
    """An empty folder, a file without tables and an unknown dialect are each one problem."""
    (tmp_path / "x").mkdir()
    (tmp_path / "a.sql").write_text("SELECT 1;")
    path = tmp_path / "x" if make == "folder" else tmp_path / "a.sql"

    with pytest.raises(InputError, match=re.escape(code)) as found:
        read_schema(path, dialect="klingon" if make == "dialect" else None)
    assert all(problem.help(lang) for problem in found.value.problems for lang in ("en", "zh"))


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE t (a int DEFAULT " + "(" * 5000 + "1" + ")" * 5000 + ");",
        "CREATE TABLE t (" + "(" * 50_000,
        "CREATE TABLE " * 3000,
        "/*!50000 " * 20_000,
        "CREATE TABLE t (KEY " + "KEY " * 3000 + ")",
    ],
    ids=["deep", "open", "repeated", "executable", "keys"],
)
def test_hostile_text_ends_without_a_crash(text: str) -> None:
    """Depth, repetition and open ends give a table or an unparsed statement, never an exception."""
    schema = parse_schema(text, dialect="mysql")

    assert schema.tables or schema.unparsed


@pytest.mark.parametrize(
    ("dialect", "script"),
    [
        ("postgres", "DO $$ BEGIN CREATE TABLE crm.x (id_card_no text); END $$;"),
        ("tsql", "IF 1=1 BEGIN CREATE TABLE dbo.x (id int) END\nGO\n"),
        ("tsql", "EXEC('CREATE TABLE dbo.y (id int)');\nGO\n"),
        ("oracle", "BEGIN EXECUTE IMMEDIATE 'CREATE TABLE z (id int)'; END;\n/\n"),
        ("mysql", "SET @s='ALTER TABLE t ADD id_card_no text'; PREPARE st FROM @s; EXECUTE st;"),
    ],
)
def test_a_definition_inside_a_block_is_unparsed(dialect: str, script: str) -> None:
    """Nobody reads it, so it counts as unparsed at its place; it never disappears."""
    go = "GO\n" if dialect == "tsql" else ""
    found = parse_schema(f"CREATE TABLE t (id int);\n{go}{script}", "f.sql", dialect)

    assert 1 == len(found.unparsed)
    assert found.unparsed[0].location.line >= 2
