"""What a column inherits: the categories of the base columns that flow into it, after every step on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from .errors import TutelaError
from .statements_lower import UnresolvedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .classifier import Classified
    from .lineage_flows import Cell, Flow
    from .lineage_rules import LineageRules
    from .statements_catalog import ColumnRef
    from .taxonomy import Taxonomy

MAX_DEPTH: Final = 60
"""Views of views of views: beyond this they cannot be told."""
CERTAIN: Final = 1.0
"""The confidence of what a person declared beside the column."""


class Trait(NamedTuple):
    """One category that a column holds, and from where."""

    category: str
    sensitive: bool
    confidence: float
    origin: str
    """The base column: `crm.customer.mobile`."""
    via: tuple[str, ...] = ()
    """The functions on the way, without their arguments."""


class Known(NamedTuple):
    """What is known of a column."""

    traits: tuple[Trait, ...] = ()
    settled: bool = False
    """Whether lineage, or a person, has the last word: no traits then means no category."""
    ended: tuple[str, ...] = ()
    """What flows in and does not come through: `crm.customer.id at count`."""


class Inheritance:
    """Answers for one column after another, and remembers."""

    def __init__(
        self,
        own: Mapping[ColumnRef, Sequence[Classified]],
        cells: Mapping[ColumnRef, Sequence[Cell]],
        failed: Mapping[ColumnRef, UnresolvedError],
        scale: Scale,
        declared: Mapping[tuple[str, str], str | None],
    ) -> None:
        self._own = own
        self._cells = cells
        self._failed = failed
        self._scale = scale
        self._declared = declared
        self._found: dict[ColumnRef, Known] = {}
        self._open: set[ColumnRef] = set()
        self._columns: dict[tuple[str, str], list[ColumnRef]] = {}
        for ref in own:
            self._columns.setdefault((ref.schema, ref.table), []).append(ref)

    def known(self, ref: ColumnRef) -> Known:
        """What a column holds; raises UnresolvedError for a view on itself or on one that cannot be told."""
        if ref.column == "*":
            whole = [self.known(one) for one in self._columns.get((ref.schema, ref.table), ())]
            return Known(tuple(trait for known in whole for trait in known.traits))
        found = self._found.get(ref)
        if found is None:
            if ref in self._open or len(self._open) >= MAX_DEPTH:
                raise UnresolvedError("view-cyclic", ref.table)
            self._open.add(ref)
            try:
                found = self._found[ref] = self._known(ref)
            finally:
                self._open.discard(ref)
        return found

    def _known(self, ref: ColumnRef) -> Known:
        key = (".".join(part for part in ref[:2] if part).lower(), ref.column.lower())
        if key in self._declared:
            category = self._declared[key]
            return Known((self._scale.trait(category, CERTAIN, ref.path),) if category else (), settled=True)
        own = self._own.get(ref, ())
        tagged = any(said.confidence >= CERTAIN for said in own)
        cells = () if tagged else self._cells.get(ref, ())
        if not tagged and (ref in self._failed or ref._replace(column="*") in self._failed):
            raise UnresolvedError("view-unresolved", ref.table)
        inherited = [self.through(cell) for cell in cells]
        traits = tuple(trait for known in inherited for trait in known.traits)
        if traits or (inherited and all(known.settled for known in inherited)):
            ended = tuple(what for known in inherited for what in known.ended)
            return Known(traits, settled=True, ended=ended)
        # of a composite column, each attribute is an origin of its own
        guessed = tuple(
            self._scale.trait(said.category, said.confidence, said.column.path) for said in own if said.category
        )
        return Known(guessed, settled=tagged)

    def through(self, cell: Cell) -> Known:
        """What comes through the flows into one output."""
        traits: dict[tuple[str, str], Trait] = {}
        ended: list[str] = []
        certain = bool(cell.flows) or cell.constant
        for flow in sorted(cell.flows):
            source = self.known(flow.ref)
            came = False
            for trait in source.traits:
                left = self._scale.after(trait, flow)
                if isinstance(left, Trait):
                    traits.setdefault((left.category, left.origin), left)
                    came = True
                else:
                    ended.append(f"{trait.origin} at {left}")
            certain = certain and (came or bool(source.traits) or source.settled or self._scale.ended(flow))
        return Known(tuple(traits.values()), settled=certain, ended=tuple(dict.fromkeys(ended)))


class Scale:
    """Weighs categories, and takes them through the steps of a flow."""

    def __init__(self, rules: LineageRules, taxonomy: Taxonomy, profile: str) -> None:
        self._rules = rules
        self._taxonomy = taxonomy
        self._profile = profile

    def trait(self, category: str, confidence: float, origin: str, via: tuple[str, ...] = ()) -> Trait:
        """A category with its sensitivity; one that the taxonomy lacks counts as sensitive."""
        try:
            sensitive = self._taxonomy.sensitive(category, self._profile)
        except TutelaError:
            sensitive = True
        return Trait(category, sensitive, confidence, origin, via)

    def after(self, trait: Trait, flow: Flow) -> Trait | str:
        """What is left of a category after the steps of a flow: a trait, or the step that ended it."""
        for number, step in enumerate(flow.steps, 1):
            name = step.split(" ", 1)[0]
            if self._rules.ends(step, sensitive=trait.sensitive):
                return name
            rule = self._rules.lowered(trait.category, flow.steps[:number])
            if rule is not None and rule.to is None:
                return name
            category = trait.category if rule is None or rule.to is None else rule.to
            trait = self.trait(category, trait.confidence, trait.origin, (*trait.via, name))
        return trait

    def ended(self, flow: Flow) -> bool:
        """Whether nothing of an ordinary column would come through."""
        return any(self._rules.ends(step, sensitive=False) for step in flow.steps)

    def gravest(self, traits: Iterable[Trait]) -> Trait:
        """The trait that counts: sensitive before other, then by level, then the surest, then the first."""
        return max(traits, key=lambda trait: (trait.sensitive, self._level(trait.category), trait.confidence))

    def _level(self, category: str) -> int:
        try:
            return self._taxonomy.level(category)
        except TutelaError:
            return 4
