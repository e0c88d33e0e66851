"""Waivers: findings that somebody answers for, until a day; what expired or was never right lets nothing pass."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from .decision import NO_RULE, NOT_UNDERSTOOD
from .errors import Location, Problem
from .model import UNPARSED, Waiver
from .periods import add_period
from .plain import is_list, is_map
from .shapes import TEXT, entry, items
from .validation import place, suggestion, validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from .documents import Document
    from .model import Finding, Report

EXACT: Final = frozenset({UNPARSED, NOT_UNDERSTOOD})
"""What was not understood may hide anything: no pattern covers it."""
_DAY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
DAY: Final = {"type": "string", "pattern": f"^{_DAY.pattern}$"}
SAID: Final = {**TEXT, "pattern": r"^$|\S"}
"""A text that says something: blanks are no reason, and nobody's name."""
SCHEMA: Final[dict[str, object]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:tutela:schema:waivers:1",
    "title": "waivers",
    **entry(
        "waivers",
        waivers=items(
            entry(
                "rule reason owner expires",
                rule=SAID,
                resource=SAID,
                file=SAID,
                fingerprint={"type": "string", "pattern": "^[0-9a-f]{32}$"},
                reason=SAID,
                owner=SAID,
                since=DAY,
                expires=DAY,
                ticket=TEXT,
            )
        ),
    ),
}
"""The shape of a file of waivers."""
_WILD: Final = frozenset("*?[")


def read_waivers(document: Document, rules: Iterable[str], limit: str = "") -> tuple[list[Waiver], list[Problem]]:
    """The waivers of one file, and everything wrong with it; `limit` is the longest period a waiver may hold."""
    problems = [*document.problems] or validate(document, SCHEMA, "waivers")
    known = [*rules, NO_RULE, *sorted(EXACT)]
    waivers: list[Waiver] = []
    for number, stated in enumerate(_entries(document)):
        path: list[str | int] = ["waivers", number]
        malformed = problems and validate(replace(document, data={"waivers": [stated]}), SCHEMA, "waivers")
        said = {name: text for name, text in stated.items() if isinstance(text, str)} if is_map(stated) else {}
        wrong = _rule_wrong(document, path, said, known) + (days := _days_wrong(document, path, said))
        if not malformed:
            wrong += _cover_wrong(document, path, said) + ([] if days else _too_long(document, path, said, limit))
        problems += wrong
        if not malformed and not wrong:
            waivers.append(_waiver(said, Location(document.file, *document.mark(path))))
    return waivers, problems


def _entries(document: Document) -> list[Any]:
    found: Any = document.data.get("waivers") if is_map(document.data) else None
    return found if is_list(found) else []


def _waiver(stated: Mapping[str, str], location: Location) -> Waiver:
    since = stated.get("since")
    return Waiver(
        rule=stated["rule"],
        reason=stated["reason"],
        owner=stated["owner"],
        expires=date.fromisoformat(stated["expires"]),
        location=location,
        since=date.fromisoformat(since) if since else None,
        **{name: stated[name] for name in ("resource", "file", "fingerprint", "ticket") if name in stated},
    )


def _days_wrong(document: Document, path: list[str | int], stated: Mapping[str, str]) -> list[Problem]:
    found: list[Problem] = []
    for name in sorted(stated.keys() & {"since", "expires"}):
        try:
            date.fromisoformat(stated[name])
        except ValueError:
            if not _DAY.fullmatch(stated[name]):
                continue  # told already
            found.append(place(document, [*path, name], "waiver-day", value=stated[name]))
    return found


def _rule_wrong(
    document: Document, path: list[str | int], stated: Mapping[str, str], known: Sequence[str]
) -> list[Problem]:
    """What is wrong with the rule that a waiver names, where it names one."""
    rule = stated.get("rule")
    if rule is None or any(_fits_rule(rule, name) for name in known):
        return []
    guess = suggestion(rule, known)
    hint = f"; did you mean `{guess}`?" if guess else ""
    return [place(document, [*path, "rule"], "waiver-rule-unknown", rule=rule, hint=hint)]


def _cover_wrong(document: Document, path: list[str | int], stated: Mapping[str, str]) -> list[Problem]:
    """What is wrong with that which a waiver covers."""
    rule = stated["rule"]
    if not stated.keys() & {"resource", "file", "fingerprint"}:
        return [place(document, path, "waiver-covers-nothing", rule=rule)]
    if rule in EXACT and not _is_exact(stated):
        return [place(document, path, "waiver-exact-only", rule=rule)]
    return []


