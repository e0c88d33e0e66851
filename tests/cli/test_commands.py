"""Every command's main success, and the shapes that it publishes."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from tutela.cli import COMMANDS

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = subprocess.CompletedProcess[str]
    Tool = Callable[..., Run]

NOW = ("--as-of", "2026-11-20T10:00:00+08:00")
FORMATS = ("human", "json", "jsonl", "sarif", "junit", "github", "gitlab", "markdown")


def problems(schema: Any, value: Any) -> list[str]:  # noqa: ANN401 (any JSON)
    """How a value breaks a JSON Schema."""
    validator: Any = jsonschema.Draft202012Validator(schema)
    return [error.message for error in validator.iter_errors(value)]


@pytest.fixture(scope="module")
def schemas(tutela: Tool, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The published schemas of reports, lines and decisions."""
    folder = tmp_path_factory.mktemp("nowhere")
    found = {name: tutela("schema", name, cwd=folder) for name in ("report", "line", "decision", "policy")}

    assert {0} == {done.returncode for done in found.values()}
    return {name: json.loads(done.stdout) for name, done in found.items()}


@pytest.mark.parametrize(
    "command",
    [
        ["check"], ["test", "-v"], ["decide", "requests/read.yaml"], ["explain", "requests/read.yaml"], ["lint", *NOW],
        ["classify", "schema.sql"], ["rules"], ["rule", "no-such-rule"], ["lnt"], ["audit", "no-such-log"], [],
    ],
    ids=" ".join,
)  # fmt: skip
def test_the_installed_command(tutela: Tool, installed: Tool, project: Path, command: list[str]) -> None:
    """What is installed does what the other tests see, for they fork a process that has imported everything."""
    real, forked = installed(*command, cwd=project), tutela(*command, cwd=project)

    assert (real.returncode, real.stdout, real.stderr) == (forked.returncode, forked.stdout, forked.stderr)
    assert real.stdout or real.stderr


def test_init_makes_a_project_that_works(made: tuple[Path, Run], tutela: Tool) -> None:
    """The commands that init names next all do what they say in the new project."""
    project, done = made
    codes = [tutela(*command, cwd=project).returncode for command in (["check"], ["test"], ["lint", *NOW])]

    assert 0 == done.returncode
    assert f"made {project.name}; next: cd {project.name} && tutela check" in done.stdout
    assert [0, 0, 1] == codes


