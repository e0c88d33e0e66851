"""A denial as an exception, and as a problem document (RFC 9457) for whoever asked over HTTP."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tutela.engine.errors import Lang

    from .asking import Answer

LOG: Final = logging.getLogger("tutela.integrations")
PROBLEM_JSON: Final = "application/problem+json"
UNDECIDED: Final = ("pdp-", "decider-", "decision-log-")
"""What the codes begin with that mean that nobody decided: the same request may be allowed later."""
TITLES: Final = {
    "denied": {"en": "Access denied", "zh": "拒绝访问"},
    "undecided": {"en": "No access decision could be made", "zh": "无法作出访问决定"},
}


class AccessDenied(Exception):  # noqa: N818 (a decision, not a fault of the program)
    """Something that is not allowed, and so does not happen: `answer` has the reasons. Its text is free of data."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__("; ".join(f"{reason.rule}: {reason.message}" for reason in answer.reasons))

    @property
    def status(self) -> int:
        """403; or 503 when nobody could decide."""
        return 503 if self._undecided else 403

    @property
    def _undecided(self) -> bool:
        found = self.answer.problem
        return found is not None and found.code.startswith(UNDECIDED)

    def document(self, lang: Lang = "en") -> dict[str, Any]:
        """The problem document: reasons and remedies of rules. Of a problem of the application, only its code."""
        kind = "undecided" if self._undecided else "denied"
        found: dict[str, Any] = {
            "type": f"urn:tutela:{kind}",
            "title": TITLES[kind][lang],
            "status": self.status,
        }
        if self.answer.problem is not None:
            found["code"] = self.answer.problem.code
        else:
            found["detail"] = "; ".join(dict.fromkeys(reason.message for reason in self.answer.reasons))
            found["reasons"] = [
                {"rule": reason.rule, "message": reason.message, "remedy": reason.remedy}
                for reason in self.answer.reasons
            ]
        if self.answer.evaluation_id:
            found["evaluation_id"] = self.answer.evaluation_id
        return found


def refuse(answer: Answer, kind: type[AccessDenied] = AccessDenied) -> AccessDenied:
    """The exception for a denial, noted in the log of the application: with its rules, or with what is to be mended."""
    if answer.problem is not None:
        LOG.warning("%s", answer.problem.render())
    else:
        rules = ", ".join(reason.rule for reason in answer.reasons)
        LOG.info("denied by %s (evaluation %s)", rules, answer.evaluation_id)
    return kind(answer)
