"""The workload that every contender gets: neutral rules, neutral requests, and an oracle of twenty lines.

Rules are plain data (atoms as tuples), so that each contender can render them into its own language; the
oracle here knows no contender and says what the right answer is. Everything is drawn from one seed.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any, NamedTuple

ACTIONS = ("read", "update", "export", "delete", "grant", "share", "use", "retain")
ROLES = tuple(f"role_{n:02d}" for n in range(20))
DEPARTMENTS = tuple(f"dept_{n:02d}" for n in range(12))
REGIONS = ("north", "south", "east", "west", "centre", "abroad")
PURPOSES = ("billing", "support", "delivery", "fraud", "marketing", "research", "audit", "training")
CHANNELS = ("web", "app", "branch", "phone", "partner")
EMPLOYEES = tuple(f"u{n:04d}" for n in range(500))
AS_OF = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)

DENY_SHARE = 0.10
AIMED_SHARE = 0.75
SATISFIED_SHARE = 0.50
"""Of the aimed ones, how many are made to fulfil every atom; the rest may by chance. 34-40 % are allowed."""

KINDS = (
    "same_department",
    "clearance",
    "purpose",
    "same_region",
    "hours",
    "mfa",
    "channel_not",
    "owner_or_department",
)

Atom = tuple[Any, ...]
"""(kind of `KINDS`, its constants...)."""


class Rule(NamedTuple):
    """One access rule: what it names, and atoms that must all hold."""

    number: int
    effect: str
    action: str
    table: str
    role: str
    atoms: tuple[Atom, ...]

    @property
    def key(self) -> tuple[str, str, str]:
        """What a hand-made index would use."""
        return self.action, self.table, self.role


class Case(NamedTuple):
    """One request, flat: each contender shapes it as it likes."""

    user: str
    department: str
    clearance: int
    subject_region: str
    mfa: bool
    role: str
    action: str
    resource: str
    table: str
    owner_department: str
    sensitivity: int
    resource_region: str
    owner: str
    purpose: str
    hour: int
    channel: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What a hand-made index would look up."""
        return self.action, self.table, self.role


def make_rules(count: int, seed: int = 1) -> list[Rule]:
    """Draw `count` rules over `count / 5` tables."""
    rng = random.Random(f"rules {seed} {count}")
    tables = [f"t_{n:05d}" for n in range(max(count // 5, 1))]
    return [
        Rule(
            number,
            "deny" if rng.random() < DENY_SHARE else "allow",
            rng.choice(ACTIONS),
            rng.choice(tables),
            rng.choice(ROLES),
            tuple(_atom(rng, kind) for kind in rng.sample(KINDS, rng.randint(2, 4))),
        )
        for number in range(count)
    ]


def _atom(rng: random.Random, kind: str) -> Atom:
    if kind == "purpose":
        return kind, tuple(sorted(rng.sample(PURPOSES, rng.randint(2, 4))))
    if kind == "hours":
        return kind, rng.randint(0, 11), rng.randint(12, 24)
    if kind == "channel_not":
        return kind, rng.choice(CHANNELS)
    return (kind,)


def make_cases(rules: list[Rule], count: int, seed: int = 1) -> list[Case]:
    """Draw `count` requests, three quarters of them aimed at the key of an existing rule."""
    rng = random.Random(f"cases {seed} {len(rules)}")
    tables = sorted({rule.table for rule in rules})
    return [_case(rng, rules, tables) for _ in range(count)]


def _case(rng: random.Random, rules: list[Rule], tables: list[str]) -> Case:
    case = Case(
        user=rng.choice(EMPLOYEES),
        department=rng.choice(DEPARTMENTS),
        clearance=rng.randint(1, 4),
        subject_region=rng.choice(REGIONS),
        mfa=rng.random() < 0.5,
        role=rng.choice(ROLES),
        action=rng.choice(ACTIONS),
        resource=f"row_{rng.randint(0, 99999)}",
        table=rng.choice(tables),
        owner_department=rng.choice(DEPARTMENTS),
        sensitivity=rng.randint(1, 4),
        resource_region=rng.choice(REGIONS),
        owner=rng.choice(EMPLOYEES),
        purpose=rng.choice(PURPOSES),
        hour=rng.randint(0, 23),
        channel=rng.choice(CHANNELS),
    )
    if rng.random() >= AIMED_SHARE:
        return case
    rule = rng.choice(rules)
    case = case._replace(action=rule.action, table=rule.table, role=rule.role)
    if rng.random() < SATISFIED_SHARE:
        for atom in rule.atoms:
            case = _satisfy(rng, atom, case)
    return case


def _satisfy(rng: random.Random, atom: Atom, case: Case) -> Case:
    """Change what `atom` reads, and only where it does not hold yet."""
    if holds(atom, case):
        return case
    match atom[0]:
        case "same_department" | "owner_or_department":
            return case._replace(owner_department=case.department)
        case "clearance":
            return case._replace(sensitivity=rng.randint(1, case.clearance))
        case "purpose":
            return case._replace(purpose=rng.choice(atom[1]))
        case "same_region":
            return case._replace(resource_region=case.subject_region)
        case "hours":
            return case._replace(hour=rng.randrange(atom[1], atom[2]))
        case "mfa":
            return case._replace(mfa=True)
        case _:
            return case._replace(channel=next(c for c in CHANNELS if c != atom[1]))


def holds(atom: Atom, case: Case) -> bool:
    """Say whether one atom holds, in plain Python."""
    match atom[0]:
        case "same_department":
            return case.department == case.owner_department
        case "clearance":
            return case.sensitivity <= case.clearance
        case "purpose":
            return case.purpose in atom[1]
        case "same_region":
            return case.subject_region == case.resource_region
        case "hours":
            return atom[1] <= case.hour < atom[2]
        case "mfa":
            return case.mfa is True
        case "channel_not":
            return case.channel != atom[1]
        case "owner_or_department":
            return case.owner == case.user or case.department == case.owner_department
        case _:
            raise ValueError(f"no such atom: {atom[0]}")


def expected(rules: list[Rule], cases: list[Case]) -> list[bool]:
    """Answer every request: deny overrides, default deny."""
    by_key: dict[tuple[str, str, str], list[Rule]] = {}
    for rule in rules:
        by_key.setdefault(rule.key, []).append(rule)
    answers: list[bool] = []
    for case in cases:
        hits = {r.effect for r in by_key.get(case.key, ()) if all(holds(a, case) for a in r.atoms)}
        answers.append(hits == {"allow"})
    return answers


def authzen(case: Case) -> dict[str, Any]:
    """Shape a request as the plain AuthZEN-like dictionary that an application has in its hands."""
    return {
        "subject": {
            "type": "employee",
            "id": case.user,
            "properties": {
                "department": case.department,
                "clearance": case.clearance,
                "region": case.subject_region,
                "mfa": case.mfa,
                "role": case.role,
            },
        },
        "action": case.action,
        "resource": {
            "type": "table",
            "id": case.resource,
            "properties": {
                "table": case.table,
                "owner_department": case.owner_department,
                "sensitivity": case.sensitivity,
                "region": case.resource_region,
                "owner": case.owner,
            },
        },
        "context": {"purpose": case.purpose, "hour": case.hour, "channel": case.channel},
        "as_of": AS_OF,
    }
