"""The answer to a request; its reasons are written when somebody reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from .index import fitting
from .model import Clause, Obligation, Reason, Severity, Words
from .values import mask, show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from .authorizer import Authorizer
    from .model import Effect
    from .policyset import PolicySet, Read
    from .rules import Default, Rule

WHOLE_REQUEST: Final = -1
"""The rule number of a doubt about the request as a whole."""

NOT_UNDERSTOOD: Final = "request-not-understood"
NOT_UNDERSTOOD_WORDS: Final = Words(
    "the registers could not be asked about this request: one of its properties has the wrong form",
    "无法就此请求查询登记册:某个属性的形式不正确",
)

LOOP: Final = "$any(["
PERIOD: Final = "$period_end("
NEAR: Final = 3
"""How many rules that nearly allowed a request are shown."""

FACT_MISSING: Final = "fact-missing"
"""The code of a rule that could not be evaluated because an attribute is missing; the attribute is named with it."""
NO_RULE: Final = "no-permitting-policy"
"""The reason's id when no rule allows a request and its action has no default of its own."""

NO_RULE_WORDS: Final = Words("no rule allows this", "没有任何规则允许此操作")
NO_ACTION_WORDS: Final = Words("no rule is about this action", "没有任何规则涉及此操作")
MEANT_WORDS: Final = Words("; did you mean `{guess}`?", ";是否应为 `{guess}`?")
LONGEST_ACTION: Final = 64
"""Letters of an action's name for which a known one is looked for that is like it."""
UNDECIDED: Final = Words("the rule could not be evaluated, so it denies", "规则无法求值,按拒绝处理")


class Doubt(NamedTuple):
    """Why a rule could not be evaluated: the rule's number, a code, and the attribute if there is one."""

    rule: int
    code: str
    path: str
    detail: str


