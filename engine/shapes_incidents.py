"""Shapes of the registers about what went wrong: incidents, complaints, where to complain, and recipients told."""

from __future__ import annotations

from typing import Final

from .shapes import ANY_TEXT, CATEGORIES, COUNT, DAY, TEXT, TEXTS, TIME, entry, items, one_of, or_null

MEDIA: Final = ("phone", "email", "letter", "web", "wechat", "app", "visit")
"""Ways in which a customer complains."""
STEPS: Final = ("isolate", "stop", "investigate", "recover")
"""What is done about an incident."""
ELEMENTS: Final = ("circumstances", "risks", "measures", "contact")
"""What customers are told of an incident: what happened, what may follow, what was and can be done, whom to ask."""

INCIDENT: Final = entry(
    "id detected_at status",
    id=TEXT,
    detected_at={**TIME, "description": "when a person or a system first noticed it: all periods run from here"},
    severity={
        **one_of("general", "large", "major", "extraordinary"),
        "description": "absent: nobody has graded it, and it counts as large",
    },
    plan_activated_at=TIME,
    leakage_stopped_at=TIME,
    quarantine={**TEXTS, "description": "data sets and systems to which access is closed"},
    quarantined_at=TIME,
    released_at=or_null(TIME),
    actions=items(
        entry(
            "kind at by note",
            kind=one_of(*STEPS),
            at={**TIME, "description": "when it was done; not before the incident was detected"},
            by=TEXT,
            note={**ANY_TEXT, "description": "what was done, or found out"},
        )
    ),
    management_notified_at=TIME,
    authority_reported_at=TIME,
    affected=entry(
        "",
        count={**COUNT, "description": "0 counts once an investigation is among the actions"},
        subjects=TEXTS,
        ids_ref=TEXT,
    ),
    customer_notices=entry(
        "",
        affected=COUNT,
        sent=COUNT,
        last_sent_at={**TIME, "description": "when the last of them was told"},
        elements={"type": "array", "items": one_of(*ELEMENTS), "description": "what they were told; all are needed"},
    ),
    categories=CATEGORIES,
    responders=TEXTS,
    postmortem_at=TIME,
    review=entry(
        "by cause measures",
        by=TEXT,
        cause={**ANY_TEXT, "description": "why it happened"},
        measures=items(
            entry("what owner due_at", what=TEXT, owner=TEXT, due_at=DAY, done_at=or_null(TIME)),
        ),
    ),
    closed_at=or_null(TIME),
    status=one_of("open", "contained", "closed"),
)
COMPLAINT: Final = entry(
    "id received_at status",
    id=TEXT,
    channel=one_of(*MEDIA),
    received_at=TIME,
    subject=TEXT,
    category=ANY_TEXT,
    handler=ANY_TEXT,
    started_at=TIME,
    first_response_at=TIME,
    resolved_at=TIME,
    feedback_at={**TIME, "description": "when the customer was told of the outcome"},
    analysis=ANY_TEXT,
    solution=ANY_TEXT,
    status=one_of("open", "in_progress", "resolved", "closed"),
)
"""What a record leaves blank is for a rule to judge."""
COMPLAINT_CHANNEL: Final = entry(
    "id medium address responsible_employee",
    id=TEXT,
    medium=one_of(*MEDIA),
    address={**TEXT, "description": "the number, address or page"},
    responsible_employee=TEXT,
    published_at={**DAY, "description": "since when customers can read of it; absent: it is not published"},
    published_in={**ANY_TEXT, "description": "where customers read of it"},
    withdrawn_at=or_null(TIME),
)
RECIPIENT_NOTICE: Final = entry(
    "id request_id about sent_at",
    id=TEXT,
    request_id={**TEXT, "description": "the application under which the recipient got the data"},
    about={**TEXT, "description": "the customer's request, or the consent that was withdrawn"},
    sent_at=TIME,
    confirmed_at=or_null(TIME),
    confirmed_by={**TEXT, "description": "who confirmed it at the recipient"},
)
