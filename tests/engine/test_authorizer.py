"""Decisions are the same in whatever order policies are written, and every request gets an answer."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tutela.engine.authorizer import Authorizer
from tutela.engine.facts import RESOURCES, Facts
from tutela.engine.loader import Source, load_policies
from tutela.engine.request import Request

CASES = Path(__file__).parent / "cases"
PACK = Path(__file__).parents[2] / "policies" / "customer-information"
VOCABULARY = [
    Source(path.name, path.read_text(encoding="utf-8"))
    for path in (PACK / "vocabulary.yaml", *sorted((CASES / "base").glob("*.yaml")))
]
AS_OF = datetime(2026, 11, 20, 2, tzinfo=UTC)
RULES: list[dict[str, Any]] = [
    {"id": "A-1.gold", "effect": "allow", "target": {"resource.tier": "gold"}, "obligations": [{"kind": "log_use"}]},
    {"id": "A-2.flag", "effect": "allow", "when": "resource.flag", "obligations": [{"kind": "notify"}]},
    {"id": "A-3.low", "effect": "deny", "when": "resource.score < param.limit", "needs": ["score"]},
    {"id": "A-4.tags", "effect": "deny", "target": {"resource.tags": ["black", "red"]}, "when": "resource.score < 500"},
    {"id": "A-5.colour", "effect": "deny", "target": {"subject.colour": "red.*"}, "needs": ["colour"]},
    {"id": "A-6.both", "effect": "deny", "target": {"resource.tags": "red", "resource.tier": ["tin", "gold"]}},
]
QUESTIONS: list[dict[str, Any]] = [
    {"tier": "gold", "flag": True, "score": 1000, "tags": []},
    {"tier": "gold", "flag": True, "score": 5, "tags": ["red", "black"]},
    {"tier": "tin", "flag": False, "score": 200, "tags": ["red"]},
    {"tier": "tin", "score": "x", "tags": ["black"]},
    {"flag": 3},
    {},
]


def ask(**resource: object) -> Request:
    """A request about a resource with these attributes."""
    return Request(
        {"type": "employee", "id": "e1", "properties": {"colour": "red.dark"}},
        "read",
        {"type": "table", "id": "r1", "properties": resource},
        as_of=AS_OF,
    )


def files(random: Random, names: list[str]) -> list[Source]:
    """The rules and defaults dealt out over some files in some order, the declarations between them."""
    hands: list[dict[str, Any]] = [{"kind": "access", "id": "same", "actions": ["read"], "rules": []} for _ in names]
    for rule in random.sample(RULES, len(RULES)):
        random.choice(hands)["rules"].append(rule)
    random.choice(hands)["default"] = {"id": "A-0.none"}
    hands.append({"kind": "retention", "id": "r", "actions": [], "default": {"id": "R-0.none"}})
    hands[-1].pop("actions")
    made = [Source(f"{name}.yaml", json.dumps(hand)) for name, hand in zip([*names, "r"], hands, strict=True)]
    made += VOCABULARY
    random.shuffle(made)
    return made


def told(authorizer: Authorizer) -> list[object]:
    """Everything that decisions say, but for the places of rules."""
    found: list[object] = []
    for question in QUESTIONS:
        d = authorizer.decide(ask(**question))
        reasons = [(r.rule, r.severity, r.message, r.clauses, r.basis, r.remedy) for r in d.reasons]
        found.append((d.effect, reasons, d.obligations, d.missing, d.errors))
    return found


@pytest.mark.parametrize("seed", range(12))
def test_the_order_of_files_and_rules_changes_nothing(seed: int) -> None:
    """Digest, effects, reasons in their order, obligations, missing and errors stay the same."""
    random = Random(seed)  # noqa: S311 (test data)
    plain = load_policies(files(Random(0), ["a", "b", "c"]))  # noqa: S311 (test data)
    names = random.sample(["a", "z", "m", "0", "规则"], 3)

    shuffled = load_policies(files(random, names))

    assert plain.digest == shuffled.digest
    assert told(Authorizer(plain)) == told(Authorizer(shuffled))


@pytest.mark.parametrize(
    "change",
    [
        {"rule": {"effect": "allow"}},
        {"rule": {"when": "resource.score < 499"}},
        {"rule": {"target": {"resource.tags": ["black"]}}},
        {"rule": {"message": "new words"}},
        {"rule": {"severity": "low"}},
        {"rule": {"obligations": [{"kind": "x", "args": {"n": 1}}]}},
        {"default": {"id": "A-0.other"}},
        {"bind": {"limit": 101}},
        {"vocabulary": {"more": "string"}},
    ],
)
def test_whatever_can_change_an_answer_changes_the_digest(change: dict[str, Any]) -> None:
    """A decision that names a digest can be replayed with it."""
    policy: dict[str, Any] = {"kind": "access", "id": "a", "default": {"id": "A-0.none"}, "rules": [RULES[3]]}
    before = load_policies([*VOCABULARY, Source("a.yaml", json.dumps(policy))])
    more: dict[str, Any] = change.get("rule", {})
    policy["rules"] = [{**RULES[3], **more}]
    policy["default"] = change.get("default", policy["default"])
    vocabulary = {"kind": "vocabulary", "resource": change.get("vocabulary", {})}

    sources = [*VOCABULARY, Source("a.yaml", json.dumps(policy)), Source("v.yaml", json.dumps(vocabulary))]
    after = load_policies(sources, change.get("bind"))

    assert before.digest != after.digest


def test_many_decisions_are_the_single_decisions() -> None:
    """In the order of the requests."""
    authorizer = Authorizer(load_policies(files(Random(0), ["a", "b"])))  # noqa: S311 (test data)
    requests = [ask(**question) for question in QUESTIONS]

    assert [repr(authorizer.decide(request)) for request in requests] == [
        repr(decision) for decision in authorizer.decide_many(requests)
    ]


SHANGHAI = ZoneInfo("Asia/Shanghai")
REGISTERS: dict[str, list[dict[str, Any]]] = {
    "people": [
        {"id": "e1", "name": "x", "department": "d", "grade": "staff", "status": "active", "hired_at": date(2020, 1, 1)}
    ],
    "catalog": [{"dataset": "crm.customer", "columns": [{"name": "mobile", "category": "personal.contact.phone"}]}],
    "holds": [
        {"id": "h", "matter": "m", "scope": {"datasets": ("crm.customer",)}, "placed_by": "e1", "placed_at": AS_OF}
    ],
}
LAST, FIRST = (
    datetime(y, m, d, h, tzinfo=UTC).replace(tzinfo=SHANGHAI) for y, m, d, h in ((9999, 12, 31, 23), (1, 1, 1, 0))
)
PARAMETERS = yaml.safe_load((PACK / "tests" / "sharing_test.yaml").read_text("utf-8"))["parameters"]


@pytest.fixture(scope="module")
def pack() -> Authorizer:
    """The shipped pack with registers: every kind of policy and every kind of fact."""
    paths = sorted(PACK.glob("*.yaml"))
    policies = load_policies([Source(p.name, p.read_text(encoding="utf-8")) for p in paths], PARAMETERS)
    return Authorizer(policies, Facts(REGISTERS, None, zone=SHANGHAI, profile="pipl-cn"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("personal.contact"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
WORDS = """
dataset column columns category categories purposes personal known started_at important right subject channels
approvals holds form_content roles employed terminated_at permitted_roles row_count request_id purpose subjects
channel provenance partner recipient executor form field message_type to_public users owner enabled break_glass
rights_request account_closed_at application role events accesses use_records
"""
NAMES = st.sampled_from(WORDS.split())
ATTRIBUTES = st.dictionaries(NAMES | st.text(max_size=4), JSON, max_size=6)
FIELDS = ("id", "applicant", "recipient", "content", "period", "scope", "purpose", "submitted_at")
FORM = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(FIELDS, JSON),
)


@settings(max_examples=400, deadline=None)
@given(
    subject=ATTRIBUTES,
    resource=ATTRIBUTES,
    context=ATTRIBUTES,
    form=FORM,
    kind=st.sampled_from([*RESOURCES, "log_window", "other"]),
    action=st.sampled_from(["read", "collect", "retain", "erase", "share", "use", "export", "update", "grant", "fly"]),
    who=st.sampled_from(["employee", "account", "user", "service", ""]),
    instant=st.datetimes(timezones=st.just(UTC)) | st.sampled_from([LAST, FIRST]),
)
def test_every_request_gets_an_answer(
    pack: Authorizer,
    subject: dict[str, Any],
    resource: dict[str, Any],
    context: dict[str, Any],
    form: dict[str, Any],
    kind: str,
    action: str,
    who: str,
    instant: datetime,
) -> None:
    """Whatever JSON its attributes hold, a request is allowed or denied, with reasons; it never raises."""
    if kind in ("sharing_request", "use_request"):
        resource = {**resource, "form_content": form}
    request = Request(
        {"type": who, "id": "e1", "properties": subject},
        action,
        {"type": kind, "id": "crm.customer", "properties": resource},
        context,
        as_of=instant,
    )

    decision = pack.decide(request)

    assert decision.reasons
    assert (decision.effect == "allow") is decision.allowed
    assert all(isinstance(text, str) for text in (*decision.missing, *decision.errors))
    assert not (decision.allowed and decision.missing)


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        ("table", {"categories": 5}),
        ("table", {"categories": [5]}),
        ("table", {"categories": "personal.contact"}),
        ("table", {"categories": {"personal.contact": 1}}),
        ("table", {"categories": None}),
        ("table", {"known": "no"}),
        ("column", {"category": 5}),
        ("column", {"category": ["personal.contact"]}),
        ("column", {"category": {"personal": 1}}),
        ("column", {"category": []}),
        ("column", {"category": False}),
        ("record_group", {"right": "false"}),
        ("record_group", {"right": None, "important": 1}),
        ("record_group", {"subject": ["c1"]}),
        ("sharing_request", {"form_content": {}}),
        ("sharing_request", {"form_content": {"recipient": 5, "content": "x"}}),
        ("use_request", {"form_content": {"scope": []}}),
    ],
)
def test_attributes_of_the_wrong_form_are_never_an_allow(pack: Authorizer, kind: str, bad: dict[str, object]) -> None:
    """What cannot be read is denied, also for a caller who brings every answer himself."""
    lent = {"known": True, "personal": False, "permitted_roles": ["x"], "approvals": [], "purposes": ["x"]}
    action = {
        "table": "read",
        "column": "collect",
        "sharing_request": "share",
        "use_request": "use",
        "record_group": "erase",
    }[kind]
    who = {"type": "employee", "id": "e1", "properties": {"roles": ["x"], "employed": True}}

    decision = pack.decide(
        Request(who, action, {"type": kind, "id": "no.such", "properties": {**lent, **bad}}, as_of=AS_OF)
    )

    assert "deny" == decision.effect
