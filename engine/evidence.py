"""The register entries that a question rests on, with the file and line where each stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .entries import Entries, value_of
from .known import peek
from .plain import is_array, is_map
from .registers import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .errors import Location
    from .facts import Facts

MOST: Final = 5
"""How many entries of one register are shown; consents can be thousands."""


APPLICATIONS: Final = {
    "sharing_request": "sharing_requests",
    "transfer": "sharing_requests",
    "use_request": "use_requests",
}
DIRECT: Final[Mapping[str, tuple[str, ...]]] = {
    "activity": ("activities",),
    "audit_finding": ("audit_findings",),
    "audit_order": ("audit_orders",),
    "break_glass": ("break_glass",),
    "channel": ("channels",),
    "complaint": ("complaints",),
    "consent": ("consents",),
    "copy": ("copies",),
    "device": ("devices",),
    "employee": ("people",),
    "import_request": ("imports",),
    "incident": ("incidents",),
    "message": ("messages",),
    "rights_request": ("rights_requests",),
    "role": ("roles",),
    "shared_copy": ("sharing_requests", "transfers", "receipts", "tracking"),
    "statutory_exception": ("statutory_retention",),
    "system": ("systems",),
}
"""Resource type -> the registers whose entry has the resource's id."""


class Used(NamedTuple):
    """One entry: its register, its id, and where it stands (None for an entry written in place)."""

    register: str
    id: str
    location: Location | None


def evidence(facts: Facts, question: Any) -> tuple[Used, ...]:  # noqa: ANN401 (request-like)
    """Every entry that was looked at, in the order of the question's parts."""
    found: list[Used] = []
    wanted = dict.fromkeys(_wanted(facts, question))
    counts: dict[str, int] = {}
    for register, name in wanted:
        counts[register] = counts.get(register, 0) + 1
        if counts[register] <= MOST and (entry := _locate(facts, register, name, question.resource["type"])):
            found.append(entry)
    for register, count in counts.items():
        if count > MOST:
            found.append(Used(register, f"(+{count - MOST})", None))
    return tuple(found)


def _locate(facts: Facts, register: str, name: str, kind: str) -> Used | None:
    entries: Sequence[Any] = facts.registers.get(register, ())
    key = KEYS.get(register, "id")
    for index, entry in enumerate(entries):
        if value_of(entry, key) == name and (register != "resources" or entry["type"] == kind):
            return Used(register, name, entries.locate(index) if isinstance(entries, Entries) else None)
    return None


def _wanted(facts: Facts, question: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 (request-like)
    subject, resource, context = question.subject, question.resource, question.context
    world = facts.world
    person = peek(subject, "employee")
    yield "people", str(person)
    yield "departments", str(peek(subject, "department"))
    for role in peek(subject, "roles") or ():
        yield "roles", role
    if peek(subject, "type") != "employee":
        yield "service_accounts", subject["id"]
    yield "applications", str(peek(context, "application"))
    yield "purposes", str(peek(context, "purpose"))
    yield "break_glass", str(peek(context, "break_glass"))
    yield "incidents", str((world.break_glass.get(str(peek(context, "break_glass"))) or {}).get("incident"))
    if peek(context, "request_known") is True:
        yield from _application(world, world.use.get(str(peek(context, "request_id")), {}), "use_requests")
    yield from _resource(facts, resource)


def _resource(facts: Facts, resource: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 (request-like)
    world, kind, name = facts.world, resource["type"], resource["id"]
    if kind in ("column", "data_quality", "dataset", "gate", "record_group", "structure", "table"):
        dataset = world.catalog.dataset(str(peek(resource, "dataset") or name)) or {}
        yield "catalog", str(dataset.get("dataset"))
        yield "systems", str(dataset.get("system"))
    yield from (("incidents", str(incident)) for incident in _list(resource, "quarantined"))
    for register in ("channels", "holds"):
        yield from ((register, str(item.get("id"))) for item in _list(resource, register) if is_map(item))
    named = (*_list(resource, "subjects"), *([resource["subject"]] if peek(resource, "subject") else ()))
    for subject in map(str, named):
        yield "subjects", subject
        yield from (("consents", consent.id) for consent in world.customers.consents(subject))
        yield from (("tickets", ticket["id"]) for ticket in world.tickets.get(subject, ()))
    if kind in APPLICATIONS:
        register = APPLICATIONS[kind]
        forms = world.use if register == "use_requests" else world.sharing
        number = peek(resource, "request_id") if kind == "transfer" else name
        yield from _application(world, forms.get(str(number), {}), register)
    yield from ((register, name) for register in DIRECT.get(kind, ()))
    yield "change_notices", str(peek(resource, "change_notice"))
    if kind in ("rights_request", "consent"):
        yield from (("recipient_notices", notice["id"]) for notice in world.recipient_notices.get(name, ()))
        yield from (("sharing_requests", str(share)) for share in _list(resource, "untold_shares"))
    if (kind, name) == ("duty", "complaint_channels"):
        yield from (("complaint_channels", entry["id"]) for entry in world.registers.get("complaint_channels", ()))
    yield from (*world.upkeep.behind(kind, name), *world.measured.behind(kind, name))
    if (kind, name) in world.resources:
        yield "resources", name
    if kind in ("role", "grant"):
        for review in world.reviews.get(f"role:{peek(resource, 'grantee') or name}", ()):
            yield "access_reviews", review["id"]


def _list(resource: Any, name: str) -> Sequence[Any]:  # noqa: ANN401 (request-like)
    """A list that is known or stated; a caller may state anything."""
    found = peek(resource, name)
    return found if is_array(found) else ()


def _application(world: Any, form: Mapping[str, Any], register: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 (World)
    if not form:
        return
    yield register, form["id"]
    yield "people", form["applicant"]
    yield "departments", str(form.get("department"))
    yield "purposes", str(form.get("purpose"))
    for approval in world.approvals.get(form["id"], ()):
        yield "approvals", approval["id"]
        yield "people", approval["approver"]
        yield "delegations", str(approval.get("delegation_id"))
    yield "filings", form["id"]
    partner = str(form.get("recipient", {}).get("id"))
    yield "partners", partner
    for agreement in world.agreements.get(partner, ()):
        yield "agreements", agreement["id"]
    yield "pias", str(form.get("pia_ref"))
    content = form.get("content", {}).get("subjects", {}) or form.get("scope", {}).get("customers", {})
    yield "subject_sets", str(content.get("ids_ref"))
    for subject in world.customers.named(content.get("ids", ()), content.get("ids_ref")):
        for consent in world.customers.consents(subject):
            if partner in consent.recipients:
                yield "consents", consent.id
