"""`tutela coverage requirements`: which requirements are enforced by which rules, and which rules are tested."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from .options import opened, project_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tutela.engine.coverage import Covered
    from tutela.engine.errors import Lang
    from tutela.project import Project

    from .options import Setup

STATES: Final = ("covered", "untested", "open", "out of scope")
WORDS: Final = {
    "covered": "已覆盖", "untested": "无测试", "open": "未覆盖", "out of scope": "不可自动检查",
    "requirement": "要求", "rules": "规则", "tests": "测试",
}  # fmt: skip


@click.group("coverage")
def command() -> None:
    """Say what policies and their tests cover."""


@command.command("requirements")
@click.option("--format", "-f", "format_", type=click.Choice(["human", "json", "markdown"]), default="human")
@click.option("--output", "-o", default="-", help="A file for the table.")
@click.option("--open", "only_open", is_flag=True, help="Show only what is not covered yet.")
@project_options
def requirements(format_: str, output: str, only_open: bool, setup: Setup) -> int:
    """Show requirement -> rules -> tests, and what is not covered yet.

    Counts the tests of the packs and of the project that expect a rule to deny. A rule without a test: exit status 1.
    """
    found, others = _covered(setup.project)
    shown = [entry for entry in found if not only_open or entry.state in ("open", "untested")]
    with opened(output) as stream:
        if format_ == "json":
            from tutela.reports.json_document import write_document

            write_document(_shape(shown, others, setup.lang), stream)
        else:
            lines = _table(shown, setup.lang) if format_ == "markdown" else _lines(shown, setup.lang)
            stream.write("\n".join([*lines, "", *_summary(found, others, setup.lang)]) + "\n")
    return 1 if any(entry.state == "untested" for entry in found) else 0


def _covered(project: Project) -> tuple[list[Covered], list[str]]:
    from tutela.connectors.files import read_text
    from tutela.connectors.policy_files import PACK, packs_folder, read_policies
    from tutela.engine.coverage import coverage, read_requirements
    from tutela.engine.documents import read_document
    from tutela.engine.errors import PolicyError
    from tutela.engine.loader import parse
    from tutela.engine.policy_tests import read_suite
    from tutela.project import load_policies_of

    policies = load_policies_of(project)
    # A bundle holds no tests.
    entries = [] if project.bundle else project.entries()
    folders = [packs_folder() / e.removeprefix(PACK) if e.startswith(PACK) else Path(e) for e in entries]
    found = [folder for folder in folders if folder.exists()]
    parsed = parse(sorted(set(read_policies(found, root=project.root, tests=True) if found else ())))
    problems = [problem for problem in parsed.problems if "/tests/" in problem.location.file]
    if problems:
        raise PolicyError(problems)
    path = packs_folder() / "requirements.yaml"
    document = read_document(read_text(path, limit=1 << 20), "requirements.yaml")
    suites = [read_suite(suite) for suite in parsed.of("tests")]
    return coverage(read_requirements(document.data), policies, suites)


def _lines(found: Sequence[Covered], lang: Lang) -> list[str]:
    lines: list[str] = []
    for entry in found:
        title = entry.requirement.zh if lang == "zh" else entry.requirement.en
        lines.append(f"{entry.requirement.id:<7} {_say(entry.state, lang):<12} {title}")
        lines += [f"        {rule}  {_say('tests', lang)}: {count}" for rule, count in entry.rules.items()]
    return lines


def _table(found: Sequence[Covered], lang: Lang) -> list[str]:
    head = f"| {_say('requirement', lang)} | | {_say('rules', lang)} ({_say('tests', lang)}) |"
    lines = [head, "| --- | --- | --- |"]
    for entry in found:
        title = entry.requirement.zh if lang == "zh" else entry.requirement.en
        rules = "<br>".join(f"`{rule}` ({count})" for rule, count in entry.rules.items()) or _say(entry.state, lang)
        lines.append(f"| {entry.requirement.id} | {title} | {rules} |")
    return lines


def _summary(found: Sequence[Covered], others: Sequence[str], lang: Lang) -> list[str]:
    counts = Counter(entry.state for entry in found)
    line = ", ".join(f"{counts[state]} {_say(state, lang)}" for state in STATES)
    more = [f"+ {', '.join(others)}"] if others else []
    return [f"{len(found)}: {line}", *more]


def _shape(found: Sequence[Covered], others: Sequence[str], lang: Lang) -> dict[str, Any]:
    return {
        "requirements": [
            {
                "id": entry.requirement.id,
                "title": entry.requirement.zh if lang == "zh" else entry.requirement.en,
                "checkable": entry.requirement.checkable,
                "state": entry.state,
                "rules": [{"id": rule, "tests": count} for rule, count in entry.rules.items()],
            }
            for entry in found
        ],
        "other_rules": list(others),
    }


def _say(word: str, lang: Lang) -> str:
    return WORDS.get(word, word) if lang == "zh" else word
