"""Tags of other catalogs lie over a schema: they win over guesses, and one that nobody knows is a problem."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tutela.connectors.ddl import parse_schema
from tutela.engine.classifier import Classifier
from tutela.engine.errors import InputError
from tutela.project import Project, find_project, tagged
from tutela.taxonomies import load_taxonomy

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = (
    "CREATE TABLE crm.customer (id int, mobile text, memo text, address text); CREATE TABLE hr.customer (memo text);"
)

FIDES = """
dataset:
  - fides_key: crm
    collections:
      - name: customer
        fields:
          - name: mobile
            data_categories: [user.contact.phone_number]
          - name: memo
            data_categories: [system.operations, user.health_and_medical]
          - name: id
            data_categories: [user.unique_id.pseudonymous]
"""
OPENMETADATA: dict[str, Any] = {
    "data": [
        {
            "name": "customer",
            "fullyQualifiedName": 'mysql."shop.db".crm.customer',
            "columns": [
                {"name": "memo", "tags": [{"tagFQN": "tutela.personal.health.vitals"}, {"tagFQN": "Tier.Tier1"}]},
                {"name": "mobile", "tags": [{"tagFQN": "PII.None"}]},
                {"name": "address", "tags": []},
            ],
        }
    ]
}
URN = "urn:li:dataset:(urn:li:dataPlatform:mysql,shop.crm.customer,PROD)"
DATAHUB: list[Any] = [
    {
        "entityUrn": URN,
        "aspectName": "editableSchemaMetadata",
        "aspect": {
            "json": {
                "editableSchemaFieldInfo": [
                    {
                        "fieldPath": "[version=2.0].[type=string].memo",
                        "globalTags": {"tags": [{"tag": "urn:li:tag:personal.health.vitals"}]},
                    },
                    {
                        "fieldPath": "address",
                        "glossaryTerms": {"terms": [{"urn": "urn:li:glossaryTerm:Classification.Address"}]},
                    },
                ]
            }
        },
    }
]
WORDS = {"Tier.*": "ignore", "PII.None": "none", "Classification.Address": "personal.contact.address"}


def tags(tmp_path: Path, export: object, words: dict[str, str] | None = None, schema: str = SCHEMA) -> dict[str, str]:
    """The tags on the columns once an export lies over the schema."""
    path = tmp_path / ("tags.yaml" if isinstance(export, str) else "tags.json")
    path.write_text(export if isinstance(export, str) else json.dumps(export))
    laid = tagged(Project(tmp_path, tags=words or {}), parse_schema(schema), [path])
    return {column.path: column.tag for column in laid.columns() if column.tag}


def test_fides(tmp_path: Path) -> None:
    """The categories of fideslang have ours; of several the most protected counts; a finer one is that above it."""
    assert {
        "crm.customer.id": "personal.account.user_id",
        "crm.customer.mobile": "personal.contact.phone",
        "crm.customer.memo": "personal.health.medical_record",
    } == tags(tmp_path, FIDES)


def test_openmetadata(tmp_path: Path) -> None:
    """Our categories are known by themselves, a project's words come from its settings; the schema must fit."""
    assert {"crm.customer.memo": "personal.health.vitals", "crm.customer.mobile": "none"} == tags(
        tmp_path, OPENMETADATA, WORDS
    )


def test_datahub(tmp_path: Path) -> None:
    """Tags and glossary terms of fields count, whichever envelope they come in."""
    expected = {"crm.customer.memo": "personal.health.vitals", "crm.customer.address": "personal.contact.address"}

    assert expected == tags(tmp_path, DATAHUB, WORDS)


FIELD: dict[str, Any] = {"fieldPath": "mobile", "globalTags": {"tags": [{"tag": "urn:li:tag:none"}]}}
SILENCED = [{"entityUrn": URN, "aspect": {"json": {"schemaMetadata": {"fields": [FIELD]}}}}]
NONE: dict[str, Any] = {"name": "mobile", "tags": [{"tagFQN": "none"}]}
MAIL: dict[str, Any] = {"name": "mobile", "tags": [{"tagFQN": "personal.health.vitals"}]}
OPERATIONAL = {"crm.customer.mobile": "system.operational"}
FIDES_NONE = FIDES.replace("user.contact.phone_number", "system.operations")


def table(name: str, *columns: object, **more: object) -> dict[str, object]:
    """A table of OpenMetadata."""
    return {"name": name, "fullyQualifiedName": f"s.d.crm.{name}", "columns": list(columns), **more}


OTHER = table("customer", {"name": "memo", "tags": [{"tagFQN": "none"}]})
GUESSED: dict[str, Any] = {"name": "mobile", "tags": [{"tagFQN": "none", "state": "Suggested"}]}
REMOVED: list[Any] = [
    {"entityUrn": URN, "aspectName": "status", "aspect": {"json": {"removed": True}}},
    {"entityUrn": URN.replace("shop.", ""), **FIELD, "fieldPath": "memo"},
]


