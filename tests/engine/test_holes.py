"""Ways round the rules that a review found: each stays closed."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from tutela.connectors.policy_files import read_policies
from tutela.engine.authorizer import Authorizer
from tutela.engine.documents import read_document
from tutela.engine.facts import Facts
from tutela.engine.facts_approvals import request_hash
from tutela.engine.loader import Source, load_policies
from tutela.engine.registers import ENTRIES, read_register
from tutela.engine.request import Request
from tutela.engine.taxonomy import Taxonomy

ROOT = Path(__file__).parents[2]
NOW = datetime.fromisoformat("2026-11-20T10:00:00+08:00")
PACK_TESTS = ROOT / "policies" / "customer-information" / "tests"
PARAMETERS = yaml.safe_load((PACK_TESTS / "sharing_test.yaml").read_text("utf-8"))["parameters"]
SCHEDULES = Source(
    "schedules.yaml",
    "kind: retention\nid: s\nschedules:\n  - {id: RS-1, dataset: crm.customer, trigger: {event: end}, minimum: P3Y,"
    " maximum: P5Y, on_expiry: delete, basis: [{ref: rule}]}\n",
)
POLICIES = load_policies([*read_policies(["pack:customer-information"]), SCHEDULES], PARAMETERS)
TAXONOMY = Taxonomy.from_data(read_document((ROOT / "policies" / "taxonomy.yaml").read_text("utf-8"), "t").data)

PERSON: dict[str, Any] = {"department": "sales", "grade": "staff", "status": "active", "hired_at": "2020-01-01",
                          "confidentiality_agreement": {"signed_at": "2020-01-01"}}  # fmt: skip
PURPOSES: list[dict[str, Any]] = [
    {"id": "p", "categories": ["personal.name", "personal.contact", "personal.government_id"]}
]
PEOPLE: list[dict[str, Any]] = [
    {"id": "E1", "name": "a", **PERSON, "roles": ["rep"]},
    {"id": "E2", "name": "b", **PERSON, "grade": "head", "accounts": ["head"]},
    {"id": "E3", "name": "c", **PERSON, "grade": "senior", "department": "board"},
    {"id": "E4", "name": "d", **PERSON, "department": "customer_information"},
]
HEADS: list[dict[str, Any]] = [
    {"code": "sales", "head_history": [{"employee": "E2", "from": "2020-01-01T00:00:00+08:00"}]}
]
CATALOG: list[dict[str, Any]] = [
    {
        "dataset": "crm.customer",
        "access": {"read": ["rep"], "export": ["rep"]},
        "columns": [
            {"name": "id", "category": None},
            {"name": "mobile", "category": "personal.contact.phone.mobile"},
            {"name": "id_card", "category": "personal.government_id.resident_id"},
        ],
    },
    {"dataset": "crm.secret"},
]
FORM: dict[str, Any] = {
    "id": "SHR-1", "applicant": "E1", "department": "sales", "purpose": "p", "purpose_text": "delivery of goods",
    "recipient": {"kind": "internal_department", "id": "marketing"},
    "period": {"from": "2026-11-01", "to": "2026-12-31"},
    "content": {"categories": ["personal.name.full"], "subjects": {"count": 3}}, "responsible_employee": "E1",
    "transfer": {"channel": "internal_system"}, "submitted_at": "2026-11-01T10:00:00+08:00",
    "important_customers": False,
}  # fmt: skip
USE: dict[str, Any] = {
    "id": "USE-1", "applicant": "E1", "department": "sales", "purpose": "p", "purpose_text": "calling customers",
    "scope": {
        "categories": ["personal.contact"], "customers": {"estimated_count": 9}, "export": True, "max_rows": 2000,
    },
    "period": {"from": "2026-11-01", "to": "2026-12-31"}, "submitted_at": "2026-11-01T10:00:00+08:00",
    "important_customers": False,
}  # fmt: skip


def entries(name: str, raw: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Typed register entries; a problem in them is a mistake of the test."""
    found, problems = read_register(name, read_document(json.dumps(raw), name))

    assert [] == problems
    return found


def hashed(form: dict[str, Any]) -> str:
    """The hash that an approval of a form carries."""
    name = "use_requests" if "scope" in form else "sharing_requests"
    return request_hash(entries(name, [form])[0])


def approved(form: dict[str, Any], *, levels: tuple[int, ...] = (1,), **change: object) -> list[dict[str, Any]]:
    """Approvals of a form by those who should sign it."""
    approvers = {1: "E2", 2: "E3"}
    base = {"request_id": form["id"], "request_hash": hashed(form), "decision": "approve"}
    at = "2026-11-02T10:00:00+08:00"
    return [
        {"id": f"A-{level}", **base, "level": level, "approver": approvers[level], "at": at, **change}
        for level in levels
    ]


def filed(form: dict[str, Any]) -> dict[str, Any]:
    """The filing of a form."""
    at = "2026-11-03T10:00:00+08:00"
    return {"request_id": form["id"], "filed_by": "E4", "filed_at": at, "register_no": "1"}


