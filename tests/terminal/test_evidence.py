"""A fork seen at the counter is kept as a proof that anyone can check; no money moves by it."""

from __future__ import annotations

import pytest

from feiqian.protocol.chain import Contradiction
from feiqian.protocol.fork_proof import Party, decode_fork_proof, verify_fork_proof
from feiqian.terminal.evidence import ForkSeen
from feiqian.terminal.records import KeptProof
from tests.terminal.test_accept import TRUST, refusal
from tests.terminal.world import Counter, Payer


def fork(counter: Counter, payer: Payer, amount_minor: int = 20_00) -> bytes:
    """A payment by a clone that contradicts one accepted before."""
    clone = payer.fork()
    counter.terminal.accept(payer.answer(counter.terminal.request(exact_minor=10_00).shown))
    return clone.answer(counter.terminal.request(exact_minor=amount_minor).shown)


def seen(counter: Counter, payment: bytes) -> KeptProof:
    with pytest.raises(ForkSeen) as caught:
        counter.terminal.accept(payment)
    assert caught.value.proof is not None
    return caught.value.proof


def test_a_fork_seen_is_kept_as_a_proof_and_changes_no_money(counter: Counter, payer: Payer) -> None:
    payment = fork(counter, payer)
    before = counter.everything()
    proof = seen(counter, payment)
    conviction = verify_fork_proof(decode_fork_proof(proof.raw), TRUST)
    assert (conviction.party, conviction.reason) == (Party.DEVICE, Contradiction.SAME_COUNTER)
    assert (proof.allowance_id, proof.reason) == (payer.full_id, Contradiction.SAME_COUNTER)
    assert counter.terminal.fork_proofs() == [proof]
    after = counter.everything()
    assert [name for name in after if after[name] != before[name]] == ["sqlite_sequence", "proof"]


def test_the_first_proof_of_an_allowance_is_enough(counter: Counter, payer: Payer) -> None:
    clone = payer.fork()
    proof = seen(counter, fork(counter, payer))
    other = clone.answer(counter.terminal.request(exact_minor=30_00).shown)
    assert seen(counter, other) == proof
    counter.reopen()
    assert seen(counter, other) == proof
    second = seen(counter, fork(counter, Payer(2)))
    assert counter.terminal.fork_proofs() == [proof, second]


def test_a_code_convicts_as_well(counter: Counter, payer: Payer) -> None:
    clone = payer.fork()
    counter.terminal.accept(payer.answer(counter.terminal.request(exact_minor=10_00).shown))
    with pytest.raises(ForkSeen) as caught:
        counter.terminal.take_code(clone.code(5_00), due_minor=5_00, at_own_risk=True)
    assert caught.value.proof is not None


def test_a_refusal_for_another_reason_keeps_nothing(counter: Counter, payer: Payer) -> None:
    payment = fork(counter, payer)
    flipped = payment[:-1] + bytes((payment[-1] ^ 1,))
    assert refusal(lambda: counter.terminal.accept(flipped)) == "device_signature_invalid"
    assert counter.terminal.fork_proofs() == []


def test_a_payment_that_leans_on_another_payers_money_is_the_payees_own_choice(counter: Counter, payer: Payer) -> None:
    payment = payer.lean(counter.terminal.request(exact_minor=10_00).shown, Payer(2))
    assert refusal(lambda: counter.terminal.accept(payment)) == "outside_guarantee_credit"
    taken = counter.terminal.accept(payment, at_own_risk=True)
    assert (taken.grade.value, taken.accepted.guaranteed_minor) == ("F1", 0)
