"""Runs policy tests: makes a decision point for each set of parameters and registers, once, and asks every case."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from tutela.engine.authorizer import Authorizer
from tutela.engine.entries import value_of
from tutela.engine.errors import InputError, PolicyError, Problem
from tutela.engine.facts_approvals import request_hash
from tutela.engine.plain import is_map
from tutela.engine.policy_tests import UNPARSED, Answer, answer, check_suite, compare, joined, read_suite
from tutela.engine.registers import ENTRIES, KEYS, key_of, read_register
from tutela.engine.request import Request, parse_time
from tutela.engine.validation import place, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tutela.engine.facts import Facts
    from tutela.engine.loader import Parsed, Source
    from tutela.engine.policy_tests import Case, Outcome, Suite
    from tutela.engine.policyset import PolicySet
    from tutela.engine.taxonomy import Taxonomy

    from .project import Project

CURRENT: Final = "auto"
"""Written for the hash of an approval in a test: that of the form as the test's registers have it."""
FORMS: Final = ("use_requests", "sharing_requests")


def run_suites(project: Project, paths: Sequence[str], wanted: str | None = None) -> list[Outcome]:
    """Load policies and tests, and run every case; PolicyError lists everything wrong with the test files."""
    from tutela.connectors.policy_files import PACK, read_policies
    from tutela.engine.loader import parse

    from .project import policy_sources

    sources = policy_sources(project)
    own = [e for e in project.entries() if not e.startswith(PACK)] or project.entries()
    # A bundle holds no tests: those to run on it are named.
    tests = [] if project.bundle and not paths else read_policies(paths or own, root=project.root, tests=True)
    parsed = parse(sorted(set(tests)))
    suites = [read_suite(document) for document in parsed.of("tests")]
    # Problems of policy files are told when the policies are loaded.
    names = {source.name for source in sources}
    broken = [problem for problem in parsed.problems if problem.location.file not in names]
    if broken:
        raise PolicyError(broken)
    runner = Runner(project, sources)
    outcomes = [outcome for suite in suites for outcome in runner.suite(suite, wanted)]
    if runner.problems:
        told: list[Problem] = []
        for problem in runner.problems:
            if problem not in told:  # one fault of a file's registers meets every test of it
                told.append(problem)
        raise PolicyError(told)
    return outcomes


class Runner:
    """Runs suites against the policies and registers of one project."""

    def __init__(self, project: Project, sources: Sequence[Source]) -> None:
        self.project = project
        self.sources = sources
        self.problems: list[Problem] = []
        self._made: dict[str, tuple[Authorizer, tuple[Source, ...]]] = {}
        self._loaded: dict[str, PolicySet] = {}
        self._parsed: dict[tuple[Source, ...], Parsed] = {}

    @cached_property
    def taxonomy(self) -> Taxonomy:
        """The project's taxonomy, read when a test needs it."""
        from .taxonomies import load_taxonomy

        return load_taxonomy(self.project)

    def suite(self, suite: Suite, wanted: str | None = None) -> Iterator[Outcome]:
        """Run the cases whose name holds a text."""
        included = self._included(suite)
        checked = False
        for case in suite.cases:
            if wanted and wanted not in case.name:
                continue
            try:
                authorizer, sources = self._authorizer(suite, case, included)
                if not checked:
                    self.problems += check_suite(suite, authorizer.policies)
                    checked = True
                yield compare(case, joined(self._answers(case, authorizer, sources)))
            except InputError as error:
                self.problems += error.problems

    def _answers(self, case: Case, authorizer: Authorizer, sources: tuple[Source, ...]) -> Iterator[Answer]:
        for body in case.requests:
            stated = {"as_of": case.as_of} if case.as_of and "as_of" not in body else {}
            request = Request.from_json({**body, **stated}, as_of=None, source=f"{case.location}")
            yield answer(authorizer.decide(request))
        when = parse_time(case.as_of) if case.as_of else datetime.now(UTC)
        if case.lint is not None:
            yield from self._lint(case.lint, authorizer, when)
        if case.policies is not None:
            yield from self._policies(case, authorizer, sources, when)

    def _lint(self, lint: Mapping[str, Any], authorizer: Authorizer, when: datetime) -> Iterator[Answer]:
        from tutela.connectors.columns import ask_columns
        from tutela.connectors.ddl import parse_schema
        from tutela.engine.findings import Unreadable

        from .project import load_classifier

        schema = parse_schema(lint["sql"], "lint.sql", lint.get("dialect") or self.project.dialect)
        classifier = load_classifier(self.project, authorizer.policies, facts=authorizer.facts)
        facts = cast("Facts | None", authorizer.facts)
        for asked in ask_columns(schema, classifier, when, catalog=facts.world.catalog if facts else None):
            if isinstance(asked, Unreadable):
                yield Answer("deny", (UNPARSED,))
            else:
                yield answer(authorizer.decide(asked.request))

    def _policies(
        self, case: Case, authorizer: Authorizer, sources: tuple[Source, ...], when: datetime
    ) -> Iterator[Answer]:
        from tutela.connectors.policy_review import RULES, review
        from tutela.engine.loader import Source

        written = Source("policies.yaml", case.policies or "")
        facts = cast("Facts | None", authorizer.facts)
        kept = [source for source in sources if not _schedules(source)]
        problems, asked = review([*kept, written], case.parameters, facts, when)
        for problem in problems:
            yield Answer("deny", (RULES.get(problem.code, problem.code),))
        for authorized, item in asked:
            yield answer(authorized.decide(item.request))

    def _authorizer(
        self, suite: Suite, case: Case, included: tuple[Source, ...]
    ) -> tuple[Authorizer, tuple[Source, ...]]:
        from .project import load_registers, make_facts

        sources = tuple(dict.fromkeys((*self.sources, *included)))
        written = suite.file if suite.registers is not None else ""
        key = json.dumps([case.parameters, case.add, case.remove, written, hash(included)], default=str, sort_keys=True)
        if key not in self._made:
            policies = self._policies_of(sources, case.parameters)
            if suite.registers is not None:
                base: Mapping[str, Any] = {}
            else:
                base = load_registers(self.project)
            if suite.registers is None and not case.add and not case.remove:
                registers: Mapping[str, Any] | None = base or None
            else:
                registers = _registers(suite, case, base)
            facts = None if registers is None else make_facts(registers, policies, self.taxonomy)
            self._made[key] = (Authorizer(policies, facts), sources)
        return self._made[key]

    def _policies_of(self, sources: tuple[Source, ...], parameters: Mapping[str, object]) -> PolicySet:
        """The policies with some parameters; tests that differ in their registers only share them."""
        from tutela.connectors.policy_cache import load_cached
        from tutela.engine.loader import load_parsed, parse

        key = json.dumps([parameters, hash(sources)], default=str, sort_keys=True)
        if key not in self._loaded:
            if parameters:
                if sources not in self._parsed:
                    self._parsed[sources] = parse(sorted(sources))
                self._loaded[key] = load_parsed(self._parsed[sources], parameters)
            else:
                self._loaded[key] = load_cached(sources)
        return self._loaded[key]

    def _included(self, suite: Suite) -> tuple[Source, ...]:
        """The policies that a test file includes: what a pack leaves to the company, such as retention schedules."""
        from tutela.connectors.policy_files import PACK, packs_folder, read_policies

        entries = cast("dict[str, Any]", suite.document.data).get("include", ())
        pack = suite.file.startswith(PACK)
        file = packs_folder() / suite.file.removeprefix(PACK) if pack else Path(suite.file)
        found = [entry if entry.startswith(PACK) else file.parent / entry for entry in entries]
        return tuple(read_policies(found, root=self.project.root)) if found else ()


