"""The policy decision point: candidates -> evaluate -> combine -> decision.

One loop that any reader can check against the rules: deny overrides, default deny, and whatever cannot be decided
counts against the request. A rule whose condition errs or meets a missing attribute does not allow; a deny rule
that errs denies. Nothing here reads a clock: the instant comes with the request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from .decision import WHOLE_REQUEST, Decision, Doubt
from .index import several
from .plain import is_array, is_map
from .values import ValueFault, normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .index import Table
    from .policyset import PolicySet
    from .request import Request
    from .rules import Rule


class Facts(Protocol):
    """What registers know about a request: `engine.facts.Facts` is the one that tutela ships."""

    @property
    def digest(self) -> str:
        """`sha256:` and 64 digits of everything that was declared."""
        ...

    def enrich(self, request: Request, policies: PolicySet) -> Any:  # noqa: ANN401 (anything with the four parts)
        """A request-like object whose parts hold the declared facts as of the request's instant, too."""
        ...


class Authorizer:
    """Answers requests with one policy set and the facts of the registers."""

    __slots__ = ("_facts", "_policies")

    def __init__(self, policies: PolicySet, facts: Facts | None = None) -> None:
        self._policies = policies
        self._facts = facts

    @property
    def facts(self) -> Facts | None:
        """The registers that are asked, if there are any."""
        return self._facts

    @property
    def policies(self) -> PolicySet:
        """The policy set that answers."""
        return self._policies

    def decide(self, request: Request) -> Decision:
        """Allow or deny one request, with every reason; never raises for anything that a request holds."""
        policies = self._policies
        question: Any = request
        denied: tuple[int, ...] = ()
        allowed: tuple[int, ...] = ()
        doubts: list[Doubt] | None = None
        if self._facts is not None:
            try:
                question = self._facts.enrich(request, policies)
            except Exception:  # noqa: BLE001 (a property of the wrong form; the caller's words are not evidence)
                doubts = [Doubt(WHOLE_REQUEST, "facts-not-found", "", "")]
        tests = policies.tests
        for table in policies.by_action.get(request.action_name, ()):
            _, key_of, many, rules = table
            try:
                key = key_of(question)
                numbers = several(table, key) if many else rules.get(key)
            except Exception:  # noqa: BLE001 (absent, of another type, unhashable: told apart on the slow way)
                doubts = [] if doubts is None else doubts
                numbers = self._uncertain(table, question, doubts)
            if numbers:
                for number in numbers:
                    try:
                        hit = (tests[number] or policies.test(number))(question)
                    except Exception:  # noqa: BLE001 (deoptimise: the reference decides what it was)
                        doubts = [] if doubts is None else doubts
                        hit = self.reference(number, question, doubts)
                    if hit:
                        if policies.is_deny[number]:
                            denied += (number,)
                        else:
                            allowed += (number,)
        return Decision(self, question, denied, allowed, doubts or ())

    def decide_many(self, requests: Iterable[Request]) -> list[Decision]:
        """Answer requests in their order, each as `decide` would."""
        return [self.decide(request) for request in requests]

    def candidates(self, question: Any) -> list[int]:  # noqa: ANN401 (request-like)
        """Numbers of the rules whose target fits, or might fit, a request with its facts."""
        found: set[int] = set()
        for table in self._policies.by_action.get(question.action_name, ()):
            try:
                key = table.key(question)
                found.update(table.rules.get(key, ()) if not table.many else several(table, key))
            except Exception:  # noqa: BLE001 (as in `decide`)
                doubts: list[Doubt] = []
                found.update(self._uncertain(table, question, doubts))
                found.update(doubt.rule for doubt in doubts)
        return sorted(found)

    def reference(self, number: int, question: Any, doubts: list[Doubt]) -> bool:  # noqa: ANN401 (request-like)
        """Evaluate a rule with rule-engine itself; what it cannot tell is a doubt, and true for a deny rule."""
        rule = self._policies.rules[number]
        deny = rule.effect == "deny"
        for condition, wanted in ((rule.when, True), (rule.unless, False)):
            if condition is None:
                continue
            found = evaluate(self._policies, condition.text, question)
            if isinstance(found, bool):
                if found is not wanted:
                    return False
            else:
                doubts.append(found._replace(rule=number))
                return deny
        return True

    def _uncertain(self, table: Table, question: Any, doubts: list[Doubt]) -> list[int]:  # noqa: ANN401 (request-like)
        """Rules of a table whose key could not be made: those that fit, and deny rules that might fit."""
        numbers = list(dict.fromkeys(number for group in table.rules.values() for number in group))
        fitting: list[int] = []
        for number in numbers:
            rule = self._policies.rules[number]
            fits = _fits(self._policies, rule, question)
            if fits is True:
                fitting.append(number)
            elif fits is not False:
                doubts.append(fits._replace(rule=number))
        # A doubtful deny rule denies whatever its condition says, so it is not evaluated.
        return fitting


def evaluate(policies: PolicySet, text: str, question: Any) -> bool | Doubt:  # noqa: ANN401 (request-like)
    """One condition by the reference: its truth, or why it cannot be told."""
    from .expression import Indeterminate

    try:
        value = policies.language().evaluate(text, question)
    except Indeterminate as error:
        return Doubt(-1, error.code, error.path or "", error.detail)
    return value if isinstance(value, bool) else Doubt(-1, "condition-not-boolean", "", "")


def _fits(policies: PolicySet, rule: Rule, question: Any) -> bool | Doubt:  # noqa: ANN401 (request-like)
    """Compare a target attribute by attribute: False when one differs for sure, a doubt when one is unknown."""
    doubt: Doubt | None = None
    for test in rule.target:
        declared = policies.vocabulary.type_at(test.path)
        root, *steps = test.path.split(".")
        value: Any = getattr(question, root)
        try:
            for step in steps:
                value = value.get(step) if is_map(value) else None
        except KeyError:  # a fact that cannot be found is not null, also where null is allowed
            doubt = Doubt(-1, "missing", test.path, "")
            continue
        if value is None and declared is not None and declared.nullable:
            return False
        if value is None or declared is None:
            doubt = Doubt(-1, "missing", test.path, "")
            continue
        try:
            plain = normalise(value, declared)
        except ValueFault as fault:
            doubt = Doubt(-1, fault.code, test.path, fault.expected)
            continue
        values: Sequence[Any] = plain if is_array(plain) else (plain,)
        below = test.below
        if not any(
            value == wanted or (below and isinstance(value, str) and value.startswith(f"{wanted}."))
            for value in values
            for wanted in test.values
        ):
            return False
    return True if doubt is None else doubt
