"""Devices: a wallet and a till as the world holds them. Each is the real thing over a store in memory.

A device that dies is thrown away and opened again from its store, as after a battery; its copies and snapshots are
copies of that store, keys and all.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from feiqian.issuer.values import PayerId
from feiqian.protocol.allowance import Tier
from feiqian.protocol.ids import PayeeId, RequestHash, StatementId
from feiqian.protocol.keys import Signer
from feiqian.simulation.chance import Chance
from feiqian.simulation.crash import Mortal
from feiqian.simulation.holders import NOTHING, WATCHED, Chip, Token, Traits
from feiqian.simulation.media import Disk, Media, till_disk, till_store, wallet_disk, wallet_store
from feiqian.simulation.signatures import Book
from feiqian.terminal.ports import TerminalStore
from feiqian.terminal.terminal import Terminal
from feiqian.wallet.found import Found
from feiqian.wallet.ports import Parts, WalletStore
from feiqian.wallet.records import KeyHome
from feiqian.wallet.troubles import WalletTrouble
from feiqian.wallet.wallet import Wallet

Clock = Callable[[], int]


class Keys:
    """The key maker of wallets and tills: scalars from chance. Those of a chip are of no use beside another one."""

    tier: Final = Tier.SOFTWARE

    def __init__(self, chance: Chance, book: Book, chip: Chip | None = None) -> None:
        self._chance, self._book, self._chip = chance, book, chip

    def make(self) -> bytes:
        """A scalar, below the group's order by its first byte."""
        made = b"\x01" + self._chance.octets(31)
        if self._chip is not None:
            self._chip.keep(made)
        return made

    def load(self, stored: bytes, /) -> Signer:
        """Its key. Raises WalletTrouble tpm_changed."""
        if self._chip is not None and not self._chip.holds(stored):
            raise WalletTrouble("tpm_changed")
        return self._book.signer(stored)

    def evidence(self, stored: bytes, challenge: bytes, /) -> None:
        """There is none: these keys are numbers."""
        del stored, challenge


@dataclass(slots=True, kw_only=True)
class Outside:
    """What is outside of any device: true time, whose signatures hold, on what stores lie, and where anybody died."""

    clock: Clock
    book: Book
    media: Media
    died_at: set[str]
    seed: int


class WalletDevice:
    """A payer's device. `name` is its own in one world, and gives it its own chance."""

    store: WalletStore
    _token: str

    def __init__(self, name: str, outside: Outside, disk: Disk | None = None, traits: Traits = NOTHING) -> None:
        self.name, self.outside, self.traits = name, outside, traits
        self.chip = Chip() if traits.counted else None
        self.authenticator: Token | None = None
        self.lost_code = ""
        self.locked_for = ""
        self.was_rolled_back = self.is_copy = False
        self.drawn: dict[bytes, int] = {}
        self.off_s = 0
        self.code = ""
        self.payer_id: PayerId | None = None
        self.saved: Disk | None = None
        self.mortal = Mortal(outside.died_at)
        self._chance = Chance(outside.seed, name)
        self._put(disk or wallet_disk(outside.media, self.mortal.at_point()))

    @property
    def is_enrolled(self) -> bool:
        """Whether enrolment was ever finished."""
        return self.token() != ""

    def token(self) -> str:
        """How the operator knows it; "" before it does."""
        if not self._token:
            membership = self.store.membership()
            self._token = "" if membership is None else membership.device_token
        return self._token

    def reopen(self) -> None:
        """After a death."""
        self._put(self._disk)

    def copy(self, name: str) -> "WalletDevice":
        """A second device with the same store."""
        twin = WalletDevice(name, self.outside, self._disk.copy(), self.traits)
        twin.off_s, twin.payer_id, twin.locked_for = self.off_s, self.payer_id, self.locked_for
        twin.is_copy = True
        return twin

    def end(self) -> None:
        """The world is over."""
        self._disk.close()
        self._let_go_of_snapshot()

    def save(self) -> None:
        """Keep a snapshot."""
        self._let_go_of_snapshot()
        self.saved = self._disk.copy()

    def roll_back(self) -> bool:
        """Become the snapshot again; False if there is none."""
        if self.saved is None:
            return False
        self._disk.close()
        self._put(self.saved.copy())
        self.was_rolled_back, self.locked_for = True, ""
        return True

    def settle_in(self) -> None:
        """Says where the keys of a new wallet live, if they live in a chip."""
        if self.chip is not None and self.store.key_home() is None:
            self.store.choose_key_home(KeyHome(kind="chip", counter=b"its counter"))

    def _let_go_of_snapshot(self) -> None:
        if self.saved is not None:
            self.saved.close()

    def signed_minor(self, cheque_id: bytes) -> int | None:
        """What this device signed with this cheque, whatever its store has forgotten since."""
        if cheque_id in self.drawn:
            return self.drawn[cheque_id]
        if cheque_id not in self._signed:
            payment = self.store.payment(StatementId(cheque_id))
            if payment is None:
                return None
            self._signed[cheque_id] = payment.amount_minor
        return self._signed[cheque_id]

    def _put(self, disk: Disk) -> None:
        disk.use(self.mortal.at_point())
        self._disk, self._token = disk, ""
        self._signed: dict[bytes, int] = {}  # what a cheque says never changes, as long as its store is this one
        self.store = wallet_store(disk)
        clock = self.outside.clock
        self.wallet = Wallet(
            Parts(
                store=self.store,
                keys=Keys(self._chance, self.outside.book, self.chip),
                clock=lambda: clock() + self.off_s,
                randomness=self._chance.octets,
                anomaly=WATCHED if self.traits.watchful else None,  # all alike, nobody would be left to pay
                counter=self.chip,
                found=Found(self.outside.book.read_key),
            )
        )


