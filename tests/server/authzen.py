"""The JSON schemas of AuthZEN where they lie beside the project, and those of what they leave out."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from tutela.engine.plain import is_list, is_map

MATERIAL = Path(__file__).parents[2].parent / "shared" / "authzen"
ENTITY = {
    "type": "object",
    "required": ["type", "id"],
    "properties": {"type": {"type": "string"}, "id": {"type": "string"}},
}
OBLIGATIONS = {
    "type": "array",
    "items": {
        "oneOf": [
            {
                "type": "object",
                "required": ["id", "type", "properties"],
                "properties": {
                    "id": {"type": "string"},
                    "type": {"const": of},
                    "properties": {
                        "type": "object",
                        "required": list(members),
                        "properties": {name: {"type": "string"} for name in members},
                    },
                },
            }
            for of, members in {
                "step-up": ("acr_value",),
                "notification": ("to", "body"),
                "session_termination": ("subject",),
                "custom": ("vendor", "action"),
            }.items()
        ]
    },
}
PAGE = {
    "type": "object",
    "required": ["next_token", "count"],
    "properties": {"next_token": {"type": "string"}, "count": {"type": "integer", "minimum": 0}},
}
SEARCH = {
    "type": "object",
    "required": ["results", "page"],
    "properties": {"page": PAGE, "context": {"type": "object"}, "results": {"type": "array"}},
}
RESULTS = {
    "subject": ENTITY,
    "resource": ENTITY,
    "action": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
}
ERROR = {
    "type": "object",
    "required": ["error"],
    "not": {"required": ["decision"]},
    "properties": {
        "error": {
            "type": "object",
            "required": ["status", "code", "message", "path"],
            "properties": {
                "status": {"type": "integer"},
                "code": {"type": "string"},
                "message": {"type": "string", "minLength": 1},
                "path": {"type": "string", "minLength": 1},
                "help": {"type": "string"},
                "others": {"type": "array", "minItems": 1},
            },
            "additionalProperties": False,
        }
    },
}


@cache
def schema(name: str) -> dict[str, Any]:
    """A schema of the specification: `evaluation-request` or `evaluation-response`."""
    found: dict[str, Any] = json.loads((MATERIAL / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    return found


def check(value: object, of: dict[str, Any]) -> None:
    """Fail unless a value fits a schema."""
    validator: Any = Draft202012Validator(of)
    validator.validate(value)


def check_evaluation(answer: dict[str, Any]) -> None:
    """An answer to an evaluation, with obligations in the form of their profile."""
    if MATERIAL.exists():
        check(answer, schema("evaluation-response"))
    check(answer["decision"], {"type": "boolean"})
    check(answer.get("context", {}).get("obligations", []), OBLIGATIONS)


def check_answer(path: str, status: int, answer: dict[str, Any]) -> None:
    """Any answer of the service, by its endpoint and status."""
    if status != 200:
        check(answer, ERROR)
        assert status == answer["error"]["status"]
    elif "/search/" in path:
        check(answer, SEARCH)
        for result in answer["results"]:
            check(result, RESULTS[path.rpartition("/")[2]])
            check(result.get("obligations", []), OBLIGATIONS)
        assert len(answer["results"]) == answer["page"]["count"]
    elif "evaluations" in answer:
        for item in answer["evaluations"]:
            check_evaluation(item)
    else:
        check_evaluation(answer)


def contains(found: object, wanted: object) -> bool:
    """Whether an answer has everything that is expected, and perhaps more keys; the order of a list counts."""
    if is_map(wanted):
        return is_map(found) and all(name in found and contains(found[name], value) for name, value in wanted.items())
    if is_list(wanted):
        return is_list(found) and len(found) == len(wanted) and all(map(contains, found, wanted))
    return found == wanted and type(found) is type(wanted)
