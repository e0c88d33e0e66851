"""Sharing and use requests as forms: what they ask, and every wrong form with its place."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from yaml import safe_load

from tutela.connectors.forms import form_hash, read_forms
from tutela.engine.errors import InputError

CASES = Path(__file__).parent / "cases" / "registers"
AS_OF = datetime(2026, 11, 20, 2, tzinfo=UTC)


def form(name: str) -> dict[str, Any]:
    """The first application of a register, as the mapping that somebody fills in."""
    found: dict[str, Any] = safe_load((CASES / f"{name}.yaml").read_text(encoding="utf-8"))[0]
    return found


def problems(*paths: Path) -> list[str]:
    """What is wrong, as `line:column CODE message`."""
    with pytest.raises(InputError) as caught:
        read_forms(paths, AS_OF)
    return [f"{p.location.line}:{p.location.column} {p.code} {p.message()}" for p in caught.value.problems]


@pytest.mark.parametrize(("name", "action"), [("sharing_requests", "share"), ("use_requests", "use")])
@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_a_form_asks_for_its_action(tmp_path: Path, name: str, action: str, suffix: str) -> None:
    """By the applicant, for the whole content, at the given instant; the kind of form is told by its fields."""
    path = tmp_path / f"form.{suffix}"
    path.write_text(json.dumps(form(name)), encoding="utf-8")

    (asked,) = read_forms([path], AS_OF)

    request = asked.request
    assert (action, name.removesuffix("s"), AS_OF) == (request.action_name, request.resource["type"], request.as_of)
    assert form(name)["applicant"] == request.subject["id"]
    assert datetime(2026, 10, 1, 1, tzinfo=UTC) == request.resource["form_content"]["submitted_at"]


def test_a_finding_would_point_at_the_id(tmp_path: Path) -> None:
    """The place of a form is that of its id."""
    path = tmp_path / "form.yaml"
    body = {key: value for key, value in form("use_requests").items() if key != "id"}
    path.write_text(f"# an application\napplicant: p2\nid: USE-9\n{_yaml(body)}", encoding="utf-8")

    (asked,) = read_forms([path], AS_OF)

    assert asked.location is not None
    assert (3, 1) == (asked.location.line, asked.location.column)


def _yaml(body: dict[str, Any]) -> str:
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in body.items() if key != "applicant")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- id: x\n", "1:1 type-wrong"),
        ("just a text\n", "0:0 type-wrong"),
        ("id: x\n", "1:1 form-kind-unknown"),
        ("{}\n", "1:1 form-kind-unknown"),
        ("# nothing\n", "0:0 type-wrong"),
        ("scope: [\n", "2:1 yaml-syntax"),
        ("scope: {}\nscope: {}\n", "2:1 yaml-duplicate-key"),
        ("scope: &a {}\n", "1:8 yaml-anchor"),
    ],
)
def test_what_is_no_form_is_one_problem(tmp_path: Path, text: str, expected: str) -> None:
    """And nothing else about it."""
    path = tmp_path / "form.yaml"
    path.write_text(text, encoding="utf-8")

    (found,) = problems(path)

    assert found.startswith(f"{expected} ")


@pytest.mark.parametrize("name", ["sharing_requests", "use_requests"])
def test_a_form_needs_an_id_and_an_applicant(tmp_path: Path, name: str) -> None:
    """Whatever else is missing or left blank, the form can be decided: a rule says that it is incomplete."""
    whole = form(name)
    path = tmp_path / "form.json"
    for field in set(whole) - {"scope", "recipient", "content"}:
        path.write_text(json.dumps({key: value for key, value in whole.items() if key != field}), encoding="utf-8")

        if field in ("id", "applicant"):
            assert [f"0:0 key-missing `{field}` is missing"] == problems(path)
        else:
            assert 1 == len(read_forms([path], AS_OF))
    path.write_text(json.dumps({**whole, "purpose": "", "purpose_text": "", "period": {}}), encoding="utf-8")

    assert 1 == len(read_forms([path], AS_OF))


def test_every_wrong_value_of_every_form_is_told(tmp_path: Path) -> None:
    """All problems of all files at once; a missing file among them."""
    share = {
        **form("sharing_requests"),
        "submitted_at": "2026-10-01T09:00:00",
        "period": {"from": "1.11.2026", "to": "x"},
    }
    use: dict[str, Any] = {
        **form("use_requests"),
        "scope": {"categories": [], "customers": {"estimated_count": 0}, "users": [""]},
        "purpose_text": None,
        "extra": 1,
    }
    (tmp_path / "a.yaml").write_text(json.dumps(share), encoding="utf-8")
    (tmp_path / "b.yaml").write_text(json.dumps(use), encoding="utf-8")

    found = problems(tmp_path / "a.yaml", tmp_path / "b.yaml", tmp_path / "none.yaml")

    assert [
        "file-missing", "key-unknown", "register-date", "register-date", "register-time-naive", "type-wrong",
        "value-empty", "value-out-of-range",
    ] == sorted(line.split(" ")[1] for line in found)  # fmt: skip


def test_a_binary_and_a_large_form_are_refused(tmp_path: Path) -> None:
    """Before anything is parsed."""
    (tmp_path / "binary.yaml").write_bytes(b"PK\x03\x04\x00\x00")
    with (tmp_path / "large.yaml").open("wb") as file:
        file.truncate(300 * 1024 * 1024)

    found = problems(tmp_path / "binary.yaml", tmp_path / "large.yaml")

    assert ["file-binary", "file-too-large"] == [line.split(" ")[1] for line in found]


def test_the_hash_is_of_the_content(tmp_path: Path) -> None:
    """The same from YAML and JSON, in any order of fields, with or without approvals; another for another content."""
    body = form("sharing_requests")
    texts = {
        "a.json": body,
        "b.yaml": dict(reversed(body.items())),
        "c.json": {key: value for key, value in body.items() if key != "approvals"} | {"status": "approved"},
        "d.json": {**body, "submitted_at": "2026-10-01T01:00:00Z"},
        "e.json": {**body, "purpose": "service"},
        "f.json": {**body, "period": {"from": "2026-11-01", "to": "2026-11-20"}},
    }
    for name, value in texts.items():
        (tmp_path / name).write_text(json.dumps(value), encoding="utf-8")
    hashes = {name: form_hash(tmp_path / name) for name in texts}

    assert 1 == len({hashes[name] for name in ("a.json", "b.yaml", "c.json", "d.json")})
    assert 3 == len(set(hashes.values()))
    assert hashes["a.json"].startswith("sha256:")


def test_a_broken_form_has_no_hash(tmp_path: Path) -> None:
    """Nobody signs what cannot be read."""
    path = tmp_path / "form.json"
    for text in ('{"scope": {}}', "{", "[]"):
        path.write_text(text, encoding="utf-8")

        with pytest.raises(InputError):
            form_hash(path)
