"""The cases of `cases/`: a request, the status, and the parts of the answer that matter, against a real service."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))
import authzen

CASES = Path(__file__).with_name("cases")
HEX = re.compile(r"[0-9a-f]{24}-[0-9a-f]+")


def cases() -> list[Any]:
    """All cases of all files, by name."""
    found: list[Any] = []
    for path in sorted(CASES.glob("*.yaml")):
        items = yaml.safe_load(path.read_text(encoding="utf-8"))
        found += [pytest.param(item, id=f"{path.stem}: {item['name']}") for item in items]
    return found


def sent(case: dict[str, Any]) -> bytes | None:
    """The bytes of a case's body."""
    if "hex" in case:
        return bytes.fromhex(case["hex"])
    if "repeat" in case:
        parts = case["repeat"]
        return "".join(text * times for text, times in zip(parts[::2], parts[1::2], strict=True)).encode()
    if "raw" in case:
        return str(case["raw"]).encode()
    return json.dumps(case["body"], ensure_ascii=False).encode() if "body" in case else None


@pytest.mark.parametrize("case", cases())
def test_a_case_is_answered_as_written(service: Any, case: dict[str, Any]) -> None:  # noqa: ANN401
    """Status, code, place, decisions, results; and every answer has the form of its endpoint."""
    path = case.get("path", "/access/v1/evaluation")
    reply = service.ask(path, sent(case), method=case.get("method", "POST"), headers=case.get("headers"))
    answer = reply.json

    assert case.get("status", 200) == reply.status, answer
    authzen.check_answer(path, reply.status, answer)
    if reply.status != 200:
        error = answer["error"]
        assert case["code"] == error["code"], error
        assert case.get("at", error["path"]) == error["path"]
        assert case.get("says", "") in error["message"]
        assert case.get("others", []) == [other["path"] for other in error.get("others", ())]
        assert case.get("allow") == reply.headers.get("allow")
    if "results" in case:
        assert case["results"] == [result.get("id", result.get("name")) for result in answer["results"]]
        assert case.get("more", False) is bool(answer["page"]["next_token"])
    if "decisions" in case:
        assert case["decisions"] == [item["decision"] for item in answer["evaluations"]]
    assert authzen.contains(answer, case.get("expect", {})), answer
    assert not set(case.get("absent", ())) & set(answer.get("context", {}))


def test_every_code_of_a_refused_body_has_a_case() -> None:
    """What `messages_server` says about bodies, fields and pages is said to somebody here."""
    from tutela.engine.messages_server import SERVER

    met = {item.values[0].get("code") for item in cases()}
    named = ("body-", "field-", "page-", "items-", "semantic-")

    assert set() == {code for code in SERVER if code.startswith(named)} - met


def test_an_evaluation_says_what_it_rests_on(service: Any) -> None:  # noqa: ANN401
    """Each has a name of its own, the digests that `/readyz` tells, and an instant; searches and batches, too."""
    entities = {"subject": {"type": "user", "id": "alice"}, "resource": {"type": "record", "id": "record-1"}}
    ready = service.ask("/readyz", method="GET").json
    batch = service.ask("/access/v1/evaluations", {**entities, "evaluations": [{"action": {"name": "read"}}] * 2}).json
    search = service.ask("/access/v1/search/action", entities).json
    contexts = [*(item["context"] for item in batch["evaluations"]), search["context"]]

    assert 3 == len({context["evaluation_id"] for context in contexts})
    for context in contexts:
        assert HEX.fullmatch(context["evaluation_id"])
        assert (ready["policy_digest"], ready["facts_digest"]) == (context["policy_digest"], context["facts_digest"])
        assert context["as_of"].endswith("+00:00")
