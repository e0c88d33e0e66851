"""A real model in two dialects, loaded into real servers: a live scan finds what a scan of the files finds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import tutela
from tutela.connectors.columns import ask_columns
from tutela.connectors.live import read_live
from tutela.connectors.sources import read_sources
from tutela.engine.authorizer import Authorizer
from tutela.engine.findings import report
from tutela.project import Project, load_classifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tutela.engine.policyset import PolicySet
    from tutela.engine.tables import Column, Schema

SCHEMAS = Path(__file__).parents[3] / "shared" / "corpus" / "schemas"
FILES = {
    "postgres": [
        SCHEMAS / "yudao" / "postgresql" / "ruoyi-vue-pro.sql",
        SCHEMAS / "yudao-crm-erp" / "postgresql" / "crm-postgresql.sql",
        SCHEMAS / "yudao-crm-erp" / "postgresql" / "erp-postgresql.sql",
    ],
    "mysql": [
        SCHEMAS / "yudao" / "mysql" / "ruoyi-vue-pro.sql",
        SCHEMAS / "yudao-crm-erp" / "mysql" / "crm-2024-09-30.sql",
        SCHEMAS / "yudao-crm-erp" / "mysql" / "erp-2024-05-03.sql",
    ],
}
CLASSIFIER = load_classifier(Project(Path()), None)
PARAMETERS = Path(__file__).parents[2] / "tutela" / "starter" / "policies" / "parameters.yaml"

pytestmark = pytest.mark.skipif(not SCHEMAS.is_dir(), reason="no ../shared/corpus beside the repository")


@pytest.fixture(scope="module", params=FILES)
def source(request: pytest.FixtureRequest) -> tuple[str, list[Path], str]:
    """The address of a database with the model, the files that made it, and its schema."""
    files = FILES[request.param]
    texts = [file.read_text(encoding="utf-8") for file in files]
    if request.param == "postgres":
        postgres: Callable[[str, str], str] = request.getfixturevalue("postgres")
        return postgres("yudao", "\n".join(texts)), files, "public"
    mariadb: Callable[[str], str] = request.getfixturevalue("mariadb")
    address = mariadb("CREATE DATABASE yudao; USE yudao;\n" + "\n".join(texts))
    return f"{address}yudao", files, "yudao"


def short(path: str, schema: str) -> str:
    """A name without the schema, which the files leave out, in small letters."""
    return path.removeprefix(f"{schema}.").lower()


def categories(schema: Schema, name: str) -> set[tuple[str, str | None, bool]]:
    """Each column with its category."""
    found = (column for _, column in CLASSIFIER.classify(schema).columns())
    return {(short(c.column.path, name), c.category, c.sensitive) for c in found}


def findings(schema: Schema, policies: PolicySet, name: str) -> set[tuple[str, str]]:
    """Each finding's rule and column or table; rights are the server's, and other tests give some."""
    when = datetime(2026, 11, 20, tzinfo=UTC)
    found = report("lint", Authorizer(policies), ask_columns(schema, CLASSIFIER, when), when)
    kept = [finding for finding in found.findings if finding.resource_type != "grant"]
    return {(finding.rule, short(finding.resource_id, name)) for finding in kept}


def test_live_and_files_agree(source: tuple[str, list[Path], str]) -> None:
    """Tables, columns, comments, categories and findings are the same."""
    address, files, name = source
    live, read = read_live(address), read_sources(files)
    policies = tutela.load("pack:customer-information", PARAMETERS)

    assert described(read, name) == described(live, name)
    assert categories(read, name) == categories(live, name)
    assert findings(read, policies, name) == findings(live, policies, name)


def described(schema: Schema, name: str) -> dict[str, list[tuple[str, str, bool]]]:
    """The columns of each table with comment and nullability, and the table's comment first."""
    return {short(table.path, name): [("", table.comment, True), *_columns(table.columns)] for table in schema.tables}


def _columns(columns: Iterable[Column]) -> Iterable[tuple[str, str, bool]]:
    return ((column.name.lower(), column.comment, column.nullable) for column in columns)
