"""Requests that the world has answered already -> findings: what stands although the policies deny it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from .alike import Answer, Answers
from .known import peek
from .model import NO_WORDS, UNPARSED, Finding, Reason, Report, Severity, TableEntry, Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from .authorizer import Authorizer
    from .decision import Decision
    from .errors import Lang, Location
    from .model import Access, ColumnEntry
    from .request import Request

SHORTEST: Final = 8
"""How many digits of a fingerprint name a finding."""
UNPARSED_WORDS: Final = Words(
    "this could not be read, so it counts as a finding: {what}", "无法解析此处内容,按违规处理:{what}"
)


class Asked(NamedTuple):
    """A request that something in the world stands for, and where that is."""

    request: Request
    location: Location | None
    key: str = ""
    """Tells apart findings of the same rule on the same resource (a log event's id); part of the fingerprint."""
    column: ColumnEntry | None = None
    """What the column that is asked about holds, for the inventory."""
    access: Access | None = None
    """Of something that happened: the account and the time that a log gives."""
    evidence: Words = NO_WORDS
    """What was counted, and where it stands: said after the rule's message."""


JOINTS: Final[tuple[tuple[Lang, str], ...]] = (("en", "; "), ("zh", ";"))


@dataclass(frozen=True, slots=True)
class Allowed:
    """Requests that were found to be allowed already, by their number."""

    count: int
    actions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Explained:
    """Findings of one request, and the decision that they come from."""

    findings: tuple[Finding, ...]
    decision: Decision


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A statement or line that could not be read: never clean, always a finding."""

    location: Location
    what: Words
    digest: str = ""
    """Of the statement's text; with it the finding is the same wherever the statement stands in its file."""


def report(
    command: str, authorizer: Authorizer, asked: Iterable[Asked | Unreadable | Allowed], as_of: datetime
) -> Report:
    """Ask every request and collect the findings, in a stable order."""
    findings: list[Finding] = []
    tables: dict[str, list[tuple[Location | None, ColumnEntry]]] = {}
    actions: set[str] = set()
    checked = unparsed = 0
    answers = Answers(authorizer)
    for item in asked:
        if isinstance(item, Unreadable):
            unparsed += 1
            findings.append(_unreadable(item))
            continue
        if isinstance(item, Allowed):
            checked += item.count
            actions |= item.actions
            continue
        checked += 1
        actions.add(item.request.action_name)
        answer = answers.to(item.request)
        if item.column is not None:
            dataset = str(item.request.resource.get("dataset") or item.request.resource.get("form", ""))
            tables.setdefault(dataset, []).append((item.location, _declared(item.column, answer)))
        if not answer.allowed:
            findings.extend(_findings(item, answer))
    findings.sort(key=_order)
    return Report(
        command=command,
        policies_digest=authorizer.policies.digest,
        as_of=as_of,
        findings=tuple(findings),
        checked=checked,
        unparsed=unparsed,
        actions=frozenset(actions),
        inventory=tuple(
            TableEntry(name, found[0][0], tuple(column for _, column in found))
            for name, found in sorted(tables.items())
        ),
    )


def _declared(column: ColumnEntry, answer: Answer) -> ColumnEntry:
    """A column with what the registers say of it, where they say something else."""
    category, sensitive = answer.declared
    if sensitive is not None and sensitive is not column.sensitive:
        column = column._replace(sensitive=bool(sensitive))
    if (category or "") == column.category:
        return column
    return column._replace(category=str(category or ""), confidence=1.0, evidence=("catalog",))


def named(authorizer: Authorizer, asked: Iterable[Asked | Unreadable | Allowed], what: str) -> list[Explained]:
    """The decisions behind the findings that a text names (rule, resource, place, fingerprint), in a report's order."""
    found: list[Explained] = []
    for item in asked:
        if not isinstance(item, Asked):
            continue
        answer = Answer(authorizer.decide(item.request))
        findings = () if answer.allowed else tuple(f for f in _findings(item, answer) if names(what, f))
        if findings:
            found.append(Explained(findings, answer.decision))
    return sorted(found, key=lambda explained: _order(explained.findings[0]))


def names(what: str, finding: Finding) -> bool:
    """Whether a text names a finding: `COL-02`, `crm.customer.mobile`, `schema.sql:17`, or its fingerprint's start."""
    place = str(finding.location) if finding.location else ""
    return (
        what in {finding.rule, finding.rule.partition(".")[0], finding.resource_id, place}
        or (":" in what and place.startswith(f"{what}:"))
        or (len(what) >= SHORTEST and finding.fingerprint.startswith(what))
    )


def _findings(item: Asked, answer: Answer) -> Iterator[Finding]:
    """One finding for each rule that denies."""
    resource = item.request.resource  # the answer may have been given to another request
    kind, name, key, location = resource["type"], resource["id"], item.key, item.location
    access = item.access and item.access._replace(
        person=item.access.person or str(peek(answer.decision.question.subject, "employee") or ""),
        purpose=item.access.purpose or str(peek(answer.decision.question.context, "purpose") or ""),
    )
    for rule, given in answer.denials:
        reasons = _with(given, item.evidence) if item.evidence.en else given
        severity, message = reasons[0].severity, _told(reasons)
        mark = fingerprint(rule, kind, name, key)
        yield Finding(rule, severity, message, kind, name, location, reasons, mark, access=access)


def _told(reasons: Sequence[Reason]) -> Words:
    """What all reasons of one rule say, each thing once: variants of a rule have words of their own."""
    if len(reasons) == 1:
        return reasons[0].message
    first, *others = dict.fromkeys(reason.message for reason in reasons)
    if not others:
        return first
    return Words(*(mark.join(words.text(lang) for words in (first, *others)) for lang, mark in JOINTS))


def _with(reasons: tuple[Reason, ...], evidence: Words) -> tuple[Reason, ...]:
    """Reasons whose first message says what was counted, too."""
    first = reasons[0]
    message = first.message
    told = Words(f"{message.en}: {evidence.en}", f"{message.zh}:{evidence.zh}")
    return (first._replace(message=told), *reasons[1:])


def _unreadable(item: Unreadable) -> Finding:
    words = Words(*(text.format(what=what) for text, what in zip(UNPARSED_WORDS, _both(item.what), strict=True)))
    name = item.location.file.rpartition("/")[2]
    return Finding(
        rule=UNPARSED,
        severity=Severity.HIGH,
        message=words,
        resource_type="file",
        resource_id=item.location.file,
        location=item.location,
        reasons=(Reason(UNPARSED, Severity.HIGH, words),),
        fingerprint=fingerprint(UNPARSED, name, item.digest or str(item.location.line), item.what.en),
    )


def _both(words: Words) -> tuple[str, str]:
    return words.text("en"), words.text("zh")


def fingerprint(*parts: str) -> str:
    """32 hexadecimal digits of some texts: the same in every run, whatever line the finding is on."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _order(finding: Finding) -> tuple[int, str, int, int, str, str]:
    location = finding.location
    file, line, column = (location.file, location.line, location.column) if location else ("", 0, 0)
    return (finding.severity.rank, file, line, column, finding.rule, finding.resource_id)
