"""The formats `junit`, `github`, `gitlab` and `markdown` are what services read, whatever the data hold."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, fromstring

import pytest

from tutela.engine.errors import Location
from tutela.engine.model import Words
from tutela.reports import write
from tutela.reports.markdown import escape

if TYPE_CHECKING:
    from tutela.engine.errors import Lang
    from tutela.engine.model import Report


def _written(report: Report, format_: str) -> str:
    stream = StringIO()
    write(report, format_, stream)
    return stream.getvalue()


def _suite(report: Report) -> Element:
    root = fromstring(_written(report, "junit").encode())  # noqa: S314 - our own document
    suite = root.find("testsuite")

    assert suite is not None
    assert suite.attrib.items() >= {key: root.attrib[key] for key in ("tests", "failures", "errors")}.items()
    assert len(suite.findall("testcase")) == int(suite.attrib["tests"])
    assert len(suite.findall("testcase/failure")) == int(suite.attrib["failures"])
    return suite


def test_junit_has_a_failure_for_each_finding(report: Report) -> None:
    """Each finding is a failing test case that names its rule, resource, message and place."""
    suite = _suite(report)
    case = next(case for case in suite.findall("testcase") if case.get("line") == "12")
    failure = case.find("failure")
    names = {"classname": report.findings[0].rule, "name": "column crm.customer.id_no", "file": "db/crm.sql"}

    assert str(len(report.findings)) == suite.get("failures")
    assert failure is not None
    assert names.items() <= case.attrib.items()
    assert report.findings[0].message.en == failure.get("message")
    assert "location: db/crm.sql:12:5" in (failure.text or "").splitlines()


def test_junit_without_findings_passes(empty: Report) -> None:
    """A report without findings is one passing test case."""
    suite = _suite(empty)
    expected = {"tests": "1", "failures": "0", "errors": "0"}

    assert expected.items() <= suite.attrib.items()


def test_junit_is_xml_for_any_text(report: Report) -> None:
    """Every character that XML forbids is replaced, and what stays comes back."""
    every = "".join(map(chr, [*range(0x300), 0x2028, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF, 0x1F600, 0x10FFFF]))
    finding = report.findings[0]._replace(resource_id=every, message=Words(every), location=Location(every, 1))
    failure = _suite(replace(report, findings=(finding,))).find("testcase/failure")

    assert failure is not None
    assert "<=>?@ABC" in failure.attrib["message"]
    assert "\\x00\\x01" in failure.attrib["message"]


def test_github_has_one_line_for_each_finding(report: Report) -> None:
    """No data starts a line of its own: there are as many commands as findings, and the counts."""
    *commands, last = _written(report, "github").splitlines()
    counts = "6 findings (1 critical, 2 high, 1 medium, 1 low, 1 info), 120 checked, 1 unparsed"

    assert len(report.findings) == len(commands)
    assert all(re.match(r"::(error|warning|notice) [^\n]*::", line) for line in commands)
    assert counts == last


def test_github_escapes(report: Report) -> None:
    """Percent signs, colons and commas of data do not end a property or a message."""
    finding = report.findings[0]._replace(
        message=Words("100%\nx"), resource_id="a,b::c", location=Location("x,y.sql", 3, 4)
    )
    line = _written(replace(report, findings=(finding,)), "github").splitlines()[0]

    assert line.startswith(
        "::error file=x%2Cy.sql,line=3,col=4,title=COL-01.collected-without-purpose (column a%2Cb%3A%3Ac)"
        "::100%25 x%0Awhy: "
    )


def test_gitlab_has_what_is_required(report: Report) -> None:
    """Each issue has all fields that GitLab asks for, and a fingerprint of its own."""
    twins = replace(report, findings=(*report.findings, *report.findings))
    issues: list[dict[str, Any]] = json.loads(_written(twins, "gitlab"))

    assert len(twins.findings) == len({issue["fingerprint"] for issue in issues})
    for issue in issues:
        assert {"description", "check_name", "fingerprint", "severity", "location"} == set(issue)
        assert not set("\x1b\u202e\n") & set(issue["description"])
        assert issue["location"]["path"]
        assert issue["location"]["lines"]["begin"] >= 1
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}


def test_markdown_rows_hold(report: Report) -> None:
    """Each finding is one row with the eight cells of the head, whatever its data hold."""
    rows = [line for line in _written(report, "markdown").splitlines() if line.startswith("|")]
    bars = 9

    assert 2 + len(report.findings) == len(rows)
    for row in rows:
        assert bars == len(re.findall(r"(?<!\\)\|", row))


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("a\\|b", "a|b"),
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
        ("\\[x\\]\\(http\\://e\\)", "[x](http://e)"),
        ("\\`c\\`", "`c`"),
        ("@\u200ball", "@all"),
        ("\\\\\\|", "\\|"),
        ("a b", "a\nb"),
        ("\\\\x1b\\[0m", "\x1b[0m"),
    ],
)
def test_markdown_escapes(expected: str, text: str) -> None:
    """Text stays text."""
    assert expected == escape(text)


@pytest.mark.parametrize("format_", ["human", "github", "gitlab", "markdown", "junit"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_only_what_counts_is_a_finding(accepted: Report, format_: str, lang: Lang) -> None:
    """A service shows as many as count, and no known one by name; a waiver that is not in force is told."""
    stream = StringIO()
    write(accepted, format_, stream, lang=lang)
    text = stream.getvalue()
    marks = {"github": "\n::", "gitlab": '"check_name"', "markdown": "| ACC-06", "junit": "<failure", "human": "ACC-06"}
    expected = {"github": 2, "gitlab": 3, "markdown": 1, "junit": 3, "human": 1}
    lapsed = {"en": "not in force", "zh": "未生效"}[lang]

    assert expected[format_] == text.count(marks[format_])
    assert (format_ != "junit") == ("crm.order" not in text)
    assert (format_ != "gitlab") == (lapsed in text)
    assert (format_ in {"human", "markdown", "junit"}) == ("迁移后删除" in text)


class _Pieces(StringIO):
    """A stream that remembers the longest text it was given at once."""

    longest = 0

    def write(self, text: str, /) -> int:
        """Write, and remember."""
        self.longest = max(self.longest, len(text))
        return super().write(text)


def whole(text: str) -> str:
    """A JSON document as it is written at once."""
    return json.dumps(json.loads(text), indent=2) + "\n"


@pytest.mark.parametrize("format_", ["json", "jsonl", "sarif", "gitlab", "junit", "csv"])
def test_long_reports_are_written_in_pieces(format_: str, report: Report) -> None:
    """Hundreds of thousands of findings are never one text; the document is the same as if they were."""
    many = replace(report, findings=tuple(f for f in report.findings for _ in range(1000)))
    stream = _Pieces()
    write(many, format_, stream)
    text = stream.getvalue()

    assert stream.longest * 3 < len(text)
    if format_ in ("json", "sarif", "gitlab"):
        indents, expected = (re.sub(r"(?m)^( *).*", r"\1", one) for one in (text, whole(text)))
        assert expected == indents
    if format_ == "junit":
        assert len(many.findings) == len(_suite(many).findall("testcase"))
