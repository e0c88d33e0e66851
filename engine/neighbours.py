"""What columns say together: two names make a person, a registration number makes an organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .column_types import is_key, is_number
from .marks import STRONG

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .marks import Reading
    from .tables import Table

_IDENTITY: Final = ("personal.name", "personal.demographic", "personal.government_id", "personal.biometric")
_NAMING: Final = ("personal.name", "personal.government_id", "personal.demographic.birth_date")
_FIRST_AND_LAST: Final = ("personal.name.given", "personal.name.family")
_CONTACT: Final = "personal.contact"
_ALONE: Final = (*_IDENTITY, _CONTACT)
_TOGETHER: Final = (*_ALONE, "personal.occupation", "personal.financial", "personal.account")
_IP: Final = ("personal.device.ip",)
_WHO: Final = ("personal.account.username", "personal.name")
_UNIQUE: Final = "organisation.uscc"
_OF_PROJECTS: Final = frozenset({"xmmc", "xmbh", "xmid", "xmdm", "xmlx", "xmzt", "xmlb", "xmje"})
_LIMITS: Final = frozenset({"min", "max", "minimum", "maximum"})
"""First words of what a product or a plan is for, and nobody's: `min_age`."""
_PRIMARY: Final = frozenset({"pk", "key", "sk"})
_PERSONS_ENOUGH: Final = 2
_PERSONS_BY_INITIALS: Final = 3
_TELLING: Final = 3
"""Two initials stand for too much: `zj` is 座机 and 主键."""


def is_initials(reading: Reading) -> bool:
    """Tell whether pinyin initials say what a column is, or would in a table of patients."""
    return reading.care or any(mark.initials for mark in reading.marks.values())


def is_named(readings: Iterable[Reading]) -> bool:
    """Tell whether a table has names of what it is about; a place without one is an address."""
    return any(reading.words[-1:] == ("name",) for reading in readings)


def is_name_xm(table: Table) -> bool:
    """`xm` is 姓名, unless the table has a name or number of a project (项目), too."""
    names = {column.name.lower().replace("_", ""): column for column in table.columns}
    return "xm" in names and not names.keys() & _OF_PROJECTS and not is_number(names["xm"].data_type)


def initials_together(readings: Iterable[Reading], *, xm: bool) -> list[str]:
    """Initials that alone say little make a person together: two beside a name, or four."""
    weak: dict[str, int] = {}
    for reading in readings:
        for key, mark in reading.marks.items():
            if mark.initials and mark.points > 0 and key.startswith(_TOGETHER):
                weak[key] = max(weak.get(key, 0), mark.longest)
    telling = xm or sum(length >= _TELLING for length in weak.values()) >= _PERSONS_ENOUGH
    if telling and len(weak) > (_PERSONS_ENOUGH if xm else _PERSONS_BY_INITIALS):
        return [f"initials {key}" for key in weak]
    return ["personal.name.full"] if xm else []


def strong(reading: Reading, kinds: tuple[str, ...]) -> bool:
    """Tell whether a column says alone that it holds one of some categories."""
    return any(mark.points >= STRONG and key.startswith(kinds) for key, mark in reading.marks.items())


def kind(reading: Reading) -> str:
    """The strongest personal category of a column that says it alone; an owned one is told apart."""
    best = max(reading.marks.items(), key=lambda item: (item[1].points, item[1].longest), default=None)
    if best is None or best[1].points < STRONG or not best[0].startswith(_ALONE) or _LIMITS & {*reading.words[:1]}:
        return ""
    return f"{'owned ' if best[1].owned else ''}{best[0]}"


def neighbours(kinds: Iterable[str], *, other: bool) -> str:
    """Why the columns together are a person's: two that are, and in a table of something else two of identity."""
    found = {kind for kind in kinds if kind}
    if other:
        found = {kind for kind in found if kind.startswith(_IDENTITY)}
        found = found if any(kind.startswith(_NAMING) for kind in found) else set[str]()
    return "beside other columns of a person" if len(found) >= _PERSONS_ENOUGH else ""


def is_register(readings: list[Reading]) -> bool:
    """Tell whether columns are of organisations: a registration number, or two other marks of one."""
    strong = [
        key
        for reading in readings
        for key, mark in reading.marks.items()
        if key.startswith("organisation") and mark.points >= STRONG
    ]
    return _UNIQUE in strong or len(set(strong)) >= _PERSONS_ENOUGH


def is_used(readings: Sequence[Reading]) -> bool:
    """Tell whether rows are what somebody did: an IP address beside who it was, in whatever office they work."""
    return any(strong(reading, _IP) for reading in readings) and any(strong(reading, _WHO) for reading in readings)


def is_natural(readings: Iterable[Reading]) -> bool:
    """Tell whether columns name a natural person, by a first and a last name that are not of somebody's contact."""
    named = {
        key
        for reading in readings
        for key, mark in reading.marks.items()
        if key in _FIRST_AND_LAST and mark.points >= STRONG and not mark.owned
    }
    return len(named) == len(_FIRST_AND_LAST)


def is_keyed(table: Table, readings: list[Reading]) -> bool:
    """Tell whether a table starts with a key that is a number."""
    if not readings or not readings[0].words:
        return False
    first, words = table.columns[0].data_type, readings[0].words
    return is_key(first, words) or (is_number(first) and words[-1] in _PRIMARY)
