"""Syncing: the same bytes until they are answered, nothing lost, nothing doubled, nothing blocked."""

from __future__ import annotations

import pytest

from feiqian.ledger.dispute_notice import DisputeNotice
from feiqian.protocol import cbor, cose
from feiqian.protocol.answer import AnswerItem, Verdict, answer_prefix, decode_answer, sign_answer
from feiqian.protocol.claim import decode_batch, decode_claim
from feiqian.protocol.cose import is_envelope
from feiqian.protocol.keys import PublicKey
from feiqian.protocol.receipt import decode_receipt
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.request import request_hash
from feiqian.storage import terminal_store
from feiqian.terminal import sync
from feiqian.terminal.states import ClaimState, Grade
from tests.terminal.test_accept import refusal
from tests.terminal.world import (
    ACQUIRER,
    CODE,
    DAY,
    DEPLOYMENT,
    NOW,
    STRANGER,
    TEN_YEARS,
    Counter,
    Operator,
    Payer,
    make_notice,
    make_pack,
)


def sell(counter: Counter, payer: Payer, amount_minor: int = 10_00) -> bytes:
    payment = payer.answer(counter.terminal.request(exact_minor=amount_minor).shown)
    return counter.terminal.accept(payment).accepted.cheque_id


def pay_in_full(_number: int, raw: bytes) -> AnswerItem:
    return AnswerItem(verdict=Verdict.SETTLED, paid_minor=decode_receipt(decode_claim(raw).receipt).terms.final_minor)


def test_a_round_settles_everything_and_empties_the_queue(counter: Counter, operator: Operator, payer: Payer) -> None:
    operator.decide = pay_in_full
    for _ in range(3):
        sell(counter, payer)
    sell(counter, Payer(2), 7_00)
    counter.terminal.void(counter.terminal.payment(receipt=1), total_minor=4_00)
    assert (counter.terminal.queue().claims, counter.terminal.queue().notes) == (4, 1)
    assert counter.terminal.queue().amount_minor == 33_00
    assert refusal(counter.terminal.sign_out) == "queue_waiting"
    outcome = counter.terminal.sync(operator)
    assert (outcome.troubles, len(outcome.answered)) == ([], 1)
    assert counter.terminal.queue().is_empty
    (raw,) = operator.received
    batch = decode_batch(raw)
    assert (len(batch.claims), len(batch.allowances), len(batch.notes)) == (4, 2, 1)
    claim = decode_claim(batch.claims[0])
    assert not is_envelope(claim.receipt)
    assert claim.request is not None
    assert counter.store.request(request_hash(claim.request, DEPLOYMENT)) is not None
    totals = counter.terminal.totals()
    assert (totals.by_grade[Grade.FINAL].count, totals.paid_minor, totals.given_back_minor) == (4, 37_00, 4_00)
    assert {entry.grade for entry in counter.terminal.history() if hasattr(entry, "grade")} == {Grade.FINAL}
    counter.terminal.sync(operator)
    assert operator.received == [raw]


def test_the_same_bytes_are_sent_until_they_are_answered(counter: Counter, operator: Operator, payer: Payer) -> None:
    sell(counter, payer)
    operator.down = "operator_unreachable"
    assert [trouble.code for trouble in counter.terminal.sync(operator).troubles] == ["operator_unreachable"]
    operator.down = None
    operator.mangle = lambda answer: answer[:-1] + bytes((answer[-1] ^ 1,))
    counter.terminal.sync(operator)
    counter.reopen()
    sell(counter, payer)
    counter.terminal.sync(operator)
    operator.mangle = lambda answer: answer
    assert counter.terminal.queue().claims == 2
    outcome = counter.terminal.sync(operator)
    assert (outcome.troubles, len(outcome.answered)) == ([], 2)
    assert len(set(operator.received)) == 2
    assert counter.terminal.queue().is_empty


def test_sending_twice_on_purpose_changes_nothing(counter: Counter, operator: Operator, payer: Payer) -> None:
    sell(counter, payer)
    assert counter.terminal.sync(operator, resend=True).resent == 0
    before = counter.everything()
    outcome = counter.terminal.sync(operator, resend=True)
    assert (outcome.resent, outcome.answered, outcome.troubles) == (1, [], [])
    assert counter.everything() == before
    assert operator.received[0] == operator.received[1]
    operator.answers.clear()
    operator.time += 1
    outcome = counter.terminal.sync(operator, resend=True)
    assert [trouble.code for trouble in outcome.troubles] == ["answer_changed"]
    after = counter.everything()
    assert (after.pop("moment"), before.pop("moment")) == (
        [("operator_time", NOW + 1), ("clock_ahead", -1)],
        [("operator_time", NOW), ("clock_ahead", 0)],
    )
    assert after == before


