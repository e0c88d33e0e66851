"""From a request to the rules that could say something about it.

Rules of one action are grouped by *signature*: the attributes that their targets compare. A request needs one
dictionary look-up for each signature (tuple-space search, as in packet classification: Srinivasan, Suri, Varghese,
SIGCOMM 1999). The function that makes the look-up key also checks types: an attribute that is absent or of another
type raises, and the request goes the slow way, where a deny rule that might fit counts as failing.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from .values import Normalised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .ir import Type
    from .rules import Rule, Scalar
    from .vocabulary import Vocabulary

MAX_KEYS: Final = 4096
"""A rule whose target lists more combinations than this is refused; nobody writes that by hand."""

PYTHON: Final = {"string": "str", "boolean": "bool", "number": "int"}


class Signature(NamedTuple):
    """The attributes that a group of targets compares: (path, whether categories below match too)."""

    parts: tuple[tuple[str, bool], ...]


class Table(NamedTuple):
    """The rules of one action that share a signature."""

    signature: Signature
    key: Callable[[Any], Any]
    """Request -> look-up key, or a list of keys when `many`."""
    many: bool
    rules: Mapping[Any, tuple[int, ...]]


def signature(rule: Rule) -> Signature:
    """The signature of a rule's target, in a fixed order."""
    return Signature(tuple(sorted((test.path, test.below) for test in rule.target)))


def keys(rule: Rule) -> Iterator[Any]:
    """Every look-up key under which a rule stands."""
    tests = sorted(rule.target, key=lambda test: (test.path, test.below))
    combinations = product(*(dict.fromkeys(test.values) for test in tests))
    return (combination[0] if len(tests) == 1 else combination for combination in combinations)


def group(rules: Sequence[Rule]) -> dict[str, dict[Signature, dict[Any, tuple[int, ...]]]]:
    """Action -> signature -> key -> rule numbers, all in the order of the rules."""
    found: dict[str, dict[Signature, dict[Any, tuple[int, ...]]]] = {}
    for number, rule in enumerate(rules):
        parts = signature(rule)
        for action in rule.actions:
            table = found.setdefault(action, {}).setdefault(parts, {})
            for key in keys(rule):
                table[key] = (*table.get(key, ()), number)
    return found


def fitting(tables: Sequence[Table], question: Any) -> list[int]:  # noqa: ANN401 (request-like)
    """Numbers of the rules whose targets fit a request for sure, in order."""
    found: list[int] = []
    for table in tables:
        try:
            key = table.key(question)
            found += several(table, key) if table.many else table.rules.get(key, ())
        except Exception:  # noqa: BLE001, S112 (an attribute is missing: whether the rules fit cannot be told)
            continue
    return sorted(found)


def several(table: Table, keys: Sequence[Any]) -> Sequence[int]:
    """The rules under any of several keys, each once, in order."""
    rules = table.rules
    found = [rules[key] for key in keys if key in rules]
    if len(found) < 2:
        return found[0] if found else ()
    return sorted({number for numbers in found for number in numbers})


def make_tables(
    grouped: Mapping[str, Mapping[Signature, Mapping[Any, tuple[int, ...]]]], vocabulary: Vocabulary
) -> dict[str, tuple[Table, ...]]:
    """Give each group the function that makes its keys."""
    made: dict[Signature, tuple[Callable[[Any], Any], bool]] = {}
    tables: dict[str, tuple[Table, ...]] = {}
    for action, groups in grouped.items():
        row: list[Table] = []
        for parts, rules in groups.items():
            if parts not in made:
                made[parts] = make_key(parts, vocabulary)
            row.append(Table(parts, *made[parts], rules))
        tables[action] = tuple(row)
    return tables


