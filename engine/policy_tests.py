"""Policy tests: requests with the decision that their author expects, written beside the policies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from .validation import place, suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .authorizer import Authorizer
    from .decision import Decision
    from .documents import Document
    from .errors import Location, Problem
    from .policyset import PolicySet
    from .request import Request

PARTS: Final = ("reasons", "obligations", "missing")


@dataclass(frozen=True, slots=True)
class Case:
    """One test: its name and place, the request in its JSON form, and what is expected."""

    name: str
    location: Location
    request: Mapping[str, Any]
    as_of: str | None
    expect: Mapping[str, Any]
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Suite:
    """The tests of one file, with the parameters and registers that they bring along."""

    file: str
    cases: tuple[Case, ...]
    document: Document
    registers: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a test went: the differences between what was expected and what came, none when it passed."""

    case: Case
    differences: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether the decision was as expected."""
        return not self.differences


def read_suite(document: Document) -> Suite:
    """The tests of a valid file of kind `tests`."""
    data = cast("dict[str, Any]", document.data)
    shared = data.get("parameters", {})
    cases = tuple(
        Case(
            name=test["name"],
            location=place(document, ["tests", number], "test-duplicate").location,
            request=test["request"],
            as_of=test.get("as_of", data.get("as_of")),
            expect=test["expect"],
            parameters={**shared, **test.get("parameters", {})},
        )
        for number, test in enumerate(data["tests"])
    )
    return Suite(document.file, cases, document, data.get("registers"))


def check_suite(suite: Suite, policies: PolicySet) -> list[Problem]:
    """Names used twice, and expected rules that no rule has: a test of nothing must not pass."""
    problems: list[Problem] = []
    first: dict[str, Location] = {}
    known = {*policies.ids(), "no-permitting-policy"}
    for number, case in enumerate(suite.cases):
        if case.name in first:
            path: list[str | int] = ["tests", number, "name"]
            problems.append(place(suite.document, path, "test-duplicate", name=case.name, first=first[case.name]))
        first.setdefault(case.name, case.location)
        for index, rule in enumerate(case.expect.get("reasons", ())):
            if rule not in known:
                guess = suggestion(rule, known)
                hint = f"; did you mean `{guess}`?" if guess else ""
                path = ["tests", number, "expect", "reasons", index]
                problems.append(place(suite.document, path, "test-rule-unknown", rule=rule, hint=hint))
    return problems


def run_case(case: Case, authorizer: Authorizer, request: Request) -> Outcome:
    """Decide a test's request and compare; lists are compared as complete sets."""
    decision = authorizer.decide(request)
    found = seen(decision)
    differences: list[str] = []
    if found["effect"] != case.expect["effect"]:
        why = ", ".join(found["reasons"]) or "no reason"
        differences.append(f"effect: expected {case.expect['effect']}, got {found['effect']} ({why})")
    for part in PARTS:
        if part in case.expect:
            differences += _compare(part, case.expect[part], found[part])
    if decision.errors and not case.expect.get("reasons") and case.expect["effect"] == "deny":
        differences.append(f"errors: {'; '.join(decision.errors)}")
    return Outcome(case, tuple(differences))


def seen(decision: Decision) -> dict[str, Any]:
    """What a test can expect of a decision."""
    denied = [] if decision.allowed else [reason.rule for reason in decision.reasons]
    return {
        "effect": decision.effect,
        "reasons": list(dict.fromkeys(denied)),
        "obligations": [obligation.kind for obligation in decision.obligations],
        "missing": list(decision.missing),
    }


def _compare(part: str, expected: Sequence[str], found: Sequence[str]) -> list[str]:
    lacking = [item for item in expected if item not in found]
    surplus = [item for item in found if item not in expected]
    return [
        *(f"{part}: expected {item}, but it is not there" for item in lacking),
        *(f"{part}: {item} was not expected" for item in surplus),
    ]
