"""What becomes of claims, from the payees' batches to their balances, through the real store."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from feiqian.issuer.values import SuspendReason
from feiqian.protocol.answer import AnswerItem, Verdict
from feiqian.protocol.claim import Claim, decode_claim, encode_claim
from feiqian.protocol.credit import credits_hash
from feiqian.protocol.fork_proof import Party, decode_fork_proof, verify_fork_proof
from feiqian.protocol.receipt import NoteKind
from feiqian.protocol.request import request_hash
from feiqian.protocol.status_list import AllowanceStatus
from tests.issuer.world import CUR, DAY, DEPLOYMENT, OTHER_CUR, START, Till, Wallet, World, opened


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "operator.db") as made:
        yield made


def outcome(item: AnswerItem) -> tuple[Verdict, int, int]:
    return item.verdict, item.paid_minor, item.waiting_minor


def code(wallet: Wallet, amount_minor: int = 50_00, **terms: object) -> bytes:
    return wallet.draw(amount_minor, ttl_s=60, **terms)


def test_a_claim_is_paid_once_however_often_it_is_claimed(world: World) -> None:
    wallet, till = world.wallet(), world.till()
    claim = till.accept(wallet, 120_00)
    assert outcome(till.send(claim).claims[0]) == (Verdict.SETTLED, 120_00, 0)
    assert outcome(till.send(claim).claims[0]) == (Verdict.DUPLICATE, 120_00, 0)
    assert outcome(till.send(claim, claim).claims[1]) == (Verdict.DUPLICATE, 120_00, 0)
    assert till.balance_minor == 120_00
    assert world.reserved_minor(wallet) == 880_00


def test_a_fork_at_two_payees_pays_both_and_convicts_the_device(world: World) -> None:
    wallet, one, other = world.wallet(300_00), world.till("M"), world.till("N")
    thief = wallet.clone()
    assert outcome(one.send(one.accept(wallet, 200_00)).claims[0]) == (Verdict.SETTLED, 200_00, 0)
    assert outcome(other.send(other.accept(thief, 190_00)).claims[0]) == (Verdict.FORK, 190_00, 0)
    assert (one.balance_minor, other.balance_minor) == (200_00, 190_00)
    assert one.told == ["settled", "fork"]
    assert other.told == ["fork"]
    (fork,) = world.issuer.forks()
    conviction = verify_fork_proof(decode_fork_proof(fork.proof), world.knowledge)
    assert (conviction.party, conviction.authority_id) == (Party.DEVICE, wallet.allowance_id)
    state = world.issuer.statement(wallet.bound.payer_id).allowances[0]
    assert (state.status, state.forked, state.reserved_minor) == (AllowanceStatus.SUSPENDED, True, 0)
    assert world.free_minor(wallet) == 2_000_00 - 300_00 - 90_00


def test_what_the_cheater_cannot_pay_falls_on_pool_and_then_on_the_issuer(world: World) -> None:
    _, bound = world.payer(310_00)
    world.issuer.fund_pool(CUR, 30_00, "pool")
    wallet = world.wallet(300_00, bound)
    tills = [world.till(name) for name in "MNO"]
    thieves = [wallet.clone() for _ in tills]
    for till, thief in zip(tills, thieves, strict=True):
        assert till.send(till.accept(thief, 200_00)).claims[0].paid_minor == 200_00
    (exposure,) = world.issuer.exposures()
    assert (exposure.reserved_minor, exposure.from_free_minor) == (0, 10_00)
    assert (exposure.from_pool_minor, exposure.from_loss_minor) == (30_00, 260_00)
    world.check_books()


def test_a_bystander_with_a_photo_is_refused_and_harms_nobody(world: World) -> None:
    wallet, named, bystander = world.wallet(), world.till("M"), world.till("N")
    claim = decode_claim(named.accept(wallet, 80_00))
    stolen = bystander.claim(wallet, claim.cheque, 80_00, claim.request)
    assert outcome(bystander.send(stolen).claims[0]) == (Verdict.PAYEE_NOT_NAMED, 0, 0)
    another = bystander.claim(wallet, claim.cheque, 80_00, bystander.ask(80_00))
    assert bystander.send(another).claims[0].code == "request_mismatch"
    assert outcome(named.send(encode_claim(claim)).claims[0]) == (Verdict.SETTLED, 80_00, 0)
    assert world.issuer.forks() == ()


def test_poisoned_items_are_answered_alone(world: World) -> None:
    wallet, till = world.wallet(), world.till()
    claims = [till.accept(wallet, 10_00) for _ in range(3)]
    good = decode_claim(claims[1])
    forged = good.cheque[:-1] + bytes([good.cheque[-1] ^ 1])
    claims[1:1] = [b"junk", encode_claim(Claim(cheque=forged, receipt=good.receipt, request=good.request)), b""]
    answer = till.send(*claims)
    assert [item.verdict for item in answer.claims] == [
        Verdict.SETTLED,
        Verdict.REFUSED,
        Verdict.REFUSED,
        Verdict.REFUSED,
        Verdict.SETTLED,
        Verdict.SETTLED,
    ]
    assert answer.claims[2].code == "device_signature_invalid"
    assert till.balance_minor == 30_00


def test_a_one_way_code_waits_and_is_paid_at_the_end(world: World) -> None:
    wallet, till = world.wallet(), world.till()
    assert outcome(till.send(till.take_code(wallet, code(wallet), 50_00)).claims[0]) == (Verdict.CONTINGENT, 0, 50_00)
    assert (till.balance_minor, till.waiting_minor) == (0, 50_00)
    world.end_windows()
    assert (till.balance_minor, till.waiting_minor) == (50_00, 0)
    assert till.told == ["waiting", "shared"]
    assert world.free_minor(wallet) == 1_950_00


def test_the_same_code_at_two_payees_pays_once_in_all_and_both_are_told(world: World) -> None:
    wallet, one, other = world.wallet(), world.till("M"), world.till("N")
    shown = code(wallet, 49_99)
    one.send(one.take_code(wallet, shown, 49_99))
    (item,) = other.send(other.take_code(wallet, shown, 49_99)).claims
    assert item.verdict is Verdict.DOUBLE_ACCEPTANCE
    assert one.waiting_minor + other.waiting_minor == 49_99
    assert one.told == ["waiting", "double_acceptance"]
    assert other.told == ["double_acceptance"]
    world.end_windows()
    assert one.balance_minor + other.balance_minor == 49_99
    assert abs(one.balance_minor - other.balance_minor) == 1
    assert world.free_minor(wallet) == 2_000_00 - 49_99


def test_at_the_end_two_way_comes_first_and_codes_share_what_is_left(world: World) -> None:
    wallet, guaranteed, stale, coded = world.wallet(200_00), world.till("G"), world.till("S"), world.till("C")
    forger = wallet.clone()
    coded.send(coded.take_code(wallet, code(wallet, 50_00), 50_00))
    guaranteed.send(guaranteed.accept(forger, 140_01))
    stale.send(stale.accept(forger, 40_00, index_version=0))
    assert [till.waiting_minor for till in (guaranteed, stale, coded)] == [0, 40_00, 50_00]
    world.end_windows()
    assert [till.balance_minor for till in (guaranteed, stale, coded)] == [140_01, 40_00, 19_99]
    assert coded.told == ["waiting", "fork", "shared"]


def test_a_request_claimed_with_two_cheques_pays_the_lower_receipt(world: World) -> None:
    one, other, till = world.wallet(), world.wallet(), world.till()
    request = till.ask(60_00)
    cheques = [wallet.draw(60_00, request=request_hash(request, DEPLOYMENT)) for wallet in (one, other)]
    first = till.claim(one, cheques[0], 60_00, request)
    second = till.claim(other, cheques[1], 60_00, request)
    assert outcome(till.send(second).claims[0]) == (Verdict.SETTLED, 60_00, 0)
    world.now += 60
    assert outcome(till.send(first).claims[0]) == (Verdict.SETTLED, 60_00, 0)
    assert till.balance_minor == 60_00
    assert [world.reserved_minor(wallet) for wallet in (one, other)] == [940_00, 1_000_00]
    assert sorted(till.told) == ["second_cheque", "settled", "settled"]


def test_a_void_after_the_payment_gives_everything_back(world: World) -> None:
    wallet, till = world.wallet(), world.till()
    claim = till.accept(wallet, 90_00)
    till.send(claim)
    cheque_id = wallet.id(decode_claim(claim).cheque)
    note = till.note(cheque_id, 30_00)
    assert [item.verdict for item in till.send(notes=[note]).notes] == [Verdict.NOTED]
    assert (till.balance_minor, world.reserved_minor(wallet)) == (60_00, 940_00)
    assert till.told == ["settled", "given_back"]
    assert [item.verdict for item in till.send(notes=[note]).notes] == [Verdict.DUPLICATE]
    till.send(notes=[till.note(cheque_id, 90_00)])
    assert (till.balance_minor, world.reserved_minor(wallet)) == (0, 1_000_00)
    assert till.told[-1] == "given_back"
    assert outcome(till.send(claim).claims[0]) == (Verdict.DUPLICATE, 0, 0)


def test_of_two_receipts_for_one_cheque_the_lower_counts(world: World) -> None:
    wallet, till = world.wallet(), world.till()
    request = till.ask(90_00, maximum=True)
    cheque = wallet.draw(90_00, maximum=True, request=request_hash(request, DEPLOYMENT))
    for final_minor, left_minor in ((80_00, 80_00), (85_00, 80_00), (70_00, 70_00)):
        till.send(till.claim(wallet, cheque, final_minor, request))
        assert till.balance_minor == left_minor
    assert world.reserved_minor(wallet) == 930_00


def test_two_tills_of_one_payee_take_their_parts_of_one_code(world: World) -> None:
    wallet, one = world.wallet(), world.till()
    other = world.till("Cafe 2", one.payee_id)
    shown = code(wallet, 50_00, maximum=True)
    for till, final_minor, waiting_minor in ((one, 40_00, 40_00), (other, 1, 40_01), (one, 39_00, 39_01)):
        (item,) = till.send(till.take_code(wallet, shown, final_minor)).claims
        assert (item.waiting_minor, one.waiting_minor) == (waiting_minor, waiting_minor)
    one.send(one.take_code(wallet, shown, 50_00), notes=[one.note(wallet.id(shown), 20_00)])
    world.end_windows()
    assert one.balance_minor == 30_00


def test_the_parts_of_one_code_are_at_most_its_amount(world: World) -> None:
    wallet, one = world.wallet(), world.till()
    other = world.till("Cafe 2", one.payee_id)
    shown = code(wallet, 50_00, maximum=True)
    for till in (one, other):
        till.send(till.take_code(wallet, shown, 30_00))
    world.end_windows()
    assert one.balance_minor == 50_00


def test_a_receipt_for_another_cheque_is_refused(world: World) -> None:
    wallet, till = world.wallet(), world.till()
    one, other = decode_claim(till.accept(wallet, 10_00)), decode_claim(till.accept(wallet, 10_00))
    mixed = encode_claim(Claim(cheque=one.cheque, receipt=other.receipt, request=one.request))
    assert till.send(mixed).claims[0].code == "request_mismatch"


def test_a_payee_is_paid_in_its_own_currency_only(world: World) -> None:
    wallet, till = world.wallet(100_00, world.payer(currency=OTHER_CUR)[1]), world.till()
    request = till.ask(10_00, currency=OTHER_CUR)
    cheque = wallet.draw(10_00, request=request_hash(request, DEPLOYMENT))
    assert till.send(till.claim(wallet, cheque, 10_00, request)).claims[0].code == "currency_mismatch"


def test_a_void_before_the_claim_counts_as_well(world: World) -> None:
    wallet, till = world.wallet(), world.till()
    claim = till.accept(wallet, 90_00)
    till.send(notes=[till.note(wallet.id(decode_claim(claim).cheque), 90_00)])
    assert outcome(till.send(claim).claims[0]) == (Verdict.NOTED, 0, 0)
    assert till.balance_minor == 0


def test_a_cancel_note_gives_back_whatever_answered(world: World) -> None:
    wallet, till = world.wallet(), world.till()
    claim = till.accept(wallet, 90_00)
    asked = request_hash(decode_claim(claim).request or b"", DEPLOYMENT)
    till.send(claim, notes=[till.note(asked, kind=NoteKind.CANCEL)])
    assert (till.balance_minor, world.reserved_minor(wallet)) == (0, 1_000_00)


def test_a_note_that_contradicts_itself_is_answered_alone_and_spoils_no_batch(world: World) -> None:
    """A void of nothing would meet the database's own check: a batch that can never be answered."""
    wallet, till = world.wallet(), world.till()
    claim = till.accept(wallet, 90_00)
    cheque_id = wallet.id(decode_claim(claim).cheque)
    asked = request_hash(decode_claim(claim).request or b"", DEPLOYMENT)
    answer = till.send(claim, notes=[till.note(cheque_id, 0), till.note(asked, 5, NoteKind.CANCEL)])
    assert [(note.verdict, note.code) for note in answer.notes] == [(Verdict.REFUSED, "amount_invalid")] * 2
    assert till.balance_minor == 90_00


