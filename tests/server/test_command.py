"""`tutela serve` on the command line: when it does not start, and what its options change."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT = Path(__file__).with_name("project")
NOTHING: dict[str, Any] = {}
TOOL = Path(sys.executable).parent / "tutela"
ASK = {
    "subject": {"type": "user", "id": "alice"},
    "action": {"name": "read"},
    "resource": {"type": "record", "id": "record-1"},
}


def refused(environment: dict[str, str], *args: str, cwd: Path = PROJECT) -> str:
    """What a service says that does not start; its exit status must be 2, and there is no traceback."""
    done = subprocess.run(
        [TOOL, "serve", *args], cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (2, "") == (done.returncode, done.stdout)
    assert "Traceback" not in done.stderr
    return done.stderr


def test_policies_that_do_not_load_are_listed(environment: dict[str, str], tmp_path: Path) -> None:
    """Every problem, as `check` tells it; nothing listens."""
    copy = Path(shutil.copytree(PROJECT, tmp_path / "copy"))
    (copy / "policies" / "records.yaml").write_text("kind: access\nid: a\nrules:\n  - {id: A-1.x, effect: maybe}\n")
    (copy / "policies" / "todos.yaml").write_text("kind: acces\n")
    said = refused(environment, "--port", "0", cwd=copy)

    assert "policies/records.yaml:4:25: value-not-listed" in said
    assert "policies/todos.yaml:1:7: policy-kind-unknown" in said
    assert "listens" not in said


def test_registers_that_do_not_load_are_listed(environment: dict[str, str], tmp_path: Path) -> None:
    """A service without what it should know does not start."""
    copy = Path(shutil.copytree(PROJECT, tmp_path / "copy"))
    (copy / "registers" / "people.yaml").write_text("- {id: alice}\n")

    assert "registers/people.yaml:1:3: key-missing" in refused(environment, "--port", "0", cwd=copy)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_port_in_use_is_told(environment: dict[str, str], lang: str) -> None:
    """Before anything is loaded, in the language of the user."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refused(environment, "--port", port, "--lang", lang)

    words = {"en": "cannot listen on 127.0.0.1 port", "zh": "无法监听 127.0.0.1 的端口"}
    assert f"--port: serve-address {words[lang]} {port}" in said


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--host", "no.such.host.invalid"], "serve-address"),
        (["--host", "192.0.2.1"], "serve-address"),
        (["--public-url", "http://pdp.example.com"], "serve-public-url"),
        (["--public-url", "https://"], "serve-public-url"),
        (["--public-url", "https://pdp.example.com?tenant=1"], "serve-public-url"),
        (["--public-url", "https://pdp.example.com/#a"], "serve-public-url"),
        (["--public-url", "https://user@pdp.example.com"], "serve-public-url"),
        (["--public-url", "https://pdp.example.com:99999"], "serve-public-url"),
        (["--public-url", "https://pdp.example.com/a b"], "serve-public-url"),
        (["--port", "65536"], "65536 is not in the range"),
        (["--max-items", "0"], "0 is not in the range"),
    ],
)
def test_addresses_that_cannot_be_are_told(environment: dict[str, str], args: list[str], says: str) -> None:
    """One problem, and exit status 2."""
    assert says in refused(environment, "--port", "0", *args)


def test_a_missing_extra_is_told(environment: dict[str, str], tmp_path: Path) -> None:
    """Without the extra `serve` the command says what to install."""
    (tmp_path / "uvicorn.py").write_text("raise ImportError('no', name='uvicorn')\n")

    said = refused({**environment, "PYTHONPATH": str(tmp_path)}, "--port", "0")

    assert "serve-extra the service needs `uvicorn`, which is not installed" in said


