"""`lint` with a base: only what a change brings counts, and what is not understood is never clean."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Tool = Callable[..., subprocess.CompletedProcess[str]]

NOW = ("--as-of", "2026-11-20T10:00:00+08:00")
TABLE = "CREATE TABLE crm.lead (\n  id bigint,\n  mobile varchar(20){more}\n);\n"
OTHER = "CREATE TABLE crm.{name} (id bigint);\n"
ADD = "ALTER TABLE crm.lead\n  ADD COLUMN id_card_no varchar(18);\n"
BROKEN = "ALTER TABLE crm.lead ADD COLUMN (((;\n"
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder: Path, *args: str) -> None:
    """Run git as somebody."""
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", *who, *args], cwd=folder, check=True, capture_output=True)


def put(folder: Path, **files: str) -> None:
    """Write SQL files: `old="..."` is old.sql."""
    for name, text in files.items():
        (folder / f"{name}.sql").write_text(text, encoding="utf-8")


def places(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Where the findings that count stand, each place once."""
    findings: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    at = [finding["location"] for finding in findings if finding["counts"]]
    return sorted({f"{place['file']}:{place['line']}:{place['column']}" for place in at})


@needs_git
def test_a_migration_that_only_alters(tutela: Tool, copy: Path) -> None:
    """The folder is replayed as it was and as it is; the finding stands at the new statement."""
    (copy / "db").mkdir()
    put(copy / "db", V1=TABLE.format(more=""))
    git(copy, "init", "-q")
    git(copy, "add", "-A")
    git(copy, "commit", "-qm", "first")
    same = tutela("lint", "db", *NOW, "--diff-base", "HEAD", cwd=copy)
    put(copy / "db", V2=ADD)
    changed = tutela("lint", "db", *NOW, "--diff-base", "HEAD", "-f", "json", cwd=copy)
    put(copy / "db", V2=BROKEN)
    broken = tutela("lint", "db", *NOW, "--diff-base", "HEAD", "-f", "json", cwd=copy)
    unknown = tutela("lint", "db", *NOW, "--diff-base", "HAED", cwd=copy)

    assert (0, 1, 1, 2) == tuple(done.returncode for done in (same, changed, broken, unknown))
    assert same.stdout.startswith("nothing changed, ")
    assert ["db/V2.sql:2:14"] == places(changed)
    assert ["db/V2.sql"] == [place.partition(":")[0] for place in places(broken)]
    assert "HAED: diff-revision-unknown" in unknown.stderr


def test_two_states_of_the_same_tables(tutela: Tool, copy: Path) -> None:
    """Old and new are told by what they define; the command says what it takes them for."""
    table = TABLE.format(more="")
    put(copy, old=table, again=table, new=TABLE.format(more=",\n  id_card_no varchar(18)"))
    done = tutela("lint", "old.sql", "new.sql", *NOW, "-f", "json", cwd=copy)
    same = tutela("lint", "old.sql", "again.sql", *NOW, cwd=copy)
    both = tutela("lint", "old.sql", "new.sql", *NOW, "-f", "json", "--no-diff", cwd=copy)

    assert (1, 0, 1) == tuple(one.returncode for one in (done, same, both))
    assert done.stderr.startswith("old.sql and new.sql define the same tables")
    assert ["new.sql:4:3"] == places(done)
    assert same.stdout.startswith("nothing changed, ")
    assert "" == both.stderr
    assert "old.sql:3:3" in places(both)


def test_a_source_that_is_named_twice(tutela: Tool, copy: Path) -> None:
    """It is judged once, and is no change of itself."""
    once = tutela("lint", "schema.sql", "-f", "json", cwd=copy)
    twice = tutela("lint", "schema.sql", "./schema.sql", "-f", "json", cwd=copy)
    compared = tutela("lint", "schema.sql", "schema.sql", "--diff", cwd=copy)

    assert 1 == once.returncode == twice.returncode
    assert json.loads(once.stdout)["findings"] == json.loads(twice.stdout)["findings"]
    assert (2, True) == (compared.returncode, "--diff compares two sources" in compared.stderr)


def test_two_parts_of_one_schema(tutela: Tool, copy: Path) -> None:
    """Files that share no table, or few of many, are one schema as ever."""
    more = "".join(OTHER.format(name=f"t{number}") for number in range(4))
    put(copy, a=TABLE.format(more="") + more, b=OTHER.format(name="b"), c=TABLE.format(more=""))
    for second in ("b.sql", "c.sql"):
        done = tutela("lint", "a.sql", second, *NOW, "-f", "json", cwd=copy)

        assert (1, "") == (done.returncode, done.stderr)
        assert "a.sql:3:3" in places(done)


