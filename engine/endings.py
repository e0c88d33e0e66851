"""What the end of a name says, whatever stands before: what glued names hold, and what is about how data are kept.

`portalloginpassword` is a password though nobody knows what a `portallogin` is; `refresh_diagnosis_date` is when a
copy of the data was made, and `birth_date_mgmt` how its dates are changed: neither tells of anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .marks import STRONG, WEAK, Mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .hints import Hint

_GLUED: Final = (
    "password",
    "passwd",
    "passphrase",
    "firstname",
    "lastname",
    "surname",
    "username",
    "emailaddress",
    "dateofbirth",
    "birthdate",
    "phonenumber",
    "mobilenumber",
    "comments",
    "remarks",
)
"""Ends that no other word has."""
_ASKED: Final = (
    "enable",
    "disable",
    "change",
    "reset",
    "forgot",
    "force",
    "require",
    "show",
    "hide",
    "min",
    "max",
    "expire",
    "allow",
    "send",
    "number",
    "count",
    "total",
)
"""Beginnings of glued names of flags and figures: `enableportalpassword`."""
_COPIED: Final = frozenset({"refresh", "refreshed", "reload", "reloaded", "etl", "extract", "harvest"})
_WHEN: Final = frozenset({"date", "time", "datetime", "timestamp", "at", "dt", "ts", "on"})
_KEPT: Final = frozenset({"mgmt", "mgt", "management", "handling", "shift", "imputation", "granularity", "masking"})
"""What is done with values before they are handed on."""
_VALUES: Final = frozenset({"date", "dates", "time", "datetime", "dob", "birthdate", "zip", "postcode"})
_WAYS: Final = frozenset({"email", "mail", "postal", "post", "fax", "paper", "print", "printed", "sms"})
_SENT: Final = frozenset({"invoice", "invoices", "statement", "statements", "receipt", "receipts", "bill", "bills"})
_PLACES_OF_FILES: Final = frozenset({"url", "uri", "href", "endpoint"})
_TWO: Final = 2


def glued(word: str, hints: Mapping[str, tuple[Hint, ...]]) -> dict[str, Mark]:
    """What a glued name of one word holds by its end; empty when that says nothing or it is a flag."""
    for end in _GLUED:
        if word.endswith(end) and len(word) > len(end) and not word.startswith(_ASKED):
            told = {hint.category: (STRONG if hint.strong else WEAK, hint.order) for hint in hints.get(end, ())}
            return {
                key: Mark(points, len(end), order, owned=False, initials=False, evidence=(f"name {end}",))
                for key, (points, order) in told.items()
            }
    return {}


def is_handled(words: tuple[str, ...], *, known: bool) -> bool:
    """Tell whether a name is about how data are copied, changed, sent or stored; `known`: it stands for a category."""
    if len(words) < _TWO:
        return False
    first, last = words[0], words[-1]
    return (
        (first in _COPIED and last in _WHEN)
        or (last in _KEPT and words[-2] in _VALUES)
        or (len(words) == _TWO and first in _WAYS and last in _SENT)
        or (last in _PLACES_OF_FILES and not known)
    )
