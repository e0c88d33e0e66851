"""The formats `json` and `jsonl` keep to the published schemas and lose nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from tutela.engine.model import ColumnEntry, TableEntry
from tutela.reports import write, write_decision
from tutela.reports.schemas import DECISION_SCHEMA, LINE_SCHEMA, REPORT_SCHEMA
from tutela.reports.shape import plain
from tutela.reports.text import json_safe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutela.engine.model import Report
    from tutela.reports import DecisionLike


def _validate(value: object, schema: Mapping[str, object]) -> None:
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    validator.validate(value)  # pyright: ignore[reportUnknownMemberType] - its stub


def _written(report: Report, format_: str) -> str:
    stream = StringIO()
    write(report, format_, stream)
    return stream.getvalue()


@pytest.mark.parametrize("name", ["report", "accepted", "unchanged", "empty"])
def test_report_keeps_to_its_schema(name: str, request: pytest.FixtureRequest) -> None:
    """A report with and one without findings validate against the schema."""
    document = json.loads(_written(request.getfixturevalue(name), "json"))

    _validate(document, REPORT_SCHEMA)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("extra", "1"),
        ("as_of", '"2025-03-01T09:30:00"'),
        ("tool", '{"name": "other", "version": "1"}'),
        ("findings", "[{}]"),
        ("summary", "{}"),
    ],
)
def test_schema_refuses_other_documents(key: str, value: str, empty: Report) -> None:
    """The schema sees unknown keys, a time without an offset, another tool and a finding without content."""
    document: dict[str, object] = json.loads(_written(empty, "json"))
    document[key] = json.loads(value)

    with pytest.raises(ValidationError):
        _validate(document, REPORT_SCHEMA)


def test_nothing_is_lost(report: Report) -> None:
    """Nasty text comes back from JSON as it went in, places that are not known as null."""
    document = json.loads(_written(report, "json"))
    by_rule: dict[str, Any] = {finding["rule"]: finding for finding in document["findings"]}
    nasty = next(finding for finding in report.findings if finding.rule == "ACC-06.bulk-export")
    counts = {"critical": 1, "high": 2, "medium": 1, "low": 1, "info": 1}
    only_file = {"file": "/abs/x.sql", "line": None, "column": None}

    assert nasty.resource_id == by_rule[nasty.rule]["resource"]["id"]
    assert nasty.location
    assert {"file": nasty.location.file, "line": 7, "column": 9} == by_rule[nasty.rule]["location"]
    assert by_rule["RET-01.kept-too-long"]["location"] is None
    assert only_file == by_rule["RET-02.no-schedule"]["location"]
    assert counts == document["summary"]["by_severity"]


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1203])
def test_a_long_report_is_one_document(count: int, report: Report) -> None:
    """It is written piece by piece, and is what a printer of the whole would have made of it."""
    first = report.findings[0]
    reasons = [finding.reasons for finding in report.findings if finding.reasons]
    others = [first._replace(resource_id=f"t.{n}", reasons=reasons[n % len(reasons)]) for n in range(count)]
    column = ColumnEntry("mobile", "text", "personal.contact.phone", sensitive=False, confidence=0.9, evidence=("x",))
    tables = tuple(TableEntry(f"t{n:04}", first.location, (column,) * (n % 3)) for n in range(count))
    text = _written(replace(report, findings=tuple(others), inventory=tables), "json")
    document = json.loads(text)
    said = {str(finding.resource_id): finding.reasons[0].message.en for finding in others}

    assert text == json_safe(json.dumps(document, ensure_ascii=False, indent=2)) + "\n"
    assert said == {found["resource"]["id"]: found["reasons"][0]["message"] for found in document["findings"]}
    assert [table.dataset for table in tables] == [table["dataset"] for table in document["inventory"]]


def test_clauses_are_joined(report: Report) -> None:
    """A reason has one text for all its failing clauses, with the values that they read."""
    reason = json.loads(_written(report, "json"))["findings"][0]["reasons"][0]
    clause = (
        "resource.purpose != null [resource.purpose = null]; "
        "resource.category in purpose.allows [resource.category = personal.id.national]"
    )
    basis = ["PIPL Art. 6", "customer information rules"]

    assert clause == reason["clause"]
    assert basis == reason["basis"]


def test_every_line_stands_alone(report: Report) -> None:
    """Each line of `jsonl` is one finding in the order of `json`, with the provenance of the report."""
    lines = [json.loads(line) for line in _written(report, "jsonl").splitlines()]
    findings = json.loads(_written(report, "json"))["findings"]

    assert findings == [{key: line[key] for key in findings[0]} for line in lines]
    for line in lines:
        _validate(line, LINE_SCHEMA)


def test_no_findings_no_lines(empty: Report) -> None:
    """A report without findings is an empty `jsonl` document."""
    assert not _written(empty, "jsonl")


@pytest.mark.parametrize("name", ["denied", "allowed"])
def test_decision_keeps_to_its_schema(name: str, request: pytest.FixtureRequest) -> None:
    """Decisions validate, also with dates, sets and NaN in their obligations."""
    decision: DecisionLike = request.getfixturevalue(name)
    document, line = StringIO(), StringIO()
    write_decision(decision, "json", document)
    write_decision(decision, "jsonl", line)

    _validate(json.loads(document.getvalue()), DECISION_SCHEMA)
    assert json.loads(document.getvalue()) == json.loads(line.getvalue())
    assert line.getvalue().count("\n") == 1


def test_json_bears_no_terminal_codes(report: Report) -> None:
    """A terminal obeys nothing in the document, and a lone surrogate does not break its encoding."""
    broken = report.findings[0]._replace(resource_id="half \ud83d pair")
    text = _written(replace(report, findings=(*report.findings, broken)), "json")

    assert not {char for char in text if char != "\n" and not char.isprintable()}
    assert "half \\ufffd pair" in text
    assert text.encode()


def _nested(depth: int) -> object:
    value: object = "core"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        ("inf", float("inf")),
        (["a", "b"], {"b", "a"}),
        ({"1": [True, None]}, {1: (True, None)}),
        ("2025-06-01", date(2025, 6, 1)),
        ("2025-06-01T00:00:00+00:00", datetime(2025, 6, 1, tzinfo=UTC)),
    ],
)
def test_plain_values(expected: object, value: object) -> None:
    """Values of policies become values of JSON."""
    assert expected == plain(value)


def test_deep_values_end() -> None:
    """Nesting beyond the limit becomes text instead of exhausting the stack."""
    assert json.dumps(plain(_nested(400))).count("[[") > 0
    assert isinstance(plain([1], 0), str)
