"""`tutela bundle` and the use of bundles, through the command line."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import tarfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import tutela as library
from tutela.bundles import load_bundle, with_bundle
from tutela.connectors.bundle_tar import Entry, pack, unpack
from tutela.engine.request import Request, parse_time
from tutela.project import find_project, load_authorizer, load_facts_of, load_policies_of
from tutela.taxonomies import lineage_source, taxonomy_sources

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = subprocess.CompletedProcess[str]
    Tutela = Callable[..., Run]

AS_OF = "2026-11-20T10:00:00+08:00"
BUILT = {"SOURCE_DATE_EPOCH": "1795000000"}


@pytest.fixture(scope="module")
def bundles(tutela: Tutela, crm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example project: signed by `release.pem` (crm), not signed (open), and without registers (bare)."""
    folder = tmp_path_factory.mktemp("bundles")
    project = shutil.copytree(crm, folder / "crm")
    for name, more in (("open", ["--registers"]), ("crm", ["--registers"]), ("bare", [])):
        args = ["bundle", "build", "--project", project, "-o", f"{name}.tutela", "--revision", "r7", "--no-tests"]
        assert 0 == tutela(*args, *more, cwd=folder, env=BUILT).returncode
    for key in ("release", "stranger"):
        assert 0 == tutela("bundle", "key", f"{key}.pem", cwd=folder).returncode
    assert 0 == tutela("bundle", "sign", "crm.tutela", "--key", "release.pem", cwd=folder).returncode
    return folder


@pytest.fixture
def away(bundles: Path, tmp_path: Path) -> Path:
    """A folder with the bundles and the keys, and no project."""
    for file in bundles.iterdir():
        if file.is_file():
            shutil.copy(file, tmp_path)
    shutil.copytree(bundles / "crm" / "requests", tmp_path / "requests")
    return tmp_path


def test_a_bundle_is_made_of_the_project_alone(installed: Tutela, bundles: Path, tmp_path: Path) -> None:
    """The same bytes elsewhere, from another working folder; it says what it is."""
    other = shutil.copytree(bundles / "crm", tmp_path / "elsewhere" / "project")
    done = installed(
        "bundle", "build", "-o", tmp_path / "open.tutela", "--revision", "r7", "--no-tests", "--registers",
        cwd=other / "policies", env=BUILT,
    )  # fmt: skip

    assert 0 == done.returncode, done.stderr
    assert (bundles / "open.tutela").read_bytes() == (tmp_path / "open.tutela").read_bytes()
    assert re.search(r"open\.tutela: open r7, \d+ files, 0 signatures, sha256:[0-9a-f]{64}\n$", done.stdout)
    with tarfile.open(tmp_path / "open.tutela", "r:") as tar:
        manifest = json.load(tar.extractfile("manifest.json") or pytest.fail("no manifest"))
        names = tar.getnames()
    assert "2026-11-18T11:06:40Z" == manifest["created"]
    assert {"dialect": "postgres", "default_schema": "crm"}.items() <= manifest["settings"].items()
    assert {"packs/customer-information/access.yaml", "project/policies/crm.yaml", "registers/people.yaml"} <= {*names}
    assert not [name for name in names if "tests/" in name]


@pytest.mark.parametrize("name", ["share-allowed.yaml", "share-denied.yaml"])
def test_a_bundle_decides_as_its_project_does(tutela: Tutela, bundles: Path, away: Path, name: str) -> None:
    """The same decision, with the same words, places and digests, where there is no project."""
    asked = ["decide", away / "requests" / name, "--as-of", AS_OF, "-f", "json"]
    there = tutela(*asked, cwd=bundles / "crm")
    here = tutela(*asked, "--policies", "crm.tutela", "--bundle-key", "release.pub.pem", cwd=away)

    assert {0, 1} >= {there.returncode}
    assert (there.returncode, json.loads(there.stdout)) == (here.returncode, json.loads(here.stdout))


