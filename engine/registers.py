"""The registers: what a company declares, as JSON Schemas and as typed entries.

Entries come in as plain data with places (`Document`) and go out with `date`, `datetime` and tuples where the
schema says so. The shapes stand in `shapes_*`; they follow the forms and registers of the regulations.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, cast

from . import (
    shapes_data,
    shapes_incidents,
    shapes_people,
    shapes_quality,
    shapes_requests,
    shapes_subjects,
    shapes_upkeep,
)
from .documents import Items
from .entries import Entries
from .errors import Location, Problem
from .plain import is_list, is_map
from .quick import Doubt, compiled
from .request import parse_time
from .rows import maker
from .shapes import Schema, items
from .validation import place, validate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .documents import Document

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", re.ASCII)
RECORD: Final = shapes_data.RECORD
APPROVAL: Final = shapes_requests.APPROVAL
FILING: Final = shapes_requests.FILING

KEYS: Final[Mapping[str, str]] = {
    "departments": "code", "catalog": "dataset", "notices": "version", "filings": "request_id",
    "receipts": "request_id", "tracking": "request_id", "transfers": "request_id",
}  # fmt: skip
"""Registers whose entries are not named by `id`."""
SEVERAL: Final = frozenset({"policy_changes", "resources"})
"""Registers in which several entries may have one id: about one thing, or about things of different types."""

ENTRIES: Final[Mapping[str, Schema]] = {
    "catalog": shapes_data.DATASET,
    "systems": shapes_data.SYSTEM,
    "channels": shapes_data.CHANNEL,
    "purposes": shapes_data.PURPOSE,
    "forms": shapes_data.FORM,
    "notices": shapes_data.NOTICE,
    "justifications": shapes_data.JUSTIFICATION,
    "people": shapes_people.PERSON,
    "departments": shapes_people.DEPARTMENT,
    "delegations": shapes_people.DELEGATION,
    "service_accounts": shapes_people.SERVICE_ACCOUNT,
    "roles": shapes_people.ROLE,
    "applications": shapes_people.APPLICATION,
    "access_reviews": shapes_people.ACCESS_REVIEW,
    "tickets": shapes_people.TICKET,
    "subjects": shapes_subjects.SUBJECT,
    "subject_sets": shapes_subjects.SUBJECT_SET,
    "consents": shapes_subjects.CONSENT,
    "opt_outs": shapes_subjects.OPT_OUT,
    "rights_requests": shapes_subjects.RIGHTS_REQUEST,
    "minor_approvals": shapes_people.MINOR_APPROVAL,
    "partners": shapes_subjects.PARTNER,
    "agreements": shapes_subjects.AGREEMENT,
    "use_requests": shapes_requests.USE,
    "sharing_requests": shapes_requests.SHARING,
    "approvals": {**APPROVAL, "required": [*APPROVAL["required"], "request_id"]},
    "filings": {**FILING, "required": [*FILING["required"], "request_id"]},
    "transfers": shapes_requests.TRANSFER,
    "receipts": shapes_requests.RECEIPT,
    "tracking": shapes_requests.TRACKING,
    "recipient_notices": shapes_incidents.RECIPIENT_NOTICE,
    "pias": shapes_requests.PIA,
    "imports": shapes_requests.IMPORT,
    "use_records": shapes_people.USE_RECORD,
    "holds": shapes_data.HOLD,
    "statutory_retention": shapes_data.STATUTORY,
    "copies": shapes_data.COPY,
    "incidents": shapes_incidents.INCIDENT,
    "complaints": shapes_incidents.COMPLAINT,
    "complaint_channels": shapes_incidents.COMPLAINT_CHANNEL,
    "break_glass": shapes_people.BREAK_GLASS,
    "policy_changes": shapes_people.POLICY_CHANGE,
    "messages": shapes_quality.MESSAGE,
    "change_notices": shapes_quality.CHANGE_NOTICE,
    "quality_reports": shapes_quality.QUALITY_REPORT,
    "resources": shapes_data.RESOURCE,
    "activities": shapes_upkeep.ACTIVITY,
    "plans": shapes_upkeep.PLAN,
    "audit_orders": shapes_upkeep.AUDIT_ORDER,
    "audit_findings": shapes_upkeep.AUDIT_FINDING,
    "cases": shapes_upkeep.CASE,
    "risks": shapes_upkeep.RISK,
    "backups": shapes_upkeep.BACKUP,
    "cleanup_runs": shapes_upkeep.CLEANUP_RUN,
    "devices": shapes_upkeep.DEVICE,
    "trainings": shapes_upkeep.TRAINING,
    "certificates": shapes_upkeep.CERTIFICATE,
}
FORMS: Final[Mapping[str, Schema]] = {
    "sharing_request": shapes_requests.SHARING,
    "use_request": shapes_requests.USE,
    "record": RECORD,
}


def key_of(name: str) -> str | None:
    """The field that names an entry of a register; None where several entries may have the same."""
    return None if name in SEVERAL else KEYS.get(name, "id")


def read_register(name: str, document: Document) -> tuple[Entries, list[Problem]]:
    """The typed entries of one register file, or every problem in it; consents and subjects are rows."""
    key = key_of(name)
    entries, problems = read_entries(name, document, ENTRIES[name], key=key)
    make = maker(name)
    rows = entries if make is None else map(make, entries)
    return Entries(rows, document.file, _lines(document, len(entries)), key=key, document=document), problems


def _lines(document: Document, count: int) -> list[int]:
    data = document.data
    return [line for line, _column in data.items_at[:count]] if isinstance(data, Items) else []


def read_entries(
    name: str, document: Document, entry: Schema, *, key: str | None
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The typed entries of a list, or every problem in it; `key` names the field that must be unique."""
    if document.problems:
        return [], list(document.problems)
    found = _certain(document.data, entry)
    if found is None:
        try:
            found, problems = judge(name, document, entry)
        except RecursionError:
            return [], [Problem(code="register-too-deep", location=Location(document.file))]
    else:
        problems = []
    if found is None:
        return [], problems
    if key is not None:
        problems += _duplicates(document, cast("list[dict[str, Any]]", document.data), key)
    return ([], problems) if problems else (found, [])


