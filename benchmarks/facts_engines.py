"""tutela and Cedar as the contenders of `facts`: the same rules and the same facts in the language of each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .facts_workload import AS_OF, PURPOSES, Case, Company, Rule, categories

if TYPE_CHECKING:
    from pathlib import Path

VOCABULARY = """kind: vocabulary
subject:
  known: {type: boolean, masked: false}
  employed: {type: boolean, masked: false}
  department: {type: string, nullable: true, masked: false}
  roles: {type: array, items: string, masked: false}
  former_roles: {type: array, items: string, masked: false}
  senior: {type: boolean, masked: false}
  confidentiality: {type: boolean, masked: false}
resource:
  dataset: string
  permitted_roles: {type: array, items: string, masked: false}
  beyond_need: {type: array, items: string, masked: false}
  system_kind: {type: string, nullable: true, masked: false}
context:
  purpose: {type: string, nullable: true, masked: false}
  purpose_listed: {type: boolean, masked: false}
  row_count: {type: number, masked: false}
"""
PARAMETERS = """kind: parameters
declare:
  timezone: {type: timezone, description: of the calendar}
  sensitivity_profile: {type: string, description: what counts as sensitive}
bind:
  timezone: {value: Asia/Shanghai, set_by: a, approved_by: b, effective_from: '2026-01-01', basis: c}
  sensitivity_profile: {value: pipl_strict, set_by: a, approved_by: b, effective_from: '2026-01-01', basis: c}
"""
GENERAL = (
    "not subject.employed",
    "not subject.confidentiality",
    "not context.purpose_listed",
    "resource.beyond_need.length > 0",
    "(resource.system_kind ?? '') == 'sandbox' and context.row_count > 100",
    "context.row_count > 4000 and not subject.senior",
)
CEDAR_GENERAL = (
    "!principal.employed",
    "!principal.confidentiality",
    "!context.purpose.listed",
    "!context.purpose.categories.containsAll(context.categories)",
    'resource.system.kind == "sandbox" && context.row_count > 100',
    "context.row_count > 4000 && !principal.senior",
)


def _texts(values: tuple[str, ...], quote: str) -> str:
    return "[" + ", ".join(f"{quote}{value}{quote}" for value in values) + "]"


def _tutela(atom: tuple[Any, ...]) -> str:
    match atom:
        case ("department_in", names):
            return f"(subject.department ?? '') in {_texts(names, chr(39))}"
        case ("permitted",):
            return "$any([role in resource.permitted_roles for role in subject.roles])"
        case ("rows", limit):
            return f"context.row_count <= {limit}"
        case ("not_former", role):
            return f"not ('{role}' in subject.former_roles)"
        case ("system", kind):
            return f"(resource.system_kind ?? '') == '{kind}'"
        case ("purpose_in", names):
            return f"(context.purpose ?? '') in {_texts(names, chr(39))}"
        case ("not_senior",):
            return "not subject.senior"
        case _:
            return "subject.confidentiality"


def _cedar(atom: tuple[Any, ...], action: str) -> str:
    match atom:
        case ("department_in", names):
            return f"{_texts(names, chr(34))}.contains(principal.department)"
        case ("permitted",):
            return f"principal.roles.containsAny(resource.may_{action})"
        case ("rows", limit):
            return f"context.row_count <= {limit}"
        case ("not_former", role):
            return f'!principal.former_roles.contains("{role}")'
        case ("system", kind):
            return f'resource.system.kind == "{kind}"'
        case ("purpose_in", names):
            return f"[{', '.join(f'Purpose::{chr(34)}{n}{chr(34)}' for n in names)}].contains(context.purpose)"
        case ("not_senior",):
            return "!principal.senior"
        case _:
            return "principal.confidentiality"


def write_policies(folder: Path, rules: list[Rule]) -> None:
    """The rules as tutela's policy files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocabulary.yaml").write_text(VOCABULARY, encoding="utf-8")
    (folder / "parameters.yaml").write_text(PARAMETERS, encoding="utf-8")
    parts = ["kind: access\nid: bench\nrules:\n"]
    for number, text in enumerate(GENERAL):
        parts.append(
            f"  - id: G-{number:02d}.rule\n    effect: deny\n    severity: high\n    actions: [read, update, export]\n"
            f"    target: {{resource.type: table}}\n    when: {text}\n"
        )
    for rule in rules:
        parts.append(
            f"  - id: B-{rule.number:05d}.rule\n    effect: {rule.effect}\n    severity: high\n"
            f"    actions: [{rule.action}]\n"
            f"    target: {{resource.dataset: {rule.table}, subject.roles: {rule.role}}}\n"
            f"    when: {' and '.join(map(_tutela, rule.atoms))}\n"
        )
    (folder / "rules.yaml").write_text("".join(parts), encoding="utf-8")


