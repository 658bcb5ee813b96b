"""Traces sent to a collector by OTLP over HTTP (https://opentelemetry.io/docs/specs/otlp/): `feiqian[otlp]`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers
from starlette.types import Scope

from feiqian import __version__
from feiqian.server.tracing import RequestSpan

SERVICE: Final = "feiqian"
FLUSH_MAX_MS: Final = 2_000
"""A collector that hangs does not hold a stop for longer."""
FAULT_STATUS: Final = 500


class OtlpTraces:
    """Spans in batches to one collector, OTLP over HTTP. Make it in the process that serves: it has a thread.

    Exceptions are not put on spans: their text may name somebody.
    """

    def __init__(self, url: str, place: int) -> None:
        """`place` tells the server's processes apart."""
        resource = Resource.create(
            {"service.name": SERVICE, "service.version": __version__, "service.instance.id": str(place)}
        )
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url)))
        self._tracer = self._provider.get_tracer(SERVICE, __version__)

    @contextmanager
    def request(self, scope: Scope) -> Iterator[RequestSpan | None]:
        """As the port says."""
        headers = Headers(scope=scope)
        carried = {name: headers[name] for name in ("traceparent", "tracestate") if name in headers}
        context = TraceContextTextMapPropagator().extract(carried)
        span = self._tracer.start_span("request", context=context, kind=SpanKind.SERVER)
        with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            yield _Span(span)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """As the port says."""
        with self._tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False):
            yield

    def close(self) -> None:
        """As the port says."""
        self._provider.force_flush(FLUSH_MAX_MS)
        self._provider.shutdown()


class _Span:
    def __init__(self, span: Span) -> None:
        self._span = span

    def ended(self, *, route: str, method: str, status: int, request_id: str) -> None:
        self._span.update_name(f"{method} {route}")
        self._span.set_attributes(
            {
                "http.route": route,
                "http.request.method": method,
                "http.response.status_code": status,
                "feiqian.request_id": request_id,
            }
        )
        if status >= FAULT_STATUS:
            self._span.set_status(StatusCode.ERROR)
