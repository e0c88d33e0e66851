"""OpenTelemetry spans of requests, where the standard variables (`OTEL_...`) say where they go.

A span has the endpoint, the status and how many decisions there were; nothing of what was asked.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from tutela.engine.errors import InputError

from .refusals import problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .app import App, Receive, Scope, Send

VARIABLES: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""Where traces go; without one of them there are none."""


def wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment says where traces go."""
    off = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return not off and environment.get("OTEL_TRACES_EXPORTER") != "none" and any(map(environment.get, VARIABLES))


def check() -> None:
    """InputError when traces are wanted and what makes them is not installed."""
    try:
        for module in ("opentelemetry.exporter.otlp.proto.http.trace_exporter", "opentelemetry.sdk.trace"):
            import_module(module)
    except ImportError as error:
        missing = error.name or "opentelemetry"
        raise InputError([problem("serve-otel", VARIABLES[1], module=missing)]) from None


class Traced:
    """An application with a span around each request; made in the process that answers, for it starts a thread."""

    def __init__(self, app: App) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace import SpanKind, StatusCode
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._app = app
        name = os.environ.get("OTEL_SERVICE_NAME", "tutela")
        self._provider = TracerProvider(resource=Resource.create({SERVICE_NAME: name}))
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("tutela.server")
        self._propagator = TraceContextTextMapPropagator()
        self._kind = SpanKind.SERVER
        self._error = StatusCode.ERROR

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; what a caller is part of (`traceparent`) goes on in its span."""
        names = (b"traceparent", b"tracestate")
        carrier = {k.decode(): v.decode("latin-1") for k, v in scope.get("headers", ()) if k in names}
        parent = self._propagator.extract(carrier)
        route, method = self._app.route(scope["path"]), scope["method"]
        span = self._tracer.start_span(f"{method} {route}", context=parent, kind=self._kind)

        async def watched(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                status = message["status"]
                span.set_attribute("http.response.status_code", status)
                if status >= 500:
                    span.set_status(self._error)
            await send(message)

        try:
            if span.is_recording():
                span.set_attribute("http.request.method", method)
                span.set_attribute("http.route", route)
                service = self._app.service
                if service is not None:
                    span.set_attribute("tutela.policy_digest", service.digests["policy_digest"])
            await self._app(scope, receive, watched)
        finally:
            span.end()

    def close(self) -> None:
        """Send what waits to be sent."""
        self._provider.shutdown()
