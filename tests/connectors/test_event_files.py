"""Mapped logs in DuckDB are what the readers line by line make of them: every event, every hole, every place."""

from __future__ import annotations

import json
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from tutela.connectors import event_lines, event_numbers
from tutela.connectors.event_table import EVENTS, row_of
from tutela.connectors.log_mapped import make_mapping
from tutela.connectors.logs import read_log
from tutela.engine.errors import InputError
from tutela.engine.events import Event, Hole

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("duckdb")
from tutela.connectors.audit_duckdb import duck_database
from tutela.connectors.event_files import load_file

VALUES: list[Any] = [
    None, "", 1, -5, True, 1.5, "x", "2026-11-02T09:00:00Z", "2026-11-02T09:00:00.123+08:00", "2026-11-02 24:00:00Z",
    "2026-02-30T00:00:00Z", "2026-11-02T09:00:00", "20261102T090000Z", ["a"], ["a", "b;c"], {"b": 1}, "a;b", " a ",
    "read", "SELECT", "nope", "success", "denied", "error", "select 1", "\u3000", "\t", 10**18, 10**30, "12", 0,
    "select 'a''b' from t", "9" * 20, "身份证", "\\", "line\u2028end",
]  # fmt: skip
STRANGE = ["", "[1]", "null", "{}", '  {"at":1}', "nan", "{'a':1}", '{"a":NaN}', '"text"', "{", "  "]


def _lines(seed: int, count: int) -> list[str]:
    """Records, most of them plain, some with odd values, missing or doubled keys, or cut."""
    r = Random(seed)  # noqa: S311 (test data)
    made: list[str] = []
    for number in range(count):
        record: dict[str, Any] = {
            "id": f"e{number}",
            "at": "2026-11-02T09:00:00+08:00",
            "account": "u",
            "action": "read",
            "sql": "select a from t",
            "row_count": 5,
            "objects": "a.b",
            "result": "success",
        }
        for name in [*record, "role", "columns", "purpose", "other"]:
            if r.random() < 0.05:
                record[name] = r.choice(VALUES)
            if r.random() < 0.03:
                record.pop(name, None)
        line = json.dumps(record, ensure_ascii=r.random() < 0.5)
        fate = r.random()
        made.append(
            line[:-3] if fate < 0.01
            else f'{line[:-1]}, "id": "again"}}' if fate < 0.02
            else r.choice(STRANGE) if fate < 0.04
            else line
        )  # fmt: skip
    return made


def _by_place(items: list[Event | Hole]) -> dict[int, tuple[Any, ...]]:
    """What each line comes to: the columns of an event, or a hole's code and argument; denied ones are not asked."""
    found: dict[int, tuple[Any, ...]] = {}
    for item in items:
        line = item.location.line
        if isinstance(item, Hole):
            found[line] = (item.code, *item.problem.args.values())
        elif item.result != "denied":
            row = row_of(item, line)
            row["instant"] = datetime.fromisoformat(str(row["instant"])) if row["instant"] else None
            found[line] = tuple(row[name] for name in EVENTS)
    return found


def _counted(count: int) -> None:
    """A mapped log has no messages that are no access."""
    raise AssertionError(count)


def _in_duckdb(
    path: Path, kind: str, mapping: dict[str, object] | None = None
) -> tuple[dict[int, tuple[Any, ...]], int]:
    with duck_database() as database:
        rest = load_file(database, path, kind, make_mapping(mapping), _counted)
        assert rest is not None
        found = _by_place(list(rest.items))
        taken = {row[0]: tuple(row) for row in database.rows(f"SELECT {', '.join(EVENTS)} FROM events")}
    assert not found.keys() & taken.keys()
    return {**found, **taken}, len(taken)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("end", ["\n", ""])
def test_json_lines(tmp_path: Path, seed: int, end: str) -> None:
    """Line for line the same; most plain records are taken in SQL."""
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(_lines(seed, 1_500)) + '\n{"id": "cut", "at": "2026' + end, encoding="utf-8")
    found, taken = _in_duckdb(path, "jsonl")
    assert _by_place(list(read_log(path, format="jsonl"))) == found
    assert taken > 700


