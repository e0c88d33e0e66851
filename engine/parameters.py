"""Typed parameters: the terms that regulations leave open, declared once and bound by each company."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .ir import BOOLEAN, NUMBER, STRING, Type, array
from .plain import is_list, is_map
from .validation import PERIOD, place, short, suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .documents import Document
    from .errors import Location, Problem

TYPES: Final[Mapping[str, Type]] = {
    "integer": NUMBER, "number": NUMBER, "boolean": BOOLEAN, "string": STRING,
    "period": STRING, "timezone": STRING, "strings": array(STRING),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Declared:
    """A parameter's type and what is suggested for it."""

    name: str
    type: str
    location: Location
    suggested: object = None
    description: object = ""
    source: str = ""
    enum: tuple[str, ...] = ()
    minimum: float | None = None


@dataclass(frozen=True, slots=True)
class Parameters:
    """The declared parameters and the values bound to them."""

    declared: Mapping[str, Declared] = field(default_factory=dict[str, Declared])
    values: Mapping[str, object] = field(default_factory=dict[str, object])

    def types(self) -> dict[str, Type]:
        """The type of each declared parameter, as conditions see it."""
        return {name: TYPES[declared.type] for name, declared in self.declared.items()}


def build_parameters(documents: Sequence[Document]) -> tuple[Parameters, list[Problem]]:
    """Join the parameter files: every binding has a declaration and a value of its type.

    Two packs may declare one parameter, in the same words.
    """
    problems: list[Problem] = []
    declared: dict[str, Declared] = {}
    for document in documents:
        data: Any = document.data
        for name, entry in data.get("declare", {}).items():
            at = place(document, ["declare", name], "parameter-duplicate", key=True, name=name, what="declared")
            found = Declared(
                name, entry["type"], at.location, entry.get("suggested"), entry.get("description", ""),
                entry.get("source", ""), tuple(entry.get("enum", ())), entry.get("minimum"),
            )  # fmt: skip
            first = declared.setdefault(name, found)
            if first != replace(found, location=first.location):
                problems.append(_again(at, first.location))
    values = _bind(documents, declared, problems)
    return Parameters(declared, values), problems


def _bind(
    documents: Sequence[Document], declared: Mapping[str, Declared], problems: list[Problem]
) -> dict[str, object]:
    values: dict[str, object] = {}
    first: dict[str, Location] = {}
    for document in documents:
        data: Any = document.data
        for name, entry in data.get("bind", {}).items():
            path: list[str | int] = ["bind", name]
            value: object = entry["value"] if is_map(entry) else entry
            at = place(document, path, "parameter-duplicate", key=True, name=name, what="bound")
            if name not in declared:
                guess = suggestion(name, declared)
                hint = f"; did you mean `{guess}`?" if guess else ""
                problems.append(place(document, path, "parameter-unknown", key=True, name=name, hint=hint))
            elif name in values:
                problems.append(_again(at, first[name]))
            elif expected := mismatch(declared[name], value):
                problems.append(
                    place(document, path, "parameter-type", name=name, expected=expected, value=short(value))
                )
            else:
                values[name] = list(value) if is_list(value) else value
                first[name] = at.location
    return values


def _again(problem: Problem, first: Location) -> Problem:
    return replace(problem, args={**problem.args, "first": first})


def mismatch(declared: Declared, value: object) -> str:
    """What the value should have been, or nothing when it fits."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        "integer": number and isinstance(value, int),
        "number": number,
        "boolean": isinstance(value, bool),
        "string": isinstance(value, str),
        "period": isinstance(value, str) and re.fullmatch(PERIOD, value) is not None,
        "timezone": isinstance(value, str) and _is_zone(value),
        "strings": isinstance(value, list),
    }[declared.type]
    words = {
        "integer": "a whole number", "number": "a number", "boolean": "true or false", "string": "a text",
        "period": "a period such as P3Y", "timezone": "a time zone such as Asia/Shanghai", "strings": "a list of texts",
    }[declared.type]  # fmt: skip
    if not fits:
        return words
    if declared.enum and any(item not in declared.enum for item in (value if is_list(value) else [value])):
        return "one of " + ", ".join(declared.enum)
    if declared.minimum is not None and isinstance(value, int | float) and value < declared.minimum:
        return f"at least {declared.minimum:g}"
    return ""


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
