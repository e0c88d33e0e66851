"""A text as statements, whole: what the parser drops or takes for something else is put right, or nothing is read.

The parser leaves out arguments that it has no place for (`length(a, b)`), takes columns for units of time
(`date_trunc(a, b)`), and JSON arrows in arguments for lambdas (`lower(a -> 'x')`). None of them is a column then.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.tokenizer_core import TokenType

from .statements_lower import UnresolvedError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

_T: Final = TokenType
_ARROWS: Final = frozenset(
    "postgres redshift materialize risingwave mysql doris starrocks singlestore sqlite duckdb".split()  # noqa: SIM905
)
"""Dialects in which `a -> 'x'` takes a member of a JSON value."""
_LAMBDAS: Final = frozenset(
    f"{prefix}{name}" for prefix in ("", "list_", "array_") for name in ("transform", "apply", "filter", "reduce")
)
"""Functions of DuckDB for whose arguments an arrow is that of a lambda."""
_TIGHTER: Final = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Pow, exp.Collate, exp.Dot)
"""Operators that bind more tightly than an arrow."""
_TEXT_UNITS: Final = frozenset("postgres materialize risingwave duckdb sqlite presto trino athena".split())  # noqa: SIM905
"""Dialects whose units of time are texts: a bare word in the place of one is a column."""
_UNITS: Final = frozenset(
    """
year years yyyy yy y quarter quarters qq q month months mm m week weeks isoweek wk ww w day days dd d dayofyear dy doy
dayofweek dow weekday dw hour hours hh h minute minutes mi n second seconds ss s millisecond milliseconds ms
microsecond microseconds mcs us nanosecond nanoseconds ns epoch isoyear decade century millennium date time
""".split()  # noqa: SIM905 # a word list is easier to read
)


def read(sql: str, dialect: str, words: Collection[str] = ()) -> list[exp.Expr]:
    """The statements of a text; `words`: names (in lower case) of tables and columns of which none may get lost.

    Raises SqlglotError, and UnresolvedError when one did.
    """
    rules = Dialect.get_or_raise(dialect)
    family = dialect.split(",", maxsplit=1)[0]
    # The line end: sqlglot cannot read `$1` in a text that ends with an empty text (`''`).
    text = f"{sql}\n"
    tokens = rules.tokenize(text)
    parsed = rules.parser().parse(tokens, text)
    trees = [tree for tree in parsed if tree is not None and not isinstance(tree, exp.Semicolon)]
    if family in _ARROWS:
        trees = [_with_arrows(tree, rules, family) for tree in trees]
    if words and not any(isinstance(tree, exp.Command) for tree in trees):
        _refuse_lost(tokens, trees, words, family)
    return trees


def _with_arrows(tree: exp.Expr, rules: Dialect, family: str) -> exp.Expr:
    """The statement with the members of JSON values that were taken for lambdas."""
    for node in list(tree.find_all(exp.Lambda)):
        if family == "duckdb" and _function(node.parent) & _LAMBDAS:
            continue
        if len(node.expressions) != 1 or not isinstance(node.expressions[0], exp.Identifier):
            raise UnresolvedError("column-hidden", "->")
        body = member = node.this
        while isinstance(member, (exp.Binary, exp.Between, exp.In)) and not isinstance(member, _TIGHTER):
            member = member.this
        column = exp.Column(this=node.expressions[0].copy())
        found = exp.JSONExtract(
            this=column,
            expression=rules.to_json_path(member.copy()),
            only_json_types=rules.parser_class.JSON_ARROWS_REQUIRE_JSON_TYPE,
        )
        if member is body:
            node.replace(found)
        else:
            member.replace(found)
            node.replace(body)
    return tree


def _function(node: exp.Expr | None) -> set[str]:
    """The names of a function, in lower case."""
    if isinstance(node, (exp.Anonymous, exp.AnonymousAggFunc)):
        return {node.name.lower()}
    return {name.lower() for name in type(node).sql_names()} if isinstance(node, exp.Func) else set()


def _refuse_lost(tokens: Sequence[Any], trees: Sequence[exp.Expr], words: Collection[str], family: str) -> None:
    """Every name that the text has, the statements have as often."""
    called = {alias.name.lower() for tree in trees for alias in tree.find_all(exp.TableAlias)}
    wanted = Counter(name for name in _named(tokens, family) if name in words or name in called)
    kept = Counter(name for tree in trees for node in tree.walk() for name in _names(node))
    for name in wanted - kept:
        raise UnresolvedError("column-hidden", name)


def _names(node: exp.Expr) -> Iterator[str]:
    """The names that a node stands for: its own, not those below it."""
    if isinstance(node, (exp.Identifier, exp.JSONPathKey)) or (
        isinstance(node, exp.Var) and not isinstance(node.parent, exp.Func)
    ):
        yield str(node.this).lower()
    elif isinstance(node, (exp.Placeholder, exp.Anonymous)):
        yield node.name.lower()
    elif isinstance(node, exp.DataType):
        yield str(getattr(node.this, "value", node.this)).lower()


def _named(tokens: Sequence[Any], family: str) -> Iterator[str]:
    """The names in a text that may be those of columns, tables and their aliases, in lower case."""
    ends = [None, *tokens, None]
    for before, token, after in zip(ends, tokens, ends[2:], strict=False):
        first = before.token_type if before else None
        last = after.token_type if after else None
        argument = first in (_T.L_PAREN, _T.COMMA) and last in (_T.COMMA, _T.R_PAREN)
        keyword = token.text.isidentifier() and not token.token_type.name.endswith("STRING")
        if token.token_type not in (_T.VAR, _T.IDENTIFIER) and not (keyword and (first == _T.DOT or argument)):
            continue
        if last == _T.L_PAREN or first in (_T.NUMBER, _T.STRING, _T.R_PAREN):
            continue  # a function; a unit of time, or the name of an output
        name = token.text.lower()
        if name in _UNITS and ((first == _T.L_PAREN and last == _T.FROM) or (argument and family not in _TEXT_UNITS)):
            continue  # `extract(year FROM ...)`, `datediff(year, ...)`
        yield name