def _is_exact(stated: Mapping[str, str]) -> bool:
    file = stated.get("file", "")
    return "fingerprint" in stated or (bool(file) and "resource" not in stated and not _WILD & set(file))


def _too_long(document: Document, path: list[str | int], stated: Mapping[str, str], limit: str) -> list[Problem]:
    rule, at = stated["rule"], [*path, "expires"]
    if "since" not in stated:
        return [place(document, path, "waiver-no-start", rule=rule, limit=limit)] if limit else []
    since, expires = date.fromisoformat(stated["since"]), date.fromisoformat(stated["expires"])
    if expires < since:
        return [place(document, at, "waiver-never-valid", rule=rule)]
    last = _after(since, limit) if limit else date.max
    if expires <= last:
        return []
    return [place(document, at, "waiver-too-long", rule=rule, expires=expires, since=since, limit=limit, last=last)]


def _after(day: date, period: str) -> date:
    try:
        return add_period(day, period)
    except (OverflowError, ValueError):  # beyond the calendar
        return date.max


def waive(
    report: Report,
    waivers: Sequence[Waiver],
    zone: ZoneInfo,
    *,
    acts: Callable[[str], Iterable[str]],
    relative: Callable[[str], str] = str,
) -> Report:
    """Mark the findings that waivers cover, and note the waivers that cover none.

    `acts` tells on which actions a rule bears: a waiver of a rule that this report did not ask about is not
    unused. `relative` gives a file's name as waivers write it.
    """
    today = report.as_of.astimezone(zone).date()
    used: set[Waiver] = set()

    def marked(finding: Finding) -> Finding:
        fitting = [waiver for waiver in waivers if covers(waiver, finding, relative)]
        if not fitting:
            return finding
        used.update(fitting)
        best = max(fitting, key=lambda waiver: (_holds(waiver, today), waiver.expires))
        return finding._replace(waiver=best, waived=_holds(best, today))

    findings = tuple(marked(finding) for finding in report.findings)
    notes = [_unused(waiver) for waiver in waivers if waiver not in used and _bears(waiver, report, acts)]
    return replace(report, findings=findings, notes=(*report.notes, *notes))


def covers(waiver: Waiver, finding: Finding, relative: Callable[[str], str] = str) -> bool:
    """Whether a waiver is about this finding: everything that it names must fit."""
    if finding.rule in EXACT and waiver.rule != finding.rule:
        return False
    file = relative(finding.location.file) if finding.location else ""
    return (
        _fits_rule(waiver.rule, finding.rule)
        and waiver.fingerprint in {"", finding.fingerprint}
        and (not waiver.resource or fnmatchcase(finding.resource_id, waiver.resource))
        and (not waiver.file or _fits_file(waiver, file))
    )


def _fits_rule(pattern: str, rule: str) -> bool:
    """Whether a rule has the id, or its requirement has: `COL-02` is `COL-02.over-collection`."""
    if rule in EXACT:
        return pattern == rule
    return fnmatchcase(rule, pattern) or fnmatchcase(rule.partition(".")[0], pattern)


def _fits_file(waiver: Waiver, file: str) -> bool:
    return file == waiver.file if waiver.rule in EXACT else fnmatchcase(file, waiver.file)


def _holds(waiver: Waiver, today: date) -> bool:
    return (waiver.since or today) <= today <= waiver.expires


def _bears(waiver: Waiver, report: Report, acts: Callable[[str], Iterable[str]]) -> bool:
    return waiver.rule in {*EXACT, NO_RULE} or bool(report.actions.intersection(acts(waiver.rule)))


def _unused(waiver: Waiver) -> Problem:
    named = (waiver.resource, waiver.file, waiver.fingerprint)
    args = {"rule": waiver.rule, "covers": ", ".join(name for name in named if name)}
    return Problem(code="waiver-unused", location=waiver.location, args=args)


def rules_acts(actions: Mapping[str, Iterable[str]]) -> Callable[[str], set[str]]:
    """From the actions of each rule: the actions of all rules that a pattern fits."""
    return lambda pattern: {act for rule, acts in actions.items() if _fits_rule(pattern, rule) for act in acts}
