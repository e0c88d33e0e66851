"""The expression languages: they evaluate conditions, and an index kept by the benchmark finds the rules.

Each library is imported inside its `load`, so that a missing one is a line in the table and not an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .contender import Contender, indexed, render
from .shared import flat, whole, words
from .workload import make_cases, make_rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from .workload import Case, Rule

CEL = words("", both="&&", either="||", inside="purpose in {0}")
PLAIN = words("", both="and", either="or", inside="purpose in {0}")


def _keyed(case: Case) -> tuple[tuple[str, str, str], dict[str, Any]]:
    return case.key, flat(case)


def cel_rust_load(rules: list[Rule]) -> Callable[[Any], bool]:
    """CEL in Rust."""
    import cel

    return indexed(rules, lambda rule: cel.compile(render(rule, CEL, " && ")).execute)


def cel_cpp_load(rules: list[Rule]) -> Callable[[Any], bool]:
    """CEL in C++, with declared types."""
    from cel_expr_python import cel

    numbers, booleans = {"s_clearance", "r_sensitivity", "hour"}, {"s_mfa"}
    names = _flat_names()
    types = {n: cel.Type.INT if n in numbers else cel.Type.BOOL if n in booleans else cel.Type.STRING for n in names}
    environment = cel.NewEnv(variables=types)

    def compile_one(rule: Rule) -> Callable[[Any], bool]:
        run = environment.compile(render(rule, CEL, " && ")).eval
        return lambda data: run(data=data).value()

    return indexed(rules, compile_one)


def zen_load(rules: list[Rule]) -> Callable[[Any], bool]:
    """GoRules zen expressions."""
    import zen

    return indexed(rules, lambda rule: zen.compile_expression(render(rule, PLAIN, " and ")).evaluate)


def _flat_names() -> list[str]:
    return list(flat(make_cases(make_rules(1), 1)[0]))


def _rule_engine_context() -> Any:
    import rule_engine

    string, number, boolean = (
        rule_engine.DataType.STRING,
        rule_engine.DataType.FLOAT,
        rule_engine.DataType.BOOLEAN,
    )
    types = dict.fromkeys([*_flat_names(), "action", "table", "role"], string)
    types |= {"s_clearance": number, "r_sensitivity": number, "hour": number, "s_mfa": boolean}
    return rule_engine.Context(
        type_resolver=rule_engine.type_resolver_from_dict(types), resolver=rule_engine.resolve_item
    )


def rule_engine_indexed_load(rules: list[Rule]) -> Callable[[Any], bool]:
    """Plain rule-engine, typed flat symbols, behind our index."""
    import rule_engine

    context = _rule_engine_context()
    return indexed(rules, lambda rule: rule_engine.Rule(render(rule, PLAIN, " and "), context=context).matches)


def rule_engine_linear_load(rules: list[Rule]) -> Callable[[Any], bool]:
    """Plain rule-engine as its documentation shows it: a loop over all rules."""
    import rule_engine

    context = _rule_engine_context()
    tests: dict[str, list[Any]] = {"deny": [], "allow": []}
    for rule in rules:
        text = (
            f'action == "{rule.action}" and table == "{rule.table}" and role == "{rule.role}"'
            f" and {render(rule, PLAIN, ' and ')}"
        )
        tests[rule.effect].append(rule_engine.Rule(text, context=context).matches)
    denies, allows = tests["deny"], tests["allow"]

    def decide(request: Any) -> bool:
        return not any(test(request) for test in denies) and any(test(request) for test in allows)

    return decide


EXPRESSIONS = (
    Contender("zen-engine", "zen-engine", "indexed", _keyed, zen_load),
    Contender("CEL C++", "cel-expr-python", "indexed", _keyed, cel_cpp_load),
    Contender("CEL Rust", "common-expression-language", "indexed", _keyed, cel_rust_load),
    Contender("rule-engine", "rule-engine", "indexed", _keyed, rule_engine_indexed_load),
    Contender("rule-engine loop", "rule-engine", "unaided", whole, rule_engine_linear_load),
)
