"""Facts: what registers know as of an instant, and that they win over what a caller says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tutela.engine.digest import canonical
from tutela.engine.documents import read_document
from tutela.engine.facts import Facts, Question
from tutela.engine.facts_approvals import request_hash
from tutela.engine.registers import read_register
from tutela.engine.request import Request

SHANGHAI = ZoneInfo("Asia/Shanghai")

PEOPLE = """
- id: clerk
  name: Clerk
  department: sales
  grade: staff
  status: active
  hired_at: 2020-03-01
  accounts: [clerk-db]
  owned_service_accounts: [svc-export]
  assignments:
    - {department: support, role: agent, from: "2020-03-01T00:00:00+08:00", to: "2025-01-01T00:00:00+08:00"}
    - {department: sales, role: seller, from: "2025-01-01T00:00:00+08:00"}
    - {department: sales, role: analyst, from: "2026-01-01T00:00:00+08:00", to: null}
- {id: plain, name: Plain, department: sales, roles: [seller], grade: staff, status: active, hired_at: 2020-01-01}
- {id: head, name: Head, department: sales, roles: [lead], grade: head, status: active, hired_at: 2019-01-01}
- {id: oldhead, name: Old, department: sales, grade: head, status: active, hired_at: 2010-01-01}
- {id: boss, name: Boss, department: board, grade: senior, status: active, hired_at: 2010-01-01}
- {id: filer, name: Filer, department: customer_information, grade: staff, status: active, hired_at: 2010-01-01}
- id: vice
  name: Vice
  department: board
  grade: senior
  status: active
  hired_at: 2010-01-01
  assignments: [{department: senior_management, role: vice, from: "2026-06-01T00:00:00+08:00"}]
- {id: away, name: Away, department: sales, roles: [seller], grade: senior, status: suspended, hired_at: 2019-01-01}
- id: left
  name: Left
  department: sales
  roles: [seller]
  grade: head
  status: terminated
  hired_at: 2019-01-01
  terminated_at: "2026-09-30T18:00:00+08:00"
- {id: gone, name: Gone, department: sales, roles: [seller], grade: head, status: terminated, hired_at: 2019-01-01}
"""
DEPARTMENTS = """
- code: sales
  head_history:
    - {employee: oldhead, from: "2015-01-01T00:00:00+08:00", to: "2026-07-01T00:00:00+08:00"}
    - {employee: head, from: "2026-07-01T00:00:00+08:00"}
- {code: support, head_history: [{employee: plain, from: "2015-01-01T00:00:00+08:00"}]}
"""
CATALOG = """
- dataset: crm.customer
  purposes: [delivery, unknown-purpose]
  channels: [web, shop, lost]
  access: {read: [seller], export: []}
  columns:
    - {name: mobile, category: personal.contact.phone, encrypted: true, necessity: to deliver, purposes: [delivery]}
    - {name: note, category: null}
    - {name: Price, category: business.price}
- {dataset: erp.invoice}
- {dataset: old.invoice}
"""
CHANNELS = """
- id: web
  kind: website
  responsible_employee: clerk
  status: active
  tables: [CRM.Customer]
  allowed: [{purpose: delivery, categories: [personal.contact]}, {purpose: tax, categories: [personal.identity]}]
- {id: shop, kind: shop, responsible_employee: clerk, status: paused, allowed: []}
- {id: old, kind: fax, responsible_employee: clerk, status: retired, allowed: [], tables: [crm.customer]}
"""
PURPOSES = "- {id: delivery, categories: [personal.contact]}\n- {id: tax, categories: []}\n"
HOLDS = """
- id: all
  matter: m
  scope: {datasets: [CRM.customer]}
  placed_by: boss
  placed_at: "2026-01-01T00:00:00+08:00"
  released_at: "2026-06-01T00:00:00+08:00"
- id: one
  matter: m
  scope: {subjects: [C-1]}
  placed_by: boss
  placed_at: "2026-03-01T00:00:00+08:00"
