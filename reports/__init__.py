"""Writers: findings and decisions become documents."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple, TextIO

from .writer import DecisionLike, DecisionWriter, Options, Writer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutela.engine.errors import Lang
    from tutela.engine.model import Report

__all__ = [
    "DECISION_FORMATS",
    "ENTRY_POINTS",
    "FORMATS",
    "DecisionLike",
    "DecisionWriter",
    "Options",
    "UnknownFormatError",
    "Writer",
    "format_names",
    "write",
    "write_decision",
]

ENTRY_POINTS: Final = "tutela.reports"
"""The entry-point group in which another package offers a `Writer` under the name of its format."""


class UnknownFormatError(LookupError):
    """A format that neither tutela nor an installed package writes."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"unknown format `{name}`: one of {', '.join(known)}")


class _ReportModule(NamedTuple):
    """The report writer of a module of this package, imported when it is first called."""

    module: str

    def __call__(self, report: Report, stream: TextIO, options: Options) -> None:
        writer: Writer = import_module(f"{__name__}.{self.module}").write_report
        writer(report, stream, options)


class _DecisionModule(NamedTuple):
    """The decision writer of a module of this package, imported when it is first called."""

    module: str

    def __call__(self, decision: DecisionLike, stream: TextIO, options: Options) -> None:
        writer: DecisionWriter = import_module(f"{__name__}.{self.module}").write_decision
        writer(decision, stream, options)


FORMATS: Final[Mapping[str, Writer]] = {
    "human": _ReportModule("human"),
    "json": _ReportModule("json_document"),
    "jsonl": _ReportModule("json_lines"),
    "sarif": _ReportModule("sarif"),
    "junit": _ReportModule("junit"),
    "github": _ReportModule("github"),
    "gitlab": _ReportModule("gitlab"),
    "markdown": _ReportModule("markdown"),
    "csv": _ReportModule("csv_rows"),
    "html": _ReportModule("html_page"),
}
"""The report formats that tutela brings, each with its writer; nothing is imported before it is used."""

DECISION_FORMATS: Final[Mapping[str, DecisionWriter]] = {
    "human": _DecisionModule("human"),
    "json": _DecisionModule("json_document"),
    "jsonl": _DecisionModule("json_lines"),
    "markdown": _DecisionModule("markdown"),
}
"""The formats of a single decision; the others have no place for one."""


def format_names() -> list[str]:
    """Name every report format at hand: tutela's own, then those of installed packages."""
    return [*FORMATS, *sorted(set(_entry_points()) - set(FORMATS))]


def write(
    report: Report,
    format: str,  # noqa: A002 - the word of the command line and of `tutela.report(format=...)`
    stream: TextIO,
    *,
    lang: Lang = "en",
    color: bool | None = None,
) -> None:
    """Write `report` to `stream` (UTF-8); `color` None leaves colour to the terminal and the environment."""
    writer = FORMATS.get(format)
    if writer is None:
        found = _entry_points()
        if format not in found:
            raise UnknownFormatError(format, [*FORMATS, *sorted(found)])
        writer = found[format]
    writer(report, stream, Options(lang, color))


def write_decision(
    decision: DecisionLike,
    format: str,  # noqa: A002 - as above
    stream: TextIO,
    lang: Lang = "en",
    *,
    color: bool | None = None,
) -> None:
    """Write one decision to `stream` in one of `DECISION_FORMATS`."""
    if format not in DECISION_FORMATS:
        raise UnknownFormatError(format, list(DECISION_FORMATS))
    DECISION_FORMATS[format](decision, stream, Options(lang, color))


class _EntryPoint(NamedTuple):
    """The writer of another package, loaded when it is first called."""

    value: str

    def __call__(self, report: Report, stream: TextIO, options: Options) -> None:
        module, _, attribute = self.value.partition(":")
        writer: Writer = getattr(import_module(module), attribute)
        writer(report, stream, options)


def _entry_points() -> dict[str, _EntryPoint]:
    """Find the writers of installed packages; nothing is loaded."""
    metadata = import_module("importlib.metadata")  # it costs a fifth of tutela's start
    return {point.name: _EntryPoint(point.value) for point in metadata.entry_points(group=ENTRY_POINTS)}
