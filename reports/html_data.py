"""What the HTML page shows, as compact JSON: every text once, findings and columns as rows of numbers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from tutela.engine.model import UNPARSED, Severity, Words
from tutela.engine.phrases import evidence

from .shape import ordered
from .text import file_of, visible
from .words import SEVERITIES, access_text

if TYPE_CHECKING:
    from tutela.engine.model import Finding, Reason, Report, TableEntry, Waiver

NAME_LIMIT: Final = 300
"""A longer name of a table or column is cut: nobody reads on."""
STATUS: Final = ("counts", "waived", "known")
_SCRIPT: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}

Row = list[object]


class Texts:
    """Numbers for texts: the same text is the same number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def add(self, text: str, limit: int = 2000) -> int:
        """The number of a text, which is made safe to show."""
        return self.numbers.setdefault(visible(text, limit), len(self.numbers))

    def both(self, words: Words) -> Row:
        """The numbers of a text in English and Chinese."""
        return [self.add(words.text("en")), self.add(words.text("zh"))]


def page_data(report: Report) -> str:
    """JSON that may stand in a `script` element: nothing in it ends the element."""
    page = _Page(report)
    data = {
        "findings": [page.finding(finding) for finding in ordered(report.findings)],
        "accesses": page.accesses(),
        "tables": [page.table(table) for table in report.inventory],
        "absent": [[page.texts.add(g.rule), page.texts.add(g.resource, NAME_LIMIT)] for g in report.absent],
        "severities": [[severity.value, SEVERITIES[severity].en, SEVERITIES[severity].zh] for severity in Severity],
        "categories": page.categories(),
        "kinds": page.kinds,
        "reasons": page.reasons,
        "texts": list(page.texts.numbers),
    }
    return safe_json(data)


def safe_json(data: object) -> str:
    """JSON without a character that means something in HTML."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char, escaped in _SCRIPT.items():
        text = text.replace(char, escaped)
    return text


class _Page:
    """The rows of one page, and what they share: texts, reasons, and kinds of findings."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.texts = Texts()
        self.reasons: list[Row] = []
        self.kinds: list[Row] = []
        self._reasons: dict[Reason, int] = {}
        self._kinds: dict[tuple[object, ...], int] = {}
        self._tables = {table.dataset: number for number, table in enumerate(report.inventory)}
        self._columns = [{column.name: n for n, column in enumerate(table.columns)} for table in report.inventory]

    def table(self, table: TableEntry) -> Row:
        """A table: its name, place and columns."""
        texts, at = self.texts, table.location
        columns: list[Row] = [
            [
                texts.add(column.name, NAME_LIMIT),
                texts.add(column.data_type, NAME_LIMIT),
                texts.add(column.category),
                int(column.sensitive),
                round(column.confidence * 100),
                [texts.both(evidence(item)) for item in column.evidence],
            ]
            for column in table.columns
        ]
        return [texts.add(table.dataset, NAME_LIMIT), texts.add(str(at) if at else ""), columns]

    def accesses(self) -> dict[int, Row]:
        """By the number of a finding: who did what it is about and when, who it was, and the hour (UTC; 0 unknown)."""
        made: dict[int, Row] = {}
        for number, finding in enumerate(ordered(self._report.findings)):
            if access := finding.access:
                hour = int(access.at.timestamp() // 3600) if access.at else 0
                who = access.person or access.account or "?"
                said = Words(access_text(access, "en"), access_text(access, "zh"))
                made[number] = [self.texts.both(said), self.texts.add(who, NAME_LIMIT), hour]
        return made

    def categories(self) -> dict[str, list[str]]:
        """What the categories of the columns, and those above them, are called in English and Chinese."""
        held = {column.category for table in self._report.inventory for column in table.columns}
        above = {".".join(key.split(".")[:length]) for key in held for length in range(1, key.count(".") + 2)}
        named = {key: self._report.categories[key] for key in sorted(above) if key in self._report.categories}
        return {key: [visible(words.text("en")), visible(words.text("zh"))] for key, words in named.items()}

    def finding(self, finding: Finding) -> Row:
        """A finding: kind, table, resource, file, line, column, status; a waiver or fingerprint where it matters."""
        at = finding.location
        status = "waived" if finding.waived else "counts" if finding.counts else "known"
        row: Row = [
            self._kind(finding),
            *self._resource(finding),
            self.texts.add(file_of(finding)),
            at.line if at else 0,
            at.column if at else 0,
            STATUS.index(status),
        ]
        exact = finding.fingerprint if finding.rule == UNPARSED else ""
        return [*row, self._waiver(finding.waiver), exact] if finding.waiver or exact else row

    def _resource(self, finding: Finding) -> Row:
        """The table, or -1; then the column's number in it, -1 for the table itself, or -2 less a text's number."""
        name, _, last = finding.resource_id.rpartition(".")
        table = self._tables.get(finding.resource_id, self._tables.get(name, -1))
        if finding.resource_type == "table" and finding.resource_id in self._tables:
            return [table, -1]
        column = self._columns[table].get(last) if table >= 0 and finding.resource_type == "column" else None
        text = f"{finding.resource_type} {finding.resource_id}"
        return [table, -2 - self.texts.add(text, NAME_LIMIT) if column is None else column]

    def _kind(self, finding: Finding) -> int:
        """The number of everything about a finding that many others have in common with it."""
        key = (finding.severity, finding.rule, finding.message, finding.reasons)
        number = self._kinds.get(key)
        if number is None:
            number = self._kinds[key] = len(self.kinds)
            reasons: Row = [self._reason(reason) for reason in finding.reasons]
            text = self.texts
            self.kinds.append([finding.severity.rank, text.add(finding.rule), text.both(finding.message), reasons])
        return number

    def _reason(self, reason: Reason) -> int:
        number = self._reasons.get(reason)
        if number is None:
            number = self._reasons[reason] = len(self.reasons)
            texts = self.texts
            clauses: Row = [texts.add(str(clause)) for clause in reason.clauses]
            bases: Row = [texts.add(str(basis)) for basis in reason.basis]
            words = texts.both(reason.message), texts.both(reason.remedy)
            self.reasons.append([texts.add(reason.rule), words[0], clauses, bases, words[1]])
        return number

    def _waiver(self, waiver: Waiver | None) -> Row:
        if waiver is None:
            return []
        since = waiver.since.isoformat() if waiver.since else ""
        told = [self.texts.add(text) for text in (waiver.reason, waiver.owner, waiver.ticket)]
        return [*told, since, waiver.expires.isoformat()]
