"""What a soak stands on: a served home, terminals that send until they are answered, and books to hold against them.

Rules kept:

- Nobody but the server has the books open while it is killed, so that it is its own recovery that is tried.
- What a terminal was told is kept byte for byte, with what it sent, for as long as the ground lasts.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

from feiqian.cli.bench_claims import Order, batches_of
from feiqian.cli.bench_stock import CLAIM_MINOR, CLAIMS_PER_ALLOWANCE, Spendable, Stock, Till
from feiqian.cli.operator_home import ACQUIRER_KEY, BOOKS, ISSUER_KEY, ensure_home, opened, read_key
from feiqian.ledger.accounts import payee_of
from feiqian.ledger.verify import BooksSource, verify_books
from feiqian.protocol.answer import Verdict, decode_answer
from feiqian.storage.books_reading import BooksReading
from feiqian.storage.disk import DatabaseFault
from feiqian.storage.postgres_store import PostgresStore
from tests.server.test_serve import FEIQIAN
from tests.server.test_workers import children_of

CURRENCY: Final = "CNY"
SETTLERS: Final = 2
TILLS: Final = 4
BATCH: Final = 2
ALLOWANCES: Final = 4
"""Of each till in a round; each is drawn on as often as it can be."""
STUCK_S: Final = 60.0
"""Whoever has no answer after so long is stuck."""
AGAIN_S: Final = 0.02
RESTART_S: Final = 0.3
ANSWER_S: Final = 30.0
HONEST: Final = (202, 503)
"""What says: not yet, come back later. 202 is no receipt: the batch waits in the queue."""
CUTS_ONE_IN: Final = 25
"""So many requests is one whose line is cut before the answer is read."""


class SoakFailed(Exception):
    """The soak itself cannot go on; what it found stands in the sentence."""


class Service:
    """`feiqian serve` on a home, started again whenever it is gone, as whoever looks after services does."""

    def __init__(self, home: Path, store: str, options: Sequence[str] = ("--workers", "2")) -> None:
        """`store` is what `--store` says."""
        self._home, self._store, self._options = home, store, options
        self._program: Sequence[str] = FEIQIAN
        self._process: subprocess.Popen[str] | None = None
        self.log = home.parent / "server.log"
        self.url = ""

    def start(self) -> None:
        """Starts it, again and again while what was killed still holds the home or the database recovers."""
        until = time.monotonic() + STUCK_S
        while True:
            line = [*self._program, "serve", "--home", str(self._home), "--port", "0", "--store", self._store, "--json"]
            with self.log.open("a", encoding="utf-8") as told:
                self._process = subprocess.Popen(
                    [*line, *self._options], stdout=subprocess.PIPE, stderr=told, text=True, start_new_session=True
                )
            assert self._process.stdout is not None
            with self._process.stdout as out:
                first = out.readline()  # all that it ever says there
            if first and json.loads(first)["ok"]:
                self.url = json.loads(first)["url"]
                return
            self._process.wait()
            if time.monotonic() > until:
                raise SoakFailed(
                    f"the server does not start again: {first or self.log.read_text(encoding='utf-8')[-2000:]}"
                )
            time.sleep(RESTART_S)

    def start_as(self, program: Sequence[str]) -> None:
        """Starts it as this program: another version of the product."""
        self._program = program
        self.start()

    def serve_from(self, store: str) -> None:
        """Starts it on books that are elsewhere now."""
        self._store = store
        self.start()

    @property
    def pid(self) -> int:
        """The process that looks after the others."""
        assert self._process is not None
        return self._process.pid

    def workers(self) -> list[int]:
        """The processes that serve."""
        return sorted(children_of(self.pid))

    def await_end(self) -> None:
        """Takes note that it was killed."""
        assert self._process is not None
        self._process.wait()

    def stop(self) -> int:
        """Asks it to end; its exit status."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(STUCK_S)

    def end_by_force(self) -> None:
        """Leaves nothing of it."""
        if self._process is not None and self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class Settlers:
    """The processes that take batches out of the queue and settle them, each started again when it is gone."""

    def __init__(self, home: Path, store: str, intake: str) -> None:
        """`store` and `intake` are what `--store` and `--intake` say."""
        words = ["settle", "--home", str(home), "--store", store, "--intake", intake, "--json"]
        self._line = [*FEIQIAN, *words]
        self.log = home.parent / "settlers.log"
        self._processes: list[subprocess.Popen[str]] = []

    def start(self) -> None:
        """Starts them."""
        for _ in range(SETTLERS):
            self._start_one()

    def kill(self, chance: random.Random) -> None:
        """SIGKILL to one of them, which is started again."""
        victim = self._processes.pop(chance.randrange(len(self._processes)))
        victim.kill()
        victim.wait()
        self._start_one()

    def revive(self) -> None:
        """Starts again whoever gave up, as whoever looks after services does: the database may have been recovering."""
        gone = [one for one in self._processes if one.poll() is not None]
        self._processes = [one for one in self._processes if one.poll() is None]
        for _ in gone:
            self._start_one()

    def stop(self) -> list[int]:
        """Asks them to end; their exit status."""
        for one in self._processes:
            one.send_signal(signal.SIGTERM)
        return [one.wait(STUCK_S) for one in self._processes]

    def end_by_force(self) -> None:
        """Leaves nothing of them."""
        for one in self._processes:
            if one.poll() is None:
                one.kill()
                one.wait()

    def _start_one(self) -> None:
        with self.log.open("a", encoding="utf-8") as told:
            self._processes.append(subprocess.Popen(self._line, stdout=subprocess.DEVNULL, stderr=told, text=True))


