# the statements are made here, and nobody else's words are in them
"""Views, copies and generated columns hold what flows into them, less what declared breakers take away."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tutela.engine.documents import read_document
from tutela.engine.errors import InputError
from tutela.engine.lineage_flows import Derived, derive
from tutela.engine.lineage_rules import LineageRules
from tutela.engine.statements import Analyser
from tutela.engine.statements_lower import UnresolvedError
from tutela.engine.statements_views import named_outputs, view_query
from tutela.engine.tables import Schema

sys.path.append(str(Path(__file__).parent))
from lineage_schemas import CUSTOMER, ORDERS, TAXONOMY, classify, columns_of, table, view

if TYPE_CHECKING:
    from tutela.engine.statements_scopes import ViewLineage
    from tutela.engine.tables import Table

CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "cases" / "lineage.yaml").read_text(encoding="utf-8")
)


def _keys(wanted: dict[str, str]) -> dict[str, str | None]:
    return {name: None if key == "-" else f"personal.{key}" for name, key in wanted.items()}


def _view(case: dict[str, Any]) -> Table:
    return view("crm.v", case.get("columns", " ".join(case["is"])).split(), case["sql"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["sql"])
def test_columns_of_a_view_inherit(case: dict[str, Any]) -> None:
    """Each case: the categories of the view's columns, and whether it is told as not analysable."""
    found = classify(CUSTOMER, ORDERS, _view(case), dialect=case.get("dialect", "postgres"))
    inherited = columns_of(found, "crm.v")
    evidence = {name: "; ".join(inherited[name].evidence) for name in case.get("evidence", {})}

    assert _keys(case["is"]) == {name: inherited[name].category for name in case["is"]}
    assert case.get("unresolved", False) == bool(found.unresolved), found.unresolved
    assert case.get("evidence", {}) == evidence


def test_evidence_names_the_column_and_the_functions() -> None:
    """A category that is inherited says from which base column, through which functions, and never their arguments."""
    sql = "select encode(hmac(mobile, 'secret', 'sha256'), 'hex') a from crm.customer"
    found = columns_of(classify(CUSTOMER, view("crm.v", ["a"], sql)), "crm.v")["a"]

    assert ("view: from crm.customer.mobile through hmac, encode",) == found.evidence
    assert not found.sensitive


def test_views_of_views_and_copies_of_views() -> None:
    """Lineage goes through views, materialised views and copies down to the base columns, whatever they are called."""
    found = classify(
        view("top", ["z"], "select y as z from crm.mid"),
        view("crm.mid", ["y"], "select left(x, 3) as y from copied"),
        table("crm.copied", ["x"], sql="select m as x from crm.low"),
        replace(view("crm.low", ["m"], "select mobile as m from customer"), materialized=True),
        CUSTOMER,
    )

    assert () == found.unresolved
    for path, name in (("top", "z"), ("crm.mid", "y"), ("crm.copied", "x"), ("crm.low", "m")):
        assert "personal.contact.phone.mobile" == columns_of(found, path)[name].category
    assert ("view: from crm.customer.mobile through left",) == columns_of(found, "top")["z"].evidence
    assert ("copy: from crm.customer.mobile",) == columns_of(found, "crm.copied")["x"].evidence


def test_circles_and_chains_that_never_end_are_told() -> None:
    """Views on themselves or on each other, and on one that cannot be told, are told one by one."""
    found = classify(
        CUSTOMER,
        view("crm.a", ["m"], "select m from crm.b"),
        view("crm.b", ["m"], "select m from crm.a"),
        view("crm.self", ["m"], "select m from crm.self"),
        view("crm.broken", ["m"], "select m from crm.nowhere"),
        view("crm.above", ["m"], "select m from crm.broken"),
    )
    told = [unresolved.words.en for unresolved in found.unresolved]

    assert 5 == len(told)
    assert all("refers to itself" in words for words in told[:3])
    assert "nowhere" in told[3]
    assert "broken" in told[4]
    assert all(unresolved.words.zh for unresolved in found.unresolved)


def test_a_long_chain_of_views_ends_closed() -> None:
    """Two hundred views on each other neither crash nor pass as clean."""
    views = [view(f"v{n}", ["m"], f"select m from v{n + 1}") for n in range(200)]
    found = classify(*views, view("v200", ["m"], "select mobile as m from crm.customer"), CUSTOMER)

    assert found.unresolved
    assert "personal.contact.phone.mobile" == columns_of(found, "v200")["m"].category


def test_deep_and_large_definitions_end_closed() -> None:
    """Deep nesting, very many columns and more bytes than are read are told."""
    for sql in (
        f"select {'(' * 3000}mobile{')' * 3000} a from crm.customer",
        f"select {' || '.join(['mobile'] * 2000)} a from crm.customer",
        f"select mobile a from crm.customer where x1 = '{'x' * 70_000}'",
    ):
        assert 1 == len(classify(CUSTOMER, view("crm.v", ["a"], sql)).unresolved)


def test_names_are_found_as_the_dialect_finds_them() -> None:
    """Of two tables of one name the view's own schema counts; where none does, nothing is guessed."""
    other = table("hr.customer", ("id", "mobile", "x1"))
    thing = table("shop.customer", ("id", "x1"))
    own = view("shop.v", ["a"], "select x1 a from customer")
    vague = view("top", ["a"], "select mobile a from customer")
    found = classify(CUSTOMER, other, thing, own, vague)

    assert columns_of(found, "shop.v")["a"].category is None
    assert [vague.location] == [unresolved.location for unresolved in found.unresolved]


