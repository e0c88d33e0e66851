"""What entries of registers name in other registers, and which of it nobody registered."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .entries import value_of
from .errors import Problem
from .plain import is_array, is_map
from .values import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .entries import Entries

EACH: Final = "*"
"""Stands in a path for every item of a list, or every value of a mapping."""


class Reference(NamedTuple):
    """Fields of a register that name entries of others: of any of `targets`, all of which the project must have."""

    register: str
    fields: str
    """Paths, separated by spaces."""
    targets: tuple[str, ...]
    only: tuple[str, tuple[str, ...]] | None = None
    """Another field of the entry, and for which of its values this one names something."""


REQUESTS: Final = ("use_requests", "sharing_requests")
PLACES: Final = ("catalog", "systems")
REFERENCES: Final = (
    Reference("departments", "head_history.*.employee", ("people",)),
    Reference("people", "department assignments.*.department", ("departments",)),
    Reference("delegations", "from_employee to_employee", ("people",)),
    Reference("service_accounts", "owner", ("people",)),
    Reference("applications", "system", ("systems",)),
    Reference("applications", "purpose purposes.*", ("purposes",)),
    Reference("channels", "responsible_employee", ("people",)),
    Reference("channels", "allowed.*.purpose vendors.*.purpose", ("purposes",)),
    Reference("forms", "channel", ("channels",)),
    Reference("forms", "notice_version", ("notices",)),
    Reference("forms", "fields.*.purpose", ("purposes",)),
    Reference("notices", "purposes.*", ("purposes",)),
    Reference("purposes", "compatible_with.*", ("purposes",)),
    Reference("justifications", "owner", ("people",)),
    Reference("justifications", "purpose", ("purposes",)),
    Reference("access_reviews", "reviewer", ("people",)),
    Reference("tickets", "assigned_to", ("people",)),
    Reference("tickets", "subject", ("subjects",)),
    Reference("subjects", "owner_employee", ("people",)),
    Reference("consents", "subject", ("subjects",)),
    Reference("consents", "notice_version", ("notices",)),
    Reference("consents", "purposes.*", ("purposes",)),
    Reference("opt_outs", "subject", ("subjects",)),
    Reference("opt_outs", "purpose", ("purposes",)),
    Reference("rights_requests", "subject", ("subjects",)),
    Reference("minor_approvals", "employee approved_by", ("people",)),
    Reference("minor_approvals", "subjects.*", ("subjects",)),
    Reference("incidents", "responders.* actions.*.by review.by review.measures.*.owner", ("people",)),
    Reference("incidents", "affected.subjects.*", ("subjects",)),
    Reference("incidents", "affected.ids_ref", ("subject_sets",)),
    Reference("complaints", "handler", ("people",)),
    Reference("complaints", "subject", ("subjects",)),
    Reference("complaint_channels", "responsible_employee", ("people",)),
    Reference("break_glass", "incident", ("incidents",)),
    Reference("break_glass", "employee granted_by reviewed_by", ("people",)),
    Reference("holds", "placed_by released_by", ("people",)),
    Reference("use_records", "user", ("people",)),
    Reference("use_records", "request_id", REQUESTS),
    Reference("use_records", "purpose", ("purposes",)),
    Reference("policy_changes", "author approved_by.*", ("people",)),
    Reference("catalog", "owner steward minors.responsible", ("people",)),
    Reference("catalog", "system", ("systems",)),
    Reference("catalog", "channels.*", ("channels",)),
    Reference("catalog", "copy_of", ("catalog",)),
    Reference("catalog", "purposes.* columns.*.purposes.*", ("purposes",)),
    Reference("copies", "dataset", ("catalog",)),
    Reference("messages", "purpose", ("purposes",)),
    Reference("messages", "subjects.*", ("subjects",)),
    Reference("change_notices", "dataset", ("catalog",)),
    Reference("change_notices", "subject", ("subjects",)),
    Reference("quality_reports", "dataset", ("catalog",)),
    Reference("quality_reports", "measured_by", ("people",)),
    Reference("imports", "partner", ("partners",)),
    Reference("imports", "purpose", ("purposes",)),
    Reference("agreements", "partner", ("partners",)),
    Reference("agreements", "purposes.*", ("purposes",)),
    Reference("pias", "purposes.*", ("purposes",)),
    Reference("approvals", "request_id", REQUESTS),
    Reference("approvals", "approver on_behalf_of", ("people",)),
    Reference("approvals", "delegation_id", ("delegations",)),
    Reference("filings", "request_id", REQUESTS),
    Reference("receipts", "request_id", REQUESTS),
    Reference("tracking", "request_id", REQUESTS),
    Reference("transfers", "request_id", ("sharing_requests",)),
    Reference("transfers", "executor", ("people", "service_accounts")),
    Reference("recipient_notices", "request_id", ("sharing_requests",)),
    Reference("recipient_notices", "about", ("rights_requests", "consents")),
    Reference("sharing_requests", "applicant responsible_employee transfer.executor", ("people",)),
    Reference("sharing_requests", "approvals.*.approver approvals.*.on_behalf_of", ("people",)),
    Reference("sharing_requests", "approvals.*.delegation_id", ("delegations",)),
    Reference(
        "sharing_requests", "recipient.id", ("partners",), ("recipient.kind", ("supplier", "distributor", "outsourcer"))
    ),
    Reference("sharing_requests", "agreements.*", ("agreements",)),
    Reference("sharing_requests", "pia_ref", ("pias",)),
    Reference("sharing_requests", "content.subjects.ids_ref", ("subject_sets",)),
    Reference("sharing_requests", "purpose", ("purposes",)),
    Reference("use_requests", "applicant scope.users.*", ("people",)),
    Reference("use_requests", "approvals.*.approver approvals.*.on_behalf_of", ("people",)),
    Reference("use_requests", "approvals.*.delegation_id", ("delegations",)),
    Reference("use_requests", "scope.customers.ids_ref", ("subject_sets",)),
    Reference("use_requests", "purpose", ("purposes",)),
    Reference("systems", "maintainer", ("people",)),
    Reference("activities", "by", ("people",)),
    Reference("activities", "order", ("audit_orders",)),
    Reference("plans", "responsible.*", ("people",)),
    Reference("audit_orders", "ordered_by", ("people",)),
    Reference("audit_findings", "audit", ("activities",)),
    Reference("audit_findings", "owner", ("people",)),
    Reference("cases", "findings.*", ("audit_findings",)),
    Reference("cases", "decided_by", ("people",)),
    Reference("risks", "owner", ("people",)),
    Reference("backups", "dataset", PLACES),
    Reference("cleanup_runs", "dataset", PLACES),
    Reference("devices", "user", ("people",)),
    Reference("trainings", "employee", ("people",)),
    Reference("certificates", "systems.*", ("systems",)),
)


def dangling(registers: Mapping[str, Entries]) -> Iterator[Problem]:
    """Every reference to what is not registered, in the registers that the project has."""
    known: dict[tuple[str, ...], frozenset[str]] = {}
    for reference in REFERENCES:
        entries, targets = registers.get(reference.register), reference.targets
        if entries is None or any(target not in registers for target in targets):
            continue
        if targets not in known:
            known[targets] = frozenset(_names(registers, targets))
        for field in reference.fields.split():
            for index, path, value in _missing(entries, tuple(field.split(".")), known[targets], reference.only):
                yield Problem(
                    code="register-reference",
                    location=entries.locate(index, path),
                    args={
                        "field": field.replace(f".{EACH}", ""),
                        "id": entries.name(index),
                        "value": mask(value),
                        "target": " / ".join(f"`{target}`" for target in targets),
                    },
                )


def _names(registers: Mapping[str, Entries], targets: Sequence[str]) -> Iterator[str]:
    for target in targets:
        entries = registers[target]
        for entry in entries:
            yield value_of(entry, entries.key or "id")


def _missing(
    entries: Entries,
    path: tuple[str, ...],
    known: frozenset[str],
    only: tuple[str, tuple[str, ...]] | None,
) -> Iterator[tuple[int, tuple[str | int, ...], str]]:
    """Entries, places in them and values that are not known; a value left blank names nothing."""
    if len(path) == 1:
        yield from _missing_single(entries, path[0], known)
    elif path[1:] == (EACH,):
        yield from _missing_several(entries, path[0], known)
    else:
        for index, entry in enumerate(entries):
            if only is None or any(value in only[1] for _, value in values_at(entry, tuple(only[0].split(".")))):
                for place, value in values_at(entry, path):
                    if value and value not in known:
                        yield index, place, value


def _missing_single(
    entries: Entries, field: str, known: frozenset[str]
) -> Iterator[tuple[int, tuple[str | int, ...], str]]:
    # A million consents: no path is made for what is right.
    get = _getter(entries, field)
    for index, entry in enumerate(entries):
        value = get(entry)
        if value and value not in known:
            yield index, (field,), value


def _missing_several(
    entries: Entries, field: str, known: frozenset[str]
) -> Iterator[tuple[int, tuple[str | int, ...], str]]:
    get = _getter(entries, field)
    for index, entry in enumerate(entries):
        several: Any = get(entry) or ()
        if not known.issuperset(several.values() if is_map(several) else several):
            for place, value in values_at(several, (EACH,)):
                if value not in known:
                    yield index, (field, *place), value


def _getter(entries: Entries, field: str) -> Callable[[Any], Any]:
    if entries and isinstance(entries[0], dict):
        return lambda entry: entry.get(field)
    return attrgetter(field)


def values_at(value: Any, path: Sequence[str]) -> Iterator[tuple[tuple[str | int, ...], Any]]:  # noqa: ANN401 (any part)
    """Everything at a path of an entry, with its own path; what is absent or null is left out."""
    if value is None:
        return
    if not path:
        yield (), value
    elif path[0] == EACH:
        for step, item in value.items() if is_map(value) else enumerate(value if is_array(value) else ()):
            for place, found in values_at(item, path[1:]):
                yield (step, *place), found
    else:
        for place, found in values_at(value_of(value, path[0]), path[1:]):
            yield (path[0], *place), found
