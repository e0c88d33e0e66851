"""A schema -> the data category of every column; views, copies and generated columns inherit from what flows into them.

Names decide for base tables (`classifier`). Of a column that is made by a query, lineage knows more than its name: what
flows in counts, and the name only where lineage says nothing. A view that cannot be analysed is told, not passed over,
unless every table that it names is known and holds nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlglot import exp
from sqlglot.errors import SqlglotError

from .copies import told_apart
from .findings import fingerprint
from .lineage_columns import CERTAIN, MAX_DEPTH, Inheritance, Scale
from .lineage_flows import Cell, Derived, derive
from .messages import MESSAGES
from .model import Words
from .sampling import with_samples
from .statements_catalog import Catalog, ColumnRef, Entry, TableRef
from .statements_lower import UnresolvedError
from .statements_read import read
from .statements_views import MAX_BYTES, named_outputs, view_query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from .classifier import Classified, Classifier
    from .errors import Location
    from .lineage_columns import Known, Trait
    from .lineage_rules import LineageRules
    from .sampling import Sampling
    from .tables import Schema, Table
    from .taxonomy import Taxonomy

SHOWN: Final = 3
"""Base columns that the evidence of one column names."""
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A view, copy or generated column whose base columns cannot be told."""

    location: Location
    words: Words
    digest: str = ""
    """Of its definition: the finding is the same wherever that stands."""


@dataclass(frozen=True, slots=True)
class Classification:
    """Every table with its columns, in the order of the schema, and what could not be analysed."""

    tables: tuple[tuple[Table, tuple[Classified, ...]], ...]
    unresolved: tuple[Unresolved, ...] = ()

    def columns(self) -> Iterator[tuple[Table, Classified]]:
        """Every column with its table."""
        return ((table, found) for table, columns in self.tables for found in columns)

    def whole(self) -> Iterator[tuple[Table, tuple[Classified, ...]]]:
        """Every table but the partitions of another one that has their columns, too: their rows are its rows."""
        parents = {table.name.lower(): table.partition_of.lower() for table, _ in self.tables if table.partition_of}
        held: dict[str, set[str]] = {}
        for table, _ in self.tables:
            if not table.partition_of:
                held.setdefault(table.name.lower(), set()).update(column.name.lower() for column in table.columns)
        for table, columns in self.tables:
            names = {column.name.lower() for column in table.columns}
            if not table.partition_of or not names <= held.get(_root(table.name.lower(), parents), set()):
                yield table, columns


class SchemaClassifier:
    """Classifies whole schemas: a classifier of names, the rules of lineage, and what the catalog declares."""

    def __init__(  # noqa: PLR0913 (its parts)
        self,
        classifier: Classifier,
        rules: LineageRules,
        taxonomy: Taxonomy,
        profile: str,
        *,
        declared: Mapping[tuple[str, str], str | None] | None = None,
        registered: Iterable[str] = (),
        default_schema: str | None = None,
    ) -> None:
        self._classifier = classifier
        self._rules = rules
        self._scale = Scale(rules, taxonomy, profile)
        self._declared = declared or {}
        self._registered = frozenset(name.lower() for name in registered)
        self._default_schema = default_schema
        self.labels: Mapping[str, Words] = {key: category.label for key, category in taxonomy.categories.items()}
        """What the categories are called."""

    def classify(self, schema: Schema, sampling: Sampling | None = None) -> Classification:
        """Classify every column of a schema; with `sampling`, values are looked at."""
        named = [(table, tuple(self._classifier.table(table))) for table in schema.tables]
        if sampling is not None:
            named = [(table, with_samples(table, columns, sampling, self._scale)) for table, columns in named]
        run = _Run(schema, named, self._scale, self._declared, self._default_schema)
        tables = tuple(run.tables())
        copies = told_apart(tables, run.copied(), self._rules.copies, self._registered)
        tables = tuple(
            (replace(table, copy_of=copies[number]) if number in copies else table, columns)
            for number, (table, columns) in enumerate(tables)
        )
        return Classification(tables, tuple(run.unresolved))


