"""The forms that logs of PostgreSQL have: how they begin, and who reads them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .log_cloud import inners, read_cloud
from .log_csvlog import csvlog_records
from .log_format import Format
from .log_jsonlog import is_jsonlog, jsonlog_records
from .log_pgaudit import read_psql
from .log_postgres import Statements
from .log_prefix import best
from .log_stderr import stderr_records
from .log_syslog import is_syslog, syslog_records
from .log_syslog import texts as syslog_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tutela.engine.events import Event, Hole

    from .log_format import Options
    from .log_lines import LogFile
    from .log_prefix import Prefix

_CSVLOG: Final = re.compile(
    r'"?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?(?: [A-Za-z+\-0-9:]+)"?,"?[^,]*,[^,]*,p?\d+,', re.ASCII
)
_AUDIT: Final = re.compile(r"AUDIT: (?:SESSION|OBJECT),\d+,\d+,", re.ASCII)
_PSQL: Final = re.compile(rf"(?:LOG|INFO|NOTICE|WARNING|DEBUG\d?):  {_AUDIT.pattern}", re.ASCII)
_SHOWN: Final = re.compile(
    r"(?:LOG|日志): {1,2}(?:AUDIT: |statement: |execute |duration: |语句: |执行)|(?:STATEMENT|语句):  ", re.ASCII
)


def _audited(head: Sequence[str]) -> bool:
    return any(_AUDIT.search(line) for line in head)


def _is_csvlog(head: Sequence[str]) -> bool:
    return any(_CSVLOG.match(line) and line.count(",") >= 13 for line in head[:50])


def _is_stderr(head: Sequence[str], options: Options) -> bool:
    if any(_SHOWN.search(line) for line in head):
        return True
    # To try all the prefixes that servers are known to have takes longer than to see that these are objects.
    lines = head if options.prefix else [line for line in head if not line.startswith("{")]
    return bool(lines) and best(options.prefixes(), lines) is not None


def _is_cloud(head: Sequence[str], options: Options) -> bool:
    if not head[0].lstrip().startswith(("{", "[")):
        return False
    held = inners(head)
    texts = [inner.text.partition("\n")[0] for inner in held if inner.text]
    return any(inner.audit or inner.record for inner in held) or bool(
        texts and best(options.prefixes(bare=True), texts)
    )


def _choose(file: LogFile, options: Options, texts: Sequence[str], known: Sequence[Prefix]) -> Prefix:
    """The prefix of a log; InputError when no line has one."""
    found = best(known, texts) if texts else options.prefix
    if found is None:
        if options.prefix is None:
            raise file.refuse("log-prefix-unknown", count=len(known))
        raise file.refuse("log-prefix", prefix=options.prefix.text)
    options.chosen(found.text)
    return found


def _statements(file: LogFile, options: Options, skip: Callable[[], None], name: str) -> Statements:
    return Statements(file, options.mapping.zone, skip, name)


def _csvlog(file: LogFile, options: Options, skip: Callable[[], None]) -> Iterator[Event | Hole]:
    return _statements(file, options, skip, "csvlog").read(csvlog_records(file))


def _jsonlog(file: LogFile, options: Options, skip: Callable[[], None]) -> Iterator[Event | Hole]:
    return _statements(file, options, skip, "jsonlog").read(jsonlog_records(file))


def _stderr(file: LogFile, options: Options, skip: Callable[[], None]) -> Iterator[Event | Hole]:
    prefix = _choose(file, options, file.head(), options.prefixes())
    return _statements(file, options, skip, "stderr").read(stderr_records(file, prefix))


def _syslog(file: LogFile, options: Options, skip: Callable[[], None]) -> Iterator[Event | Hole]:
    prefix = _choose(file, options, syslog_texts(file.head()), options.prefixes(bare=True))
    return _statements(file, options, skip, "syslog").read(syslog_records(file, prefix, options.year, skip))


def _cloud(file: LogFile, options: Options, skip: Callable[[], None]) -> Iterator[Event | Hole]:
    texts = [inner.text.partition("\n")[0] for inner in inners(file.head()) if inner.text]
    prefix = _choose(file, options, texts, options.prefixes(bare=True)) if texts else options.prefix
    return read_cloud(file, _statements(file, options, skip, "cloud"), prefix)


POSTGRES_FORMATS: Final[Mapping[str, Format]] = {
    "pgaudit-jsonlog": Format(lambda head, _: is_jsonlog(head[0]) and _audited(head), _jsonlog),
    "postgres-jsonlog": Format(lambda head, _: is_jsonlog(head[0]), _jsonlog),
    "postgres-cloud": Format(_is_cloud, _cloud),
    "postgres-syslog": Format(lambda head, _: is_syslog(head), _syslog),
    "pgaudit-csvlog": Format(lambda head, _: _is_csvlog(head) and _audited(head), _csvlog),
    "postgres-csvlog": Format(lambda head, _: _is_csvlog(head), _csvlog),
    "pgaudit-psql": Format(
        lambda head, _: any(_PSQL.match(line) for line in head), lambda file, _, skip: read_psql(file, skip)
    ),
    "pgaudit-stderr": Format(lambda head, _: _audited(head), _stderr),
    "postgres-stderr": Format(_is_stderr, _stderr),
}
"""In the order in which they are tried. A log with AUDIT records in its first lines is called after pgaudit; whatever
the name, all messages that show a statement are read."""
