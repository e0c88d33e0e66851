"""Condition text -> a neutral syntax tree with offsets, read by rule-engine's own grammar.

The tables, the lexer and the actions of `rule_engine` are used, so that a text means here what it means
there; its actions make *deferred* nodes and fold nothing (folding happens when they are built, and can run
for minutes). Beside each deferred node stands a `Node` of ours that knows its offsets, size and depth. Two
private names are used for that, `Parser._lexer` and `Parser._parser`; a test fails when they move.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from types import MethodType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import rule_engine  # type: ignore[import-untyped] # it has no stubs
from rule_engine import errors as rule_errors  # pyright: ignore[reportMissingTypeStubs] # it has none
from rule_engine.parser.utilities import parse_float  # type: ignore[import-untyped] # no stubs

from .values import ValueFault, duration, moment

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from .ir import Span

MAX_LENGTH: Final = 4096
MAX_EXPONENT: Final = 400

_OPERATORS: Final = frozenset({"BWAND", "BWOR", "BWXOR", "BWLSH", "BWRSH", "POW"})
_LITERALS: Final = {"BYTES": "bytes", "FLOAT_INF": "inf", "FLOAT_NAN": "nan", "LBRACE": "{"}
WIDE: Final = 0xFEE0
"""How far the full-width form of an ASCII character is from it."""
_INSTEAD: Final = {
    "=>": ">=", "=<": "<=", "=": "==", "!": "not",
    "并且": "and", "或者": "or", "且": "and", "或": "or", "非": "not", "≥": ">=", "≤": "<=", "≠": "!=",
    "【": "[", "】": "]", "、": ",", "“": "'", "”": "'", "‘": "'", "’": "'",
    **{"".join(chr(ord(char) + WIDE) for char in text): text for text in ("==", "!=", ">=", "<=", *"><()[],.?:+-*/%'")},
    chr(ord("=") + WIDE): "==", chr(ord("!") + WIDE): "not", chr(ord('"') + WIDE): "'",
}  # fmt: skip
"""What people write for an operator or a quote, longer ones first; above all the keys of a Chinese keyboard."""
_KINDS: Final = {
    "LogicExpression": "logic",
    "ComparisonExpression": "equality",
    "ArithmeticComparisonExpression": "order",
    "FuzzyComparisonExpression": "match",
    "AddExpression": "arithmetic",
    "SubtractExpression": "arithmetic",
    "ArithmeticExpression": "arithmetic",
    "CoalesceExpression": "coalesce",
    "TernaryExpression": "conditional",
    "UnaryExpression": "unary",
    "ContainsExpression": "in",
    "GetAttributeExpression": "attribute",
    "GetItemExpression": "item",
    "SymbolExpression": "symbol",
    "FunctionCallExpression": "call",
    "ComprehensionExpression": "comprehension",
    "ArrayExpression": "array",
    "StringExpression": "constant",
    "FloatExpression": "constant",
    "BooleanExpression": "constant",
    "NullExpression": "constant",
    "DatetimeExpression": "constant",
    "TimedeltaExpression": "constant",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a condition: a code of `messages_expression`, offsets, arguments."""

    code: str
    start: int
    end: int
    args: dict[str, object]
    severity: str = "error"


@dataclass(slots=True)
class Node:
    """A piece of syntax: its kind, offsets, parts, and what the kind needs besides (`value`)."""

    kind: str
    span: Span
    parts: tuple[Node, ...]
    value: Any
    deferred: Any
    size: int = 1
    depth: int = 1


class _Token(NamedTuple):
    type: str
    start: int
    end: int
    raw: Any


