"""One of several serving processes is killed under load: what was acknowledged stays, and nothing is paid twice."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from feiqian.cli.bench_claims import Order, batches_of
from feiqian.cli.bench_stock import CLAIM_MINOR, CLAIMS_PER_ALLOWANCE, Stock, Till
from feiqian.cli.operator_home import ACQUIRER_KEY, ISSUER_KEY, Settings, ensure_home, opened, read_key
from feiqian.cli.store_choice import SQLITE
from feiqian.protocol.answer import Verdict, decode_answer
from tests.server.operators import bearer
from tests.server.test_serve import serving
from tests.server.test_workers import children_of

ROUNDS = int(os.environ.get("FEIQIAN_SOAK_ROUNDS", "3"))
CLAIMS = 200
KILLS = 4


@dataclass
class Sender:
    """A terminal that sends its batches until each is answered, and keeps the answers."""

    url: str
    till: Till
    bodies: list[bytes]
    answers: list[bytes] = field(default_factory=list)
    gives_up: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        with (
            httpx.Client(base_url=self.url, trust_env=False, timeout=30) as client,
            contextlib.suppress(httpx.TransportError),
        ):
            for body in self.bodies:
                self.answers.append(self.ask(client, body))

    def ask(self, client: httpx.Client, body: bytes) -> bytes:
        headers = bearer(self.till.token) | {"content-type": "application/cbor"}
        while True:
            try:
                response = client.post("/v1/batches", content=body, headers=headers)
            except httpx.TransportError:
                if self.gives_up.is_set():
                    raise
                time.sleep(0.02)
                continue
            assert response.status_code in {200, 503}, response.text
            if response.status_code == 200:
                return response.content


def loaded(
    home: Path, *, clients: int, batch: int, store: str = SQLITE
) -> tuple[Settings, list[tuple[Till, list[bytes]]]]:
    """A home, and terminals with 200 good claims each in batches of this size."""
    settings = ensure_home(home, deployment="test", currency="CNY")
    with opened(home, settings, store_at=store) as operator:
        operator.publisher.trust_pack()
        now = int(time.time())
        stock = Stock(operator, read_key(home, ISSUER_KEY), read_key(home, ACQUIRER_KEY), now)
        orders = [
            Order(
                till=till,
                allowances=stock.spendable(CLAIMS // CLAIMS_PER_ALLOWANCE),
                count=CLAIMS_PER_ALLOWANCE,
                batch=batch,
                batches=CLAIMS // batch,
                receipts=0,
                deployment="test",
                currency="CNY",
                now=now,
            )
            for till in stock.tills(clients)
        ]
    return settings, [(order.till, batches_of(order)) for order in orders]


def assert_paid_once(home: Path, settings: Settings, senders: Sequence[Sender], store: str = SQLITE) -> None:
    """Every payment stands exactly once in whole books, and every batch gets its answer again, byte for byte."""
    for sender in senders:
        items = [item for answer in sender.answers for item in decode_answer(answer).claims]
        assert {(item.verdict, item.paid_minor) for item in items} == {(Verdict.SETTLED, CLAIM_MINOR)}
    with opened(home, settings, store_at=store) as operator:
        books = operator.check_books()
        assert (books.mismatches, set(books.sums.values())) == ((), {0})
        for sender in senders:
            terminal = operator.acquirer.authenticate_terminal(sender.till.token)
            assert operator.acquirer.statement(sender.till.payee_id).balance_minor == CLAIMS * CLAIM_MINOR
            assert [operator.acquirer.take_batch(terminal, body) for body in sender.bodies] == sender.answers
            assert operator.acquirer.statement(sender.till.payee_id).balance_minor == CLAIMS * CLAIM_MINOR


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_under_load_nothing_acknowledged_is_lost_or_paid_twice(tmp_path: Path, seed: int) -> None:
    home, chance = tmp_path / "home", random.Random(seed)  # noqa: S311  # when to kill
    settings, tills = loaded(home, clients=4, batch=5)
    with serving(home, "--workers", "2") as (process, line):
        senders = [Sender(line["url"], *one) for one in tills]
        threads = [threading.Thread(target=sender.run) for sender in senders]
        for thread in threads:
            thread.start()
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.05, 0.4))
            workers = sorted(children_of(process.pid))
            if workers:
                os.kill(chance.choice(workers), signal.SIGKILL)
        for thread in threads:
            thread.join(60)
        assert [len(sender.answers) for sender in senders] == [len(sender.bodies) for sender in senders]
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert_paid_once(home, settings, senders)


def test_a_stop_finishes_the_batches_under_way(tmp_path: Path) -> None:
    home = tmp_path / "home"
    settings, tills = loaded(home, clients=3, batch=CLAIMS)
    with serving(home, "--workers", "2") as (process, line):
        senders = [Sender(line["url"], *one) for one in tills]
        threads = [threading.Thread(target=sender.run) for sender in senders]
        for thread in threads:
            thread.start()
        time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        for sender in senders:
            sender.gives_up.set()
        for thread in threads:
            thread.join(30)
    with serving(home, "--workers", "2") as (process, line):
        for sender in senders:
            with httpx.Client(base_url=line["url"], trust_env=False, timeout=30) as client:
                again = [sender.ask(client, body) for body in sender.bodies]
            assert sender.answers in ([], again)  # it had come in, and was answered; or it was never begun
            sender.answers = again
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert_paid_once(home, settings, senders)
