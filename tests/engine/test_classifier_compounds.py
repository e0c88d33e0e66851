"""Names put together without separators, and columns that only the rest of their table tells."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tutela.engine.classifier import Classifier
from tutela.engine.errors import Location
from tutela.engine.pinyin import is_pinyin, is_role
from tutela.engine.tables import Column, Table
from tutela.taxonomies import load_taxonomy

PLACE = Location("case.sql", 1, 1)
CLASSIFIER = Classifier(replace(load_taxonomy(), model=None))  # the vocabulary alone


def said(table: str, columns: str, comment: str = "") -> dict[str, str | None]:
    """The categories of columns written `name type, name type 'comment', ...`."""
    parsed: list[Column] = []
    for text in columns.split(", "):
        name, data_type, *rest = text.split(" ", 2)
        note = rest[0].strip("'") if rest else ""
        parsed.append(Column(table=table, name=name, location=PLACE, data_type=data_type, comment=note))
    found = CLASSIFIER.table(Table(name=table, comment=comment, columns=tuple(parsed), location=PLACE))
    return {entry.column.name: entry.category for entry in found}


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("baoxiudianhua", "personal.contact.phone"),
        ("fangdongxingming", "personal.name.full"),
        ("baoxiuren", "personal.name.full"),
        ("querenshijian", None),
        ("moren", None),
        ("chuangjianren", None),
    ],
)
def test_whole_pinyin_ends_in_what_it_is(name: str, category: str | None) -> None:
    """The last word of a compound counts, whatever stands before; 确认 and 默认 are no persons, nor who made a row."""
    assert category == said("weixiu", f"id int, {name} varchar(50)")[name]


def test_syllables() -> None:
    """Whole syllables are pinyin, English words mostly are not."""
    assert is_pinyin("baoxiudianhua")
    assert not is_pinyin("telephone")
    assert is_role("jieyueren")
    assert not is_role("queren")


def test_initials_of_somebody() -> None:
    """Initials that end in 人 own what follows; alone they name somebody, beside how to reach them."""
    found = said("t_ts", "id bigint, tsr varchar(40), tsrdh varchar(20), cjr varchar(40), ddh varchar(30)")

    assert ["personal.name.full", "personal.contact.phone"] == [found["tsr"], found["tsrdh"]]
    assert [None, None] == [found["cjr"], found["ddh"]]


def test_a_prefix_glued_to_all() -> None:
    """Initials before what a person has are a person's, if several columns have them; those of units are not."""
    found = said("ly", "lyid varchar(32), lyxm varchar(50), lyxb varchar(10), lyyx varchar(30)")
    unit = said("t", "id int, dwdh varchar(20), dwdz varchar(99), dwyb char(6)")

    assert ["personal.name.full", "personal.demographic.gender", "personal.contact.email"] == list(found.values())[1:]
    assert [None] * 4 == list(unit.values())


def test_xm_is_a_name_or_a_project() -> None:
    """`xm` is 姓名 unless the table has a name or number of a 项目."""
    assert "personal.name.full" == said("t1", "id int, xm varchar(50), je decimal")["xm"]
    assert said("t1", "id int, xm varchar(50), xmbh varchar(20)")["xm"] is None


def test_words_without_vowels() -> None:
    """An abbreviation is the one word of the vocabulary that it leaves when its vowels are struck out."""
    found = said("t1", "PSPRT_NBR varchar(20), CRDHLDR_NM varchar(80), PRDCT_NM varchar(80)")

    assert ["personal.government_id.passport", "personal.name.full", None] == list(found.values())


def test_what_is_owned_stands_before_of() -> None:
    """`id_proof_of_guarantor` is the guarantor's proof of identity."""
    assert (
        "personal.government_id.document_image"
        == said("t", "id_proof_of_guarantor varchar(99)")["id_proof_of_guarantor"]
    )


