"""Customers as decisions see them: class, age, consents, refusals, and the notices they were given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .facts_catalog import within
from .periods import day_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from .rows import Consent, Subject

EVERYBODY = "*"
SEPARATE = frozenset({"separate", "written"})


class Customers:
    """Look-ups in `subjects`, `subject_sets`, `consents`, `opt_outs`, `notices` and `rights_requests`."""

    def __init__(self, registers: Mapping[str, Sequence[Any]], zone: ZoneInfo) -> None:
        self._zone = zone
        self.listed = "subjects" in registers
        """Whether the project has a register of customers at all."""
        self.by_id: dict[str, Subject] = {entry.id: entry for entry in registers.get("subjects", ())}
        self._sets = {entry["id"]: entry["subjects"] for entry in registers.get("subject_sets", ())}
        self.has_consents = "consents" in registers
        self._consents: dict[str, Consent | list[Consent]] = {}
        self.withdrawn: dict[str, Consent] = {}
        """Consents that have a day of withdrawal, by their id."""
        # Most customers have one consent: no list for each of a million.
        for consent in registers.get("consents", ()):
            if consent.withdrawn_at is not None:
                self.withdrawn[consent.id] = consent
            first = self._consents.setdefault(consent.subject, consent)
            if first is not consent:
                if isinstance(first, list):
                    first.append(consent)
                else:
                    self._consents[consent.subject] = [first, consent]
        self._opt_outs: dict[str, list[dict[str, Any]]] = {}
        for entry in registers.get("opt_outs", ()):
            self._opt_outs.setdefault(entry["subject"], []).append(entry)
        self.notices = {entry["version"]: entry for entry in registers.get("notices", ())}
        self.has_notices = "notices" in registers
        self._rights: dict[str, list[dict[str, Any]]] = {}
        for entry in registers.get("rights_requests", ()):
            self._rights.setdefault(entry["subject"], []).append(entry)
        self.rights_by_id = {entry["id"]: entry for entry in registers.get("rights_requests", ())}

    def consents(self, subject: str) -> Sequence[Consent]:
        """Every consent of a customer."""
        found = self._consents.get(subject)
        return () if found is None else found if isinstance(found, list) else (found,)

    def named(self, ids: Sequence[str], reference: str | None) -> tuple[str, ...]:
        """The customers of a list and of a registered set, each once."""
        return tuple(dict.fromkeys((*ids, *(self._sets.get(reference, ()) if reference else ()))))

    def everybody(self, ids: Sequence[str]) -> Sequence[str]:
        """The customers named; `*` stands for every registered one."""
        return tuple(self.by_id) if EVERYBODY in ids else ids

    def natural(self, subject: str) -> bool:
        """Whether a customer is a person; somebody whom nobody registered is one."""
        entry = self.by_id.get(subject)
        return entry is None or entry.subject_type != "organisation"

    def class_at(self, subject: str, now: datetime) -> str | None:
        """The class of a customer at an instant; None for somebody whom nobody registered."""
        entry = self.by_id.get(subject)
        if entry is None:
            return None
        held = [step["class"] for step in sorted(entry.class_history, key=_start) if step["from"] <= now]
        return held[-1] if held else entry.customer_class

    def restricted(self, subject: str, now: datetime) -> bool:
        """Whether a customer's data is kept for storage only: by its register, or by an open request to restrict it."""
        entry = self.by_id.get(subject)
        return (entry is not None and entry.restricted) or bool(self.rights(subject, ("restrict",), now))

    def birth(self, subject: str) -> datetime | None:
        """The start of the day on which a customer was born, if that is known."""
        entry = self.by_id.get(subject)
        return None if entry is None or entry.birth_date is None else day_start(entry.birth_date, self._zone)

    def age_band(self, subject: str) -> str:
        """The declared age band; KeyError when nobody knows."""
        entry = self.by_id.get(subject)
        if entry is None or entry.age_band in (None, "unknown"):
            raise KeyError(subject)
        return str(entry.age_band)

    def collecting(  # noqa: PLR0913 (what a consent to collecting has to cover)
        self,
        subject: str,
        now: datetime,
        purpose: str | None,
        categories: Sequence[str],
        channel: object,
        *,
        withdrawn: bool,
    ) -> list[Consent]:
        """Consents that were given by now and cover purpose, categories and channel."""
        return [
            consent
            for consent in self.consents(subject)
            if consent.given_at <= now
            and _ended(consent, now) is withdrawn
            and (withdrawn or not _expired(consent, now))
            and purpose in consent.purposes
            and (not consent.channels or channel in consent.channels)
            and _for(consent, categories)
        ]

    def told(
        self, subject: str, now: datetime, version: object, purpose: str | None, categories: Sequence[str]
    ) -> bool:
        """Whether a notice that was in effect tells of a purpose and categories."""
        versions = [version] if version is not None else [consent.notice_version for consent in self.consents(subject)]
        return any(
            notice is not None
            and _in_effect(notice, now)
            and purpose in notice["purposes"]
            and all(within(category, notice["categories"]) for category in categories)
            for notice in (self.notices.get(str(name)) for name in versions)
        )

    def children_told(self, subject: str, now: datetime, version: object) -> bool:
        """Whether a notice that was in effect has rules for children."""
        versions = [version] if version is not None else [consent.notice_version for consent in self.consents(subject)]
        found = (self.notices.get(str(name)) for name in versions)
        return any(
            notice is not None and _in_effect(notice, now) and notice.get("children_rule", False) for notice in found
        )

    def childrens_rule(self, category: str, now: datetime) -> bool:
        """Whether any notice in effect has rules for children, and tells of a category."""
        return any(
            _in_effect(notice, now) and notice.get("children_rule", False) and within(category, notice["categories"])
            for notice in self.notices.values()
        )

    def told_of(self, purposes: frozenset[str], now: datetime) -> bool:
        """Whether any notice in effect tells of one of some purposes."""
        return any(
            _in_effect(notice, now) and not purposes.isdisjoint(notice["purposes"]) for notice in self.notices.values()
        )

    def covers_purpose(
        self, subject: str, purposes: frozenset[str], now: datetime, categories: Sequence[str] = ()
    ) -> bool:
        """Whether a customer agreed to one of some purposes, for these categories, under a notice that told of it."""
        return any(
            consent.given_at <= now
            and _for(consent, categories)
            and not _ended(consent, now)
            and not _expired(consent, now)
            and any(purpose in consent.purposes and self._noticed(consent, purpose) for purpose in purposes)
            for consent in self.consents(subject)
        )

    def withdrew_purpose(self, subject: str, purposes: frozenset[str], now: datetime) -> bool:
        """Whether a customer had agreed to one of some purposes and has withdrawn it."""
        return any(
            consent.given_at <= now and _ended(consent, now) and not purposes.isdisjoint(consent.purposes)
            for consent in self.consents(subject)
        )

    def _noticed(self, consent: Consent, purpose: str) -> bool:
        notice = self.notices.get(consent.notice_version)
        return not self.has_notices or (notice is not None and purpose in notice["purposes"])

    def shares_with(  # noqa: PLR0913 (what a consent to a share has to name)
        self,
        subject: str,
        recipient: str,
        purpose: str,
        now: datetime,
        *,
        categories: Sequence[str] = (),
        abroad: bool = False,
    ) -> bool:
        """Whether a customer agreed, separately, to passing data on to this recipient for this purpose."""
        return any(
            consent.type in SEPARATE
            and consent.given_at <= now
            and _for(consent, categories)
            and not _ended(consent, now)
            and not _expired(consent, now)
            and recipient in consent.recipients
            and purpose in consent.purposes
            and (consent.cross_border or not abroad)
            for consent in self.consents(subject)
        )

    def withdrew_share(self, subject: str, recipient: str, purpose: str, now: datetime) -> bool:
        """Whether a customer had agreed to that and has withdrawn it."""
        return any(
            consent.given_at <= now
            and _ended(consent, now)
            and recipient in consent.recipients
            and purpose in consent.purposes
            for consent in self.consents(subject)
        )

    def authorised(
        self, subject: str, purpose: str, recipient: str | None, now: datetime, categories: Sequence[str] = ()
    ) -> bool:
        """Whether a customer authorised a use or a share of these categories in writing."""
        return any(
            consent.type == "written"
            and _for(consent, categories)
            and purpose in consent.purposes
            and (recipient is None or recipient in consent.recipients)
            and consent.given_at <= now
            and not _ended(consent, now)
            and not _expired(consent, now)
            for consent in self.consents(subject)
        )

    def refuses(self, subject: str, purpose: str, channel: object, now: datetime) -> bool:
        """Whether a customer refused a purpose on a channel; a message that names none may go by any."""
        return any(
            entry["at"] <= now
            and (entry.get("lifted_at") is None or now < entry["lifted_at"])
            and entry.get("purpose", purpose) == purpose
            and (channel is None or entry.get("channel", channel) == channel)
            for entry in self._opt_outs.get(subject, ())
        )

    def refuses_everywhere(self, subject: str, purpose: str, now: datetime) -> bool:
        """Whether a customer refused a purpose whatever the channel."""
        return any(
            entry["at"] <= now
            and (entry.get("lifted_at") is None or now < entry["lifted_at"])
            and entry.get("purpose", purpose) == purpose
            and "channel" not in entry
            for entry in self._opt_outs.get(subject, ())
        )

    def tells(self, version: str, category: str, now: datetime) -> bool:
        """Whether a notice is registered, in effect, and tells of a category."""
        notice = self.notices.get(version)
        return notice is not None and _in_effect(notice, now) and within(category, notice["categories"])

    def in_effect(self, version: str, now: datetime) -> bool:
        """Whether a notice is registered and in effect."""
        notice = self.notices.get(version)
        return notice is not None and _in_effect(notice, now)

    def agrees_to_messages(self, subject: str, purpose: str, channel: object, now: datetime) -> bool:
        """Whether a customer agreed to messages for a purpose on a channel."""
        return bool(self.collecting(subject, now, purpose, (), channel, withdrawn=False))

    def rights(self, subject: str, kinds: Iterable[str], now: datetime) -> list[dict[str, Any]]:
        """The verified, not refused requests of some kinds that a customer had made by now and that were not done."""
        wanted = frozenset(kinds)
        return [
            entry
            for entry in self._rights.get(subject, ())
            if entry["type"] in wanted
            and entry["received_at"] <= now
            and entry["identity_verified"]
            and entry["status"] != "refused"
            and (now < entry["done_at"] if entry.get("done_at") is not None else entry["status"] != "done")
        ]


def _start(step: Mapping[str, Any]) -> datetime:
    start: datetime = step["from"]
    return start


def _for(consent: Consent, categories: Sequence[str]) -> bool:
    """Whether a consent is for some categories; one that names none is for all."""
    return not consent.categories or all(within(category, consent.categories) for category in categories)


def _ended(consent: Consent, now: datetime) -> bool:
    return consent.withdrawn_at is not None and consent.withdrawn_at <= now


def _expired(consent: Consent, now: datetime) -> bool:
    return consent.expires_at is not None and consent.expires_at <= now


def _in_effect(notice: Mapping[str, Any], now: datetime) -> bool:
    until: datetime | None = notice.get("effective_to")
    start: datetime = notice["effective_from"]
    return start <= now and (until is None or now < until)
