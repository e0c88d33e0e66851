"""The decision log as a project configures it: opened to record in, or to read."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

from tutela.engine.decision_log import Recorder
from tutela.engine.decision_log_chain import make_keys
from tutela.engine.decision_log_masks import Masks
from tutela.engine.errors import InputError, Location, Problem

from .live_target import LiveOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tutela.engine.authorizer import Authorizer
    from tutela.engine.decision_log_chain import Keys

    from .decision_log_writer import DecisionLog, WhenUnavailable

KEY: Final = "TUTELA_LOG_KEY"
_LARGEST_KEY: Final = 4096
_MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """The table `decision_log` of a project."""

    address: str
    """A file, or the address of a database."""
    request: str = "masked"
    """`masked`, or `full`: then a decision can be replayed, and the log holds personal data."""
    show: tuple[str, ...] = ()
    """Attributes that a masked request shows."""
    when_unavailable: WhenUnavailable = "fail_closed"
    queue: int = 10_000
    """How many entries may wait to be written."""
    timeout: int = 5
    """Seconds that a decision waits until it is recorded."""
    rotate_mib: int = 256
    """Size at which a file is full."""
    key_file: str = ""
    """The file that holds the key; empty = `TUTELA_LOG_KEY`, where it is set."""


def _is_texts(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(v, str) for v in cast("list[object]", value))


def _is_count(value: object) -> bool:
    return type(value) is int and 0 < value <= 10_000_000


_FORMS: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "address": (lambda value: isinstance(value, str) and bool(value) and "\0" not in value, "a text"),
    "request": (lambda value: value in ("masked", "full"), "`masked` or `full`"),
    "show": (_is_texts, "a list of texts"),
    "when_unavailable": (lambda value: value in ("fail_closed", "drop"), "`fail_closed` or `drop`"),
    "queue": (_is_count, "a whole number above 0"),
    "timeout": (_is_count, "a whole number above 0"),
    "rotate_mib": (_is_count, "a whole number above 0"),
    "key_file": (lambda value: isinstance(value, str), "a text"),
}
SETTINGS: Final = tuple(field.name for field in fields(LogSettings))


def read_settings(table: Mapping[str, Any], file: str) -> LogSettings:
    """The settings that a table holds; InputError lists everything that is wrong with them."""
    given: dict[str, Any] = {name.replace("-", "_"): value for name, value in table.items()}
    problems = [
        _wrong(file, name, "unknown", f"one of {', '.join(f'`{n}`' for n in SETTINGS)}")
        for name in given
        if name not in _FORMS
    ]
    if "address" not in given:
        problems.append(_wrong(file, "address", "missing", "a file, or the address of a database"))
    for name, (fits, expected) in _FORMS.items():
        if name in given and not fits(given[name]):
            problems.append(_wrong(file, name, "something else", expected))
    if problems:
        raise InputError(problems)
    show: tuple[str, ...] = tuple(given.pop("show", ()))
    return LogSettings(**given, show=show)


def _wrong(file: str, name: str, found: str, expected: str) -> Problem:
    args = {"key_": name, "found": found, "expected": expected}
    return Problem(code="decision-log-setting", location=Location(file), args=args)


def read_keys(key_file: str = "") -> Keys | None:
    """The secrets made of the log's key, from a file or `TUTELA_LOG_KEY`; None where there is neither.

    InputError when the file cannot be read, is open to others, or the key is too short.
    """
    if not key_file:
        found = os.environ.get(KEY)
        return make_keys(found.strip().encode(), Location(KEY)) if found else None
    place = Location(key_file)
    try:
        with Path(key_file).open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            data = stream.read(_LARGEST_KEY + 1)
    except (OSError, ValueError) as error:
        _unusable(place, (getattr(error, "strerror", None) or "its name is no name of a file").lower())
    if stat.S_ISREG(mode) and mode & (stat.S_IRWXG | stat.S_IRWXO):
        _unusable(place, "others than its owner may use it")
    if len(data) > _LARGEST_KEY:
        _unusable(place, f"it is larger than {_LARGEST_KEY} bytes")
    return make_keys(data.strip(), place)


def _unusable(place: Location, reason: str) -> NoReturn:
    raise InputError([Problem(code="decision-log-key-file", location=place, args={"reason": reason})])


def open_log(settings: LogSettings, options: LiveOptions | None = None) -> DecisionLog:
    """Open a log to record decisions in; `options` say how passwords of databases are found.

    InputError when it cannot be written, another process writes its file, or its last entry does not verify.
    """
    from .decision_log_store import open_store
    from .decision_log_writer import DecisionLog

    keys = read_keys(settings.key_file)
    given = options or LiveOptions()
    limited = LiveOptions(timeout=settings.timeout, password_env=given.password_env, keyring=given.keyring)
    store = open_store(settings.address, keys.chain if keys else None, limited, settings.rotate_mib * _MIB)
    return DecisionLog(
        store, when_unavailable=settings.when_unavailable, queue=settings.queue, timeout=settings.timeout
    )


def make_recorder(settings: LogSettings, authorizer: Authorizer) -> Recorder:
    """What makes the entries of a decision point; InputError when `show` names what no vocabulary declares.

    Works out the digests of policies and registers, so make it when they are loaded, not when somebody waits.
    """
    keys = read_keys(settings.key_file)
    masks = Masks(authorizer.policies.vocabulary, keys.values if keys else None, settings.show)
    return Recorder(authorizer, masks, full=settings.request == "full")