@pytest.mark.parametrize("time", ['"at"', 'try_cast("at" AS TIMESTAMPTZ) AS "at"'])
def test_parquet(tmp_path: Path, time: str) -> None:
    """Rows of a Parquet file, with times that have a zone or are texts."""
    import duckdb

    source, path = tmp_path / "log.json", tmp_path / "log.parquet"
    names = ("id", "at", "account", "action", "sql", "objects", "result", "role", "columns", "row_count")
    records: list[dict[str, str]] = []
    for line in _lines(9, 600):
        if line.startswith('{"id"') and line.endswith("}"):
            record = json.loads(line)
            records.append({name: str(record[name]) for name in names if record.get(name) is not None})
    source.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    kinds = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    texts = ", ".join(f'"{name}"' for name in names if name not in ("at", "row_count"))
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT {texts}, try_cast(row_count AS BIGINT) AS row_count, {time} FROM"
            f" read_json('{source}', format = 'newline_delimited', columns = {{{kinds}}})) TO '{path}' (FORMAT parquet)"
        )
    found, taken = _in_duckdb(path, "parquet")
    assert _by_place(list(read_log(path, format="parquet"))) == found
    assert taken > 250


@pytest.mark.parametrize("seed", range(4))
def test_orders_of_keys_that_the_first_lines_do_not_have(tmp_path: Path, seed: int) -> None:
    """Whatever the first lines of a file look like, every line is read as it stands; doubled keys are never plain."""
    r = Random(seed)  # noqa: S311 (test data)
    whole: dict[str, Any] = {"id": "e", "at": "2026-11-02T09:00:00Z", "account": "u", "action": "read", "row_count": 5,
                             "sql": "select a from t", "employee": "E1", "app.x-y @1": "z", "键": 1}  # fmt: skip
    values = [
        None,
        7,
        -7,
        0,
        -0.0,
        1.5,
        True,
        "x",
        '\\"/\b',
        "\x00",
        "\x7f",
        "😀",
        "\ud7ff",
        "é",
        [1],
        {"a": 1},
        10**18,
    ]
    lines: list[str] = []
    for number in range(1_500):
        items = [(key, r.choice(values) if r.random() < 0.1 else value) for key, value in whole.items()]
        if number > 300 or seed % 2:
            r.shuffle(items)
        if r.random() < 0.1:
            items.append(r.choice(items))
        colon, comma = r.choice([(":", ","), (": ", ", "), (" : ", " ,"), (":\t", ",")])
        ascii_ = r.random() < 0.5
        pairs = [json.dumps(key, ensure_ascii=ascii_) + colon + json.dumps(value, ensure_ascii=ascii_)
                 for key, value in items]  # fmt: skip
        lines.append("{" + comma.join(pairs) + r.choice(["}", " }", "} "]))
    path = tmp_path / "log[1].jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "log1.jsonl").write_text("{}\n", encoding="utf-8")
    found, taken = _in_duckdb(path, "jsonl")
    assert _by_place(list(read_log(path, format="jsonl"))) == found
    assert taken > 300


ODD: list[str] = [
    "null", "true", "false", "7", "-7", "0", "-0", "1.5", "-0.0", "1e3", "1E-7", "12345678901234567890", "1" + "0" * 30,
    '"true"', '"1.5"', '"1e3"', '"NaN"', '"12"', '"-3"', '"10.0.0.1"', '"[a]"', '"{b}"', '""', '" "', '"\\u0000z"',
    '"a\\u001fb"', '"\\u001ftrue"', '"\\ud83d\\ude00"', '"\\/\\n"', '["a"]', "[]", '{"b": 1}',
    '{"b": 1, "b": 2}', "{}", "-1e400",
]  # fmt: skip
"""Values of JSON, of which several look the same as a text."""


