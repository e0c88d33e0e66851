"""Fixtures of the connector tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType


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