def test_another_payees_note_takes_nothing_away(world: World) -> None:
    wallet, till, other = world.wallet(), world.till("M"), world.till("N")
    claim = till.accept(wallet, 90_00)
    till.send(claim)
    other.send(notes=[other.note(wallet.id(decode_claim(claim).cheque), 90_00)])
    assert till.balance_minor == 90_00


def test_a_given_back_cheque_covers_another_and_can_not_be_claimed_any_more(world: World) -> None:
    wallet, one, other = world.wallet(200_00), world.till("M"), world.till("N")
    claim = one.accept(wallet, 150_00)
    voided = decode_claim(claim)
    note = one.note(wallet.id(voided.cheque), 150_00)
    shown = one.credit(voided.cheque, voided.request or b"", note)
    request = other.ask(200_00)
    cheque = wallet.draw(200_00, request=request_hash(request, DEPLOYMENT), credits_hash=credits_hash(shown))
    covered = other.claim(wallet, cheque, 200_00, request, credits=shown)
    assert outcome(other.send(covered).claims[0]) == (Verdict.SETTLED, 200_00, 0)
    assert outcome(one.send(claim).claims[0]) == (Verdict.NOTED, 0, 0)
    assert (one.balance_minor, other.balance_minor, world.reserved_minor(wallet)) == (0, 200_00, 0)
    assert world.issuer.forks() == ()


