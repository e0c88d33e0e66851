"""GRANT, REVOKE and DENY, of tables and of roles, as the rights that stand after them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from tutela.engine.tables import Grant

from .ddl_parse import NotUnderstood
from .ddl_split import blank_comments

if TYPE_CHECKING:
    from tutela.engine.errors import Location

    from .ddl_build import Builder
    from .ddl_split import Statement

PUBLIC: Final = "PUBLIC"
ALL: Final = "ALL"
EVERY_TABLE: Final = "*.*"
_RIGHTS: Final = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
"""What `ALL` stands for once one of them is taken away."""

_TOKEN: Final = re.compile(
    r"\s+|(?P<quoted>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`(?:[^`]|``)*`|\[(?:[^\]]|\]\])*\])"
    r"|(?P<word>[^\W\d][\w$#]*|%)|(?P<mark>::|[(),.*@])|(?P<other>\S)"
)
_OTHER_OBJECTS: Final = frozenset(
    {
        *("SCHEMA", "DATABASE", "SEQUENCE", "SEQUENCES", "FUNCTION", "FUNCTIONS", "PROCEDURE", "PROCEDURES", "ROUTINE"),
        *(
            "ROUTINES",
            "TYPE",
            "TYPES",
            "DOMAIN",
            "LANGUAGE",
            "LARGE",
            "FOREIGN",
            "TABLESPACE",
            "PARAMETER",
            "DIRECTORY",
        ),
        *("EDITION", "JAVA", "MINING", "USER", "PACKAGE", "SERVER", "LOGIN", "ROLE", "ENDPOINT", "CERTIFICATE"),
        *("ASYMMETRIC", "SYMMETRIC", "ASSEMBLY", "XML", "CONTRACT", "FULLTEXT", "AVAILABILITY"),
    }
)
"""Kinds of objects whose rights are none on tables."""
_ANY_TABLE: Final = re.compile(r"(SELECT|READ|INSERT|UPDATE|DELETE) ANY TABLE\Z")
_MAX_TOKENS: Final = 20_000


class Token(NamedTuple):
    """A name or mark of a statement; `quoted` names are never words of the language."""

    text: str
    quoted: bool = False


@dataclass(slots=True)
class _Words:
    """The tokens of one statement, read from left to right."""

    tokens: list[Token]
    at: int = 0

    def peek(self) -> str:
        """The next word or mark in capitals; nothing at the end and before a quoted name."""
        token = self.tokens[self.at] if self.at < len(self.tokens) else Token("")
        return "" if token.quoted else token.text.upper()

    def take(self, *words: str) -> bool:
        """Step over these words, when they come next."""
        begin = self.at
        for word in words:
            if self.peek() != word:
                self.at = begin
                return False
            self.at += 1
        return True

    def name(self) -> str:
        """The next name; raises NotUnderstood when there is none."""
        if self.at >= len(self.tokens) or (not self.tokens[self.at].quoted and self.peek() in "(),.@::"):
            raise NotUnderstood("a grant that is not understood")
        self.at += 1
        return self.tokens[self.at - 1].text

    def more(self) -> bool:
        """Whether anything is left."""
        return self.at < len(self.tokens)


@dataclass(slots=True)
class _Rights:
    """One statement taken apart."""

    privileges: list[str] = field(default_factory=list[str])
    datasets: list[str] = field(default_factory=list[str])
    grantees: list[str] = field(default_factory=list[str])
    roles: list[str] = field(default_factory=list[str])


def grant(statement: Statement, builder: Builder, location: Location, dialect: str) -> None:
    """Apply a GRANT, REVOKE or DENY; raises NotUnderstood when it cannot be."""
    words = _words(statement.text, dialect)
    verb = words.name().upper()
    option_only = words.take("GRANT", "OPTION", "FOR") or words.take("ADMIN", "OPTION", "FOR")
    words.take("IF", "EXISTS")
    rights = _read(words, dialect)
    if schema := builder.session.schema:
        rights.datasets = [name if "." in name else f"{schema}.{name}" for name in rights.datasets]
    if option_only or not ((rights.datasets and rights.privileges) or rights.roles):
        builder.skip(statement.head)
        return
    for grantee in rights.grantees:
        if verb == "GRANT":
            builder.grants += _grants(rights, grantee, location)
        else:
            builder.grants = [left for old in builder.grants if (left := _left(old, rights, grantee, dialect))]


def default_privileges(statement: Statement, builder: Builder, location: Location, dialect: str) -> None:
    """PostgreSQL's ALTER DEFAULT PRIVILEGES: a right on every table of a schema that comes later."""
    found = re.search(r"\b(?:GRANT|REVOKE)\b", statement.text, re.IGNORECASE)
    named = re.search(r"\bIN\s+SCHEMA\s+([\w$\",\s]+?)\s+(?:GRANT|REVOKE)\b", statement.text, re.IGNORECASE)
    if found is None or not re.search(r"\bON\s+TABLES\b", statement.text, re.IGNORECASE):
        builder.skip(statement.head)
        return
    where = f"ALL TABLES IN SCHEMA {named[1]}" if named else EVERY_TABLE
    text = re.sub(r"\bON\s+TABLES\b", lambda _: f"ON {where}", statement.text[found.start() :], flags=re.IGNORECASE)
    grant(statement._replace(text=text), builder, location, dialect)


