"""Sessions that a server has mixed: whatever the ways in which executions were logged, each is one event."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from tutela.connectors.log_lines import LogFile
from tutela.connectors.log_postgres import Statements
from tutela.connectors.log_prefix import known_prefixes
from tutela.connectors.log_stderr import stderr_records
from tutela.engine.events import Event

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

TEXTS = ("SELECT a FROM t", "SELECT b\n\tFROM t", "DELETE FROM t")
# Each way to log an execution: its messages (LINE, or SEVERITY|LINE), and the result of the event that it is.
WAYS: dict[str, tuple[tuple[str, ...], str]] = {
    "begun": (("statement: {0}",), ""),
    "begun and ended": (("statement: {0}", "duration: 0.001 ms"), ""),
    "ended": (("duration: 0.001 ms  statement: {0}",), ""),
    "prepared": (
        (
            "duration: 0.001 ms  parse s: {0}", "duration: 0.001 ms  bind s: {0}", "duration: 0.001 ms  execute s: {0}",
            "DETAIL|parameters: $1 = 'x'",
        ),
        "",
    ),
    "prepared and begun": (("duration: 0.001 ms", "duration: 0.001 ms", "execute s: {0}", "duration: 0.001 ms"), ""),
    "bound": (("duration: 9.001 ms  bind s: {0}",), ""),
    "audited": (('AUDIT: SESSION,{1},1,READ,SELECT,TABLE,t,"{0}",<none>',), ""),
    "audited and ended": (
        ('AUDIT: SESSION,{1},1,READ,SELECT,TABLE,t,"{0}",<none>', "duration: 9.001 ms  statement: {0}"),
        "",
    ),
    "all": (
        ("statement: {0}", 'AUDIT: SESSION,{1},1,READ,SELECT,TABLE,t,"{0}",<none>', "duration: 0.001 ms"),
        "",
    ),
    "failed": (("ERROR|division by zero", "STATEMENT|{0}"), "error"),
    "begun and failed": (("statement: {0}", "ERROR|division by zero", "HINT|x", "STATEMENT|{0}"), "error"),
    "audited and failed": (
        ('AUDIT: SESSION,{1},1,READ,SELECT,TABLE,t,"{0}",<none>', "ERROR|x", "STATEMENT|{0}"),
        "error",
    ),
    "refused": (("statement: {0}", "ERROR|permission denied for table t", "STATEMENT|{0}"), "denied"),
    "remarked": (("LOG|temporary file", "STATEMENT|{0}", "duration: 0.001 ms  statement: {0}"), ""),
    "other": (("checkpoint starting: time",), "none"),
}  # fmt: skip
UNFINISHED = ("begun", "bound", "audited")
"""Ways that leave it open whether the next message with the same text is of the same execution."""

executions = st.lists(st.tuples(st.sampled_from(sorted(WAYS)), st.sampled_from(TEXTS)), max_size=8)


@st.composite
def logs(draw: st.DrawFn) -> tuple[str, Counter[tuple[str, str, str]]]:
    """A log of three sessions, and the events in it."""
    expected: Counter[tuple[str, str, str]] = Counter()
    sessions: list[list[str]] = []
    for account in ("li", "wu", "hu"):
        lines: list[str] = []
        for number, (way, text) in enumerate(draw(executions)):
            messages, result = WAYS[way]
            # A comment makes those apart that a server could not tell apart either.
            sql = f"{text} -- {number}" if way in UNFINISHED or number % 2 else text
            if result != "none":
                expected[account, sql.replace("\n\t", "\n"), result] += 1
            for message in messages:
                severity, _, words = message.rpartition("|")
                words = words.format(sql, number + 1)
                lines.append(f"[{len(sessions)}] {account}@crm {severity or 'LOG'}:  {words}")
        sessions.append(lines)
    mixed: list[str] = []
    while any(sessions):
        some = draw(st.sampled_from([lines for lines in sessions if lines]))
        mixed.append(f"2026-11-02 09:00:00.{len(mixed):03} UTC {some.pop(0)}\n")
    return "".join(mixed), expected


@settings(max_examples=150, deadline=None)
@given(log=logs())
def test_each_execution_is_one_event(
    log: tuple[str, Counter[tuple[str, str, str]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Account, text and result of all of them, and no hole."""
    path: Path = tmp_path_factory.mktemp("log") / "server.log"
    path.write_text(log[0] or "\n", "utf-8")
    if not log[0]:
        return
    items = list(
        Statements(LogFile(path), None, lambda: None, "stderr").read(stderr_records(LogFile(path), known_prefixes()[0]))
    )

    assert [] == [item for item in items if not isinstance(item, Event)]
    assert log[1] == Counter((item.account, item.sql or "", item.result) for item in items if isinstance(item, Event))
