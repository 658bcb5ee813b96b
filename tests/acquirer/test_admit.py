"""Batches that wait before they are taken: who may let one in, what it gets, and which arrival counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from feiqian.acquirer.troubles import AcquirerTrouble
from feiqian.protocol.answer import Verdict, batch_hash, decode_answer
from feiqian.protocol.claim import decode_batch, decode_batch_head
from feiqian.protocol.refusals import RefusalCode, Refused
from tests.issuer.world import DAY, World, opened


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "operator.db") as made:
        yield made


def test_what_is_admitted_is_not_taken_and_gets_its_answer_when_it_is(world: World) -> None:
    wallet, till = world.wallet(), world.till()
    raw = till.batch([till.accept(wallet, 10_00)])
    for admitted in (world.acquirer.admit_batch(raw, till.terminal), world.acquirer.admit_batch(raw)):
        assert (admitted.answer, admitted.body_hash) == (None, batch_hash(raw))
        assert (admitted.terminal_ref, admitted.batch_id) == decode_batch_head(raw)
        assert world.acquirer.answer_to(admitted) is None
    assert till.balance_minor == 0
    answer = world.acquirer.take_carried_batch(raw, world.now)
    assert world.acquirer.answer_to(replace(world.acquirer.admit_batch(raw), answer=None)) == answer
    assert world.acquirer.admit_batch(raw, till.terminal).answer == answer
    assert world.acquirer.admit_batch(raw).answer == answer
    assert till.balance_minor == 10_00


def test_who_has_not_signed_it_does_not_get_it_admitted(world: World) -> None:
    one, other = world.till("M"), world.till("N")
    raw = one.batch([b"junk"])
    forged = raw[:-1] + bytes((raw[-1] ^ 1,))
    for body, terminal in ((raw, other.terminal), (forged, one.terminal), (forged, None)):
        with pytest.raises(Refused) as caught:
            world.acquirer.admit_batch(body, terminal)
        assert caught.value.reason is RefusalCode.TERMINAL_SIGNATURE_INVALID
    world.acquirer.take_batch(one.terminal, raw)
    for body in (forged, raw[:-1]):  # not what was taken, and signed by nobody
        with pytest.raises(Refused):
            world.acquirer.admit_batch(body, one.terminal)


def test_an_id_that_another_batch_has_is_refused_however_late_that_comes_out(world: World) -> None:
    wallet, till = world.wallet(), world.till()
    first = till.batch([till.accept(wallet, 10_00)], batch_id=b"b" * 16)
    second = till.batch([till.accept(wallet, 20_00)], batch_id=b"b" * 16)
    admitted = world.acquirer.admit_batch(second)
    world.acquirer.take_batch(till.terminal, first)
    for act in (
        lambda: world.acquirer.answer_to(admitted),
        lambda: world.acquirer.admit_batch(second),
        lambda: world.acquirer.take_carried_batch(second, world.now),
    ):
        with pytest.raises(AcquirerTrouble) as caught:
            act()
        assert caught.value.code == "batch_id_reused"


def test_the_arrival_that_counts_is_when_it_came_and_never_later_than_now(world: World) -> None:
    wallet, till = world.wallet(), world.till()
    arrived_at = world.now
    raw = till.batch([till.accept(wallet, 10_00)])
    late = till.batch([till.accept(wallet, 20_00)])
    world.now += 40 * DAY  # far beyond D
    answer = decode_answer(world.acquirer.take_carried_batch(raw, arrived_at))
    assert (answer.time, answer.claims[0].verdict, answer.claims[0].paid_minor) == (arrived_at, Verdict.SETTLED, 10_00)
    answer = decode_answer(world.acquirer.take_carried_batch(late, world.now + DAY))
    assert (answer.time, answer.claims[0].verdict) == (world.now, Verdict.LATE)


def test_the_head_is_found_in_every_batch(world: World) -> None:
    till = world.till()
    for claims in ([], [b"junk"] * 30):
        batch = decode_batch(till.batch(claims))
        assert decode_batch_head(batch.envelope.raw) == (batch.terminal_ref, batch.batch_id)
    with pytest.raises(Refused):
        decode_batch_head(till.batch([])[:-1])
