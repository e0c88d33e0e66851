"""Access logs from files: a record is an event, all else a hole with its place, a bad file one problem."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tutela.connectors.log_prefix import PrefixError, prefix_pattern
from tutela.connectors.logs import read_log
from tutela.engine.errors import InputError
from tutela.engine.events import Event, Hole

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "logs"
AUDIT = 'AUDIT: SESSION,{n},1,READ,SELECT,TABLE,public.customer,"select name, ssn from customer",<not logged>'


def _csv(message: str, *, width: int = 26, time: str = "2026-11-02 09:00:00.123 UTC", session: str = "5f.1") -> str:
    quoted = '"' + message.replace('"', '""') + '"'
    cells = [
        time,
        '"wang"',
        '"crm"',
        "77",
        '"10.1.2.3:5555"',
        session,
        "1",
        '"SELECT"',
        time,
        "3/4",
        "0",
        "LOG",
        "00000",
    ]
    tail = ['"app"', '"client backend"', "", "0"][: width - 22]
    return ",".join([*cells, quoted, *[""] * 8, *tail])


def _write(folder: Path, text: str | bytes, name: str = "x.log") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def _split(items: list[Event | Hole]) -> tuple[list[Event], list[tuple[str, int]]]:
    events = [item for item in items if isinstance(item, Event)]
    return events, [(item.code, item.location.line) for item in items if isinstance(item, Hole)]


@pytest.mark.parametrize("width", [23, 24, 26])
@pytest.mark.parametrize("rows", ["", ",7"])
def test_csvlog_of_every_version(tmp_path: Path, width: int, rows: str) -> None:
    """All widths, with and without the rows of log_rows."""
    reader = read_log(_write(tmp_path, _csv(AUDIT.format(n=1) + rows, width=width) + "\n"))
    (event,), holes = _split(list(reader))

    assert ("pgaudit-csvlog", []) == (reader.format, holes)
    assert ("wang", "crm", "10.1.2.3", "read") == (
        event.account,
        event.database,
        event.source_ip,
        event.action,
    )
    assert datetime(2026, 11, 2, 9, 0, 0, 123000, tzinfo=UTC) == event.at
    assert ("select name, ssn from customer", ("public.customer",)) == (event.sql, event.tables)
    assert (7 if rows else None) == event.row_count


def test_one_statement_is_one_event(tmp_path: Path) -> None:
    """Session and object lines, and substatements with the same text, become one event with all objects."""
    lines = [
        _csv('AUDIT: SESSION,4,1,READ,SELECT,,,"select 1, 2",<not logged>,3'),
        _csv("AUDIT: OBJECT,4,1,READ,SELECT,TABLE,public.a,<previously logged>,<previously logged>,3"),
        _csv('AUDIT: SESSION,9,1,READ,SELECT,,,"select 1, 2",<not logged>,1', session="6f.2"),
        _csv("AUDIT: OBJECT,4,1,READ,SELECT,TABLE,public.b,<previously logged>,<previously logged>,3"),
        _csv("AUDIT: SESSION,4,2,WRITE,INSERT,TABLE,public.c,insert into c values (1),<not logged>,1"),
        _csv('AUDIT: SESSION,5,1,READ,SELECT,,,"select 1, 2",<not logged>,3'),
    ]
    events, holes = _split(list(read_log(_write(tmp_path, "\n".join(lines) + "\n"))))

    assert [] == holes
    assert sorted([("5f.1:4.1", 3), ("5f.1:4.2", 1), ("6f.2:9.1", 1), ("5f.1:5.1", 3)]) == sorted(
        (event.id, event.row_count) for event in events
    )
    assert ("public.a", "public.b") == next(event.tables for event in events if event.id == "5f.1:4.1")


def test_a_cut_in_the_middle_is_one_hole(tmp_path: Path) -> None:
    """The records after a cut line are read; the cut has its place."""
    whole = [_csv(AUDIT.format(n=n)) for n in range(1, 6)]
    lines = [whole[0], whole[1][:150], *whole[2:]]
    events, holes = _split(list(read_log(_write(tmp_path, "\n".join(lines) + "\n"))))

    assert [("log-cut", 2)] == holes
    assert ["1", "3", "4", "5"] == [event.id.split(":")[1][0] for event in events]


@pytest.mark.parametrize("at", range(20, 330, 7))
def test_a_cut_at_the_end_is_a_hole(tmp_path: Path, at: int) -> None:
    """Wherever the last csvlog record is cut before its last column, it is a hole and not an event."""
    line = _csv(AUDIT.format(n=2))
    at = min(at, line.rindex(","))
    events, holes = _split(list(read_log(_write(tmp_path, _csv(AUDIT.format(n=1)) + "\n" + line[:at]))))

    assert (1, [("log-cut", 2)]) == (len(events), holes)


def test_a_statement_cannot_forge_a_record(tmp_path: Path) -> None:
    """A record inside a quoted statement stays text, in csvlog and stderr form."""
    inner = _csv(AUDIT.format(n=9))
    sql = f"select '\n{inner}\n'"
    quoted = sql.replace('"', '""')
    events, holes = _split(
        list(read_log(_write(tmp_path, _csv(f'AUDIT: SESSION,1,1,READ,SELECT,,,"{quoted}",<not logged>') + "\n")))
    )

    assert ([], [sql]) == (holes, [event.sql for event in events])


def test_stderr_with_multi_line_statements(tmp_path: Path) -> None:
    """Tab lines continue a message; the server's other lines are counted; a stray line is a hole."""
    text = (
        "2026-11-02 17:00:00.000 CST [5] LOG:  checkpoint starting: time\n"
        '2026-11-02 17:00:01.000 CST [7] li@crm LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,"select a,\n'
        '\t\tb\n\tfrom t",<not logged>\n'
        "stray\n"
        "2026-11-02 17:00:02.000 CST [7] li@crm ERROR:  no\n\tway\n"
        '2026-11-02 17:00:03.000 CST [7] li@crm LOG:  AUDIT: SESSION,2,1,READ,SELECT,,,"select'
    )
    reader = read_log(_write(tmp_path, text), timezone="Asia/Shanghai")
    (event,), holes = _split(list(reader))

    assert ("pgaudit-stderr", 2) == (reader.format, reader.skipped)
    assert [("log-line", 5), ("log-cut", 8)] == holes
    assert ("select a,\n\tb\nfrom t", "li") == (event.sql, event.account)
    assert datetime(2026, 11, 2, 9, 0, 1, tzinfo=UTC) == event.at


