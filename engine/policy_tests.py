"""Policy tests: requests with the decision that their author expects, written beside the policies.

A test asks one request, several, a schema to lint or a policy file to check. `allow` and `deny` are the effect of a
decision; `clean` and `violation` say the same of what stands or happened: a finding is a request that is denied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from .validation import place, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .decision import Decision
    from .documents import Document
    from .errors import Location, Problem
    from .policyset import PolicySet

PARTS: Final = ("reasons", "obligations", "missing")
REFUSED: Final = {"clean": "allow", "violation": "deny"}
"""The words for findings, and the effects that they stand for."""
NOTHING_ASKED: Final = "nothing-asked"
"""The reason of a test whose schema or policies give nothing to ask about: that is a mistake, never clean."""
UNPARSED: Final = "unparsed"


@dataclass(frozen=True, slots=True)
class Case:
    """One test: its name and place, what it asks, as of when, and what is expected."""

    name: str
    location: Location
    requests: tuple[Mapping[str, Any], ...]
    lint: Mapping[str, Any] | None
    policies: str | None
    as_of: str | None
    expect: Mapping[str, Any]
    parameters: Mapping[str, object]
    add: Mapping[str, Sequence[Any]]
    remove: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Suite:
    """The tests of one file, with the registers that they bring along."""

    file: str
    cases: tuple[Case, ...]
    document: Document
    registers: Mapping[str, Any] | None


class Answer(NamedTuple):
    """What one question came to: effect, the rules that denied it, obligations, what is missing, errors."""

    effect: str
    reasons: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


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
    cases = tuple(_case(document, data, number, test) for number, test in enumerate(data["tests"]))
    return Suite(document.file, cases, document, data.get("registers"))


def _case(document: Document, data: Mapping[str, Any], number: int, test: Mapping[str, Any]) -> Case:
    add, remove = (
        {name: [*data.get(key, {}).get(name, ()), *test.get(key, {}).get(name, ())] for name in _names(data, test, key)}
        for key in ("add", "remove")
    )
    return Case(
        name=test["name"],
        location=place(document, ["tests", number], "test-duplicate").location,
        requests=tuple(test.get("requests", ())) or ((test["request"],) if "request" in test else ()),
        lint=test.get("lint"),
        policies=test.get("policies"),
        as_of=test.get("as_of", data.get("as_of")),
        expect=test["expect"],
        parameters={**data.get("parameters", {}), **test.get("parameters", {})},
        add=add,
        remove=remove,
    )


def _names(data: Mapping[str, Any], test: Mapping[str, Any], key: str) -> list[str]:
    return list(dict.fromkeys((*data.get(key, {}), *test.get(key, {}))))


def check_suite(suite: Suite, policies: PolicySet) -> list[Problem]:
    """Names used twice, tests that ask nothing, and expected rules that no rule has: nothing of it must pass."""
    problems: list[Problem] = []
    first: dict[str, Location] = {}
    known = {*policies.ids(), "no-permitting-policy", UNPARSED}
    for number, case in enumerate(suite.cases):
        path: list[str | int] = ["tests", number, "name"]
        if case.name in first:
            problems.append(place(suite.document, path, "test-duplicate", name=case.name, first=first[case.name]))
        first.setdefault(case.name, case.location)
        if not case.requests and case.lint is None and case.policies is None:
            problems.append(place(suite.document, path, "test-asks-nothing", name=case.name))
        for index, rule in enumerate(case.expect.get("reasons", ())):
            if rule not in known:
                guess = suggestion(rule, known)
                hint = f"; did you mean `{guess}`?" if guess else ""
                path = ["tests", number, "expect", "reasons", index]
                problems.append(place(suite.document, path, "test-rule-unknown", rule=rule, hint=hint))
    return problems


def answer(decision: Decision) -> Answer:
    """What a test can expect of a decision."""
    denied = () if decision.allowed else tuple(dict.fromkeys(reason.rule for reason in decision.reasons))
    return Answer(
        decision.effect,
        denied,
        tuple(dict.fromkeys(obligation.kind for obligation in decision.obligations)),
        decision.missing,
        decision.errors,
    )


def joined(answers: Iterable[Answer]) -> Answer:
    """Several answers as one: denied when any is, with everything that any of them says; nothing asked is not clean."""
    found = list(answers) or [Answer("deny", (NOTHING_ASKED,))]
    parts = [
        tuple(dict.fromkeys(item for one in found for item in one[index])) for index in range(1, len(Answer._fields))
    ]
    return Answer("deny" if any(one.effect == "deny" for one in found) else "allow", *parts)


def compare(case: Case, found: Answer) -> Outcome:
    """Hold an answer against what a test expects; lists are compared as complete sets."""
    wanted = REFUSED.get(case.expect["effect"], case.expect["effect"])
    differences: list[str] = []
    if found.effect != wanted:
        why = ", ".join(found.reasons) or "no reason"
        differences.append(f"effect: expected {case.expect['effect']}, got {found.effect} ({why})")
    for part in PARTS:
        if part in case.expect:
            differences += _compare(part, case.expect[part], getattr(found, part))
    if found.errors and not case.expect.get("reasons") and wanted == "deny":
        differences.append(f"errors: {'; '.join(found.errors)}")
    return Outcome(case, tuple(differences))


def _compare(part: str, expected: Sequence[str], found: Sequence[str]) -> list[str]:
    lacking = [item for item in expected if item not in found]
    surplus = [item for item in found if item not in expected]
    return [
        *(f"{part}: expected {item}, but it is not there" for item in lacking),
        *(f"{part}: {item} was not expected" for item in surplus),
    ]
