"""Many at once, on either store: whatever meets, each thing happens exactly once and the books agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar

import pytest

from feiqian.acquirer.troubles import AcquirerTrouble
from feiqian.issuer.troubles import IssuerTrouble
from feiqian.ledger.accounts import POOL
from feiqian.protocol.answer import Verdict, decode_answer
from feiqian.protocol.ids import PayeeId
from feiqian.protocol.possession import Purpose, code_context, prove_possession
from feiqian.protocol.request import request_hash
from tests.issuer.world import CUR, DAY, DEPLOYMENT, Till, World, key, opened

THREADS = 8
Result = TypeVar("Result")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "operator.db") as made:
        yield made


def at_once(acts: Sequence[Callable[[], Result]]) -> list[Result]:
    """The results of acts that begin at the same moment, each on a thread of its own."""
    start = Barrier(len(acts))

    def begin(act: Callable[[], Result]) -> Result:
        start.wait(30)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(begin, acts))


def sends(till: Till, batch: bytes) -> Callable[[], bytes]:
    return lambda: till.world.acquirer.take_batch(till.terminal, batch)


def test_one_batch_sent_by_many_is_taken_once(world: World) -> None:
    wallet, till = world.wallet(300_00), world.till()
    batch = till.batch([till.accept(wallet, 10_00 + i) for i in range(5)], ())
    answers = at_once([sends(till, batch)] * THREADS)
    assert len(set(answers)) == 1
    assert till.balance_minor == 50_10
    assert len(till.told) == 5


def test_batches_on_one_allowance_all_count(world: World) -> None:
    wallet, tills = world.wallet(800_00), [world.till(f"M{i}") for i in range(THREADS)]
    batches = [till.batch([till.accept(wallet, 20_00), till.accept(wallet, 30_00)], ()) for till in tills]
    answers = at_once([sends(till, batch) for till, batch in zip(tills, batches, strict=True)])
    verdicts = [item.verdict for answer in answers for item in decode_answer(answer).claims]
    assert verdicts == [Verdict.SETTLED] * 2 * THREADS
    assert [till.balance_minor for till in tills] == [50_00] * THREADS
    assert world.reserved_minor(wallet) == 800_00 - THREADS * 50_00


def test_batches_of_one_payee_do_not_lose_each_other(world: World) -> None:
    first = world.till("M")
    tills = [first, *(world.till("M", payee_id=PayeeId(first.payee_id)) for _ in range(THREADS - 1))]
    batches = [till.batch([till.accept(world.wallet(), 10_00)], ()) for till in tills]
    at_once([sends(till, batch) for till, batch in zip(tills, batches, strict=True)])
    assert first.balance_minor == THREADS * 10_00


def test_one_request_pays_one_cheque(world: World) -> None:
    first = world.till("M")
    tills = [first, *(world.till("M", payee_id=PayeeId(first.payee_id)) for _ in range(3))]
    request = first.ask(40_00)
    batches = []
    for till in tills:
        wallet = world.wallet()
        cheque = wallet.draw(40_00, request=request_hash(request, DEPLOYMENT))
        batches.append(till.batch([till.claim(wallet, cheque, 40_00, request)], ()))
    at_once([sends(till, batch) for till, batch in zip(tills, batches, strict=True)])
    assert first.balance_minor == 40_00


def test_a_note_and_its_claim_that_cross_each_other_both_count(world: World) -> None:
    first = world.till("M")
    other = world.till("M", payee_id=PayeeId(first.payee_id))
    acts = []
    for _ in range(THREADS // 2):
        wallet = world.wallet()
        cheque = wallet.draw(50_00, ttl_s=60)
        acts.append(sends(first, first.batch([first.take_code(wallet, cheque, 50_00)], ())))
        acts.append(sends(other, other.batch((), [other.note(wallet.id(cheque), 20_00)])))
    at_once(acts)
    assert first.waiting_minor == THREADS // 2 * 30_00


def test_two_forks_of_a_chain_are_one_conviction(world: World) -> None:
    world.issuer.fund_pool(CUR, 50_00, "pool")
    wallet, tills = world.wallet(300_00), [world.till(f"M{i}") for i in range(4)]
    claims = [till.accept(wallet.clone(), 200_00) for till in tills]
    at_once([sends(till, till.batch([claim], ())) for till, claim in zip(tills, claims, strict=True)])
    assert len(world.issuer.forks()) == 1
    assert [till.balance_minor for till in tills] == [200_00] * 4
    with world.store.read() as reading:
        assert reading.balance_minor(POOL, CUR) >= 0


def test_a_pool_that_all_draw_on_is_never_overdrawn(world: World) -> None:
    world.issuer.fund_pool(CUR, 250_00, "pool")
    acts = []
    for number in range(4):
        wallet = world.wallet(200_00, world.payer(200_00, f"Payer {number}")[1])
        one, other = world.till(f"A{number}"), world.till(f"B{number}")
        one.send(one.accept(wallet.clone(), 200_00))
        acts.append(sends(other, other.batch([other.accept(wallet.clone(), 190_00)], ())))
    at_once(acts)
    with world.store.read() as reading:
        assert reading.balance_minor(POOL, CUR) == 0


def test_one_key_brings_money_once(world: World) -> None:
    payer_id, _ = world.payer(0)
    balances = at_once([lambda: world.issuer.fund(payer_id, 100_00, "the same key")] * THREADS)
    assert balances == [100_00] * THREADS


def test_one_wish_gives_one_allowance_and_many_never_more_than_there_is(world: World) -> None:
    _, bound = world.payer(1_000_00)
    device = world.issuer.authenticate_device(bound.token)

    def wish(number: int) -> Callable[[], Any]:
        request_id, signer = bytes([number]) * 16, key(f"device {number}")
        proof = prove_possession(signer, Purpose.ALLOWANCE, DEPLOYMENT, device.device_id, request_id)

        def ask() -> Any:
            try:
                return world.issuer.issue_allowance(
                    device,
                    device_key=signer.public_key,
                    proof=proof,
                    request_id=request_id,
                    amount_minor=300_00,
                )
            except IssuerTrouble as trouble:
                return trouble.code

        return ask

    assert len(set(at_once([wish(1)] * THREADS))) == 1
    assert sorted(str(one) for one in at_once([wish(n) for n in range(2, 8)]))[-4:] == ["not_enough_money"] * 4
    assert world.issuer.statement(bound.payer_id).free_minor == 100_00


def test_one_code_binds_one_device_and_certifies_one_terminal(world: World) -> None:
    payer, payee = world.issuer.enrol_payer("Lin", CUR), world.acquirer.enrol_payee("M", CUR)
    keys = [key(f"rival {number}") for number in range(THREADS)]

    def tried(act: Callable[..., Any], code: str, signer: Any, purpose: Purpose) -> Callable[[], str]:
        proof = prove_possession(signer, purpose, DEPLOYMENT, code_context(code))

        def attempt() -> str:
            try:
                act(code, signer.public_key, proof)
            except (IssuerTrouble, AcquirerTrouble) as trouble:
                return str(trouble.code)
            return "done"

        return attempt

    issuer, acquirer = world.issuer, world.acquirer
    bound = at_once([tried(issuer.bind_device, payer.code, one, Purpose.ACCOUNT) for one in keys])
    certified = at_once([tried(acquirer.enrol_terminal, payee.code, one, Purpose.TERMINAL) for one in keys])
    for told in (bound, certified):
        assert sorted(told) == ["done", *["enrolment_code_invalid"] * (THREADS - 1)]


def test_windows_closed_by_many_are_closed_once(world: World) -> None:
    tills = [world.till(f"M{i}") for i in range(3)]
    for till in tills:
        wallet = world.wallet(100_00)
        till.send(till.take_code(wallet, wallet.draw(50_00, ttl_s=60), 50_00))
    world.now += 30 * DAY

    def close() -> int:
        ended = world.issuer.close_windows().allowances
        world.acquirer.collect()
        return ended

    assert sum(at_once([close] * 4)) == 3
    assert [till.balance_minor for till in tills] == [50_00] * 3
    assert [till.told for till in tills] == [["waiting", "shared"]] * 3
    assert world.acquirer.collect() == 0


def test_packs_published_by_many_have_versions_that_differ(world: World) -> None:
    wallet = world.wallet()
    world.now += 4000
    packs = at_once([world.publisher.trust_pack] * 4)
    assert len(set(packs)) == 1
    device = world.issuer.authenticate_device(wallet.bound.token)
    closing = wallet.draw(0)
    at_once([lambda: world.issuer.close_allowance(device, closing), world.publisher.trust_pack] * 2)
    assert len(set(at_once([world.publisher.trust_pack] * 4))) == 1
