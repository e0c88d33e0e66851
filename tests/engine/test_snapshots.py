"""What is remembered about people, contexts and tables is what their views find directly, at every instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType, SimpleNamespace
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tutela.engine.decision import Decision
from tutela.engine.facts import Facts, Question
from tutela.engine.facts_access import SCHEMA, TableView
from tutela.engine.facts_context import ContextView
from tutela.engine.facts_people import SubjectView
from tutela.engine.ir import Type
from tutela.engine.known import Known, View
from tutela.engine.plain import is_array
from tutela.engine.request import Request
from tutela.engine.settled import CONTEXT, FIRST, LAST, MOST_STRANGERS, NOBODY, PERSON, TABLE, Memo
from tutela.engine.values import Normalised

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
STEP: Final = timedelta(hours=8)
TICK: Final = timedelta(microseconds=1)
MISSING: Final = "(missing)"


def at(steps: int) -> datetime:
    """An instant on the coarse calendar of these tests: three a day, so that many coincide."""
    return START + steps * STEP


def day(number: int) -> date:
    """A day of these tests."""
    return date(2026, 1, 1) + timedelta(days=number)


def near(steps: int, ticks: int) -> datetime:
    """An instant just before, at, or just after one of the calendar."""
    return at(steps) + ticks * TICK


INSTANTS: Final = st.integers(0, 30).map(at)
DAYS: Final = st.integers(-1, 11).map(day)
WHEN: Final = st.builds(near, st.integers(-4, 34), st.integers(-1, 1))
NAMES: Final = ("sales", "support", "senior_management")
ROLES: Final = ("seller", "agent", "senior_management")


def spans(first: str = "from", last: str = "to") -> st.SearchStrategy[dict[str, Any]]:
    """A beginning and perhaps an end, in whatever order."""
    return st.fixed_dictionaries({first: INSTANTS}, optional={last: st.none() | INSTANTS})


def merged(*parts: dict[str, Any]) -> dict[str, Any]:
    """One mapping of several."""
    return {name: value for part in parts for name, value in part.items()}


ASSIGNMENTS: Final = st.builds(
    merged,
    st.fixed_dictionaries({"department": st.sampled_from(NAMES), "role": st.sampled_from(ROLES)}),
    spans(),
)
PEOPLE: Final[st.SearchStrategy[dict[str, Any]]] = st.fixed_dictionaries(
    {
        "id": st.just("E1"),
        "department": st.sampled_from(NAMES),
        "grade": st.sampled_from(["staff", "senior"]),
        "status": st.sampled_from(["active", "on_leave", "suspended", "terminated"]),
        "hired_at": DAYS | st.just(date.min),
        "accounts": st.just(["u1"]),
    },
    optional={
        "roles": st.lists(st.sampled_from(ROLES), max_size=2),
        "terminated_at": st.none() | INSTANTS,
        "assignments": st.lists(ASSIGNMENTS, max_size=4),
        "confidentiality_agreement": st.fixed_dictionaries(
            {"signed_at": DAYS}, optional={"valid_to": st.none() | DAYS | st.just(date.max)}
        ),
    },
)
ACCOUNTS: Final = st.fixed_dictionaries(
    {"id": st.just("svc"), "owner": st.sampled_from(["E1", "nobody"])},
    optional={"roles": st.just(["exporter"]), "disabled_at": st.none() | INSTANTS, "purpose": st.just("service")},
)
ASKERS: Final = (("employee", "E1"), ("user", "u1"), ("user", "E1"), ("service_account", "svc"), ("employee", "E9"))


def facts(**registers: Any) -> Facts:  # noqa: ANN401 (entries)
    """Facts over typed entries."""
    return Facts(registers, None, zone=SHANGHAI, profile="pipl_strict")


def ask(world: Facts, when: datetime, **parts: Any) -> tuple[Question, Request]:  # noqa: ANN401 (JSON)
    """A question with what is known, and the request it came from."""
    request = Request(
        parts.get("subject", {"type": "employee", "id": "E1"}),
        parts.get("action", "read"),
        {"type": "table", "id": "crm.customer", "properties": parts.get("resource", {})},
        parts.get("context"),
        as_of=when,
    )
    return world.enrich(request, None), request  # type: ignore[arg-type]


def asked(world: Facts) -> Any:  # noqa: ANN401 (request-like)
    """The question that a decision hands out."""
    pdp: Any = SimpleNamespace()
    return Decision(pdp, ask(world, at(0))[0], (), (), ()).question


def direct(kind: type[View], world: Facts, stated: dict[str, Any], question: Question) -> dict[str, Any]:
    """Every attribute as the view finds it when it is asked."""
    view = Known(kind(world.world, stated, question))
    return {name: look(view, name) for name in kind.attributes}


def look(mapping: Any, name: str) -> Any:  # noqa: ANN401 (whatever the attribute holds)
    """An attribute with arrays as lists, or that it is missing."""
    try:
        value = mapping[name]
    except KeyError:
        return MISSING
    return list(value) if is_array(value) else value


def seen(mapping: Any, kind: type[View]) -> dict[str, Any]:  # noqa: ANN401 (a mapping)
    """Every attribute as conditions find it."""
    return {name: look(mapping, name) for name in kind.attributes}


@settings(max_examples=300)
@given(person=PEOPLE, account=ACCOUNTS, whens=st.lists(WHEN, min_size=1, max_size=12))
@example(
    person={"id": "E1", "department": "sales", "grade": "staff", "status": "active", "hired_at": date.min},
    account={"id": "svc", "owner": "E1"},
    whens=[FIRST, LAST, FIRST],
)
def test_a_person_is_what_the_history_says_at_every_instant(
    person: dict[str, Any], account: dict[str, Any], whens: list[datetime]
) -> None:
    """Whatever was asked before, in whatever order: also a tick before, at, and after every turn."""
    world = facts(people=[person], service_accounts=[account])
    for when in whens:
        for kind, name in ASKERS:
            question, request = ask(world, when, subject={"type": kind, "id": name})

            assert direct(SubjectView, world, request.subject, question) == seen(question.subject, SubjectView)


CATALOG: Final = [
    {
        "dataset": "crm.customer", "owner": "E2", "system": "crm", "provenance": "collected",
        "access": {"read": ["seller", "agent"], "delete": ["agent"]},
        "columns": [{"name": "mobile", "category": "personal.contact.phone"}, {"name": "note", "category": None}],
    },
    {"dataset": "erp.invoice", "restricted": True},
]  # fmt: skip
PURPOSES: Final = [
    {"id": "service", "categories": ["personal.contact"], "compatible_with": ["care"], "identity_required": False},
    {"id": "spam", "categories": [], "prohibited": True, "phrases": ["buy"]},
]
ROLE_LIST: Final = [{"id": "seller", "need_to_know": True}, {"id": "agent", "read_only": True}]
SYSTEMS: Final = [{"id": "crm", "kind": "customer_system", "platform": "own", "approved_by": "E1"}]
SUBJECTS: Final = [
    SimpleNamespace(
        id="C1", subject_type="natural_person", owner_employee="E1", age_band="adult", birth_date=date(1990, 1, 1),
        restricted=False,
    )
]  # fmt: skip
STAFF: Final = {
    "id": "E1", "department": "sales", "grade": "staff", "status": "active", "hired_at": date(2020, 1, 1),
    "roles": ["seller"],
}  # fmt: skip
OWNER: Final = {
    "id": "E2", "department": "sales", "grade": "staff", "status": "terminated", "hired_at": date(2020, 1, 1),
    "terminated_at": at(5),
}  # fmt: skip
ODD: Final[st.SearchStrategy[Any]] = st.sampled_from(
    [None, 5, True, 1.0, "", "mobile", [], {}, [1], [True], ["mobile", None], ("note",)]
)
COLUMNS: Final = st.lists(st.sampled_from(["mobile", "Note", '"mobile"', "other", "*"]), max_size=3)
INCIDENTS: Final = st.builds(
    merged,
    st.fixed_dictionaries(
        {
            "id": st.sampled_from(["I1", "I2"]),
            "status": st.sampled_from(["open", "closed"]),
            "quarantine": st.just(["CRM.customer"]),
        },
        optional={"closed_at": INSTANTS, "quarantined_at": INSTANTS},
    ),
    spans("detected_at", "released_at"),
)
NOTICES: Final = st.builds(
    merged, st.just({"version": "v1", "purposes": ["care"], "categories": []}), spans("effective_from", "effective_to")
)
RESOURCES: Final = st.fixed_dictionaries(
    {},
    optional={
        "columns": COLUMNS | ODD,
        "dataset": st.sampled_from(["crm.customer", "customer", "CRM.Customer", "erp.invoice", "no.such", "", 5, None]),
        "categories": st.sampled_from([[], ["personal.name"], ["business"], ("personal.name",)]) | ODD,
        "known_by": st.sampled_from([SCHEMA, "schema"]),
        "known": st.booleans() | ODD,
        "subjects": st.sampled_from([["C1"], ["C1", "C2"], []]) | ODD,
        "permitted_roles": st.just(["everybody"]),
        "personal": st.sampled_from([False]),
    },
)
CONTEXTS: Final = st.fixed_dictionaries(
    {},
    optional={
        "purpose": st.sampled_from(["service", "spam", "unheard"]) | ODD,
        "role": st.sampled_from(["agent", "seller"]) | ODD,
        "application": st.sampled_from(["desk", "other"]) | ODD,
        "request_id": st.sampled_from([None, "USE-1"]),
        "break_glass": st.sampled_from([None, "BG-1"]),
        "break_glass_known": st.sampled_from([True]),
        "row_count": st.just(1),
    },
)
ROUNDS: Final = st.lists(
    st.tuples(WHEN, RESOURCES, CONTEXTS, st.sampled_from(["read", "delete", "grant"]), st.sampled_from(ASKERS)),
    min_size=1, max_size=6,
)  # fmt: skip
BASE: Final[MappingProxyType[str, Any]] = MappingProxyType({
    "catalog": CATALOG, "purposes": PURPOSES, "roles": ROLE_LIST, "systems": SYSTEMS, "subjects": SUBJECTS,
    "people": [STAFF, OWNER],
    "service_accounts": [{"id": "svc", "owner": "E1", "purpose": "service", "roles": ["agent"]}],
    "applications": [{"id": "desk", "purpose": "service", "purposes": {"agent": "spam"}}],
    "consents": [], "tickets": [],
})  # fmt: skip
APPROVALS: Final = [{"employee": "E1", "approved_by": "E1", "valid_from": at(3), "valid_to": at(9)}]


@settings(max_examples=300)
@given(rounds=ROUNDS, incidents=st.lists(INCIDENTS, max_size=2), notices=st.lists(NOTICES, max_size=1),
       minors=st.booleans(), registered=st.booleans(), presumptuous=st.booleans())  # fmt: skip
def test_tables_and_contexts_are_what_their_views_find(
    rounds: list[tuple[Any, ...]],
    incidents: list[dict[str, Any]],
    notices: list[dict[str, Any]],
    *,
    minors: bool,
    registered: bool,
    presumptuous: bool,
) -> None:
    """Whatever was asked before, and whatever malformed or presumptuous words the caller sends."""
    more = {"minor_approvals": APPROVALS} if minors else {}
    world = facts(**{**BASE, **more}, incidents=incidents, notices=notices)
    if not registered:
        world = facts(**{name: entries for name, entries in BASE.items() if name != "people"})
    for when, resource, context, action, (kind, name) in rounds:
        lent = {"roles": ["seller", "everybody"], "senior": True} if presumptuous else {}
        subject = {"type": kind, "id": name, "properties": lent}
        question, request = ask(world, when, subject=subject, resource=resource, context=context, action=action)

        assert direct(ContextView, world, request.context, question) == seen(question.context, ContextView)
        assert direct(TableView, world, request.resource, question) == seen(question.resource, TableView)
        assert direct(SubjectView, world, request.subject, question) == seen(question.subject, SubjectView) or (
            not registered
        )


def test_an_ordinary_question_is_settled() -> None:
    """Nothing is left to be found while conditions read, and nothing that views could find was forgotten."""
    question, _ = ask(facts(**BASE), at(0), resource={"columns": ["mobile"]}, context={"purpose": "service"})

    assert [dict] * 3 == [type(question.subject), type(question.context), type(question.resource)]
    assert set(SubjectView.attributes) == set(PERSON)
    assert set(ContextView.attributes) == set(CONTEXT)
    assert set(TableView.attributes) == {*TABLE, *NOBODY}
    assert Normalised is type(question.subject["roles"])


def test_what_one_question_holds_does_not_leak_into_the_next() -> None:
    """Parts are copies: what somebody writes into one is not remembered, nor what another caller stated."""
    world = facts(**BASE)
    first, _ = ask(world, at(0), subject={"type": "employee", "id": "E1", "properties": {"mood": "good"}})
    first.subject["roles"] = ("boss",)
    first.resource["known"] = False
    first.context["purpose"] = "spam"
    second, _ = ask(world, at(0))

    assert ["seller"] == list(second.subject["roles"])
    assert "mood" not in second.subject
    assert second.resource["known"]
    assert second.context["purpose"] is None


def test_what_a_decision_hands_out_is_not_what_is_remembered() -> None:
    """Whoever writes into the question of a decision does not change the next decision."""
    world = facts(**{**BASE, "roles": []})
    first, second = (asked(world) for _ in range(2))
    first.subject["roles"] = ("boss",)
    first.resource["known"] = False
    third = asked(world)

    assert ["seller"] == list(second.subject["roles"]) == list(third.subject["roles"])
    assert second.resource["known"] is third.resource["known"] is True


@pytest.mark.parametrize(("item", "remembered"), [("string", True), ("number", False)])
def test_a_vocabulary_that_declares_no_texts_is_not_given_checked_texts(item: str, *, remembered: bool) -> None:
    """An array that counts as checked holds what the vocabulary declares, or it does not count as checked."""
    types = {"subject.roles": Type("array", item=Type(item))}  # type: ignore[arg-type]
    policies: Any = SimpleNamespace(vocabulary=SimpleNamespace(type_at=types.get))
    request = Request({"type": "employee", "id": "E1"}, "read", {"type": "table", "id": "t"}, as_of=at(0))
    question = facts(**BASE).enrich(request, policies)

    assert remembered is (type(question.subject["roles"]) is Normalised)


def test_a_full_memory_forgets_the_oldest() -> None:
    """It never grows beyond its size, and keeps what came last."""
    memo = Memo(16)
    for number in range(100):
        memo.keep(number, {"n": number}, (), at(0))

    assert len(memo) <= 16
    assert {"n": 99} == memo[99].attributes
    assert 0 not in memo


def test_strangers_do_not_drive_out_the_people() -> None:
    """Who is in no register is remembered for a while, apart from the people, and is nobody at every instant."""
    world = facts(**BASE)
    ask(world, at(0))
    for number in range(500):
        stranger, _ = ask(world, at(0), subject={"type": "employee", "id": f"stranger {number}"})
        assert not stranger.subject["known"]
    again, _ = ask(world, at(7), subject={"type": "employee", "id": "stranger 499"})

    assert not again.subject["employed"]
    assert ("employee", "E1") in world.remembered.people
    assert MOST_STRANGERS >= len(world.remembered.strangers) > 0


def test_long_words_are_answered_and_not_remembered() -> None:
    """Callers cannot fill the memory with texts of any length."""
    world = facts(**BASE)
    before, _ = ask(world, at(0), resource={"columns": ["x" * 5000]}, context={"purpose": "y" * 5000})

    assert not before.resource["known"]
    assert not before.context["purpose_listed"]
    assert 1 == len(world.remembered)  # the person
