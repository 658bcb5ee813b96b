"""The payer's statement, cheque by cheque, through the real store: every state, the sums, the bound."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from feiqian.issuer.facts import ClaimedCheque
from feiqian.issuer.statement import CHEQUES_SHOWN_MAX, cheque_state, statement_of
from feiqian.issuer.values import ChequeLine, ChequeState, PayerStatement, SuspendReason
from feiqian.protocol.answer import Verdict
from feiqian.protocol.claim import decode_claim
from feiqian.protocol.ids import AllowanceRef, StatementId
from feiqian.protocol.request import request_hash
from tests.issuer.world import DEPLOYMENT, Wallet, World, opened


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "operator.db") as made:
        yield made


def statement(world: World, wallet: Wallet) -> PayerStatement:
    found = world.issuer.statement(wallet.bound.payer_id)
    for one in found.allowances:  # lines and totals say the same
        mine = [line for line in found.cheques if line.ref == one.ref]
        assert sum(line.waiting_minor for line in mine) == one.waiting_minor
        assert one.complete
        if not one.forked:
            assert sum(line.paid_minor for line in mine) == one.claimed_minor
    return found


def lines(world: World, wallet: Wallet) -> list[tuple[ChequeState, int, int, str | None]]:
    return [(one.state, one.paid_minor, one.waiting_minor, one.payee_name) for one in statement(world, wallet).cheques]


def test_a_settled_cheque_names_amount_payee_and_deadline(world: World) -> None:
    wallet, till = world.wallet(), world.till("Cafe")
    claim = till.accept(wallet, 45_00)
    assert statement(world, wallet).cheques == ()
    till.send(claim)
    (allowance,) = statement(world, wallet).allowances
    assert statement(world, wallet).cheques == (
        ChequeLine(
            cheque_id=wallet.id(decode_claim(claim).cheque),
            ref=wallet.ref,
            counter=1,
            amount_minor=45_00,
            paid_minor=45_00,
            waiting_minor=0,
            deadline=allowance.deadline,
            state=ChequeState.SETTLED,
            payees=1,
            payee_name="Cafe",
        ),
    )


def test_a_partly_given_back_cheque_is_settled_with_the_rest_and_a_whole_one_given_back(world: World) -> None:
    wallet, till = world.wallet(), world.till("Cafe")
    first, second = till.accept(wallet, 45_00), till.accept(wallet, 20_00)
    till.send(first, second)
    till.send(
        notes=[
            till.note(wallet.id(decode_claim(first).cheque), 15_00),
            till.note(wallet.id(decode_claim(second).cheque), 20_00),
        ]
    )
    assert lines(world, wallet) == [
        (ChequeState.GIVEN_BACK, 0, 0, "Cafe"),
        (ChequeState.SETTLED, 30_00, 0, "Cafe"),
    ]


def test_a_code_waits_until_it_is_decided_and_two_takers_have_no_one_name(world: World) -> None:
    wallet, one, other = world.wallet(), world.till("M"), world.till("N")
    code = wallet.draw(50_00, ttl_s=60)
    one.send(one.take_code(wallet, code, 50_00))
    assert lines(world, wallet) == [(ChequeState.WAITING, 0, 50_00, "M")]
    other.send(other.take_code(wallet, code, 50_00))
    assert lines(world, wallet) == [(ChequeState.WAITING, 0, 50_00, None)]
    assert statement(world, wallet).cheques[0].payees == 2
    world.end_windows()
    assert lines(world, wallet) == [(ChequeState.SETTLED, 50_00, 0, None)]


def test_a_second_cheque_for_one_request_is_refused(world: World) -> None:
    wallet, till = world.wallet(), world.till("Cafe")
    request = till.ask(10_00)
    asked = request_hash(request, DEPLOYMENT)
    claims = [till.claim(wallet, wallet.draw(10_00, request=asked), 10_00, request) for _ in range(2)]
    till.send(*claims)
    assert lines(world, wallet) == [
        (ChequeState.REFUSED, 0, 0, "Cafe"),
        (ChequeState.SETTLED, 10_00, 0, "Cafe"),
    ]


def test_what_the_issuer_bears_is_not_the_payers(world: World) -> None:
    wallet, till = world.wallet(), world.till("Cafe")
    world.issuer.suspend(wallet.ref, SuspendReason.LOST)
    world.now += 60
    (item,) = till.send(till.accept(wallet, 45_00)).claims
    assert item.paid_minor == 45_00
    assert lines(world, wallet) == [(ChequeState.BORNE, 0, 0, "Cafe")]


def test_who_had_the_list_is_refused(world: World) -> None:
    wallet, till = world.wallet(), world.till("Cafe")
    world.issuer.suspend(wallet.ref, SuspendReason.LOST)
    world.publisher.trust_pack()
    till.index_version = 2
    till.send(till.accept(wallet, 45_00))
    assert lines(world, wallet) == [(ChequeState.REFUSED, 0, 0, "Cafe")]


def test_both_sides_of_a_fork_are_forked_and_say_what_they_cost(world: World) -> None:
    wallet, one, other = world.wallet(300_00), world.till("M"), world.till("N")
    thief = wallet.clone()
    one.send(one.accept(wallet, 200_00))
    other.send(other.accept(thief, 190_00))
    assert sorted(lines(world, wallet)) == [(ChequeState.FORKED, 190_00, 0, "N"), (ChequeState.FORKED, 200_00, 0, "M")]


def test_the_list_is_bounded_newest_first_and_says_which_allowances_it_covers(world: World) -> None:
    _, bound = world.payer()
    till = world.till("Cafe")
    wallets = []
    for _ in range(3):
        world.now += 60
        wallets.append(world.wallet(100_00, bound))
        till.send(*[till.accept(wallets[-1], 1_00) for _ in range(2)])
    old, middle, new = (wallet.ref for wallet in wallets)
    in_order = [(new, 2), (new, 1), (middle, 2), (middle, 1), (old, 2), (old, 1)]
    covered = {6: {new, middle, old}, 5: {new, middle}, 4: {new, middle}, 3: {new}, 2: {new}, 1: set(), 0: set()}
    with world.store.read() as reading:
        payer = reading.payer(bound.payer_id)
        assert payer is not None
        for most, complete in covered.items():
            found = statement_of(reading, payer, cheques_max=most)
            assert [(one.ref, one.counter) for one in found.cheques] == in_order[:most]
            assert found.more is (most < len(in_order))
            assert {one.ref for one in found.allowances if one.complete} == complete
    assert CHEQUES_SHOWN_MAX == 1_000


def test_nobody_sees_another_payers_cheques(world: World) -> None:
    wallet, till = world.wallet(), world.till()
    till.send(till.accept(wallet, 1_00))
    assert world.issuer.statement(world.wallet().bound.payer_id).cheques == ()


@pytest.mark.parametrize(("paid", "waiting", "borne"), list(itertools.product((0, 5), repeat=3)))
@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_combination_has_one_state(verdict: Verdict, paid: int, waiting: int, borne: int) -> None:
    """A contradiction first, then what may still change, then where the money went."""
    state = cheque_state(
        ClaimedCheque(
            cheque_id=StatementId(b""),
            allowance_ref=AllowanceRef(b""),
            counter=1,
            amount_minor=20,
            paid_minor=paid,
            waiting_minor=waiting,
            borne_minor=borne,
            verdicts=frozenset({verdict}),
            payees=1,
            payee_name=None,
        )
    )
    order = [
        (verdict is Verdict.FORK, ChequeState.FORKED),
        (waiting > 0, ChequeState.WAITING),
        (paid > 0, ChequeState.SETTLED),
        (borne > 0, ChequeState.BORNE),
        (verdict is Verdict.NOTED, ChequeState.GIVEN_BACK),
        (True, ChequeState.REFUSED),
    ]
    assert state is next(then for holds, then in order if holds)
