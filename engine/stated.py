"""What an access says about itself: the purpose and the approved request, in a comment or the application's name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .statements_shapes import comments

if TYPE_CHECKING:
    from .events import Event

WORDS: Final = "purpose|request"
"""One of these is in every text that states something."""
_BLANKS: Final = r"[ \t\n\r\f\x0b]*"
TAG: Final = rf"[^A-Za-z0-9_]({WORDS}){_BLANKS}[=:]{_BLANKS}'?([A-Za-z][A-Za-z0-9_.-]{{1,63}})"
"""What states something, with what stands before it: for Python, RE2 and Java."""
_TAG: Final = re.compile(TAG)


def stated(event: Event) -> dict[str, str]:
    """Purpose and request that a statement's comments or the application's name declare."""
    found = dict(_TAG.findall(f" {event.application}"))
    if event.sql and _TAG.search(event.sql):  # hardly any statement has one
        found.update(tag for text in comments(event.sql) for tag in _TAG.findall(text))
    return found


def request_named(event: Event) -> str:
    """The approved request that an access says it rests on; empty when it names none."""
    return event.request_id or stated(event).get("request", "")