def test_without_cover_nothing_is_paid(world: World) -> None:
    wallet, till = world.wallet(100_00), world.till()
    over = till.accept(wallet, 90_00), till.accept(wallet, 90_00)
    assert [item.verdict for item in till.send(*over).claims] == [Verdict.SETTLED, Verdict.NOT_COVERED]


def test_after_the_deadline_it_is_late(world: World) -> None:
    wallet, till = world.wallet(), world.till()
    claim = till.accept(wallet, 90_00)
    world.now = world.issuer.statement(wallet.bound.payer_id).allowances[0].deadline + 1
    assert outcome(till.send(claim).claims[0]) == (Verdict.LATE, 0, 0)
    world.end_windows()
    assert outcome(till.send(claim).claims[0]) == (Verdict.LATE, 0, 0)
    assert world.free_minor(wallet) == 2_000_00


def test_at_the_last_second_it_counts(world: World) -> None:
    wallet, till = world.wallet(), world.till()
    claim = till.accept(wallet, 90_00)
    world.now = world.issuer.statement(wallet.bound.payer_id).allowances[0].deadline
    world.issuer.close_windows()
    assert outcome(till.send(claim).claims[0]) == (Verdict.SETTLED, 90_00, 0)


def test_an_allowance_of_somebody_else_is_unknown(world: World, tmp_path: Path) -> None:
    till = world.till()
    with opened(tmp_path / "other.db", seed="other") as elsewhere:
        foreign = elsewhere.wallet()
    assert till.send(till.accept(foreign, 10_00)).claims[0].verdict is Verdict.UNKNOWN_ALLOWANCE