def _schedules(source: Source) -> bool:
    return "\nschedules:" in source.text


def _registers(suite: Suite, case: Case, base: Mapping[str, Any]) -> Mapping[str, Any]:
    """The registers of a test: those written in its file or the project's, with what it adds and removes."""
    problems: list[Problem] = []
    found: dict[str, Any] = dict(base)
    for name, entries in (suite.registers or {}).items():
        if _known(suite, ["registers", name], name, problems):
            found[name] = _read(suite, name, entries, found, problems)
    for name in case.remove:
        if not _known(suite, ["remove", name], name, problems):
            continue
        named = KEYS.get(name, "id")
        gone = set(case.remove[name])
        there = {value_of(entry, named) for entry in found.get(name, ())}
        problems += [
            Problem(code="register-entry-unknown", location=case.location, args={"name": name, "id": str(item)})
            for item in case.remove[name]
            if item not in there
        ]
        found[name] = [entry for entry in found.get(name, ()) if value_of(entry, named) not in gone]
    # Forms first: approvals may carry the hash of the form as it then is.
    for name in sorted(case.add, key=lambda name: name not in FORMS):
        if _known(suite, ["add", name], name, problems):
            key = key_of(name)
            if key is None:  # several may be about one thing: they are added, never replaced
                found[name] = [*found.get(name, ()), *_read(suite, name, case.add[name], found, problems)]
                continue
            # A test's own entry stands in for its file's.
            last = {value_of(entry, key): entry for entry in case.add[name]}
            more = _read(suite, name, list(last.values()), found, problems)
            new = {value_of(entry, key) for entry in more}
            found[name] = [*(entry for entry in found.get(name, ()) if value_of(entry, key) not in new), *more]
    if problems:
        raise InputError(problems)
    return found


def _known(suite: Suite, path: list[str | int], name: str, problems: list[Problem]) -> bool:
    if name in ENTRIES:
        return True
    guess = suggestion(name, ENTRIES)
    hint = f"; did you mean `{guess}`?" if guess else ""
    args = {"name": name, "hint": hint, "known": ", ".join(ENTRIES)}
    problems.append(place(suite.document, path, "register-unknown", key=True, **args))
    return False


def _read(
    suite: Suite,
    name: str,
    entries: Any,  # noqa: ANN401 (YAML)
    found: Mapping[str, Any],
    problems: list[Problem],
) -> Sequence[Any]:
    if name == "approvals":
        entries = [_hashed(entry, found) for entry in entries]
    typed, more = read_register(name, replace(suite.document, data=entries))
    problems += more
    return typed


def _hashed(entry: Any, found: Mapping[str, Any]) -> Any:  # noqa: ANN401 (any YAML value)
    if not is_map(entry) or entry.get("request_hash") != CURRENT:
        return entry
    for name in FORMS:
        for form in found.get(name, ()):
            if form["id"] == entry.get("request_id"):
                return {**entry, "request_hash": request_hash(form)}
    return entry
