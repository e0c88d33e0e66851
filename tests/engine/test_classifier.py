"""The classifier reads names, comments and tables, and says why; it never drops a column."""

from __future__ import annotations

import pytest

from tutela.engine.classifier import Classified, Classifier, classify
from tutela.engine.errors import InputError, Location
from tutela.engine.tables import Column, Table
from tutela.taxonomies import load_taxonomy

TAXONOMY = load_taxonomy()
CLASSIFIER = Classifier(TAXONOMY)
PLACE = Location("t.sql", 1, 1)


def one(table: str, name: str, data_type: str = "varchar(64)", comment: str = "") -> Classified:
    """Classify a single column of a table."""
    column = Column(table=table, name=name, location=PLACE, data_type=data_type, comment=comment)
    return CLASSIFIER.table(Table(name=table, columns=(column,), location=PLACE))[0]


@pytest.mark.parametrize(
    ("table", "name", "data_type", "comment", "category"),
    [
        ("customer", "mobile", "varchar(20)", "", "personal.contact.phone.mobile"),
        ("t1", "custMobileNo", "varchar", "", "personal.contact.phone.mobile"),
        ("T_YH", "SJHM", "varchar2(20)", "", "personal.contact.phone.mobile"),
        ("t1", "x1", "varchar", "紧急情况下的手机号(可空)", "personal.contact.phone.mobile"),
        ("t1", "id_card_no_enc", "varchar", "", "personal.government_id.resident_id"),
        ("user", "email2", "varchar", "", "personal.contact.email"),
        ("客户表", "手机号", "varchar", "", "personal.contact.phone.mobile"),
        ("patient", "dob", "date", "", "personal.demographic.birth_date"),
        ("prescription", "amount_dispensed", "varchar", "", "personal.health.medical_record"),
        ("payee", "bank_card_no", "varchar", "", "personal.financial.bank_card"),
        ("sys_user", "password", "varchar", "密码", "personal.account.password"),
        ("t1", "remark", "varchar", "", "free_text"),
        ("enterprise", "uscc", "char(18)", "", "organisation.uscc"),
    ],
)
def test_found(table: str, name: str, data_type: str, comment: str, category: str) -> None:
    """Names in English, camelCase, pinyin and Chinese, and head nouns of comments, give the category."""
    result = one(table, name, data_type, comment)

    assert category == result.category
    assert 0.7 <= result.confidence <= 1
    assert result.evidence


@pytest.mark.parametrize(
    ("table", "name", "data_type", "comment"),
    [
        ("product", "name", "varchar", ""),
        ("sys_role", "name", "varchar", ""),
        ("user", "mobile_verified", "bool", ""),
        ("user_login", "is_mobile", "tinyint(1)", ""),
        ("t_visit", "page", "int", ""),
        ("t_yh", "sfzx", "char", "是否注销"),
        ("stat", "email_count", "int", ""),
        ("customer", "created_at", "datetime", ""),
        ("t_server", "ip_address", "varchar", ""),
        ("t1", "x1", "varchar", "手机品牌"),
        ("t1", "x2", "varchar", "手机号类型"),
        ("t1", "x3", "int", "是否有手机号"),
        ("crm_business", "name", "varchar", "商机名称"),
        ("t_a", "mobile_time", "datetime", ""),
        ("erp_account", "id", "bigserial", "结算账户编号"),
        ("erp_account", "id", "smallserial", "结算账户编号"),
    ],
)
def test_traps(table: str, name: str, data_type: str, comment: str) -> None:
    """Products, flags, counts, kinds and parts of words are no personal data."""
    result = one(table, name, data_type, comment)

    assert (None, False) == (result.category, result.sensitive)


def test_a_tag_wins() -> None:
    """An explicit tag overrides everything, with confidence 1; `none` silences."""
    tagged = one("t", "x", comment="随便 @tutela(category=personal.health.disability)")
    silenced = one("customer", "mobile", comment="手机号 @tutela( category = none )")

    assert ("personal.health.disability", True, 1.0) == (tagged.category, tagged.sensitive, tagged.confidence)
    assert (None, 1.0) == (silenced.category, silenced.confidence)


def test_a_tag_that_is_not_in_the_taxonomy_is_refused() -> None:
    """A mistyped tag must not make a column look clean."""
    with pytest.raises(InputError, match=r"t\.sql:1:1: taxonomy-unknown-category"):
        one("customer", "mobile", comment="@tutela(category=personal.contact.phnoe)")


def test_every_column_has_an_answer() -> None:
    """The result has one entry per column, in order, odd names included."""
    names = ["", "_", "123", "a" * 10_000, "名" * 5_000, "x_" * 3_000, "mobile", "İ", "'; drop table x"]
    columns = tuple(Column(table="t", name=name, location=PLACE, comment="的" * 3_000) for name in names)
    result = classify(Table(name="t", columns=columns, location=PLACE), TAXONOMY)

    assert names == [entry.column.name for entry in result]


def test_the_profile_decides_what_is_sensitive() -> None:
    """The same column is sensitive under one profile and not under another; an unknown profile raises."""
    column = Column(table="t", name="id_card_no", location=PLACE, data_type="varchar")
    table = Table(name="t", columns=(column,), location=PLACE)

    assert [True, False] == [
        classify(table, TAXONOMY, profile)[0].sensitive for profile in ("pipl_strict", "pipl_enumerated")
    ]
    with pytest.raises(InputError, match="taxonomy-unknown-profile"):
        classify(table, TAXONOMY, "nope")
