"""The four surface forms become core rules: which ones, with which ids, targets, conditions and places."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from tutela.engine.authorizer import Authorizer
from tutela.engine.documents import read_document
from tutela.engine.errors import PolicyError
from tutela.engine.loader import Source, load_policies, lower_all, parse
from tutela.engine.lower import bases, literal, literals, words
from tutela.engine.lower import tests as read_target
from tutela.engine.model import Basis, Words
from tutela.engine.policy_schema import POLICY_SCHEMA
from tutela.engine.request import Request, parse_time
from tutela.engine.rules import Rule
from tutela.engine.rules import Test as Part

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

PACK = Path(__file__).parents[2] / "policies" / "customer-information"
VOCABULARY = Source("vocabulary.yaml", (PACK / "vocabulary.yaml").read_text(encoding="utf-8"))
ZONE = Source(
    "zone.yaml",
    """
kind: parameters
declare: {timezone: {type: timezone}, years: {type: integer}, important_customer: {type: strings}}
""",
)
BOUND = {"timezone": "Asia/Shanghai", "years": 3, "important_customer": ["core"]}
CHECKS = {
    name: {"id": f"R-{name.replace('_', '-')}"}
    for name in ("undefined", "before_minimum", "extension", "hold", "expired")
}
SCHEDULE = {
    "id": "RS-1", "dataset": "crm.customer", "trigger": {"event": "end"}, "minimum": "P3Y", "maximum": "P5Y",
    "on_expiry": "delete", "basis": [{"ref": "x", "article": 3}],
}  # fmt: skip


def lowered(*policies: dict[str, Any]) -> list[Rule]:
    """The core rules of some files."""
    parsed = parse([Source(f"p{n}.yaml", json.dumps(policy)) for n, policy in enumerate(policies)])
    assert [] == [problem.render() for problem in parsed.problems]
    found = lower_all(parsed)
    assert [] == [problem.render() for problem in found.problems]
    return found.rules


def retention(**more: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    """A retention file."""
    return {"kind": "retention", "id": "r", **more}


def texts(rules: list[Rule]) -> dict[tuple[str, str], tuple[str, str]]:
    """The conditions of rules by id and variant."""
    return {(r.id, r.variant): (r.when.text if r.when else "", r.unless.text if r.unless else "") for r in rules}


def test_an_access_rule_is_taken_as_it_is() -> None:
    """Own actions win over the file's; conditions keep their places; severity is high unless it says so."""
    text = (
        "kind: access\nid: a\nactions: [read]\nrules:\n"
        "  - {id: A-1.x, effect: allow}\n"
        "  - {id: A-2.x, effect: deny, actions: [grant], when: subject.senior, severity: low}\n"
        "  - {id: A-3.x, effect: deny, when: true}\n"
    )
    found = lower_all(parse([Source("p.yaml", text)])).rules

    assert [("read",), ("grant",), ("read",)] == [rule.actions for rule in found]
    assert ["high", "low", "high"] == [rule.severity.value for rule in found]
    assert [None, ("subject.senior", (6, 55), False), ("true", (7, 37), False)] == [
        rule.when and tuple(rule.when) for rule in found
    ]


@pytest.mark.parametrize(
    ("kind", "actions"),
    [("access", "read update export delete grant"), ("collection", "collect"), ("retention", "retain erase")],
)
def test_a_rule_without_actions_is_about_all_of_its_kind(kind: str, actions: str) -> None:
    """Plain rules may stand in every kind of file."""
    (found,) = lowered({"kind": kind, "id": "x", "rules": [{"id": "X-1.x", "effect": "deny"}]})

    assert tuple(actions.split()) == found.actions


def test_a_star_means_the_category_and_below() -> None:
    """Of one value, or of all values of a list."""
    assert (Part("resource.category", ("a.b",), below=True),) == read_target({"resource.category": "a.b.*"})
    assert (Part("resource.category", ("a", "b"), below=True),) == read_target({"resource.category": ["a.*", "b.*"]})
    assert (Part("resource.category", ("a*", "*"), below=False),) == read_target({"resource.category": ["a*", "*"]})


@pytest.mark.parametrize("text", ["plain", "it's", "back\\slash", "'", "\\'", "' or true or '", "客户"])
def test_a_text_cannot_leave_its_quotes(text: str) -> None:
    """Generated conditions hold texts of authors as literals, whatever they are."""
    policy = {"kind": "access", "id": "a", "rules": [
        {"id": "A-1.x", "effect": "allow", "when": f"resource.purpose == {literal(text)}"},
        {"id": "A-2.x", "effect": "allow", "when": f"resource.purpose in {literals([text, 'x'])}"},
    ]}  # fmt: skip
    authorizer = Authorizer(load_policies([VOCABULARY, Source("p.yaml", json.dumps(policy))]))

    def allowed(purpose: str) -> int:
        resource = {"type": "t", "id": "r", "properties": {"purpose": purpose}}
        request = Request({"type": "t", "id": "s"}, "read", resource, as_of=parse_time("2026-01-01T00:00:00Z"))
        decision = authorizer.decide(request)
        return len(decision.reasons) if decision.allowed else 0

    assert 2 == allowed(text)
    assert 0 == allowed(f"{text}?")


