"""Resources of a project's own types, and which entities the registers know."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tutela.engine.authorizer import Authorizer
from tutela.engine.documents import read_document
from tutela.engine.entities import HOMES, known_resources, known_subjects
from tutela.engine.explain import entries
from tutela.engine.facts import RESOURCES, Facts
from tutela.engine.loader import Source, load_policies
from tutela.engine.register_checks import check_registers
from tutela.engine.registers import ENTRIES, read_register
from tutela.engine.request import Request

NOW = datetime(2026, 11, 20, tzinfo=UTC)
WORDS = """
kind: vocabulary
actions: [can_sign]
resource:
  status: {type: string, nullable: true, masked: false}
"""
POLICY = """
kind: access
id: signing
actions: [can_sign]
rules:
  - id: SIGN-1.draft
    effect: allow
    when: resource.status == 'draft'
"""
PERSON = {"name": "X", "department": "d", "grade": "staff", "status": "active", "hired_at": "2020-01-01"}
REGISTERS: dict[str, list[dict[str, Any]]] = {
    "people": [{"id": "p1", **PERSON, "accounts": ["wang", "w"]}, {"id": "p2", **PERSON}],
    "service_accounts": [{"id": "svc", "owner": "p2"}],
    "catalog": [{"dataset": "crm.customer", "columns": [{"name": "mobile"}]}, {"dataset": "crm.note"}],
    "roles": [{"id": "sales"}],
    "policy_changes": [],
    "activities": [
        {"id": "a1", "duty": "drill", "done_at": "2026-01-01T00:00:00+08:00", "by": "p1", "result": "passed"},
        {"id": "a2", "duty": "drill", "done_at": "2026-02-01T00:00:00+08:00", "by": "p1", "result": "passed"},
    ],
    "plans": [{"id": "l1", "duty": "incident_plan", "version": "1", "responsible": ["p1"]}],
    "resources": [
        {"type": "paper", "id": "a", "properties": {"status": "draft"}},
        {"type": "paper", "id": "b", "properties": {"status": "final"}},
        {"type": "paper", "id": "c"},
        {"type": "book", "id": "a", "properties": {"id": "z", "type": "paper", "status": "draft"}},
    ],
}


@pytest.fixture(scope="module")
def pdp() -> Authorizer:
    """A decision point that knows three papers and a book."""
    read = {name: read_register(name, read_document(json.dumps(rows), name)) for name, rows in REGISTERS.items()}
    assert [] == [problem for _, problems in read.values() for problem in problems]
    facts = Facts({name: found for name, (found, _) in read.items()}, None, zone=ZoneInfo("UTC"), profile="pipl_strict")
    return Authorizer(load_policies([Source("words", WORDS), Source("policy", POLICY)]), facts)


def told(text: str) -> list[str]:
    """What the check of registers says about a register of resources."""
    found, problems = read_register("resources", read_document(text, "resources"))
    return [f"{p.location} {p.code} {p.message()}" for p in (*problems, *check_registers({"resources": found}))]


@pytest.mark.parametrize(
    ("kind", "name", "stated", "allowed"),
    [
        ("paper", "a", {}, True),
        ("paper", "a", {"status": "final"}, True),
        ("paper", "b", {"status": "draft"}, False),
        ("paper", "c", {"status": "draft"}, True),
        ("paper", "c", {}, False),
        ("book", "a", {}, True),
        ("paper", "unknown", {"status": "draft"}, True),
    ],
)
def test_what_is_registered_wins(pdp: Authorizer, kind: str, name: str, stated: dict[str, Any], allowed: bool) -> None:
    """A registered attribute counts, one that only the caller states counts where no register speaks."""
    resource = {"type": kind, "id": name, "properties": stated}
    decision = pdp.decide(Request({"type": "user", "id": "wang"}, "can_sign", resource, as_of=NOW))

    assert allowed is decision.allowed
    assert (kind, name) == (decision.question.resource["type"], decision.question.resource["id"])


def test_the_entry_is_evidence(pdp: Authorizer) -> None:
    """An explanation names the entry of this type, not another of the same id."""
    decision = pdp.decide(Request({"type": "user", "id": "wang"}, "can_sign", {"type": "book", "id": "a"}, as_of=NOW))

    found = [used for used in entries(pdp, decision) if used.register == "resources"]

    column = json.dumps(REGISTERS["resources"]).index('{"type": "book"') + 1
    assert [f"resources:1:{column}"] == [str(used.location) for used in found]


def test_entities_are_listed_by_type(pdp: Authorizer) -> None:
    """Every name that counts as a subject or resource of a type, sorted; none of a type that nobody declares."""
    assert isinstance(pdp.facts, Facts)
    world = pdp.facts.world
    subjects = {kind: known_subjects(world, kind) for kind in ("employee", "user", "account", "service", "spaceship")}
    kinds = (
        "table",
        "column",
        "record_group",
        "role",
        "paper",
        "book",
        "account",
        "policy",
        "grant",
        "other",
        "duty",
        "dataset",
    )
    resources = {kind: known_resources(world, kind) for kind in kinds}

    assert {
        "employee": ["p1", "p2"],
        "user": ["p1", "p2", "svc", "w", "wang"],
        "account": ["svc", "w", "wang"],
        "service": ["svc"],
        "spaceship": [],
    } == subjects
    assert {
        "table": ["crm.customer", "crm.note"],
        "column": ["crm.customer.mobile"],
        "record_group": ["crm.customer", "crm.note"],
        "role": ["sales"],
        "paper": ["a", "b", "c"],
        "book": ["a"],
        "account": ["svc", "w", "wang"],
        "policy": [],
        "grant": [],
        "other": [],
        "duty": ["drill", "incident_plan"],
        "dataset": ["crm.customer", "crm.note"],
    } == resources


def test_every_type_that_has_a_view_has_a_home() -> None:
    """The types of `resources` are those that no view looks at; homes are registers."""
    assert set(RESOURCES) == set(HOMES)
    assert {name for homes in HOMES.values() for name in homes} <= set(ENTRIES)


def test_a_resource_is_registered_once_and_where_it_belongs() -> None:
    """The same type and id twice is told, and so is a type with registers of its own."""
    text = "- {type: table, id: a}\n- {type: paper, id: a}\n- {type: book, id: a}\n- {type: paper, id: a}\n"

    assert [
        "resources:1:10 register-resource-type resources of the type `table` are not declared here",
        "resources:4:21 register-duplicate `a` is registered twice (first at resources:2:21)",
    ] == told(text)
