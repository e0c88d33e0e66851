"""The published JSON Schema (2020-12) of policy files; `tutela schema policy` prints it.

One file has one `kind`. The schema is written so that every violation has one cause to show: alternatives are
told apart by `kind`, and short and long forms by `type`, never by `anyOf`.
"""

from __future__ import annotations

from typing import Final

from .validation import PERIOD

Schema = dict[str, object]

ID: Final = r"^[A-Za-z][A-Za-z0-9_-]*(\.[a-z0-9][a-z0-9-]*)*$"
CATEGORY: Final = r"^[a-z][a-z_0-9]*(\.[a-z][a-z_0-9]*)*$"
CATEGORIES: Final = r"^[a-z][a-z_0-9]*(\.[a-z][a-z_0-9]*)*(\.\*)?$"
NAME: Final = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$"
ACTIONS: Final = ("collect", "use", "share", "retain", "erase", "read", "update", "export", "delete", "grant")
MASKS: Final = ("full", "partial", "hash", "null", "truncate", "month_day")
UNITS: Final = ("day", "month", "year")
"""What masked dates are cut to, from the finest on."""
ROW_TYPES: Final = ("string", "number", "boolean", "datetime")
SEVERITIES: Final = ("critical", "high", "medium", "low", "info")


def _object(required: tuple[str, ...], **properties: object) -> Schema:
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": False,
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _list(items: object, minimum: int = 0) -> Schema:
    return {"type": "array", "items": items, "minItems": minimum}


