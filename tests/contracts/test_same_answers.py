"""The same story told to both stores: the same answers, statements and books, whatever the story is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import SuspendReason
from feiqian.ledger.verify import verify_books
from feiqian.protocol.answer import decode_answer
from feiqian.protocol.refusals import Refused
from feiqian.storage.operator_store import OperatorStore
from tests.contracts.postgres_server import PostgresServer
from tests.contracts.stores import open_postgres
from tests.issuer import world as worlds
from tests.issuer.world import CUR, DAY, Till, Wallet, World

Act = tuple[str, int, int, int]
"""What is done, and three numbers that say by whom, where and how much."""
ACTS = ("pay", "fork", "code", "note", "again", "lost", "close", "pack", "later", "end", "issue", "pool")


class Story:
    """One world and its cast, told act by act."""

    def __init__(self, path: Path, store: Callable[[Path], Any], patch: pytest.MonkeyPatch) -> None:
        patch.setattr(worlds, "open_store", store)
        self.world = World(path)
        self.world.publisher.trust_pack()
        self.payers = [self.world.payer(500_00, name) for name in ("Lin", "Wu")]
        self.wallets: list[Wallet] = [self.world.wallet(200_00, bound) for _, bound in self.payers]
        self.thieves = [wallet.clone() for wallet in self.wallets]
        self.tills: list[Till] = [self.world.till(name) for name in ("M", "N", "O")]
        self.sent: list[tuple[Till, bytes]] = []

    def tell(self, act: Act) -> Any:
        """Does it; what the other side is told, or the code with which it was refused."""
        name, who, where, much = act
        wallet = self.wallets[who % len(self.wallets)]
        till = self.tills[where % len(self.tills)]
        try:
            return getattr(self, f"_{name}")(wallet, till, who, 1_00 + much)
        except (Refused, IssuerTrouble) as refused:
            return str(refused.code)

    def facts(self) -> Any:
        """All that anybody can ask for. Numbers of events differ, their order does not."""
        world = self.world
        payers = [world.issuer.statement(payer_id) for payer_id, _ in self.payers]
        payees = [world.acquirer.statement(till.payee_id) for till in self.tills]
        told = [replace(one, events=tuple(replace(event, number=0) for event in one.events)) for one in payees]
        later = [world.acquirer.statement(till.payee_id, 0).events for till in self.tills]
        books = world.store.book_facts()
        return (
            payers,
            told,
            [[replace(event, number=0) for event in events] for events in later],
            world.issuer.forks(),
            world.issuer.exposures(),
            world.issuer.payers(after=None, limit=10),
            world.acquirer.payees(after=None, limit=10),
            (books.postings, books.entry_sums, dict(books.posted), dict(books.held), dict(books.funded)),
            sorted(books.reserves, key=lambda one: one.ref),
            sorted(books.payees, key=lambda one: one.payee_id),
            verify_books(world.store).mismatches,
        )

    def _send(self, till: Till, claims: list[bytes], notes: list[bytes]) -> Any:
        self.sent.append((till, till.batch(claims, notes)))
        return self._again(None, till, len(self.sent) - 1, 0)

    def _again(self, _wallet: object, _till: object, which: int, _much: int) -> Any:
        if not self.sent:
            return None
        till, batch = self.sent[which % len(self.sent)]
        answer = decode_answer(self.world.acquirer.take_batch(till.terminal, batch))
        return answer.claims, answer.notes

    def _pay(self, wallet: Wallet, till: Till, _who: int, minor: int) -> Any:
        return self._send(till, [till.accept(wallet, minor), till.accept(wallet, 50)], [])

    def _fork(self, _wallet: Wallet, till: Till, who: int, minor: int) -> Any:
        return self._send(till, [till.accept(self.thieves[who % len(self.thieves)], minor)], [])

    def _code(self, wallet: Wallet, till: Till, _who: int, minor: int) -> Any:
        return self._send(till, [till.take_code(wallet, wallet.draw(minor, ttl_s=60), minor)], [])

    def _note(self, wallet: Wallet, till: Till, _who: int, minor: int) -> Any:
        cheque = wallet.draw(minor, ttl_s=60)
        claim = till.take_code(wallet, cheque, minor)
        return self._send(till, [claim], []), self._send(till, [], [till.note(wallet.id(cheque), minor // 2)])

    def _lost(self, wallet: Wallet, _till: Till, _who: int, _minor: int) -> Any:
        return self.world.issuer.suspend(wallet.ref, SuspendReason.LOST)

    def _close(self, wallet: Wallet, _till: Till, _who: int, _minor: int) -> Any:
        device = self.world.issuer.authenticate_device(wallet.bound.token)
        return self.world.issuer.close_allowance(device, wallet.draw(0))

    def _pack(self, _wallet: Wallet, till: Till, _who: int, _minor: int) -> None:
        self.world.publisher.trust_pack()
        with self.world.store.read() as reading:
            latest = reading.latest_publication()
        assert latest is not None
        till.index_version = latest.index_version

    def _later(self, _wallet: Wallet, _till: Till, _who: int, minor: int) -> None:
        self.world.now += minor

    def _end(self, _wallet: Wallet, _till: Till, who: int, _minor: int) -> Any:
        self.world.now += (who % 4) * DAY
        return self.world.issuer.close_windows(), self.world.acquirer.collect()

    def _issue(self, _wallet: Wallet, _till: Till, who: int, minor: int) -> Any:
        wallet = self.world.wallet(minor, self.payers[who % len(self.payers)][1])
        self.wallets.append(wallet)
        self.thieves.append(wallet.clone())
        return wallet.ref

    def _pool(self, _wallet: Wallet, _till: Till, who: int, minor: int) -> int:
        return self.world.issuer.fund_pool(CUR, minor, f"pool {who}")


NUMBERS = st.integers(0, 7)
STORIES = st.lists(st.tuples(st.sampled_from(ACTS), NUMBERS, NUMBERS, st.integers(0, 199_00)), max_size=14)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(story=STORIES)
def test_both_stores_tell_the_same(postgres: PostgresServer, story: list[Act]) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch, ExitStack() as ends:
        path = Path(folder) / "operator.db"
        told = []
        for store in (lambda path: OperatorStore.open(path, worlds.SEALS), lambda path: open_postgres(postgres, path)):
            one = Story(path, store, patch)
            ends.callback(one.world.close)
            told.append(one)
        sqlite, other = told
        for act in story:
            assert sqlite.tell(act) == other.tell(act), act
        assert sqlite.facts() == other.facts()
