"""One DDL statement, parsed by sqlglot, as plain values: the columns it defines or changes."""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from .ddl_relax import relaxed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# sqlglot warns on stderr when it keeps a statement as plain text; that is reported as `Unparsed` here.
logging.getLogger("sqlglot").addHandler(logging.NullHandler())

MAX_DEPTH: Final = 200
MAX_LENGTH: Final = 2_000_000
_FALLBACKS: Final = ("postgres", "mysql", "tsql", "oracle", "hive", "sqlite")
TEMPLATE: Final = re.compile(r"(?<![\w@])@(?=\w+\.)|\$\{(?=\w+\}\.)|(?<=\w)\}(?=\.)")
_COUNTED: Final = re.compile(r"(?:\w+\.)?nextval\s*\(|.*\.\s*nextval\b|next\s+value\s+for\b", re.IGNORECASE | re.DOTALL)
_SERIAL: Final = re.compile(r"(?:small|big)?serial[248]?\b", re.IGNORECASE)
_VIRTUAL: Final = re.compile(
    r"(?<=\))\s{1,20}VIRTUAL(?=\s*[,)]|\s+(?:NOT|NULL|VISIBLE|INVISIBLE|CONSTRAINT)\b)", re.IGNORECASE
)
"""A word of generated columns that sqlglot does not know there."""
_INDEXES: Final = {"tsql": ("INDEX",), "mysql": ("INDEX", "KEY")}
"""Reserved words with which an index begins that stands among the columns."""
_NO_COLUMN: Final = (
    exp.Constraint,
    exp.PrimaryKey,
    exp.ForeignKey,
    exp.ColumnConstraintKind,
    exp.LikeProperty,
    exp.Index,
    exp.IndexParameters,
    exp.Property,
    exp.Tuple,
)