"""
AGREEMENTS = """
- id: NDA-1
  kinds: [nda]
  partner: P-1
  direction: outbound
  scope: [personal.contact]
  purposes: [delivery]
  signed_at: 2025-12-20
  valid_from: 2026-01-01
  valid_to: 2026-12-31
  status: active
- {id: NDA-2, kinds: [nda], partner: P-1, direction: inbound, scope: [], purposes: [], signed_at: 2025-12-20,
   valid_from: 2026-01-01, valid_to: 9999-12-31, status: active}
- {id: NDA-3, kinds: [nda], partner: P-2, direction: both, scope: [], purposes: [], signed_at: 2025-12-20,
   valid_from: 2026-01-01, valid_to: 2026-12-31, status: suspended}
"""
TEXTS = {
    "people": PEOPLE, "departments": DEPARTMENTS, "catalog": CATALOG, "channels": CHANNELS, "purposes": PURPOSES,
    "holds": HOLDS, "agreements": AGREEMENTS,
}  # fmt: skip
FORM: dict[str, Any] = {
    "id": "SHR-1", "applicant": "clerk", "department": "sales",
    "recipient": {"kind": "supplier", "id": "P-1", "country": "CN"},
    "content": {"categories": ["personal.contact.phone"], "subjects": {"count": 40, "ids": ["C-1"]}},
    "purpose": "delivery", "purpose_text": "deliver the parcels",
    "period": {"from": "2026-11-01", "to": "2026-11-19"}, "responsible_employee": "clerk",
    "transfer": {"channel": "sftp", "executor": "clerk"}, "submitted_at": "2026-10-01T09:00:00+08:00",
}  # fmt: skip


def register(name: str, text: str) -> list[dict[str, Any]]:
    """The typed entries of a register text; it must be right."""
    entries, problems = read_register(name, read_document(text, name))
    assert [] == [problem.render() for problem in problems]
    return entries


def facts(**texts: str) -> Facts:
    """Facts over some of the registers, or over registers given here."""
    return Facts({name: register(name, text) for name, text in texts.items()}, None, zone=SHANGHAI, profile="pipl-cn")


WORLD = facts(**TEXTS)


def at(text: str) -> datetime:
    """A local time in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def look(world: Facts, when: str, resource: dict[str, Any] | None = None, **more: Any) -> Question:  # noqa: ANN401
    """A request with what the registers know."""
    subject = more.get("subject", {"type": "employee", "id": "clerk"})
    kind = resource or {"type": "thing", "id": "x"}
    request = Request(subject, more.get("action", "read"), kind, more.get("context"), as_of=at(when))
    return world.enrich(request, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("when", "department", "roles"),
    [
        ("2020-02-28T00:00", None, []),
        ("2020-03-01T00:00", "support", ["agent"]),
        ("2024-12-31T23:59:59.999999", "support", ["agent"]),
        ("2025-01-01T00:00", "sales", ["seller"]),
        ("2026-11-20T10:00", "sales", ["seller", "analyst"]),
    ],
)
def test_department_and_roles_are_those_of_the_instant(when: str, department: str | None, roles: list[str]) -> None:
    """An assignment holds from its start and no longer at its end."""
    subject = look(WORLD, when).subject

    assert (department, roles) == (subject["department"], list(subject["roles"]))


@pytest.mark.parametrize(
    ("name", "when", "employed", "roles"),
    [
        ("plain", "2026-11-20T10:00", True, ["seller"]),
        ("plain", "2020-01-01T00:00", True, ["seller"]),
        ("plain", "2019-12-30T00:00", False, []),
        ("left", "2026-09-30T17:59:59", True, ["seller"]),
        ("left", "2026-09-30T18:00", False, ["seller"]),  # the last ones: that he has left is a reason of its own
        ("left", "2018-12-30T00:00", False, []),
        ("gone", "2020-01-01T00:00", False, []),
        ("away", "2026-11-20T10:00", False, []),
        ("nobody", "2026-11-20T10:00", False, []),
    ],
)
def test_only_people_in_service_or_leavers_have_roles(name: str, when: str, employed: bool, roles: list[str]) -> None:
    """Not before the first day, not while suspended, and no stranger; a leaver is told by the day of leaving."""
    subject = look(WORLD, when, subject={"type": "employee", "id": name}).subject

    assert (employed, roles) == (subject["employed"], list(subject["roles"]))
    assert employed or not roles or at(when) >= subject["terminated_at"]


