"""Policies against the registers: what loads and still cannot work.

Retention schedules are asked as `retain` (do they hold together, do they keep to what customers were told?), data
sets of the catalog that no schedule covers as well, and with `gate` every policy file as `update` (was the change
approved and filed?). A file that does not load is left out, so that the rest is judged all the same.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from tutela.engine.authorizer import Authorizer
from tutela.engine.errors import Location, PolicyError
from tutela.engine.findings import Asked
from tutela.engine.loader import load_policies, parse
from tutela.engine.periods import UNITS
from tutela.engine.plain import is_list, is_map
from tutela.engine.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from tutela.engine.documents import Document
    from tutela.engine.errors import Problem
    from tutela.engine.facts import Facts
    from tutela.engine.loader import Source
    from tutela.engine.policyset import PolicySet

REVIEWER: Final = {"type": "service", "id": "tutela-check"}
RULES: Final[Mapping[str, str]] = {
    "parameter-unbound": "OTH-05.parameter-unbound",
    "period-placeholder": "OTH-05.parameter-unbound",
}
"""Problem of a policy -> the rule of the pack that it breaks."""


def review(
    sources: Sequence[Source], parameters: Mapping[str, object] | None, facts: Facts | None, as_of: datetime
) -> tuple[list[Problem], list[tuple[Authorizer, Asked]]]:
    """Everything wrong with some policies, and what to ask about those that load, and whom."""
    parsed = parse(sources)
    problems = list(parsed.problems)
    broken = {problem.location.file for problem in problems}
    try:
        policies = load_policies([source for source in sources if source.name not in broken], parameters)
    except PolicyError as error:
        return [*problems, *error.problems], []
    authorizer = Authorizer(policies, facts)
    return problems, [(authorizer, item) for item in ask_policies(sources, policies, facts, as_of)]


def ask_policies(sources: Sequence[Source], policies: PolicySet, facts: Facts | None, as_of: datetime) -> list[Asked]:
    """What to ask about the schedules of policies that are loaded, and about what no schedule covers."""
    documents = [_document(source) for source in sources if "schedules" in source.text]
    schedules = [(document, *found) for document in documents for found in _schedules(document)]
    asked = [_schedule(document, number, schedule, policies, as_of) for document, number, schedule in schedules]
    covered = {str(schedule.get("dataset", "")).lower() for _, _, schedule in schedules}
    if facts is not None:
        asked += _tables(facts, covered, as_of)
        asked += _exceptions(facts, as_of)
    return [item for item in asked if item is not None]


def changes(sources: Sequence[Source], as_of: datetime) -> list[Asked]:
    """An `update` request for every policy file with an id of its own: was this version approved, filed, in effect?"""
    found: list[Asked] = []
    for source in sources:
        data: Any = _document(source).data
        if is_map(data) and "id" in data:
            # Policies with unbound parameters do not load, so there is nothing to ask about them.
            properties: dict[str, Any] = {"version": version(source.text), "unbound_parameters": []}
            resource: dict[str, Any] = {"type": "policy", "id": data["id"], "properties": properties}
            found.append(Asked(Request(REVIEWER, "update", resource, as_of=as_of), Location(source.name, 1, 1)))
    return found


def version(text: str) -> str:
    """The version of a policy file: `sha256:` and 16 digits of its text."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _document(source: Source) -> Document:
    from tutela.engine.documents import read_document

    return read_document(source.text, source.name)


def _schedules(document: Document) -> Iterator[tuple[int, dict[str, Any]]]:
    data: Any = document.data
    found = data.get("schedules") if is_map(data) and data.get("kind") == "retention" else None
    for number, schedule in enumerate(found if is_list(found) else ()):
        if is_map(schedule):
            yield number, schedule


def _schedule(
    document: Document, number: int, schedule: Mapping[str, Any], policies: PolicySet, as_of: datetime
) -> Asked | None:
    """The request about one schedule; None for one whose periods cannot be read, which is a problem already."""
    from tutela.engine.periods import parse_period

    minimum, maximum = (_period(schedule.get(name), policies) for name in ("minimum", "maximum"))
    try:
        for period in (minimum, maximum):
            if period is not None:
                parse_period(period)
    except ValueError:
        return None
    if maximum is None or "id" not in schedule:
        return None
    basis = schedule.get("basis") or ()
    properties: dict[str, Any] = {
        "dataset": schedule.get("dataset"),
        "categories": list(schedule.get("categories") or ()),
        "minimum": minimum,
        "maximum": maximum,
        "minimum_kind": schedule.get("minimum_kind"),
        "cited": any(is_map(entry) and entry.get("ref") and entry.get("article") for entry in basis),
    }
    resource = {"type": "schedule", "id": str(schedule["id"]), "properties": properties}
    at = document.mark(["schedules", number])
    return Asked(Request(REVIEWER, "retain", resource, as_of=as_of), Location(document.file, *at))


def _period(value: object, policies: PolicySet) -> str | None:
    if is_map(value):
        count = policies.parameters.values.get(str(value.get("param")))
        return None if count is None else f"P{count}{UNITS.get(str(value.get('unit')), 'D')}"
    return None if value is None else str(value)


def _tables(facts: Facts, covered: set[str], as_of: datetime) -> list[Asked | None]:
    """A `retain` request for every data set of the catalog that no schedule covers."""
    found: list[Asked | None] = []
    for entry in facts.registers.get("catalog", ()):
        if entry["dataset"].lower() not in covered and "copy_of" not in entry:
            resource = {"type": "table", "id": entry["dataset"], "properties": {"columns": ["*"]}}
            found.append(Asked(Request(REVIEWER, "retain", resource, as_of=as_of), None))
    return found


def _exceptions(facts: Facts, as_of: datetime) -> list[Asked | None]:
    """A `retain` request for every entry of the table of statutory retention."""
    return [
        Asked(Request(REVIEWER, "retain", {"type": "statutory_exception", "id": entry["id"]}, as_of=as_of), None)
        for entry in facts.registers.get("statutory_retention", ())
    ]
