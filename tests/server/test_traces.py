"""Traces go where the standard variables say, to a real collector; logs are JSON where that is asked for."""

from __future__ import annotations

import http.server
import json
import threading
from typing import TYPE_CHECKING, Any, cast

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Serving

PATH = "/access/v1/evaluation"
ASK: dict[str, Any] = {
    "subject": {"type": "user", "id": "alice"},
    "action": {"name": "read"},
    "resource": {"type": "record", "id": "record-1"},
}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


class Collector(http.server.ThreadingHTTPServer):
    """Takes traces as OTLP over HTTP; what it got is `bodies`."""

    bodies: list[bytes]


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        cast("Collector", self.server).bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (as its base has it)
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector that runs."""
    server = Collector(("127.0.0.1", 0), _Handler)
    server.bodies = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_span_goes_on_where_the_caller_is(start: Callable[..., Serving], collector: Collector, workers: str) -> None:
    """Its trace and parent, endpoint and status; no word of what was asked; all are sent before the end."""
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_address[1]}"}
    service = start("--workers", workers, env=variables)
    headers = {"traceparent": f"00-{TRACE}-{SPAN}-01", "X-Request-ID": "request-4711"}
    assert 200 == service.ask(PATH, ASK, headers=headers).status
    assert 404 == service.ask("/secret-4711").status
    assert 0 == service.stop()
    bodies = [ExportTraceServiceRequest.FromString(body) for body in collector.bodies]
    spans = {
        span.name: span
        for body in bodies
        for r in body.resource_spans
        for scope in r.scope_spans
        for span in scope.spans
    }

    assert {f"POST {PATH}", "POST none"} == set(spans)
    span = spans[f"POST {PATH}"]
    assert (TRACE, SPAN) == (span.trace_id.hex(), span.parent_span_id.hex())
    shown = {attribute.key: attribute.value for attribute in span.attributes}
    assert 200 == shown["http.response.status_code"].int_value
    assert shown["tutela.policy_digest"].string_value in service.said
    assert ["tutela"] == [
        attribute.value.string_value
        for attribute in bodies[0].resource_spans[0].resource.attributes
        if attribute.key == "service.name"
    ]
    for word in (b"alice", b"record-1", b"4711"):
        assert not any(word in body for body in collector.bodies)


def test_a_collector_that_is_away_harms_nobody(start: Callable[..., Serving]) -> None:
    """Requests are answered all the same."""
    service = start(
        env={"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9/", "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
    )

    assert service.ask(PATH, ASK).json["decision"]
    assert 0 == service.stop()


def test_log_lines_are_json(start: Callable[..., Serving]) -> None:
    """Each with its time; a line for each request, and no word of what was asked."""
    service = start("--log-format", "json", "--access-log")
    service.ask(PATH, ASK, headers={"X-Request-ID": "request-4711"})
    service.ask(PATH, b"{")
    service.ask("/healthz?a=secret-4711", method="GET")
    service.ask("/secret-4711", method="GET")
    assert 0 == service.stop()
    lines = [json.loads(line) for line in service.said.splitlines()]

    assert all({"time", "level", "message"} <= set(line) for line in lines)
    asked = [line for line in lines if line["message"] == "request"]
    assert [(PATH, 200), (PATH, 400), ("/healthz", 200), ("none", 404)] == [(a["endpoint"], a["status"]) for a in asked]
    assert ("-", 1, 0) == tuple(asked[0][name] for name in ("caller", "allowed", "denied"))
    for word in ("alice", "record-1", "4711"):
        assert word not in service.said
