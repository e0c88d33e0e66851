"""Servers that speak TLS, with certificates made for the test: a PostgreSQL and a MariaDB."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Authority:
    """Somebody who signs certificates."""

    folder: Path
    name: str

    @property
    def certificate(self) -> Path:
        """The file that others trust it by."""
        return self.folder / f"{self.name}.pem"

    @property
    def key(self) -> Path:
        """Its secret."""
        return self.folder / f"{self.name}.key"


def authority(folder: Path, name: str) -> Authority:
    """Make one; skips where OpenSSL is not installed."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl")
    made = Authority(folder, name)
    _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
             "-keyout", made.key, "-out", made.certificate)  # fmt: skip
    return made


def certify(signer: Authority, folder: Path, owner: str | None) -> tuple[Path, Path]:
    """A server's certificate for 127.0.0.1, and no other name, and its key: readable for the server alone."""
    certificate, key, wanted, names = (folder / name for name in ("server.pem", "server.key", "server.csr", "names"))
    names.write_text("subjectAltName=IP:127.0.0.1\n", encoding="utf-8")
    _openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=server", "-keyout", key, "-out", wanted)
    _openssl("x509", "-req", "-in", wanted, "-CA", signer.certificate, "-CAkey", signer.key, "-CAcreateserial",
             "-days", "2", "-extfile", names, "-out", certificate)  # fmt: skip
    key.chmod(0o600)
    if owner and os.geteuid() == 0:
        for file in (certificate, key):
            shutil.chown(file, owner)
    return certificate, key


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)


def postgres_server(helper: Any, signer: Authority) -> Iterator[str]:  # noqa: ANN401 (the module beside this one)
    """The address of a PostgreSQL that takes encrypted connections only."""

    def more(folder: Path, owner: str | None) -> dict[str, str]:
        certificate, key = certify(signer, folder, owner)
        return {"ssl": "on", "ssl_cert_file": f"'{certificate}'", "ssl_key_file": f"'{key}'"}

    for servers in helper.pgaudit_servers(pgaudit=False):
        server = helper.new_server(
            servers, more, shared_preload_libraries="''", pgaudit__log="'none'", logging_collector="off"
        )
        with server.connect() as admin:
            admin.execute("CREATE TABLE customer (id int, mobile text)")
            rules = server.folder / "data" / "pg_hba.conf"
            rules.write_text("hostssl all all 127.0.0.1/32 trust\n", encoding="utf-8")
            admin.execute("SELECT pg_reload_conf()")
        yield f"postgresql://postgres@127.0.0.1:{server.port}/postgres"


def maria_server(helper: Any, signer: Authority) -> Iterator[str]:  # noqa: ANN401 (the module beside this one)
    """The address of a MariaDB, for an account that must encrypt."""

    def more(folder: Path, owner: str | None) -> list[str]:
        certificate, key = certify(signer, folder, owner)
        return [f"--ssl-cert={certificate}", f"--ssl-key={key}"]

    for server in helper.maria_server(more):
        server.run(
            "CREATE DATABASE crm; CREATE TABLE crm.customer (id int, mobile text);"
            "CREATE USER careful REQUIRE SSL; GRANT SELECT ON crm.* TO careful"
        )
        yield f"mysql://careful@127.0.0.1:{server.port}/crm"
