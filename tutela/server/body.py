"""The bytes of a body -> a checked JSON object.

JSON that two readers could understand in two ways is refused: keys that stand twice in one object, numbers that do
not fit, texts that are no UTF-8. orjson drops a repeated key without a word, so what it read is written again and
compared with what was sent: the same text but for white space has lost nothing. Any other text (with escapes, or
numbers in another form) is read once more, slowly, by a parser that tells.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from tutela.engine.plain import is_list, is_map

from .refusals import Refused, problem, refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from tutela.engine.errors import Problem

    from .refusals import Header
    from .settings import Settings

CLOSE: Final = ((b"connection", b"close"),)
HEARD_OUT: Final = 8
"""A body of so many times the limit is read to its end and dropped: many callers hear nothing before they said all."""
SPACE: Final = b" \t\r\n"
SMALLEST: Final = -(1 << 63)
LARGEST: Final = (1 << 64) - 1
SHOWN: Final = 60
"""How many letters of a key are shown."""
_AT: Final = re.compile(r": line \d+ column \d+ \(char \d+\)$")


class Gone(Exception):  # noqa: N818 (no error: there is nobody left to answer)
    """The caller hung up before the body was there."""


async def read_body(
    receive: Callable[[], Awaitable[Mapping[str, Any]]], headers: Mapping[bytes, bytes], settings: Settings
) -> bytes:
    """The whole body; Refused when it is too large, `Gone` when the caller hung up.

    How long it may take is the matter of `protocol`.
    """
    limit = settings.body_limit
    stated = headers.get(b"content-length")
    if stated is not None:
        size = int(stated[:19])
        if size > limit * HEARD_OUT or (size > limit and b"expect" in headers):
            raise _too_large(limit, CLOSE)
    found = bytearray()
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Gone
        part: bytes = message.get("body", b"")
        last = not message.get("more_body", False)
        size += len(part)
        if size > limit:
            found.clear()
            if last or size > limit * HEARD_OUT:
                raise _too_large(limit, () if last else CLOSE)
        elif last:
            return bytes(found + part) if found else part
        else:
            found += part


def _too_large(limit: int, headers: Sequence[Header]) -> Refused:
    return Refused(413, [problem("http-body-too-large", "body", limit=limit)], headers)


def parse_body(body: bytes, settings: Settings) -> dict[str, Any]:
    """The JSON object that a body is; Refused (status 400) says what is wrong, and where."""
    try:
        data: object = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if not body.strip(SPACE):
            raise refused(400, "body-empty") from None
        raise Refused(400, [_syntax(body, error, settings.depth_limit)]) from None
    if not is_map(data):
        raise refused(400, "body-not-object")
    if body.count(b"{") + body.count(b"[") > settings.depth_limit and _deeper(data, settings.depth_limit):
        raise refused(400, "body-too-deep", limit=settings.depth_limit)
    written = orjson.dumps(data)
    if written != body:
        bare = body.translate(None, SPACE)
        if bare not in (written, written.translate(None, SPACE)):
            return _read_again(body)
    return data


def _syntax(body: bytes, error: orjson.JSONDecodeError, depth: int) -> Problem:
    """What is not JSON; orjson counts letters, and knows no place in bytes that are not UTF-8."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as found:
        return problem("body-not-utf-8", offset=found.start)
    if error.msg.startswith("depth limit"):
        return problem("body-too-deep", limit=depth)
    before = text[: error.pos]
    line, column = before.count("\n") + 1, error.pos - before.rfind("\n")
    return problem("body-syntax", what=_AT.sub("", error.msg), line=line, column=column)


def _deeper(data: object, limit: int) -> bool:
    """Whether there are more levels than the limit; level by level, as callers could nest without end."""
    level: list[Any] = [data]
    for _ in range(limit):
        # Classes rather than `isinstance`: JSON has no others, and a large body has many values.
        level = [
            part
            for value in level
            for part in (value.values() if value.__class__ is dict else value)
            if part.__class__ is dict or part.__class__ is list
        ]
        if not level:
            return False
    return True


class _Twice(dict[str, Any]):
    """An object in which a key stood twice; `key` is the first such key."""

    key: str


class _Number(str):
    """A number that does not fit; nothing else is an instance of this class."""

    __slots__ = ()


def _read_again(body: bytes) -> dict[str, Any]:
    """Read valid JSON with a parser that tells repeated keys and large numbers; Refused names each with its place."""
    seen: list[object] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(found)
        if len(result) == len(found):
            return result
        names = [name for name, _ in found]
        twice = _Twice(result)
        twice.key = next(name for name in names if names.count(name) > 1)
        seen.append(twice)
        return twice

    def number(text: str) -> int | _Number:
        value = int(text) if len(text) <= 20 else LARGEST + 1
        if SMALLEST <= value <= LARGEST:
            return value
        seen.append(text)
        return _Number(text)

    data = json.loads(body.decode(), object_pairs_hook=pairs, parse_int=number)
    if seen:
        raise Refused(400, _faults(data, "$"))
    return cast("dict[str, Any]", data)


def _faults(value: object, path: str) -> Iterable[Problem]:
    if isinstance(value, _Twice):
        yield problem("body-key-twice", path, key=value.key[:SHOWN])
    elif isinstance(value, _Number):
        yield problem("body-number", path)
    elif is_map(value):
        for name, item in value.items():
            yield from _faults(item, f"{path}.{name[:SHOWN]}")
    elif is_list(value):
        for index, item in enumerate(value):
            yield from _faults(item, f"{path}[{index}]")
