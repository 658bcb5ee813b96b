"""Batches as terminals send them, signed before the clock starts by as many processes as there are cores.

The same processes give the unit of the settling benches: what the bare library verifies in a second, on all cores.

Each claim is whole: a request, the cheque that answers it, signed by the allowance's own key and chained to the one
before, and the payload of the receipt; each batch is signed by its terminal. An allowance's claims stand one behind
the other, in one batch if they fit, else in the next ones of the same terminal.
"""

import multiprocessing
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final, Self

from feiqian.cli.bench_samples import SampleWorld
from feiqian.cli.bench_stock import CLAIM_MINOR, Spendable, Till
from feiqian.cli.bench_verify import raw_verification
from feiqian.keys.software import SoftwareKey
from feiqian.protocol import cose
from feiqian.protocol.cheque import ChequeTerms, cheque_prefix, decode_cheque, draw_cheque
from feiqian.protocol.claim import Claim, encode_claim, sign_batch
from feiqian.protocol.ids import BatchId, StatementId
from feiqian.protocol.limits import BATCH_ID_BYTES, CHALLENGE_BYTES, PREVIOUS_BYTES
from feiqian.protocol.receipt import RECEIPT_LAYOUT
from feiqian.protocol.request import RequestTerms, encode_request, request_hash

_RAW_S: Final = 1.5
_RAW_AT_ONCE: Final = 100
_FIRST_HEAD_START_S: Final = 3.0
"""Until then a process has started and loaded what it needs."""
_HEAD_START_S: Final = 0.2
_INDEX_VERSION: Final = 1
"""The trust index that every terminal holds: the first one that the home published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What one process signs at a time: up to `count` claims on each allowance, in whole batches of `batch` claims.

    `receipts` is how many receipts the terminal has given before.
    """

    till: Till
    allowances: Sequence[Spendable]
    count: int
    batch: int
    batches: int
    receipts: int
    deployment: str
    currency: str
    now: int


class Signers:
    """The processes that sign. Use as a context."""

    def __init__(self, processes: int) -> None:
        """They are started anew and not forked, since this process may have threads."""
        self._processes = processes
        self._started = False
        self._pool = ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn"))

    def begin(self, order: Order) -> "Future[list[bytes]]":
        """Begins to sign; comes to the bodies of the order's batches."""
        self._started = True
        return self._pool.submit(batches_of, order)

    def raw_verify_per_s(self) -> float:
        """What the bare library verifies in a second, in all processes at once."""
        begins_at = time.monotonic() + (_HEAD_START_S if self._started else _FIRST_HEAD_START_S)
        self._started = True
        return sum(self._pool.map(raw_verify_per_s, [begins_at] * self._processes))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)


@lru_cache(maxsize=1)
def _verification() -> Callable[[], None]:
    return raw_verification(SampleWorld())


def raw_verify_per_s(begins_at: float) -> float:
    """Bare verifications a second in this process, from that moment (`time.monotonic`) on."""
    verify = _verification()
    time.sleep(max(0.0, begins_at - time.monotonic()))
    count, started = 0, time.perf_counter()
    while (elapsed_s := time.perf_counter() - started) < _RAW_S:
        for _ in range(_RAW_AT_ONCE):
            verify()
        count += _RAW_AT_ONCE
    return count / elapsed_s


def batches_of(order: Order) -> list[bytes]:
    """The signed batches of one order."""
    claims = _claims(order)
    return [
        _batch(order, list(islice(claims, order.batch)), number * order.batch) for number in range(1, order.batches + 1)
    ]


def _claims(order: Order) -> Iterator[bytes]:
    receipts = order.receipts
    for allowance in order.allowances:
        key = SoftwareKey(allowance.scalar)
        prefix = cheque_prefix(allowance.full_id, order.deployment)
        previous = allowance.full_id[:PREVIOUS_BYTES]
        for counter in range(1, order.count + 1):
            request = _request(order)
            terms = ChequeTerms(
                allowance_ref=allowance.ref,
                counter=counter,
                previous=previous,
                cumulative_minor=counter * CLAIM_MINOR,
                time=order.now,
                holder_check=1,
                exact_minor=CLAIM_MINOR,
                request=request_hash(request, order.deployment),
            )
            cheque = draw_cheque(key, allowance.full_id, order.deployment, terms)
            cheque_id = cose.digest(prefix, decode_cheque(cheque).envelope.payload)
            previous = cheque_id[:PREVIOUS_BYTES]
            receipts += 1
            receipt = _receipt(order, cheque_id, receipts)
            yield encode_claim(Claim(cheque=cheque, receipt=receipt, request=request))


def _request(order: Order) -> bytes:
    return encode_request(
        RequestTerms(
            challenge=secrets.token_bytes(CHALLENGE_BYTES),
            currency=order.currency,
            time=order.now,
            ttl_s=120,
            payee_id=order.till.payee_id,
            exact_minor=CLAIM_MINOR,
            reference="A12-34",
        )
    )


def _receipt(order: Order, cheque_id: StatementId, counter: int) -> bytes:
    return RECEIPT_LAYOUT.encode(
        {
            "terminal_ref": order.till.ref,
            "cheque_id": cheque_id,
            "final_minor": CLAIM_MINOR,
            "time": order.now,
            "counter": counter,
            "previous": bytes(PREVIOUS_BYTES),
            "index_version": _INDEX_VERSION,
        }
    )


def _batch(order: Order, claims: Sequence[bytes], counter: int) -> bytes:
    return sign_batch(
        SoftwareKey(order.till.scalar),
        order.till.certificate_id,
        order.deployment,
        terminal_ref=order.till.ref,
        batch_id=BatchId(secrets.token_bytes(BATCH_ID_BYTES)),
        time=order.now,
        index_version=_INDEX_VERSION,
        allowances=(),
        claims=claims,
        notes=(),
        counter=counter,
        attested_at=order.now,
    )
