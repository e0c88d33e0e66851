"""A SQL script as statements, each with its offset: in one pass, so that a bad one never loses the others.

Knows quotes, dollar quotes, comments, `DELIMITER`, `GO` and `/` lines, the data of `COPY ... FROM stdin`, and
the line commands of client programs. A statement also ends where a line starts with `CREATE TABLE`
(T-SQL needs no semicolons, and a missing one must not hide a table).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple


class Statement(NamedTuple):
    """One statement: its text, where it starts (in code points of the script), and what is wrong with it."""

    text: str
    offset: int
    head: str
    """Its first words in capitals without comments, names as written: `CREATE TABLE T (ID INT...`."""
    depth: int = 0
    """How deep its brackets nest."""
    broken: str = ""
    """Why its end could not be found (an unterminated quote); empty when it is whole."""
    schema: str = ""
    """The head of the CREATE SCHEMA statement of which it is an element."""


_TABLE_WORDS: Final = (
    r"(?:OR\s+REPLACE\s+|GLOBAL\s+|LOCAL\s+|PRIVATE\s+|TEMP\s+|TEMPORARY\s+|UNLOGGED\s+|EXTERNAL\s+|FOREIGN\s+|"
    r"VIRTUAL\s+|COLUMN\s+|ROW\s+|IMMUTABLE\s+|BLOCKCHAIN\s+|DUPLICATED\s+|SHARDED\s+|TRANSIENT\s+){0,4}"
)
CREATE_TABLE: Final = re.compile(rf"CREATE\s+{_TABLE_WORDS}TABLE\b", re.IGNORECASE)
"""The start of a statement that makes a table."""

_COMMON: Final = (
    r"(?P<comment>--[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/)"
    r"|(?P<end>;)|(?P<open>\()|(?P<close>\))"
    r"|(?P<dollar>(?<![\w$])\$(?:[^\W\d]\w*+)?\$)"
    r"|(?P<go>^[ \t]*+GO(?:[ \t]++\d{1,9}+)?[ \t]*+;?[ \t]*+\r?$)"
    r"|(?P<slash>^/[ \t]*+\r?$)"
    r"|(?P<delimiter>^[ \t]*+DELIMITER[ \t]++(?P<mark>\S{1,20})[^\n]*+)"
    r"|(?P<client>^(?:[ \t]*+\\[^\n]*+|(?:mysqldump|mariadb-dump|pg_dump(?:all)?):[^\n]*+|"
    r"(?:PROMPT|REM|REMARK|SPOOL|WHENEVER|@@?\S*|:r|SOURCE|"
    r"START(?=[ \t]++[^\s;]+\.sql\b)|ACCEPT|CLEAR|COLUMN|DEFINE|UNDEFINE|VARIABLE|HOST|PAUSE|TIMING|TTITLE|BTITLE|"
    r"SET[ \t]++(?:DEFINE|ECHO|FEEDBACK|"
    r"SQLBLANKLINES|SERVEROUTPUT|TERMOUT|VERIFY|SCAN|LINESIZE|PAGESIZE|HEADING))"
    r"(?:[ \t][^\n]*+)?|\.[a-z][^\n]*+)\r?$)"
    rf"|(?P<table>^[ \t]*+CREATE\s+{_TABLE_WORDS}TABLE\b)"
    r"|(?P<verb>^[ \t]*+(?:CREATE|ALTER|DROP|INSERT|EXEC|EXECUTE|SET|PRINT|"
    r"IF|GRANT(?!\s++OPTION)|REVOKE|DENY|USE|DECLARE|UPDATE|DELETE|SELECT|BEGIN|END)\b)"
    r"|(?P<element>\b(?:CREATE\s++(?:TABLE|VIEW)|ALTER\s++TABLE|GRANT(?!\s++OPTION))\b)"
)
_STRING_ESCAPED: Final = r"'(?:[^'\\]++|\\.|'')*+'|\"(?:[^\"\\]++|\\.|\"\")*+\"|`(?:[^`]++|``)*+`"
_STRING: Final = r"(?<![\w])[eE]'(?:[^'\\]++|\\.|'')*+'|'(?:[^']++|'')*+'|\"(?:[^\"]++|\"\")*+\"|`(?:[^`]++|``)*+`"
_FLAGS: Final = re.IGNORECASE | re.MULTILINE | re.DOTALL
_FEW: Final = r".{0,100000}?"
_SCANNERS: Final = {
    "mysql": re.compile(rf"(?P<quoted>{_STRING_ESCAPED})|(?P<hash>\#[^\n]*+)|{_COMMON}|(?P<bad>['\"`]|/\*)", _FLAGS),
    "tsql": re.compile(rf"(?P<quoted>{_STRING}|\[(?:[^\]\n]++|\]\])*+\])|{_COMMON}|(?P<bad>['\"`]|/\*)", _FLAGS),
    "oracle": re.compile(
        rf"(?P<quoted>(?<!\w)n?q'(?:\[{_FEW}\]|\{{{_FEW}\}}|\({_FEW}\)|<{_FEW}>|(?P<mark_q>[^\s\[{{(<]){_FEW}(?P=mark_q))'"
        rf"|{_STRING})|{_COMMON}|(?P<bad>['\"`]|/\*)",
        _FLAGS,
    ),
    "": re.compile(rf"(?P<quoted>{_STRING})|{_COMMON}|(?P<bad>['\"`]|/\*)", _FLAGS),
}
_ROUTINE: Final = re.compile(
    r"(?:CREATE|ALTER)\s+(?:OR\s+(?:REPLACE|ALTER)\s+)?(?:DEFINER\s*=\s*\S+\s+)?"
    r"(?:(?:NON)?EDITIONABLE\s+|TEMP\s+|CONSTRAINT\s+)?"
    r"(?:FUNCTION|PROC|PROCEDURE|TRIGGER|PACKAGE|EVENT|TYPE\s+BODY)\b",
)
_BLOCK: Final = re.compile(r"(?:DECLARE|BEGIN)\b(?!\s*(?:;|TRAN|WORK|$))")
_BODY: Final = re.compile(r"\b(?:BEGIN|DECLARE|IS|AS)\b", re.IGNORECASE)
_ATOMIC: Final = re.compile(r"\bBEGIN\s+ATOMIC\b", re.IGNORECASE)
_ENDED: Final = re.compile(r"\bEND\b[\s\w$\"]{0,80}\Z", re.IGNORECASE)
_COPY: Final = re.compile(r"COPY\b.{0,2000}\bFROM\s+STDIN\b", re.DOTALL | re.IGNORECASE)
_COPY_END: Final = re.compile(r"^\\\.[ \t]*\r?$", re.MULTILINE)
_NOTES: Final = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUOTED_OR_NOTE: Final = {
    escaped: re.compile(rf"{string}|\"[^\"]*+\"|`[^`]*+`|(?P<line>--[^\n]*+)|(?P<open>/\*)", re.DOTALL)
    for escaped, string in {
        True: r"'(?:[^'\\]++|\\.|'')*+'",
        False: r"(?<!\w)[eE]'(?:[^'\\]++|\\.|'')*+'|'(?:[^']++|'')*+'",
    }.items()
}
"""Quotes and comments, by whether a backslash escapes in every text."""
_SPACES: Final = re.compile(r"\s+")
_BLANK: Final = re.compile(r"\s*+")
_EXECUTABLE: Final = re.compile(r"/\*M?!\d*")
_NEXT_LINE_TABLE: Final = re.compile(rf"^[ \t]*+CREATE\s+{_TABLE_WORDS}TABLE\b", re.IGNORECASE | re.MULTILINE)
_HEAD: Final = 600
_WORD: Final = re.compile(r"\w")
_DATA: Final = re.compile(r"(?:INSERT|REPLACE)\b", re.IGNORECASE)
_MAX_BROKEN: Final = 50


def reveal(text: str) -> str:
    """Make MySQL's executable comments (`/*!40101 ... */`) plain text of the same length."""
    parts: list[str] = []
    at = 0
    while opening := _EXECUTABLE.search(text, at):
        close = text.find("*/", opening.end())
        if close < 0:
            break
        parts += [text[at : opening.start()], " " * len(opening[0]), text[opening.end() : close], "  "]
        at = close + 2
    return "".join((*parts, text[at:]))


