"""Requests: the AuthZEN form, the instant, and everything that can be wrong, at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutela.engine.errors import InputError
from tutela.engine.request import Request, parse_time

AS_OF = datetime(2026, 11, 20, 2, tzinfo=UTC)
FIELDS = st.sampled_from(["subject", "action", "resource", "context", "as_of", "type", "id", "name", "properties"])
BODIES = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(FIELDS, inner),
    max_leaves=12,
)
SUBJECT = {"type": "employee", "id": "e1"}
RESOURCE = {"type": "table", "id": "r1"}
BODY: dict[str, Any] = {"subject": SUBJECT, "action": {"name": "read"}, "resource": RESOURCE}


def problems(data: object, as_of: datetime | None = AS_OF) -> list[str]:
    """What is wrong with a request, as `place code`."""
    with pytest.raises(InputError) as caught:
        Request.from_json(data, as_of=as_of, source="q.json")
    assert caught.value.problems
    return [f"{problem.location} {problem.code}" for problem in caught.value.problems]


def test_the_parts_are_flat() -> None:
    """Properties stand beside type and id; nobody can rename a subject by a property."""
    subject = {**SUBJECT, "properties": {"rank": 3, "id": "boss", "type": "god"}}
    request = Request.from_json({**BODY, "subject": subject, "context": {"a": 1}}, as_of=AS_OF)

    assert {"rank": 3, "id": "e1", "type": "employee"} == request.subject
    assert ("read", {"name": "read"}, {"a": 1}) == (request.action_name, request.action, request.context)


def test_an_action_is_a_name_or_a_mapping() -> None:
    """Both forms are the same; a property cannot rename it either."""
    plain = Request(SUBJECT, "read", RESOURCE, as_of=AS_OF)
    mapped = Request(SUBJECT, {"name": "read", "properties": {"name": "x", "mode": 1}}, RESOURCE, as_of=AS_OF)

    assert plain.action_name == mapped.action_name == "read"
    assert {"name": "read", "mode": 1} == mapped.action


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"as_of": "2026-11-20T10:00:00+08:00", "context": {"time": "2020-01-01T00:00:00Z"}}, AS_OF),
        ({"context": {"time": "2026-11-20T02:00:00Z"}}, AS_OF),
        ({}, datetime(2000, 1, 1, tzinfo=UTC)),
        ({"context": {}}, datetime(2000, 1, 1, tzinfo=UTC)),
        ({"context": None}, datetime(2000, 1, 1, tzinfo=UTC)),
    ],
)
def test_the_instant_is_the_most_special_one(body: dict[str, Any], expected: datetime) -> None:
    """`as_of` of the request, else `context.time`, else the caller's."""
    assert expected == Request.from_json({**BODY, **body}, as_of=datetime(2000, 1, 1, tzinfo=UTC)).as_of


@pytest.mark.parametrize("data", [None, [], "text", 5, True])
def test_what_is_no_mapping_is_no_request(data: object) -> None:
    """One problem, without a pointer."""
    assert ["q.json request-not-mapping"] == problems(data)


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"subject": None}, ["/subject"]),
        ({"subject": {}}, ["/subject/id", "/subject/type"]),
        ({"subject": {"type": "x", "id": 5}}, ["/subject/id"]),
        ({"subject": {**SUBJECT, "properties": [1]}}, ["/subject/properties"]),
        ({"subject": {**SUBJECT, "properties": 0}}, ["/subject/properties"]),
        ({"subject": "employee"}, ["/subject"]),
        ({"action": None}, ["/action"]),
        ({"action": {}}, ["/action/name"]),
        ({"action": {"name": 1}}, ["/action/name"]),
        ({"action": ["read"]}, ["/action"]),
        ({"resource": {"id": "x"}}, ["/resource/type"]),
        ({"context": [1]}, ["/context"]),
        ({"context": "x"}, ["/context"]),
        ({"subject": 1, "action": 2, "resource": 3, "context": 4}, ["/action", "/context", "/resource", "/subject"]),
    ],
)
def test_every_wrong_field_is_named(change: dict[str, Any], places: list[str]) -> None:
    """All at once, each with its pointer; a missing one is a wrong one."""
    assert [f"q.json#{place} request-field" for place in places] == problems({**BODY, **change})


@pytest.mark.parametrize("part", ["subject", "action", "resource"])
def test_a_missing_part_is_named(part: str) -> None:
    """A request without a required field is one clear error."""
    assert [f"q.json#/{part} request-field"] == problems({k: v for k, v in BODY.items() if k != part})


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("2026-11-20T10:00:00", "request-time-naive"),
        ("2026-11-20", "request-time-naive"),
        ("yesterday", "request-time"),
        ("2026-13-20T10:00:00Z", "request-time"),
        ("0001-01-01T00:00:00+08:00", "request-time"),
        ("9999-12-31T23:59:59-08:00", "request-time"),
        (1763600000, "request-time"),
        (True, "request-time"),
        ([["2026"]], "request-time"),
        ("", "request-time"),
    ],
)
def test_a_time_needs_an_offset(value: object, code: str) -> None:
    """Naive times, other texts, numbers and times outside the calendar are refused, at their place."""
    assert [f"q.json#/as_of {code}"] == problems({**BODY, "as_of": value})
    assert [f"q.json#/context/time {code}"] == problems({**BODY, "context": {"time": value}})


def test_no_time_at_all_is_an_error() -> None:
    """Nothing reads a clock."""
    assert ["q.json request-time-missing"] == problems(BODY, as_of=None)


def test_a_naive_instant_of_the_caller_is_refused() -> None:
    """By the constructor and by the reader."""
    naive = datetime(2026, 11, 20)  # noqa: DTZ001 (what the test is about)

    with pytest.raises(InputError, match="request-time-naive"):
        Request(SUBJECT, "read", RESOURCE, as_of=naive)
    with pytest.raises(InputError, match="request-time-naive"):
        Request.from_json(BODY, as_of=naive)


class Name(StrEnum):
    """Texts of a class of its own."""

    READ = "read"


def test_an_error_is_never_without_words() -> None:
    """A text of another class is refused with a problem: dictionaries and indexes are made for plain texts."""
    for subject, action in (({"type": Name.READ, "id": "x"}, "read"), (SUBJECT, Name.READ)):
        with pytest.raises(InputError, match="request-field"):
            Request(subject, action, RESOURCE, as_of=AS_OF)


@given(BODIES)
def test_reading_gives_a_request_or_an_input_error(data: object) -> None:
    """Nothing else comes out, and an error always says something."""
    try:
        request = Request.from_json(data, as_of=AS_OF)
    except InputError as error:
        assert error.problems  # noqa: PT017 (either outcome is right)
    else:
        assert request.as_of.tzinfo is not None


def test_a_time_is_an_instant_in_utc() -> None:
    """Whatever its offset; a datetime is taken as it is."""
    assert AS_OF == parse_time("2026-11-20T10:00:00+08:00")
    assert UTC is parse_time("2026-11-20T10:00:00+08:00").tzinfo
    assert AS_OF == parse_time(AS_OF.astimezone(timezone(timedelta(hours=-3))))
