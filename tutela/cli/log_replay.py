"""`tutela log replay`: decisions of a log made again, under the project's policies, as of their own time."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import click

from .log_reading import Log, Period, Reading, log_options, period_options, tell_break
from .options import project_options

if TYPE_CHECKING:
    from tutela.engine.decision_log_replay import Replayed
    from tutela.engine.errors import Lang

    from .options import Setup

_WORDS: Final = {
    "summary": {
        "en": "the same: {same}, different: {differs}, not replayable: {not_replayable}",
        "zh": "相同:{same},不同:{differs},无法重放:{not_replayable}",
    },
    "differs": {"en": "#{seq} {id}: differs in {parts}", "zh": "#{seq} {id}:{parts} 不同"},
    "masked": {"en": "  because the request is masked: {count}", "zh": "  因请求已脱敏:{count}"},
    "policies": {"en": "  because other policies decided: {count}", "zh": "  因当时的策略不同:{count}"},
    "facts": {"en": "  because other facts decided: {count}", "zh": "  因当时的事实不同:{count}"},
    "unreadable": {"en": "  because the entry is malformed: {count}", "zh": "  因条目格式有误:{count}"},
    "nothing": {"en": "no decision was replayed", "zh": "没有重放任何决策"},
}


@click.command("replay")
@project_options
@log_options
@period_options
@click.option("--strict", is_flag=True, help="Exit with 1 also when a decision cannot be replayed.")
@click.option("--format", "-f", "format_", type=click.Choice(["human", "json"]), default="human", show_default=True)
def replay(log: Log, period: Period, format_: str, setup: Setup, *, strict: bool) -> int:
    """Make the decisions of the log at ADDRESS again, under the project's policies, as of their own time.

    Only a request stored in full can be replayed, under the policies and facts that decided then. Exit status 0: the
    same; 1: one differs, or the chain is broken; 2: none could be replayed, or the log cannot be read.
    """
    from tutela.engine.decision_log_replay import replay as again
    from tutela.engine.decision_log_verify import Verifier
    from tutela.project import load_authorizer

    authorizer = load_authorizer(setup.project)
    reading = Reading(log, Verifier(log.keys.chain if log.keys else None), tell_break(setup.lang))
    states: Counter[str] = Counter()
    causes: Counter[str] = Counter()
    different: list[tuple[dict[str, Any], Replayed]] = []
    for _, entry in reading.entries():
        made = again(entry, authorizer) if period.holds(entry) else None
        if made is not None:
            states[made.state] += 1
            causes[made.cause] += made.cause != ""
            if made.state == "differs":
                different.append((entry, made))
    _write(states, causes, different, format_, setup.lang)
    if different or reading.broken or (strict and states["not_replayable"]):
        return 1
    if not states["same"]:
        click.echo(_WORDS["nothing"][setup.lang], err=True)
        return 2
    return 0


def _write(
    states: Counter[str], causes: Counter[str], different: list[tuple[dict[str, Any], Replayed]], form: str, lang: Lang
) -> None:
    from tutela.reports.json_document import write_document
    from tutela.reports.text import visible

    counts = {name: states[name] for name in ("same", "differs", "not_replayable")}
    if form == "json":
        listed = [
            {"seq": entry.get("seq"), "id": entry.get("id"), "differs": list(made.differs)} for entry, made in different
        ]
        write_document(
            {**counts, "causes": {name: n for name, n in causes.items() if n}, "entries": listed}, sys.stdout
        )
        return
    for entry, made in different:
        args = {"seq": entry.get("seq"), "id": entry.get("id"), "parts": ", ".join(made.differs)}
        click.echo(visible(_WORDS["differs"][lang].format(**args)))
    click.echo(_WORDS["summary"][lang].format(**counts))
    for cause, count in causes.items():
        if count:
            click.echo(_WORDS[cause][lang].format(count=count))