def test_a_bundle_is_checked(tutela: Tutela, bundles: Path, away: Path) -> None:
    """As the project is, registers included; one without registers has none."""
    there = tutela("check", cwd=bundles / "crm")
    here = tutela("check", "crm.tutela", cwd=away)
    bare = tutela("check", "bare.tutela", cwd=away)

    assert there.returncode == here.returncode
    assert [line for line in there.stdout.splitlines() if "RET-01" in line] == [
        line for line in here.stdout.splitlines() if "RET-01" in line
    ]
    assert 0 == bare.returncode, bare.stderr
    assert ", 0 register entries, sha256:" in bare.stdout


def test_where_keys_are_named_only_what_they_signed_is_used(tutela: Tutela, away: Path) -> None:
    """Not signed, signed by another key, or loose files: refused, with exit status 2, in both languages."""
    asked = ["decide", "requests/share-allowed.yaml", "--as-of", AS_OF, "--bundle-key", "release.pub.pem"]

    for policies, code in (
        ("open.tutela", "bundle-unsigned"),
        ("pack:customer-information", "bundle-needed"),
    ):
        done = tutela(*asked, "--policies", policies, cwd=away)
        assert (2, "") == (done.returncode, done.stdout)
        assert code in done.stderr
        zh = tutela(*asked, "--policies", policies, "--lang", "zh", cwd=away)
        assert 2 == zh.returncode
        assert "签名" in zh.stderr
    done = tutela(*asked[:-1], "stranger.pub.pem", "--policies", "crm.tutela", cwd=away)
    assert 2 == done.returncode
    assert "bundle-untrusted" in done.stderr
    assert 0 == tutela(*asked, "--bundle-key", "stranger.pub.pem", "--policies", "crm.tutela", cwd=away).returncode


def test_a_project_names_its_keys(tutela: Tutela, away: Path) -> None:
    """In tutela.toml; neither the environment nor --policies gets around them."""
    (away / "tutela.toml").write_text(
        'policies = ["crm.tutela"]\nbundle_keys = ["release.pub.pem"]\n', encoding="utf-8"
    )
    asked = ["decide", "requests/share-allowed.yaml", "--as-of", AS_OF]

    assert 0 == tutela(*asked, cwd=away).returncode
    assert "bundle-unsigned" in tutela(*asked, "--policies", "open.tutela", cwd=away).stderr
    assert "bundle-unsigned" in tutela(*asked, cwd=away, env={"TUTELA_POLICIES": "open.tutela"}).stderr
    assert "bundle-needed" in tutela(*asked, cwd=away, env={"TUTELA_POLICIES": "pack:customer-information"}).stderr
    shutil.copy(away / "open.tutela", away / "crm.tutela")
    refused = tutela(*asked, cwd=away, env={"TUTELA_BUNDLE_KEYS": "stranger.pub.pem"})
    assert (2, "") == (refused.returncode, refused.stdout)
    assert "bundle-unsigned" in refused.stderr
    assert "bundle-unsigned" in tutela("check", "open.tutela", cwd=away).stderr


def test_a_bundle_stands_alone(tutela: Tutela, away: Path) -> None:
    """Rules beside it would change what was signed."""
    done = tutela("rules", "--policies", "crm.tutela", "--policies", "pack:customer-information", cwd=away)

    assert 2 == done.returncode
    assert "bundle-not-alone" in done.stderr


def test_registers_of_the_bundle_count_before_those_of_the_project(tutela: Tutela, away: Path) -> None:
    """What stands beside a signed whole does not change it; where the bundle has none, the project's are read."""
    (away / "registers").mkdir()
    (away / "registers" / "people.yaml").write_text("- {broken: true}\n", encoding="utf-8")
    (away / "tutela.toml").write_text('policies = ["crm.tutela"]\nregisters = ["registers"]\n', encoding="utf-8")
    asked = ["decide", "requests/share-allowed.yaml", "--as-of", AS_OF]

    assert 0 == tutela(*asked, cwd=away).returncode
    bare = tutela(*asked, "--policies", "bare.tutela", cwd=away)
    assert 2 == bare.returncode
    assert "registers/people.yaml" in bare.stderr


