"""An immutable set of compiled, indexed rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .closures import decode_constants, maker
from .functions import callables, functions
from .index import make_tables
from .obligations import due
from .plain import is_tuple
from .store import EFFECT, RuleStore, unpack_default

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .expression import Language
    from .index import Signature
    from .model import Obligation
    from .parameters import Parameters
    from .rules import Default, Rule
    from .store import Record
    from .vocabulary import Vocabulary

NO_CONDITION: Final = -1
PARTS: Final = 4096
"""How much is kept ready for explaining parts of conditions."""


class Compiled(NamedTuple):
    """Everything that compiling finds out, as plain values: what a cache file holds."""

    records: tuple[Record, ...]
    plans: tuple[tuple[int, tuple[object, ...]], ...]
    """By rule: the number of its condition's shape, and the encoded constants."""
    clauses: tuple[tuple[int, ...], ...]
    """By rule: the numbers of its clauses."""
    duties: tuple[tuple[int, ...], ...]
    """By rule: the clause that each obligation hangs on (-1: none); empty when none hangs on any."""
    clause_table: tuple[tuple[str, int, tuple[object, ...], bool], ...]
    """By clause number: text, shape number, encoded constants, whether it should be true."""
    shapes: tuple[str, ...]
    shape_reads: tuple[tuple[str, ...], ...]
    by_action: Mapping[str, Mapping[Signature, Mapping[Any, tuple[int, ...]]]]
    defaults: tuple[Record, ...]


class ClauseTest(NamedTuple):
    """A clause: its text, the attributes it reads, whether it should be true, and its compiled test."""

    text: str
    reads: tuple[Read, ...]
    expect: bool
    test: Callable[[Any], bool]


def _read(path: str, vocabulary: Vocabulary) -> Read:
    root, *steps = path.split(".")
    return Read(path, root, tuple(steps), path in vocabulary.shown or root == "now")


def _always(_q: object) -> bool:
    return True


class Read(NamedTuple):
    """An attribute that a clause reads, ready to be shown."""

    path: str
    root: str
    steps: tuple[str, ...]
    shown: bool
    """Whether its value may be shown unmasked."""


