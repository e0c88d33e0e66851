"""The format `sarif` has the structure of SARIF 2.1.0 that code scanning services read."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from tutela.engine.errors import Location
from tutela.engine.model import Severity, Words
from tutela.reports import write

if TYPE_CHECKING:
    from tutela.engine.model import Report

TEXT: dict[str, Any] = {
    "type": "object",
    "properties": {"text": {"type": "string", "minLength": 1}},
    "required": ["text"],
    "additionalProperties": False,
}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
NUMBER = {"type": "integer", "minimum": 1}
LOCATION = {
    "type": "object",
    "additionalProperties": False,
    "required": ["physicalLocation", "logicalLocations"],  # GitHub refuses a result without a file and a line
    "properties": {
        "physicalLocation": {
            "type": "object",
            "additionalProperties": False,
            "required": ["artifactLocation", "region"],
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["uri"],
                    "properties": {
                        "uri": {"type": "string", "pattern": "^[!-~]+$"},
                        "uriBaseId": {"const": "%SRCROOT%"},
                    },
                },
                "region": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["startLine"],
                    "properties": {"startLine": NUMBER, "startColumn": NUMBER},
                },
            },
        },
        "logicalLocations": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"fullyQualifiedName": {"type": "string"}, "kind": {"type": "string"}},
            },
        },
    },
}
RULE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "shortDescription", "help", "defaultConfiguration", "properties"],
    "properties": {
        "id": {"type": "string"},
        "shortDescription": TEXT,
        "help": TEXT,
        "defaultConfiguration": {
            "type": "object",
            "properties": {"level": LEVEL},
            "additionalProperties": False,
        },
        "properties": {"type": "object", "required": ["severity", "security-severity", "tags"]},
    },
}
RESULT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"],
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": TEXT,
        "locations": {"type": "array", "minItems": 1, "maxItems": 1, "items": LOCATION},
        "partialFingerprints": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        },
        "baselineState": {"enum": ["new", "unchanged", "updated", "absent"]},
        "suppressions": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["kind"],
                "properties": {
                    "kind": {"enum": ["inSource", "external"]},
                    "status": {"enum": ["accepted", "underReview", "rejected"]},
                    "justification": {"type": "string"},
                    "properties": {"type": "object"},
                },
            },
        },
        "properties": {"type": "object"},
    },
}
SARIF: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["$schema", "version", "runs"],
    "properties": {
        "$schema": {"type": "string"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["tool", "results"],
                "properties": {
                    "tool": {
                        "type": "object",
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name", "version", "rules"],
                                "properties": {"rules": {"type": "array", "items": RULE, "uniqueItems": True}},
                            }
                        },
                    },
                    "language": {"type": "string", "pattern": "^[a-z]{2}-[A-Z]{2}$"},
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "automationDetails": {"type": "object", "properties": {"id": {"type": "string"}}},
                    "results": {"type": "array", "items": RESULT},
                    "properties": {"type": "object"},
                },
            },
        },
    },
}


def _run(report: Report) -> dict[str, Any]:
    stream = StringIO()
    write(report, "sarif", stream)
    document = json.loads(stream.getvalue())
    Draft202012Validator(SARIF).validate(document)  # pyright: ignore[reportUnknownMemberType] - its stub
    run: dict[str, Any] = document["runs"][0]
    return run


@pytest.mark.parametrize("name", ["report", "accepted", "unchanged", "empty"])
def test_structure(name: str, request: pytest.FixtureRequest) -> None:
    """The parts that tutela uses are where the standard has them, and each result points at its rule."""
    report: Report = request.getfixturevalue(name)
    run = _run(report)
    rules = run["tool"]["driver"]["rules"]

    assert len(report.findings) == len(run["results"])
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def test_levels(report: Report) -> None:
    """Critical and high are errors, medium is a warning, low and info are notes."""
    levels = [(result["properties"]["severity"], result["level"]) for result in _run(report)["results"]]
    expected = [
        ("critical", "error"),
        ("high", "error"),
        ("high", "error"),
        ("medium", "warning"),
        ("low", "note"),
        ("info", "note"),
    ]

    assert expected == levels


def test_places(report: Report) -> None:
    """A region holds what is known; a finding without a file stands at a path made of its resource."""
    places = {result["ruleId"]: result["locations"][0] for result in _run(report)["results"]}
    logical = {
        "logicalLocations": [{"fullyQualifiedName": "crm.order", "kind": "column"}],
        "physicalLocation": {
            "artifactLocation": {"uri": "column/crm.order", "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": 1},
        },
    }
    line = {
        "artifactLocation": {"uri": "db/crm.sql", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 40},
    }
    file = {"artifactLocation": {"uri": "file:///abs/x.sql"}, "region": {"startLine": 1}}

    assert logical == places["RET-01.kept-too-long"]
    assert line == places["unparsed"]["physicalLocation"]
    assert file == places["RET-02.no-schedule"]["physicalLocation"]


@pytest.mark.parametrize(
    ("uri", "file"),
    [
        ("db/%E5%AE%A2%20%E8%A1%A8.sql", "db/客 表.sql"),
        ("a%3Ab.sql", "a:b.sql"),
        ("db/x.sql", ".\\db\\x.sql"),
        ("file:///C:/db/x.sql", "C:\\db\\x.sql"),
        ("%3Cstdin%3E", "<stdin>"),
        ("half%3F", "half\ud83d"),
    ],
)
def test_uris(uri: str, file: str, report: Report) -> None:
    """A path becomes a URI reference: encoded, with forward slashes, no scheme by accident."""
    finding = report.findings[0]._replace(location=Location(file))
    place = _run(replace(report, findings=(finding,)))["results"][0]["locations"][0]

    assert uri == place["physicalLocation"]["artifactLocation"]["uri"]


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        ("plain `x` [y] {z}", "plain `x` [y] {z}"),
        ("see \\[x\\](http://evil)", "see [x](http://evil)"),
        ("value {{0}}", "value {0}"),
    ],
)
def test_messages_are_plain(shown: str, text: str, report: Report) -> None:
    """Neither a link nor a placeholder of the standard comes of text in data."""
    finding = report.findings[0]._replace(message=Words(text))

    assert shown == _run(replace(report, findings=(finding,)))["results"][0]["message"]["text"]


def test_help_is_of_the_rule_itself(report: Report) -> None:
    """A rule's help gives its own remedy and basis, not those of the rules that failed beside it."""
    rules = {rule["id"]: rule for rule in _run(report)["tool"]["driver"]["rules"]}
    rule = rules["COL-01.collected-without-purpose"]
    remedy = "remedy: declare a purpose that needs it, or drop the column"
    basis = "basis: PIPL Art. 6; customer information rules"
    title = "COL-01: collected without purpose"

    assert f"{remedy}\n{basis}" == rule["help"]["text"]
    assert title == rule["shortDescription"]["text"]
    assert str(Severity.CRITICAL) == rule["properties"]["severity"]


