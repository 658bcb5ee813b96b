"""What a till forgets by itself: what is over, with all that hangs on it, and nothing that is owed or counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feiqian.ledger.clearing import AdviceKind
from feiqian.protocol.answer import AnswerItem, Verdict
from feiqian.protocol.chain import Contradiction, Link
from feiqian.protocol.ids import AllowanceRef, BatchId, RequestHash
from feiqian.protocol.receipt import NoteKind
from feiqian.protocol.trust import TrustRoot
from feiqian.storage.plain_rows import PlainRows
from feiqian.storage.plain_terminal import PlainTerminalStore
from feiqian.storage.terminal_store import VaultTerminalStore
from feiqian.storage.vault import Vault
from feiqian.terminal.ports import TerminalStore
from feiqian.terminal.records import (
    BatchAnswer,
    Enrolment,
    HeardPage,
    HeldTrust,
    KeptProof,
    LoggedRefusal,
    NewAcceptance,
    NewEvent,
    NewNote,
    StoredBatch,
)
from feiqian.terminal.retention import KEPT_S
from feiqian.terminal.states import ClaimState
from tests.storage.test_terminal_store import NOW, PAYEE, PIN, asked, id_of, statement
from tests.terminal.world import Counter, Operator, Payer

DAY = 86_400
ANSWERS = {
    ClaimState.SETTLED: AnswerItem(verdict=Verdict.SETTLED, paid_minor=10_00),
    ClaimState.REFUSED: AnswerItem(verdict=Verdict.REFUSED, code="forked"),
    ClaimState.CONTINGENT: AnswerItem(verdict=Verdict.CONTINGENT, waiting_minor=10_00),
}
NOTED = AnswerItem(verdict=Verdict.NOTED)


@dataclass(frozen=True)
class Sold:
    """One payment at the counter and what became of it; `end` is D, beside the time that is looked at."""

    end: int
    state: ClaimState
    note: str
    told_end: int | None
    asked: bool
    shift_over: bool


SOLD = st.builds(
    Sold,
    end=st.integers(-2, 2),
    state=st.sampled_from(ClaimState),
    note=st.sampled_from(["none", "none", "waiting", "answered"]),
    told_end=st.none() | st.integers(-2, 2),
    asked=st.booleans(),
    shift_over=st.booleans(),
)
STEP_S = 1000
BEFORE = NOW + 100_000


def at(end: int) -> int:
    return BEFORE + end * STEP_S


def play(store: TerminalStore, sold: Sequence[Sold]) -> dict[int, Sold]:
    """All of it in one till, by number: claims of the shift that is over, then those of the one that goes on."""
    found = dict(enumerate(sorted(sold, key=lambda one: not one.shift_over), start=1))
    counter = 0
    for number, one in found.items():
        if one.shift_over:
            counter = sell(store, number, one, counter)
    store.close_shift(NOW)
    for number, one in found.items():
        if not one.shift_over:
            counter = sell(store, number, one, counter)
    return found


def is_over(one: Sold) -> bool:
    """Written down once more, as a person would say it."""
    return (
        one.shift_over
        and one.state in {ClaimState.SETTLED, ClaimState.REFUSED}
        and one.note != "waiting"
        and one.end < 0
        and (one.told_end is None or one.told_end < 0)
    )


def left_in(store: TerminalStore, found: dict[int, Sold]) -> set[int]:
    return {number for number in found if store.accepted(id_of(number)) is not None}


@settings(max_examples=40, deadline=None)
@given(st.lists(SOLD, max_size=6))
def test_only_claims_that_are_over_in_every_way_go(sold: Sequence[Sold]) -> None:
    with TemporaryDirectory() as folder, Vault.create(Path(folder) / "till", PIN) as vault:
        for store in (enrol(VaultTerminalStore(vault)), enrol(PlainTerminalStore(PlainRows(lambda _point: None)))):
            found = play(store, sold)
            over = {number for number, one in found.items() if is_over(one)}
            queue, totals, head = store.queue(), store.totals(), store.chain_head()
            assert store.ended(BEFORE) == len(over)
            assert store.forget_ended(BEFORE) == len(over)
            assert left_in(store, found) == found.keys() - over
            for number, one in found.items():
                assert (store.note_on(id_of(number)) is None) == (one.note == "none" or number in over)
                gone = one.asked and number in over
                assert (store.request(RequestHash(id_of(100 + number))) is not None) == (one.asked and not gone)
                assert (store.links(AllowanceRef(number.to_bytes(8, "big"))) == ()) == (number in over)
            assert (store.queue(), store.totals(), store.chain_head()) == (queue, totals, head)
            assert store.forget_ended(BEFORE) == store.ended(BEFORE) == 0
            counter = head.counter
            store.add_request(asked(90))
            sell(store, 80, Sold(3, ClaimState.SETTLED, "none", None, asked=False, shift_over=False), counter - 1)
            assert store.accepted(id_of(80)) is not None, "the chain goes on"


def enrol(store: TerminalStore) -> TerminalStore:
    store.keep_pending_key(b"key")
    root = TrustRoot(deployment="test", roots=(b"\x02" * 33, b"\x03" * 33), threshold=2)
    made = Enrolment(deployment="test", server="s", key=b"key", token="", certificate=b"cert", certificate_id=id_of(1))
    store.enrol(made, HeldTrust(root=root, raw=b"pack", etag="tag", fetched_at=NOW))
    return store


def sell(store: TerminalStore, number: int, one: Sold, counter: int) -> int:
    if one.asked:
        store.add_request(asked(100 + number))
    link = Link(
        cheque_id=id_of(number),
        counter=number,
        amount_minor=10_00,
        cumulative_minor=10_00 * number,
        previous=bytes(16),
        closing=False,
    )
    counter += 1
    store.accept(
        NewAcceptance(
            cheque=b"cheque %d" % number,
            link=link,
            witnessed_time=NOW,
            allowance=b"allowance %d" % number,
            allowance_id=id_of(500 + number),
            allowance_ref=AllowanceRef(number.to_bytes(8, "big")),
            allowance_expires_at=at(one.end) - 1,
            credits=None,
            request_hash=RequestHash(id_of(100 + number)) if one.asked else None,
            final_minor=10_00,
            guaranteed_minor=0,
            deadline=at(one.end),
            warn=False,
            receipt=replace(statement(counter), time=NOW),
        )
    )
    note = None
    if one.note != "none":
        counter += 1
        made = replace(statement(counter), time=NOW)
        store.add_note(NewNote(kind=NoteKind.VOID, subject=id_of(number), back_minor=5_00, statement=made))
        note = counter
    answer(store, number, one, note)
    return counter


def answer(store: TerminalStore, number: int, one: Sold, note: int | None) -> None:
    if one.state is ClaimState.WAITING:
        return
    send_note = note is not None and one.note == "answered"
    numbers = [queued.number for queued in store.queued(1000)[1]] if send_note else []
    notes = tuple(numbers[-1:])
    batch = StoredBatch(
        batch_id=BatchId(number.to_bytes(16, "big")),
        raw=b"batch",
        made_at=NOW,
        claims=(id_of(number),),
        notes=notes,
        answer=None,
    )
    store.add_batch(batch)
    if one.state is ClaimState.SENT:
        return
    store.keep_answer(
        BatchAnswer(
            batch_id=batch.batch_id,
            raw=b"answer",
            time=NOW,
            clock_ahead_s=0,
            claims=((id_of(number), one.state, ANSWERS[one.state]),),
            notes=tuple((found, ClaimState.SETTLED, NOTED) for found in notes),
        )
    )
    if one.told_end is not None:
        tell(store, number, one, at(one.told_end))


def tell(store: TerminalStore, number: int, one: Sold, deadline: int) -> None:
    event = NewEvent(
        number=number,
        kind=AdviceKind.SETTLED,
        at=NOW,
        cheque_id=id_of(number),
        paid_minor=10_00,
        waiting_minor=0,
        deadline=deadline,
        state=one.state,
    )
    before = store.heard_up_to("test", PAYEE)
    store.keep_events(
        HeardPage(deployment="test", payee_id=PAYEE, before=before, up_to=number, time=NOW, events=(event,))
    )


def hear_of(counter: Counter, operator_time: int) -> None:
    """The operator has signed that it is so late, and the till was opened since."""
    counter.store.keep_clock(operator_time=operator_time, clock_ahead_s=0)
    counter.reopen()


def sold_and_paid(counter: Counter, operator: Operator) -> bytes:
    payer = Payer()
    shown = counter.terminal.request(exact_minor=10_00, reference="table 4").shown
    cheque = payer.answer(shown)
    counter.terminal.accept(cheque)
    operator.decide = lambda _number, _claim: AnswerItem(verdict=Verdict.SETTLED, paid_minor=10_00)
    assert counter.terminal.sync(operator).troubles == []
    counter.terminal.close_shift()
    return cheque[len(payer.allowance) :]


def stored(counter: Counter) -> bytes:
    rows = [row for table in counter.everything().values() for row in table]
    return b"".join(value for row in rows for value in row if isinstance(value, bytes))


def test_a_payment_is_gone_400_days_after_d_and_not_before(counter: Counter, operator: Operator) -> None:
    cheque = sold_and_paid(counter, operator)
    deadline = counter.terminal.payment(receipt=1).deadline
    assert cheque in stored(counter)
    hear_of(counter, deadline + KEPT_S)
    assert counter.terminal.forget_old() == 0
    hear_of(counter, deadline + KEPT_S + 1)
    assert counter.terminal.overdue() == 1
    assert counter.terminal.forget_old() == 1
    assert cheque not in stored(counter)
    assert counter.terminal.overdue() == 0
    assert counter.store.chain_head().counter == 2, "the head of the chain of receipts stays"


def test_a_clock_set_forward_removes_nothing(counter: Counter, operator: Operator) -> None:
    sold_and_paid(counter, operator)
    counter.clock = NOW + 4 * KEPT_S
    before = counter.everything()
    assert counter.terminal.forget_old() == 0
    assert counter.everything() == before


def test_requests_that_nobody_answered_go_with_their_cancel_notes(counter: Counter, operator: Operator) -> None:
    counter.terminal.request(exact_minor=10_00)
    cancelled = counter.terminal.request(exact_minor=11_00).request_hash
    counter.terminal.cancel(cancelled)
    hear_of(counter, NOW + KEPT_S + DAY)
    assert counter.terminal.forget_old() == 1, "the cancel note still waits for its answer"
    assert counter.store.request(cancelled) is not None
    assert counter.terminal.sync(operator).troubles == []
    assert counter.store.request(cancelled) is None


def test_lines_of_the_log_and_proofs_go_as_well(store: TerminalStore) -> None:
    store.log_refusal(LoggedRefusal(time=NOW - 1, code="expired", subject="…"))
    store.log_refusal(LoggedRefusal(time=NOW, code="forked", subject="…"))
    for number, time in ((1, NOW - 1), (2, NOW)):
        store.keep_proof(
            KeptProof(
                proof_id=bytes([number]) * 32,
                raw=b"proof",
                allowance_id=id_of(number),
                reason=Contradiction.SAME_COUNTER,
                time=time,
            )
        )
    assert store.forget_ended(NOW) == 2
    assert [one.code for one in store.refusals()] == ["forked"]
    assert [one.time for one in store.proofs()] == [NOW]


@pytest.fixture(params=["vault", "plain"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TerminalStore]:
    if request.param == "plain":
        yield enrol(PlainTerminalStore(PlainRows(lambda _point: None)))
        return
    with Vault.create(tmp_path / "till", PIN) as vault:
        yield enrol(VaultTerminalStore(vault))
