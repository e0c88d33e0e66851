"""Rules as compact plain tuples: little memory, and a form that `marshal` can write into a cache."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, overload

from .errors import Location
from .model import Basis, Obligation, Severity, Words
from .plain import bare, is_tuple
from .rules import ConditionText, Default, Meta, Rule, Test

if TYPE_CHECKING:
    from collections.abc import Iterable

Record = tuple[Any, ...]

EFFECT = 3
KEPT: Final = 512
"""How many made rules are kept: explaining a denial again costs less, and 10,000 rules stay small."""


def shared(value: object, seen: dict[Any, Any]) -> Any:  # noqa: ANN401 (what came in)
    """Equal tuples and texts become one object: rules repeat actions, targets, sources and places.

    Parts are compared by identity, as they were shared before: `(1,)` and `(True,)` stay apart.
    """
    if isinstance(value, str):
        return seen.setdefault(value, value)
    if not is_tuple(value):
        return value
    parts = tuple(shared(part, seen) for part in value)
    return seen.setdefault(tuple(map(id, parts)), parts)


def pack_rule(rule: Rule) -> Record:
    """A rule as nested tuples of texts, numbers and None."""
    return (
        rule.id,
        rule.kind,
        rule.policy,
        rule.effect,
        rule.actions,
        _pack_location(rule.location),
        tuple(tuple(test) for test in rule.target),
        tuple(rule.when) if rule.when else None,
        tuple(rule.unless) if rule.unless else None,
        rule.severity.value,
        tuple((duty.kind, bare(duty.args), duty.when, duty.due) for duty in rule.obligations),
        rule.needs,
        _pack_meta(rule.meta),
        rule.variant,
    )


def unpack_rule(record: Record) -> Rule:
    """The rule of a record."""
    return Rule(
        id=record[0],
        kind=record[1],
        policy=record[2],
        effect=record[3],
        actions=record[4],
        location=Location(*record[5]),
        target=tuple(Test(*test) for test in record[6]),
        when=ConditionText(*record[7]) if record[7] else None,
        unless=ConditionText(*record[8]) if record[8] else None,
        severity=Severity(record[9]),
        obligations=tuple(Obligation(*duty) for duty in record[10]),
        needs=record[11],
        meta=_unpack_meta(record[12]),
        variant=record[13],
    )


def pack_default(default: Default) -> Record:
    """A default as nested tuples."""
    location = _pack_location(default.location) if default.location else None
    return (
        default.id, default.actions, location, default.severity.value, _pack_meta(default.meta), default.needs,
    )  # fmt: skip


def unpack_default(record: Record) -> Default:
    """The default of a record."""
    location = Location(*record[2]) if record[2] else None
    return Default(record[0], record[1], location, Severity(record[3]), _unpack_meta(record[4]), record[5])


class RuleStore(Sequence[Rule]):
    """A sequence of rules that makes each one when it is asked for, and keeps the last few."""

    __slots__ = ("_made", "records")

    def __init__(self, records: Iterable[Record]) -> None:
        self.records = tuple(records)
        self._made: dict[int, Rule] = {}

    def __len__(self) -> int:
        return len(self.records)

    @overload
    def __getitem__(self, index: int) -> Rule: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Rule]: ...
    def __getitem__(self, index: int | slice) -> Rule | Sequence[Rule]:
        if isinstance(index, slice):
            return RuleStore(self.records[index])
        found = self._made.get(index)
        if found is None:
            if len(self._made) >= KEPT:
                self._made.clear()
            found = self._made[index] = unpack_rule(self.records[index])
        return found


def _pack_location(location: Location) -> Record:
    return (location.file, location.line, location.column)


_EMPTY: Record = ()


def _pack_meta(meta: Meta) -> Record:
    if meta == Meta():
        return _EMPTY
    return (
        tuple(meta.title),
        tuple(meta.message),
        tuple(meta.remedy),
        tuple(tuple(basis) for basis in meta.basis),
    )


def _unpack_meta(record: Record) -> Meta:
    if not record:
        return Meta()
    title, message, remedy, basis = record
    return Meta(Words(*title), Words(*message), Words(*remedy), tuple(Basis(*entry) for entry in basis))
