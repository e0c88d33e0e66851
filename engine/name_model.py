"""A small linear model of what names of columns mean, for columns of which the rules say nothing.

It sums weights of letter n-grams of the name, of the table's name, of the words beside it, and of what the rules know
of the table, as `benchmarks/name_model.py` learned them from public schemas, labelled by readers. Weights are data.
"""

from __future__ import annotations

import re
import zlib
from array import array
from base64 import b64decode
from binascii import Error as Base64Error
from binascii import crc32
from dataclasses import dataclass
from functools import lru_cache
from math import exp, sqrt
from typing import TYPE_CHECKING, Any, Final, cast

from .errors import InputError, Location, Problem
from .names import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_SIZES: Final = (3, 4, 5)
_NAME, _WORD, _LAST, _KIND, _KIND_LAST, _TABLE, _BESIDE, _MARK = (
    crc32(mark) for mark in (b"n:", b"w:", b"l:", b"k:", b"kl:", b"t:", b"b:", b"m:")
)
"""What each sort of feature starts with: hashes go on from there."""
_FAR: Final = 30.0
_LONGEST_NAME: Final = 80
_REMEMBERED: Final = 1 << 15
_MOST_WORDS: Final = 200
_SHOWN: Final = 3
_DIGITS: Final = re.compile(r"\d+")
_TYPE: Final = re.compile(r"[a-z]+")
_LARGEST: Final = 1 << 20
"""Bytes that a file of weights may unpack to."""
_KIND_OF: Final = {
    **dict.fromkeys(
        ("char", "character", "nchar", "varchar", "varchar2", "nvarchar", "nvarchar2", "string", "text", "longtext",
         "mediumtext", "tinytext", "ntext", "clob", "nclob"),
        "text",
    ),
    **dict.fromkeys(
        ("int", "integer", "bigint", "smallint", "mediumint", "tinyint", "serial", "bigserial", "bit", "bool",
         "boolean", "decimal", "numeric", "number", "float", "double", "real", "money"),
        "number",
    ),
    **dict.fromkeys(
        ("blob", "longblob", "mediumblob", "tinyblob", "bytea", "image", "binary", "varbinary"), "blob"
    ),
}  # fmt: skip


Guess = tuple[str, float, tuple[str, ...]]
"""The category of a column, how sure that is, and the parts of its name that counted most."""


@dataclass(frozen=True, slots=True)
class NameModel:
    """Weights of hashed features: whether a column is personal, and if so, of which category."""

    personal: array[int]
    scale: float
    bias: float
    categories: tuple[str, ...]
    weights: array[int]
    """Of the categories, one row a feature."""
    scales: tuple[float, ...]
    biases: tuple[float, ...]
    least: float
    """The least probability with which it speaks."""
    confidence: tuple[tuple[float, float], ...]
    """From which probability on it was right how often, on schemas that it was not trained on."""

    @classmethod
    def from_data(cls, data: object, categories: Iterable[str], file: str) -> NameModel:
        """Build a model from parsed JSON; raises InputError with one problem when anything is wrong with it."""
        try:
            model = _read(cast("Mapping[str, Any]", data))
        except (AttributeError, Base64Error, KeyError, OverflowError, TypeError, ValueError, zlib.error) as error:
            raise InputError([_unreadable(file, str(error) or type(error).__name__)]) from None
        unknown = sorted({*model.categories} - {*categories})
        if unknown:
            raise InputError([_unreadable(file, f"unknown category {unknown[0]}")])
        return model

    def votes(self, features: list[int]) -> list[int]:
        """The weights of some features added up, one sum a category."""
        count = len(self.categories)
        rows = len(self.weights) // count
        starts = [feature % rows * count for feature in features]
        return [sum(column) for column in zip(*(self.weights[start : start + count] for start in starts), strict=True)]

    def table(self, name: str, columns: Iterable[str], marks: Iterable[tuple[str, float]]) -> Context:
        """What a table adds to the score of each of its columns; `marks` is what the rules know of it."""
        return Context(self, table_hashes(name, columns, marks))


class Context:
    """One table under a model: its columns are scored by it."""

    __slots__ = ("_around", "_base", "_features", "_guessed", "_model")

    def __init__(self, model: NameModel, features: list[tuple[int, float]]) -> None:
        self._model, self._features = model, features
        self._base = _sum(model.personal, features) * model.scale + model.bias
        self._around: list[float] = []
        self._guessed: dict[tuple[str, str], Guess | None] = {}

    def guess(self, column: str, data_type: str) -> Guess | None:
        """The category of a column, its confidence, and what counted most; None where the model is not sure."""
        key = (column, data_type)
        if key not in self._guessed:
            self._guessed[key] = self._guess(column, kind_of(data_type))
        return self._guessed[key]

    def _guess(self, column: str, kind: str) -> Guess | None:
        model = self._model
        own, value = name_hashes(column, kind)
        size, weights = len(model.personal), model.personal
        total = sum([weights[feature % size] for feature in own])
        chance = 1 / (1 + exp(-max(-_FAR, min(_FAR, self._base + total * value * model.scale))))
        if chance < model.least:
            return None
        confidence = [right for least, right in model.confidence if chance >= least][-1]
        return self._category(own, value), confidence, self._telling(column)

    def _category(self, own: list[int], value: float) -> str:
        model = self._model
        if not self._around:
            self._around = self._votes_around()
        sums = [total * value + vote for total, vote in zip(model.votes(own), self._around, strict=True)]
        scores = [total * scale + bias for total, scale, bias in zip(sums, model.scales, model.biases, strict=True)]
        return model.categories[max(range(len(scores)), key=scores.__getitem__)]

    def _votes_around(self) -> list[float]:
        """What the table says of the category, of whichever column."""
        sums = [0.0] * len(self._model.categories)
        for worth in dict.fromkeys(each for _, each in self._features):
            votes = self._model.votes([place for place, each in self._features if each == worth])
            sums = [total + vote * worth for total, vote in zip(sums, votes, strict=True)]
        return sums

    def _telling(self, column: str) -> tuple[str, ...]:
        """The parts of the name that spoke most for a person, none within another."""
        weights = self._model.personal
        text = plain(column)
        parts = {
            part: weights[place % len(weights)] for part, place in zip(grams(text), _pieces(text, _NAME), strict=True)
        }
        found: list[str] = []
        for part in sorted(parts, key=lambda part: (-parts[part], -len(part), part)):
            bare = part.strip("^$_")
            if parts[part] > 0 and bare and not any(bare in other or other in bare for other in found):
                found.append(bare)
        return tuple(found[:_SHOWN]) or (text,)