def test_an_address_is_no_file(report: Report) -> None:
    """A finding in a live database has no scheme that a code scanning service would refuse."""
    live = report.findings[0]._replace(location=Location("postgresql://db.example.org/crm"))
    place = _run(replace(report, findings=(live,)))["results"][0]["locations"][0]

    assert "column/crm.customer.id_no" == place["physicalLocation"]["artifactLocation"]["uri"]


def test_what_does_not_count_is_marked(accepted: Report) -> None:
    """A waiver suppresses, what was compared has a state, and what is gone is no result."""
    run = _run(accepted)
    results = {result["properties"]["resource"]["id"]: result for result in run["results"]}
    waived = results["crm.customer.id_no"]["suppressions"]
    expected = ["new", "unchanged", "new", "unchanged", "new"]

    assert ["external"] == [suppression["kind"] for suppression in waived]
    assert "迁移后删除 (owner: E1007, until 2025-06-30, ticket: CRM-7)" == waived[0]["justification"]
    assert 1 == sum("suppressions" in result for result in run["results"])
    assert expected == [result["baselineState"] for result in run["results"]]
    assert 2 == len(run["properties"]["absent"])
    assert "not in force" in next(r for r in run["results"] if r["ruleId"] == "ACC-06.bulk-export")["message"]["text"]