def test_a_person_is_found_by_account() -> None:
    """Own accounts and the service accounts that somebody answers for; an employee id is no account."""
    for kind, name in (("account", "clerk-db"), ("account", "svc-export"), ("user", "clerk-db"), ("user", "clerk")):
        assert "clerk" == look(WORLD, "2026-11-20T10:00", subject={"type": kind, "id": name}).subject["employee"]
    for kind, name in (("account", "clerk"), ("employee", "clerk-db"), ("account", "CLERK-DB"), ("user", "")):
        assert not look(WORLD, "2026-11-20T10:00", subject={"type": kind, "id": name}).subject["known"]


@pytest.mark.parametrize("kind", ["employee", "account", "user", "service", "Employee", "robot", ""])
@pytest.mark.parametrize("name", ["clerk", "nobody"])
def test_a_caller_cannot_lend_itself_anything(kind: str, name: str) -> None:
    """What the people register says, or does not say, wins over the request, whatever its subject calls itself."""
    lent = {
        "roles": ["root"],
        "senior": True,
        "known": "yes",
        "employed": "yes",
        "employee": "boss",
        "department": "board",
    }

    subject = look(
        WORLD, "2026-11-20T10:00", subject={"type": kind, "id": name, "properties": {**lent, "shoe_size": 43}}
    ).subject

    assert not [key for key, value in lent.items() if subject[key] == value]
    assert 43 == subject["shoe_size"]


def test_without_a_register_the_caller_is_believed() -> None:
    """A project that keeps no people register decides about what its services say."""
    subject = look(
        facts(catalog=CATALOG),
        "2026-11-20T10:00",
        subject={"type": "employee", "id": "x", "properties": {"roles": [1]}},
    ).subject

    assert [1] == subject["roles"]


@pytest.mark.parametrize(
    ("name", "when", "senior"),
    [
        ("boss", "2026-11-20T10:00", True),
        ("boss", "2009-12-01T00:00", False),
        ("vice", "2026-05-31T23:59", False),
        ("vice", "2026-06-01T00:00", True),
        ("away", "2026-11-20T10:00", False),
        ("head", "2026-11-20T10:00", False),
    ],
)
def test_senior_management_as_of_an_instant(name: str, when: str, senior: bool) -> None:
    """By grade, or by an assignment while it holds."""
    assert senior is look(WORLD, when, subject={"type": "employee", "id": name}).subject["senior"]


def column(name: str, **properties: object) -> dict[str, Any]:
    """A request's resource: one column."""
    return {"type": "column", "id": name, "properties": properties}


def test_the_catalog_wins_over_the_caller() -> None:
    """Category, protections and purposes of a declared column are the declared ones, also when it says none."""
    lent: dict[str, Any] = {
        "category": "business.x",
        "personal": False,
        "encrypted": False,
        "consent_form": True,
        "channels": [],
    }
    mobile = look(WORLD, "2026-11-20T10:00", column("crm.customer.mobile", **lent)).resource
    note = look(WORLD, "2026-11-20T10:00", column("crm.customer.note", category="personal.contact")).resource

    assert ("personal.contact.phone", True, True, False) == tuple(
        mobile[key] for key in ("category", "personal", "encrypted", "consent_form")
    )
    assert ["personal", "personal.contact", "personal.contact.phone"] == mobile["category_path"]
    assert (None, False) == (note["category"], note["personal"])


def test_a_column_that_nobody_declared_keeps_what_the_connector_found() -> None:
    """The classifier's category; no protection is assumed."""
    found = look(WORLD, "2026-11-20T10:00", column("crm.customer.email", category="personal.contact.email")).resource

    assert (True, False, False) == (found["personal"], found["encrypted"], found["necessity"])


