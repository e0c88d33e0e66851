"""Condition texts -> checked `Expression`s, and the reference evaluation of them through rule-engine.

This module and `syntax` are the only importers of `rule_engine` (0.4 s): the decision path imports
`closures`, and comes here when a function is in doubt.
"""

from __future__ import annotations

import decimal
import threading
from dataclasses import dataclass, field
from datetime import UTC
from re import ASCII
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar, cast

import rule_engine  # type: ignore[import-untyped] # it has no stubs
from rule_engine import ast as rule_ast  # pyright: ignore[reportMissingTypeStubs] # it has none
from rule_engine import errors as rule_errors  # pyright: ignore[reportMissingTypeStubs] # it has none
from rule_engine.builtins import Builtins  # type: ignore[import-untyped] # it has no stubs

from . import ir
from .check import BUILTINS, Names, check, known_names
from .closures import maker, plan
from .ir import BOOLEAN, Type
from .syntax import Fault, Grammar, Node
from .values import DECIMAL, ValueFault, normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["ConditionError", "Expression", "Fault", "Function", "Indeterminate", "Language"]

_REFUSED_FUNCTIONS: Final = frozenset(
    {"now", "today", "random", "range", "map", "filter", "re_groups", "split", "e", "pi"}
    | {"parse_datetime", "parse_float", "parse_timedelta"}
)
_PARAM: Final = "param"
_T = TypeVar("_T")
_DataType: Final = rule_engine.DataType


class ConditionError(ValueError):
    """A condition that is refused; `faults` is everything that is wrong with it, warnings included."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(", ".join(f"{fault.code} at {fault.start}" for fault in faults))


class Indeterminate(Exception):  # noqa: N818 (the design's word for the third value of a condition)
    """A condition without an answer for a request: `code` says why, `path` which attribute is to blame.

    Codes: `missing`, `null`, `wrong-type`, `not-finite`, `naive-datetime`, `not-a-datetime`,
    `not-a-duration`, `too-many-items`, `parameter-unbound`, `arithmetic`, `no-such-item`, `function-failed`,
    `not-boolean`, `condition-refused`, `too-deep`, `evaluation-failed`. `detail` never holds a value of the
    request.
    """

    def __init__(self, code: str, path: str | None = None, detail: str = "") -> None:
        self.code = code
        self.path = path
        self.detail = detail
        super().__init__(f"{code}: {path or detail}" if path or detail else code)


class Function(NamedTuple):
    """A function that conditions call as `$name(...)`: normalised values in, a raw value out."""

    name: str
    call: Callable[..., object]
    arguments: tuple[Type, ...]
    result: Type


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked condition."""

    text: str
    root: ir.Node
    reads: tuple[str, ...]
    parameters: tuple[str, ...]
    warnings: tuple[Fault, ...] = field(default=(), compare=False)

    @property
    def type(self) -> Type:
        """The type of the result."""
        return self.root.type


class _Record:
    """An object of a request, whose attributes are checked when they are read."""

    __slots__ = ("data", "path", "type")

    def __init__(self, data: dict[str, object], type_: Type, path: str) -> None:
        self.data = data
        self.type = type_
        self.path = path


