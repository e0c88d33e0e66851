"""The address of a database, told apart without ever showing its password, and how it is to be read."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NoReturn
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from tutela.engine.errors import InputError, Location, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PASSWORD: Final = "TUTELA_DB_PASSWORD"  # noqa: S105 (the name of the variable)
FILES: Final = ("sqlite", "duckdb")
"""Databases that are a file."""

MAX_URL: Final = 4000
_ALIASES: Final = {"postgres": "postgresql", "mariadb": "mysql"}
_OWN_DRIVERS: Final = {"postgresql": "psycopg", "mysql": "pymysql", "sqlite": "pysqlite", "duckdb": ""}
_REASON: Final = 300

Step = Callable[[int, int], None]
"""Is told how many of how many queries are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOptions:
    """How live databases are read."""

    timeout: int = 30
    """Seconds for connecting, and for each query."""
    schemas: tuple[str, ...] = ()
    """Patterns (`crm`, `sales_*`); none = every schema that is not the system's."""
    password_env: str = ""
    """The variable that holds the password; empty = `TUTELA_DB_PASSWORD`, where it is set."""
    keyring: str = ""
    """The service under which the system's keyring holds the password."""
    step: Step = lambda _done, _total: None
    """Shows progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A parsed address; printing it shows no password."""

    kind: str
    """`postgresql`, `mysql`, `sqlite`, `duckdb`, or a dialect of SQLAlchemy."""
    driver: str = ""
    """The driver that the address asks for (`mssql+pymssql`), when it is not the one that is used anyway."""
    user: str = ""
    password: str | None = field(default=None, repr=False)
    host: str = ""
    port: int | None = None
    database: str = ""
    """Its name, or the path of its file."""
    options: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @property
    def location(self) -> Location:
        """The place that findings and problems carry: neither user nor password nor options."""
        if self.kind in FILES:
            return Location(f"{self.kind}:///{self.database}")
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f":{self.port}" if self.port else ""
        return Location(f"{self.kind}://{host}{port}/{self.database}")

    def fail(self, code: str, **args: object) -> NoReturn:
        """Raise an InputError about this database; no text of it holds a password."""
        if isinstance(reason := args.get("reason"), str):  # the driver's words
            args["reason"] = self._clean(reason)
        raise InputError([Problem(code=code, location=self.location, args=args)]) from None

    def _clean(self, text: str) -> str:
        line = " ".join(text.split())[:_REASON].rstrip(".")
        secrets = [self.password, *(self.options[name] for name in self.options if _secret(name))]
        for secret in secrets:
            if secret:
                line = line.replace(secret, "***").replace(quote(secret, safe=""), "***")
        return line


def parse_target(url: str) -> Target:
    """Take an address apart; raises InputError, which shows nothing of it but the kind."""
    scheme, _, rest = url.partition("://")
    kind, _, driver = scheme.lower().partition("+")
    kind = _ALIASES.get(kind, kind)
    if len(url) > MAX_URL or not url.isprintable() or not kind.isidentifier():
        _refuse(kind, "it is too long, or has characters that no address has")
    if driver == _OWN_DRIVERS.get(kind):
        driver = ""
    if kind in FILES:
        return _file(kind, driver, rest)
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
        query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:  # its text quotes the address
        _refuse(kind, "what stands after the last colon is no port, or a part is not well-formed")
    # An unquoted / ? # of a password ends the host too early: nothing after it may be taken for something else.
    if parts.fragment or "@" in parts.path + parts.query:
        _refuse(kind, "a character that must be quoted stands in the user's name or password")
    return Target(
        kind=kind,
        driver=driver,
        user=unquote(parts.username or ""),
        password=None if parts.password is None else unquote(parts.password),
        host=unquote(host or ""),
        port=port,
        database=unquote(parts.path.removeprefix("/")),
        options=dict(query),
    )


def _file(kind: str, driver: str, rest: str) -> Target:
    path, _, query = rest.partition("?")
    if not path.startswith("/") or len(path) == 1:
        _refuse(kind, f"it names no file; a file in this folder is `{kind}:///name`, any other `{kind}:////path/name`")
    options = dict.fromkeys((name for name, _ in parse_qsl(query, keep_blank_values=True)), "")
    return Target(kind=kind, driver=driver, database=unquote(path[1:]), options=options)


def _refuse(kind: str, reason: str) -> NoReturn:
    shown = kind if kind.isidentifier() else "..."
    problem = Problem(code="live-url", location=Location(f"{shown[:40]}://..."), args={"reason": reason})
    raise InputError([problem])


def find_password(target: Target, options: LiveOptions) -> str | None:
    """The password of the address, the named variable, the keyring or `TUTELA_DB_PASSWORD`; None = the driver's own."""
    if target.password is not None:
        return target.password
    if options.password_env:
        found = os.environ.get(options.password_env)
        if found is None:
            target.fail("live-password-variable", name=options.password_env)
        return found
    if options.keyring:
        return _from_keyring(target, options.keyring)
    return os.environ.get(PASSWORD)


def _from_keyring(target: Target, service: str) -> str:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        target.fail("live-keyring", reason="the package `keyring` is not installed")
    try:
        found = keyring.get_password(service, target.user)
    except (KeyringError, RuntimeError, OSError) as error:
        target.fail("live-keyring", reason=f"{type(error).__name__}")
    if found is None:
        target.fail("live-keyring", reason=f"it has no entry `{service}` for the user `{target.user}`")
    return found


def chosen_schemas(target: Target, found: Iterable[str], patterns: tuple[str, ...]) -> list[str]:
    """Those of some schemas that fit a pattern, all of them without one; raises InputError when one fits none."""
    names = sorted(found)
    problems = [
        Problem(
            code="live-schema",
            location=target.location,
            args={"pattern": pattern, "schemas": ", ".join(names[:20]) or "-"},
        )
        for pattern in patterns
        if not any(fnmatchcase(name, pattern) for name in names)
    ]
    if problems:
        raise InputError(problems)
    return [name for name in names if not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)]


def _secret(option: str) -> bool:
    return any(word in option.lower() for word in ("pass", "pwd", "secret", "token", "key"))
