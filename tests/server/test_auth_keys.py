"""The provider's keys over https: fetched in the background, exchanged, taken back, and not to be had."""

from __future__ import annotations

import asyncio
import contextlib
import http.server
import shutil
import ssl
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from conftest import PROJECT
from credentials import AUDIENCE, ISSUER, Authority, Signer, key_set

from tutela.server.auth_keys import KeySet
from tutela.server.configuration import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Serving

PATH = "/access/v1/evaluation"
ASK: dict[str, Any] = {
    "subject": {"type": "user", "id": "alice"},
    "action": {"name": "read"},
    "resource": {"type": "record", "id": "record-1"},
}
OLD, NEW = Signer.make("old", "EdDSA"), Signer.make("new", "EdDSA")


class Provider(http.server.ThreadingHTTPServer):
    """A provider of tokens: what it answers is `keys`, or the status that it has."""

    keys = ""
    status = 200
    fetched = 0
    drips = False
    """Whether the answer comes a byte at a time, and never ends."""


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        provider = cast("Provider", self.server)
        provider.fetched += 1
        body = provider.keys.encode()
        self.send_response(provider.status)
        if provider.status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(body) + provider.drips * 100_000))
        self.end_headers()
        with contextlib.suppress(OSError):
            while provider.drips:
                self.wfile.write(b" ")
                time.sleep(0.2)
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (as its base has it)
        pass


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    """A provider with a certificate of an authority that only the test knows."""
    authority = Authority.make("authority of the provider")
    authority.write(tmp_path / "provider-ca.pem")
    certificate, key = authority.issue(tmp_path, "provider", "IP:127.0.0.1")
    server = Provider(("127.0.0.1", 0), _Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.drips = False
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def begin(start: Callable[..., Serving], provider: Provider, tmp_path: Path) -> Callable[..., Serving]:
    """Start a service that takes tokens of the provider."""

    def made(*args: str, trusted: bool = True) -> Serving:
        copy = Path(shutil.copytree(PROJECT, tmp_path / "copy"))
        shutil.copy(tmp_path / "provider-ca.pem", copy)
        table = f"""
[serve.jwt]
issuer = "{ISSUER}"
audience = ["{AUDIENCE}"]
algorithms = ["EdDSA"]
jwks = "https://127.0.0.1:{provider.server_address[1]}/keys"
{'jwks_ca = "provider-ca.pem"' if trusted else ""}
refresh = 5
[[serve.callers]]
name = "crm"
permissions = ["evaluate"]
token = {{sub = "crm"}}
"""
        (copy / "tutela.toml").write_text((copy / "tutela.toml").read_text(encoding="utf-8") + table, encoding="utf-8")
        return start(*args, cwd=copy)

    return made


def bearer(signer: Signer) -> dict[str, Any]:
    """How a token of a key is sent."""
    return {"method": "POST", "body": ASK, "headers": {"Authorization": f"Bearer {signer.token()}"}}


def test_keys_are_exchanged(begin: Callable[..., Serving], provider: Provider) -> None:
    """A new key counts soon after the provider has it, and one that is gone counts no more, remembered or not."""
    provider.keys = key_set(OLD)
    service = begin()
    old = bearer(OLD)
    service.until(PATH, lambda reply: reply.status == 200, **old)
    assert 401 == service.ask(PATH, **bearer(NEW)).status

    provider.keys = key_set(NEW)
    service.until(PATH, lambda reply: reply.status == 200, **bearer(NEW))
    assert 401 == service.ask(PATH, **old).status


def test_without_keys_nobody_is_let_in(begin: Callable[..., Serving], provider: Provider) -> None:
    """Status 503 while there are none; an answer that holds no keys does not count, and a redirect is not followed."""
    provider.status = 500
    service = begin()
    reply = service.ask(PATH, **bearer(OLD))
    while not provider.fetched:
        assert 503 == service.ask(PATH, **bearer(OLD)).status
        time.sleep(0.05)
    assert (503, "auth-keys", "5") == (reply.status, reply.json["error"]["code"], reply.headers["retry-after"])
    provider.status, provider.keys = 302, key_set(OLD)
    seen = provider.fetched
    while provider.fetched < seen + 1:
        assert 503 == service.ask(PATH, **bearer(OLD)).status
        time.sleep(0.05)

    provider.status = 200
    service.until(PATH, lambda reply: reply.status == 200, **bearer(OLD))
    # A provider that is away, or broken, takes nothing from those whose keys are known.
    provider.keys = '{"keys": []}'
    seen = provider.fetched
    while provider.fetched < seen + 1:
        assert 200 == service.ask(PATH, **bearer(OLD)).status
        time.sleep(0.05)
    assert 200 == service.ask(PATH, **bearer(OLD)).status
    assert 0 == service.stop()
    assert "the provider's keys cannot be read: status " in service.said


def test_a_provider_that_nobody_vouches_for_is_none(begin: Callable[..., Serving], provider: Provider) -> None:
    """Its certificate must be signed by the authority that is named, or by one of the system's."""
    provider.keys = key_set(OLD)
    service = begin(trusted=False)
    assert 503 == service.ask(PATH, **bearer(OLD)).status
    assert 0 == service.stop()
    assert provider.fetched == 0
    assert "certificate" in service.said.lower()


def test_a_provider_whose_answer_never_ends_holds_nothing_up(begin: Callable[..., Serving], provider: Provider) -> None:
    """The service stops when it is told to, while it still waits for the keys."""
    provider.drips = True
    service = begin()
    while not provider.fetched:
        assert 503 == service.ask(PATH, **bearer(OLD)).status
        time.sleep(0.05)
    assert 0 == service.stop()


def tokens(provider: Provider, folder: Path, max_age: int = 1) -> Tokens:
    """Settings for the keys of a provider."""
    return Tokens(
        issuer=ISSUER,
        audience=(AUDIENCE,),
        algorithms=("EdDSA",),
        jwks=f"https://127.0.0.1:{provider.server_address[1]}/keys",
        jwks_ca=str(folder / "provider-ca.pem"),
        refresh=600,
        max_age=max_age,
    )


def followed(keys: KeySet, until: Callable[[], bool]) -> None:
    """Fetch keys until something holds."""

    async def run() -> None:
        task = asyncio.create_task(keys.follow())
        async with asyncio.timeout(20):
            while not until():
                assert not task.done(), task.exception()
                await asyncio.sleep(0.02)
        task.cancel()

    asyncio.run(run())


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no time pass between two attempts."""
    for name in ("SOONEST", "AGAIN"):
        monkeypatch.setattr(f"tutela.server.auth_keys.{name}", 0.05)


def test_whatever_an_attempt_ends_with_is_not_the_end(
    provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Keys that nobody expected are told, and looked for again."""
    quick(monkeypatch)
    nested = "[" * 1000 + "]" * 1000  # two of them cannot be compared
    provider.keys = key_set(OLD).replace('"use"', f'"more": {nested}, "use"')
    followed(KeySet(tokens(provider, tmp_path)), lambda: provider.fetched > 4)
    assert "RecursionError" in caplog.text


@pytest.mark.parametrize("status", [200, 500])
def test_keys_are_fetched_again_before_they_are_too_old(
    provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """Also where `refresh` is longer than `max_age`, and the sooner when the last attempt failed."""
    quick(monkeypatch)
    provider.keys = key_set(OLD)
    keys = KeySet(tokens(provider, tmp_path, 1 if status == 200 else 1000))

    def again() -> bool:
        provider.status = status if provider.fetched else 200
        if provider.fetched == 1 and keys.usable and status != 200:
            keys.key("unknown", "EdDSA")
        return provider.fetched > 4

    followed(keys, again)
