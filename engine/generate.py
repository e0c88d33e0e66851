"""Checked ir -> the source text of one Python function, and the constants it is to be bound to.

The text holds the structure, the attribute paths and the types, never a value a policy author wrote;
conditions that differ in constants only have the same text. The function reads lazily, as rule-engine does,
checks the raw type of everything it reads, and raises (`bad()`) wherever it is in doubt.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Final, cast

from . import ir

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Generator as Block

_SMALL: Final = 3
_EXACT: Final = 30
_CONTEXT: Final = {
    "+": "add", "-": "subtract", "*": "multiply", "/": "divide", "//": "divide_int", "%": "remainder"
}  # fmt: skip
_SCALAR_READS: Final = {
    "string": "({v} if type({v} := {raw}) is str{null} else bad())",
    "boolean": "({v} if ({v} := {raw}) is True or {v} is False{null} else bad())",
    "number": "({v} if type({v} := {raw}) is int{null} else ({v} := num({v})))",
    "datetime": "({v} if ({v} := {raw}) is None else ({v} := moment({v})))",
    "duration": "({v} if ({v} := {raw}) is None else ({v} := duration({v})))",
}
_MEMBERS: Final = {
    "length": "len({x})",
    "is_empty": "(len({x}) == 0)",
    "as_lower": "{x}.lower()",
    "as_upper": "{x}.upper()",
    "ceiling": "ceil({x})",
    "floor": "floor({x})",
    "date": "{x}.replace(hour=0, minute=0, second=0, microsecond=0)",
    "total_seconds": "num({x}.total_seconds())",
}


class UnsupportedError(Exception):
    """A node that has no fast form; the reference evaluates it."""


class Generator:
    """Generates one function; `source` is its text, `constants` what its `k0`, `k1`... stand for."""

    def __init__(self, parameter_values: Mapping[str, object]) -> None:
        self.constants: list[object] = []
        self._values = parameter_values
        self._helpers: list[str] = []
        self._types: dict[str, str] = {}
        self._known: dict[tuple[str, ...], str] = {}
        self._frames: list[list[str]] = []
        self._scope: list[str] = []
        self._temporaries = 0
        self._kinds: dict[type, Callable[..., str]] = {
            ir.Constant: self._constant,
            ir.Attribute: self._attribute,
            ir.Parameter: self._parameter,
            ir.Variable: self._variable,
            ir.Field: self._field,
            ir.And: self._and,
            ir.Or: self._or,
            ir.Not: self._not,
            ir.Compare: self._compare,
            ir.In: self._in,
            ir.Match: self._match,
            ir.Arithmetic: self._arithmetic,
            ir.Negate: self._negate,
            ir.Coalesce: self._coalesce,
            ir.Conditional: self._conditional,
            ir.Call: self._call,
            ir.Comprehension: self._comprehension,
            ir.Member: self._member,
            ir.Item: self._item,
            ir.ArrayLiteral: self._array,
        }

    def source(self, root: ir.Node) -> str:
        """The text of a function `test` for a condition."""
        body = self.value(root)
        types = [f"{name} = {text}\n" for text, name in self._types.items()]
        arguments = ["q", *(f"k{number}" for number in range(len(self.constants)))]
        return "".join([*types, *self._helpers, f"def test({', '.join(arguments)}):\n    return {body}\n"])

    def value(self, node: ir.Node) -> str:
        """The text of an expression for a node."""
        made = self._kinds.get(type(node))
        if made is None:
            raise UnsupportedError
        return made(node)

    def decimal(self, node: ir.Node) -> str:
        """The text of a number that is a Decimal for sure, as arithmetic wants it."""
        if isinstance(node, ir.Constant):
            return self._bind(node.value)
        text = self.value(node)
        return text if isinstance(node, (ir.Arithmetic, ir.Negate)) else f"dec({text})"

    def _bind(self, value: object) -> str:
        name = f"k{len(self.constants)}"
        self.constants.append(value)
        for frame in self._frames:
            frame.append(name)
        return name

    def _temporary(self) -> str:
        self._temporaries += 1
        return f"v{self._temporaries}"

    def _type(self, of: ir.Type) -> str:
        text = repr(of.plain())
        return self._types.setdefault(text, f"T{len(self._types)}")

    @contextmanager
    def _branch(self) -> Block[None]:
        """What is read inside may not have been read afterwards."""
        before = dict(self._known)
        yield
        self._known = before

    def _constant(self, node: ir.Constant) -> str:
        if node.value is None or isinstance(node.value, bool):
            return str(node.value)
        return self._bind(_natural(node.value))

    def _parameter(self, node: ir.Parameter) -> str:
        if node.type.kind == "object" or self._values.get(node.name) is None:
            raise UnsupportedError
        if node.type.item is not None and node.type.item.kind in ("object", "array"):
            raise UnsupportedError
        return self._bind(_natural(self._values[node.name]))

    def _attribute(self, node: ir.Attribute) -> str:
        known = self._known.get(node.path)
        if known is None:
            text, known = self._read(self._raw(node, len(node.path) - 1), node.type)
            self._known[node.path] = known
            return text
        return known

    def _raw(self, node: ir.Attribute, step: int) -> str:
        if step == 0:
            return f"q.{node.path[0]}"
        return self._access(self._raw(node, step - 1), node.steps[step - 1], node.path[step])

    def _access(self, base: str, of: ir.Type, name: str) -> str:
        """The text that takes one attribute from the object that `base` gives."""
        declared = of.attribute(name)
        if declared is None:
            raise UnsupportedError
        pattern = "{}.get({!r})" if declared.nullable else "{}[{!r}]"
        if not of.nullable:
            return pattern.format(base, name)
        t = self._temporary()
        inner = pattern.format(t, name)
        if not declared.nullable:
            inner = f"some({inner})"
        return f"(None if ({t} := {base}) is None else {inner})"

    def _read(self, raw: str, of: ir.Type) -> tuple[str, str]:
        """The text that reads and checks a raw value, and the variable that holds it afterwards."""
        v = self._temporary()
        if of.kind == "array":
            null = f" or {v} is None" if of.nullable else ""
            return (
                f"({v} if type({v} := {raw}) is Normalised{null} else ({v} := norm({v}, {self._type(of)})))",
                v,
            )
        if of.kind == "object":
            null = f" or {v} is None" if of.nullable else ""
            return f"({v} if type({v} := {raw}) is dict{null} else bad())", v
        if of.kind in ("datetime", "duration") and not of.nullable:
            return f"({v} := {of.kind.replace('datetime', 'moment')}({raw}))", v
        if of.kind not in _SCALAR_READS:
            raise UnsupportedError
        null = f" or {v} is None" if of.nullable else ""
        return _SCALAR_READS[of.kind].format(v=v, raw=raw, null=null), v

    def _field(self, node: ir.Field) -> str:
        raw = self._access(self.value(node.base), node.base.type, node.name)
        return self._read(raw, node.type)[0]

    @staticmethod
    def _variable(node: ir.Variable) -> str:
        return f"x_{node.name}"

    def _and(self, node: ir.And) -> str:
        return self._chain(node.items, " and ")

    def _or(self, node: ir.Or) -> str:
        return self._chain(node.items, " or ")

    def _not(self, node: ir.Not) -> str:
        return f"(not {self.value(node.operand)})"

    def _chain(self, items: tuple[ir.Node, ...], operator: str) -> str:
        texts = [self.value(items[0])]
        with self._branch():
            texts += [self.value(item) for item in items[1:]]
        return f"({operator.join(texts)})"

    def _compare(self, node: ir.Compare) -> str:
        left, right = node.left, node.right
        if node.op in ("==", "!=") and "null" in (left.type.kind, right.type.kind):
            other = right if left.type.kind == "null" else left
            if isinstance(other, ir.Attribute) and other.type.kind == "object":
                raise UnsupportedError
            return f"({self.value(other)} is {'not ' if node.op == '!=' else ''}None)"
        return f"({self.value(left)} {node.op} {self.value(right)})"

    def _in(self, node: ir.In) -> str:
        items = self._members(node.container)
        if items is None:
            container = self.value(node.container)
        else:
            container = self._bind(frozenset(items) if len(items) > _SMALL else tuple(items))
        return f"({self.value(node.member)} in {container})"

    def _members(self, container: ir.Node) -> list[object] | None:
        """The items of a container that is constant and holds scalars."""
        if isinstance(container, ir.ArrayLiteral):
            if all(isinstance(item, ir.Constant) for item in container.items):
                return [_natural(cast("ir.Constant", item).value) for item in container.items]
        elif isinstance(container, ir.Parameter):
            values, item = self._values.get(container.name), container.type.item
            if isinstance(values, tuple) and item is not None and item.kind not in ("object", "array"):
                return [_natural(value) for value in cast("tuple[object, ...]", values)]
        return None

    def _match(self, node: ir.Match) -> str:
        pattern = self._bind(re.compile(node.pattern, re.ASCII))
        return f"({pattern}.{'search' if node.search else 'match'}({self.value(node.subject)}) is not None)"

    def _arithmetic(self, node: ir.Arithmetic) -> str:
        if node.type.kind == "number":
            return f"C.{_CONTEXT[node.op]}({self.decimal(node.left)}, {self.decimal(node.right)})"
        return f"({self.value(node.left)} {node.op} {self.value(node.right)})"

    def _negate(self, node: ir.Negate) -> str:
        if node.type.kind == "number":
            return f"C.minus({self.decimal(node.operand)})"
        return f"(-{self.value(node.operand)})"

    def _coalesce(self, node: ir.Coalesce) -> str:
        t = self._temporary()
        left = self.value(node.left)
        with self._branch():
            return f"({t} if ({t} := {left}) is not None else {self.value(node.right)})"

    def _conditional(self, node: ir.Conditional) -> str:
        condition = self.value(node.condition)
        with self._branch():
            yes = self.value(node.yes)
        with self._branch():
            return f"({yes} if {condition} else {self.value(node.no)})"

    def _call(self, node: ir.Call) -> str:
        if node.custom:
            args = [f"norm({self.value(arg)}, {self._type(arg.type)})" for arg in node.args]
            return f"norm(f_{node.function}({', '.join(args)}), {self._type(node.type)})"
        if node.function == "abs":
            return f"C.abs({self.decimal(node.args[0])})"
        name = "total" if node.function == "sum" else node.function
        return f"{name}({self.value(node.args[0])})"

    def _comprehension(self, node: ir.Comprehension) -> str:
        outer = [f"x_{name}" for name in self._scope]
        iterable = self.value(node.iterable)
        known, self._known = self._known, {}
        used: list[str] = []
        self._frames.append(used)
        self._scope.append(node.variable)
        condition = "True" if node.condition is None else self.value(node.condition)
        result = self.value(node.result)
        self._scope.pop()
        self._frames.pop()
        self._known = known
        name = f"c{len(self._helpers)}"
        arguments = ", ".join(["q", *outer, *used])
        self._helpers.append(
            f"def {name}(xs, {arguments}):\n    out = []\n    for x_{node.variable} in xs:\n"
            f"        if {condition}:\n            out.append({result})\n    return tuple(out)\n"
        )
        return f"{name}({iterable}, {arguments})"

    def _member(self, node: ir.Member) -> str:
        base = self.value(node.base)
        null = node.base.type.nullable
        x = self._temporary() if null else base
        if node.args:
            method = {"starts_with": "startswith", "ends_with": "endswith"}[node.name]
            made = f"{x}.{method}({self.value(node.args[0])})"
        else:
            made = _MEMBERS.get(node.name, f"{{x}}.{node.name}").format(x=x)
        return f"(None if ({x} := {base}) is None else {made})" if null else made

    def _item(self, node: ir.Item) -> str:
        function = "at_safe" if node.safe else "at"
        return f"{function}({self.value(node.base)}, {self.value(node.index)})"

    def _array(self, node: ir.ArrayLiteral) -> str:
        return f"({''.join(f'{self.value(item)}, ' for item in node.items)})"


def _natural(value: object) -> object:
    """A constant in the form that compares fastest: whole numbers as int."""
    if isinstance(value, Decimal) and abs(value.adjusted()) < _EXACT and value == value.to_integral_value():
        return int(value)
    if isinstance(value, tuple):
        return tuple(_natural(item) for item in cast("tuple[object, ...]", value))
    return value
