"""The store and the issuer as before, and counted: what waits, what is written, what batches bring.

Composition roots put these around the real parts; issuer and acquirer know nothing of it. A batch counts when its
transaction has committed, and not before.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from time import perf_counter
from typing import Generic, Protocol, TypeVar

from feiqian.acquirer.ports import AcquirerUnit, IssuerGateway
from feiqian.acquirer.ports import WritePoint as AcquirerPoint
from feiqian.ledger.clearing import Advice, Honoured, Stale
from feiqian.ledger.papers import Papers, PapersTaken
from feiqian.protocol.answer import Verdict
from feiqian.protocol.claim import Batch
from feiqian.protocol.verified import VerifiedCertificate
from feiqian.server.metrics import (
    BATCHES,
    CLAIMS,
    NOTES,
    PHASE_SECONDS,
    SETTLED,
    STALE,
    WRITE_SECONDS,
    WRITE_WAIT_SECONDS,
    WRITES_FAILED,
)
from feiqian.server.numbers import Numbers
from feiqian.server.tracing import NO_TRACES, Traces
from feiqian.storage.disk import DATABASE_ERRORS

U = TypeVar("U")
Unit_co = TypeVar("Unit_co", covariant=True)
Unit_contra = TypeVar("Unit_contra", bound=AcquirerUnit, contravariant=True)


class Store(Protocol[Unit_co]):
    """A store of whatever unit."""

    def read(self) -> AbstractContextManager[Unit_co]:
        """One consistent reading."""

    def write(self, point: str) -> AbstractContextManager[Unit_co]:
        """One write."""


class ObservedStore(Generic[U]):
    """A store whose writes are timed."""

    def __init__(self, store: Store[U], numbers: Numbers, traces: Traces = NO_TRACES) -> None:
        self._store, self._numbers, self._traces = store, numbers, traces

    def read(self) -> AbstractContextManager[U]:
        """As the store does it."""
        return self._store.read()

    @contextmanager
    def write(self, point: str) -> Iterator[U]:
        """As the store does it."""
        asked_at = begun_at = perf_counter()
        try:
            with self._traces.step(f"write {point}"), self._store.write(point) as unit:
                begun_at = perf_counter()
                self._numbers.observe(WRITE_WAIT_SECONDS, seconds=begun_at - asked_at)
                yield unit
        except Stale:
            self._numbers.add(STALE)
            raise
        except (*DATABASE_ERRORS, OSError):
            self._numbers.add(WRITES_FAILED)
            raise
        finally:
            if begun_at > asked_at:
                self._numbers.observe(WRITE_SECONDS, seconds=perf_counter() - begun_at)
        if point == AcquirerPoint.TAKE_BATCH:
            self._numbers.observe(PHASE_SECONDS, "write", seconds=perf_counter() - asked_at)
            _count_batch(self._numbers)


class ObservedIssuer(Generic[Unit_contra]):
    """An `IssuerGateway` whose work on batches is timed."""

    def __init__(self, issuer: IssuerGateway[Unit_contra], numbers: Numbers, traces: Traces = NO_TRACES) -> None:
        self._issuer, self._numbers, self._traces = issuer, numbers, traces

    def examine(
        self, batch: Batch, certificate: VerifiedCertificate, received_at: int
    ) -> Callable[[], tuple[Honoured, Callable[[Unit_contra], None]]]:
        """As the issuer does it."""
        with self._timed("examine"):
            think = self._issuer.examine(batch, certificate, received_at)

        def think_timed() -> tuple[Honoured, Callable[[Unit_contra], None]]:
            with self._timed("think"):
                honoured, honour = think()

            def honour_noted(unit: Unit_contra) -> None:
                honour(unit)
                _under_way.honoured = honoured

            return honoured, honour_noted

        return think_timed

    def examine_papers(
        self, payer_id: bytes, papers: Papers, received_at: int
    ) -> Callable[[], tuple[PapersTaken, tuple[Advice, ...], Callable[[Unit_contra], None] | None]]:
        """As the issuer does it."""
        return self._issuer.examine_papers(payer_id, papers, received_at)

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        begun_at = perf_counter()
        try:
            with self._traces.step(phase):
                yield
        finally:
            self._numbers.observe(PHASE_SECONDS, phase, seconds=perf_counter() - begun_at)


class _UnderWay(threading.local):
    """What this thread's transaction honours; it counts when that has committed."""

    honoured: Honoured | None = None


_under_way = _UnderWay()


def _count_batch(numbers: Numbers) -> None:
    honoured, _under_way.honoured = _under_way.honoured, None
    if honoured is None:
        return
    numbers.add(BATCHES)
    for metric, items in ((CLAIMS, honoured.claims), (NOTES, honoured.notes)):
        for verdict, count in Counter(item.verdict for item in items).items():
            numbers.add(metric, verdict.name.lower(), amount=count)
    again = Verdict.DUPLICATE
    paid = sum(item.paid_minor > 0 and item.verdict is not again for item in honoured.claims)
    numbers.add(SETTLED, amount=paid)
