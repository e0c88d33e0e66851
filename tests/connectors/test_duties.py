"""What `duties` asks about: what rules name, what stands in the registers by then, nothing that no rule is about."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from tutela.connectors.duties import ask_duties
from tutela.engine.authorizer import Authorizer
from tutela.engine.documents import read_document
from tutela.engine.facts import Facts
from tutela.engine.loader import Source, load_policies
from tutela.engine.registers import read_register

if TYPE_CHECKING:
    from tutela.engine.policyset import PolicySet

NOW = "2026-11-20T10:00:00+08:00"
HEAD = "kind: access\nid: house\nactions: [retain]\nrules:\n"
CATALOG = """
- {dataset: crm.customer, system: crm, columns: [{name: mobile, category: personal.contact.phone}]}
- {dataset: crm.price, system: erp, columns: [{name: price, category: null}]}
- {dataset: crm.new, system: lost, columns: [{name: what}]}
- {dataset: crm.bare}
- {dataset: crm.firm, holds: [customers], system: crm, columns: [{name: title, category: organisation.name}]}
"""


def policies(*targets: str) -> PolicySet:
    """Rules that deny what they are about."""
    rules = [f"  - {{id: H-{number}, effect: deny, target: {target}}}\n" for number, target in enumerate(targets)]
    return load_policies([Source("house.yaml", HEAD + "".join(rules))])


def facts(**texts: str) -> Facts:
    """Facts of some registers, each written as YAML."""
    registers: dict[str, Any] = {}
    for name, text in texts.items():
        registers[name], problems = read_register(name, read_document(text, f"{name}.yaml").hidden())
        assert not problems
    return Facts(registers, None, zone=ZoneInfo("Asia/Shanghai"), profile="pipl_strict")


def asked(known: Facts, *targets: str, as_of: str = NOW) -> list[tuple[str, str]]:
    """Types and ids of what is asked as `retain`."""
    found = ask_duties(known, policies(*targets), datetime.fromisoformat(as_of))
    return [(i.request.resource["type"], i.request.resource["id"]) for i in found if i.request.action_name == "retain"]


def test_a_duty_is_asked_about_because_a_rule_names_it() -> None:
    """With or without an entry, each once; what only a register or a condition names is not."""
    done = "- {id: A-1, duty: tea, done_at: '2026-01-01T00:00:00+08:00', by: P-1, result: passed}\n"
    targets = (
        "{resource.type: duty, resource.id: [drill, audit]}",
        "{resource.type: duty, resource.id: drill}",
        "{resource.type: duty}, when: \"resource.id == 'dance'\"",
    )

    assert [("duty", "audit"), ("duty", "drill")] == asked(facts(activities=done), *targets)
    assert [] == asked(facts(activities=done, devices="[]", catalog=CATALOG), "{resource.type: table}")


def test_a_duty_is_found_where_it_was_last_done() -> None:
    """The last activity of the register, or else its plan; none of what nobody ever did."""
    done = "".join(
        f"- {{id: A-{n}, duty: drill, done_at: '2026-0{n}-01T00:00:00+08:00', by: P-1, result: passed}}\n"
        for n in (1, 2)
    )
    plans = "".join(f"- {{id: P-{n}, duty: {n}, version: '1', responsible: []}}\n" for n in ("plan", "drill"))
    known = facts(activities=done, plans=plans)
    rules = policies("{resource.type: duty, resource.id: [drill, plan, tea]}")
    places = {
        item.request.resource["id"]: str(item.location)
        for item in ask_duties(known, rules, datetime.fromisoformat(NOW))
    }

    assert {"drill": "activities.yaml:2:3", "plan": "plans.yaml:1:3", "tea": "None"} == places


def test_data_sets_about_customers() -> None:
    """A column on which there is no word counts, columns that nobody listed, and customers that are organisations."""
    known = facts(catalog=CATALOG, systems="- {id: crm}\n- {id: erp}\n")

    assert [("dataset", name) for name in ("crm.customer", "crm.new", "crm.bare", "crm.firm")] == asked(
        known, "{resource.type: dataset}"
    )
    assert [("system", "crm"), ("system", "lost")] == asked(known, "{resource.type: system}")


RETIRED = "- {id: D, kind: phone, password: true, retired_at: '2026-01-01T00:00:00+08:00'}\n"


@pytest.mark.parametrize(
    "devices",
    [{}, {"devices": "[]"}, {"devices": RETIRED}],
    ids=["no register", "an empty one", "one of what is gone"],
)
def test_an_inventory_without_an_entry_is_asked_about(devices: dict[str, str]) -> None:
    """Silence would be what a company without an inventory is rewarded with; what is asked is not known, and denied."""
    known = facts(**devices)
    rules = load_policies(
        [
            Source("words.yaml", "kind: vocabulary\nresource: {password: boolean}\n"),
            Source(
                "house.yaml",
                f"{HEAD}  - {{id: H, effect: deny, target: {{resource.type: device}}, unless: resource.password}}\n"
                "  - {id: H-0, effect: allow}\n",
            ),
        ]
    )
    (item,) = ask_duties(known, rules, datetime.fromisoformat(NOW))

    assert ("device", "devices") == (item.request.resource["type"], item.request.resource["id"])
    assert ("H",) == Authorizer(rules, known).decide(item.request).reason_ids


def test_what_has_not_come_yet_is_not_asked_about() -> None:
    """Activities, orders and findings from their instant or day on; devices until they are retired."""
    known = facts(
        activities="- {id: A, duty: d, done_at: '2026-11-20T10:00:00+08:00', by: P-1, result: passed}\n",
        audit_orders="- {id: O, ordered_at: '2026-11-20T10:00:00+08:00'}\n",
        audit_findings="- {id: F, source: internal, raised_at: '2026-11-20', status: open}\n",
        devices="- {id: D, kind: phone, retired_at: '2026-11-20T10:00:00+08:00'}\n",
    )
    targets = [f"{{resource.type: {kind}}}" for kind in ("activity", "audit_order", "audit_finding", "device")]

    assert [("activity", "A"), ("audit_order", "O"), ("audit_finding", "F"), ("device", "devices")] == asked(
        known, *targets
    )
    assert [("audit_finding", "F"), ("device", "D")] == asked(known, *targets, as_of="2026-11-20T09:59:59+08:00")
    assert [("device", "D")] == asked(known, *targets, as_of="2026-11-19T23:59:59+08:00")


@pytest.mark.parametrize("people", [{}, {"people": "[]"}], ids=["no register", "an empty one"])
def test_people_of_whom_nobody_is_registered_are_asked_about(people: dict[str, str]) -> None:
    """A rule about everybody in service is not fulfilled because nobody is on record."""
    assert [("employee", "people")] == asked(facts(**people), "{resource.type: employee}")


def test_what_went_out_is_asked_about_whichever_register_says_so() -> None:
    """An application, the record of its transfer, or a receipt: each says that the data is with the recipient."""
    known = facts(
        sharing_requests="[{id: S-SAID, applicant: P-1, status: executed}, {id: S-SENT, applicant: P-1},\n"
        " {id: S-SIGNED, applicant: P-1}, {id: S-PLANNED, applicant: P-1, status: approved}]",
        transfers=f"[{{request_id: S-SENT, sent_at: {NOW!r}, rows: 1, sha256: {'a' * 64}, executor: P-1}}]",
        receipts=f"[{{request_id: S-SIGNED, recipient: R, signed_by: N, signed_at: {NOW!r}}}]",
    )

    assert [("shared_copy", name) for name in ("S-SAID", "S-SENT", "S-SIGNED")] == asked(
        known, "{resource.type: shared_copy}"
    )


def test_people_in_service_and_policies() -> None:
    """Leavers are no longer trained; every policy is asked about with what it cites."""
    person = "- {{id: {0}, name: X, department: d, grade: staff, status: {1}, hired_at: '2020-01-01'}}\n"
    known = facts(people=person.format("P-1", "active") + person.format("P-2", "terminated"))
    found = list(
        ask_duties(
            known,
            policies("{resource.type: [employee, policy]}, basis: [{ref: 合同法52}]"),
            datetime.fromisoformat(NOW),
        )
    )
    retained = [item for item in found if item.request.action_name == "retain"]

    assert [("employee", "P-1"), ("policy", "house")] == [
        (item.request.resource["type"], item.request.resource["id"]) for item in retained
    ]
    assert {"citations": ["合同法"], "uncited_rules": []}.items() <= retained[1].request.resource.items()
    assert "house.yaml:5:5" == str(retained[1].location)
