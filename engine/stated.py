"""What an access says about itself: the purpose and the approved request, in a comment or the application's name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .events import Event

LONGEST: Final = 65536
"""Characters of a statement in which comments are looked for."""
_TAG: Final = re.compile(r"\b(purpose|request)\s*[=:]\s*'?([A-Za-z][\w.-]{1,63})", re.ASCII)
_COMMENT: Final = re.compile(r"/\*(.*?)\*/|--([^\n]*)", re.DOTALL)


def stated(event: Event) -> dict[str, str]:
    """Purpose and request that a statement's comments or the application's name declare."""
    texts = [event.application]
    if event.sql:
        texts += [a or b for a, b in _COMMENT.findall(event.sql[:LONGEST])]
    return {name: value for text in texts for name, value in _TAG.findall(text)}


def request_named(event: Event) -> str:
    """The approved request that an access says it rests on; empty when it names none."""
    return event.request_id or stated(event).get("request", "")