@dataclass
class Terminal:
    """A till that sends its batches until each is answered, and keeps every answer."""

    service: Service
    till: Till
    allowances: list[Spendable]
    now: int
    chance: random.Random
    allowances_a_round: int = ALLOWANCES
    batch: int = BATCH
    sent: list[tuple[bytes, bytes]] = field(default_factory=list)
    answered_at: list[float] = field(default_factory=list)
    receipts: int = 0
    lines_cut: int = 0
    faults: int = 0

    def sign(self) -> list[bytes]:
        """The batches of one more round, signed beforehand."""
        mine, self.allowances = self.allowances[: self.allowances_a_round], self.allowances[self.allowances_a_round :]
        claims = len(mine) * CLAIMS_PER_ALLOWANCE
        order = Order(
            till=self.till,
            allowances=mine,
            count=CLAIMS_PER_ALLOWANCE,
            batch=self.batch,
            batches=claims // self.batch,
            receipts=self.receipts,
            deployment="test",
            currency=CURRENCY,
            now=self.now,
        )
        self.receipts += claims
        return batches_of(order)

    def send(self, bodies: Sequence[bytes], given_up: threading.Event) -> None:
        """Sends them one after the other; ends early only when everything is given up."""
        for body in bodies:
            while not given_up.is_set():
                if self.chance.randrange(CUTS_ONE_IN) == 0:
                    self.lines_cut += self._cut(body)
                answer = self.ask(body)
                if answer is not None:
                    self.sent.append((body, answer))
                    self.answered_at.append(time.monotonic())
                    break
                time.sleep(AGAIN_S)

    def ask(self, body: bytes) -> bytes | None:
        """The answer to a batch; None where nobody answered, or somebody who cannot now."""
        with suppress(OSError, ValueError, IndexError), self._connected() as line:
            line.sendall(self._request(body))
            whole = b"".join(iter(lambda: line.recv(65_536), b""))
            head, _, answer = whole.partition(b"\r\n\r\n")
            status = int(head.split()[1])
            lengths = [int(one[15:]) for one in head.lower().split(b"\r\n") if one.startswith(b"content-length:")]
            if lengths != [len(answer)]:  # cut off by a kill
                return None
            if status == 200:
                return answer
            self.faults += status not in HONEST
        return None

    def _cut(self, body: bytes) -> bool:
        """Sends a batch, or a part of it, and hears no answer: the line was cut."""
        request = self._request(body)
        with suppress(OSError), self._connected() as line:
            line.sendall(request[: self.chance.choice((len(request), self.chance.randrange(len(request))))])
            return True
        return False

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        host, _, port = self.service.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=ANSWER_S) as line:
            yield line

    def _request(self, body: bytes) -> bytes:
        head = (
            "POST /v1/batches HTTP/1.1\r\nhost: soak\r\ncontent-type: application/cbor\r\nconnection: close\r\n"
            f"authorization: Bearer {self.till.token}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What books hold against what terminals were told. Counts are payments, but for the last two."""

    lost: int
    twice: int
    refused: int
    differences: int
    ledger_sum_minor: int


class Ground:
    """A home with terminals and allowances for so many rounds, and the service that serves it."""

    def __init__(
        self,
        folder: Path,
        store: str,
        rounds: int,
        seed: str,
        allowances: int = ALLOWANCES,
        *,
        tills: int = TILLS,
        batch: int = BATCH,
        intake: str = "",
    ) -> None:
        """`store` is what `--store` says; the home is made in `folder`; `allowances` are those of a till in a round.

        Each of so many tills sends batches of so many claims. With an `intake` the server puts them into that queue,
        and `settlers` settle them.
        """
        self.home, self.store = folder / "home", store
        self.settlers = Settlers(self.home, store, intake) if intake else None
        self.service = Service(self.home, store, ("--workers", "2", *(("--intake", intake) if intake else ())))
        settings = ensure_home(self.home, deployment="test", currency=CURRENCY)
        now = int(time.time())
        with opened(self.home, settings, store_at=store) as operator:
            operator.publisher.trust_pack()
            stock = Stock(operator, read_key(self.home, ISSUER_KEY), read_key(self.home, ACQUIRER_KEY), now)
            made, stocked = stock.tills(tills), iter(stock.spendable(tills * allowances * rounds))
        self.terminals = [
            Terminal(
                service=self.service,
                till=till,
                allowances=list(islice(stocked, allowances * rounds)),
                now=now,
                chance=random.Random(f"{seed}:{number}"),  # noqa: S311  # when lines are cut
                allowances_a_round=allowances,
                batch=batch,
            )
            for number, till in enumerate(made)
        ]

    def start(self) -> None:
        """Starts all that serves."""
        self.service.start()
        if self.settlers is not None:
            self.settlers.start()

    def stop(self) -> int:
        """Asks all that serves to end; how many did not end with 0."""
        settled = [] if self.settlers is None else self.settlers.stop()
        return sum(status != 0 for status in [self.service.stop(), *settled])

    def end_by_force(self) -> None:
        """Leaves nothing of it."""
        self.service.end_by_force()
        if self.settlers is not None:
            self.settlers.end_by_force()

    def unanswered(self) -> int:
        """Payments that were signed for sending and have no answer."""
        return sum(terminal.receipts - terminal.batch * len(terminal.sent) for terminal in self.terminals)

    def faults(self) -> int:
        """How many answers said that the server has a fault of its own, since the last time this was asked."""
        count = sum(terminal.faults for terminal in self.terminals)
        for terminal in self.terminals:
            terminal.faults = 0
        return count

    def last_trace(self) -> str:
        """The end of the server's log from its last trace on."""
        _, mark, rest = self.service.log.read_text(encoding="utf-8").rpartition("Traceback")
        return (mark + rest)[:4_000]

    def books(self) -> BooksSource:
        """The books, to be read only."""
        if self.store == "sqlite":
            return BooksReading(self.home / BOOKS)
        until = time.monotonic() + STUCK_S
        while True:
            try:
                return PostgresStore.open_to_read(self.store)
            except DatabaseFault:  # it may be recovering still
                if time.monotonic() > until:
                    raise
                time.sleep(RESTART_S)

    def held(self) -> Held:
        """Every terminal's answers against the books."""
        source = self.books()
        try:
            posted, report = source.book_facts().posted, verify_books(source)
        finally:
            if isinstance(source, PostgresStore):
                source.close()
        lost = twice = refused = 0
        for terminal in self.terminals:
            items = [item for _, answer in terminal.sent for item in decode_answer(answer).claims]
            good = sum((item.verdict, item.paid_minor) == (Verdict.SETTLED, CLAIM_MINOR) for item in items)
            paid = -posted.get((payee_of(terminal.till.payee_id), CURRENCY), 0) // CLAIM_MINOR
            lost, twice, refused = lost + max(0, good - paid), twice + max(0, paid - good), refused + len(items) - good
        return Held(
            lost=lost,
            twice=twice,
            refused=refused,
            differences=len(report.mismatches),
            ledger_sum_minor=sum(abs(one) for one in report.sums.values()),
        )

    def changed(self, sample: int | None, chance: random.Random) -> int:
        """How many of the batches, or of a sample of each terminal's, get another answer when they are sent again."""
        count = 0
        for terminal in self.terminals:
            again = terminal.sent if sample is None else chance.sample(terminal.sent, min(sample, len(terminal.sent)))
            for body, answer in again:
                until = time.monotonic() + STUCK_S
                found = terminal.ask(body)
                while found is None and time.monotonic() < until:
                    time.sleep(AGAIN_S)
                    found = terminal.ask(body)
                count += found != answer
        return count

    def verified(self, *words: str) -> tuple[int, dict[str, Any]]:
        """`feiqian ledger verify` or `audit verify`: its exit status and what it says."""
        line = [*FEIQIAN, *words, "--home", str(self.home), "--store", self.store, "--json"]
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=120)
        if not done.stdout:
            raise SoakFailed(f"{' '.join(words)} says nothing: {done.stderr[-2000:]}")
        return done.returncode, json.loads(done.stdout)
