"""What `deploy/` says: it can be read, and the command lines in it are ones that the service starts with."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))
from conftest import PROJECT, TOOL, served
from credentials import Authority

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Serving

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
STATE = "/var/lib/tutela"
"""Where a decision log is written, in the container and under systemd."""
CALLER = f'[[serve.callers]]\nname = "a"\npermissions = ["evaluate"]\nkeys = ["{"a" * 64}"]\n'
CERTIFICATE = '[serve.tls]\ncertificate = "service.pem"\nkey = "service.key"\n'


def unit(name: str) -> configparser.RawConfigParser:
    """A unit of systemd; of a key that stands several times, the last."""
    found = configparser.RawConfigParser(strict=False)
    found.optionxform = str  # type: ignore[assignment,method-assign]
    found.read(DEPLOY / name)
    return found


def container() -> list[str]:
    """The arguments that the image gives to `tutela serve`."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    entry, command = (
        json.loads(re.findall(rf"^{word} (\[.*\])$", text, re.MULTILINE)[0]) for word in ("ENTRYPOINT", "CMD")
    )
    assert ["tutela", "serve"] == entry
    return [str(word) for word in command]


def service_line() -> list[str]:
    """The arguments that the unit gives to `tutela serve`."""
    line = shlex.split(unit("tutela.service")["Service"]["ExecStart"])
    assert "serve" == line[1]
    return line[2:]


@pytest.mark.parametrize("which", [container, service_line], ids=["image", "unit"])
def test_the_service_starts_as_it_is_deployed(
    environment: dict[str, str], tmp_path: Path, which: Callable[[], list[str]]
) -> None:
    """The same options, on a free port, with a project that has callers; and it is ready where the probe asks."""
    copy = Path(shutil.copytree(PROJECT, tmp_path / "copy"))
    (copy / "tutela.toml").write_text((copy / "tutela.toml").read_text(encoding="utf-8") + CALLER, encoding="utf-8")
    words = [str(copy) if word == "/etc/tutela" else word for word in which()]
    words[words.index("--port") + 1] = "0"
    with served(*words, env=environment, cwd=copy) as service:
        assert 200 == service.ask("/readyz", method="GET").status
        assert 401 == service.ask("/access/v1/evaluation", {}).status
        assert json.loads(service.said)["message"].startswith("tutela listens on")


def probed(service: Serving, *more: str) -> subprocess.CompletedProcess[str]:
    """What the image's own probe says of a service."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    (words,) = re.findall(r"^HEALTHCHECK .* CMD (\[.*\])$", text, re.MULTILINE)
    python, *rest = json.loads(words)
    assert "python" == python
    command = [sys.executable, *rest, "--port", str(service.port), *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("tls", ["", CERTIFICATE], ids=["plain", "tls"])
def test_the_probe_of_the_image_finds_what_is_ready(environment: dict[str, str], tmp_path: Path, tls: str) -> None:
    """With TLS, too, by whomever the certificate is signed; it leaves nothing in the log or among the refusals."""
    copy = Path(shutil.copytree(PROJECT, tmp_path / "copy"))
    settings = (copy / "tutela.toml").read_text(encoding="utf-8")
    (copy / "tutela.toml").write_text(settings + tls, encoding="utf-8")
    authority = Authority.make()
    authority.issue(copy, "service", "DNS:pdp.example.com")
    with served("--access-log", env=environment, cwd=copy) as service:
        done = probed(service)
        assert (0, "ready") == (done.returncode, json.loads(done.stdout)["status"]), done.stderr
        service.stop()
        assert 1 == service.said.count("request endpoint=")
        assert 2 == len(service.said.splitlines())
        assert 1 == probed(service).returncode  # nobody is there
    (copy / "policies" / "wrong.yaml").write_text("kind: acces\n", encoding="utf-8")
    with served("--wait-ready", env=environment, cwd=copy) as service:
        done = probed(service)
        assert (1, "not ready") == (done.returncode, json.loads(done.stdout)["status"]), done.stderr


def test_the_probe_shows_a_certificate_where_one_is_required(environment: dict[str, str], tmp_path: Path) -> None:
    """Without one nobody is let in, the probe neither."""
    copy = Path(shutil.copytree(PROJECT, tmp_path / "copy"))
    settings = (copy / "tutela.toml").read_text(encoding="utf-8")
    more = f'{CERTIFICATE}client_ca = "clients.pem"\nclient_certificate = "required"\n'
    (copy / "tutela.toml").write_text(settings + more, encoding="utf-8")
    authority = Authority.make()
    authority.write(copy / "clients.pem")
    authority.issue(copy, "service")
    certificate, key = authority.issue(tmp_path, "probe")
    with served(env=environment, cwd=copy) as service:
        assert 1 == probed(service).returncode
        done = probed(service, "--certificate", certificate, "--key", key)
        assert 0 == done.returncode, done.stderr


def test_the_image_is_not_run_by_root() -> None:
    """And nothing of it is written to; the tests and the history stay outside."""
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]["tutela"]
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")

    assert re.search(r"^USER [1-9]\d+$", text, re.MULTILINE)
    assert (True, ["ALL"]) == (compose["read_only"], compose["cap_drop"])
    assert (ROOT / "deploy" / compose["build"]["context"] / compose["build"]["dockerfile"]).is_file()
    # Without callers it would not start, and what is in the image is no project.
    assert any(volume.startswith("${PROJECT:?") for volume in compose["volumes"])
    assert f"decisions:{STATE}" in compose["volumes"]
    assert f"--owner=10001 --mode=0700 {STATE}" in text
    assert STATE == f"/var/lib/{unit('tutela.service')['Service']['StateDirectory']}"
    assert {".git", ".venv"} <= set((ROOT / ".dockerignore").read_text(encoding="utf-8").split())
    # Requests in flight have their time before either stops waiting.
    from tutela.server.settings import Settings

    drain = Settings(page_key=b"").drain_seconds
    assert drain < int(compose["stop_grace_period"].removesuffix("s"))
    assert drain < int(unit("tutela.service")["Service"]["TimeoutStopSec"])


def test_the_units_are_ones_that_systemd_takes(tmp_path: Path) -> None:
    """Every setting is known, and the service is well shut in."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not here")
    for name in ("tutela.service", "tutela.socket"):
        text = (DEPLOY / name).read_text(encoding="utf-8").replace("/opt/tutela/bin/tutela", str(TOOL))
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [analyze, "verify", "--man=no", tmp_path / "tutela.service", tmp_path / "tutela.socket"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert [] == [line for line in done.stderr.splitlines() if "tutela." in line], done.stderr
    assert unit("tutela.socket")["Socket"]["ListenStream"] == "127.0.0.1:8181"
    done = subprocess.run(
        [analyze, "security", "--offline=yes", "--no-pager", tmp_path / "tutela.service"],
        capture_output=True,
        text=True,
        check=False,
    )
    exposure = re.search(r"exposure level for tutela.service: ([0-9.]+)", done.stdout)
    assert exposure, done.stdout + done.stderr
    assert float(exposure[1]) < 3