def decide(request: dict[str, Any], **registers: list[dict[str, Any]]) -> tuple[str, set[str]]:
    """Effect and reasons, with these registers beside those of every test."""
    raw: dict[str, list[dict[str, Any]]] = {
        "people": PEOPLE, "departments": HEADS, "catalog": CATALOG, "purposes": PURPOSES, **registers,
    }  # fmt: skip
    typed = {name: entries(name, raw[name]) for name in ENTRIES if name in raw}
    facts = Facts(typed, TAXONOMY, zone=ZoneInfo("Asia/Shanghai"), profile="pipl_strict")
    decision = Authorizer(POLICIES, facts).decide(Request.from_json(request, as_of=NOW))
    return decision.effect, {reason.rule for reason in decision.reasons}


def ask(
    action: str, kind: str, name: str, who: str = "E1", context: dict[str, Any] | None = None, **properties: object
) -> dict[str, Any]:
    """A request in its JSON form, for a registered purpose."""
    return {
        "subject": {"type": "employee", "id": who},
        "action": {"name": action},
        "resource": {"type": kind, "id": name, "properties": properties},
        "context": {"purpose": "p", **(context or {})},
    }


def share(form: dict[str, Any], approvals: list[dict[str, Any]] | None = None, **more: Any) -> str:  # noqa: ANN401 (JSON)
    """The effect of sharing a registered, approved and filed form."""
    signed = approved(form) if approvals is None else approvals
    request = ask("share", "sharing_request", form["id"])
    return decide(request, sharing_requests=[form], approvals=signed, filings=[filed(form)], **more)[0]


def test_the_form_of_these_tests_is_allowed() -> None:
    """Otherwise the denials below would show nothing."""
    assert "allow" == share(FORM)


@pytest.mark.parametrize("kind", ["table", "row", "Record_group"])
def test_only_groups_of_rows_are_erased(kind: str) -> None:
    """Nothing else has holds and minimums, so nothing else is erased."""
    assert "deny" == decide(ask("erase", kind, "crm.customer"))[0]


@pytest.mark.parametrize("applicant", ["head", "E2 ", "E7777", "E2"])
def test_nobody_approves_for_himself_by_another_name(applicant: str) -> None:
    """An account, a blank or an unknown name instead of one's own id does not hide who applies."""
    assert "deny" == share({**FORM, "applicant": applicant})


def test_approvals_inside_an_unregistered_form_count_for_nothing() -> None:
    """Where approvals and filings have registers, an applicant cannot bring his own."""
    typed = entries("sharing_requests", [{**FORM, "approvals": approved(FORM), "filing": filed(FORM)}])[0]
    request = ask("share", "sharing_request", "SHR-1")
    request["resource"]["properties"] = {"form_content": typed}
    effect, reasons = decide(request, approvals=[], filings=[])

    assert "deny" == effect
    assert {"SHR-03.sharing-not-authorised", "SHR-12.not-filed"} <= reasons


def test_a_caller_cannot_state_what_only_registers_know() -> None:
    """Neither approvals of an unknown application, nor an approved request that nobody named, nor a known table."""
    flags = {"stands": True, "matches_request": True, "in_office": True, "by_applicant": False}
    signed = {
        "id": "A",
        "level": 1,
        "decision": "approve",
        "approver": "E2",
        "at": "2026-11-02T10:00:00+08:00",
        **flags,
    }
    lent: dict[str, Any] = {
        "approvals": [signed],
        "recipient_kind": "internal_department",
        "filed_by_department": "customer_information",
    }
    context = {"row_count": 100_000, "request_export": True, "request_covers": True, "request_max_rows": 10**9}

    assert "deny" == decide(ask("share", "sharing_request", "SHR-9", **lent))[0]
    assert "deny" == decide(ask("read", "table", "crm.customer", context=context, columns=["mobile"]))[0]
    assert "deny" == decide(ask("read", "table", "no.such", known=True, personal=False))[0]


@pytest.mark.parametrize(
    ("action", "properties"),
    [
        ("read", {"columns": []}),
        ("export", {"columns": []}),
        ("grant", {"columns": ["id"]}),
        ("delete", {"columns": ["id"]}),
        ("read", {"columns": ['"mobile"'], "known": True}),
        ("read", {"columns": ["mobile "], "known": True}),
        ("read", {"columns": ["shadow"], "known": True}),
    ],
)
def test_columns_left_out_or_misspelt_are_personal(action: str, properties: dict[str, Any]) -> None:
    """Somebody without a role gets at no personal data by not saying which columns, or saying them wrong."""
    assert "deny" == decide(ask(action, "table", "crm.customer", "E4", {"row_count": 1}, **properties))[0]


def test_a_catalog_entry_without_columns_is_personal() -> None:
    """Nobody said what is in it."""
    assert "deny" == decide(ask("read", "table", "crm.secret", "E4", {"row_count": 1}))[0]


