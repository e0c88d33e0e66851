"""A cached policy set answers as the texts do, and is used only when nobody else can have written it."""

from __future__ import annotations

import hashlib
import json
import marshal
import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tutela.connectors import cache
from tutela.connectors.cache import MAGIC, cache_folder, cache_key, read_cache
from tutela.connectors.policy_cache import load_cached, valid_data
from tutela.connectors.policy_files import read_policies
from tutela.engine import loader
from tutela.engine.authorizer import Authorizer
from tutela.engine.documents import read_document
from tutela.engine.loader import Source
from tutela.engine.request import Request

if TYPE_CHECKING:
    from collections.abc import Callable

PACK_TESTS = Path(__file__).parents[2] / "policies" / "customer-information" / "tests"
RULES = """kind: access
id: t
rules:
  - {id: T-1.allow, effect: allow, actions: [read], when: 'subject.level + 1 > 2 and subject.level in [2, 5]'}
  - id: T-2.deny
    effect: deny
    severity: low
    actions: [read]
    target: {subject.kind: [a, b]}
    unless: now < d'2026-12-01T00:00:00+08:00' and subject.since < d'2026-11-01T00:00:00Z'
    message: {en: too late, zh: 太晚}
    needs: [time]
    obligations: [{kind: log_use, args: {where: [x]}}]
"""
WORDS = "kind: vocabulary\nsubject: {level: number, kind: string, since: datetime}\n"
SOURCES = [Source("rules.yaml", RULES), Source("words.yaml", WORDS)]

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="a cache is kept on POSIX systems only")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own for each test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(cache.NO_CACHE, raising=False)
    return tmp_path


@pytest.fixture
def texts_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts how often policies are loaded from their texts."""
    calls: list[int] = []
    real = loader.load_policies

    def counted(*args: object, **more: object) -> object:
        calls.append(1)
        return real(*args, **more)  # type: ignore[arg-type] # passed through as they come

    monkeypatch.setattr(loader, "load_policies", counted)
    return calls


def cache_file() -> Path:
    """The file that SOURCES are cached in."""
    return cache_folder() / f"{cache_key(SOURCES)}.bin"


def answers() -> list[object]:
    """What the cached or loaded set says to some requests, with everything that a reader sees."""
    policies = load_cached(SOURCES)
    found: list[object] = [policies.digest, policies.ids(), [repr(rule) for rule in policies.rules]]
    for level in (1, 2, 5.0, "x", None):
        for since in ("2026-10-01T00:00:00Z", "2026-11-02T00:00:00Z"):
            properties = {"level": level, "kind": "a", "since": since}
            subject = {"type": "t", "id": "s", "properties": properties}
            request = Request(subject, "read", {"type": "t", "id": "r"}, as_of=datetime(2026, 11, 20, tzinfo=UTC))
            decision = Authorizer(policies).decide(request)
            found.append((decision.effect, decision.reasons, decision.errors, decision.missing, decision.obligations))
    return found


def test_a_cached_set_answers_like_the_texts(texts_read: list[int]) -> None:
    """The second load reads no text and gives the same rules, digest, decisions, clauses and words."""
    loaded = answers()

    assert (loaded, 1) == (answers(), len(texts_read))


def test_the_shipped_pack_survives_the_cache() -> None:
    """Every rule, default, type and parameter of the pack comes back as it was."""
    values = yaml.safe_load((PACK_TESTS / "sharing_test.yaml").read_text("utf-8"))["parameters"]
    bind = Source("bind.yaml", "kind: parameters\nbind: " + json.dumps(values) + "\n")
    sources = [*read_policies(["pack:customer-information"]), bind]
    first, second = load_cached(sources), load_cached(sources)

    assert list(first.rules) == list(second.rules)
    assert first.vocabulary == second.vocabulary
    assert (first.parameters, first.defaults) == (second.parameters, second.defaults)


def loosen_file(path: Path) -> None:
    """Let others write the file."""
    path.chmod(0o666)


def loosen_folder(path: Path) -> None:
    """Let others write the folder."""
    path.parent.chmod(0o777)


def flip_a_bit(path: Path) -> None:
    """Damage the payload."""
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def cut_short(path: Path) -> None:
    """Lose the end, as a crash while writing would."""
    path.write_bytes(path.read_bytes()[:-20])


def empty(path: Path) -> None:
    """Lose everything."""
    path.write_bytes(b"")


def other_key(path: Path) -> None:
    """Put the file of other policies in its place: the key inside is not the key asked for."""
    data = path.read_bytes()
    path.write_bytes(MAGIC + b"0" * 64 + data[len(MAGIC) + 64 :])


def other_content(path: Path) -> None:
    """A whole and well-formed file whose payload is something else."""
    payload = marshal.dumps(("nothing", 1))
    head = path.read_bytes()[: len(MAGIC) + 65]
    path.write_bytes(head + hashlib.sha256(payload).digest() + payload)


def link(path: Path) -> None:
    """A symbolic link to a good file somewhere else."""
    target = path.with_name("elsewhere")
    path.rename(target)
    path.symlink_to(target)


SPOILERS = [loosen_file, loosen_folder, flip_a_bit, cut_short, empty, other_key, other_content, link]


@pytest.mark.parametrize("spoil", SPOILERS, ids=lambda spoil: spoil.__name__)
def test_a_cache_that_may_be_wrong_is_not_used(spoil: Callable[[Path], None], texts_read: list[int]) -> None:
    """The texts are read again, and the answers are right."""
    expected = answers()
    spoil(cache_file())

    assert (expected, 2) == (answers(), len(texts_read))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_foreign_cache_is_not_used(texts_read: list[int]) -> None:
    """A file that belongs to another user is left alone."""
    expected = answers()
    os.chown(cache_file(), 65534, -1)

    assert None is read_cache(cache_file(), cache_key(SOURCES))
    assert (expected, 2) == (answers(), len(texts_read))


def test_a_changed_text_is_another_key() -> None:
    """A stale file is never asked: one character of text, or a file's name, changes the key."""
    changed = [Source("rules.yaml", RULES + " "), SOURCES[1]]
    renamed = [Source("other.yaml", RULES), SOURCES[1]]
    keys = {cache_key(sources) for sources in (SOURCES, changed, renamed)}
    backwards = cache_key(SOURCES[::-1])

    assert 3 == len(keys)
    assert backwards == cache_key(SOURCES)


