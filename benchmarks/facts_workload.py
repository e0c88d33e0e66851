"""The workload of `facts`: a company with its history, rules over it, requests, and an oracle in plain Python.

The registers hold histories (who was where, in which role, from when to when), and tutela works out what holds at the
instant of a request. Cedar has no histories: its entities are what holds at `AS_OF`, worked out here and not timed.
"""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

AS_OF = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
ACTIONS = ("read", "update", "export")
ROLES = tuple(f"role_{n:02d}" for n in range(20))
DEPARTMENTS = tuple(f"dept_{n:03d}" for n in range(200))
CATEGORIES = (
    "personal.name.full", "personal.contact.email", "personal.contact.phone.mobile", "personal.contact.address",
    "personal.financial.bank_account", "personal.transaction.order",
)  # fmt: skip
PURPOSES = tuple(f"purpose_{n:02d}" for n in range(12))
UNLISTED = "purpose_nobody_registered"
KINDS = ("customer_system", "customer_system", "customer_system", "replica", "reporting", "analytics", "sandbox")
ATOMS = ("department_in", "permitted", "rows", "not_former", "system", "purpose_in", "not_senior", "confidential")
DENY_SHARE = 0.10
AIMED_SHARE = 0.75
STATEMENTS = 5
"""How many lists of columns are asked for of one table."""


class Rule(NamedTuple):
    """One drawn rule: what it names, and atoms that must all hold."""

    number: int
    effect: str
    action: str
    table: str
    role: str
    atoms: tuple[tuple[Any, ...], ...]


class Case(NamedTuple):
    """One request."""

    user: str
    action: str
    table: str
    columns: tuple[str, ...]
    purpose: str
    rows: int


class State(NamedTuple):
    """What holds of a person at `AS_OF`."""

    employed: bool
    department: str
    roles: tuple[str, ...]
    former: tuple[str, ...]
    senior: bool
    confidential: bool


class Company(NamedTuple):
    """Registers as they are written to files, and what they come to at `AS_OF`."""

    registers: dict[str, list[dict[str, Any]]]
    people: dict[str, State]
    tables: dict[str, dict[str, Any]]
    systems: dict[str, str]
    purposes: dict[str, tuple[str, ...]]


def _day(rng: random.Random, first: int, last: int) -> datetime:
    return datetime(first, 1, 1, tzinfo=UTC) + timedelta(days=rng.randrange((last - first) * 365))


def _person(rng: random.Random, number: int) -> tuple[dict[str, Any], State]:
    """One to four assignments one after the other, some with a second role beside the last; some have left."""
    begin = _day(rng, 2010, 2024)
    cuts = sorted(begin + timedelta(days=rng.randrange(1, 900)) for _ in range(rng.randrange(4)))
    starts = [begin, *dict.fromkeys(cuts)]
    left = _day(rng, 2026, 2027) - timedelta(days=64) if rng.random() < 0.05 else None
    steps = []
    for index, start in enumerate(starts):
        until = starts[index + 1] if index + 1 < len(starts) else None
        steps.append((rng.choice(DEPARTMENTS), rng.choice(ROLES), start, until))
    if rng.random() < 0.3:
        steps.append((steps[-1][0], rng.choice(ROLES), starts[-1], None))
    signed_until = _day(rng, 2025, 2031) if rng.random() < 0.3 else None
    senior = rng.random() < 0.01
    entry = {
        "id": f"E{number:06d}", "name": f"员工{number}", "department": steps[-1][0],
        "grade": "senior" if senior else "staff", "status": "active", "hired_at": begin.date().isoformat(),
        "accounts": [f"u{number:06d}"],
        "confidentiality_agreement": {"signed_at": begin.date().isoformat(),
                                      **({"valid_to": signed_until.date().isoformat()} if signed_until else {})},
        "assignments": [
            {"department": d, "role": r, "from": f.isoformat(), **({"to": t.isoformat()} if t else {})}
            for d, r, f, t in steps
        ],
        **({"status": "terminated", "terminated_at": left.isoformat()} if left else {}),
    }  # fmt: skip
    held = [step for step in steps if step[3] is None]  # every history began before AS_OF
    roles = tuple(dict.fromkeys(step[1] for step in held))
    former = tuple(dict.fromkeys(step[1] for step in steps if step[3] is not None and step[1] not in roles))
    employed = left is None or left > AS_OF
    confidential = signed_until is None or signed_until.date() >= AS_OF.date()
    return entry, State(employed, held[0][0], roles, former, senior and employed, confidential)


