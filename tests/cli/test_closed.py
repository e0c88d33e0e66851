"""Commands that are asked about nothing, or told nonsense, never say that all is well."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = subprocess.CompletedProcess[str]
    Tool = Callable[..., Run]

HEAD = "kind: tests\ntitle: {en: t, zh: 测}\nas_of: '2026-11-20T10:00:00+08:00'\ntests:\n"


def write_test(project: Path, text: str) -> None:
    """The project's tests are this one only."""
    folder = project / "policies" / "tests"
    for path in folder.rglob("*.yaml"):
        path.unlink()
    (folder / "t_test.yaml").write_text(HEAD + text, encoding="utf-8")


def test_the_gate_is_asked_without_registers_too(tutela: Tool, copy: Path) -> None:
    """Where nothing says that a policy is approved, it is not."""
    path = copy / "tutela.toml"
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("registers")]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = tutela("check", "--gate", cwd=copy)

    assert 1 == done.returncode
    assert "OTH-0" in done.stdout


def test_a_lint_test_of_nothing_is_not_clean(tutela: Tool, copy: Path) -> None:
    """A schema that defines no table passes no test."""
    write_test(copy, "  - {name: nothing, lint: {sql: 'SELECT 1;'}, expect: {effect: clean}}\n")
    done = tutela("test", cwd=copy)

    assert 0 != done.returncode
    assert "passed, 0 failed" not in done.stdout


def test_what_a_test_removes_must_be_there(tutela: Tool, copy: Path) -> None:
    """A misspelt id would leave the test without its point."""
    request = "{subject: {type: employee, id: E1001}, action: read, resource: {type: table, id: crm.customer}}"
    write_test(copy, f"  - {{name: typo, remove: {{people: [E9999]}}, request: {request}, expect: {{effect: deny}}}}\n")
    done = tutela("test", cwd=copy)

    assert 2 == done.returncode
    assert "t_test.yaml:5" in done.stderr
    assert "register-entry-unknown the test removes `E9999` from `people`" in done.stderr


def test_schedules_name_no_time_of_their_own(tutela: Tool, copy: Path) -> None:
    """Their time would not be kept, so it is refused."""
    [path] = [p for p in (copy / "policies").glob("*.yaml") if "\nschedules:" in p.read_text("utf-8")]
    path.write_text(path.read_text("utf-8") + "effective_to: '2020-01-01T00:00:00+08:00'\n", encoding="utf-8")
    done = tutela("check", cwd=copy)

    assert 2 == done.returncode
    assert "schedules-effective" in done.stderr


def test_nonsense_can_be_explained(tutela: Tool, copy: Path) -> None:
    """What a caller states wrongly is denied and explained, not an error of the program."""
    resource = {"type": "table", "id": "crm.customer", "properties": {"subjects": 5, "channels": [1], "holds": "x"}}
    body = {"subject": {"type": "employee", "id": "E1001"}, "action": "read", "resource": resource}
    done = tutela("explain", "--all", cwd=copy, stdin=json.dumps(body))

    assert (1, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith("DENY")
