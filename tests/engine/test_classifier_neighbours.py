"""What stands beside a column, whose table it is in and how its name is built decide what it holds."""

from __future__ import annotations

import pytest

from tutela.engine.classifier import Classified, Classifier
from tutela.engine.errors import Location
from tutela.engine.tables import Column, Table
from tutela.taxonomies import load_taxonomy

CLASSIFIER = Classifier(load_taxonomy())
PLACE = Location("t.sql", 1, 1)


def classify(table: str, *names: str, references: str = "", **comments: str) -> dict[str, Classified]:
    """Classify the text columns of a table; `references` is where the first one leads."""
    columns = tuple(
        Column(
            table=table,
            name=name,
            location=PLACE,
            data_type="varchar(64)",
            comment=comments.get(name, ""),
            references=references if name == names[0] else "",
        )
        for name in names
    )
    found = CLASSIFIER.table(Table(name=table, columns=columns, location=PLACE))
    return {entry.column.name: entry for entry in found}


def test_neighbours_make_a_table_one_of_persons() -> None:
    """`name` and `address` are a person's beside an e-mail address and a birth date, and nobody's alone."""
    alone = classify("batch_7", "row_no", "name", "address")
    beside = classify("batch_7", "row_no", "name", "address", "email", "dob")

    assert [None, None] == [alone["name"].category, alone["address"].category]
    assert "personal.name.full" == beside["name"].category
    assert "personal.contact.address" == beside["address"].category
    assert "beside other columns of a person" in beside["name"].evidence


@pytest.mark.parametrize("name", ["mobile", "phone", "email", "tel", "cellphone"])
def test_short_names_speak_for_themselves(name: str) -> None:
    """A telephone or e-mail column is found in a table whose name says nothing."""
    found = classify("t1", "id", name)

    assert (found[name].category or "").startswith("personal.contact")


def test_a_key_connects_a_table_with_a_person() -> None:
    """A foreign key to patients, or a column named like one, makes weak names a person's."""
    by_reference = classify("places", "ref", "city", references="crm.patient.id")
    by_name = classify("places", "patient_id", "city")
    without = classify("places", "ref", "city", references="crm.depot.id")

    assert ["personal.contact.address"] * 2 == [by_reference["city"].category, by_name["city"].category]
    assert without["city"].category is None


def test_what_is_an_organisations_is_not_personal() -> None:
    """The telephone of a company is none; that of its contact is, and a registration number tells a company's table."""
    named = classify("supplier", "supplier_name", "phone", "contact_name", "contact_phone")
    told = classify("qy_jbxx", "tyshxydm", "dz", "lxrdh")

    assert named["phone"].category is None
    assert "personal.name.full" == named["contact_name"].category
    assert "personal.contact.phone" == named["contact_phone"].category
    assert told["dz"].category is None
    assert "personal.contact.phone" == told["lxrdh"].category


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("custphoneno", "personal.contact.phone"),
        ("HM_PH", "personal.contact.phone.landline"),
        ("EMP_FNM", "personal.name.given"),
        ("mothersname", "personal.name.full"),
        ("lxrdh", "personal.contact.phone"),
        ("lianxirendianhua", "personal.contact.phone"),
        ("mobile_md5", "personal.contact.phone.mobile"),
        ("address.email", "personal.contact.email"),
    ],
)
def test_names_are_taken_apart(name: str, category: str) -> None:
    """Glued words, abbreviations, initials and suffixes of protected values are understood."""
    found = classify("t1", name)

    assert category == found[name].category


@pytest.mark.parametrize(
    "name", ["sfzx", "postage", "message", "surface", "mobile_verified", "file_name", "hostname", "tz"]
)
def test_names_that_only_look_like_it(name: str) -> None:
    """Parts of words, flags and names of things are nothing."""
    found = classify("t1", "id", "a", "b", "c", name)

    assert found[name].category is None


def test_a_common_prefix_means_nothing() -> None:
    """`f_name` is a first name, unless all columns of the table start with `f_`."""
    single = classify("person", "id", "f_name", "l_name")
    common = classify("person", "f_id", "f_name", "f_sex", "f_dob")

    assert "personal.name.given" == single["f_name"].category
    assert "personal.name.full" == common["f_name"].category


def test_clinical_neighbours() -> None:
    """In a table of illnesses the notes and what is no key are health data; the same name elsewhere is not."""
    clinical = classify("history", "diagnosis", "surgery", "allergies", "habits", "notes", "updated_at")
    other = classify("history", "habits", "notes", "updated_at")

    assert [("personal.health.medical_record", True)] * 2 == [
        (clinical[name].category, clinical[name].sensitive) for name in ("habits", "notes")
    ]
    assert [None, "free_text", None] == [entry.category for entry in other.values()]
    assert clinical["updated_at"].category is None


def test_whom_a_column_is_about() -> None:
    """Staff, persons and organisations are told apart; who handled a row is staff, and no personal data of the row."""
    found = classify("orders", "receiver_name", "doctor_name", "company_name", "created_by", "amount")

    assert ["person", "staff", "organisation", "staff", ""] == [entry.subject_type for entry in found.values()]
    assert found["created_by"].category is None


def test_a_flag_tells_of_illness_only() -> None:
    """Whether somebody smokes is health data; whether there is a mobile number is nothing."""
    found = classify("t1", "a", "b", "c", a="是否吸烟", b="是否绑定手机", c="有无过敏史")

    assert ["personal.health.medical_record", None, "personal.health.medical_record"] == [
        entry.category for entry in found.values()
    ]


def test_the_tag_of_a_column_wins() -> None:
    """What somebody declared beside the column counts, whatever the name says; `none` silences."""
    columns = tuple(
        Column(table="customer", name=name, location=PLACE, data_type="varchar", tag=tag)
        for name, tag in (("mobile", "none"), ("x", "personal.contact.email"))
    )
    found = CLASSIFIER.table(Table(name="customer", columns=columns, location=PLACE))

    assert [(None, 1.0), ("personal.contact.email", 1.0)] == [(entry.category, entry.confidence) for entry in found]


def test_a_chinese_owner_turns_a_noun() -> None:
    """The telephone of a shop is none, that of its manager is; what stands before 的 is heard."""
    found = classify("t1", "a", "b", "c", "d", a="门店的电话", b="店长手机", c="触发器的名字", d="与被保人关系")

    assert [None, "personal.contact.phone.mobile", None, "personal.family.relation"] == [
        entry.category for entry in found.values()
    ]