class Decision:
    """Allow or deny, with every reason, what to do, what is missing, what went wrong, and where it comes from."""

    __slots__ = ("_allowed_by", "_denied_by", "_doubts", "_pdp", "_question", "_reasons", "allowed")

    def __init__(
        self,
        pdp: Authorizer,
        question: Any,  # noqa: ANN401 (a request, or a request with facts)
        denied_by: tuple[int, ...],
        allowed_by: tuple[int, ...],
        doubts: Sequence[Doubt],
    ) -> None:
        self._pdp = pdp
        self._question = question
        self._denied_by = denied_by
        self._allowed_by = allowed_by
        self._doubts = doubts
        self._reasons: tuple[Reason, ...] | None = None
        self.allowed: bool = not denied_by and bool(allowed_by) and not (doubts and self._doubtful_deny())

    @property
    def _policies(self) -> PolicySet:
        return self._pdp.policies

    def __repr__(self) -> str:
        return f"<Decision {self.effect}: {', '.join(reason.rule for reason in self.reasons)}>"

    def _doubtful_deny(self) -> bool:
        is_deny = self._policies.is_deny
        return any(doubt.rule == WHOLE_REQUEST or is_deny[doubt.rule] for doubt in self._doubts)

    @property
    def effect(self) -> Effect:
        """`allow` or `deny`."""
        return "allow" if self.allowed else "deny"

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Every reason: of a deny, all rules that deny and the default when no rule allows; of an allow, its rules."""
        found = self._reasons
        if found is None:
            found = self._reasons = tuple(self._allows() if self.allowed else self._denies())
        return found

    @property
    def reason_ids(self) -> tuple[str, ...]:
        """The rules of the reasons, in their order, without working out what failed in them."""
        if self._reasons is not None:
            return tuple([reason.rule for reason in self._reasons])
        policies = self._policies
        if self.allowed:
            return tuple([policies.rule_id(number) for number in self._allowed_by])
        doubtful = dict.fromkeys(doubt.rule for doubt in self._doubts)
        found = [policies.rule_id(number) for number in self._denied_by if number not in doubtful]
        for number in doubtful:
            if number == WHOLE_REQUEST:
                found.append(NOT_UNDERSTOOD)
            elif policies.is_deny[number]:
                found.append(policies.rule_id(number))
        if not self._allowed_by:
            default = self._default()
            found.append(NO_RULE if default is None else default.id)
        return tuple(found)

    @property
    def obligations(self) -> tuple[Obligation, ...]:
        """What must be done for the allow to hold; a deny has none."""
        if not self.allowed:
            return ()
        found: list[Obligation] = []
        for number in self._allowed_by:
            duties = self._policies.duties(number, self._question)
            found += [obligation for obligation in duties if obligation not in found]
        return tuple(found)

    @property
    def missing(self) -> tuple[str, ...]:
        """What a deny lacks: attributes that were absent, and approvals, agreements, filings that would help."""
        if self.allowed:
            return ()
        rules = self._policies.rules
        found = [doubt.path for doubt in self._doubts if doubt.code == "missing" and doubt.path]
        for number in self._denied_by:
            found += rules[number].needs
        if not self._allowed_by and (default := self._default()) is not None:
            found += default.needs
        return tuple(dict.fromkeys(found)) if found else ()

    @property
    def errors(self) -> tuple[str, ...]:
        """What could not be evaluated, as `rule: code attribute`; values never show here."""
        if not self._doubts:
            return ()
        rules = self._policies.rules
        lines = (
            " ".join(part for part in (_source(rules, d), _code(d), d.path, d.detail) if part) for d in self._doubts
        )
        return tuple(dict.fromkeys(lines))

    @property
    def policies_digest(self) -> str:
        """The digest of the policy set that answered."""
        return self._policies.digest

    @property
    def facts_digest(self) -> str:
        """The digest of the registers that were asked, empty when there were none."""
        facts = self._pdp.facts
        return "" if facts is None else facts.digest

    @property
    def as_of(self) -> datetime:
        """The instant that the decision is about."""
        return cast("datetime", self._question.now)

    @property
    def question(self) -> Any:  # noqa: ANN401 (request-like)
        """The request as the rules saw it, with the facts of the registers; a copy of what is remembered."""
        asked = self._question
        return asked.apart() if hasattr(asked, "apart") else asked

    @property
    def applied(self) -> frozenset[int]:
        """Numbers of the rules that applied."""
        return frozenset((*self._denied_by, *self._allowed_by)) - self.doubtful

    @property
    def permitting(self) -> tuple[int, ...]:
        """Numbers of the rules that allow, in the order of the reasons of an allow."""
        return self._allowed_by

    @property
    def denying(self) -> frozenset[int]:
        """Numbers of the rules that deny, also because they could not be evaluated."""
        is_deny = self._policies.is_deny
        return frozenset((*self._denied_by, *(d.rule for d in self._doubts if d.rule >= 0 and is_deny[d.rule])))

    @property
    def doubtful(self) -> frozenset[int]:
        """Numbers of the rules that could not be evaluated."""
        return frozenset(doubt.rule for doubt in self._doubts)

    def _default(self) -> Default | None:
        return self._policies.defaults.get(self._question.action_name)

    def _allows(self) -> Iterator[Reason]:
        for number in self._allowed_by:
            yield _reason(self._policies.rules[number], ())

    def _denies(self) -> list[Reason]:
        found: list[Reason] = []
        if self._denied_by:
            policies, doubtful = self._policies, self.doubtful
            found += [
                _reason(policies.rules[number], tuple(failing(policies, number, self._question)))
                for number in self._denied_by
                if number not in doubtful
            ]
        if self._doubts:
            found += self._undecided()
        if not self._allowed_by:
            found.append(self._no_rule())
        return found

    def _undecided(self) -> Iterator[Reason]:
        rules = self._policies.rules
        seen: set[int] = set()
        for doubt in self._doubts:
            if doubt.rule == WHOLE_REQUEST:
                yield Reason(NOT_UNDERSTOOD, Severity.HIGH, NOT_UNDERSTOOD_WORDS)
            elif self._policies.is_deny[doubt.rule] and doubt.rule not in seen:
                seen.add(doubt.rule)
                text = f"{_code(doubt)} {doubt.path}".strip()
                yield _reason(rules[doubt.rule], (Clause(text),), undecided=True)

    def _no_rule(self) -> Reason:
        """The default deny: its clauses are those that kept the first candidate rules from allowing."""
        default = self._default()
        near = tuple(self._nearly())
        if default is None:
            return Reason(NO_RULE, Severity.HIGH, self._no_rule_words(), near)
        meta = default.meta
        message = next((words for words in (meta.message, meta.title) if words.en or words.zh), NO_RULE_WORDS)
        return Reason(default.id, default.severity, message, near, meta.basis, meta.remedy, default.location)

    def _no_rule_words(self) -> Words:
        """A mistyped action is denied like any other; whoever asks is told that no rule can ever allow it."""
        name: str = self._question.action_name
        known = list(self._policies.by_action)
        if name in known:
            return NO_RULE_WORDS
        from difflib import get_close_matches

        near = get_close_matches(name, known, n=1) if len(name) <= LONGEST_ACTION else list[str]()
        if not near:
            return NO_ACTION_WORDS
        en, zh = (words.format(guess=near[0]) for words in MEANT_WORDS)
        return Words(NO_ACTION_WORDS.en + en, NO_ACTION_WORDS.zh + zh)

    def _nearly(self) -> list[Clause]:
        """The failing clauses of the first allow rules whose target fits."""
        policies, question = self._policies, self._question
        found: list[Clause] = []
        left = NEAR
        for number in fitting(policies.by_action.get(question.action_name, ()), question):
            if not policies.is_deny[number]:
                rule = policies.rule_id(number)
                for text, read in failing(policies, number, question):
                    found.append(Clause(f"{rule}: {text}", read))
                left -= 1
                if not left:
                    break
        return found


def _code(doubt: Doubt) -> str:
    """The code as it is told: a missing attribute is a fact that nobody stated and no register knows."""
    return FACT_MISSING if doubt.code == "missing" else doubt.code


def _source(rules: Sequence[Rule], doubt: Doubt) -> str:
    return "request:" if doubt.rule == WHOLE_REQUEST else f"{rules[doubt.rule].id}:"


def _reason(rule: Rule, clauses: tuple[Clause, ...], *, undecided: bool = False) -> Reason:
    meta = rule.meta
    message = rule.words()
    if undecided:
        message = Words(f"{message.en} ({UNDECIDED.en})", f"{message.text('zh')}({UNDECIDED.zh})")
    return Reason(rule.id, rule.severity, message, clauses, meta.basis, meta.remedy, rule.location)


def failing(policies: PolicySet, number: int, question: Any) -> list[Clause]:  # noqa: ANN401 (request-like)
    """The clauses of a rule that came out wrong, with the values they read, masked unless declared otherwise."""
    found: list[Clause] = []
    for text, read, expect, test in policies.clause_tests(number):
        try:
            fine = test(question) is expect
        except Exception:  # noqa: BLE001 (a clause that cannot be told is one that failed)
            fine = False
        if not fine:
            shown = values(read, question)
            if PERIOD in text or text.startswith(LOOP):
                shown += _more(policies, text, question)
            found.append(Clause(text, shown))
    return found


def _more(policies: PolicySet, text: str, question: Any) -> tuple[tuple[str, str], ...]:  # noqa: ANN401 (request-like)
    """What no plain value says: which item of a list failed by what, and the instants that a clause works out."""
    from .tree import instants, item_faults

    try:
        found = item_faults(policies, text, question) if text.startswith(LOOP) else ()
        return (*found, *instants(policies, policies.language().parse(text).root, text, question).items())
    except Exception:  # noqa: BLE001 (an explanation is no decision: without it the reason still stands)
        return ()


def values(read: Sequence[Read], question: Any) -> tuple[tuple[str, str], ...]:  # noqa: ANN401 (request-like)
    """The shown value of each attribute, `absent` when there is none."""
    found: list[tuple[str, str]] = []
    for path, root, steps, shown in read:
        value: Any = getattr(question, root)
        try:
            for step in steps:
                value = value[step]
        except (KeyError, TypeError, IndexError):
            value = None
        found.append((path, "absent" if value is None else show(value) if shown else mask(value)))
    return tuple(found)