def test_verify_says_who_signed(tutela: Tutela, away: Path) -> None:
    """0: valid; 1: changed, or not signed by these; 2: no bundle, or no key."""
    valid = tutela("bundle", "verify", "crm.tutela", "--key", "stranger.pub.pem", "--key", "release.pub.pem", cwd=away)
    whole = (away / "crm.tutela").read_bytes()
    at = whole.index(b"A-") if b"A-" in whole else len(whole) // 2
    (away / "changed.tutela").write_bytes(whole[:at] + b"X" + whole[at + 1 :])
    (away / "half.tutela").write_bytes(whole[: len(whole) // 2])
    files = unpack(whole, "crm.tutela")
    for name, kept in (
        ("less", files[:-1]),
        ("more", [*files, Entry("project/more.yaml", b"")]),
        ("turned", [*files[:-2], files[-1], files[-2]]),
    ):
        (away / f"{name}.tutela").write_bytes(pack(kept))
    key = ["--key", "release.pub.pem"]

    assert 0 == valid.returncode
    assert "signed by release.pub.pem (sha256:" in valid.stdout
    assert "签名密钥:release.pub.pem" in tutela("bundle", "verify", "crm.tutela", *key, "--lang", "zh", cwd=away).stdout
    for file, status, code in (
        ("open.tutela", 1, "bundle-unsigned"),
        ("changed.tutela", 1, "bundle-entry-changed"),
        ("less.tutela", 1, "bundle-entry-missing"),
        ("more.tutela", 1, "bundle-entry-unlisted"),
        ("turned.tutela", 1, "bundle-entry-order"),
        ("half.tutela", 2, "bundle-truncated"),
        ("none.tutela", 2, "file-missing"),
        ("release.pub.pem", 2, "bundle-not"),
    ):
        done = tutela("bundle", "verify", file, *key, cwd=away)
        assert (status, "") == (done.returncode, done.stdout), done.stderr
        assert code in done.stderr
    assert 1 == tutela("bundle", "verify", "crm.tutela", "--key", "stranger.pub.pem", cwd=away).returncode
    assert 2 == tutela("bundle", "verify", "crm.tutela", "--key", "release.pem", cwd=away).returncode
    assert 2 == tutela("bundle", "verify", "crm.tutela", cwd=away).returncode


def test_a_bad_set_is_refused(tutela: Tutela, copy: Path) -> None:
    """Every problem of policies, tests and registers is told, with places, and no file is written or replaced."""
    (copy / "old.tutela").write_text("old", encoding="utf-8")
    policies = copy / "policies"
    (policies / "bad.yaml").write_text("kind: access\nid: bad\nrules: [{id: B-1, effect: maybe}]\n", encoding="utf-8")
    (policies / "worse.yaml").write_text("kind: [\n", encoding="utf-8")
    done = tutela("bundle", "build", "-o", "old.tutela", "--revision", "1", cwd=copy)
    told = [line for line in done.stderr.splitlines() if re.match(r"policies/(bad|worse)\.yaml:\d+:\d+: ", line)]

    assert (2, "") == (done.returncode, done.stdout)
    assert 2 <= len(told)
    assert "old" == (copy / "old.tutela").read_text(encoding="utf-8")


def test_failed_tests_make_no_bundle(tutela: Tutela, copy: Path) -> None:
    """Nor does it help that there are none; --no-tests leaves them out."""
    args = ["bundle", "build", "-o", "out.tutela", "--revision", "1"]
    passed = tutela(*args, cwd=copy)
    assert 0 == passed.returncode, passed.stderr
    assert "0 failed" in passed.stderr
    (copy / "out.tutela").unlink()
    tests = copy / "policies" / "tests"
    for file in tests.rglob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(r"effect: (\w+)", lambda m: f"effect: {WRONG[m[1]]}", text), encoding="utf-8")
    failed = tutela(*args, cwd=copy)

    assert (1, "") == (failed.returncode, failed.stdout)
    assert "FAILED" in failed.stderr
    assert "失败" in tutela(*args, "--lang", "zh", cwd=copy).stderr
    assert not (copy / "out.tutela").exists()
    shutil.rmtree(tests)
    assert (1, True) == ((none := tutela(*args, cwd=copy)).returncode, "no tests ran" in none.stderr)
    assert 0 == tutela(*args, "--no-tests", cwd=copy).returncode
    assert (copy / "out.tutela").exists()


WRONG = {"allow": "deny", "deny": "allow"}


def test_the_revision_is_that_of_git(tutela: Tutela, copy: Path) -> None:
    """As git describes it, and marked when the work tree differs; without git it must be given."""
    args = ["bundle", "build", "-o", "../x.tutela", "--no-tests"]
    outside = tutela(*args, cwd=copy)
    assert 2 == outside.returncode
    assert "bundle-revision-none" in outside.stderr
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for call in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "x"], [*who, "tag", "v1.2"]):
        subprocess.run(["git", *call], cwd=copy, check=True, capture_output=True)

    assert "x v1.2, " in tutela(*args, cwd=copy).stdout
    (copy / "tutela.toml").open("a", encoding="utf-8").write("# more\n")
    assert "x v1.2-dirty, " in tutela(*args, cwd=copy).stdout


