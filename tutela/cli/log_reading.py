"""A decision log as the commands read it: entry by entry, the chain looked at on the way."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

import click

from .options import Instant
from .problems import choose, language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from tutela.connectors.decision_log_store import Reader
    from tutela.connectors.live_target import LiveOptions
    from tutela.engine.decision_log_chain import Keys
    from tutela.engine.decision_log_verify import Verifier
    from tutela.engine.errors import Lang, Problem


@dataclass(frozen=True, slots=True)
class Log:
    """A log that a command was given."""

    address: str
    options: LiveOptions
    keys: Keys | None
    lang: Lang

    def open(self) -> Reader:
        """Where its entries are read; InputError when there are none."""
        from tutela.connectors.decision_log_store import open_reader

        return open_reader(self.address, self.options)


def log_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ADDRESS, --key-file, --timeout, --password-env and --keyring; the command gets a `Log`.

    A command that has `project_options` speaks their language, any other one gets --lang.
    """

    @click.argument("address")
    @click.option("--key-file", default="", help="The file with the log's key.  [default: TUTELA_LOG_KEY]")
    @click.option(
        "--timeout",
        type=click.IntRange(1, 86_400),
        default=30,
        show_default=True,
        help="Seconds to connect to a database, and to wait for a lock.",
    )
    @click.option("--password-env", default="", help="The variable with the password.  [default: TUTELA_DB_PASSWORD]")
    @click.option("--keyring", default="", help="The service under which the keyring holds the password.")
    @wraps(function)
    def wrapped(  # noqa: PLR0913 (options)
        address: str,
        key_file: str,
        timeout: int,
        password_env: str,
        keyring: str,
        lang: str | None = None,
        **more: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        from tutela.connectors.decision_log import read_keys
        from tutela.connectors.live_target import LiveOptions

        choose(lang)
        options = LiveOptions(timeout=timeout, password_env=password_env, keyring=keyring)
        return function(log=Log(address, options, read_keys(key_file), language(lang)), **more)

    return wrapped


lang_option = click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of messages.")


def period_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --from and --to; the command gets a `Period`."""

    @click.option("--from", "since", type=Instant(), help="Only entries of this time and later.")
    @click.option("--to", "until", type=Instant(), help="Only entries before this time.")
    @wraps(function)
    def wrapped(since: datetime | None, until: datetime | None, **more: Any) -> Any:  # noqa: ANN401
        return function(period=Period(since, until), **more)

    return wrapped


@dataclass(frozen=True, slots=True)
class Period:
    """From when until when entries count, by the time at which their decision was made."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, entry: Mapping[str, Any]) -> bool:
        """Whether an entry counts; one without a readable time counts always."""
        if self.since is None and self.until is None:
            return True
        from tutela.engine.request import parse_time

        try:
            at = parse_time(entry.get("at"))
        except ValueError:
            return True
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)


@dataclass(slots=True)
class Reading:
    """One reading of a whole log; `breaks` is told of every problem of its chain as it is met."""

    log: Log
    verifier: Verifier
    breaks: Callable[[Problem], None]
    broken: int = 0
    lacking: int = field(default=0)
    """How many decisions the log says that it lacks."""

    def entries(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The text and the data of each entry that can be read, in their order; at the end the whole is looked at."""
        from tutela.engine.decision_log import UNRECORDED
        from tutela.engine.decision_log_chain import read_entry
        from tutela.engine.errors import Problem

        reader = self.log.open()
        for line in reader.lines():
            if line.torn:
                if not _written(reader):
                    self._tell([Problem(code="decision-log-torn", location=line.location)])
                continue
            self._tell(self.verifier.check(line.text, line.location, line.number))
            entry = read_entry(line.text)
            if entry is not None:
                if entry.get("kind") == UNRECORDED and isinstance(count := entry.get("count"), int):
                    self.lacking += count
                yield line.text.decode("utf-8", "backslashreplace"), entry
        self._tell(self.verifier.finish(reader.location, reader.head()))

    def _tell(self, problems: list[Problem]) -> None:
        self.broken += len(problems)
        for problem in problems:
            self.breaks(problem)


def _written(reader: Reader) -> bool:
    from tutela.connectors.decision_log_read import FileReader

    return isinstance(reader, FileReader) and reader.written()


def tell_break(lang: Lang, *, err: bool = True) -> Callable[[Problem], None]:
    """What says a break of the chain, on stderr or, where breaks are the result, on stdout."""
    from tutela.reports.text import visible

    def tell(problem: Problem) -> None:
        for line in problem.render(lang).splitlines():
            click.echo(visible(line), err=err)

    return tell


def shown_text(text: str) -> str:
    """An entry as it is stored; on a terminal, which would obey some letters, with those as escapes."""
    from tutela.reports.text import json_safe

    return json_safe(text) if sys.stdout.isatty() else text


def mentions(entry: Mapping[str, Any], part: str, names: tuple[str, ...]) -> bool:
    """Whether the subject or the resource of an entry has one of some ids."""
    request = entry.get("request")
    entity: object = cast("Mapping[str, object]", request).get(part) if isinstance(request, dict) else None
    return isinstance(entity, dict) and cast("Mapping[str, object]", entity).get("id") in names
