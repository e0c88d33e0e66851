"""What hides a column from a reader that is not careful: each way is a column, or listed as not understood."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tutela.connectors.ddl import parse_schema
from tutela.project import Project, load_classifier

if TYPE_CHECKING:
    from tutela.engine.tables import Schema


def shown(schema: Schema) -> str:
    """Every table with its columns, their comments in brackets."""
    return " | ".join(
        " ".join((t.path + ":", *(c.name + (f"[{c.comment}]" if c.comment else "") for c in t.columns)))
        for t in schema.tables
    )


@pytest.mark.parametrize(
    ("dialect", "text", "comment"),
    [
        ("postgres", "COMMENT ON COLUMN c.f IS 'it''s 手机号'", "it's 手机号"),
        ("postgres", "COMMENT ON COLUMN public.c.f IS E'it\\'s \\u624B机号'", "it's 手机号"),
        ("postgres", "COMMENT ON COLUMN c.f IS $$手机号$$", "手机号"),
        ("postgres", "COMMENT ON COLUMN c.f IS $q$手$$机号$q$", "手$$机号"),
        ("postgres", "COMMENT ON COLUMN db.public.c.f IS U&'\\624B\\673A\\53F7'", "手机号"),
        ("postgres", "COMMENT ON COLUMN c.f IS '手机'\n'号'", "手机号"),
        ("postgres", "COMMENT\nON COLUMN c.f -- so\nIS '手\\机号'", "手\\机号"),
        ("postgres", "COMMENT ON COLUMN c.f IS 'a'; COMMENT ON COLUMN c.f IS NULL", ""),
        ("oracle", "COMMENT ON COLUMN C.F IS q'[it's 手机号]'", "it's 手机号"),
        ("oracle", """COMMENT ON COLUMN "CRM"."C"."F" IS N'手机号'""", "手机号"),
        ("mysql", 'ALTER TABLE c MODIFY f text COMMENT "手机号"', "手机号"),
    ],
)  # fmt: skip
def test_comments(dialect: str, text: str, comment: str) -> None:
    """The text of a comment is found however it is written."""
    schema = parse_schema(f"CREATE TABLE c (f int);\n{text};", dialect=dialect)

    assert () == schema.unparsed
    assert comment == schema.tables[0].columns[0].comment


def test_facts_that_are_not_written() -> None:
    """A column that counts takes no NULL; an heir has no key of its parent; `bit varying` is a type of two words."""
    text = """CREATE TABLE p (a serial, b int GENERATED ALWAYS AS IDENTITY,
 c bit varying(5) DEFAULT 'bit varying', PRIMARY KEY (c));
