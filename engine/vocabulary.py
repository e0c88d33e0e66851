"""The vocabulary: which attributes exist, of which type, and which of them may be shown in reasons."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from .ir import BOOLEAN, DATETIME, DURATION, NUMBER, STRING, Type, array, object_
from .validation import place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .documents import Document
    from .errors import Problem

ROOTS: Final = ("subject", "action", "resource", "context")
SCALARS: Final = {
    "string": STRING,
    "number": NUMBER,
    "boolean": BOOLEAN,
    "datetime": DATETIME,
    "duration": DURATION,
}
ALWAYS: Final = ("subject.id", "subject.type", "action.name", "resource.id", "resource.type")
"""Attributes that every request has; they are texts and may be shown."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Declared attributes by root, and the dotted paths that may be shown unmasked."""

    attributes: Mapping[str, Mapping[str, Type]] = field(default_factory=dict[str, dict[str, Type]])
    shown: frozenset[str] = frozenset(ALWAYS)

    def symbols(self) -> dict[str, Type]:
        """The root symbols of conditions: one object type a root, and the time `now`."""
        roots = {root: object_(**self.attributes.get(root, {})) for root in ROOTS}
        return {**roots, "now": DATETIME}

    def type_at(self, path: str) -> Type | None:
        """The type of a dotted path, or None when nobody declared it."""
        root, _, rest = path.partition(".")
        steps = rest.split(".")
        found = self.attributes.get(root, {}).get(steps[0])
        for step in steps[1:]:
            if found is None or found.kind != "object":
                return None
            found = dict(found.attributes).get(step)
        return found

    def paths(self) -> tuple[str, ...]:
        """Every declared path of the first level, sorted."""
        return tuple(sorted(f"{root}.{name}" for root, names in self.attributes.items() for name in names))


def build_vocabulary(documents: Sequence[Document]) -> tuple[Vocabulary, list[Problem]]:
    """Join the vocabulary files; the same attribute may be declared again with the same type only."""
    problems: list[Problem] = []
    attributes: dict[str, dict[str, Type]] = {root: {} for root in ROOTS}
    first: dict[str, str] = {}
    shown: set[str] = set(ALWAYS)
    for path in ALWAYS:
        root, name = path.split(".")
        attributes[root][name] = STRING
    for document in documents:
        data: Any = document.data
        for root in ROOTS:
            for name, declared in data.get(root, {}).items():
                path = f"{root}.{name}"
                if path in ALWAYS:
                    problems.append(place(document, [root, name], "vocabulary-reserved", key=True, path=path))
                    continue
                found = _Reader(document, shown, problems).read(declared, path, [root, name])
                if attributes[root].setdefault(name, found) != found:
                    problems.append(place(document, [root, name], "vocabulary-conflict", path=path, first=first[path]))
                first.setdefault(path, str(place(document, [root, name], "vocabulary-conflict").location))
    return Vocabulary(attributes, frozenset(shown)), problems


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the declarations of one file, noting what may be shown and what is incomplete."""

    document: Document
    shown: set[str]
    problems: list[Problem]

    def read(self, declared: Any, path: str, at: list[str | int]) -> Type:  # noqa: ANN401 (checked by the schema)
        if isinstance(declared, str):
            found = SCALARS[declared.rstrip("?")]
            return found.optional() if declared.endswith("?") else found
        if isinstance(declared, list):
            return array(self.read(declared[0], f"{path}[]", [*at, 0]))
        found = self._long(declared, path, at)
        if declared.get("masked") is False:
            self.shown.add(path)
        return found.optional() if declared.get("nullable") else found

    def _long(self, declared: dict[str, Any], path: str, at: list[str | int]) -> Type:
        kind = declared["type"]
        if kind == "array":
            if "items" not in declared:
                self.problems.append(place(self.document, at, "vocabulary-incomplete", path=path, key_="items"))
                return array(STRING)
            return array(self.read(declared["items"], f"{path}[]", [*at, "items"]))
        if kind == "object":
            inner = declared.get("attributes", {})
            read = {n: self.read(d, f"{path}.{n}", [*at, "attributes", n]) for n, d in inner.items()}
            return object_(**read)
        if declared.get("enum"):
            if kind != "string":
                what = "`enum` with a type other than string"
                self.problems.append(place(self.document, [*at, "enum"], "value-invalid", key=True, what=what))
            return Type("string", enum=tuple(declared["enum"]))
        return SCALARS[kind]
