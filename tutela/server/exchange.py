"""One request on its way: what it is answered with, and what of it is counted and recorded."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tutela.engine.decision import Decision
    from tutela.engine.decision_log import Recorder
    from tutela.engine.errors import Lang
    from tutela.engine.request import Request

    from .callers import Caller
    from .service import Service
    from .settings import Settings


class _Names:
    """Where names of evaluations come from: what no other process has, and a number."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Begin anew, in a process that was made of another one."""
        self.process = secrets.token_hex(12)
        self.numbers = count(1)


_NAMES: Final = _Names()
os.register_at_fork(after_in_child=_NAMES.renew)


def evaluation_id() -> str:
    """A name that no other evaluation has, in any process; it is no secret."""
    return f"{_NAMES.process}-{next(_NAMES.numbers):x}"


@dataclass(slots=True)
class Exchange:
    """One request and its answer, as steps of the application hand it on."""

    endpoint: str
    """The path of the endpoint: `/access/v1/evaluation`."""
    service: Service
    settings: Settings
    now: datetime
    """When the request came."""
    lang: Lang
    request_id: str
    provenance: Mapping[str, str]
    """What an answer rests on: digests, and until when they were known to be current, where somebody looks."""
    caller: str = ""
    """Who asked, as the step that authenticates callers found; empty without such a step."""
    granted: Caller | None = None
    """What the caller may ask; None where callers are not known, and everybody may ask everything."""
    charge: Callable[[Caller, int], None] | None = None
    """Counts further evaluations of the caller, and refuses those that are too many."""
    recorder: Recorder | None = None
    """Makes the entries of the decision log; None where decisions are not recorded."""
    entries: list[bytes] = field(default_factory=list[bytes])
    """What is to be recorded before the answer is sent."""
    decided: int = 0
    """How many decisions there were."""
    allowed: int = 0
    """How many of them permit."""

    def take(self, decision: Decision, request: Request, evaluation_id: str) -> None:
        """Count a decision under the name that the caller is told, and make its entry; a search has one name for all.

        Entries are made at once: decisions that were kept until the end would take the memory of all of them.
        """
        self.decided += 1
        self.allowed += decision.allowed
        if self.recorder is not None:
            self.entries.append(self.recorder.entry(decision, request, evaluation_id, self.now))