CREATE TABLE h (d nchar varying(3)) INHERITS (p);"""
    schema = parse_schema(text, dialect="postgres")

    assert () == schema.unparsed
    assert [("a", False), ("b", False), ("c", False)] == [(c.name, c.nullable) for c in schema.tables[0].columns]
    assert ["c"] == [column.name for column in schema.columns() if column.primary_key]
    assert "'bit varying'" == schema.tables[0].columns[2].default


def test_comments_on_other_things_than_columns() -> None:
    """Properties of indexes and constraints are no comments of columns; a place that is NULL is none."""
    property_ = "EXEC sp_addextendedproperty N'MS_Description', N'{}', N'SCHEMA', [dbo], N'TABLE', [c], {};\n"
    places = {"table": "NULL, NULL", "column": "'COLUMN', [f]", "index": "'INDEX', [f]", "key": "'CONSTRAINT', 'PK_c'"}
    text = "".join(property_.format(name, place) for name, place in places.items())
    schema = parse_schema(f"CREATE TABLE c (f int);\n{text}", dialect="tsql")

    assert () == schema.unparsed
    assert ("table", "column") == (schema.tables[0].comment, schema.tables[0].columns[0].comment)


_OF_M = "'MS_Description', {}, 'user', {}, 'table', 'p', 'column', 'm'"
_OF_X = _OF_M.replace("'m'", "'x'")


@pytest.mark.parametrize(
    "text",
    [
        # PowerDesigner asks for the schema, with and without GO
        f"declare @CurrentUser sysname\nselect @CurrentUser = user_name()\nexecute sp_addextendedproperty {_OF_M}",
        # two in a line, the last one counts for its own column
        f"exec sp_addextendedproperty {_OF_M} exec sp_addextendedproperty {_OF_X}",
        # in a block, and where there is none yet
        f"BEGIN EXEC sys.sp_addextendedproperty {_OF_M} END",
        f"IF NOT EXISTS (SELECT 1 FROM sys.extended_properties) EXEC sys.sp_addextendedproperty {_OF_M}",
        # quoted otherwise, or not at all
        'EXEC [sys].[sp_addextendedproperty] "MS_Description", {}, "user", {}, "table", "p", "column", "m"',
        "EXEC sp_addextendedproperty N'MS_Description', {}, N'user', {}, N'table', p, N'column', m",
    ],
)
def test_comments_of_sql_server(text: str) -> None:
    """However a tool writes them, and no table is lost beside them when nobody says which dialect it is."""
    called = text.replace("{}", "N'电话, it''s'", 1).replace("{}", "@CurrentUser", 1)
    called = called.replace("{}", "N'传真'", 1).replace("{}", "dbo", 1)
    schema = parse_schema(f"create table p (m varchar(9), x int)\n{called}\ncreate table q (y int)\n")

    assert () == schema.unparsed
    assert ["p", "q"] == [table.name for table in schema.tables]
    assert "电话, it's" == schema.tables[0].columns[0].comment
    assert ("传真" if text.count("'x'") else "") == schema.tables[0].columns[1].comment


def test_tables_of_powerdesigner() -> None:
    """A script that drops each table first, and whose GO lines are lost."""
    text = (
        "if exists (select 1\n from sysobjects\n where id = object_id('{0}'))\n drop table {0}\n"
        "create table {0} (\n  id int not null,\n  constraint PK_{0} primary key (id)\n)\n"
        "if exists (select 1 from sys.extended_properties\n where major_id = object_id('{0}') and minor_id = 0)\n"
        "begin\n declare @CurrentUser sysname\nselect @CurrentUser = user_name()\n"
        "execute sp_dropextendedproperty 'MS_Description',\n 'user', @CurrentUser, 'table', '{0}'\n\nend\n"
        "select @CurrentUser = user_name()\nexecute sp_addextendedproperty 'MS_Description',\n"
        " '{0}表',\n 'user', @CurrentUser, 'table', '{0}'\n"
    )
    schema = parse_schema("".join(map(text.format, ("a", "b"))))

    assert () == schema.unparsed
    assert [("a", "a表"), ("b", "b表")] == [(table.name, table.comment) for table in schema.tables]


@pytest.mark.parametrize(
    ("dialect", "text", "expected"),
    [
        # a view that is defined again
        ("tsql", "GO\nCREATE VIEW v AS SELECT x AS a FROM p\nGO\nALTER VIEW v AS SELECT m AS b FROM p\nGO", "v: b"),
        ("mysql", "CREATE VIEW v AS SELECT x FROM p; ALTER ALGORITHM=MERGE VIEW v AS SELECT m FROM p;", "v: m"),
        # a table that a query makes
        ("tsql", "GO\nWITH q AS (SELECT m FROM p) SELECT m INTO k FROM q\nGO", "k: m"),
        ("postgres", "WITH q AS (SELECT m FROM p) SELECT m INTO k FROM q;", "k: m"),
        ("tsql", "INSERT INTO p (m)\nSELECT 1\nSELECT m INTO k FROM p\nGO", "k: m"),
        # what follows the columns, where an option before it is not known
        ("postgres", "CREATE TABLE c (a int ODD OPTION) INHERITS (p) ODD;", "c: m x a"),
        ("mysql", "CREATE TABLE c (a int) ODD=1 IGNORE AS SELECT m FROM p;", "c: a m"),
        ("tsql", "CREATE TABLE c WITH (DISTRIBUTION = HASH(m), HEAP)\nAS\nSELECT *\nFROM p;", "c: m x"),
        # what a star stands for
        ("postgres", "CREATE VIEW v AS WITH a AS (SELECT p.*, 1 AS n FROM p) SELECT * FROM a;", "v: m x n"),
        ("postgres", "CREATE VIEW v AS SELECT p.*, l.* FROM p CROSS JOIN LATERAL (SELECT p.m AS k) l;", "v: m x k"),
        ("postgres", "CREATE VIEW v AS SELECT q.* FROM (SELECT * FROM p) q (a), other;", "v: a x"),
        ("postgres", "CREATE VIEW v AS WITH RECURSIVE r (a) AS (SELECT * FROM p UNION TABLE r) TABLE r;", "v: a x"),
        ("postgres", "CREATE VIEW v AS SELECT * FROM (p JOIN unnest(ARRAY[1]) u (w) ON true), (VALUES (1)) z (y);",
         "v: m x w y"),
        ("postgres", "CREATE VIEW v AS SELECT count(*), p.* FROM p GROUP BY p.m, p.x;", "v: count m x"),
        # elements of CREATE SCHEMA, each on lines of its own
        ("postgres", """CREATE SCHEMA s
  CREATE VIEW v AS
  SELECT m FROM p
  CREATE VIEW w AS SELECT x FROM p
  CREATE INDEX ON c (k)
  CREATE TABLE c (k int)
  GRANT SELECT ON w TO u;
