"""One verdict for all events that ask the same question: policies decide in Python, SQL asks what is left.

Events ask the same question when account, statement, purpose, application... are the same; they differ in when they
happened and in their rows. It is decided once, as of a watched instant, so that it is known how long the answer holds.
A rule that reads rows or hours stays *open*: its residue is compiled to SQL, its other parts are cells. Parts of a
residue that are about nothing but the event are *atoms*: events with the same `atoms` are alike for them. A verdict is
never guessed: `ask` means that `Authorizer.decide` must be asked event by event.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from datetime import UTC, datetime
from decimal import Decimal
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from sqlglot import exp

from . import ir
from .index import several
from .residue import CELL, EVENT, NOW, WINDOW, Cells, evaluator, is_atom, is_monotone, is_residual, reads_window
from .sql import Column, Compiler, NotExactError, Sql
from .sql_terms import LONGEST, MICRO
from .watched import Span, WatchedTime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .authorizer import Authorizer
    from .request import Request

Base = Literal["allow", "none", "deny", "ask"]
"""What the rules that are not open say: some allow, none does, some deny, or nobody can tell at once."""
ACTIONS: Final = ("read", "update", "export", "delete", "grant")
SCALE: Final = 6
DIGITS: Final = 18
MOST_SPANS: Final = 1_000
"""Turns within the events of one question; with more, every event is asked for itself."""
MOST_ATOMS: Final = 24
"""Atoms that events are told apart by; each has two bits of a number."""
TYPES: Final[Mapping[str, str]] = {
    "string": "VARCHAR", "boolean": "BOOLEAN", "datetime": "TIMESTAMP", "duration": "BIGINT", "array": "VARCHAR[]",
    "number": f"DECIMAL({DIGITS + SCALE}, {SCALE})",
}  # fmt: skip
_PARTS_OF_TIME: Final = (".year", ".month", ".day", ".hour", ".minute", ".second", ".microsecond", ".date")


class Open(NamedTuple):
    """A rule that has to be asked of each event; without `sql` only Python can."""

    number: int
    deny: bool
    sql: Sql | None
    cells: tuple[int, ...]
    gates: tuple[int, ...]
    """The cells that its condition asks first: when one is false, the rule does not apply, whatever the event."""
    steady: exp.Expr | None
    """Whether it says the same for all rows between two bounds; None when that cannot be told from the bounds."""
    steady_window: exp.Expr | None
    """The same, where only the rows of the window are not known exactly."""


class Verdict(NamedTuple):
    """The answer to one question for the events from `start` to before `end` (None: for ever)."""

    start: datetime
    end: datetime | None
    base: Base
    fits: frozenset[int] = frozenset()
    """Numbers of the open rules whose targets fit."""
    cells: Mapping[int, object] = {}
    """Values of cells, as a database takes them; what is not there has none."""


class _GuardedContext(dict[str, Any]):
    """A context that notices when somebody looks for what only single events have."""

    touched = False

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 (as in dict)
        self._notice(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 (as in dict)
        self._notice(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self._notice(key)
        return super().__contains__(key)

    def _notice(self, key: object) -> None:
        if f"context.{key}" in EVENT:
            self.touched = True


class Verdicts:
    """Decides questions once for all their events, with one policy set and its registers."""

    def __init__(self, authorizer: Authorizer, dialect: str = "duckdb") -> None:
        self._pdp = authorizer
        self._policies = authorizer.policies
        self._cells = Cells()
        residues = dict(self._open_rules())
        self.types = [TYPES.get(node.type.kind, "") for node in self._cells.nodes]
        """The type of each cell's column; empty for one that no column can hold."""
        self._evaluators = [evaluator(node, self._policies) for node in self._cells.nodes]
        self._kinds = [node.type for node in self._cells.nodes]
        self._compiler = self._over(dialect, "{}", "{}")
        self._atoms: dict[ir.Node, Sql] = {}
        self._least = self._over(dialect, "least_{}", "least_{}")
        self._least_window = self._over(dialect, "{}", "least_{}")
        self.open = {number: self._compiled(number, residue) for number, residue in residues.items()}

    def _over(self, dialect: str, rows: str, window: str) -> Compiler:
        """What compiles residues over events (`e`), whose rows stand in columns of such names, and verdicts (`v`)."""
        columns = {".".join(NOW): Column("instant", "e")}
        columns["context.row_count"] = Column(rows.format("row_count"), "e")
        columns[WINDOW] = Column(window.format("rows_in_window"), "e")
        for number in range(len(self._cells)):
            columns[f"{CELL}.{number}"] = Column(f"c{number}", "v", DIGITS, SCALE, doubt=f"d{number}")
        return Compiler(columns, self._policies.parameters.values, dialect)

    def _open_rules(self) -> Iterator[tuple[int, ir.Node]]:
        """Rules on accesses that read something of the single event -> what is left of their conditions."""
        compiled = self._policies.compiled
        numbers = {
            number
            for action in ACTIONS
            for table in self._policies.by_action.get(action, ())
            for group in table.rules.values()
            for number in group
        }
        for number in sorted(numbers):
            shape = compiled.plans[number][0]
            reads = set(compiled.shape_reads[shape]) if shape >= 0 else set[str]()
            if (EVENT | {"now"}) & reads and (root := self._condition(number, reads)) is not None:
                yield number, self._cells.cut(root)

    def _condition(self, number: int, reads: set[str]) -> ir.Node | None:
        """The condition of a rule, when something in it must be asked of each event."""
        rule = self._policies.rules[number]
        texts = [part.text for part in (rule.when, rule.unless) if part is not None]
        if not (EVENT & reads or any(part in text for text in texts for part in _PARTS_OF_TIME)):
            return None
        parse = self._policies.language().parse
        parts: list[ir.Node] = [parse(rule.when.text).root] if rule.when else []
        if rule.unless:
            root = parse(rule.unless.text).root
            parts.append(ir.Not(root, type=root.type))
        whole = parts[0] if len(parts) == 1 else ir.And(tuple(parts), type=ir.BOOLEAN)
        return whole if is_residual(whole) else None

    def _compiled(self, number: int, residue: ir.Node) -> Open:
        cells = {cell for node in ir.walk(residue) if (cell := _cell_of(node)) is not None}
        sql: Sql | None = None
        steady: exp.Expr | None = None
        steady_window: exp.Expr | None = None
        if all(self.types[cell] and self._evaluators[cell] for cell in cells):
            try:
                sql = self._compiler.compile(residue)
                self._find_atoms(residue)
                steady = self._steady(residue, self._least, is_residual)
                steady_window = self._steady(residue, self._least_window, reads_window)
            except NotExactError:
                pass
        items = residue.items if isinstance(residue, ir.And) else ()
        gates = takewhile(lambda cell: cell is not None, map(_cell_of, items))
        asked_first = tuple(cell for cell in gates if cell is not None)
        deny = bool(self._policies.is_deny[number])
        return Open(number, deny, sql, tuple(sorted(cells)), asked_first, steady, steady_window)

    def _find_atoms(self, node: ir.Node) -> None:
        """Remember the largest parts of a residue that are atoms, as many as there is room for."""
        if is_atom(node):
            if len(self._atoms) < MOST_ATOMS:
                self._atoms.setdefault(node, self._compiler.compile(node))
        elif isinstance(node, (ir.And, ir.Or, ir.Not)):
            for part in node.children():
                self._find_atoms(part)

    def _steady(self, residue: ir.Node, least: Compiler, varies: Callable[[ir.Node], bool]) -> exp.Expr | None:
        """Whether every comparison with what varies comes out the same for the least and for the most of it.

        A comparison of one number of rows with something that is the same for all events is monotone in it; an atom
        is the same for events with the same `atoms`.
        """
        tests: list[exp.Expr] = []
        stack = [residue]
        while stack:
            node = stack.pop()
            if not varies(node) or node in self._atoms:
                continue
            if isinstance(node, ir.Compare):
                if not is_monotone(node):
                    return None
                low, high = least.compile(node), self._compiler.compile(node)
                tests.append(exp.EQ(this=exp.paren(low.value), expression=exp.paren(high.value)))
            elif isinstance(node, (ir.And, ir.Or, ir.Not)):
                stack.extend(node.children())
            else:
                return None
        return _all(tests)

    def of(
        self, ask: Callable[[datetime], Request], first: datetime, last: datetime, known: list[Verdict]
    ) -> Iterator[Verdict]:
        """The verdicts of a question for its events between two instants, span after span.

        `known` remembers them in order of time: it is one list for all questions for which `ask` makes equal requests.
        """
        at = first
        for _ in range(MOST_SPANS):
            verdict = _holding(known, at)
            if verdict is None:
                span = Span()
                verdict = self._at(ask, at, span)
                if span.exact:
                    yield Verdict(at, None, "ask")
                    return
                verdict = verdict._replace(start=span.start, end=span.end)
                if len(known) < MOST_SPANS:
                    insort(known, verdict, key=_start)
            yield verdict
            if verdict.end is None or verdict.end > last:
                return
            at = verdict.end
        yield Verdict(at, None, "ask")

    def _at(self, ask: Callable[[datetime], Request], at: datetime, span: Span) -> Verdict:
        request = ask(WatchedTime.at(at, span))
        context = request.context = _GuardedContext(request.context)
        verdict = self._decided(request)
        return verdict._replace(base="ask") if context.touched else verdict

    def _decided(self, request: Request) -> Verdict:
        """What `Authorizer.decide` finds, but for the open rules: theirs are cells."""
        policies, question = self._policies, request
        nowhere = request.now
        if self._pdp.facts is not None:
            try:
                question = self._pdp.facts.enrich(request, policies)
            except Exception:  # noqa: BLE001 (a property of the wrong form: the reasons are for `decide`)
                return Verdict(nowhere, None, "ask")
        base: Base = "none"
        fits: set[int] = set()
        for table in policies.by_action.get(request.action_name, ()):
            try:
                key = table.key(question)
                numbers = several(table, key) if table.many else table.rules.get(key, ())
            except Exception:  # noqa: BLE001 (absent or of another type: `decide` tells what it was, event by event)
                return Verdict(nowhere, None, "ask")
            for number in numbers:
                if number in self.open:
                    fits.add(number)
                elif self._applies(number, question):
                    base = "deny" if policies.is_deny[number] or base == "deny" else "allow"
        if base == "deny" or any(self.open[number].sql is None for number in fits):
            return Verdict(nowhere, None, base if base == "deny" else "ask")
        wanted = {cell for number in fits for cell in self.open[number].cells}
        values = dict(self._values(wanted, question))
        shut = {number for number in fits if any(values.get(gate) is False for gate in self._gates(number, values))}
        return Verdict(nowhere, None, base, frozenset(fits - shut), values)

    def _gates(self, number: int, values: Mapping[int, object]) -> Iterator[int]:
        """The first cells of a rule that have a value: one without is in doubt, and what follows may not be read."""
        return takewhile(values.__contains__, self.open[number].gates)

    def _applies(self, number: int, question: Any) -> bool:  # noqa: ANN401 (request-like)
        test = self._policies.tests[number] or self._policies.test(number)
        try:
            return test(question)
        except Exception:  # noqa: BLE001 (deoptimise: the reference decides what it was)
            return self._pdp.reference(number, question, [])

    def _values(self, cells: set[int], question: Any) -> Iterator[tuple[int, object]]:  # noqa: ANN401 (request-like)
        for cell in cells:
            find = self._evaluators[cell]
            try:
                value = _cell(find(question) if find else None, self._kinds[cell])
            except Exception:  # noqa: BLE001, S112 (no value: whoever reads the cell is in doubt)
                continue
            yield cell, value

    def expression(self) -> exp.Expr:
        """The verdict of an event (`e`) joined to its question's verdict (`v`): `allow`, `deny` or `ask`."""
        doubts, denials, permits = list[exp.Expr](), list[exp.Expr](), [_is_base("allow")]
        for rule in self.open.values():
            if rule.sql is None:
                continue
            fits = exp.column(f"fits_{rule.number}", table="v", quoted=True)
            if rule.sql.doubt is not None:
                doubts.append(exp.And(this=fits.copy(), expression=exp.paren(rule.sql.doubt.copy())))
            hit = exp.And(this=fits, expression=exp.paren(rule.sql.value.copy()))
            (denials if rule.deny else permits).append(hit)
        cases = [
            (_is_base("deny"), "deny"),
            (_is_base("ask"), "ask"),
            (_any(doubts), "ask"),
            (_any(denials), "deny"),
            (_any(permits), "allow"),
        ]
        ifs = [exp.If(this=test, true=exp.Literal.string(word)) for test, word in cases]
        return exp.Case(ifs=ifs, default=exp.Literal.string("deny"))

    def atoms(self) -> exp.Expr:
        """A number for an event (`e`) that tells which atoms hold for it, and of which there is doubt."""
        total: exp.Expr = exp.Literal.number(0)
        tests = [test for sql in self._atoms.values() for test in sql if test is not None]
        for place, test in enumerate(tests):
            bit = exp.If(this=exp.paren(test.copy()), true=exp.Literal.number(1 << place))
            total = exp.Add(this=total, expression=exp.Case(ifs=[bit], default=exp.Literal.number(0)))
        return exp.cast(exp.paren(total), "bigint")

    def steady(self, *, window: bool = False) -> exp.Expr:
        """Whether events (`e`) with the same `atoms` share one verdict (`v`): rows lie between `least_...` and `...`.

        With `window` only the rows of the window do; those of the statement are known.
        """
        tests: list[exp.Expr] = []
        for rule in self.open.values():
            fits = exp.column(f"fits_{rule.number}", table="v", quoted=True)
            found = rule.steady_window if window else rule.steady
            same = exp.false() if found is None else found.copy()
            tests.append(exp.Or(this=exp.Not(this=fits), expression=exp.paren(same)))
        return _all(tests)

    def columns(self) -> list[tuple[str, str, str]]:
        """The columns of the verdicts' relation beside key and span: name, type, and what one without a value means."""
        found = [("base", "VARCHAR", "")]
        found += [(f"fits_{number}", "BOOLEAN", "FALSE") for number in self.open]
        for number, kind in enumerate(self.types):
            found += [(f"c{number}", kind or "VARCHAR", ""), (f"d{number}", "BOOLEAN", "TRUE")]
        return found

    @staticmethod
    def row(verdict: Verdict) -> dict[str, object]:
        """A verdict as values of those columns; a cell without one is in doubt."""
        row: dict[str, object] = {"base": verdict.base}
        for number in verdict.fits:
            row[f"fits_{number}"] = True
        for number, value in verdict.cells.items():
            row[f"c{number}"], row[f"d{number}"] = value, False
        return row


