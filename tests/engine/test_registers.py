"""Registers and forms: every wrong entry with its message and place, and typed values for right ones."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tutela.engine.documents import Document, read_document
from tutela.engine.quick import Doubt, compiled
from tutela.engine.registers import ENTRIES, FORMS, KEYS, SEVERAL, read_form, read_register, typed
from tutela.engine.rows import Consent, Subject

PERSON = {"id": "p1", "name": "X", "department": "d", "grade": "staff", "status": "active", "hired_at": "2020-01-01"}
HOLD: dict[str, Any] = {
    "id": "h",
    "matter": "m",
    "scope": {},
    "placed_by": "p1",
    "placed_at": "2026-01-01T00:00:00+08:00",
}


def problems(name: str, text: str) -> list[str]:
    """What is wrong with a register text, as `line:column CODE message`."""
    entries, found = read_register(name, read_document(text, name))
    assert bool(found) is not bool(entries) or text == "[]"
    return [f"{p.location.line}:{p.location.column} {p.code} {p.message()}" for p in found]


def wrong(name: str, entry: dict[str, Any], **change: object) -> list[str]:
    """What is wrong with one entry after a change, without places."""
    text = json.dumps([{**entry, **change}])
    return [line.split(" ", 1)[1] for line in problems(name, text)]


def test_times_and_days_become_values() -> None:
    """Times are instants in UTC, days are days, lists cannot be changed."""
    hold = {**HOLD, "scope": {"subjects": ["a"], "from": "2026-01-02"}, "review_at": "2027-01-01", "released_at": None}

    ((found,), none) = read_register("holds", read_document(json.dumps([hold]), "holds"))

    assert [] == none
    assert datetime(2025, 12, 31, 16, tzinfo=UTC) == found["placed_at"]
    assert UTC is found["placed_at"].tzinfo
    assert (date(2027, 1, 1), None) == (found["review_at"], found["released_at"])
    assert {"subjects": ("a",), "from": date(2026, 1, 2)} == found["scope"]


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_every_register_names_each_missing_field(name: str) -> None:
    """An empty entry lacks all required fields, one problem each."""
    found = problems(name, "- {}\n")

    assert {f"1:3 key-missing `{field}` is missing" for field in ENTRIES[name]["required"]} == set(found)
    assert len(ENTRIES[name]["required"]) == len(found)


@pytest.mark.parametrize("name", sorted(ENTRIES))
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: 1", "type-wrong"),
        ("text", "type-wrong"),
        ("- text", "type-wrong"),
        ("- [1]", "type-wrong"),
        ("5", "type-wrong"),
    ],
)
def test_every_register_is_a_list_of_mappings(name: str, text: str, code: str) -> None:
    """Anything else is one problem."""
    (found,) = problems(name, text)

    assert code == found.split(" ")[1]


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_no_register_takes_unknown_fields(name: str) -> None:
    """A typing error never becomes a field that nobody reads; the nearest field is suggested."""
    field = ENTRIES[name]["required"][0]

    found = problems(name, f"- {{{field}_: 1}}\n")

    assert any(line.startswith("1:4 key-unknown") and f"did you mean `{field}" in line for line in found)


@pytest.mark.parametrize("name", sorted(set(ENTRIES) - SEVERAL))
def test_an_entry_is_registered_once(name: str) -> None:
    """The second one is told, with the place of the first."""
    key = KEYS.get(name, "id")
    entry = {**_least(ENTRIES[name]), key: "same"}
    text = f"- {json.dumps(entry)}\n- {json.dumps(entry)}\n"

    (found,) = problems(name, text)

    assert found.startswith("2:")
    assert f"register-duplicate `same` is registered twice (first at {name}:1:" in found


def _least(schema: dict[str, Any]) -> Any:  # noqa: ANN401 (JSON)
    """The smallest value that fits a schema."""
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema["type"] if isinstance(schema["type"], str) else schema["type"][0]
    if kind == "object":
        return {name: _least(schema["properties"][name]) for name in schema.get("required", ())}
    if kind == "array":
        return [_least(schema["items"])] if schema.get("minItems") else []
    if kind == "string":
        known = {"date": "2026-01-01", "date-time": "2026-01-01T00:00:00Z"}
        wanted = schema.get("pattern", "")
        patterns = {"^sha256:[0-9a-f]{64}$": "sha256:" + "0" * 64, "^[0-9a-f]{64}$": "0" * 64}
        pattern = patterns.get(wanted, "P1Y" if wanted[:2] == "^P" else "personal.contact")
        return known.get(schema.get("format", ""), pattern)
    return {"integer": 1, "boolean": True}[kind]


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_the_least_entry_is_enough(name: str) -> None:
    """Required fields alone make a valid entry."""
    assert [] == problems(name, json.dumps([_least(ENTRIES[name])]))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("2026-11-20T10:00:00", "register-time-naive the time in `placed_at` has no offset: `2026-11-20T10:00:00`"),
        ("2026-11-20", "register-time-naive the time in `placed_at` has no offset: `2026-11-20`"),
        ("tomorrow", "register-time `placed_at` is not a time: `tomorrow`"),
        ("0001-01-01T00:00:00+08:00", "register-time `placed_at` is not a time: `0001-01-01T00:00:00+08:00`"),
        ("", "register-time `placed_at` is not a time: ``"),
        (5, "type-wrong `placed_at` must be a text, not a number"),
        (None, "type-wrong `placed_at` must be a text, not null"),
    ],
)
def test_a_time_has_an_offset(value: object, message: str) -> None:
    """A time that could mean two instants is refused."""
    assert [message] == wrong("holds", HOLD, placed_at=value)


@pytest.mark.parametrize(
    "value",
    ["2026-02-30", "20260101", "2026-W01-1", "2026-1-1", "01.02.2026", "2026-01-01T00:00:00Z", "", "２０２６-01-01"],
)
def test_a_day_is_a_day_of_the_calendar(value: str) -> None:
    """In one form only."""
    assert [f"register-date `hired_at` is not a day: `{value}`"] == wrong("people", PERSON, hired_at=value)


@pytest.mark.parametrize(
    ("register", "entry", "change", "message"),
    [
        ("people", PERSON, {"grade": "boss"}, "value-not-listed `boss` is not one of the values allowed here"),
        (
            "people",
            PERSON,
            {"status": "actve"},
            "value-not-listed `actve` is not one of the values allowed here; did you mean `active`?",
        ),
        ("people", PERSON, {"roles": "lead"}, "type-wrong `roles` must be a list, not a text"),
        ("people", PERSON, {"roles": [1]}, "type-wrong `roles` must be a text, not a number"),
        ("people", PERSON, {"id": ""}, "value-empty `id` has too few or too many items"),
        ("people", PERSON, {"id": 7}, "type-wrong `id` must be a text, not a number"),
        ("people", PERSON, {"assignments": [{"department": "d"}]}, "key-missing `from` is missing"),
        (
            "catalog",
            {"dataset": "d"},
            {"columns": [{"name": "c", "category": "Personal"}]},
            "value-malformed `category` has the wrong form: `Personal`",
        ),
        (
            "catalog",
            {"dataset": "d"},
            {"columns": [{"name": "c", "category": "personal.contact\n"}]},
            "value-malformed `category` has the wrong form: `personal.contact\\n`",
        ),
        (
            "catalog",
            {"dataset": "d"},
            {"columns": [{"name": "c", "encrypted": "yes"}]},
            "type-wrong `encrypted` must be true or false, not a text",
        ),
        ("catalog", {"dataset": "d"}, {"access": {"read": "lead"}}, "type-wrong `read` must be a list, not a text"),
        (
            "approvals",
            _least(ENTRIES["approvals"]),
            {"request_hash": "sha256:12"},
            "value-malformed `request_hash` has the wrong form: `sha256:12`",
        ),
        ("approvals", _least(ENTRIES["approvals"]), {"level": 0}, "value-out-of-range `level` is out of range: 0"),
        (
            "approvals",
            _least(ENTRIES["approvals"]),
            {"level": 1.5},
            "type-wrong `level` must be a whole number, not a number",
        ),
        (
            "agreements",
            _least(ENTRIES["agreements"]),
            {"kinds": []},
            "value-empty `kinds` has too few or too many items",
        ),
        (
            "agreements",
            _least(ENTRIES["agreements"]),
            {"direction": None},
            "value-not-listed `null` is not one of the values allowed here",
        ),
    ],
)
def test_a_wrong_value_is_named(register: str, entry: dict[str, Any], change: dict[str, object], message: str) -> None:
    """What is wrong and what would be right, in words without type names."""
    found = wrong(register, entry, **change)

    assert message in found


def test_every_problem_of_a_register_is_told_at_once_at_its_place() -> None:
    """Also in nested lists."""
    text = (
        "- {id: a, name: X, department: d, grade: staff, status: active, hired_at: 2020-13-01}\n"
        "- id: a\n"
        "  name: Y\n"
        "  department: d\n"
        "  grade: staff\n"
        "  status: active\n"
        "  hired_at: 2020-01-01\n"
        "  assignments:\n"
        "    - {department: d, role: r, from: '2026-01-01T00:00:00'}\n"
    )

    assert ["1:75 register-date", "2:7 register-duplicate", "9:38 register-time-naive"] == sorted(
        " ".join(line.split(" ")[:2]) for line in problems("people", text)
    )


def test_policies_change_more_than_once() -> None:
    """Several changes of one policy are no duplicates."""
    assert [] == problems("policy_changes", json.dumps([_least(ENTRIES["policy_changes"])] * 2))


def test_broken_yaml_is_the_only_problem() -> None:
    """No echo of it."""
    assert ["2:3 yaml-duplicate-key"] == [
        " ".join(line.split(" ")[:2]) for line in problems("catalog", "- dataset: a\n  dataset: b\n")
    ]


def test_an_empty_register_is_an_empty_register() -> None:
    """A list without entries is right: nothing is declared."""
    assert [] == problems("holds", "[]")


@pytest.mark.parametrize("name", sorted(FORMS))
def test_a_form_is_one_mapping(name: str) -> None:
    """The least form is enough; a list of forms is none; a naive time in it is told."""
    least = _least(FORMS[name])

    form, none = read_form(name, read_document(json.dumps(least), "f"))
    _, several = read_form(name, read_document(json.dumps([least]), "f"))

    assert form is not None
    assert [] == none
    assert ["type-wrong"] == [problem.code for problem in several]


def test_a_blank_reason_is_for_a_rule_to_judge() -> None:
    """An application that says nothing is still an application."""
    form, found = read_form("use_request", read_document("{id: u, applicant: p, purpose_text: ''}", "f"))

    assert [] == found
    assert {"id": "u", "applicant": "p", "purpose_text": ""} == form


CONSENT = {**_least(ENTRIES["consents"]), "evidence": {"medium": "paper", "ref": "7"}, "expires_at": None}


def test_consents_are_rows() -> None:
    """With the fields of the shape; what is absent is None, () or False, and equal values are one object."""
    entries, _ = read_register("consents", read_document(json.dumps([CONSENT, {**CONSENT, "id": "b"}]), "c"))
    first, second = entries

    assert tuple(ENTRIES["consents"]["properties"]) == Consent._fields
    assert isinstance(first, Consent)
    assert (None, None, None, (), False) == (
        first.evidence, first.expires_at, first.withdrawn_at, first.channels, first.cross_border,
    )  # fmt: skip
    assert datetime(2026, 1, 1, tzinfo=UTC) == first.given_at
    assert first.purposes is second.purposes
    assert first.subject is second.subject


def test_subjects_are_rows() -> None:
    """Their history stays a tuple of mappings."""
    subject = {**_least(ENTRIES["subjects"]), "class_history": [{"class": "lost", "from": "2026-01-01T00:00:00Z"}]}
    ((found,), none) = read_register("subjects", read_document(json.dumps([subject]), "s"))

    assert [] == none
    assert tuple(ENTRIES["subjects"]["properties"]) == Subject._fields
    assert isinstance(found, Subject)
    assert (False, None, "lost") == (found.restricted, found.country, found.class_history[0]["class"])


def test_the_digest_is_of_the_entries() -> None:
    """Whatever their order; any other value, and any other entry, gives another one."""
    texts = [
        [HOLD, {**HOLD, "id": "i"}],
        [{**HOLD, "id": "i"}, dict(reversed(HOLD.items()))],
        [HOLD, {**HOLD, "id": "i", "placed_at": "2025-12-31T16:00:00Z"}],
        [HOLD],
        [HOLD, {**HOLD, "id": "i", "matter": "n"}],
        [HOLD, {**HOLD, "id": "i", "matter": "\ud800"}],
        [],
    ]
    found = [read_register("holds", plain(text))[0].digest for text in texts]

    assert found[0] == found[1]
    assert found[0] == found[2]
    assert 5 == len(set(found))
    assert all(re.fullmatch("sha256:[0-9a-f]{64}", one) for one in found)


def plain(data: object) -> Document:
    """A document without places, as JSON gives it."""
    return Document("f", "", data)


def test_entries_stand_somewhere() -> None:
    """Values at line and column until the places are let go, then entries at their line; JSON has pointers."""
    entries, _ = read_register("holds", read_document("- id: h\n" + _yaml(HOLD) + "- id: i\n" + _yaml(HOLD), "f"))
    before = [str(entries.locate(1)), str(entries.locate(1, ("matter",)))]
    entries.forget()
    loose, _ = read_register("holds", plain([HOLD]))

    assert ["f:6:3", "f:7:11"] == before
    assert ["f:1", "f:6"] == [str(entries.locate(n, ("matter",))) for n in (0, 1)]
    assert "f#/0/matter" == str(loose.locate(0, ("matter",)))


def _yaml(entry: dict[str, Any]) -> str:
    return "".join(f"  {name}: {json.dumps(value)}\n" for name, value in entry.items() if name != "id")


QUICK: list[tuple[dict[str, Any], list[Any], list[Any]]] = [
    ({"type": "string", "minLength": 2}, ["ab"], ["a", 5, None, ["ab"]]),
    ({"type": "string", "pattern": "^a+$"}, ["a", "aa"], ["b", "a\n", 5]),
    ({"type": "string", "format": "date"}, ["2026-01-01"], ["2026-02-30", "20260101", 5]),
    ({"type": "string", "format": "date-time"}, ["2026-01-01T00:00:00Z"], ["2026-01-01T00:00:00", "x", 5]),
    ({"type": "string", "format": "email"}, [], ["a@b.c"]),
    ({"type": ["integer", "null"], "minimum": 1, "maximum": 3}, [None, 1, 3], [0, 4, True, 1.0, "1"]),
    ({"type": "boolean"}, [True, False], [0, 1, None, "true"]),
    ({"enum": ["a", "b"]}, ["a"], ["c", 1, None, ["a"]]),
    ({"enum": ["a", 1]}, [], ["a", 1]),
    ({"type": "array", "minItems": 1, "items": {"type": "string"}}, [["a"]], [[], [1], "a"]),
    ({"type": "array", "uniqueItems": True}, [], [["a"]]),
    ({"type": "object", "additionalProperties": False}, [{}], [{"a": 1}, []]),
    ({"type": "object", "required": ["a"]}, [{"a": [1]}], [{}, {"b": 1}]),
    ({"type": "object", "additionalProperties": {"type": "boolean"}}, [{"a": True}], [{"a": 1}]),
    ({"type": "number"}, [], [1]),
    ({"anyOf": [{}]}, [], [1]),
]


@pytest.mark.parametrize(("schema", "good", "bad"), QUICK)
def test_the_quick_way_takes_what_is_certain_and_doubts_the_rest(
    schema: dict[str, Any], good: list[Any], bad: list[Any]
) -> None:
    """What it takes it types like the slow way; words that it does not know are always in doubt."""
    take = compiled(schema)

    assert [typed(value, schema) for value in good] == [take(value) for value in good]
    for value in bad:
        with pytest.raises(Doubt):
            take(value)
