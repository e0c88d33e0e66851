"""The catalogue of formats is complete, lazy, and open to other packages."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module, metadata
from inspect import signature
from io import StringIO
from types import ModuleType
from typing import TYPE_CHECKING, TextIO

import pytest

from tutela.reports import (
    DECISION_FORMATS,
    FORMATS,
    Options,
    UnknownFormatError,
    format_names,
    write,
    write_decision,
)

if TYPE_CHECKING:
    from tutela.engine.model import Report
    from tutela.reports import DecisionLike, Writer


def test_formats() -> None:
    """The formats are those of the documentation, and decisions have some of them."""
    expected = ["human", "json", "jsonl", "sarif", "junit", "github", "gitlab", "markdown", "csv", "html"]

    assert expected == list(FORMATS)
    assert set(DECISION_FORMATS) < set(FORMATS)


@pytest.mark.parametrize("format_", FORMATS)
def test_every_writer_conforms(format_: str, report: Report) -> None:
    """Every writer takes what the protocol says, by position and by name."""
    writer: Writer = FORMATS[format_]
    stream = StringIO()
    writer(report=report, stream=stream, options=Options("zh", color=False))
    expected = ["report", "stream", "options"]

    assert expected == list(signature(writer).parameters)
    assert stream.getvalue()


def test_nothing_is_imported_before_it_is_used() -> None:
    """Importing the package loads neither rich nor any writer."""
    code = "import sys, tutela.reports; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    expected = ["tutela.reports.writer"]

    assert expected == [m for m in result.stdout.split() if m.startswith(("rich", "tutela.reports."))]


def test_an_unknown_format_is_refused(report: Report, denied: DecisionLike) -> None:
    """An unknown format names those that exist, and nothing is written."""
    stream = StringIO()

    with pytest.raises(UnknownFormatError, match="unknown format `xml`: one of human, json"):
        write(report, "xml", stream)
    with pytest.raises(UnknownFormatError, match="unknown format `sarif`: one of human, json, jsonl, markdown"):
        write_decision(denied, "sarif", stream)
    assert not stream.getvalue()


def test_other_packages_bring_formats(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer of an entry point is found by its name, and cannot take the place of one of tutela's own."""
    module = ModuleType("their_reports")

    def count(report: Report, stream: TextIO, options: Options) -> None:
        stream.write(f"{len(report.findings)} {options.lang}")

    vars(module)["count"] = count
    monkeypatch.setitem(sys.modules, "their_reports", module)
    points = [metadata.EntryPoint(name, "their_reports:count", "tutela.reports") for name in ("count", "json")]
    monkeypatch.setattr(metadata, "entry_points", lambda group: points if group == "tutela.reports" else [])  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    own, theirs = StringIO(), StringIO()
    write(report, "count", theirs, lang="zh")
    write(report, "json", own)

    assert [*FORMATS, "count"] == format_names()
    assert f"{len(report.findings)} zh" == theirs.getvalue()
    assert own.getvalue().startswith("{")


def test_version_without_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where tutela is not installed its version is `0`."""

    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    expected = "0"

    assert expected == import_module("tutela.reports.text").tool_version()