def make_company(count: int, tables: int, seed: int = 1) -> Company:
    """Draw people with their history, heads, tables with columns and rights, systems and purposes."""
    rng = random.Random(f"company {seed} {count} {tables}")
    drawn = [_person(rng, number) for number in range(count)]
    ids = [entry["id"] for entry, _ in drawn]
    heads = [
        {"code": code, "head_history": [
            {"employee": rng.choice(ids), "from": "2015-01-01T00:00:00Z", "to": "2024-01-01T00:00:00Z"},
            {"employee": rng.choice(ids), "from": "2024-01-01T00:00:00Z"},
        ]} for code in DEPARTMENTS
    ]  # fmt: skip
    systems = [
        {"id": f"sys_{n}", "kind": kind, "platform": "own", "approved_by": ids[0], "encrypted_in_transit": True}
        for n, kind in enumerate(KINDS)
    ]
    purposes = {name: tuple(rng.sample(CATEGORIES, rng.randint(3, 6))) for name in PURPOSES}
    catalog = [
        {
            "dataset": f"db.t_{n:05d}", "owner": rng.choice(ids), "system": rng.choice(systems)["id"],
            "access": {action: sorted(rng.sample(ROLES, 12)) for action in ACTIONS},
            "columns": [{"name": f"c{k}", "category": rng.choice(CATEGORIES) if rng.random() < 0.8 else None}
                        for k in range(8)],
        }
        for n in range(tables)
    ]  # fmt: skip
    registers = {
        "people": [entry for entry, _ in drawn], "departments": heads, "systems": systems, "catalog": catalog,
        "roles": [{"id": role} for role in ROLES],
        "purposes": [{"id": name, "categories": list(categories)} for name, categories in purposes.items()],
    }  # fmt: skip
    states = {entry["id"]: state for entry, state in drawn}
    kinds = {system["id"]: system["kind"] for system in systems}
    return Company(registers, states, {entry["dataset"]: entry for entry in catalog}, kinds, purposes)


def make_rules(count: int, company: Company, seed: int = 1) -> list[Rule]:
    """Draw rules over the tables; the six that stand in `holds_general` come on top, within the count."""
    rng = random.Random(f"rules {seed} {count}")
    return [
        Rule(
            number,
            "deny" if rng.random() < DENY_SHARE else "allow",
            rng.choice(ACTIONS),
            rng.choice(list(company.tables)),
            rng.choice(ROLES),
            tuple(_atom(rng, kind) for kind in rng.sample(ATOMS, rng.randint(2, 4))),
        )
        for number in range(count - GENERAL)
    ]


def _atom(rng: random.Random, kind: str) -> tuple[Any, ...]:
    match kind:
        case "department_in":
            return kind, tuple(sorted(rng.sample(DEPARTMENTS, 100)))
        case "rows":
            return kind, rng.choice((100, 500, 2000))
        case "not_former":
            return kind, rng.choice(ROLES)
        case "system":
            return kind, rng.choice(KINDS[:3])
        case "purpose_in":
            return kind, tuple(sorted(rng.sample(PURPOSES, 6)))
        case _:
            return (kind,)