def test_init_refuses_a_folder_that_is_not_empty(tutela: Tool, tmp_path: Path) -> None:
    """A folder with anything in it stays as it is."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note.txt").write_text("mine", encoding="utf-8")
    done = tutela("init", "full", cwd=tmp_path)

    assert (2, "") == (done.returncode, done.stdout)
    assert "project-exists" in done.stderr
    assert ["full", "full/note.txt"] == sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))


def test_init_fills_an_empty_folder(tutela: Tool, tmp_path: Path) -> None:
    """An empty folder that is there already is used."""
    (tmp_path / "new").mkdir()
    done = tutela("init", "new", cwd=tmp_path)

    assert 0 == done.returncode
    assert (tmp_path / "new" / "tutela.toml").is_file()


def test_help_lists_every_command(tutela: Tool, tmp_path: Path) -> None:
    """Each command of the overview has a help of its own."""
    overview = tutela("--help", cwd=tmp_path).stdout
    texts = [tutela(command, "--help", cwd=tmp_path) for command in COMMANDS]

    assert [] == [command for command in COMMANDS if f"\n  {command} " not in overview]
    assert {0} == {done.returncode for done in texts}
    assert all(done.stdout.startswith("Usage: tutela ") for done in texts)


def test_version(tutela: Tool, tmp_path: Path) -> None:
    """The version is one line."""
    done = tutela("--version", cwd=tmp_path)

    assert (0, "tutela", 1) == (done.returncode, done.stdout.split()[0], done.stdout.count("\n"))


def test_check_says_what_it_found(tutela: Tool, project: Path) -> None:
    """A project in order is one line with the digest of its policies."""
    done = tutela("check", cwd=project)

    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith("ok: ")
    assert "sha256:" in done.stdout


def test_test_formats(tutela: Tool, project: Path) -> None:
    """The results of policy tests as text, JSON and JUnit agree."""
    human = tutela("test", "--verbose", cwd=project)
    shape = json.loads(tutela("test", "--format", "json", cwd=project).stdout)
    suites = ET.fromstring(tutela("test", "--format", "junit", cwd=project).stdout)  # noqa: S314 (our own output)

    assert human.stdout.endswith("2 passed, 0 failed\n")
    assert (2, 0, 2) == (shape["passed"], shape["failed"], len(shape["tests"]))
    assert ("2", "0") == (suites.get("tests"), suites.get("failures"))


def test_a_failed_test_fails(tutela: Tool, copy: Path) -> None:
    """A wrong expectation is shown with its place and gives exit status 1, in every format."""
    file = copy / "policies" / "tests" / "access_test.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("effect: deny", "effect: allow"), encoding="utf-8")
    human = tutela("test", cwd=copy)
    junit = tutela("test", "--format", "junit", cwd=copy)

    assert (1, 1) == (human.returncode, junit.returncode)
    assert "FAILED  policies/tests/access_test.yaml:12:5  nobody without a role does" in human.stdout
    assert "1 passed, 1 failed" in human.stdout
    assert 1 == junit.stdout.count("<failure ")


@pytest.mark.parametrize("path", [[], ["policies/retention.yaml"]], ids=["project", "file without tests"])
def test_no_tests_ran_fails(tutela: Tool, copy: Path, path: list[str]) -> None:
    """A run without a single test is a failure, not a success."""
    (copy / "policies" / "tests" / "access_test.yaml").unlink()
    done = tutela("test", *path, cwd=copy)

    assert 1 == done.returncode
    assert "no tests ran" in done.stderr


def test_a_filter_that_fits_nothing_fails(tutela: Tool, project: Path) -> None:
    """So is one in which the filter leaves none."""
    done = tutela("test", "--run", "no such name", cwd=project)

    assert 1 == done.returncode
    assert "no tests ran" in done.stderr


def test_decide_allows_and_denies(tutela: Tool, project: Path, schemas: dict[str, Any]) -> None:
    """One request from a file, several from stdin: exit status 1 as soon as one is denied."""
    body = yaml.safe_load((project / "requests" / "read.yaml").read_text(encoding="utf-8"))
    other = {**body, "subject": {"type": "employee", "id": "E1002"}}
    allowed = tutela("decide", "requests/read.yaml", "--format", "json", cwd=project)
    both = tutela("decide", "--format", "json", cwd=project, stdin=json.dumps([body, other]))
    decisions = [json.loads(allowed.stdout), *json.loads(both.stdout)]
    for decision in decisions:
        assert [] == problems(schemas["decision"], decision)

    assert (0, 1) == (allowed.returncode, both.returncode)
    assert ["allow", "allow", "deny"] == [decision["effect"] for decision in decisions]
    assert "ACC-01.not-authorised" == decisions[2]["reasons"][0]["rule"]


@pytest.mark.parametrize("form", ["yaml", "json", "jsonl", "stdin-yaml", "stdin-json"])
def test_decide_reads_every_form(tutela: Tool, project: Path, tmp_path: Path, form: str) -> None:
    """The same two requests as YAML, JSON and JSON lines, from files and from stdin, give the same answers."""
    body = yaml.safe_load((project / "requests" / "read.yaml").read_text(encoding="utf-8"))
    texts = {
        "yaml": f"- {json.dumps(body)}\n- {json.dumps(body)}\n",
        "json": json.dumps([body, body]),
        "jsonl": f"{json.dumps(body)}\n\n{json.dumps(body)}\n",
    }
    text = texts[form.removeprefix("stdin-")]
    file = tmp_path / f"requests.{form}"
    file.write_text(text, encoding="utf-8")
    stdin = form.startswith("stdin")
    done = tutela("decide", "--format", "jsonl", *([] if stdin else [file]), cwd=project, stdin=text if stdin else "")

    assert 0 == done.returncode
    assert ["allow", "allow"] == [json.loads(line)["effect"] for line in done.stdout.splitlines()]


def test_decide_without_a_time_uses_the_given_one(tutela: Tool, project: Path) -> None:
    """`--as-of` is the time of requests that carry none, and not of those that do."""
    body = yaml.safe_load((project / "requests" / "read.yaml").read_text(encoding="utf-8"))
    bare = {name: value for name, value in body.items() if name != "as_of"}
    done = tutela(
        "decide", "-f", "jsonl", "--as-of", "2021-01-01T00:00:00Z", cwd=project, stdin=json.dumps([bare, body])
    )
    decisions = [json.loads(line) for line in done.stdout.splitlines()]

    assert [("deny", "2021-01-01T00:00:00+00:00"), ("allow", "2026-11-20T02:00:00+00:00")] == [
        (decision["effect"], decision["as_of"]) for decision in decisions
    ]


def test_explain_shows_clauses(tutela: Tool, project: Path) -> None:
    """The rule that allowed it, with its clauses and their values; JSON says the same."""
    human = tutela("explain", "requests/read.yaml", cwd=project)
    shape = json.loads(tutela("explain", "requests/read.yaml", "-f", "json", cwd=project).stdout)
    rules = {rule["rule"]: rule["outcome"] for rule in shape["rules"]}

    assert 0 == human.returncode
    assert "ACC-01.permitted-by-role: allows" in human.stdout
    assert "subject.roles = ['sales_rep']" in human.stdout
    assert "allows" == rules["ACC-01.permitted-by-role"]


def test_classify_prints_every_column_and_writes_nothing(tutela: Tool, project: Path) -> None:
    """Six columns, each with the published keys; the folder holds what it held before."""
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*")}
    done = tutela("classify", "schema.sql", "--format", "json", cwd=project)
    columns = json.loads(done.stdout)["columns"]

    assert 0 == done.returncode
    assert ["id", "full_name", "mobile", "email", "marital_status", "relationship_ended_at"] == [
        column["column"] for column in columns
    ]
    assert {("table", "column", "category", "sensitive", "confidence", "evidence")} == {
        tuple(column) for column in columns
    }
    assert before == {path: path.stat().st_mtime_ns for path in project.rglob("*")}


@pytest.mark.parametrize("format_", FORMATS)
def test_lint_formats(tutela: Tool, project: Path, schemas: dict[str, Any], format_: str) -> None:
    """Each format carries the one finding of the starter project; JSON and JSON lines fit their schemas."""
    done = tutela("lint", *NOW, "--format", format_, cwd=project)
    shapes: list[tuple[str, Any]] = []
    if format_ == "json":
        shapes = [("report", json.loads(done.stdout))]
    elif format_ == "jsonl":
        shapes = [("line", json.loads(line)) for line in done.stdout.splitlines()]
    for name, shape in shapes:
        assert [] == problems(schemas[name], shape)

    assert (1, "") == (done.returncode, done.stderr)
    assert "COL-02.field-not-allowed-for-channel" in done.stdout


def test_sarif_points_at_the_line(tutela: Tool, project: Path) -> None:
    """A SARIF result has a level, a fingerprint and the line of the column."""
    shape = json.loads(tutela("lint", *NOW, "--format", "sarif", cwd=project).stdout)
    result = shape["runs"][0]["results"][0]
    region = result["locations"][0]["physicalLocation"]["region"]

    assert ("2.1.0", "error", 8) == (shape["version"], result["level"], region["startLine"])
    assert result["partialFingerprints"]


def test_audit_of_the_example(tutela: Tool, crm: Path, schemas: dict[str, Any]) -> None:
    """The example's log has findings, each at a line of the log."""
    done = tutela("audit", "logs/access.csv", *NOW, "--format", "json", cwd=crm)
    shape = json.loads(done.stdout)
    assert [] == problems(schemas["report"], shape)

    assert 1 == done.returncode
    assert "audit" == shape["command"]
    assert shape["summary"]["unparsed"] == sum(finding["rule"] == "unparsed" for finding in shape["findings"])
    assert shape["findings"]
    assert all(finding["location"]["line"] for finding in shape["findings"])
    told = {(found["access"]["account"], found["access"]["person"]) for found in shape["findings"] if found["access"]}
    assert told
    assert all(account and (person is None or person.startswith("E")) for account, person in told)
    assert any(person for _, person in told)


