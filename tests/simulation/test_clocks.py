"""The oracle's clocks and the product's, which share no code, place every receipt alike."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from feiqian.issuer.placing import Span, Sync, span_of, sync_in
from feiqian.protocol.claim import Batch
from feiqian.protocol.cose import Envelope
from feiqian.protocol.ids import BatchId, StatementId, TerminalRef
from feiqian.protocol.receipt import ReceiptTerms
from feiqian.simulation.clocks import Clocks

TILL = TerminalRef(b"terminal")
SKEW_S = 2
INDEX_TIMES = {1: 0, 2: 10, 3: 20}

instants = st.integers(0, 30)
batches = st.builds(
    Batch,
    terminal_ref=st.just(TILL),
    batch_id=st.binary(min_size=4, max_size=4).map(BatchId),
    time=instants,
    index_version=st.integers(0, 4),
    allowances=st.just(()),
    claims=st.just(()),
    notes=st.just(()),
    envelope=st.just(Envelope(b"", b"", b"")),
    counter=st.none() | st.integers(0, 6),
    attested_at=st.none() | instants,
)
arrivals = st.lists(
    st.tuples(batches, st.sampled_from((0, 0, 1, 5))), min_size=1, max_size=6, unique_by=lambda one: one[0].batch_id
)
counters = st.lists(st.integers(1, 6), min_size=1, max_size=3)


def receipt(time: int, index_version: int) -> ReceiptTerms:
    return ReceiptTerms(TILL, StatementId(b"cheque"), 1, time, 1, b"", index_version)


def placed(syncs: Sequence[Sync], this: Sync | None, receipts: Sequence[int], at: int) -> Span:
    first, last = min(receipts), max(receipts)
    return span_of(syncs, first=first, last=last, this=this, received_at=at, skew_s=SKEW_S)


@given(arrivals, counters, instants, st.integers(0, 4))
def test_both_place_a_receipt_alike(
    arriving: list[tuple[Batch, int]], receipts: list[int], time: int, index_version: int
) -> None:
    """Batches arrive one behind the other; the last one holds the receipts."""
    clocks, syncs, at = Clocks(SKEW_S, INDEX_TIMES), list[Sync](), 0
    *before, (last, wait_s) = arriving
    for batch, waited_s in before:
        at += waited_s
        clocks.when(batch, (), at)
        syncs += [sync for sync in [sync_in(batch, at)] if sync is not None]
    at += wait_s
    when, span = clocks.when(last, receipts, at), placed(syncs, sync_in(last, at), receipts, at)
    assert (when.after, when.before, when.clock_counts) == span[:3]
    assert when.held_index == (span.index_version if span.index_version in INDEX_TIMES else 0)
    issued_at = INDEX_TIMES.get(index_version)
    assert clocks.made_at(receipt(time, index_version), when) == span.made_at(time, issued_at, SKEW_S)
