"""`tutela log tail` and `tutela log export`: entries of a decision log, as they are stored."""

from __future__ import annotations

import csv
import time
from contextlib import nullcontext
from itertools import islice, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from .interruption import interruptible
from .log_reading import (
    Log,
    Period,
    Reading,
    lang_option,
    log_options,
    mentions,
    period_options,
    shown_text,
    tell_break,
)
from .options import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import TextIO

    from tutela.connectors.decision_log_store import Line

_PAUSE: Final = 0.5
"""Seconds between two looks at a log that is followed."""
_NO_ENTRY: Final = {"en": "? (no entry; see `tutela log verify`)", "zh": "?(不是条目;请用 `tutela log verify` 检查)"}
_NOTHING: Final = {"en": "the log holds no such entry", "zh": "日志中没有符合条件的条目"}


@click.command("tail")
@log_options
@click.option("-n", "count", type=click.IntRange(0, 1_000_000), default=10, show_default=True, help="How many entries.")
@click.option("--follow", is_flag=True, help="Go on with entries as they come, until interrupted.")
@click.option("--format", "-f", "format_", type=click.Choice(["human", "jsonl"]), default="human", show_default=True)
@lang_option
def tail(log: Log, count: int, format_: str, *, follow: bool) -> int:
    """Show the last entries of the log at ADDRESS, as they are stored. They are not verified.

    Exit status 0: shown; 1: shown, but something among them is no entry; 2: the log cannot be read.
    """
    from tutela.engine.decision_log_chain import read_entry
    from tutela.reports.decision_log import entry_line

    sound = True

    def show(newest: Iterable[Line]) -> None:
        nonlocal sound
        for line in reversed(list(newest)):
            entry = read_entry(line.text)
            sound = sound and entry is not None
            if format_ == "jsonl":
                click.echo(shown_text(line.text.decode("utf-8", "backslashreplace")))
            else:
                click.echo(_NO_ENTRY[log.lang] if entry is None else entry_line(entry, log.lang))

    with interruptible() if follow else nullcontext(lambda: True) as interrupted:
        reader = log.open()
        newest = list(islice(reader.newest(), max(count, 1)))
        show(newest[:count])
        last = _seq(newest[0]) if newest else 0
        while not interrupted():
            time.sleep(_PAUSE)
            new = list(takewhile(lambda line: _seq(line) > last, reader.newest()))  # noqa: B023 (used at once)
            show(new)
            last = _seq(new[0]) if new else last
    return 0 if sound else 1


def _seq(line: Line) -> int:
    from tutela.engine.decision_log_chain import read_entry

    seq = (read_entry(line.text) or {}).get("seq")
    return seq if isinstance(seq, int) else 0


@click.command("export")
@log_options
@period_options
@click.option("--subject", "subject_id", metavar="ID", help="Only decisions about requests of this subject.")
@click.option("--resource", "resource_id", metavar="ID", help="Only decisions about this resource.")
@click.option("--format", "-f", "format_", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--output", "-o", default="-", help="A file; - is stdout.")
@lang_option
def export(  # noqa: PLR0913 (options)
    log: Log, period: Period, subject_id: str | None, resource_id: str | None, format_: str, output: str
) -> int:
    """Write entries of the log at ADDRESS, masked as they are stored; a whole export as jsonl verifies as the log does.

    With the key, --subject and --resource also find masked ids. Exit status 0: written; 1: written, but the chain is
    broken; 2: no such entry, or the log cannot be read.
    """
    from tutela.engine.decision_log_verify import Verifier

    if output != "-" and "://" not in log.address and Path(output).exists() and Path(output).samefile(log.address):
        raise click.UsageError(f"'{output}' is the log itself")
    wanted = [(part, _names(log, text)) for part, text in (("subject", subject_id), ("resource", resource_id)) if text]
    reading = Reading(log, Verifier(log.keys.chain if log.keys else None), tell_break(log.lang))
    written = 0
    with opened(output) as stream:
        write = _csv_writer(stream) if format_ == "csv" else _line_writer(stream, terminal=output == "-")
        for text, entry in reading.entries():
            if period.holds(entry) and all(mentions(entry, part, names) for part, names in wanted):
                write(text, entry)
                written += 1
    if not written:
        click.echo(_NOTHING[log.lang], err=True)
        return 2
    return 1 if reading.broken else 0


def _names(log: Log, text: str) -> tuple[str, ...]:
    """An id as an entry may have it: as it is, or masked."""
    from tutela.engine.decision_log_masks import keyed

    return (text, keyed(text.encode("utf-8", "surrogatepass"), log.keys.values)) if log.keys else (text,)


def _line_writer(stream: TextIO, *, terminal: bool) -> Callable[[str, Mapping[str, Any]], object]:
    return lambda text, _: stream.write(f"{shown_text(text) if terminal else text}\n")


def _csv_writer(stream: TextIO) -> Callable[[str, Mapping[str, Any]], object]:
    from tutela.reports.csv_rows import MARK
    from tutela.reports.decision_log import COLUMNS, entry_cells

    stream.write(MARK)
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    return lambda _, entry: writer.writerow(entry_cells(entry))
