"""At the counter: requests, acceptance, one-way codes, settled notices, replays. Never a network."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feiqian.protocol.cheque import draw_cheque
from feiqian.protocol.ids import PayeeId, RequestHash
from feiqian.protocol.keys import low_s
from feiqian.protocol.limits import PREVIOUS_BYTES
from feiqian.protocol.policy import Policy
from feiqian.protocol.presentation import decode_acknowledgement, decode_asking, decode_payment
from feiqian.protocol.receipt import Receipt
from feiqian.protocol.refusals import Refused
from feiqian.protocol.trust import TrustRoot, first_trust
from feiqian.protocol.verified import AllowanceCache
from feiqian.protocol.verify import Taking, verify_payment
from feiqian.protocol.verify_payee import verify_acknowledgement, verify_request
from feiqian.terminal.accept import Acceptance
from feiqian.terminal.states import Grade, RequestState
from feiqian.terminal.troubles import TerminalTrouble
from tests.terminal.world import (
    DAY,
    DEPLOYMENT,
    NOW,
    PAYEE,
    ROOT,
    STRANGER,
    TEN_YEARS,
    Counter,
    NoNetwork,
    Operator,
    Payer,
    enrolled,
    make_notice,
    make_pack,
)

TRUST = first_trust(TrustRoot(deployment=DEPLOYMENT, roots=(ROOT.public_key,), threshold=1), make_pack())
one_counter = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def refusal(act: Callable[[], object]) -> str:
    """The code with which an act is refused."""
    with pytest.raises((Refused, TerminalTrouble)) as caught:
        act()
    return str(caught.value.code)


def test_a_request_is_signed_stored_and_one_that_a_wallet_answers(counter: Counter) -> None:
    asked = counter.terminal.request(exact_minor=12_50, reference="table 4")
    shown = verify_request(decode_asking(asked.shown), currency="EUR", now=NOW, knowledge=TRUST)
    assert (shown.terms.payee_id, shown.terms.amount_minor, shown.terms.reference) == (PAYEE, 12_50, "table 4")
    assert shown.certificate is not None
    assert shown.certificate.terms.payee_name == "Café 飞钱"
    assert len(asked.shown) <= 349
    stored = counter.store.request(asked.request_hash)
    assert stored == asked.request
    assert counter.terminal.open_requests() == [asked.request]


def test_an_unsigned_request_is_small_and_only_for_small_amounts(counter: Counter) -> None:
    asked = counter.terminal.request(exact_minor=20_00, signed=False)
    assert len(asked.shown) <= 62
    verify_request(decode_asking(asked.shown), currency="EUR", now=NOW, knowledge=TRUST)
    assert refusal(lambda: counter.terminal.request(exact_minor=20_01, signed=False)) == "unsigned_over_cap"


@pytest.mark.parametrize("amounts", [{}, {"exact_minor": 0}, {"exact_minor": -1}, {"exact_minor": 1, "ttl_s": 10**6}])
def test_a_request_out_of_bounds_leaves_nothing(counter: Counter, amounts: dict[str, int]) -> None:
    before = counter.everything()
    assert refusal(lambda: counter.terminal.request(**amounts)) == "field_invalid"  # type: ignore[arg-type]
    assert counter.everything() == before


def test_a_cheque_is_accepted_once_and_its_receipt_proves_it(counter: Counter, payer: Payer) -> None:
    asked = counter.terminal.request(exact_minor=12_50)
    payment = payer.answer(asked.shown)
    taken = counter.terminal.accept(payment)
    assert (taken.grade, taken.accepted.final_minor, taken.accepted.guaranteed_minor) == (
        Grade.GUARANTEED,
        12_50,
        12_50,
    )
    assert taken.accepted.deadline == payer.expires_at + 120 + 7 * DAY
    statement, _ = verify_acknowledgement(
        decode_acknowledgement(taken.shown),
        cheque_id=taken.accepted.cheque_id,
        asked=asked.request_hash,
        amount_minor=12_50,
        payee_id=PAYEE,
        now=NOW,
        knowledge=TRUST,
        known=None,
        skew_s=120,
    )
    assert isinstance(statement, Receipt)
    assert (statement.terms.final_minor, statement.terms.counter, statement.terms.index_version) == (12_50, 1, 1)
    assert statement.terms.previous == counter.terminal.enrolment.certificate_id[:PREVIOUS_BYTES]
    request = counter.store.request(asked.request_hash)
    assert request is not None
    assert request.state is RequestState.ACCEPTED


def test_up_to_an_amount_the_payee_states_the_final_one(counter: Counter, payer: Payer) -> None:
    asked = counter.terminal.request(up_to_minor=50_00)
    payment = payer.answer(asked.shown)
    assert refusal(lambda: counter.terminal.accept(payment, final_minor=50_01)) == "amount_mismatch"
    taken = counter.terminal.accept(payment, final_minor=31_00)
    assert (taken.accepted.final_minor, taken.accepted.amount_minor) == (31_00, 50_00)
    assert counter.terminal.accept(payment, final_minor=50_00).receipt == taken.receipt


def test_the_chain_of_receipts_and_notes_has_no_gap(counter: Counter, payer: Payer) -> None:
    first = counter.terminal.accept(payer.answer(counter.terminal.request(exact_minor=1_00).shown))
    counter.terminal.cancel(counter.terminal.request(exact_minor=2_00).request_hash)
    counter.terminal.void(first.accepted)
    counter.terminal.take_code(payer.code(3_00), due_minor=3_00, at_own_risk=True)
    rows = counter.vault.connection.execute("SELECT counter, statement_id, shown FROM statement ORDER BY counter")
    previous = counter.terminal.enrolment.certificate_id
    for number, (stated, statement_id, shown) in enumerate(rows.fetchall(), start=1):
        terms = decode_acknowledgement(shown).statement.terms
        assert (stated, terms.counter, terms.previous) == (number, number, previous[:PREVIOUS_BYTES])
        previous = statement_id
    assert number == 4


def test_a_second_cheque_on_one_request_is_refused(counter: Counter, payer: Payer) -> None:
    asked = counter.terminal.request(exact_minor=10_00)
    counter.terminal.accept(payer.answer(asked.shown))
    before = counter.everything()
    assert refusal(lambda: counter.terminal.accept(payer.answer(asked.shown))) == "request_answered"
    assert refusal(lambda: counter.terminal.accept(Payer(2).answer(asked.shown))) == "request_answered"
    assert counter.everything() == before


def test_a_fork_is_seen_by_what_was_accepted_before(counter: Counter, payer: Payer) -> None:
    clone = payer.fork()
    counter.terminal.accept(payer.answer(counter.terminal.request(exact_minor=10_00).shown))
    shown = counter.terminal.request(exact_minor=20_00).shown
    assert refusal(lambda: counter.terminal.accept(clone.answer(shown))) == "fork_seen"
    counter.reopen()
    assert refusal(lambda: counter.terminal.accept(clone.answer(shown))) == "fork_seen"


def test_what_is_refused_leaves_no_trace(counter: Counter, payer: Payer) -> None:
    asked = counter.terminal.request(exact_minor=10_00)
    other = counter.terminal.request(exact_minor=11_00)
    good = payer.answer(asked.shown)
    before = counter.everything()
    terminal = counter.terminal
    assert refusal(lambda: terminal.accept(good, request_hash=other.request_hash)) == "request_mismatch"
    assert refusal(lambda: terminal.accept(good, request_hash=RequestHash(bytes(32)))) == "request_unknown"
    assert refusal(lambda: terminal.accept(good[:-1] + bytes((good[-1] ^ 1,)))) == "device_signature_invalid"
    assert refusal(lambda: terminal.accept(Payer(3).code(5_00))) == "one_way_code"
    assert refusal(lambda: terminal.accept(Payer(4, issuer=STRANGER).answer(asked.shown))) == "issuer_signature_invalid"
    assert refusal(lambda: terminal.accept(Payer(5, amount_minor=9_99).answer(asked.shown))) == "not_covered"
    counter.clock = NOW + 121
    assert refusal(lambda: terminal.accept(good)) == "request_expired"
    counter.clock = NOW
    assert counter.everything() == before
    assert terminal.accept(good).grade is Grade.GUARANTEED


def test_a_suspended_allowance_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    counter = enrolled(tmp_path_factory.mktemp("t") / "till", Operator(pack=make_pack(suspended=(1,))))
    shown = counter.terminal.request(exact_minor=10_00).shown
    assert refusal(lambda: counter.terminal.accept(Payer(1).answer(shown))) == "allowance_suspended"
    assert counter.terminal.accept(Payer(2).answer(shown)).grade is Grade.GUARANTEED
    counter.vault.close()


def test_outside_the_guarantee_only_by_own_choice(counter: Counter, payer: Payer) -> None:
    over = payer.answer(counter.terminal.request(exact_minor=200_01).shown)
    before = counter.everything()
    assert refusal(lambda: counter.terminal.accept(over)) == "outside_guarantee_cap"
    assert counter.everything() == before
    taken = counter.terminal.accept(over, at_own_risk=True)
    assert (taken.grade, taken.accepted.guaranteed_minor) == (Grade.AT_OWN_RISK, 0)
    assert counter.terminal.accept(over).grade is Grade.AT_OWN_RISK


@pytest.mark.parametrize(
    ("age_s", "amount_minor", "said"),
    [
        (0, 200_00, "F2"),
        (24 * 3600, 200_00, "outside_guarantee_age"),
        (24 * 3600, 100_00, "F2"),
        (72 * 3600, 50_01, "trust_too_old"),
        (72 * 3600, 50_00, "F2"),
        (720 * 3600, 50_00, "F2"),
        (91 * DAY, 50_00, "outside_guarantee_age"),
    ],
)
def test_age_degrades_and_never_bricks(counter: Counter, age_s: int, amount_minor: int, said: str) -> None:
    counter.clock = NOW + age_s
    payer = Payer(not_before=NOW, expires_at=NOW + age_s + DAY)
    payment = payer.answer(counter.terminal.request(exact_minor=amount_minor).shown)
    if said == "F2":
        taken = counter.terminal.accept(payment)
        assert (taken.grade, taken.accepted.warn) == (Grade.GUARANTEED, age_s >= DAY)
    else:
        assert refusal(lambda: counter.terminal.accept(payment)) == said


def test_a_one_way_code_is_the_payees_own_risk_unless_it_names_the_payee(counter: Counter, payer: Payer) -> None:
    code = payer.code(20_00)
    assert refusal(lambda: counter.terminal.take_code(code, due_minor=20_00)) == "outside_guarantee_code"
    taken = counter.terminal.take_code(code, due_minor=20_00, at_own_risk=True)
    assert taken.grade is Grade.AT_OWN_RISK
    again = counter.terminal.take_code(code, due_minor=1)
    assert (again.replayed, again.receipt) == (True, taken.receipt)
    bound = Payer(2, audience=PAYEE).code(20_00, at_most=True)
    assert counter.terminal.take_code(bound, due_minor=15_00).grade is Grade.GUARANTEED
    two_way = payer.answer(counter.terminal.request(exact_minor=1_00).shown)
    assert refusal(lambda: counter.terminal.take_code(two_way, due_minor=1_00)) == "request_mismatch"


@pytest.mark.parametrize(("late_s", "accepted"), [(180, True), (181, False), (-120, True), (-121, False)])
def test_a_code_lives_for_ttl_and_skew(counter: Counter, payer: Payer, late_s: int, accepted: bool) -> None:  # noqa: FBT001
    payer.clock = NOW - late_s
    code = payer.code(5_00)
    if accepted:
        assert counter.terminal.take_code(code, due_minor=5_00, at_own_risk=True).accepted.final_minor == 5_00
    else:
        assert refusal(lambda: counter.terminal.take_code(code, due_minor=5_00, at_own_risk=True)) == "code_expired"


def test_a_clock_set_back_is_healed_by_what_operators_signed(counter: Counter, payer: Payer) -> None:
    counter.clock = NOW - TEN_YEARS
    assert counter.terminal.accept(payer.answer(counter.terminal.request(exact_minor=5_00).shown)).accepted.time == NOW
    payer.clock = NOW - 300
    assert refusal(lambda: counter.terminal.take_code(payer.code(5_00), due_minor=5_00)) == "code_expired"


def answer_at(counter: Counter, number: int, clock: int) -> None:
    payer = Payer(number, clock=clock)
    counter.terminal.accept(payer.answer(counter.terminal.request(exact_minor=5_00).shown))


def take_code(counter: Counter, number: int, clock: int = NOW, audience: PayeeId | None = None) -> Acceptance:
    code = Payer(number, clock=clock, audience=audience).code(5_00)
    return counter.terminal.take_code(code, due_minor=5_00, at_own_risk=audience is None)


def test_codes_age_by_what_two_payers_have_signed(counter: Counter) -> None:
    answer_at(counter, 1, NOW + 100)
    assert take_code(counter, 2, NOW - 100).grade is Grade.AT_OWN_RISK
    answer_at(counter, 3, NOW + 100)
    assert refusal(lambda: take_code(counter, 4, NOW - 100)) == "code_expired"


@pytest.mark.parametrize("ahead_s", [121, 3600, 30 * DAY, TEN_YEARS])
def test_one_payer_with_two_allowances_stops_nobodys_codes(counter: Counter, ahead_s: int) -> None:
    answer_at(counter, 1, NOW + ahead_s)
    answer_at(counter, 2, NOW + ahead_s)
    taken = take_code(counter, 3)
    assert (taken.grade, taken.accepted.time) == (Grade.AT_OWN_RISK, NOW + 120)
    counter.clock = NOW + 120
    counter.reopen()
    assert take_code(counter, 4, NOW + 120).accepted.time == NOW + 120, "the skew is not added again"
    counter.clock = NOW - TEN_YEARS
    assert take_code(counter, 5).grade is Grade.AT_OWN_RISK


def test_a_clock_that_ran_ahead_and_was_set_right_stops_nobodys_codes(counter: Counter) -> None:
    counter.clock = NOW + 3600
    answer_at(counter, 1, NOW + 3600)
    answer_at(counter, 2, NOW + 3600)
    counter.clock = NOW
    assert take_code(counter, 3).accepted.time == NOW + 120


def test_codes_witness_no_time(counter: Counter) -> None:
    take_code(counter, 1, NOW + 100)
    take_code(counter, 2, NOW + 100)
    assert take_code(counter, 3, NOW - 100).accepted.time == NOW


def test_a_code_is_judged_and_receipted_by_one_instant(counter: Counter) -> None:
    counter.clock = NOW + DAY - 50  # lists turn old between our clock and what payers have signed
    answer_at(counter, 1, counter.clock + 100)
    answer_at(counter, 2, counter.clock + 100)
    taken = take_code(counter, 3, counter.clock + 200, audience=PAYEE)
    assert (taken.grade, taken.accepted.warn) == (Grade.GUARANTEED, True)
    latest = decode_acknowledgement(taken.receipt).statement.terms.time
    assert (latest, taken.accepted.time) == (counter.clock + 100, counter.clock + 100)
    again = verify_payment(
        decode_payment(Payer(3, clock=counter.clock + 200, audience=PAYEE).code(5_00)),
        Taking(due_minor=5_00, currency="EUR", latest=latest),
        receiver=PAYEE,
        now=latest,
        knowledge=TRUST,
        cache=AllowanceCache(),
    )
    assert again.guaranteed_minor == 5_00, "the issuer judges by the receipt's time"


def test_a_settled_notice_makes_an_open_request_final(counter: Counter, payer: Payer) -> None:
    asked = counter.terminal.request(exact_minor=10_00)
    terminal = counter.terminal
    before = counter.everything()
    assert refusal(lambda: terminal.accept_notice(make_notice(asked.request_hash, 9_00))) == "amount_mismatch"
    assert refusal(lambda: terminal.accept_notice(make_notice(RequestHash(bytes(32)), 10_00))) == "request_mismatch"
    forged = make_notice(asked.request_hash, 10_00, signer=STRANGER)
    assert refusal(lambda: terminal.accept_notice(forged)) == "issuer_unknown"
    assert counter.everything() == before
    notice = make_notice(asked.request_hash, 10_00)
    assert (terminal.accept_notice(notice).grade, terminal.accept_notice(notice).replayed) == (Grade.FINAL, True)
    assert refusal(lambda: terminal.accept(payer.answer(asked.shown))) == "request_already_paid"
    assert refusal(lambda: terminal.cancel(asked.request_hash)) == "request_already_paid"
    assert terminal.totals().by_grade[Grade.FINAL].amount_minor == 10_00


def test_ten_thousand_replays_count_once_after_restart_and_with_any_clock(counter: Counter, payer: Payer) -> None:
    payment = payer.answer(counter.terminal.request(exact_minor=12_50).shown)
    code = payer.code(5_00)
    receipt = counter.terminal.accept(payment).receipt
    code_receipt = counter.terminal.take_code(code, due_minor=5_00, at_own_risk=True).receipt
    before = counter.everything()
    for clock in (NOW, NOW + TEN_YEARS, NOW - TEN_YEARS, NOW + 1):
        counter.clock = clock
        counter.reopen()
        for _ in range(1250):
            assert counter.terminal.accept(payment).receipt == receipt
            assert counter.terminal.take_code(code, due_minor=5_00).receipt == code_receipt
    assert counter.everything() == before


def test_the_same_cheque_under_another_signature_is_the_same_cheque(counter: Counter, payer: Payer) -> None:
    class Shaky:
        """Signs with fresh randomness, as a card may."""

        public_key = payer.device.public_key

        def sign(self, message: bytes) -> bytes:
            private = ec.derive_private_key(int.from_bytes(payer.device.scalar, "big"), ec.SECP256R1())
            r, s = utils.decode_dss_signature(private.sign(message, ec.ECDSA(SHA256())))
            return low_s(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    payment = payer.answer(counter.terminal.request(exact_minor=12_50).shown)
    terms = decode_payment(payment).cheque.terms
    again = payer.allowance + draw_cheque(Shaky(), payer.full_id, DEPLOYMENT, terms)
    assert again != payment
    receipt = counter.terminal.accept(payment).receipt
    before = counter.everything()
    taken = counter.terminal.accept(again)
    assert (taken.replayed, taken.receipt) == (True, receipt)
    assert counter.everything() == before


def test_no_payment_touches_the_network(counter: Counter, payer: Payer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", NoNetwork())
    monkeypatch.setattr(socket, "getaddrinfo", NoNetwork().__getattr__)
    asked = counter.terminal.request(exact_minor=12_50)
    taken = counter.terminal.accept(payer.answer(asked.shown))
    counter.terminal.void(taken.accepted)
    counter.terminal.take_code(payer.code(5_00), due_minor=5_00, at_own_risk=True)
    counter.terminal.ready()
    outcome = counter.terminal.sync  # the only other way in takes a link, and this one may not be touched
    with pytest.raises(AssertionError, match="touched the network"):
        outcome(NoNetwork())  # type: ignore[arg-type]


def test_a_policy_with_another_cap_is_kept(tmp_path_factory: pytest.TempPathFactory) -> None:
    pack = make_pack(policy=Policy(currency="EUR", guarantee_cap_minor=10_00))
    counter = enrolled(tmp_path_factory.mktemp("t") / "till", Operator(pack=pack))
    payment = Payer().answer(counter.terminal.request(exact_minor=10_01).shown)
    assert refusal(lambda: counter.terminal.accept(payment)) == "outside_guarantee_cap"
    counter.vault.close()


@one_counter
@given(data=st.data())
def test_any_bytes_are_refused_with_a_code_and_change_nothing(counter: Counter, data: st.DataObject) -> None:
    if not counter.terminal.open_requests():
        counter.terminal.request(exact_minor=10_00, ttl_s=86_400)
    shown = counter.terminal.open_requests()[0].shown
    good = [
        Payer(7).answer(shown),
        Payer(8).code(5_00),
        make_notice(counter.terminal.open_requests()[0].request_hash, 1),
    ]
    body = data.draw(st.binary(max_size=600) | st.sampled_from(good).flatmap(altered))
    before = counter.everything()
    if body not in good:
        for act in (
            lambda: counter.terminal.accept(body, at_own_risk=True),
            lambda: counter.terminal.take_code(body, due_minor=5_00, at_own_risk=True),
            lambda: counter.terminal.accept_notice(body),
            lambda: counter.terminal.take_answer(body),
        ):
            assert refusal(act)
    assert counter.everything() == before


def altered(good: bytes) -> st.SearchStrategy[bytes]:
    """Good bytes with one byte changed, some cut off or some added."""
    flips = st.tuples(st.integers(0, len(good) - 1), st.integers(1, 255)).map(
        lambda flip: good[: flip[0]] + bytes((good[flip[0]] ^ flip[1],)) + good[flip[0] + 1 :]
    )
    return flips | st.integers(0, len(good) - 1).map(lambda cut: good[:cut]) | st.binary(min_size=1).map(good.__add__)


def test_what_is_accepted_is_what_the_store_holds(counter: Counter, payer: Payer) -> None:
    """The acceptance is made from what was stored, not read back: both must be the same."""
    asked = counter.terminal.request(up_to_minor=50_00, reference="table 4")
    two_way = counter.terminal.accept(payer.answer(asked.shown), final_minor=30_00)
    one_way = take_code(counter, 2, NOW)
    for taken in (two_way, one_way):
        assert taken.accepted == counter.terminal.payment(cheque_id=taken.accepted.cheque_id)