WORDS: Final[Schema] = {
    "description": "a text, or one for each language",
    "type": ["string", "object"],
    "properties": {"en": {"type": "string"}, "zh": {"type": "string"}},
    "additionalProperties": False,
}
BASIS: Final[Schema] = _object(
    ("ref",),
    ref={"type": "string", "minLength": 1},
    article={"type": ["string", "integer"]},
    confidence={"enum": ["high", "medium", "low"]},
)
CONDITION: Final[Schema] = {"type": ["string", "boolean"], "description": "a rule-engine expression"}
DUE: Final[Schema] = {
    "description": "how long after the decision it is due: an ISO 8601 period, or a parameter and its unit",
    "type": ["string", "object"],
    "pattern": PERIOD,
    "required": ["param", "unit"],
    "properties": {
        "param": {"type": "string", "pattern": NAME},
        "unit": {"enum": ["years", "months", "days", "hours"]},
    },
    "additionalProperties": False,
}
MASK_COLUMNS: Final[Schema] = _object(
    (),
    because={"type": "string", "description": "why, for whoever reads the decision"},
    categories={
        "description": "which columns: those that hold one of these; without `columns` too, all that hold any category",
        "type": "array",
        "items": {"type": "string", "pattern": CATEGORIES},
        "minItems": 1,
    },
    columns={"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
    mask={"description": "what is left of a value; `full` by default", "enum": list(MASKS)},
    keep_first={"description": "of `partial`: letters left at the start", "type": "integer", "minimum": 0},
    keep_last={"description": "of `partial`: letters left at the end", "type": "integer", "minimum": 0},
    salt={
        "description": "of `hash`: the parameter that holds what every value is prefixed with",
        **_object(("param",), param={"type": "string", "pattern": NAME}),
    },
    to={"description": "of `truncate`: the unit that is left of a date", "enum": list(UNITS)},
)
FILTER_ROWS: Final[Schema] = _object(
    ("row", "where"),
    because={"type": "string", "description": "why, for whoever reads the decision"},
    row={
        "description": "the columns that `where` reads, each with its type; `?` where it may be null",
        "type": "object",
        "propertyNames": {"pattern": r"^[a-z_][a-z0-9_]*$"},
        "minProperties": 1,
        "additionalProperties": {"enum": [f"{kind}{mark}" for kind in ROW_TYPES for mark in ("", "?")]},
    },
    where={"type": "string", "description": "a rule-engine expression that also reads `row.COLUMN`"},
)
OBLIGATION: Final[Schema] = {
    **_object(("kind",), kind={"type": "string", "pattern": NAME}, args={"type": "object"}, when=CONDITION, due=DUE),
    "allOf": [
        {
            "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
            "then": {"properties": {"args": args}, "required": required},
        }
        for kind, args, required in (("mask_columns", MASK_COLUMNS, []), ("filter_rows", FILTER_ROWS, ["args"]))
    ],
}
PERIOD_OR_PARAMETER: Final[Schema] = {
    "description": "an ISO 8601 period, or a parameter and the unit it counts in",
    "type": ["string", "object"],
    "pattern": PERIOD,
    "required": ["param", "unit"],
    "properties": {
        "param": {"type": "string", "pattern": NAME},
        "unit": {"enum": ["years", "months", "days"]},
    },
    "additionalProperties": False,
}
_META: Final[Schema] = {
    "id": {"type": "string", "pattern": ID},
    "title": _ref("words"),
    "severity": {"enum": list(SEVERITIES)},
    "message": _ref("words"),
    "remedy": _ref("words"),
    "basis": _list(_ref("basis")),
    "needs": _list({"type": "string", "minLength": 1}),
}


def _check(*, required: tuple[str, ...] = (), **more: object) -> Schema:
    return _object(("id", *required), **_META, **more)


ACTION: Final[Schema] = {
    "type": "string",
    "pattern": r"^[A-Za-z][A-Za-z0-9_.:-]{0,99}$",
    "description": "one of these, or one of the `actions` of a vocabulary",
    "examples": list(ACTIONS),
}


TARGET: Final[Schema] = {
    "type": "object",
    "description": "attribute = value, or one of several; `personal.contact.*` means that category and below",
    "propertyNames": {"pattern": r"^(subject|resource|context)\.[A-Za-z][A-Za-z0-9_.]*$"},
    "additionalProperties": {
        "type": ["string", "number", "boolean", "array"],
        "items": {"type": ["string", "number", "boolean"]},
        "minItems": 1,
    },
}
VARIANT: Final[Schema] = {
    "type": "string",
    "pattern": NAME,
    "description": "tells several rules apart that carry one id, each with words of its own",
}
RULE: Final[Schema] = _check(
    required=("effect",),
    variant=VARIANT,
    effect={"enum": ["allow", "deny"]},
    actions=_list(ACTION, 1),
    target=TARGET,
    when=CONDITION,
    unless=CONDITION,
    obligations=_list(_ref("obligation")),
)  # fmt: skip
_HEAD: Final[Schema] = {
    "kind": {"enum": ["access", "collection", "sharing", "retention", "vocabulary", "parameters", "tests"]},
    "id": {"type": "string", "pattern": ID},
    "title": _ref("words"),
    "description": _ref("words"),
    "include": _list({"type": "string", "minLength": 1}),
    "effective_from": {"type": "string", "description": "from this instant on the rules of the file apply"},
    "effective_to": {"type": "string", "description": "up to this instant the rules of the file apply"},
}
_BODY: Final[Schema] = {"default": _ref("check"), "rules": _list(_ref("rule"))}

ACCESS: Final[Schema] = _object(("kind", "id"), **_HEAD, actions=_list(ACTION, 1), **_BODY)
COLLECTION: Final[Schema] = _object(
    ("kind", "id"),
    **_HEAD,
    permit=_ref("check"),
    checks=_object((), channel=_ref("check"), field=_ref("check"), purpose=_ref("check"), need_set=_ref("check")),
    need_sets={
        "type": "object",
        "description": "purpose -> the categories it needs",
        "additionalProperties": _list({"type": "string", "pattern": CATEGORY}, 1),
    },
    protections=_list(
        _check(
            required=("categories", "requires"),
            categories=_list({"type": "string", "pattern": CATEGORY}, 1),
            requires=_list({"enum": ["encrypted", "masked", "necessity", "consent_form", "notice"]}, 1),
        )
    ),
    **_BODY,
)  # fmt: skip
SHARING: Final[Schema] = _object(
    ("kind", "id", "action"),
    **_HEAD,
    action={"enum": ["share", "use"]},
    permit=_check(
        recipients=_list({"type": "string"}, 1),
        modes=_list({"enum": ["share", "entrust", "assign", "sale", "merger", "publish"]}, 1),
        obligations=_list(_ref("obligation")),
    ),
    completeness=_ref("check"),
    authorisation=_ref("check"),
    validity=_check(
        max_age=_ref("period"),
        approver_exit=_object(("param",), param={"type": "string", "pattern": NAME}),
    ),
    period=_ref("check"),
    receipt=_check(required=("due",), due=_ref("period")),
    approvals=_list(
        _check(
            required=("level", "approver"),
            level={"type": "integer", "minimum": 1, "maximum": 9},
            approver={"enum": ["department_head", "senior_management"]},
            when=CONDITION,
        )
    ),
    agreements=_list(
        _check(
            required=("kind", "recipients"),
            kind={"enum": ["nda", "security", "processing", "joint_control", "standard_contract"]},
            recipients=_list({"type": "string"}, 1),
        )
    ),
    filing=_check(required=("department",), department={"type": "string"}),
    **_BODY,
)
SCHEDULE: Final[Schema] = _object(
    ("id", "dataset", "trigger", "maximum", "on_expiry", "basis"),
    id={"type": "string", "pattern": ID},
    dataset={"type": "string", "minLength": 1},
    categories=_list({"type": "string", "pattern": CATEGORY}),
    trigger=_object(("event",), event={"type": "string"}, column={"type": "string"}),
    minimum=_ref("period"),
    minimum_kind={"enum": ["company", "statutory"]},
    extension=_object((), important_customer=_ref("period")),
    maximum=_ref("period"),
    grace=_ref("period"),
    on_expiry={"enum": ["delete", "anonymise", "archive_restricted"]},
    basis=_list(_ref("basis"), 1),
)
RETENTION: Final[Schema] = _object(
    ("kind", "id"),
    **_HEAD,
    permit=_check(obligations=_list(_ref("obligation"))),
    checks=_object(
        (),
        undefined=_ref("check"),
        before_minimum=_ref("check"),
        extension=_ref("check"),
        hold=_ref("check"),
        expired=_ref("check"),
        closed_account=_ref("check"),
        unneeded=_ref("check"),
        requested=_ref("check"),
    ),
    unscheduled=_list(
        _check(
            required=("actions", "target"),
            variant=VARIANT,
            actions=_list(ACTION, 1),
            target=TARGET,
            when=CONDITION,
        )
    ),
    schedules=_list(_ref("schedule")),
    **_BODY,
)
ATTRIBUTE: Final[Schema] = {
    "description": "string, number, boolean, datetime or duration (`?` behind it: or null), [type], or the long form",
    "type": ["string", "array", "object"],
    "pattern": r"^(string|number|boolean|datetime|duration)\??$",
    "items": _ref("attribute"),
    "minItems": 1,
    "maxItems": 1,
    "required": ["type"],
    "properties": {
        "type": {"enum": ["string", "number", "boolean", "datetime", "duration", "array", "object"]},
        "nullable": {"type": "boolean"},
        "masked": {"type": "boolean", "description": "false: the value may be shown in reasons; true by default"},
        "enum": _list({"type": "string"}, 1),
        "description": _ref("words"),
        "items": _ref("attribute"),
        "attributes": {"type": "object", "additionalProperties": _ref("attribute")},
    },
    "additionalProperties": False,
}  # fmt: skip
_ATTRIBUTES: Final[Schema] = {
    "type": "object",
    "propertyNames": {"pattern": r"^[A-Za-z][A-Za-z0-9_]*$"},
    "additionalProperties": _ref("attribute"),
}
VOCABULARY: Final[Schema] = _object(
    ("kind",), **_HEAD, actions=_list(ACTION, 1), subject=_ATTRIBUTES, action=_ATTRIBUTES, resource=_ATTRIBUTES,
    context=_ATTRIBUTES,
)  # fmt: skip
_VALUE: Final[Schema] = {"type": ["string", "number", "boolean", "array"], "items": {"type": "string"}}
PARAMETERS: Final[Schema] = _object(
    ("kind",),
    **_HEAD,
    declare={
        "type": "object",
        "propertyNames": {"pattern": NAME},
        "additionalProperties": _object(
            ("type",),
            type={"enum": ["integer", "number", "boolean", "string", "period", "timezone", "strings"]},
            description=_ref("words"),
            enum=_list({"type": "string"}, 1),
            minimum={"type": "number"},
            suggested=_VALUE,
            source={"type": "string"},
        ),
    },
    bind={
        "type": "object",
        "propertyNames": {"pattern": NAME},
        "additionalProperties": {
            "type": ["string", "number", "boolean", "array", "object"],
            "items": {"type": "string"},
            "required": ["value"],
            "properties": {
                "value": _VALUE,
                "unit": {"type": "string"},
                "set_by": {"type": "string"},
                "approved_by": {"type": "string"},
                "effective_from": {"type": "string"},
                "basis": {"type": "string"},
            },
            "additionalProperties": False,
        },
    },
)
_REGISTERS: Final[Schema] = {"type": "object", "additionalProperties": {"type": "array"}}
_IDS: Final[Schema] = {"type": "object", "additionalProperties": _list({"type": "string"}, 1)}
TESTS: Final[Schema] = _object(
    ("kind", "tests"),
    **_HEAD,
    parameters={"type": "object"},
    registers={"type": "object", "description": "registers written in place of the project's, by name"},
    add={**_REGISTERS, "description": "entries that join the registers, or stand in for those of the same id"},
    remove={**_IDS, "description": "ids of entries that leave the registers, by register"},
    as_of={"type": "string"},
    tests=_list(
        _object(
            ("name", "expect"),
            name={"type": "string", "minLength": 1},
            as_of={"type": "string"},
            request={"type": "object"},
            requests=_list({"type": "object"}, 1),
            lint=_object(
                ("sql",), sql={"type": "string", "description": "definitions to lint"}, dialect={"type": "string"}
            ),
            policies={"type": "string", "description": "a policy file to check against the registers"},
            parameters={"type": "object"},
            add=_REGISTERS,
            remove=_IDS,
            expect=_object(
                ("effect",),
                effect={"enum": ["allow", "deny", "violation", "clean"]},
                reasons=_list({"type": "string"}),
                obligations=_list({"type": "string"}),
                missing=_list({"type": "string"}),
            ),
        )
    ),
)

KINDS: Final[dict[str, Schema]] = {
    "access": ACCESS,
    "collection": COLLECTION,
    "sharing": SHARING,
    "retention": RETENTION,
    "vocabulary": VOCABULARY,
    "parameters": PARAMETERS,
    "tests": TESTS,
}
DEFINITIONS: Final[Schema] = {
    "words": WORDS,
    "basis": BASIS,
    "obligation": OBLIGATION,
    "period": PERIOD_OR_PARAMETER,
    "check": _check(),
    "rule": RULE,
    "schedule": SCHEDULE,
    "attribute": ATTRIBUTE,
}
POLICY_SCHEMA: Final[Schema] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://tutela.example/schema/policy.json",
    "title": "tutela policy file",
    "type": "object",
    "required": ["kind"],
    "properties": {"kind": _HEAD["kind"]},
    "allOf": [
        {"if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]}, "then": schema}
        for kind, schema in KINDS.items()
    ],
    "$defs": DEFINITIONS,
}


def schema_of(kind: str) -> Schema:
    """The schema of one kind of file, complete with the definitions that it refers to."""
    return {"$schema": POLICY_SCHEMA["$schema"], **KINDS[kind], "$defs": DEFINITIONS}
