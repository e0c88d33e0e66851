"""The service answers from a signed bundle, takes the next one, and refuses one that nobody trusted signed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Until

PROJECT = Path(__file__).with_name("project")
TOOL = Path(sys.executable).parent / "tutela"
ASK = {
    "subject": {"type": "user", "id": "alice"},
    "action": {"name": "read"},
    "resource": {"type": "record", "id": "record-1"},
}
WAIT = 60


@pytest.fixture
def tool(tmp_path: Path, environment: dict[str, str]) -> Callable[..., None]:
    """Run a command that must succeed."""

    def run(*args: str, cwd: Path = tmp_path) -> None:
        done = subprocess.run(
            [TOOL, *args], cwd=cwd, env=environment, capture_output=True, text=True, timeout=WAIT, check=False
        )
        assert done.returncode == 0, done.stderr

    return run


def built(tool: Callable[..., None], folder: Path, name: str, *, signed: bool) -> Path:
    """A bundle of a project, signed by the key or by nobody."""
    made = folder.parent / name
    tool("bundle", "build", "--registers", "--no-tests", "--revision", name, "-o", str(made), cwd=folder)
    if signed:
        tool("bundle", "sign", str(made), "--key", "key.pem")
    return made


def test_the_next_bundle_is_taken_and_a_bad_one_refused(
    tmp_path: Path, tool: Callable[..., None], start: Callable[..., Any], until: Until
) -> None:
    """All the while it answers; what it answers with is named, and that a bundle was refused is shown."""
    folder = Path(shutil.copytree(PROJECT, tmp_path / "project"))
    away = tmp_path / "away"
    away.mkdir()
    tool("bundle", "key", "key.pem")
    built(tool, folder, "one.tutela", signed=True).rename(away / "live.tutela")
    options = ("--policies", "live.tutela", "--bundle-key", str(tmp_path / "key.pub.pem"), "--reload-interval", "0.2")
    serving = start(*options, cwd=away)

    def digest() -> str:
        reply = serving.ask("/access/v1/evaluation", ASK)
        assert reply.status == 200
        found: str = reply.json["context"]["policy_digest"]
        return found

    first = digest()
    assert "one.tutela" == serving.ask("/readyz", method="GET").json["revision"]
    assert serving.ask("/access/v1/evaluation", ASK).json["decision"] is True
    rules = folder / "policies" / "records.yaml"
    rules.write_text(rules.read_text("utf-8") + "# another revision\n", "utf-8")
    extra = "kind: access\nid: more\nrules:\n  - {id: X-1.shut, effect: deny, severity: low, actions: [read]}\n"
    (folder / "policies" / "more.yaml").write_text(extra, "utf-8")
    built(tool, folder, "two.tutela", signed=True).replace(away / "live.tutela")
    until(lambda: digest() != first)
    second = digest()
    assert "two.tutela" == serving.ask("/readyz", method="GET").json["revision"]
    assert 'revision="two.tutela"' in serving.ask("/metrics", method="GET").body.decode()
    assert serving.ask("/access/v1/evaluation", ASK).json["decision"] is False

    (folder / "policies" / "more.yaml").unlink()
    built(tool, folder, "three.tutela", signed=False).replace(away / "live.tutela")
    until(lambda: "reload" in serving.ask("/readyz", method="GET").json)
    shown = serving.ask("/readyz", method="GET").json
    assert ("two.tutela", "refused") == (shown["revision"], shown["reload"].partition(" ")[0])
    assert digest() == second


def test_a_bundle_that_is_written_anew_behind_its_pointer_is_taken(
    tmp_path: Path, tool: Callable[..., None], start: Callable[..., Any], until: Until
) -> None:
    """`latest` goes on to name the same file, and what is in it is another state."""
    folder = Path(shutil.copytree(PROJECT, tmp_path / "project"))
    away = tmp_path / "away"
    away.mkdir()
    built(tool, folder, "one.tutela", signed=False).rename(away / "live.tutela")
    (away / "latest").write_text("live.tutela\n", "utf-8")
    serving = start("--policies", "latest", "--reload-interval", "0.2", cwd=away)
    assert serving.ask("/access/v1/evaluation", ASK).json["decision"] is True

    extra = "kind: access\nid: more\nrules:\n  - {id: X-1.shut, effect: deny, severity: low, actions: [read]}\n"
    (folder / "policies" / "more.yaml").write_text(extra, "utf-8")
    built(tool, folder, "two.tutela", signed=False).replace(away / "live.tutela")
    until(lambda: serving.ask("/access/v1/evaluation", ASK).json["decision"] is False)


def test_a_service_that_asked_for_signatures_goes_on_asking(
    tmp_path: Path, tool: Callable[..., None], start: Callable[..., Any]
) -> None:
    """Settings that an editor has written to the half name no keys any more: loose files do not count for that."""
    folder = Path(shutil.copytree(PROJECT, tmp_path / "project"))
    settings = folder / "tutela.toml"
    loose = settings.read_text("utf-8")
    tool("bundle", "key", "key.pem")
    built(tool, folder, "one.tutela", signed=True)
    keys = "bundle_keys = ['../key.pub.pem']\n"
    settings.write_text(f"policies = ['../one.tutela']\n{keys}", "utf-8")
    serving = start("--reload-interval", "0", cwd=folder)
    assert serving.ask("/v1/reload").status == 200

    settings.write_text(loose, "utf-8")
    reply = serving.ask("/v1/reload")
    assert (reply.status, reply.json["error"]["code"]) == (409, "serve-restart")
    assert "`bundle_keys`" in reply.json["error"]["message"]
