"""Which subjects and resources the registers know, by type: what a search asks about, one after the other.

A type that no register declares has no entities here, although a caller may describe one and ask about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .world import World

HOMES: Final[Mapping[str, tuple[str, ...]]] = {
    "account": ("people", "service_accounts"),
    "activity": ("activities",),
    "audit_finding": ("audit_findings",),
    "audit_order": ("audit_orders",),
    "break_glass": ("break_glass",),
    "channel": ("channels",),
    "collection_event": (),
    "column": ("catalog",),
    "complaint": ("complaints",),
    "consent": ("consents",),
    "copy": ("copies",),
    "customer_change": (),
    "data_quality": ("catalog",),
    "dataset": ("catalog",),
    "device": ("devices",),
    "duty": ("activities", "plans"),
    "employee": ("people",),
    "form_field": (),
    "gate": ("catalog",),
    "grant": (),
    "import_request": ("imports",),
    "incident": ("incidents",),
    "message": ("messages",),
    "policy": ("policy_changes",),
    "record_group": ("catalog",),
    "record_kind": (),
    "rights_request": ("rights_requests",),
    "role": ("roles",),
    "schedule": (),
    "shared_copy": ("sharing_requests",),
    "sharing_request": ("sharing_requests",),
    "statutory_exception": ("statutory_retention",),
    "structure": ("catalog",),
    "system": ("systems",),
    "table": ("catalog",),
    "transfer": (),
    "use_request": ("use_requests",),
}
"""Resource type -> the registers that declare such resources; none where only a caller can describe one."""


def known_subjects(world: World, kind: str) -> list[str]:
    """The ids of all subjects of a type, sorted, each once: every name that counts as one of it."""
    people = world.people
    found: Iterable[str] = ()
    match kind:
        case "employee":
            found = people.by_id
        case "user":
            found = {*people.by_id, *people.owners}
        case "account":
            found = people.owners
        case "service":
            found = people.service_accounts
        case _:
            pass
    return sorted(found)


def known_resources(world: World, kind: str) -> list[str]:
    """The ids of all resources of a type, sorted, each once, as somebody would ask about them."""
    if kind not in HOMES:
        return sorted(name for of, name in world.resources if of == kind)
    return sorted(set(_declared(world, kind)))


def _declared(world: World, kind: str) -> Iterable[str]:
    registers = world.registers
    match kind:
        case "account":
            return world.people.owners
        case "column":
            tables = registers.get("catalog", ())
            return (f"{table['dataset']}.{column['name']}" for table in tables for column in table.get("columns", ()))
        case "data_quality" | "dataset" | "gate" | "record_group" | "structure" | "table":
            return (table["dataset"] for table in registers.get("catalog", ()))
        case "consent":
            return world.customers.withdrawn
        case "policy":
            return world.changes
        case "duty":
            return (*world.upkeep.activities, *world.upkeep.plans)
        case _:
            return (entry["id"] for register in HOMES[kind] for entry in registers.get(register, ()))