@pytest.mark.parametrize("seed", range(6))
def test_lines_that_are_all_objects_are_read_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Whatever values the fields have, and whatever stands in those that are not read: DuckDB's own reader is right."""
    monkeypatch.setattr(event_lines, "objects_in_lines", None)  # would be called for the other way
    r = Random(seed)  # noqa: S311 (test data)
    whole = {"id": '"e"', "at": '"2026-11-02T09:00:00Z"', "account": '"u"', "action": '"read"', "row_count": "5",
             "sql": '"select a from t"', "objects": '"a.b"', "employee": '"E1"', "session": "12"}  # fmt: skip
    lines: list[str] = []
    for number in range(1_200):
        fields = {**whole, "id": f'"e{number}"'}
        for name in [*fields, "purpose", "role", "columns", "result", "destination", "Account"]:
            if r.random() < 0.06:
                fields[name] = r.choice(ODD)
            if r.random() < 0.04:
                fields.pop(name, None)
        pairs = [f'"{name}": {value}' for name, value in fields.items()]
        if r.random() < 0.2:  # nobody reads these
            pairs += r.choice([['"note": NaN'], ['"note": 1', '"note": 2'], ['"note": {"x": [1, {"y": 1, "y": 2}]}']])
        if seed % 2:
            r.shuffle(pairs)
        lines.append("{" + ", ".join(pairs) + "}")
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(lines) + "\n" * (seed % 3 > 0), encoding="utf-8")
    found, taken = _in_duckdb(path, "jsonl")
    assert _by_place(list(read_log(path, format="jsonl"))) == found
    assert taken > 300


@pytest.mark.parametrize(
    ("mapping", "taken"),
    [
        ({"fields": {"at": "t", "account": "who", "id": "who", "sql": "q"}}, True),
        ({"fields": {"at": "t", "account": "who", "row_count": "n", "request_id": "n", "sql": "q"}}, False),
        ({"fields": {"at": "t", "account": "who", "action": "ok", "sql": "q"}, "actions": {"true": "read"}}, False),
        ({"fields": {"at": "t", "account": "who", "action": "ok", "sql": "q"}, "actions": {"1": "read"}}, False),
        ({"fields": {"at": "t", "account": "WHO", "application": "who", "sql": "q"}}, False),
    ],
    ids=["a name for two", "rows and a text", "action true", "action 1", "capitals"],
)
def test_odd_mappings_mean_the_same(tmp_path: Path, mapping: dict[str, object], taken: bool) -> None:
    """Two fields of one name, words for actions that JSON has itself, names that differ in capitals only."""
    lines = [
        f'{{"t": "2026-11-02T09:00:00Z", "who": {who}, "WHO": "w", "q": "select a from t", "n": {n}, "ok": {ok}}}'
        for who in ('"u"', "5", "1.5", "true")
        for n in ("7", '"7"', "1.5", "null")
        for ok in ("true", '"true"', "1", '"1"')
    ]
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    expected = _by_place(list(read_log(path, format="jsonl", mapping=mapping)))
    with duck_database() as database:
        assert taken == (load_file(database, path, "jsonl", make_mapping(mapping), _counted) is not None)
    if taken:  # otherwise the reader of lines is asked for all of it
        assert expected == _in_duckdb(path, "jsonl", mapping)[0]


def test_constants_and_names(tmp_path: Path) -> None:
    """A mapping's names, constants and words for actions are the same in SQL."""
    path = tmp_path / "log.jsonl"
    path.write_text(
        '{"when": "2026-11-02T09:00:00Z", "who": "u", "what": "LOOK", "q": "select 1"}\n'
        '{"when": "2026-11-02T09:00:00Z", "who": "u", "q": "select a", "app": "x"}\n',
        encoding="utf-8",
    )
    mapping: dict[str, object] = {
        "fields": {"at": "when", "account": "who", "action": "what", "sql": "q", "application": "app"},
        "constants": {"application": "crm", "purpose": "care"},
        "actions": {"look": "read"},
    }
    found, taken = _in_duckdb(path, "jsonl", mapping)
    assert _by_place(list(read_log(path, format="jsonl", mapping=mapping))) == found
    assert 2 == taken


def test_lines_that_are_not_plain_are_of_the_same_file(tmp_path: Path) -> None:
    """They are read a second time: a log that grew is fine, one that was cut or exchanged meanwhile is refused."""
    path = tmp_path / "log.jsonl"
    text = '{"at": "2026-11-02T09:00:00Z", "account": "u", "sql": "select a"}\n{"at": "yesterday", "account": "u"}\n'
    for later, fine in ((text, True), (text + text, True), (text[:70], False)):
        path.write_text(text, encoding="utf-8")
        with duck_database() as database:
            rest = load_file(database, path, "jsonl", make_mapping(None), _counted)
            assert rest is not None
            path.write_text(later, encoding="utf-8")
            if fine:
                assert [2] == [item.location.line for item in rest.items]
            else:
                with pytest.raises(InputError) as raised:
                    list(rest.items)
                assert ["log-changed"] == [problem.code for problem in raised.value.problems]


