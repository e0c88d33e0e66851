"""The index only saves work: a decision with it is the decision that reading every rule would give."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tutela.engine.authorizer import Authorizer
from tutela.engine.index import MAX_KEYS
from tutela.engine.loader import Source, load_policies
from tutela.engine.plain import is_list, is_map
from tutela.engine.request import Request

BASE = Source("base.yaml", (Path(__file__).parent / "cases" / "base" / "vocabulary.yaml").read_text(encoding="utf-8"))
AS_OF = datetime(2026, 11, 20, 2, tzinfo=UTC)
NULLABLE = frozenset({"subject.colour"})
LISTS = frozenset({"resource.tags", "resource.marks"})
NUMBERS = frozenset({"resource.score", "resource.marks"})

WORDS = ["a", "a.b", "a.b.c", "ab", "", "b"]
VALUES: dict[str, list[Any]] = {
    "resource.tier": WORDS, "subject.colour": WORDS, "resource.score": [0, 1, 2, -1], "resource.flag": [True, False],
    "resource.tags": WORDS, "resource.marks": [0, 1, 2], "resource.holder.name": WORDS,
}  # fmt: skip
CONDITIONS = ["", "resource.flag", "subject.rank > 1"]


@st.composite
def rules(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Up to a dozen rules with targets over a few attributes."""
    made: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 12))):
        target: dict[str, Any] = {}
        for path in draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=3, unique=True)):
            values = draw(st.lists(st.sampled_from(VALUES[path]), min_size=1, max_size=3, unique_by=repr))
            if isinstance(values[0], str) and draw(st.booleans()):
                values = [f"{value}.*" for value in values]
            target[path] = values if len(values) > 1 or draw(st.booleans()) else values[0]
        rule = {"id": f"A-{number}.x", "effect": draw(st.sampled_from(["allow", "deny"])), "target": target}
        if when := draw(st.sampled_from(CONDITIONS)):
            rule["when"] = when
        made.append(rule)
    return made


ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, 5, 1.0, True, "a", "", ["a"], [], {"name": "a"}, {}, float("nan"), [[]], [None], -0.0]
)


ODD_LISTS: st.SearchStrategy[Any] = st.sampled_from([["a", 1], [1, True], [1.0], ["a", None], [{}]])