@lru_cache(_REMEMBERED)
def plain(name: str) -> str:
    """A name in lower case, `_` between its words, and numbers as `0`."""
    return _DIGITS.sub("0", "_".join(words_of(name[:_LONGEST_NAME])))


def grams(text: str) -> list[str]:
    """The pieces of three to five letters of a name, `^` before and `$` behind it."""
    whole = f"^{text}$"
    return [whole[start : start + size] for size in _SIZES for start in range(len(whole) - size + 1)]


def _pieces(text: str, seed: int) -> list[int]:
    """The hashes of the pieces of a name."""
    if not text.isascii():
        return [crc32(part.encode(), seed) for part in grams(text)]
    whole = f"^{text}$".encode()
    return [crc32(whole[start : start + size], seed) for size in _SIZES for start in range(len(whole) - size + 1)]


def kind_of(data_type: str) -> str:
    """The coarse kind of a type: a date, a text, a number. How long or of which sort, each dialect tells otherwise."""
    found = _TYPE.match(data_type.lower())
    base = found[0] if found else "?"
    if "date" in base or "time" in base:
        return "when"
    return _KIND_OF.get(base, base if base == "?" else "other")


@lru_cache(_REMEMBERED)
def name_hashes(column: str, kind: str) -> tuple[list[int], float]:
    """The hashed features of a column itself, its pieces, words, and kind of type, and the value of each."""
    text = plain(column)
    words = text.split("_")
    last = words[-1].encode()
    found = _pieces(text, _NAME)
    found += [crc32(word.encode(), _WORD) for word in words]
    found += [crc32(last, _LAST), crc32(kind.encode(), _KIND), crc32(b":".join((kind.encode(), last)), _KIND_LAST)]
    return found, 2 / sqrt(len(found))


def table_hashes(
    table: str, columns: Iterable[str], marks: Iterable[tuple[str, float]] = ()
) -> list[tuple[int, float]]:
    """The hashed features of a table, with their value: pieces of its name, words of its columns, and its marks."""
    words = sorted({word for column in columns for word in plain(column).split("_")})[:_MOST_WORDS]
    named = _pieces(plain(table), _TABLE)
    one, other = 1 / sqrt(max(1, len(named))), 1 / sqrt(max(1, len(words)))
    return [
        *((place, one) for place in named),
        *((_beside(word), other) for word in words),
        *((crc32(mark.encode(), _MARK), value) for mark, value in marks),
    ]


@lru_cache(_REMEMBERED)
def _beside(word: str) -> int:
    return crc32(word.encode(), _BESIDE)


def _sum(weights: array[int], features: Iterable[tuple[int, float]]) -> float:
    size = len(weights)
    return sum([weights[feature % size] * value for feature, value in features])


def _read(data: Mapping[str, Any]) -> NameModel:
    rows = cast("Sequence[Mapping[str, Any]]", data["categories"])
    personal, weights = _unpack(data["personal"]), _unpack(data["weights"])
    confidence = tuple((float(least), float(right)) for least, right in data["right"])
    if not rows or not personal or not weights or len(weights) % len(rows):
        raise ValueError("the weights do not fit the categories")
    if not confidence or confidence[0][0] > float(data["least"]):
        raise ValueError("the confidence does not fit the threshold")
    return NameModel(
        personal=personal,
        scale=float(data["scale"]),
        bias=float(data["bias"]),
        categories=tuple(str(row["category"]) for row in rows),
        weights=weights,
        scales=tuple(float(row["scale"]) for row in rows),
        biases=tuple(float(row["bias"]) for row in rows),
        least=float(data["least"]),
        confidence=confidence,
    )


def _unpack(text: str) -> array[int]:
    opened = zlib.decompressobj()
    plain_bytes = opened.decompress(b64decode(text, validate=True), _LARGEST)
    if not opened.eof:
        raise ValueError("the weights are cut off, or too many")
    return array("b", plain_bytes)


def _unreadable(file: str, reason: str) -> Problem:
    return Problem(code="taxonomy-model-unreadable", location=Location(file), args={"reason": reason})
