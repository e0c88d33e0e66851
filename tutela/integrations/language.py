"""The language of a caller: the first of those that `Accept-Language` prefers in which tutela speaks."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tutela.engine.errors import Lang

LONGEST: Final = 1_000
"""A longer header is not read."""
_RANGE: Final = re.compile(
    r"\s*(zh|en|\*)(?:-[a-z0-9-]*)?\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?", re.IGNORECASE
)


@lru_cache(maxsize=256)
def preferred(header: str | None, default: Lang = "en") -> Lang:
    """English or Chinese, whichever the header likes better; the default when it names neither."""
    best: Lang = default
    most = 0.0
    for part in (header or "")[:LONGEST].split(","):
        found = _RANGE.fullmatch(part)
        weight = float(found[2] or 1) if found else 0.0
        if found and weight > most:
            most = weight
            best = default if found[1] == "*" else "zh" if found[1].lower() == "zh" else "en"
    return best
