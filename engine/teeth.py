"""Charts of teeth: a column for each tooth, by its quarter of the mouth and its place in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_QUARTER: Final = re.compile(r"(?:^|_|tooth)([ul][rl])_?([1-8a-e])(?![0-9])", re.IGNORECASE)
"""Palmer's notation: `ur8`, `ll_3`, `UL1_plan`; letters are milk teeth."""
_TWO_DIGITS: Final = re.compile(r"(?:^|_)(?:t|d|th|tooth|dent|dente)_?([1-8])([1-8])(?![0-9])", re.IGNORECASE)
"""That of the FDI: `t11`, `tooth_48`."""
_ENOUGH: Final = 8
"""Teeth of a quarter of the mouth."""


def is_dental(names: Sequence[str]) -> bool:
    """Tell whether columns are the teeth of somebody: so many that they are of one mouth."""
    for notation in (_QUARTER, _TWO_DIGITS):
        found = {match.groups() for name in names if (match := notation.search(name))}
        if len({(quarter.lower(), place.lower()) for quarter, place in found}) >= _ENOUGH:
            return True
    return False