def test_share_check_of_the_example(tutela: Tool, crm: Path, schemas: dict[str, Any]) -> None:
    """One form is allowed, the other denied with every reason."""
    allowed = tutela("share", "check", "requests/share-allowed.yaml", *NOW, cwd=crm)
    denied = tutela("share", "check", "requests/share-denied.yaml", *NOW, "-f", "json", cwd=crm)
    shape = json.loads(denied.stdout)
    assert [] == problems(schemas["report"], shape)

    assert (0, 1) == (allowed.returncode, denied.returncode)
    assert {
        "SHR-04.third-party-consent-missing", "SHR-06.nda-missing-or-not-in-force", "SHR-07.outside-agreement-scope",
        "SHR-08.security-agreement-missing", "SHR-11.level2-missing", "SHR-12.not-filed",
        "SHR-21.cross-border-mechanism-missing", "SHR-23.pia-missing",
    } == {finding["rule"] for finding in shape["findings"]}  # fmt: skip


def test_share_hash_is_what_the_approvals_carry(tutela: Tool, crm: Path) -> None:
    """The hash of a form does not change with its approvals, and is the one they were given for."""
    text = (crm / "registers" / "approvals.yaml").read_text(encoding="utf-8")
    done = tutela("share", "hash", "requests/share-allowed.yaml", cwd=crm)
    own = [approval for approval in yaml.safe_load(text) if approval["request_id"] == "SHR-2026-0451"]

    assert 0 == done.returncode
    assert {approval["request_hash"] for approval in own} == {done.stdout.strip()}


