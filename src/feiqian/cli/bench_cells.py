"""Cells of the settling benches: a home of their own, what terminals will send, and the server that they send it to."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from feiqian.cli.bench_claims import Order, Signers
from feiqian.cli.bench_clients import CellResult, Client, play
from feiqian.cli.bench_postgres import postgres_server
from feiqian.cli.bench_server import BenchServer, Store, ended_in_order, scratch, serving
from feiqian.cli.bench_stock import CLAIMS_PER_ALLOWANCE, Stock, Till
from feiqian.cli.operator_home import ACQUIRER_KEY, ISSUER_KEY, Settings, ensure_home, opened, read_key
from feiqian.cli.serve import cores
from feiqian.cli.store_choice import SQLITE
from feiqian.server.operator import Operator

DEPLOYMENT: Final = "bench"
CURRENCY: Final = "CNY"
_TOLD_EVERY: Final = 100_000

Say = Callable[[str, str], None]
"""Tells people how far it is, in English and Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """So many clients, each sending so many batches, of which the first `warm` do not count.

    `stored` is how many payments the books held beforehand.
    """

    batch: int
    batches: int
    warm: int
    clients: int
    claims_per_allowance: int = CLAIMS_PER_ALLOWANCE
    stored: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a cell came to, with the server's CPU time for each payment."""

    cell: Cell
    result: CellResult
    cpu_us: float


Loaded = tuple[Cell, list[Client]]


class Bench:
    """A scratch home, the processes that sign, and whom to tell how far it is."""

    def __init__(self, home: Path, settings: Settings, store: Store, signers: Signers, say: Say) -> None:
        """Use `prepared`."""
        self.signers = signers
        self._home = home
        self._store = store
        self._settings = settings
        self._say = say
        self._tills: list[Till] = []
        self._receipts: Counter[bytes] = Counter()

    def loaded(self, cells: Sequence[Cell]) -> list[Loaded]:
        """Each cell with all that its clients will send, signed while further allowances are issued.

        The server must not run.
        """
        now = int(time.time())
        self._say("Issuing allowances, signing cheques and batches …", "正在发放额度，签署支票与批次……")
        with self._opened() as operator:
            operator.publisher.trust_pack()
            stock = self._stock(operator, now)
            self._tills += stock.tills(max(cell.clients for cell in cells) - len(self._tills))
            signing = [[self._begun(stock, cell, till, now) for till in self._tills[: cell.clients]] for cell in cells]
            _log_all(operator)
        return [
            (cell, [Client(till, bodies.result(), cell.batch, cell.warm) for till, bodies in one])
            for cell, one in zip(cells, signing, strict=True)
        ]

    def fill(self, payments: int) -> None:
        """Settles so many payments beforehand, of the payees that will send more. The server must not run."""
        with self._opened() as operator:
            for stored in self._stock(operator, int(time.time())).fill(payments, self._tills):
                if stored % _TOLD_EVERY == 0:
                    self._say(f"  {stored:,} of {payments:,} payments stored", f"  已存 {stored:,} / {payments:,} 笔")
            _log_all(operator)

    def books_whole(self) -> bool:
        """What `ledger verify` finds. The server must not run."""
        self._say("Verifying the books …", "正在核对账目……")
        with self._opened() as operator:
            found = operator.check_books()
        return not found.mismatches and not any(found.sums.values())

    @contextmanager
    def serving(self) -> Iterator[BenchServer]:
        """A server with a process on each core."""
        with serving(self._home, cores(), self._store) as server:
            yield server

    def play(self, server: BenchServer, loaded: Loaded) -> Measured:
        """One cell, played."""
        cell, clients = loaded
        before_s = server.cpu_s()
        result = play(server.address, clients)
        cpu_us = round((server.cpu_s() - before_s) / result.payments * 1e6, 1)
        self._say(
            f"  batches of {cell.batch} from {cell.clients}: {result.payments_per_s:,.0f} payments a second",
            f"  {cell.clients} 个客户端，每批 {cell.batch} 笔：每秒 {result.payments_per_s:,.0f} 笔",
        )
        return Measured(cell=cell, result=result, cpu_us=cpu_us)

    def _opened(self) -> AbstractContextManager[Operator]:
        return opened(self._home, self._settings, store_at=self._store.address)

    def _stock(self, operator: Operator, now: int) -> Stock:
        return Stock(operator, read_key(self._home, ISSUER_KEY), read_key(self._home, ACQUIRER_KEY), now)

    def _begun(self, stock: Stock, cell: Cell, till: Till, now: int) -> "tuple[Till, Future[list[bytes]]]":
        """What one client of a cell sends; it is being signed."""
        claims = cell.batch * cell.batches
        receipts = self._receipts[till.ref]
        self._receipts[till.ref] += claims
        order = Order(
            till=till,
            allowances=stock.spendable(-(-claims // cell.claims_per_allowance)),
            count=cell.claims_per_allowance,
            batch=cell.batch,
            batches=cell.batches,
            receipts=receipts,
            deployment=DEPLOYMENT,
            currency=CURRENCY,
            now=now,
        )
        return till, self.signers.begin(order)


@contextmanager
def prepared(say: Say, kind: str = SQLITE) -> Iterator[Bench]:
    """A bench in a scratch home on a disk, with books of this kind. Raises as `postgres_server` and `scratch` do."""
    with ended_in_order(), store_of(kind) as store, scratch() as folder, Signers(cores()) as signers:
        home = folder / "home"
        settings = ensure_home(home, deployment=DEPLOYMENT, currency=CURRENCY)
        yield Bench(home, settings, store, signers, say)


@contextmanager
def store_of(kind: str) -> Iterator[Store]:
    """Where the books will live: in the home, or in a PostgreSQL that is started for it."""
    if kind == SQLITE:
        yield Store()
        return
    with postgres_server() as database:
        yield Store(address=database.address, database_pid=database.pid)


def _log_all(operator: Operator) -> None:
    """Puts all that waits into the audit log, so that the server measured later need not do it."""
    while operator.audit.append_queued():
        pass
