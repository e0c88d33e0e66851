"""One request on its way: what it is answered with, and what was decided."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from tutela.engine.decision import Decision
    from tutela.engine.errors import Lang
    from tutela.engine.request import Request

    from .service import Service
    from .settings import Settings

_PROCESS: Final = secrets.token_hex(12)
_NUMBERS: Final = count(1)


def evaluation_id() -> str:
    """A name that no other evaluation has, in any process; it is no secret."""
    return f"{_PROCESS}-{next(_NUMBERS):x}"


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
    caller: str = ""
    """Who asked, as the step that authenticates callers found; empty without such a step."""
    decisions: list[Decided] = field(default_factory=list[Decided])
