"""A second chance for a CREATE TABLE that sqlglot refuses: blank out what does not concern its columns.

Everything blanked becomes spaces, so that offsets stay right; every column keeps at least its name and type.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from .ddl_split import blank_comments

if TYPE_CHECKING:
    from collections.abc import Callable

_TOKEN: Final = re.compile(
    r"'(?:[^'\\]++|\\.|'')*+'|\"[^\"]*+\"|`[^`]*+`|\[[^\]\n]*+\]|[(),]",
    re.DOTALL,
)
_STRICT: Final = re.compile(_TOKEN.pattern.replace(r"[^'\\]++|\\.|''", "[^']++|''"), _TOKEN.flags)
"""The same where a backslash is a character as any other."""
_CONSTRAINT: Final = re.compile(
    r"\s*(?:CONSTRAINT|PRIMARY\s+KEY|FOREIGN\s+KEY|UNIQUE|KEY|INDEX|FULLTEXT|SPATIAL|EXCLUDE|CHECK|PERIOD)"
    r"(?:\s+[`\"\[]?[\w$]+[`\"\]]?){0,6}\s*\(",
    re.IGNORECASE,
)
_KINDS: Final = re.compile(
    r"\bCREATE\s+(?:OR\s+REPLACE\s+)?(FOREIGN|COLUMN|ROW|IMMUTABLE|BLOCKCHAIN|DUPLICATED|SHARDED)\b", re.IGNORECASE
)
_NAME_TYPE: Final = re.compile(
    r"\s*(?:`[^`]+`|\"[^\"]+\"|\[[^\]]+\]|[\w$#]+)\s+"
    r"(?:\"?\w+\"?\s*\.\s*)?(?:\"\w+\"|\[\w+\]|\w+)(?:\s+(?:VARYING|PRECISION|UNSIGNED))?"
    r"(?:\s*\([^()']{0,200}\))?(?:\[\])*",
    re.IGNORECASE,
)
_KEEP: Final = re.compile(
    r"\bNOT\s+NULL\b|\bPRIMARY\s+KEY\b|\bCOMMENT\s+(?:'(?:[^'\\]++|\\.|'')*+'|\"(?:[^\"\\]++|\\.)*+\")"
    r"|\bAUTO_INCREMENT\b|\bIDENTITY\s*\(\s*\d+\s*,\s*\d+\s*\)|\bGENERATED\s+(?:ALWAYS|BY\s+DEFAULT)\s+AS\s+IDENTITY\b"
    r"|\bGENERATED\s+ALWAYS\s+AS\s*\((?:[^()']++|'[^']*+'|\((?:[^()']++|'[^']*+')*+\))*+\)",
    re.IGNORECASE,
)
_KEY: Final = re.compile(r"\b(?:PRIMARY|FOREIGN)\s+KEY\b", re.IGNORECASE)
_KEY_COLUMNS: Final = re.compile(
    r"(?:PRIMARY|FOREIGN)\s+KEY\s*\([^()]*\)(?:\s*REFERENCES\s+[^\s(,]+\s*(?:\([^()]*\))?)?", re.IGNORECASE
)
_PARENTS: Final = re.compile(r"\bINHERITS\s*\([^()]*\)", re.IGNORECASE)
_QUERY: Final = re.compile(r"\bAS\s*\(?\s*(?:SELECT|WITH|VALUES|TABLE|EXECUTE)\b|\bSELECT\b", re.IGNORECASE)
_ANOTHER: Final = re.compile(r"\b(?:CREATE|ALTER)\s+\w", re.IGNORECASE)
_CLUSTER: Final = re.compile(r"\b(?:NOT\s+)?CLUSTER\s+(?=(?:PRIMARY|UNIQUE)\b)", re.IGNORECASE)
_TABLE_COMMENT: Final = re.compile(r"\bCOMMENT\s*=\s*'(?:[^'\\]++|\\.|'')*+'", re.IGNORECASE)
_SPELLED: Final = re.compile(
    r"'(?:[^']++|'')*+'|\"[^\"]*+\"|(?<=[\w)]\s)(?P<array>ARRAY)\b(?!\s*\[)|\b(?P<kind>BIT|NCHAR)\s+VARYING\b",
    re.IGNORECASE,
)
"""Types as the standard spells them: an array, which sqlglot takes only at the end, and those that it does not know."""
_SHORT: Final = {"BIT": "varbit", "NCHAR": "varchar"}
_STORED: Final = re.compile(
    r"'(?:[^']++|'')*+'|\"[^\"]*+\"|(?P<option>\bUSING\s+INDEX\b(?:\s*(?:\b(?:(?:PCTFREE|INITRANS|MAXTRANS)\s+\d+"
    r"|COMPUTE\s+STATISTICS|(?:NO)?COMPRESS(?:\s+\d+)?|(?:NO)?LOGGING|(?:NO)?REVERSE|LOCAL|GLOBAL"
    r"|TABLESPACE\s+(?:\"[^\"]+\"|[\w$#]+))(?!\w)|STORAGE\s*\([^()]*\)))*+"
    r"|(?<=[\s)])(?:ENABLE|DISABLE)(?:\s+(?:NO)?VALIDATE)?(?=\s*[,)]|\s+(?:CONSTRAINT|NOT|CHECK|PRIMARY|UNIQUE)\b))",
    re.IGNORECASE,
)
"""How Oracle keeps an index and whether it heeds a constraint: nothing about columns."""
_MAX_ELEMENTS: Final = 4000


class Element(NamedTuple):
    """One part between the commas of a table definition."""

    start: int
    end: int


def relaxed(text: str, parses: Callable[[str], bool], dialect: str) -> str | None:
    """The statement with only its columns, such that every one parses; None when that cannot be had."""
    plain = _KINDS.sub(lambda m: m[0][: m.start(1) - m.start()] + " " * len(m[1]), text, count=1)
    plain = _CLUSTER.sub(lambda m: " " * len(m[0]), blank_comments(plain, dialect))
    token = _TOKEN if dialect == "mysql" else _STRICT
    if dialect == "postgres":
        plain = _SPELLED.sub(_respelled, plain)
    body, elements = _elements(plain, token)
    end = elements[-1].end + 1 if elements else 0
    if dialect == "tsql" and end and not plain[elements[-1].start : end - 1].strip():
        elements.pop()  # T-SQL takes a comma behind the last element
    if body < 0 or not 0 < len(elements) <= _MAX_ELEMENTS:
        return None
    pieces: list[str] = []
    for element in elements:
        part = plain[element.start : element.end]
        if not part.strip():
            return None
        if _CONSTRAINT.match(part):
            pieces.append(_key(part, parses))
        else:
            kept = part if parses(f"CREATE TABLE t ({part}, x int)") else _trimmed(part)
            if kept is not part and not parses(f"CREATE TABLE t ({kept})"):
                return None
            pieces.append(kept)
    rest = _rest(plain, end)
    return None if rest is None else plain[:body] + _joined(pieces) + ")" + rest


def _respelled(found: re.Match[str]) -> str:
    """A type in the short spelling of PostgreSQL, as long as it was; what stands in quotes as it is."""
    short = "[]" if found["array"] else _SHORT[found["kind"].upper()] if found["kind"] else found[0]
    return short.ljust(len(found[0]))


def without_storage(text: str) -> str:
    """A table of Oracle without where its rows lie and which of its constraints are on; offsets stay right."""
    plain = _STORED.sub(lambda m: _spaces(m[0]) if m["option"] else m[0], blank_comments(text, "oracle"))
    body, elements = _elements(plain, _STRICT)
    if body < 0 or not elements:
        return plain
    end = elements[-1].end + 1
    rest = _rest(plain, end)
    return plain if rest is None else plain[:end] + rest


def _rest(plain: str, start: int) -> str | None:
    """What follows the columns and brings others, or says what they hold; None when another statement follows."""
    bare = _TOKEN.sub(lambda m: m[0] if m[0] in "(),[" else "x" * len(m[0]), plain[start:])
    if _ANOTHER.search(bare):
        return None
    note = _TABLE_COMMENT.search(plain, start)
    parents, query = _PARENTS.search(plain, start), _QUERY.search(bare)
    pieces = [note and note[0], parents and parents[0], query and plain[start + query.start() :]]
    return "".join(f" {piece}" for piece in pieces if piece)


def _key(part: str, parses: Callable[[str], bool]) -> str:
    """A constraint as far as it is a key and can be parsed, of the same length."""
    found = _KEY.search(part)
    if found is None:
        return _spaces(part)
    if parses(f"CREATE TABLE t (x int, {part})"):
        return part
    named = _KEY_COLUMNS.search(part, found.start())
    less = _spaces(part[: found.start()]) + named[0] + _spaces(part[named.end() :]) if named else ""
    return less if less and parses(f"CREATE TABLE t (x int, {less})") else _spaces(part)


def _elements(text: str, token: re.Pattern[str]) -> tuple[int, list[Element]]:
    """Where the body starts (-1 = nowhere), and the parts between its outermost commas."""
    depth, begin, body = 0, 0, -1
    found: list[Element] = []
    for match in token.finditer(text):
        if match[0] == "(":
            depth += 1
            if depth == 1:
                body = begin = match.end()
        elif match[0] == "," and depth == 1:
            found.append(Element(begin, match.start()))
            begin = match.end()
        elif match[0] == ")":
            depth -= 1
            if depth == 0:
                found.append(Element(begin, match.start()))
                return body, found
    return -1, []


def _joined(pieces: list[str]) -> str:
    """The parts with commas between those that are not blank; the length stays the same."""
    result: list[str] = []
    written = False
    for index, piece in enumerate(pieces):
        if index:
            result.append("," if written and piece.strip() else " ")
        written = written or bool(piece.strip())
        result.append(piece)
    return "".join(result)


def _trimmed(part: str) -> str:
    """A column's name and type, NOT NULL and its comment; the rest is spaces."""
    first = _NAME_TYPE.match(part)
    if first is None:
        return part + " "
    kept = [(first.start(), first.end()), *((m.start(), m.end()) for m in _KEEP.finditer(part, first.end()))]
    result, at = "", 0
    for start, end in kept:
        result += _spaces(part[at:start]) + part[start:end]
        at = end
    return result + _spaces(part[at:])


def _spaces(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)