def test_retention_check_of_the_example(tutela: Tool, crm: Path) -> None:
    """Groups of rows may be overdue, and others may not be erased yet."""
    kept = json.loads(tutela("retention", "check", "records.csv", *NOW, "-f", "json", cwd=crm).stdout)
    erased = json.loads(tutela("retention", "check", "records.csv", "--erase", *NOW, "-f", "json", cwd=crm).stdout)

    assert "RET-05.expired-data-present" in {finding["rule"] for finding in kept["findings"]}
    assert "RET-02.deleted-before-minimum" in {finding["rule"] for finding in erased["findings"]}
    assert kept["summary"]["checked"] == erased["summary"]["checked"] > 0


def test_rules_and_rule(tutela: Tool, project: Path) -> None:
    """Every listed rule can be shown, here in Chinese as well; an unknown one is guessed at."""
    listed = json.loads(tutela("rules", "--format", "json", cwd=project).stdout)["rules"]
    shown = tutela("rule", "ACC-06.leaver-access", "--lang", "zh", cwd=project)
    wrong = tutela("rule", "ACC-06.leaver-acess", cwd=project)

    assert sorted(rule["id"] for rule in listed) == [rule["id"] for rule in listed]
    assert (0, 2) == (shown.returncode, wrong.returncode)
    assert "离职即时收回权限" in shown.stdout
    assert "Did you mean 'ACC-06.leaver-access'?" in wrong.stderr


def test_schemas_are_schemas(tutela: Tool, project: Path, schemas: dict[str, Any]) -> None:
    """What `schema` prints is a valid JSON Schema of 2020-12, and the starter's policies fit the one of policies."""
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    files = sorted((project / "policies").rglob("*.yaml"))
    wrong = tutela("schema", "polcy", cwd=project)

    assert files
    assert [] == [
        error for file in files for error in problems(schemas["policy"], yaml.safe_load(file.read_text("utf-8")))
    ]
    assert 2 == wrong.returncode
    assert "policy" in wrong.stderr