def test_another_version_is_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A set that another tutela or rule-engine compiled is stale."""
    before = cache_key(SOURCES)
    monkeypatch.setattr(cache, "_version", str.upper)

    assert before != cache_key(SOURCES)


def test_the_cache_is_private_and_whole(home: Path) -> None:
    """Only the user can read and write it, and no scratch file stays behind."""
    load_cached(SOURCES)
    folder = cache_folder()

    assert 0o700 == folder.stat().st_mode & 0o777
    assert 0o600 == cache_file().stat().st_mode & 0o777
    assert [cache_file().name] == [path.name for path in folder.iterdir()]
    assert folder.is_relative_to(home)


def test_no_cache_when_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """TUTELA_NO_CACHE keeps tutela from writing one."""
    monkeypatch.setenv(cache.NO_CACHE, "1")
    load_cached(SOURCES)

    assert not cache_folder().exists()


def test_a_folder_that_cannot_be_made_is_no_problem(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Policies load without a cache where its folder cannot be."""
    (home / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "file"))

    assert 2 == len(load_cached(SOURCES))


def test_valid_data_is_read_once_and_for_each_kind() -> None:
    """What was found valid is remembered without the marks of its texts; what is not valid is never remembered."""
    reads: list[str] = []

    def read(kind: str) -> object:
        reads.append(kind)
        if kind == "bad":
            raise ValueError(kind)
        return read_document("a: [1, {b: x}]", "a.yaml").data

    found = [valid_data(kind, SOURCES, partial(read, kind)) for kind in ("one", "two", "one")]
    for _ in range(2):
        with pytest.raises(ValueError, match="bad"):
            valid_data("bad", SOURCES, partial(read, "bad"))

    assert [{"a": [1, {"b": "x"}]}] * 3 == found
    assert ["one", "two", "bad", "bad"] == reads


def test_data_that_cannot_be_packed_is_read_each_time() -> None:
    """A value that no cache file can hold is no error."""
    found = [valid_data("dates", SOURCES, lambda: {"on": datetime(2026, 1, 1, tzinfo=UTC)}) for _ in range(2)]

    assert [{"on": datetime(2026, 1, 1, tzinfo=UTC)}] * 2 == found
    assert not cache_folder().exists()
