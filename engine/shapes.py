"""The words that the shapes of registers are written in: JSON Schema, with two formats for civil days and instants."""

from __future__ import annotations

from typing import Any, Final

from .policy_schema import CATEGORY
from .validation import PERIOD

Schema = dict[str, Any]

TIME: Final[Schema] = {"type": "string", "format": "date-time"}
DAY: Final[Schema] = {"type": "string", "format": "date"}
TEXT: Final[Schema] = {"type": "string", "minLength": 1}
ANY_TEXT: Final[Schema] = {"type": "string"}
"""A text that may be empty: what a form left blank is for a rule to judge, not a fault of the file."""
FLAG: Final[Schema] = {"type": "boolean"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
CATEGORY_KEY: Final[Schema] = {"type": "string", "pattern": CATEGORY}
CATEGORIES: Final[Schema] = {"type": "array", "items": CATEGORY_KEY}
TEXTS: Final[Schema] = {"type": "array", "items": TEXT}
PERIOD_TEXT: Final[Schema] = {"type": "string", "pattern": PERIOD}


def or_null(schema: Schema) -> Schema:
    """The same shape, or null."""
    return {**schema, "type": [schema["type"], "null"]}


def entry(required: str, /, **properties: Schema) -> Schema:
    """A mapping with these keys and no others; `required` lists those that must be there, separated by spaces."""
    return {
        "type": "object",
        "required": required.split(),
        "properties": properties,
        "additionalProperties": False,
    }


def items(schema: Schema) -> Schema:
    """A list of such entries."""
    return {"type": "array", "items": schema}


def one_of(*values: object) -> Schema:
    """One of some texts or numbers."""
    return {"enum": list(values)}


SPAN: Final[dict[str, Schema]] = {"from": TIME, "to": or_null(TIME)}
"""From an instant on, up to another or still."""
CIVIL_DAYS: Final = entry("", **{"from": or_null(DAY), "to": or_null(DAY)})
"""From the start of one civil day to the end of another, in the policy time zone."""