def test_channels_of_a_column_are_active_paused_or_unknown() -> None:
    """Named by the catalog or by the channel's tables, whatever the case; one that nobody registered is told."""
    found = look(WORLD, "2026-11-20T10:00", column("crm.customer.mobile")).resource

    assert {"web": True, "shop": False, "old": False} == {c["id"]: c["active"] for c in found["channels"]}
    assert ["lost"] == found["unknown_channels"]
    assert ["personal.contact", "personal.identity"] == found["channels"][0]["categories"]


def test_a_purpose_that_nobody_registered_is_none() -> None:
    """Otherwise any word would cover a column."""
    found = look(WORLD, "2026-11-20T10:00", column("crm.customer.price")).resource

    assert ["delivery"] == found["purposes"]


def test_a_prohibited_purpose_covers_nothing() -> None:
    """The register of purposes lists what is forbidden, too."""
    forbidden = PURPOSES.replace("id: delivery,", "id: delivery, prohibited: true,")
    world = facts(**{**TEXTS, "purposes": forbidden})

    assert [] == look(world, "2026-11-20T10:00", column("crm.customer.mobile")).resource["purposes"]


def table(name: str, **properties: object) -> dict[str, Any]:
    """A request's resource: one table."""
    return {"type": "table", "id": name, "properties": properties}


TABLES: list[tuple[str, Any, tuple[bool, bool, list[str]]]] = [
    ("crm.customer", ["mobile"], (True, True, ["seller"])),
    ("CRM.Customer", ["PRICE"], (True, False, ["seller"])),
    ('"crm"."customer"', ["note"], (True, False, ["seller"])),
    ("customer", ["*"], (True, True, ["seller"])),
    ("crm.customer", None, (True, True, ["seller"])),
    ("crm.customer", "mobile", (True, True, ["seller"])),
    ("crm.customer", ["price", "shadow"], (False, True, ["seller"])),  # a column nobody knows may hold anything
    ("invoice", ["*"], (False, True, [])),
    ("no.such", ["x"], (False, True, [])),
]


@pytest.mark.parametrize(("name", "columns", "expected"), TABLES)
def test_a_table_is_what_its_columns_are(name: str, columns: object, expected: tuple[object, ...]) -> None:
    """Known, personal, and the roles that may; an ambiguous or unknown table counts as unknown and personal."""
    found = look(WORLD, "2026-11-20T10:00", table(name, columns=columns, permitted_roles=["root"])).resource

    assert expected == (found["known"], found["personal"], list(found["permitted_roles"]))


def test_roles_are_per_action() -> None:
    """Who may read may not export; an action that the catalog does not name is nobody's."""
    for action, expected in (("read", ["seller"]), ("export", []), ("delete", [])):
        found = look(WORLD, "2026-11-20T10:00", table("crm.customer", permitted_roles=["root"]), action=action)

        assert expected == list(found.resource["permitted_roles"])


@pytest.mark.parametrize(
    ("subject", "when", "active"),
    [
        ("C-1", "2026-02-28T23:59", {"all": True, "one": False}),
        ("C-1", "2026-03-01T00:00", {"all": True, "one": True}),
        ("C-1", "2026-06-01T00:00", {"all": False, "one": True}),
        ("C-2", "2026-03-01T00:00", {"all": True}),
        (None, "2026-03-01T00:00", {"all": True, "one": True}),
    ],
)
def test_a_hold_covers_what_it_may_cover(subject: str | None, when: str, active: dict[str, bool]) -> None:
    """From its start up to its release; a group of rows without a person may hold anybody."""
    resource: dict[str, Any] = {
        "type": "record_group",
        "id": "crm.customer",
        "properties": {"subject": subject, "holds": []},
    }

    assert active == {hold["id"]: hold["active"] for hold in look(WORLD, when, resource).resource["holds"]}


@pytest.mark.parametrize("lie", [{"right": "false"}, {"important": 0}, {"subject": 5}])
def test_a_group_of_rows_in_the_wrong_form_is_not_read(lie: dict[str, object]) -> None:
    """Nothing is known about it, so conditions find nothing to allow by."""
    resource: dict[str, Any] = {
        "type": "record_group",
        "id": "crm.customer",
        "properties": {"holds": [], "right": True, **lie},
    }

    found = look(WORLD, "2026-03-01T00:00", resource).resource

    assert {"right", "holds", "important"}.isdisjoint(found)
    assert found["personal"]


