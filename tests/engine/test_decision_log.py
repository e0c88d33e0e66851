"""Entries of decisions: what they say, what they never say, and that a full one gives the same decision again."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutela.engine.authorizer import Authorizer
from tutela.engine.decision_log import Recorder
from tutela.engine.decision_log_chain import read_entry
from tutela.engine.decision_log_masks import HIDDEN, UNDECLARED, Masks, keyed
from tutela.engine.decision_log_replay import replay
from tutela.engine.errors import InputError
from tutela.engine.loader import Source, load_policies
from tutela.engine.request import Request

BASE = Path(__file__).parent / "cases" / "base"
PACK = Path(__file__).parents[2] / "policies" / "customer-information"
AT = datetime(2026, 11, 20, 2, 0, 0, 1, tzinfo=UTC)
KEY = b"a key of the tests only, 32 bytes"
RULES: list[dict[str, Any]] = [
    {"id": "A-1.gold", "effect": "allow", "target": {"resource.tier": "gold"}, "obligations": [{"kind": "log_use"}]},
    {"id": "A-2.reason", "effect": "allow", "when": 'context.reason == "support"'},
    {"id": "A-3.low", "effect": "deny", "when": "resource.score < 100", "needs": ["score"]},
    {"id": "A-4.young", "effect": "deny", "when": "(resource.age ?? 99) < 18"},
]
POLICY = {"kind": "access", "id": "a", "actions": ["read"], "default": {"id": "A-0.none"}, "rules": RULES}
SOURCES = [
    Source(path.name, path.read_text(encoding="utf-8")) for path in (PACK / "vocabulary.yaml", *BASE.glob("*.yaml"))
]
POLICIES = load_policies([*SOURCES, Source("a.yaml", json.dumps(POLICY))])
PDP = Authorizer(POLICIES)
PERSONAL = ("13800138000", "张三丰", "zhang.san@example.com", "110101199003074514", "E0042-secret")


def request(resource: dict[str, Any], context: dict[str, Any] | None = None, **subject: Any) -> Request:  # noqa: ANN401
    """A request about a resource with these properties."""
    return Request(
        {"type": "employee", "id": PERSONAL[4], "properties": subject},
        "read",
        {"type": "table", "id": PERSONAL[3], "properties": resource},
        context,
        as_of=AT,
    )


def entry(asked: Request, *, full: bool = False, key: bytes | None = KEY, show: tuple[str, ...] = ()) -> dict[str, Any]:
    """What the log says of the decision about a request."""
    masks = Masks(POLICIES.vocabulary, key, show)
    made = read_entry(Recorder(PDP, masks, full=full).entry(PDP.decide(asked), asked, "ev-1", AT))
    assert made is not None
    return made


def test_an_entry_says_what_was_decided_and_with_what() -> None:
    """Everything of a decision but its texts, which the policies of that digest have."""
    found = entry(request({"tier": "gold", "score": 500, "age": None}, {"reason": "support"}), show=("context.reason",))

    score = found["request"]["resource"]["properties"]["score"]

    assert score.startswith("keyed:")
    assert found == {
        "v": 1,
        "kind": "decision",
        "at": "2026-11-20T02:00:00.000001+00:00",
        "id": "ev-1",
        "as_of": "2026-11-20T02:00:00.000001+00:00",
        "masked": True,
        "request": {
            "subject": {"type": "employee", "id": keyed(PERSONAL[4].encode(), KEY), "properties": {}},
            "action": {"name": "read", "properties": {}},
            "resource": {
                "type": "table",
                "id": keyed(PERSONAL[3].encode(), KEY),
                "properties": {"tier": keyed(b"gold", KEY), "score": score, "age": None},
            },
            "context": {"reason": "support"},
        },
        "effect": "allow",
        "reasons": ["A-1.gold", "A-2.reason"],
        "obligations": [{"kind": "log_use", "args": {}}],
        "missing": [],
        "errors": [],
        "policies": POLICIES.digest,
        "facts": "",
    }  # fmt: skip


def test_a_denial_names_all_its_rules_and_errors() -> None:
    """As the decision does: also a rule that could not be evaluated, and the default."""
    asked = request({"score": 5, "age": "x"})
    decision, found = PDP.decide(asked), entry(asked)

    assert found["effect"] == "deny"
    assert found["reasons"] == [reason.rule for reason in decision.reasons] == ["A-3.low", "A-4.young", "A-0.none"]
    assert found["missing"] == list(decision.missing)
    assert found["errors"] == list(decision.errors) != []


ATTRIBUTES = {root: tuple(names) for root, names in POLICIES.vocabulary.attributes.items()}
TEXTS = st.sampled_from(PERSONAL)
VALUES = st.recursive(
    TEXTS | TEXTS.map(lambda text: f"call {text} now"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
NAMES = TEXTS | st.text(min_size=1, max_size=5)


def properties(root: str) -> st.SearchStrategy[dict[str, Any]]:
    """Personal values under declared and undeclared names."""
    return st.dictionaries(st.sampled_from(ATTRIBUTES[root]) | NAMES, VALUES, max_size=5)


@settings(max_examples=150, deadline=None)
@given(properties("subject"), properties("resource"), properties("context"), TEXTS, st.sampled_from([None, KEY]))
def test_no_personal_value_is_in_a_masked_entry(
    subject: dict[str, Any], resource: dict[str, Any], context: dict[str, Any], word: str, key: bytes | None
) -> None:
    """Wherever a caller puts it: in ids, types, names of attributes, nested values, also where texts may be shown."""
    asked = Request(
        {"type": word, "id": word, "properties": subject},
        {"name": word, "properties": context},
        {"type": word, "id": word, "properties": resource},
        context,
        as_of=AT,
    )
    stored = Recorder(PDP, Masks(POLICIES.vocabulary, key)).entry(PDP.decide(asked), asked, f"{word} ", AT)

    for text in PERSONAL:
        assert text.encode() not in stored
        assert json.dumps(text)[1:-1].encode() not in stored


def test_what_masks_leave() -> None:
    """Flags, numbers, instants and listed words where the vocabulary shows them; nothing else, unless it is named."""
    stated: dict[str, Any] = {
        "clearance": "secret",
        "rank": 3,
        "employed": True,
        "badge": "b",
        "terminated_at": "2026-01-01T00:00:00Z",
    }
    subject = entry(request({}, **stated, shoe_size=43), key=None)["request"]["subject"]["properties"]

    assert subject == {
        "clearance": "secret", "rank": HIDDEN, "employed": True, "badge": HIDDEN,
        "terminated_at": "2026-01-01T00:00:00Z", UNDECLARED: 1,
    }  # fmt: skip
    wrong: dict[str, Any] = {"clearance": "张三丰", "employed": "13800138000", "terminated_at": "13800138000"}
    assert {HIDDEN} == set(entry(request({}, **wrong), key=None)["request"]["subject"]["properties"].values())
    shown = entry(request({"tier": "gold"}), show=("subject.id", "resource.tier"))["request"]
    assert (shown["subject"]["id"], shown["resource"]["properties"]["tier"]) == (PERSONAL[4], "gold")


def test_only_declared_attributes_can_be_shown() -> None:
    """A mistyped path is a problem when the log is opened, not a mask that nobody expects."""
    with pytest.raises(InputError) as error:
        Masks(POLICIES.vocabulary, None, ("context.purpos", "context", "resource.holder.name", "resource.id"))

    assert ["context", "context.purpos", "resource.holder.name"] == [
        problem.args["path"] for problem in error.value.problems
    ]


def test_masks_are_the_same_for_the_same_value_and_key() -> None:
    """Entries about one person belong together, and say nothing to who has another key."""
    one, other = entry(request({"secret": "x"})), entry(request({"secret": "x"}), key=b"another" * 4)

    assert one["request"] == entry(request({"secret": "x"}))["request"]
    assert one["request"]["subject"]["id"] != other["request"]["subject"]["id"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
SCORES, AGES = st.integers(0, 200) | JSON, st.integers(10, 30) | JSON
DECLARED = st.fixed_dictionaries({}, optional={"tier": st.sampled_from(["gold", "tin"]), "score": SCORES, "age": AGES})


@settings(max_examples=150, deadline=None)
@given(DECLARED, st.dictionaries(st.text(max_size=5), JSON, max_size=3))
def test_a_full_entry_gives_the_same_decision_again(resource: dict[str, Any], more: dict[str, Any]) -> None:
    """Any JSON: whole numbers of any size, halves of surrogate pairs, names of any kind."""
    asked = request({**more, **resource}, {"reason": "support", **more})
    found = entry(asked, full=True)
    made = replay(found, PDP)

    assert found["masked"] is False
    assert made is not None
    assert (made.state, made.differs) == ("same", ())


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, Decimal("1.10"), object(), {1: "x"}, datetime(2026, 1, 1), [{"x": {3}}], b"x"],  # noqa: DTZ001
    ids=["nan", "inf", "decimal", "object", "number as a name", "naive time", "set", "bytes"],
)
def test_what_json_cannot_say_exactly_is_masked(value: object) -> None:
    """Such an entry would replay another request than the one that was decided."""
    found = entry(request({"score": value, "tier": "gold"}), full=True)

    assert found["masked"] is True
    assert found["request"]["resource"]["properties"]["tier"] == keyed(b"gold", KEY)
    assert getattr(replay(found, PDP), "cause", None) == "masked"


def test_a_request_nested_without_end_is_masked() -> None:
    """The recorder never raises for what a request holds."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for full in (True, False):
        assert entry(request({"tags": deep}), full=full)["masked"] is True
    shown = entry(request({"tags": [deep], "tier": "\ud800"}), show=("resource.tags", "resource.tier"))
    assert "张三丰" not in json.dumps(shown)
    assert "properties" not in shown["request"]["resource"]