def test_an_ambiguous_zone_is_a_hole(tmp_path: Path) -> None:
    """CST is China or Chicago: without a declared zone the record has no time and is a hole."""
    path = _write(tmp_path, _csv(AUDIT.format(n=1), time="2026-11-02 09:00:00.123 CST") + "\n")

    assert [("log-time-zone", 1)] == _split(list(read_log(path)))[1]


@pytest.mark.parametrize(
    ("prefix", "line"),
    [
        ("%m [%p] %q%u@%d ", "2026-01-02 03:04:05.678 UTC [12] LOG:  x"),
        ("%t:%r:%u@%d:[%p]:", "2026-01-02 03:04:05 UTC:10.0.0.1(5432):wang@crm:[12]:LOG:  x"),
        (
            "%n %e %i %v %x %l %c %s %a %h ",
            "1767323045.123 00000 SELECT 3/4 0 7 5f.a1 2026-01-02 03:04:05 UTC app x.y LOG:  x",
        ),
        ("[%-5p] %% ", "[12   ] % LOG:  x"),
    ],
)
def test_prefix_escapes(prefix: str, line: str) -> None:
    """The common escapes fit what a server writes."""
    assert prefix_pattern(prefix).fullmatch(line)
    assert not prefix_pattern(prefix).fullmatch("y" + line)


def test_an_unknown_escape_is_refused() -> None:
    """A prefix that cannot be understood is no prefix."""
    with pytest.raises(PrefixError):
        prefix_pattern("%z ")


def test_the_regression_run_of_pgaudit() -> None:
    """Every AUDIT line of the corpus is in an event or a hole, counted against a plain regex."""
    path = CORPUS / "pgaudit" / "pgaudit-session.out"
    if not path.exists():
        pytest.skip(f"no {path}")
    reader = read_log(path)
    events, holes = _split(list(reader))
    expected = len(re.findall(r"^\w+:  AUDIT: ", path.read_text("utf-8"), re.MULTILINE))

    assert "pgaudit-psql" == reader.format
    assert expected == sum(int(event.extra["audit_lines"]) for event in events) + len(holes)
    assert expected > 200
    assert all(event.at is None for event in events)


