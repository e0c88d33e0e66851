"""Names in other European languages: what they mean in English, and which names are left alone."""

from __future__ import annotations

import pytest
import yaml

from tutela.engine.errors import InputError
from tutela.engine.languages import languages_from
from tutela.engine.names import words_of
from tutela.taxonomies import load_taxonomy

LANGUAGES = load_taxonomy().languages


def english(name: str, language: str = "") -> str:
    """A name as it is read, or an empty text."""
    return "_".join(LANGUAGES.english(words_of(name), language))


@pytest.mark.parametrize(
    ("name", "means"),
    [
        ("nombre_cliente", "customer_name"),
        ("tbl_cliente", "tbl_customer"),
        ("id_cliente", "customer_id"),
        ("cliente_id", "customer_id"),
        ("strTelefonoMovil", "str_mobile"),
        ("numero_de_telefono_2", "phone_2"),
        ("fechaNacimiento", "birth_date"),
        ("cumpleaños", "birth_date"),
        ("nombrecliente", "customer_name"),
        ("telefonos", "phone"),
        ("mot_de_passe", "password"),
        ("prénom_adhérent", "member_first_name"),
        ("fonction_id", "job_title_id"),
        ("representante_proveedor", "supplier_contact_person"),
        ("empresa_telefono", "company_phone"),
        ("empfaenger_konto", "recipient_bank_account"),
        ("EmpfängerName", "recipient_name"),
        ("Straße", "street"),
        ("kundenname", "customer_name"),
        ("nome_da_mae", "mother_name"),
        ("data_di_nascita", "birth_date"),
        ("geboortedatum", "birth_date"),
    ],
)
def test_a_name_means_what_english_says(name: str, means: str) -> None:
    """With accents, without them or in two letters, glued, numbered, with prefixes and with words between."""
    assert english(name) == means


ENGLISH_OR_PINYIN = """
        ort data nota note login mail rue via cap alter art kind land personal firma clave cargo tutor mobil titel
        zweck telephone religion diagnosis allergies categories menu invite salaries bank_name bankname loginid loginnum
        personalemail conto num nom tel cel code_type name address date_created customer_name user_login order_note
        price_note sort_order import_data country_code phone_number kehu_xingming xm sfzh lxdh dianhua persona
        conductor socio_economic_status domicile datum prix maestro rib familiar medico_legal_no user_pseudo_id quarto
        """
"""Words that other languages write in the same letters, and some that start like theirs."""


@pytest.mark.parametrize("name", ENGLISH_OR_PINYIN.split())
def test_an_english_or_pinyin_name_is_left_alone(name: str) -> None:
    """Also where another language writes a word in the same letters."""
    assert english(name) == ""


def test_a_word_of_two_languages_is_read_in_a_table_of_one() -> None:
    """`ort` beside `vorname` and `nachname` is a city, and `data` in a table of Italian a date."""
    german = LANGUAGES.of_table([("vorname",), ("nachname",), ("ort",)])

    assert german == "de"
    assert english("ort", german) == "city"
    assert LANGUAGES.of_table([("ort",), ("vorname",)]) == ""
    assert english("data", "it") == "date"


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "languages: []",
        "languages: {de: 1}",
        "languages: {de: {skipped: der}}",
        "languages: {nl: {skipped: [], words: [], beside: {}}}",
        "languages: {nl: {skipped: [], words: {name: naam}, beside: {}}}",
    ],
)
def test_what_is_no_vocabulary_is_refused(text: str) -> None:
    """Every level of the file has its shape."""
    with pytest.raises(InputError) as error:
        languages_from(yaml.safe_load(text), "own_languages.yaml", ())

    assert error.value.problems[0].code == "taxonomy-wrong-type"
