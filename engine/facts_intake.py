"""What registers know about data that comes in: acts of collecting, imports, and the channels they come through."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from .facts_catalog import within
from .facts_collection import for_event, form_ready, last_reviewed
from .facts_people import employed
from .known import View, texts
from .periods import day_end, day_start

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


OFFLINE: Final = frozenset({
    "sales", "market_event", "event", "survey", "customer_service", "hotline", "phone_recording", "partner", "internal",
    "store",
})  # fmt: skip
"""Kinds of channels that need no site or application."""


class _IntakeView(View):
    """Something that enters: its categories, its purpose."""

    @cached_property
    def _from(self) -> Any:  # noqa: ANN401 (a register entry, or what the caller states)
        return self.stated

    @cached_property
    def _categories(self) -> tuple[str, ...]:
        found = texts(self._from["categories"])
        if not found:
            raise KeyError("categories")  # nobody says what it holds
        return found

    def categories(self) -> list[str]:
        """What it holds."""
        return list(self._categories)

    def personal(self) -> bool:
        """Personal data."""
        return self.world.catalog.personal(self._categories)

    def sensitive(self) -> bool:
        """Sensitive personal data under the chosen profile."""
        return self.world.catalog.sensitive(self._categories)

    def purpose(self) -> str | None:
        """What it is collected for."""
        purpose = self._from.get("purpose")
        return None if purpose is None else str(purpose)


class EventView(_IntakeView):
    """One act of collecting the data of one customer (`subject`, `channel`, `categories`, `purpose`)."""

    @cached_property
    def _subject(self) -> str:
        subject = self.stated["subject"]
        if not isinstance(subject, str):
            raise TypeError("subject")
        return subject

    @cached_property
    def _channel(self) -> dict[str, Any]:
        return self.world.catalog.channels.get(str(self.stated.get("channel", "")), {})

    @property
    def _form(self) -> dict[str, Any]:
        return self.world.catalog.forms.get(str(self.stated.get("form", "")), {})

    def for_event(self) -> bool:
        """It took place at a market event."""
        return for_event(self.world, self._form, self.stated.get("channel"))

    def form_ready(self) -> bool:
        """The form that it names is registered, and was before its event began."""
        return form_ready(self._form, self._now)

    def channel_active(self) -> bool:
        """It came in through a registered, active channel."""
        return self._channel.get("status") == "active"

    def uncovered_categories(self) -> list[str]:
        """Categories that the channel may not collect for this purpose."""
        purpose = self.purpose()
        allowed = [
            category
            for entry in self._channel.get("allowed", ())
            if entry["purpose"] == purpose
            for category in entry["categories"]
        ]
        return [category for category in self._categories if not within(category, allowed)]

    def consented(self) -> bool:
        """The customer consented not later than now, to this purpose, channel and these categories."""
        return bool(self._consents(withdrawn=False))

    def withdrawn(self) -> bool:
        """The customer had consented, and has withdrawn it."""
        return not self.consented() and bool(self._consents(withdrawn=True))

    def consented_separately(self) -> bool:
        """One of these consents is a separate or written one."""
        return any(consent.type in ("separate", "written") for consent in self._consents(withdrawn=False))

    def guardian_consented(self) -> bool:
        """One of these consents was given by a guardian whose identity was verified."""
        return any(
            consent.given_by == "guardian" and consent.guardian_verified for consent in self._consents(withdrawn=False)
        )

    def _consents(self, *, withdrawn: bool) -> list[Any]:
        return self.world.customers.collecting(
            self._subject, self._now, self.purpose(), self._categories, self.stated.get("channel"), withdrawn=withdrawn
        )

    def told(self) -> bool:
        """A notice in effect now tells of the purpose and the categories: the one named, else that of a consent."""
        return self.world.customers.told(
            self._subject, self._now, self.stated.get("notice_version"), self.purpose(), self._categories
        )

    def necessity(self) -> bool:
        """A statement, reviewed by now, says why each sensitive category is necessary."""
        world, channel = self.world, str(self.stated.get("channel", ""))
        sensitive = [category for category in self._categories if world.catalog.sensitive([category])]
        return all(
            last_reviewed(world, "necessity", category, "", (channel,), self._now) is not None for category in sensitive
        )

    def children_told(self) -> bool:
        """The notice, that named or that of a consent, has rules for children."""
        return self.world.customers.children_told(self._subject, self._now, self.stated.get("notice_version"))

    def birth(self) -> datetime | None:
        """When the customer was born, if that is known."""
        return self.world.customers.birth(self._subject)

    def age_band(self) -> str:
        """`under_14`, `14_to_17` or `adult` where no day of birth is known; missing when nobody knows."""
        return self.world.customers.age_band(self._subject)


class ImportView(_IntakeView):
    """A data set that somebody wants to take over: the register's entry, else what the caller states."""

    @cached_property
    def _from(self) -> Any:  # noqa: ANN401 (as in the base)
        return self.world.imports.get(self.stated["id"], self.stated)

    def partner(self) -> str | None:
        """Who hands it over."""
        partner = self._from.get("partner")
        return None if partner is None else str(partner)

    def provenance(self) -> str:
        """Where it came from."""
        return str(self._from.get("provenance") or "unknown")

    def legal_review(self) -> bool:
        """A legal review is on file."""
        return bool(self._from.get("legal_review"))

    def consent_evidence(self) -> bool:
        """There is evidence that the customers agreed to its being passed on."""
        return bool(self._from.get("consent_evidence"))

    def inbound_agreement(self) -> bool:
        """An agreement in force lets the partner hand over these categories."""
        zone, now = self.world.zone, self._now
        return any(
            agreement["status"] == "active"
            and agreement["direction"] in ("inbound", "both")
            and day_start(max(agreement["signed_at"], agreement["valid_from"]), zone) <= now
            and now < day_end(agreement["valid_to"], zone)
            and all(within(category, agreement["scope"]) for category in self._categories)
            for agreement in self.world.agreements.get(str(self.partner()), ())
        )


class ChannelView(View):
    """A collection channel as such."""

    @cached_property
    def _entry(self) -> dict[str, Any]:
        return self.world.catalog.channels[self.stated["id"]]

    def registered(self) -> bool:
        """The channel is registered."""
        return self.stated["id"] in self.world.catalog.channels

    def status(self) -> str:
        """`active`, `paused` or `retired`."""
        return str(self._entry["status"])

    def responsible(self) -> str:
        """The named collector."""
        return str(self._entry["responsible_employee"])

    def collects_online(self) -> bool:
        """It collects on a site or in an application; a kind that nobody knows does."""
        return str(self._entry["kind"]) not in OFFLINE

    def policy_published(self) -> bool:
        """It names the privacy policy that is public now: address, version, and a day that has come.

        Where the project has notices, the version is that of one in effect.
        """
        policy: Mapping[str, Any] = self._entry.get("privacy_policy", {})
        customers = self.world.customers
        published = policy.get("published_at")
        return (
            str(policy.get("url", "")).startswith(("https://", "http://"))
            and published is not None
            and day_start(published, self.world.zone) <= self._now
            and (not customers.has_notices or customers.in_effect(str(policy.get("version")), self._now))
        )

    def responsible_active(self) -> bool:
        """The named collector is in the company's service."""
        person = self.world.people.by_id.get(self.responsible())
        return person is not None and employed(person, self._now)