def test_one_table_defined_twice_gives_everything() -> None:
    """A view on a table that is defined twice inherits from both definitions."""
    first = table("crm.t", ("id", "mobile"))
    second = replace(first, columns=tuple(replace(c, comment="备注") if c.name == "id" else c for c in first.columns))
    found = columns_of(classify(first, second, view("crm.v", ["a"], "select id a from crm.t")), "crm.v")

    assert "free_text" == found["a"].category


def test_generated_columns_inherit_from_their_expression() -> None:
    """A generated column holds what its expression takes; one that cannot be read is told, the others stay."""
    made = {"k1": "lower(mobile)", "k2": "k1 || ''", "k3": "count(", "k4": "mobile IS NULL"}
    member = table("crm.member", ("mobile", *made))
    columns = tuple(replace(column, generated=made.get(column.name, "")) for column in member.columns)
    found = classify(replace(member, columns=columns))
    inherited = columns_of(found, "crm.member")

    assert "personal.contact.phone.mobile" == inherited["k1"].category
    assert ("generated: from crm.member.mobile through lower, concat",) == inherited["k2"].evidence
    assert inherited["k4"].category is None
    assert 1 == len(found.unresolved)


def test_a_foreign_key_brings_nothing() -> None:
    """A column that refers to a personal one is judged by its own name only."""
    orders = replace(ORDERS, columns=tuple(replace(c, references="crm.customer.mobile") for c in ORDERS.columns))

    assert columns_of(classify(CUSTOMER, orders), "crm.orders")["customer_id"].category is None


def test_what_a_person_declared_wins() -> None:
    """A tag on the view's column wins; what the catalog says of a base column flows on, also that it holds nothing."""
    tagged = view("crm.v", ["a", "b", "mobile"], "select mobile a, x1 b, mobile from crm.customer")
    marks = {"a": "@tutela(category=none)", "b": "", "mobile": ""}
    tagged = replace(tagged, columns=tuple(replace(c, comment=marks[c.name]) for c in tagged.columns))
    declared = {("crm.customer", "x1"): "personal.contact.email", ("crm.customer", "mobile"): None}
    found = columns_of(classify(CUSTOMER, tagged, declared=declared), "crm.v")

    assert [None, "personal.contact.email", None] == [found[name].category for name in ("a", "b", "mobile")]


def test_only_a_declared_rule_lowers_a_salted_hash() -> None:
    """A keyed hash keeps the category until a rule vouches for it; a chain of steps must be whole."""
    sql = "select hmac(mobile, 'k', 'sha256') a, md5(concat('salt', mobile)) b, md5(mobile) d from crm.customer"
    lowered = view("crm.v", ["a", "b", "d"], sql)
    lines = """
version: 1
drop: []
flag: []
copies: []
lower:
- {id: pseudonym, from: [personal.contact], to: personal.account.user_id, through: ["hmac *", "concat salt > md5"]}
"""
    rules = LineageRules.from_document(read_document(lines, "own.yaml"), TAXONOMY)
    plain = columns_of(classify(CUSTOMER, lowered), "crm.v")
    found = columns_of(classify(CUSTOMER, lowered, rules=rules), "crm.v")

    assert {"personal.contact.phone.mobile"} == {column.category for column in plain.values()}
    assert "personal.account.user_id" == found["a"].category == found["b"].category
    assert "personal.contact.phone.mobile" == found["d"].category


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("lower: [{id: a, from: [personal.nope], to: null, through: [left 3]}]", "taxonomy-unknown-category"),
        ("lower: [{id: a, from: [personal.name], to: personal.nope, through: [left 3]}]", "taxonomy-unknown-category"),
        ("lower: [{id: a, from: [personal.name], to: null}]", "key-missing"),
        ("lower: []\nkeep: []", "key-unknown"),
        ("lower: [", "yaml-syntax"),
    ],
)
def test_a_wrong_file_of_rules_is_refused(line: str, code: str) -> None:
    """Unknown categories, missing and unknown keys and bad YAML are problems with a place."""
    document = read_document(f"version: 1\ndrop: []\nflag: []\ncopies: []\n{line}\n", "own.yaml")
    with pytest.raises(InputError) as caught:
        LineageRules.from_document(document, TAXONOMY)

    assert [(code, "own.yaml")] == [(problem.code, problem.location.file) for problem in caught.value.problems]


def _resolved(case: dict[str, Any]) -> tuple[ViewLineage, Derived] | None:
    """What a log and a schema say of the view of a case; None when a log may not even say."""
    made = _view(case)
    analyser = Analyser(Schema(tables=(CUSTOMER, ORDERS, made)), case.get("dialect", "postgres"))
    entry = next(entry for entry in analyser.catalog.entries.values() if entry.table is made)
    try:
        lineage = analyser.view(entry)
    except UnresolvedError:
        return None
    query, names = view_query(made, analyser.catalog.dialect)
    flows = derive(query, analyser.catalog.within("crm"))
    assert lineage is not None
    return lineage, Derived(tuple(named_outputs(made, names, flows.outputs)), flows.filters)


def test_audit_and_lint_agree() -> None:
    """The base columns behind a view are the same for a log that reads it as for the schema that defines it."""
    agreed = 0
    for case in CASES:
        found = _resolved(case)
        for name, cell in found[1].outputs if found else ():
            assert found is not None
            lineage, derived = found
            flows = {flow.ref for flow in cell.flows}

            assert flows <= lineage.column(name), case["sql"]
            assert lineage.columns[name].refs <= flows | derived.filters, case["sql"]
            agreed += 1

    assert agreed > 60
