"""What a decision log keeps of a request when it must not keep its values.

No text of a request is kept, unless the vocabulary lists it among the values of its attribute, or the project
names the attribute under `show`. With a key, a text is replaced by a keyed digest: the same text has the same one, so
entries about one person can be found by who has the key, and guessing phone numbers helps nobody who has not.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final

import orjson

from .errors import InputError, Location, Problem
from .values import ValueFault, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .ir import Type
    from .request import Request
    from .vocabulary import Vocabulary

HIDDEN: Final = "***"
"""What stands for a value that is hidden without a key."""
PREFIX: Final = "keyed:"
UNDECLARED: Final = "(undeclared)"
"""The number of attributes that no vocabulary declares: their names may be anything."""
REMEMBERED: Final = 10_000
"""Digests of texts that are remembered."""
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z_.:/-]{0,63}\Z", re.ASCII)
"""The name of a type or an action: no digits, so that it cannot be a number of somebody."""
_WHOLE: Final = 1 << 63


class Masks:
    """Masks requests; `shown` are the paths of attributes (`context.purpose`, `resource.id`) kept as they are."""

    def __init__(self, vocabulary: Vocabulary, key: bytes | None, shown: Iterable[str] = ()) -> None:
        names = frozenset(shown)
        unknown = sorted(names.difference(vocabulary.paths()))  # of an object, the whole is shown or nothing
        if unknown:
            place = Location("decision_log.show")
            raise InputError(
                [Problem(code="decision-log-show", location=place, args={"path": path}) for path in unknown]
            )
        self._key = key
        self._digests: dict[bytes, str] = {}
        self._words: set[str] = set()
        self._keep: dict[str, dict[str, Callable[[Any], bool]]] = {
            root: {
                name: _anything if f"{root}.{name}" in names else _rule(of, f"{root}.{name}" in vocabulary.shown)
                for name, of in attributes.items()
            }
            for root, attributes in vocabulary.attributes.items()
        }
        self._subject_id = "subject.id" in names
        self._resource_id = "resource.id" in names

    def request(self, request: Request) -> dict[str, Any]:
        """The request in its JSON form, masked."""
        subject, resource = request.subject, request.resource
        return {
            "subject": {
                "type": self._word(subject["type"]),
                "id": subject["id"] if self._subject_id else self.hide(subject["id"]),
                "properties": self._properties("subject", subject),
            },
            "action": {
                "name": self._word(request.action_name),
                "properties": self._properties("action", request.action),
            },
            "resource": {
                "type": self._word(resource["type"]),
                "id": resource["id"] if self._resource_id else self.hide(resource["id"]),
                "properties": self._properties("resource", resource),
            },
            "context": self._properties("context", request.context),
        }

    def bare(self, request: Request) -> dict[str, Any]:
        """The request with none of its properties: for values that JSON cannot say."""
        of = ("subject", request.subject), ("resource", request.resource)
        found: dict[str, Any] = {
            name: {"type": self._word(part["type"]), "id": self.hide(part["id"])} for name, part in of
        }
        return {**found, "action": {"name": self._word(request.action_name)}, "context": {}}

    def hide(self, value: object) -> str:
        """What stands for a value: with a key its digest, the same for the same value."""
        if self._key is None:
            return HIDDEN
        data = value.encode("utf-8", "surrogatepass") if type(value) is str else _bytes(value)
        found = self._digests.get(data)
        if found is None:
            if len(self._digests) >= REMEMBERED:
                self._digests.clear()
            found = self._digests[data] = keyed(data, self._key)
        return found

    def _word(self, text: str) -> str:
        """The name of a type or an action as it is, when it can be nothing else."""
        if text in self._words:
            return text
        if not _WORD.match(text):
            return self.hide(text)
        if len(self._words) < REMEMBERED:
            self._words.add(text)
        return text

    def _properties(self, root: str, values: Mapping[Any, Any]) -> dict[str, Any]:
        keep, own, undeclared = self._keep.get(root, _NO_RULES), _OWN[root], 0
        found: dict[str, Any] = {}
        for name, value in values.items():
            rule = keep.get(name)
            if rule is not None:
                if name not in own:
                    found[name] = value if value is None or (rule is not _nothing and rule(value)) else self.hide(value)
            elif name not in own:
                undeclared += 1
        if undeclared:
            found[UNDECLARED] = undeclared
        return found


def keyed(data: bytes, key: bytes) -> str:
    """The keyed digest that stands for a text (in UTF-8): who has the key finds the entries about somebody by it."""
    return f"{PREFIX}{hashlib.blake2b(data, key=key, digest_size=16).hexdigest()}"


_NO_RULES: Final[Mapping[str, Callable[[Any], bool]]] = {}
_OWN: Final = {
    "subject": frozenset({"id", "type"}),
    "action": frozenset({"name"}),
    "resource": frozenset({"id", "type"}),
    "context": frozenset[str](),
}


def _rule(of: Type, shown: bool) -> Callable[[Any], bool]:
    """Which values of a type are kept: those that a person can hardly be told by, and only where they may be shown."""
    if not shown:
        return _nothing
    if of.kind == "string" and of.enum:
        listed = frozenset(of.enum)
        return lambda value: type(value) is str and value in listed
    return _KEPT.get(of.kind, _nothing)


def _nothing(_value: object) -> bool:
    return False


def _anything(_value: object) -> bool:
    return True


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_number(value: object) -> bool:
    return type(value) is float or (type(value) is int and -_WHOLE <= value < _WHOLE)


def _is_moment(value: object) -> bool:
    try:
        moment(value)
    except ValueFault:
        return False
    return True


_KEPT: Final[Mapping[str, Callable[[Any], bool]]] = {"boolean": _is_flag, "number": _is_number, "datetime": _is_moment}


def _bytes(value: object) -> bytes:
    """Bytes that are the same for equal data; of what JSON cannot say, only the type."""
    try:
        return b"\0" + orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
    except (TypeError, ValueError, RecursionError):
        return b"\0" + type(value).__name__.encode()