def member(statement: Statement, builder: Builder, location: Location) -> None:
    """T-SQL's ALTER ROLE r ADD MEMBER u (or DROP) and sp_addrolemember 'r', 'u'."""
    words = _words(statement.text, "tsql")
    names = [token.text for token in words.tokens]
    upper = [name.upper() for name in names]
    given = [token.text for token in words.tokens if token.quoted]
    at = upper.index("MEMBER") if "MEMBER" in upper else 0
    if 2 < at < len(names) - 1:
        role, user, added = names[2], names[at + 1], upper[at - 1] == "ADD"
    elif not at and len(given) > 1:
        role, user, added = given[-2], given[-1], any(name.endswith("ADDROLEMEMBER") for name in upper)
    else:
        raise NotUnderstood("a member of a role that is not understood")
    rights = _Rights(roles=[role])
    if added:
        builder.grants += _grants(rights, user, location)
    else:
        builder.grants = [left for old in builder.grants if (left := _left(old, rights, user, "tsql"))]


def forget(names: list[str], builder: Builder) -> None:
    """Drop the rights of accounts and roles that are dropped."""
    gone = {name.lower() for name in names}
    builder.grants = [g for g in builder.grants if g.grantee.lower() not in gone and g.role.lower() not in gone]


def _words(text: str, dialect: str) -> _Words:
    tokens: list[Token] = []
    for match in _TOKEN.finditer(blank_comments(text, dialect)):
        kind = match.lastgroup
        if kind == "quoted":
            inner, quote = match[0][1:-1], match[0][-1]
            tokens.append(Token(inner.replace(quote * 2, quote), quoted=True))
        elif kind:
            tokens.append(Token(match[0]))
        if len(tokens) > _MAX_TOKENS:
            raise NotUnderstood("a grant that is too long")
    return _Words([t for t in tokens if t.quoted or t.text != ";"])


def _read(words: _Words, dialect: str) -> _Rights:
    """What follows GRANT or REVOKE, up to the names of accounts."""
    items = _items(words)
    rights = _Rights()
    if words.take("ON"):
        rights.datasets = _objects(words, dialect)
        columns = _columns(words)
        for name, own in items:
            if name == "USAGE":  # MySQL's word for no right at all
                continue
            listed = own or columns
            rights.privileges += [f"{name}({column})" for column in listed] or [name]
    else:
        _without_table(items, rights, dialect)
    if not (words.take("TO") or words.take("FROM")):
        raise NotUnderstood("a grant that is not understood")
    rights.grantees = _grantees(words, dialect)
    return rights


def _items(words: _Words) -> list[tuple[str, list[str]]]:
    """The privileges or roles, each with its columns."""
    found: list[tuple[str, list[str]]] = []
    while words.more():
        name = words.name()
        quoted = words.tokens[words.at - 1].quoted
        while words.more() and words.peek() not in {"", ",", "(", "ON", "TO", "FROM", "@", "."}:
            name += f" {words.name()}"
        if words.take("@"):
            host = words.name()
            name = name if host == "%" else f"{name}@{host}"
        plain = name if quoted else name.upper().removesuffix(" PRIVILEGES")
        found.append((plain, _columns(words)))
        if not words.take(","):
            break
    return found


