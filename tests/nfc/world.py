"""A payer's phone and a payee's till of the same operator, on real vaults, held to each other at a real reader.

The phone is a thread that holds its wallet into the virtual reader's field; the till is whoever calls. Both stores are
folders, so that a process can be put in the place of either.
"""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from select import select

from feiqian.cli.card_service import VIRTUAL_READER
from feiqian.links.nfc_card import NfcCard
from feiqian.links.nfc_packs import Packs
from feiqian.links.nfc_reader import Reader
from feiqian.links.nfc_tap import Step, Tap, Tapped
from feiqian.links.vpcd import VirtualCard
from feiqian.protocol.allowance import HolderCheck
from feiqian.protocol.ids import StatementId
from feiqian.protocol.words import Coded
from feiqian.terminal.accept import Acceptance
from feiqian.wallet.records import PaymentRecord
from feiqian.wallet.tapping import Consent, Tapping
from tests.terminal import world as payee
from tests.wallet import world as payer

PATIENCE_S = 8.0


def wallet_in(folder: Path, *, create: bool = False) -> payer.World:
    """The wallet of this folder, whose operator is the till's."""
    world = payer.World(folder, create=create)
    world.operator.root_key, world.operator.issuer = payee.ROOT, payee.ISSUER
    world.operator.acquirer, world.operator.online = payee.ACQUIRER, payee.ONLINE
    return world


def new_pair(folder: Path) -> payee.Counter:
    """A till in `terminal` and a wallet with 300.00 in `wallet`; the till is open."""
    world = wallet_in(folder / "wallet", create=True)
    world.enrol().top_up(300_00)
    world.wallet.lock()
    return payee.enrolled(folder / "terminal")


@dataclass(slots=True)
class Held:
    """What a phone did while it was held there."""

    payments: list[PaymentRecord] = field(default_factory=list)
    refused: list[Coded] = field(default_factory=list)
    commands: list[bytes] = field(default_factory=list)
    is_done: bool = False
    pack: bytes = b""


class CutCard:
    """A card that is pulled away right before its n-th command is answered, or right after."""

    def __init__(self, card: NfcCard, held: Held, cut_before: int | None, cut_after: int | None) -> None:
        self.card, self.held = card, held
        self.cut_before, self.cut_after = cut_before, cut_after
        self.is_cut = False

    def reset(self) -> None:
        self.card.reset()

    @property
    def in_session(self) -> bool:
        """The till has not let it go: it may have a trust pack to hand over."""
        return self.card.in_session

    def answer(self, raw: bytes) -> bytes:
        number = len(self.held.commands)
        self.held.commands.append(raw)
        if number == self.cut_before:
            self.is_cut = True
            raise Pulled
        answer = self.card.answer(raw)
        if number == self.cut_after:  # the command was done, and its answer did not get through
            self.is_cut = True
            raise Pulled
        return answer


class Pulled(OSError):
    """The phone is out of the field: the connection is closed without an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One time that a phone is held there: until it has its receipt, is pulled away, or the time is over."""

    up_to_minor: int | None = 200_00
    for_s: float = PATIENCE_S
    cut_before: int | None = None
    cut_after: int | None = None
    agrees_after_s: float | None = None
    stays: bool = False
    pause_s: float = 0.0
    """How long it is away first."""


class Phone:
    """A wallet in a thread of its own; `hold` begins, `held` waits for the end and tells of each time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._found: queue.SimpleQueue[list[Held] | BaseException] = queue.SimpleQueue()

    def hold(self, *times: Hold) -> None:
        """Hold it to the reader, each time unlocked anew and locked again behind it."""

        def act() -> None:
            try:
                self._found.put([self._hold(once) for once in times or (Hold(),)])
            except BaseException as error:  # noqa: BLE001  # told to the test's own thread
                self._found.put(error)

        threading.Thread(target=act, daemon=True).start()

    def held(self) -> list[Held]:
        """What happened."""
        found = self._found.get(timeout=60)
        if isinstance(found, BaseException):
            raise found
        return found

    def _hold(self, once: Hold) -> Held:
        world, held = wallet_in(self.folder), Held()
        consent = None
        if once.up_to_minor is not None:
            consent = Consent(up_to_minor=once.up_to_minor, currency="EUR", until=world.clock() + 60)
        tapping = Tapping(world.wallet, holder_check=HolderCheck.PIN, clock=world.clock, consent=consent)
        card = CutCard(NfcCard(tapping, held.refused.append), held, once.cut_before, once.cut_after)
        time.sleep(once.pause_s)
        until, agrees_at = time.monotonic() + once.for_s, None
        with VirtualCard(card) as in_field:
            while time.monotonic() < until and not card.is_cut:
                if tapping.is_done and not card.in_session and not once.stays:
                    break
                ready, _, _ = select([in_field], [], [], 0.02)
                if ready and not in_field.serve():
                    break
                if tapping.waiting is not None and once.agrees_after_s is not None:
                    agrees_at = agrees_at or time.monotonic() + once.agrees_after_s
                    if time.monotonic() >= agrees_at:
                        tapping.agree()
        held.payments = list(world.wallet.history())
        held.is_done = tapping.is_done
        held.pack = world.wallet.trust_pack()
        world.wallet.lock()
        return held


class TillAtReader:
    """The counter behind a tap."""

    def __init__(self, counter: payee.Counter) -> None:
        self.terminal = counter.terminal
        self.taken: list[Acceptance] = []

    def accept(self, payment: bytes) -> bytes:
        self.taken.append(self.terminal.accept(payment))
        return self.taken[-1].shown

    def statement_on(self, cheque_id: StatementId) -> bytes | None:
        return self.terminal.statement_on(cheque_id)


def tap(
    till: TillAtReader,
    asking: bytes,
    *,
    for_s: float = PATIENCE_S,
    told: list[Step] | None = None,
    command_s: float = 5.0,
    packs: Packs | None = None,
) -> Tapped:
    """One tap at the virtual reader; `packs` is the till where trust packs are to be exchanged, too."""
    with Reader.open(VIRTUAL_READER, command_s=command_s) as reader:
        steps = [] if told is None else told
        tap_ = Tap(reader, till, asking, name="test", tell=steps.append, packs=packs)
        return tap_.run(time.monotonic() + for_s)
