"""What an access says about itself: the purpose and the approved request, in a comment or the application's name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .statements_shapes import comments

if TYPE_CHECKING:
    from .events import Event

_TAG: Final = re.compile(r"\b(purpose|request)\s*[=:]\s*'?([A-Za-z][\w.-]{1,63})", re.ASCII)


def stated(event: Event) -> dict[str, str]:
    """Purpose and request that a statement's comments or the application's name declare."""
    found = dict(_TAG.findall(event.application))
    if event.sql and _TAG.search(event.sql):  # hardly any statement has one
        found.update(tag for text in comments(event.sql) for tag in _TAG.findall(text))
    return found


def request_named(event: Event) -> str:
    """The approved request that an access says it rests on; empty when it names none."""
    return event.request_id or stated(event).get("request", "")
