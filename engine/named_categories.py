"""Data categories that policies name and the taxonomy does not have: a rule about one would never apply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .documents import Items, Map
from .loader import parse
from .validation import place, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .errors import Problem
    from .loader import Source
    from .taxonomy import Taxonomy

KINDS: Final = ("access", "collection", "sharing", "retention")
NAMERS: Final = frozenset({
    "categories", "need_sets", "resource.categories", "resource.category", "resource.category_path",
})  # fmt: skip
"""The keys whose texts, at any depth below, are categories."""


def unknown_categories(sources: Sequence[Source], taxonomy: Taxonomy) -> list[Problem]:
    """A problem for every unknown category of a target, schedule, protection, need set or mask."""
    parsed = parse(sources)
    return [
        place(document, path, "category-unknown", category=name, hint=_hint(name, taxonomy))
        for kind in KINDS
        for document in parsed.of(kind)
        for path, name in _named(document.data, (), names=False)
        if name not in taxonomy.categories
    ]


def _hint(name: str, taxonomy: Taxonomy) -> str:
    guess = suggestion(name, taxonomy.categories)
    return f"; did you mean `{guess}`?" if guess else ""


def _named(data: object, path: tuple[str | int, ...], *, names: bool) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every category with its path; `names` says that texts here are categories."""
    if isinstance(data, Map):
        for key, value in data.items():
            yield from _named(value, (*path, key), names=names or key in NAMERS)
    elif isinstance(data, Items):
        for number, item in enumerate(data):
            yield from _named(item, (*path, number), names=names)
    elif names and isinstance(data, str):
        yield path, data.removesuffix(".*")
