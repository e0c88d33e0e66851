"""Addresses of databases: what they say, what is wrong with them, and that no password is ever shown."""

from __future__ import annotations

import keyring
import pytest

from tutela.connectors import live, live_target
from tutela.connectors.live import LiveOptions, read_live
from tutela.connectors.live_target import Target, parse_target
from tutela.engine.errors import InputError

SECRET = "sw/rd@fi:sh#1?"  # noqa: S105 (of nobody)
QUOTED = "sw%2Frd%40fi%3Ash%231%3F"


@pytest.mark.parametrize(
    ("address", "expected", "shown"),
    [
        (
            f"postgresql://anna:{QUOTED}@db.example:5433/shop?sslmode=verify-full&sslrootcert=ca.pem",
            Target(
                kind="postgresql", user="anna", password=SECRET, host="db.example", port=5433, database="shop",
                options={"sslmode": "verify-full", "sslrootcert": "ca.pem"},
            ),
            "postgresql://db.example:5433/shop",
        ),
        ("postgres://[::1]/shop", Target(kind="postgresql", host="::1", database="shop"), "postgresql://[::1]/shop"),
        ("mariadb+pymysql://h", Target(kind="mysql", host="h"), "mysql://h/"),
        ("MSSQL+pymssql://h/d", Target(kind="mssql", driver="pymssql", host="h", database="d"), "mssql://h/d"),
        ("sqlite:///a%20b@c.db", Target(kind="sqlite", database="a b@c.db"), "sqlite:///a b@c.db"),
        ("duckdb:////data/x.db", Target(kind="duckdb", database="/data/x.db"), "duckdb:////data/x.db"),
    ],
)  # fmt: skip
def test_an_address_is_taken_apart(address: str, expected: Target, shown: str) -> None:
    """Names are unquoted, aliases are one kind, options are kept; the place shows only where it is."""
    found = parse_target(address)

    assert expected == found
    assert shown == str(found.location)


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://anna:{SECRET}@h/shop",
        "postgresql://anna:sw#rd@h/shop",
        "postgresql://anna:12/rd@h/shop",
        "postgresql://anna:12?rd@h/shop",
        "postgresql://anna:hunter2@h:port/shop",
        "postgresql://anna:hunter2@[h/shop",
        "postgresql://anna:hunter2@h/shop?sslmode",
        "postgresql://anna:hunter2@h/sh\x1bop",
        "://anna:hunter2@h/shop",
        "a b://anna:hunter2@h/shop",
        f"postgresql://anna:hunter2@h/{'x' * 5000}",
    ],
)
def test_a_wrong_address_shows_nothing_of_itself(address: str) -> None:
    """One problem in both languages, and no piece of what may be a password."""
    with pytest.raises(InputError) as raised:
        read_live(address)
    (found,) = raised.value.problems
    said = raised.value.render("en") + raised.value.render("zh")

    assert "live-url" == found.code
    assert [] == [piece for piece in ("sw/", "sw#", "rd@", "12", "hunter2", "anna", "\x1b") if piece in said]


def test_the_password_is_in_no_text() -> None:
    """Neither what a driver says nor the printed target holds a password, plain or quoted."""
    target = parse_target(f"postgresql://anna:{QUOTED}@h/shop?sslpassword=inner")
    with pytest.raises(InputError) as raised:
        target.fail("live-failed", reason=f"bad {SECRET} and {QUOTED} and inner in\nDSN.")

    assert "the database answered with an error: bad *** and *** and *** in DSN" == raised.value.problems[0].message()
    assert [] == [text for text in (SECRET, QUOTED, "inner") if text in repr(target)]


@pytest.mark.parametrize("address", ["nosuch://h/d", "mysql+nosuch://h/d"])
def test_an_unknown_kind(address: str) -> None:
    """The known ones are named."""
    with pytest.raises(InputError, match=r"live-kind .*nosuch"):
        read_live(address)


def test_a_driver_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The problem says what to install: the extra, or the driver of a database that has none."""

    def absent(name: str) -> None:
        raise ImportError(name)

    with pytest.raises(InputError, match=r"live-driver .*`pyodbc`[^$]*pip install pyodbc"):
        read_live("mssql://h/d")
    monkeypatch.setattr(live, "import_module", absent)
    with pytest.raises(InputError, match=r"live-driver .*`psycopg`[^$]*pip install 'PATH_OF_TUTELA\[db\]'"):
        read_live("postgresql://h/d")


def test_the_password_may_come_from_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """By service and user; without an entry there is a problem, not an empty password."""

    def entry(service: str, user: str) -> str | None:
        return "of-anna" if (service, user) == ("shop", "anna") else None

    monkeypatch.setattr(keyring, "get_password", entry)
    anna, options = Target(kind="mysql", user="anna"), LiveOptions(keyring="shop")

    assert "of-anna" == live_target.find_password(anna, options)
    with pytest.raises(InputError, match="live-keyring"):
        live_target.find_password(Target(kind="mysql", user="wang"), options)
