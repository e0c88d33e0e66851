"""The core rule: what all four surface forms are lowered to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from .model import NO_WORDS, Basis, Obligation, Severity, Words

if TYPE_CHECKING:
    from .documents import Mark
    from .errors import Location
    from .model import Effect

Kind = Literal["access", "collection", "sharing", "retention"]
Scalar = str | int | float | bool


class Test(NamedTuple):
    """One part of a target: the attribute must equal one of the values.

    For a list attribute one of its items must. `below` makes a category match itself and everything below it.
    """

    path: str
    values: tuple[Scalar, ...]
    below: bool = False


class ConditionText(NamedTuple):
    """A condition as written, and where: `generated` conditions point at the surface element they come from."""

    text: str
    at: Mark
    generated: bool = False


@dataclass(frozen=True, slots=True)
class Meta:
    """What people read about a rule."""

    title: Words = NO_WORDS
    message: Words = NO_WORDS
    remedy: Words = NO_WORDS
    basis: tuple[Basis, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: when its target and condition fit a request, it allows or denies it.

    `when` must be true (absent = true) and `unless` must be false (absent = false) for the rule to apply.
    """

    id: str
    kind: Kind
    policy: str
    effect: Effect
    actions: tuple[str, ...]
    location: Location
    target: tuple[Test, ...] = ()
    when: ConditionText | None = None
    unless: ConditionText | None = None
    severity: Severity = Severity.HIGH
    obligations: tuple[Obligation, ...] = ()
    needs: tuple[str, ...] = ()
    """What would turn the denial: names of approvals, agreements, filings (shown in `decision.missing`)."""
    meta: Meta = field(default_factory=Meta)
    variant: str = ""
    """Tells apart the rules that one surface element is lowered to (a schedule's id, a purpose)."""

    def words(self) -> Words:
        """The message for people, or the title, or the id."""
        meta = self.meta
        for words in (meta.message, meta.title):
            if words.en or words.zh:
                return words
        return Words(self.id)


@dataclass(frozen=True, slots=True)
class Default:
    """The reason given when no rule allows an action."""

    id: str
    actions: tuple[str, ...]
    location: Location | None
    severity: Severity = Severity.HIGH
    meta: Meta = field(default_factory=Meta)
    needs: tuple[str, ...] = ()
