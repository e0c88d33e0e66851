"""Requests that get no answer: the status, what is wrong and where, and how that is said in JSON."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tutela.engine.errors import Location, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tutela.engine.errors import InputError, Lang

Header = tuple[bytes, bytes]


class Refused(Exception):  # noqa: N818 (an answer, not a fault of the program)
    """A request that is answered with an error status; `problems` says everything that is wrong with it."""

    def __init__(self, status: int, problems: Iterable[Problem], headers: Sequence[Header] = ()) -> None:
        self.status = status
        self.problems = tuple(problems)
        self.headers = headers
        super().__init__(status)


def problem(code: str, path: str = "$", **args: object) -> Problem:
    """A problem at a place of the request: `$.subject.id` in its body, else the name of a part."""
    return Problem(code=code, location=Location(path), args=args)


def refused(status: int, code: str, path: str = "$", **args: object) -> Refused:
    """A refusal for one reason."""
    return Refused(status, [problem(code, path, **args)])


def of_input(error: InputError) -> list[Problem]:
    """The problems that the engine found in a request, with places as the body has them."""
    return [replace(found, location=Location(_path(found.location.file))) for found in error.problems]


def _path(place: str) -> str:
    source, _, pointer = place.partition("#")
    return source + pointer.replace("/", ".")


def error_shape(status: int, problems: Sequence[Problem], lang: Lang) -> dict[str, Any]:
    """An error as JSON values: the first problem, and the others beside it."""
    first, *others = [_shape(found, lang) for found in problems]
    return {"status": status, **first, **({"others": others} if others else {})}


def _shape(found: Problem, lang: Lang) -> dict[str, Any]:
    shape: dict[str, Any] = {"code": found.code, "message": found.message(lang), "path": found.location.file}
    if text := found.help(lang):
        shape["help"] = text
    return shape