@pytest.mark.parametrize("seed", range(3))
def test_fields_that_the_first_lines_do_not_have(tmp_path: Path, seed: int) -> None:
    """What only later lines say is read, whatever stands there; so are logs whose first lines are no records at all."""
    r = Random(seed)  # noqa: S311 (test data)
    path = tmp_path / "log.jsonl"
    usual = {"at": "2026-11-02T09:00:00Z", "account": "u", "sql": "select a from t"}
    with path.open("w", encoding="utf-8") as stream:
        for _ in range(1_200):
            stream.write("no record\n" if seed == 2 else json.dumps(usual) + "\n")
        for number in range(400):
            record: dict[str, Any] = {**usual, "id": f"e{number}", "action": "read", "result": "success"}
            for name in ("purpose", "role", "database", "row_count", "objects", "columns", "action", "result"):
                if r.random() < 0.3:
                    record[name] = r.choice(VALUES)
            stream.write(json.dumps(record) + "\n")
    found, taken = _in_duckdb(path, "jsonl")
    assert _by_place(list(read_log(path, format="jsonl"))) == found
    assert taken > (50 if seed == 2 else 1_250)


@pytest.mark.parametrize("strange", [b"\r", b"\xef\xbb\xbf", b"\0", b"\x01"])
@pytest.mark.parametrize("place", [254, 255, 256, 257, 600])
def test_strange_bytes_are_found_wherever_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strange: bytes, place: int
) -> None:
    """A file is looked through piece by piece, also between two of them, and also behind its first piece."""
    monkeypatch.setattr(event_lines, "_LOOKED", 256)
    monkeypatch.setattr(event_lines, "_SEEN", 256)
    path = tmp_path / "log.jsonl"
    line = b'{"at": "2026-11-02T09:00:00Z", "account": "u", "sql": "select a"}\n'
    text = line * 12
    path.write_bytes(text[:place] + strange + text[place:])
    with duck_database() as database:
        assert load_file(database, path, "jsonl", make_mapping(None), _counted) is None
        path.write_bytes(text)
        assert load_file(database, path, "jsonl", make_mapping(None), _counted) is not None


@pytest.mark.parametrize(
    "text", ['{"at": 1}\r\n{"at": 2}\r\n', '\ufeff{"at": 1}\n', '{"at": 1}\x00\n', '{"at": "\x01"}\n']
)
def test_files_that_could_be_split_otherwise_are_left_alone(tmp_path: Path, text: str) -> None:
    """Carriage returns, byte order marks and control characters are for the reader line by line."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(text.encode())
    with duck_database() as database:
        assert load_file(database, path, "jsonl", make_mapping(None), _counted) is None


@pytest.mark.parametrize("digest", [event_numbers.DIGEST, "hash(({}) IS NULL)"])
def test_each_event_has_the_number_of_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, digest: str
) -> None:
    """Texts are numbered by a digest; where two would have the same, they are looked up instead."""
    monkeypatch.setattr(event_numbers, "DIGEST", digest)
    path = tmp_path / "log.jsonl"
    results = ["success", "denied", "error", "nonsense", "success"] * 6
    records = [
        {"at": "2026-11-02T09:00:00Z", "account": f"u{n % 3}", "sql": f"select {'abc'[n % 2]} from t", "result": result}
        for n, result in enumerate(results)
    ]
    unknown = {"at": "2026-11-02T09:00:00Z", "account": "u0", "action": "nonsense", "sql": "select a from t"}
    path.write_text("".join(json.dumps(record) + "\n" for record in [*records, unknown]), encoding="utf-8")
    with duck_database() as database:
        rest = load_file(database, path, "jsonl", make_mapping(None), _counted)
        assert rest is not None
        assert [item.location.line for item in rest.items] == [*(4 + 5 * n for n in range(6)), 31]
        event_numbers.number_events(database)
        said = {
            number: (account, sql)
            for number, account, sql in database.rows(
                "SELECT o.number, t.account, t.sql FROM occurred AS o JOIN texts AS t ON o.text = t.text"
            )
        }
    taken = ("success", "error")
    assert said == {
        n: (record["account"], record["sql"]) for n, record in enumerate(records, 1) if record["result"] in taken
    }
