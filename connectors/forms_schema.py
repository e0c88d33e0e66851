"""JSON Schema -> the fields that a form takes, flattened: `address.city`; bounded, and without end in no circle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import unquote

from tutela.engine.tables import Unparsed

from .foreign import items, mapping, place, text_of

if TYPE_CHECKING:
    from tutela.engine.documents import Document
    from tutela.engine.errors import Location

MAX_DEPTH: Final = 20
MAX_FIELDS: Final = 5000
_TOGETHER: Final = ("allOf", "oneOf", "anyOf")
_CONDITIONAL: Final = ("then", "else", "if")
_NAMED: Final = ("properties", "patternProperties", "dependentSchemas", "dependencies")
_INNER: Final = (
    "items", "additionalItems", "additionalProperties", "contains", "unevaluatedItems", "unevaluatedProperties",
    "contentSchema",
)  # fmt: skip
_LISTED: Final = (*_TOGETHER, "prefixItems", "items")
_REFERENCES: Final = ("$dynamicRef", "$recursiveRef")
_TAGS: Final = ("x-tutela-category", "x-data-category", "x-pii", "x-fides-category")

Step = str | int


class Field(NamedTuple):
    """One value that a form takes."""

    name: str
    location: Location
    data_type: str
    comment: str
    tag: str
    required: bool


class At(NamedTuple):
    """A schema and where it stands: the path in the document, the name of the field so far, the references passed."""

    schema: object
    path: tuple[Step, ...]
    name: str = ""
    passed: frozenset[str] = frozenset()
    depth: int = 0
    required: bool = False
    location: Location | None = None


@dataclass(slots=True)
class Fields:
    """Collects the fields of one form; what cannot be followed is `unparsed`."""

    document: Document
    found: dict[str, Field] = field(default_factory=dict[str, Field])
    unparsed: list[Unparsed] = field(default_factory=list[Unparsed])

    def walk(self, at: At) -> None:
        """Add the fields of a schema and of everything in it."""
        if at.depth > MAX_DEPTH or len(self.found) >= MAX_FIELDS:
            self._miss(at, f"fields nest deeper than {MAX_DEPTH}, or are more than {MAX_FIELDS}")
            return
        schema = mapping(at.schema)
        if schema.get("readOnly") is True:
            return  # what the server says is not collected
        if "$ref" in schema:
            self._follow(schema["$ref"], at)
            schema = {key: value for key, value in schema.items() if key != "$ref"}
            if not schema.keys() & {*_NAMED, *_INNER, *_LISTED, *_CONDITIONAL, *_REFERENCES, "required"}:
                self._describe(schema, at)
                return
        inner = self._parts(schema, at)
        if not inner and at.name:
            self._leaf(schema, at)

    def _parts(self, schema: dict[str, Any], at: At) -> bool:
        """Walk what a schema is made of; False when it has no parts."""
        before = len(self.found) + len(self.unparsed)
        kinds = (self._options, self._named, self._inside, self._required)
        parts = [walk(schema, at) for walk in kinds]
        return any(parts) and (len(self.found) + len(self.unparsed) > before or not at.name)

    def _options(self, schema: dict[str, Any], at: At) -> bool:
        """Schemas that hold for the same value: all of some, one of some, under a condition."""
        parts = False
        for key in _REFERENCES:
            if schema.get(key, "#") != "#":  # `#` is the schema itself
                parts = True
                self._miss(at, f"`{key}` is not followed")
        for key in _LISTED:
            for index, option in enumerate(items(schema.get(key))):
                parts = True
                self.walk(self._next(at, option, (key, index)))
        for key in _CONDITIONAL:
            if key in schema:
                self.walk(self._next(at, schema[key], (key,)))
        return parts

    def _named(self, schema: dict[str, Any], at: At) -> bool:
        """Fields by their names, and schemas that depend on one."""
        parts = False
        required = items(schema.get("required"))
        for key in _NAMED:
            for name, value in mapping(schema.get(key)).items():
                if isinstance(value, list):
                    continue  # of `dependencies`: only names of fields
                parts = True
                here = self._next(at, value, (key, name))
                if key in {"properties", "patternProperties"}:
                    own = name if key == "properties" else "*"
                    full = f"{at.name}.{own}" if at.name else own
                    spot = place(self.document, here.path, key=True)
                    here = here._replace(name=full, required=name in required, location=spot)
                self.walk(here)
        return parts

    def _inside(self, schema: dict[str, Any], at: At) -> bool:
        """What an array holds, and fields without a name of their own."""
        inner = [key for key in _INNER if isinstance(schema.get(key), dict)]
        for key in inner:
            self.walk(self._next(at, schema[key], (key,)))
        return bool(inner)

    def _required(self, schema: dict[str, Any], at: At) -> bool:
        """What must be there is taken, also where nothing more is said of it."""
        parts = False
        for name in filter(None, map(text_of, items(schema.get("required")))):
            full = f"{at.name}.{name}" if at.name else name
            known = any(found == full or found.startswith(f"{full}.") for found in self.found)
            if not known and name not in mapping(schema.get("properties")):  # one of these may be read-only
                parts = True
                self._leaf({}, self._next(at, {}, ("required",))._replace(name=full, required=True))
        return parts

    def _next(self, at: At, schema: object, steps: tuple[Step, ...]) -> At:
        return at._replace(schema=schema, path=(*at.path, *steps), depth=at.depth + 1)

    def _follow(self, reference: object, at: At) -> None:
        """Go on where `$ref` leads to, inside the document."""
        pointer = text_of(reference)
        if not pointer.startswith("#/") and pointer != "#":
            self._miss(at, f"`$ref: {pointer[:200]}` leads outside of the document")
            return
        if pointer in at.passed:
            return  # a form that holds itself: what it asks for is known already
        target, steps = pointed_at(self.document.data, pointer)
        if not isinstance(target, dict):
            self._miss(at, f"`$ref: {pointer[:200]}` leads nowhere")
            return
        self.walk(at._replace(schema=target, path=steps, passed=at.passed | {pointer}, depth=at.depth + 1))

    def _describe(self, schema: dict[str, Any], at: At) -> None:
        """What stands beside `$ref` says more of the one field that it leads to."""
        found = self.found.get(at.name)
        if found and (note := _note(schema) or found.comment):
            self.found[at.name] = found._replace(comment=note, tag=_tag(schema) or found.tag)

    def _leaf(self, schema: dict[str, Any], at: At) -> None:
        location = at.location or place(self.document, at.path)
        new = Field(at.name, location, _type(schema), _note(schema), _tag(schema), at.required)
        old = self.found.get(at.name)
        if old is None:
            self.found[at.name] = new
        else:
            tag = new.tag if new.tag and old.tag in {"", "none"} else old.tag
            first = old if old.data_type or not new.data_type else new  # the one that says what it is
            comment, required = old.comment or new.comment, old.required or new.required
            self.found[at.name] = first._replace(tag=tag, comment=comment, required=required)

    def _miss(self, at: At, reason: str) -> None:
        location = at.location or place(self.document, at.path)
        if all(miss.location != location for miss in self.unparsed):
            self.unparsed.append(Unparsed(location, reason))


def pointed_at(data: object, pointer: str) -> tuple[object, tuple[Step, ...]]:
    """What a pointer (`#/components/schemas/Customer`) leads to in a document, None for nothing, and its path."""
    steps: list[Step] = []
    for part in pointer.removeprefix("#").split("/"):
        if part:
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            listed = items(data)
            number = int(name) if name.isdecimal() and int(name) < len(listed) else None
            data = mapping(data).get(name) if number is None else listed[number]
            steps.append(name if number is None else number)
    return data, tuple(steps)


def _type(schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    names = [name for name in (items(kind) or [kind]) if isinstance(name, str) and name != "null"]
    shown = "|".join(names) or ("enum" if "enum" in schema else "")
    return f"{shown}({form})" if (form := text_of(schema.get("format"))) else shown


def _note(schema: dict[str, Any]) -> str:
    return text_of(schema.get("description")) or text_of(schema.get("title"))


def _tag(schema: dict[str, Any]) -> str:
    own = text_of(mapping(schema.get("x-tutela")).get("category"))
    return own or next((text_of(schema[key]) for key in _TAGS if text_of(schema.get(key))), "")
