"""Shapes of the registers about customers: classes, consents, refusals and rights; and about partners."""

from __future__ import annotations

from typing import Final

from .shapes import CATEGORIES, DAY, FLAG, TEXT, TEXTS, TIME, entry, items, one_of, or_null

SUBJECT: Final = entry(
    "id subject_type customer_class",
    id=TEXT,
    subject_type=one_of("natural_person", "organisation", "sole_trader", "contact_person"),
    customer_class=one_of("core", "important", "ordinary", "potential", "lost"),
    class_history=items(entry("class from", **{"class": TEXT, "from": TIME})),
    birth_date=or_null(DAY),
    age_band=one_of("under_14", "14_to_17", "adult", "unknown"),
    country=TEXT,
    owner_employee=TEXT,
    relationship_ended_at=or_null(TIME),
    account_closed_at=or_null(TIME),
    restricted=FLAG,
)
SUBJECT_SET: Final = entry("id subjects", id=TEXT, subjects={**TEXTS, "minItems": 1})
CONSENT: Final = entry(
    "id subject given_by type purposes given_at notice_version",
    id=TEXT,
    subject=TEXT,
    given_by=one_of("subject", "guardian", "agent"),
    guardian_verified=FLAG,
    type=one_of("express", "separate", "written"),
    evidence=entry("medium ref", medium=TEXT, ref=TEXT),
    purposes={**TEXTS, "minItems": 1},
    categories=CATEGORIES,
    channels=TEXTS,
    recipients=TEXTS,
    cross_border=FLAG,
    given_at=TIME,
    expires_at=or_null(TIME),
    withdrawn_at=or_null(TIME),
    notice_version=TEXT,
)
OPT_OUT: Final = entry(
    "id subject at",
    id=TEXT,
    subject=TEXT,
    purpose=TEXT,
    channel={**TEXT, "description": "absent: every channel"},
    at=TIME,
    lifted_at=or_null(TIME),
)
PARTNER: Final = entry(
    "id name kind country",
    id=TEXT, name=TEXT, uscc=TEXT, kind=one_of("supplier", "distributor", "outsourcer"), country=TEXT,
    status=one_of("active", "suspended", "ended"), contact=TEXT,
)  # fmt: skip
AGREEMENT: Final = entry(
    "id kinds partner direction scope purposes signed_at valid_from valid_to status",
    id=TEXT,
    kinds={
        "type": "array",
        "minItems": 1,
        "items": one_of("nda", "security", "processing", "joint_control", "standard_contract"),
    },
    partner=TEXT,
    direction=one_of("outbound", "inbound", "both"),
    scope=CATEGORIES,
    purposes=TEXTS,
    duties=TEXTS,
    onward_transfer=one_of("forbidden", "with_consent_of_provider", "allowed"),
    signed_at=DAY,
    signatories=TEXTS,
    valid_from=DAY,
    valid_to=DAY,
    status=one_of("draft", "active", "suspended", "terminated", "expired"),
    document_sha256=TEXT,
)
RIGHTS_REQUEST: Final = entry(
    "id type subject received_at identity_verified status",
    id=TEXT,
    type=one_of(
        "access", "copy", "correct", "delete", "close_account", "withdraw_consent", "restrict", "port", "explain"
    ),
    subject=TEXT,
    requested_by=one_of("subject", "guardian", "agent", "next_of_kin"),
    received_at=TIME,
    identity_verified=FLAG,
    ground=one_of(
        "purpose_fulfilled", "service_stopped", "period_expired", "consent_withdrawn", "unlawful_processing",
        "other", "none",
    ),
    due_at=DAY,
    done_at=or_null(TIME),
    status=one_of("open", "done", "partly_done", "refused"),
    refusal_reason=TEXT,
    refusal_basis=TEXT,
    propagated_to={**TEXTS, "description": "recipients that are to be told; `recipient_notices` shows that they were"},
)  # fmt: skip