def test_a_role_beside_how_to_reach_it() -> None:
    """A column with a telephone of the same name beside it names somebody; a company does not."""
    found = said("t", "prover varchar(50), prover_mobile varchar(20), company varchar(50), company_phone varchar(20)")

    assert "personal.name.full" == found["prover"]
    assert "personal.name.full" != found["company"]


def test_a_letter_holds_a_flag() -> None:
    """No income and no name fits into one letter, whatever its name and comment say."""
    found = said("users", "id int, show_income char(1) '流水是否体现月收入', phone char(1), gender char(1)")

    assert [None, None, "personal.demographic.gender"] == list(found.values())[1:]


def test_what_people_wrote() -> None:
    """`content` is text of people in tables of comments, and not in one of articles."""
    assert "free_text" == said("topic_comment", "id int, content varchar(500)")["content"]
    assert said("article", "id int, content varchar(500)")["content"] is None


def test_a_list_of_an_attribute() -> None:
    """A table called like an attribute, with names, lists it; with a key of a person it does not."""
    assert said("position", "id int, name varchar(32) '职位', enabled tinyint(1)")["name"] is None


def test_codes_of_a_vocabulary() -> None:
    """`gender_concept_id` is a gender, `unit_concept_id` is none."""
    found = said("person", "person_id int, gender_concept_id int, race_source_value varchar(50), location_id int")

    assert [None, "personal.demographic.gender", "personal.demographic.ethnicity", None] == list(found.values())


def test_amounts_paid_to_persons() -> None:
    """An amount in a table of wages or loans is a person's if a key leads to one."""
    assert "personal.financial.income" == said("salaries", "staff_id int, amount decimal(10,2)")["amount"]
    assert "personal.financial.loan" == said("loans", "customer_id int, balance decimal(10,2)")["balance"]
    assert said("loans", "product_id int, balance decimal(10,2)")["balance"] is None


def test_whole_addresses() -> None:
    """A street, a city and a postcode together are an address, also in a table of places without names."""
    found = said("location", "id int, address_1 varchar(50), city varchar(50), state char(2), zip varchar(9)")
    named = said("location", "id int, location_name varchar(50), address varchar(50), city varchar(50), zip varchar(9)")

    assert ["personal.contact.address"] * 3 == list(found.values())[1:4]
    assert [None] * 3 == list(named.values())[2:]


def test_visits_of_a_person() -> None:
    """Dates and values are clinical where the table is called by a visit and its rows belong to a person."""
    found = said("visit_occurrence", "person_id int, visit_start_date date, provider_id int, created_at timestamp")

    assert [None, "personal.health.medical_record", None, None] == list(found.values())
    assert said("visit_occurrence", "shop_id int, visit_start_date date")["visit_start_date"] is None


def test_times_of_illness() -> None:
    """When somebody was diagnosed is health data; what belongs to a record only points to it."""
    found = said(
        "emr", "diagnosed date '疾病诊断时间', clinic varchar(99) '所属门诊病历', ct datetime '创建时间'", "病历"
    )

    assert ["personal.health.medical_record", None, None] == list(found.values())


def test_points_given_by_a_rule() -> None:
    """Points that somebody has are theirs, those that an order earns or a limit asks for are nobody's."""
    found = said("members", "id int, a int '积分', b int '赠送积分', c decimal(10,2) '最低获取点数的订单金额'")

    assert ["personal.financial.virtual_asset", None, None] == list(found.values())[1:]


def test_yes_or_no_is_not_what_it_is_about() -> None:
    """An enumeration of yes and no tells whether to send an e-mail, not to where."""
    found = said("person", "id int, contact_email ENUM('N','Y'), email varchar(80), smokes ENUM('Y','N')")

    assert [None, "personal.contact.email"] == [found["contact_email"], found["email"]]
    assert found["smokes"] == "personal.health.medical_record"


