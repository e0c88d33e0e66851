"""Foreign logs of MySQL and MariaDB in the corpus, read in place: nothing raises, every record is accounted for."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tutela.connectors.logs import read_log
from tutela.engine.errors import InputError
from tutela.engine.events import Event, Hole

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "logs"
NO_LOG = {"empty": "log-empty"} | {f"slow006-session-{n}.txt": "log-format-unknown" for n in (1, 2, 3)}
"""Files there that hold no log: an empty one, and what a tool made of a log."""
SLOW = sorted((CORPUS / "mysql" / "slowlogs").glob("*"))
GENERAL = sorted((CORPUS / "mysql" / "genlogs").glob("*"))
COMMAND = re.compile(
    r"^(?:\d{6} +\d{1,2}:\d\d:\d\d[ \t]|\d{4}-\d\d-\d\dT\S+[ \t]|[ \t]{2})[ \t]*\d+ (?:Query|Connect|Quit|Init DB)\b",
    re.MULTILINE,
)
BANNER = re.compile(r"^.*started with:$|^T[Cc][Pp] [Pp]ort: .*$|^Time +Id Command +Argument$", re.MULTILINE)


def _absent(path: Path) -> None:
    if not path.exists():
        pytest.skip(f"no {path}")


def _text(path: Path) -> str:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return data.decode("utf-8", "replace")


def test_the_corpus_is_there() -> None:
    """Without it the other tests here have no cases."""
    _absent(CORPUS / "mysql")

    assert (72, 6) == (len(SLOW), len(GENERAL))


@pytest.mark.parametrize("path", SLOW, ids=lambda path: path.name)
def test_every_record_of_a_slow_log_is_accounted_for(path: Path) -> None:
    """As many events, holes and skipped records as lines with a query time, counted by a plain pattern."""
    if path.name in NO_LOG:
        with pytest.raises(InputError) as caught:
            read_log(path)
        assert [NO_LOG[path.name]] == [problem.code for problem in caught.value.problems]
        return
    text = _text(path)
    reader = read_log(path, timezone="UTC")
    items = list(reader)
    records = len(re.findall(r"^# Query_time: ", text, re.MULTILINE))
    told = sum(1 for item in items if isinstance(item, Event) or item.code not in ("log-quote", "log-line-long"))

    assert "mysql-slow" == reader.format
    assert records <= told + reader.skipped - len(BANNER.findall(text))
    assert told <= records + text.count("# administrator command") + (path.name == "slow015.txt")
    assert all(item.at for item in items if isinstance(item, Event))


@pytest.mark.parametrize("path", GENERAL, ids=lambda path: path.name)
def test_every_command_of_a_general_log_is_accounted_for(path: Path) -> None:
    """As many events, holes and skipped lines as lines with a command, and those that a server begins with."""
    text = _text(path)
    reader = read_log(path, timezone="UTC")
    items = list(reader)

    assert "mysql-general" == reader.format
    assert len(COMMAND.findall(text)) + len(BANNER.findall(text)) == len(items) + reader.skipped


def _raws(product: str) -> list[str]:
    path = CORPUS / "vendor-events" / f"{product}.jsonl"
    _absent(path)
    records: list[dict[str, Any]] = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [record["raw"] for record in records]


def _read(tmp_path: Path, text: str, format: str) -> tuple[list[Event], list[Hole], int]:  # noqa: A002 # its word
    path = tmp_path / "x.log"
    path.write_text(text, encoding="utf-8")
    reader = read_log(path, format=format, timezone="UTC")
    items = list(reader)
    events = [item for item in items if isinstance(item, Event)]
    return events, [item for item in items if isinstance(item, Hole)], reader.skipped


def test_the_sample_of_the_audit_plugin(tmp_path: Path) -> None:
    """Every line is in an event, passed over, or a hole."""
    path = CORPUS / "vendor-samples" / "mariadb-sample_audit_log.log"
    _absent(path)
    text = path.read_text("utf-8")
    events, holes, skipped = _read(tmp_path, text, "mariadb-audit")
    lines = [line for line in text.splitlines() if line.strip()]

    assert len(lines) == sum(int(event.extra["audit_lines"]) for event in events) + len(holes) + skipped
    assert len(events) > len(lines) / 2
    assert not holes


@pytest.mark.parametrize("product", ["mariadb", "aurora-mysql"])
def test_events_of_the_audit_plugin(tmp_path: Path, product: str) -> None:
    """A whole record of one line is an event or passed over; a fragment of one is a hole."""
    for raw in _raws(product):
        lines = [line for line in raw.splitlines() if line.strip()]
        whole = [line for line in lines if re.match(r"\d{8} \d\d:\d\d:\d\d,|\d{16},", line)]
        events, holes, skipped = _read(tmp_path, raw + "\n", "mariadb-audit")

        assert len(lines) == sum(int(event.extra["audit_lines"]) for event in events) + len(holes) + skipped
        assert len(whole) >= sum(int(event.extra["audit_lines"]) for event in events) + skipped


def test_events_of_mysql_audit(tmp_path: Path) -> None:
    """The JSON behind the name that syslog puts before it: a query, and a login that is refused."""
    raws = [raw.partition("{")[2].rstrip(" ,") for raw in _raws("mysql")]
    events, holes, _ = _read(
        tmp_path, "".join("{" + raw.replace("\n", "\\n") + "\n" for raw in raws), "mysql-audit-json"
    )

    assert [] == holes
    assert [("other", "success"), ("login", "denied")] == [(event.action, event.result) for event in events]


def test_events_of_azure(tmp_path: Path) -> None:
    """Each record is an event, passed over, or a hole: those without a time, or without a class."""
    raws = _raws("mysql-azure")
    events, holes, skipped = _read(tmp_path, "\n".join(raws) + "\n", "mysql-azure")

    assert len(raws) == len(events) + len(holes) + skipped
    timeless = [raw for raw in raws if '"event_time"' not in raw and '"DISCONNECT"' not in raw]
    assert len(timeless) == len(holes)
    assert len(events) > len(raws) / 2
    assert {"test"} <= {event.account for event in events} <= {"test", ""}


def test_statements_of_redshift(tmp_path: Path) -> None:
    """Statements behind the head that the log has before each: their lines are one event."""
    raws = _raws("redshift-aws")
    head = "'2026-11-02T09:00:00Z UTC [ db=dev user=awsuser pid=1 userid=100 xid=1 ]' "
    events, holes, _ = _read(tmp_path, "".join(f"{head}{raw}\n" for raw in raws), "redshift-activity")

    texts = [raw.removeprefix("LOG: ").replace("\r\n", "\n").rstrip("\n") for raw in raws]
    assert [] == holes
    assert texts == [event.sql for event in events]


def test_statements_alone_and_client_settings_are_no_log(tmp_path: Path) -> None:
    """What has neither account nor time is not taken for a record."""
    for product, format_name in (("snowflake", "snowflake"), ("mysql-aws", "mysql-general")):
        raws = _raws(product)
        events, holes, _ = _read(tmp_path, "\n".join(raws) + "\n", format_name)
        assert not events
        assert len(holes) >= len(raws)
