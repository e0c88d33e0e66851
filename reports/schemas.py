"""The published JSON Schemas (2020-12) of what tutela writes; `tutela schema` prints them.

They are strict: a key that is not here is a mistake of a writer.
"""

from __future__ import annotations

from typing import Final

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Final[dict[str, object]] = {"type": "string"}
_TEXTS: Final[dict[str, object]] = {"type": "array", "items": {"type": "string"}}
_COUNT: Final[dict[str, object]] = {"type": "integer", "minimum": 0}
_POSITION: Final[dict[str, object]] = {"type": ["integer", "null"], "minimum": 1}
_SEVERITIES: Final = ("critical", "high", "medium", "low", "info")


def _object(description: str, **properties: object) -> dict[str, object]:
    """An object that has exactly these properties."""
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_AS_OF: Final[dict[str, object]] = {
    "type": "string",
    "format": "date-time",
    "pattern": "(Z|[+-][0-9]{2}:[0-9]{2}(:[0-9]{2})?)$",
    "description": "The instant that was judged, with its offset.",
}
_POLICIES: Final = _object("The policies that decided.", digest=_TEXT)
_REASON: Final = _object(
    "A rule that failed (or, in an allow, allowed).",
    rule=_TEXT,
    message=_TEXT,
    clause={"type": "string", "description": "The failing clauses with their masked values, joined by `; `."},
    basis=_TEXTS,
    remedy=_TEXT,
)
_LOCATION: Final[dict[str, object]] = {
    **_object(
        "Where it stands; null for a position that is not known.",
        file=_TEXT,
        line=_POSITION,
        column=_POSITION,
    ),
    "type": ["object", "null"],
}
_DAY: Final[dict[str, object]] = {"type": "string", "format": "date"}
_FINDING: Final[dict[str, object]] = {
    "rule": _TEXT,
    "severity": {"enum": list(_SEVERITIES)},
    "message": _TEXT,
    "resource": _object("What the finding is about.", type=_TEXT, id=_TEXT),
    "location": _LOCATION,
    "reasons": {"type": "array", "items": {"$ref": "#/$defs/reason"}},
    "access": {
        **_object(
            "Of something that happened: who did it, when, with which columns and what for.",
            account={"type": ["string", "null"], "description": "As the log names it."},
            person={"type": ["string", "null"], "description": "Whose account it was at that time."},
            at={"type": ["string", "null"], "format": "date-time"},
            columns={**_TEXTS, "description": "What was touched of the table; `*` stands for all columns."},
            exposed={**_TEXTS, "description": "The columns whose values were shown, or may have been."},
            aggregated={**_TEXTS, "description": "Those of which only a count, sum, average or the like was shown."},
            written={**_TEXTS, "description": "Those that were written."},
            purpose={"type": ["string", "null"], "description": "Stated, or that of the account or application."},
            request={"type": ["string", "null"], "description": "The approved request that was named."},
        ),
        "type": ["object", "null"],
    },
    "fingerprint": {"type": "string", "description": "The same over runs and over moved lines."},
    "counts": {"type": "boolean", "description": "For the exit status; false when waived or known before."},
    "state": {"enum": ["new", "unchanged", None], "description": "Beside what the report was compared with."},
    "waiver": {
        **_object(
            "The waiver that covers the finding.",
            reason=_TEXT,
            owner=_TEXT,
            since={**_DAY, "type": ["string", "null"]},
            expires=_DAY,
            ticket={"type": ["string", "null"]},
            in_force={"type": "boolean", "description": "As of the report's instant."},
            location=_LOCATION,
        ),
        "type": ["object", "null"],
    },
}
_COMPARISON: Final[dict[str, object]] = {
    **_object(
        "What the findings were compared with.",
        **{
            "with": _TEXT,
            "changed": {**_COUNT, "type": ["integer", "null"], "description": "How many judged things differ."},
            "absent": {
                "type": "array",
                "items": _object("A finding that is gone.", rule=_TEXT, resource=_TEXT, fingerprint=_TEXT),
            },
        },
    ),
    "type": ["object", "null"],
}
_TABLE: Final = _object(
    "A table or view that was judged.",
    dataset=_TEXT,
    location=_LOCATION,
    columns={
        "type": "array",
        "items": _object(
            "What a column holds.",
            name=_TEXT,
            data_type=_TEXT,
            category={"type": ["string", "null"]},
            sensitive={"type": "boolean"},
            confidence={"type": "number", "minimum": 0, "maximum": 1},
            evidence=_TEXTS,
        ),
    },
)

REPORT_SCHEMA: Final[dict[str, object]] = {
    "$schema": _DRAFT,
    "$id": "urn:tutela:schema:report:1",
    "title": "tutela report",
    **_object(
        "What one command found.",
        tool=_object("The writer of the report.", name={"const": "tutela"}, version=_TEXT),
        command=_TEXT,
        policies=_POLICIES,
        as_of=_AS_OF,
        summary=_object(
            "The counts.",
            findings={**_COUNT, "description": "How many count: neither waived nor known before."},
            by_severity=_object("Findings of each severity.", **dict.fromkeys(_SEVERITIES, _COUNT)),
            waived=_COUNT,
            unchanged={**_COUNT, "description": "How many were known before and are not waived."},
            absent={**_COUNT, "description": "How many were known before and are gone."},
            checked={
                **_COUNT,
                "description": "How many columns, events, requests or groups of rows were judged.",
            },
            unparsed={
                **_COUNT,
                "description": "How many findings are statements or lines that cannot be read.",
            },
        ),
        findings={"type": "array", "items": {"$ref": "#/$defs/finding"}},
        comparison=_COMPARISON,
        notes={
            "type": "array",
            "items": _object("What else the reader should know.", code=_TEXT, message=_TEXT, location=_LOCATION),
        },
        inventory={"type": "array", "items": _TABLE},
    ),
    "$defs": {
        "finding": _object("What stands although the policies deny it.", **_FINDING),
        "reason": _REASON,
    },
}

LINE_SCHEMA: Final[dict[str, object]] = {
    "$schema": _DRAFT,
    "$id": "urn:tutela:schema:finding-line:1",
    "title": "one line of a tutela report in the format jsonl",
    **_object("A finding with its report's provenance.", command=_TEXT, policies=_POLICIES, as_of=_AS_OF, **_FINDING),
    "$defs": {"reason": _REASON},
}

DECISION_SCHEMA: Final[dict[str, object]] = {
    "$schema": _DRAFT,
    "$id": "urn:tutela:schema:decision:1",
    "title": "tutela decision",
    **_object(
        "The answer to one request.",
        effect={"enum": ["allow", "deny"]},
        reasons={"type": "array", "items": {"$ref": "#/$defs/reason"}},
        obligations={
            "type": "array",
            "items": _object("What must be done for the allow to hold.", kind=_TEXT, args={"type": "object"}),
        },
        missing=_TEXTS,
        errors=_TEXTS,
        policies=_POLICIES,
        as_of=_AS_OF,
    ),
    "$defs": {"reason": _REASON},
}
