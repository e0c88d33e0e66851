"""The format `json`: one document in the shape that `schemas.REPORT_SCHEMA` describes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TextIO

import orjson

from .shape import decision_shape, report_shape
from .text import json_safe

if TYPE_CHECKING:
    from tutela.engine.model import Report

    from .writer import DecisionLike, Options


def write_report(report: Report, stream: TextIO, options: Options) -> None:
    """Write the report as one indented JSON document."""
    write_document(report_shape(report, options.lang), stream)


def write_decision(decision: DecisionLike, stream: TextIO, options: Options) -> None:
    """Write the decision as one indented JSON document."""
    write_document(decision_shape(decision, options.lang), stream)


def write_document(value: object, stream: TextIO) -> None:
    """Write any JSON value with two spaces of indent and a final line end."""
    stream.write(json_safe(_indented(value)) + "\n")


def _indented(value: object) -> str:
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    except TypeError:  # half a surrogate pair, a number of more than 64 bits: the same document, much slower
        return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)
