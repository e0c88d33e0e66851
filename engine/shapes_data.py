"""Shapes of the registers about data: what stands where, how it comes in, how long it stays, where its copies are."""

from __future__ import annotations

from typing import Final

from .shapes import (
    CATEGORIES,
    CATEGORY_KEY,
    COUNT,
    DAY,
    FLAG,
    PERIOD_TEXT,
    TEXT,
    TEXTS,
    TIME,
    entry,
    items,
    one_of,
    or_null,
)

COLUMN: Final = entry(
    "name",
    name=TEXT,
    category=or_null(CATEGORY_KEY),
    purposes=TEXTS,
    encrypted=FLAG,
    masked=FLAG,
    necessity=TEXT,
    consent_form=TEXT,
    notice=TEXT,
)
HELD: Final = ("customers", "contacts", "service", "visits", "complaints", "recordings")
"""What a table is for, where rules ask something of such tables."""
PARTS: Final = (
    "class", "subject_type", "collected_at", "entered_at", "entered_by", "review_status", "reviewed_at",
    "last_verified_at", "time", "content", "outcome",
)  # fmt: skip
"""Parts that columns play in such tables."""
DATASET: Final = entry(
    "dataset",
    dataset=TEXT,
    owner=TEXT,
    system=TEXT,
    purposes=TEXTS,
    channels=TEXTS,
    access={"type": "object", "additionalProperties": TEXTS, "description": "action -> roles that may"},
    columns=items(COLUMN),
    copy_of={**TEXT, "description": "the data set that this one was copied from"},
    provenance=one_of("collected", "partner", "public", "purchased", "scraped", "unknown"),
    legal_review=TEXT,
    minors=entry("responsible", responsible={**TEXT, "description": "answers for the data of minors"}),
    restricted={**FLAG, "description": "storage only"},
    holds={
        **items(one_of(*HELD)),
        "description": "what its rows are: rules ask more of such tables; an empty list: none of these",
    },
    parts={
        **entry("", **dict.fromkeys(PARTS, TEXT)),
        "description": "part -> the column that plays it: `class` the customer's class, `time` when a contact was, ...",
    },
    mandatory={**TEXTS, "description": "columns that every row has to fill"},
    steward={**TEXT, "description": "keeps the rows complete and right"},
)
CHANNEL: Final = entry(
    "id kind responsible_employee allowed status",
    id=TEXT,
    kind=TEXT,
    zh=TEXT,
    responsible_employee=TEXT,
    allowed=items(entry("purpose categories", purpose=TEXT, categories=CATEGORIES)),
    tables=TEXTS,
    privacy_policy=entry("url version", url=TEXT, version=TEXT, published_at=DAY),
    vendors=items(entry("name categories", name=TEXT, sdk=TEXT, categories=CATEGORIES, purpose=TEXT, country=TEXT)),
    status=one_of("active", "paused", "retired"),
)
PURPOSE: Final = entry(
    "id categories",
    id=TEXT,
    zh=TEXT,
    en=TEXT,
    categories=CATEGORIES,
    family=TEXT,
    prohibited=FLAG,
    phrases={**TEXTS, "description": "wordings in a purpose text that mean this prohibited purpose"},
    compatible_with={**TEXTS, "description": "purposes told to customers that cover this one"},
    identity_required={**FLAG, "description": "false: de-identified data would do"},
    profiling={
        **FLAG,
        "description": "people are evaluated; absent: where it needs who they are and derived data or behaviour",
    },
    refusal_route={
        **TEXT,
        "description": "how customers switch it off: an option without profiles, or where to refuse",
    },
)
FORM: Final = entry(
    "id version channel fields registered_at",
    id=TEXT,
    version=TEXT,
    channel=TEXT,
    event=or_null(entry("name starts_at", name=TEXT, starts_at=TIME)),
    fields=items(
        entry(
            "label category required", label=TEXT, category=or_null(CATEGORY_KEY), required=FLAG, purpose=TEXT,
            column=TEXT, consent=one_of("express", "separate", "written"),
        )
    ),
    registered_at=TIME,
    notice_version=TEXT,
)  # fmt: skip
NOTICE: Final = entry(
    "version effective_from purposes categories",
    version=TEXT,
    effective_from=TIME,
    effective_to=or_null(TIME),
    purposes=TEXTS,
    methods=TEXTS,
    categories=CATEGORIES,
    retention={"type": "object", "additionalProperties": PERIOD_TEXT, "description": "category -> longest period told"},
    recipients=TEXTS,
    children_rule=FLAG,
)
JUSTIFICATION: Final = entry(
    "id categories purpose owner reviewed_at statement",
    id=TEXT,
    kind=one_of("financial_need", "necessity", "open_ended"),
    categories={**CATEGORIES, "minItems": 1},
    datasets=TEXTS,
    channels=TEXTS,
    purpose=TEXT,
    owner=TEXT,
    reviewed_at=DAY,
    statement=TEXT,
)
SYSTEM: Final = entry(
    "id",
    id=TEXT,
    zh=TEXT,
    kind=one_of("customer_system", "replica", "reporting", "analytics", "sandbox", "other"),
    platform=TEXT,
    region=TEXT,
    approved_by={**TEXT, "description": "who put the platform on the approved list"},
    encrypted_at_rest=FLAG,
    encrypted_in_transit={**FLAG, "description": "absent: nobody knows, and it counts as not encrypted"},
    log_feed=FLAG,
    log_months={**COUNT, "description": "how many months its logs are kept"},
    log_protection={
        **one_of("append_only", "hash_chain", "none"),
        "description": "what keeps its logs from being changed",
    },
    maintainer={**TEXT, "description": "the person who maintains it"},
    controls={**TEXTS, "description": "declared controls of its network: `firewall`, `intrusion_detection` and others"},
    last_patched_at=DAY,
)
HOLD: Final = entry(
    "id matter scope placed_by placed_at",
    id=TEXT,
    matter=TEXT,
    scope=entry("", subjects=TEXTS, datasets=TEXTS, categories=CATEGORIES, to=DAY, **{"from": DAY}),
    placed_by=TEXT,
    placed_at=TIME,
    review_at=DAY,
    released_by=or_null(TEXT),
    released_at=or_null(TIME),
)
STATUTORY: Final = entry(
    "id categories period trigger",
    id=TEXT,
    law={"type": "string"},
    article={"type": "string"},
    categories={**CATEGORIES, "minItems": 1},
    datasets=TEXTS,
    applies_to={"type": "string"},
    period=PERIOD_TEXT,
    trigger=TEXT,
    effect=one_of("minimum", "maximum"),
    verified_by=TEXT,
    verified_at=DAY,
)
COPY: Final = entry(
    "id dataset kind",
    id=TEXT,
    dataset={**TEXT, "description": "the data set that was copied"},
    kind=one_of("backup", "replica", "temporary", "export", "sandbox"),
    location=TEXT,
    taken_at=TIME,
    rotates_at={**DAY, "description": "the last day of a backup in rotation"},
    deleted_at=or_null(TIME),
    rows=COUNT,
)
RECORD: Final = entry(
    "dataset started_at",
    dataset=TEXT,
    subject=TEXT,
    subjects=TEXTS,
    count=COUNT,
    started_at=TIME,
    categories=CATEGORIES,
    state=one_of("invalid", "unneeded"),
    source_deleted_at=TIME,
    rights_request=TEXT,
    important=FLAG,
    right=FLAG,
)
"""A group of rows that somebody keeps or wants to erase."""
RESOURCE: Final = entry(
    "type id",
    type={**TEXT, "description": "a type of your own, such as `document`; not one that another register declares"},
    id=TEXT,
    properties={"type": "object", "description": "attributes, which count for more than what a caller states"},
)
