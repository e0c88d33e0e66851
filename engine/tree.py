"""A condition taken apart: what each part came to, and for a loop, what each of its items came to.

The parts are evaluated by the same code as whole conditions, or by the reference where that is in doubt. Nothing here
is on the way of a decision; it is for those who read one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from . import ir
from .closures import decode_constants, encode_constants, plan
from .known import peek
from .plain import is_array, is_map
from .values import mask, show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .policyset import PolicySet

MAX_ITEMS: Final = 12
"""How many items of a list are taken apart."""
MAX_DEPTH: Final = 8
LOOPS: Final = frozenset({"any", "all"})
JOINED: Final[dict[type, str]] = {ir.And: "all of", ir.Or: "any of"}


@dataclass(frozen=True, slots=True)
class Branch:
    """A part of a condition: its text, what it came to (None: cannot be told), the masked values, and its own parts."""

    text: str
    value: bool | None
    values: tuple[tuple[str, str], ...] = ()
    branches: tuple[Branch, ...] = field(default=())
    joined: str = ""
    """`all of` or `any of` its parts, where it is nothing else."""


def grow(policies: PolicySet, text: str, question: Any) -> Branch:  # noqa: ANN401 (request-like)
    """The tree of one condition."""
    root = policies.language().parse(text).root
    return _Gardener(policies, text, question).branch(root, 0)


def item_faults(policies: PolicySet, text: str, question: Any) -> tuple[tuple[str, str], ...]:  # noqa: ANN401
    """Of a condition that no item of a list fulfils: what each item failed by, as (item and part, value)."""
    node = policies.language().parse(text).root
    loop = node.operand if isinstance(node, ir.Not) else node
    if not isinstance(loop, ir.Call) or loop.function != "any" or not isinstance(loop.args[0], ir.Comprehension):
        return ()
    gardener = _Gardener(policies, text, question)
    found: list[tuple[str, str]] = []
    for name, branch in gardener.items(loop.args[0], 0):
        for part in _failed(branch):
            found.append((f"{name}: {part.text}", "false" if part.value is False else "unknown"))
            found += [(path, value) for path, value in part.values if path != part.text]
    return tuple(dict.fromkeys(found))


def _failed(branch: Branch) -> Iterator[Branch]:
    """The smallest parts that kept something from being true."""
    if branch.value is True:
        return
    inner = [part for part in branch.branches if part.value is not True]
    if not inner:
        yield branch
    for part in inner:
        yield from _failed(part)


class _Gardener:
    """Grows the branches of one condition; what loops bind stands for items of lists."""

    def __init__(self, policies: PolicySet, text: str, question: Any) -> None:  # noqa: ANN401 (request-like)
        self._policies = policies
        self._text = text
        self._question = question

    def branch(self, node: ir.Node, depth: int) -> Branch:
        text = " ".join(self._text[slice(*node.span)].split())
        parts: list[Branch] = []
        if depth < MAX_DEPTH:
            if isinstance(node, (ir.And, ir.Or, ir.Not)):
                parts = [self.branch(part, depth + 1) for part in node.children()]
            elif isinstance(node, ir.Conditional):
                way = self._value(node.condition)
                chosen = None if way is None else node.yes if way else node.no
                parts = [self.branch(part, depth + 1) for part in (node.condition, chosen) if part is not None]
            elif isinstance(node, ir.Call) and node.function in LOOPS and isinstance(node.args[0], ir.Comprehension):
                items = list(self.items(node.args[0], depth + 1))
                parts = [Branch(f"{name}: {b.text}", b.value, b.values, b.branches) for name, b in items]
        values = () if parts else self._values(node)
        return Branch(text, self._value(node), values, tuple(parts), JOINED.get(type(node), ""))

    def items(self, loop: ir.Comprehension, depth: int) -> Iterator[tuple[str, Branch]]:
        """The result of a loop for each item of a list that is an attribute."""
        found = self._items(loop.iterable)
        if found is None or loop.result.type != ir.BOOLEAN:
            return
        for number, item in enumerate(found[:MAX_ITEMS]):
            condition, result = self._policies.once(loop, number, partial(_for_item, loop, number))
            if condition is not None and self._value(condition) is False:
                continue
            name = str(item.get("id", number)) if is_map(item) else str(number)
            yield name, self.branch(result, depth)

    def _items(self, node: ir.Node) -> list[Any] | None:
        if not isinstance(node, ir.Attribute):
            return None
        value: Any = getattr(self._question, node.path[0])
        for step in node.path[1:]:
            value = peek(value, step)
        return list(value) if is_array(value) else None

    def _value(self, node: ir.Node) -> bool | None:
        if node.type != ir.BOOLEAN:
            return None
        try:
            return bool(self._policies.once(node, "test", partial(_test, self._policies, node))(self._question))
        except Exception:  # noqa: BLE001 (a part that cannot be told by itself)
            return None

    def _values(self, node: ir.Node) -> tuple[tuple[str, str], ...]:
        """What a part reads, masked unless the vocabulary shows it, and the instants that it works out."""
        found: dict[str, str] = {}
        for part in ir.walk(node):
            if isinstance(part, ir.Field) and isinstance(part.base, ir.Item):
                path, value = self._of_item(part)
                if path:
                    found[path] = value
            elif isinstance(part, ir.Attribute) and (part.type.item is None or part.type.item.kind != "object"):
                value = self._read(part.path)
                path = ".".join(part.path)
                shown = path in self._policies.vocabulary.shown or path == "now"
                found[path] = "absent" if value is None else show(value) if shown else mask(value)
        found.update(instants(self._policies, node, self._text, self._question))
        return tuple(found.items())

    def _read(self, path: tuple[str, ...]) -> Any:  # noqa: ANN401 (whatever the attribute holds)
        value: Any = getattr(self._question, path[0])
        for step in path[1:]:
            value = peek(value, step)
        return value

    def _of_item(self, part: ir.Field) -> tuple[str, str]:
        item, base = part.base, getattr(part.base, "base", None)
        if (
            not isinstance(item, ir.Item)
            or not isinstance(base, ir.Attribute)
            or not isinstance(item.index, ir.Constant)
        ):
            return "", ""
        entries = self._items(base) or []
        number = int(str(item.index.value))
        entry = entries[number] if number < len(entries) else None
        if not is_map(entry):
            return "", ""
        path = ".".join(base.path)
        value = entry.get(part.name)
        shown = path in self._policies.vocabulary.shown
        name = f"{path}[{entry.get('id', number)}].{part.name}"
        return name, "absent" if value is None else show(value) if shown else mask(value)


def _for_item(loop: ir.Comprehension, number: int) -> tuple[ir.Node | None, ir.Node]:
    """The condition and the result of a loop for one item."""
    index = ir.Constant(number, span=loop.iterable.span, type=ir.NUMBER)
    here = ir.Item(loop.iterable, index, span=loop.iterable.span, type=loop.iterable.type.item or ir.UNKNOWN)
    condition = None if loop.condition is None else ir.substituted(loop.condition, loop.variable, here)
    return condition, ir.substituted(loop.result, loop.variable, here)


def _test(policies: PolicySet, node: ir.Node) -> Callable[[Any], bool]:
    """A part of a condition, as whole conditions are compiled."""
    planned = plan(node, policies.parameters.values)
    return policies.maker(planned.shape)(decode_constants(encode_constants(planned.constants)))


def instants(policies: PolicySet, node: ir.Node, text: str, question: Any) -> dict[str, str]:  # noqa: ANN401
    """The instants that a part works out (the end of a period), in the policy time zone, where they may be shown."""
    calls: tuple[ir.Call, ...] = policies.once(node, "instants", partial(_shown_calls, policies, node))
    if not calls:
        return {}
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from .expression import Indeterminate

    zone = policies.parameters.values.get("timezone")
    found: dict[str, str] = {}
    for part in calls:
        source = " ".join(text[slice(*part.span)].split())
        try:
            value = policies.language().evaluate(policies.language().parse(source, boolean=False), question)
        except Indeterminate:
            continue
        if isinstance(value, datetime):
            local = value.astimezone(ZoneInfo(zone)) if isinstance(zone, str) else value
            found[source] = local.isoformat()
    return found


def _shown_calls(policies: PolicySet, node: ir.Node) -> tuple[ir.Call, ...]:
    """The parts that work out an instant which may be shown; not those of an item of a list, which have no text."""
    shown = policies.vocabulary.shown
    return tuple(
        part
        for part in ir.walk(node)
        if isinstance(part, ir.Call)
        and part.type == ir.DATETIME
        and not any(isinstance(inner, (ir.Variable, ir.Item)) for inner in ir.walk(part))
        and all(path in shown or path == "now" for path in ir.reads(part))
    )