def approval(**change: object) -> dict[str, Any]:
    """An approval of the form by the head of sales, with changes."""
    return {
        "id": "A-1", "request_id": "SHR-1", "request_hash": "", "level": 1, "approver": "head",
        "decision": "approve", "at": "2026-10-08T10:00:00+08:00", **change,
    }  # fmt: skip


def share(
    *approvals: dict[str, Any], when: str = "2026-11-10T10:00", form: dict[str, Any] | None = None, **more: str
) -> dict[str, Any]:
    """What rules read about the application, with approvals from their register."""
    entry = form or FORM
    (typed,) = register("sharing_requests", canonical([entry]))
    hashed = [{**a, "request_hash": a["request_hash"] or request_hash(typed)} for a in approvals]
    texts = {**TEXTS, "sharing_requests": canonical([entry]), **more}
    if hashed:
        texts["approvals"] = canonical(hashed)
    return look(facts(**texts), when, {"type": "sharing_request", "id": "SHR-1"}).resource


FLAGS = (
    "stands", "matches_request", "in_office", "by_applicant", "heads_department", "applicant_is_head",
    "senior_management", "repeats_person",
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "flags"),
    [
        ({}, "stands matches_request in_office heads_department"),
        ({"approver": "oldhead"}, "stands matches_request in_office"),
        (
            {"approver": "oldhead", "at": "2026-06-30T23:59:59+08:00"},
            "matches_request in_office heads_department",  # signed before the form was submitted
        ),
        ({"approver": "boss"}, "stands matches_request in_office senior_management"),
        ({"approver": "clerk"}, "stands matches_request in_office by_applicant"),
        ({"approver": "stranger"}, "stands matches_request"),
        ({"approver": "left", "at": "2026-10-08T10:00:00+08:00"}, "stands matches_request"),
        ({"approver": "left", "at": "2026-09-15T10:00:00+08:00"}, "matches_request in_office"),
        ({"approver": "away"}, "stands matches_request"),
        ({"request_hash": "sha256:" + "0" * 64}, "stands in_office heads_department"),
        ({"expires_at": "2026-11-10T10:00:01+08:00"}, "stands matches_request in_office heads_department"),
        ({"expires_at": "2026-11-10T10:00:00+08:00"}, "matches_request in_office heads_department"),
    ],
)
def test_an_approval_carries_what_was_true_when_it_was_signed(change: dict[str, object], flags: str) -> None:
    """Of the approver at that moment, of the content that was signed, and whether it still stands."""
    (found,) = share(approval(**change))["approvals"]

    assert flags.split() == [flag for flag in FLAGS if found[flag]]


def test_a_revocation_ends_an_approval_from_its_moment_on() -> None:
    """Of the same level by the same person; before it the approval stood."""
    both = (approval(), approval(id="A-2", decision="revoke", at="2026-11-09T10:00:00+08:00"))

    assert not share(*both, when="2026-11-10T10:00")["approvals"][0]["stands"]
    assert share(*both, when="2026-11-08T10:00")["approvals"][0]["stands"]


@pytest.mark.parametrize(
    ("when", "filed", "stands"),
    [
        ("2026-11-10T10:00", "2026-11-10T10:00:00+08:00", False),
        ("2026-11-10T09:59", "2026-11-10T10:00:00+08:00", True),
        ("2026-11-10T10:00", None, True),
    ],
)
def test_an_application_that_another_one_supersedes(when: str, filed: str | None, stands: bool) -> None:
    """Its approvals stand until the other one is filed; an application cannot supersede itself."""
    old: dict[str, Any] = {
        "id": "USE-1", "applicant": "clerk", "submitted_at": "2026-10-01T09:00:00+08:00", "supersedes": "USE-1",
    }  # fmt: skip
    new = {**old, "id": "USE-2", "supersedes": "USE-1"}
    filing = {"filed_by": "clerk", "filed_at": filed, "register_no": "1"}
    forms = canonical([old, {**new, "filing": filing} if filed else new])
    signed = canonical(
        [{**approval(request_id="USE-1"), "request_hash": request_hash(register("use_requests", forms)[0])}]
    )
    resource = {"type": "use_request", "id": "USE-1"}
    kept = {"filings": canonical([{"request_id": "USE-2", **filing}])} if filed else {"filings": "[]"}
    for more in ({}, kept):
        world = facts(**TEXTS, **more, use_requests=forms, approvals=signed)
        (found,) = look(world, when, resource).resource["approvals"]
        assert stands == found["stands"]


