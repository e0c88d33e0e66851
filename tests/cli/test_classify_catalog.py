"""`tutela classify` with --write, --diff and --check: what it adds, shows and tells, and how it ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    Tool = Callable[..., CompletedProcess[str]]

SQL = """CREATE TABLE crm.customer (
  id int,
  mobile varchar(20)
);
CREATE VIEW crm.v AS SELECT mobile AS m FROM crm.customer;
"""
CATALOG = """- dataset: crm.customer
  columns:
    - {name: id, category: personal.government_id.passport}
    - {name: fax, category: null}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a schema and a catalog."""
    (tmp_path / "tutela.toml").write_text('registers = ["registers"]\n', encoding="utf-8")
    (tmp_path / "registers").mkdir()
    (tmp_path / "registers" / "catalog.yaml").write_text(CATALOG, encoding="utf-8")
    (tmp_path / "s.sql").write_text(SQL, encoding="utf-8")
    return tmp_path


def test_check_tells_what_is_undeclared(tutela: Tool, folder: Path) -> None:
    """Personal columns that the catalog does not declare are told with their place, in both languages; views count."""
    done = tutela("classify", "s.sql", "--check", cwd=folder)
    chinese = tutela("classify", "s.sql", "--check", "--lang", "zh", cwd=folder)

    assert 1 == done.returncode
    assert "s.sql:3:3: `crm.customer.mobile` holds personal.contact.phone.mobile" in done.stdout
    assert "`crm.v.m` holds personal.contact.phone.mobile" in done.stdout
    assert "`crm.customer.fax` is in the catalog and no longer in the schema" in done.stdout
    assert "1 of 3 columns are in the catalog (33.3%); 2 personal columns are undeclared" in done.stdout
    assert "2 列个人信息未声明" in chinese.stdout


def test_diff_shows_and_write_does(tutela: Tool, folder: Path) -> None:
    """--diff ends with 1 while something is missing and writes nothing; --write adds it; then all is declared."""
    catalog = folder / "registers" / "catalog.yaml"
    shown = tutela("classify", "s.sql", "--diff", cwd=folder)

    assert (1, CATALOG) == (shown.returncode, catalog.read_text(encoding="utf-8"))
    assert "+    - {name: mobile, category: personal.contact.phone.mobile}" in shown.stdout
    assert 0 == tutela("classify", "s.sql", "--write", cwd=folder).returncode
    assert catalog.read_text(encoding="utf-8").startswith(CATALOG)
    assert 0 == tutela("classify", "s.sql", "--check", "--min-coverage", "1", cwd=folder).returncode
    assert (0, "") == ((again := tutela("classify", "s.sql", "--diff", cwd=folder)).returncode, again.stdout)
    assert 0 == tutela("classify", "s.sql", "--write", "--prune", cwd=folder).returncode
    assert "fax" not in catalog.read_text(encoding="utf-8")


def test_the_project_of_another_folder(tutela: Tool, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """--project names it, and SOURCES are relative to where the command runs; a folder without one is an error."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "mine.sql").write_text(SQL, encoding="utf-8")
    done = tutela("classify", "mine.sql", "--check", "--project", str(folder), cwd=elsewhere)
    nowhere = tutela("classify", "mine.sql", "--project", str(elsewhere), cwd=elsewhere)

    assert 1 == done.returncode
    assert "1 of 3 columns are in the catalog" in done.stdout
    assert 2 == nowhere.returncode
    assert "tutela.toml" in nowhere.stderr