def blank_comments(text: str, dialect: str) -> str:
    """The text of a statement with spaces in place of its comments; what stands in quotes stays."""
    pattern = _QUOTED_OR_NOTE[dialect == "mysql"]
    parts: list[str] = []
    at = 0
    while match := pattern.search(text, at):
        end = match.end()
        if match["open"]:
            close = text.find("*/", end)
            end = close + 2 if close >= 0 else len(text)
        note = match["open"] or match["line"]
        parts += [text[at : match.start()], _spaces(text[match.start() : end]) if note else match[0]]
        at = end
    return "".join((*parts, text[at:]))


def _spaces(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def split(text: str, dialect: str) -> list[Statement]:
    """The statements of a script in order; client commands and comments between them are left out."""
    return _Splitter(reveal(text) if dialect == "mysql" else text, dialect).run()


def head_of(text: str) -> str:
    """The first words of a statement in capitals, comments taken out."""
    return _SPACES.sub(" ", _NOTES.sub(" ", text[:_HEAD])).strip().upper()


@dataclass(slots=True)
class _Splitter:
    text: str
    dialect: str
    found: list[Statement] = field(default_factory=list[Statement])
    start: int = -1
    """Where the statement that is being read starts; -1 between statements."""
    depth: int = 0
    deepest: int = 0
    schema: str = ""
    at: int = 0
    broken: int = 0
    last_slash: int = -1

    def __post_init__(self) -> None:
        if self.dialect == "oracle":
            self.last_slash = max((m.start() for m in _SLASH.finditer(self.text)), default=-1)

    def run(self) -> list[Statement]:
        scanner = _SCANNERS.get(self.dialect, _SCANNERS[""])
        while match := scanner.search(self.text, self.at):
            self._gap(self.at, match.start())
            self.at = match.end()
            self._token(match, match.lastgroup or "")
        self._gap(self.at, len(self.text))
        self._finish(len(self.text), cut=self.depth > 0)
        return self.found

    def _gap(self, begin: int, end: int) -> None:
        """Text between two tokens: the first that is not blank starts a statement."""
        if self.start < 0:
            blank = _BLANK.match(self.text, begin, end)
            first = blank.end() if blank else begin
            if first < end:
                self._begin(first)

    def _begin(self, at: int) -> None:
        self.start = at
        self.depth = self.deepest = 0

    def _token(self, match: re.Match[str], kind: str) -> None:
        if kind in {"comment", "hash"}:
            return
        if kind == "quoted" and match[0][-1] == "'" and _WORD.match(self.text, match.end()) and self._in_data():
            self.on_unterminated(match, "a quote that is not closed, or stands inside a text")
            return
        handler = _HANDLERS.get(kind)
        if handler:
            handler(self, match)
        elif self.start < 0:
            self._begin(match.start())

    def on_open(self, match: re.Match[str]) -> None:
        if self.start < 0:
            self._begin(match.start())
        self.depth += 1
        self.deepest = max(self.deepest, self.depth)

    def on_close(self, _match: re.Match[str]) -> None:
        self.depth = max(0, self.depth - 1)

    def on_end(self, match: re.Match[str]) -> None:
        if self.start < 0 or self._inside_routine(match.start()):
            return
        text = self.text[self.start : self.start + 2100]
        self._finish(match.start(), whole=True)
        if _COPY.match(text):
            end = _COPY_END.search(self.text, self.at)
            self.at = end.end() if end else len(self.text)

    def _inside_routine(self, at: int) -> bool:
        """Tell whether a semicolon is one of a procedure's body and not its end."""
        head = self._head(at)
        block = self.dialect == "oracle" and _BLOCK.match(head)
        if not block and not _ROUTINE.match(head):
            return False
        if at < self.last_slash:
            return True
        if self.dialect == "postgres" and not _ATOMIC.search(self.text, self.start, min(at, self.start + 4000)):
            return False
        body = self.text[max(self.start, at - 200) : at]
        return bool(_BODY.search(self.text, self.start, min(at, self.start + 4000))) and not _ENDED.search(body)

    def on_hard_end(self, match: re.Match[str]) -> None:
        """`GO`, `/` on its own line: an end whatever is open."""
        self._finish(match.start(), whole=True)

    def on_client(self, match: re.Match[str]) -> None:
        """A client's own command is one only between statements; a backslash at a line's start always is."""
        if self.start < 0:
            if found := _INCLUDE.match(match[0].strip()):
                name = found["file"].strip("'\"").rstrip(";")
                self.found.append(Statement(name, match.start(), INCLUDE))
            elif found := _CONNECT.match(match[0].strip()):
                self.found.append(Statement(found[1], match.start(), CONNECT))
            return
        if self.depth == 0 and match[0].startswith("\\"):
            self._finish(match.start(), whole=True)
            self.on_client(match)
        else:
            self.at = match.start() + 1

    def on_delimiter(self, match: re.Match[str]) -> None:
        """Everything up to the delimiter is one statement, until `DELIMITER ;`."""
        if self.start >= 0 and self.depth:
            return
        self._finish(match.start(), whole=True)
        mark, last = match["mark"], len(self.text)
        while mark != ";" and self.at < last:
            change = _DELIMITER.search(self.text, self.at)
            stop = change.start() if change else last
            while (end := self.text.find(mark, self.at, stop)) >= 0:
                self._piece(self.at, end)
                self.at = end + len(mark)
            self._piece(self.at, stop)
            self.at = change.end() if change else last
            mark = change["mark"] if change else ";"

    def _piece(self, begin: int, end: int) -> None:
        piece = self.text[begin:end]
        if head := head_of(piece):
            lead = len(piece) - len(piece.lstrip())
            self.found.append(Statement(piece.strip(), begin + lead, head))

    def on_dollar(self, match: re.Match[str]) -> None:
        """A dollar-quoted text; elsewhere than in PostgreSQL a dollar is part of a name."""
        if self.start < 0:
            self._begin(match.start())
        if self.dialect in {"postgres", ""}:
            end = self.text.find(match[0], match.end())
            if end < 0:
                self.on_unterminated(match)
            else:
                self.at = end + len(match[0])

    def on_table(self, match: re.Match[str]) -> None:
        """A line that starts a table ends what stands before it; an indented one in a procedure does not."""
        indented = match[0][0] in " \t" and self.dialect != "postgres"
        if self.start >= 0 and not (indented and self.blocks_split(match.start())):
            self._finish(match.start())
        if self.start < 0:
            self._begin(match.end() - len(match[0].lstrip()))

    def blocks_split(self, at: int) -> bool:
        head = self._head(at)
        return bool(_ROUTINE.match(head)) or head.startswith(("GRANT", "REVOKE", "EXPLAIN"))

    def _own(self, match: re.Match[str], head: str) -> bool:
        """Tell whether a line of T-SQL begins a statement by its first word alone, whatever stands before it."""
        word = match[0].strip().upper()
        if word in _RIGHTS:
            return not _ROUTINE.match(head)
        if word == "DROP":  # after IF it may not happen, and nothing is taken away on a guess
            return head.split(" ", 1)[0] in _ONE_LINERS
        return word in _OWN_STATEMENT and not self.blocks_split(match.start())

    def on_verb(self, match: re.Match[str]) -> None:
        """A new statement without a semicolon before it, as T-SQL allows, or an element of CREATE SCHEMA."""
        begin = match.end() - len(match[0].lstrip())
        if self.start >= 0 and self.depth == 0 and _ELEMENT.match(self.text, begin) and self._in_schema(begin):
            self._finish(begin)
        if self.start >= 0 and self.depth == 0 and self.dialect == "tsql":
            head = self._head(match.start())
            inside = head.startswith("ALTER TABLE") and _ALTERS.match(self.text, match.start())
            inside = inside or _AS.search(self.text, max(self.start, match.start() - 200), match.start())
            if inside or not (
                self._own(match, head) or head.startswith(("ALTER TABLE", "DROP ", "EXEC")) or CREATE_TABLE.match(head)
            ):
                self.at = match.start() + len(match[0])
            else:
                self._finish(match.start())
        if self.start < 0:
            self._begin(begin)

    def on_element(self, match: re.Match[str]) -> None:
        """`CREATE TABLE` within a line: an element of CREATE SCHEMA, after another table, or words of a statement."""
        if self.start < 0:
            self._begin(match.start())
        elif self.depth == 0 and (self._in_schema(match.start()) or self._after_table(match)):
            self._finish(match.start())
            self._begin(match.start())

    def _after_table(self, match: re.Match[str]) -> bool:
        return match[0][:1] in "CcAa" and bool(_TABLE_HEAD.match(self._head(match.start())))

    def _in_schema(self, at: int) -> bool:
        """Tell whether what stands here belongs to CREATE SCHEMA: its elements have no semicolons between them."""
        return bool(self.schema) or self._head(at).startswith("CREATE SCHEMA")

    def _head(self, at: int) -> str:
        return head_of(self.text[self.start : min(at, self.start + _HEAD)])

    def _in_data(self) -> bool:
        """Tell whether rows are being read: there a quote is followed by no word unless another is missing."""
        return self.start >= 0 and bool(_DATA.match(self.text, self.start))

    def on_unterminated(self, match: re.Match[str], reason: str = "") -> None:
        """A quote without its end: give up this statement, go on at the next line that starts a table."""
        begin = self.start if self.start >= 0 else match.start()
        self.broken += 1
        after = _NEXT_LINE_TABLE.search(self.text, begin + 1) if self.broken < _MAX_BROKEN else None
        end = after.start() if after else len(self.text)
        text = self.text[begin:end]
        self.found.append(Statement(text, begin, head_of(text), self.deepest, reason or f"unterminated {match[0]}"))
        self.start, self.at = -1, end

    def _finish(self, end: int, *, whole: bool = False, cut: bool = False) -> None:
        """End the statement being read; `whole` when a terminator says so, which also ends CREATE SCHEMA.

        At the end of the script a bracket that is still open says that it was `cut` off.
        """
        schema = self.schema
        if self.start >= 0:
            text = self.text[self.start : end].rstrip()
            head = head_of(text) or text[:40].upper()
            broken = "the statement is cut off" if cut else ""
            self.found.append(Statement(text, self.start, head, self.deepest, broken, schema))
            if head.startswith("CREATE SCHEMA"):
                self.schema = text[:_HEAD]
        if whole:
            self.schema = ""
        self.start = -1


INCLUDE: Final = "\\include"
"""The head of a client's command that reads another script; the statement's text is the name of the file."""
CONNECT: Final = "\\connect"
"""The head of psql's change to another database; the statement's text is its name."""
_CONNECT: Final = re.compile(r"\\c(?:onnect)?[ \t]+(?:-reuse-previous=\w+[ \t]+)?(\S.*)")
_INCLUDE: Final = re.compile(
    r"(?:\\(?:i|ir|include|include_relative)[ \t]+|\\\.[ \t]+|source[ \t]+|@@?[ \t]*(?![^\s;]++[ \t]*:?=)"
    r"|start[ \t]+|\.read[ \t]+|:r[ \t]+)"
    r"(?P<file>'[^']+'|\"[^\"]+\"|[^\s;]+)",
    re.IGNORECASE,
)
_DELIMITER: Final = re.compile(r"^[ \t]*+DELIMITER[ \t]++(?P<mark>\S{1,20})[^\n]*", re.IGNORECASE | re.MULTILINE)
_SLASH: Final = re.compile(r"^/[ \t]*+\r?$", re.MULTILINE)
_TABLE_HEAD: Final = re.compile(rf"(?:CREATE\s+{_TABLE_WORDS}|ALTER\s+)TABLE\b", re.IGNORECASE)
_ELEMENT: Final = re.compile(
    r"(?:CREATE\s+(?:TABLE|VIEW|RECURSIVE|(?:UNIQUE\s+)?INDEX|SEQUENCE|TRIGGER)|GRANT)\b", re.IGNORECASE
)
"""What may stand inside CREATE SCHEMA."""
_OWN_STATEMENT: Final = frozenset({"ALTER", "EXEC", "EXECUTE"})
_RIGHTS: Final = frozenset({"GRANT", "REVOKE", "DENY"})
_ONE_LINERS: Final = _RIGHTS | {"DROP", "INSERT", "UPDATE", "DELETE", "SELECT", "SET", "PRINT", "USE", "TRUNCATE"}
_AS: Final = re.compile(r"\bAS\s*\Z", re.IGNORECASE)
"""A query follows."""
_ALTERS: Final = re.compile(
    r"\s*(?:ALTER\s+COLUMN|DROP\s+(?!(?:TABLE|VIEW|PROC|PROCEDURE|FUNCTION)\s)|SET\s*\()", re.IGNORECASE
)
"""Lines within an ALTER TABLE that begin as a statement does."""
_HANDLERS: Final = {
    "open": _Splitter.on_open,
    "close": _Splitter.on_close,
    "end": _Splitter.on_end,
    "go": _Splitter.on_hard_end,
    "slash": _Splitter.on_hard_end,
    "client": _Splitter.on_client,
    "delimiter": _Splitter.on_delimiter,
    "dollar": _Splitter.on_dollar,
    "table": _Splitter.on_table,
    "verb": _Splitter.on_verb,
    "element": _Splitter.on_element,
    "bad": _Splitter.on_unterminated,
}
