"""Gates before data sets, kinds of records, and messages of the send log: what is asked, and what a trial finds."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import pytest
import yaml

from tutela.connectors.policy_files import read_policies
from tutela.connectors.quality import ask_quality
from tutela.engine.authorizer import Authorizer
from tutela.engine.facts import Facts
from tutela.engine.loader import Source, load_policies
from tutela.project import find_project, load_facts_of, load_policies_of

if TYPE_CHECKING:
    from tutela.engine.findings import Asked
    from tutela.engine.policyset import PolicySet

CRM: Final = Path(__file__).parents[2] / "examples" / "crm"
NOW: Final = datetime.fromisoformat("2026-11-20T10:00:00+08:00")
PACK: Final = read_policies(["pack:customer-information"])
BOUND: Final = Source("parameters.yaml", (CRM / "policies" / "parameters.yaml").read_text(encoding="utf-8"))
JUDGE: Final = Source(
    "judge.yaml",
    "kind: vocabulary\nresource: {open_actions: [string]}\n",
)
ALLOWED: Final = Source(
    "allowed.yaml",
    "kind: access\nid: judge\nactions: [retain]\n"
    "rules: [{id: G-1.judged, effect: allow, target: {resource.type: gate}, when: resource.id != ''}]\n",
)
CATALOG: Final = {
    "dataset": "crm.customer",
    "purposes": ("customer_service",),
    "access": {"read": ("rep",)},
    "columns": ({"name": "full_name", "category": "personal.name.full"},),
}
PEOPLE: Final = {
    "id": "E1", "name": "One", "department": "sales", "grade": "staff", "status": "active",
    "hired_at": date(2020, 1, 1), "confidentiality_agreement": {"signed_at": date(2020, 1, 1)},
    "assignments": ({"department": "sales", "role": "clerk", "from": datetime.fromisoformat("2020-01-01T00:00:00Z")},),
}  # fmt: skip


def facts(**registers: list[dict[str, Any]]) -> Facts:
    """One data set, one colleague without a role for it, and a purpose."""
    purposes = [{"id": "customer_service", "categories": ("personal.name",)}]
    known: dict[str, Any] = {"catalog": [CATALOG], "people": [PEOPLE], "purposes": purposes, **registers}
    return Facts(known, None, zone=ZoneInfo("Asia/Shanghai"), profile="pipl_strict")


def policies(*more: str, without: str = "") -> PolicySet:
    """The pack of rules about data, without a file, with house rules."""
    kept = [source for source in PACK if not (without and source.name.endswith(without))]
    house = [Source(f"house-{n}.yaml", text) for n, text in enumerate(more)]
    return load_policies([*kept, BOUND_PACK, JUDGE, ALLOWED, *house])


BOUND_PACK: Final = Source(
    "bound.yaml",
    json.dumps(
        {
            "kind": "parameters",
            "bind": {
                name: value for name, value in yaml.safe_load(BOUND.text)["bind"].items() if not name.startswith("crm.")
            },
        }
    ),
)


def asked(of: PolicySet, known: Facts, kind: str) -> list[Asked]:
    """What is asked about things of a type."""
    return [item for item in ask_quality(Authorizer(of, known), NOW) if item.request.resource["type"] == kind]


def opened(of: PolicySet) -> list[str]:
    """What a trial gets through with, before the one data set."""
    (gate,) = asked(of, facts(), "gate")
    found: list[str] = gate.request.resource["open_actions"]
    return found


def rule(text: str, more: str = "") -> str:
    """A house rule about tables."""
    return f"kind: access\nid: house\n{more}rules: [{{id: H-1.house, target: {{resource.type: table}}, {text}}}]\n"


@pytest.mark.parametrize(
    ("house", "without", "expected"),
    [
        ((), "", []),
        # Everybody in service may read: the stranger is stopped, the colleague is not.
        ((rule("effect: allow, actions: [read], when: subject.employed"),), "", ["read"]),
        ((rule("effect: allow, actions: [read, export], when: resource.personal"),), "", ["read", "export"]),
        # A rule that denies for another reason is no gate.
        (
            (
                rule("effect: allow, actions: [read], when: subject.employed"),
                rule("effect: deny, actions: [read], when: context.row_count == 1").replace("house", "other"),
            ),
            "",
            ["read"],
        ),
        # One that says which approval it wants is.
        (
            (
                rule("effect: allow, actions: [read], when: subject.employed"),
                rule("effect: deny, actions: [read], needs: ['approval:house'], unless: context.request_known").replace(
                    "house", "other"
                ),
            ),
            "",
            [],
        ),
        # Not in effect yet.
        (
            (
                rule(
                    "effect: allow, actions: [read], when: subject.employed",
                    "effective_from: '2026-11-20T10:00:01+08:00'\n",
                ),
            ),
            "",
            [],
        ),
        # No policies on use: nobody may, but no approval would help either.
        ((), "use.yaml", ["use"]),
        ((), "access.yaml", ["read", "export"]),
    ],
)
def test_a_gate_is_tried(house: tuple[str, ...], without: str, expected: list[str]) -> None:
    """Somebody without role and approval is to be stopped because of that, and by the policies."""
    assert expected == opened(policies(*house, without=without))


def test_every_data_set_with_personal_data_has_a_gate_in_the_example() -> None:
    """Fifteen and their copies; the list of events holds nothing personal."""
    project = find_project(CRM)
    of = load_policies_of(project)
    known = load_facts_of(project, of)
    assert known is not None
    gates = asked(of, known, "gate")

    assert {entry["dataset"] for entry in known.registers["catalog"]} - {"crm.marketing_event"} == {
        gate.request.resource["id"] for gate in gates
    }
    assert all(gate.request.resource["open_actions"] == [] for gate in gates)
    assert all(gate.location is not None and gate.location.line for gate in gates)


def test_what_nobody_judges_is_not_asked() -> None:
    """Without rules about gates, kinds and records, only messages of the log are asked about."""
    of = load_policies([*PACK, BOUND_PACK])
    sent = [
        {
            "id": name, "channel": "sms", "message_type": "promotional", "subjects": ("C-1",),
            "sent_at": datetime.fromisoformat(at),
        }
        for name, at in (("M-1", "2026-11-19T10:00:00+08:00"), ("M-2", "2026-11-20T10:00:01+08:00"))
    ]  # fmt: skip
    known = facts(messages=sent)
    found = list(ask_quality(Authorizer(of, known), NOW))

    assert [("message", "M-1")] == [(one.request.resource["type"], one.request.resource["id"]) for one in found]
    assert sent[0]["sent_at"] == found[0].request.as_of


RECORDS: Final = (
    "kind: access\nid: records\nactions: [retain]\nrules:\n"
    "  - {id: R-1.judged, effect: allow, target: {resource.type: [data_quality, record_kind]},\n"
    "     when: resource.id != ''}\n"
)


@pytest.mark.parametrize(
    "columns",
    [(), ({"name": "mobile"},), ({"name": "no", "category": None}, {"name": "mobile"})],
    ids=["no column is declared", "no category", "one category is missing"],
)
def test_data_that_may_be_personal_has_a_gate(columns: tuple[dict[str, str | None], ...]) -> None:
    """Who leaves out what a column holds does not escape the trial, and is let through by the same gap as others."""
    known = facts(catalog=[{**CATALOG, "columns": columns}])
    anybody = rule("effect: allow, actions: [read], when: subject.employed")
    (shut,), (open_,) = asked(policies(), known, "gate"), asked(policies(anybody), known, "gate")

    assert ([], ["read"]) == (shut.request.resource["open_actions"], open_.request.resource["open_actions"])


def test_a_copy_of_itself_is_no_copy() -> None:
    """Records are judged with those that they copy, where there are such."""
    names = {"a": "a", "b": "c", "c": "b", "d": None, "e": "d"}
    known = facts(
        catalog=[
            {**CATALOG, "dataset": name, **({} if source is None else {"copy_of": source})}
            for name, source in names.items()
        ]
    )

    found = asked(policies(RECORDS), known, "data_quality")
    assert ["a", "b", "c", "d"] == [one.request.resource["id"] for one in found]


def test_without_a_catalog_no_records_are_kept() -> None:
    """Every company keeps them: a missing register is no way round the question where."""
    known = facts()
    del known.registers["catalog"]  # type: ignore[attr-defined]

    assert ["customers", "contacts", "visits", "complaints"] == [
        one.request.resource["id"] for one in asked(policies(RECORDS), known, "record_kind")
    ]


def test_without_registers_nothing_is_asked() -> None:
    """There is nothing that could be out of order."""
    assert [] == list(ask_quality(Authorizer(load_policies_of(find_project(CRM))), NOW))