CREATE TABLE d (m int);""",
         "s.v: m | s.w: x | s.c: k | d: m"),
        # T-SQL without semicolons
        ("tsql", "INSERT INTO p VALUES (1)\nALTER TABLE p ADD k int\nINSERT INTO p VALUES (1)\nGO", "m x k"),
        ("tsql", "INSERT p DEFAULT VALUES\nALTER TABLE p ADD k char(9)\nINSERT p EXEC f\nALTER TABLE p ADD l int",
         "m x k l"),
        ("tsql", """CREATE TABLE c (m int)
UPDATE c SET m = 1
DROP TABLE c
SELECT 1
DROP VIEW IF EXISTS v
EXECUTE sp_rename 'p.x', 'k', 'COLUMN'""", "m k"),
        # a comma too much, a type in the standard's spelling, tables that get their columns later
        ("tsql", "CREATE TABLE c (k int NOT NULL, PRIMARY KEY NONCLUSTERED (k),\n)\nGO", "c: k"),
        ("postgres", "CREATE TABLE c (k integer ARRAY, l text ARRAY[3], n text ARRAY DEFAULT ARRAY['a']);",
         "c: k l n"),
        ("postgres", "CREATE TABLE c (\n  -- nothing yet\n);\nALTER TABLE c ADD COLUMN k int;", "c: k"),
        # materialised views of Oracle
        ("oracle", "CREATE MATERIALIZED VIEW v -- so\nBUILD IMMEDIATE ENABLE QUERY REWRITE AS SELECT m FROM p;",
         "v: m"),
        ("postgres", "CREATE MATERIALIZED VIEW region AS SELECT m FROM p;", "region: m"),
        ("oracle", "CREATE MATERIALIZED VIEW v (a) STORAGE (INITIAL 1K) REFRESH NEXT SYSDATE + 1 AS SELECT m FROM p;",
         "v: a"),
        # composite types
        ("postgres", """CREATE TYPE a AS (phone text); CREATE TYPE b AS (n a); CREATE TABLE c (x b, y a[]);
         ALTER TYPE a ADD ATTRIBUTE fax text CASCADE; ALTER TYPE a RENAME ATTRIBUTE phone TO tel;""",
         "c: x x.n x.n.tel x.n.fax y y.tel y.fax"),
        ("postgres", "CREATE TYPE a AS (phone text); CREATE TABLE c OF a;", "c: phone"),
        ("oracle", """CREATE TYPE a AS OBJECT (tel NUMBER, MEMBER FUNCTION f RETURN NUMBER);\n/
