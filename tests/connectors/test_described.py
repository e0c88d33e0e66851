"""Sources that are no SQL: dbt projects, OpenAPI and JSON Schema documents, told by their looks."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tutela.connectors.columns import ask_columns
from tutela.connectors.dbt_properties import tag_of
from tutela.connectors.sources import read_sources
from tutela.engine.errors import InputError
from tutela.engine.findings import Asked
from tutela.engine.request import parse_time
from tutela.project import Project, load_classifier

if TYPE_CHECKING:
    from tutela.engine.tables import Schema

CASES = Path(__file__).parent / "cases"
NOW = parse_time("2026-11-20T10:00:00+08:00")


def shown(schema: Schema, *, places: bool = False) -> dict[str, list[str]]:
    """The columns of every table with type, comment and tag, and their line where it is asked for."""
    return {
        table.path: [
            " ".join(
                part
                for part in (column.name, column.data_type, column.comment, column.tag and f"@{column.tag}")
                if part
            )
            + (f" :{column.location.line}" if places else "")
            for column in table.columns
        ]
        for table in schema.tables
    }


def test_a_dbt_project_is_its_manifest() -> None:
    """Sources and models have their described columns, and those that the SQL of a model gives, stars resolved."""
    schema = read_sources([CASES / "dbt"])

    assert {
        "an.mart": ["mobile", "id", "n"],
        "an.stg": ["mobile @none", "id"],
        "an.py": [],
        "crm.customer": ["id", "mobile 手机号 @personal.contact.phone.mobile"],
    } == shown(schema)
    assert ["table", "view", "table", "table"] == [table.kind for table in schema.tables]
    assert 'select * from "db"."crm"."customer"' == schema.tables[1].sql
    assert ["a model in python is not read"] == [miss.message.rpartition(": ")[2] for miss in schema.unparsed]


def test_places_of_a_dbt_project_are_in_its_property_files() -> None:
    """What a property file describes has its place there, also when the manifest alone is handed in."""
    schema = read_sources([CASES / "dbt" / "target" / "manifest.json"])
    column = schema.tables[1].columns[0]

    assert ("schema.yml", 15, 15) == (Path(column.location.file).name, column.location.line, column.location.column)


def test_the_catalog_of_dbt_knows_the_columns(tmp_path: Path) -> None:
    """With a catalog.json beside it, the columns are those that are really there."""
    shutil.copytree(CASES / "dbt", tmp_path / "dbt")
    catalog = {
        "nodes": {"model.shop.py": {"columns": {"ID": {"type": "int"}, "EMAIL": {"type": "text"}}}},
        "sources": {},
    }
    (tmp_path / "dbt" / "target" / "catalog.json").write_text(json.dumps(catalog))
    schema = read_sources([tmp_path / "dbt"])

    assert ["ID int", "EMAIL text"] == shown(schema)["an.py"]
    assert schema.unparsed == ()


def test_a_dbt_project_without_a_manifest_says_so(tmp_path: Path) -> None:
    """Then only described columns are known, which is listed."""
    shutil.copytree(CASES / "dbt", tmp_path / "dbt", ignore=shutil.ignore_patterns("target"))
    schema = read_sources([tmp_path / "dbt"])

    assert {"crm.customer", "stg"} == shown(schema).keys()
    assert "dbt compile" in schema.unparsed[0].message


def dbt_models(tmp_path: Path, *codes: str) -> list[str]:
    """The digests of what is not understood in a manifest of Python models with these codes."""
    nodes = {
        f"model.p.m{number}": {"resource_type": "model", "name": f"m{number}", "language": "python", "raw_code": code}
        for number, code in enumerate(codes)
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"nodes": nodes, "sources": {}}))
    return [miss.digest for miss in read_sources([tmp_path / "manifest.json"]).unparsed]


@pytest.mark.parametrize(
    ("entry", "tag"),
    [
        ({"tags": "tutela:personal.name"}, "personal.name"),
        ({"tags": ["tutela:none", "tutela:personal.name"]}, "personal.name"),
        ({"meta": {"category": "none"}, "config": {"meta": {"category": "personal.name"}}}, "personal.name"),
        ({"meta": {"category": "none"}, "tags": ["pii"]}, "none"),
        ({"meta": {"owner": "x"}, "tags": ["pii"]}, ""),
    ],
)
def test_what_a_column_of_dbt_declares(entry: dict[str, object], tag: str) -> None:
    """A `none` silences only where nothing else is said, and a single tag may stand without a list."""
    assert tag == tag_of(entry)


def test_versions_of_a_model_are_tables(tmp_path: Path) -> None:
    """Each has what it adds to the columns of all, less what it excludes."""
    (tmp_path / "schema.yml").write_text(
        "models:\n  - name: dim\n    latest_version: 2\n    columns: [{name: id}, {name: mobile}]\n    versions:\n"
        "      - v: 1\n      - v: 2\n        config: {alias: dim}\n        columns:\n"
        "          - {include: all, exclude: [mobile]}\n          - {name: id_card, description: 身份证号}\n"
    )
    found = shown(read_sources([tmp_path / "schema.yml"]))

    assert {"dim_v1": ["id", "mobile"], "dim": ["id", "id_card 身份证号"]} == found


def test_a_model_has_what_its_code_gives_beside_an_old_catalog(tmp_path: Path) -> None:
    """The catalog is what was built last; a column that the code adds since is there, too."""
    node = {"resource_type": "model", "name": "m", "compiled_code": "select 1 as id, 2 as mobile"}
    (tmp_path / "manifest.json").write_text(json.dumps({"nodes": {"model.p.m": node}, "sources": {}}))
    (tmp_path / "catalog.json").write_text(json.dumps({"nodes": {"model.p.m": {"columns": {"ID": {"type": "int"}}}}}))
    schema = read_sources([tmp_path / "manifest.json"])

    assert {"m": ["ID int", "mobile"]} == shown(schema)
    assert () == schema.unparsed


def test_a_seed_has_the_columns_of_its_file(tmp_path: Path) -> None:
    """Described or not; without the file, that the others are not known is listed."""
    described = {"id": {"name": "id"}}
    node = {"resource_type": "seed", "name": "s", "original_file_path": "seeds/s.csv", "columns": described}
    (tmp_path / "seeds").mkdir()
    (tmp_path / "target").mkdir()
    (tmp_path / "dbt_project.yml").write_text("name: p\n")
    (tmp_path / "seeds" / "s.csv").write_text('\ufeffid,"mobile"\n1,2\n', encoding="utf-8")
    (tmp_path / "target" / "manifest.json").write_text(json.dumps({"nodes": {"seed.p.s": node}, "sources": {}}))
    there = read_sources([tmp_path])
    (tmp_path / "seeds" / "s.csv").unlink()
    gone = read_sources([tmp_path])

    assert ({"s": ["id", "mobile"]}, ()) == (shown(there), there.unparsed)
    assert ({"s": ["id"]}, 1) == (shown(gone), len(gone.unparsed))


def test_a_manifest_that_is_older_than_its_models(tmp_path: Path) -> None:
    """A model that came since, and one that was changed since, are listed; one that is disabled is not."""
    codes = {"same": "select 1 as id", "new": "select 2 as mobile", "changed": "select 3 as mobile", "off": "select 4"}
    known = {"same": "select 1\n as id", "changed": "select 3 as id", "off": "select 4"}
    nodes = {
        name: {"resource_type": "model", "name": name, "original_file_path": f"models/{name}.sql", "raw_code": code}
        | {"compiled_code": code}
        for name, code in known.items()
    }
    off = nodes.pop("off")
    (tmp_path / "models").mkdir()
    (tmp_path / "target").mkdir()
    (tmp_path / "dbt_project.yml").write_text("name: p\n")
    for name, code in codes.items():
        (tmp_path / "models" / f"{name}.sql").write_text(code)
    manifest = {"nodes": nodes, "sources": {}, "disabled": {"off": [off]}}
    (tmp_path / "target" / "manifest.json").write_text(json.dumps(manifest))
    missed = read_sources([tmp_path]).unparsed

    assert ["changed.sql", "new.sql"] == [Path(miss.location.file).name for miss in missed]
    assert all("dbt compile" in miss.message and miss.digest for miss in missed)


def test_models_that_are_not_read_are_told_apart(tmp_path: Path) -> None:
    """Each has a digest of its own, which changes with its code: who accepts one accepts no other."""
    one, other = dbt_models(tmp_path, "a = 1", "a = 1")
    again, changed = dbt_models(tmp_path, "a = 1", "a = 2")

    assert one == again
    assert 4 == len({one, other, changed, ""})


def test_an_openapi_document_is_its_forms() -> None:
    """Bodies and parameters are fields, flattened; references are followed, circles end."""
    schema = read_sources([CASES / "forms" / "api.yaml"])

    assert {
        "createCustomer": [
            "id string :7",
            "full_name string Full name :37",
            "address.city string :38",
            "address.zip string :38",
            "loves.name string :28",
            "loves.since string(date) :28",
            "card string @personal.government_id.national_id :31",
        ],
        "GET /search": ["phone string 手机号 :21"],
    } == shown(schema, places=True)
    assert {("form", "web")} == {(table.kind, table.channel) for table in schema.tables}
    assert ["32:13 `$ref: other.yaml#/X` leads outside of the document"] == [
        f"{miss.location.line}:{miss.location.column} {miss.message}" for miss in schema.unparsed
    ]


def test_references_lead_into_lists_and_to_quoted_names(tmp_path: Path) -> None:
    """A parameter of another operation, and a component whose name is written with percent signs."""
    shared = [{"name": "mobile", "in": "query", "schema": {"type": "string"}}]
    given = [{"$ref": "#/paths/~1a/get/parameters/0"}, {"$ref": "#/components/parameters/%E5%A7%93%E5%90%8D"}]
    document = {
        "openapi": "3.1.0",
        "paths": {
            "/a": {"get": {"operationId": "one", "parameters": shared}},
            "/b": {"get": {"operationId": "two", "parameters": given}},
        },
        "components": {"parameters": {"姓名": {"name": "name", "in": "query", "schema": {"type": "string"}}}},
    }
    (tmp_path / "api.json").write_text(json.dumps(document))
    schema = read_sources([tmp_path / "api.json"])

    assert {"one": ["mobile"], "two": ["mobile", "name"]} == {
        table.name: [column.name for column in table.columns] for table in schema.tables
    }
    assert () == schema.unparsed


def test_a_json_schema_is_a_form() -> None:
    """Arrays, alternatives, conditions and definitions of a JSON Schema are fields, with their places in the JSON."""
    schema = read_sources([CASES / "forms" / "customer.schema.json"])

    assert {
        "Registration": [
            "age integer :13",
            "guardian string :14",
            "手机号 string 联系电话 :8",
            "contacts.name string :15",
            "contacts.addr/1 string Address :15",
            "proof.passport_no string :10",
            "proof.id_card string :10",
            "* string :12",
        ]
    } == {"Registration": sorted(shown(schema, places=True)["Registration"], key=_form_order)}
    assert "app" == schema.tables[0].channel
    assert schema.unparsed == ()


def _form_order(line: str) -> int:
    names = ("age", "guardian", "手机号", "contacts.name", "contacts.addr/1", "proof.passport_no", "proof.id_card", "*")
    return names.index(line.split(" ", maxsplit=1)[0])


def test_fields_of_forms_are_asked_as_such() -> None:
    """A field is a `form_field` with its category and channel; a form is no table that is kept."""
    schema = read_sources([CASES / "forms" / "customer.schema.json"])
    asked = [
        item for item in ask_columns(schema, load_classifier(Project(Path()), None), NOW) if isinstance(item, Asked)
    ]
    phone = next(item.request.resource for item in asked if item.request.resource["id"] == "Registration:手机号")

    assert {("collect", "form_field")} == {
        (item.request.action["name"], item.request.resource["type"]) for item in asked
    }
    assert {
        "type": "form_field",
        "id": "Registration:手机号",
        "form": "Registration",
        "field": "手机号",
        "data_type": "string",
        "category": "personal.contact.phone.mobile",
        "channel": "app",
    } == phone


def test_depth_ends_somewhere(tmp_path: Path) -> None:
    """A schema that nests too deep is listed as unparsed, never followed for ever."""
    deep: dict[str, object] = {"type": "string"}
    for _ in range(23):
        deep = {"properties": {"a": deep}}
    (tmp_path / "a.json").write_text(json.dumps({"$schema": "https://json-schema.org/x", **deep}))
    schema = read_sources([tmp_path / "a.json"])

    assert ["fields nest deeper than 20, or are more than 5000"] == [miss.message for miss in schema.unparsed]


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("a.json", '{"hello": 1}', "source-unknown"),
        ("a.yaml", "openapi: 3.1.0\npaths: {}\n", "source-empty"),
        ("a.yaml", "swagger: '2.0'\npaths: {}\n", "form-version"),
        ("a.json", '{"openapi": ', "json-syntax"),
        ("a.yml", "models: [\n", "yaml-syntax"),
    ],
)
def test_what_is_not_understood_is_one_problem(tmp_path: Path, name: str, text: str, code: str) -> None:
    """A document that nobody knows, that holds nothing or is broken is one clear problem."""
    (tmp_path / name).write_text(text)

    with pytest.raises(InputError, match=code):
        read_sources([tmp_path / name])


def test_sources_of_several_kinds_are_one_schema(tmp_path: Path) -> None:
    """Scripts and descriptions named together make one schema; a later script changes an earlier one."""
    (tmp_path / "a.sql").write_text("CREATE TABLE t (a int);")
    (tmp_path / "b.sql").write_text("ALTER TABLE t ADD b int;")
    schema = read_sources([tmp_path / "a.sql", CASES / "forms" / "api.yaml", tmp_path / "b.sql"])

    assert ["t", "createCustomer", "GET /search"] == [table.path for table in schema.tables]
    assert ["a", "b"] == [column.name for column in schema.tables[0].columns]


def test_no_keyword_hides_a_field(tmp_path: Path) -> None:
    """Fields stand under old and new keywords, beside a reference, and among what is required."""
    path = tmp_path / "s.json"
    phone: dict[str, object] = {"properties": {"phone": {"type": "string"}}}
    schema: dict[str, object] = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "definitions": {"a": {"properties": {"x": {"type": "string"}}}},
        "required": ["id_card_no", "x"],
        "$ref": "#/definitions/a",
        "then": {"properties": {"email": {"oneOf": [{"x-data-category": "none"}, {"x-data-category": "c"}]}}},
        "dependencies": {"x": {"properties": {"blood_type": {}}}, "y": ["x"]},
        "properties": {
            "tuple": {"items": [phone, {"properties": {"fax": {}}}]},
            "rest": {"unevaluatedProperties": phone},
            "far": {"$dynamicRef": "#node"},
        },
    }
    path.write_text(json.dumps(schema))
    found = read_sources([path])
    columns = {column.name: column.tag for column in found.columns()}
    assert {"x", "id_card_no", "email", "blood_type", "tuple.phone", "tuple.fax", "rest.phone"} == set(columns)
    assert "c" == columns["email"]
    assert ["`$dynamicRef` is not followed"] == [missed.message for missed in found.unparsed]