def test_a_script_upon_a_base(tutela: Tool, copy: Path) -> None:
    """`--diff` replays a script that defines no table of the base upon it; `--diff-base` may be a file."""
    put(copy, base=TABLE.format(more=""), script=ADD, broken=BROKEN)
    upon = tutela("lint", "base.sql", "script.sql", *NOW, "--diff", "-f", "json", cwd=copy)
    named = tutela("lint", "base.sql", "script.sql", *NOW, "--diff-base", "base.sql", "-f", "json", cwd=copy)
    broken = tutela("lint", "base.sql", "broken.sql", *NOW, "--diff", "-f", "json", cwd=copy)

    assert (1, 1, 1) == tuple(done.returncode for done in (upon, named, broken))
    assert ["script.sql:2:14"] == places(upon) == places(named)
    assert ["broken.sql"] == [place.partition(":")[0] for place in places(broken)]


def test_a_script_that_only_alters_is_replayed(tutela: Tool, copy: Path) -> None:
    """Upon what stands there: no other column is gone, and views and comments of the script find theirs."""
    script = (
        f"{ADD}CREATE VIEW crm.v AS SELECT id AS a, mobile AS b FROM crm.lead;\n"
        "COMMENT ON COLUMN crm.lead.mobile IS '手机';\nALTER TABLE crm.lead ALTER COLUMN mobile TYPE text;\n"
    )
    put(copy, base=TABLE.format(more=",\n  fax text"), script=script, other=ADD.replace("lead", "nowhere"))
    for option in ((), ("--diff",)):
        done = tutela("lint", "base.sql", "script.sql", *NOW, *option, "-f", "json", cwd=copy)
        said = json.loads(done.stdout)

        assert ["script.sql:2:14", "script.sql:3:17"] == places(done)
        assert ([], 0) == (said["comparison"]["absent"], said["summary"]["unparsed"])
        assert bool(option) != done.stderr.startswith("script.sql only alters tables of base.sql")
    chinese = tutela("lint", "base.sql", "script.sql", *NOW, "--lang", "zh", cwd=copy)
    parts = tutela("lint", "base.sql", "script.sql", *NOW, "--no-diff", "-f", "json", cwd=copy)
    unknown = tutela("lint", "base.sql", "other.sql", *NOW, "-f", "json", cwd=copy)

    assert chinese.stderr.startswith("script.sql 仅修改 base.sql 中的表")
    assert "base.sql:3:3" in places(parts)
    assert "base.sql:3:3" in places(unknown)
    assert "" == unknown.stderr


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("ALTER TABLE crm.lead DROP COLUMN fax;\n", []),
        ("ALTER TABLE crm.lead ALTER COLUMN fax TYPE varchar(40);\n", []),
        ("COMMENT ON COLUMN crm.lead.note IS '手机号';\n", ["base.sql:5:3"]),
        ("ALTER TABLE crm.lead DROP COLUMN fax;\nCOMMENT ON TABLE crm.lead IS 'leads';\n", []),
    ],
)
def test_a_script_that_adds_no_column_is_replayed(tutela: Tool, copy: Path, script: str, found: list[str]) -> None:
    """One that only drops columns, changes types or describes columns is no second part of the schema either."""
    put(copy, base=TABLE.format(more=",\n  fax text,\n  note text"), script=script)
    told, asked = (
        tutela("lint", "base.sql", "script.sql", *NOW, *option, "-f", "json", cwd=copy) for option in ((), ("--diff",))
    )

    assert found == places(told) == places(asked)
    assert told.stderr.startswith("script.sql only alters tables of base.sql")


def test_a_statement_that_was_broken_before(tutela: Tool, copy: Path) -> None:
    """It does not count while its text is the same, wherever it stands; another one in its place does."""
    table = TABLE.format(more="")
    put(copy, base=table + BROKEN)
    (copy / "now").mkdir()
    for text, status in (
        (f"{table}\n\n{BROKEN}", 0),
        (table + BROKEN.replace("(((", "(((" * 2), 1),
        (table + BROKEN * 2, 1),
    ):
        put(copy / "now", base=text)
        done = tutela("lint", "now/base.sql", *NOW, "--diff-base", "base.sql", "--fail-on", "critical", cwd=copy)

        assert status == done.returncode, done.stdout


