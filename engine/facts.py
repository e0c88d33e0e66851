"""What registers know about a request, as of its instant.

Built once from typed register entries; a decision then only looks things up in dictionaries. What the registers
say wins over what the caller says, attribute by attribute: a caller cannot lend itself a role. A register that a
project does not have changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from .digest import digest
from .facts_data import DataFacts
from .facts_forms import FormFacts
from .facts_people import People

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from .policyset import PolicySet
    from .request import Request
    from .taxonomy import Taxonomy

FORMS: Final = frozenset({"sharing_request", "use_request"})

UNREADABLE: Final[Mapping[str, Any]] = {
    "known": False,
    "personal": True,
    "sensitive": True,
    "permitted_roles": [],
}
"""What is assumed of a resource whose attributes have the wrong form: the worst; everything else is missing."""


@dataclass(slots=True)
class Question:
    """A request together with what registers know: the four parts as conditions read them."""

    subject: dict[str, Any]
    action: dict[str, Any]
    resource: dict[str, Any]
    context: dict[str, Any]
    now: datetime
    action_name: str


class Facts:
    """All registers of a project, indexed."""

    __slots__ = ("_data", "_forms", "_people", "_resources", "_zone", "digest", "registers")

    def __init__(
        self,
        registers: Mapping[str, Sequence[dict[str, Any]]],
        taxonomy: Taxonomy | None,
        *,
        zone: ZoneInfo,
        profile: str,
    ) -> None:
        self.registers = registers
        self.digest = digest(registers, profile, str(zone))
        self._zone = zone
        self._people = People(registers)
        self._data = DataFacts(registers, taxonomy, profile)
        self._forms = FormFacts(registers, self._people, self._data, zone)
        self._resources: dict[str, Callable[[dict[str, Any], Request], dict[str, Any]]] = {
            "column": self._data.column,
            "table": self._data.table,
            "record_group": self._data.rows,
            "sharing_request": self._forms.sharing,
            "use_request": self._forms.use,
        }

    def enrich(self, request: Request, policies: PolicySet) -> Question:
        """The request with the attributes that registers know, as of its instant."""
        del policies
        now = _utc(request.now)
        subject = request.subject
        if self._people.known:
            subject = {**subject, **self._people.attributes(subject["id"], subject["type"], now)}
        resource = self._resource(request)
        # Always, also without a request: what a caller says about an approved request is not evidence.
        person = subject.get("employee") or subject["id"]
        context = {
            **request.context,
            **self._forms.reference(request.context.get("request_id"), person, resource, now),
        }
        return Question(subject, request.action, resource, context, now, request.action_name)

    def _resource(self, request: Request) -> dict[str, Any]:
        stated = request.resource
        known = self._resources.get(stated["type"])
        if known is None:
            return stated
        # An application is what its form says, and nothing that the caller adds to it.
        base = {"id": stated["id"], "type": stated["type"]} if stated["type"] in FORMS else stated
        try:
            return {**base, **known(stated, request)}
        except Exception:  # noqa: BLE001 (whatever a caller sent: an answer, not a crash, and never a clean one)
            return {**UNREADABLE, "id": stated["id"], "type": stated["type"]}


def _utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:  # the first or last day of the calendar
        return instant