class PolicySet:
    """Rules with their compiled conditions, index, defaults, vocabulary, parameters and digest; never changed."""

    __slots__ = (
        "_clause_tests", "_compiled", "_language", "_makers", "_once", "_parts", "_reads", "by_action", "defaults",
        "digest", "is_deny", "parameters", "rules", "tests", "vocabulary",
    )  # fmt: skip

    def __init__(
        self,
        compiled: Compiled,
        vocabulary: Vocabulary,
        parameters: Parameters,
        digest: str,
    ) -> None:
        self._compiled = compiled
        self._language: Language | None = None
        self.vocabulary = vocabulary
        self.parameters = parameters
        self.digest = digest
        """`sha256:` and 64 digits: the same for the same rules, defaults and parameters, in any file order."""
        self.rules = RuleStore(compiled.records)
        self.is_deny = bytes(record[EFFECT] == "deny" for record in compiled.records)
        self.by_action = make_tables(compiled.by_action, vocabulary)
        made = [unpack_default(record) for record in compiled.defaults]
        self.defaults: Mapping[str, Default] = {action: default for default in made for action in default.actions}
        self.tests: list[Callable[[Any], bool] | None] = [None] * len(compiled.records)
        """By rule: its condition, made when it is first needed."""
        self._reads = [tuple(_read(path, vocabulary) for path in paths) for paths in compiled.shape_reads]
        self._clause_tests: list[ClauseTest | None] = [None] * len(compiled.clause_table)
        self._makers: list[Callable[[tuple[object, ...]], Callable[[Any], bool]] | None]
        self._makers = [None] * len(compiled.shapes)
        self._once: dict[tuple[int, object], tuple[object, Any]] = {}
        self._parts: dict[str, Callable[[tuple[object, ...]], Callable[[Any], bool]]] = {}

    def __len__(self) -> int:
        return len(self.rules)

    @property
    def compiled(self) -> Compiled:
        """The plain values behind the set, for a cache."""
        return self._compiled

    def rule_id(self, number: int) -> str:
        """The id of a rule, without making the rule."""
        return str(self._compiled.records[number][0])

    def test(self, number: int) -> Callable[[Any], bool]:
        """The compiled condition of a rule; it raises where only the reference can tell."""
        found = self.tests[number]
        if found is None:
            found = self.tests[number] = self._make(*self._compiled.plans[number])
        return found

    def clause_tests(self, number: int) -> list[ClauseTest]:
        """The clauses of a rule, ready to be evaluated."""
        made = self._clause_tests
        return [made[clause] or self._clause(clause) for clause in self._compiled.clauses[number]]

    def reads(self, action: str) -> frozenset[str]:
        """The dotted paths of all attributes that a decision about an action, or its reasons, can depend on."""
        compiled = self._compiled
        found: set[str] = set()
        for table in self.by_action.get(action, ()):
            found.update(path for path, _ in table.signature.parts)
            for number in {number for group in table.rules.values() for number in group}:
                hung = (clause for clause in compiled.duties[number] if clause >= 0)
                parts = (*compiled.clauses[number], *hung)
                shapes = (compiled.plans[number][0], *(compiled.clause_table[clause][1] for clause in parts))
                found.update(path for shape in shapes if shape >= 0 for path in compiled.shape_reads[shape])
        return frozenset(found)

    def named_resources(self, action: str) -> dict[str, frozenset[str]]:
        """Resource type -> the ids that targets of an action's rules name together with it; none where none is named.

        A type that no target names is not there.
        """
        found: dict[str, set[str]] = {}
        for table in self.by_action.get(action, ()):
            paths = [path for path, _ in table.signature.parts]
            if "resource.type" not in paths:
                continue
            for key in table.rules:
                parts = dict(zip(paths, key if is_tuple(key) else (key,), strict=True))
                ids = found.setdefault(str(parts["resource.type"]), set())
                if "resource.id" in parts:
                    ids.add(str(parts["resource.id"]))
        return {kind: frozenset(ids) for kind, ids in found.items()}

    def duties(self, number: int, question: Any) -> tuple[Obligation, ...]:  # noqa: ANN401 (request-like)
        """The obligations of a rule that a request calls for; one that cannot be told is called for."""
        obligations = self.rules[number].obligations
        if not obligations:
            return ()
        hang = self._compiled.duties[number]
        found: list[Obligation] = []
        for index, duty in enumerate(obligations):
            clause = hang[index] if hang else -1
            if clause < 0 or self._holds(clause, question):
                found.append(due(duty, question.now, self.parameters.values))
        return tuple(found)

    def _holds(self, clause: int, question: Any) -> bool:  # noqa: ANN401 (request-like)
        try:
            return (self._clause_tests[clause] or self._clause(clause)).test(question)
        except Exception:  # noqa: BLE001 (cannot be told)
            return True

    def _clause(self, clause: int) -> ClauseTest:
        text, shape, constants, expect = self._compiled.clause_table[clause]
        made = ClauseTest(text, self._reads[shape], expect, self._make(shape, constants))
        self._clause_tests[clause] = made
        return made

    def _make(self, shape: int, constants: tuple[object, ...]) -> Callable[[Any], bool]:
        if shape == NO_CONDITION:
            return _always
        make = self._makers[shape]
        if make is None:
            make = self._makers[shape] = self.maker(self._compiled.shapes[shape])
        return make(decode_constants(constants) if tuple in map(type, constants) else constants)

    def once(self, node: object, part: object, make: Callable[[], Any]) -> Any:  # noqa: ANN401 (what it makes)
        """What is made of a node of a condition, and a part of it, made once: nodes of parsed conditions stay."""
        found = self._once.get((id(node), part))
        if found is None or found[0] is not node:
            if len(self._once) >= PARTS:
                self._once.clear()
            found = self._once[id(node), part] = (node, make())
        return found[1]

    def maker(self, shape: str) -> Callable[[tuple[object, ...]], Callable[[Any], bool]]:
        """What binds a shape's constants: made once for a shape, also for parts of conditions that are explained."""
        found = self._parts.get(shape)
        if found is None:
            if len(self._parts) >= PARTS:
                self._parts.clear()
            found = self._parts[shape] = maker(shape, callables(self.parameters.values))
        return found

    def language(self) -> Language:
        """The expression language with this set's vocabulary and parameters: the reference evaluation."""
        if self._language is None:
            from .expression import Language

            self._language = Language(
                symbols=self.vocabulary.symbols(),
                parameters=self.parameters.types(),
                parameter_values=self.parameters.values,
                functions=functions(self.parameters.values),
            )
        return self._language

    def named(self, rule_id: str) -> tuple[Rule, ...]:
        """Every core rule with this id (a surface element may be lowered to several)."""
        return tuple(rule for rule in self.rules if rule.id == rule_id)

    def ids(self) -> tuple[str, ...]:
        """All ids that a reason can carry, sorted, each once."""
        return tuple(sorted({rule.id for rule in self.rules} | {default.id for default in self.defaults.values()}))