def _start(verdict: Verdict) -> datetime:
    return verdict.start


def _holding(known: list[Verdict], at: datetime) -> Verdict | None:
    """The verdict of an instant, if it was found before."""
    place = bisect_right(known, at, key=_start)
    found = known[place - 1] if place else None
    return found if found is not None and (found.end is None or at < found.end) else None


def _is_base(word: Base) -> exp.Expr:
    return exp.EQ(this=exp.column("base", table="v", quoted=True), expression=exp.Literal.string(word))


def _any(tests: Sequence[exp.Expr]) -> exp.Expr:
    found: exp.Expr = exp.false()
    for test in tests:
        found = exp.Or(this=found, expression=exp.paren(test))
    return exp.paren(found)


def _all(tests: Sequence[exp.Expr]) -> exp.Expr:
    found: exp.Expr = exp.true()
    for test in tests:
        found = exp.And(this=found, expression=exp.paren(test))
    return exp.paren(found)


def _cell_of(node: ir.Node) -> int | None:
    """The number of the cell that a node is."""
    return int(node.path[1]) if isinstance(node, ir.Attribute) and node.path[0] == CELL else None


def _cell(value: Any, of: ir.Type) -> object:  # noqa: ANN401 (whatever a condition gives)
    """A value as a database takes it; raises where its column cannot hold it exactly."""
    if value is None:
        if not of.nullable:
            raise ValueError("null")
        return None
    match of.kind:
        case "number":
            number = Decimal(value)
            if abs(number) >= 10**DIGITS or number != round(number, SCALE):
                raise ValueError("a number of another width")
            return number
        case "datetime":
            return (value.plainly() if isinstance(value, WatchedTime) else value).astimezone(UTC).replace(tzinfo=None)
        case "duration":
            micros = value // MICRO
            if abs(micros) > LONGEST:
                raise ValueError("a time that is too long")
            return micros
        case "array":
            return list(value)
        case _:
            return value