def test_instants_keep_their_seconds() -> None:
    """Of a request, and of a property; an old local time has an offset of seconds."""
    old = timezone(timedelta(hours=8, minutes=5, seconds=43))
    asked = Request(
        {"type": "employee", "id": "e"}, "read", {"type": "table", "id": "t"}, {"at": AT.astimezone(old), "x": (1, 2)},
        as_of=AT.astimezone(old),
    )  # fmt: skip
    found = entry(asked, full=True)

    assert found["masked"] is False
    assert (found["as_of"], found["request"]["context"]["at"]) == (AT.astimezone(old).isoformat(),) * 2
    assert getattr(replay(found, PDP), "state", None) == "same"


def test_what_a_replay_finds() -> None:
    """A decision that differs, with its parts; other policies, other facts, and entries that are none."""
    found = entry(request({"tier": "gold", "score": 500, "age": None}), full=True)
    changed: dict[str, Any] = {**found, "effect": "deny", "reasons": []}
    other = Authorizer(load_policies([*SOURCES, Source("a.yaml", json.dumps({**POLICY, "rules": RULES[:1]}))]))

    def said(of: dict[str, Any], pdp: Authorizer = PDP) -> tuple[str, str, tuple[str, ...]]:
        made = replay(of, pdp)
        assert made is not None
        return made

    assert said(found) == ("same", "", ())
    assert said(changed) == ("differs", "", ("effect", "reasons"))
    assert said(found, other) == ("not_replayable", "policies", ())
    assert said({**found, "facts": "sha256:1"}) == ("not_replayable", "facts", ())
    assert said({**found, "request": {"subject": 1}})[:2] == ("not_replayable", "unreadable")
    assert said({**found, "request": None})[:2] == ("not_replayable", "unreadable")
    assert replay({**found, "kind": "torn"}, PDP) is None
