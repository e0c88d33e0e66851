"""What is wrong within and between registers: each kind beside what is right, with its place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings, strategies

from tutela.engine.documents import Document, read_document
from tutela.engine.messages import MESSAGES
from tutela.engine.plain import is_map
from tutela.engine.register_checks import SPANS, check_registers
from tutela.engine.register_delegations import overlaps
from tutela.engine.register_references import EACH, REFERENCES
from tutela.engine.registers import ENTRIES, key_of, read_register

if TYPE_CHECKING:
    from random import Random

    from tutela.engine.entries import Entries


def registers(**texts: str) -> dict[str, Entries]:
    """Registers read from YAML, each of which is right by itself."""
    found: dict[str, Entries] = {}
    for name, text in texts.items():
        found[name], problems = read_register(name, read_document(text, name).hidden())
        assert [] == problems
    return found


def told(**texts: str) -> list[str]:
    """What is wrong between registers, as `file:line:column CODE message`."""
    return [f"{p.location} {p.code} {p.message()}" for p in check_registers(registers(**texts))]


def codes(**texts: str) -> list[str]:
    """The same, without the words."""
    return [" ".join(line.split(" ")[:2]) for line in told(**texts)]


def least(schema: dict[str, Any], path: tuple[str, ...], value: object) -> Any:  # noqa: ANN401 (JSON)
    """A small value that fits a schema and has `value` at a path."""
    if path:
        if path[0] == EACH:
            if schema["type"] == "object":
                return {"key": least(schema["additionalProperties"], path[1:], value)}
            return [least(schema["items"], path[1:], value)]
        entry = {name: least(schema["properties"][name], (), None) for name in schema["required"]}
        return {**entry, path[0]: least(schema["properties"][path[0]], path[1:], value)}
    if value is not None:
        return value
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema["type"] if isinstance(schema["type"], str) else schema["type"][0]
    if kind == "object":
        return {name: least(schema["properties"][name], (), None) for name in schema.get("required", ())}
    if kind == "array":
        return [least(schema["items"], (), None)] if schema.get("minItems") else []
    if kind == "string":
        known = {"date": "2026-01-01", "date-time": "2026-01-01T00:00:00Z"}
        digits = "0" * 64
        patterns = {"^sha256:[0-9a-f]{64}$": f"sha256:{digits}", "^[0-9a-f]{64}$": digits}
        return known.get(schema.get("format", ""), patterns.get(schema.get("pattern", ""), "personal"))
    return {"integer": 1, "boolean": True}[kind]


CASES = [(reference, field) for reference in REFERENCES for field in reference.fields.split()]


@pytest.mark.parametrize(("reference", "field"), CASES, ids=[f"{r.register}-{field}" for r, field in CASES])
def test_what_is_named_is_registered(reference: Any, field: str) -> None:  # noqa: ANN401 (a row of the table)
    """A name that is not there is told, one that is there is not, and neither is any without the other register."""
    entry = least(ENTRIES[reference.register], tuple(field.split(".")), "王小明")
    if reference.only:
        entry["recipient"]["kind"] = reference.only[1][0]
    text = json.dumps([entry])
    targets: dict[str, list[dict[str, Any]]] = {}
    for name in reference.targets:
        if name != reference.register:
            made = least(ENTRIES[name], (str(key_of(name)),), "other")
            targets[name] = [made]
    own = reference.register in reference.targets

    first = {name: json.dumps(entries) for name, entries in targets.items()}
    found = [line for line in told(**{reference.register: text}, **first) if "register-reference" in line]
    want = f"`{field.replace('.*', '')}` of "
    assert any(want in line and line.startswith(f"{reference.register}:1:") for line in found), found
    assert field == key_of(reference.register) or not any("王小明" in line for line in found)

    if not own:
        assert not any(want in line for line in told(**{reference.register: text}))
        last = reference.targets[-1]
        targets[last].append(least(ENTRIES[last], (str(key_of(last)),), "王小明"))
        then = told(**{reference.register: text}, **{name: json.dumps(rows) for name, rows in targets.items()})
        assert not any(want in line and "register-reference" in line for line in then), then


def test_a_reference_stands_where_it_is_written() -> None:
    """At line and column of the value, also in nested lists; in CSV and JSON as near as can be."""
    departments = "- code: sales\n  head_history:\n    - {employee: p1, from: '2020-01-01T00:00:00Z'}\n"
    line = "`head_history.employee` of `sales` names `***`, which is not in `people`"
    plain, _ = read_register("imports", Document("imports.json", "", [least(ENTRIES["imports"], ("partner",), "xyz")]))
    partners, _ = read_register("partners", read_document("[]", "partners"))
    (problem,) = check_registers({"imports": plain, "partners": partners})

    assert [f"departments:3:18 register-reference {line}"] == told(departments=departments, people="[]")
    assert "imports.json#/0/partner" == str(problem.location)


def test_half_of_the_request_registers_judges_no_reference() -> None:
    """Whoever keeps only use requests in registers may still file shared data."""
    filing = "[{request_id: S, filed_by: p, filed_at: '2026-01-01T00:00:00Z', register_no: '1'}]"

    assert [] == told(filings=filing, use_requests="[]")
    assert ["filings:1:15 register-reference"] == codes(filings=filing, use_requests="[]", sharing_requests="[]")


def test_only_partners_are_looked_for_among_partners() -> None:
    """An authority is none, and a blank form names nobody."""
    text = "[{{id: s, applicant: p, purpose: '', recipient: {{kind: {0}, id: X}}}}]"

    assert [] == told(sharing_requests=text.format("authority"), partners="[]", purposes="[]")
    found = codes(sharing_requests=text.format("supplier"), partners="[]")

    assert ["sharing_requests:1:69 register-reference"] == found


@pytest.mark.parametrize("span", SPANS, ids=[f"{span.register}-{span.end}" for span in SPANS])
def test_nothing_ends_before_it_starts(span: Any) -> None:  # noqa: ANN401 (a row of the table)
    """Neither does it end when it starts, where that would be no time at all."""
    schema: Any = ENTRIES[span.register]
    path = tuple(span.part.split(".")) if span.part else ()
    for step in path:
        schema = schema["items"] if step == EACH else schema["properties"][step]

    def made(start: str, end: str) -> str:
        part = {**least(schema, (), None), span.start: _of(schema, span.start, start)}
        part[span.end] = _of(schema, span.end, end)
        whole = least(ENTRIES[span.register], path, part)
        if span.register == "delegations":
            whole["from_employee"] = "other"
            whole["granted_at"] = "2020-01-01T00:00:00Z"
        if span.register == "agreements" and span.start == "signed_at":
            whole["valid_from"] = "2020-01-01"
        return json.dumps([whole])

    def found(start: str, end: str) -> list[str]:
        return [line for line in told(**{span.register: made(start, end)}) if "-ends-" in line]

    assert [] == found("2026-03-01", "2026-03-02")
    (wrong,) = [line for line in found("2026-03-05", "2026-03-01") if f"`{span.end}`" in line]
    assert f"`{span.start}`" in wrong
    assert span.strict is bool(found("2026-03-01", "2026-03-01"))
    text = made("2026-03-05", "2026-03-01")
    assert wrong.startswith(f"{span.register}:1:{text.rindex(f'{json.dumps(span.end)}: ') + len(span.end) + 5} ")


def _of(schema: dict[str, Any], field: str, day: str) -> str:
    return day if schema["properties"][field]["format"] == "date" else f"{day}T12:00:00Z"


def test_a_day_begins_first_in_the_east() -> None:
    """Somebody may leave on the day of hiring, wherever that is; not before it."""
    text = (
        "- {{id: p, name: n, department: d, grade: staff, status: terminated, hired_at: '2026-01-02',"
        " terminated_at: '{0}'}}\n"
    )

    assert [] == codes(people=text.format("2026-01-01T10:00:00Z"))
    assert ["people:1:108 register-ends-before-start"] == codes(people=text.format("2026-01-01T09:59:59Z"))
    assert [] == codes(people=text.format("2026-01-01T10:00:00Z").replace("2026-01-02", "0001-01-01"))


def test_a_department_has_one_head_at_once() -> None:
    """Terms may touch, and one person may be entered twice; two people at once may not head it."""
    text = (
        "- code: sales\n"
        "  head_history:\n"
        "    - {{employee: p1, from: '2020-01-01T00:00:00Z', to: '2021-01-01T00:00:00Z'}}\n"
        "    - {{employee: {0}, from: '{1}T00:00:00Z'}}\n"
        "- {{code: other, head_history: [{{employee: p3, from: '2020-01-01T00:00:00Z'}}]}}\n"
    )

    assert [] == told(departments=text.format("p2", "2021-01-01"))
    assert [] == told(departments=text.format("p1", "2020-06-01"))
    words = "the department `sales` has two heads at once (the other at departments:3:7)"
    assert [f"departments:4:7 register-heads-overlap {words}"] == told(departments=text.format("p2", "2020-06-01"))


def delegation(name: str, giver: str, taker: str, days: str = "01-31", **more: object) -> dict[str, Any]:
    """A delegation in January 2026."""
    first, last = days.split("-")
    return {
        "id": name, "from_employee": giver, "to_employee": taker, "level": 1, "scope": ["use", "share"],
        "valid_from": f"2026-01-{first}T00:00:00Z", "valid_to": f"2026-01-{last}T00:00:00Z",
        "granted_at": "2025-12-01T00:00:00Z", **more,
    }  # fmt: skip


def delegations(*entries: dict[str, Any]) -> list[str]:
    """What is wrong with delegations, one a line, without columns."""
    text = "".join(f"- {json.dumps(entry)}\n" for entry in entries)
    return [
        f"{line.split(':')[1]} {line.split(' ', 1)[1].removeprefix('register-')}" for line in told(delegations=text)
    ]


def test_nobody_delegates_to_two_people_at_once() -> None:
    """The same level and scope at the same time to another; anything else may be."""
    first = delegation("a", "p1", "p2", "01-10")
    fine = [
        delegation("b", "p1", "p3", "10-20"),
        delegation("b", "p1", "p2", "05-20"),
        delegation("b", "p4", "p3", "05-20"),
        delegation("b", "p1", "p3", "05-20", level=2),
        delegation("b", "p1", "p3", "05-20", scope=["export"]),
    ]

    assert [[]] * len(fine) == [delegations(first, other) for other in fine]
    (found,) = delegations(first, delegation("b", "p1", "p3", "05-20"))
    assert found.startswith("2 delegations-overlap `b` delegates to somebody what `a` delegates to another")


def test_a_delegation_is_to_somebody_else_and_granted_before() -> None:
    """Each fault by itself."""
    late = {"granted_at": "2026-01-02T00:00:00Z"}

    assert ["1 delegation-self the delegation `a` is from somebody to the same person"] == delegations(
        delegation("a", "p1", "p1")
    )
    assert ["1 delegation-late the delegation `a` was granted after it begins"] == delegations(
        delegation("a", "p1", "p2", "01-31", **late)
    )
    assert [] == delegations(delegation("a", "p1", "p2", "02-31", **late))


def test_delegations_lead_in_no_circle() -> None:
    """Whatever their order and length, as long as all hold at one instant."""
    chain = [delegation("a", "p1", "p2"), delegation("b", "p2", "p3", "05-20")]

    assert [] == delegations(*chain)
    assert ["3 delegation-circle the delegation `c` closes a circle: `a` → `b` → `c`"] == delegations(
        *chain, delegation("c", "p3", "p1", "10-15")
    )
    assert [] == delegations(*chain, delegation("c", "p3", "p1", "20-31"))
    assert [] == delegations(*chain, delegation("c", "p3", "p1", "01-05"))
    assert [] == delegations(*chain, delegation("c", "p3", "p1", "10-15", level=2))
    assert [] == delegations(*chain, delegation("c", "p3", "p1", "10-15", scope=["export"]))


def test_a_long_circle_is_told_short() -> None:
    """With its last delegations."""
    ring = [delegation(f"d{n}", f"p{n}", f"p{(n + 1) % 500}", f"{n % 20 + 1:02}-31") for n in range(500)]

    (found,) = delegations(*ring)

    assert "closes a circle: … → `" in found
    assert 8 == found.count("→")


@settings(max_examples=200, deadline=None)
@given(random=strategies.randoms(use_true_random=False))
def test_circles_are_found_as_by_trying_everything(random: Random) -> None:
    """For every instant at which one begins, following all that hold then."""
    entries: list[dict[str, Any]] = []
    for number in range(random.randrange(2, 12)):
        giver, taker = random.sample("pqrstu", 2)
        first = random.randrange(1, 28)
        days = f"{first:02}-{random.randrange(first + 1, 30):02}"
        entries.append(delegation(str(number), giver, taker, days, scope=[random.choice(["use", "share"])]))

    circle = any(
        _round([e for e in entries if e["scope"] == scope and e["valid_from"] <= now < e["valid_to"]])
        for now in [entry["valid_from"] for entry in entries]
        for scope in (["use"], ["share"])
    )
    assert circle is any("delegation-circle" in line for line in delegations(*entries))


def _round(edges: list[dict[str, Any]]) -> bool:
    """Whether edges are left when those to a person without any are taken away."""
    while True:
        givers = {edge["from_employee"] for edge in edges}
        left = [edge for edge in edges if edge["to_employee"] in givers]
        if len(left) == len(edges):
            return bool(left)
        edges = left


@settings(max_examples=200, deadline=None)
@given(random=strategies.randoms(use_true_random=False))
def test_overlaps_are_found_as_by_trying_every_pair(random: Random) -> None:
    """A term overlaps an earlier one of another exactly when a pair says so."""
    texts: list[str] = []
    for _ in range(random.randrange(1, 9)):
        first = random.randrange(1, 20)
        until = random.choice(["", f", to: '2026-01-{random.randrange(first, 25):02}T00:00:00Z'"])
        texts.append(f"{{employee: {random.choice('abc')}, from: '2026-01-{first:02}T00:00:00Z'{until}}}")
    (entry,) = registers(departments=f"[{{code: d, head_history: [{', '.join(texts)}]}}]")["departments"]
    terms = [(term["from"], term.get("to"), term["employee"]) for term in entry["head_history"]]

    def clash(one: int, other: int) -> bool:
        (start, end, who), (start2, end2, who2) = terms[one], terms[other]
        real = (end is None or start < end) and (end2 is None or start2 < end2)
        return real and who != who2 and (end is None or start2 < end) and (end2 is None or start < end2)

    found = list(overlaps(terms))
    wanted = {
        later
        for later in range(len(terms))
        for earlier in range(len(terms))
        if (terms[earlier][0], earlier) < (terms[later][0], later) and clash(later, earlier)
    }
    assert wanted == {later for later, _ in found}
    assert all(clash(later, earlier) for later, earlier in found)


PERSON = "{{id: {0}, name: n, department: d, grade: staff, status: active, hired_at: '2020-01-01', {1}: [{2}]}}"


def test_an_account_has_one_owner() -> None:
    """In `accounts` or `owned_service_accounts`; twice with one person is no matter."""

    def people(*rows: tuple[str, str, str]) -> str:
        return "".join(f"- {PERSON.format(*row)}\n" for row in rows)

    assert [] == told(people=people(("p1", "accounts", "zhang, zhang"), ("p2", "accounts", "li")))
    for field in ("accounts", "owned_service_accounts"):
        (found,) = told(people=people(("p1", "accounts", "zhang"), ("p2", field, "li, zhang")))
        assert found.startswith("people:2:")
        assert "register-account-twice an account of `p2` belongs to `p1` already (at people:1:" in found
        assert "zhang" not in found


def test_a_service_account_has_the_same_owner_everywhere() -> None:
    """The registers of people and of service accounts agree, or one of them says nothing."""
    people = f"- {PERSON.format('p1', 'owned_service_accounts', 'svc')}\n- {PERSON.format('p2', 'roles', '')}\n"

    assert [] == told(people=people, service_accounts="[{id: svc, owner: p1}, {id: other, owner: p2}]")
    assert ["service_accounts:1:19 register-account-owner"] == codes(
        people=people, service_accounts="[{id: svc, owner: p2}]"
    )


def test_a_hold_is_released_by_somebody() -> None:
    """Or not at all."""
    text = "[{{id: h, matter: m, scope: {{}}, placed_by: p, placed_at: '2026-01-01T00:00:00Z'{0}}}]"
    released = ", released_at: '2026-02-01T00:00:00Z'"

    assert [] == told(holds=text.format(""))
    assert [] == told(holds=text.format(released + ", released_by: p"))
    assert ["holds:1:94 register-release-unsigned"] == codes(holds=text.format(released))


def test_everything_is_told_at_once() -> None:
    """Of all kinds, in all registers; nothing at all about no registers."""
    found = codes(
        people=f"- {PERSON.format('p1', 'accounts', 'a')}\n- {PERSON.format('p2', 'accounts', 'a')}\n",
        departments="[{code: e, head_history: []}]",
        consents="[{id: c, subject: s, given_by: agent, type: written, purposes: [x], notice_version: v,"
        " given_at: '2026-01-02T00:00:00Z', withdrawn_at: '2026-01-01T00:00:00Z'}]",
        subjects="[]",
    )

    assert [] == check_registers({})
    assert {
        "register-reference", "register-account-twice", "register-ends-before-start",
    } == {line.split(" ")[1] for line in found}  # fmt: skip
    assert 5 == len(found)


def test_the_tables_fit_the_shapes() -> None:
    """Every path leads to a field, every target is a register: a typing error would check nothing."""
    for reference, field in CASES:
        schema: Any = ENTRIES[reference.register]
        for step in field.split("."):
            inner = schema.get("items") or schema.get("additionalProperties")
            schema = inner if step == EACH else schema["properties"][step]
            assert is_map(schema)
        assert set(reference.targets) <= set(ENTRIES)
        if reference.only:
            assert (
                reference.only[0].split(".")[-1] in ENTRIES[reference.register]["properties"]["recipient"]["properties"]
            )


def test_every_problem_says_what_to_do_in_both_languages() -> None:
    """Of those between registers."""
    for code in MESSAGES:
        if code.startswith(("register-reference", "register-heads", "register-deleg", "register-ends", "register-acc")):
            assert MESSAGES[code].help("en")
            assert MESSAGES[code].help("zh")


def test_an_incident_is_closed_on_some_day() -> None:
    """Without one nobody could tell what was closed off when."""
    text = "- {{id: I-1, detected_at: '2026-04-01T08:00:00Z', status: closed{0}}}"

    assert ["incidents:1:58 register-closed-undated"] == codes(incidents=text.format(""))
    assert [] == codes(incidents=text.format(", closed_at: '2026-04-02T08:00:00Z'"))
