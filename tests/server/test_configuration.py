"""The table `[serve]`: every problem at once, and what a service does not start with."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from tutela.engine.errors import InputError
from tutela.server.configuration import SCHEMA, read_configuration
from tutela.server.refusals import problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from conftest import Serving

PROJECT = Path(__file__).with_name("project")
TOOL = Path(sys.executable).parent / "tutela"
CASES = tomllib.loads(Path(__file__).with_name("cases").joinpath("configuration.toml").read_text(encoding="utf-8"))
HASH = "a" * 64
CALLER = f'[[serve.callers]]\nname = "crm"\npermissions = ["evaluate"]\nkeys = ["{HASH}"]\n'


def refused(environment: dict[str, str], folder: Path, more: str, *args: str) -> str:
    """What a service says that does not start with more settings; its exit status must be 2."""
    copy = Path(shutil.copytree(PROJECT, folder / "copy"))
    (copy / "tutela.toml").write_text((copy / "tutela.toml").read_text(encoding="utf-8") + more, encoding="utf-8")
    done = subprocess.run(
        [TOOL, "serve", "--port", "0", *args],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (2, "") == (done.returncode, done.stdout)
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("case", CASES["case"], ids=lambda case: case["name"])
def test_everything_wrong_with_a_table_is_told(case: dict[str, Any]) -> None:
    """Key and code of each problem, and nothing else."""
    table = tomllib.loads(case["table"])
    try:
        read_configuration(table, "tutela.toml", Path)
        found = []
    except InputError as error:
        found = sorted([str(p.args["key_"]), p.code] for p in error.problems)

    assert case.get("wrong", []) == found


def _expected(schema: Any) -> Iterator[str]:  # noqa: ANN401 (a JSON schema)
    """What is expected anywhere in a schema."""
    if isinstance(schema, Mapping):
        found = cast("Mapping[str, Any]", schema)
        if isinstance(found.get("expected"), str):
            yield found["expected"]
        for part in found.values():
            yield from _expected(part)
    elif isinstance(schema, list | tuple):
        for part in cast("Sequence[Any]", schema):
            yield from _expected(part)


@pytest.mark.parametrize("expected", sorted(set(_expected(SCHEMA))))
def test_what_is_expected_is_said_in_chinese(expected: str) -> None:
    """All of it, but for names of settings and values."""
    said = problem("serve-setting", "tutela.toml", key_="x", expected=expected).message("zh")
    words = re.sub(r"`[^`]*`|true|false", "", said)
    assert not re.search("[A-Za-z]", words), said


def test_what_is_missing_is_filled_in() -> None:
    """A caller without limits of its own has those of all; a burst is twice the rate."""
    callers = [
        {"name": "a", "permissions": ["evaluate"], "keys": [HASH]},
        {"name": "b", "permissions": ["search"], "keys": ["b" * 64], "rate": 2.5, "burst": 9},
    ]
    found = read_configuration({"rate": 10, "callers": callers}, "tutela.toml", Path)

    assert [(10, 20), (2.5, 9)] == [(caller.rate, caller.burst) for caller in found.callers]
    assert (10_000, False, None, None) == (found.max_connections, found.public_metrics, found.jwt, found.tls)
    assert [None] == [c.rate for c in read_configuration({"callers": callers[:1]}, "x", Path).callers]


@pytest.mark.parametrize(("lang", "says"), [("en", "is missing; it must be"), ("zh", "缺少 `serve.callers[0].keys`")])
def test_a_service_does_not_start_with_a_wrong_table(
    environment: dict[str, str], tmp_path: Path, lang: str, says: str
) -> None:
    """All of it in the user's language; not with `--wait-ready` either: who may ask must be known."""
    more = '[[serve.callers]]\nname = "crm"\npermissions = ["evaluate"]\n'
    said = refused(environment, tmp_path, more, "--lang", lang, "--wait-ready")

    assert "serve-missing" in said
    assert says in said


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('[serve.tls]\ncertificate = "no.pem"\nkey = "no.key"\n', "serve-tls"),
        ('[serve.tls]\ncertificate = "tutela.toml"\nkey = "tutela.toml"\n', "serve-tls"),
        ('[serve.jwt]\nissuer = "x"\naudience = ["y"]\nalgorithms = ["ES256"]\njwks = "no.json"\n', "file-missing"),
        ('[serve.jwt]\nissuer = "x"\naudience = ["y"]\nalgorithms = ["ES256"]\njwks = "tutela.toml"\n', "serve-jwks"),
    ],
)
def test_files_that_cannot_be_used_are_told(environment: dict[str, str], tmp_path: Path, more: str, says: str) -> None:
    """Before anybody is answered."""
    assert says in refused(environment, tmp_path, more)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104 (that it is refused is the test)
def test_other_machines_may_not_ask_without_callers(environment: dict[str, str], tmp_path: Path, host: str) -> None:
    """Not by mistake: it takes callers, or `--insecure`."""
    assert "serve-open" in refused(environment, tmp_path, "", "--host", host)


@pytest.mark.parametrize(("more", "args"), [(CALLER, ()), ("", ("--insecure",))])
def test_other_machines_may_ask_with_callers(
    start: Callable[..., Serving], tmp_path: Path, more: str, args: tuple[str, ...]
) -> None:
    """With callers, or when somebody said so."""
    copy = Path(shutil.copytree(PROJECT, tmp_path / "copy"))
    (copy / "tutela.toml").write_text((copy / "tutela.toml").read_text(encoding="utf-8") + more, encoding="utf-8")
    service = start("--host", "0.0.0.0", *args, cwd=copy)  # noqa: S104

    assert 200 == service.ask("/healthz", method="GET").status