def test_the_same_person_does_not_count_twice() -> None:
    """On a later level; the first signature is not a repetition."""
    found = share(approval(approver="boss"), approval(id="A-2", level=2, approver="boss"))["approvals"]

    assert [False, True] == [entry["repeats_person"] for entry in found]


def test_an_applicant_who_heads_the_department_is_told() -> None:
    """Then senior management has to sign."""
    (found,) = share(approval(approver="boss"), form={**FORM, "applicant": "head"})["approvals"]

    assert (True, True) == (found["applicant_is_head"], found["senior_management"])


def test_any_change_of_the_content_voids_an_approval() -> None:
    """A column added after the signature; status, filing and approvals themselves are not bound."""
    (plain,) = register("sharing_requests", _text(FORM))
    (filed,) = register("sharing_requests", _text({**FORM, "status": "approved"}))
    (wider,) = register(
        "sharing_requests", _text({**FORM, "content": {**FORM["content"], "columns": ["mobile", "id_card_no"]}})
    )

    assert request_hash(plain) == request_hash(filed)
    assert request_hash(plain) != request_hash(wider)


def _text(form: dict[str, Any]) -> str:
    return canonical([form])


def test_agreements_are_in_force_by_civil_day_of_the_policy_time_zone() -> None:
    """From 0:00 of the first to 24:00 of the last day in Shanghai; inbound and suspended ones are not active."""
    found = {entry["id"]: entry for entry in share()["partner_agreements"]}

    assert {"NDA-1", "NDA-2"} == set(found)
    assert datetime(2025, 12, 31, 16, tzinfo=UTC) == found["NDA-1"]["valid_from"]
    assert datetime(2026, 12, 31, 16, tzinfo=UTC) == found["NDA-1"]["valid_to"]
    assert datetime(2025, 12, 19, 16, tzinfo=UTC) == found["NDA-1"]["signed_at"]
    assert (True, False) == (found["NDA-1"]["active"], found["NDA-2"]["active"])
    assert found["NDA-2"]["valid_to"] > datetime(9999, 12, 31, tzinfo=UTC)


def test_a_suspended_agreement_is_not_active() -> None:
    """Whatever its days say."""
    (found,) = share(form={**FORM, "recipient": {"kind": "supplier", "id": "P-2"}})["partner_agreements"]

    assert not found["active"]


def test_the_period_of_a_request_is_in_civil_days() -> None:
    """S-06: 2026-11-19 ends at 16:00 UTC."""
    found = share()

    assert datetime(2026, 10, 31, 16, tzinfo=UTC) == found["period_from"]
    assert datetime(2026, 11, 19, 16, tzinfo=UTC) == found["period_to"]


def test_earlier_requests_to_the_same_recipient_add_up() -> None:
    """Same recipient and purpose, submitted before, not withdrawn: splitting a request does not help.

    C-1 is named in all of them and counts once; the 39 others of each may be anybody.
    """

    def other(number: int, **change: object) -> dict[str, object]:
        return {**FORM, "id": f"SHR-{number}", "submitted_at": "2026-09-30T09:00:00+08:00", **change}

    forms = [
        FORM, other(2), other(3, status="rejected"), other(4, purpose="tax"),
        other(5, submitted_at="2026-10-02T09:00:00+08:00"), other(6, status="executed"),
        other(7, recipient={"kind": "supplier", "id": "P-9"}), other(8, status="draft"),
    ]  # fmt: skip
    world = facts(**{**TEXTS, "sharing_requests": canonical(forms)})

    found = look(world, "2026-11-10T10:00", {"type": "sharing_request", "id": "SHR-1"}).resource

    assert {"SHR-2": 39, "SHR-6": 39} == {entry["id"]: entry["subjects"] for entry in found["earlier_shares"]}


