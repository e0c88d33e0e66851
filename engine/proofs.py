"""Keys that let somebody in: `api_key` is a machine's in a table of services, and a person's in a table of persons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .column_types import is_date, is_flag, is_whole
from .marks import STRONG
from .meanings import PROGRAMS
from .topics import LOGIN

if TYPE_CHECKING:
    from .marks import Mark
    from .surroundings import Surroundings
    from .tables import Column

_KEY: Final = "system.credential"
_TOKEN: Final = "personal.account.token"  # noqa: S105 (a category)
_BARE: Final = "name key"
"""A name of the key of anything; a secret where what it opens is registered by somebody."""


def theirs(marks: dict[str, Mark], column: Column, around: Surroundings) -> dict[str, Mark]:
    """The marks of a column, where a key of somebody's account is taken for the token that it is."""
    mark = marks.get(_KEY)
    if mark is None or around.listing or is_whole(column.data_type) or is_date(column.data_type):
        return marks
    if is_flag(column.data_type) or not _is_of_somebody(mark, around):
        return marks
    points = max(STRONG, mark.points)
    rest = {key: found for key, found in marks.items() if key != _KEY}
    return {**rest, _TOKEN: mark._replace(points=points, owned=True)}


def _is_of_somebody(mark: Mark, around: Surroundings) -> bool:
    if mark.evidence[0] == _BARE:
        return (around.linked or bool(around.person)) and PROGRAMS in around.topics
    return around.identity and (bool(around.person) or LOGIN in around.topics) and not around.organisation
