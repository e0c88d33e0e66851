"""One request on its way: what it is answered with, and what was decided."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tutela.engine.decision import Decision
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


class Decided(NamedTuple):
    """A decision under the name that the caller was told; the results of one search share a name."""

    evaluation_id: str
    decision: Decision
    request: Request


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
    decisions: list[Decided] = field(default_factory=list[Decided])
