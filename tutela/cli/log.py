"""`tutela log`: verify, show, export and replay decision logs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import click

from .log_reading import Log, Reading, lang_option, log_options, tell_break
from .log_replay import replay
from .log_show import export, tail

if TYPE_CHECKING:
    from tutela.engine.errors import Lang, Problem

_WORDS: Final = {
    "intact": {
        "en": "{address}: intact; entries: {count} ({first} to {last})",
        "zh": "{address}:完好;条目:{count}({first} 至 {last})",
    },
    "broken": {
        "en": "{address}: broken; entries: {count} ({first} to {last}), breaks: {breaks}",
        "zh": "{address}:已断裂;条目:{count}({first} 至 {last}),断裂:{breaks}",
    },
    "head": {"en": "head {head}", "zh": "链头 {head}"},
    "keyless": {
        "en": "hashes only: without the key nobody can tell whether somebody wrote the whole chain anew",
        "zh": "仅核对哈希:没有密钥无法判断整条链是否被他人重写",
    },
    "lacking": {"en": "decisions that could not be recorded: {count}", "zh": "未能记录的决策:{count}"},
}


def _say(name: str, lang: Lang, **args: object) -> str:
    from tutela.reports.text import visible

    return visible(_WORDS[name][lang].format(**args))


@click.group("log")
def command() -> None:
    """Verify, show, export and replay decision logs (a file, sqlite:///file.db or postgresql://...)."""


@command.command("verify")
@log_options
@click.option(
    "--head", "heads", multiple=True, help="A head noted down earlier, which must be in the log (repeatable)."
)
@click.option("--after", metavar="HEAD", help="The log begins after this entry: older files are kept elsewhere.")
@click.option("--format", "-f", "format_", type=click.Choice(["human", "json"]), default="human", show_default=True)
@lang_option
def verify(log: Log, heads: tuple[str, ...], after: str | None, format_: str) -> int:
    """Say whether every entry of the log at ADDRESS is as it was written, and where not.

    A tail that was cut off shows only by --head, or in a database. Keep the head that is printed somewhere else.
    Exit status 0: intact; 1: broken; 2: there is no log, or it cannot be read.
    """
    from tutela.engine.decision_log_verify import Verifier

    found: list[Problem] = []
    human = format_ == "human"
    tell = tell_break(log.lang, err=False) if human else found.append
    reading = Reading(log, Verifier(log.keys.chain if log.keys else None, heads, after), tell)
    for _ in reading.entries():
        pass
    if not reading.verifier.count and not reading.broken:
        _fail_empty(log)
    _tell_chain(reading, log) if human else _write_chain(reading, found, log.lang)
    return 1 if reading.broken else 0


def _fail_empty(log: Log) -> None:
    from tutela.engine.errors import InputError, Problem

    raise InputError([Problem(code="decision-log-empty", location=log.open().location)])


def _tell_chain(reading: Reading, log: Log) -> None:
    verifier, lang = reading.verifier, log.lang
    args = {
        "address": log.open().location,
        "count": verifier.count,
        "first": "?" if verifier.first is None else verifier.first,
        "last": verifier.head.seq if verifier.head else "?",
        "breaks": reading.broken,
    }
    click.echo(_say("broken" if reading.broken else "intact", lang, **args))
    if verifier.head:
        click.echo(_say("head", lang, head=verifier.head))
    if reading.lacking:
        click.echo(_say("lacking", lang, count=reading.lacking))
    if not verifier.authenticated:
        click.echo(_say("keyless", lang), err=True)


def _write_chain(reading: Reading, found: list[Problem], lang: Lang) -> None:
    from tutela.reports.json_document import write_document

    verifier = reading.verifier
    write_document(
        {
            "intact": not reading.broken,
            "entries": verifier.count,
            "first": verifier.first,
            "head": str(verifier.head) if verifier.head else None,
            "authenticated": verifier.authenticated,
            "unrecorded": reading.lacking,
            "breaks": [
                {"code": p.code, "seq": p.args.get("seq"), "location": str(p.location), "message": p.message(lang)}
                for p in found
            ],
        },
        sys.stdout,
    )


command.add_command(tail)
command.add_command(export)
command.add_command(replay)
