"""What stands in a résumé that a website keeps, and tells nothing of a career: counters, switches and stamps of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .column_types import is_whole

if TYPE_CHECKING:
    from .marks import Mark

_SITE: Final = frozenset(
    {"hit", "hits", "view", "views", "click", "clicks", "top", "toped", "rec", "recom", "recommend", "recommended"}
    | {"open", "opened", "full", "default", "defaults", "def", "integrity", "complete", "completeness", "refresh"}
    | {"refreshed", "login", "sort", "seq", "stick", "urgent", "display", "audit", "lastupdate", "template", "tpl"}
    | {"downloads", "favorites", "dy", "subscribe", "publish", "published", "draft", "step", "visible", "public"}
)
"""Last words of what a website notes of a row: how often it was seen, and whether it stands on top."""
_COMPANY: Final = "organisation.name"
_EMPLOYER: Final = "personal.occupation.employer"
_HISTORY: Final = "personal.occupation.history"
_CHANNELS: Final = frozenset({"email", "msg", "sms", "photo", "avatar", "login"})
"""First words of switches for what is sent or shown."""
_STAMP: Final = re.compile(
    r"(?!(?:start|end|s|e|begin|from|to|join|leave|quit|work|job|grad|graduate|graduation|entry|full|part)(?:time|date|type))"
    r"[a-z]{1,12}(?:time|update|type|date)"
)
"""Glued names of a moment or kind, where they are whole numbers: `topdate INT`; those of a career begin otherwise."""


def is_kept_by_site(words: tuple[str, ...], data_type: str) -> bool:
    """Tell whether a column of a résumé is about its entry on a website, and not about a career."""
    if words[-1] in _SITE or words[0] in _CHANNELS or (words[0] in _SITE and is_whole(data_type)):
        return True
    if is_whole(data_type) and (words[-1:] == ("state",) or words == ("time",) or words[0] == "cert"):
        return True
    return is_whole(data_type) and _STAMP.fullmatch(words[-1]) is not None


def employed(marks: dict[str, Mark], career: str) -> None:
    """Take the company that a row of somebody's career names for who employed them."""
    named = marks.get(_COMPANY)
    if career == _HISTORY and named:
        marks[_EMPLOYER] = marks.pop(_COMPANY)._replace(owned=True)