@pytest.mark.parametrize(
    ("more", "env", "said"),
    [
        (["-o", "x.tar"], {}, "FILE.tutela"),
        (["-o", "x.tutela", "--name", "../x"], {}, "bundle-name"),
        (["-o", "x.tutela", "--revision", "a b"], {}, "bundle-revision"),
        (["-o", "x.tutela", "--revision", ""], {}, "bundle-revision"),
        (["-o", "x.tutela"], {"SOURCE_DATE_EPOCH": "yesterday"}, "bundle-epoch"),
        (["-o", "x.tutela"], {"SOURCE_DATE_EPOCH": "9" * 30}, "bundle-epoch"),
        (["-o", "x.tutela", "--registers"], {"TUTELA_REGISTERS": "empty"}, "bundle-no-registers"),
        (["-o", "x.tutela", "--registers"], {"TUTELA_REGISTERS": "none"}, "file-missing"),
    ],
)
def test_what_a_bundle_cannot_be_made_with(
    tutela: Tutela, copy: Path, more: list[str], env: dict[str, str], said: str
) -> None:
    """Exit status 2, and no file."""
    (copy / "empty").mkdir()
    done = tutela("bundle", "build", "--revision", "1", "--no-tests", *more, cwd=copy, env=env)

    assert (2, "") == (done.returncode, done.stdout)
    assert said in done.stderr
    assert not (copy / "x.tutela").exists()


def test_registers_of_a_database_stay_there(tutela: Tutela, copy: Path) -> None:
    """What is read anew all the time is not signed once."""
    with closing(sqlite3.connect(copy / "hr.db")) as connection:
        connection.executescript("CREATE TABLE roles (id TEXT); INSERT INTO roles VALUES ('a')")
    address = {"TUTELA_REGISTERS": "sqlite:///hr.db"}
    done = tutela("bundle", "build", "--registers", "--revision", "1", "-o", "a.tutela", cwd=copy, env=address)
    assert done.returncode == 2
    assert "bundle-database" in done.stderr