def test_one_poison_item_blocks_no_other(counter: Counter, operator: Operator, payer: Payer) -> None:
    ids = [sell(counter, payer) for _ in range(5)]
    operator.decide = lambda number, _raw: (
        AnswerItem(verdict=Verdict.REFUSED, code="malformed")
        if number == 2
        else AnswerItem(verdict=Verdict.CONTINGENT, waiting_minor=10_00)
        if number == 3
        else AnswerItem(verdict=Verdict.SETTLED, paid_minor=10_00)
    )
    counter.terminal.sync(operator)
    states = [counter.terminal.payment(cheque_id=cheque_id).state for cheque_id in ids]  # type: ignore[arg-type]
    done = ClaimState.SETTLED
    assert states == [done, done, ClaimState.REFUSED, ClaimState.CONTINGENT, done]
    totals = counter.terminal.totals()
    assert (totals.paid_minor, totals.contingent_minor, totals.refused.amount_minor) == (30_00, 10_00, 10_00)
    answer = counter.terminal.payment(receipt=3).answer
    assert answer is not None
    assert (answer.verdict, answer.code) == (Verdict.REFUSED, "malformed")
    assert counter.terminal.queue().is_empty


def test_a_batch_that_is_refused_as_a_whole_blocks_no_later_one(
    counter: Counter, operator: Operator, payer: Payer
) -> None:
    sell(counter, payer)
    operator.refuse_batch = lambda batch: batch == operator.received[0]
    assert [trouble.code for trouble in counter.terminal.sync(operator).troubles] == ["batch_refused"]
    sell(counter, payer)
    outcome = counter.terminal.sync(operator)
    assert (len(outcome.answered), [trouble.code for trouble in outcome.troubles]) == (1, ["batch_refused"])
    assert counter.terminal.queue().claims == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda _answer: b"", "malformed"),
        (lambda _answer: b"<html>sign in</html>", "malformed"),
        (lambda answer: answer[:-1], "malformed"),
        (lambda answer: answer[:-1] + bytes((answer[-1] ^ 1,)), "acquirer_signature_invalid"),
        (lambda answer: resigned(answer, signer=STRANGER), "acquirer_unknown"),
        (lambda answer: resigned(answer, batch=b"another"), "answer_mismatch"),
        (lambda answer: resigned(answer, drop=1), "answer_mismatch"),
        (lambda answer: resigned(answer, other_id=True), "answer_mismatch"),
    ],
    ids=["empty", "sign-in page", "cut", "flipped", "another key", "another batch", "items missing", "another id"],
)
def test_what_is_no_answer_leaves_the_queue(
    counter: Counter,
    operator: Operator,
    payer: Payer,
    change: object,
    code: str,
) -> None:
    sell(counter, payer)
    operator.mangle = change  # type: ignore[assignment]
    outcome = counter.terminal.sync(operator)
    assert ([trouble.code for trouble in outcome.troubles], outcome.answered) == ([code], [])
    assert counter.terminal.queue().claims == 1
    operator.mangle = lambda answer: answer
    assert len(counter.terminal.sync(operator).answered) == 1
    assert len(set(operator.received)) == 1


def resigned(
    raw: bytes, *, signer: object = ACQUIRER, batch: bytes | None = None, drop: int = 0, other_id: bool = False
) -> bytes:
    answer = decode_answer(raw)
    made = sign_answer(
        signer,  # type: ignore[arg-type]
        DEPLOYMENT,
        terminal_ref=answer.terminal_ref,
        batch_id=bytes(16) if other_id else answer.batch_id,  # type: ignore[arg-type]
        batch=batch or b"",
        time=answer.time,
        claims=answer.claims[drop:],
        notes=answer.notes,
    )
    return made if batch is not None or other_id or signer is not ACQUIRER else _with_hash(made, answer.batch_hash)


