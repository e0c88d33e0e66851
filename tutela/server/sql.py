"""Statements: `POST /v1/sql/evaluate` says whether somebody may run one, `/v1/sql/rewrite` how it may read.

Both are no part of AuthZEN; their bodies and answers are built of its parts. A statement is never in an answer of
`evaluate`, nor in a log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tutela.connectors.sql_gate import LONGEST, SqlGate
from tutela.engine.request import Request
from tutela.reports.shape import reason_shape

from .answer import obligations
from .evaluation import faults
from .exchange import evaluation_id
from .refusals import Refused, error_shape, problem, refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tutela.connectors.sql_gate import Part
    from tutela.engine.decision import Decision
    from tutela.engine.errors import Problem
    from tutela.engine.rewrite import Rewritten

    from .exchange import Exchange

EVALUATE: Final = "/v1/sql/evaluate"
REWRITE: Final = "/v1/sql/rewrite"
WHO: Final[Mapping[str, tuple[str, ...]]] = {"subject": ("type", "id")}
TEXTS: Final = ("purpose", "database")
ANY_TABLE: Final = {"type": "table", "id": "*"}


async def evaluate_sql(body: Mapping[str, Any], exchange: Exchange) -> dict[str, Any]:
    """Whether the subject may run the statement: what it touches, and a decision for each table and column."""
    gate, request = _gate(exchange), _request(body, exchange)
    gated = gate.evaluate(body["statement"], request, database=body.get("database") or "")
    _check_actions({part.action for part in gated.parts}, exchange)
    one = evaluation_id()
    for part in gated.parts:
        exchange.take(part.decision, part.request, one)
    context = {
        "kind": gated.touched.kind,
        "resolved": gated.touched.resolved,
        "tables": [_part(part, exchange) for part in gated.parts],
        **_provenance(one if gated.parts else "", exchange),
    }
    if not gated.touched.parsed:
        found = problem(f"statement-{gated.touched.reason}", "$.statement", detail=gated.touched.detail)
        context["error"] = error_shape(200, [found], exchange.lang)
    elif not (gated.parts or gated.allowed):
        found = problem("statement-not-listed", "$.statement", what=gated.touched.kind)
        context["error"] = error_shape(200, [found], exchange.lang)
    return {"decision": gated.allowed, "context": context}


async def rewrite_sql(body: Mapping[str, Any], exchange: Exchange) -> dict[str, Any]:
    """The query with row filters and masks, as the subject may run it; it may hold salts, and is for the database."""
    gate, request = _gate(exchange), _request(body, exchange)
    _check_actions({"read"}, exchange)
    made = gate.rewrite(body["statement"], request)
    one = evaluation_id()
    for _, decision, asked in made.decisions:
        exchange.take(decision, asked, one)
    context = {"tables": [_table(name, decision, exchange) for name, decision, _ in made.decisions]}
    context.update(_outcome(made, exchange))
    context.update(_provenance(one if made.decisions else "", exchange))
    return {"decision": made.allowed, "context": context}


def _check_actions(actions: set[str], exchange: Exchange) -> None:
    """Refused (403) when the statement does what this caller may not ask about."""
    granted = exchange.granted
    if granted is not None and not all(map(granted.may_act, actions)):
        raise refused(403, "caller-action", "$.statement", known=", ".join(sorted(granted.actions)))


def _outcome(made: Rewritten, exchange: Exchange) -> dict[str, Any]:
    if made.allowed:
        told = obligations([duty for _, duty in made.obligations])
        duties = [{**one, "table": table} for one, (table, _) in zip(told, made.obligations, strict=True)]
        return {"statement": made.sql, "obligations": duties}
    if made.problem is None:
        return {}
    found = problem(made.problem.code, "$.statement", **made.problem.args)
    return {"error": error_shape(200, [found], exchange.lang)}


def _gate(exchange: Exchange) -> SqlGate:
    if exchange.service.gate is None:
        raise refused(404, "sql-gate-none", "path")
    return exchange.service.gate


def _request(body: Mapping[str, Any], exchange: Exchange) -> Request:
    """Who wants to run the statement, and in which context; Refused names everything that is wrong."""
    wrong = [*faults(body, "$", WHO), *_statement_faults(body)]
    if wrong:
        raise Refused(400, wrong)
    if exchange.granted is not None:
        exchange.granted.check(body, "$")
    context = dict(body.get("context") or {})
    if body.get("purpose") is not None:
        context["purpose"] = body["purpose"]
    return Request(body["subject"], "read", ANY_TABLE, context, as_of=exchange.now)


def _statement_faults(body: Mapping[str, Any]) -> Iterator[Problem]:
    statement = body.get("statement")
    if statement is None:
        yield problem("field-missing", "$.statement", field="statement")
    elif not isinstance(statement, str):
        yield problem("field-not-text", "$.statement", field="statement")
    elif not statement.strip():
        yield problem("field-missing", "$.statement", field="statement")
    elif len(statement) > LONGEST:
        yield problem("statement-too-long", "$.statement", limit=LONGEST)
    for name in TEXTS:
        if not isinstance(body.get(name), str | None):
            yield problem("field-not-text", f"$.{name}", field=name)


def _part(part: Part, exchange: Exchange) -> dict[str, Any]:
    """A table with its decision, each column with what is done with it, and the decision about it where they differ."""
    columns = [
        {
            "name": name,
            "how": how,
            "decision": part.decision.allowed or (name in part.by_column and part.by_column[name].allowed),
        }
        for name, how in part.columns.items()
    ]
    return {**_table(part.dataset, part.decision, exchange), "action": part.action, "columns": columns}


def _table(dataset: str, decision: Decision, exchange: Exchange) -> dict[str, Any]:
    return {
        "dataset": dataset,
        "decision": decision.allowed,
        "reasons": [reason_shape(reason, exchange.lang) for reason in decision.reasons],
        "obligations": obligations(decision.obligations),
        "missing": decision.missing,
        "errors": decision.errors,
    }


def _provenance(one: str, exchange: Exchange) -> dict[str, Any]:
    """What an answer rests on; where nothing was decided there is no evaluation, and nothing in the log."""
    named = {"evaluation_id": one} if one else {}
    return {**named, **exchange.provenance, "as_of": exchange.now.isoformat()}