@pytest.mark.parametrize("category", ["Personal.government_id", "persona1.name"])
def test_a_category_that_the_taxonomy_lacks_is_personal(category: str) -> None:
    """A misspelt category is not a harmless one."""
    assert "deny" == decide(ask("collect", "column", "crm.x.y", dataset="crm.x", column="y", category=category))[0]


@pytest.mark.parametrize(("held", "asked"), [("crm.customer", "customer"), ("customer", "crm.customer")])
@pytest.mark.parametrize("subject", ["C-1", "C-1 "])
def test_a_hold_covers_a_table_under_every_name(held: str, asked: str, subject: str) -> None:
    """Short and full names are one table, blanks are no other customer."""
    at = "2026-01-01T00:00:00+08:00"
    hold = {
        "id": "H",
        "matter": "m",
        "scope": {"datasets": [held], "subjects": ["C-1"]},
        "placed_by": "E1",
        "placed_at": at,
    }
    rows: dict[str, Any] = {"dataset": asked, "subject": subject, "started_at": "2018-01-01T00:00:00+08:00"}

    assert "RET-04.deleted-under-hold" in decide(ask("erase", "record_group", asked, **rows), holds=[hold])[1]


@pytest.mark.parametrize("status", ["draft", "rejected", "revoked", "expired"])
def test_a_dead_request_allows_nothing(status: str) -> None:
    """Approvals of a request that was withdrawn, rejected or never sent do not stand."""
    assert "deny" == share({**FORM, "status": status})


@pytest.mark.parametrize(
    "change",
    [
        {"mode": "sale"},
        {"mode": "publish"},
        {"period": {"from": "2026-12-31", "to": "2026-11-01"}},
        {"period": {"from": "2026-10-01", "to": "2026-11-19"}},
        {
            "content": {
                "categories": ["personal.name.full"],
                "subjects": {"count": 1, "ids": [f"C-{n}" for n in range(1001)]},
            }
        },
    ],
)
def test_what_an_application_says_is_not_taken_lightly(change: dict[str, Any]) -> None:
    """A sale is no sharing, a period must be running, and listed customers count even when the count says less."""
    assert "deny" == share({**FORM, **change})


def test_a_registered_partner_is_what_the_register_says() -> None:
    """Calling a distributor a department saves no agreement; one that has ended is no recipient."""
    form = {**FORM, "recipient": {"kind": "internal_department", "id": "P-1"}}
    partner = {"id": "P-1", "name": "p", "kind": "distributor", "country": "SG"}

    assert "deny" == share(form, partners=[partner])
    assert "deny" == share(form, partners=[{**partner, "status": "ended"}])


@pytest.mark.parametrize(
    "more",
    [
        {"id": "A-9", "level": 2, "approver": "E3", "decision": "reject", "at": "2026-11-05T10:00:00+08:00"},
        {"id": "A-9", "level": 1, "approver": "E3", "decision": "revoke", "at": "2026-11-05T10:00:00+08:00"},
    ],
)
def test_a_later_rejection_by_anybody_undoes_an_approval(more: dict[str, Any]) -> None:
    """Not only by the one who signed."""
    rejected = {**approved(FORM)[0], **more}

    assert "deny" == share(FORM, [*approved(FORM), rejected])


@pytest.mark.parametrize("change", [{"conditions": ["only names"]}, {"at": "2026-10-31T10:00:00+08:00"}])
def test_a_conditional_or_early_approval_does_not_stand(change: dict[str, Any]) -> None:
    """Nobody checks conditions yet, and nobody can approve what was not submitted."""
    assert "deny" == share(FORM, approved(FORM, **change))


def test_sensitive_columns_need_the_second_level_whatever_the_form_states() -> None:
    """Categories come from the listed columns, too, and the applicant's own `sensitive` is believed when true."""
    columns = {**USE, "scope": {**USE["scope"], "columns": ["crm.customer.id_card"]}}
    stated = {**USE, "sensitive": True}
    for form in (columns, stated):
        request = ask("use", "use_request", "USE-1")
        found = decide(request, use_requests=[form], approvals=approved(form), filings=[filed(form)])

        assert ("deny", {"USE-06.level2-missing"}) == found


@pytest.mark.parametrize(
    ("change", "levels", "expected"),
    [
        ({}, (1,), "allow"),
        ({"important_customers": True}, (1,), "deny"),
        ({"important_customers": True}, (1, 2), "allow"),
        ({"status": "revoked"}, (1,), "deny"),
    ],
)
def test_an_export_needs_what_its_use_request_needs(
    change: dict[str, Any], levels: tuple[int, ...], expected: str
) -> None:
    """The limit on rows is lifted by a request that would be allowed itself, and by no other."""
    form = {**USE, **change}
    context = {"request_id": "USE-1", "row_count": 1600}
    request = ask("export", "table", "crm.customer", context=context, columns=["mobile"])
    found = decide(request, use_requests=[form], approvals=approved(form, levels=levels), filings=[filed(form)])

    assert expected == found[0]
