"""Shapes of the registers about what the company does again and again: audits, backups, reviews, drills, training."""

from __future__ import annotations

from typing import Final

from .shapes import ANY_TEXT, COUNT, DAY, FLAG, TEXT, TEXTS, TIME, entry, one_of, or_null

PLACE: Final = {**TEXT, "description": "the data set, or the system for all data sets in it"}

ACTIVITY: Final = entry(
    "id duty done_at by result",
    id=TEXT,
    duty={**TEXT, "description": "what was done, as the rules call it: `log_audit`, `drill` and so on"},
    done_at=TIME,
    by={**TEXT, "description": "who answers for it, also where another company did it"},
    scope={**TEXTS, "description": "what it covers: stages, data sets, systems, policies"},
    result={**one_of("passed", "findings", "failed"), "description": "`failed`: it does not count as done"},
    evidence={**ANY_TEXT, "description": "the report, or where it lies"},
    order={**TEXT, "description": "the audit order that it carries out"},
)
PLAN: Final = entry(
    "id duty version responsible",
    id=TEXT,
    duty={**TEXT, "description": "what it is a plan for, as the rules call it: `incident_plan`, `recovery_plan`"},
    version=TEXT,
    responsible={**TEXTS, "description": "the people that it names"},
    document=TEXT,
    effective_from={**DAY, "description": "absent: not yet in effect"},
    reviewed_at=DAY,
    retired_at={**or_null(DAY), "description": "from this day on another version stands in its place"},
)
AUDIT_ORDER: Final = entry(
    "id ordered_at",
    id=TEXT,
    subject={**TEXT, "description": "the project or activity to be audited"},
    ordered_by=TEXT,
    ordered_at=TIME,
    due_at=DAY,
    withdrawn_at=or_null(TIME),
)
AUDIT_FINDING: Final = entry(
    "id source raised_at status",
    id=TEXT,
    audit={**TEXT, "description": "the activity that found it"},
    source=one_of("internal", "special", "external", "tutela"),
    raised_at=DAY,
    requirement={**TEXT, "description": "what was violated: a requirement or the id of a rule"},
    severity=one_of("critical", "high", "medium", "low", "info"),
    statement=TEXT,
    recommendation=TEXT,
    owner=TEXT,
    due_at=DAY,
    closed_at=or_null(DAY),
    status={
        **one_of("open", "fixed", "verified", "accepted"),
        "description": "`fixed`, which nobody verified, is still open; closed without a day, too",
    },
)
CASE: Final = entry(
    "id findings opened_at",
    id=TEXT,
    findings={**TEXTS, "description": "the audit findings that it is about"},
    opened_at=TIME,
    decision={**ANY_TEXT, "description": "what was decided about those who are responsible"},
    decided_at=or_null(TIME),
    decided_by=TEXT,
)
RISK: Final = entry(
    "id statement status",
    id=TEXT,
    statement=TEXT,
    level=one_of("high", "medium", "low"),
    owner=TEXT,
    identified_at=DAY,
    status=one_of("open", "accepted", "closed"),
)
BACKUP: Final = entry(
    "id dataset finished_at status",
    id=TEXT,
    dataset=PLACE,
    finished_at=TIME,
    status=one_of("success", "failed"),
    medium=one_of("disk", "tape", "object_storage", "optical"),
    site={**TEXT, "description": "where the medium lies"},
    encrypted=FLAG,
    restore_tested_at={**or_null(DAY), "description": "when it was last restored for a test, with success"},
)
CLEANUP_RUN: Final = entry(
    "id dataset finished_at candidates deleted failed",
    id=TEXT,
    dataset=PLACE,
    started_at=TIME,
    finished_at=TIME,
    candidates={**COUNT, "description": "how much was due"},
    deleted=COUNT,
    skipped_hold=COUNT,
    skipped_statutory=COUNT,
    failed=COUNT,
    operator=TEXT,
)
DEVICE: Final = entry(
    "id kind",
    id=TEXT,
    kind=one_of("computer", "phone", "removable_medium", "other"),
    user=TEXT,
    customer_data={**FLAG, "description": "false: never used for customer data; absent: nobody knows, it counts"},
    password=FLAG,
    antivirus={**FLAG, "description": "of a removable medium: it is scanned where it is used"},
    retired_at=or_null(TIME),
)
TRAINING: Final = entry(
    "id employee completed_at result",
    id=TEXT,
    employee=TEXT,
    completed_at=DAY,
    topics=TEXTS,
    result=one_of("passed", "failed"),
)
CERTIFICATE: Final = entry(
    "id systems edition valid_to",
    id=TEXT,
    systems={**TEXTS, "description": "the systems that it is about"},
    edition={**TEXT, "description": "the standard with its year, as the parameter `security.standards` writes it"},
    issuer=TEXT,
    issued_at=DAY,
    valid_to=DAY,
)
