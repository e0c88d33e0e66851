"""Shapes of the registers about the quality of records: what was measured, what was changed, what was sent."""

from __future__ import annotations

from typing import Final

from .shapes import COUNT, FLAG, TEXT, TEXTS, TIME, entry, one_of, or_null

QUALITY_REPORT: Final = entry(
    "id dataset measured_at",
    id=TEXT,
    dataset=TEXT,
    measured_at=TIME,
    measured_by={**TEXT, "description": "the person who answers for the figures"},
    records=COUNT,
    slowest_entry={
        **entry("collected_at entered_at", collected_at=TIME, entered_at=TIME),
        "description": "the record that took longest from the contact to its entry, of those that the report is about",
    },
    unreviewed={**COUNT, "description": "records that can be used though nobody checked them after their entry"},
    oldest_verified_at={
        **TIME,
        "description": "when the record that waits longest was last verified, or else entered",
    },
    malformed={**COUNT, "description": "values that do not have the form of what they are"},
)
CHANGE_NOTICE: Final = entry(
    "id dataset",
    id={**TEXT, "description": "accesses name it as their request"},
    dataset=TEXT,
    subject=TEXT,
    columns=TEXTS,
    event_ids={**TEXTS, "description": "events of the log that made the change, where they do not name it"},
    notified_at=or_null(TIME),
    agreed_at={**or_null(TIME), "description": "when the customer agreed, or asked for the change"},
)
MESSAGE: Final = entry(
    "id channel message_type subjects sent_at",
    id=TEXT,
    channel=TEXT,
    message_type=one_of("promotional", "service"),
    purpose=TEXT,
    personalised={**FLAG, "description": "its content was chosen by what is known of each recipient"},
    subjects={**TEXTS, "minItems": 1},
    sent_at=TIME,
)
"""What was sent to customers: the send log."""
