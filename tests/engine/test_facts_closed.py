"""What cannot be told, or is not said, never lets anything pass: facts in the direction that would allow."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from tutela.engine.authorizer import Authorizer
from tutela.engine.documents import read_document
from tutela.engine.facts import Facts
from tutela.engine.facts_access import declared
from tutela.engine.facts_intake import EventView
from tutela.engine.facts_retention import RowsView
from tutela.engine.facts_standing import GrantView, PolicyView
from tutela.engine.loader import Source, load_policies
from tutela.engine.registers import read_register
from tutela.engine.request import Request
from tutela.project import find_project, load_authorizer

if TYPE_CHECKING:
    from tutela.engine.known import View

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


def asked(view: type[View], known: Facts, properties: dict[str, Any], as_of: str = NOW) -> Any:  # noqa: ANN401 (a view)
    """A view of a resource with some properties."""
    question = SimpleNamespace(
        now=datetime.fromisoformat(as_of), subject={"id": "ci", "roles": ()}, context={}, resource={}, action_name="use"
    )
    return view(known.world, {"id": "x", **properties}, question)  # type: ignore[arg-type]


CONSENT = """
- {id: K1, subject: C1, given_by: subject, type: express, purposes: [sales_marketing],
   given_at: "2025-01-01T00:00:00+08:00", notice_version: n1}
"""
NOTICE = """
- {version: n1, effective_from: "2020-01-01T00:00:00+08:00", purposes: [sales_marketing], categories: [personal]}
"""
CHANNEL = """
- {id: web, kind: website, responsible_employee: e, allowed: [{purpose: sales_marketing, categories: [personal]}],
   status: active}
"""


@pytest.mark.parametrize(("purpose", "covered"), [("sales_marketing", True), ("delivery", False), (None, False)])
def test_an_event_without_a_purpose_has_no_consent(purpose: str | None, covered: bool) -> None:
    """It is not covered by a consent, notice or channel for some other purpose."""
    known = facts(consents=CONSENT, notices=NOTICE, channels=CHANNEL)
    stated = {"subject": "C1", "channel": "web", "categories": ["personal.name"]}
    view = asked(EventView, known, stated | ({"purpose": purpose} if purpose else {}))

    assert covered is view.consented()
    assert covered is not view.uncovered_categories()


@pytest.mark.parametrize(("channel", "refused"), [("sms", True), ("email", False), (None, True)])
def test_a_message_that_names_no_channel_may_go_by_a_refused_one(channel: str | None, refused: bool) -> None:
    """Refused by SMS only."""
    customers = facts(opt_outs='- {id: O1, subject: C1, channel: sms, at: "2026-01-01T00:00:00+08:00"}').world.customers

    assert refused is customers.refuses("C1", "sales_marketing", channel, datetime.fromisoformat(NOW))


@pytest.mark.parametrize("grantee", ["reader", '"Reader"', "`reader`"])
@pytest.mark.parametrize(
    ("privilege", "writes"), [("SELECT", False), ("select (a, b)", False), ("drop", True), ("insert (a)", True)]
)
def test_an_unknown_privilege_changes_data(grantee: str, privilege: str, writes: bool) -> None:
    """A role that only reads gets more than reading, however role and privilege are written."""
    view = asked(
        GrantView, facts(roles="- {id: reader, read_only: true}"), {"grantee": grantee, "privileges": [privilege]}
    )

    assert writes is view.write_to_read_role()


@pytest.mark.parametrize(
    ("as_of", "open_"),
    [
        ("2026-01-31T23:59:59+08:00", False),
        ("2026-02-01T00:00:00+08:00", True),
        ("2026-03-31T23:59:59+08:00", True),
        ("2026-04-01T00:00:00+08:00", False),
    ],
)
def test_a_right_that_is_done_today_was_open_before(as_of: str, open_: bool) -> None:
    """A restriction asked for on 1 February and done on 1 April."""
    text = """
    - {id: R1, type: restrict, subject: C1, received_at: "2026-02-01T00:00:00+08:00", identity_verified: true,
       status: done, done_at: "2026-04-01T00:00:00+08:00"}
    """
    found = facts(rights_requests=text).world.customers.rights("C1", ["restrict"], datetime.fromisoformat(as_of))

    assert open_ is bool(found)


def test_a_change_approved_later_is_not_approved_yet() -> None:
    """Approved in 2030."""
    text = """
    - {policy: p, to_version: v2, author: a, approved_by: [b], approved_at: "2030-01-01T00:00:00+08:00", filed_no: "1",
       effective_from: "2026-01-01T00:00:00+08:00"}
    """
    known = facts(policy_changes=text)

    assert asked(PolicyView, known, {"id": "p", "version": "v2"}).change_approved() is False
    assert asked(PolicyView, known, {"id": "p", "version": "v2"}, "2030-01-01T00:00:00+08:00").change_approved() is True


@pytest.mark.parametrize(
    ("of_rows", "held"), [(["personal.name"], False), (["personal.biometric.face"], True), ([], True)]
)
def test_a_hold_on_some_categories_holds_no_others(of_rows: list[str], held: bool) -> None:
    """A hold for biometrics does not stop the clock of names; rows of unknown categories may hold any."""
    text = """
    - {id: H1, matter: m, scope: {categories: [personal.biometric]}, placed_by: e,
       placed_at: "2026-01-01T00:00:00+08:00"}
    """
    view = asked(RowsView, facts(holds=text), {"dataset": "crm.c", "categories": of_rows})

    assert held is bool(view.holds())


@pytest.mark.parametrize(
    ("as_of", "found"),
    [
        ("2026-01-01T07:59:59+08:00", False),
        ("2026-01-01T08:00:00+08:00", True),
        ("2026-01-04T23:59:59+08:00", True),
        ("2026-01-05T00:00:00+08:00", False),
    ],
)
def test_an_incident_is_declared_before_data_is_closed_off(as_of: str, found: bool) -> None:
    """Detected on the 1st, data closed off on the 3rd, over on the 5th: break-glass rests on the incident."""
    incident = {
        "id": "I", "status": "closed", "detected_at": datetime.fromisoformat("2026-01-01T08:00:00+08:00"),
        "quarantined_at": datetime.fromisoformat("2026-01-03T00:00:00+08:00"),
        "closed_at": datetime.fromisoformat("2026-01-05T00:00:00+08:00"),
    }  # fmt: skip

    assert found is declared(incident, datetime.fromisoformat(as_of))


@pytest.mark.parametrize(
    "columns", [[["id_card_no_enc"]], [None], [7, "full_name"], [{"name": "id_card_no_enc"}], "full_name", 7]
)
def test_columns_that_are_no_list_of_names_are_all_columns(columns: object) -> None:
    """A caller who says them in another form is not taken to have named none that counts."""
    pdp = load_authorizer(find_project(Path(__file__).parents[2] / "examples" / "crm"))

    def allowed(named: object) -> bool:
        body = {
            "subject": {"type": "employee", "id": "E1023"},
            "action": {"name": "read"},
            "resource": {"type": "table", "id": "crm.customer", "properties": {"columns": named}},
            "context": {"purpose": "contract_performance", "row_count": 1, "application": "crm-desktop"},
        }
        at = datetime.fromisoformat("2026-11-20T10:00:00+08:00")
        return pdp.decide(Request.from_json(body, as_of=at, source="test")).allowed

    assert allowed(["full_name"])
    assert not allowed(columns)
