"""What becomes of a statement: decided table by table, masked and filtered exactly, or refused with a reason."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from rewriting import POLICIES, TABLES, ask, rewriter, table

from tutela.engine.errors import Location, PolicyError
from tutela.engine.guards import Classes
from tutela.engine.loader import Source, load_policies
from tutela.engine.masks import Mask, type_of
from tutela.engine.rewrite_check import check_rewritten
from tutela.engine.rewrite_words import RefusedError
from tutela.engine.statements import Analyser
from tutela.engine.tables import Column, Schema, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutela.engine.rewrite import Rewriter

ALLOW = """kind: access
id: p
rules:
  - id: P-1.seen
    effect: allow
    actions: [read]
    target: {resource.type: table}
"""


def policies(*duties: str) -> str:
    """An access file whose only rule allows reading, with some obligations."""
    return ALLOW + "    obligations:\n" + "".join(f"      - {duty}\n" for duty in duties)


def outcome(rewriting: Rewriter, sql: str, employee: str | None = "E1", **context: object) -> str:
    """The statement that comes out, or the code and the argument of the reason, or the rules that deny."""
    made = rewriting.rewrite(sql, ask(employee, **context))
    if made.problem:
        assert not made.allowed
        return f"{made.problem.code} {made.problem.args['what']}".strip()
    return made.sql or ", ".join(reason.rule for _, decision, _ in made.decisions for reason in decision.reasons)


def test_a_denied_table_denies_the_statement() -> None:
    """One table that nobody may read is enough; the decisions of all are told."""
    rewriting = rewriter("duckdb", table("secret", {"id": "INTEGER"}))
    made = rewriting.rewrite("SELECT c.id FROM customer c JOIN secret s ON s.id = c.id", ask())

    assert not made.allowed
    assert made.problem is None
    assert [(found.table, found.decision.effect) for found in made.decisions] == [
        ("customer", "allow"),
        ("secret", "deny"),
    ]


def test_rows_of_heirs_are_not_shown_by_their_parents_rules() -> None:
    """Who reads a table reads the tables that inherit from it: what denies, masks or filters those counts."""
    secret = table("secret", {"id": "INTEGER", "label": "TEXT"})
    read = "SELECT i.label FROM item i"

    assert "item" in outcome(rewriter("postgres", secret), read)
    assert outcome(rewriter("postgres", secret, heirs=(("secret", "item"),)), read) != outcome(
        rewriter("postgres"), read
    )
    assert not rewriter("postgres", secret, heirs=(("secret", "item"),)).rewrite(read, ask()).allowed
    assert (
        not rewriter("postgres", secret, heirs=(("secret", "item"),))
        .rewrite("SELECT count(*) FROM item", ask())
        .allowed
    )
    # A customer's name is masked also where it is read as that of a person.
    person = table("person", {"id": "INTEGER", "full_name": "VARCHAR(40)", "owner": "TEXT", "region": "TEXT"})
    allowed = POLICIES.replace("'item', 'crm.region'", "'item', 'crm.region', 'person'")
    heir = rewriter("postgres", person, policies=allowed, heirs=(("customer", "person"),))
    made = outcome(heir, "SELECT p.full_name FROM person p")
    assert '"full_name"' not in made.replace('AS "full_name"', "")
    assert "north" in made


def test_only_columns_that_were_asked_for_are_there() -> None:
    """What was not decided about is not in the subquery, so that nothing else can be read by mistake."""
    sql = outcome(rewriter("postgres"), "SELECT i.label FROM item i")

    assert sql == 'SELECT i.label FROM (SELECT "tutela"."label" AS "label" FROM "public"."item" AS "tutela") AS i'


def test_other_obligations_are_left_to_the_caller() -> None:
    """Masks and filters are carried out; what remains is told, with its table."""
    made = rewriter("duckdb").rewrite("SELECT id FROM customer", ask())

    assert [(name, duty.kind) for name, duty in made.obligations] == [("customer", "log_use")]


@pytest.mark.parametrize(
    ("statement", "rows", "expected"),
    [
        ("SELECT id FROM item", 5, "LIMIT 5"),
        ("SELECT id FROM item LIMIT 9", 5, "LIMIT 5"),
        ("SELECT id FROM item LIMIT 3", 5, "LIMIT 3"),
        ("SELECT id FROM item UNION SELECT 1", 5, "LIMIT 5"),
        ("SELECT id FROM item LIMIT (SELECT 9)", 5, "rewrite-rows LIMIT"),
        ("(SELECT id FROM item)", 5, "LIMIT 5"),
        ("WITH a AS (SELECT id FROM item LIMIT 9) SELECT id FROM a", 5, "LIMIT 5"),
        ("SELECT id FROM item LIMIT 9%", 5, "rewrite-rows LIMIT"),
        ("SELECT id FROM item LIMIT 3 PERCENT", 5, "rewrite-rows LIMIT"),
        ("SELECT id FROM item FETCH FIRST 9 ROWS ONLY", 5, "rewrite-rows LIMIT"),
        ("SELECT id FROM item", 5.0, "LIMIT 5"),
        ("SELECT id FROM item", 5.5, "rewrite-rows row_count"),
        ("SELECT id FROM item", True, "rewrite-rows row_count"),
    ],
)
def test_stated_rows_are_kept(statement: str, rows: object, expected: str) -> None:
    """A number of rows that the request states is made true, or the statement is refused."""
    assert outcome(rewriter("duckdb"), statement, row_count=rows).endswith(expected)


@pytest.mark.parametrize(
    ("employee", "context", "expected"),
    [
        (None, {}, "rewrite-filter-value subject.employee"),
        ("E1", {"limit": "many"}, "rewrite-filter-value context.limit"),
    ],
)
def test_a_filter_without_its_value(employee: str | None, context: dict[str, object], expected: str) -> None:
    """Who is not known, or a value of another type, compares with no row: the statement is refused."""
    tables = "customer" if employee is None else "orders"

    assert outcome(rewriter("duckdb"), f"SELECT id FROM {tables}", employee, **context) == expected


@pytest.mark.parametrize(
    ("row", "where", "types", "expected"),
    [
        ("{id: string}", "row.id == 'x'", {"id": "INTEGER"}, "rewrite-filter-type id"),
        ("{id: string}", "row.id == 'x'", {"id": ""}, "rewrite-filter-type id"),
        ("{id: string}", "row.id == 'x'", {"id": "CHAR(4)"}, "rewrite-filter-type id"),
        ("{id: number}", "row.id == 1", {"id": "DOUBLE PRECISION"}, "rewrite-filter-type id"),
        ("{id: number}", "row.id == 1", {"id": "NUMERIC(10, 2)"}, "rewrite-filter-type id"),
        ("{id: datetime}", "row.id < now", {"id": "TIMESTAMP"}, "rewrite-filter-type id"),
        ("{gone: string}", "row.gone == 'x'", {"id": "TEXT"}, "rewrite-filter-column gone"),
    ],
)
def test_a_filter_that_does_not_fit(row: str, where: str, types: dict[str, str], expected: str) -> None:
    """A type that does not compare exactly, or a column that is not there, refuses: a filter is never left out."""
    duty = f'{{kind: filter_rows, args: {{row: {row}, where: "{where}"}}}}'
    rewriting = rewriter("postgres", table("t", types), policies=policies(duty))

    assert outcome(rewriting, "SELECT 1 FROM t") == expected


def test_a_row_without_a_value_is_hidden() -> None:
    """A column that is declared to hold a value and does not leaves the row in doubt, so it is not shown."""
    duty = "{kind: filter_rows, args: {row: {label: string}, where: row.label != subject.id}}"
    db = duckdb.connect()
    db.execute("CREATE TABLE item (id INTEGER, order_id INTEGER, label VARCHAR)")
    db.execute("INSERT INTO item VALUES (1, 1, 'x'), (2, 1, NULL), (3, 1, 'E1')")
    sql = outcome(rewriter("duckdb", policies=policies(duty)), "SELECT id FROM item")

    assert db.execute(sql).fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("where", "shown"),
    [
        ("subject.id == 'E1' or row.owner == 'x'", "WHERE TRUE"),
        ("subject.id == 'E2' and row.owner == 'x'", "WHERE FALSE"),
        ("subject.id == 'E2' and row.owner == subject.employee", "WHERE FALSE"),
    ],
)
def test_what_the_person_settles_needs_no_row(where: str, shown: str) -> None:
    """Items are read from the left until one settles it, as in a condition."""
    duty = f'{{kind: filter_rows, args: {{row: {{owner: string?}}, where: "{where}"}}}}'

    assert shown in outcome(rewriter("duckdb", policies=policies(duty)), "SELECT id FROM customer", None)


def test_a_value_cannot_leave_its_quotes() -> None:
    """A person whose number is SQL stays a text."""
    name = "x' OR 1=1 --\\"
    for dialect in ("duckdb", "postgres"):
        sql = outcome(rewriter(dialect), "SELECT id FROM customer", name)

        assert ("x'' OR 1=1 --" in sql) is (dialect == "duckdb")
        assert (name.encode().hex() in sql) is (dialect == "postgres")


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (Mask("null"), Mask("full"), Mask("null")),
        (Mask("full"), Mask("hash", salt="s"), Mask("full")),
        (Mask("partial", 3, 2), Mask("partial", 1, 4), Mask("partial", 1, 2)),
        (Mask("truncate", to="day"), Mask("truncate", to="year"), Mask("truncate", to="year")),
        (Mask("partial", 1, 1), Mask("hash", salt="s"), Mask("full")),
        (Mask("month_day"), Mask("truncate", to="year"), Mask("full")),
        (Mask("month_day"), Mask("null"), Mask("null")),
        (Mask("hash", salt="s"), Mask("hash", salt="t"), Mask("full")),
        (Mask("hash", salt="s"), Mask("hash", salt="s"), Mask("hash", salt="s")),
    ],
)
def test_of_two_masks_the_stricter_one(one: Mask, other: Mask, both: Mask) -> None:
    """Whichever comes first."""
    assert one.stricter(other) == both
    assert other.stricter(one) == both


@pytest.mark.parametrize(
    ("mask", "of", "hidden"),
    [
        ("full", "TEXT", False),
        ("full", "INTEGER", True),
        ("full", "", True),
        ("partial", "BIGINT", False),
        ("partial", "DATE", True),
        ("partial", "JSONB", True),
        ("hash", "UUID", False),
        ("hash", "DOUBLE PRECISION", True),
        ("truncate", "DATE", False),
        ("truncate", "TIMESTAMPTZ", False),
        ("truncate", "TEXT", True),
        ("month_day", "DATE", False),
        ("month_day", "TIMESTAMP", False),
        ("month_day", "TIMESTAMPTZ", True),
        ("month_day", "TEXT", True),
        ("partial", "my_type", True),
        ("null", "TEXT", True),
    ],
)
def test_a_mask_that_does_not_fit_leaves_nothing(mask: str, of: str, hidden: bool) -> None:
    """A type for which a mask has no meaning gives NULL, never the value."""
    from sqlglot import exp

    made = Mask(mask, 1, 1, "s" * 16, "year").sql(exp.column("x"), type_of(of, "postgres"), "postgres")

    assert (made.sql() == "CASE WHEN FALSE THEN x END") is hidden


@pytest.mark.parametrize(
    ("duty", "columns"),
    [
        ("{kind: mask_columns}", {"mobile", "full_name", "id_card"}),
        ("{kind: mask_columns, args: {categories: [personal.contact.*]}}", {"mobile"}),
        ("{kind: mask_columns, args: {categories: [personal.contact]}}", set[str]()),
        ("{kind: mask_columns, args: {categories: [personal.name.full]}}", {"full_name"}),
        ("{kind: mask_columns, args: {columns: [Region]}}", {"region"}),
        ("{kind: mask_columns, args: {columns: [region], categories: [personal.contact.*]}}", {"region", "mobile"}),
    ],
)
def test_which_columns_are_masked(duty: str, columns: set[str]) -> None:
    """By category, by name, by either; with neither, all columns that hold any category."""
    sql = outcome(rewriter("duckdb", policies=policies(duty)), "SELECT * FROM customer")
    db = duckdb.connect()
    db.execute(f"CREATE TABLE customer ({', '.join(f'{name} {of}' for name, of in TABLES['customer'].items())})")
    row = (1, "Wang", "13800138000", "110101", None, None, "E1", "north")
    db.execute("INSERT INTO customer VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    shown = db.execute(sql).fetchall()[0]

    assert {name for name, was, now in zip(TABLES["customer"], row, shown, strict=True) if was != now} == columns


def test_a_table_that_nobody_classified_is_masked_whole() -> None:
    """What a column holds cannot be told, so it may hold what is to be masked."""
    made = policies("{kind: mask_columns, args: {categories: [personal.name.*]}}")

    assert "'***' AS" in outcome(rewriter("duckdb", policies=made, classified=False), "SELECT label FROM item")
    assert "'***' AS" not in outcome(rewriter("duckdb", policies=made), "SELECT label FROM item")


def test_the_catalog_also_says_what_a_column_holds() -> None:
    """What somebody declared counts beside what the names say; what neither tells may be anything."""

    class Catalog:
        def column(self, path: str) -> Mapping[str, Any] | None:
            return {"customer.nick": {"category": "personal.name"}, "customer.other": {}}.get(path)

    place = Location("t.sql")
    columns = [Column(table="customer", name=name, location=place) for name in ("nick", "mobile", "other", "new")]
    inner = Column(table="customer", name="street", location=place, inside="other")
    made = Table(name="customer", columns=(*columns, inner), location=place)
    entry = next(iter(Analyser(Schema(tables=(made,)), "postgres").catalog.entries.values()))
    named = {"customer": {"mobile": "personal.contact", "nick": "personal.account", "street": "personal.contact"}}
    classes = Classes(named, "public", Catalog())

    assert classes.of(entry, "nick") == (["personal.account", "personal.name"], True)
    assert classes.of(entry, "mobile") == (["personal.contact"], True)
    assert classes.of(entry, "other") == (["personal.contact"], True)
    assert classes.of(entry, "new") == ([], False)


def test_a_mask_on_a_column_that_no_table_has() -> None:
    """A mistyped name would mask nothing, and nobody would know."""
    rewriting = rewriter("duckdb", policies=policies("{kind: mask_columns, args: {columns: [moblie]}}"))

    assert outcome(rewriting, "SELECT mobile FROM customer") == "rewrite-mask-column moblie"


@pytest.mark.parametrize(
    ("dialect", "statement", "expected"),
    [
        ("postgres", 'SELECT "Mobile" FROM "Client"', '"tutela"."Mobile" AS "Mobile" FROM "public"."Client"'),
        ("postgres", "SELECT mobile FROM client", '"tutela"."mobile" AS "mobile" FROM "public"."client"'),
        ("postgres", "SELECT * FROM client", "rewrite-name Id"),
        ("duckdb", "SELECT * FROM client", '"tutela"."Mobile" AS "Mobile" FROM "main"."client"'),
    ],
)
def test_names_in_another_case(dialect: str, statement: str, expected: str) -> None:
    """A schema file does not say what was quoted: the statement does, or nobody can tell."""
    client = table("Client", {"Id": "INTEGER", "Mobile": "TEXT"})

    assert expected in outcome(rewriter(dialect, client, policies=ALLOW), statement)


def test_a_partition_is_under_the_rules_of_its_table() -> None:
    """Who reads a partition by its own name sees what may be seen of the whole."""
    part = replace(table("customer_2026", {"id": "INTEGER", "owner": "TEXT"}), partition_of="customer")
    duty = "{kind: filter_rows, args: {row: {owner: string?}, where: row.owner == subject.id}}"
    made = policies(duty).replace("{resource.type: table}", "{resource.type: table, resource.dataset: customer}")
    other = made.replace("P-1", "P-2").replace("dataset: customer", "dataset: customer_2026").replace(duty, "{kind: x}")
    both = made + other[other.index("  - id:") :]

    assert "'E1'" in outcome(rewriter("postgres", part, policies=both), "SELECT id FROM customer_2026")


def test_a_dialect_without_proof() -> None:
    """Where no result was ever compared, nothing is rewritten."""
    assert outcome(rewriter("mysql"), "SELECT id FROM item") == "rewrite-dialect mysql"


def test_a_table_outside_of_its_subquery_is_found() -> None:
    """The second look refuses what the first one should never make."""
    analyser = Analyser(Schema(tables=tuple(table(name, columns) for name, columns in TABLES.items())), "postgres")
    guarded = '(SELECT "tutela"."id" AS "id" FROM "public"."item" AS "tutela")'
    guards = {guarded[1:-1]}
    check_rewritten(f"SELECT i.id FROM {guarded} AS i", guards, analyser)

    for text in (
        "SELECT id FROM item",
        f"SELECT i.id FROM {guarded} AS i, item AS j",
        f"SELECT i.id FROM {guarded} AS i WHERE EXISTS (SELECT 1 FROM orders)",
        f"WITH item AS (SELECT id FROM item) SELECT i.id FROM {guarded} AS i",
        'SELECT i.id FROM (SELECT "tutela"."id" AS "id" FROM "public"."item" AS "tutela", customer) AS i',
        "SELECT i.id FROM nowhere AS i",
    ):
        with pytest.raises(RefusedError):
            check_rewritten(text, guards, analyser)


FORMS = [
    ("{kind: mask_columns, args: {mask: hsh}}", "value-not-listed"),
    ("{kind: mask_columns, args: {colums: [a]}}", "key-unknown"),
    ("{kind: mask_columns, args: {categories: []}}", "value-empty"),
    ("{kind: mask_columns, args: {categories: ['*']}}", "value-malformed"),
    ("{kind: mask_columns, args: {keep_first: 1}}", "mask-argument"),
    ("{kind: mask_columns, args: {mask: partial, keep_first: -1}}", "value-out-of-range"),
    ("{kind: mask_columns, args: {mask: partial, to: year}}", "mask-argument"),
    ("{kind: mask_columns, args: {mask: hash}}", "mask-incomplete"),
    ("{kind: mask_columns, args: {mask: truncate}}", "mask-incomplete"),
    ("{kind: mask_columns, args: {mask: hash, salt: plain}}", "type-wrong"),
    ("{kind: mask_columns, args: {mask: hash, salt: {param: p.none}}}", "parameter-unknown"),
    ("{kind: mask_columns, args: {mask: hash, salt: {param: p.open}}}", "parameter-unbound"),
    ("{kind: mask_columns, args: {mask: hash, salt: {param: p.short}}}", "mask-salt"),
    ("{kind: filter_rows}", "key-missing"),
    ("{kind: filter_rows, args: {where: row.a == 1}}", "key-missing"),
    ("{kind: filter_rows, args: {row: {a: text}, where: row.a == 1}}", "value-not-listed"),
    ("{kind: filter_rows, args: {row: {a: number}, where: row.b == 1}}", "condition-unknown-attribute"),
    ("{kind: filter_rows, args: {row: {a: number}, where: row.a == 'x'}}", "condition-unlike-types"),
    ("{kind: filter_rows, args: {row: {a: number}, where: row.a ==}}", "condition-unexpected-end"),
    ("{kind: filter_rows, args: {row: {a: number}, where: row.a / 2 == 1}}", "filter-inexact"),
    ("{kind: filter_rows, args: {row: {a: number}, where: subject.id == 'x'}}", "filter-without-row"),
    ("{kind: filter_rows, args: {row: {a: string}, where: row.a == param.p.open}}", "parameter-unbound"),
]
DECLARED = "kind: parameters\ndeclare: {p.open: {type: string}, p.short: {type: string}}\nbind: {p.short: pepper}\n"


@pytest.mark.parametrize(("duty", "code"), FORMS)
def test_what_is_wrong_with_an_obligation(duty: str, code: str) -> None:
    """Every mistake is found when the policies are loaded, with its line and column."""
    with pytest.raises(PolicyError) as raised:
        load_policies([Source("p.yaml", policies(duty)), Source("z.yaml", DECLARED)])
    problem = next(problem for problem in raised.value.problems if problem.code == code)

    assert problem.location.line == (2 if code == "parameter-unbound" else 9)
    assert problem.location.column > 8
    assert problem.message("zh") != problem.message("en")


def test_the_place_inside_a_condition() -> None:
    """A problem in a filter of several lines points into it."""
    duty = (
        "kind: filter_rows\n        args:\n          row: {a: string?}\n          where: |\n            row.a == 'x'\n"
    )
    with pytest.raises(PolicyError) as raised:
        load_policies([Source("p.yaml", policies(duty + "            or row.b == 'y'"))])

    assert [(p.location.line, p.location.column) for p in raised.value.problems] == [(14, 20)]
