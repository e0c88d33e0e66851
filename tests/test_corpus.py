"""Real schemas and logs through the library and the command line: no crash, nothing lost, places right to the line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import tutela
from tutela.connectors.ddl import read_schema
from tutela.connectors.files import read_text
from tutela.connectors.logs import read_log
from tutela.engine.events import Hole
from tutela.project import make_facts
from tutela.taxonomies import load_taxonomy

if TYPE_CHECKING:
    from tutela.engine.model import Finding, Report
    from tutela.engine.policyset import PolicySet
    from tutela.engine.tables import Schema

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
SCHEMAS = CORPUS / "schemas"
YUDAO = SCHEMAS / "yudao-crm-erp" / "mysql" / "crm-2024-09-30.sql"
LOG = CORPUS / "logs" / "pgaudit" / "pgaudit-session.out"
SOURCES = (
    "yudao-crm-erp/mysql/crm-2024-09-30.sql", "ruoyi", "librehealth-ehr/database.sql", "chinook/Chinook_MySql.sql",
    "chinook/Chinook_Oracle.sql", "chinook/Chinook_PostgreSql.sql", "chinook/Chinook_SqlServer.sql",
    "chinook/Chinook_Sqlite.sql",
)  # fmt: skip
NOW = datetime.fromisoformat("2026-11-20T10:00:00+08:00")
PARAMETERS = Path(__file__).parents[1] / "tutela" / "starter" / "policies" / "parameters.yaml"
COLLECTION = {"COL-01.channel-undeclared", "COL-04.column-without-purpose"}
BY_CATEGORY = {
    "COL-03.financial-without-need", "COL-08.auto-capture-undeclared", "COL-16.id-document-uncontrolled",
    "COL-10.sensitive-without-necessity-or-separate-consent", "COL-17.open-ended-profile-without-need",
    "SEC-02.not-encrypted-at-rest",
}  # fmt: skip
"""Findings of some categories only."""
UNDEFINED = "RET-01.retention-undefined"
UNOWNED = "RET-09.lifecycle-gap"

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real schemas and logs is not here")


@cache
def policies() -> PolicySet:
    """The shipped pack with every parameter bound."""
    return tutela.load("pack:customer-information", PARAMETERS)


@cache
def linted(source: str) -> Report:
    """A lint in a company that has declared nothing yet: every personal column is a finding."""
    facts = make_facts({"channels": [], "catalog": []}, policies(), load_taxonomy())
    return tutela.lint(policies(), SCHEMAS / source, facts=facts, as_of=NOW)


@cache
def schema(source: str) -> Schema:
    """The tables of a source."""
    return read_schema([SCHEMAS / source])


def twin(path: Path) -> Path:
    """The same schema for PostgreSQL."""
    found = sorted((path.parent.parent / "postgresql").glob("crm*.sql")) or sorted(
        other for other in path.parent.parent.rglob("*.sql") if "postgres" in str(other.parent).lower()
    )
    return found[0]


def line_of(finding: Finding) -> str:
    """The line that a finding points at."""
    assert finding.location is not None
    return lines_of(finding.location.file)[finding.location.line - 1]


@cache
def lines_of(file: str) -> list[str]:
    """A schema file by lines."""
    return read_text(file, limit=8 << 20).split("\n")


@pytest.mark.parametrize("source", SOURCES)
def test_every_table_and_column_is_asked_about(source: str) -> None:
    """As many questions as columns and tables; nothing is unparsed; every CREATE TABLE line is a table."""
    report, found = linted(source), schema(source)
    columns = sum(len(table.columns) for table in found.tables)
    tables = sum(table.kind == "table" for table in found.tables)
    files = [SCHEMAS / source] if source.endswith(".sql") else sorted((SCHEMAS / source).rglob("*.sql"))
    text = "\n".join(
        re.sub(r"--[^\n]*|/\*(?!!).*?\*/", "", read_text(f, limit=8 << 20), flags=re.DOTALL) for f in files
    )
    created = len(re.findall(r"^[ \t]*CREATE\s+(?:\w+ ){0,2}?TABLE\b", text, re.IGNORECASE | re.MULTILINE))

    assert (columns + tables, 0) == (report.checked, report.unparsed)
    assert created == tables > 0


@pytest.mark.parametrize("source", SOURCES)
def test_places_are_right_to_the_line(source: str) -> None:
    """The line that a finding points at holds the name of its column or table."""
    report = linted(source)
    wrong = [
        (finding.rule, finding.resource_id, str(finding.location))
        for finding in report.findings
        if finding.resource_id.rpartition(".")[2].lower() not in line_of(finding).lower()
    ]

    assert report.findings
    assert [] == wrong


@pytest.mark.parametrize("source", SOURCES)
def test_findings_follow_from_the_categories(source: str) -> None:
    """A company without registers has two findings for each personal column, and two for each table with one."""
    counts: Counter[str] = Counter(finding.rule for finding in linted(source).findings)
    columns = {finding.resource_id for finding in linted(source).findings if finding.rule in COLLECTION}
    tables = {name.rpartition(".")[0] for name in columns}
    kinds = {table.path: table.kind for table in schema(source).tables}

    assert {*COLLECTION, UNDEFINED, UNOWNED} <= set(counts) <= {*COLLECTION, UNDEFINED, UNOWNED, *BY_CATEGORY}
    assert counts["COL-10.sensitive-without-necessity-or-separate-consent"] == counts["SEC-02.not-encrypted-at-rest"]
    assert counts["COL-01.channel-undeclared"] == counts["COL-04.column-without-purpose"] == len(columns)
    assert counts[UNDEFINED] == counts[UNOWNED] == sum(kinds[table] == "table" for table in tables)


def test_twins_have_the_same_findings() -> None:
    """MySQL and PostgreSQL write the same schema: the same rules on the same resources where both have the column."""
    first, second = (str(path.relative_to(SCHEMAS)) for path in (YUDAO, twin(YUDAO)))
    columns = [
        {column.path for table in schema(source).tables for column in table.columns} for source in (first, second)
    ]
    shared = columns[0] & columns[1]
    found = [
        {
            (f.rule, f.resource_id)
            for f in linted(source).findings
            if f.resource_type == "table" or f.resource_id in shared
        }
        for source in (first, second)
    ]

    assert len(shared) > 0.9 * max(map(len, columns))
    assert found[0] == found[1] != set()


def test_the_five_dialects_of_chinook_agree() -> None:
    """The same shop in five dialects: the same rules on the same columns, spelled as each dialect likes."""
    found = [
        {
            (
                f.rule,
                re.sub(
                    r"[^a-z0-9.]",
                    "",
                    f.resource_id.lower().replace("dbo.", "").replace("public.", "").replace("chinook.", ""),
                ),
            )
            for f in linted(source).findings
        }
        for source in SOURCES
        if source.startswith("chinook/")
    ]

    assert 5 == len(found)
    assert all(other == found[0] for other in found[1:])


def test_classify_prints_every_column() -> None:
    """The command line names each column once, as `classify --format json` promises."""
    tool = Path(sys.executable).parent / "tutela"
    done = subprocess.run(
        [tool, "classify", YUDAO, "--format", "json"], capture_output=True, text=True, encoding="utf-8", check=False
    )
    entries: list[dict[str, Any]] = json.loads(done.stdout)["columns"]
    wanted = [
        (table.path, column.name)
        for table in schema(str(YUDAO.relative_to(SCHEMAS))).tables
        for column in table.columns
    ]

    assert 0 == done.returncode
    assert wanted == [(entry["table"], entry["column"]) for entry in entries]
    assert len(set(wanted)) == len(wanted) > 250


def test_audit_of_a_real_pgaudit_log() -> None:
    """No event of the log disappears: each gives a question or is reported as unparsed, at a line with a record."""
    facts = make_facts({"people": [], "catalog": []}, policies(), load_taxonomy())
    events = list(read_log(LOG))
    report = tutela.audit(policies(), LOG, facts=facts, as_of=NOW)
    lines = LOG.read_text("utf-8").split("\n")
    places = {finding.location.line for finding in report.findings if finding.location is not None}
    unparsed = [finding for finding in report.findings if finding.rule == "unparsed"]
    silent = {event.location.line for event in events} - places

    assert len(events) > 100
    assert len(unparsed) == report.unparsed >= sum(isinstance(event, Hole) for event in events)
    assert [] == [line for line in sorted(places) if "AUDIT:" not in lines[line - 1]]
    # Nobody in the log is registered, so whatever touches a table is a finding; three reads are of constants only.
    reads = [lines[line - 1] for line in sorted(silent) if re.search(r",(READ|WRITE),", lines[line - 1])]
    ends = ('"SELECT 1,', '"SELECT 1,', "explain select 1,<none>")
    assert [True] * 3 == [read.endswith(constant) for read, constant in zip(reads, ends, strict=True)]
