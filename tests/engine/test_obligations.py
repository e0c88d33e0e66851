"""Obligations: those that hang on a condition, and those that are due."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tutela.engine.authorizer import Authorizer
from tutela.engine.errors import PolicyError
from tutela.engine.loader import Source, load_policies
from tutela.engine.request import Request

VOCABULARY = Source(
    "words.yaml",
    "kind: vocabulary\nresource:\n  secret: {type: boolean, masked: false}\n  size: {type: number, nullable: true}\n",
)
PARAMETERS = Source(
    "parameters.yaml",
    "kind: parameters\ndeclare:\n  timezone: {type: timezone}\n"
    "  reply.days: {type: integer}\n  reply.hours: {type: integer}\n"
    "bind:\n  timezone: Asia/Shanghai\n  reply.days: 5\n  reply.hours: 4\n",
)
HEAD = "kind: access\nid: a\nrules:\n  - id: A-01.allow\n    effect: allow\n    obligations:\n"


def policies(*obligations: str, extra: tuple[Source, ...] = (PARAMETERS,)) -> Any:  # noqa: ANN401 (a policy set)
    """A set with one allow rule that carries these obligations."""
    text = HEAD + "".join(f"      - {obligation}\n" for obligation in obligations)
    return load_policies([VOCABULARY, *extra, Source("a.yaml", text)])


def asked(
    found: Any,  # noqa: ANN401 (a policy set)
    as_of: str = "2026-11-16T09:00:00+08:00",
    **properties: object,
) -> list[tuple[str, dict[str, Any]]]:
    """Kind and arguments of the obligations of a decision."""
    resource = {"type": "table", "id": "t", "properties": properties}
    request = Request({"type": "u", "id": "1"}, "read", resource, as_of=datetime.fromisoformat(as_of))
    decision = Authorizer(found).decide(request)
    assert decision.allowed
    return [(duty.kind, dict(duty.args)) for duty in decision.obligations]


def test_a_condition_decides_whether_an_obligation_is_there() -> None:
    """True: there; false: not there; without one: always."""
    found = policies("{kind: mask, when: resource.secret}", "{kind: log}")

    assert ["mask", "log"] == [kind for kind, _ in asked(found, secret=True)]
    assert ["log"] == [kind for kind, _ in asked(found, secret=False)]


def test_what_cannot_be_told_is_called_for() -> None:
    """A missing attribute never takes an obligation away."""
    assert ["mask"] == [kind for kind, _ in asked(policies("{kind: mask, when: resource.secret}"))]


@pytest.mark.parametrize(
    ("due", "as_of", "expected"),
    [
        ("{param: reply.days, unit: days}", "2026-11-16T09:00:00+08:00", "2026-11-21"),
        ("{param: reply.days, unit: days}", "2026-11-15T16:30:00+00:00", "2026-11-21"),  # the 16th in Shanghai
        ("{param: reply.days, unit: months}", "2026-09-30T12:00:00+08:00", "2027-02-28"),
        ("P1Y", "2028-02-29T12:00:00+08:00", "2029-02-28"),
        ("{param: reply.hours, unit: hours}", "2026-11-16T22:30:00+08:00", "2026-11-17T02:30:00+08:00"),
    ],
)
def test_the_due_time_is_reckoned_in_the_policy_time_zone(due: str, as_of: str, expected: str) -> None:
    """Civil days after the day of the decision; hours after its instant."""
    ((_, args),) = asked(policies(f"{{kind: reply, args: {{to: x}}, due: {due}}}"), as_of)

    assert {"to": "x", "due": expected} == args


@pytest.mark.parametrize(
    ("obligation", "extra", "code"),
    [
        ("{kind: x, when: resource.size > 1}", (PARAMETERS,), "condition-nullable"),
        ("{kind: x, when: resource.nothing}", (PARAMETERS,), "condition-unknown-attribute"),
        ("{kind: x, due: {param: reply.nothing, unit: days}}", (PARAMETERS,), "parameter-unknown"),
        ("{kind: x, due: {param: reply.days, unit: fortnights}}", (PARAMETERS,), "value-not-listed"),
        ("{kind: x, due: soon}", (PARAMETERS,), "value-malformed"),
        (
            "{kind: x, due: {param: reply.days, unit: days}}",
            (Source("p.yaml", "kind: parameters\ndeclare:\n  reply.days: {type: integer}\n"),),
            "parameter-unbound",
        ),
    ],
)
def test_a_wrong_obligation_does_not_load(obligation: str, extra: tuple[Source, ...], code: str) -> None:
    """Conditions are checked like those of rules; a parameter must be declared and bound."""
    with pytest.raises(PolicyError) as caught:
        policies(obligation, extra=extra)

    assert [code] == [problem.code for problem in caught.value.problems]


def test_a_file_applies_within_its_time_only() -> None:
    """`effective_from` and `effective_to`: before and after, its rules are as if they did not exist."""
    text = (
        "kind: access\nid: a\neffective_from: '2026-01-01T00:00:00+08:00'\neffective_to: '2026-12-01T00:00:00+08:00'\n"
        "rules:\n  - {id: A-01.allow, effect: allow, unless: resource.secret}\n"
    )
    pdp = Authorizer(load_policies([VOCABULARY, Source("a.yaml", text)]))

    def allowed(as_of: str) -> bool:
        resource = {"type": "table", "id": "t", "properties": {"secret": False}}
        return pdp.decide(
            Request({"type": "u", "id": "1"}, "read", resource, as_of=datetime.fromisoformat(as_of))
        ).allowed

    assert [False, True, True, False] == [
        allowed(as_of)
        for as_of in (
            "2025-12-31T23:59:59+08:00", "2025-12-31T16:00:00+00:00", "2026-11-30T23:59:59+08:00",
            "2026-12-01T00:00:00+08:00",
        )
    ]  # fmt: skip


@pytest.mark.parametrize("bound", ["reply.days: -3", "reply.days: 2.5"])
def test_what_counts_the_time_must_be_a_number_of_days(bound: str) -> None:
    """Said when the policies are loaded, not when an allowed decision is read."""
    text = f"kind: parameters\ndeclare:\n  reply.days: {{type: number}}\nbind:\n  {bound}\n"
    with pytest.raises(PolicyError, match=r"reply\.days"):
        policies("{kind: reply, due: {param: reply.days, unit: days}}", extra=(Source("p.yaml", text),))


def test_a_time_zone_counts_no_days() -> None:
    """Any declared parameter may be named, so its type is checked."""
    with pytest.raises(PolicyError, match="timezone"):
        policies("{kind: reply, due: {param: timezone, unit: days}}")


@pytest.mark.parametrize("due", ["P5D", "{param: reply.hours, unit: hours}"])
def test_the_end_of_time_is_no_error(due: str) -> None:
    """As of the last day there is, the answer still stands."""
    found = asked(policies(f"{{kind: reply, due: {due}}}"), as_of="9999-12-31T23:59:59+00:00")

    assert found[0][1]["due"].startswith("9999-12-31")
