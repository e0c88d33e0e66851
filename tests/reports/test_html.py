"""The format `html`, as text: it reaches for nothing, and data is never markup."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO
from typing import TYPE_CHECKING, Any

from tutela.engine.model import ColumnEntry, Report, TableEntry
from tutela.reports import write

if TYPE_CHECKING:
    from tutela.engine.model import Finding

EVIL = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>\u2028\u202e' \" & ]]>"


class Tags(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember a tag."""
        self.tags.append((tag, dict(attrs)))


def page(report: Report) -> str:
    """The page of a report."""
    stream = StringIO()
    write(report, "html", stream)
    return stream.getvalue()


def tags(text: str) -> list[tuple[str, dict[str, str | None]]]:
    """The tags of a page."""
    parser = Tags()
    parser.feed(text)
    return parser.tags


def data_of(text: str) -> dict[str, Any]:
    """The data of a page."""
    [found] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    data: dict[str, Any] = json.loads(found)
    return data


def big(report: Report, tables: int, finding: Finding) -> Report:
    """A report of many tables with twenty columns and five findings each."""
    columns = tuple(
        ColumnEntry(
            f"column_{n}",
            "varchar(200)",
            "personal.contact.phone.mobile",
            n % 2 == 0,
            0.9,
            ("name mobile", "table about persons"),
        )
        for n in range(20)
    )
    inventory = tuple(TableEntry(f"crm.table_{n:04}", finding.location, columns) for n in range(tables))
    findings = tuple(
        finding._replace(resource_id=f"{table.dataset}.{column.name}", fingerprint=f"{n:032x}")
        for n, table in enumerate(inventory)
        for column in columns[:5]
    )
    return replace(report, findings=findings, inventory=inventory)


def test_the_page_reaches_for_nothing(accepted: Report) -> None:
    """No tag names anything outside, and the policy of the page forbids it."""
    text = page(accepted)
    found = tags(text)
    [policy] = [attrs["content"] for _, attrs in found if attrs.get("http-equiv") == "Content-Security-Policy"]

    assert [] == [(tag, attrs) for tag, attrs in found if {"src", "href", "action", "style"} & set(attrs)]
    assert {"link", "img", "iframe", "object", "base"}.isdisjoint(tag for tag, _ in found)
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert [] == [name for _, attrs in found for name in attrs if name.startswith("on")]


def test_data_is_never_markup(accepted: Report, report: Report) -> None:
    """Whatever stands in a name, a message, a waiver or a note: the page has the tags of a plain one."""
    evil = report.findings[0]._replace(rule=EVIL, resource_id=EVIL, resource_type=EVIL)
    column = ColumnEntry(EVIL, EVIL, EVIL, sensitive=True, confidence=1, evidence=(EVIL,))
    hostile = replace(
        accepted, command=EVIL, findings=(evil,), inventory=(TableEntry(EVIL, None, (column,)),), compared_with=EVIL
    )
    plain = replace(hostile, command="lint", compared_with="x", findings=(report.findings[0],), inventory=())
    text = page(hostile)

    assert [tag for tag, _ in tags(page(plain))] == [tag for tag, _ in tags(text)]
    assert 3 == text.count("<script")
    assert "\u202e" not in text
    assert any("<script>alert(1)</script>" in text for text in data_of(text)["texts"])


def test_two_thousand_tables_stay_small(report: Report) -> None:
    """Forty thousand columns and ten thousand findings take much less than five megabytes."""
    text = page(big(report, 2000, report.findings[0]))

    assert 10_000 == len(data_of(text)["findings"])
    assert len(text.encode()) < 3_000_000


def test_very_long_names_are_cut(report: Report) -> None:
    """They neither fill the page nor hide another one."""
    table = TableEntry(
        "t" * 100_000, None, (ColumnEntry("c" * 100_000, "", "", sensitive=False, confidence=0, evidence=()),)
    )

    assert len(page(replace(report, findings=(), inventory=(table,)))) < 60_000
