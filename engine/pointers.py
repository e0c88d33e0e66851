"""Columns that point to what somebody has, or give a code of it, and do not hold it: links, keys and codes of wards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .column_types import is_whole

if TYPE_CHECKING:
    from .marks import Mark
    from .tables import Column

_COUNTED: Final = ("name resume",)
"""Which of several, or how many, where it is a whole number."""
_URLS: Final = frozenset({"url", "uri", "href", "endpoint", "webhook", "domain"})
"""Addresses at which no one lives, whatever a comment calls them."""
_TRANSACTED: Final = ("personal.transaction.purchase", "personal.transaction.payment")
_LOCATED: Final = ("name location",)
"""Where somebody is; by a code or a path it is a ward or an office."""
_CARE_OF: Final = "name co"
"""Care of somebody; `co_code` is a company's."""
_ADDRESS: Final = "personal.contact.address"
_PRECISE: Final = "personal.location.precise"
_EMPLOYER: Final = "personal.occupation.employer"


def is_pointer(key: str, mark: Mark, column: Column, words: tuple[str, ...]) -> bool:
    """Tell whether a column points to a résumé, a page or a payment, and does not hold it."""
    if key == _ADDRESS:
        return not _URLS.isdisjoint(words[-1:])
    if key.startswith(_TRANSACTED):
        return words[-1:] == ("id",)
    return is_whole(column.data_type) and mark.evidence[0] in _COUNTED


def is_code(key: str, mark: Mark) -> bool:
    """Tell whether a name that ends as those of codes do is of a ward, a company or a remark on a list."""
    if key == _PRECISE:
        return mark.evidence == _LOCATED
    return key in {_EMPLOYER, "free_text"} or (key == _ADDRESS and mark.evidence[0] == _CARE_OF)