@pytest.mark.parametrize(
    ("export", "expected"),
    [
        (FIDES_NONE, OPERATIONAL),
        (FIDES_NONE.replace("key: crm", "key: x\n    fides_meta: {namespace: {schema: crm}}"), OPERATIONAL),
        (FIDES_NONE.replace("name: customer", "name: crm.customer"), OPERATIONAL),
        # of several the most protected counts, also where they stand apart
        ([table("customer", NONE), table("customer", MAIL)], {"crm.customer.mobile": "personal.health.vitals"}),
        ([table("customer", NONE), table("Customer", MAIL)], {"crm.customer.mobile": "personal.health.vitals"}),
        # what is gone, or was never confirmed, says nothing
        ([table("customer", NONE, deleted=True), OTHER], {}),
        ([table("customer", GUESSED), OTHER], {}),
        (SILENCED, {"crm.customer.mobile": "none"}),
        ([*SILENCED, *REMOVED], {}),
    ],
)  # fmt: skip
def test_a_tag_is_on_its_own_column_only(tmp_path: Path, export: object, expected: dict[str, str]) -> None:
    """A `none` silences the column that somebody looked at, and no other of the same name."""
    found = tags(tmp_path, export, schema=SCHEMA + " CREATE TABLE hr.customer (mobile text);")

    assert expected == {path: tag for path, tag in found.items() if path.endswith(".mobile")}


def test_case_tells_tables_apart(tmp_path: Path) -> None:
    """Of two tables whose names differ by case only the one that is written so has the tag."""
    schema = 'CREATE TABLE crm.customer (mobile text); CREATE TABLE crm."Customer" (mobile text);'

    assert {"crm.Customer.mobile": "none"} == tags(tmp_path, [table("Customer", NONE)], schema=schema)


def test_a_tag_that_is_on_no_column_is_told(tmp_path: Path) -> None:
    """In both languages, with its file and the columns that it names."""
    path = tmp_path / "t.json"
    path.write_text(
        json.dumps([table("customer", NONE, {"name": "fax", "tags": [{"tagFQN": "none"}]}), table("lead", NONE)])
    )
    told: list[str] = []
    tagged(
        Project(tmp_path),
        parse_schema(SCHEMA),
        [path],
        lambda words: told.extend(words.text(lang) for lang in ("en", "zh")),
    )

    assert 2 == len(told)
    assert all("s.d.crm.customer.fax, s.d.crm.lead.mobile" in text and str(path) in text for text in told)
    assert "不起作用" in told[1]


def test_a_tag_wins_over_a_guess(tmp_path: Path) -> None:
    """What somebody declared counts, also that a column is not personal."""
    path = tmp_path / "t.json"
    path.write_text(json.dumps(OPENMETADATA))
    schema = tagged(Project(tmp_path, tags=WORDS), parse_schema(SCHEMA), [path])
    found = {c.column.name: c.category for c in Classifier(load_taxonomy()).table(schema.tables[0])}

    assert (None, "personal.health.vitals") == (found["mobile"], found["memo"])


@pytest.mark.parametrize(
    ("export", "words", "codes"),
    [
        (OPENMETADATA, {}, ["tag-unknown", "tag-unknown"]),
        (OPENMETADATA, {"*": "personal.nonsense"}, ["tag-category-unknown"] * 3),
        ({"data": [{"name": "customer", "columns": [{"name": "memo"}]}]}, {}, ["tags-none"]),
        (
            "dataset:\n  - collections:\n      - name: x\n        fields: [{name: y, data_categories: [user]}]\n",
            {},
            ["tags-fit-nothing"],
        ),
        (FIDES.replace("key: crm", "key: shop"), {}, ["tag-ambiguous"]),
    ],
)
def test_what_cannot_be_used_is_a_problem(tmp_path: Path, export: Any, words: dict[str, str], codes: list[str]) -> None:  # noqa: ANN401
    """Unknown tags, all of them at once, an export without tags, and one of another database."""
    with pytest.raises(InputError) as caught:
        tags(tmp_path, export, words)

    assert codes == [problem.code for problem in caught.value.problems]


def test_every_shipped_word_is_a_category() -> None:
    """What the categories of fideslang stand for exists in the taxonomy."""
    from tutela.connectors.files import read_text
    from tutela.connectors.policy_files import packs_folder
    from tutela.engine.documents import read_document

    names: Any = read_document(read_text(packs_folder() / "tag_names.yaml", limit=1 << 20), "tag_names.yaml").data

    assert [] == sorted(set(names.values()) - load_taxonomy().categories.keys())


def test_words_are_in_the_project_file(tmp_path: Path) -> None:
    """`[tags]` in tutela.toml; anything but texts is a problem."""
    (tmp_path / "tutela.toml").write_text('[tags]\n"PII.*" = "none"\n')

    assert {"PII.*": "none"} == find_project(tmp_path).tags
    (tmp_path / "tutela.toml").write_text("[tags]\nPII = 1\n")
    with pytest.raises(InputError, match="project-value"):
        find_project(tmp_path)
