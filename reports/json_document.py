"""The format `json`: one document in the shape that `schemas.REPORT_SCHEMA` describes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final, TextIO, cast

import orjson

from .shape import decision_shape, report_shape
from .text import json_safe

if TYPE_CHECKING:
    from tutela.engine.model import Report

    from .writer import DecisionLike, Options


AT_ONCE: Final = 500
"""How many findings are written at a time."""


def write_report(report: Report, stream: TextIO, options: Options) -> None:
    """Write the report as one indented JSON document, piece by piece: the whole would be in memory several times."""
    before = "{\n"
    for name, value in report_shape(report, options.lang).items():
        stream.write(f'{before}  "{name}": ')
        if isinstance(value, Iterator):
            _write_items(cast("Iterator[object]", value), stream)
        else:
            stream.write(_nested(value))
        before = ",\n"
    stream.write("\n}\n")


def write_around(document: object, name: str, items: Iterator[object], stream: TextIO, margin: str) -> None:
    """Write a document whose one empty array `name`, so far in, is filled with items made while they are read."""
    before, member, after = json_safe(_indented(document)).partition(f'"{name}": []')
    stream.write(before + member.removesuffix("[]"))
    _write_items(items, stream, margin)
    stream.write(f"{after}\n")


def write_list(items: Iterator[object], stream: TextIO) -> None:
    """Write an array as a document; its items are made while they are read."""
    _write_items(items, stream, "")
    stream.write("\n")


def _write_items(items: Iterator[object], stream: TextIO, margin: str = "  ") -> None:
    """Write an array whose items are made while they are read; the line of its `]` begins with the margin."""
    before, end = "[", f"\n{margin}]"
    while some := list(islice(items, AT_ONCE)):
        stream.write(before + _nested(some, margin)[1 : -len(end)])
        before = ","
    stream.write("[]" if before == "[" else end)


def _nested(value: object, margin: str = "  ") -> str:
    """A member of the document: no text holds a line end, so every line but the first is further in."""
    return json_safe(_indented(value)).replace("\n", f"\n{margin}")


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
