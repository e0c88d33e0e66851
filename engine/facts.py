"""What registers know about a request, as of its instant.

The registers are indexed once (`world`); a decision then only looks things up, and only what its conditions read.
What the registers say wins over what the caller says, attribute by attribute: a caller cannot lend itself a role.
A register that a project does not have changes nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from .digest import digest
from .facts_access import TableView
from .facts_collection import ColumnView, FieldView
from .facts_complaints import ComplaintView
from .facts_duties import ActivityView, AuditFindingView, AuditOrderView, DutyView
from .facts_incidents import IncidentView
from .facts_intake import ChannelView, EventView, ImportView
from .facts_messages import MessageView
from .facts_protection import DatasetView, DeviceView, SystemView
from .facts_quality import ChangeView, GateView, KindView, QualityView
from .facts_retention import CopyView, ExceptionView, RowsView, ScheduleView
from .facts_rights import RightsRequestView, WithdrawalView
from .facts_shared import SharedCopyView
from .facts_sharing import SharingView
from .facts_standing import AccountView, BreakGlassView, EmployeeView, GrantView, PolicyView, RoleView
from .facts_structure import StructureView
from .facts_transfer import TransferView
from .facts_use import UseView
from .known import Known, View
from .settled import ARRAYS, Settled, Unsettled
from .world import World

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from .policyset import PolicySet
    from .request import Request
    from .taxonomy import Taxonomy

RESOURCES: Final[Mapping[str, type[View]]] = {
    "account": AccountView,
    "activity": ActivityView,
    "audit_finding": AuditFindingView,
    "audit_order": AuditOrderView,
    "break_glass": BreakGlassView,
    "channel": ChannelView,
    "collection_event": EventView,
    "column": ColumnView,
    "complaint": ComplaintView,
    "consent": WithdrawalView,
    "copy": CopyView,
    "customer_change": ChangeView,
    "data_quality": QualityView,
    "dataset": DatasetView,
    "device": DeviceView,
    "duty": DutyView,
    "employee": EmployeeView,
    "form_field": FieldView,
    "gate": GateView,
    "grant": GrantView,
    "import_request": ImportView,
    "incident": IncidentView,
    "message": MessageView,
    "policy": PolicyView,
    "record_group": RowsView,
    "record_kind": KindView,
    "rights_request": RightsRequestView,
    "role": RoleView,
    "schedule": ScheduleView,
    "shared_copy": SharedCopyView,
    "sharing_request": SharingView,
    "statutory_exception": ExceptionView,
    "structure": StructureView,
    "system": SystemView,
    "table": TableView,
    "transfer": TransferView,
    "use_request": UseView,
}
"""Resource type -> who looks at it; one of another type is what `resources` and, besides, its caller say."""


class Question:
    """A request together with what registers know: the four parts as conditions read them."""

    __slots__ = ("action", "action_name", "context", "now", "resource", "subject")

    subject: dict[str, Any]
    resource: dict[str, Any]
    context: dict[str, Any]

    def __init__(self, request: Request, now: datetime) -> None:
        self.action: dict[str, Any] = request.action
        self.action_name: str = request.action_name
        self.now = now

    def apart(self) -> Question:
        """The same question with parts of its own: its parts may be what is remembered for others."""
        found = Question.__new__(Question)
        found.action, found.action_name, found.now = self.action, self.action_name, self.now
        parts = (self.subject, self.resource, self.context)
        found.subject, found.resource, found.context = (dict(p) if type(p) is dict else p for p in parts)
        return found

    def alone(self, purpose: str | None) -> Question:
        """A question that says nothing but a purpose, this action and this instant."""
        found = Question.__new__(Question)
        found.action, found.action_name, found.now = self.action, self.action_name, self.now
        found.subject = {"id": "", "type": "", "employee": None, "roles": ()}
        found.context = {"purpose": purpose}
        found.resource = {}
        return found


class Facts:
    """All registers of a project, indexed."""

    __slots__ = ("_digest", "_profile", "_settled", "registers", "remembered", "world")

    def __init__(
        self,
        registers: Mapping[str, Sequence[Any]],
        taxonomy: Taxonomy | None,
        *,
        zone: ZoneInfo,
        profile: str,
    ) -> None:
        self.registers = registers
        self._profile = profile
        self._digest = ""
        self.world = World(registers, taxonomy, zone, profile)
        self.remembered = Settled(self.world)
        self._settled: tuple[PolicySet | None, Settled] = (None, self.remembered)
        """The last policy set that asked, and what is remembered that fits it."""

    @property
    def digest(self) -> str:
        """`sha256:` and 64 digits of everything that was declared; worked out when somebody first asks."""
        if not self._digest:
            self._digest = digest(self.registers, self._profile, str(self.world.zone))
        return self._digest

    def enrich(self, request: Request, policies: PolicySet) -> Question:
        """The request with the attributes that registers know, as of its instant."""
        world = self.world
        asked, settled = self._settled
        if asked is not policies:
            settled = self._settle(policies)
        question = Question(request, _utc(request.now))
        question.subject = settled.subject(request.subject, question) if world.people.known else request.subject
        question.context = settled.context(request.context, question)
        resource = request.resource
        view = RESOURCES.get(resource["type"])
        if view is TableView:
            question.resource = settled.table(resource, question)
        elif view is None:
            known = world.resources.get((resource["type"], resource["id"]))
            question.resource = (
                {**resource, **known, "type": resource["type"], "id": resource["id"]} if known else resource
            )
        else:
            question.resource = Known(view(world, resource, question))
        return question

    def _settle(self, policies: PolicySet) -> Settled:
        """What is remembered, where the policies declare texts as texts; else nothing is."""
        types = [policies.vocabulary.type_at(path) for path in ARRAYS]
        fits = all(of is None or of.kind != "array" or (of.item or of).kind == "string" for of in types)
        settled = self.remembered if fits else Unsettled(self.world)
        self._settled = policies, settled
        return settled


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is UTC:
        return instant
    try:
        return instant.astimezone(UTC)
    except OverflowError:  # the first or last day of the calendar
        return instant
