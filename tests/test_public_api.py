"""The library's face: what `tutela.__all__` says can be imported, is documented, and costs nothing until it is used."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

import tutela
from tutela.engine.baselines import baseline_of
from tutela.engine.loader import Source, load_policies

HEAVY = ("click", "duckdb", "jsonschema", "rich", "rule_engine", "sqlglot", "yaml")
FACE = "import sys, tutela"
VERSION = "import sys; from tutela.cli import main\ntry: main(['--version'])\nexcept SystemExit: pass\nimport tutela"


def loaded(script: str) -> set[str]:
    """The modules that a fresh interpreter holds after a script."""
    code = f"{script}\nprint('\\n', *sorted(sys.modules), sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_all_is_sorted_and_equals_the_names_that_dir_shows() -> None:
    """`__all__` lists every public name once, and nothing else is offered."""
    offered = [name for name in dir(tutela) if not name.startswith("_")]

    assert sorted(set(tutela.__all__)) == tutela.__all__
    assert sorted(tutela.__all__) == sorted(offered)


@pytest.mark.parametrize("name", tutela.__all__)
def test_every_public_name_is_there_and_has_a_docstring(name: str) -> None:
    """Each name can be imported from `tutela` and says in a sentence what it is."""
    value = getattr(tutela, name)

    assert name == value.__name__
    assert (value.__doc__ or "").strip().split("\n")[0].rstrip(".:") != ""
    assert not (value.__doc__ or "").startswith(f"{name}(")


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A name that is not public is refused like that of any module."""
    with pytest.raises(AttributeError, match="no attribute 'lnit'"):
        _ = tutela.lnit


def test_importing_tutela_imports_no_library() -> None:
    """`import tutela` loads none of the libraries that tutela stands on, nor its own engine."""
    modules = loaded(FACE)

    assert set() == modules & {*HEAVY, "tutela.api", "tutela.engine.authorizer", "importlib.metadata"}
    assert "tutela" in modules


def test_asking_for_the_version_imports_no_policy_machinery() -> None:
    """`tutela --version` loads click and nothing that reads or decides."""
    modules = loaded(VERSION)

    assert set() == modules & (set(HEAVY) - {"click"})
    assert "click" in modules


def test_version_is_that_of_the_package() -> None:
    """`__version__` and pyproject.toml agree."""
    import tomllib

    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["version"] == tutela.__version__


@pytest.mark.parametrize("name", ["lint", "share", "retention"])
def test_nothing_to_check_is_not_clean(name: str) -> None:
    """Without a file the functions refuse, instead of reporting no findings."""
    policies = load_policies([Source("p.yaml", "kind: access\nid: a\nrules: [{id: A-1, effect: allow}]\n")])

    with pytest.raises(tutela.InputError):
        getattr(tutela, name)(policies)


WAIVER = """waivers:
  - {rule: A-1, resource: t.mobile, reason: the form loses it, owner: E1, expires: 2026-11-20}
"""


def test_waivers_and_baselines(tmp_path: Path) -> None:
    """What somebody answers for, and what stood before, does not count in Python either; mistakes are all told."""
    rules = "rules: [{id: A-0, effect: allow, actions: [collect, retain]}, {id: A-1, effect: deny, actions: [collect]}]"
    bound = "declare: {timezone: {type: timezone}}\nbind: {timezone: UTC}\n"
    policies = load_policies(
        [Source("p.yaml", f"kind: access\nid: a\n{rules}\n"), Source("z.yaml", f"kind: parameters\n{bound}")]
    )
    (tmp_path / "t.sql").write_text("CREATE TABLE t (mobile text, email text);", encoding="utf-8")
    (tmp_path / "w.yaml").write_text(WAIVER, encoding="utf-8")
    (tmp_path / "bad.yaml").write_text("waivers: [{rule: B-1, resource: t, owner: E1}]", encoding="utf-8")
    found = tutela.lint(policies, tmp_path / "t.sql", as_of=datetime(2026, 11, 20, tzinfo=UTC))
    waived = tutela.waive(found, tmp_path / "w.yaml", policies=policies)
    (tmp_path / "b.json").write_text(json.dumps(baseline_of(waived)), encoding="utf-8")
    known = tutela.compare(found, tmp_path / "b.json")

    assert ["t.mobile", "t.email"] == [finding.resource_id for finding in found.counting]
    assert ["t.email"] == [finding.resource_id for finding in waived.counting]
    assert ["t.mobile"] == [finding.resource_id for finding in known.counting]
    with pytest.raises(tutela.InputError) as raised:
        tutela.waive(found, tmp_path / "bad.yaml", policies=policies)
    assert len(raised.value.problems) > 1


MASKING = """kind: access
id: a
rules:
  - id: A-0
    effect: allow
    actions: [read]
    obligations:
      - {kind: mask_columns, args: {categories: [personal.contact.*], mask: partial, keep_last: 4}}
      - {kind: filter_rows, args: {row: {owner: string?}, where: row.owner == subject.id}}
"""


def test_rewriting(tmp_path: Path) -> None:
    """A query comes out with what its subject may see; more of them share what one has learnt of the schema."""
    policies = load_policies([Source("p.yaml", MASKING)])
    (tmp_path / "t.sql").write_text("CREATE TABLE t (mobile text, owner text, n int);", encoding="utf-8")
    subject = {"type": "employee", "id": "E1"}
    resource = {"type": "table", "id": "any"}
    request = tutela.Request(subject, "read", resource, as_of=datetime(2026, 11, 20, tzinfo=UTC))
    made = tutela.rewrite(policies, "SELECT mobile FROM t", request, tmp_path / "t.sql", dialect="duckdb")
    several = tutela.rewriter(policies, tmp_path / "t.sql", dialect="duckdb")

    assert made.allowed
    assert several.rewrite("SELECT mobile FROM t", request).sql == made.sql
    assert several.rewrite("DROP TABLE t", request).problem is not None
    with duckdb.connect() as db:
        db.execute("CREATE TABLE t (mobile text, owner text, n int)")
        db.execute("INSERT INTO t VALUES ('13800138000', 'E1', 1), ('13900139000', 'E2', 2)")
        assert db.execute(made.sql).fetchall() == [("***8000",)]
