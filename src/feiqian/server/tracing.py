"""Spans for whoever traces requests through many services: one a request, and one for each step of a batch below it.

Nothing is traced unless the operator names a collector (`serve --otlp URL`, the extra `feiqian[otlp]`). A span holds
what the log of requests holds (route template, method, status, request id) and nothing about people: no path, no query,
no token, no id of a payment. The trace of whoever asks is continued (W3C Trace Context,
https://www.w3.org/TR/trace-context/).
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Final, Protocol

from starlette.types import Scope


class RequestSpan(Protocol):
    """One request that is being traced."""

    def ended(self, *, route: str, method: str, status: int, request_id: str) -> None:
        """How it went."""


class Traces(Protocol):
    """Where spans go."""

    def request(self, scope: Scope) -> AbstractContextManager[RequestSpan | None]:
        """The span of one request; what is traced inside is below it."""

    def step(self, name: str) -> AbstractContextManager[None]:
        """A step of the request that is being served."""

    def close(self) -> None:
        """Sends what waits, for a moment; then nothing more."""


class NoTraces:
    """Nobody collects spans."""

    def request(self, scope: Scope) -> AbstractContextManager[RequestSpan | None]:  # noqa: ARG002  # as the port has it
        """Nothing."""
        return nullcontext()

    def step(self, name: str) -> AbstractContextManager[None]:  # noqa: ARG002  # as the port has it
        """Nothing."""
        return nullcontext()

    def close(self) -> None:
        """Nothing."""


NO_TRACES: Final = NoTraces()
