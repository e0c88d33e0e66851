"""Who is acting, and what for: set around a request or a job, read where its statements reach a database.

It follows tasks and coroutines as context variables do. A new thread starts without a subject, and without one every
statement is denied.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from tutela.engine.errors import Lang


@dataclass(frozen=True, slots=True)
class Actor:
    """The subject of what is going on, its circumstances, and the language of its reasons."""

    subject: Mapping[str, Any]
    context: Mapping[str, Any] = field(default_factory=dict[str, Any])
    lang: Lang = "en"


_ACTOR: Final[ContextVar[Actor | None]] = ContextVar("tutela_actor", default=None)


def actor() -> Actor | None:
    """Who is acting; None when nobody said so."""
    return _ACTOR.get()


@contextmanager
def acting(
    subject: Mapping[str, Any] | None,
    *,
    purpose: str | None = None,
    context: Mapping[str, Any] | None = None,
    lang: Lang = "en",
) -> Generator[Actor | None]:
    """Act as a subject (`type`, `id`, perhaps `properties`) for a purpose, until the block ends; None: as nobody."""
    stated = {**(context or {}), **({} if purpose is None else {"purpose": purpose})}
    found = None if subject is None else Actor(subject, stated, lang)
    token = _ACTOR.set(found)
    try:
        yield found
    finally:
        _ACTOR.reset(token)


def state(context: Mapping[str, Any]) -> None:
    """Add circumstances to those of who is acting, until the enclosing `acting` ends; of nobody nothing is stated."""
    found = _ACTOR.get()
    if found is not None and context:
        _ACTOR.set(replace(found, context={**found.context, **context}))
