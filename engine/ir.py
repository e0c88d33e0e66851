"""The checked form of a condition: types and some twenty frozen expression nodes.

Every node knows its `span` (start and end offset in the condition text; no part of equality) and its
`type`. Nodes carry no behaviour: `closures` turns them into Python, other modules into SQL or terms of a
solver.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from .plain import is_tuple

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["string", "number", "boolean", "datetime", "duration", "array", "object", "null", "unknown"]
"""`unknown` stands where a fault was already found, so that it causes no second one."""

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Type:
    """The type of an attribute, a parameter or an expression."""

    kind: Kind
    item: Type | None = None
    """What an array holds; nothing for the empty array literal, which fits every array."""
    attributes: tuple[tuple[str, Type], ...] = ()
    nullable: bool = False
    enum: tuple[str, ...] = ()
    """The only strings expected; used by lints, not enforced on values."""

    def optional(self) -> Type:
        """This type, or null."""
        return self if self.nullable or self.kind in ("null", "unknown") else replace(self, nullable=True)

    def required(self) -> Type:
        """This type without null."""
        return replace(self, nullable=False) if self.nullable else self

    def attribute(self, name: str) -> Type | None:
        """The type of one attribute of an object type."""
        return next((found for known, found in self.attributes if known == name), None)

    def plain(self) -> Type:
        """This type without its enumerations: what decides how a value is read."""
        return Type(
            self.kind,
            self.item.plain() if self.item else None,
            tuple((name, of.plain()) for name, of in self.attributes),
            self.nullable,
        )

    def __str__(self) -> str:
        shown = f"array of {self.item}" if self.item else self.kind
        return f"{shown} or null" if self.nullable else shown


STRING: Final = Type("string")
NUMBER: Final = Type("number")
BOOLEAN: Final = Type("boolean")
DATETIME: Final = Type("datetime")
DURATION: Final = Type("duration")
NULL: Final = Type("null")
UNKNOWN: Final = Type("unknown")


def array(item: Type | None) -> Type:
    """The type of an array of `item`."""
    return Type("array", item=item)


def object_(**attributes: Type) -> Type:
    """The type of an object with these attributes."""
    return Type("object", attributes=tuple(attributes.items()))


@dataclass(frozen=True, slots=True)
class Node:
    """Base of all expression nodes."""

    span: Span = field(compare=False, kw_only=True, default=(0, 0))
    type: Type = field(kw_only=True, default=UNKNOWN)

    def children(self) -> tuple[Node, ...]:
        """The parts of this node in the order in which they are read."""
        return ()


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """A literal: str, Decimal, bool, None, aware datetime in UTC, or timedelta."""

    value: object


@dataclass(frozen=True, slots=True)
class Attribute(Node):
    """An attribute path that starts at a root: `("subject", "department")`."""

    path: tuple[str, ...]
    steps: tuple[Type, ...] = ()
    """The declared type of every step, so also which steps may be null."""


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    """A policy parameter, `param.a.b` in the text, path `("a", "b")` here."""

    path: tuple[str, ...]

    @property
    def name(self) -> str:
        """The dotted name of the parameter."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Variable(Node):
    """The variable of an enclosing comprehension."""

    name: str


@dataclass(frozen=True, slots=True)
class Field(Node):
    """An attribute of an object that is no root: `x.name` where `x` is a variable, or `list[0].name`."""

    base: Node
    name: str
    safe: bool = False

    def children(self) -> tuple[Node, ...]:
        """The object."""
        return (self.base,)


@dataclass(frozen=True, slots=True)
class And(Node):
    """All items hold; read from the left until one does not."""

    items: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        """The conjuncts."""
        return self.items


@dataclass(frozen=True, slots=True)
class Or(Node):
    """Some item holds; read from the left until one does."""

    items: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        """The disjuncts."""
        return self.items


@dataclass(frozen=True, slots=True)
class Not(Node):
    """The operand does not hold; also `not in`, `!~` and `!~~`."""

    operand: Node

    def children(self) -> tuple[Node, ...]:
        """The operand."""
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`==`, `!=`, `<`, `<=`, `>` or `>=`."""

    op: str
    left: Node
    right: Node

    def children(self) -> tuple[Node, ...]:
        """Left, then right."""
        return (self.left, self.right)


@dataclass(frozen=True, slots=True)
class In(Node):
    """A member of an array, or a part of a string."""

    member: Node
    container: Node

    def children(self) -> tuple[Node, ...]:
        """The container first: it is read first."""
        return (self.container, self.member)


@dataclass(frozen=True, slots=True)
class Match(Node):
    """`=~` (at the start) or `=~~` (anywhere, `search`) with a literal, checked regular expression."""

    subject: Node
    pattern: str
    search: bool = False

    def children(self) -> tuple[Node, ...]:
        """The string that is matched."""
        return (self.subject,)


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """`+ - * / // %` on numbers, `+` on strings, `+ -` on times and durations."""

    op: str
    left: Node
    right: Node

    def children(self) -> tuple[Node, ...]:
        """Left, then right."""
        return (self.left, self.right)


@dataclass(frozen=True, slots=True)
class Negate(Node):
    """Unary minus of a number or a duration."""

    operand: Node

    def children(self) -> tuple[Node, ...]:
        """The operand."""
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Coalesce(Node):
    """`left ?? right`: left, or right where left is null."""

    left: Node
    right: Node

    def children(self) -> tuple[Node, ...]:
        """Left, then right."""
        return (self.left, self.right)


@dataclass(frozen=True, slots=True)
class Conditional(Node):
    """`condition ? yes : no`."""

    condition: Node
    yes: Node
    no: Node

    def children(self) -> tuple[Node, ...]:
        """The condition and both branches, of which one is read."""
        return (self.condition, self.yes, self.no)


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`$function(args)`: built in (`any all sum min max abs`) or given to the language."""

    function: str
    args: tuple[Node, ...]
    custom: bool = False

    def children(self) -> tuple[Node, ...]:
        """The arguments."""
        return self.args


