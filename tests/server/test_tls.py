"""TLS on the service's own port, and callers who are known by their certificate."""

from __future__ import annotations

import contextlib
import shutil
import ssl
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from conftest import PROJECT, served
from credentials import Authority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Serving

PATH = "/access/v1/evaluation"
ASK: dict[str, Any] = {
    "subject": {"type": "user", "id": "alice"},
    "action": {"name": "read"},
    "resource": {"type": "record", "id": "record-1"},
}
SERVER, CLIENTS, STRANGERS = (Authority.make(name) for name in ("server", "clients", "strangers"))
TABLE = """
[serve.tls]
certificate = "service.pem"
key = "service.key"
client_ca = "clients.pem"
[[serve.callers]]
name = "crm"
permissions = ["evaluate"]
certificates = ["CN=crm"]
[[serve.callers]]
name = "mesh"
permissions = ["evaluate", "administer"]
certificates = ["URI:spiffe://example.com/billing", "DNS:Billing.internal", "IP:2001:db8::1"]
"""


def project(folder: Path, more: str = "") -> Path:
    """A project with a certificate."""
    copy = Path(shutil.copytree(PROJECT, folder / "copy"))
    (copy / "tutela.toml").write_text(
        (copy / "tutela.toml").read_text(encoding="utf-8") + TABLE.replace('"clients.pem"', f'"clients.pem"{more}'),
        encoding="utf-8",
    )
    SERVER.write(copy / "server.pem")
    CLIENTS.write(copy / "clients.pem")
    SERVER.issue(copy, "service", "IP:127.0.0.1")
    return copy


@pytest.fixture(scope="module")
def secured(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Serving, Path]]:
    """A service with TLS, and its folder."""
    copy = project(tmp_path_factory.mktemp("tls"))
    with served(env=environment, cwd=copy) as service:
        yield service, copy


def client(folder: Path, *certificate: str) -> ssl.SSLContext:
    """A caller who trusts the service's authority, with a certificate or without."""
    context = ssl.create_default_context(cafile=str(folder / "server.pem"))
    if certificate:
        context.load_cert_chain(*certificate)
    return context


@pytest.mark.parametrize(
    ("name", "alternative", "status"),
    [
        ("crm", (), 200),
        ("other", ("URI:spiffe://example.com/billing",), 200),
        ("other", ("DNS:a.internal", "DNS:billing.internal"), 200),
        ("other", ("DNS:BILLING.Internal",), 200),
        ("other", ("IP:2001:db8::1",), 200),
        ("other", ("IP:2001:db8::2",), 403),
        ("other", ("DNS:crm",), 403),
        ("billing.internal", (), 403),
        ("CN=crm", (), 403),
    ],
)
def test_a_caller_is_known_by_its_certificate(
    secured: tuple[Serving, Path], tmp_path: Path, name: str, alternative: tuple[str, ...], status: int
) -> None:
    """By the common name or an alternative one, each of its own kind."""
    service, folder = secured
    context = client(folder, *CLIENTS.issue(tmp_path, name, *alternative))

    assert status == service.ask(PATH, ASK, tls=context).status


def test_without_a_certificate_nobody_is_known(secured: tuple[Serving, Path]) -> None:
    """The connection stands, for probes; a question is refused, and so is plain HTTP."""
    service, folder = secured

    assert 200 == service.ask("/readyz", method="GET", tls=client(folder)).status
    assert 401 == service.ask(PATH, ASK, tls=client(folder)).status
    with pytest.raises((OSError, AssertionError)):
        service.ask(PATH, ASK)


def test_a_certificate_of_strangers_is_refused(secured: tuple[Serving, Path], tmp_path: Path) -> None:
    """Signed by somebody else, or expired: there is no connection."""
    service, folder = secured
    for made in (STRANGERS.issue(tmp_path, "crm"), CLIENTS.issue(tmp_path, "crm", days=-1)):
        with pytest.raises(OSError, match=r"alert|reset|EOF|closed"):
            service.ask(PATH, ASK, tls=client(folder, *made))


def test_old_protocols_are_not_spoken(secured: tuple[Serving, Path]) -> None:
    """TLS 1.2 is the oldest."""
    service, folder = secured
    context = client(folder)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(OSError, match=r"alert|reset|EOF|PROTOCOL|protocol"):
        service.ask("/healthz", method="GET", tls=context)


