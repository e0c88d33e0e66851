"""Fixtures of the connector tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from tutela.engine.tables import Schema


def _helper(name: str) -> ModuleType:
    """A module beside this one: with --import-mode=importlib the folder is not on the path."""
    spec = importlib.util.spec_from_file_location(f"connectors_{name}", Path(__file__).with_name(f"{name}.py"))
    if spec is None or spec.loader is None:
        pytest.fail(f"no {name}.py")
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pgaudit_server() -> Iterator[Callable[..., object]]:
    """Start real PostgreSQL servers with pgaudit: `pgaudit_server(log_destination="csvlog")`."""
    helper = _helper("postgres")
    for servers in helper.pgaudit_servers():

        def start(servers: list[object] = servers, **settings: str) -> object:
            return helper.new_server(servers, **settings)

        yield start


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[str, str], str]]:
    """One real PostgreSQL: `postgres(database, script)` makes a database and gives its address for the user."""
    helper = _helper("postgres")
    for servers in helper.pgaudit_servers(pgaudit=False):
        server = helper.plain_server(servers)

        def make(database: str, script: str, server: Any = server) -> str:  # noqa: ANN401 (a helper's class)
            with server.connect() as admin:
                admin.execute(f'CREATE DATABASE "{database}"')
            with psycopg.connect(
                host="127.0.0.1", port=server.port, user="postgres", dbname=database, autocommit=True
            ) as own:
                own.execute(script.encode())
            return f"postgresql://postgres@127.0.0.1:{server.port}/{database}"

        yield make


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Callable[[str], str]]:
    """One real MariaDB: `mariadb(script)` runs statements as root and gives the address of the server."""
    for server in _helper("mariadb").maria_server():

        def make(script: str, server: Any = server) -> str:  # noqa: ANN401 (a helper's class)
            server.run(script)
            return f"mysql://root@127.0.0.1:{server.port}/"

        yield make


@pytest.fixture(scope="module")
def logging_mariadb() -> Iterator[Callable[[], tuple[int, Path]]]:
    """One real MariaDB with its three logs: its port, and the folder with general.log, slow.log and audit.log."""
    found: list[Path] = []

    def options(folder: Path, _user: str | None) -> list[str]:
        found.append(folder)
        return [
            "--general-log=1", f"--general-log-file={folder}/general.log",
            "--slow-query-log=1", f"--slow-query-log-file={folder}/slow.log", "--long-query-time=0",
            "--log-slow-admin-statements=1", "--plugin-load-add=server_audit", "--server-audit-logging=ON",
            f"--server-audit-file-path={folder}/audit.log",
        ]  # fmt: skip

    for server in _helper("mariadb").maria_server(options):

        def start(server: Any = server) -> tuple[int, Path]:  # noqa: ANN401 (a helper's class)
            return server.port, found[0]

        yield start


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """Who signed the certificates of the TLS servers, and somebody else."""
    helper, folder = _helper("tls"), tmp_path_factory.mktemp("authorities")
    return helper.authority(folder, "ours"), helper.authority(folder, "another")


@pytest.fixture(scope="module", params=["postgres", "mariadb"])
def encrypted(request: pytest.FixtureRequest, authorities: tuple[Any, Any]) -> Iterator[str]:
    """The address of a server that takes encrypted connections only; its certificate is for 127.0.0.1."""
    name = request.param
    yield from getattr(_helper("tls"), f"{name.removesuffix('db')}_server")(_helper(name), authorities[0])


@pytest.fixture(scope="session")
def live_case() -> Callable[[str], tuple[str, str]]:
    """The statements that make a catalog of `cases/live`, and what is read of it."""
    helper = _helper("live")
    return lambda name: (helper.script(name), helper.expected(name))


@pytest.fixture(scope="session")
def lines_of() -> Callable[[Schema], str]:
    """A schema as lines."""
    found: Callable[[Schema], str] = _helper("live").lines_of
    return found
