"""What registers know about a message to customers: who agreed to it, who refused it, and what they got before."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from .facts_retention import instant
from .known import View, flag, texts
from .plain import is_array, is_map
from .sent import kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CONTENT: Final = frozenset({"channel", "message_type", "purpose", "personalised", "subjects"})
"""What a caller says of a message that is to be sent."""


class MessageView(View):
    """A message as stated (`channel`, `message_type`, `purpose`, `subjects`), or by its number, as the log has it."""

    @cached_property
    def _logged(self) -> Mapping[str, Any] | None:
        """The register's entry, where the caller says nothing of a message but its number.

        Who says what is to be sent asks about that: the number of an old message does not make it the old message.
        """
        return None if CONTENT.intersection(self.stated) else self.world.sent.by_id.get(self.stated["id"])

    @property
    def _from(self) -> Mapping[str, Any]:
        return self.stated if self._logged is None else self._logged

    @cached_property
    def _subjects(self) -> Sequence[str]:
        return self.world.customers.everybody(texts(self._from["subjects"]))

    @property
    def _purpose(self) -> str:
        return str(self._from.get("purpose", "sales_marketing"))

    def message_type(self) -> str:
        """`promotional` or `service`."""
        return str(self._from["message_type"])

    def purpose(self) -> str:
        """What the message is for."""
        return self._purpose

    def purpose_listed(self) -> bool:
        """The purpose stands in the register and is not prohibited."""
        return self.world.catalog.listed(self._purpose)

    def purpose_prohibited(self) -> bool:
        """The purpose is on the prohibited list."""
        return self.world.catalog.prohibited(self._purpose)

    def purpose_profiling(self) -> bool:
        """Its recipients or its content were chosen by what is known of each."""
        return flag(self._from, "personalised") or self.world.catalog.profiling(self._purpose)

    def purpose_refusable(self) -> bool:
        """The register of purposes says how customers switch the purpose off."""
        return self.world.catalog.refusable(self._purpose)

    def purpose_care(self) -> bool:
        """It is a greeting."""
        return self.world.catalog.caring(self._purpose)

    def subject_count(self) -> int:
        """How many are to get it."""
        return len(self._subjects)

    def restricted(self) -> bool:
        """The data of somebody who is to get it is kept for storage only."""
        return any(self.world.customers.restricted(subject, self._now) for subject in self._subjects)

    def unagreed_subjects(self) -> list[str]:
        """Recipients who never agreed to such messages on this channel, or no longer do."""
        customers, channel = self.world.customers, self._from.get("channel")
        return [s for s in self._subjects if not customers.agrees_to_messages(s, self._purpose, channel, self._now)]

    def refusing_subjects(self) -> list[str]:
        """Recipients who refused such messages on this channel."""
        customers, channel = self.world.customers, self._from.get("channel")
        return [s for s in self._subjects if customers.refuses(s, self._purpose, channel, self._now)]

    def unprofiled_subjects(self) -> list[str]:
        """Recipients who refused to be evaluated: for this purpose, or at all."""
        purposes = dict.fromkeys((self._purpose, *self.world.profiling))
        return [
            subject
            for subject in self._subjects
            if any(self.world.customers.refuses(subject, purpose, None, self._now) for purpose in purposes)
        ]

    def channel_kind(self) -> str:
        """The kind of channel whose limit counts; missing when nobody says by which it goes."""
        return kind_of(str(self._from["channel"]))

    def earlier_messages(self) -> list[dict[str, Any]]:
        """When each recipient got promotional messages by this kind of channel; of who got none, nothing.

        By the send log, where the project has one; else as stated. Missing when nobody says.
        """
        if not self.world.has("messages"):
            return _stated(self.stated["earlier_messages"])
        kind, now = self.channel_kind(), self._now
        itself = None if self._logged is None else self._logged["id"]
        found = (self.world.sent.before(subject, kind, now, itself) for subject in self._subjects)
        return [{"times": times} for times in found if times]

    def local_hour(self) -> int:
        """The hour of the day in the policy time zone."""
        return self._now.astimezone(self.world.zone).hour


def _stated(found: object) -> list[dict[str, Any]]:
    """What a caller says of earlier messages: a list of `{times: [...]}`, one for each recipient who got some."""
    if not is_array(found):
        raise TypeError("earlier_messages")
    told: list[dict[str, Any]] = []
    for entry in found:
        if not is_map(entry) or not is_array(entry["times"]):
            raise TypeError("earlier_messages")
        told.append({"times": [instant(at) for at in entry["times"]]})
    return told
