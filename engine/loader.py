"""Policy texts -> a checked, compiled `PolicySet`, or a `PolicyError` with every problem of every file.

Text comes in, never a path: reading folders, includes and packs is `connectors.policy_files`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from .actions import declared_actions, unknown_actions
from .documents import Document, Map, read_document
from .errors import PolicyError
from .lower import Lowered, Surface, lower
from .lower_retention import lower_schedules
from .parameters import Parameters, build_parameters
from .policy_schema import KINDS, schema_of
from .validation import kind_of, place, suggestion, validate
from .vocabulary import Vocabulary, build_vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .errors import Location, Problem
    from .expression import Expression
    from .policyset import PolicySet

POLICY_KINDS: Final = ("access", "collection", "sharing", "retention")


class Source(NamedTuple):
    """One policy file: the name shown in problems and reasons, and its text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """The valid documents of all files by kind, and everything wrong so far."""

    documents: Mapping[str, Sequence[Document]]
    problems: list[Problem] = field(default_factory=list["Problem"])
    undeclared: bool = False
    """Whether a file that declares names for others did not load: that these are unknown would only echo it."""
    expressions: dict[str, Expression] = field(default_factory=dict[str, "Expression"])
    """Conditions that were checked when the files were loaded before: they are the same with other parameters."""

    def of(self, *kinds: str) -> list[Document]:
        """The documents of some kinds, in file order."""
        return [document for kind in kinds for document in self.documents.get(kind, ())]


def load_policies(sources: Sequence[Source], parameters: Mapping[str, object] | None = None) -> PolicySet:
    """Load policy files into one set; `parameters` bind further values (tests use it).

    PolicyError carries the problems of all files at once. The order of the sources does not matter.
    """
    return load_parsed(parse(sorted(sources)), parameters)


def load_parsed(parsed: Parsed, parameters: Mapping[str, object] | None = None) -> PolicySet:
    """Load files that are parsed; they stay as they are, and can be loaded again with other parameters."""
    from .compile import compile_policies

    told = [*parsed.problems]
    vocabulary, problems = build_vocabulary(parsed.of("vocabulary"))
    told.extend(problems)
    declared, problems = build_parameters(parsed.of("parameters"))
    told.extend(problem for problem in problems if not (parsed.undeclared and problem.code == "parameter-unknown"))
    if parameters:
        declared = _with(declared, parameters)
    lowered = lower_all(parsed)
    told.extend(lowered.problems)
    told.extend(_duplicates(lowered))
    lines = {document.file: document.lines for kind in parsed.documents.values() for document in kind}
    compiled, problems = compile_policies(lowered, vocabulary, declared, lines, parsed.expressions)
    # When the vocabulary or the parameters do not load, conditions that read them would only echo that.
    if not _broken(parsed, told):
        told.extend(problems)
    if not lowered.rules and not told:
        told.append(_no_rules(sorted(lines)))
    if told or compiled is None:
        raise PolicyError(_with_source(problem, lines) for problem in told)
    return compiled


def parse(sources: Sequence[Source]) -> Parsed:
    """Read and validate each file by itself."""
    documents: dict[str, list[Document]] = {}
    policies: list[Document] = []
    problems: list[Problem] = []
    undeclared = False
    for name, text in sources:
        document = read_document(text, name)
        problems.extend(document.problems)
        kind, found = _kind(document)
        if not document.problems or isinstance(document.data, Map):
            problems.extend(found)
        if kind is not None:
            found = validate(document, schema_of_cached(kind), kind)
            problems.extend(found)
            if kind in POLICY_KINDS:
                policies.append(document)
            if not found:
                documents.setdefault(kind, []).append(document)
        if found or document.problems:
            undeclared = undeclared or (kind or _kind_written(text)) not in POLICY_KINDS
    if not undeclared:
        actions = declared_actions(documents.get("vocabulary", ()))
        for document in policies:
            problems.extend(unknown_actions(document, actions))
    return Parsed(documents, problems, undeclared)


def _kind_written(text: str) -> str | None:
    """The kind of a file that is no YAML, as far as one stands there."""
    found = re.search(r"^kind:\s*(\w+)\s*$", text, re.MULTILINE | re.ASCII)
    return found[1] if found else None


