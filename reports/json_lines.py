"""The format `jsonl`: one finding a line with its provenance, nothing else (`schemas.LINE_SCHEMA`)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TextIO

from .shape import decision_shape, finding_shapes, ordered
from .text import json_safe

if TYPE_CHECKING:
    from tutela.engine.model import Report

    from .writer import DecisionLike, Options


def write_report(report: Report, stream: TextIO, options: Options) -> None:
    """Write each finding as one line; a report without findings is an empty document."""
    head = {
        "command": report.command,
        "policies": {"digest": report.policies_digest},
        "as_of": report.as_of.isoformat(),
    }
    for shape in finding_shapes(ordered(report.findings), options.lang):
        _write_line(head | shape, stream)


def write_decision(decision: DecisionLike, stream: TextIO, options: Options) -> None:
    """Write the decision as one line."""
    _write_line(decision_shape(decision, options.lang), stream)


def _write_line(value: object, stream: TextIO) -> None:
    stream.write(json_safe(json.dumps(value, ensure_ascii=False, allow_nan=False)) + "\n")