def _with_hash(made: bytes, batch_hash: bytes) -> bytes:
    content = cbor.decode(cose.open_envelope(made, max_bytes=10**6).payload, max_bytes=10**6)
    content[4] = batch_hash
    return cose.sign(ACQUIRER, answer_prefix(PublicKey(ACQUIRER.public_key), DEPLOYMENT), cbor.encode(content))


def test_a_link_that_hangs_until_somebody_gives_up_leaves_the_queue(
    counter: Counter, operator: Operator, payer: Payer
) -> None:
    def hang(_answer: bytes) -> bytes:
        raise KeyboardInterrupt

    sell(counter, payer)
    operator.mangle = hang
    with pytest.raises(KeyboardInterrupt):
        counter.terminal.sync(operator)
    counter.reopen()
    assert counter.terminal.queue().claims == 1
    operator.mangle = lambda answer: answer
    assert len(counter.terminal.sync(operator).answered) == 1
    assert operator.received == [operator.received[0]] * 2


def test_more_than_a_batch_holds_goes_in_several(
    counter: Counter, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "CLAIMS_MAX", 10)
    payer = Payer(amount_minor=2**40)
    for _ in range(21):
        sell(counter, payer, 1)
    outcome = counter.terminal.sync(operator)
    assert [len(answer.claims) for answer in outcome.answered] == [10, 10, 1]
    assert counter.terminal.queue().is_empty


def test_a_batch_never_outgrows_its_bytes(
    counter: Counter, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "_BATCH_ROOM_BYTES", 2000)
    payer = Payer()
    for _ in range(5):
        sell(counter, payer, 1)
    outcome = counter.terminal.sync(operator)
    assert [len(answer.claims) for answer in outcome.answered] == [3, 2]


def test_a_newer_pack_is_taken_and_an_older_refused_while_claims_still_go(
    counter: Counter, operator: Operator, payer: Payer
) -> None:
    shown = counter.terminal.request(exact_minor=10_00, ttl_s=3600).shown
    operator.pack = make_pack(version=2, issued_at=NOW + 60, suspended=(1,))
    assert counter.terminal.sync(operator).pack_advanced
    assert refusal(lambda: counter.terminal.accept(payer.answer(shown))) == "allowance_suspended"
    operator.pack = make_pack(version=1)
    sell(counter, Payer(2))
    outcome = counter.terminal.sync(operator)
    assert ([trouble.code for trouble in outcome.troubles], len(outcome.answered)) == (["version_rollback"], 1)
    counter.reopen()
    assert counter.terminal.ready().lists_issued_at == NOW + 60
    assert refusal(lambda: counter.terminal.accept(Payer(1).answer(shown))) == "allowance_suspended"


def test_export_and_an_answer_that_comes_by_file(counter: Counter, operator: Operator, payer: Payer) -> None:
    assert refusal(counter.terminal.export) == "queue_empty"
    sell(counter, payer)
    (batch,) = counter.terminal.export()
    sell(counter, payer)
    assert counter.terminal.export()[0].raw == batch.raw
    for stored in counter.terminal.export():
        answer = operator.send_batch(stored.raw)
        assert counter.terminal.take_answer(answer) is not None
        assert counter.terminal.take_answer(answer) is None
    assert counter.terminal.queue().is_empty


def test_signing_out_forgets_the_key_and_keeps_the_evidence(counter: Counter, operator: Operator, payer: Payer) -> None:
    payment = payer.answer(counter.terminal.request(exact_minor=10_00).shown)
    receipt = counter.terminal.accept(payment).receipt
    counter.terminal.sync(operator)
    key = counter.terminal.enrolment.key
    counter.terminal.sign_out()
    assert refusal(counter.terminal.totals) == "not_enrolled"
    assert key.hex() not in repr(counter.everything()).replace("\\x", "")
    counter.terminal.enrol(operator, server="s", code=CODE)
    assert counter.terminal.accept(payment).receipt == receipt
    sell(counter, payer)
    assert [entry.receipt_counter for entry in counter.terminal.history() if hasattr(entry, "receipt_counter")] == [
        1,
        1,
    ]
    assert counter.terminal.sync(operator).troubles == []


