"""The description of the interface as OpenAPI 3.1, made of the tables that the service itself answers by."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from .batch import STOPS
from .evaluation import REQUIRED
from .metadata import ENDPOINTS, WELL_KNOWN
from .pages_served import DOCS, HEALTH, METRICS, OPENAPI, READY, RELOAD
from .search import SEARCHED
from .sql import EVALUATE, REWRITE, WHO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NULLABLE: Final = ["object", "null"]
"""Null is the same as absent."""
ERRORS: Final[Mapping[str, str]] = {
    "400": "The request is malformed.",
    "401": "Nobody is known by this credential, or there is none.",
    "403": "The caller may not ask this.",
    "405": "The endpoint takes another method.",
    "408": "The request did not arrive in time.",
    "413": "The body is too large.",
    "429": "The caller asks too often.",
    "431": "The headers are too large.",
    "500": "A fault of the service; nothing is permitted.",
    "503": "There is no valid policy set yet, it is too old, it cannot be recorded, or there are too many connections.",
}
OF_PAGES: Final = ("400", "405", "408", "431", "500", "503")
OF_CALLERS: Final = (*OF_PAGES, "401", "403", "429")
OF_QUESTIONS: Final = (*OF_CALLERS, "413")
TOLD: Final = "The answer; a denial is one, too."
ACCESS: Final[Mapping[str, str]] = {
    "access_evaluation_endpoint": "Decide one request.",
    "access_evaluations_endpoint": "Decide many requests.",
    "search_subject_endpoint": "Find who is permitted.",
    "search_resource_endpoint": "Find with what it is permitted.",
    "search_action_endpoint": "Find what is permitted.",
}
"""Endpoint -> what it is for."""


@cache
def document() -> dict[str, Any]:
    """The whole description."""
    paths = {ENDPOINTS[name]: {"post": _access(name)} for name in ENDPOINTS}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "tutela decision service",
            "version": version("tutela"),
            "description": "OpenID AuthZEN 1.0. A denial is an answer with status 200; an error permits nothing.",
        },
        "security": [{}, {"bearer": []}, {"certificate": []}],
        "paths": {**paths, **_statements(), **_pages()},
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key, or a token of the provider.",
                },
                "certificate": {"type": "mutualTLS"},
            },
            "responses": {
                status: {"description": about, "content": _json("Error")} for status, about in ERRORS.items()
            },
        },
    }


def _json(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _answers(schema: str, about: str, errors: Sequence[str]) -> dict[str, Any]:
    found = {"200": {"description": about, "content": _json(schema)}}
    return found | {status: {"$ref": f"#/components/responses/{status}"} for status in errors}


def _statements() -> dict[str, Any]:
    missing = {"404": {"description": "The service knows no tables.", "content": _json("Error")}}
    return {
        path: {"post": _question(name, about, "Statement", _answers("StatementAnswer", TOLD, OF_QUESTIONS) | missing)}
        for path, name, about in (
            (EVALUATE, "sql_evaluate", "Decide whether a statement may run."),
            (REWRITE, "sql_rewrite", "Write masks and row filters into a query."),
        )
    }


def _access(name: str) -> dict[str, Any]:
    words = {"evaluation": "Evaluation", "evaluations": "Evaluations"}
    last = ENDPOINTS[name].rpartition("/")[2]
    body = words.get(last, f"Search{last.capitalize()}")
    answer = {"Evaluation": "Answer", "Evaluations": "Answers"}.get(body, f"Found{last.capitalize()}s")
    return _question(name.removesuffix("_endpoint"), ACCESS[name], body, _answers(answer, TOLD, OF_QUESTIONS))


def _question(name: str, about: str, body: str, answers: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": about,
        "tags": ["decisions"],
        "parameters": [
            {"name": header, "in": "header", "required": False, "description": about, "schema": {"type": "string"}}
            for header, about in (
                ("X-Request-ID", "A name for the request, which comes back."),
                ("Accept-Language", "The language of reasons: English or Chinese."),
            )
        ],
        "requestBody": {"required": True, "content": _json(body)},
        "responses": answers,
    }


def _pages() -> dict[str, Any]:
    def page(name: str, about: str, content: dict[str, Any], errors: Sequence[str]) -> dict[str, Any]:
        answers = {"200": {"description": about, "content": content}}
        answers |= {status: {"$ref": f"#/components/responses/{status}"} for status in errors}
        return {"operationId": name, "summary": about, "tags": ["operation"], "responses": answers}

    def text(kind: str) -> dict[str, Any]:
        return {kind: {"schema": {"type": "string"}}}

    refused = {"description": "What was to be loaded is refused; the old set goes on.", "content": _json("Error")}
    missing = {"description": "The service knows no public address.", "content": _json("Error")}
    reload = page("reload", "Load policies and registers again.", _json("Ready"), (*OF_CALLERS,))
    known = page("authzen_configuration", "Where the endpoints are.", _json("Configuration"), OF_PAGES)
    return {
        HEALTH: {"get": page("healthz", "The service lives.", _json("Live"), OF_PAGES)},
        READY: {"get": page("readyz", "The service can answer.", _json("Ready"), OF_PAGES)},
        WELL_KNOWN: {"get": {**known, "responses": {**known["responses"], "404": missing}}},
        METRICS: {"get": page("metrics", "Figures for Prometheus.", text("text/plain"), OF_CALLERS)},
        RELOAD: {"post": {**reload, "responses": {**reload["responses"], "409": refused}}},
        OPENAPI: {
            "get": page("openapi", "This description.", {"application/json": {"schema": {"type": "object"}}}, OF_PAGES)
        },
        DOCS: {"get": page("docs", "This description for people.", text("text/html"), OF_PAGES)},
    }


def _object(properties: Mapping[str, Any], required: Sequence[str] = ()) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), **({"required": list(required)} if required else {})}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _entity(names: Sequence[str]) -> dict[str, Any]:
    texts = {name: {"type": "string"} for name in names}
    return _object({**texts, "properties": {"type": NULLABLE}}, names)


def _body(parts: Mapping[str, Sequence[str]], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    entities = {part: _entity(names) for part, names in parts.items()}
    return _object({**entities, "context": {"type": NULLABLE}, **more}, list(parts))


def _schemas() -> dict[str, Any]:
    texts = {"type": "array", "items": {"type": "string"}}
    digests = {name: {"type": "string"} for name in ("policy_digest", "facts_digest")}
    free = {"type": "object"}
    context = {
        "reasons": {"type": "array", "items": _ref("Reason")},
        "obligations": {"type": "array", "items": _ref("Obligation")},
        "missing": texts,
        "errors": texts,
        "evaluation_id": {"type": "string"},
        **digests,
        "as_of": {"type": "string", "format": "date-time"},
        "checked_at": {"type": "string", "format": "date-time"},
        "reason_admin": free,
        "reason_user": free,
        "error": _ref("Problem"),
    }
    page = _object(
        {
            "token": {"type": ["string", "null"]},
            "limit": {"type": ["integer", "null"], "minimum": 0},
            "properties": {"type": NULLABLE},
        }
    )
    defaults = {part: {"anyOf": [_entity(names), {"type": "null"}]} for part, names in REQUIRED.items()}
    options = _object({"evaluations_semantic": {"enum": [*STOPS, None]}})
    found = _object({"next_token": {"type": "string"}, "count": {"type": "integer"}}, ["next_token"])
    items = {"type": ["array", "null"], "items": free}
    hows = {"enum": ["exposed", "aggregated", "written", "used"]}
    column = {"name": {"type": "string"}, "how": hows, "decision": {"type": "boolean"}}
    table = _object(
        {
            "dataset": {"type": "string"},
            "action": {"type": "string"},
            "decision": {"type": "boolean"},
            "columns": {"type": "array", "items": _object(column, list(column))},
            **{name: context[name] for name in ("reasons", "obligations", "missing", "errors")},
        },
        ["dataset", "decision", "reasons"],
    )
    statement = {
        "kind": {"type": "string"},
        "resolved": {"type": "boolean"},
        "statement": {"type": "string"},
        "tables": {"type": "array", "items": table},
    }
    return {
        "Evaluation": _body(REQUIRED),
        "Evaluations": {
            "anyOf": [
                _body(REQUIRED),
                _object(
                    {
                        **defaults,
                        "context": {"type": NULLABLE},
                        "evaluations": {**items, "minItems": 1, "type": "array"},
                        "options": {"anyOf": [options, {"type": "null"}]},
                    },
                    ["evaluations"],
                ),
            ]
        },
        **{
            f"Search{part.capitalize()}": _body(parts, page={"anyOf": [page, {"type": "null"}]})
            for part, parts in SEARCHED.items()
        },
        "Statement": _body(
            WHO,
            statement={"type": "string", "minLength": 1},
            purpose={"type": ["string", "null"]},
            database={"type": ["string", "null"]},
        )
        | {"required": [*WHO, "statement"]},
        "StatementAnswer": _object(
            {"decision": {"type": "boolean"}, "context": _object({**context, **statement}, ["tables"])},
            ["decision", "context"],
        ),
        "Answer": _object({"decision": {"type": "boolean"}, "context": _object(context)}, ["decision"]),
        "Answers": {
            "anyOf": [
                _object({"evaluations": {"type": "array", "items": _ref("Answer")}}, ["evaluations"]),
                _ref("Answer"),
            ]
        },
        **{
            f"Found{part.capitalize()}s": _object(
                {
                    "page": found,
                    "context": free,
                    "results": {
                        "type": "array",
                        "items": _object(
                            {
                                **{name: {"type": "string"} for name in REQUIRED[part]},
                                "obligations": {"type": "array", "items": _ref("Obligation")},
                            },
                            REQUIRED[part],
                        ),
                    },
                },
                ["page", "results"],
            )
            for part in SEARCHED
        },
        "Reason": _object({"rule": {"type": "string"}, "message": {"type": "string"}}, ["rule", "message"]),
        "Obligation": _object(
            {"id": {"type": "string"}, "type": {"type": "string"}, "properties": free}, ["id", "type", "properties"]
        ),
        "Problem": _object(
            {
                "status": {"type": "integer"},
                "code": {"type": "string"},
                "message": {"type": "string"},
                "path": {"type": "string"},
                "help": {"type": "string"},
                "others": {"type": "array", "items": free},
            },
            ["status", "code", "message", "path"],
        ),
        "Error": _object({"error": _ref("Problem")}, ["error"]),
        "Live": _object({"status": {"const": "live"}}, ["status"]),
        "Ready": _object(
            {"status": {"const": "ready"}, **digests, "reload": {"type": "string"}, "revision": {"type": "string"}},
            ["status", *digests],
        ),
        "Configuration": _object({"policy_decision_point": {"type": "string"}}, ["policy_decision_point"]),
    }