def test_collection_checks_become_deny_rules() -> None:
    """Channel, field, purpose; a need-set for each purpose; a protection unless all that it requires is there."""
    found = lowered(
        {
            "kind": "collection",
            "id": "c",
            "permit": {"id": "C-0"},
            "checks": {
                name: {"id": f"C-{name.replace('_', '-')}"} for name in ("channel", "field", "purpose", "need_set")
            },
            "need_sets": {"delivery": ["personal.contact"], "it's": ["personal.identity"]},
            "protections": [{"id": "C-9", "categories": ["personal.health"], "requires": ["encrypted", "notice"]}],
        }
    )

    assert [
        ("C-0", "", "allow"), ("C-channel", "", "deny"), ("C-channel", "event", "deny"),
        ("C-channel", "channel", "deny"), ("C-field", "", "deny"), ("C-field", "event", "deny"),
        ("C-purpose", "", "deny"),
    ] == [(rule.id, rule.variant, rule.effect) for rule in found[:7]]  # fmt: skip
    assert [("C-need-set", "delivery"), ("C-need-set", "it's"), ("C-9", "")] == [(r.id, r.variant) for r in found[7:]]
    assert "resource.encrypted and resource.notice" == (found[-1].unless and found[-1].unless.text)
    assert Part("resource.category", ("personal.health",), below=True) in found[-1].target
    assert {("collect",)} == {rule.actions for rule in found}


@pytest.mark.parametrize("action", ["share", "use"])
def test_sharing_becomes_rules_about_its_action(action: str) -> None:
    """One for each step; what would help is told as `needs`. An access that rests on a use is judged by the same."""
    rules = lowered(
        {
            "kind": "sharing",
            "id": "s",
            "action": action,
            "permit": {"id": "S-0", "recipients": ["supplier"], "obligations": [{"kind": "log_use"}]},
            "authorisation": {"id": "S-1"},
            "approvals": [
                {"id": "S-2", "level": 1, "approver": "department_head"},
                {"id": "S-3", "level": 2, "approver": "senior_management", "when": True},
            ],
            "agreements": [{"id": "S-4", "kind": "nda", "recipients": ["supplier"]}],
            "filing": {"id": "S-5", "department": "it's"},
        }
    )

    found = [rule for rule in rules if rule.actions == (action,)]
    accesses = [rule for rule in rules if rule.actions == ("read", "update", "export", "delete")]
    steps = [("authorisation",), ("approval:level-1",), ("approval:level-2",), ("agreement:nda",), ("filing",)]
    # A share of an application that nobody registered lacks the application itself.
    lacking = [("application",)] if action == "share" else []
    assert len(rules) == len(found) + len(accesses)
    assert [(), steps[0], *lacking, *steps[1:]] == [rule.needs for rule in found]
    assert (steps if action == "use" else []) == [rule.needs for rule in accesses]
    for rule in accesses:
        assert Part("context.request_known", (True,), below=False) in rule.target
        assert "access" == rule.variant
        assert "resource." not in f"{rule.when}{rule.unless}"
    assert ["log_use"] == [obligation.kind for obligation in found[0].obligations]
    assert ["true"] == [rule.when.text for rule in found if rule.id == "S-3" and rule.when]
    [filing] = [rule.unless for rule in found if rule.id == "S-5"]
    assert filing is not None
    assert "'it\\'s'" in filing.text


def test_a_schedule_becomes_a_rule_for_each_check_it_concerns() -> None:
    """With the schedule's place, basis and id; without a minimum of its own a law may still set one."""
    found = lowered(
        retention(checks=CHECKS),
        retention(
            schedules=[SCHEDULE, {**SCHEDULE, "id": "RS-2", "dataset": "b", "extension": {"important_customer": "P2Y"}}]
        ),
        retention(schedules=[{k: v for k, v in SCHEDULE.items() if k != "minimum"} | {"id": "RS-3", "dataset": "c"}]),
    )

    by_schedule = {
        schedule: sorted(rule.id for rule in found if rule.variant == schedule) for schedule in ("RS-1", "RS-2", "RS-3")
    }
    assert {
        "RS-1": ["R-before-minimum", "R-expired"],
        "RS-2": ["R-before-minimum", "R-expired", "R-extension"],
        "RS-3": ["R-before-minimum", "R-expired"],
    } == by_schedule
    one = next(rule for rule in found if rule.variant == "RS-3")
    assert "p2.yaml" == one.location.file
    assert (Basis("x", "3"),) == one.meta.basis
    assert ["table", "rows"] == [rule.variant for rule in found if rule.id == "R-undefined"]