def test_ready_says_what_is_possible_and_how_wrong_the_clock_is(
    counter: Counter, operator: Operator, payer: Payer
) -> None:
    ready = counter.terminal.ready()
    assert (ready.payee_name, ready.lists_age_s, ready.clock_is_off, ready.queue.claims) == ("Café 飞钱", 0, False, 0)
    assert (ready.may_request, ready.may_take_codes, ready.may_void) == (True, True, True)
    sell(counter, payer)
    assert counter.terminal.ready().queue.first_deadline == payer.expires_at + 120 + 7 * DAY
    counter.clock = NOW + 3600
    counter.terminal.sync(operator)
    ready = counter.terminal.ready()
    assert (ready.clock_ahead_s, ready.clock_is_off, ready.lists_age_s) == (3600, True, 3600)
    counter.clock = NOW - TEN_YEARS
    assert counter.terminal.ready().clock_healed_s == TEN_YEARS


def test_a_shift_ends_with_its_totals(counter: Counter, payer: Payer) -> None:
    sell(counter, payer)
    asked = counter.terminal.request(exact_minor=5_00)
    counter.terminal.accept_notice(make_notice(asked.request_hash, 5_00))
    ended = counter.terminal.close_shift()
    assert (ended.shift, ended.by_grade[Grade.GUARANTEED].count, ended.by_grade[Grade.FINAL].amount_minor) == (
        1,
        1,
        5_00,
    )
    fresh = counter.terminal.totals()
    assert (fresh.shift, fresh.began_at, sum(total.count for total in fresh.by_grade.values())) == (2, NOW, 0)
    sell(counter, payer, 6_00)
    assert counter.terminal.totals().by_grade[Grade.GUARANTEED].amount_minor == 6_00


def test_an_enrolment_that_broke_off_ends_with_the_same_key(tmp_path: object, operator: Operator) -> None:
    counter = Counter(tmp_path / "till")  # type: ignore[operator]
    assert refusal(counter.terminal.ready) == "not_enrolled"
    operator.down = "operator_unreachable"
    with pytest.raises(Exception, match="operator_unreachable"):
        counter.terminal.enrol(operator, server="s", code=CODE)
    key = counter.store.pending_key()
    assert key is not None
    operator.down = None
    counter.reopen()
    counter.terminal.enrol(operator, server="s", code="abcd efgh")
    assert (counter.terminal.enrolment.key, counter.store.pending_key()) == (key, None)
    assert refusal(lambda: counter.terminal.enrol(operator, server="s", code=CODE)) == "already_enrolled"
    counter.vault.close()


def test_the_log_of_refusals_is_bounded_and_masked(
    counter: Counter, payer: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal_store, "REFUSALS_MAX", 20)
    for _ in range(25):
        counter.terminal.log_refusal(Refused(RefusalCode.FORK_SEEN), payer.code(1_00))
    log = counter.terminal.refusals()
    assert (len(log), log[0].code, len(log[0].subject)) == (20, "fork_seen", 7)


def test_a_round_with_nothing_to_claim_measures_the_clock_and_stores_no_batch(
    counter: Counter, operator: Operator
) -> None:
    operator.time = NOW - 3600
    outcome = counter.terminal.sync(operator)
    assert (outcome.troubles, outcome.answered, operator.received) == ([], [], [])
    assert (counter.terminal.ready().clock_ahead_s, counter.store.last_answered_batch()) == (3600, None)
    assert not counter.store.unanswered_batches()


def test_a_batch_states_the_clock_as_it_is_and_beside_it_what_was_answered_just_now(
    counter: Counter, operator: Operator, payer: Payer
) -> None:
    """A slow clock, which the till itself sets right by what was signed, must not be measured as right."""
    sell(counter, payer)
    operator.time = NOW + DAY
    counter.terminal.sync(operator)
    (opening,), (raw,) = operator.measured, operator.received
    first, second = decode_batch(opening), decode_batch(raw)
    assert (first.counter, second.counter) == (1, 1)
    assert (first.time, second.time) == (NOW, NOW)
    assert first.attested_at is not None
    assert first.attested_at <= NOW
    assert second.attested_at == NOW + DAY


def test_a_sync_tells_of_disputes_that_are_not_over(counter: Counter, operator: Operator) -> None:
    assert counter.terminal.sync(operator).disputes == ()
    operator.notices = [DisputeNotice(dispute_id=b"d" * 16, against_us=True, needs_answer=False)]
    assert counter.terminal.sync(operator).disputes == tuple(operator.notices)
    operator.down = "operator_unreachable"
    assert counter.terminal.sync(operator).disputes is None
