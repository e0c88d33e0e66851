"""Two states of the same things: what the change between them brings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .baselines import compare_reports
from .digest import canonical
from .findings import Asked, report

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from .authorizer import Authorizer
    from .findings import Unreadable
    from .model import Report

Key = tuple[str, ...]


def report_change(  # noqa: PLR0913 (two states, and what judges them)
    command: str,
    authorizer: Authorizer,
    asked: Iterable[Asked | Unreadable],
    before: Iterable[Asked | Unreadable],
    as_of: datetime,
    name: str,
) -> Report:
    """Judge the state now; findings that the state before had do not count.

    The same request has the same answer, so a finding is brought by the change only where a request differs; it counts
    where it is another one than before, or on other data. What could not be read counts unless the same text could
    not be read before.
    """
    now, then = list(asked), list(before)
    made = compare_reports(report(command, authorizer, now, as_of), report(command, authorizer, then, as_of), name)
    held, was = _held(now), _held(then)
    other = {of for of, categories in held.items() if categories != was.get(of)}
    findings = tuple(
        found._replace(state="new") if (found.resource_type, found.resource_id) in other else found
        for found in made.findings
    )
    old, new = _by_key(then), _by_key(now)
    changed = sum(old.get(key) != new.get(key) for key in old.keys() | new.keys())
    return replace(made, findings=findings, changed=changed)


def _held(items: Iterable[Asked | Unreadable]) -> dict[tuple[str, str], list[str]]:
    """What each column and field holds: the same rule on other data is another finding."""
    held: dict[tuple[str, str], list[str]] = {}
    for item in items:
        if isinstance(item, Asked) and (said := item.request.resource).get("category"):
            of = (str(said["type"]), str(said["id"]))
            held.setdefault(of, []).append(canonical([said["category"], said.get("hidden_categories", [])]))
    return {of: sorted(categories) for of, categories in held.items()}


def _by_key(items: Iterable[Asked | Unreadable]) -> dict[Key, list[str]]:
    """Everything that is asked about one thing; what could not be read is a thing of its own."""
    found: dict[Key, list[str]] = {}
    for item in items:
        if isinstance(item, Asked):
            request = item.request
            key: Key = (request.action_name, str(request.resource["type"]), str(request.resource["id"]), item.key)
            found.setdefault(key, []).append(canonical([request.resource, request.context, request.subject]))
        else:
            name = item.location.file.rpartition("/")[2]
            found.setdefault((name, item.what.en, item.digest or str(item.location.line)), []).append("")
    for asked in found.values():
        asked.sort()
    return found