def test_out_of_policy_pays_nothing_and_says_why(world: World) -> None:
    wallet, till = world.wallet(), world.till()
    (item,) = till.send(till.take_code(wallet, code(wallet, 60_00), 60_00)).claims
    assert (item.verdict, item.code) == (Verdict.OUT_OF_POLICY, "over_one_way_cap")
    (item,) = till.send(till.accept(wallet, 60_00, index_version=0)).claims
    assert (item.verdict, item.code) == (Verdict.OUT_OF_POLICY, "trust_too_old")


class TestLostDevice:
    def test_the_payer_is_told_what_is_at_risk_and_until_when(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        till.send(till.accept(wallet, 100_00))
        (suspension,) = world.issuer.report_lost(wallet.bound.payer_id)
        assert (suspension.reason, suspension.at_risk_minor) == (SuspendReason.LOST, 900_00)
        assert suspension.deadline == START + 3 * DAY + 120 + 7 * DAY

    def test_who_could_not_know_is_paid_by_the_issuer_not_by_the_payer(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        before = till.accept(wallet, 100_00)
        world.now += 60
        world.issuer.report_lost(wallet.bound.payer_id)
        world.now += 60
        world.publisher.trust_pack()
        after = till.accept(wallet, 150_00)
        answer = till.send(before, after)
        assert [item.paid_minor for item in answer.claims] == [100_00, 150_00]
        assert world.reserved_minor(wallet) == 900_00
        (exposure,) = world.issuer.exposures()
        assert exposure.from_loss_minor == 150_00
        world.end_windows()
        assert world.free_minor(wallet) == 1_900_00

    def test_who_had_the_list_is_not_paid(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        world.issuer.report_lost(wallet.bound.payer_id)
        world.now += 60
        world.publisher.trust_pack()
        till.index_version = 2
        assert outcome(till.send(till.accept(wallet, 150_00)).claims[0]) == (Verdict.SUSPENDED, 0, 0)

    def test_every_later_list_bars_as_the_first_one_did(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        world.issuer.report_lost(wallet.bound.payer_id)
        world.publisher.trust_pack()
        world.now += 2 * 3600
        world.publisher.trust_pack()
        for till.index_version in (2, 3):
            assert outcome(till.send(till.accept(wallet, 10_00)).claims[0]) == (Verdict.SUSPENDED, 0, 0)

    def test_a_code_taken_after_the_loss_pays_nothing(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        world.issuer.report_lost(wallet.bound.payer_id)
        world.now += 30
        taken = till.take_code(wallet, code(wallet), 50_00)
        assert outcome(till.send(taken).claims[0]) == (Verdict.SUSPENDED, 0, 0)


def scenario(world: World) -> tuple[list[tuple[Till, bytes | None, bytes | None]], list[Till], Wallet]:
    """A thief, a code shown twice and a void: five uploads, each a claim or a note of one till."""
    wallet = world.wallet(300_00)
    tills = [world.till(name) for name in "MNO"]
    one, other, third = tills
    thief = wallet.clone()
    honest, forked = one.accept(wallet, 150_00), other.accept(thief, 200_00)
    shown = code(wallet, 33_33)
    taken = [till.take_code(wallet, shown, 33_33) for till in (one, third)]
    note = one.note(wallet.id(decode_claim(honest).cheque), 50_00)
    return (
        [
            (one, honest, None),
            (other, forked, None),
            (one, taken[0], None),
            (third, taken[1], None),
            (one, None, note),
        ],
        tills,
        wallet,
    )


def test_who_arrives_first_gains_nothing(tmp_path: Path) -> None:
    outcomes = set()
    for number, order in enumerate(itertools.permutations(range(5))):
        if number % 5:
            continue  # every fifth order keeps the test short and still begins with each upload
        with opened(tmp_path / f"{number}.db") as world:
            uploads, tills, wallet = scenario(world)
            for place in order:
                till, claim, note = uploads[place]
                till.send(*([claim] if claim else []), notes=[note] if note else [])
            held = [till.balance_minor for till in tills] + [till.waiting_minor for till in tills]
            world.end_windows()
            outcomes.add((*held, *(till.balance_minor for till in tills), world.free_minor(wallet)))
    assert len(outcomes) == 1
