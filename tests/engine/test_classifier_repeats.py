"""A column that says the same as another, in a table that says the same, is not looked at again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutela.engine.classifier import Classifier
from tutela.engine.errors import Location
from tutela.engine.tables import Column, Table
from tutela.taxonomies import load_taxonomy

if TYPE_CHECKING:
    from tutela.engine.classifier import Classified

TAXONOMY = load_taxonomy()
REMEMBERING, AFRESH = Classifier(TAXONOMY), Classifier(TAXONOMY)
PLACE = Location("t.sql", 1, 1)


NAMES = (
    "id", "name", "full_name", "xm", "sjhm", "mobile", "phone", "email", "birth_date", "id_card_no", "address", "city",
    "postcode", "amount", "salary", "remark", "note_text", "status", "gender_concept_id", "religion_id", "customer_id",
    "patient_id", "diagnosis", "height", "weight", "width", "prover", "prover_mobile", "major", "from_date", "f_name",
    "f_phone", "f_city", "Sname", "Ssex", "Sage", "lxr", "lxdh", "token", "created_by", "x1", "vitalstatus", "kzqfw",
    "insuredpersn", "beneficiarycontact", "create_time", "operator",
)  # fmt: skip
TABLES = (
    "customer", "customer_0001", "customer_0002", "order", "patient", "lab_result", "product", "dict_type", "salary",
    "education", "sys_user", "t_yh", "loan", "feedback", "employee", "nation", "session", "x",
)  # fmt: skip
TYPES = ("varchar(80)", "varchar(2)", "text", "bigint", "date", "tinyint(1)", "numeric(12,2)", "")
COMMENTS = (
    "",
    "手机号",
    "客户姓名",
    "状态",
    "表 17",
    "date of birth",
    "@tutela(category = personal.name.full)",
    "备注",
)


@st.composite
def columns(draw: st.DrawFn, name: str) -> Column:
    """A column of that name."""
    pick = st.sampled_from
    return Column(
        table="t",
        name=name,
        location=PLACE,
        data_type=draw(pick(TYPES)),
        comment=draw(pick(COMMENTS)) if draw(st.booleans()) else "",
        domain=draw(pick(("", "", "", "email_address", "t_status"))),
        references=draw(pick(("", "", "", "crm.customer.id", "erp.item.id"))),
        tag=draw(pick(("", "", "", "", "none", "personal.health"))),
    )


@st.composite
def schemas(draw: st.DrawFn) -> list[Table]:
    """Tables that differ little: in their names and comments, in one column, or in the order of columns."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=9, unique=True))
    same = [draw(columns(name)) for name in names]
    made: list[Table] = []
    for _ in range(draw(st.integers(2, 5))):
        mine = [*same]
        if draw(st.booleans()):
            mine[draw(st.integers(0, len(mine) - 1))] = draw(columns(draw(st.sampled_from([*names, *NAMES]))))
        if draw(st.booleans()):
            mine = draw(st.permutations(mine))
        comment = draw(st.sampled_from(("", "", "客户表", "表 17", "字典")))
        made.append(Table(name=draw(st.sampled_from(TABLES)), columns=tuple(mine), location=PLACE, comment=comment))
    return made


def alone(table: Table) -> list[Classified]:
    """What a classifier finds that remembers of names and comments what they say, and nothing of tables."""
    surveyor, guesser = AFRESH._surveyor, AFRESH._guesser  # pyright: ignore[reportPrivateUsage]
    assert guesser
    gathered, contexts = surveyor._gatherer._found, guesser._contexts  # pyright: ignore[reportPrivateUsage]
    for memory in (AFRESH._found, AFRESH._places, gathered, contexts):  # pyright: ignore[reportPrivateUsage]
        memory.clear()
    return AFRESH.table(table)


@given(schemas())
@settings(max_examples=300, deadline=None)
def test_what_is_remembered_changes_nothing(schema: list[Table]) -> None:
    """Whatever tables came before, every column holds what it holds when its table is looked at alone."""
    for table in schema:
        assert alone(table) == REMEMBERING.table(table)


def table(name: str, *columns: tuple[str, str, str]) -> Table:
    """A table with columns of a name, a type, and what a key leads to."""
    made = tuple(
        Column(table=name, name=column, location=PLACE, data_type=kind, references=leads)
        for column, kind, leads in columns
    )
    return Table(name=name, columns=made, location=PLACE)


MEMBER = (("id", "bigint", ""), ("full_name", "text", ""), ("mobile", "text", ""), ("birth_date", "date", ""))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (  # a prefix, which is taken off, and a word
            table("x", ("f_bah", "text", ""), ("f_a1", "int", ""), ("f_b1", "int", ""), ("f_c1", "int", "")),
            table("x", ("f_bah", "text", ""), ("a1", "int", ""), ("b1", "int", ""), ("c1", "int", "")),
        ),
        (  # a number that somebody is called by, and a key
            table("member", *MEMBER, ("userid", "text", "")),
            table("member", *MEMBER, ("userid", "text", "erp.item.id")),
        ),
        (  # keys that count rows, and dates
            table("member", *MEMBER, ("userid", "text", "")),
            table("member", ("id", "date", ""), *MEMBER[1:], ("userid", "text", "")),
        ),
        (  # a name, and the number of a project
            table("t", ("xm", "text", ""), ("xb", "text", ""), ("dz", "text", "")),
            table("t", ("xm", "int", ""), ("xb", "text", ""), ("dz", "text", "")),
        ),
        (  # measured of a person, and of a thing
            table("measurement", ("owner", "bigint", "crm.customer.id"), ("val", "int", ""), ("taken", "date", "")),
            table("measurement", ("owner", "bigint", "erp.item.id"), ("val", "int", ""), ("taken", "date", "")),
        ),
        (table("customer", ("name", "text", "")), table("product", ("name", "text", ""))),
        (table("t", ("owner_name", "text", "")), table("t", ("owner_name", "bigint", ""))),
    ],
)
def test_what_only_seems_the_same_is_looked_at(one: Table, other: Table) -> None:
    """Equal names and types hold different things where a prefix, a key or the table differs."""
    first, second = ({found.column.name: found.category for found in alone(each)} for each in (one, other))
    assert any(first[name] != second[name] for name in first.keys() & second.keys())
    for made in (one, other, one):
        assert alone(made) == REMEMBERING.table(made)


def test_equal_columns_of_equal_tables_keep_their_own_places() -> None:
    """What is remembered is what a column holds, and not the column."""
    made = [
        Table(name=name, location=PLACE, columns=(Column(table=name, name="mobile", location=Location("t.sql", line)),))
        for line, name in enumerate(("customer_01", "customer_02"), 5)
    ]
    first, second = (REMEMBERING.table(table)[0] for table in made)

    assert (first.column, second.column) == (made[0].columns[0], made[1].columns[0])
    assert first.category == second.category == "personal.contact.phone.mobile"
