"""What cannot be told, or is not said, never lets anything pass: facts in the direction that would allow."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tutela.engine.authorizer import Authorizer
from tutela.engine.documents import read_document
from tutela.engine.facts import Facts
from tutela.engine.loader import Source, load_policies
from tutela.engine.registers import read_register
from tutela.engine.request import Request

ZONE = ZoneInfo("Asia/Shanghai")
NOW = "2026-07-01T00:00:00+08:00"


def facts(**texts: str) -> Facts:
    """Facts of some registers, each written as YAML."""
    registers: dict[str, Any] = {}
    for name, text in texts.items():
        entries, problems = read_register(name, read_document(text, f"{name}.yaml").hidden())
        assert not problems
        registers[name] = entries
    return Facts(registers, None, zone=ZONE, profile="pipl_cn")


def request(action: str, type_: str, properties: dict[str, Any], as_of: str = NOW, id_: str = "x.y.z") -> Request:
    """Somebody asks for something."""
    resource = {"type": type_, "id": id_, "properties": properties}
    body = {"subject": {"type": "service", "id": "ci"}, "action": {"name": action}, "resource": resource}
    return Request.from_json(body, as_of=datetime.fromisoformat(as_of), source="test")


VOCABULARY = """
kind: vocabulary
resource:
  category: {type: string, nullable: true}
"""
POLICY = """
kind: access
id: p
rules:
  - {id: A.allow, effect: allow, actions: [collect], target: {resource.type: column}}
  - {id: A.deny, effect: deny, actions: [collect], target: {resource.type: column, resource.category: 'personal.*'}}
"""


@pytest.mark.parametrize(("category", "effect"), [("personal.name", "deny"), (5, "deny"), (None, "allow")])
def test_a_fact_that_cannot_be_found_is_not_null(category: object, effect: str) -> None:
    """A deny rule's target that may be null: null does not fit, what cannot be found might."""
    policies = load_policies([Source("v", VOCABULARY), Source("p", POLICY)])
    pdp = Authorizer(policies, facts(catalog="- {dataset: crm.c, columns: []}\n"))
    decision = pdp.decide(request("collect", "column", {"category": category}, id_="crm.c.x"))

    assert effect == decision.effect
    assert (category == 5) is bool(decision.errors)
