"""JSON objects in DuckDB: their fields as columns, and when these are what they seem.

DuckDB gives most values as texts, whatever stands in the file: `true`, `1.5` and `{"a":1}` are texts then like any
other. So a text that could have been something else is not plain; it is rare, and the reader of lines looks at it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from .event_records import TIME, Field, quoted
from .event_table import TEXTS, literal
from .log_lines import MAX_LINE
from .log_parquet import ZONED, file_literal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from .log_mapped import LogMapping

_RAW: Final = "JSON"
_WHOLE: Final = r"-?\d+"
_OTHER: Final = r"true|false|[\[{].*|-?\d+(?:\.\d+|(?:\.\d+)?[eE][-+]?\d+)|-?(?:NaN|nan|Infinity|inf)"
"""What a value that is no text and no whole number looks like as a text."""
AMBIGUOUS: Final = (
    f"regexp_matches(concat_ws(chr(31), {', '.join(name for name in TEXTS if name != 'id')}),"
    rf" '(?s)(?:^|\x1f)(?:{_OTHER})(?:\x1f|$)')"
    f" OR regexp_full_match(sql, '{_WHOLE}')"
    f" OR regexp_full_match(tables, '{_WHOLE}') OR regexp_full_match(columns, '{_WHOLE}')"
)
"""When a text of a record (as `projected`) could have been no text; whole numbers count as texts where names stand."""


class Objects(NamedTuple):
    """The fields that are read of objects, by the names that these have for them."""

    usual: Mapping[str, str]
    """Our name -> theirs, of fields that most objects have; time and rows are among them."""
    rare: Mapping[str, str]
    """Those that hardly any object has: they stand in one list, a column for each would be the most of the table."""
    checked: tuple[str, ...]
    """Their names of what is not kept, but has to be a text or a whole number all the same."""

    def kinds(self) -> dict[str, str]:
        """Their names, and as what each value is read: raw where it is kept or checked by itself."""
        every = {**self.usual, **self.rare}
        texts = {source for name, source in every.items() if name not in ("id", "row_count")}
        named = dict.fromkeys((*every.values(), *self.checked))
        return {source: "VARCHAR" if source in texts else _RAW for source in named}

    def records(self, objects: str) -> str:
        """The query for the records of a relation of objects: `j` (a structure of `kinds`), `single` and `blank`."""
        columns = [f"{_of(source)} AS {quoted(name)}" for name, source in self.usual.items() if name not in _MADE]
        columns.append(f"{self._time()} AS at")
        if "row_count" in self.usual:
            columns.append(f"{self._rows()} AS row_count")
        if self.rare:
            listed = ", ".join(f"{_of(source)}::VARCHAR" for source in self.rare.values())
            columns.append(f"CASE WHEN coalesce({listed}) IS NOT NULL THEN [{listed}] END AS more")
        return f"SELECT {self._plain()} AS plain, blank, {', '.join(columns)} FROM ({objects}) AS o"

    def typed(self) -> dict[str, Field]:
        """The fields of the records, in the table that is made of them."""
        kinds = {"at": ZONED, "row_count": "BIGINT"}
        found = {name: Field(f"r.{quoted(name)}", kinds.get(name, "VARCHAR")) for name in self.usual}
        found |= {name: Field(f"r.more[{place}]", "VARCHAR") for place, name in enumerate(self.rare, 1)}
        source = self.usual.get("id") or self.rare.get("id")
        if source and self.kinds()[source] == _RAW:
            found["id"] = Field(f"(({found['id'].sql})::JSON ->> '$')", "VARCHAR")
        return found

    def _plain(self) -> str:
        """When time, rows and what is kept raw are what they seem, and each key stands once."""
        kinds = self.kinds()
        apart = {self.usual.get("id"), self.usual.get("row_count")}
        unseen = [_of(source) for source, kind in kinds.items() if kind == _RAW and source not in apart]
        tests = ["single"]
        if (name := self.usual.get("id")) is not None and kinds[name] == _RAW:
            tests.append(_is_text(_of(name)))
        if unseen:  # hardly ever is there any of them
            rest = " AND ".join(map(_is_text, unseen))
            tests.append(f"CASE WHEN coalesce({', '.join(unseen)}) IS NULL THEN TRUE ELSE {rest} END")
        if "row_count" in self.usual:
            rows = _of(self.usual["row_count"])
            tests.append(f"({rows} IS NULL OR coalesce({self._rows()}::VARCHAR = {rows}::VARCHAR, FALSE))")
        return " AND ".join(tests)

    def _rows(self) -> str:
        return f"try_cast({_of(self.usual['row_count'])}::VARCHAR AS BIGINT)"

    def _time(self) -> str:
        at = _of(self.usual["at"])
        return f"try_cast(CASE WHEN regexp_full_match({at}, {literal(TIME)}) THEN {at} END AS TIMESTAMP WITH TIME ZONE)"


_MADE: Final = ("at", "row_count")


def objects_of(mapping: LogMapping, seen: Collection[str]) -> Objects | None:
    """What a mapping reads of objects; `seen` are the keys of the first ones. None: DuckDB cannot tell it apart."""
    sources = {name: mapping.fields[name] for name in ("at", "action", "row_count", *TEXTS) if name in mapping.fields}
    rows = sources.get("row_count")
    if "at" not in sources or sum(source == rows for source in mapping.fields.values()) > 1:
        return None
    if any(re.fullmatch(f"{_OTHER}|{_WHOLE}", word) for word in mapping.actions):
        return None  # `true` is another action than "true"
    usual = {name: source for name, source in sources.items() if source in seen or name in _MADE}
    rare = {name: source for name, source in sources.items() if name not in usual}
    kept = set(sources.values())
    return Objects(usual, rare, tuple(dict.fromkeys(s for s in mapping.fields.values() if s not in kept)))


def objects_in_file(path: Path, kinds: Mapping[str, str]) -> str:
    """The objects of a file of JSON lines: it must hold nothing else, and a key that is read stands once in each."""
    columns = ", ".join(f"{literal(name)}: '{kind}'" for name, kind in kinds.items())
    return (
        "SELECT j, TRUE AS single, FALSE AS blank FROM read_json("
        f"{file_literal(str(path))}, format = 'newline_delimited', auto_detect = false, records = 'true',"
        f" maximum_object_size = {MAX_LINE}, columns = {{{columns}}}) AS j"
    )


def objects_in_lines(lines: str, kinds: Mapping[str, str], orders: Collection[tuple[str, ...]]) -> str:
    """The objects of lines (`line`), whatever else these are; `single`: a line is an object without a key twice.

    `orders` are keys that most objects have in this order: to compare lists is faster than to look for what is twice.
    """
    wanted = orjson.dumps(dict(kinds)).decode()
    usual = "".join(f"WHEN keys = [{', '.join(map(literal, order))}] THEN TRUE " for order in orders if order)
    return (
        f"SELECT CASE WHEN keys IS NOT NULL THEN json_transform(line, {literal(wanted)}) END AS j,"
        f" CASE {usual}WHEN keys IS NULL THEN FALSE ELSE len(keys) = len(list_distinct(keys)) END AS single,"
        " CASE WHEN keys IS NULL THEN trim(line) = '' ELSE FALSE END AS blank FROM (SELECT line,"
        " CASE WHEN json_valid(line) AND ltrim(line, ' \t') LIKE '{%' THEN json_keys(line) END AS keys"
        f" FROM ({lines}) AS a) AS b"
    )


def _of(source: str) -> str:
    return f"o.j.{quoted(source)}"


def _is_text(raw: str) -> str:
    """When a raw value is a text, a whole number or absent."""
    return (
        f"CASE WHEN {raw} IS NULL OR starts_with({raw}::VARCHAR, '\"') THEN TRUE"
        f" ELSE regexp_full_match({raw}::VARCHAR, {literal(_WHOLE)}) END"
    )
