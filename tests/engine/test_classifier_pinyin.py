"""Names in pinyin without comments: whole syllables and initials of the Chinese hints."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tutela.engine.classifier import Classifier
from tutela.engine.errors import InputError, Location
from tutela.engine.tables import Column, Table
from tutela.engine.taxonomy import Taxonomy
from tutela.taxonomies import load_taxonomy

CLASSIFIER = Classifier(replace(load_taxonomy(), model=None))  # the vocabulary alone
PLACE = Location("pinyin.sql", 1, 1)


def found(table: str, *names: str) -> list[str]:
    """What is said of columns without comments."""
    columns = tuple(Column(table=table, name=name, location=PLACE, data_type="varchar(50)") for name in names)
    entries = CLASSIFIER.table(Table(name=table, columns=columns, location=PLACE))
    return [entry.category or "" for entry in entries]


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("youzhengbianhao", "personal.contact.postcode"),
        ("shenfenzhengbianhao", "personal.government_id.resident_id"),
        ("shehuibaozhanghaoma", "personal.government_id.social_security"),
        ("lukexingming", "personal.name.full"),
        ("dianzhang_xingming", "personal.name.full"),
        ("huankuanjine", "personal.financial.loan"),
    ],
)
def test_whole_syllables_say_it_alone(name: str, category: str) -> None:
    """Three syllables and more mean one thing, in a table of nobody, too."""
    assert found("biaoge", "id", name) == ["", category]


@pytest.mark.parametrize(
    "name", ["dingdanzhuangtai", "caidanmingcheng", "jiaoseleixing", "zidian_mingcheng", "pingjiashu"]
)
def test_what_ends_in_a_plain_term_is_no_persons(name: str) -> None:
    """A status is a status, whatever it is of, also in a table of customers."""
    assert found("kehuxinxi", "xingming", name) == ["personal.name.full", ""]


def test_names_of_tables_are_read() -> None:
    """`kehuxinxi` and `t_brjbxx` are of persons, `yaopinzidian` lists things."""
    assert found("canbaorenxinxi", "mingcheng") == ["personal.name.full"]
    assert found("t_brjbxx", "sznl") == ["personal.demographic.age"]
    assert found("yaopinzidian", "mingcheng") == [""]


def test_initials_count_beside_those_of_a_person() -> None:
    """Initials of three or four letters need a person's table; those of a plain term are none there, either."""
    assert found("khxx", "xm", "csrq", "sznl", "zdmc")[2:] == ["personal.demographic.age", ""]
    assert found("biaoge", "sznl") == [""]


def test_latin_words_after_pinyin() -> None:
    """`IP` has no Chinese word; English words that end so are not taken apart."""
    assert found("rizhi", "dengluip", "zcip", "ship", "zip_file") == [
        "personal.device.ip",
        "personal.device.ip",
        "",
        "",
    ]


def test_pinyin_of_an_unknown_category_is_refused() -> None:
    """What was made for another taxonomy does not fit in silence."""
    data: dict[str, object] = {
        "profiles": {},
        "matching": {},
        "categories": [{"key": "personal"}],
        "pinyin": {"hints": {"animal": {}}},
    }
    with pytest.raises(InputError) as caught:
        Taxonomy.from_data(data)

    assert "taxonomy-unknown-category" in {problem.code for problem in caught.value.problems}


def test_a_key_in_initials_is_no_measure() -> None:
    """`bmid` is the id of a department (部门), and `tb` an icon (图标)."""
    assert found("sys_user", "bmid", "tb") == ["", ""]


def test_clinical_initials_count_in_tables_of_patients() -> None:
    """Diagnoses, operations and drugs by initials, with what follows them; departments and bookkeeping are none."""
    names = ("zyh", "hzxm", "shzdmc", "ssjczbm", "mzffdm", "ssrq", "ksmc", "gxsj")
    health = "personal.health.medical_record"
    assert found("t_jzb", *names)[2:] == [health, health, health, health, "", ""]
    assert found("t_wjb", "wjbh", "shzdmc", "mzffdm") == ["", "", ""]


def test_who_signs_is_named_and_numbered() -> None:
    """`zdysqm` is who signs, and `zdysbm` beside it the number; a code alone is none."""
    assert found("jlb", "zdysqm", "zdysbm", "ksbm") == ["personal.name.full", "personal.account.user_id", ""]
    assert found("jlb", "zdysbm", "ksbm") == ["", ""]


def test_parts_of_addresses_and_relations() -> None:
    """The county of 户籍地, the street of 现住地, and whose relation to whom, as a code."""
    wanted = ["personal.contact.address", "personal.contact.address", "personal.family.relation"]
    assert found("khxx", "xm", "csrq", "hjdx", "xzdjd", "dlrhzgxdm")[2:] == wanted


def test_a_register_called_dengji_is_of_persons() -> None:
    """`dengji` is 等级, a list of levels, and 登记 where the columns are of persons."""
    assert found("laifangdengji", "xingming", "shouji")[1] == "personal.contact.phone.mobile"
    assert found("huiyuandengji", "mingcheng", "zhekou") == ["", ""]


def test_notes_of_generators_behind_comments_are_cut() -> None:
    """`Search1` behind a comment is no part of its noun."""
    column = Column(table="a", name="a_number", location=PLACE, data_type="varchar(50)", comment="学号 Search1")
    entry = CLASSIFIER.table(Table(name="xuesheng", columns=(column,), location=PLACE))[0]
    assert entry.category == "personal.occupation.education"