class Grammar:
    """rule-engine's parser, bound to one context; safe to use from several threads at once."""

    def __init__(self, context: rule_engine.Context) -> None:
        shared: Any = rule_engine.Rule.parser
        owner = copy.copy(shared)
        owner.context = context
        self._lexer = shared._lexer  # noqa: SLF001 (see the docstring of the module)
        self._parser = copy.copy(shared._parser)  # noqa: SLF001 (see the docstring of the module)
        self._parser.productions = [_tracked(rule, owner) for rule in self._parser.productions]
        self._context = context

    def parse(self, text: str, known: Callable[[str], Fault | None]) -> tuple[Node | None, list[Fault]]:
        """Parse a text whole; `known` judges a `$name`. No node when there is a syntax error."""
        if len(text) > MAX_LENGTH:
            return None, [Fault("condition-too-long", 0, len(text), {"limit": MAX_LENGTH, "size": len(text)})]
        tokens, faults = self._tokens(text.replace("\r", " "))
        broken = bool(faults)
        for token in tokens:
            if (found := _refused(token, known)) is not None:
                faults.append(found)
        if broken:
            return None, faults
        if not tokens or tokens[0].type == "COMMENT":
            return None, [*faults, Fault("condition-empty", 0, len(text), {})]
        feed = _Feed(tokens, self._context)
        try:
            statement = copy.copy(self._parser).parse(None, lexer=feed, tracking=True)
        except rule_errors.SyntaxError as error:
            found = _syntax_fault(error, tokens, text)
            # What is refused anyway needs no second word.
            return None, faults if any(found.start == fault.start for fault in faults) else [*faults, found]
        return feed.nodes[id(statement.args[1])], faults + feed.faults

    def _tokens(self, text: str) -> tuple[list[_Token], list[Fault]]:
        lexer = self._lexer.clone()
        lexer.lineno = 1
        lexer.input(text)
        tokens: list[_Token] = []
        faults: list[Fault] = []
        while True:
            try:
                token = lexer.token()
            except rule_errors.RuleSyntaxError as error:
                faults.append(_lexical_fault(error, lexer, text))
                continue
            if token is None:
                return tokens, faults
            tokens.append(_Token(token.type, token.lexpos, lexer.lexpos, token))


def _lexical_fault(error: rule_errors.RuleSyntaxError, lexer: Any, text: str) -> Fault:  # noqa: ANN401 (PLY and rule-engine are untyped)
    at = lexer.lexpos
    if error.token is None:  # a reserved word: the lexer stands behind it
        word = re.split(r"\W", text[:at])[-1]
        return Fault("condition-reserved-word", at - len(word), at, {"word": word})
    lexer.skip(1)
    if text[at] in "'\"":
        end = text.find("\n", at)
        lexer.skip((len(text) if end < 0 else end) - at - 1)
        return Fault("condition-unterminated-string", at, lexer.lexpos, {})
    for written, instead in _INSTEAD.items():
        if text.startswith(written, at):
            lexer.skip(len(written) - 1)
            return Fault(
                "condition-character-instead", at, at + len(written), {"character": written, "instead": instead}
            )
    return Fault("condition-illegal-character", at, at + 1, {"character": text[at]})


def _refused(token: _Token, known: Callable[[str], Fault | None]) -> Fault | None:
    if token.type in _OPERATORS:
        return Fault("condition-operator-refused", token.start, token.end, {"operator": token.raw.value})
    if token.type in _LITERALS:
        return Fault("condition-literal-refused", token.start, token.end, {"literal": _LITERALS[token.type]})
    if token.type == "SYMBOL" and token.raw.value.startswith("$"):
        fault = known(token.raw.value[1:])
        return None if fault is None else Fault(fault.code, token.start, token.end, fault.args)
    return None


def _syntax_fault(error: rule_errors.SyntaxError, tokens: list[_Token], text: str) -> Fault:
    token = getattr(error, "token", None)
    if token is None and isinstance(error, rule_errors.RuleSyntaxError):
        return Fault("condition-unexpected-end", tokens[-1].end, max(tokens[-1].end, len(text.rstrip())), {})
    if token is None:
        return Fault("condition-bad-literal", tokens[0].start, tokens[-1].end, {"literal": "", "expected": "text"})
    end = next(t.end for t in tokens if t.start == token.lexpos)
    return Fault("condition-syntax", token.lexpos, end, {"token": text[token.lexpos : end]})


