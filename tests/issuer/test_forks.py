"""Forks and who pays for them: one terminal, a lost device, other money, a forger who signs without end."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import Exposure
from feiqian.protocol.answer import Verdict
from feiqian.protocol.chain import contradiction
from feiqian.protocol.request import request_hash
from tests.issuer.world import CUR, DAY, DEPLOYMENT, Till, Wallet, World, opened


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "operator.db") as made:
        yield made


def forked(wallet: Wallet, till: Till, amount_minor: int) -> bytes:
    """A claim for one more first cheque of this allowance."""
    request = till.ask(amount_minor)
    first = {"counter": 1, "previous": wallet.allowance_id[:16], "cumulative_minor": amount_minor}
    cheque = wallet.draw(amount_minor, request=request_hash(request, DEPLOYMENT), **first)
    return till.claim(wallet, cheque, amount_minor, request)


def exposure_of(world: World, wallet: Wallet) -> Exposure:
    return next(one for one in world.issuer.exposures() if one.ref == wallet.ref)


def test_one_terminal_takes_one_chain_however_many_forks_it_claims(world: World) -> None:
    wallet, till = world.wallet(200_00, world.payer(200_00)[1]), world.till()
    answer = till.send(*(forked(wallet, till, 200_00) for _ in range(5)))
    assert [item.paid_minor for item in answer.claims] == [200_00, 0, 0, 0, 0]
    assert {item.verdict for item in answer.claims} == {Verdict.FORK}
    world.now += DAY
    world.publisher.trust_pack()
    assert till.send(*(forked(wallet, till, 200_00) for _ in range(5))).claims[0].paid_minor == 0
    world.end_windows()
    assert till.balance_minor == 200_00
    assert world.issuer.exposures() == ()


def test_an_earlier_receipt_that_arrives_later_takes_the_guarantee(world: World) -> None:
    wallet, till = world.wallet(200_00), world.till()
    early, late = forked(wallet, till, 120_00), forked(wallet, till, 150_00)
    assert till.send(late).claims[0].paid_minor == 150_00
    (item,) = till.send(early).claims
    assert (item.verdict, item.paid_minor) == (Verdict.FORK, 120_00)
    assert (till.balance_minor, till.waiting_minor, world.reserved_minor(wallet)) == (120_00, 150_00, 80_00)
    world.end_windows()
    assert till.balance_minor == 200_00


def test_in_which_order_a_terminal_sends_its_forks_changes_nothing(tmp_path: Path) -> None:
    outcomes = set()
    for number, order in enumerate(itertools.permutations(range(4))):
        with opened(tmp_path / f"{number}.db") as world:
            wallet, till, other = world.wallet(200_00), world.till("M"), world.till("N")
            thief = wallet.clone()
            uploads = [
                (till, till.accept(wallet, 120_00)),
                (till, forked(thief, till, 150_00)),
                (other, other.accept(thief, 10_00)),
                (till, till.accept(wallet, 30_00)),
            ]
            for place in order:
                sender, claim = uploads[place]
                sender.send(claim)
            state = (till.balance_minor, till.waiting_minor, other.balance_minor, exposure_of(world, wallet))
            outcomes.add((*state[:3], state[3].reserved_minor, state[3].from_free_minor, world.free_minor(wallet)))
            world.end_windows()
            world.check_books()
    assert outcomes == {(150_00, 150_00, 10_00, 40_00, 0, 1_800_00)}


def test_who_reported_the_loss_answers_with_the_reserve_alone(world: World) -> None:
    wallet, tills = world.wallet(200_00), [world.till(name) for name in "MNO"]
    claims = [forked(wallet, till, 200_00) for till in tills]
    world.now += 60
    world.issuer.report_lost(wallet.bound.payer_id)
    world.issuer.fund_pool(CUR, 50_00, "pool")
    for till, claim in zip(tills, claims, strict=True):
        assert till.send(claim).claims[0].paid_minor == 200_00
    found = exposure_of(world, wallet)
    assert (found.from_free_minor, found.from_pool_minor, found.from_loss_minor) == (0, 50_00, 350_00)
    world.end_windows()
    assert world.free_minor(wallet) == 1_800_00


class TestConvictedPayer:
    """One device of the payer is convicted, 200.00 short; another allowance of 1000.00 is out."""

    def convict(self, world: World, pool_minor: int = 0) -> tuple[Wallet, Wallet]:
        _, bound = world.payer(1_200_00)
        if pool_minor:
            world.issuer.fund_pool(CUR, pool_minor, "pool")
        cheat, other = world.wallet(200_00, bound), world.wallet(1_000_00, bound)
        for till in (world.till("M"), world.till("N")):
            till.send(forked(cheat, till, 200_00))
        return cheat, other

    def test_its_other_reserves_make_good_what_was_lost(self, world: World) -> None:
        cheat, other = self.convict(world, pool_minor=30_00)
        before = exposure_of(world, cheat)
        assert (before.from_free_minor, before.from_pool_minor, before.from_loss_minor) == (0, 30_00, 170_00)
        world.end_windows()
        assert world.free_minor(other) == 800_00
        assert world.issuer.exposures() == ()

    def test_the_issuer_comes_before_the_pool(self, world: World) -> None:
        cheat, other = self.convict(world, pool_minor=30_00)
        till = world.till("O")
        for _ in range(5):
            till.send(till.accept(other, 164_00))
        world.end_windows()
        after = exposure_of(world, cheat)
        assert (after.from_free_minor, after.from_pool_minor, after.from_loss_minor) == (180_00, 20_00, 0)
        assert world.free_minor(other) == 0

    def test_a_window_that_ends_first_makes_good_what_the_next_one_still_shows(self, world: World) -> None:
        _, bound = world.payer(1_200_00)
        other = world.wallet(1_000_00, bound)
        world.now += 60
        cheat = world.wallet(200_00, bound)
        for till in (world.till("M"), world.till("N")):
            till.send(forked(cheat, till, 200_00))
        world.end_windows()
        assert world.free_minor(other) == 800_00
        assert world.issuer.exposures() == ()

    def test_not_if_it_reported_the_loss(self, world: World) -> None:
        cheat, other = self.convict(world)
        world.issuer.report_lost(cheat.bound.payer_id)
        world.end_windows()
        assert world.free_minor(other) == 1_000_00
        assert exposure_of(world, cheat).from_loss_minor == 200_00

    def test_it_gets_no_new_allowance(self, world: World) -> None:
        cheat, _ = self.convict(world)
        world.end_windows()
        with pytest.raises(IssuerTrouble) as caught:
            world.wallet(100_00, cheat.bound)
        assert caught.value.code == "device_convicted"


def test_a_forger_who_signs_without_end_costs_a_look_at_neighbours_each(world: World) -> None:
    wallet, till = world.wallet(200_00), world.till()
    forks = 60
    for _ in range(3):
        claims = [forked(wallet, till, 1) for _ in range(forks // 3)]
        with (
            patch("feiqian.protocol.chain.contradiction", wraps=contradiction) as looks,
            patch("feiqian.issuer.witness.contradiction", looks, create=True),
        ):
            till.send(*claims)
        assert 0 < looks.call_count <= 5 * forks
    assert len(world.issuer.forks()) == 1