_SCHEMAS: Final = {kind: schema_of(kind) for kind in KINDS}


def schema_of_cached(kind: str) -> Mapping[str, object]:
    """The complete schema of one kind, the same object every time."""
    return _SCHEMAS[kind]


def _kind(document: Document) -> tuple[str | None, list[Problem]]:
    data = document.data
    if data is None:
        return None, [] if document.problems else [document.problem("policy-empty", (1, 1))]
    if not isinstance(data, Map):
        return None, [document.problem("policy-not-mapping", (1, 1), found=kind_of(data))]
    kind = data.get("kind")
    if kind is None:
        return None, [place(document, [], "key-missing", key_="kind")]
    if not isinstance(kind, str) or kind not in KINDS:
        shown = kind if isinstance(kind, str) else kind_of(kind)
        guess = suggestion(shown, KINDS)
        hint = f"; did you mean `{guess}`?" if guess else ""
        known = ", ".join(KINDS)
        return None, [place(document, ["kind"], "policy-kind-unknown", value=shown, hint=hint, known=known)]
    return kind, []


def lower_all(parsed: Parsed) -> Lowered:
    """Lower every policy file; retention schedules meet their checks across files."""
    out = Lowered()
    retention: list[Surface] = []
    for document in parsed.of(*POLICY_KINDS):
        out.add(lower(document))
        if cast("dict[str, Any]", document.data)["kind"] == "retention":
            retention.append(Surface(document, "retention", Lowered()))
    lower_schedules(retention, out)
    for surface in retention:
        out.add(surface.out)
    return out


def _with(declared: Parameters, more: Mapping[str, object]) -> Parameters:
    """Bind further values; what does not fit its declaration raises as the file form would."""
    import json

    text = json.dumps({"kind": "parameters", "bind": dict(more)}, default=str)
    _, problems = build_parameters(
        [read_document(_declarations(declared), "declared"), read_document(text, "parameters")]
    )
    if problems:
        raise PolicyError(problems)
    return Parameters(declared.declared, {**declared.values, **more})


def _declarations(declared: Parameters) -> str:
    import json

    entries: dict[str, dict[str, object]] = {}
    for name, entry in declared.declared.items():
        entries[name] = {"type": entry.type}
        if entry.enum:
            entries[name]["enum"] = list(entry.enum)
        if entry.minimum is not None:
            entries[name]["minimum"] = entry.minimum
    return json.dumps({"kind": "parameters", "declare": entries})


def _with_source(problem: Problem, lines: Mapping[str, Sequence[str]]) -> Problem:
    """Show the source line also where a problem was found in core rules, far from the text."""
    from dataclasses import replace

    from .documents import source_line

    here = problem.location
    return problem if problem.source else replace(problem, source=source_line(lines.get(here.file, ()), here.line))


def _duplicates(lowered: Lowered) -> list[Problem]:
    """Rule ids and defaults that are used twice."""
    from .errors import Problem

    problems: list[Problem] = []
    seen: dict[tuple[str, str], Location] = {}
    for rule in lowered.rules:
        first = seen.setdefault((rule.id, rule.variant), rule.location)
        if first is not rule.location:
            problems.append(
                Problem(code="rule-duplicate", location=rule.location, args={"id": rule.id, "first": first})
            )
    defaults: dict[str, str] = {}
    for default in lowered.defaults:
        for action in default.actions:
            here = str(default.location)
            if action in defaults and default.location is not None:
                args = {"action": action, "first": defaults[action]}
                problems.append(Problem(code="default-duplicate", location=default.location, args=args))
            defaults.setdefault(action, here)
    return problems


def _broken(parsed: Parsed, problems: Sequence[Problem]) -> bool:
    """Whether something that conditions depend on did not load."""
    return parsed.undeclared or any(
        problem.code.startswith(("vocabulary-", "parameter-d", "parameter-t")) for problem in problems
    )


def _no_rules(files: Sequence[str]) -> Problem:
    from .errors import Location, Problem

    return Problem(code="policy-no-rules", location=Location(files[0] if files else "policies"))


__all__ = ["Parsed", "Source", "Vocabulary", "load_parsed", "load_policies", "lower_all", "parse"]