class _Run:
    """The work on one schema."""

    def __init__(
        self,
        schema: Schema,
        named: list[tuple[Table, tuple[Classified, ...]]],
        scale: Scale,
        declared: Mapping[tuple[str, str], str | None],
        default_schema: str | None,
    ) -> None:
        self.named = named
        self.scale = scale
        self.unresolved: list[Unresolved] = []
        self.derived: dict[int, Derived] = {}
        """By the number of the table."""
        self.cells: dict[ColumnRef, list[Cell]] = {}
        self.failed: dict[ColumnRef, UnresolvedError] = {}
        """By column; `*` is the whole query."""
        made = [number for number, (table, _) in enumerate(named) if _is_made(table)]
        self.catalog = Catalog(_mentioned(schema) if made else None, schema.dialect, default_schema=default_schema)
        for number in made:
            self._derive(number, named[number][0], self.catalog)
        self.views = {TableRef(table.schema, table.name) for table, _ in named if not table.stored}
        own: dict[ColumnRef, list[Classified]] = {}
        for table, columns in named if made else ():
            for column in columns:
                name = column.column.inside or column.column.name
                own.setdefault(ColumnRef(table.schema, table.name, name), []).append(column)
        self.inheritance = Inheritance(own, self.cells, self.failed, scale, declared)

    def _derive(self, number: int, table: Table, catalog: Catalog) -> None:
        for column in table.columns:
            if column.generated:
                ref = ColumnRef(table.schema, table.name, column.name)
                found = self._try(ref, partial(_generated, column.generated, table, catalog))
                for _, cell in found.outputs if found else ():
                    self.cells.setdefault(ref, []).append(cell)
        if table.sql:
            whole = ColumnRef(table.schema, table.name, "*")
            made = self._try(whole, partial(_made, table, catalog))
            if made:
                self.derived[number] = made
                for name, cell in made.outputs:
                    self.cells.setdefault(whole._replace(column=name), []).append(cell)

    def _try(self, ref: ColumnRef, work: Callable[[], Derived]) -> Derived | None:
        """The flows, or None and why there are none: every failure, also one nobody thought of, is kept."""
        try:
            return work()
        except UnresolvedError as error:
            self.failed[ref] = error
        except RecursionError:
            self.failed[ref] = UnresolvedError("too-deep", whole=True)
        except Exception as error:  # noqa: BLE001 # fail closed: the parser meets texts that nobody has tried
            self.failed[ref] = UnresolvedError("failed", type(error).__name__, whole=True)
        return None

    def tables(self) -> Iterator[tuple[Table, tuple[Classified, ...]]]:
        """Every table with what its columns hold, lineage included."""
        for number, (table, columns) in enumerate(self.named):
            if not _is_made(table):
                yield table, columns
                continue
            errors: list[UnresolvedError] = []
            word = _word(table)
            filters = self._filters(number, errors)
            yield table, tuple(self._judge(found, word, filters, errors) for found in columns)
            if errors:
                self._tell(table, self.failed.get(ColumnRef(table.schema, table.name, "*"), errors[0]))

    def _judge(
        self, found: Classified, word: str, filters: tuple[str, ...], errors: list[UnresolvedError]
    ) -> Classified:
        try:
            known = self.inheritance.known(_ref(found))
        except UnresolvedError as error:
            errors.append(error)
            return found
        return self._inherit(found, known, word, filters) if _ref(found) in self.cells else found

    def _inherit(self, found: Classified, known: Known, word: str, filters: tuple[str, ...]) -> Classified:
        """The name's guess, or what lineage says in its place."""
        if found.confidence >= CERTAIN or not (known.settled or filters):
            return found
        if not known.settled:
            return found._replace(evidence=(*found.evidence, *filters)) if found.category else found
        if not known.traits:
            evidence = tuple(f"{word}: from {what}" for what in known.ended[:SHOWN]) or (f"{word}: no personal column",)
            return found._replace(category=None, sensitive=False, confidence=0.9, evidence=evidence)
        best = self.scale.gravest(known.traits)
        evidence = (*_origins(known.traits, best, word), *filters)
        return found._replace(
            category=best.category, sensitive=best.sensitive, confidence=best.confidence, evidence=evidence
        )

    def _filters(self, number: int, errors: list[UnresolvedError]) -> tuple[str, ...]:
        """Sensitive columns that only decide which rows a view shows."""
        refs = self.derived[number].filters if number in self.derived else ()
        try:
            traits = [trait for ref in sorted(refs) for trait in self.inheritance.known(ref).traits]
        except UnresolvedError as error:
            errors.append(error)
            return ()
        grave = sorted({trait.origin for trait in traits if trait.sensitive})
        return tuple(f"filter on {origin}" for origin in grave[:SHOWN])

    def _tell(self, table: Table, error: UnresolvedError) -> None:
        if error.whole or not self._harmless(table):
            message = MESSAGES.get(f"statement-{error.reason}", MESSAGES["statement-not-parsed"])
            why = Words(*(message.text(lang).format(detail=error.detail) for lang in ("en", "zh")))
            told = MESSAGES["lineage-unresolved"]
            words = (told.text(lang).format(table=table.path, why=why.text(lang)) for lang in ("en", "zh"))
            digest = fingerprint(table.path, table.sql, *(column.generated for column in table.columns))
            self.unresolved.append(Unresolved(table.location, Words(*words), digest))

    def _harmless(self, table: Table) -> bool:
        """Whether every table that the query names is known and holds nothing."""
        if any(column.generated for column in table.columns):
            return False
        try:
            query, _ = view_query(table, self.catalog.dialect)
            found = [self.catalog.find(self.catalog.normalize(node)) for node in query.find_all(exp.Table)]
            return bool(found) and all(
                isinstance(entry, Entry) and not self.inheritance.known(ColumnRef(*entry.ref, "*")).traits
                for entry in found
            )
        except (UnresolvedError, RecursionError):
            return False

    def copied(self) -> dict[int, str]:
        """Of tables that a query made: the table from which most of their columns come unchanged, by number."""
        found: dict[int, str] = {}
        for number, (table, columns) in enumerate(self.named):
            if number in self.derived and table.stored:
                origins: dict[str, int] = {}
                for column in columns:
                    cells = self.cells.get(_ref(column), ())
                    refs = {flow.ref for cell in cells for flow in cell.flows if not self.scale.ended(flow)}
                    for path in {_path(base) for ref in refs for base in self._bases(ref, 0)}:
                        origins[path] = origins.get(path, 0) + 1
                if origins:
                    found[number] = max(sorted(origins), key=origins.__getitem__)
        return found

    def _bases(self, ref: ColumnRef, depth: int) -> set[ColumnRef]:
        """The columns of stored tables behind a column."""
        if TableRef(ref.schema, ref.table) not in self.views or depth > MAX_DEPTH:
            return {ref}
        refs = {flow.ref for cell in self.cells.get(ref, ()) for flow in cell.flows}
        return {base for one in refs for base in self._bases(one, depth + 1)}


