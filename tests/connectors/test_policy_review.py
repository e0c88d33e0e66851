"""Policies against the registers, and what stands in the registers: schedules, data sets, changes, duties."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import pytest

from tutela.connectors.duties import ask_duties
from tutela.connectors.policy_files import read_policies
from tutela.connectors.policy_review import changes, review, version
from tutela.engine.authorizer import Authorizer
from tutela.engine.documents import read_document
from tutela.engine.facts import Facts
from tutela.engine.loader import Source, load_policies
from tutela.engine.registers import read_register
from tutela.project import find_project, load_facts_of, load_policies_of

if TYPE_CHECKING:
    from tutela.engine.policyset import PolicySet

CRM: Final = Path(__file__).parents[2] / "examples" / "crm"
NOW: Final = datetime.fromisoformat("2026-11-20T10:00:00+08:00")
PROJECT: Final = find_project(CRM)
PARAMETERS: Final = (CRM / "policies" / "parameters.yaml").read_text(encoding="utf-8")
PACK: Final = read_policies(["pack:customer-information"])
BASE: Final = [*PACK, Source("parameters.yaml", PARAMETERS)]
HEAD: Final = "kind: retention\nid: company\nschedules:\n"


@cache
def facts() -> Facts:
    """The registers of the example."""
    found = load_facts_of(PROJECT, load_policies_of(PROJECT))
    assert found is not None
    return found


def schedule(name: str = "RS-1", dataset: str = "crm.customer", **more: str) -> str:
    """One schedule in YAML."""
    parts = {
        "trigger": "{event: end}", "maximum": "P5Y", "on_expiry": "delete", "basis": "[{ref: rule, article: '1'}]",
        **more,
    }  # fmt: skip
    return f"  - {{id: {name}, dataset: {dataset}, " + ", ".join(f"{k}: {v}" for k, v in parts.items()) + "}\n"


def judged(*schedules: str) -> dict[str, list[str]]:
    """Schedule id -> the rules that deny it."""
    problems, asked = review([*BASE, Source("s.yaml", HEAD + "".join(schedules))], None, None, NOW)
    assert [] == [problem.render() for problem in problems]
    return {
        item.request.resource["id"]: [reason.rule for reason in pdp.decide(item.request).reasons]
        for pdp, item in asked
        if not pdp.decide(item.request).allowed
    }


def test_a_minimum_above_the_maximum_is_incoherent() -> None:
    """RET-07, by civil calendar: 36 months are three years."""
    right = [("P3Y", "P3Y"), ("P3Y", "P36M")]
    wrong = [("P3Y1D", "P3Y"), ("P37M", "P3Y"), ("P5Y", "P3Y")]
    schedules = [
        schedule(f"RS-{number}", f"crm.t{number}", minimum=minimum, maximum=maximum)
        for number, (minimum, maximum) in enumerate([*right, *wrong])
    ]

    assert {name: ["RET-07.retention-incoherent"] for name in ("RS-2", "RS-3", "RS-4")} == judged(*schedules)


def test_periods_by_parameter_are_compared_as_bound() -> None:
    """The example binds three years at least and five at most."""
    assert {} == judged(
        schedule(
            minimum="{param: retention.min_years, unit: years}", maximum="{param: retention.max_years, unit: years}"
        )
    )
    assert {"RS-1": ["RET-07.retention-incoherent"]} == judged(
        schedule(
            minimum="{param: retention.max_years, unit: years}", maximum="{param: retention.min_years, unit: years}"
        )
    )


def test_a_statutory_minimum_cites_its_article() -> None:
    """RET-11: without an article it may not defeat a right."""
    bare = schedule(minimum="P3Y", minimum_kind="statutory", basis="[{ref: some law}]")

    assert {"RS-1": ["RET-11.exception-without-legal-basis"]} == judged(bare)
    assert {} == judged(bare.replace("some law}", "some law, article: '31'}"))


def test_a_placeholder_is_one_problem_and_the_rest_is_judged() -> None:
    """R-09: the schedule with `[X]年` does not load; the others of its file are judged all the same."""
    text = HEAD + schedule("RS-1", minimum="P5Y", maximum="P3Y") + schedule("RS-3", "crm.orders", minimum="'[X]年'")
    problems, asked = review([*BASE, Source("s.yaml", text)], None, facts(), NOW)
    denied = {
        (item.request.resource["type"], item.request.resource["id"])
        for pdp, item in asked
        if not pdp.decide(item.request).allowed
    }

    assert ["period-placeholder"] == [problem.code for problem in problems]
    assert 5 == problems[0].location.line
    assert ("schedule", "RS-1") in denied
    assert ("table", "crm.contact_log") in denied
    assert ("table", "crm.orders") not in denied


def test_a_broken_set_is_judged_by_its_problems_only() -> None:
    """Nothing can be asked of policies that do not load: every problem, and no false clean."""
    problems, asked = review([*PACK, Source("s.yaml", HEAD + schedule())], None, None, NOW)

    assert {"parameter-unbound", "parameter-open"} == {problem.code for problem in problems}
    assert len(problems) > 30
    assert [] == asked


@cache
def base() -> PolicySet:
    """The pack with the parameters of the example."""
    return load_policies(BASE)


def gate(**entry: Any) -> list[str]:  # noqa: ANN401 (register fields)
    """What the gate says about one changed policy file with this record."""
    source = Source("house.yaml", "kind: access\nid: house\nrules: []\n")
    record = {
        "policy": "house", "to_version": version(source.text), "author": "E1", "approved_by": ("E2",),
        "filed_no": "BA-1", "effective_from": datetime.fromisoformat("2026-11-01T00:00:00+08:00"), **entry,
    }  # fmt: skip
    world = Facts({"policy_changes": [record]}, None, zone=ZoneInfo("Asia/Shanghai"), profile="pipl_strict")
    (item,) = changes([source], NOW)
    decision = Authorizer(base(), world).decide(item.request)
    return [] if decision.allowed else [reason.rule for reason in decision.reasons]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({}, []),
        ({"to_version": "sha256:other"}, ["OTH-03.policy-change-unapproved", "OTH-04.policy-not-effective"]),
        ({"approved_by": ("E1",)}, ["OTH-03.policy-change-unapproved"]),
        ({"approved_by": ()}, ["OTH-03.policy-change-unapproved"]),
        ({"filed_no": " "}, ["OTH-03.policy-change-unapproved"]),
        ({"effective_from": NOW}, []),
        ({"effective_from": datetime.fromisoformat("2026-11-20T10:00:01+08:00")}, ["OTH-04.policy-not-effective"]),
    ],
)
def test_the_gate_wants_a_record_of_this_very_version(entry: dict[str, Any], expected: list[str]) -> None:
    """Approved by somebody else than the author, filed, and in effect."""
    assert expected == gate(**entry)


def test_duties_ask_about_everything_that_stands() -> None:
    """Every role, person, channel, ticket, exception, request; accounts of leavers; what the second pack is about."""
    asked = list(ask_duties(facts(), load_policies_of(PROJECT), NOW))
    kinds = {item.request.resource["type"] for item in asked}
    accounts = {item.request.resource["id"] for item in asked if item.request.resource["type"] == "account"}

    assert {
        "account", "activity", "audit_finding", "audit_order", "channel", "complaint", "dataset", "device", "duty",
        "employee", "incident", "policy", "rights_request", "role", "shared_copy", "statutory_exception", "system",
    } == kinds  # fmt: skip
    assert {"wuqiang", "zhaolei"} == accounts
    places = [item.location for item in asked]
    assert all(place is not None and (place.line or place.file.endswith(".json")) for place in places)


def test_withdrawals_are_asked_about_where_the_data_had_been_shared() -> None:
    """A withdrawn consent of a customer whose data went out before, at its line; none that stands, none of others."""
    share = {"id": "S-1", "applicant": "E1", "content": {"subjects": {"ids": ["C-1"]}}}
    said: dict[str, list[dict[str, Any]]] = {
        "sharing_requests": [{**share, "executed_at": "2026-10-01T09:00:00+08:00"}],
        "consents": [
            {"id": "CO-1", "subject": "C-1", "withdrawn_at": "2026-11-01T09:00:00+08:00"},
            {"id": "CO-EARLY", "subject": "C-1", "withdrawn_at": "2026-09-30T09:00:00+08:00"},
            {"id": "CO-AHEAD", "subject": "C-1", "withdrawn_at": "2026-12-01T09:00:00+08:00"},
            {"id": "CO-STANDS", "subject": "C-1"},
            {"id": "CO-OTHER", "subject": "C-2", "withdrawn_at": "2026-11-01T09:00:00+08:00"},
        ],
    }
    given = {
        "given_by": "subject", "type": "separate", "purposes": ["p"], "given_at": "2026-01-01T09:00:00+08:00",
        "notice_version": "v1",
    }  # fmt: skip
    said["consents"] = [{**given, **entry} for entry in said["consents"]]
    made = {name: read_register(name, read_document(json.dumps(entries), name))[0] for name, entries in said.items()}
    world = Facts(made, None, zone=ZoneInfo("Asia/Shanghai"), profile="pipl_strict")
    asked, without = (
        [
            item.request.resource["id"]
            for item in ask_duties(world, policies, NOW)
            if item.request.resource["type"] == "consent"
        ]
        for policies in (load_policies_of(PROJECT), base())
    )

    assert ["CO-1"] == asked
    assert [] == without
