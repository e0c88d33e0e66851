"""Data sets with personal data -> requests: is there a gate before each, that somebody without approval meets?

A gate is tried, not looked up: somebody who has no role for the data asks to read, to export and to use it. It holds
where the policies themselves say that nothing authorises this, or which approval is missing. Who is let through, or
turned away for another reason only (a purpose, a number of rows), met no gate.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from tutela.engine.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime

    from tutela.engine.authorizer import Authorizer
    from tutela.engine.decision import Decision
    from tutela.engine.world import World

TRIED: Final = ("read", "export", "use")
STRANGER: Final = {"type": "user", "id": "tutela-trial"}
TRIAL: Final = "tutela-trial"
"""The number of an application that nobody made."""
APPROVALS: Final = ("approval", "authorisation")
"""What a rule says in `needs` where an approval or an authorisation would help."""


def open_actions(authorizer: Authorizer, world: World, entry: Mapping[str, Any], as_of: datetime) -> list[str]:
    """The actions on a data set of the catalog that meet no gate at an instant, whoever asks."""
    people = [STRANGER, *_without_role(world, entry, as_of)]
    return [
        action
        for action in TRIED
        if not all(_held(authorizer, authorizer.decide(_trial(world, entry, action, who, as_of))) for who in people)
    ]


def _without_role(world: World, entry: Mapping[str, Any], as_of: datetime) -> Iterator[Mapping[str, Any]]:
    """A colleague in service whom the catalog gives no role for the data set, where there is one."""
    from tutela.engine.facts_people import roles

    permitted = {role for action in TRIED for role in entry.get("access", {}).get(action, ())}
    for name, person in world.people.by_id.items():
        if world.people.in_service(name, as_of) and permitted.isdisjoint(roles(person, as_of)):
            yield {"type": "employee", "id": name}
            return


def _held(authorizer: Authorizer, decision: Decision) -> bool:
    """Whether it was denied because nothing authorises it, or for want of an approval."""
    defaults = {default.id for default in authorizer.policies.defaults.values()}
    unauthorised = not defaults.isdisjoint(decision.reason_ids)
    return not decision.allowed and (unauthorised or any(needed.startswith(APPROVALS) for needed in decision.missing))


def _trial(world: World, entry: Mapping[str, Any], action: str, who: Mapping[str, Any], as_of: datetime) -> Request:
    purpose = next(iter(_purposes(entry)), None)
    if action == "use":
        resource: dict[str, Any] = {
            "type": "use_request",
            "id": TRIAL,
            "properties": {"form_content": _form(world, entry, str(who["id"]), purpose, as_of)},
        }
        return Request(who, action, resource, as_of=as_of)
    columns = {"columns": ["*"], "lineage_resolved": True}
    table = {"type": "table", "id": entry["dataset"], "properties": columns}
    context = {"row_count": 1, **({"purpose": purpose} if purpose else {})}
    return Request(who, action, table, context, as_of=as_of)


def _form(world: World, entry: Mapping[str, Any], who: str, purpose: str | None, as_of: datetime) -> dict[str, Any]:
    """An application that leaves nothing blank, and that nobody approved."""
    today: date = as_of.astimezone(world.zone).date()
    columns = [column for column in entry.get("columns", ()) if column.get("category")]
    return {
        "id": TRIAL,
        "applicant": who,
        "department": str(world.people.by_id.get(who, {}).get("department", "-")),
        "purpose": purpose or "",
        "purpose_text": "a trial of the gate before this data set",
        "scope": {
            "categories": tuple(dict.fromkeys(column["category"] for column in columns)),
            "columns": tuple(f"{entry['dataset']}.{column['name']}" for column in columns),
            "customers": {"estimated_count": 1},
        },
        "period": {"from": today, "to": today + timedelta(days=1)},
        "submitted_at": as_of,
    }


def _purposes(entry: Mapping[str, Any]) -> Iterator[str]:
    yield from entry.get("purposes", ())
    for column in entry.get("columns", ()):
        yield from column.get("purposes", ())