def test_the_instant_is_the_callers_only_where_that_is_allowed(start: Callable[..., Any]) -> None:
    """`as_of`, then `context.time`; a time that is none is refused, and elsewhere it is a field like others."""
    asked = {**ASK, "as_of": "2019-12-01T10:00:00+08:00", "context": {"time": "2026-01-01T00:00:00Z"}}
    open_, closed = start("--allow-as-of"), start()
    path = "/access/v1/evaluation"
    allowed, denied = (service.ask(path, asked).json for service in (closed, open_))

    # Alice was hired on the first day of 2020: before, she held no role.
    assert (True, False) == (allowed["decision"], denied["decision"])
    assert "2019-12-01T02:00:00+00:00" == denied["context"]["as_of"]
    assert "2026-01-01T00:00:00+00:00" == open_.ask(path, {**asked, "as_of": None}).json["context"]["as_of"]
    for body, code, at in (
        ({**ASK, "as_of": "yesterday"}, "request-time", "$.as_of"),
        ({**ASK, "context": {"time": "2026-01-01T00:00:00"}}, "request-time-naive", "$.context.time"),
    ):
        reply = open_.ask(path, body)
        assert (400, code, at) == (reply.status, reply.json["error"]["code"], reply.json["error"]["path"])
        assert 200 == closed.ask(path, body).status
    batch: dict[str, Any] = {
        **ASK,
        "as_of": "2019-12-01T10:00:00+08:00",
        "evaluations": [NOTHING, {"as_of": "2021-01-01T00:00:00Z"}],
    }
    items = open_.ask("/access/v1/evaluations", batch).json["evaluations"]
    assert [False, True] == [item["decision"] for item in items]
    search = {"subject": ASK["subject"], "resource": ASK["resource"], "as_of": "2019-12-01T10:00:00+08:00"}
    assert [] == open_.ask("/access/v1/search/action", search).json["results"]


def test_limits_are_options(start: Callable[..., Any]) -> None:
    """Items of a batch, bytes of a body, results on a page."""
    service = start("--max-items", "2", "--max-body", "2000", "--max-results", "1")
    batch: dict[str, Any] = {**ASK, "evaluations": [NOTHING] * 3}
    search = {"subject": {"type": "user"}, "action": ASK["action"], "resource": ASK["resource"]}
    page = service.ask("/access/v1/search/subject", {**search, "page": {"limit": 50}}).json

    assert "items-too-many" == service.ask("/access/v1/evaluations", batch).json["error"]["code"]
    assert 413 == service.ask("/access/v1/evaluation", {**ASK, "x": "y" * 2000}).status
    assert 1 == page["page"]["count"] == service.ask("/access/v1/search/subject", search).json["page"]["count"]
    token = page["page"]["next_token"]
    assert 1 == service.ask("/access/v1/search/subject", {**search, "page": {"token": token}}).json["page"]["count"]


def test_a_public_address_may_have_a_path(start: Callable[..., Any]) -> None:
    """Its metadata stand where they must, with or without a proxy that takes the path away; a port stays."""
    service = start("--public-url", "https://pdp.example.com:8443/tenant1/")
    found = service.ask("/.well-known/authzen-configuration/tenant1", method="GET").json

    assert "https://pdp.example.com:8443/tenant1" == found["policy_decision_point"]
    assert "https://pdp.example.com:8443/tenant1/access/v1/evaluation" == found["access_evaluation_endpoint"]
    assert 404 == service.ask("/.well-known/authzen-configuration", method="GET").status
    for path in ("/tenant1/access/v1/evaluation", "/access/v1/evaluation"):
        assert service.ask(path, ASK).json["decision"]


@pytest.mark.parametrize("options", [(), ("--public-url", "https://pdp.example.com/tenant1")], ids=["none", "path"])
def test_the_help_of_a_path_that_is_none_leads_somewhere(start: Callable[..., Any], options: tuple[str, ...]) -> None:
    """What it names is there, whatever the service knows of its address, and is not what was asked for."""
    service = start(*options)
    for path in (
        "/",
        "/access/v2/evaluation",
        "/.well-known/authzen-configuration",
        "/.well-known/openid-configuration",
    ):
        error = service.ask(path, method="GET").json["error"]
        if error["code"] == "metadata-none":
            continue
        (named,) = re.findall("`(/[^`]*)`", error["help"])
        assert path != named
        assert 200 == service.ask(named, method="GET").status


def test_without_a_public_address_there_are_no_metadata(start: Callable[..., Any]) -> None:
    """A document with an address that nobody asked could not be used; the answer says what to do."""
    service = start("--lang", "zh")
    reply = service.ask("/.well-known/authzen-configuration", method="GET")

    assert (404, "metadata-none") == (reply.status, reply.json["error"]["code"])
    assert "请以 `--public-url https://...` 启动服务" == reply.json["error"]["help"]
