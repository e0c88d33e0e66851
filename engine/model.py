"""The frozen values that pass between connectors, engine and reports.

A `Request` asks, a `Decision` answers (`authorizer` makes it), a `Finding` says what stands in the world although
the policies deny it, and a `Report` is what a command has to say. No value here does I/O or reads a clock.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from .errors import Lang, Location, Problem

Effect = Literal["allow", "deny"]
State = Literal["", "new", "unchanged"]
"""How a finding stands to what the report was compared with; empty where it was compared with nothing."""


class Severity(StrEnum):
    """How bad a finding is; SARIF shows critical and high as error, medium as warning, low and info as note."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    rank: int
    """0 for critical up to 4 for info."""


for _rank, _severity in enumerate(Severity):
    _severity.rank = _rank


class Words(NamedTuple):
    """A text in English and Chinese."""

    en: str
    zh: str = ""

    def text(self, lang: Lang = "en") -> str:
        """The text in `lang`, or in the other language when it is missing there."""
        return (self.zh or self.en) if lang == "zh" else (self.en or self.zh)


UNPARSED: Final = "unparsed"
"""The rule of a finding that says that something could not be read."""
NO_WORDS: Final = Words("")


class Basis(NamedTuple):
    """One legal or internal source of a rule: its text name, article, and how sure the mapping is."""

    ref: str
    article: str = ""
    confidence: Literal["high", "medium", "low"] = "medium"

    def __str__(self) -> str:
        return f"{self.ref} {self.article}".strip()


class Clause(NamedTuple):
    """A part of a condition that made a rule fail: its text, and the (masked) values it read."""

    text: str
    values: tuple[tuple[str, str], ...] = ()
    """(attribute path, shown value) in the order the clause reads them."""

    def __str__(self) -> str:
        shown = ", ".join([f"{name} = {value}" for name, value in self.values])
        return f"{self.text} [{shown}]" if shown else self.text


@dataclass(frozen=True, slots=True)
class Obligation:
    """Something that must be done for an allow to hold: a kind (mask, log_use, ...) and its arguments."""

    kind: str
    args: Mapping[str, object] = field(default_factory=dict[str, object])
    when: str | None = None
    """A condition: the obligation is there only where it is true, or cannot be told."""
    due: tuple[str, str] | None = None
    """How long after the decision it is due: (period, ``) or (parameter, unit); an answer has the time in `args`."""


class Reason(NamedTuple):
    """Why a request is denied (or, for an allow, which rule allowed it)."""

    rule: str
    severity: Severity
    message: Words
    clauses: tuple[Clause, ...] = ()
    basis: tuple[Basis, ...] = ()
    remedy: Words = NO_WORDS
    location: Location | None = None
    """Where the rule stands."""


class Waiver(NamedTuple):
    """Somebody's decision that some findings do not count for a time."""

    rule: str
    """The id of a rule, or a pattern of such ids: `COL-*`."""
    reason: str
    owner: str
    expires: date
    """The last day on which it holds, in the policy time zone."""
    location: Location
    """Where the waiver stands."""
    since: date | None = None
    resource: str = ""
    file: str = ""
    fingerprint: str = ""
    ticket: str = ""


class Access(NamedTuple):
    """Who did something, and when, as a log tells it."""

    account: str
    """The account, as the log names it; empty when it does not."""
    person: str = ""
    """The employee whose account it was at that time; empty when no register says so."""
    at: datetime | None = None
    columns: tuple[str, ...] = ()
    """What was touched of the table; `*` stands for all columns."""
    purpose: str = ""
    """The purpose that counted: stated, or that of the account or application; empty when there is none."""
    request: str = ""
    """The approved request that was named; empty when none was."""
    exposed: tuple[str, ...] = ()
    """The columns whose values were shown, or may have been."""
    aggregated: tuple[str, ...] = ()
    """Those of which only a count, sum, average or the like was shown."""
    written: tuple[str, ...] = ()
    """Those that were written; the others only decided which rows there were, or filled another table."""

    def __str__(self) -> str:
        account = self.account or "?"
        who = account if self.person in ("", account) else f"{account} ({self.person})"
        return f"{who}, {self.at.isoformat()}" if self.at else who


class Finding(NamedTuple):
    """A violation: what stands or happened in the world although the policies deny its request."""

    rule: str
    severity: Severity
    message: Words
    resource_type: str
    resource_id: str
    location: Location | None
    reasons: tuple[Reason, ...]
    fingerprint: str
    """Stable over runs and over moved lines: 32 hexadecimal digits from rule, resource and context."""
    waiver: Waiver | None = None
    """The waiver that covers the finding, in force or not."""
    waived: bool = False
    """Whether that waiver is in force as of the report's instant."""
    state: State = ""
    access: Access | None = None
    """Of a finding about something that happened: who did it, and when."""

    @property
    def counts(self) -> bool:
        """Whether it counts for the exit status: neither waived nor known before."""
        return not self.waived and self.state != "unchanged"


class Absent(NamedTuple):
    """A finding that was there before and is gone."""

    rule: str
    resource: str
    """The type and the id of the resource: `column crm.customer.mobile`."""
    fingerprint: str


class ColumnEntry(NamedTuple):
    """What a column holds, for the inventory of a report."""

    name: str
    data_type: str
    category: str
    """The data category; empty when nothing says that the column holds more than technical data."""
    sensitive: bool
    confidence: float
    evidence: tuple[str, ...]


class TableEntry(NamedTuple):
    """A table or view of the inventory, with its columns in their order."""

    dataset: str
    location: Location | None
    columns: tuple[ColumnEntry, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What one command found: the input of every report writer."""

    command: str
    policies_digest: str
    as_of: datetime
    findings: tuple[Finding, ...]
    checked: int
    """How many things were asked about: columns, events, requests or groups of rows."""
    unparsed: int = 0
    """How many of the findings are statements or lines that could not be read (rule `unparsed`)."""

    actions: frozenset[str] = frozenset()
    """Which actions were asked about."""
    compared_with: str = ""
    """The baseline, file or revision that the findings were compared with."""
    changed: int | None = None
    """In a comparison of two states: how many of the things asked about differ between them."""
    absent: tuple[Absent, ...] = ()
    notes: tuple[Problem, ...] = ()
    """What the reader should know besides the findings: waivers that cover nothing."""
    inventory: tuple[TableEntry, ...] = ()
    """What the columns of the tables that were asked about hold."""
    categories: Mapping[str, Words] = field(default_factory=dict[str, Words])
    """What the categories of the inventory, and those above them, are called."""

    @property
    def counting(self) -> tuple[Finding, ...]:
        """The findings that count: neither waived nor known before."""
        return tuple(finding for finding in self.findings if finding.counts)

    @property
    def waived(self) -> int:
        """How many findings are waived."""
        return sum(finding.waived for finding in self.findings)

    @property
    def known(self) -> int:
        """How many findings were there before, the waived ones left out."""
        return sum(finding.state == "unchanged" and not finding.waived for finding in self.findings)

    def by_severity(self) -> dict[str, int]:
        """Count the findings of each severity that count, worst first, zeros included."""
        counts = Counter(finding.severity for finding in self.findings if finding.counts)
        return {severity.value: counts[severity] for severity in Severity}
