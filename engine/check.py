"""Syntax -> typed ir, and everything wrong on the way, all at once.

rule-engine's own type check lets pass what is surely a mistake (`age == 'x'`, `name in [1]`, `flag ==
'true'`, a truth value made of a string) and types `array&[i]` as never null. So the types are worked out
here, more strictly; rule-engine's check still runs afterwards as a second opinion (`expression`).
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

from . import ir
from .ir import BOOLEAN, DATETIME, DURATION, NULL, NUMBER, STRING, UNKNOWN, Type
from .regexes import RegexFault, check_pattern
from .syntax import Fault, Node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

MAX_NODES: Final = 200
MAX_DEPTH: Final = 40
MAX_LOOPS: Final = 2

MEMBERS: Final[Mapping[str, Mapping[str, Type]]] = {
    "string": {"as_lower": STRING, "as_upper": STRING, "length": NUMBER, "is_empty": BOOLEAN},
    "array": {"length": NUMBER, "is_empty": BOOLEAN},
    "number": {"ceiling": NUMBER, "floor": NUMBER},
    "datetime": {
        "year": NUMBER, "month": NUMBER, "day": NUMBER, "hour": NUMBER, "minute": NUMBER, "second": NUMBER,
        "microsecond": NUMBER, "date": DATETIME,
    },
    "duration": {"days": NUMBER, "seconds": NUMBER, "microseconds": NUMBER, "total_seconds": NUMBER},
}  # fmt: skip
METHODS: Final = ("starts_with", "ends_with")

BUILTINS: Final[Mapping[str, tuple[tuple[Type, ...], Type]]] = {
    "any": ((ir.array(BOOLEAN),), BOOLEAN),
    "all": ((ir.array(BOOLEAN),), BOOLEAN),
    "sum": ((ir.array(NUMBER),), NUMBER),
    "min": ((ir.array(NUMBER),), NUMBER),
    "max": ((ir.array(NUMBER),), NUMBER),
    "abs": ((NUMBER,), NUMBER),
}

_OPERATORS: Final = {
    "EQ": "==", "NE": "!=", "LT": "<", "LE": "<=", "GT": ">", "GE": ">=",
    "ADD": "+", "SUB": "-", "MUL": "*", "TDIV": "/", "FDIV": "//", "MOD": "%",
}  # fmt: skip
_ORDERED: Final = ("string", "number", "datetime", "duration")
_SUMS: Final[Mapping[tuple[str, str, str], Type]] = {
    ("+", "string", "string"): STRING,
    ("+", "datetime", "duration"): DATETIME,
    ("+", "duration", "datetime"): DATETIME,
    ("+", "duration", "duration"): DURATION,
    ("-", "datetime", "duration"): DATETIME,
    ("-", "datetime", "datetime"): DURATION,
    ("-", "duration", "duration"): DURATION,
    **{(op, "number", "number"): NUMBER for op in ("+", "-", "*", "/", "//", "%")},
}
_PARAM: Final = "param"
MAX_LISTED: Final = 80
"""So many names are listed where none is near; the largest entity of the pack has fewer attributes."""


class Names:
    """What a condition may name: roots, parameters (dotted) and functions."""

    def __init__(
        self,
        symbols: Mapping[str, Type],
        parameters: Mapping[str, Type],
        functions: Mapping[str, tuple[tuple[Type, ...], Type]],
    ) -> None:
        self.symbols = symbols
        self.parameters = parameters
        self.functions = functions
        self.groups = {name[:at] for name in parameters for at, char in enumerate(name) if char == "."}


def known_names(name: str, names: Iterable[str]) -> dict[str, object]:
    """The arguments of a message about an unknown name: the closest known ones first."""
    every = sorted(names)
    close = difflib.get_close_matches(name, every, n=3, cutoff=0.6)
    shown = ", ".join(f"`{known}`" for known in close or every[:MAX_LISTED]) or "-"
    more = ", ..." if not close and len(every) > MAX_LISTED else ""
    known = f"did you mean {shown}?" if close else f"known here: {shown}{more}"
    return {"name": name, "suggestion": close[0] if close else "", "known": known}


def check(root: Node, names: Names, *, boolean: bool) -> tuple[ir.Node, list[Fault]]:
    """Type a syntax tree; the node is only to be used when no fault has severity `error`."""
    if root.size > MAX_NODES:
        fault = Fault("condition-too-large", *root.span, {"limit": MAX_NODES, "size": root.size})
        return ir.Constant(None), [fault]
    if root.depth > MAX_DEPTH:
        return ir.Constant(None), [Fault("condition-too-deep", *root.span, {"limit": MAX_DEPTH})]
    checker = _Checker(names)
    made = checker.node(root)
    if boolean and made.type.kind != "unknown" and made.type != BOOLEAN:
        code = "condition-nullable" if made.type.required() == BOOLEAN else "condition-not-boolean"
        checker.fault(code, made.span, found=str(made.type))
    return made, sorted(checker.faults, key=lambda fault: (fault.start, fault.end))


def fits(found: Type, wanted: Type) -> bool:
    """Whether values of the two types can be equal, null aside."""
    if "unknown" in (found.kind, wanted.kind):
        return True
    if found.kind != wanted.kind:
        return False
    return found.item is None or wanted.item is None or fits(found.item, wanted.item)


def join(one: Type, other: Type) -> Type | None:
    """The type of a value that is one or the other; None when they are unlike."""
    if one.kind == "null" or other.kind == "null":
        return other.optional() if one.kind == "null" else one.optional()
    if not fits(one, other):
        return None
    if one.kind == "unknown" or other.kind == "unknown":
        return UNKNOWN
    if one.kind == "object" and one.required() != other.required():
        return None
    best = one if one.item is not None else other
    enum = one.enum if one.enum == other.enum else ()
    if one.item is not None and other.item is not None:
        item = join(one.item, other.item)
        return None if item is None else Type("array", item, nullable=one.nullable or other.nullable)
    return Type(best.kind, best.item, best.attributes, one.nullable or other.nullable, enum)


class _Checker:
    """Types one condition; each method takes the syntax of one kind and returns its ir."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.faults: list[Fault] = []
        self.scope: dict[str, Type] = {}
        self._kinds: dict[str, Callable[[Node], ir.Node]] = {
            "logic": self._logic,
            "equality": self._equality,
            "order": self._order,
            "match": self._match,
            "arithmetic": self._arithmetic,
            "coalesce": self._coalesce,
            "conditional": self._conditional,
            "unary": self._unary,
            "in": self._in,
            "attribute": self._attribute,
            "item": self._item,
            "symbol": self._symbol,
            "call": self._call,
            "comprehension": self._comprehension,
            "array": self._array,
            "constant": self._constant,
        }

    def fault(self, code: str, span: ir.Span, /, **args: object) -> ir.Node:
        """Note a fault and return a node of unknown type."""
        self.faults.append(Fault(code, *span, args))
        return ir.Constant(None, span=span, type=UNKNOWN)

    def warn(self, code: str, span: ir.Span, /, **args: object) -> None:
        """Note a warning."""
        self.faults.append(Fault(code, *span, args, "warning"))

    def node(self, node: Node) -> ir.Node:
        """Type one node and all below it."""
        found = self._kinds.get(node.kind)
        if found is None:
            return self.fault("condition-not-supported", node.span, what="slice")
        return found(node)

    def need(self, node: Node, *kinds: str) -> ir.Node:
        """Type an operand that must not be null and be of one of these kinds."""
        made = self.node(node)
        return made if self.fits(made, *kinds) else self._unknown(made)

    def fits(self, made: ir.Node, *kinds: str) -> bool:
        """Whether an operand is not null and of one of these kinds; notes the fault."""
        if made.type.kind == "unknown":
            return True
        if made.type.kind not in kinds:
            self.fault("condition-wrong-type", made.span, expected=" or ".join(kinds), found=str(made.type))
            return False
        if made.type.nullable:
            self.fault("condition-nullable", made.span, found=str(made.type))
            return False
        return True

    @staticmethod
    def _unknown(made: ir.Node) -> ir.Node:
        return ir.Constant(None, span=made.span, type=UNKNOWN)

    def _logic(self, node: Node) -> ir.Node:
        items = tuple(self.need(part, "boolean") for part in node.parts)
        make = ir.And if node.value == "AND" else ir.Or
        return make(items, span=node.span, type=BOOLEAN)

    def _equality(self, node: Node) -> ir.Node:
        left, right = (self.node(part) for part in node.parts)
        op = _OPERATORS[node.value]
        nulls = [side for side in (left, right) if side.type.kind == "null"]
        if nulls:
            other = right if nulls[0] is left else left
            if not other.type.nullable and other.type.kind not in ("null", "unknown"):
                self.warn("condition-never-null", other.span, found=str(other.type))
        elif "object" in (left.type.kind, right.type.kind):
            self.fault("condition-object-compared", node.span, operator=op)
        elif not fits(left.type, right.type):
            self._unlike(node, op, left, right)
        else:
            self._enum(left.type.enum, (right,))
            self._enum(right.type.enum, (left,))
        return ir.Compare(op, left, right, span=node.span, type=BOOLEAN)

    def _unlike(self, node: Node, op: str, left: ir.Node, right: ir.Node) -> None:
        self.fault("condition-unlike-types", node.span, operator=op, left=str(left.type), right=str(right.type))

    def _enum(self, enum: tuple[str, ...], values: Iterable[ir.Node]) -> None:
        for value in values:
            found = value.value if isinstance(value, ir.Constant) else None
            if enum and isinstance(found, str) and found not in enum:
                self.fault("condition-not-in-enum", value.span, **known_names(found, enum))

    def _order(self, node: Node) -> ir.Node:
        left, right = (self.need(part, *_ORDERED) for part in node.parts)
        op = _OPERATORS[node.value]
        if not fits(left.type, right.type):
            self._unlike(node, op, left, right)
        return ir.Compare(op, left, right, span=node.span, type=BOOLEAN)

    def _match(self, node: Node) -> ir.Node:
        left, right = self.need(node.parts[0], "string"), node.parts[1]
        if right.kind != "constant" or not isinstance(right.value, str):
            return self.fault("condition-regex-not-literal", right.span)
        try:
            check_pattern(right.value)
        except RegexFault as fault:
            return self.fault(f"condition-{fault.code}", right.span, detail=str(fault))
        search = node.value.endswith("FZS")
        made = ir.Match(left, right.value, search, span=node.span, type=BOOLEAN)
        return ir.Not(made, span=node.span, type=BOOLEAN) if node.value.startswith("NE") else made

    def _arithmetic(self, node: Node) -> ir.Node:
        kinds = ("number", "string", "datetime", "duration")
        left, right = (self.need(part, *kinds) for part in node.parts)
        op = _OPERATORS.get(node.value, "")
        if not op:  # `**`, which the tokens were already refused for
            return self.fault("condition-not-supported", node.span, what=str(node.value))
        if UNKNOWN in (left.type, right.type):
            return self._unknown(left)
        result = _SUMS.get((op, left.type.kind, right.type.kind))
        if result is None:
            self._unlike(node, op, left, right)
            return ir.Constant(None, span=node.span, type=UNKNOWN)
        return ir.Arithmetic(op, left, right, span=node.span, type=result)

    def _coalesce(self, node: Node) -> ir.Node:
        left, right = (self.node(part) for part in node.parts)
        result = join(left.type.required(), right.type)
        if result is None:
            self._unlike(node, "??", left, right)
        elif not left.type.nullable and left.type.kind not in ("null", "unknown"):
            self.warn("condition-never-null", left.span, found=str(left.type))
        if left.type.kind == "null":
            result = right.type
        return ir.Coalesce(left, right, span=node.span, type=result or UNKNOWN)

    def _conditional(self, node: Node) -> ir.Node:
        condition = self.need(node.parts[0], "boolean")
        yes, no = (self.node(part) for part in node.parts[1:])
        result = join(yes.type, no.type)
        if result is None:
            self._unlike(node, "? :", yes, no)
        return ir.Conditional(condition, yes, no, span=node.span, type=result or UNKNOWN)

    def _unary(self, node: Node) -> ir.Node:
        if node.value == "NOT":
            return ir.Not(self.need(node.parts[0], "boolean"), span=node.span, type=BOOLEAN)
        operand = self.need(node.parts[0], "number", "duration")
        return ir.Negate(operand, span=node.span, type=operand.type)

    def _in(self, node: Node) -> ir.Node:
        container, member = self.need(node.parts[0], "array", "string"), self.node(node.parts[1])
        if "object" in (member.type.kind, container.type.item.kind if container.type.item else ""):
            self.fault("condition-object-compared", node.span, operator="in")
        elif container.type.kind == "string":
            self.fits(member, "string")
        elif container.type.item is not None and member.type.kind != "null":
            if not fits(member.type, container.type.item):
                self._unlike(node, "in", member, container)
            self._enum(container.type.item.enum, (member,))
            if isinstance(container, ir.ArrayLiteral):
                self._enum(member.type.enum, container.items)
        return ir.In(member, container, span=node.span, type=BOOLEAN)

    def _symbol(self, node: Node) -> ir.Node:
        name = node.value
        if name in self.scope:
            return ir.Variable(name, span=node.span, type=self.scope[name])
        if name in self.names.symbols:
            of = self.names.symbols[name]
            return ir.Attribute((name,), (of,), span=node.span, type=of)
        if name == _PARAM and self.names.parameters:
            return ir.Parameter((), span=node.span, type=Type("object"))
        if name.startswith("$"):
            return self.fault("condition-function-not-called", node.span, name=name)
        every = {*self.names.symbols, *self.scope, *((_PARAM,) if self.names.parameters else ())}
        return self.fault("condition-unknown-name", node.span, **known_names(name, every))

    def _attribute(self, node: Node) -> ir.Node:
        base, (name, safe) = self.node(node.parts[0]), node.value
        at = (node.span[1] - len(name), node.span[1])
        if isinstance(base, ir.Parameter) and base.type == Type("object"):
            return self._parameter(base, name, node.span, at)
        if base.type.kind == "unknown":
            return self._unknown(base)
        if base.type.nullable and not safe:
            return self.fault("condition-nullable", base.span, found=str(base.type))
        if base.type.kind != "object":
            return self._member(base, name, node.span, at, safe=safe)
        of = base.type.attribute(name)
        if of is None:
            every = [known for known, _ in base.type.attributes]
            shown = ".".join(base.path) if isinstance(base, ir.Attribute) else "object"
            return self.fault("condition-unknown-attribute", at, of=shown, **known_names(name, every))
        of = of.optional() if base.type.nullable else of
        if isinstance(base, ir.Attribute):
            return ir.Attribute((*base.path, name), (*base.steps, of), span=node.span, type=of)
        return ir.Field(base, name, safe, span=node.span, type=of)

    def _parameter(self, base: ir.Parameter, name: str, span: ir.Span, at: ir.Span) -> ir.Node:
        path = (*base.path, name)
        dotted = ".".join(path)
        if dotted in self.names.parameters:
            return ir.Parameter(path, span=span, type=self.names.parameters[dotted])
        if dotted in self.names.groups:
            return ir.Parameter(path, span=span, type=Type("object"))
        return self.fault("condition-unknown-parameter", at, **known_names(dotted, self.names.parameters))

    def _member(self, base: ir.Node, name: str, span: ir.Span, at: ir.Span, *, safe: bool) -> ir.Node:
        members = MEMBERS.get(base.type.kind, {})
        if name in METHODS and base.type.kind == "string":
            return self.fault("condition-function-not-called", at, name=name)
        if name not in members:
            every = [*members, *(METHODS if base.type.kind == "string" else ())]
            return self.fault("condition-unknown-member", at, of=str(base.type), **known_names(name, every))
        of = members[name].optional() if base.type.nullable else members[name]
        return ir.Member(base, name, safe=safe, span=span, type=of)

    def _item(self, node: Node) -> ir.Node:
        base, index = self.node(node.parts[0]), self.need(node.parts[1], "number")
        if node.value and base.type.nullable:
            nullable, of = True, base.type.required()
        else:
            nullable, of = bool(node.value), base.type
        if of.kind != "unknown" and (of.nullable or of.kind != "array" or of.item is None):
            self.fits(base, "array")
            return ir.Constant(None, span=node.span, type=UNKNOWN)
        item = of.item or UNKNOWN
        return ir.Item(base, index, node.value, span=node.span, type=item.optional() if nullable else item)

    def _call(self, node: Node) -> ir.Node:
        function, arguments = node.parts[0], node.parts[1:]
        args = tuple(self.node(part) for part in arguments)
        if function.kind == "attribute" and function.value[0] in METHODS:
            base = self.need(function.parts[0], "string")
            self._arguments(node, function.value[0], args, (STRING,))
            return ir.Member(base, function.value[0], args, span=node.span, type=BOOLEAN)
        name = function.value[1:] if function.kind == "symbol" and function.value.startswith("$") else ""
        known = BUILTINS.get(name) or self.names.functions.get(name)
        if known is None:
            return self.fault("condition-not-supported", function.span, what="call")
        self._arguments(node, "$" + name, args, known[0])
        return ir.Call(name, args, name in self.names.functions, span=node.span, type=known[1])

    def _arguments(self, node: Node, name: str, args: tuple[ir.Node, ...], wanted: tuple[Type, ...]) -> None:
        if len(args) != len(wanted):
            self.fault("condition-arguments", node.span, name=name, expected=len(wanted), found=len(args))
        for arg, of in zip(args, wanted, strict=False):
            if arg.type.kind == "unknown":
                continue
            null = arg.type.nullable or arg.type.kind == "null"
            items = arg.type.item is not None and of.item is not None
            if null and not of.nullable:
                self.fault("condition-nullable", arg.span, found=str(arg.type))
            elif arg.type.kind != "null" and not fits(arg.type, of):
                self.fault("condition-wrong-type", arg.span, expected=str(of), found=str(arg.type))
            elif items and arg.type.item.nullable and not of.item.nullable:  # type: ignore[union-attr] # `items`
                self.fault("condition-nullable", arg.span, found=str(arg.type))

    def _comprehension(self, node: Node) -> ir.Node:
        result, iterable, *rest = node.parts
        name = node.value
        over = self.need(iterable, "array")
        if name in self.scope or name in self.names.symbols or name == _PARAM:
            return self.fault("condition-shadowed", node.span, name=name)
        if len(self.scope) >= MAX_LOOPS:
            return self.fault("condition-too-many-loops", node.span, limit=MAX_LOOPS)
        self.scope[name] = over.type.item or UNKNOWN
        condition = self.need(rest[0], "boolean") if rest else None
        made = self.node(result)
        del self.scope[name]
        return ir.Comprehension(made, name, over, condition, span=node.span, type=ir.array(made.type))

    def _array(self, node: Node) -> ir.Node:
        items = tuple(self.node(part) for part in node.parts)
        of: Type | None = None
        for item in items:
            if item.type.kind == "object":
                return self.fault("condition-not-supported", item.span, what="object")
            joined = item.type if of is None else join(of, item.type)
            if joined is None:
                self.fault("condition-mixed-array", item.span, left=str(of), found=str(item.type))
                return ir.Constant(None, span=node.span, type=UNKNOWN)
            of = joined
        return ir.ArrayLiteral(items, span=node.span, type=ir.array(of))

    @staticmethod
    def _constant(node: Node) -> ir.Node:
        name = type(node.value).__name__
        kinds = {"str": STRING, "bool": BOOLEAN, "Decimal": NUMBER, "datetime": DATETIME}
        of = NULL if node.value is None else kinds.get(name, DURATION)
        return ir.Constant(node.value, span=node.span, type=of)