def cedar_policies(rules: list[Rule]) -> str:
    """The rules as Cedar policies."""
    parts = [f"forbid(principal, action, resource) when {{ {text} }};" for text in CEDAR_GENERAL]
    parts += [
        f"{'permit' if rule.effect == 'allow' else 'forbid'}"
        f'(principal, action == Action::"{rule.action}", resource == Table::"{rule.table}")'
        f' when {{ principal.roles.contains("{rule.role}") && '
        f"{' && '.join(_cedar(atom, rule.action) for atom in rule.atoms)} }};"
        for rule in rules
    ]
    return "\n".join(parts)


def _entity(kind: str, name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    return {"uid": {"type": kind, "id": name}, "attrs": attributes, "parents": []}


def cedar_entities(company: Company, case: Case | None = None) -> str:
    """The entities at `AS_OF`: all of them, or the four that one request touches."""
    people = company.people if case is None else {case.user: company.people[case.user]}
    tables = company.tables if case is None else {case.table: company.tables[case.table]}
    systems = company.systems if case is None else {n: company.systems[n] for n in (tables[case.table]["system"],)}
    purposes = (*PURPOSES, "purpose_nobody_registered") if case is None else (case.purpose,)
    found = [
        _entity("User", name, {
            "employed": state.employed, "department": state.department, "roles": list(state.roles),
            "former_roles": list(state.former), "senior": state.senior, "confidentiality": state.confidential,
        }) for name, state in people.items()
    ]  # fmt: skip
    found += [
        _entity("Table", name, {
            "system": {"__entity": {"type": "System", "id": entry["system"]}},
            **{f"may_{action}": roles for action, roles in entry["access"].items()},
        }) for name, entry in tables.items()
    ]  # fmt: skip
    found += [_entity("System", name, {"kind": kind}) for name, kind in systems.items()]
    found += [
        _entity("Purpose", name, {
            "listed": name in company.purposes, "categories": list(company.purposes.get(name, ())),
        }) for name in purposes
    ]  # fmt: skip
    return json.dumps(found)


def cedar_request(company: Company, case: Case) -> dict[str, Any]:
    """Cedar's request; it is told the categories of the columns, which it cannot look up."""
    return {
        "principal": {"type": "User", "id": case.user},
        "action": {"type": "Action", "id": case.action},
        "resource": {"type": "Table", "id": case.table},
        "context": json.dumps({
            "purpose": {"__entity": {"type": "Purpose", "id": case.purpose}},
            "row_count": case.rows,
            "categories": categories(company, case),
        }),
    }  # fmt: skip


def tutela_request(case: Case) -> Any:
    """A finished `tutela.Request`."""
    import tutela

    return tutela.Request(
        subject={"type": "employee", "id": case.user},
        action=case.action,
        resource={"type": "table", "id": case.table, "properties": {"columns": list(case.columns)}},
        context={"purpose": case.purpose, "row_count": case.rows},
        as_of=AS_OF,
    )


def read_all(decision: Any) -> bool:
    """Read every reason with its message, clauses and values."""
    for reason in decision.reasons:
        _ = reason.rule, reason.message.en
        for clause in reason.clauses:
            _ = clause.text, clause.values
    return decision.allowed


def cedar_reasons(result: Any) -> bool:
    """Read the names of the policies that decided: all the reasons that Cedar has."""
    _ = list(result.diagnostics.reasons), list(result.diagnostics.errors)
    return result.allowed