class Language:
    """The conditions of one vocabulary: parses, checks and (as the reference) evaluates them; thread-safe."""

    def __init__(
        self,
        symbols: Mapping[str, Type],
        parameters: Mapping[str, Type] | None = None,
        parameter_values: Mapping[str, object] | None = None,
        functions: Sequence[Function] = (),
    ) -> None:
        self.symbols = dict(symbols)
        self.parameters = dict(parameters or {})
        self.functions = {function.name: function for function in functions}
        self.parameter_values = self._values(parameter_values or {})
        self._definitions: dict[Type, Any] = {}
        self._param_type, self._param = self._parameter_tree()
        self._context = self._make_context()
        self._grammar = Grammar(self._context)
        signatures = {name: (f.arguments, f.result) for name, f in self.functions.items()}
        self._names = Names(self.symbols, self.parameters, signatures)
        self._rules: dict[tuple[str, bool], tuple[Expression, rule_engine.Rule]] = {}

    def parse(self, text: str, *, boolean: bool = True) -> Expression:
        """Check a condition; `ConditionError` with everything that is wrong with it."""
        return self._parsed(text, boolean=boolean)[0]

    def evaluate(self, expression: Expression | str, q: object) -> object:
        """The value of a condition for a request, or `Indeterminate`; no other exception."""
        try:
            if isinstance(expression, str):
                boolean, rule = True, self._parsed(expression, boolean=True)[1]
            else:
                boolean = expression.type == BOOLEAN
                rule = self._parsed(expression.text, boolean=boolean)[1]
        except ConditionError as error:
            raise Indeterminate("condition-refused", None, str(error)) from None
        value = _run(rule, q)
        if boolean and not isinstance(value, bool):
            raise Indeterminate("not-boolean")
        return _unwrap(value)

    def _parsed(self, text: str, *, boolean: bool) -> tuple[Expression, rule_engine.Rule]:
        found = self._rules.get((text, boolean))
        if found is None:
            found = _with_room(lambda: self._parse(text, boolean=boolean))
            self._rules[text, boolean] = found
        return found

    def _parse(self, text: str, *, boolean: bool) -> tuple[Expression, rule_engine.Rule]:
        node, faults = self._grammar.parse(text, self._known)
        if node is None:
            raise ConditionError(sorted(faults, key=lambda fault: (fault.start, fault.end)))
        root, more = check(node, self._names, boolean=boolean)
        faults += [new for new in more if not any(_touch(new, old) for old in faults)]
        if any(fault.severity == "error" for fault in faults):
            raise ConditionError(sorted(faults, key=lambda fault: (fault.start, fault.end)))
        rule = rule_engine.Rule.__new__(rule_engine.Rule)
        rule.text, rule.context = text, self._context
        rule.statement = rule_ast.Statement(self._context, self._build(node))
        if (value := self._settled(root)) is not None and not isinstance(root, ir.Constant):
            shown = "true" if value else "false"
            faults.append(Fault("condition-constant", *root.span, {"value": shown}, "warning"))
        made = Expression(text, root, ir.reads(root), ir.parameters(root), tuple(faults))
        return made, rule

    def _build(self, node: Node) -> Any:  # noqa: ANN401 (rule-engine is untyped)
        """Let rule-engine build and check its own tree: the second opinion."""
        try:
            with decimal.localcontext(DECIMAL):
                return node.deferred.build()
        except RecursionError:
            raise
        except Exception as error:  # noqa: BLE001 (any exception means no answer)
            detail = getattr(error, "message", "") or type(error).__name__
            raise ConditionError([_refusal(node, detail)]) from None

    def _settled(self, root: ir.Node) -> bool | None:
        """The answer of a condition that does not depend on the request."""
        if isinstance(root, ir.Not):
            inner = self._settled(root.operand)
            return None if inner is None else not inner
        if isinstance(root, (ir.And, ir.Or)):
            answers = [self._settled(item) for item in root.items]
            absorbing = isinstance(root, ir.Or)
            if absorbing in answers:
                return absorbing
            return None if None in answers else not absorbing
        nodes = list(ir.walk(root))
        if any(isinstance(n, ir.Attribute) or (isinstance(n, ir.Call) and n.custom) for n in nodes):
            return None
        shape, constants = plan(root, self.parameter_values)
        try:
            return maker(shape, {})(constants)(None)
        except Exception:  # noqa: BLE001 (any exception means no answer)
            return None

    def _known(self, name: str) -> Fault | None:
        """Judge a `$name`."""
        if name in BUILTINS or name in self.functions:
            return None
        if name in _REFUSED_FUNCTIONS:
            return Fault("condition-function-refused", 0, 0, {"name": f"${name}"})
        every = [f"${known}" for known in (*BUILTINS, *self.functions)]
        return Fault("condition-unknown-function", 0, 0, known_names(f"${name}", every))

    def _values(self, raw: Mapping[str, object]) -> dict[str, object]:
        values: dict[str, object] = {}
        for name, of in self.parameters.items():
            if raw.get(name) is not None:
                try:
                    values[name] = normalise(raw[name], of)
                except ValueFault as fault:
                    raise ValueFault(fault.code, fault.expected, f"{_PARAM}.{name}") from None
        return values

    def _parameter_tree(self) -> tuple[Type, _Record]:
        """The parameters as one nested object, for rule-engine."""
        types: dict[str, Any] = {}
        data: dict[str, Any] = {}
        for name, of in self.parameters.items():
            *groups, last = name.split(".")
            at, there = types, data
            for group in groups:
                at, there = at.setdefault(group, {}), there.setdefault(group, {})
            if not isinstance(at, dict) or last in at:
                raise ValueError(f"parameter `{name}` is also a group of parameters")
            at[last] = of
            if name in self.parameter_values:
                there[last] = self.parameter_values[name]
        of = _group_type(types)
        return of, _Record(data, of, _PARAM)

    def _make_context(self) -> rule_engine.Context:
        types = {name: self._definition(of) for name, of in self.symbols.items()}
        if self.parameters:
            types[_PARAM] = self._definition(self._param_type)
        context = rule_engine.Context(
            resolver=self._resolve,
            type_resolver=types,
            regex_flags=ASCII,
            default_timezone=UTC,
            decimal_context=DECIMAL,
            mapping_attribute_lookup=False,
        )
        values: dict[str, Any] = {"any": any, "all": all, "sum": sum, "min": min, "max": max, "abs": abs}
        signatures: dict[str, tuple[tuple[Type, ...], Type]] = dict(BUILTINS)
        for name, function in self.functions.items():
            values[name] = _checked(function)
            signatures[name] = (function.arguments, function.result)
        defined = {
            name: _DataType.FUNCTION(
                name,
                return_type=self._definition(result),
                argument_types=tuple(self._definition(of) for of in arguments),
                minimum_arguments=len(arguments),
            )
            for name, (arguments, result) in signatures.items()
        }
        context.builtins = Builtins(values, value_types=defined, timezone=UTC)
        return context

    def _resolve(self, thing: object, name: str) -> object:
        """A root of the request, for rule-engine."""
        if name == _PARAM and name not in self.symbols:
            return self._param
        try:
            value = getattr(thing, name)
        except AttributeError:
            raise Indeterminate("missing", name) from None
        return _attribute(value, self.symbols[name], name)

    def _definition(self, of: Type) -> Any:  # noqa: ANN401 (rule-engine is untyped)
        plain = of.plain()
        if plain not in self._definitions:
            self._definitions[plain] = self._define(plain)
        return self._definitions[plain]

    def _define(self, of: Type) -> Any:  # noqa: ANN401 (rule-engine is untyped)
        if of.nullable:
            return _DataType.NULLABLE(self._definition(of.required()))
        if of.kind == "array":
            return _DataType.ARRAY(self._definition(of.item)) if of.item else _DataType.ARRAY
        if of.kind == "object":
            attributes = {name: self._definition(inner) for name, inner in of.attributes}
            return _DataType.OBJECT(f"object{len(self._definitions)}", attributes, accessor=_access)
        return {
            "string": _DataType.STRING,
            "number": _DataType.FLOAT,
            "boolean": _DataType.BOOLEAN,
            "datetime": _DataType.DATETIME,
            "duration": _DataType.TIMEDELTA,
        }.get(of.kind, _DataType.NULL)


