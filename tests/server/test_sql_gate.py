"""The gate for statements over HTTP: what it answers, and that an audit of the same statement says the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, given, settings

from tutela.connectors.sql_gate import LONGEST
from tutela.engine.errors import Location
from tutela.engine.events import Event
from tutela.engine.findings import Asked
from tutela.engine.request import Request
from tutela.project import find_project, load_authorizer
from tutela.server.load import load_gate
from tutela.server.openapi import document

if TYPE_CHECKING:
    from collections.abc import Callable

CRM = Path(__file__).parents[2] / "examples" / "crm"
CASES = yaml.safe_load(Path(__file__).with_name("statements").joinpath("cases.yaml").read_text("utf-8"))
EVALUATE, REWRITE = "/v1/sql/evaluate", "/v1/sql/rewrite"
WHO = {"type": "employee", "id": "E1023"}
READ = "SELECT full_name, mobile FROM crm.customer WHERE id = 7"
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def crm(serve: Callable[..., Any]) -> Any:  # noqa: ANN401 (a service that runs)
    """The service of the example project."""
    return serve(cwd=CRM)


def test_no_statement_stands_in_the_log(start: Callable[..., Any]) -> None:
    """Nor does one that the parser does not know, and would warn of with its text."""
    service = start("--access-log", cwd=CRM)
    for text in ("CALL f('13800138000')", "LOCK TABLE crm.customer -- 13800138000", "SET ROLE '13800138000'"):
        asked = {"subject": WHO, "statement": text, "context": {"row_count": 1}}
        for path in (EVALUATE, REWRITE):
            assert service.ask(path, asked).json["decision"] is False
    service.stop()
    assert "endpoint=/v1/sql/evaluate" in service.said
    assert "13800138000" not in service.said
    assert "Falling back" not in service.said


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_statement(crm: Any, case: dict[str, Any]) -> None:  # noqa: ANN401
    """The decision as a whole, by table and by column."""
    body: dict[str, Any] = {"subject": {"type": "employee", "id": case["subject"]}, "statement": case["statement"]}
    if "purpose" in case:
        body["purpose"] = case["purpose"]
    if "rows" in case:
        body["context"] = {"row_count": case["rows"], "application": "crm-desktop"}
    reply = crm.ask(EVALUATE, body)
    assert reply.status == 200
    found, context = reply.json, reply.json["context"]
    assert found["decision"] is case["decision"], context
    tables = {table["dataset"]: table for table in context["tables"]}
    if "tables" in case:
        assert {name: table["decision"] for name, table in tables.items()} == case["tables"]
    if "columns" in case:
        (table,) = tables.values()
        assert {column["name"]: column["decision"] for column in table["columns"]} == case["columns"]
    if "how" in case:
        (table,) = tables.values()
        assert {column["name"]: column["how"] for column in table["columns"]} == case["how"]
    rules = [reason["rule"] for table in tables.values() for reason in table["reasons"]]
    assert set(case.get("rules", ())) <= set(rules)
    assert context["resolved"] is case.get("resolved", context["resolved"])
    assert context.get("error", {}).get("code") == case.get("error")
    assert context["policy_digest"].startswith("sha256:")
    assert ("evaluation_id" in context) is bool(tables)
    assert case["statement"] not in reply.body.decode()


def test_the_gate_says_what_an_audit_says() -> None:
    """The same statement by the same person at the same time, once asked before and once found in a log."""
    project = find_project(CRM, required=True)
    authorizer = load_authorizer(project)
    gate = load_gate(project, authorizer, NOW)
    assert gate
    accesses = gate.accesses
    for case in CASES:
        context = {"row_count": case["rows"]} if "rows" in case else {}
        account = {"E1023": "wangfang", "E1041": "hanmeimei", "E9999": "nobody"}[case["subject"]]
        subject = {"type": "account", "id": account}
        request = Request(subject, "read", {"type": "table", "id": "*"},
                          {**context, "purpose": case.get("purpose", "")}, as_of=NOW)  # fmt: skip
        event = Event(id="x", location=Location("log", 1, 1), account=account, at=NOW, sql=case["statement"],
                      purpose=case.get("purpose", ""), row_count=case.get("rows"))  # fmt: skip
        asked = list(accesses.ask([event]))
        logged = all(isinstance(item, Asked) and authorizer.decide(item.request).allowed for item in asked)
        gated = gate.evaluate(case["statement"], request)
        # A command that touches no table is no access; before it runs, nobody can say that it may.
        assert logged is (gated.allowed or not asked), case["name"]


def test_a_rewritten_query_comes_back(crm: Any) -> None:  # noqa: ANN401
    """With what is left to be done; the caller runs it instead of its own."""
    reply = crm.ask(REWRITE, {"subject": WHO, "purpose": "contract_performance", "statement": READ,
                              "context": {"row_count": 5, "application": "crm-desktop"}})  # fmt: skip
    assert reply.status == 200
    context = reply.json["context"]
    assert reply.json["decision"] is True, context
    assert "LIMIT 5" in context["statement"]
    assert [table["dataset"] for table in context["tables"]] == ["crm.customer"]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("DELETE FROM crm.customer", "rewrite-not-query"),
        ("SELECT FROM WHERE", "statement-not-parsed"),
        ("SELECT f(1)", None),
    ],
)
def test_what_is_no_query_is_not_rewritten(crm: Any, statement: str, code: str | None) -> None:  # noqa: ANN401
    """The answer is a denial that says why; there is nothing to run."""
    reply = crm.ask(REWRITE, {"subject": WHO, "statement": statement})
    context = reply.json["context"]
    assert (200, False) == (reply.status, reply.json["decision"])
    assert "statement" not in context
    assert code is None or context["error"]["code"] == code


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "$.subject"),
        ({"subject": WHO}, "$.statement"),
        ({"subject": WHO, "statement": 5}, "$.statement"),
        ({"subject": WHO, "statement": " "}, "$.statement"),
        ({"subject": WHO, "statement": "x" * (LONGEST + 1)}, None),
        ({"subject": WHO, "statement": READ, "purpose": 1}, "$.purpose"),
        ({"subject": WHO, "statement": READ, "database": []}, "$.database"),
        ({"subject": {"type": "employee"}, "statement": READ}, "$.subject.id"),
        ({"subject": WHO, "statement": READ, "context": 1}, "$.context"),
    ],
)
@pytest.mark.parametrize("path_of", [EVALUATE, REWRITE])
def test_wrong_bodies(crm: Any, path_of: str, body: dict[str, Any], path: str | None) -> None:  # noqa: ANN401
    """400, with the place; what is too large for a body at all is 413."""
    reply = crm.ask(path_of, body)
    assert reply.status == (413 if path is None else 400)
    assert path is None or reply.json["error"]["path"] == path
    assert "decision" not in json.loads(reply.body)


def test_without_a_schema_there_is_no_gate(service: Any) -> None:  # noqa: ANN401
    """404 says what to do."""
    reply = service.ask(EVALUATE, {"subject": WHO, "statement": READ}, headers={"Accept-Language": "zh"})
    assert (404, "sql-gate-none") == (reply.status, reply.json["error"]["code"])
    assert "schemas" in reply.json["error"]["help"]


@pytest.mark.parametrize("path", [EVALUATE, REWRITE])
@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_generated_bodies_never_harm(crm: Any, path: str, mode: str) -> None:  # noqa: ANN401
    """Whatever a body is: an answer that is described, never 500, and nothing that touches a table is permitted."""
    schema: Any = schemathesis.openapi.from_dict(document(), config=schemathesis.Config())
    generated: Any = schema[path]["POST"].as_strategy(
        generation_mode=getattr(schemathesis.GenerationMode, mode.upper())
    )
    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much]

    @settings(max_examples=40, deadline=None, database=None, suppress_health_check=slow)
    @given(generated)
    def ask(case: Any) -> None:  # noqa: ANN401 (a case of schemathesis)
        try:
            body = json.dumps(case.body).encode()
        except (TypeError, ValueError):
            return
        reply = crm.ask(path, body)
        assert reply.status in (200, 400), reply
        if reply.status == 200 and reply.json["decision"]:
            assert not reply.json["context"]["tables"]

    ask()