def test_files_from_elsewhere_and_odd_names(tutela: Tutela, copy: Path) -> None:
    """Policies beside the project are taken in; a name that no bundle can hold is a problem."""
    rules = "kind: access\nid: common\nrules: [{id: C-1.x, effect: allow, actions: [read]}]\n"
    (copy.parent / "common").mkdir()
    (copy.parent / "common" / "客户.yaml").write_text(rules, encoding="utf-8")
    file = copy / "tutela.toml"
    file.write_text(
        file.read_text(encoding="utf-8").replace('"policies"]', '"policies", "../common"]'), encoding="utf-8"
    )
    args = ["bundle", "build", "-o", "../x.tutela", "--revision", "1", "--no-tests"]
    done = tutela(*args, cwd=copy)

    assert 0 == done.returncode, done.stderr
    shown = tutela("rule", "C-1.x", "--policies", "x.tutela", cwd=copy.parent)
    assert "outside/up/common/客户.yaml" in shown.stdout
    (copy / "policies" / f"{'x' * 120}.yaml").write_text(rules.replace("C-1", "C-2").replace("common", "b"))
    refused = tutela(*args, cwd=copy)
    assert 2 == refused.returncode
    assert "bundle-entry-name" in refused.stderr


def test_a_bundle_is_not_made_of_a_bundle(tutela: Tutela, away: Path) -> None:
    """It is built where the policies are written."""
    done = tutela("bundle", "build", "-o", "x.tutela", "--revision", "1", "--policies", "crm.tutela", cwd=away)

    assert 2 == done.returncode
    assert "bundle-again" in done.stderr


def test_a_bundle_of_another_tutela_is_refused(tutela: Tutela, away: Path) -> None:
    """When the same texts give other rules here, nobody reviewed what would decide."""
    from dataclasses import replace

    from tutela.connectors.bundle import open_bundle, parse_bundle

    found = open_bundle(away / "open.tutela")
    old = replace(found, manifest=replace(found.manifest, tutela="0.0.1", policies=f"sha256:{'0' * 64}"))
    (away / "old.tutela").write_bytes(old.to_bytes())
    done = tutela("check", "old.tutela", cwd=away)

    assert parse_bundle(old.to_bytes(), "x").manifest.tutela == "0.0.1"
    assert 2 == done.returncode
    assert "bundle-digest" in done.stderr
    assert "0.0.1" in done.stderr


def test_a_pushed_bundle_is_used_by_its_pointer(tutela: Tutela, away: Path) -> None:
    """And only what a key signed is pushed, when one is named."""
    refused = tutela("bundle", "push", "open.tutela", "store", "--key", "release.pub.pem", cwd=away)
    assert 2 == refused.returncode
    assert not (away / "store").exists()
    pushed = tutela("bundle", "push", "crm.tutela", "store", "--key", "release.pub.pem", cwd=away)
    used = tutela("check", "store/latest", "--bundle-key", "release.pub.pem", cwd=away)

    assert 0 == pushed.returncode, pushed.stderr
    assert re.match(r"store/crm-[0-9a-f]{16}\.tutela: crm r7, ", pushed.stdout)
    assert used.stderr == tutela("check", "crm.tutela", cwd=away).stderr
    assert "bundle-push-address" in tutela("bundle", "push", "crm.tutela", "ftp://h/x", cwd=away).stderr


def test_the_passphrase_is_no_argument(tutela: Tutela, away: Path) -> None:
    """It comes from a variable; what is wrong with it is told in both languages, without it."""
    secret = {"TUTELA_BUNDLE_PASSPHRASE": "correct horse"}
    made = tutela("bundle", "key", "locked.pem", cwd=away, env=secret)
    sign = ["bundle", "sign", "crm.tutela", "--key", "locked.pem"]

    assert "made locked.pem (encrypted) and locked.pub.pem: sha256:" in made.stdout
    assert "bundle-passphrase-missing" in tutela(*sign, cwd=away).stderr
    assert "口令" in tutela(*sign, "--lang", "zh", cwd=away).stderr
    wrong = tutela(*sign, cwd=away, env={"TUTELA_BUNDLE_PASSPHRASE": "wrong pony"})
    assert (2, False) == (wrong.returncode, "pony" in wrong.stderr)
    assert "bundle-variable" in tutela(*sign, "--passphrase-env", "NOBODYS", cwd=away).stderr
    assert 2 == tutela(*sign, "--passphrase-env", "A", "--keyring", "b", cwd=away).returncode
    signed = tutela(*sign, cwd=away, env=secret)
    assert "2 signatures" in signed.stdout
    assert 0 == tutela("bundle", "verify", "crm.tutela", "--key", "locked.pub.pem", cwd=away).returncode
    assert "bundle-key-exists" in tutela("bundle", "key", "locked.pem", cwd=away).stderr


