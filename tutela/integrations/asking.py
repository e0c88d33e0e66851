"""What an application asks, what it is answered, and who answers: one protocol, in this process or elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from tutela.engine.errors import Location, Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tutela.engine.errors import Lang
    from tutela.engine.model import Obligation


@dataclass(frozen=True, slots=True)
class Question:
    """May the subject do this with the resource, now? The parts are those of AuthZEN."""

    subject: Mapping[str, Any]
    """`type`, `id` and, if there are any, `properties`."""
    action: str
    resource: Mapping[str, Any]
    """`type`, `id` and, if there are any, `properties`."""
    context: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class ReasonText:
    """One reason in the caller's language; it holds no value of the request."""

    rule: str
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether something is allowed, why, and what must be done; true when it is allowed, and only then."""

    allowed: bool
    reasons: tuple[ReasonText, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    """What must be done for an allow to hold; of a denial, what must be done besides denying."""
    evaluation_id: str = ""
    policy_digest: str = ""
    problem: Problem | None = None
    """Why the policies' own decision is not there, or does not hold here; such an answer denies."""

    def __bool__(self) -> bool:
        return self.allowed

    @classmethod
    def failed(cls, problem: Problem, lang: Lang = "en") -> Answer:
        """The denial that stands for a decision that nobody could make."""
        return cls(allowed=False, reasons=(_told(problem, lang),), problem=problem)

    def overruled(self, problem: Problem, lang: Lang = "en") -> Answer:
        """The denial that a decision becomes because of a problem on this side; its obligations stay."""
        return replace(self, allowed=False, reasons=(_told(problem, lang),), problem=problem)


class Decider(Protocol):
    """Who decides. Neither method raises for what a question holds, or for a service that fails: the answer denies."""

    def decide(self, question: Question, lang: Lang = "en") -> Answer:
        """The answer, with reasons in `lang`; it may block."""
        ...

    async def adecide(self, question: Question, lang: Lang = "en") -> Answer:
        """The same for event loops."""
        ...


def complying(answer: Answer, kinds: Collection[str], lang: Lang = "en") -> Answer:
    """The answer for a caller who can carry out obligations of these kinds, and no others.

    An allow that asks for more is a denial: so the obligations profile of AuthZEN wants it.
    """
    lacking = sorted({duty.kind for duty in answer.obligations if duty.kind not in kinds})
    if not answer.allowed or not lacking:
        return answer
    return answer.overruled(problem("obligation-not-supported", "obligations", kinds=", ".join(lacking)), lang)


def problem(code: str, place: str, **args: object) -> Problem:
    """A problem at a named place of an application."""
    return Problem(code=code, location=Location(place), args=args)


def _told(found: Problem, lang: Lang) -> ReasonText:
    return ReasonText(found.code, found.message(lang), found.help(lang))