def test_jsonl_with_the_default_mapping(tmp_path: Path) -> None:
    """The fields of AccessLogEvent need no mapping; what is wrong in a line is a hole of that line."""
    good = (
        '{"id":"E1","at":"2026-11-20T10:15:03+08:00","account":"wang","action":"transfer","objects":["crm.c"],'
        '"columns":["crm.c.a"],"row_count":12,"purpose":null,"result":"success"}'
    )
    lines = [
        good,
        good.replace("+08:00", ""),
        good.replace('"wang"', "null"),
        good.replace("transfer", "peek"),
        good.replace("12", "-1"),
        good.replace('"id":"E1"', '"at":"2026-11-20T10:15:03Z"'),
        "[]",
        "[" * 100000,
        '{"at": NaN}',
        good.replace("+08:00", "x"),
        "",
        good[:-30],
    ]
    reader = read_log(_write(tmp_path, "\r\n".join(lines)))
    (event,), holes = _split(list(reader))

    assert ("jsonl", "E1", "export", 12, ("crm.c",), "") == (
        reader.format, event.id, event.action, event.row_count, event.tables, event.purpose,
    )  # fmt: skip
    assert [
        ("log-time-zone", 2), ("log-field-missing", 3), ("log-field-type", 4), ("log-field-type", 5),
        ("log-json", 6),
        ("log-json", 7), ("log-json", 8), ("log-json", 9), ("log-time", 10), ("log-cut", 12),
    ] == holes  # fmt: skip


def test_a_declared_mapping(tmp_path: Path) -> None:
    """Paths, constants, actions, time format and zone as declared; in JSON lines and in CSV."""
    mapping: dict[str, object] = {
        "fields": {"account": "user.name", "at": "ts", "sql": "q", "action": "op", "row_count": "n"},
        "constants": {"database": "crm"},
        "actions": {"PEEK": "read"},
        "time_format": "%d/%m/%Y %H:%M:%S",
        "timezone": "Asia/Shanghai",
    }
    line = '{"user":{"name":"li"},"ts":"02/11/2026 17:00:00","q":"select 1","op":"peek","n":3}\n'
    rows = 'user.name,ts,q,op,n\r\nli,02/11/2026 17:00:00,"select 1,\r\n2",peek,\r\nli,short\r\n'
    (one,), _ = _split(list(read_log(_write(tmp_path, line), mapping=mapping)))
    (two,), holes = _split(list(read_log(_write(tmp_path, rows), format="csv", mapping=mapping)))

    assert ("li", "read", "crm", 3) == (one.account, one.action, one.database, one.row_count)
    assert datetime(2026, 11, 2, 9, tzinfo=UTC) == one.at == two.at
    assert ("select 1,\n2", None) == (two.sql, two.row_count)
    assert [("log-cut", 4)] == holes


@pytest.mark.parametrize(
    "mapping",
    [
        {"field": {}}, {"fields": {"nope": "x"}}, {"fields": []}, {"timezone": "Mars/X"},
        {"actions": {"x": "fly"}}, {"time_format": 3},
    ],
)  # fmt: skip
def test_a_wrong_mapping_is_one_problem(tmp_path: Path, mapping: dict[str, object]) -> None:
    """A mapping that cannot be used is refused before anything is read."""
    with pytest.raises(InputError) as caught:
        read_log(_write(tmp_path, "{}\n"), mapping=mapping)

    assert ["log-mapping"] == [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "log-empty"),
        (b"\xef\xbb\xbf \r\n", "log-empty"),
        (b"\x7fELF\0\0\1", "log-binary"),
        (b"hello\nworld\n", "log-format-unknown"),
        (b"[x] LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<not logged>\n", "log-prefix-unknown"),
        (
            b"2026-11-20 02:00:00 UTC a@crm/psql from 10.1.2.3(5) <6a.1-7> LOG:  statement: SELECT 1\n",
            "log-prefix-unknown",
        ),
    ],
)
def test_a_bad_file_is_one_problem(tmp_path: Path, content: bytes, code: str) -> None:
    """Empty, binary, of no known format, with another prefix: said at once, in both languages."""
    with pytest.raises(InputError) as caught:
        read_log(_write(tmp_path, content))

    assert [code] == [problem.code for problem in caught.value.problems]
    assert caught.value.render("en") != caught.value.render("zh")


def test_a_prefix_that_was_given_and_fits_no_line_is_named(tmp_path: Path) -> None:
    """One that nobody gave is not: none was set, and the known ones are many."""
    line = "2026-11-20 02:00:00 UTC a@crm/psql from 10.1.2.3(5) <6a.1-7> LOG:  statement: SELECT 1\n"
    given = "%t %u@%d/%a from %r <%c-%l> "
    (found,) = read_log(_write(tmp_path, line), log_line_prefix=given)
    assert isinstance(found, Event)
    assert ("a", "crm", "SELECT 1") == (found.account, found.database, found.sql)
    with pytest.raises(InputError) as caught:
        read_log(_write(tmp_path, line), log_line_prefix="%m [%p] ", format="postgres-stderr")
    assert ["log-prefix"] == [problem.code for problem in caught.value.problems]
    assert "`%m [%p] `" in caught.value.render("en")


