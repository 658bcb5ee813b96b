"""The door with a queue behind it: what a sender hears, what the operator sees, and that no window ends too early."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from feiqian.cli.bench_claims import Order, batches_of
from feiqian.cli.bench_stock import CLAIM_MINOR, Stock, Till
from feiqian.cli.operator_home import ACQUIRER_KEY, ISSUER_KEY, ensure_home, opened, read_admin_token, read_key
from feiqian.issuer.values import WindowsClosed
from feiqian.links.batch_queue import BatchKey, Delivery, Heard, QueueAway, QueueFull, QueueState, SetAside
from feiqian.links.http_spelling import spell_bytes
from feiqian.protocol.answer import decode_answer
from feiqian.server import queue_watch
from feiqian.server.application import application, tidy
from feiqian.server.clock import ServerClock
from feiqian.server.operator import Operator, metrics_token, token_hash
from feiqian.server.queue_watch import QueueWatch
from feiqian.server.running import configured, listen, url_of
from tests.server.operators import Command, assert_problem, bearer

ARRIVED_AT = 1_700_000_000


class ShelfQueue:
    """A queue that keeps what it gets on a shelf; `take_over` is what its settlers would do."""

    def __init__(self) -> None:
        self.shelf: dict[BatchKey, tuple[bytes, int]] = {}
        self.put_away: dict[bytes, SetAside] = {}
        self.fails: Exception | None = None
        self.heard = threading.Event()

    async def start(self) -> None:
        """Nothing to look for."""

    async def close(self) -> None:
        """Nothing to let go of."""

    async def put(self, key: BatchKey, body: bytes, received_at: int) -> None:
        if self.fails is not None:
            raise self.fails
        self.shelf.setdefault(key, (body, received_at))
        self.heard.set()

    @contextmanager
    def hears(self, key: BatchKey) -> Iterator[Heard]:
        del key
        yield Deaf()

    async def take(self, timeout_s: float) -> Delivery | None:
        raise AssertionError(f"whoever receives took a batch out of the queue, waiting {timeout_s} s")

    async def state(self) -> QueueState:
        if self.fails is not None:
            raise self.fails
        oldest_at = min((arrived for _, arrived in self.shelf.values()), default=None)
        aside = {key: one.key for key, one in self.put_away.items()}
        return QueueState(waiting=len(self.shelf), oldest_at=oldest_at, redeliveries=3, aside=aside)

    async def aside(self) -> tuple[SetAside, ...]:
        return tuple(self.put_away.values())

    async def release(self, body_hash: bytes) -> bool:
        if self.fails is not None:
            raise self.fails
        return self.put_away.pop(body_hash, None) is not None


class Deaf:
    """What a settler says gets lost."""

    async def wait(self, timeout_s: float) -> bool:
        await asyncio.sleep(min(timeout_s, 0.05))
        return False


@dataclasses.dataclass(frozen=True, kw_only=True)
class House:
    """A served operator whose batches go onto a shelf."""

    operator: Operator
    queue: ShelfQueue
    watch: QueueWatch
    client: httpx.Client
    home: Path
    till: Till
    bodies: list[bytes]

    def send(self, body: bytes) -> httpx.Response:
        headers = bearer(self.till.token) | {"content-type": "application/cbor"}
        return self.client.post("/v1/batches", content=body, headers=headers)

    @property
    def admin(self) -> dict[str, str]:
        return bearer(read_admin_token(self.home))

    def seen(self, holds: Any) -> None:
        until = time.monotonic() + 20
        while not (self.watch.latest is not None and holds(self.watch.latest)):
            assert time.monotonic() < until
            time.sleep(0.02)


@contextmanager
def house(home: Path, *, direct_when_away: bool = False) -> Iterator[House]:
    settings = ensure_home(home, deployment="test", currency="CNY")
    ready = threading.Event()
    with opened(home, settings) as operator, listen("127.0.0.1", 0) as listener:
        operator.publisher.trust_pack()
        stock = Stock(operator, read_key(home, ISSUER_KEY), read_key(home, ACQUIRER_KEY), int(time.time()))
        (till,) = stock.tills(1)
        order = Order(
            till=till,
            allowances=stock.spendable(2),
            count=2,
            batch=2,
            batches=2,
            receipts=0,
            deployment="test",
            currency="CNY",
            now=int(time.time()),
        )
        watch = QueueWatch(queue := ShelfQueue())
        app = application(operator, queue=watch, direct_when_away=direct_when_away)
        server = configured(app, ready.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        assert ready.wait(20)
        url = url_of(listener, "127.0.0.1")
        (home / "server.url").write_text(url, encoding="ascii")
        try:
            with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
                yield House(
                    operator=operator,
                    queue=queue,
                    watch=watch,
                    client=client,
                    home=home,
                    till=till,
                    bodies=batches_of(order),
                )
        finally:
            server.should_exit = True
            thread.join(20)


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_watch, "LOOK_EVERY_S", 0.05)


def test_received_is_no_receipt_and_settled_is_answered_from_the_books(tmp_path: Path) -> None:
    with house(tmp_path / "home") as one:
        body = one.bodies[0]
        before = int(time.time())
        received = one.send(body)
        assert_problem(received, 202, "batch_received")
        assert int(received.headers["retry-after"]) == 2
        ((queued, arrived_at),) = one.queue.shelf.values()
        assert (queued, before <= arrived_at <= int(time.time())) == (body, True)
        statement = one.operator.acquirer.statement(one.till.payee_id)
        assert (statement.balance_minor, statement.waiting_minor, statement.events) == (0, 0, ())
        one.queue.heard.clear()
        settler = threading.Thread(
            target=lambda: (
                one.queue.heard.wait(10),
                one.operator.acquirer.take_carried_batch(body, arrived_at),
            )
        )
        settler.start()  # while the sender waits, and nobody tells the door
        settled = one.send(body)
        settler.join(10)
        assert (settled.status_code, decode_answer(settled.content).time) == (200, arrived_at)
        assert one.operator.acquirer.statement(one.till.payee_id).balance_minor == 2 * CLAIM_MINOR
        one.queue.fails = QueueAway("gone")
        assert one.send(body).content == settled.content  # found before the queue is asked
        carried = one.client.post(
            "/v1/carried-batches", content=body, headers=one.admin | {"content-type": "application/cbor"}
        )
        assert carried.content == settled.content


def test_what_no_terminal_has_signed_never_comes_into_the_queue(tmp_path: Path) -> None:
    with house(tmp_path / "home") as one:
        body = one.bodies[0]
        for spoiled, code in (
            (body[:-1] + bytes((body[-1] ^ 1,)), "terminal_signature_invalid"),
            (body[:-1], "malformed"),
            (b"", "malformed"),
        ):
            assert_problem(one.send(spoiled), 422, code)
        assert one.queue.shelf == {}


@pytest.mark.parametrize(("fails", "code"), [(QueueAway("gone"), "queue_away"), (QueueFull(), "queue_full")])
def test_a_queue_that_cannot_take_it_is_503_or_passed_by(tmp_path: Path, fails: Exception, code: str) -> None:
    with house(tmp_path / "home") as one:
        one.queue.fails = fails
        refused = one.send(one.bodies[0])
        assert_problem(refused, 503, code)
        assert int(refused.headers["retry-after"]) > 0
    with house(tmp_path / "other", direct_when_away=True) as one:
        one.queue.fails = fails
        assert one.send(one.bodies[0]).status_code == 200
        assert one.operator.acquirer.statement(one.till.payee_id).balance_minor == 2 * CLAIM_MINOR


def test_anybody_sees_how_many_batches_wait_and_whether_that_is_known(tmp_path: Path) -> None:
    with house(tmp_path / "home") as one:
        assert_problem(one.send(one.bodies[0]), 202, "batch_received")
        one.seen(lambda state: state.waiting)
        waiting = one.client.get("/v1/boundary").json()["waiting"]
        assert (waiting["queue"], waiting["batches"]) == ("up", 1)
        assert waiting["oldest_at"] is not None
        one.queue.fails = QueueAway("gone")
        until = time.monotonic() + 20
        while one.watch.latest is not None:
            assert time.monotonic() < until
            time.sleep(0.02)
        away = {"queue": "away", "batches": None, "oldest_at": None}
        assert one.client.get("/v1/boundary").json()["waiting"] == away


def test_the_operator_sees_the_queue_and_releases_what_was_put_aside(tmp_path: Path, feiqian: Command) -> None:
    with house(tmp_path / "home") as one:
        assert_problem(one.send(one.bodies[0]), 202, "batch_received")
        (key,) = one.queue.shelf
        one.queue.shelf.clear()
        one.queue.put_away[key.body_hash] = SetAside(key=key, at=ARRIVED_AT, deliveries=8, reason="RuntimeError")
        one.seen(lambda state: state.aside)
        assert_problem(one.send(one.bodies[0]), 503, "batch_set_aside")
        assert one.queue.shelf == {}
        assert_problem(one.client.get("/v1/queue"), 401, "not_signed_in")
        batch = key.body_hash.hex()
        status, told = feiqian("operator", "queue", home=one.home)
        assert (status, told["waiting"], told["redeliveries"], told["aside_count"]) == (0, 0, 3, 1)
        assert (told["aside"][0]["batch"], told["aside"][0]["reason"]) == (batch, "RuntimeError")
        scrape = one.client.get("/metrics", headers=bearer(metrics_token(token_hash(read_admin_token(one.home)))))
        for line in ("feiqian_queue_up 1", "feiqian_queue_aside_batches 1", "feiqian_queue_redeliveries 3"):
            assert line in scrape.text.splitlines()
        assert 'feiqian_queued_total{outcome="batch_set_aside"} 1' in scrape.text
        assert feiqian("operator", "queue", "--release", "00", home=one.home)[0] == 2
        status, told = feiqian("operator", "queue", "--release", "0" * 64, home=one.home)
        assert (status, told["failures"][0]["code"], told["aside_count"]) == (1, "not_aside", 1)
        status, told = feiqian("operator", "queue", "--release", batch, home=one.home)
        assert (status, told["released"], told["aside"]) == (0, batch, [])
        one.seen(lambda state: not state.aside)
        assert_problem(one.send(one.bodies[0]), 202, "batch_received")
        one.queue.fails = QueueAway("gone")
        assert_problem(one.client.get("/v1/queue", headers=one.admin), 503, "queue_away")
        release = one.client.post("/v1/queue/releases", headers=one.admin, json={"batch": spell_bytes(bytes(32))})
        assert_problem(release, 503, "queue_away")


def test_a_server_without_a_queue_says_so(office: Any) -> None:
    assert_problem(office.client.get("/v1/queue", headers=office.admin), 404, "queue_absent")


def test_nor_does_the_administrator_end_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed_at: list[int] = []
    nothing = WindowsClosed(allowances=0, paid_minor=0, returned_minor=0)
    with house(tmp_path / "home") as one:

        def close_windows() -> WindowsClosed:
            closed_at.append(one.operator.clock())
            return nothing

        monkeypatch.setattr(one.operator.issuer, "close_windows", close_windows)
        one.seen(lambda state: not state.waiting)
        assert one.client.post("/v1/close-window", headers=one.admin, json={}).status_code == 200
        key = BatchKey(terminal_ref=bytes(8), batch_id=bytes(16), body_hash=bytes(32))
        one.queue.shelf[key] = (b"", ARRIVED_AT)
        one.seen(lambda state: state.waiting)
        assert one.client.post("/v1/close-window", headers=one.admin, json={}).status_code == 200
        assert closed_at[-1] == ARRIVED_AT - queue_watch.FLOOR_MARGIN_S
        assert abs(closed_at[-2] - time.time()) < 60


def test_no_window_ends_behind_a_batch_that_waits() -> None:
    """Or a batch that came in time, and waited, would be late."""
    closed_at: list[int] = []
    clock = ServerClock()
    operator: Any = SimpleNamespace(
        keeps_house=lambda: True,
        issuer=SimpleNamespace(close_windows=lambda: closed_at.append(clock())),
        acquirer=SimpleNamespace(collect=lambda: 0),
        disputes=SimpleNamespace(age=lambda: 0),
        answers=SimpleNamespace(forget_before=lambda _: None),
        numbers=SimpleNamespace(set=lambda *_: None),
        clock=clock,
    )
    tidy(operator, ARRIVED_AT)
    tidy(operator, 0)
    tidy(operator)
    assert closed_at[:2] == [ARRIVED_AT, 0]
    assert abs(closed_at[2] - time.time()) < 5


def test_a_queue_needs_books_that_others_reach(tmp_path: Path, feiqian: Command) -> None:
    for words in (["serve", "--port", "0"], ["settle"]):
        status, told = feiqian(*words, "--intake", "nats://host.invalid", home=tmp_path)
        assert (status, told["failures"][0]["code"]) == (2, "intake_needs_postgres")
    for wrong in (
        "",
        "http://host",
        "nats://",
        "nats://a,",
        "nats://a:x",
        "nats://a,tls://b",
        ",".join(["nats://a"] * 17),
    ):
        assert feiqian("settle", "--intake", wrong, home=tmp_path)[0] == 2
    status, told = feiqian(
        "settle", "--intake", "tls://a,tls://b:4222", "--store", "postgresql://host.invalid/x", home=tmp_path
    )
    assert (status, told["failures"][0]["code"]) == (1, "home_missing")
