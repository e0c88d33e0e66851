"""Bundles are brought to folders and real HTTP servers, whole or not at all; the token is shown to nobody else."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

from tutela.connectors import bundle_push
from tutela.connectors.bundle import bundle_file, open_bundle
from tutela.connectors.bundle_push import TOKEN, file_name, push_to_address, push_to_folder
from tutela.engine.errors import InputError

from .bundles import key_pair, small
from .tls import authority, certify

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

SECRET = "s3cret-t0ken"  # noqa: S105 (of no server)


class Store(BaseHTTPRequestHandler):
    """A server that takes what is put into it, when the token is right."""

    taken: ClassVar[dict[str, bytes]]
    seen: ClassVar[list[str]]

    def do_PUT(self) -> None:
        """Keep the body; some paths answer as other servers would."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(f"{self.path} {self.headers.get('Authorization')}")
        if self.path == "/away":
            self.send_response(307)
            self.send_header("Location", "/elsewhere.tutela")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.path == "/garbage":
            self.wfile.write(b"hello\r\n\r\n")
            self.close_connection = True
            return
        right = self.headers.get("Authorization") == f"Bearer {SECRET}"
        if right:
            self.taken[self.path] = body
        self.send_response(201 if right else 401, "as <b>you</b> see")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's)
        """Say nothing."""


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Generator[tuple[str, type[Store]]]:
    """A server on a free port of this machine, and what it took."""
    handler = type("Kept", (Store,), {"taken": {}, "seen": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}", handler
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, SECRET)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)


def refused(url: str, token_env: str = "") -> str:
    """Why a bundle cannot be pushed: the code; the words never hold the token, or what the server said."""
    with pytest.raises(InputError) as caught:
        push_to_address(small(), url, token_env)
    shown = caught.value.render("en") + caught.value.render("zh")

    assert SECRET not in shown
    assert "<b>" not in shown
    return caught.value.problems[0].code


def test_a_folder_keeps_bundles_and_names_the_last(tmp_path: Path) -> None:
    """Each under its name and digest; the folder is made, and the same bundle twice is one file."""
    key, public = key_pair(tmp_path, "k")
    folder = tmp_path / "bundles" / "crm"
    first = push_to_folder(small(), folder)
    again = push_to_folder(small().signed(key), folder)

    assert folder / file_name(small()) == first == again
    assert sorted([first.name, "latest"]) == sorted(path.name for path in folder.iterdir())
    assert first == bundle_file(folder / "latest")
    assert (public.id,) == open_bundle(folder / "latest", (public,)).signers


def test_a_push_that_fails_leaves_the_folder_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither half a bundle nor a pointer to it."""

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "latest").write_text("old.tutela\n", encoding="utf-8")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        push_to_folder(small(), tmp_path)

    assert ["latest"] == [path.name for path in tmp_path.iterdir()]
    assert "old.tutela\n" == (tmp_path / "latest").read_text(encoding="utf-8")


PUSHER = """
import sys
from pathlib import Path
from tutela.connectors.bundle import open_bundle
from tutela.connectors.bundle_push import push_to_folder
one, two = (open_bundle(Path(sys.argv[1]) / name) for name in ("one.tutela", "two.tutela"))
while True:
    push_to_folder(one, Path(sys.argv[2]))
    push_to_folder(two, Path(sys.argv[2]))
    print("pushed", flush=True)