CONSENT = {
    "id": "CN-1", "subject": "C-1", "given_by": "subject", "type": "written", "purposes": ["delivery"],
    "recipients": ["P-1"], "given_at": "2026-01-01T00:00:00+08:00", "notice_version": "v3",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "written"),
    [
        ({}, True),
        ({"type": "express"}, False),
        ({"purposes": ["tax"]}, False),
        ({"recipients": ["P-2"]}, False),
        ({"subject": "C-2"}, False),
        ({"given_at": "2026-11-10T10:00:01+08:00"}, False),
        ({"withdrawn_at": "2026-11-10T10:00:00+08:00"}, False),
        ({"withdrawn_at": "2026-11-10T10:00:01+08:00"}, True),
        ({"expires_at": "2026-11-10T10:00:00+08:00"}, False),
    ],
)
def test_a_written_authorisation_is_of_every_customer_now(change: dict[str, object], written: bool) -> None:
    """For this purpose and recipient, given, not withdrawn and not expired at the instant."""
    named = {**FORM, "content": {**FORM["content"], "subjects": {"count": 1, "ids": ["C-1"]}}}

    assert written is share(form=named, consents=_text({**CONSENT, **change}))["written_authorisation"]


def test_one_consent_does_not_speak_for_forty() -> None:
    """Every customer that is counted must be named."""
    assert not share(consents=_text(CONSENT))["written_authorisation"]


def test_unnamed_customers_authorised_nothing() -> None:
    """Nobody can check the authorisation of somebody who is only counted."""
    counted = {**FORM, "content": {**FORM["content"], "subjects": {"count": 1}}}

    assert not share(form=counted, consents=_text(CONSENT))["written_authorisation"]


def test_a_filing_counts_for_the_filer_of_that_moment() -> None:
    """Who filed, when, and for which department; without a filing all are null."""
    filing = {"request_id": "SHR-1", "filed_by": "filer", "filed_at": "2026-10-09T10:00:00+08:00", "register_no": "1"}

    found, none = share(filings=_text(filing)), share()

    assert ("filer", "customer_information") == (found["filed_by"], found["filed_by_department"])
    assert (None, None, None) == tuple(none[key] for key in ("filed_by", "filed_by_department", "filed_at"))


def test_approvals_of_the_register_win_over_those_of_the_form() -> None:
    """A form cannot bring its own signatures where the company keeps a register of them."""
    own = {key: value for key, value in approval(request_hash="sha256:" + "1" * 64).items() if key != "request_id"}
    found = share(approval(id="A-9", approver="boss"), form={**FORM, "approvals": [own]})["approvals"]

    assert ["A-9"] == [entry["id"] for entry in found]


def test_an_access_that_names_no_known_request_has_no_approval() -> None:
    """Also when the caller brings the answers in its context."""
    lent = {"request_id": "USE-404", "request_known": True, "request_approvals": [1], "request_export": True}

    found = look(WORLD, "2026-11-10T10:00", context=lent).context

    assert (False, [], False) == tuple(found[key] for key in ("request_known", "request_approvals", "request_export"))


def test_the_digest_is_of_the_content() -> None:
    """The order of entries does not matter; a changed entry, profile or zone does."""
    one = facts(purposes="- {id: a, categories: []}\n- {id: b, categories: []}\n")
    two = facts(purposes="- {categories: [], id: b}\n- {id: a, categories: []}\n")
    other = facts(purposes="- {id: a, categories: []}\n- {id: c, categories: []}\n")

    assert one.digest == two.digest
    assert one.digest != other.digest
    assert one.digest != Facts(one.registers, None, zone=SHANGHAI, profile="gdpr-eu").digest
    assert one.digest != Facts(one.registers, None, zone=ZoneInfo("UTC"), profile="pipl-cn").digest
