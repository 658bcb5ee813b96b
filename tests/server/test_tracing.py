"""Traces reach a real collector by OTLP, continue the caller's, and hold nothing about people."""

from __future__ import annotations

import gzip
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.server.test_serve import serving

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@contextmanager
def collecting() -> Iterator[tuple[str, list[Span]]]:
    """A collector on this machine, and the spans that it was sent."""
    spans: list[Span] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            sent = ExportTraceServiceRequest.FromString(body)
            spans.extend(span for one in sent.resource_spans for scope in one.scope_spans for span in scope.spans)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1/traces", spans
    finally:
        server.shutdown()
        server.server_close()


def test_a_request_is_one_span_below_the_callers(tmp_path: Path) -> None:
    with collecting() as (url, spans), serving(tmp_path / "home", "--otlp", url) as (process, line):
        headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "x-request-id": "abcdefgh-1"}
        httpx.get(f"{line['url']}/v1/trust-root?secret=hunter2", headers=headers, trust_env=False)
        httpx.get(f"{line['url']}/v1/audit/proof/allowance/c2VjcmV0", trust_env=False)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    found = next(span for span in spans if span.name == "GET /v1/trust-root")
    assert (found.trace_id.hex(), found.parent_span_id.hex()) == (TRACE, PARENT)
    assert found.kind == Span.SPAN_KIND_SERVER
    stated = {one.key: one.value for one in found.attributes}
    assert stated["http.response.status_code"].int_value == 200
    assert stated["feiqian.request_id"].string_value == "abcdefgh-1"
    everything = b"".join(span.SerializeToString() for span in spans)
    for secret in (b"hunter2", b"c2VjcmV0", b"localhost", str(tmp_path).encode()):
        assert secret not in everything
    assert any(span.name == "GET /v1/audit/proof/{kind}/{id}" for span in spans), [span.name for span in spans]


def test_a_collector_that_is_gone_holds_nothing_up(tmp_path: Path) -> None:
    with serving(tmp_path / "home", "--otlp", "http://127.0.0.1:9/v1/traces") as (process, line):
        for _ in range(20):
            assert httpx.get(f"{line['url']}/v1/trust-root", trust_env=False).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
