"""Settlers on a real JetStream: a batch that cannot be settled blocks nobody, and the operator sees it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import nats
import pytest

from feiqian.acquirer.troubles import AcquirerTrouble
from feiqian.links import jetstream
from feiqian.links.batch_queue import DELIVERIES_MAX, BatchKey, QueueAway, QueueFull
from feiqian.links.jetstream import JetStreamQueue
from feiqian.server import settling
from feiqian.server.metrics import SETTLING_FAILED
from feiqian.server.numbers import Numbers
from feiqian.server.queue_watch import FLOOR_MARGIN_S, QueueWatch
from feiqian.server.settling import Settler
from feiqian.storage.disk import DatabaseFault, DiskFault
from tests.contracts import jetstream_nodes
from tests.contracts.jetstream_nodes import Cluster

ARRIVED_AT = 1_800_000_000
names = iter(f"feiqian-test-{number:08x}" for number in range(10**6))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with jetstream_nodes.running() as cluster:
        yield cluster


def key_of(number: int) -> BatchKey:
    return BatchKey(terminal_ref=b"terminal", batch_id=bytes(16), body_hash=number.to_bytes(32, "big"))


class Books:
    """Takes batches as an acquirer does, but for those that `meets` has something to say about."""

    def __init__(self, meets: Callable[[bytes], Exception | None]) -> None:
        self._meets = meets
        self.taken: list[tuple[bytes, int | None]] = []
        self.tries: list[bytes] = []

    def probe(self) -> None:
        if (failure := self._meets(b"")) is not None:
            raise failure

    def take_carried_batch(self, raw: bytes, received_at: int | None = None) -> bytes:
        self.tries.append(raw)
        if (failure := self._meets(raw)) is not None:
            raise failure
        self.taken.append((raw, received_at))
        return b"answer"


def settled(cluster: Cluster, books: Books, act: Callable[[JetStreamQueue, Numbers], Awaitable[None]]) -> None:
    """`act` beside a settler at work."""

    async def run() -> None:
        queue, numbers = JetStreamQueue(cluster.address.split(","), next(names)), Numbers()
        operator: Any = SimpleNamespace(acquirer=books, numbers=numbers, probe=books.probe)
        await queue.start()
        await until(lambda: answers(queue))
        settler = Settler(operator, QueueWatch(queue))
        working = asyncio.create_task(settler.run())
        try:
            await act(queue, numbers)
        finally:
            settler.stop()
            await working
            await queue.close()

    asyncio.run(run())


async def answers(queue: JetStreamQueue) -> bool:
    try:
        await queue.state()
    except QueueAway:
        return False
    return True


async def until(holds: Callable[[], Awaitable[bool]], timeout_s: float = 20) -> None:
    last = time.monotonic() + timeout_s
    while not await holds():
        assert time.monotonic() < last
        await asyncio.sleep(0.05)


def test_a_batch_that_nobody_can_settle_is_put_aside_and_holds_up_no_other(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "PAUSE_MAX_S", 0.1)
    monkeypatch.setattr(jetstream, "DUPLICATES_S", 0.1)
    books = Books(lambda raw: RuntimeError("a fault of ours") if raw == b"poison" and not mended else None)
    mended: list[bool] = []

    async def act(queue: JetStreamQueue, numbers: Numbers) -> None:
        await queue.put(key_of(0), b"poison", ARRIVED_AT)
        for number in range(1, 20):
            await queue.put(key_of(number), b"good", ARRIVED_AT)

        async def aside() -> bool:
            state = await queue.state()
            return bool(state.aside) and not state.waiting

        await until(aside)
        state, (one,) = await queue.state(), await queue.aside()
        assert (state.waiting, set(state.aside)) == (0, {key_of(0).body_hash})
        assert (one.key, one.deliveries, one.reason) == (key_of(0), DELIVERIES_MAX, "RuntimeError")
        assert state.redeliveries == DELIVERIES_MAX - 1
        assert books.tries.count(b"poison") == DELIVERIES_MAX == numbers.value(SETTLING_FAILED)
        assert books.taken == [(b"good", ARRIVED_AT)] * 19
        assert not await queue.release(key_of(1).body_hash)
        assert await queue.release(key_of(0).body_hash)
        assert (await queue.state()).aside == {}
        mended.append(True)
        await asyncio.sleep(0.3)
        await queue.put(key_of(0), b"poison", ARRIVED_AT)  # its terminal still has it

        async def settled() -> bool:
            return books.taken[-1] == (b"poison", ARRIVED_AT)

        await until(settled)

    settled(cluster, books, act)


def test_whoever_dies_of_a_batch_does_so_only_so_often(cluster: Cluster) -> None:
    """A batch that was handed out too often, and never said anything of, is not begun any more."""
    books = Books(lambda _: None)

    async def act(queue: JetStreamQueue, _: Numbers) -> None:
        await queue.put(key_of(0), b"deadly", ARRIVED_AT)

        async def aside() -> bool:
            return bool((await queue.state()).aside)

        await until(aside)
        (one,) = await queue.aside()
        assert (one.reason, one.deliveries, books.tries) == ("given_up", DELIVERIES_MAX + 1, [])

    async def run() -> None:
        queue = JetStreamQueue(cluster.address.split(","), next(names))
        await queue.start()
        await until(lambda: answers(queue))
        await queue.put(key_of(0), b"deadly", ARRIVED_AT)
        for _ in range(DELIVERIES_MAX):
            delivery = None
            while delivery is None:
                delivery = await queue.take(2)
            await delivery.again(0)
        operator: Any = SimpleNamespace(acquirer=books, numbers=Numbers(), probe=books.probe)
        settler = Settler(operator, QueueWatch(queue))
        working = asyncio.create_task(settler.run())
        await act(queue, Numbers())
        settler.stop()
        await working
        await queue.close()

    asyncio.run(run())


def test_books_that_are_away_are_waited_for_and_no_try_is_counted(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "PAUSE_S", 0.01)
    monkeypatch.setattr(settling, "PAUSE_MAX_S", 0.01)
    back_at = time.monotonic() + 7  # longer than a batch is held by one who says nothing
    away = [DatabaseFault(DiskFault.AWAY, "the connection is closed"), AcquirerTrouble("operator_busy")]
    books = Books(lambda _: away[len(books.tries) % 2] if time.monotonic() < back_at else None)

    async def act(queue: JetStreamQueue, numbers: Numbers) -> None:
        await queue.put(key_of(0), b"good", ARRIVED_AT)

        async def taken() -> bool:
            return bool(books.taken)

        await until(taken)
        state = await queue.state()
        assert (state.redeliveries, state.aside, numbers.value(SETTLING_FAILED)) == (0, {}, 0)
        assert len(books.tries) > DELIVERIES_MAX

    settled(cluster, books, act)


def test_a_batch_that_good_books_refuse_again_and_again_is_at_fault_itself(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "PAUSE_S", 0.01)
    monkeypatch.setattr(settling, "PAUSE_MAX_S", 0.01)
    books = Books(lambda raw: DatabaseFault(DiskFault.FAILED, "a law of the tables") if raw else None)

    async def act(queue: JetStreamQueue, _: Numbers) -> None:
        await queue.put(key_of(0), b"bad", ARRIVED_AT)

        async def aside() -> bool:
            return bool((await queue.state()).aside)

        await until(aside)
        assert (await queue.aside())[0].reason == "DatabaseFault"
        assert len(books.tries) == DELIVERIES_MAX * settling.GOOD_BOOKS_MAX

    settled(cluster, books, act)


def test_another_batch_under_a_used_id_just_leaves_and_a_forged_one_is_put_aside(cluster: Cluster) -> None:
    codes = {b"reused": "batch_id_reused", b"stranger": "unknown_terminal"}
    books = Books(lambda raw: AcquirerTrouble(codes[raw]) if raw else None)

    async def act(queue: JetStreamQueue, _: Numbers) -> None:
        await queue.put(key_of(0), b"reused", ARRIVED_AT)
        await queue.put(key_of(1), b"stranger", ARRIVED_AT)

        async def aside() -> bool:
            return (await queue.state()).waiting == 0

        await until(aside)
        assert [(one.key, one.reason, one.deliveries) for one in await queue.aside()] == [
            (key_of(1), "unknown_terminal", 1)
        ]

    settled(cluster, books, act)


def test_a_queue_is_bounded_and_what_it_was_made_with_stays(cluster: Cluster) -> None:
    async def run() -> None:
        name = next(names)
        client = await nats.connect(cluster.address.split(","))
        await client.jetstream().add_stream(
            name=f"{name}-intake",
            subjects=[f"{name}.intake.*.*.*"],
            retention="workqueue",
            discard="new",
            discard_new_per_subject=True,
            max_msgs_per_subject=1,
            max_msgs=2,
        )
        queue = JetStreamQueue(cluster.address.split(","), name)
        await queue.start()
        await until(lambda: answers(queue))
        for number in (0, 1, 0, 1):
            await queue.put(key_of(number), b"body", ARRIVED_AT)
        with pytest.raises(QueueFull):
            await queue.put(key_of(2), b"body", ARRIVED_AT)
        await queue.put(key_of(1), b"body", ARRIVED_AT)
        state = await queue.state()
        watch = QueueWatch(queue)
        assert (state.waiting, watch.floor(ARRIVED_AT)) == (2, 0)
        watch.latest = state
        assert state.oldest_at is not None
        assert abs(state.oldest_at - time.time()) < 30
        assert watch.floor(ARRIVED_AT * 2) == state.oldest_at - FLOOR_MARGIN_S
        assert (await client.jetstream().stream_info(f"{name}-intake")).config.max_msgs == 2
        await client.jetstream().delete_consumer(f"{name}-intake", "settlers")  # as after a cluster that forgot it

        async def taken() -> bool:
            try:
                return await queue.take(1) is not None
            except QueueAway:
                return False

        await until(taken)
        await queue.close()
        await client.close()

    asyncio.run(run())


def test_a_batch_waits_once_however_long_it_waits(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jetstream, "DUPLICATES_S", 0.1)

    async def run() -> None:
        queue = JetStreamQueue(cluster.address.split(","), next(names))
        await queue.start()
        await until(lambda: answers(queue))
        for _ in range(3):
            await queue.put(key_of(0), b"body", ARRIVED_AT)
            await asyncio.sleep(0.3)  # the cluster no longer knows the message's id
        assert (await queue.state()).waiting == 1
        await queue.close()

    asyncio.run(run())


def test_a_queue_that_never_was_there_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jetstream, "PUT_S", 0.3)

    async def run() -> None:
        queue = JetStreamQueue(["nats://127.0.0.1:1"], next(names))
        await queue.start()
        for act in (queue.put(key_of(0), b"", 0), queue.state(), queue.aside(), queue.take(0.1), queue.release(b"")):
            with pytest.raises(QueueAway):
                await act
        await queue.close()

    asyncio.run(run())