def make_key(parts: Signature, vocabulary: Vocabulary) -> tuple[Callable[[Any], Any], bool]:
    """Generate the function that reads a request's key; only declared names get into its source text."""
    lines = ["def key(q):"]
    names: list[str] = []
    many = False
    for number, (path, below) in enumerate(parts.parts):
        declared = vocabulary.type_at(path)
        if declared is None:
            raise ValueError(f"undeclared attribute in a target: {path}")
        listed = declared.kind == "array"
        names.append(f"v{number}")
        lines += _read(f"v{number}", path, declared)
        if below or listed:
            many = True
            inner = declared.item.kind if declared.item else "string"
            reader = ("below_each" if listed else "below") if below else LISTS[inner]
            lines.append(f"    v{number} = {reader}(v{number})")
    if many:
        lines.append(f"    return {_combined(names, [_is_many(part, vocabulary) for part in parts.parts])}")
    else:
        lines.append(f"    return {names[0] if len(names) == 1 else '(' + ', '.join(names) + ')'}")
    scope: dict[str, Any] = {**READERS, "combine": _combine}
    exec(compile("\n".join(lines), "<target>", "exec"), scope)  # noqa: S102 (names come from the vocabulary's pattern)
    return scope["key"], many


def _is_many(part: tuple[str, bool], vocabulary: Vocabulary) -> bool:
    """Whether a part of a signature has several values: those of a list, or a category and everything above it."""
    path, below = part
    declared = vocabulary.type_at(path)
    return below or (declared is not None and declared.kind == "array")


def _combined(names: Sequence[str], many: Sequence[bool]) -> str:
    """The text of a list of keys; with one part of several values, and that is most of them, a plain loop."""
    if len(names) == 1:
        return names[0]
    if sum(many) == 1:
        each = ", ".join("v" if several else name for name, several in zip(names, many, strict=True))
        return f"[({each}) for v in {names[many.index(True)]}]"
    return f"combine({', '.join(name if several else f'({name},)' for name, several in zip(names, many, strict=True))})"


def _read(name: str, path: str, declared: Type) -> list[str]:
    root, *steps = path.split(".")
    *outer, last = steps
    source = f"q.{root}" + "".join(f"[{step!r}]" for step in outer)
    if declared.nullable:
        lines = [f"    {name} = {source}.get({last!r})"]
        null = f"{name} is not None and "
    else:
        lines = [f"    {name} = {source}[{last!r}]"]
        null = ""
    if declared.kind == "array":
        return lines if declared.nullable else [*lines, f"    if {name} is None: raise TypeError"]
    wanted = PYTHON[declared.kind]
    return [*lines, f"    if {null}type({name}) is not {wanted}: raise TypeError"]


def _below(value: str | None) -> tuple[str, ...]:
    """`personal.contact.phone` -> (`personal.contact.phone`, `personal.contact`, `personal`)."""
    return () if value is None else _below_each((value,))


def _below_each(value: object) -> tuple[str, ...]:
    """The same for every item of a list, each path once."""
    found: dict[str, None] = {}
    for item in cast("tuple[str, ...]", _texts(value)):
        path, dot = item, "."
        while dot and path not in found:
            found[path] = None
            path, dot, _ = path.rpartition(".")
    return tuple(found)


def _items(kind: type) -> Callable[[object], tuple[Scalar, ...]]:
    """Read a list whose items must all be of exactly one type."""
    only = frozenset({kind})

    def read(value: object) -> tuple[Scalar, ...]:
        if value is None:
            return ()
        if type(value) is Normalised:
            return cast("tuple[Scalar, ...]", value)
        if not isinstance(value, list | tuple):
            raise TypeError("not a list")
        values = cast("Sequence[object]", value)
        if not only.issuperset(map(type, values)):
            raise TypeError("an item of another type")
        return tuple(cast("Sequence[Scalar]", values))

    return read


_texts: Final = _items(str)
READERS: Final = {
    "below": _below,
    "below_each": _below_each,
    "texts": _texts,
    "booleans": _items(bool),
    "numbers": _items(int),
}
LISTS: Final = {"string": "texts", "boolean": "booleans", "number": "numbers"}


def _combine(*parts: Sequence[Any]) -> list[Any]:
    """Every combination of the values, as keys; too many raise, and the rules are then compared one by one."""
    if len(parts) == 1:
        return list(parts[0])
    if prod(map(len, parts)) > MAX_KEYS:
        raise ValueError("too many combinations")
    return list(product(*parts))
