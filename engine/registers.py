"""The registers: what a company declares, as JSON Schemas and as typed entries.

Entries come in as plain data with places (`Document`) and go out with `date`, `datetime` and tuples where the
schema says so. Shapes follow the forms and registers of the regulations; names are kept.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, cast

from .plain import is_list, is_map
from .policy_schema import CATEGORY
from .request import parse_time
from .validation import place, validate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .documents import Document
    from .errors import Problem

Schema = dict[str, Any]

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", re.ASCII)
TIME: Final[Schema] = {"type": "string", "format": "date-time"}
DAY: Final[Schema] = {"type": "string", "format": "date"}
TEXT: Final[Schema] = {"type": "string", "minLength": 1}
FLAG: Final[Schema] = {"type": "boolean"}
CATEGORIES: Final[Schema] = {"type": "array", "items": {"type": "string", "pattern": CATEGORY}}
TEXTS: Final[Schema] = {"type": "array", "items": TEXT}


def _or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def _entry(required: str, **properties: Schema) -> Schema:
    return {
        "type": "object",
        "required": required.split(),
        "properties": properties,
        "additionalProperties": False,
    }


def _items(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def _one_of(*values: object) -> Schema:
    return {"enum": list(values)}


PERIOD_DAYS: Final = _entry("from to", **{"from": DAY, "to": DAY})
APPROVAL: Final = _entry(
    "id request_hash level approver decision at",
    id=TEXT,
    request_id=TEXT,
    request_hash={"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
    level={"type": "integer", "minimum": 1, "maximum": 9},
    approver=TEXT,
    on_behalf_of=_or_null(TEXT),
    delegation_id=_or_null(TEXT),
    decision=_one_of("approve", "reject", "revoke"),
    conditions=TEXTS,
    at=TIME,
    expires_at=_or_null(TIME),
    signature=TEXT,
)
FILING: Final = _entry("filed_by filed_at register_no", request_id=TEXT, filed_by=TEXT, filed_at=TIME, register_no=TEXT)
STATUS: Final = _one_of(
    "draft", "submitted", "approved", "filed", "active", "executed", "receipted", "tracking", "closed", "expired",
    "revoked", "rejected",
)  # fmt: skip
PERSON: Final = _entry(
    "id name department grade status hired_at",
    id=TEXT,
    name=TEXT,
    department=TEXT,
    roles=TEXTS,
    grade=_one_of("staff", "head", "senior"),
    status=_one_of("active", "on_leave", "suspended", "terminated"),
    hired_at=DAY,
    terminated_at=_or_null(TIME),
    accounts=TEXTS,
    owned_service_accounts=TEXTS,
    confidentiality_agreement=_entry("signed_at", signed_at=DAY, document=TEXT),
    last_training_at=_or_null(DAY),
    assignments=_items(_entry("department role from", department=TEXT, role=TEXT, to=_or_null(TIME), **{"from": TIME})),
)
DEPARTMENT: Final = _entry(
    "code head_history",
    code=TEXT,
    zh=TEXT,
    head_history=_items(_entry("employee from", employee=TEXT, to=_or_null(TIME), **{"from": TIME})),
)
COLUMN: Final = _entry(
    "name",
    name=TEXT,
    category=_or_null({"type": "string", "pattern": CATEGORY}),
    purposes=TEXTS,
    encrypted=FLAG,
    masked=FLAG,
    necessity=TEXT,
    consent_form=TEXT,
    notice=TEXT,
)
DATASET: Final = _entry(
    "dataset",
    dataset=TEXT,
    owner=TEXT,
    purposes=TEXTS,
    channels=TEXTS,
    access={"type": "object", "additionalProperties": TEXTS, "description": "action -> roles that may"},
    columns=_items(COLUMN),
)
CHANNEL: Final = _entry(
    "id kind responsible_employee allowed status",
    id=TEXT,
    kind=TEXT,
    zh=TEXT,
    responsible_employee=TEXT,
    allowed=_items(_entry("purpose categories", purpose=TEXT, categories=CATEGORIES)),
    tables=TEXTS,
    privacy_policy=_entry("url version", url=TEXT, version=TEXT, published_at=DAY),
    status=_one_of("active", "paused", "retired"),
)
PURPOSE: Final = _entry("id categories", id=TEXT, zh=TEXT, en=TEXT, categories=CATEGORIES, prohibited=FLAG, family=TEXT)
PARTNER: Final = _entry(
    "id name kind country",
    id=TEXT, name=TEXT, uscc=TEXT, kind=_one_of("supplier", "distributor", "outsourcer"), country=TEXT,
    status=_one_of("active", "suspended", "ended"), contact=TEXT,
)  # fmt: skip
AGREEMENT: Final = _entry(
    "id kinds partner direction scope purposes signed_at valid_from valid_to status",
    id=TEXT,
    kinds={
        "type": "array",
        "minItems": 1,
        "items": _one_of("nda", "security", "processing", "joint_control", "standard_contract"),
    },
    partner=TEXT,
    direction=_one_of("outbound", "inbound", "both"),
    scope=CATEGORIES,
    purposes=TEXTS,
    duties=TEXTS,
    onward_transfer=_one_of("forbidden", "with_consent_of_provider", "allowed"),
    signed_at=DAY,
    signatories=TEXTS,
    valid_from=DAY,
    valid_to=DAY,
    status=_one_of("draft", "active", "suspended", "terminated", "expired"),
    document_sha256=TEXT,
)
CONSENT: Final = _entry(
    "id subject given_by type purposes given_at notice_version",
    id=TEXT,
    subject=TEXT,
    given_by=_one_of("subject", "guardian", "agent"),
    guardian_verified=FLAG,
    type=_one_of("express", "separate", "written"),
    evidence=_entry("medium ref", medium=TEXT, ref=TEXT),
    purposes=TEXTS,
    categories=CATEGORIES,
    channels=TEXTS,
    recipients=TEXTS,
    cross_border=FLAG,
    given_at=TIME,
    expires_at=_or_null(TIME),
    withdrawn_at=_or_null(TIME),
    notice_version=TEXT,
)
SHARING: Final = _entry(
    "id applicant department recipient content purpose purpose_text period responsible_employee transfer submitted_at",
    id=TEXT,
    applicant=TEXT,
    department=TEXT,
    recipient=_entry(
        "kind id",
        kind=TEXT,
        id=TEXT,
        legal_role=_one_of("same_controller", "controller", "processor", "joint_controller"),
        country=TEXT,
    ),
    mode=_one_of("share", "entrust", "assign", "sale", "merger", "publish"),
    content=_entry(
        "categories subjects",
        categories={**CATEGORIES, "minItems": 1},
        columns=TEXTS,
        subjects=_entry("count", count={"type": "integer", "minimum": 0}, ids=TEXTS, ids_ref=TEXT, filter=TEXT),
        form=_one_of("identifiable", "deidentified", "aggregated", "anonymised"),
        aggregation={"type": "object"},
    ),
    purpose=TEXT,
    purpose_text={"type": "string", "minLength": 10},
    period=PERIOD_DAYS,
    responsible_employee=TEXT,
    agreements=TEXTS,
    cross_border={"type": "object"},
    pia_ref=_or_null(TEXT),
    transfer=_entry("channel", channel=TEXT, endpoint=TEXT, encryption=TEXT, executor=TEXT),
    important_customers=FLAG,
    submitted_at=TIME,
    idempotency_key=TEXT,
    approvals=_items(APPROVAL),
    filing=FILING,
    status=STATUS,
)
USE: Final = _entry(
    "id applicant department purpose purpose_text scope period submitted_at",
    id=TEXT,
    applicant=TEXT,
    department=TEXT,
    purpose=TEXT,
    purpose_text={"type": "string", "minLength": 10},
    scope=_entry(
        "categories customers",
        categories={**CATEGORIES, "minItems": 1},
        columns=TEXTS,
        customers={"type": "object"},
        users=TEXTS,
        max_rows={"type": "integer", "minimum": 1},
        export=FLAG,
    ),
    period=PERIOD_DAYS,
    important_customers=FLAG,
    sensitive=FLAG,
    submitted_at=TIME,
    approvals=_items(APPROVAL),
    filing=FILING,
    supersedes=_or_null(TEXT),
    status=STATUS,
)
HOLD: Final = _entry(
    "id matter scope placed_by placed_at",
    id=TEXT,
    matter=TEXT,
    scope=_entry("", subjects=TEXTS, datasets=TEXTS, categories=CATEGORIES, to=DAY, **{"from": DAY}),
    placed_by=TEXT,
    placed_at=TIME,
    review_at=DAY,
    released_by=_or_null(TEXT),
    released_at=_or_null(TIME),
)
RECORD: Final = _entry(
    "dataset started_at",
    dataset=TEXT,
    subject=TEXT,
    count={"type": "integer", "minimum": 0},
    started_at=TIME,
    important=FLAG,
    right=FLAG,
)

KEYS: Final[Mapping[str, str]] = {"departments": "code", "catalog": "dataset"}
"""Registers whose entries are not named by `id`."""

ENTRIES: Final[Mapping[str, Schema]] = {
    "catalog": DATASET,
    "people": PERSON,
    "departments": DEPARTMENT,
    "channels": CHANNEL,
    "purposes": PURPOSE,
    "partners": PARTNER,
    "agreements": AGREEMENT,
    "consents": CONSENT,
    "sharing_requests": SHARING,
    "use_requests": USE,
    "approvals": {**APPROVAL, "required": [*APPROVAL["required"], "request_id"]},
    "filings": {**FILING, "required": [*FILING["required"], "request_id"]},
    "holds": HOLD,
}
FORMS: Final[Mapping[str, Schema]] = {"sharing_request": SHARING, "use_request": USE, "record": RECORD}


def read_register(name: str, document: Document) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The typed entries of one register file, or every problem in it."""
    return read_entries(name, document, ENTRIES[name], key=KEYS.get(name, "id"))


def read_entries(
    name: str, document: Document, entry: Schema, *, key: str | None
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The typed entries of a list, or every problem in it; `key` names the field that must be unique."""
    if document.problems:
        return [], list(document.problems)
    schema = _items(entry)
    problems = validate(document, schema, f"register:{name}")
    if problems:
        return [], problems
    raw = cast("list[dict[str, Any]]", document.data)
    problems = list(_times(document, raw, schema, []))
    if key is not None:
        problems += _duplicates(document, raw, key)
    return ([], problems) if problems else ([typed(item, entry) for item in raw], [])


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
