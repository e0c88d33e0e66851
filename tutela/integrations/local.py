"""Deciding in this process, with an `Authorizer`; decisions are recorded first where the project keeps a log."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import uuid4

from tutela.engine.errors import TutelaError
from tutela.engine.request import Request

from .asking import Answer, ReasonText, problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tutela.connectors.decision_log_writer import DecisionLog
    from tutela.engine.authorizer import Authorizer
    from tutela.engine.decision import Decision
    from tutela.engine.decision_log import Recorder
    from tutela.engine.errors import Lang

    from .asking import Question

PLACE: Final = "decision"


def present() -> datetime:
    """The instant of now."""
    return datetime.now(UTC)


class _Made(NamedTuple):
    """A decision with the answer that it becomes, and its entry in the log."""

    answer: Answer
    entry: bytes | None = None


class Local:
    """Answers with an `Authorizer` in this process.

    With `log` and `recorder` each decision is in the log before its answer is given: what cannot be recorded is denied.
    """

    def __init__(
        self,
        authorizer: Authorizer,
        *,
        log: DecisionLog | None = None,
        recorder: Recorder | None = None,
        clock: Callable[[], datetime] = present,
    ) -> None:
        if (log is None) != (recorder is None):
            raise ValueError("a log needs a recorder, and a recorder a log")
        self.authorizer = authorizer
        self._log = log
        self._recorder = recorder
        self.clock = clock

    @classmethod
    def of_project(cls, folder: Path | str | None = None) -> Local:
        """The decision point of a project's folder: its policies, registers and decision log.

        PolicyError and InputError list what is wrong with them.
        """
        from pathlib import Path

        from tutela.connectors.decision_log import make_recorder, open_log
        from tutela.project import find_project, load_authorizer

        project = find_project(None if folder is None else Path(folder))
        authorizer = load_authorizer(project)
        settings = project.recording()
        if settings is None:
            return cls(authorizer)
        return cls(authorizer, log=open_log(settings), recorder=make_recorder(settings, authorizer))

    def decide(self, question: Question, lang: Lang = "en") -> Answer:
        """The answer of the policies as of now."""
        try:
            made = self._made(question, lang)
            if self._log is not None and made.entry is not None:
                self._log.append(made.entry).result()
        except Exception as error:  # noqa: BLE001 (fail closed: whatever went wrong, nobody may)
            return _failed(error, lang)
        return made.answer

    async def adecide(self, question: Question, lang: Lang = "en") -> Answer:
        """The answer of the policies as of now."""
        try:
            made = self._made(question, lang)
            if self._log is not None and made.entry is not None:
                await self._log.record(made.entry)
        except Exception as error:  # noqa: BLE001 (fail closed: whatever went wrong, nobody may)
            return _failed(error, lang)
        return made.answer

    def close(self) -> None:
        """Write what waits for the log, and close it; afterwards nothing can be recorded, and so nothing is allowed."""
        if self._log is not None:
            self._log.close()

    def _made(self, question: Question, lang: Lang) -> _Made:
        now, name = self.clock(), uuid4().hex
        request = Request(question.subject, question.action, question.resource, question.context, as_of=now)
        decision = self.authorizer.decide(request)
        answer = answer_of(decision, name, lang)
        entry = None if self._recorder is None else self._recorder.entry(decision, request, name, now)
        return _Made(answer, entry)


def answer_of(decision: Decision, name: str, lang: Lang) -> Answer:
    """A decision in the words of its caller."""
    reasons = tuple(
        ReasonText(reason.rule, reason.message.text(lang), reason.remedy.text(lang)) for reason in decision.reasons
    )
    return Answer(decision.allowed, reasons, decision.obligations, name, decision.policies_digest)


def _failed(error: Exception, lang: Lang) -> Answer:
    if isinstance(error, TutelaError):  # a question that is none, or a decision that is not in the log
        return Answer.failed(error.problems[0], lang)
    return Answer.failed(problem("decider-failed", PLACE, what=type(error).__name__), lang)
