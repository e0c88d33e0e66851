"""A driver's statement with placeholders as the database reads it, and a rewritten one as the driver reads it.

Placeholders of the forms `%s` and `%(name)s` become `$1`, `$2` ... where the database's own are so, else `?`; the same
name is the same number. A placeholder in a quote or a comment is none to the database, whatever the driver makes of it,
and so is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import sqlglot
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import TokenType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlglot.tokenizer_core import Token

NUMBERED: Final = frozenset({"postgres", "duckdb"})
"""Dialects whose placeholders are `$1`."""
_PERCENT: Final = re.compile(r"%(?:(%)|\(([^)]+)\)s|(s)|)")


class PlaceholderError(Exception):
    """A statement of which it cannot be told what its parameters are."""


@dataclass(frozen=True, slots=True)
class Neutral:
    """A statement without the words of its driver."""

    sql: str
    parameters: tuple[str | int, ...] | None = None
    """Name or position of the driver's parameter for `$1`, `$2` ...; None where its words are the database's."""


def neutral(statement: str, paramstyle: str, dialect: str, *, plain: bool = False) -> Neutral:
    """The statement as the database reads it; `plain`: the driver takes it as it is. Raises PlaceholderError."""
    if plain or paramstyle not in ("pyformat", "format"):
        return Neutral(statement)
    found: list[str | int] = []
    used: list[str | int] = []

    def marker(match: re.Match[str]) -> str:
        if match[1]:
            return "%"
        if not match[2] and not match[3]:
            raise PlaceholderError(statement)
        key: str | int = match[2] or len(used)
        used.append(key)
        if key not in found:
            found.append(key)
        return f"${found.index(key) + 1}" if dialect in NUMBERED else "?"

    sql = _PERCENT.sub(marker, statement)
    if used and _markers(sql, dialect) != len(used):
        raise PlaceholderError(statement)
    if len({type(key) for key in found}) > 1:
        raise PlaceholderError(statement)
    return Neutral(sql, tuple(found) if dialect in NUMBERED else None)


def restored(sql: str, written: Neutral, dialect: str, parameters: Any) -> tuple[str, Any]:  # noqa: ANN401 (the driver's)
    """A rewritten statement and its parameters in the driver's words; raises PlaceholderError.

    Parameters without numbers or names could have changed places: they are refused.
    """
    tokens = _tokens(sql, dialect)
    if any(token.token_type is TokenType.PLACEHOLDER for token in tokens):
        raise PlaceholderError(sql)
    if written.parameters is None:
        return sql, parameters
    parts: list[str] = []
    order: list[int] = []
    end = 0
    for start, stop, number in _numbered(tokens):
        key = written.parameters[number - 1]
        parts += [_doubled(sql[end:start]), "%s" if isinstance(key, int) else f"%({key})s"]
        end = stop
        if isinstance(key, int):
            order.append(key)
    parts.append(_doubled(sql[end:]))
    return "".join(parts), _ordered(parameters, order)


def _ordered(parameters: Sequence[Any] | Mapping[str, Any], order: list[int]) -> Any:  # noqa: ANN401 (the driver's)
    if not order:
        return parameters
    given: Any = parameters
    return tuple([given[position] for position in order])


def _doubled(text: str) -> str:
    return text.replace("%", "%%")


def _tokens(sql: str, dialect: str) -> list[Token]:
    try:
        return sqlglot.tokenize(f"{sql}\n", dialect=dialect)
    except SqlglotError:
        raise PlaceholderError(sql) from None


def _numbered(tokens: list[Token]) -> Iterator[tuple[int, int, int]]:
    """Start, end and number of each `$1`."""
    for sign, number in pairwise(tokens):
        adjacent = sign.token_type is TokenType.PARAMETER and number.start == sign.end + 1
        if adjacent and sign.text == "$" and number.token_type is TokenType.NUMBER:
            yield sign.start, number.end + 1, int(number.text)


def _markers(sql: str, dialect: str) -> int:
    tokens = _tokens(sql, dialect)
    if dialect in NUMBERED:
        return sum(1 for _ in _numbered(tokens))
    return sum(1 for token in tokens if token.token_type is TokenType.PLACEHOLDER)
