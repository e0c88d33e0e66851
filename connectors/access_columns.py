"""The columns of one table that an access touches in one action, and how: shown, in an aggregate only, or only used."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from tutela.engine.statements import How

CHANGING: Final = frozenset({"update", "delete"})
"""Actions that write what they touch."""


@dataclass(slots=True)
class Columns:
    """The names; `*` stands for all columns of the table."""

    names: set[str] = field(default_factory=set[str])
    exposed: set[str] = field(default_factory=set[str])
    """Those whose values are shown, or may be."""
    summed: set[str] = field(default_factory=set[str])
    """Those that an aggregate shows; some of them may be shown besides."""

    def add(self, name: str, how: How) -> None:
        """Take a column in."""
        self.names.add(name)
        if how == "exposed":
            self.exposed.add(name)
        elif how == "aggregated":
            self.summed.add(name)

    @property
    def aggregated(self) -> set[str]:
        """Those of which nothing but an aggregate is shown."""
        return set() if "*" in self.exposed else self.summed - self.exposed

    @property
    def key(self) -> tuple[frozenset[str], ...]:
        """What two of the same content have in common."""
        return frozenset(self.names), frozenset(self.exposed), frozenset(self.aggregated)

    def only(self, name: str) -> Columns:
        """One of them alone."""
        return Columns({name}, self.exposed & {name, "*"}, self.aggregated & {name})

    def how(self, name: str, action: str) -> How | Literal["written"]:
        """What an action does with one of them."""
        if name in self.exposed or "*" in self.exposed:
            return "exposed"
        if name in self.aggregated:
            return "aggregated"
        return "written" if action in CHANGING else "used"