@dataclass(slots=True, kw_only=True)
class OpenRequest:
    """A request that a till made, and whose wallet answered it, if any did."""

    request_hash: RequestHash
    wallet: WalletDevice | None = None


@dataclass(slots=True)
class Shelf:
    """What a till's people remember beside its store: what to void, what to cancel."""

    taken: list[StatementId] = field(default_factory=list)
    requests: list[OpenRequest] = field(default_factory=list)


class TillDevice:
    """A payee's terminal. `honest`: never put back; `on_time`: its clock was never off by more than the skew."""

    store: TerminalStore
    _token: str

    def __init__(self, name: str, outside: Outside) -> None:
        self.name, self.outside = name, outside
        self.off_s = 0
        self.code = ""
        self.honest = self.on_time = True
        self.payee_id: PayeeId | None = None
        self.saved: Disk | None = None
        self.shelf = Shelf()
        self.mortal = Mortal(outside.died_at)
        self._chance = Chance(outside.seed, name)
        self._put(till_disk(outside.media, self.mortal.at_point()))

    @property
    def is_enrolled(self) -> bool:
        """Whether it is somebody's till now."""
        return self.token() != ""

    def token(self) -> str:
        """How the operator knows it; "" while it does not."""
        if not self._token:
            enrolment = self.store.enrolment()
            self._token = "" if enrolment is None else enrolment.token
        return self._token

    def sign_out(self) -> None:
        """Leave the operator."""
        self._token = ""
        self.terminal.sign_out()

    def reopen(self) -> None:
        """After a death."""
        self._put(self._disk)

    def end(self) -> None:
        """The world is over."""
        self._disk.close()
        self._let_go_of_snapshot()

    def save(self) -> None:
        """Keep a snapshot."""
        self._let_go_of_snapshot()
        self.saved = self._disk.copy()

    def roll_back(self) -> bool:
        """Become the snapshot again; False if there is none."""
        if self.saved is None:
            return False
        self._disk.close()
        self._put(self.saved.copy())
        return True

    def _let_go_of_snapshot(self) -> None:
        if self.saved is not None:
            self.saved.close()

    def _put(self, disk: Disk) -> None:
        disk.use(self.mortal.at_point())
        self._disk, self._token = disk, ""
        self.store = till_store(disk)
        clock = self.outside.clock
        self.terminal = Terminal(
            self.store,
            keys=Keys(self._chance, self.outside.book),
            clock=lambda: clock() + self.off_s,
            randomness=self._chance.octets,
            read_key=self.outside.book.read_key,
        )
