"""`tutela test`: run the policy tests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import opened, project_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tutela.engine.policy_tests import Outcome

    from .options import Setup


@click.command("test")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option("--run", "wanted", help="Run only tests whose name holds this text.")
@click.option(
    "--format",
    "-f",
    "format_",
    type=click.Choice(["human", "json", "junit"]),
    default="human",
    show_default=True,
)
@click.option("--output", "-o", default="-", help="A file for the results.")
@click.option("--verbose", "-v", is_flag=True, help="Show passed tests, too.")
@project_options
def command(  # noqa: PLR0913 (options)
    paths: tuple[Path, ...],
    wanted: str | None,
    format_: str,
    output: str,
    verbose: bool,
    setup: Setup,
) -> int:
    """Run the policy tests (files of kind `tests`) of the project, or those in PATHS.

    No test to run is a failure.
    """
    from tutela.policy_runner import run_suites

    outcomes = run_suites(setup.project, [str(path) for path in paths], wanted)
    with opened(output) as stream:
        if format_ == "json":
            from tutela.reports.json_document import write_document

            write_document(_shape(outcomes), stream)
        elif format_ == "junit":
            stream.write(_junit(outcomes))
        else:
            for line in lines_of(outcomes, verbose=verbose, zh=setup.lang == "zh"):
                stream.write(line + "\n")
    if not outcomes:
        click.echo("没有运行任何测试" if setup.lang == "zh" else "no tests ran", err=True)
        return 1
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def lines_of(outcomes: Sequence[Outcome], *, verbose: bool, zh: bool) -> list[str]:
    """What failed, or with `verbose` every test, and how many passed."""
    from tutela.reports.text import visible

    lines: list[str] = []
    for outcome in outcomes:
        if outcome.passed and not verbose:
            continue
        word = ("通过" if outcome.passed else "失败") if zh else ("ok" if outcome.passed else "FAILED")
        lines.append(visible(f"{word}  {outcome.case.location}  {outcome.case.name}"))
        lines += [visible(f"    {difference}") for difference in outcome.differences]
    passed = sum(outcome.passed for outcome in outcomes)
    failed = len(outcomes) - passed
    lines.append(f"{passed} 个通过,{failed} 个失败" if zh else f"{passed} passed, {failed} failed")
    return lines


def _shape(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        "passed": sum(outcome.passed for outcome in outcomes),
        "failed": sum(not outcome.passed for outcome in outcomes),
        "tests": [
            {
                "name": outcome.case.name,
                "location": str(outcome.case.location),
                "passed": outcome.passed,
                "differences": list(outcome.differences),
            }
            for outcome in outcomes
        ],
    }


def _junit(outcomes: Sequence[Outcome]) -> str:
    from xml.etree import ElementTree as ET

    failures = str(sum(not outcome.passed for outcome in outcomes))
    root = ET.Element("testsuites", tests=str(len(outcomes)), failures=failures)
    suite = ET.SubElement(root, "testsuite", name="tutela test", tests=str(len(outcomes)), failures=failures)
    for outcome in outcomes:
        case = ET.SubElement(suite, "testcase", name=_xml(outcome.case.name), classname=outcome.case.location.file)
        if not outcome.passed:
            text = _xml("\n".join(outcome.differences))
            ET.SubElement(case, "failure", message=text.split("\n", 1)[0]).text = f"{outcome.case.location}\n{text}"
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _xml(text: str) -> str:
    """Text without what XML cannot hold."""
    return "".join(char if char >= " " or char in "\t\n" else f"\\x{ord(char):02x}" for char in text)