def test_a_certificate_can_be_required(start: Callable[..., Serving], tmp_path: Path) -> None:
    """Then there is no connection without one."""
    copy = project(tmp_path, '\nclient_certificate = "required"')
    service = start(cwd=copy)

    assert 200 == service.ask("/healthz", method="GET", tls=client(copy, *CLIENTS.issue(tmp_path, "x"))).status
    with pytest.raises(OSError, match=r"alert|reset|EOF|closed"):
        service.ask("/healthz", method="GET", tls=client(copy))


def test_a_new_certificate_is_taken_with_a_reload(start: Callable[..., Serving], tmp_path: Path) -> None:
    """Without a restart; other files than before need one, and the service says so."""
    copy = project(tmp_path)
    service = start("--reload-interval", "0", cwd=copy)
    admin = client(copy, *CLIENTS.issue(tmp_path, "b", "DNS:billing.internal"))
    assert 200 == service.ask("/healthz", method="GET", tls=client(copy)).status
    other = Authority.make("next")
    other.issue(copy, "service", "IP:127.0.0.1")
    other.write(copy / "server.pem")
    with pytest.raises(ssl.SSLCertVerificationError):
        service.ask("/healthz", method="GET", tls=client(copy))

    assert 200 == service.ask("/v1/reload", tls=admin).status
    assert 200 == service.ask("/healthz", method="GET", tls=client(copy)).status
    settings = (copy / "tutela.toml").read_text(encoding="utf-8").replace('"clients.pem"', '"server.pem"')
    (copy / "tutela.toml").write_text(settings, encoding="utf-8")
    reply = service.ask("/v1/reload", tls=client(copy, *CLIENTS.issue(tmp_path, "c", "DNS:billing.internal")))
    assert (409, "serve-restart") == (reply.status, reply.json["error"]["code"])


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_new_authority_is_taken_with_a_reload(
    start: Callable[..., Serving], tmp_path: Path, version: ssl.TLSVersion
) -> None:
    """Whom it does not vouch for is a stranger from then on, also one who goes on with an earlier session."""
    copy = project(tmp_path)
    service = start("--reload-interval", "0", cwd=copy)
    old = client(copy, *CLIENTS.issue(tmp_path, "b", "DNS:billing.internal"))
    old.maximum_version = version
    session, _ = talked(service, old, None)
    assert talked(service, old, session)[1], "sessions go on"
    STRANGERS.write(copy / "clients.pem")
    assert 200 == service.ask("/v1/reload", tls=old).status

    new = client(copy, *STRANGERS.issue(tmp_path, "crm"))
    new.maximum_version = version
    assert 200 == service.ask(PATH, ASK, tls=new).status
    for earlier in (None, session):
        with pytest.raises(OSError, match=r"alert|reset|EOF|closed"):
            talked(service, old, earlier)
    time.sleep(1.1)  # sessions have their second
    session, _ = talked(service, new, None)
    assert talked(service, new, session)[1], "sessions go on"
    say_hello(service, b"\xff.example")
    assert 0 == service.stop()
    assert "Exception" not in service.said  # what strangers send wrong fills no log


def say_hello(service: Serving, name: bytes) -> None:
    """Say the first words of a caller who asks for a server of some name, and wait for an answer."""
    words, stands = ssl.MemoryBIO(), "z" * len(name)
    begun = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), words, server_hostname=stands)
    with contextlib.suppress(ssl.SSLWantReadError):
        begun.do_handshake()
    with service.connect() as plain:
        plain.sendall(words.read().replace(stands.encode(), name))
        with contextlib.suppress(ConnectionResetError):
            plain.recv(1)


def talked(
    service: Serving, context: ssl.SSLContext, session: ssl.SSLSession | None
) -> tuple[ssl.SSLSession | None, bool]:
    """The session of a connection, and whether it is that of an earlier one; OSError when the service hangs up."""
    with service.connect() as plain, context.wrap_socket(plain, server_hostname="127.0.0.1", session=session) as made:
        made.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
        if not made.recv(9):
            raise ConnectionResetError("closed")
        return made.session, made.session_reused is True


def test_a_handshake_has_to_be_made_in_time(start: Callable[..., Serving], tmp_path: Path) -> None:
    """A caller who connects and says nothing is cut off, as one who sends no request is."""
    service = start("--read-timeout", "0.3", cwd=project(tmp_path))
    with service.connect() as silent:
        silent.settimeout(20)
        with contextlib.suppress(ConnectionResetError):
            assert b"" == silent.recv(1)