def test_checks_of_every_file_see_every_schedule() -> None:
    """A second file with checks is not passed over, whatever its name."""
    one, two = ({"expired": {"id": f"R-{n}"}} for n in "12")

    found = lowered(retention(checks=one), retention(checks=two, schedules=[SCHEDULE]))

    assert ["R-1", "R-2"] == sorted(rule.id for rule in found)


@pytest.mark.parametrize(
    ("minimum_kind", "right", "effect"),
    [("company", True, "allow"), ("company", False, "deny"), ("statutory", True, "deny")],
)
def test_a_right_beats_the_companys_minimum_only(minimum_kind: str, right: bool, effect: str) -> None:
    """The person's right is weaker than a law and stronger than a company rule."""
    resource: dict[str, Any] = {"right": right, "started_at": "2026-01-01T00:00:00+08:00"}

    assert effect == erase("2026-06-01T00:00:00+08:00", {"minimum_kind": minimum_kind}, **resource)


def erase(
    when: str, schedule: dict[str, Any], action: str = "erase", holds: tuple[bool, ...] = (), **resource: object
) -> str:
    """What the retention form says about a group of rows."""
    policy = retention(permit={"id": "R-0"}, checks=CHECKS, schedules=[{**SCHEDULE, **schedule}])
    policies = load_policies([VOCABULARY, ZONE, Source("p.yaml", json.dumps(policy))], BOUND)
    properties = {
        "dataset": "crm.customer", "important": False, "right": False, "started_at": "2023-12-31T16:30:00Z",
        "copied": False, "customer_classes": [], "statutory_until": None, "hold_released_at": None,
        "holds": [{"id": str(n), "active": active} for n, active in enumerate(holds)], **resource,
    }  # fmt: skip
    rows = {"type": "record_group", "id": "x", "properties": properties}
    return Authorizer(policies).decide(Request({"type": "s", "id": "s"}, action, rows, as_of=parse_time(when))).effect


@pytest.mark.parametrize(
    ("when", "schedule", "resource", "effect"),
    [
        # 2024-01-01 00:30 in Shanghai, three years: erased from 2027-01-02 on
        ("2027-01-01T02:00:00Z", {}, {}, "deny"),
        ("2027-01-01T15:59:59Z", {}, {}, "deny"),
        ("2027-01-01T16:00:00Z", {}, {}, "allow"),
        # an important customer two years longer
        ("2027-01-01T16:00:00Z", {"extension": {"important_customer": "P2Y"}}, {"important": True}, "deny"),
        ("2029-01-01T15:59:59Z", {"extension": {"important_customer": "P2Y"}}, {"important": True}, "deny"),
        ("2029-01-01T16:00:00Z", {"extension": {"important_customer": "P2Y"}}, {"important": True}, "allow"),
        ("2027-01-01T16:00:00Z", {"extension": {"important_customer": "P2Y"}}, {"important": False}, "allow"),
        # importance by a class that the company calls important
        ("2027-01-01T16:00:00Z", {"extension": {"important_customer": "P2Y"}}, {"customer_classes": ["core"]}, "deny"),
        ("2027-01-01T16:00:00Z", {"extension": {"important_customer": "P2Y"}}, {"customer_classes": ["lost"]}, "allow"),
        # a law that keeps the rows longer, and a copy, which has no minimum of its own
        ("2027-01-01T16:00:00Z", {}, {"statutory_until": "2027-01-01T16:00:01Z"}, "deny"),
        ("2027-01-01T16:00:00Z", {}, {"statutory_until": "2027-01-01T16:00:00Z"}, "allow"),
        ("2027-01-01T15:59:59Z", {}, {"copied": True}, "allow"),
        # a period counted by a parameter
        ("2027-01-01T15:59:59Z", {"minimum": {"param": "years", "unit": "years"}}, {}, "deny"),
        ("2027-01-01T16:00:00Z", {"minimum": {"param": "years", "unit": "years"}}, {}, "allow"),
        ("2024-01-04T16:00:00Z", {"minimum": {"param": "years", "unit": "days"}}, {}, "allow"),
        # under a hold, never
        ("2039-01-01T00:00:00Z", {}, {"holds": (True,)}, "deny"),
        ("2039-01-01T00:00:00Z", {}, {"holds": (False,)}, "allow"),
        # unknown start, unknown data set
        ("2039-01-01T00:00:00Z", {}, {"started_at": None}, "deny"),
        ("2039-01-01T00:00:00Z", {}, {"started_at": "2023-12-31T16:30:00"}, "deny"),
    ],
)
def test_rows_are_erased_when_the_calendar_allows(
    when: str, schedule: dict[str, Any], resource: dict[str, Any], effect: str
) -> None:
    """At both ends of a period, to the second, in the policy time zone."""
    assert effect == erase(when, schedule, **resource)