CREATE TYPE b AS TABLE OF a;\n/\nCREATE TYPE d UNDER a (fax NUMBER) NOT FINAL;\n/
CREATE TABLE c (x a, y b, z s.d);""", "c: x x.tel y y.tel z z.tel z.fax"),
        ("duckdb", """CREATE TYPE a AS STRUCT(tel text);
         CREATE TABLE c (x a, y STRUCT(n STRUCT("e mail" text), k int)[])""",
         "c: x x.tel y y.n y.n.e mail y.k"),
        # what a copy or view passes on as it is keeps its type
        ("postgres", """CREATE TYPE a AS (tel text); CREATE TABLE t (x a, y a[]);
         CREATE TABLE c AS SELECT t.x AS z, y FROM t""",
         "t: x x.tel y y.tel | c: z z.tel y y.tel"),
        ("postgres", """CREATE TYPE a AS (tel text); CREATE TABLE t (x a); SELECT *, (x).tel INTO c FROM t;
         CREATE VIEW v AS SELECT * FROM c""",
         "t: x x.tel | c: x x.tel tel | v: x x.tel tel"),
    ],
)  # fmt: skip
def test_columns(dialect: str, text: str, expected: str) -> None:
    """The columns are those that a server would show."""
    schema = parse_schema(f"CREATE TABLE p (m int, x int);\n{text}", dialect=dialect)

    assert () == schema.unparsed
    assert (f"p: m x | {expected}" if ":" in expected else f"p: {expected}") == shown(schema)


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("postgres", "IMPORT FOREIGN SCHEMA a FROM SERVER s INTO b;"),
        ("postgres", "CREATE TABLE c OF unknown_type;"),
        ("postgres", "COMMENT ON COLUMN p.m IS :text;"),
        ("postgres", "CREATE TABLE c (a int ODD OPTION) CREATE\nMATERIALIZED VIEW v AS SELECT m FROM p;"),
        ("tsql", "EXEC sp_addextendedproperty N'MS_Description', @v, 'user', 'dbo', 'table', 'p', 'column', 'm'"),
        ("tsql", "SET NOCOUNT ON\nSELECT m INTO k FROM p\nGO"),
    ],
)
def test_what_is_not_read_is_listed(dialect: str, text: str) -> None:
    """A statement that may bring columns and is not read never passes in silence."""
    assert parse_schema(f"CREATE TABLE p (m int, x int);\n{text}", dialect=dialect).unparsed


def test_lineage_of_a_composite_type() -> None:
    """What a query takes from a column of a composite type may be any of its attributes."""
    text = (
        "CREATE TYPE a AS (x int, phone text);\nCREATE TABLE customer (id int, f a, mobile text);\n"
        "CREATE VIEW v AS SELECT (f).phone AS p FROM customer;\nCREATE VIEW w AS SELECT * FROM customer;"
    )
    classified = load_classifier(Project(Path()), None).classify(parse_schema(text, dialect="postgres"))
    found = {column.column.path: column.category for _, columns in classified.tables for column in columns}

    assert () == classified.unresolved
    assert {"v.p", "w.f"} <= {path for path, category in found.items() if category == "personal.contact.phone"}
    assert found["customer.mobile"] == found["w.mobile"] == "personal.contact.phone.mobile"


def test_lineage_of_a_struct() -> None:
    """A field of a struct is read from its column, however the query writes it; the evidence names each field once."""
    text = (
        "CREATE TABLE customer (id int, f STRUCT(phone text, x STRUCT(fax text)), note text);\n"
        "CREATE VIEW v AS SELECT f.phone AS a, c.f.x.fax AS b, struct_extract(f, 'phone') AS d, f['phone'] AS e, c.id\n"
        "FROM customer c;"
    )
    classified = load_classifier(Project(Path()), None).classify(parse_schema(text, dialect="duckdb"))
    found = {one.column.name: one for table, one in classified.columns() if table.kind == "view"}

    assert () == classified.unresolved
    assert [True] * 4 + [False] == [(found[name].category or "").startswith("personal") for name in "abde"] + [
        bool(found["id"].category)
    ]
    assert {"view: from customer.f.phone", "view: from customer.f.x.fax"} == set(found["a"].evidence)
    assert 2 == len(found["a"].evidence)


P = "CREATE TABLE p (a int); "
PROPERTY = "sp_addextendedproperty 'MS_Description', 'x',"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # what a parent gets later its heirs get, too
        (P + "CREATE TABLE c (b int) INHERITS (p); CREATE TABLE g (x int) INHERITS (c); ALTER TABLE p ADD m int",
         "p: a m | c: a b m | g: a b x m"),
        (P + "CREATE TABLE c (a int); ALTER TABLE c INHERIT p; ALTER TABLE p ADD m text",
         "p: a m | c: a m"),
        (P + "CREATE TABLE c (a int); ALTER TABLE p ATTACH PARTITION c FOR VALUES IN (1); ALTER TABLE p ADD m text",
         "p: a m | c: a m"),
        (P + "CREATE TABLE c () INHERITS (p); ALTER TABLE p ADD m text", "p: a m"),
        ("CREATE TYPE k AS (f text); COMMENT ON COLUMN k.f IS '手机号'; CREATE TABLE c (a k)", "c: a a.f[手机号]"),
    ],
)  # fmt: skip
def test_columns_that_come_later(text: str, expected: str) -> None:
    """Columns that a table has from another one, and comments on the attributes of a type."""
    schema = parse_schema(text, dialect="postgres")

    assert () == schema.unparsed
    assert expected == shown(schema)


@pytest.mark.parametrize("count", [3, 3000])
def test_a_long_line_of_heirs(count: int) -> None:
    """However many tables inherit from one another, or in a circle, the last has what the first gets."""
    tables = "".join(f"CREATE TABLE t{n} (x{n} int);" for n in range(count))
    heirs = "".join(f"ALTER TABLE t{n + 1} INHERIT t{n};" for n in range(count - 1))
    circle = f"{tables}{heirs}ALTER TABLE t0 INHERIT t{count - 1}; ALTER TABLE t0 ADD m text;"

    assert {"m"} == {table.columns[-1].name for table in parse_schema(circle, dialect="postgres").tables}


@pytest.mark.parametrize("where", ["", " USING btree"])
def test_a_key_by_an_index(where: str) -> None:
    """`PRIMARY KEY USING INDEX` has the columns of that index."""
    text = f"CREATE TABLE t (a int, b int, c int); CREATE UNIQUE INDEX CONCURRENTLY i ON t{where} (a, B DESC);"
    schema = parse_schema(f"{text} ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY USING INDEX i;", dialect="postgres")

    assert ["a", "b"] == [column.name for column in schema.columns() if column.primary_key]


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("postgres", "CREATE TABLE t (a int); COMMENT ON COLUMN t.b IS '@tutela(category=none)'"),
        ("postgres", "CREATE TABLE t (a int); COMMENT ON COLUMN u.a IS '手机号'"),
        ("tsql", f"CREATE TABLE t (a int)\nGO\nEXEC {PROPERTY} 'SCHEMA', 'dbo', 'TABLE', 't', 'COLUMN', 'b'\nGO"),
    ],
)  # fmt: skip
def test_a_comment_on_a_column_that_is_not_there(dialect: str, text: str) -> None:
    """It may be a tag, and is listed with its place."""
    schema = parse_schema(text, dialect=dialect)

    assert ["a comment on a column that is not there"] == [miss.message for miss in schema.unparsed]


MAIL, PHONE, GENDER = "personal.contact.email", "personal.contact.phone", "personal.demographic.gender"


@pytest.mark.parametrize(
    ("dialect", "text", "expected"),
    [
        ("postgres", "CREATE DOMAIN crm.email AS text; CREATE TABLE t (a crm.email, b int)", {"a": MAIL}),
        ("postgres", "CREATE DOMAIN Email AS text; CREATE TABLE t (a email[], name email)", {"a": MAIL, "name": MAIL}),
        ("postgres", "CREATE TYPE gender AS ENUM ('m'); CREATE TABLE t (a gender)", {"a": GENDER}),
        ("postgres", "CREATE DOMAIN email AS text; CREATE TYPE k AS (b email); CREATE TABLE t (a k)", {"a.b": MAIL}),
        ("postgres", 'CREATE DOMAIN "phoneNumber" AS text; CREATE TABLE t (a "phoneNumber")', {"a": PHONE}),
        ("tsql", "EXEC sp_addtype 'email', 'varchar(50)';\nGO\nCREATE TABLE t (a email)", {"a": MAIL}),
        ("tsql", "CREATE TYPE dbo.email FROM varchar(50);\nGO\nCREATE TABLE t (a dbo.email)", {"a": MAIL}),
        # a name that says what it is wins
        ("postgres", "CREATE DOMAIN email AS text; CREATE TABLE t (mobile email)", {"mobile": f"{PHONE}.mobile"}),
    ],
)  # fmt: skip
def test_the_name_of_a_type_tells_what_its_columns_hold(dialect: str, text: str, expected: dict[str, str]) -> None:
    """A domain, an enumeration or an alias is evidence as the name of a column is."""
    schema = parse_schema(text, dialect=dialect)
    found = load_classifier(Project(Path()), None).classify(schema)

    assert expected == {c.column.name: c.category for _, columns in found.tables for c in columns if c.category}


CONFLICT = """CREATE TABLE c (a int);
<<<<<<< HEAD
GRANT SELECT ON c TO PUBLIC;
=======
CREATE VIEW v AS SELECT a FROM c;
>>>>>>> other
COMMENT ON COLUMN c.a IS 'x';
"""
NOW = "BEGIN;\nCREATE TABLE c (a int);\n--\n-- Raw Python\n--\n-- THIS OPERATION CANNOT BE WRITTEN AS SQL\nCOMMIT;\n"
THEN = "CREATE TABLE c (a int);\n-- MIGRATION NOW PERFORMS OPERATION THAT CANNOT BE WRITTEN AS SQL:\n-- Raw\n"


@pytest.mark.parametrize(("text", "lines"), [(CONFLICT, [2, 4, 6]), (NOW, [6]), (THEN, [2])])
def test_what_is_no_statement_is_listed(text: str, lines: list[int]) -> None:
    """A mark of git that hides the statement after it, and what `sqlmigrate` says of RunPython (before Django 4.1)."""
    assert lines == [miss.location.line for miss in parse_schema(text, dialect="postgres").unparsed]


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("postgres", "CREATE TABEL b (phone text)"),
        ("mysql", "CREATE TEMPORARY TABEL user (index int, phone text)"),
        ("mysql", "CREAT TABLE b (phone text)"),
        ("postgres", "CRAETE VIEW b AS SELECT f FROM c"),
        ("postgres", "CREATE VEIW b AS SELECT f FROM c"),
        ("postgres", "ALTER TABEL c ADD COLUMN phone text"),
        ("oracle", "ALTR TABLE c ADD phone text"),
        ("tsql", "sp_rename 'c.f', 'phone', 'COLUMN'"),
        ("sqlite", "here is the customer table"),
        ("mysql", "'phone'"),
    ],
)
def test_statements_that_nobody_knows(dialect: str, text: str) -> None:
    """A statement that begins with no known word, or makes nothing that is known, is told at its place."""
    schema = parse_schema(f"CREATE TABLE c (f int);\n  {text};\nCREATE TABLE d (g int);\n", dialect=dialect)

    assert ["c", "d"] == [table.name for table in schema.tables]
    assert [(2, 3, "a statement that is not understood")] == [
        (miss.location.line, miss.location.column, miss.message) for miss in schema.unparsed
    ]


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("postgres", "\\set ON_ERROR_STOP on\n\\if :x\n  \\echo 'a;b'\n  \\quit\n\\endif"),
        ("postgres", "CREATE TEXT SEARCH CONFIGURATION a (COPY = b);\nALTER LARGE OBJECT 1 OWNER TO me;\nABORT;"),
        ("postgres", "CREATE TRUSTED PROCEDURAL LANGUAGE a;\nREASSIGN OWNED BY a TO b;\nLISTEN a;\n(SELECT 1);"),
        ("mysql", "mysqldump: [Warning] Using a password can be insecure.\n/*!40101 SET NAMES utf8 */;\nXA START 'a';"),
        ("mysql", "CREATE DEFINER = `a b`@`%` EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM c;\nCHECK TABLE c;"),
        ("oracle", "DEFINE a = b\nVARIABLE n NUMBER\nTTITLE a\nALTER SESSION SET a = b;\nCREATE SYNONYM a FOR b;"),
        ("tsql", "DBCC CHECKDB\nGO\nENABLE TRIGGER a ON c\nGO\nCREATE NONCLUSTERED COLUMNSTORE INDEX i ON c (f)\nGO"),
        ("sqlite", ".mode csv\nDETACH a;\nPRAGMA b;"),
    ],
)  # fmt: skip
def test_what_stands_beside_definitions(dialect: str, text: str) -> None:
    """Commands of clients, prose that tools write, and statements about other things are passed over."""
    schema = parse_schema(f"{text}\nCREATE TABLE c (f int);\n", dialect=dialect)

    assert (["c"], ()) == ([table.name for table in schema.tables], schema.unparsed)
