"""Attributes that registers know, found only when a condition reads them.

A `View` looks at one part of a request; each of its public methods is an attribute of that name. `Known` is the
mapping that conditions read: what the caller states, except where a view speaks, and what the view finds. What a
view cannot find is missing, and so counts against the request.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final

from .plain import is_array

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from .facts import Question
    from .world import World

ALWAYS: Final = frozenset({"id", "type"})
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class View:
    """One part of a question, as the registers see it as of the question's instant."""

    attributes: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}
    """Attribute -> the method that finds it; KeyError or any other exception there means that it is missing."""
    states_nothing: ClassVar[bool] = False
    """Whether nothing that the caller adds counts: an application is what its form says."""

    def __init__(self, world: World, stated: Mapping[str, Any], question: Question) -> None:
        self.world = world
        self.stated = stated
        self.question = question

    def __init_subclass__(cls) -> None:
        """Every public method is an attribute."""
        found: dict[str, Callable[[Any], Any]] = {}
        for base in reversed(cls.__mro__):
            found.update({n: m for n, m in vars(base).items() if not n.startswith("_") and _is_function(m)})
        cls.attributes = found

    @property
    def _now(self) -> datetime:
        return self.question.now


class Known(dict[str, Any]):
    """Attributes of one part of a request; those of the view are found when they are first read."""

    __slots__ = ("_view",)

    def __init__(self, view: View, settled: Mapping[str, Any] = NOTHING) -> None:
        attributes = view.attributes
        kept = ALWAYS if view.states_nothing else None
        super().__init__(
            (name, value)
            for name, value in view.stated.items()
            if name not in attributes and (kept is None or name in kept)
        )
        self.update(settled)
        self._view = view

    def __missing__(self, name: str) -> Any:  # noqa: ANN401 (whatever the attribute holds)
        find = self._view.attributes.get(name)
        if find is None:
            raise KeyError(name)
        try:
            value = self[name] = find(self._view)
        except Exception:  # noqa: BLE001 (a register or a caller does not say: missing, which never allows)
            raise KeyError(name) from None
        return value

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 (whatever the attribute holds)
        """The attribute, or the default when nobody states it; a fact that cannot be found raises: it is not null."""
        return self[name] if name in self or name in self._view.attributes else default


def peek(mapping: Any, name: str) -> Any:  # noqa: ANN401 (whatever the attribute holds)
    """The attribute of a mapping, or None when it is missing: for showing, never for deciding."""
    try:
        return mapping[name]
    except (KeyError, TypeError, IndexError):
        return None


def _is_function(value: object) -> bool:
    return type(value).__name__ == "function"


def flag(stated: Mapping[str, Any], name: str) -> bool:
    """A flag that the caller states; false when absent, TypeError when it is none (`"false"` would be true)."""
    value = stated.get(name, False)
    if not isinstance(value, bool):
        raise TypeError(name)
    return value


def texts(value: Any) -> tuple[str, ...]:  # noqa: ANN401 (what the caller sent)
    """A list of texts; none when absent, TypeError for anything else: a text alone would fall into letters."""
    if value is None:
        return ()
    if not is_array(value) or not all(isinstance(item, str) for item in value):
        raise TypeError("not a list of texts")
    return tuple(str(item) for item in value)
