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
    return {**dict(_TAG.findall(event.application)), **stated_in(event.sql or "")}


def stated_in(sql: str) -> dict[str, str]:
    """What a statement's comments declare: the same for all statements of a shape."""
    if not _TAG.search(sql):  # as in nearly all
        return {}
    return {name: value for text in comments(sql) for name, value in _TAG.findall(text)}


def request_named(event: Event) -> str:
    """The approved request that an access says it rests on; empty when it names none."""
    return event.request_id or stated(event).get("request", "")
