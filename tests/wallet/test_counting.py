"""Counting in hardware: an older copy of the store does not pay, and nothing that died half-way is lost."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from feiqian.keys.software import SoftwareKeys
from feiqian.protocol.words import Trouble, Words, WordsTable
from feiqian.risk.boundary import What, Why
from feiqian.storage.vault import Vault
from feiqian.storage.wallet_store import VaultWalletStore
from feiqian.wallet.boundary import boundary
from feiqian.wallet.ports import Parts
from feiqian.wallet.records import KeyHome
from feiqian.wallet.states import AllowanceState
from feiqian.wallet.troubles import WalletTrouble
from feiqian.wallet.wallet import Wallet
from tests.wallet.world import PIN, PIN_HELD, World

AMOUNT = 30_00


class PulledOut(Trouble):
    """The hardware is not there."""

    table: ClassVar[WordsTable] = {"pulled_out": {"en": Words("a", "b", "c"), "zh": Words("a", "b", "c")}}


@dataclass
class Counter:
    """A counter that stands at `at`; None before it was made. With `broken` it does not answer."""

    at: int | None = None
    advances: int = 0
    broken: bool = False

    def begin(self) -> int:
        self.at = 7 if self.at is None else self.at
        return self.value()

    def value(self) -> int:
        if self.broken or self.at is None:
            raise PulledOut("pulled_out")
        return self.at

    def advance(self) -> None:
        self.at = self.value() + 1
        self.advances += 1


class CountedWorld(World):
    """A world whose wallet has a counter in hardware."""

    counter: Counter

    def open(self, *, create: bool = False, pin: str = PIN) -> Wallet:
        if create:
            self.counter = Counter()
        vault = Vault.create(self.folder, pin) if create else Vault.open(self.folder, pin, self.clock.now)
        self.vault = vault
        self.store = VaultWalletStore(vault)
        if create:
            self.store.choose_key_home(KeyHome(kind="tpm", counter=b"where it is"))
        keys, chance = SoftwareKeys(), secrets.token_bytes
        return Wallet(Parts(store=self.store, keys=keys, clock=self.clock, randomness=chance, counter=self.counter))

    def put_back(self, copy: Path) -> None:
        """The folder as it was when the copy was taken."""
        self.wallet.lock()
        shutil.rmtree(self.folder)
        shutil.copytree(copy, self.folder)
        self.wallet = self.open()

    def copied(self, copy: Path) -> Path:
        self.wallet.lock()
        shutil.copytree(self.folder, copy)
        self.wallet = self.open()
        return copy


@pytest.fixture
def world(tmp_path: Path) -> CountedWorld:
    made = CountedWorld(tmp_path / "wallet")
    made.enrol()
    made.top_up(300_00)
    return made


def mark(world: CountedWorld) -> int | None:
    home = world.store.key_home()
    assert home is not None
    return home.mark


def refusal(world: CountedWorld) -> str:
    """The code with which a payment is refused; nothing was burned and the counter stayed."""
    before = world.counter.at, [one.counter for one in world.store.allowances()], mark(world)
    with pytest.raises(Trouble) as caught:
        world.wallet.consider(world.terminal.asks(AMOUNT))
    with pytest.raises(Trouble):
        world.wallet.one_way_code(5_00, PIN_HELD)
    assert before == (world.counter.at, [one.counter for one in world.store.allowances()], mark(world))
    return caught.value.code


def test_every_cheque_is_counted_once(world: CountedWorld) -> None:
    assert (world.counter.at, mark(world)) == (7, 7)
    world.pay(AMOUNT)
    world.wallet.one_way_code(5_00, PIN_HELD)
    assert (world.counter.at, mark(world), world.counter.advances) == (9, 9, 2)
    world.wallet.close(world.operator)
    assert (world.counter.at, mark(world)) == (10, 10)


def test_a_process_that_died_before_the_counter_moved_shows_only_what_is_counted(world: CountedWorld) -> None:
    asking = world.terminal.asks(AMOUNT)
    offer = world.wallet.consider(asking)
    burn = world.store.burn

    def dies(*records: object) -> None:
        burn(*records)  # type: ignore[arg-type]  # passed on as it came
        world.counter.broken = True

    world.store.burn = dies  # type: ignore[method-assign,assignment]
    with pytest.raises(PulledOut):
        world.wallet.pay(offer, PIN_HELD)
    assert (world.counter.at, mark(world)) == (7, 8)

    world.counter.broken = False
    world.reopen()
    shown = world.wallet.pay(world.wallet.consider(asking), PIN_HELD)
    assert (world.counter.at, mark(world)) == (8, 8), "what is shown was counted first"
    assert world.terminal.accepts(asking, shown.body).terms.counter == 1


def test_an_older_copy_refuses_to_pay_and_still_takes_receipts_and_syncs(world: CountedWorld, tmp_path: Path) -> None:
    _, body = world.pay(AMOUNT)
    copy = world.copied(tmp_path / "copy")
    world.pay(AMOUNT)
    world.put_back(copy)

    assert refusal(world) == "store_rolled_back"
    trouble = world.wallet.counting_trouble()
    assert trouble is not None
    assert trouble.code == "store_rolled_back"
    assert world.wallet.spendable().total_minor == 0
    (pay,) = [one for one in boundary(world.wallet.holdings(), keys_away=True) if one.what is What.PAY_REQUEST]
    assert (pay.works, pay.why) == (False, Why.KEYS_AWAY)
    with pytest.raises(WalletTrouble, match="store_rolled_back"):
        world.wallet.close(world.operator)

    (payment,) = world.wallet.history()
    world.wallet.take_acknowledgement(world.terminal.receipt(payment.cheque_id, AMOUNT))
    assert world.wallet.sync(world.operator).statement is not None
    assert world.wallet.show_again(payment.number).body == body, "what was counted long ago is shown as it was"


def test_a_new_allowance_makes_an_older_copy_a_wallet_again_and_bars_what_it_knew(
    world: CountedWorld, tmp_path: Path
) -> None:
    copy = world.copied(tmp_path / "copy")
    world.pay(AMOUNT)
    world.put_back(copy)
    (old,) = world.store.allowances()
    world.top_up(100_00)

    assert world.wallet.counting_trouble() is None
    assert mark(world) == world.counter.at
    barred = {one.top_up_id: one.barred for one in world.store.allowances()}
    assert barred.pop(old.top_up_id)
    assert list(barred.values()) == [False]
    view = world.wallet.spendable()
    assert (view.total_minor, view.payment_minor) == (100_00, 100_00)
    world.pay(AMOUNT)
    assert [one.counter for one in world.store.allowances()] == [0, 1]


def test_a_top_up_that_waited_in_an_older_copy_is_dropped(world: CountedWorld, tmp_path: Path) -> None:
    world.operator.up = False
    with pytest.raises(Trouble):
        world.top_up(100_00)
    copy = world.copied(tmp_path / "copy")
    world.operator.up = True
    world.top_up(100_00)
    world.pay(AMOUNT)
    issued = len(world.operator.issued)
    world.put_back(copy)

    synced = world.wallet.sync(world.operator)
    assert "store_rolled_back" in [failure.code for failure in synced.failures]
    assert synced.topped_up_minor == 0, "its allowance may have been spent from"
    world.top_up(50_00)
    assert [one.state for one in world.store.allowances()] == [
        AllowanceState.HELD,
        AllowanceState.DROPPED,
        AllowanceState.HELD,
    ]
    assert len(world.operator.issued) == issued + 1


@pytest.mark.parametrize("at", [None, 1])
def test_another_counter_is_no_counter_of_this_wallet(world: CountedWorld, at: int | None) -> None:
    world.pay(AMOUNT)
    world.pay(AMOUNT)
    world.counter.at = at
    assert refusal(world) == ("tpm_changed" if at else "pulled_out")
    with pytest.raises(Trouble):
        world.top_up(20_00)
    (payment, _) = world.wallet.history()
    with pytest.raises(Trouble):
        world.wallet.show_again(payment.number)


def test_a_wallet_without_a_counter_asks_nobody(tmp_path: Path) -> None:
    world = World(tmp_path / "wallet").enrol().top_up(300_00)
    world.pay(AMOUNT)
    assert world.store.key_home() is None
    assert world.wallet.counting_trouble() is None


def test_where_the_keys_live_is_chosen_before_the_first_key(world: CountedWorld) -> None:
    home = world.store.key_home()
    with pytest.raises(Exception, match="a key was made"):
        world.store.choose_key_home(KeyHome(kind="software"))
    with pytest.raises(Exception, match="not as it was read"):
        world.store.begin_counting(3)
    assert world.store.key_home() == home
