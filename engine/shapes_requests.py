"""Shapes of applications to use or share, and of what an approval chain leaves behind."""

from __future__ import annotations

from typing import Final

from .shapes import (
    ANY_TEXT,
    CATEGORIES,
    CIVIL_DAYS,
    COUNT,
    DAY,
    FLAG,
    TEXT,
    TEXTS,
    TIME,
    entry,
    items,
    one_of,
    or_null,
)

APPROVAL: Final = entry(
    "id request_hash level approver decision at",
    id=TEXT,
    request_id=TEXT,
    request_hash={"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
    level={"type": "integer", "minimum": 1, "maximum": 9},
    approver=TEXT,
    on_behalf_of=or_null(TEXT),
    delegation_id=or_null(TEXT),
    decision=one_of("approve", "reject", "revoke"),
    conditions=TEXTS,
    at=TIME,
    expires_at=or_null(TIME),
    signature=TEXT,
)
FILING: Final = entry("filed_by filed_at register_no", request_id=TEXT, filed_by=TEXT, filed_at=TIME, register_no=TEXT)
STATUS: Final = one_of(
    "draft", "submitted", "approved", "filed", "active", "executed", "receipted", "tracking", "closed", "expired",
    "revoked", "rejected",
)  # fmt: skip
SHARING: Final = entry(
    "id applicant",
    id=TEXT,
    applicant=TEXT,
    department=TEXT,
    recipient=entry(
        "",
        kind=TEXT,
        id=TEXT,
        legal_role=one_of("same_controller", "controller", "processor", "joint_controller"),
        country=TEXT,
        onward_to={**TEXTS, "description": "to whom the recipient is to pass it on"},
    ),
    mode=one_of("share", "entrust", "assign", "sale", "merger", "publish"),
    content=entry(
        "",
        categories=CATEGORIES,
        columns=TEXTS,
        subjects=entry("", count=COUNT, ids=TEXTS, ids_ref=TEXT, filter=TEXT),
        form=one_of("identifiable", "deidentified", "aggregated", "anonymised"),
        aggregation=entry("", group_by=TEXTS, min_cell={"type": "integer", "minimum": 0}),
    ),
    purpose=ANY_TEXT,
    purpose_text=ANY_TEXT,
    period=CIVIL_DAYS,
    responsible_employee=TEXT,
    agreements=TEXTS,
    cross_border=entry(
        "",
        mechanism=one_of("security_assessment", "standard_contract", "certification", "exemption", "none"),
        ref=TEXT,
        exemption_basis=TEXT,
    ),
    pia_ref=or_null(TEXT),
    legal_review=or_null(TEXT),
    transfer=entry("", channel=TEXT, endpoint=TEXT, encryption=TEXT, executor=TEXT),
    important_customers=FLAG,
    submitted_at=TIME,
    idempotency_key=TEXT,
    approvals=items(APPROVAL),
    filing=FILING,
    executed_at=or_null(TIME),
    status=STATUS,
)
USE: Final = entry(
    "id applicant",
    id=TEXT,
    applicant=TEXT,
    department=TEXT,
    purpose=ANY_TEXT,
    purpose_text=ANY_TEXT,
    scope=entry(
        "",
        categories=CATEGORIES,
        columns=TEXTS,
        customers=entry("", ids=TEXTS, ids_ref=TEXT, filter=TEXT, estimated_count={"type": "integer", "minimum": 1}),
        users=TEXTS,
        max_rows={"type": "integer", "minimum": 1},
        export=FLAG,
    ),
    period=CIVIL_DAYS,
    important_customers=FLAG,
    sensitive=FLAG,
    submitted_at=TIME,
    approvals=items(APPROVAL),
    filing=FILING,
    supersedes={
        **or_null(TEXT),
        "description": "an application whose approvals count no more once this one is filed",
    },
    status=STATUS,
)
SHA256: Final[dict[str, str]] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
TRANSFER: Final = entry(
    "request_id sent_at rows sha256 executor",
    request_id=TEXT,
    sent_at=TIME,
    rows={**COUNT, "description": "how many customers were in what was sent"},
    sha256={**SHA256, "description": "of what was sent"},
    executor=TEXT,
    log_event_ids={**TEXTS, "description": "the events of the access log that show it"},
)
"""What went out under an application, as whoever carried it out recorded it."""
RECEIPT: Final = entry(
    "request_id recipient signed_by signed_at",
    request_id=TEXT,
    recipient=TEXT,
    signed_by=TEXT,
    signed_at=TIME,
    rows=COUNT,
    categories=CATEGORIES,
    sha256=SHA256,
    remarks=TEXT,
)
TRACKING: Final = entry(
    "request_id next_check_at",
    request_id=TEXT,
    next_check_at=DAY,
    checks=items(
        entry(
            "at",
            at=DAY,
            by=TEXT,
            use_ok=FLAG,
            security_ok=FLAG,
            passed_on_to={**TEXTS, "description": "to whom the recipient was found to have passed it on"},
            notes=TEXT,
        )
    ),
    closed_at=or_null(DAY),
    destruction_certificate=or_null(TEXT),
)
PIA: Final = entry(
    "id concluded_at conclusion",
    id=TEXT,
    concluded_at=DAY,
    categories=CATEGORIES,
    purposes=TEXTS,
    recipients=TEXTS,
    conclusion=one_of("acceptable", "acceptable_with_measures", "not_acceptable"),
    kept_until=DAY,
)
IMPORT: Final = entry(
    "id partner categories provenance",
    id=TEXT,
    partner=TEXT,
    categories={**CATEGORIES, "minItems": 1},
    purpose=TEXT,
    count=COUNT,
    provenance=one_of("collected", "partner", "public", "purchased", "scraped", "unknown"),
    provenance_text=TEXT,
    consent_evidence=or_null(TEXT),
    agreement=or_null(TEXT),
    legal_review=or_null(TEXT),
    channel=TEXT,
)
"""A data set that somebody wants to take over from outside."""