@dataclass(frozen=True, slots=True)
class Comprehension(Node):
    """`[result for variable in iterable if condition]`."""

    result: Node
    variable: str
    iterable: Node
    condition: Node | None = None

    def children(self) -> tuple[Node, ...]:
        """The iterable, the condition, the result."""
        middle = () if self.condition is None else (self.condition,)
        return (self.iterable, *middle, self.result)


@dataclass(frozen=True, slots=True)
class Member(Node):
    """A property (`.length`, `.as_lower`, `.year`) or a method with its arguments (`.starts_with('x')`)."""

    base: Node
    name: str
    args: tuple[Node, ...] = ()
    safe: bool = False

    def children(self) -> tuple[Node, ...]:
        """The value, then the arguments."""
        return (self.base, *self.args)


@dataclass(frozen=True, slots=True)
class Item(Node):
    """`array[index]`, or `array&[index]` (null when there is no such item)."""

    base: Node
    index: Node
    safe: bool = False

    def children(self) -> tuple[Node, ...]:
        """The array, then the index."""
        return (self.base, self.index)


@dataclass(frozen=True, slots=True)
class ArrayLiteral(Node):
    """`[a, b, c]`."""

    items: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        """The items."""
        return self.items


def walk(node: Node) -> Iterator[Node]:
    """The node and all nodes below it, in the order of reading, without recursion."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(current.children()))


def reads(node: Node) -> tuple[str, ...]:
    """The dotted attribute paths a node reads, each once, in the order of reading."""
    return tuple(dict.fromkeys(".".join(n.path) for n in walk(node) if isinstance(n, Attribute)))


def parameters(node: Node) -> tuple[str, ...]:
    """The dotted names of the parameters a node reads, each once."""
    return tuple(dict.fromkeys(n.name for n in walk(node) if isinstance(n, Parameter)))


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a condition that explains an outcome: what is shown, and what is evaluated for it.

    The two differ inside `c ? a : b`: there `a` counts only where `c` is true, and `b` only where it is false.
    """

    shown: Node
    test: Node


def clauses(root: Node, expect: bool) -> tuple[Part, ...]:
    """The parts that explain an outcome: conjuncts of what should be true, disjuncts of what should not.

    Each part is evaluated by itself, so a part under an odd number of negations comes wrapped in `Not`.
    """
    found: list[Part] = []
    stack: list[tuple[Node, bool, tuple[Node, ...]]] = [(root, expect, ())]
    while stack:
        node, wanted, guards = stack.pop()
        if isinstance(node, Not):
            stack.append((node.operand, not wanted, guards))
        elif isinstance(node, And if wanted else Or):
            stack.extend((item, wanted, guards) for item in reversed(node.children()))
        elif isinstance(node, Conditional) and len(guards) < MAX_GUARDS:
            opposite = Not(node.condition, span=node.condition.span, type=node.condition.type)
            stack.append((node.no, wanted, (*guards, opposite)))
            stack.append((node.yes, wanted, (*guards, node.condition)))
        else:
            part = node if wanted == expect else Not(node, span=node.span, type=node.type)
            found.append(Part(part, _guarded(part, guards, expect)))
    return tuple(found)


MAX_GUARDS: Final = 4
"""How many conditionals inside each other are taken apart."""


def _guarded(part: Node, guards: tuple[Node, ...], expect: bool) -> Node:
    """A part that counts only where its guards hold: elsewhere it is as it should be."""
    if not guards:
        return part
    if expect:
        against = tuple(Not(guard, span=guard.span, type=guard.type) for guard in guards)
        return Or((*against, part), span=part.span, type=part.type)
    return And((*guards, part), span=part.span, type=part.type)


def clause_text(node: Node, text: str) -> str:
    """The source text of a clause on one line; a `Not` that `clauses` made is written out."""
    made = isinstance(node, Not) and node.span == node.operand.span
    shown = " ".join(text[slice(*node.span)].split())
    return f"not ({shown})" if made else shown


def substituted(node: Any, name: str, by: Node) -> Any:  # noqa: ANN401 (a node, or what a node is made of)
    """A node with every use of a loop's variable replaced by another node."""
    if isinstance(node, Variable):
        return by if node.name == name else node
    if is_tuple(node):
        return tuple(substituted(item, name, by) for item in node)
    if not isinstance(node, Node):
        return node
    changes = {f: getattr(node, f) for f in node.__dataclass_fields__ if f not in ("span", "type")}
    made = {f: substituted(value, name, by) for f, value in changes.items()}
    return replace(node, **{f: value for f, value in made.items() if value is not changes[f]})