def test_a_missing_file_a_folder_and_a_closed_one(tmp_path: Path) -> None:
    """What cannot be opened is one problem, not a traceback."""
    for path, code in [(tmp_path / "no", "log-missing"), (tmp_path, "log-unreadable")]:
        with pytest.raises(InputError) as caught:
            read_log(path)
        assert [code] == [problem.code for problem in caught.value.problems]
    if os.geteuid():
        closed = _write(tmp_path, "{}")
        closed.chmod(0)
        with pytest.raises(InputError):
            read_log(closed)


def test_damaged_bytes_and_long_lines_are_holes(tmp_path: Path) -> None:
    """A NUL, a line of no encoding and a line of two megabytes: a hole each; GB18030 and a BOM are read."""
    good = '{"at":"2026-11-20T10:15:03Z","account":"王","action":"read","objects":["t"]}'
    data = b"\xef\xbb\xbf" + b"\n".join(
        [good.encode(), good.encode("gb18030"), b"\xff\xff", b"x" * (2 << 20), b"a\0b", good.encode()]
    )
    events, holes = _split(list(read_log(_write(tmp_path, data), format="jsonl")))

    assert ["王"] * 3 == [event.account for event in events]
    assert [("log-encoding", 3), ("log-line-long", 4), ("log-encoding", 5)] == holes


def test_interleaved_persons_and_repeats_are_not_merged(tmp_path: Path) -> None:
    """The same session and number of another account, or the same line at a later time, is another event."""
    line = _csv('AUDIT: SESSION,1,1,READ,SELECT,,,"select a from t",<not logged>,3')
    later = line.replace("09:00:00.123", "09:05:00.000")
    lines = [line, line.replace('"wang"', '"li"'), line.replace('"crm"', '"hr"'), line, later]
    events, holes = _split(list(read_log(_write(tmp_path, "\n".join(lines) + "\n"))))

    assert [] == holes
    assert [("li", "crm", 1), ("wang", "crm", 1), ("wang", "crm", 2), ("wang", "hr", 1)] == sorted(
        (event.account, event.database, int(event.extra["audit_lines"])) for event in events
    )
    assert len(events) == len({(event.id, event.account, event.database) for event in events})


@pytest.mark.parametrize(("action", "clean"), [("read", False), ("other", False), ("login", True), ("logout", True)])
def test_an_action_without_data_is_a_hole(tmp_path: Path, action: str, *, clean: bool) -> None:
    """Who does something to nothing that is named leaves a hole, except by logging in or out."""
    line = f'{{"at":"2026-11-20T10:15:03Z","account":"w","action":"{action}"}}\n'
    events, holes = _split(list(read_log(_write(tmp_path, line))))

    assert (int(clean), [] if clean else [("log-field-missing", 1)]) == (len(events), holes)


JSONLOG = {
    "timestamp": "2026-11-02 09:00:00.123 UTC", "user": "wang", "dbname": "crm", "pid": 77, "remote_host": "10.1.2.3",
    "remote_port": 5555, "session_id": "5f.1", "line_num": 1, "error_severity": "LOG", "application_name": "app",
    "backend_type": "client backend",
}  # fmt: skip


def test_jsonlog(tmp_path: Path) -> None:
    """Records become events, other messages are passed over, and what is no object of the server is a hole."""
    records = [
        {**JSONLOG, "message": AUDIT.format(n=1)},
        {**JSONLOG, "message": "checkpoint starting"},
        {**JSONLOG, "message": AUDIT.format(n=2), "timestamp": "yesterday"},
        {"message": AUDIT.format(n=3)},
        {**JSONLOG, "message": "disconnection: session time: 0:00:01"},
    ]
    text = "".join(json.dumps(record) + "\n" for record in records) + "{ no object\n"
    reader = read_log(_write(tmp_path, text))
    events, holes = _split(list(reader))

    assert "pgaudit-jsonlog" == reader.format
    assert [("wang", "crm", "app", "10.1.2.3", "read")] == [
        (e.account, e.database, e.application, e.source_ip, e.action) for e in events
    ]
    assert datetime(2026, 11, 2, 9, 0, 0, 123000, tzinfo=UTC) == events[0].at
    assert [("log-time", 3), ("log-line", 4), ("log-json", 6)] == holes
    assert 2 == reader.skipped