def test_coverage_and_contradictions(tutela: Tool, folder: Path) -> None:
    """A share of listed columns below the threshold fails; what names contradict is advice, with its place."""
    (folder / "s.sql").write_text(
        "CREATE TABLE crm.customer (id_card_no text, fax text, a int, b int);", encoding="utf-8"
    )
    text = CATALOG.replace(
        "{name: id, category: personal.government_id.passport}", "{name: id_card_no, category: null}"
    )
    (folder / "registers" / "catalog.yaml").write_text(text, encoding="utf-8")
    done = tutela("classify", "s.sql", "--check", "--min-coverage", "0.5", cwd=folder)
    short = tutela("classify", "s.sql", "--check", "--min-coverage", "0.51", cwd=folder)
    data = json.loads(tutela("classify", "s.sql", "--check", "-f", "json", cwd=folder).stdout)

    assert 0 == done.returncode
    assert "registers/catalog.yaml:3:36: advice: the catalog says null of `crm.customer.id_card_no`" in done.stdout
    assert 1 == short.returncode
    assert "less than 51.0%" in short.stdout
    assert {"listed": 2, "columns": 4, "share": 0.5} == data["coverage"]
    assert ["id_card_no", "fax"] == [entry["column"].rpartition(".")[2] for entry in data["contradictions"]]


def test_what_cannot_be_read_prunes_nothing(tutela: Tool, folder: Path) -> None:
    """With a statement that could not be read, nothing counts as gone, and the exit status says so."""
    (folder / "s.sql").write_text(SQL + "CREATE TABLE crm.broken (id int,;\n", encoding="utf-8")
    done = tutela("classify", "s.sql", "--write", "--prune", cwd=folder)

    assert 1 == done.returncode
    assert "nothing is taken out" in done.stderr
    assert "fax" in (folder / "registers" / "catalog.yaml").read_text(encoding="utf-8")


def test_a_bad_catalog_is_not_touched(tutela: Tool, folder: Path) -> None:
    """All problems of the catalog are told with their places, and nothing is written."""
    catalog = folder / "registers" / "catalog.yaml"
    bad = CATALOG.replace("personal.government_id.passport", "personal.nope") + "    - {name: ID}\n"
    catalog.write_text(bad, encoding="utf-8")
    done = tutela("classify", "s.sql", "--write", cwd=folder)

    assert (2, bad) == (done.returncode, catalog.read_text(encoding="utf-8"))
    assert "catalog.yaml:3:28: register-category" in done.stderr
    assert "catalog.yaml:5:14: catalog-twice" in done.stderr


def test_a_data_set_that_stands_twice_does_not_hide_an_unknown_category(tutela: Tool, folder: Path) -> None:
    """Mistakes of form and of meaning are told together."""
    catalog = folder / "registers" / "catalog.yaml"
    bad = CATALOG.replace("personal.government_id.passport", "personal.nope") + "- {dataset: crm.customer}\n"
    catalog.write_text(bad, encoding="utf-8")
    done = tutela("classify", "s.sql", "--check", cwd=folder)

    assert 2 == done.returncode
    assert "register-category" in done.stderr
    assert "register-duplicate" in done.stderr


def test_another_catalog(tutela: Tool, folder: Path) -> None:
    """--catalog names another file; --write makes it, --check needs it; without registers one must be named."""
    assert 2 == tutela("classify", "s.sql", "--check", "--catalog", "c.json", cwd=folder).returncode
    assert 0 == tutela("classify", "s.sql", "--write", "--catalog", "c.json", cwd=folder).returncode
    assert 0 == tutela("classify", "s.sql", "--check", "--catalog", "c.json", cwd=folder).returncode
    assert ["crm.customer", "crm.v"] == [
        entry["dataset"] for entry in json.loads((folder / "c.json").read_text("utf-8"))
    ]
    (folder / "tutela.toml").unlink()
    assert "--catalog" in tutela("classify", "s.sql", "--write", cwd=folder).stderr


@pytest.mark.parametrize(
    "options", [("--write", "--check"), ("--prune",), ("--min-coverage", "0.5"), ("--check", "--min-coverage", "95")]
)
def test_options_that_do_not_fit(tutela: Tool, folder: Path, options: tuple[str, ...]) -> None:
    """Options that contradict each other are refused before anything is read."""
    assert 2 == tutela("classify", "s.sql", *options, cwd=folder).returncode
