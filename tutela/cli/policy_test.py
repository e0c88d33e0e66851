"""`tutela test`: run the policy tests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from .options import opened, project_options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tutela.engine.authorizer import Authorizer
    from tutela.engine.errors import Problem
    from tutela.engine.loader import Source
    from tutela.engine.policy_tests import Case, Outcome, Suite

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
    outcomes = run_suites(setup, [str(path) for path in paths], wanted)
    with opened(output) as stream:
        if format_ == "json":
            from tutela.reports.json_document import write_document

            write_document(_shape(outcomes), stream)
        elif format_ == "junit":
            stream.write(_junit(outcomes))
        else:
            for line in _lines(outcomes, verbose=verbose, zh=setup.lang == "zh"):
                stream.write(line + "\n")
    if not outcomes:
        click.echo("没有运行任何测试" if setup.lang == "zh" else "no tests ran", err=True)
        return 1
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def run_suites(setup: Setup, paths: Sequence[str], wanted: str | None = None) -> list[Outcome]:
    """Load policies and tests, and run every case; PolicyError lists everything wrong with the test files."""
    from tutela.connectors.policy_files import PACK, read_policies
    from tutela.engine.errors import PolicyError
    from tutela.engine.loader import parse
    from tutela.engine.policy_tests import read_suite

    project = setup.project
    sources = read_policies(project.entries(), root=project.root)
    own = [e for e in project.entries() if not e.startswith(PACK)] or project.entries()
    tests = read_policies(paths or own, root=project.root, tests=True)
    parsed = parse(sorted(set(tests)))
    suites = [read_suite(document) for document in parsed.of("tests")]
    broken = [problem for problem in parsed.problems if not _is_policy(problem, sources)]
    if broken:
        raise PolicyError(broken)
    runner = _Runner(setup, sources)
    outcomes: list[Outcome] = []
    for suite in suites:
        outcomes += runner.suite(suite, wanted)
    if runner.problems:
        raise PolicyError(runner.problems)
    return outcomes


def _is_policy(problem: Problem, sources: Sequence[Source]) -> bool:
    """Problems of policy files are told when the policies are loaded."""
    return any(problem.location.file == source.name for source in sources)


class _Runner:
    """Makes a decision point for each set of parameters and registers, once."""

    def __init__(self, setup: Setup, sources: Sequence[Source]) -> None:
        self.setup = setup
        self.sources = sources
        self.problems: list[Problem] = []
        self._made: dict[tuple[str, str, tuple[Source, ...]], Authorizer] = {}

    def suite(self, suite: Suite, wanted: str | None) -> list[Outcome]:
        from tutela.engine.errors import InputError
        from tutela.engine.policy_tests import check_suite, run_case
        from tutela.engine.request import Request

        outcomes: list[Outcome] = []
        checked = False
        included = _included(suite, self.setup)
        for case in suite.cases:
            if wanted and wanted not in case.name:
                continue
            authorizer = self._authorizer(suite, case, included)
            if not checked:
                self.problems += check_suite(suite, authorizer.policies)
                checked = True
            body = {
                **case.request,
                **({"as_of": case.as_of} if case.as_of and "as_of" not in case.request else {}),
            }
            try:
                request = Request.from_json(body, as_of=None, source=f"{case.location}")
            except InputError as error:
                self.problems += error.problems
                continue
            outcomes.append(run_case(case, authorizer, request))
        return outcomes

    def _authorizer(self, suite: Suite, case: Case, included: tuple[Source, ...]) -> Authorizer:
        from tutela.connectors.policy_cache import load_cached
        from tutela.engine.authorizer import Authorizer
        from tutela.project import load_facts_of, load_taxonomy, make_facts

        key = (repr(sorted(case.parameters.items())), suite.file if suite.registers is not None else "", included)
        if key not in self._made:
            policies = load_cached(list(dict.fromkeys((*self.sources, *included))), case.parameters)
            if suite.registers is None:
                facts = load_facts_of(self.setup.project, policies)
            else:
                facts = make_facts(_registers(suite), policies, load_taxonomy(self.setup.project))
            self._made[key] = Authorizer(policies, facts)
        return self._made[key]


def _included(suite: Suite, setup: Setup) -> tuple[Source, ...]:
    """The policies that a test file includes: what a pack leaves to the company, such as retention schedules."""
    from tutela.connectors.policy_files import PACK, packs_folder, read_policies

    entries = cast("dict[str, Any]", suite.document.data).get("include", ())
    pack = suite.file.startswith(PACK)
    file = packs_folder() / suite.file.removeprefix(PACK) if pack else Path(suite.file)
    found = [entry if entry.startswith(PACK) else file.parent / entry for entry in entries]
    return tuple(read_policies(found, root=setup.project.root)) if found else ()


def _registers(suite: Suite) -> Mapping[str, Any]:
    """The registers written in a test file, checked like register files."""
    from tutela.engine.errors import PolicyError
    from tutela.engine.registers import ENTRIES, read_register
    from tutela.engine.validation import place, suggestion

    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, entries in (suite.registers or {}).items():
        path = ["registers", name]
        if name not in ENTRIES:
            guess = suggestion(name, ENTRIES)
            hint = f"; did you mean `{guess}`?" if guess else ""
            args = {"name": name, "hint": hint, "known": ", ".join(ENTRIES)}
            problems.append(place(suite.document, path, "register-unknown", key=True, **args))
            continue
        found[name], more = read_register(name, replace(suite.document, data=entries))
        problems += more
    if problems:
        raise PolicyError(problems)
    return found


def _lines(outcomes: Sequence[Outcome], *, verbose: bool, zh: bool) -> list[str]:
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