def test_what_a_change_mends_is_told(tutela: Tool, copy: Path) -> None:
    """A dropped column takes its findings with it; nothing counts, and yet something changed."""
    put(copy, old=TABLE.format(more=",\n  id_card_no varchar(18)"), new=TABLE.format(more=""))
    done = tutela("lint", "new.sql", *NOW, "--diff-base", "old.sql", cwd=copy)

    assert 0 == done.returncode
    assert "column crm.lead.id_card_no" in done.stdout
    assert "nothing changed" not in done.stdout


@pytest.mark.parametrize(
    "args",
    [
        ("--diff", "a.sql"),
        ("--diff", "a.sql", "a.sql", "a.sql"),
        ("--diff", "--diff-base", "a.sql", "a.sql", "a.sql"),
        ("--diff-base", "HEAD", "-"),
        ("--diff-base", "HEAD", "absent.sql"),
        ("--diff-base", "binary.sql", "a.sql"),
    ],
)
def test_what_cannot_be_compared(tutela: Tool, copy: Path, args: tuple[str, ...]) -> None:
    """Exit status 2, and why."""
    put(copy, a=TABLE.format(more=""))
    (copy / "binary.sql").write_bytes(b"\0\1\2")
    done = tutela("lint", *args, *NOW, cwd=copy)

    assert (2, "") == (done.returncode, done.stdout)
    assert done.stderr


def test_a_base_in_which_there_was_nothing(tutela: Tool, copy: Path) -> None:
    """Everything is new."""
    put(copy, a=TABLE.format(more=""), none="-- no table yet\nSELECT 1;\n")
    (copy / "empty.sql").write_bytes(b"")
    whole = tutela("lint", "a.sql", *NOW, "-f", "json", cwd=copy)
    for base in ("none.sql", "empty.sql"):
        done = tutela("lint", "a.sql", *NOW, "--diff-base", base, "-f", "json", cwd=copy)

        assert (1, places(whole)) == (done.returncode, places(done))


@needs_git
def test_a_file_that_is_not_read_counts_when_it_changes(tutela: Tool, copy: Path) -> None:
    """A migration in Python may do anything: what was known of it is not known of its next text."""
    (copy / "db").mkdir()
    put(copy / "db", V1=TABLE.format(more=""))
    (copy / "db" / "V2__x.py").write_text("x = 1\n", "utf-8")
    git(copy, "init", "-q")
    git(copy, "add", "-A")
    git(copy, "commit", "-qm", "first")
    same = tutela("lint", "db", *NOW, "--diff-base", "HEAD", cwd=copy)
    (copy / "db" / "V2__x.py").write_text("add_column('lead', 'id_card_no')\n", "utf-8")
    changed = tutela("lint", "db", *NOW, "--diff-base", "HEAD", "-f", "json", cwd=copy)

    assert (0, 1) == (same.returncode, changed.returncode)
    assert ["db/V2__x.py:None:None"] == places(changed)


def test_the_schemas_of_a_project_are_no_two_states(tutela: Tool, copy: Path) -> None:
    """Two files that the project names are one schema, also when they have tables in common."""
    put(copy, one=TABLE.format(more=""), two=TABLE.format(more=""))
    text = (copy / "tutela.toml").read_text("utf-8")
    (copy / "tutela.toml").write_text(text.replace('"schema.sql"', '"one.sql", "two.sql"'), "utf-8")
    done = tutela("lint", *NOW, "-f", "json", cwd=copy)

    assert (1, "") == (done.returncode, done.stderr)
    assert "one.sql:3:3" in places(done)


def test_a_column_that_holds_something_else_counts(tutela: Tool, copy: Path) -> None:
    """The same rule on the same column is another finding when the column is used for other data."""
    table = TABLE.format(more=",\n  c1 text, c2 text") + "COMMENT ON COLUMN crm.lead.c1 IS '{}';"
    put(copy, old=table.format("手机号"), new=table.format("电子邮箱"))
    done = tutela("lint", "old.sql", "new.sql", *NOW, "-f", "json", cwd=copy)

    assert 1 == done.returncode
    assert ["new.sql:4:3"] == places(done)


def test_tags_of_a_table_that_is_new(tutela: Tool, copy: Path) -> None:
    """A base that has none of the tagged columns is no mistake: what is new counts, tagged as it is."""
    put(copy, old=TABLE.format(more=""), new="CREATE TABLE crm.zz (id int, c1 text);")
    tags = [{"name": "zz", "columns": [{"name": "c1", "tags": [{"tagFQN": "personal.contact.email"}]}]}]
    (copy / "t.json").write_text(json.dumps(tags), "utf-8")
    done = tutela("lint", "new.sql", *NOW, "-f", "json", "--diff-base", "old.sql", "--tags", "t.json", cwd=copy)

    assert 1 == done.returncode
    assert "new.sql:1:30" in places(done)