def test_ids_that_people_are_called_by() -> None:
    """A text id beside a numeric key is a number on a card; a whole number is a key, wherever it stands."""
    found = said(
        "employee", "emp_number int(7), employee_id varchar(20), first_name varchar(30), last_name varchar(30)"
    )
    other = said("emp_contract", "emp_number int(7), start_date date, end_date date")

    assert found["employee_id"] == "personal.account.user_id"
    assert [None, None] == [found["emp_number"], other["emp_number"]]


def test_first_and_last_names_make_no_company() -> None:
    """An address with a company and its VAT number is still of whoever has a first and a last name."""
    found = said(
        "address",
        "id_customer int, company varchar(60), lastname varchar(32), firstname varchar(32), address1 varchar(128), "
        "city varchar(64), vat_number varchar(32)",
    )

    assert found["address1"] == found["city"] == "personal.contact.address"


def test_rows_of_a_career() -> None:
    """What stands in rows of somebody's education or employment is about it; in a list of schools it is not."""
    found = said("emp_education", "id int, emp_number int, institute varchar(100), major varchar(100), year int")
    listed = said("education_level", "id int, name varchar(100), sort_order int")

    assert {"personal.occupation.education"} == {found["institute"], found["major"], found["year"]}
    assert [None, None] == [found["emp_number"], listed["name"]]


@pytest.mark.parametrize(
    ("table", "column", "category"),
    [
        ("m_client", "gender_cv_id INT", "personal.demographic.gender"),
        ("person", "marital_status_id bigint", "personal.demographic.marital_status"),
        ("security_token", "token varchar(100)", "personal.account.token"),
        ("absence", "comment_confidential TEXT", "free_text"),
        ("beneficiaries", "name varchar(50)", "personal.name.full"),
        ("visit_log", "ip_address BIGINT", "personal.device.ip"),
        ("comments", "number_of_likes int", None),
        ("cc_invoice", "id_card bigint", None),
        ("member", "id_gender int", "personal.demographic.gender"),
        ("member", "id_no varchar(20)", "personal.government_id.resident_id"),
        ("product_categories", "name varchar(50)", None),
    ],
)
def test_by_type_and_table(table: str, column: str, category: str | None) -> None:
    """Codes of what persons are, tokens in their tables, notes, plurals in -ies, and addresses kept as numbers."""
    name = column.split(" ", maxsplit=1)[0]

    assert category == said(table, column)[name]


def test_ends_of_glued_names() -> None:
    """What a glued name ends in says what it is, also after something unknown; a microphone is no telephone."""
    found = said(
        "borrowers", "contaltphone varchar(50), emailpro text, reservenotes mediumtext, microphone varchar(50)"
    )

    assert ["personal.contact.phone", "personal.contact.email"] == [found["contaltphone"], found["emailpro"]]
    assert ["free_text", None] == [found["reservenotes"], found["microphone"]]


def test_height_beside_weight() -> None:
    """Height and weight are somebody's, unless a thing's width stands beside."""
    body = said("growth", "id int, height float, weight float, seen date")
    parcel = said("dimensions", "id int, height float, weight float, width float")

    assert {"personal.health.vitals"} == {body["height"], body["weight"]}
    assert [None, None] == [parcel["height"], parcel["weight"]]


def test_glued_clinical_tables() -> None:
    """A table with the key of a patient, and a name that begins with a clinical word, charts the patient."""
    found = said("vitalperiodic", "vitalperiodicid bigint, patientunitstayid int, icp int, pamean int")
    other = said("driverlog", "driverlogid bigint, vehicleid int, icp int")

    assert {"personal.health.medical_record"} == {found["icp"], found["pamean"]}
    assert [None, None] == [found["patientunitstayid"], other["icp"]]


def test_pay_of_staff_without_a_key_called_id() -> None:
    """Amounts in a table of salaries are income; `employee` is the key of whose it is."""
    found = said("employee_salary", "id bigint, employee bigint, amount decimal(10.2)")

    assert ["personal.financial.income", None] == [found["amount"], found["employee"]]
