"""Compiled policy sets, and data that was found valid, by way of the cache: a warm start is a short one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tutela.engine.compiled import pack_compiled, unpack_compiled
from tutela.engine.loader import Source
from tutela.engine.plain import bare

from .cache import through_cache

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tutela.engine.policyset import PolicySet

KIND: Final = "what is made of these texts"


def load_cached(sources: Sequence[Source], parameters: Mapping[str, object] | None = None) -> PolicySet:
    """Load policies through the cache; `parameters` bind further values and by-pass it."""
    from tutela.engine.loader import load_policies

    if parameters:
        return load_policies(sources, parameters)
    return through_cache(sources, lambda: load_policies(sources), pack_compiled, unpack_compiled)


def valid_data(kind: str, sources: Sequence[Source], read: Callable[[], Any]) -> Any:  # noqa: ANN401 (any YAML value)
    """The plain data of files that a function reads and finds valid; it raises when they are not."""
    return through_cache([Source(KIND, kind), *sources], read, bare, lambda data: data)