def _certain(data: object, entry: Schema) -> list[dict[str, Any]] | None:
    """The typed entries when all are valid at first sight; None is a question for the validator."""
    take = compiled(entry)
    try:
        return [take(item) for item in data] if is_list(data) else None
    except Doubt:
        return None


def judge(name: str, document: Document, entry: Schema) -> tuple[list[dict[str, Any]] | None, list[Problem]]:
    """The typed entries (None: the shape is wrong) and every problem of a document that may be wrong."""
    schema = items(entry)
    problems = validate(document, schema, f"register:{name}")
    if problems:
        return None, problems
    raw = cast("list[dict[str, Any]]", document.data)
    problems = list(_times(document, raw, schema, []))
    return [] if problems else [typed(item, entry) for item in raw], problems


def read_form(name: str, document: Document) -> tuple[dict[str, Any] | None, list[Problem]]:
    """One form (`sharing_request`, `use_request`, `record`) as a typed entry, or every problem in it."""
    schema = FORMS[name]
    problems = [*document.problems] or validate(document, schema, f"form:{name}")
    if not problems:
        problems = list(_times(document, document.data, schema, []))
    return (None, problems) if problems else (typed(document.data, schema), [])


def _duplicates(document: Document, entries: list[dict[str, Any]], key: str) -> list[Problem]:
    first: dict[str, int] = {}
    problems: list[Problem] = []
    for number, entry in enumerate(entries):
        if key not in entry:
            continue
        if entry[key] in first:
            other = place(document, [first[entry[key]], key], "register-duplicate").location
            problems.append(place(document, [number, key], "register-duplicate", id=entry[key], first=other))
        first.setdefault(entry[key], number)
    return problems


def _times(document: Document, value: Any, schema: Schema, path: list[str | int]) -> Iterator[Problem]:  # noqa: ANN401
    """Times without an offset, and days that are none."""
    if is_map(value):
        for name, item in value.items():
            inner = schema.get("properties", {}).get(name)
            if inner is not None:
                yield from _times(document, item, inner, [*path, name])
    elif is_list(value):
        for number, item in enumerate(value):
            yield from _times(document, item, schema["items"], [*path, number])
    elif isinstance(value, str) and "format" in schema:
        code = _time_problem(value, schema["format"])
        if code:
            yield place(document, path, code, value=value[:40], field=path[-1])


def _time_problem(value: str, form: str) -> str:
    try:
        if form == "date":
            date.fromisoformat(value)
            return "" if _DAY.match(value) else "register-date"
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            parse_time(value)
    except ValueError:
        return "register-date" if form == "date" else "register-time"
    return "" if moment.tzinfo is not None else "register-time-naive"


def typed(value: Any, schema: Schema) -> Any:  # noqa: ANN401 (any YAML value)
    """A valid value with times, days and tuples in place of texts and lists."""
    if is_map(value):
        properties = schema.get("properties", {})
        other: Schema = schema.get("additionalProperties") or {}
        return {name: typed(item, properties.get(name, other)) for name, item in value.items()}
    if is_list(value):
        return tuple(typed(item, schema.get("items", {})) for item in value)
    if isinstance(value, str) and schema.get("format") == "date-time":
        return parse_time(value)
    if isinstance(value, str) and schema.get("format") == "date":
        return date.fromisoformat(value)
    return value
