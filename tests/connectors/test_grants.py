"""Which rights of a schema are asked about, and what the pack says of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

import tutela
from tutela.connectors.grants import ask_grants
from tutela.engine.errors import Location
from tutela.engine.tables import Grant

NOW: Final = datetime(2026, 11, 20, tzinfo=UTC)
PARAMETERS: Final = Path(__file__).parents[2] / "tutela" / "starter" / "policies" / "parameters.yaml"
SCRIPT: Final = """CREATE TABLE customer (id int, full_name text, mobile text);
CREATE TABLE product (id int, price numeric);
GRANT SELECT ON customer TO PUBLIC;
GRANT SELECT ON product TO PUBLIC;
GRANT SELECT ON customer TO sales;
GRANT ALL PRIVILEGES ON customer TO sales;
"""
HELD: Final = {
    "crm.customer": ["personal.contact.phone"],
    "crm.product": [],
    "shop.price": [],
    "lead": ["personal.name.full"],
}

CASES: Final = {
    "crm.customer": True,
    "CRM.Customer": True,
    "crm.product": False,
    "product": False,
    "customer": True,
    "crm.lead": True,
    "crm.*": True,
    "shop.*": False,
    "*.*": True,
    "*": True,
    "crm.unknown": True,
    "other.customer": True,
}
"""The object of a right -> whether it is asked about; what no schema shows may hold anything."""


@pytest.mark.parametrize("dataset", CASES)
def test_rights_on_customer_data_are_asked_about(dataset: str) -> None:
    """Tables without customer data are left out; whole schemas and unknown tables are not."""
    grant = Grant(grantee="PUBLIC", privileges=("SELECT",), location=Location("a.sql", 3, 1), dataset=dataset)
    asked = list(ask_grants([grant], HELD, NOW))

    assert CASES[dataset] == bool(asked)


def test_a_role_that_is_given_is_asked_about() -> None:
    """Whatever tables there are: it may bring any right."""
    grant = Grant(grantee="bob", privileges=(), location=Location("a.sql", 3, 1), role="crm_admin")
    (asked,) = ask_grants([grant], {}, NOW)

    assert ("grant", "crm_admin to bob") == (asked.request.action_name, asked.request.resource["id"])
    assert "crm_admin" == asked.request.resource["role"]
    assert "dataset" not in asked.request.resource


def test_two_rights_on_one_table_are_two_findings() -> None:
    """The same person may read by one statement and write by another: neither hides the other."""
    grants = [
        Grant(grantee="bob", privileges=(right,), location=Location("a.sql", line, 1), dataset="crm.customer")
        for line, right in enumerate(("SELECT", "UPDATE"), 1)
    ]
    first, second = ask_grants(grants, HELD, NOW)

    assert first.key != second.key
    assert [1, 2] == [asked.location.line for asked in (first, second) if asked.location]


def test_lint_tells_rights_for_everybody(tmp_path: Path) -> None:
    """A script that opens customer data to everybody has a finding at the grant; one on other data has none."""
    script = tmp_path / "schema.sql"
    script.write_text(SCRIPT, encoding="utf-8")
    policies = tutela.load("pack:customer-information", PARAMETERS)
    (tmp_path / "registers").mkdir()
    (tmp_path / "registers" / "roles.yaml").write_text("[{id: sales}]", encoding="utf-8")
    facts = tutela.load_facts(tmp_path / "registers", policies=policies)
    report = tutela.lint(policies, script, facts=facts, as_of=NOW)
    found = [(f.location.line, f.resource_id) for f in report.findings if f.rule.startswith("ACC-03") and f.location]

    assert [(3, "customer to PUBLIC"), (6, "customer to sales")] == found
