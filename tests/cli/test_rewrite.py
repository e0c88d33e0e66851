"""`tutela rewrite`: a statement alone on the standard output, or reasons and an exit status that say why not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

HEAD = ("--subject", "E0088", "--as-of", "2026-11-20T10:00:00+08:00")
ANALYSIS = (*HEAD, "--purpose", "data_analysis", "--rows", "10")
QUERY = "SELECT full_name, customer_class FROM crm.customer"
MASKED = (
    """SELECT full_name, customer_class FROM (SELECT '***' AS "full_name", "tutela"."customer_class" AS """
    """"customer_class" FROM "crm"."customer" AS "tutela") AS customer LIMIT 10\n"""
)


@pytest.fixture
def rewrite(tutela: Callable[..., subprocess.CompletedProcess[str]], crm: Path) -> Callable[..., tuple[int, str, str]]:
    """Run the command in the example project: exit status, output, messages."""

    def call(*args: str, stdin: str = "", cwd: Path = crm) -> tuple[int, str, str]:
        done = tutela("rewrite", *args, cwd=cwd, stdin=stdin)
        return done.returncode, done.stdout, done.stderr

    return call


def test_a_masked_statement(rewrite: Callable[..., tuple[int, str, str]]) -> None:
    """The purpose does not need to know who the customers are: names are masked, the rest is told beside."""
    assert rewrite(*ANALYSIS, QUERY) == (0, MASKED, "still to be done by the caller: log_use (crm.customer)\n")
    assert rewrite(*ANALYSIS, "--lang", "zh", "-", stdin=QUERY)[:2] == (0, MASKED)


def test_a_statement_for_another_purpose(rewrite: Callable[..., tuple[int, str, str]]) -> None:
    """Who has to know sees the names."""
    status, sql, _ = rewrite(*HEAD, "--purpose", "contract_performance", "--rows", "5", QUERY)

    assert status == 0
    assert '"tutela"."full_name" AS "full_name"' in sql


def test_a_denial_and_a_refusal(rewrite: Callable[..., tuple[int, str, str]]) -> None:
    """Reasons never stand where a statement is expected."""
    status, out, told = rewrite("--subject", "E9999", "--rows", "10", QUERY)
    assert (status, out) == (1, "")
    assert "crm.customer may not be read:" in told
    assert "ACC-01.not-authorised" in told

    status, out, told = rewrite(*ANALYSIS, "COPY crm.customer TO STDOUT", "--lang", "zh")
    assert (status, out) == (1, "")
    assert told == "statement: rewrite-not-query 只能改写单个查询语句,而这是 EXPORT\n"


def test_json(rewrite: Callable[..., tuple[int, str, str]]) -> None:
    """One document, whatever came of it."""
    status, out, _ = rewrite(*ANALYSIS, "-f", "json", QUERY)
    made = json.loads(out)
    assert (status, made["allowed"], made["sql"], made["refused"]) == (0, True, MASKED.rstrip("\n"), None)
    assert made["obligations"] == [{"table": "crm.customer", "kind": "log_use", "args": {}}]
    assert [(each["table"], each["decision"]["effect"]) for each in made["tables"]] == [("crm.customer", "allow")]

    status, out, _ = rewrite(*ANALYSIS, "-f", "json", "SELECT pg_sleep(1)")
    made = json.loads(out)
    assert (status, made["sql"], made["refused"]["code"]) == (1, None, "rewrite-function")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((*HEAD, "-"), "no query in the input"),
        ((QUERY,), "Missing option '--subject'"),
        ((*HEAD, "--dialect", "mysql", QUERY), "Invalid value for '--dialect'"),
        ((*HEAD, "--context", "purpose", QUERY), "is not NAME=TEXT"),
        ((*HEAD, "--schema", "none.sql", QUERY), "none.sql"),
        ((*HEAD, "--rows", "-1", QUERY), "--rows"),
    ],
)
def test_bad_input(rewrite: Callable[..., tuple[int, str, str]], arguments: tuple[str, ...], told: str) -> None:
    """What cannot be done has the exit status 2, and nothing on the standard output."""
    status, out, messages = rewrite(*arguments)

    assert (status, out) == (2, "")
    assert told in messages


def test_a_project_whose_dialect_is_not_proven(rewrite: Callable[..., tuple[int, str, str]], copy: Path) -> None:
    """The dialect of the project counts, and one that was never compared is not guessed about."""
    settings = copy / "tutela.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('"postgres"', '"mysql"'), encoding="utf-8")
    status, out, messages = rewrite(*HEAD, QUERY, cwd=copy)

    assert (status, out) == (2, "")
    assert "rewrite-dialect" in messages