def _is_made(table: Table) -> bool:
    return bool(table.sql) or any(column.generated for column in table.columns)


def _word(table: Table) -> str:
    if not table.sql:
        return "generated"
    return "view" if table.kind == "view" else "copy"


def _ref(found: Classified) -> ColumnRef:
    column = found.column
    return ColumnRef(column.schema, column.table, column.name)


def _path(ref: ColumnRef) -> str:
    return ".".join(part for part in ref[:2] if part)


def _made(table: Table, catalog: Catalog) -> Derived:
    """The flows into the columns of a view or copy."""
    query, names = view_query(table, catalog.dialect, catalog.words)
    found = derive(query, catalog.within(table.schema))
    return Derived(tuple(named_outputs(table, names, found.outputs)), found.filters)


def _generated(expression: str, table: Table, catalog: Catalog) -> Derived:
    """The flows into a generated column: its expression is a query on its own table."""
    if len(expression) > MAX_BYTES:
        raise UnresolvedError("too-large")
    try:
        parsed = read(expression, catalog.dialect, catalog.words)
    except SqlglotError:
        raise UnresolvedError("not-parsed") from None
    if len(parsed) != 1:
        raise UnresolvedError("not-parsed")
    query = exp.select(parsed[0]).from_(exp.table_(table.name, db=table.schema or None, quoted=True))
    return derive(query, catalog.within(table.schema))


def _root(name: str, parents: Mapping[str, str]) -> str:
    """The table at the end of a line of partitions; one that is a circle has none."""
    seen: set[str] = set()
    while name in parents and name not in seen:
        seen.add(name)
        name = parents[name]
    return name


def _mentioned(schema: Schema) -> Schema:
    """The tables that a query may name, and what they are partitions of: all others cost time only."""
    texts = (text for table in schema.tables for text in (table.sql, *(column.generated for column in table.columns)))
    words = {word.casefold() for text in texts if text for word in _WORD.findall(text)}
    parents = {table.partition_of.rpartition(".")[2] for table in schema.tables if table.partition_of}
    parents |= {of.rpartition(".")[2] for _, of in schema.partitions}
    parents |= {heir.rpartition(".")[2] for heir, _ in schema.heirs}
    wanted = words | {parent.casefold() for parent in parents}
    kept = tuple(
        table
        for table in schema.tables
        if _is_made(table) or table.name.casefold() in wanted or not _WORD.fullmatch(table.name)
    )
    return replace(schema, tables=kept)


def _origins(traits: Iterable[Trait], best: Trait, word: str) -> Iterator[str]:
    """`view: from crm.customer.mobile through concat`, the one that counts first."""
    ordered = [best, *(trait for trait in traits if trait != best)]
    for trait in ordered[:SHOWN]:
        via = f" through {', '.join(dict.fromkeys(trait.via))}" if trait.via else ""
        yield f"{word}: from {trait.origin}{via}"
    if len(ordered) > SHOWN:
        yield f"{word}: and {len(ordered) - SHOWN} columns more"
