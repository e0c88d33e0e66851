"""When a name that stands for a category means something else: in a table of another topic, or of nobody.

A commission, a rating or the end of something is somebody's beside a name or a key of a person; in a table of plans,
programmes or settings it is theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .column_types import is_key, is_whole
from .meanings import is_divided, is_kept_away, means_else
from .names import is_chinese
from .topics import ACCESS, BOOKS, DIRECTORY, HANDSET, HOLDING, INSURANCE, LINES, LOGIN, MACHINES, PLACES, PLANS

if TYPE_CHECKING:
    from .marks import Mark
    from .surroundings import Surroundings
    from .tables import Column

DOUBT: Final = "of something else there"
"""The evidence of a name that is in doubt; the name model, which knows less of the table, is not asked about it."""
_LESS: Final = 6
"""More than a strong name has over what is reported, with whom it belongs to and the table."""
_EMAIL: Final = "personal.contact.email"
_NAME: Final = "personal.name.full"
_EMPLOYER: Final = "personal.occupation.employer"
_EXPIRY: Final = "personal.financial.card_security"
_HEALTH: Final = "personal.health"
_PRECISE: Final = "personal.location.precise"
_COARSE: Final = "personal.location.coarse"
_AGE: Final = "personal.demographic.age"
_TOKEN: Final = "personal.account.token"  # noqa: S105 (a category)
_PLAN: Final = "name planname"
_CARRIER: Final = "name carriername"
_LEVEL: Final = "name userlevel"
_NAMES: Final = frozenset({"name name", "name company"})
_OF_MACHINES: Final = ("name bodytype", "name diagnos", "name dtc", "name weight", "name height", "name heart")
_AUTHORITY: Final = "name auth"
_GUARD: Final = ("guard", "name")
"""Which way of login a permission is for."""
_ATTRIBUTES: Final = frozenset({"attr", "attribute", "claim", "mapping", "map", "field"})
_TERM: Final = "name termdt"
"""When somebody's work ended, or what an insurer covers."""
_LINE: Final = "name lineid"
"""An account with a messenger, and the key of a line."""
_ALSO_THINGS: Final = frozenset(
    {"name cell", "name heartbeat", "name zscore", "name pulse", "name race", "name weight", "name height", "name pan"}
    | {"name temperature", "name temp", "name pressure", "name tin", "name bp"}
)
"""English names that things have, too, where a Chinese comment says nothing of what they are of a person."""
_NUMBERED: Final = frozenset({"no", "number", "nr", "num"})
"""Ends of names of keys of districts and towns: `area_no`."""
_CHECK: Final = "name verifycode"
"""What somebody is sent, and a checksum of a record."""
_CARD: Final = "name creditcard"
_LIMITS: Final = frozenset({"min", "max", "minimum", "maximum", "lowest", "highest", "from", "to"})
_FIGURES: Final = frozenset({"count", "counts", "cnt", "total", "totals"})
_COUNTED: Final = (_HEALTH, "personal.criminal")
_SHORT: Final = 2
"""So many words has a date of expiry that does not say of what: `exp_date`, and not `reg_exp_date`."""
_CARDS: Final = frozenset({"card", "cc", "credit_card", "credit", "debit"})
_OF_SOMEBODY: Final = (
    "name termination",
    "name optin",
    "name optout",
    "name doubleoptin",
    "name subscribed",
    "name commission",
    "name relationshiptype",
    "name relationtype",
    "name segment",
    "name risklevel",
    "name rating",
    "name displayname",
    "name deliverymode",
    "name degree",
    "name termdt",
)


def in_doubt(key: str, mark: Mark, words: tuple[str, ...], column: Column, around: Surroundings) -> Mark:
    """A mark with fewer points, where its name means something else there or is the key of what it names."""
    keyed = (key == _EMAIL and is_key(column.data_type, words)) or (
        key == _COARSE and not mark.commented and is_whole(column.data_type) and not _NUMBERED.isdisjoint(words[-1:])
    )
    elsewhere = means_else(key, mark, column, words, around) or _is_contradicted(mark, column, around)
    if keyed or elsewhere or doubted(key, mark, words, around):
        return mark._replace(points=mark.points - _LESS, evidence=(*mark.evidence, DOUBT))
    return mark


def _is_contradicted(mark: Mark, column: Column, around: Surroundings) -> bool:
    """Tell whether a comment or a type says that a name is of a thing: a cell of a grid, a check of a record."""
    first = mark.evidence[0]
    if first == _LINE:
        return LINES in around.topics
    if first == _CHECK:
        return is_whole(column.data_type) and not (mark.commented or around.reached or LOGIN in around.topics)
    return first in _ALSO_THINGS and not mark.commented and is_chinese(column.comment) and not around.patient


def doubted(key: str, mark: Mark, words: tuple[str, ...], around: Surroundings) -> bool:
    """Tell whether a name means something else than a category in a table like this one."""
    first, topics = mark.evidence[0], around.topics
    cared = around.patient or around.clinical
    if first == _PLAN:
        return PLANS in topics or (INSURANCE not in topics and not cared)
    if first == _CARRIER:
        return HANDSET not in topics
    if first == _LEVEL:
        return LOGIN in topics or around.staff
    if DIRECTORY in topics and not _ATTRIBUTES.isdisjoint((words[0], words[-1])):
        return True
    if first == _TERM and INSURANCE in topics:
        return True
    if key == _EXPIRY:
        return len(words) > _SHORT and first.endswith("date") and _CARDS.isdisjoint(words)
    if key == _TOKEN and first == _AUTHORITY:
        return words[-1:] != ("auth",)
    if BOOKS in topics and "account" in words:
        return True
    if key in {_NAME, _EMPLOYER} and (HOLDING in topics or ACCESS in topics):
        return (HOLDING in topics and first in _NAMES and not mark.owned) or words == _GUARD
    return not mark.commented and _is_of_nobody(key, first, words, around)


def _is_of_nobody(key: str, first: str, words: tuple[str, ...], around: Surroundings) -> bool:
    """Tell whether a limit, a place, a figure or the end of something is that of no person."""
    if around.person or around.linked or around.patient or around.staff:
        return False
    if key == _AGE and not _LIMITS.isdisjoint(words):
        return True
    if first == _CARD and words[-1:] == ("code",):
        return True
    if around.identity or around.career:
        return False
    if MACHINES in around.topics and not around.clinical and first.startswith(_OF_MACHINES):
        return True
    if key == _PRECISE and PLACES in around.topics:
        return True
    if key.startswith(_COUNTED) and not around.clinical and not _FIGURES.isdisjoint(words[-1:]):
        return True
    return first.startswith(_OF_SOMEBODY) and LOGIN not in around.topics


def is_figure(words: tuple[str, ...], around: Surroundings) -> bool:
    """Tell whether a clinical word is counted in a table of nobody, or of what ails a machine."""
    if is_divided(words):
        return True
    if not (around.clinical or around.patient) and is_kept_away(words, around.topics):
        return True
    if around.person or around.linked or around.patient or around.clinical:
        return False
    machine = MACHINES in around.topics and words[:1] in {("diagnosis",), ("diagnostic",), ("diagnostics",)}
    return machine or not _FIGURES.isdisjoint(words[-1:])
