"""Everything wrong within and between registers that single entries, right by themselves, do not show."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .entities import HOMES
from .entries import value_of
from .errors import Location, Problem
from .register_delegations import delegations_wrong, overlaps
from .register_references import EACH, dangling, values_at
from .rows import ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .entries import Entries


class Span(NamedTuple):
    """Two fields of a part of an entry, of which the second must not be before the first (`strict`: but after it)."""

    register: str
    part: str
    start: str
    end: str
    strict: bool = False


SPANS: Final = (
    Span("people", "assignments.*", "from", "to"),
    Span("people", "confidentiality_agreement", "signed_at", "valid_to"),
    Span("people", "", "hired_at", "terminated_at"),
    Span("departments", "head_history.*", "from", "to"),
    Span("delegations", "", "valid_from", "valid_to", strict=True),
    Span("agreements", "", "valid_from", "valid_to"),
    Span("agreements", "", "signed_at", "valid_to"),
    Span("holds", "", "placed_at", "released_at"),
    Span("holds", "scope", "from", "to"),
    Span("notices", "", "effective_from", "effective_to", strict=True),
    Span("break_glass", "", "granted_at", "expires_at"),
    Span("incidents", "", "detected_at", "closed_at"),
    Span("incidents", "", "detected_at", "plan_activated_at"),
    Span("incidents", "", "detected_at", "management_notified_at"),
    Span("incidents", "", "detected_at", "authority_reported_at"),
    Span("incidents", "", "detected_at", "postmortem_at"),
    Span("incidents", "", "quarantined_at", "released_at"),
    Span("complaints", "", "received_at", "started_at"),
    Span("complaints", "", "received_at", "first_response_at"),
    Span("complaints", "", "received_at", "resolved_at"),
    Span("complaints", "", "received_at", "feedback_at"),
    Span("complaint_channels", "", "published_at", "withdrawn_at"),
    Span("recipient_notices", "", "sent_at", "confirmed_at"),
    Span("tickets", "", "opened_at", "closed_at"),
    Span("minor_approvals", "", "valid_from", "valid_to"),
    Span("opt_outs", "", "at", "lifted_at"),
    Span("consents", "", "given_at", "withdrawn_at"),
    Span("consents", "", "given_at", "expires_at", strict=True),
    Span("rights_requests", "", "received_at", "done_at"),
    Span("copies", "", "taken_at", "deleted_at"),
    Span("pias", "", "concluded_at", "kept_until"),
    Span("sharing_requests", "period", "from", "to"),
    Span("use_requests", "period", "from", "to"),
    Span("plans", "", "effective_from", "retired_at"),
    Span("audit_orders", "", "ordered_at", "withdrawn_at"),
    Span("audit_findings", "", "raised_at", "closed_at"),
    Span("cases", "", "opened_at", "decided_at"),
    Span("cleanup_runs", "", "started_at", "finished_at"),
    Span("certificates", "", "issued_at", "valid_to"),
    Span("quality_reports", "", "oldest_verified_at", "measured_at"),
    Span("quality_reports", "slowest_entry", "collected_at", "entered_at"),
)
FIRST_ZONE: Final = timedelta(hours=14)
"""A civil day without a time zone begins first at UTC+14."""


def check_registers(registers: Mapping[str, Entries]) -> list[Problem]:
    """Everything wrong across and within registers; a register that a project does not have changes nothing."""
    return [
        *dangling(registers),
        *_backwards(registers),
        *_two_heads(registers),
        *delegations_wrong(registers),
        *_released(registers),
        *_undated(registers),
        *_accounts(registers),
        *_resources(registers),
    ]


def _backwards(registers: Mapping[str, Entries]) -> Iterator[Problem]:
    for span in SPANS:
        entries = registers.get(span.register, None)
        if not entries:
            continue
        code = "register-ends-at-start" if span.strict else "register-ends-before-start"
        for index, path in _reversed(span, entries):
            location = entries.locate(index, (*path, span.end))
            args = {"id": entries.name(index), "start": span.start, "end": span.end}
            yield Problem(code=code, location=location, args=args)


def _reversed(span: Span, entries: Entries) -> Iterator[tuple[int, tuple[str | int, ...]]]:
    start, end, strict = span.start, span.end, span.strict
    if span.register in ROWS:  # a million consents: no look at what has no end
        for index, entry in enumerate(entries):
            until = getattr(entry, end)
            if until is not None and _before(getattr(entry, start), until, strict=strict):
                yield index, ()
        return
    path = span.part.split(".") if span.part else []
    for index, entry in enumerate(entries):
        for place, part in values_at(entry, path):
            since, until = value_of(part, start), value_of(part, end)
            if since is not None and until is not None and _before(since, until, strict=strict):
                yield index, place


def _before(start: Any, end: Any, *, strict: bool) -> bool:  # noqa: ANN401 (days or instants)
    if isinstance(end, datetime) and not isinstance(start, datetime):
        start = _dawn(start)
    return bool(end <= start if strict else end < start)


def _dawn(day: date) -> datetime:
    """The first instant at which a civil day is anywhere."""
    try:
        return datetime.combine(day, time(0), tzinfo=UTC) - FIRST_ZONE
    except OverflowError:  # the first day of the calendar
        return datetime.combine(day, time(0), tzinfo=UTC)


def _two_heads(registers: Mapping[str, Entries]) -> Iterator[Problem]:
    entries = registers.get("departments", ())
    for index, entry in enumerate(entries):
        terms = [(term["from"], term.get("to"), term["employee"]) for term in entry["head_history"]]
        for later, earlier in overlaps(terms):
            yield Problem(
                code="register-heads-overlap",
                location=_at(registers, "departments", index, ("head_history", later)),
                args={
                    "id": entry["code"],
                    "first": _at(registers, "departments", index, ("head_history", earlier)),
                },
            )


def _at(registers: Mapping[str, Entries], name: str, index: int, path: tuple[str | int, ...]) -> Location:
    return registers[name].locate(index, path)


def _released(registers: Mapping[str, Entries]) -> Iterator[Problem]:
    for index, entry in enumerate(registers.get("holds", ())):
        if entry.get("released_at") is not None and entry.get("released_by") is None:
            location = _at(registers, "holds", index, ("released_at",))
            yield Problem(code="register-release-unsigned", location=location, args={"id": entry["id"]})


def _undated(registers: Mapping[str, Entries]) -> Iterator[Problem]:
    """An incident that is over since nobody knows when: what was closed off then cannot be told."""
    for index, entry in enumerate(registers.get("incidents", ())):
        if entry["status"] == "closed" and entry.get("closed_at") is None:
            location = _at(registers, "incidents", index, ("status",))
            yield Problem(code="register-closed-undated", location=location, args={"id": entry["id"]})


def _resources(registers: Mapping[str, Entries]) -> Iterator[Problem]:
    """Resources of a type that another register declares, and those registered twice."""
    first: dict[tuple[str, str], int] = {}
    for index, entry in enumerate(registers.get("resources", ())):
        kind, name = entry["type"], entry["id"]
        if kind in HOMES:
            location = _at(registers, "resources", index, ("type",))
            args = {"type": kind, "registers": ", ".join(HOMES[kind]) or "-"}
            yield Problem(code="register-resource-type", location=location, args=args)
        elif (kind, name) in first:
            location = _at(registers, "resources", index, ("id",))
            args = {"id": name, "first": _at(registers, "resources", first[kind, name], ("id",))}
            yield Problem(code="register-duplicate", location=location, args=args)
        first.setdefault((kind, name), index)


def _accounts(registers: Mapping[str, Entries]) -> Iterator[Problem]:
    """Accounts of two people, and service accounts of which two registers say different things."""
    owners: dict[str, tuple[str, int, tuple[str | int, ...]]] = {}
    for index, person in enumerate(registers.get("people", ())):
        for field in ("accounts", "owned_service_accounts"):
            for path, account in values_at(person, (field, EACH)):
                owner, first, where = owners.setdefault(account, (person["id"], index, path))
                if owner != person["id"]:
                    yield Problem(
                        code="register-account-twice",
                        location=_at(registers, "people", index, path),
                        args={"id": person["id"], "other": owner, "first": _at(registers, "people", first, where)},
                    )
    for index, account in enumerate(registers.get("service_accounts", ())):
        owner, first, where = owners.get(account["id"], ("", 0, ()))
        if owner and owner != account["owner"]:
            yield Problem(
                code="register-account-owner",
                location=_at(registers, "service_accounts", index, ("owner",)),
                args={"id": account["id"], "first": _at(registers, "people", first, where)},
            )
