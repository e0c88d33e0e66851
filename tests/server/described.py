"""Holds every answer that a test gets against the OpenAPI description of the service."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

from tutela.server.metadata import WELL_KNOWN
from tutela.server.openapi import document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema.protocols import Validator

ELSEWHERE = {"404": "http-not-found", "405": "http-method", "400": "http-malformed", "431": "http-head-too-large"}
"""Status -> the code that an answer may have although its path or method is not described."""


@cache
def _validator(method: str, path: str, status: str, kind: str) -> Validator | None:
    found: Any = document()
    operation = found["paths"].get(path, {}).get(method.lower())
    if operation is None:
        return None
    assert status in operation["responses"], f"{method} {path} answers {status}, which is not described"
    answer = operation["responses"][status]
    if "$ref" in answer:
        answer = found["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    assert kind in answer["content"], f"{method} {path} answers {kind}"
    return Draft202012Validator({**answer["content"][kind]["schema"], "components": found["components"]})


def check(method: str, path: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Fail unless an answer is described, and is as it is described."""
    path = path.partition("?")[0]
    where = WELL_KNOWN if path.startswith(WELL_KNOWN) else path.removeprefix("/tenant1")
    kind = headers["content-type"].partition(";")[0]
    validator = _validator(method, where, str(status), kind)
    if validator is None:
        assert ELSEWHERE[str(status)] == json.loads(body)["error"]["code"]
    elif kind == "application/json":
        wrong = [error.message for error in validator.iter_errors(json.loads(body))]
        assert [] == wrong, body