class _Feed:
    """Hands tokens to the parser and gathers what its actions make."""

    def __init__(self, tokens: list[_Token], context: rule_engine.Context) -> None:
        self.context = context
        self.ends = {token.start: token.end for token in tokens}
        self.nodes: dict[int, Node] = {}
        self.faults: list[Fault] = []
        self.lineno = 1
        self.lexpos = 0
        self._tokens = iter(tokens)

    def token(self) -> Any:  # noqa: ANN401 (PLY and rule-engine are untyped)
        """The next token, or None at the end."""
        token = next(self._tokens, None)
        return None if token is None else token.raw

    def add(self, deferred: Any, span: Span) -> Node:  # noqa: ANN401 (PLY and rule-engine are untyped)
        """Make the node of one deferred node whose parts were seen before."""
        args = tuple(deferred.args[1:])
        kind = _KINDS.get(deferred.cls.__name__, "refused")
        children = [child for child in _flat((*args, *deferred.kwargs.values())) if hasattr(child, "cls")]
        parts = tuple(self.nodes.get(id(child)) or self.add(child, span) for child in children)
        node = Node(kind, span, parts, _value(kind, args, deferred.kwargs), deferred)
        if kind == "constant":
            self._constant(node)
        elif kind == "logic":
            inner = ((p.parts if p.kind == "logic" and p.value == node.value else (p,)) for p in parts)
            node.parts = parts = tuple(part for group in inner for part in group)
        path = kind == "attribute" and parts[0].kind in ("symbol", "attribute")
        literal = kind == "array" and all(part.kind == "constant" for part in parts)
        node.size = (0 if path else 1) + (0 if literal else sum(part.size for part in parts))
        node.depth = (0 if path else 1) + max((part.depth for part in parts), default=0)
        self.nodes[id(deferred)] = node
        return node

    def _constant(self, node: Node) -> None:
        """Read a literal; times are handed to rule-engine in UTC, so that `.hour` means the hour in UTC."""
        name, deferred = node.deferred.cls.__name__, node.deferred
        text = deferred.args[1] if len(deferred.args) > 1 else None
        try:
            match name:
                case "DatetimeExpression":
                    node.value = moment(text)
                    deferred.args = (self.context, node.value.isoformat())
                case "TimedeltaExpression":
                    node.value = duration(text)
                    deferred.args = (self.context, str(text).replace(",", "."))
                case "FloatExpression":
                    node.value = _number(str(text))
                case _:
                    node.value = text
        except ValueFault as fault:
            code = "condition-naive-datetime" if fault.code == "naive-datetime" else "condition-bad-literal"
            self.faults.append(Fault(code, *node.span, {"literal": text, "expected": fault.expected}))
        except rule_errors.EngineError:
            self.faults.append(Fault("condition-bad-literal", *node.span, {"literal": text, "expected": "number"}))


def _number(text: str) -> Decimal:
    value: Decimal = parse_float(text)
    if value and abs(value.adjusted()) > MAX_EXPONENT:
        raise ValueFault("too-large", "number")
    return value


def _value(kind: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401 (PLY and rule-engine are untyped)
    match kind:
        case "symbol":
            return ("$" if kwargs["scope"] else "") + args[0]
        case "attribute":
            return args[1], kwargs["safe"]
        case "item":
            return kwargs["safe"]
        case "comprehension":
            return args[1]
        case "logic" | "equality" | "order" | "match" | "arithmetic" | "unary":
            return args[0]
        case _:
            return None


def _flat(values: tuple[Any, ...]) -> list[Any]:
    flat: list[Any] = []
    for value in values:
        if hasattr(value, "cls"):
            flat.append(value)
        elif not isinstance(value, (str, bytes)) and hasattr(value, "__iter__"):
            flat.extend(_flat(tuple(value)))
    return flat


def _tracked(rule: Any, owner: Any) -> Any:  # noqa: ANN401 (PLY and rule-engine are untyped)
    """A copy of a production whose action also notes the place of the node it makes."""
    if getattr(rule, "callable", None) is None:
        return rule
    tracked = copy.copy(rule)
    action = MethodType(rule.callable.__func__, owner)

    def act(production: Any) -> None:  # noqa: ANN401 (PLY and rule-engine are untyped)
        action(production)
        made, feed = production.slice[0].value, production.lexer
        if hasattr(made, "cls") and id(made) not in feed.nodes and made.cls.__name__ != "Statement":
            first, last = production.slice[1], production.slice[-1]
            feed.add(made, (first.lexpos, feed.ends[getattr(last, "endlexpos", last.lexpos)]))

    tracked.callable = act
    return tracked