@st.composite
def requests(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Attributes that fit, are absent, or have another type."""
    parts: dict[str, dict[str, Any]] = {"subject": {}, "resource": {}}
    for path in [*sorted(VALUES), "subject.rank"]:
        root, name, *inner = path.split(".")
        how = draw(st.sampled_from(["right", "right", "right", "absent", "odd"]))
        if how == "absent":
            continue
        value: Any = draw(st.sampled_from(VALUES.get(path, [0, 5])))
        odd = ODD
        if path in LISTS:
            value = draw(st.lists(st.sampled_from(VALUES[path]), max_size=3))
            odd = ODD | ODD_LISTS
        value = draw(odd) if how == "odd" else {inner[0]: value} if inner else value
        parts[root][name] = value
    return parts


def fits(path: str, wanted: Any, attributes: dict[str, dict[str, Any]]) -> bool | None:  # noqa: ANN401 (JSON)
    """Whether an attribute fits one part of a target; None when that cannot be told. Slow and plain on purpose."""
    value: Any = attributes
    for step in path.split("."):
        value = value.get(step) if is_map(value) else None
    if value is None:
        return False if path in NULLABLE else None
    if (path in LISTS) is not isinstance(value, list):
        return None
    kind = int | float if path in NUMBERS else bool if path == "resource.flag" else str
    items: list[Any] = value if path in LISTS else [value]
    for item in items:
        if not isinstance(item, kind) or (isinstance(item, bool) and kind is not bool):
            return None
        if isinstance(item, float) and not isfinite(item):
            return None
    wanted_values: list[Any] = wanted if is_list(wanted) else [wanted]
    return any(_equal(item, w) for item in items for w in wanted_values)


def _equal(item: Any, wanted: Any) -> bool:  # noqa: ANN401 (JSON)
    if isinstance(wanted, str) and wanted.endswith(".*"):
        return bool(item == wanted[:-2] or item.startswith(wanted[:-1]))
    return bool(item == wanted)


def holds(rule: dict[str, Any], attributes: dict[str, dict[str, Any]]) -> bool | None:
    """Whether a rule applies: all parts must, a sure difference beats a doubt."""
    parts = [fits(path, wanted, attributes) for path, wanted in rule["target"].items()]
    if False in parts:
        return False
    if None in parts:
        return None
    if rule.get("when") == "resource.flag":
        flag = attributes["resource"].get("flag")
        return flag if isinstance(flag, bool) else None
    if rule.get("when"):
        rank = attributes["subject"].get("rank")
        number = isinstance(rank, int | float) and not isinstance(rank, bool) and isfinite(rank)
        return bool(rank > 1) if number and rank is not None else None
    return True


def authorizer(made: list[dict[str, Any]]) -> Authorizer:
    """What decides by these rules."""
    return Authorizer(load_policies([BASE, Source("p.yaml", json.dumps({"kind": "access", "id": "a", "rules": made}))]))


def decide(made: Authorizer | list[dict[str, Any]], attributes: dict[str, dict[str, Any]]) -> tuple[Any, ...]:
    """What the engine says: allowed, rules that deny, rules that allow, rules in doubt."""
    request = Request(
        {"type": "t", "id": "s", "properties": attributes["subject"]},
        "read",
        {"type": "t", "id": "r", "properties": attributes["resource"]},
        as_of=AS_OF,
    )
    decision = (made if isinstance(made, Authorizer) else authorizer(made)).decide(request)
    reasons = {reason.rule for reason in decision.reasons}
    return decision.allowed, reasons, {line.partition(":")[0] for line in decision.errors}


@settings(max_examples=200, deadline=None)
@given(made=rules(), asked=st.lists(requests(), min_size=3, max_size=3))
@example(
    made=[{"id": "A-1.x", "effect": "allow", "target": {"resource.tags": ["a.*", "a.b.*"]}}],
    asked=[{"subject": {}, "resource": {"tags": "a"}}],
)
def test_the_index_never_changes_an_answer(made: list[dict[str, Any]], asked: list[dict[str, dict[str, Any]]]) -> None:
    """Rule by rule, without an index: the same effect, the same reasons, the same doubts."""
    pdp = authorizer(made)  # loading is the slow part
    for attributes in asked:
        assert by_hand(made, attributes) == decide(pdp, attributes)


def by_hand(made: list[dict[str, Any]], attributes: dict[str, dict[str, Any]]) -> tuple[Any, ...]:
    """What the rules say one by one."""
    found: dict[str, tuple[str, bool | None]] = {rule["id"]: (rule["effect"], holds(rule, attributes)) for rule in made}
    deny = {name for name, (effect, value) in found.items() if effect == "deny" and value is not False}
    allow = {name for name, (effect, value) in found.items() if effect == "allow" and value is True}
    doubt = {name for name, (_, value) in found.items() if value is None}
    allowed = bool(allow) and not deny
    none: set[str] = set() if allow else {"no-permitting-policy"}
    reasons = allow if allowed else deny | none
    return allowed, reasons, doubt


LIST_RULES: list[dict[str, Any]] = [
    {"id": "A-1.all", "effect": "allow", "target": {}},
    {"id": "A-2.black", "effect": "deny", "target": {"resource.tags": ["black"]}},
]


def test_null_for_a_list_that_may_not_be_null_denies() -> None:
    """Like an absent one: a deny rule that might fit counts as failing."""
    assert decide(LIST_RULES, {"subject": {}, "resource": {}}) == decide(
        LIST_RULES, {"subject": {}, "resource": {"tags": None}}
    )


@pytest.mark.parametrize("item", [5, True, 1.5])
def test_an_item_of_another_type_denies(item: object) -> None:
    """A list of texts with a number in it might have held anything: the deny rule counts as failing."""
    allowed, reasons, doubts = decide(LIST_RULES, {"subject": {}, "resource": {"tags": ["red", item]}})

    assert (False, {"A-2.black"}, {"A-2.black"}) == (allowed, reasons, doubts)


def test_the_largest_target_is_indexed() -> None:
    """As many combinations as the bound allows are found under each of them."""
    side = int(MAX_KEYS**0.5)
    target = {"resource.tier": [f"t{n}" for n in range(side)], "resource.score": list(range(side))}
    made = [{"id": "A-1.x", "effect": "allow", "target": target}]

    assert decide(made, {"subject": {}, "resource": {"tier": f"t{side - 1}", "score": side - 1}})[0]
    assert not decide(made, {"subject": {}, "resource": {"tier": f"t{side}", "score": 0}})[0]
