"""The policy engines from PyPI, each in the fastest form that we found for it.

Every library is imported inside its `load`, so that a missing one is a line in the table and not an error.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from .contender import Contender, render
from .shared import flat, whole, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from .workload import Case, Rule


CEDAR = words("context.", both="&&", either="||", inside="{0}.contains(context.purpose)")
REGO = {
    **words("input.", both=";", either="", inside="input.purpose in {0}"),
    "hours": "input.hour >= {0}; input.hour < {1}",
    "owner_or_department": "owner_or_department",
}
CASBIN = {
    "same_department": "r.s.department == r.o.owner_department",
    "clearance": "r.o.sensitivity <= r.s.clearance",
    "purpose": "r.c.purpose in {0}",
    "same_region": "r.s.region == r.o.region",
    "hours": "r.c.hour >= {0} && r.c.hour < {1}",
    "mfa": "r.s.mfa == True",
    "channel_not": 'r.c.channel != "{0}"',
    "owner_or_department": "(r.o.owner == r.s.id || r.s.department == r.o.owner_department)",
}


def cedarpy_prepare(case: Case) -> dict[str, Any]:
    """Cedar's request; attributes travel in the context as ready JSON text, which is faster than entities."""
    return {
        "principal": {"type": "User", "id": case.user},
        "action": {"type": "Action", "id": case.action},
        "resource": {"type": "Table", "id": case.table},
        "context": json.dumps({"role": case.role, **flat(case)}),
    }


def cedarpy_load(rules: list[Rule]) -> Callable[[Any], bool]:
    """One Cedar policy per rule, parsed once."""
    import cedarpy

    text = "\n".join(
        f"{'permit' if rule.effect == 'allow' else 'forbid'}"
        f'(principal, action == Action::"{rule.action}", resource == Table::"{rule.table}")'
        f' when {{ context.role == "{rule.role}" && {render(rule, CEDAR, " && ")} }};'
        for rule in rules
    )
    policies = cedarpy.PolicySet.from_str(text)
    entities = cedarpy.Entities.from_json_str("[]")
    is_authorized = cedarpy.is_authorized
    return lambda request: is_authorized(request, policies, entities).allowed


CASBIN_MODEL = """
[request_definition]
r = act, tab, role, s, o, c
[policy_definition]
p = act, tab, role, cond, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = eval(p.cond)
"""


def casbin_prepare(case: Case) -> tuple[Any, ...]:
    """Casbin's positional request, objects with attributes."""
    return (
        *case.key,
        SimpleNamespace(
            id=case.user,
            department=case.department,
            clearance=case.clearance,
            region=case.subject_region,
            mfa=case.mfa,
        ),
        SimpleNamespace(
            owner=case.owner,
            owner_department=case.owner_department,
            sensitivity=case.sensitivity,
            region=case.resource_region,
        ),
        SimpleNamespace(purpose=case.purpose, hour=case.hour, channel=case.channel),
    )


def casbin_load(rules: list[Rule]) -> Callable[[Any], bool]:
    """FastEnforcer with its own index over (act, tab, role); the condition is the policy's own text."""
    import logging

    import casbin
    from casbin.model import FastModel
    from casbin.persist.adapters.string_adapter import StringAdapter

    order = (0, 1, 2)
    model = FastModel(order)
    model.load_model_from_text(CASBIN_MODEL)
    lines = (
        f"p, {rule.action}, {rule.table}, {rule.role}, {render(rule, CASBIN, ' && ', '()')}, {rule.effect}"
        for rule in rules
    )
    enforcer = casbin.FastEnforcer(model, StringAdapter("\n".join(lines)), cache_key_order=order)
    logging.getLogger("casbin").setLevel(logging.ERROR)  # a denial is logged as a warning by default
    enforce = enforcer.enforce

    def decide(request: Any) -> bool:
        try:
            return enforce(*request)
        except RuntimeError:  # eval() in the matcher and no policy of this key: casbin raises, we deny
            return False

    return decide


REGO_PACKAGE = """package bench
import rego.v1
"""

REGO_HEAD = f"""{REGO_PACKAGE}default allow := false
allow if {{ permitted; not forbidden }}
owner_or_department if input.r_owner == input.s_id
owner_or_department if input.s_department == input.r_owner_department
"""


REGO_MODULE = 1_000
"""Rules in one Rego module: regorus refuses modules of more than 1 MB."""


def _rego_machine(rules: list[str]) -> Any:
    from regorus import regorus  # the package exports the slower Engine only

    heads = ("permitted", "forbidden")
    absent = "".join(f"{head} if false\n" for head in heads if not any(r.startswith(head) for r in rules))
    modules = [("head.rego", REGO_HEAD + absent)]
    for start in range(0, len(rules), REGO_MODULE):
        text = REGO_PACKAGE + "".join(rules[start : start + REGO_MODULE])
        modules.append((f"rules-{start}.rego", text))
    program = regorus.Program.compile_from_modules("{}", modules, ["data.bench.allow"])
    machine = regorus.Rvm()
    machine.load_program(program)
    machine.set_data_json("{}")
    return machine


def _rego_rule(rule: Rule, *, whole: bool) -> str:
    named = f'input.action == "{rule.action}"; input.table == "{rule.table}"; input.role == "{rule.role}"; '
    head = "permitted" if rule.effect == "allow" else "forbidden"
    return f"{head} if {{ {named if whole else ''}{render(rule, REGO, '; ')} }}\n"


def regorus_load(rules: list[Rule]) -> Callable[[Any], bool]:
    """All rules in regorus' virtual machine; JSON text in, because its Python input turns True into 1.0."""
    machine = _rego_machine([_rego_rule(rule, whole=True) for rule in rules])
    set_input, execute = machine.set_input_json, machine.execute

    def decide(request: Any) -> bool:
        set_input(request)
        return execute() == "true"

    return decide


def regorus_indexed_load(rules: list[Rule]) -> Callable[[Any], bool]:
    """One virtual machine per key."""
    bodies: dict[tuple[str, str, str], list[str]] = {}
    for rule in rules:
        bodies.setdefault(rule.key, []).append(_rego_rule(rule, whole=False))
    machines = {key: _rego_machine(body) for key, body in bodies.items()}

    def decide(request: Any) -> bool:
        machine = machines.get(request[0])
        if machine is None:
            return False
        machine.set_input_json(request[1])
        return machine.execute() == "true"

    return decide


def _json_whole(case: Case) -> str:
    return json.dumps(whole(case))


def _json_keyed(case: Case) -> tuple[tuple[str, str, str], str]:
    return case.key, json.dumps(flat(case))


ENGINES = (
    Contender("pycasbin FastEnforcer", "pycasbin", "unaided", casbin_prepare, casbin_load),
    Contender("cedarpy", "cedarpy", "unaided", cedarpy_prepare, cedarpy_load),
    Contender("regorus VM", "celine-regorus", "unaided", _json_whole, regorus_load),
    Contender("regorus VM per key", "celine-regorus", "indexed", _json_keyed, regorus_indexed_load),
)
