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
    from tutela.engine.marks import Reading
    from tutela.engine.surroundings import Surroundings

TAXONOMY = load_taxonomy()
PLACE = Location("t.sql", 1, 1)


class Afresh(Classifier):
    """Looks at every column of every table."""

    def _known(self, column: Column, reading: Reading, around: Surroundings, place: int) -> Classified:
        del place
        return self._column(column, reading, around)


REMEMBERING, AFRESH = Classifier(TAXONOMY), Afresh(TAXONOMY)

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
def tables(draw: st.DrawFn) -> Table:
    """A table with some columns, of which most say little alone."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=9, unique=True))
    pick = st.sampled_from
    table = draw(pick(TABLES))
    columns = tuple(
        Column(
            table=table,
            name=name,
            location=PLACE,
            data_type=draw(pick(TYPES)),
            comment=draw(pick(COMMENTS)) if draw(st.booleans()) else "",
            domain=draw(pick(("", "", "", "email_address", "t_status"))),
            references=draw(pick(("", "", "", "crm.customer.id", "erp.item.id"))),
            tag=draw(pick(("", "", "", "", "none", "personal.health"))),
        )
        for name in names
    )
    return Table(name=table, columns=columns, location=PLACE, comment=draw(pick(("", "", "客户表", "表 17", "字典"))))


@given(st.lists(tables(), min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
def test_what_is_remembered_changes_nothing(schema: list[Table]) -> None:
    """Whatever tables came before, every column holds what it holds when its table is looked at alone."""
    for table in schema:
        assert AFRESH.table(table) == REMEMBERING.table(table)


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
        (table("customer", ("name", "text", "")), table("product", ("name", "text", ""))),
    ],
)
def test_what_only_seems_the_same_is_looked_at(one: Table, other: Table) -> None:
    """Equal names and types hold different things where a prefix, a key or the table differs."""
    first, second = ({found.column.name: found.category for found in AFRESH.table(each)} for each in (one, other))
    assert any(first[name] != second[name] for name in first.keys() & second.keys())
    for made in (one, other, one):
        assert AFRESH.table(made) == REMEMBERING.table(made)


def test_equal_columns_of_equal_tables_keep_their_own_places() -> None:
    """What is remembered is what a column holds, and not the column."""
    made = [
        Table(name=name, location=PLACE, columns=(Column(table=name, name="mobile", location=Location("t.sql", line)),))
        for line, name in enumerate(("customer_01", "customer_02"), 5)
    ]
    first, second = (REMEMBERING.table(table)[0] for table in made)

    assert (first.column, second.column) == (made[0].columns[0], made[1].columns[0])
    assert first.category == second.category == "personal.contact.phone.mobile"
