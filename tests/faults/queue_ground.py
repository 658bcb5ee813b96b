"""What the tests of the queue stand on: a cluster, a PostgreSQL, a server that receives, and processes that settle."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from feiqian.cli.bench_claims import Order, batches_of
from feiqian.cli.bench_stock import CLAIM_MINOR, Stock, Till
from feiqian.cli.intake_choice import queue_name
from feiqian.cli.operator_home import ACQUIRER_KEY, ISSUER_KEY, Settings, ensure_home, opened, read_key
from feiqian.protocol.answer import Verdict, decode_answer
from tests.contracts.jetstream_nodes import Cluster
from tests.contracts.postgres_server import PostgresServer
from tests.server.operators import bearer
from tests.server.test_serve import FEIQIAN, START_S, serving

CLAIMS_A_BATCH = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One operator: its home, its books in PostgreSQL, its queue, and terminals with batches to send."""

    home: Path
    settings: Settings
    store: str
    intake: str
    tills: list[tuple[Till, list[bytes]]]

    @property
    def queue_name(self) -> str:
        """What its streams begin with."""
        return queue_name(self.settings)

    def serving(self, *options: str, queued: bool = True) -> Any:
        """A server; it puts batches into the queue, or settles them itself."""
        queue = ["--intake", self.intake] if queued else []
        return serving(self.home, "--store", self.store, *queue, *options)

    @contextmanager
    def settling(self, **environment: str) -> Iterator[subprocess.Popen[str]]:
        """A process that settles."""
        line = [*FEIQIAN, "settle", "--home", str(self.home), "--store", self.store, "--intake", self.intake]
        with subprocess.Popen(
            line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | environment
        ) as process:
            try:
                assert process.stdout is not None
                told = process.stdout.readline()
                assert told, process.communicate(timeout=START_S)
                assert json.loads(told)["ok"]
                yield process
            finally:
                process.kill()

    def assert_paid_once(self, senders: Sequence[Sender]) -> None:
        """Every payment stands exactly once in whole books, and every batch gets its answer again, byte for byte."""
        for sender in senders:
            assert len(sender.answers) == len(sender.bodies)
            items = [item for answer in sender.answers for item in decode_answer(answer).claims]
            assert {(item.verdict, item.paid_minor) for item in items} == {(Verdict.SETTLED, CLAIM_MINOR)}
        with opened(self.home, self.settings, store_at=self.store) as operator:
            for _ in range(2):
                books = operator.check_books()
                assert (books.mismatches, set(books.sums.values())) == ((), {0})
                for sender in senders:
                    paid_minor = operator.acquirer.statement(sender.till.payee_id).balance_minor
                    assert paid_minor == len(sender.bodies) * CLAIMS_A_BATCH * CLAIM_MINOR
                    terminal = operator.acquirer.authenticate_terminal(sender.till.token)
                    again = [operator.acquirer.take_batch(terminal, body) for body in sender.bodies]
                    assert again == sender.answers


def ground(folder: Path, cluster: Cluster, postgres: PostgresServer, *, clients: int, batches: int) -> Ground:
    """A new operator, and terminals with so many batches of good claims each."""
    home, store = folder / "home", postgres.empty(f"queue{time.monotonic_ns()}")
    settings = ensure_home(home, deployment="test", currency="CNY")
    with opened(home, settings, store_at=store) as operator:
        operator.publisher.trust_pack()
        now = int(time.time())
        stock = Stock(operator, read_key(home, ISSUER_KEY), read_key(home, ACQUIRER_KEY), now)
        orders = [
            Order(
                till=till,
                allowances=stock.spendable(batches),
                count=CLAIMS_A_BATCH,
                batch=CLAIMS_A_BATCH,
                batches=batches,
                receipts=0,
                deployment="test",
                currency="CNY",
                now=now,
            )
            for till in stock.tills(clients)
        ]
    tills = [(order.till, batches_of(order)) for order in orders]
    return Ground(home=home, settings=settings, store=store, intake=cluster.address, tills=tills)


@dataclass
class Sender:
    """A terminal that sends its batches until each is answered for good, and keeps those answers."""

    till: Till
    bodies: list[bytes]
    url: str = ""
    answers: list[bytes] = field(default_factory=list)
    told: set[tuple[int, str]] = field(default_factory=set)
    """Status and code of every answer that was not the last word."""

    def run(self) -> None:
        """Sends them all, one behind the other."""
        with httpx.Client(trust_env=False, timeout=10) as client:
            for body in self.bodies:
                self.answers.append(self.ask(client, body))

    def ask(self, client: httpx.Client, body: bytes) -> bytes:
        """The signed answer, however long it takes."""
        while True:
            try:
                response = self.once(client, body)
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            if response.status_code == 200:
                return response.content
            assert response.status_code in {202, 503}, response.text
            assert int(response.headers["retry-after"]) > 0
            self.told.add((response.status_code, response.json()["code"]))
            time.sleep(0.05)

    def once(self, client: httpx.Client, body: bytes) -> httpx.Response:
        """One try."""
        headers = bearer(self.till.token) | {"content-type": "application/cbor"}
        return client.post(f"{self.url}/v1/batches", content=body, headers=headers)


@contextmanager
def sending(senders: Sequence[Sender], url: str, timeout_s: float = 60) -> Iterator[None]:
    """All of them at work; at the end of the block they are waited for."""
    threads = [threading.Thread(target=sender.run, daemon=True) for sender in senders]
    for sender, thread in zip(senders, threads, strict=True):
        sender.url = url
        thread.start()
    yield
    until = time.monotonic() + timeout_s
    for thread in threads:
        thread.join(max(0, until - time.monotonic()))
    assert [len(sender.answers) for sender in senders] == [len(sender.bodies) for sender in senders], [
        sender.told for sender in senders
    ]
