"""Consents and subjects as rows: a million of them fit into memory, where a million dictionaries do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

Shared = dict[Any, Any]
"""One object for equal values of many rows; belongs to one reading and goes with it."""


class Consent(NamedTuple):
    """One consent; fields are those of the register `consents`, and what was not stated is None, () or False."""

    id: str
    subject: str
    given_by: str
    guardian_verified: bool
    type: str
    evidence: None
    """Always None: no decision reads it."""
    purposes: tuple[str, ...]
    categories: tuple[str, ...]
    channels: tuple[str, ...]
    recipients: tuple[str, ...]
    cross_border: bool
    given_at: datetime
    expires_at: datetime | None
    withdrawn_at: datetime | None
    notice_version: str

    @classmethod
    def of(cls, entry: Mapping[str, Any], shared: Shared) -> Consent:
        """The row of a typed entry; equal values of rows with the same `shared` are one object."""
        get, one = entry.get, shared.setdefault
        subject, given_by, kind = entry["subject"], entry["given_by"], entry["type"]
        purposes, notice = entry["purposes"], entry["notice_version"]
        return _consent((
            entry["id"],
            one(subject, subject),
            one(given_by, given_by),
            get("guardian_verified", False),
            one(kind, kind),
            None,
            one(purposes, purposes),
            _several(get("categories"), one),
            _several(get("channels"), one),
            _several(get("recipients"), one),
            get("cross_border", False),
            entry["given_at"],
            get("expires_at"),
            get("withdrawn_at"),
            one(notice, notice),
        ))  # fmt: skip


class Subject(NamedTuple):
    """One customer; fields are those of the register `subjects`, and what was not stated is None, () or False."""

    id: str
    subject_type: str
    customer_class: str
    class_history: tuple[Mapping[str, Any], ...]
    birth_date: date | None
    age_band: str | None
    country: str | None
    owner_employee: str | None
    relationship_ended_at: datetime | None
    account_closed_at: datetime | None
    restricted: bool

    @classmethod
    def of(cls, entry: Mapping[str, Any], shared: Shared) -> Subject:
        """The row of a typed entry; equal values of rows with the same `shared` are one object."""
        get, one = entry.get, shared.setdefault
        kind, of_class, born = entry["subject_type"], entry["customer_class"], get("birth_date")
        band, country, owner = get("age_band"), get("country"), get("owner_employee")
        return _subject((
            entry["id"],
            one(kind, kind),
            one(of_class, of_class),
            get("class_history", ()),
            one(born, born),
            one(band, band),
            one(country, country),
            one(owner, owner),
            get("relationship_ended_at"),
            get("account_closed_at"),
            get("restricted", False),
        ))  # fmt: skip


_consent: Final = Consent._make
_subject: Final = Subject._make


def _several(value: tuple[str, ...] | None, one: Callable[[Any, Any], Any]) -> Any:  # noqa: ANN401 (as given)
    return one(value, value) if value else ()


ROWS: Final[Mapping[str, Callable[[Mapping[str, Any], Shared], Any]]] = {
    "consents": Consent.of,
    "subjects": Subject.of,
}
"""Registers whose entries become rows."""


def maker(name: str) -> Callable[[Any], Any] | None:
    """What makes rows of the typed entries of a register in one reading; None for a register of mappings."""
    of = ROWS.get(name)
    if of is None:
        return None
    shared: Shared = {}
    return lambda entry: of(entry, shared)