def _columns(words: _Words) -> list[str]:
    if not words.take("("):
        return []
    found = [words.name()]
    while words.take(","):
        found.append(words.name())
    if not words.take(")"):
        raise NotUnderstood("a grant that is not understood")
    return found


def _objects(words: _Words, dialect: str) -> list[str]:
    """The tables after ON; none when the rights are on something else."""
    whole = words.take("ALL", "TABLES", "IN", "SCHEMA") or words.take("ALL", "VIEWS", "IN", "SCHEMA")
    if dialect == "tsql" and words.take("SCHEMA", "::"):
        whole = True
    elif dialect == "tsql" and words.take("DATABASE", "::"):
        words.name()
        return [EVERY_TABLE]
    elif words.take("OBJECT", "::") or words.take("TABLE"):
        pass
    elif not whole and (words.peek() in _OTHER_OBJECTS or words.take("ALL")):
        while words.more() and words.peek() not in {"TO", "FROM"}:
            words.at += 1
        return []
    found: list[str] = []
    while True:
        name = words.name()
        while words.take("."):
            name += f".{words.name()}"
        found.append(f"{name}.*" if whole else name)
        if not words.take(","):
            return found


def _without_table(items: list[tuple[str, list[str]]], rights: _Rights, dialect: str) -> None:
    """Without ON: roles, or rights on everything."""
    for name, _ in items:
        if any_table := _ANY_TABLE.match(name):
            rights.privileges.append(any_table[1])
        elif name == ALL:
            rights.privileges.append(ALL)
        elif dialect == "tsql":
            if name in {*_RIGHTS, "CONTROL"}:
                rights.privileges.append(name)
        elif " " not in name:
            rights.roles.append(name)
    rights.roles = [role if role != role.upper() or dialect == "oracle" else role.lower() for role in rights.roles]
    rights.datasets = [EVERY_TABLE] if rights.privileges else []


def _grantees(words: _Words, dialect: str) -> list[str]:
    found: list[str] = []
    while words.more():
        identified = False
        if not words.tokens[words.at].quoted:
            _ = words.take("GROUP") or words.take("USER") or words.take("ROLE")
        quoted = words.tokens[words.at].quoted if words.more() else False
        name = words.name()
        while words.take("."):
            name += f".{words.name()}"
        if words.take("@"):
            host = words.name()
            while words.take("."):
                host += f".{words.name()}"
            name = (name or PUBLIC) if host == "%" else f"{name}@{host}"
        everybody = name.upper() == PUBLIC and (not quoted or dialect == "tsql")
        found.append(PUBLIC if everybody else name)
        while words.peek() == "IDENTIFIED" or (identified and words.more() and words.peek() != ","):
            identified = True  # MySQL's passwords are read over
            words.at += 1
        if not words.take(","):
            break
    return found


def _grants(rights: _Rights, grantee: str, location: Location) -> list[Grant]:
    return [
        *(
            Grant(grantee=grantee, privileges=tuple(rights.privileges), location=location, dataset=dataset)
            for dataset in rights.datasets
        ),
        *(Grant(grantee=grantee, privileges=(), location=location, role=role) for role in rights.roles),
    ]


def _left(old: Grant, rights: _Rights, grantee: str, dialect: str) -> Grant | None:
    """What is left of a right after it, or parts of it, are taken away; None when nothing is."""
    if old.grantee.lower() != grantee.lower():
        return old
    if old.role:
        return None if old.role.lower() in {role.lower() for role in rights.roles} else old
    if not any(_covers(dataset, old.dataset, dialect) for dataset in rights.datasets):
        return old
    taken = set(rights.privileges)
    if ALL in taken:
        return None
    have = _RIGHTS if old.privileges == (ALL,) else old.privileges
    kept = tuple(p for p in have if p not in taken and p.partition("(")[0] not in taken)
    if kept == have:
        return old
    return replace(old, privileges=kept) if kept else None


def _covers(taken: str, dataset: str, dialect: str) -> bool:
    """Whether rights on `taken` are those on `dataset`; of a whole schema in PostgreSQL, those on its tables."""
    one, other = taken.lower(), dataset.lower()
    if one in {other, EVERY_TABLE}:
        return True
    if dialect == "postgres" and one.endswith(".*"):
        return other.startswith(one[:-1])
    return "." not in one and one != "*" and other.rpartition(".")[2] == one
