"""Core rules -> checked, compiled and indexed rules.

Every target and condition is checked against the vocabulary and the parameters; every problem of every rule is
collected. Rules whose conditions have the same shape share one generated function.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from math import prod
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .closures import encode_constants, plan
from .errors import Location, Problem
from .functions import ZONE_PARAMETER, ZONED, functions
from .index import MAX_KEYS, PYTHON, group
from .ir import And, Not, clause_text, clauses, reads
from .policyset import Compiled, PolicySet
from .rules import ConditionText
from .store import pack_default, pack_rule, shared
from .templates import Cut, cut, fill, make_recipe, marked, write
from .validation import short, suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .expression import Expression, Fault, Language
    from .ir import Node, Type
    from .lower import Lowered
    from .lower_obligations import Filling
    from .parameters import Declared, Parameters
    from .rules import Default, Rule, Test
    from .templates import Recipe
    from .vocabulary import Vocabulary

NOTHING_CUT: Final = Cut("", ())
ALWAYS: Final = (-1, ())
"""The plan of a rule without condition."""


class Texts(NamedTuple):
    """The lines of every policy file, to show the source of a problem."""

    lines: Mapping[str, Sequence[str]]


def compile_policies(
    lowered: Lowered,
    vocabulary: Vocabulary,
    parameters: Parameters,
    lines: Mapping[str, Sequence[str]],
    checked: dict[str, Expression],
) -> tuple[PolicySet | None, list[Problem]]:
    """Compile all rules; the policy set is None when there is any problem.

    `checked` has the conditions, by text, that were found right with other values of the parameters, and gets the rest.
    """
    from .expression import Language

    language = Language(
        symbols=vocabulary.symbols(),
        parameters=parameters.types(),
        parameter_values=parameters.values,
        functions=functions(parameters.values),
    )
    rules = sorted(lowered.rules, key=lambda rule: (rule.id, rule.variant))
    enums = any(_lists_values(of) for names in vocabulary.attributes.values() for of in names.values())
    worker = _Worker(language, vocabulary, parameters, lines, checked, enums=enums)
    plans = [worker.rule(rule) for rule in rules]
    for filling in lowered.fillings:
        worker.filling(filling)
    worker.unbound(rules)
    if worker.problems:
        return None, worker.problems
    seen: dict[Any, Any] = {}
    compiled = Compiled(
        records=tuple(shared(pack_rule(rule), seen) for rule in rules),
        plans=tuple(p.condition for p in plans),
        clauses=tuple(p.clauses for p in plans),
        duties=tuple(p.duties for p in plans),
        clause_table=tuple(clause for _, clause in worker.clauses.values()),
        shapes=tuple(worker.shapes),
        shape_reads=tuple(worker.shape_reads),
        by_action=group(rules),
        defaults=tuple(pack_default(default) for default in lowered.defaults),
    )
    # The language goes: it remembers every parse tree. The set makes another one when the reference is needed.
    return PolicySet(compiled, vocabulary, parameters, _digest(rules, lowered.defaults, vocabulary, parameters)), []


def _digest(rules: Sequence[Rule], defaults: Sequence[Default], vocabulary: Vocabulary, parameters: Parameters) -> str:
    """Hash what can change an answer or its words, and no place: moving a rule in its file changes nothing."""
    nowhere = Location("")
    plain = [
        replace(
            rule,
            location=nowhere,
            when=rule.when and rule.when._replace(at=(0, 0)),
            unless=rule.unless and rule.unless._replace(at=(0, 0)),
        )
        for rule in rules
    ]
    content = (
        [pack_rule(rule) for rule in plain],
        sorted(repr(pack_default(replace(default, location=nowhere))) for default in defaults),
        sorted((root, sorted(names.items())) for root, names in vocabulary.attributes.items()),
        sorted(vocabulary.shown),
        sorted(parameters.values.items()),
    )
    return f"sha256:{hashlib.sha256(repr(content).encode()).hexdigest()}"


Clause = tuple[str, int, tuple[object, ...], bool]


class Planned(NamedTuple):
    """A rule's condition as (shape number, constants), and its clauses as (text, shape, constants, wanted)."""

    condition: tuple[int, tuple[object, ...]]
    clauses: tuple[Clause, ...]


class Encoded(NamedTuple):
    """A rule's condition with encoded constants, and the numbers of its clauses."""

    condition: tuple[int, tuple[object, ...]]
    clauses: tuple[int, ...]
    duties: tuple[int, ...]
    """The clause that each obligation hangs on, -1 for none; nothing at all when none hangs on any."""


