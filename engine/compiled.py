"""A policy set as nested tuples of plain values, and back: what a cache file holds."""

from __future__ import annotations

from typing import Any, cast

from .errors import Location
from .index import Signature
from .ir import Type
from .parameters import Declared, Parameters
from .plain import bare
from .policyset import Compiled, PolicySet
from .vocabulary import Vocabulary

Plain = tuple[Any, ...]


def pack_compiled(policies: PolicySet) -> Plain:
    """Everything of a policy set that `marshal` can write."""
    compiled = policies.compiled
    index = {
        action: {tuple(signature.parts): dict(keys) for signature, keys in groups.items()}
        for action, groups in compiled.by_action.items()
    }
    return (
        compiled.records,
        compiled.plans,
        compiled.clauses,
        compiled.duties,
        compiled.clause_table,
        compiled.shapes,
        compiled.shape_reads,
        index,
        compiled.defaults,
        _pack_vocabulary(policies.vocabulary),
        _pack_parameters(policies.parameters),
        policies.digest,
    )


def unpack_compiled(plain: Plain) -> PolicySet:
    """The policy set of a packed one; the expression language is made only when it is needed."""
    records, plans, clauses, duties, clause_table, shapes, reads, index, defaults, vocabulary, parameters, digest = (
        plain
    )
    compiled = Compiled(
        records=records,
        plans=plans,
        clauses=clauses,
        duties=duties,
        clause_table=clause_table,
        shapes=shapes,
        shape_reads=reads,
        by_action={
            action: {Signature(parts): keys for parts, keys in groups.items()} for action, groups in index.items()
        },
        defaults=defaults,
    )
    return PolicySet(compiled, _unpack_vocabulary(vocabulary), _unpack_parameters(parameters), digest)


def pack_type(of: Type) -> Plain:
    """A type as nested tuples."""
    inner = pack_type(of.item) if of.item else None
    return (of.kind, inner, tuple((name, pack_type(t)) for name, t in of.attributes), of.nullable, of.enum)


def unpack_type(plain: Plain) -> Type:
    """The type of a packed one."""
    kind, inner, attributes, nullable, enum = plain
    item = unpack_type(inner) if inner else None
    return Type(kind, item, tuple((name, unpack_type(t)) for name, t in attributes), nullable, enum)


def _pack_vocabulary(vocabulary: Vocabulary) -> Plain:
    attributes = {
        root: {name: pack_type(of) for name, of in names.items()} for root, names in vocabulary.attributes.items()
    }
    return (attributes, tuple(sorted(vocabulary.shown)))


def _unpack_vocabulary(plain: Plain) -> Vocabulary:
    attributes = cast("dict[str, dict[str, Plain]]", plain[0])
    types = {root: {name: unpack_type(of) for name, of in names.items()} for root, names in attributes.items()}
    return Vocabulary(types, frozenset(plain[1]))


def _pack_parameters(parameters: Parameters) -> Plain:
    declared = tuple(
        (d.name, d.type, (d.location.file, d.location.line, d.location.column), bare(d.suggested),
         bare(d.description), d.source, d.enum, d.minimum)
        for d in parameters.declared.values()
    )  # fmt: skip
    return (declared, {name: bare(value) for name, value in parameters.values.items()})


def _unpack_parameters(plain: Plain) -> Parameters:
    declared = {
        name: Declared(name, kind, Location(*at), suggested, description, source, enum, minimum)
        for name, kind, at, suggested, description, source, enum, minimum in plain[0]
    }
    return Parameters(declared, plain[1])