def categories(company: Company, case: Case) -> list[str]:
    """What the columns asked for hold."""
    wanted = (column for column in company.tables[case.table]["columns"] if column["name"] in case.columns)
    return list(dict.fromkeys(column["category"] for column in wanted if column["category"]))


def holds(atom: tuple[Any, ...], company: Company, case: Case) -> bool:
    """One atom, in plain Python."""
    person, table = company.people[case.user], company.tables[case.table]
    match atom:
        case ("department_in", names):
            return person.department in names
        case ("permitted",):
            return not set(person.roles).isdisjoint(table["access"][case.action])
        case ("rows", limit):
            return case.rows <= limit
        case ("not_former", role):
            return role not in person.former
        case ("system", kind):
            return company.systems[table["system"]] == kind
        case ("purpose_in", names):
            return case.purpose in names
        case ("not_senior",):
            return not person.senior
        case _:
            return person.confidential


GENERAL = 6


def general(company: Company, case: Case) -> bool:
    """Whether one of the six rules for every table denies."""
    person = company.people[case.user]
    kind = company.systems[company.tables[case.table]["system"]]
    needed = company.purposes.get(case.purpose, ())
    return (
        not person.employed
        or not person.confidential
        or case.purpose not in company.purposes
        or not set(categories(company, case)) <= set(needed)
        or (kind == "sandbox" and case.rows > 100)
        or (case.rows > 4000 and not person.senior)
    )


def answer(company: Company, rules: dict[tuple[str, str], list[Rule]], case: Case) -> bool:
    """Deny overrides, default deny."""
    held = company.people[case.user].roles
    effects = {
        rule.effect
        for rule in rules.get((case.action, case.table), ())
        if rule.role in held and all(holds(atom, company, case) for atom in rule.atoms)
    }
    return effects == {"allow"} and not general(company, case)


def by_key(rules: list[Rule]) -> dict[tuple[str, str], list[Rule]]:
    """Rules by action and table."""
    found: dict[tuple[str, str], list[Rule]] = {}
    for rule in rules:
        found.setdefault((rule.action, rule.table), []).append(rule)
    return found


def make_cases(company: Company, rules: list[Rule], count: int, seed: int = 1) -> list[Case]:
    """Draw requests by people of the whole company; three quarters are tried until something allows them."""
    rng = random.Random(f"cases {seed} {len(rules)}")
    index = by_key(rules)
    holders: dict[str, list[str]] = {}
    for name, state in company.people.items():
        for role in state.roles:
            holders.setdefault(role, []).append(name)
    names, tables = list(company.people), list(company.tables)
    # Applications read a table in a few ways, each with the same columns every time, for a few purposes.
    uses = {
        table: (
            [tuple(sorted(rng.sample([f"c{k}" for k in range(8)], rng.randint(1, 3)))) for _ in range(STATEMENTS)],
            rng.sample(PURPOSES, 3),
        )
        for table in tables
    }
    cases = []
    while len(cases) < count:
        rule = rng.choice(rules) if rng.random() < AIMED_SHARE else None
        tries = 12 if rule else 1
        for _ in range(tries):
            case = Case(
                rng.choice(holders[rule.role]) if rule else rng.choice(names),
                rule.action if rule else rng.choice(ACTIONS),
                rule.table if rule else rng.choice(tables),
                (),
                UNLISTED,
                rng.choice((1, 1, 1, 20, 200, 1000, 5000)),
            )
            columns, purposes = uses[case.table]
            case = case._replace(columns=rng.choice(columns))
            if rng.random() < 0.97:
                case = case._replace(purpose=rng.choice(purposes))
            if answer(company, index, case):
                break
        cases.append(case)
    return cases


def write_registers(company: Company, folder: Path) -> int:
    """Write the registers as JSON files; the answer is their size in bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, entries in company.registers.items():
        (folder / f"{name}.json").write_text(json.dumps(entries, ensure_ascii=False), encoding="utf-8")
    return sum(path.stat().st_size for path in folder.iterdir())
