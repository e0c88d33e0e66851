"""Shapes of the registers about the company's people: who they are, what they may do, and who stands in for whom."""

from __future__ import annotations

from typing import Final

from .shapes import CATEGORIES, DAY, FLAG, SPAN, TEXT, TEXTS, TIME, entry, items, one_of, or_null

PERSON: Final = entry(
    "id name department grade status hired_at",
    id=TEXT,
    name=TEXT,
    department=TEXT,
    roles=TEXTS,
    grade=one_of("staff", "head", "senior"),
    status=one_of("active", "on_leave", "suspended", "terminated"),
    hired_at=DAY,
    terminated_at=or_null(TIME),
    accounts=TEXTS,
    owned_service_accounts=TEXTS,
    confidentiality_agreement=entry("signed_at", signed_at=DAY, valid_to=or_null(DAY), document=TEXT),
    last_training_at=or_null(DAY),
    assignments=items(entry("department role from", department=TEXT, role=TEXT, **SPAN)),
    exit=entry("", access_revoked_at=or_null(TIME), data_removed_at=or_null(TIME), exit_audit_id=or_null(TEXT)),
)
DEPARTMENT: Final = entry(
    "code head_history",
    code=TEXT,
    zh=TEXT,
    head_history=items(entry("employee from", employee=TEXT, **SPAN)),
)
DELEGATION: Final = entry(
    "id from_employee to_employee level scope valid_from valid_to granted_at",
    id=TEXT,
    from_employee=TEXT,
    to_employee=TEXT,
    level={"type": "integer", "minimum": 1, "maximum": 9},
    scope={"type": "array", "minItems": 1, "items": one_of("use", "share", "export")},
    valid_from=TIME,
    valid_to=TIME,
    granted_at=TIME,
    redelegable=FLAG,
)
SERVICE_ACCOUNT: Final = entry(
    "id owner",
    id=TEXT,
    owner=TEXT,
    purpose=TEXT,
    roles=TEXTS,
    system=TEXT,
    disabled_at=or_null(TIME),
)
APPLICATION: Final = entry(
    "id",
    id={**TEXT, "description": "as logs and callers name it"},
    zh=TEXT,
    system=TEXT,
    purpose={**TEXT, "description": "what it is used for, where an access states no purpose of its own"},
    purposes={"type": "object", "additionalProperties": TEXT, "description": "role -> what that role uses it for"},
)
ROLE: Final = entry(
    "id",
    id=TEXT,
    zh=TEXT,
    en=TEXT,
    read_only={**FLAG, "description": "carries no right to change, delete or grant"},
    excludes={**TEXTS, "description": "roles that nobody may hold at the same time (separation of duties)"},
    need_to_know={**FLAG, "description": "sees only the customers of one's own work"},
    shared={**FLAG, "description": "an account of several people"},
)
ACCESS_REVIEW: Final = entry(
    "id scope reviewer reviewed_at result",
    id=TEXT,
    scope={**TEXT, "description": "`role:NAME` or `grant:NAME`"},
    reviewer=TEXT,
    reviewed_at=DAY,
    result=one_of("kept", "changed", "revoked"),
    changes=TEXTS,
)
TICKET: Final = entry(
    "id subject assigned_to opened_at",
    id=TEXT,
    subject=TEXT,
    assigned_to=TEXT,
    opened_at=TIME,
    closed_at=or_null(TIME),
)
MINOR_APPROVAL: Final = entry(
    "id employee approved_by valid_from",
    id=TEXT,
    employee={**TEXT, "description": "who may see the data"},
    approved_by=TEXT,
    subjects={**TEXTS, "description": "these minors; absent: all of the data sets"},
    datasets={**TEXTS, "description": "these data sets; absent: all of the subjects"},
    reason=TEXT,
    valid_from=TIME,
    valid_to=or_null(TIME),
)
BREAK_GLASS: Final = entry(
    "id incident employee reason scope granted_at expires_at",
    id=TEXT,
    incident=TEXT,
    employee=TEXT,
    reason={"type": "string"},
    scope={**TEXTS, "description": "columns, `schema.table.column`"},
    granted_by=TEXT,
    granted_at=TIME,
    expires_at=TIME,
    reviewed_by=or_null(TEXT),
    reviewed_at=or_null(TIME),
)
USE_RECORD: Final = entry(
    "id user used_at content purpose",
    id=TEXT,
    request_id=or_null(TEXT),
    user=TEXT,
    used_at=TIME,
    content=entry("", categories=CATEGORIES, subjects={"type": "integer", "minimum": 0}),
    purpose=TEXT,
    log_event_ids=TEXTS,
)
POLICY_CHANGE: Final = entry(
    "policy to_version author approved_by filed_no effective_from",
    policy={**TEXT, "description": "the policy file's id"},
    from_version=TEXT,
    to_version=TEXT,
    author=TEXT,
    approved_by=TEXTS,
    approved_at=TIME,
    filed_no={"type": "string"},
    effective_from=TIME,
    weakening=FLAG,
    basis=TEXTS,
)