def test_tests_run_on_a_bundle(tutela: Tutela, bundles: Path, away: Path) -> None:
    """Those that are named: a bundle holds none."""
    there = bundles / "crm" / "policies" / "tests" / "crm_test.yaml"
    done = tutela("test", there, "--policies", "crm.tutela", cwd=away)

    assert 0 == done.returncode, done.stdout + done.stderr
    assert 1 == tutela("test", "--policies", "crm.tutela", cwd=away).returncode
    assert 1 == tutela("coverage", "requirements", "--policies", "crm.tutela", cwd=away).returncode


def test_python_loads_bundles(bundles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`load` gives the policies, `load_bundle` all that decisions need, in one step."""
    monkeypatch.chdir(bundles)
    key = bundles / "release.pub.pem"
    there = with_bundle(find_project(bundles / "crm"))
    snapshot = library.load_bundle("crm.tutela", [key])
    body = {
        "subject": {"type": "employee", "id": "E1"},
        "action": {"name": "read"},
        "resource": {"type": "t", "id": "x"},
    }
    request = Request.from_json(body, as_of=parse_time(AS_OF), source="x")

    assert load_policies_of(there).digest == snapshot.policies.digest == library.load("crm.tutela").digest
    assert snapshot.facts is not None
    assert getattr(load_facts_of(there, snapshot.policies), "digest", 1) == getattr(snapshot.facts, "digest", 2)
    assert load_authorizer(there).decide(request).allowed == snapshot.authorizer().decide(request).allowed
    assert ("crm", "r7") == (snapshot.bundle.manifest.name, snapshot.bundle.manifest.revision)
    assert 1 == len(snapshot.bundle.signers)
    assert "postgres" == snapshot.project.dialect
    assert taxonomy_sources(there)[0].text == taxonomy_sources(snapshot.project)[0].text
    assert lineage_source(there).text == lineage_source(snapshot.project).text
    assert library.load("crm.tutela", bundle_keys=[key]).digest == snapshot.policies.digest
    assert library.load("crm.tutela", parameters={"anonymity.k_min": 11}).digest != snapshot.policies.digest
    for call in (
        lambda: load_bundle("open.tutela", [key]),
        lambda: library.load("open.tutela", bundle_keys=[key]),
        lambda: library.load("crm/policies", bundle_keys=[key]),
        lambda: load_bundle("crm/policies"),
    ):
        with pytest.raises(library.InputError, match=r"bundle-(unsigned|needed|not)"):
            call()


def test_a_snapshot_stays_when_the_file_is_replaced(bundles: Path, tmp_path: Path) -> None:
    """What serves goes on serving: a bad bundle in its place is refused, and changes nothing that was loaded."""
    file = Path(shutil.copy(bundles / "crm.tutela", tmp_path))
    key = bundles / "release.pub.pem"
    serving = load_bundle(file, [key])
    shutil.copy(bundles / "open.tutela", file)
    with pytest.raises(library.InputError, match="bundle-unsigned"):
        load_bundle(file, [key])

    assert serving.policies.digest == serving.bundle.manifest.policies
    assert taxonomy_sources(serving.project)[0].text
    assert load_policies_of(serving.project).digest == serving.policies.digest