@pytest.mark.parametrize(
    ("when", "schedule", "resource", "effect"),
    [
        ("2029-01-01T15:59:59Z", {}, {}, "allow"),
        ("2029-01-01T16:00:00Z", {}, {}, "deny"),
        ("2029-01-15T16:00:00Z", {"grace": "P15D"}, {}, "allow"),
        ("2029-01-16T16:00:00Z", {"grace": "P15D"}, {}, "deny"),
        ("2039-01-01T00:00:00Z", {}, {"holds": (True,)}, "allow"),
        ("2039-01-01T00:00:00Z", {}, {"dataset": "crm.other"}, "deny"),
        ("2039-01-01T00:00:00Z", {}, {"holds": (), "started_at": None}, "deny"),
    ],
)
def test_rows_are_kept_up_to_the_maximum(
    when: str, schedule: dict[str, Any], resource: dict[str, Any], effect: str
) -> None:
    """Days of grace count on; a hold keeps them; a data set without a schedule may not be kept at all."""
    assert effect == erase(when, schedule, action="retain", **resource)


def test_words_are_one_text_or_one_for_each_language() -> None:
    """The same text serves both languages."""
    assert Words("a") == words("a")
    assert Words("a", "b") == words({"en": "a", "zh": "b"})
    assert Words("", "b") == words({"zh": "b"})
    assert (Basis("r", "5", "low"), Basis("s")) == bases(
        [{"ref": "r", "article": 5, "confidence": "low"}, {"ref": "s"}]
    )


@pytest.mark.parametrize("path", sorted(PACK.glob("*.yaml")), ids=lambda path: path.name)
def test_the_published_schema_accepts_what_the_loader_accepts(path: Path) -> None:
    """Editors use one schema for all kinds of files; the loader one for each."""
    Draft202012Validator.check_schema(POLICY_SCHEMA)
    validator: Validator = Draft202012Validator(POLICY_SCHEMA)
    data: Any = read_document(path.read_text(encoding="utf-8"), path.name).data

    validator.validate(data)  # pyright: ignore[reportUnknownMemberType] (the stub is incomplete)


def test_what_needs_a_schedule_is_denied_without_one() -> None:
    """By the data set, and of a category by a schedule that names it or none; schedules stand in other files."""
    words = {"message": "m"}
    needing = [
        {"id": "R-kept", "actions": ["retain"], "target": {"resource.type": "structure"}, **words},
        {
            "id": "R-tags",
            "variant": "tags",
            "actions": ["collect"],
            "target": {"resource.type": "column", "resource.category": "personal.derived.*"},
            "when": "resource.kept_as != ''",
            **words,
        },
    ]
    schedules = [
        {**SCHEDULE, "categories": ["personal.name", "personal.derived"]},
        {**SCHEDULE, "id": "RS-2", "dataset": "a.b"},
    ]
    found = texts(lowered(retention(unscheduled=needing), {**retention(schedules=schedules, checks=CHECKS), "id": "s"}))
    alone = texts(lowered(retention(unscheduled=needing)))

    assert ("", "resource.kept_as in ['a.b', 'crm.customer']") == found["R-kept", "unscheduled"]
    assert (
        "resource.kept_as != ''",
        (
            "resource.kept_as in ['a.b'] or $any([(resource.kept_as + ' ' + step) in "
            "['crm.customer personal.derived', 'crm.customer personal.name'] for step in resource.category_path])"
        ),
    ) == found["R-tags", "tags"]
    assert {("R-kept", "unscheduled"): ("", ""), ("R-tags", "tags"): ("resource.kept_as != ''", "")} == alone


def test_variants_let_rules_share_an_id() -> None:
    """Each has words of its own; two of the same variant are refused."""
    one = {"id": "A-1.x", "effect": "deny", "actions": ["read"], "message": "m"}
    access = {"kind": "access", "id": "a"}

    assert [("A-1.x", ""), ("A-1.x", "more")] == [
        (rule.id, rule.variant) for rule in lowered({**access, "rules": [one, {**one, "variant": "more"}]})
    ]
    same: list[dict[str, str]] = [{}, {"variant": "more"}]
    for variants in ([more, more] for more in same):
        with pytest.raises(PolicyError) as refused:
            load_policies(
                [VOCABULARY, Source("p.json", json.dumps({**access, "rules": [{**one, **v} for v in variants]}))]
            )
        assert ["rule-duplicate"] == [problem.code for problem in refused.value.problems]