@dataclass(slots=True)
class _Worker:
    """Compiles rule after rule, collecting shapes and problems."""

    language: Language
    vocabulary: Vocabulary
    parameters: Parameters
    lines: Mapping[str, Sequence[str]]
    checked: dict[str, Expression]
    problems: list[Problem] = field(default_factory=list[Problem])
    shapes: dict[str, int] = field(default_factory=dict[str, int])
    shape_reads: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    unbound_reads: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    interned: dict[str, Any] = field(default_factory=dict[str, Any])
    clauses: dict[str, tuple[int, Clause]] = field(default_factory=dict[str, tuple[int, Clause]])
    recipes: dict[tuple[str, ...], Recipe | None] = field(default_factory=dict[tuple[str, ...], "Recipe | None"])
    enums: bool = False
    """Whether the vocabulary lists values: each literal must then be checked against them."""

    def rule(self, rule: Rule) -> Encoded:
        for test in rule.target:
            self._target(rule, test)
        count = prod(len(test.values) for test in rule.target)
        if count > MAX_KEYS:
            self._note(rule, "target-too-many", count=count, limit=MAX_KEYS)
        planned = self._by_template(rule) or self._in_full(rule)
        shape, constants = planned.condition
        clauses = tuple(self._numbered(clause) for clause in planned.clauses)
        return Encoded((shape, self._shared(constants)), clauses, self._duties(rule))

    def _duties(self, rule: Rule) -> tuple[int, ...]:
        """The conditions of a rule's obligations, and the parameters of their due times."""
        for duty in rule.obligations:
            if duty.due is not None and duty.due[1]:
                self._due(rule, *duty.due)
        if not any(duty.when for duty in rule.obligations):
            return ()
        found: list[int] = []
        for duty in rule.obligations:
            written = ConditionText(duty.when or "", (rule.location.line, rule.location.column), generated=True)
            expression = self._parse(rule, written) if duty.when else None
            if expression is None:
                found.append(-1)
                continue
            shape, constants = self._plan(expression.root)
            found.append(self._numbered((duty.when or "", shape, constants, True)))
        return tuple(found)

    def _due(self, rule: Rule, name: str, unit: str) -> None:
        """A parameter that counts the time of an obligation must be declared, and bound to a number."""
        if name not in self.parameters.declared:
            self._note(rule, "parameter-unknown", name=name, hint="")
        elif name not in self.parameters.values:
            self.unbound_reads.setdefault(name, []).append(rule.id)
        else:
            value = self.parameters.values[name]
            number = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
            if not number or (unit != "hours" and not isinstance(value, int)):
                self._note(rule, "parameter-type", name=name, expected="a number, not below zero", value=value)

    def filling(self, found: Filling) -> None:
        """The condition of a row filter, and the salt of a mask."""
        from .lower_obligations import check_filling

        checked = check_filling(found, self.vocabulary, self.parameters, self.lines)
        self.problems += checked.problems
        for name in checked.unbound:
            self.unbound_reads.setdefault(name, []).append(found.rule)

    def _numbered(self, clause: Clause) -> int:
        """The number of a clause: the same for equal ones, of which 10,000 rules repeat a few hundred."""
        text, shape, constants, expect = clause
        found: Clause = (text, shape, self._shared(constants), expect)
        return self.clauses.setdefault(repr(found), (len(self.clauses), found))[0]

    def _in_full(self, rule: Rule) -> Planned:
        when = self._parse(rule, rule.when)
        unless = self._parse(rule, rule.unless)
        return Planned(ALWAYS, ()) if self.problems else self._planned(rule, when, unless)

    def _planned(self, rule: Rule, when: Expression | None, unless: Expression | None) -> Planned:
        parts: list[Node] = [when.root] if when else []
        if unless:
            parts.append(Not(unless.root, type=unless.root.type))
        if not parts:
            return Planned(ALWAYS, ())
        root = parts[0] if len(parts) == 1 else And(tuple(parts), type=parts[0].type)
        deny = rule.effect == "deny"
        explained = [
            clause
            for expression, expect in ((when, not deny), (unless, deny))
            if expression
            for clause in self._clauses(expression, expect=expect)
        ]
        return Planned(self._plan(root), tuple(explained))

    def _by_template(self, rule: Rule) -> Planned | None:
        """The plan of a rule by its template's recipe; None when it has none, or when a problem is to be told."""
        cuts = [cut(condition.text) if condition else NOTHING_CUT for condition in (rule.when, rule.unless)]
        if self.enums or any(found is None for found in cuts):
            return None
        key = (rule.effect, *(found.template for found in cuts if found))
        if key not in self.recipes:
            self.recipes[key] = self._recipe(rule)
        recipe = self.recipes[key]
        if recipe is None:
            return None
        literals = [literal for found in cuts if found for literal in found.literals]
        made = tuple(
            (write(parts, literals), shape, tuple(fill(slot, literals) for slot in slots), expect)
            for parts, shape, slots, expect in recipe.clauses
        )
        constants = tuple(fill(slot, literals) for slot in recipe.slots)
        return Planned((recipe.shape, constants), made)

    def _recipe(self, rule: Rule) -> Recipe | None:
        from .expression import ConditionError

        parsed: list[Expression | None] = []
        count = 0
        for condition in (rule.when, rule.unless):
            found = cut(condition.text) if condition else None
            if condition is None or found is None:
                parsed.append(None)
                continue
            try:
                expression = self._checked(marked(condition.text, count))
            except ConditionError:
                return None
            if self._unbound(expression, condition.text):
                return None
            parsed.append(expression)
            count += len(found.literals)
        planned = self._planned(rule, *parsed)
        return make_recipe(planned.condition, planned.clauses, count)

    def _plan(self, root: Node) -> tuple[int, tuple[object, ...]]:
        planned = plan(root, self.language.parameter_values)
        number = self.shapes.setdefault(planned.shape, len(self.shapes))
        if number == len(self.shape_reads):
            self.shape_reads.append(reads(root))
        return number, planned.constants

    def _shared(self, constants: tuple[object, ...]) -> tuple[object, ...]:
        """Encoded constants, the same tuple for equal ones: 10,000 rules repeat a few hundred."""
        found: tuple[object, ...] = self.interned.setdefault(repr(constants), encode_constants(constants))
        return found

    def _clauses(self, expression: Expression, *, expect: bool) -> list[Clause]:
        found: list[Clause] = []
        for clause in clauses(expression.root, expect=expect):
            number, constants = self._plan(clause.test)
            text = clause_text(clause.shown, expression.text)
            found.append((text, number, constants, expect))
        return found

    def _parse(self, rule: Rule, condition: ConditionText | None) -> Expression | None:
        if condition is None:
            return None
        from .expression import ConditionError

        try:
            expression = self._checked(condition.text)
        except ConditionError as error:
            self.problems.extend(self._problem(rule, condition, fault) for fault in error.faults)
            return None
        unbound = self._unbound(expression, condition.text)
        for name in unbound:
            self.unbound_reads.setdefault(name, []).append(rule.id)
        return None if unbound else expression

    def _checked(self, text: str) -> Expression:
        """A condition that is right; ConditionError otherwise."""
        found = self.checked.get(text)
        if found is None:
            found = self.checked[text] = self.language.parse(text)
        return found

    def _unbound(self, expression: Expression, text: str) -> list[str]:
        """Parameters that a condition reads and nobody bound."""
        needed = [*expression.parameters, *([ZONE_PARAMETER] if any(name in text for name in ZONED) else [])]
        return [name for name in needed if name not in self.parameters.values]

    def _problem(self, rule: Rule, condition: ConditionText, fault: Fault) -> Problem:
        from .documents import position_in_scalar, source_line

        lines = self.lines.get(rule.location.file, ())
        at = condition.at
        if not condition.generated:
            at = position_in_scalar(lines, at, condition.text, fault.start)
        location = Location(rule.location.file, *at)
        args = {**fault.args, "rule": rule.id}
        return Problem(code=fault.code, location=location, args=args, source=source_line(lines, at[0]))

    def _target(self, rule: Rule, test: Test) -> None:
        declared = self.vocabulary.type_at(test.path)
        if declared is None:
            guess = suggestion(test.path, self.vocabulary.paths())
            hint = f"; did you mean `{guess}`?" if guess else ""
            self._note(rule, "target-unknown", path=test.path, hint=hint)
            return
        inner = declared.item if declared.kind == "array" and declared.item else declared
        for value in test.values:
            kind = "boolean" if isinstance(value, bool) else "string" if isinstance(value, str) else "number"
            whole = kind != "number" or isinstance(value, int)
            listed = not inner.enum or value in inner.enum
            if inner.kind != kind or inner.kind not in PYTHON or not whole or not listed:
                self._note(rule, "target-type", path=test.path, type=inner.kind, value=short(value))

    def _note(self, rule: Rule, code: str, **args: object) -> None:
        from .documents import source_line

        lines = self.lines.get(rule.location.file, ())
        source = source_line(lines, rule.location.line)
        self.problems.append(Problem(code=code, location=rule.location, args=args, source=source))

    def unbound(self, rules: Sequence[Rule]) -> None:
        """One problem for each parameter that a loaded rule reads and nobody bound; with them, all others."""
        where = {rule.id: rule.location for rule in rules}
        for name, ids in sorted(self.unbound_reads.items()):
            declared = self.parameters.declared.get(name)
            location = declared.location if declared else where[ids[0]]
            readers = ", ".join(f"`{rule_id}`" for rule_id in dict.fromkeys(ids))
            args = {"name": name, "rules": readers, **_suggested(declared)}
            self.problems.append(Problem(code="parameter-unbound", location=location, args=args))
        if not self.unbound_reads:
            return
        for name, declared in sorted(self.parameters.declared.items()):
            if name not in self.parameters.values and name not in self.unbound_reads:
                args = {"name": name, **_suggested(declared)}
                self.problems.append(Problem(code="parameter-open", location=declared.location, args=args))


def _suggested(declared: Declared | None) -> dict[str, object]:
    """What is suggested for a parameter, and where that comes from."""
    if declared is None or declared.suggested is None:
        return {"suggested": "-", "source": "-"}
    return {"suggested": declared.suggested, "source": declared.source or "-"}


def _lists_values(of: Type) -> bool:
    """Whether a type, or one inside it, has an enumeration."""
    inner = [t for _, t in of.attributes] + ([of.item] if of.item else [])
    return bool(of.enum) or any(_lists_values(t) for t in inner)
