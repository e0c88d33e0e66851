"""Registers in a database are read again and again; answers say when, and end where that is too long ago."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Until

ASK = {
    "subject": {"type": "user", "id": "alice"}, "action": {"name": "read"},
    "resource": {"type": "document", "id": "d-1"},
}  # fmt: skip
RULES = """kind: access
id: documents
rules:
  - {id: DOC-1.public, effect: allow, severity: low, actions: [read], target: {resource.type: document},
     when: "resource.public ?? false"}
"""
WAIT = 60


VOCABULARY = """kind: vocabulary
resource: {public: {type: boolean, nullable: true}}
"""
PARAMETERS = """kind: parameters
declare:
  timezone: {type: timezone, description: of the calendar}
  sensitivity_profile: {type: string, description: what counts as sensitive}
bind: {timezone: Asia/Shanghai, sensitivity_profile: pipl_strict}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose documents stand in a database."""
    policies = tmp_path / "policies"
    policies.mkdir()
    for name, text in (("rules", RULES), ("vocabulary", VOCABULARY), ("parameters", PARAMETERS)):
        (policies / f"{name}.yaml").write_text(text, "utf-8")
    settings = f'policies = ["policies"]\nregisters = ["sqlite:///{tmp_path / "hr.db"}"]\n'
    (tmp_path / "tutela.toml").write_text(settings, "utf-8")
    write(tmp_path, public=False)
    return tmp_path


def write(folder: Path, *, public: bool) -> None:
    """Say of the document whether it is public."""
    with closing(sqlite3.connect(folder / "hr.db")) as connection, connection:
        connection.execute("CREATE TABLE IF NOT EXISTS resources (type TEXT, id TEXT, properties TEXT)")
        connection.execute("DELETE FROM resources")
        text = f'{{"public": {str(public).lower()}}}'
        connection.execute("INSERT INTO resources VALUES ('document', 'd-1', ?)", (text,))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_changes_in_a_database_is_answered(
    project: Path, start: Callable[..., Any], workers: str, until: Until
) -> None:
    """Without a restart, and every answer says when the register was read."""
    serving = start("--refresh", "0.5", "--reload-interval", "0.2", "--workers", workers, cwd=project)

    def answer() -> dict[str, Any]:
        found: dict[str, Any] = serving.ask("/access/v1/evaluation", ASK).json
        return found

    first = answer()
    assert first["decision"] is False
    read = datetime.fromisoformat(first["context"]["checked_at"])
    assert read <= datetime.now(UTC)
    write(project, public=True)
    until(lambda: answer()["decision"] is True)
    assert datetime.fromisoformat(answer()["context"]["checked_at"]) > read


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_a_commit_names_elsewhere_is_read_again(
    project: Path, start: Callable[..., Any], workers: str, until: Until
) -> None:
    """A database changes without a commit, and so do files of an absolute path."""
    more = project / "more"
    more.mkdir()
    repository = project / "repository"
    repository.mkdir()
    (project / "policies").rename(repository / "policies")
    settings = (project / "tutela.toml").read_text("utf-8").replace('.db"]', f'.db", "{more}"]')
    (repository / "tutela.toml").write_text(settings, "utf-8")
    for words in (["init", "-q"], ["add", "."], ["-c", "user.name=t", "-c", "user.email=t@x", "commit", "-qm", "one"]):
        subprocess.run(["git", *words], cwd=repository, check=True)
    serving = start(
        "--git", str(repository), "--refresh", "0.5", "--reload-interval", "0.2", "--workers", workers, cwd=project
    )

    def answer() -> dict[str, Any]:
        found: dict[str, Any] = serving.ask("/access/v1/evaluation", ASK).json
        return found

    first = answer()
    assert first["decision"] is False
    write(project, public=True)
    until(lambda: answer()["decision"] is True)
    before = answer()["context"]["facts_digest"]
    (more / "departments.yaml").write_text("[{code: sales, zh: x, head_history: []}]", "utf-8")
    until(lambda: answer()["context"]["facts_digest"] != before)
    assert serving.ask("/readyz", method="GET").json["revision"]


def test_what_is_too_old_is_not_answered(project: Path, start: Callable[..., Any], until: Until) -> None:
    """The database is gone: answers go on for as long as was allowed, then there are none, then there are again."""
    serving = start("--max-staleness", "2", "--reload-interval", "0.2", cwd=project)
    until(lambda: serving.ask("/access/v1/evaluation", ASK).status == 200)  # a busy machine may look too seldom
    (project / "hr.db").rename(project / "away")
    until(lambda: serving.ask("/access/v1/evaluation", ASK).status == 503)
    reply = serving.ask("/access/v1/evaluation", ASK)
    assert "server-stale" == reply.json["error"]["code"]
    assert "decision" not in reply.json
    until(lambda: "refused" in serving.ask("/readyz", method="GET").json.get("reload", ""))
    ready = serving.ask("/readyz", method="GET")
    assert (503, "not ready", "server-stale") == (ready.status, ready.json["status"], ready.json["error"]["code"])
    (project / "away").rename(project / "hr.db")
    until(lambda: serving.ask("/readyz", method="GET").status == 200)
    assert 200 == serving.ask("/access/v1/evaluation", ASK).status


def test_a_bound_that_nobody_can_keep_is_refused(project: Path, environment: dict[str, str]) -> None:
    """Looking every two seconds, nothing is younger than two seconds."""
    tool = Path(sys.executable).parent / "tutela"
    for more in (("--max-staleness", "3"), ("--max-staleness", "3", "--reload-interval", "0")):
        done = subprocess.run(
            [tool, "serve", "--port", "0", *more], cwd=project, env=environment, capture_output=True, text=True,
            check=False, timeout=WAIT,
        )  # fmt: skip
        assert done.returncode == 2
        assert "--max-staleness" in done.stderr