class NotUnderstood(Exception):  # noqa: N818 - it is a result that travels up, never seen by users
    """A statement that sqlglot cannot parse: why, and where in it (offset in code points, 0 = its start)."""

    def __init__(self, reason: str, offset: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset


class Name(NamedTuple):
    """A table's name and its schema, as written."""

    name: str
    schema: str = ""


class Link(NamedTuple):
    """Where a foreign key leads to; without a column, to the primary key."""

    table: Name
    column: str = ""


class Definition(NamedTuple):
    """A column as a statement defines it; `offset` is where its name stands in the statement."""

    name: str
    offset: int
    data_type: str = ""
    nullable: bool = True
    comment: str = ""
    primary_key: bool = False
    default: str = ""
    generated: str = ""
    link: Link | None = None
    identity: bool = False


def parse(text: str, dialect: str, depth: int = 0) -> exp.Expr:
    """Parse one statement in its dialect, or in another one when that fails; raises NotUnderstood."""
    if depth > MAX_DEPTH:
        raise NotUnderstood(f"brackets nest deeper than {MAX_DEPTH}")
    if len(text) > MAX_LENGTH:
        raise NotUnderstood(f"the statement is longer than {MAX_LENGTH} characters")
    plain = TEMPLATE.sub(lambda match: "_" * len(match[0]), text)
    if dialect in {"oracle", "postgres"}:
        plain = _VIRTUAL.sub(lambda match: " " * len(match[0]), plain)
    first: NotUnderstood | None = None
    for candidate in dict.fromkeys((dialect, *_FALLBACKS)):
        try:
            return _parse(plain, candidate)
        except NotUnderstood as error:
            first = first or error
    raise first or NotUnderstood("not understood")


def parses(text: str, dialect: str) -> bool:
    """Tell whether one statement can be parsed in this dialect or, failing that, in PostgreSQL's."""
    for candidate in dict.fromkeys((dialect, "postgres")):
        try:
            _parse(text, candidate)
        except NotUnderstood:
            continue
        return True
    return False


def _parse(text: str, dialect: str) -> exp.Expr:
    try:
        trees = [tree for tree in sqlglot.parse(text, dialect=dialect) if tree is not None]
    except ParseError as error:
        details = error.errors[0] if error.errors else {}
        reason = str(details.get("description") or "syntax error")
        line, column = int(details.get("line") or 1), int(details.get("col") or 0)
        raise NotUnderstood(_plain(reason), _offset(text, line, column)) from None
    except (
        SqlglotError,
        RecursionError,
        ValueError,
        TypeError,
        AttributeError,
        KeyError,
        IndexError,
    ) as error:
        # whatever the parser trips over on hostile text, the statement is not understood
        raise NotUnderstood(f"not understood by the parser ({type(error).__name__})") from None
    if len(trees) != 1 or isinstance(trees[0], exp.Command):
        raise NotUnderstood("syntax that is not supported")
    return trees[0]


_INNER: Final = re.compile(r" but got (?:<Token|None\b).*| for <class .*| in <class .*", re.DOTALL)
"""What the parser tells about itself."""


def _plain(reason: str) -> str:
    """The parser's reason in our style: lower case, one line, no final period."""
    line = _INNER.sub("", reason.split("\n", 1)[0].strip().rstrip("."))
    return line[:1].lower() + line[1:] if line else "syntax error"


def _offset(text: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
        if not start:
            return 0
    return min(len(text), start + max(0, column - 1))


def table_name(node: exp.Expr | None) -> Name:
    """The table that a CREATE, ALTER, COMMENT or DROP is about."""
    table = node.this if isinstance(node, exp.Schema) else node
    if not isinstance(table, exp.Table) or not table.name:
        raise NotUnderstood("a table without a name")
    return Name(table.name, table.db)


def name_offset(node: exp.Expr | None) -> int:
    """Where the table's own name stands in the statement."""
    table = node.this if isinstance(node, exp.Schema) else node
    identifier = table.this if isinstance(table, exp.Table) else None
    return _start(identifier) if isinstance(identifier, exp.Expr) else 0


def _start(node: exp.Expr) -> int:
    start = node.meta.get("start")
    return start if isinstance(start, int) else 0


def definitions(nodes: list[exp.Expr], dialect: str) -> Iterator[Definition]:
    """The columns among the elements of a table definition; raises NotUnderstood for an unknown element."""
    keys = key_columns(nodes)
    for node in nodes:
        if isinstance(node, exp.ColumnDef):
            if node.name.upper() in _INDEXES.get(dialect, ()) and not node.this.args.get("quoted"):
                continue  # an inline index, which sqlglot takes for a column
            yield definition(node, dialect, keys)
        elif isinstance(node, exp.Identifier):
            yield Definition(node.name, _start(node), primary_key=node.name.lower() in keys)
        elif not isinstance(node, _NO_COLUMN):
            raise NotUnderstood("a column definition that is not understood", _start(node))


def definition(node: exp.ColumnDef, dialect: str, keys: frozenset[str] = frozenset()) -> Definition:
    """One column definition with its constraints."""
    # `.args`: the typed attribute of the compiled classes raises for constraints outside its declared types
    kinds = [constraint.args.get("kind") for constraint in node.args.get("constraints") or ()]
    primary = node.name.lower() in keys or any(isinstance(kind, exp.PrimaryKeyColumnConstraint) for kind in kinds)
    nullable = not primary
    comment = default = generated = ""
    identity = False
    link: Link | None = None
    for kind in kinds:
        if isinstance(kind, exp.NotNullColumnConstraint):
            nullable = bool(kind.args.get("allow_null")) and not primary
        elif isinstance(kind, exp.CommentColumnConstraint):
            comment = string_of(kind.args.get("this"))
        elif isinstance(kind, exp.DefaultColumnConstraint):
            default = _type(kind.args.get("this"), dialect)
        elif isinstance(kind, exp.ComputedColumnConstraint):
            generated = _sql(_bare(kind.args.get("this")), dialect)
        elif isinstance(kind, exp.GeneratedAsIdentityColumnConstraint):  # without STORED, sqlglot takes it for one
            generated = _sql(_bare(kind.args.get("expression")), dialect)
            identity = not generated
        elif isinstance(kind, exp.AutoIncrementColumnConstraint):
            identity = True
        elif isinstance(kind, exp.Reference | exp.ForeignKey):
            link = next(iter(_targets(kind, 1)), None)
    data_type = _type(node.args.get("kind"), dialect)
    identity = identity or bool(_SERIAL.match(data_type))
    nullable = nullable and not identity
    identity = identity or counted(default)
    return Definition(
        node.name, _start(node.this), data_type, nullable, comment, primary, default, generated, link, identity
    )  # fmt: skip


def counted(default: str) -> bool:
    """Tell whether a default is the next value of a sequence."""
    return bool(_COUNTED.match(default.strip()))


def column_of(text: str, dialect: str) -> Definition:
    """The column that a text defines, as in CREATE TABLE; its options are left out when they are not understood."""
    lead = "CREATE TABLE t ("
    whole = f"{lead}{text})"
    try:
        tree = parse(whole, dialect)
    except NotUnderstood:
        less = relaxed(whole, lambda part: parses(part, dialect), dialect)
        if less is None:
            raise
        tree = parse(less, dialect)
    schema = tree.this if isinstance(tree, exp.Create) else None
    found = list(definitions(schema.expressions, dialect)) if isinstance(schema, exp.Schema) else []
    if len(found) != 1:
        raise NotUnderstood("a column that is not understood")
    return found[0]._replace(offset=max(0, found[0].offset - len(lead)))


@lru_cache(maxsize=10_000)
def _type(node: exp.Expr | None, dialect: str) -> str:
    """A type or default as the dialect writes it: a schema has few of them, and each is in many columns."""
    return _sql(node, dialect)


def _sql(node: object, dialect: str) -> str:
    return node.sql(dialect) if isinstance(node, exp.Expr) else ""


def _bare(node: object) -> object:
    return node.this if isinstance(node, exp.Paren) else node


def links(nodes: Iterable[exp.Expr]) -> Iterator[tuple[str, Link]]:
    """The columns in FOREIGN KEY (...) among some elements, and where each leads to."""
    for node in nodes:
        for key in node.find_all(exp.ForeignKey):
            names = [identifier.name for identifier in key.expressions]
            yield from zip(names, _targets(key, len(names)), strict=False)


def _targets(key: exp.Expr, count: int) -> list[Link]:
    """What REFERENCES names: a table and as many of its columns as there are, or the table alone."""
    reference = key if isinstance(key, exp.Reference) else key.args.get("reference")
    target = reference.this if isinstance(reference, exp.Reference) else None
    try:
        name = table_name(target)
    except NotUnderstood:
        return []
    columns = [column.name for column in target.expressions] if isinstance(target, exp.Schema) else []
    return [Link(name, column) for column in columns or [""] * count]


def key_columns(nodes: Iterable[exp.Expr]) -> frozenset[str]:
    """The names in PRIMARY KEY (...) of a table, in lower case."""
    names: set[str] = set()
    for node in nodes:
        for key in node.find_all(exp.PrimaryKey):
            names.update(identifier.name.lower() for identifier in key.find_all(exp.Identifier))
        if isinstance(node, exp.Constraint) and node.find(
            exp.PrimaryKeyColumnConstraint
        ):  # T-SQL: PRIMARY KEY CLUSTERED
            for kind in node.find_all(exp.ClusteredColumnConstraint, exp.NonClusteredColumnConstraint):
                names.update(column.name.lower() for column in kind.find_all(exp.Column))
    return frozenset(names)


def string_of(node: object) -> str:
    """The text of a literal (`'x'`, `N'x'`), or nothing for NULL and anything else."""
    if isinstance(node, exp.National) or (isinstance(node, exp.Literal) and node.is_string):
        return node.name
    return ""
