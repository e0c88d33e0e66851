"""Which requirements are enforced: requirement -> rules that deny in its name -> tests that expect them to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .policy_tests import Suite
    from .policyset import PolicySet

NO: Final = "no"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One obligation: its id, titles, kind, whether it can be checked at all, and if not, why."""

    id: str
    en: str
    zh: str
    kind: str
    checkable: str
    severity: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Covered:
    """A requirement with the rules that enforce it, and how many tests expect each of them to deny."""

    requirement: Requirement
    rules: Mapping[str, int]

    @property
    def state(self) -> str:
        """`covered`, `untested`, `open`, or `out of scope` for what cannot be checked."""
        if not self.rules:
            return "out of scope" if self.requirement.checkable == NO else "open"
        return "covered" if all(self.rules.values()) else "untested"


def read_requirements(data: Any) -> list[Requirement]:  # noqa: ANN401 (a YAML file that is shipped, or a project's own)
    """The requirements of a file's data."""
    return [Requirement(**{name: str(value) for name, value in entry.items()}) for entry in data["requirements"]]


def coverage(
    requirements: Sequence[Requirement], policies: PolicySet, suites: Iterable[Suite]
) -> tuple[list[Covered], list[str]]:
    """Every requirement with its rules and tests; and the rule ids that belong to none."""
    tests: dict[str, int] = {}
    for suite in suites:
        for case in suite.cases:
            for rule in dict.fromkeys(case.expect.get("reasons", ())):
                tests[rule] = tests.get(rule, 0) + 1
    denying = {rule.id for rule in policies.rules if rule.effect == "deny"}
    denying |= {default.id for default in policies.defaults.values()}
    by_requirement: dict[str, list[str]] = {}
    for rule in sorted(denying):
        by_requirement.setdefault(rule.split(".", 1)[0], []).append(rule)
    found = [
        Covered(requirement, {rule: tests.get(rule, 0) for rule in by_requirement.pop(requirement.id, ())})
        for requirement in requirements
    ]
    return found, [rule for rules in by_requirement.values() for rule in rules]