def _group_type(tree: Mapping[str, Any]) -> Type:
    inner = {name: of if isinstance(of, Type) else _group_type(of) for name, of in tree.items()}
    return ir.object_(**inner)


def _touch(one: Fault, other: Fault) -> bool:
    return one.start < other.end and other.start < one.end


def _refusal(node: Node, detail: str) -> Fault:
    """Where rule-engine says no: the smallest part that does not build by itself."""
    for part in node.parts if node.kind != "comprehension" else ():
        try:
            with decimal.localcontext(DECIMAL):
                part.deferred.build()
        except RecursionError:
            break
        except Exception as error:  # noqa: BLE001 (any exception means no answer)
            return _refusal(part, getattr(error, "message", "") or type(error).__name__)
    return Fault("condition-refused", *node.span, {"detail": detail})


def _checked(function: Function) -> Callable[..., object]:
    def call(*args: object) -> object:
        return normalise(function.call(*args), function.result)

    return call


def _attribute(value: object, of: Type, path: str) -> object:
    """One value of a request, checked; objects are wrapped so that their attributes are read lazily."""
    if value is None:
        if of.nullable:
            return None
        code = "parameter-unbound" if path.startswith(f"{_PARAM}.") else "missing"
        raise Indeterminate(code, path)
    if of.kind == "object":
        if not isinstance(value, dict):
            raise Indeterminate("wrong-type", path, "object")
        return _Record(cast("dict[str, object]", value), of, path)
    try:
        made = normalise(value, of)
    except ValueFault as fault:
        raise Indeterminate(fault.code, f"{path}.{fault.path}" if fault.path else path, fault.expected) from None
    return _wrap(made, of, path)


def _wrap(value: object, of: Type, path: str) -> object:
    if value is not None and of.kind == "object":
        return _Record(cast("dict[str, object]", value), of, path)
    if value is not None and of.kind == "array" and of.item is not None and of.item.kind in ("array", "object"):
        return tuple(_wrap(item, of.item, f"{path}[]") for item in cast("tuple[object, ...]", value))
    return value


def _access(record: _Record, name: str) -> object:
    """An attribute of an object, for rule-engine, which has checked the name."""
    of = record.type.attribute(name)
    path = f"{record.path}.{name}"
    if of is None:
        raise Indeterminate("missing", path)
    try:
        value = record.data.get(name)
    except KeyError:  # a fact that cannot be found
        raise Indeterminate("missing", path) from None
    return _attribute(value, of, path)


def _unwrap(value: object) -> object:
    if isinstance(value, _Record):
        return value.data
    if isinstance(value, tuple):
        return tuple(_unwrap(item) for item in cast("tuple[object, ...]", value))
    return value


def _run(rule: rule_engine.Rule, q: object) -> object:
    try:
        return _with_room(lambda: rule.evaluate(q))
    except Indeterminate:
        raise
    except RecursionError:
        raise Indeterminate("too-deep") from None
    except rule_errors.LookupError:
        raise Indeterminate("no-such-item") from None
    except rule_errors.FunctionCallError as error:
        raise Indeterminate("function-failed", None, f"${error.function_name}") from None
    except (rule_errors.ArithmeticError, decimal.DecimalException, OverflowError):
        raise Indeterminate("arithmetic") from None
    except Exception as error:  # noqa: BLE001 (any exception means no answer)
        raise Indeterminate("evaluation-failed", None, type(error).__name__) from None


def _with_room(work: Callable[[], _T]) -> _T:
    """Do recursive work, where the caller's stack leaves too little room in a thread of its own."""
    try:
        return work()
    except RecursionError:
        pass
    done: list[_T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # noqa: BLE001 (any exception means no answer)
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return done[0]
