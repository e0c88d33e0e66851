"""Statements of a log are read in the dialect of its format, unless another one is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import tutela

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Tool = Callable[..., subprocess.CompletedProcess[str]]

NOW = ("--as-of", "2026-11-20T10:00:00+08:00")
GENERAL = (
    "2026-11-06T01:29:34.138000Z\t    5 Connect\tlina@h on crm using TCP/IP\n"
    "2026-11-06T01:29:34.139000Z\t    5 Query\tSELECT `mobile` FROM `customer` LIMIT 2, 1 # one\n"
)
SNOWFLAKE = (
    '{"QUERY_ID":"q","USER_NAME":"lina","START_TIME":"2026-11-06T01:29:34Z","QUERY_TYPE":"SELECT","ROWS_PRODUCED":1,'
    '"QUERY_TEXT":"SELECT mobile FROM crm.customer QUALIFY row_number() OVER (ORDER BY id) = 1"}\n'
)


def _rules(tool: Tool, crm: Path, log: Path, *options: str) -> set[str]:
    done = tool("audit", str(log), *NOW, "--format", "json", *options, cwd=crm)
    assert done.returncode == 1, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return {finding["rule"] for finding in found}


@pytest.mark.parametrize("log", [GENERAL, SNOWFLAKE], ids=["mysql", "snowflake"])
def test_the_format_says_the_dialect_and_an_option_another(tutela: Tool, crm: Path, tmp_path: Path, log: str) -> None:
    """In their own dialect the statements can be read, and the project's, PostgreSQL's, does not count."""
    path = tmp_path / "x.log"
    path.write_text(log, encoding="utf-8")

    assert "unparsed" not in _rules(tutela, crm, path)
    if log is GENERAL:
        assert "unparsed" in _rules(tutela, crm, path, "--dialect", "postgres")


def test_the_library_does_as_the_command(tmp_path: Path) -> None:
    """Also without a project."""
    schema, log = tmp_path / "schema.sql", tmp_path / "x.log"
    schema.write_text("CREATE TABLE crm.customer (id int, mobile text);", encoding="utf-8")
    log.write_text(GENERAL, encoding="utf-8")
    policies = tutela.load("pack:customer-information", Path(tutela.__file__).parent / "starter" / "policies")
    rules = [
        {finding.rule for finding in tutela.audit(policies, log, schemas=[schema], dialect=dialect).findings}
        for dialect in (None, "postgres")
    ]

    assert ["unparsed" in found for found in rules] == [False, True]


def test_an_unknown_dialect_is_one_problem(tutela: Tool, crm: Path) -> None:
    """It says which there are, and nothing is judged."""
    done = tutela("audit", "logs/access.csv", "--dialect", "klingon", cwd=crm)

    assert (2, "") == (done.returncode, done.stdout)
    assert "`klingon` is not a known SQL dialect" in done.stderr
    assert "snowflake" in done.stderr
