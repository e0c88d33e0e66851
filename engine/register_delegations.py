"""What is wrong with delegations: to oneself, granted late, to two people at once, and in a circle."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from .errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from .entries import Entries

SHOWN: Final = 8
"""Delegations of a circle that a problem lists: the last ones."""


def delegations_wrong(registers: Mapping[str, Entries]) -> Iterator[Problem]:
    """Every wrong delegation; those to oneself and those that end before they begin are not looked at further."""
    entries = registers.get("delegations")
    if not entries:
        return
    groups: dict[tuple[int, str], list[int]] = {}
    for index, entry in enumerate(entries):
        if entry["granted_at"] > entry["valid_from"]:
            yield _problem(entries, index, "granted_at", "register-delegation-late")
        if entry["from_employee"] == entry["to_employee"]:
            yield _problem(entries, index, "to_employee", "register-delegation-self")
        elif entry["valid_from"] < entry["valid_to"]:
            for scope in dict.fromkeys(entry["scope"]):
                groups.setdefault((entry["level"], scope), []).append(index)
    yield from _between(entries, list(groups.values()))


def _between(entries: Entries, groups: Sequence[Sequence[int]]) -> Iterator[Problem]:
    """What is wrong between delegations of one level and scope; each is told once, whatever their scopes share."""
    twice = {pair for indexes in groups for pair in _overlapping(entries, indexes)}
    for later, earlier in sorted(twice):
        args = {"other": entries[earlier]["id"], "first": entries.locate(earlier, ("to_employee",))}
        yield _problem(entries, later, "to_employee", "register-delegations-overlap", **args)
    circles = {circle[-1]: circle for indexes in groups for circle in _circles(entries, indexes)}
    for last, circle in sorted(circles.items()):
        words = " → ".join(f"`{entries[index]['id']}`" for index in circle[-SHOWN:])
        more = "… → " if len(circle) > SHOWN else ""
        yield _problem(entries, last, "to_employee", "register-delegation-circle", circle=more + words)


def _problem(entries: Entries, index: int, field: str, code: str, **args: object) -> Problem:
    return Problem(code=code, location=entries.locate(index, (field,)), args={"id": entries[index]["id"], **args})


def overlaps(terms: Sequence[tuple[datetime, datetime | None, str]]) -> Iterator[tuple[int, int]]:
    """Pairs (later, earlier) of terms of different people at the same time; for each later term one earlier one.

    Of all earlier terms only two can matter: the one that lasts longest, and the one that lasts longest of another.
    """
    longest: list[int] = []
    for index in sorted(range(len(terms)), key=lambda number: (terms[number][0], number)):
        start, end, who = terms[index]
        if end is not None and end <= start:
            continue
        other = next((number for number in longest if terms[number][2] != who), None)
        if other is not None and _lasts(terms[other][1], start):
            yield index, other
        longest = _longest(terms, [*longest, index])


def _lasts(end: datetime | None, start: datetime) -> bool:
    return end is None or start < end


def _longest(terms: Sequence[tuple[datetime, datetime | None, str]], indexes: Iterable[int]) -> list[int]:
    order = sorted(indexes, key=lambda number: _rank(terms[number][1]), reverse=True)
    other = next((number for number in order if terms[number][2] != terms[order[0]][2]), None)
    return order[:1] if other is None else [order[0], other]


def _rank(end: datetime | None) -> tuple[bool, float]:
    return (True, 0.0) if end is None else (False, end.timestamp())


def _overlapping(entries: Entries, indexes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Delegations of one person, level and scope to different people at the same time."""
    by_person: dict[str, list[int]] = {}
    for index in indexes:
        by_person.setdefault(entries[index]["from_employee"], []).append(index)
    for own in by_person.values():
        found = [
            (entries[index]["valid_from"], entries[index]["valid_to"], entries[index]["to_employee"]) for index in own
        ]
        for later, earlier in overlaps(found):
            yield own[later], own[earlier]


def _circles(entries: Entries, indexes: Sequence[int]) -> Iterator[list[int]]:
    """Delegations of one level and scope that lead back to where they began, all in force at one instant.

    Only delegations on a circle in any order of time are followed through time: there are hardly ever any.
    """
    edges = _on_circles([(index, entries[index]["from_employee"], entries[index]["to_employee"]) for index in indexes])
    moments: list[tuple[Any, bool, int]] = []
    for index in edges:
        moments += [(entries[index]["valid_from"], True, index), (entries[index]["valid_to"], False, index)]
    active: dict[str, dict[int, str]] = {}
    for _moment, begins, index in sorted(moments):  # what ends at an instant goes before what begins
        giver, taker = entries[index]["from_employee"], entries[index]["to_employee"]
        if not begins:
            active[giver].pop(index, None)
            continue
        way = _way(active, taker, giver)
        if way is not None:
            yield [*way, index]
        active.setdefault(giver, {})[index] = taker


def _on_circles(edges: Sequence[tuple[int, str, str]]) -> list[int]:
    """The edges that are left when all that lead nowhere, or come from nowhere, are taken away again and again."""
    left = {index: (giver, taker) for index, giver, taker in edges}
    for end in (0, 1):
        at: dict[str, list[int]] = {}
        degree: dict[str, int] = {}
        for index, pair in left.items():
            at.setdefault(pair[end], []).append(index)
            degree[pair[1 - end]] = degree.get(pair[1 - end], 0) + 1
        bare = deque(person for person in at if not degree.get(person))
        while bare:
            for index in at.get(bare.popleft(), ()):
                other = left.pop(index)[1 - end]
                degree[other] -= 1
                if not degree[other]:
                    bare.append(other)
    return list(left)


def _way(active: Mapping[str, Mapping[int, str]], start: str, goal: str) -> list[int] | None:
    """The delegations that lead from one person to another."""
    came: dict[str, tuple[int, str]] = {}
    waiting = deque([start])
    while waiting:
        person = waiting.popleft()
        for index, taker in active.get(person, {}).items():
            if taker in came or taker == start:
                continue
            came[taker] = index, person
            waiting.append(taker)
    if goal not in came:
        return None
    way: list[int] = []
    person = goal
    while person != start:
        index, person = came[person]
        way.append(index)
    return way[::-1]
