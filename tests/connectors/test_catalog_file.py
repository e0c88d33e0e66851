# the statements are made here
"""The catalog is added to as text: what a person wrote stays as it is, or nothing is written."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from tutela.connectors.catalog_file import read_catalog
from tutela.connectors.ddl import parse_schema
from tutela.engine.catalog_plan import plan_catalog
from tutela.engine.errors import InputError
from tutela.project import Project, load_classifier
from tutela.taxonomies import load_taxonomy

CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "cases" / "catalog_merge.yaml").read_text(encoding="utf-8")
)
PROJECT = Project(Path())
TAXONOMY = load_taxonomy(PROJECT)
SCHEMA = (
    "CREATE TABLE crm.customer (id int, mobile text, id_card_no text);"
    "CREATE TABLE crm.orders (id int, buyer_phone text);"
)
NOTE = re.compile(r"# \d\.\d\d .*$", re.MULTILINE)


def merge(path: Path, *, prune: bool = False, sql: str = SCHEMA) -> str:
    """The text of the catalog after a merge of a schema; nothing is written."""
    catalog = read_catalog(path, TAXONOMY, write=True)
    classifier = load_classifier(PROJECT, None, catalog=catalog.entries)
    found = classifier.classify(parse_schema(sql, "s.sql", "postgres"))
    return catalog.edited(plan_catalog(found, catalog.entries, TAXONOMY), prune=prune)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_merge(case: dict[str, Any], tmp_path: Path) -> None:
    """Each case: the text after the merge, or the problem for which nothing is written."""
    path = tmp_path / ("catalog.json" if case.get("json") else "catalog.yaml")
    path.write_text(case["before"], encoding="utf-8")
    if "problem" in case:
        with pytest.raises(InputError) as caught:
            merge(path, prune=case.get("prune", False))

        assert case["problem"] in {problem.code for problem in caught.value.problems}
        assert case["before"] == path.read_text(encoding="utf-8")
    else:
        assert case["after"] == NOTE.sub("# NOTE", merge(path, prune=case.get("prune", False)))


@pytest.mark.parametrize("case", [case for case in CASES if "after" in case], ids=lambda case: case["name"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_second_merge_changes_nothing(case: dict[str, Any], end: str, tmp_path: Path) -> None:
    """What a merge wrote is complete, with either line end, and has no other line end in it."""
    path = tmp_path / ("catalog.json" if case.get("json") else "catalog.yaml")
    path.write_text(case["before"].replace("\n", end), encoding="utf-8", newline="")
    text = merge(path, prune=case.get("prune", False))
    path.write_text(text, encoding="utf-8", newline="")

    assert text == merge(path, prune=case.get("prune", False))
    assert case["before"].count("\n") == 0 or text.replace(end, "").count("\n") == 0


def test_names_that_need_quotes_come_back_as_they_are(tmp_path: Path) -> None:
    """Names that YAML would take for something else, or that hold quotes, hashes and line ends, are quoted."""
    names = [
        "null",
        "yes",
        "no",
        "1e3",
        "a b",
        "a: b",
        "#x",
        '"q"',
        "it's",
        "{x}",
        "- y",
        "手机号",
        "a\tb",
        "é",
        "&a",
        "12",
    ]
    columns = ", ".join('"' + name.replace('"', '""') + '" text' for name in names)
    path = tmp_path / "catalog.yaml"
    path.write_text(merge(path, sql=f"CREATE TABLE crm.t ({columns});"), encoding="utf-8")
    entries = read_catalog(path, TAXONOMY, write=True).entries

    assert names == [column["name"] for column in entries[0]["columns"]]


def test_evidence_ends_no_comment(tmp_path: Path) -> None:
    """A comment of a column that holds line ends cannot write lines into the catalog."""
    sql = "CREATE TABLE crm.t (a text); COMMENT ON COLUMN crm.t.a IS '手机号\n- dataset: x\u2028- y';"
    path = tmp_path / "catalog.yaml"
    path.write_text(merge(path, sql=sql), encoding="utf-8")

    assert 1 == len(read_catalog(path, TAXONOMY, write=True).entries)


def test_a_copy_is_told(tmp_path: Path) -> None:
    """A data set that copies another one in the catalog says so."""
    sql = SCHEMA + "CREATE TABLE crm.customer_bak AS SELECT * FROM crm.customer;"

    assert "- dataset: crm.customer_bak\n  copy_of: crm.customer\n" in merge(tmp_path / "catalog.yaml", sql=sql)


def test_writing_keeps_the_mark_the_mode_and_the_link(tmp_path: Path) -> None:
    """A byte order mark, the rights of the file and a symbolic link stay; nothing is left beside it."""
    target = tmp_path / "there" / "real.yaml"
    target.parent.mkdir()
    target.write_bytes(b"\xef\xbb\xbf- dataset: crm.customer\r\n")
    target.chmod(0o640)
    link = tmp_path / "catalog.yaml"
    link.symlink_to(target)
    text = merge(link)
    read_catalog(link, TAXONOMY, write=True).write(text)

    assert target.read_bytes().startswith(b"\xef\xbb\xbf- dataset: crm.customer\r\n  columns:\r\n")
    assert 0o640 == stat.S_IMODE(target.stat().st_mode)
    assert link.is_symlink()
    assert [target] == list(target.parent.iterdir())


def test_a_file_that_may_not_be_written_is_not(tmp_path: Path) -> None:
    """A read-only file is refused, even where its folder would let it be replaced."""
    path = tmp_path / "catalog.yaml"
    path.write_text("[]\n", encoding="utf-8")
    path.chmod(0o444)
    catalog = read_catalog(path, TAXONOMY, write=True)
    with pytest.raises(PermissionError):
        catalog.write("- dataset: x\n")

    assert "[]\n" == path.read_text(encoding="utf-8")
    assert [path] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("catalog.csv", b"dataset\ncrm.a\n", "catalog-format"),
        ("catalog.yaml", "- dataset: 客户\n".encode("gb18030"), "catalog-encoding"),
        ("catalog.yaml", "- dataset: a\n".encode("utf-16"), "catalog-encoding"),
    ],
)
def test_files_that_are_read_but_not_written(name: str, data: bytes, code: str, tmp_path: Path) -> None:
    """Other formats and encodings can be checked, and are not written."""
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_catalog(path, TAXONOMY, write=True)

    assert [code] == [problem.code for problem in caught.value.problems]
    assert 1 == len(read_catalog(path, TAXONOMY, write=False).entries)
