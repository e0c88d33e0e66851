"""What registers know about data that leaves: the application that a transfer carries out, and where it goes beyond."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from .facts_catalog import key_of
from .facts_sharing import FACELESS, SharingView
from .known import texts

if TYPE_CHECKING:
    from collections.abc import Sequence


class TransferView(SharingView):
    """Data that leaves: matched to the application it names (`request_id`), if there is one."""

    states_nothing = False

    @property
    def _form_id(self) -> str:
        return str(self.stated.get("request_id", ""))

    @cached_property
    def _shared_columns(self) -> Sequence[str]:
        return texts(self.stated.get("columns"))

    def columns(self) -> list[str]:
        """The columns that leave."""
        return list(self._shared_columns)

    def excess_columns(self) -> list[str]:
        """Columns that leave and were not approved."""
        approved = {key_of(path) for path in self._content.get("columns", ())}
        beyond = set(SharingView.excess_columns(self))
        if not self._shared_columns:
            return ["*"]  # nobody says what leaves
        return [path for path in self._shared_columns if path in beyond or (approved and key_of(path) not in approved)]

    def excess_subjects(self) -> int:
        """How many more customers leave than were approved; an unknown number is one too many."""
        count = self.stated.get("row_count")
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            return 1
        return max(0, count - self.subject_count())

    def missing_subjects(self) -> int:
        """How many fewer customers leave than were approved; what is not stated is judged as too many.

        Figures about customers are not counted: a row of them is about several.
        """
        count = self.stated.get("row_count")
        if self.form() in FACELESS or not isinstance(count, int) or isinstance(count, bool):
            return 0
        return max(0, self.subject_count() - count)

    def other_recipient(self) -> bool:
        """It goes to somebody else than was approved."""
        stated = self.stated.get("recipient")
        return stated is not None and stated != self._recipient.get("id")

    def unconfirmed_shares(self) -> list[dict[str, Any]]:
        """Earlier transfers to the same recipient for which no receipt is signed, those of this application too."""
        found = super().unconfirmed_shares()
        at = self._known.get("executed_at")
        if at is not None and at <= self._now and self._unsigned(self._known["id"]):
            found.append({"id": self._known["id"], "at": at})
        return found

    def transfer_channel(self) -> str:
        """The way it really goes."""
        channel = self.stated.get("channel")
        return str(channel) if channel is not None else super().transfer_channel()

    def encryption(self) -> str | None:
        """How it really is encrypted on its way."""
        stated: str | None = self.stated.get("encryption")
        planned: str | None = self._transfer.get("encryption") if self._form is not None else None
        return planned if stated is None else stated

    def executor(self) -> str | None:
        """Who really carries it out: whoever asks, unless it is said."""
        stated = self.stated.get("executor")
        if stated is not None:
            return str(stated)
        return self.question.subject.get("employee") if self.world.people.known else self.question.subject["id"]