"""


def test_whoever_reads_meets_a_whole_bundle_also_when_the_writer_is_killed(tmp_path: Path) -> None:
    """While another process pushes in turn, and after kill -9 at any moment."""
    bundles, folder = tmp_path / "bundles", tmp_path / "folder"
    bundles.mkdir()
    other = replace(small(), manifest=replace(small().manifest, revision="r2"))
    for name, bundle in (("one.tutela", small()), ("two.tutela", other)):
        (bundles / name).write_bytes(bundle.to_bytes())
    for reads in (1, 10, 100, 333):
        with subprocess.Popen([sys.executable, "-c", PUSHER, bundles, folder], stdout=subprocess.PIPE) as pusher:
            assert pusher.stdout is not None
            assert b"pushed\n" == pusher.stdout.readline()
            for _ in range(reads):
                assert open_bundle(folder / "latest").manifest.revision in {"r1", "r2"}
            pusher.send_signal(signal.SIGKILL)

        assert open_bundle(folder / "latest").manifest.revision in {"r1", "r2"}
        for file in folder.glob("*.tutela"):
            assert open_bundle(file).manifest.revision in {"r1", "r2"}


def test_a_server_takes_a_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the address itself, below one that ends with /, and with a token from another variable."""
    with serving() as (url, store):
        monkeypatch.setenv("OTHER", SECRET)

        assert f"{url}/x.tutela" == push_to_address(small(), f"{url}/x.tutela?part=1")
        assert f"{url}/b/{file_name(small())}" == push_to_address(small(), f"{url}/b/")
        assert f"{url}/{file_name(small())}" == push_to_address(small(), url, "OTHER")

    assert {"/x.tutela?part=1", f"/b/{file_name(small())}", f"/{file_name(small())}"} == set(store.taken)
    assert {small().to_bytes()} == set(store.taken.values())


def test_a_server_that_refuses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its number; another address is not followed, and never sees the token."""
    with serving() as (url, store):
        assert "bundle-push-refused" == refused(f"{url}/away")
        assert [f"/away Bearer {SECRET}"] == store.seen
        assert "bundle-push-unreachable" == refused(f"{url}/garbage")
        monkeypatch.delenv(TOKEN)
        assert "bundle-push-refused" == refused(f"{url}/x.tutela")
        assert "/x.tutela None" == store.seen[-1]
        assert {} == store.taken

    assert "bundle-push-unreachable" == refused(f"{url}/x.tutela")


def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the connection, and never answers."""
    monkeypatch.setattr(bundle_push, "TIMEOUT", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert "bundle-push-unreachable" == refused(f"http://127.0.0.1:{silent.getsockname()[1]}/x.tutela")


def test_the_token_is_sent_encrypted_or_to_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy sees it either, and a token that would break the request is not put into it."""
    with serving() as (proxy, seen), serving() as (url, _):
        monkeypatch.setenv("http_proxy", proxy)
        push_to_address(small(), f"{url}/x.tutela")

        assert [] == seen.seen

    assert "bundle-push-plain" == refused("http://192.0.2.1/x.tutela")
    assert "bundle-push-plain" == refused("http://localhost.example/x.tutela")
    assert "bundle-variable" == refused("https://192.0.2.1/x.tutela", "NOBODYS")
    monkeypatch.setenv(TOKEN, f"{SECRET}\r\nX: y")
    assert "bundle-push-token" == refused("http://127.0.0.1:1/x.tutela")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://h/x", "https:///x", "https://user:pw@h/x", "https://h/x#y", "https://h/a b", "https://h:99999/x",
        "https://h/\r\nx", "https://客/x", "file:///etc/passwd", "https://[::1/x", "://",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str) -> None:
    """And nothing of it is shown but the start: it may hold a password."""
    with pytest.raises(InputError) as caught:
        push_to_address(small(), url)

    assert "bundle-push-address" == caught.value.problems[0].code
    assert "pw" not in str(caught.value)


def test_the_certificate_of_the_server_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of an authority that nobody knows is refused before anything is sent; a known one is taken."""
    signer = authority(tmp_path, "authority")
    certificate, key = certify(signer, tmp_path, None)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with serving(context) as (url, store):
        assert "bundle-push-tls" == refused(f"{url}/x.tutela")
        assert [] == store.seen
        monkeypatch.setenv("SSL_CERT_FILE", str(signer.certificate))
        push_to_address(small(), f"{url}/x.tutela")

    assert {"/x.tutela": small().to_bytes()} == store.taken
