"""The wallet as a card: what it answers to the commands of a payee's reader (spec 11).

A state machine over a port to the wallet, and no more: SELECT, PUT REQUEST, GET PAYMENT, PUT RECEIPT, GET AWAITED, and
GET TRUST and PUT TRUST behind a payment. What
it remembers is one session between two power-offs, and nothing of it is worth keeping: a payment that was drawn is in
the wallet's store before its first byte is answered, under the request's hash, so that a phone that was pulled away
anywhere and is held again comes to the same payment. Any bytes give a status word.
"""

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Final, Protocol

from feiqian.links.apdu import (
    CHAINED,
    INS_GET_RESPONSE,
    INS_SELECT,
    Answer,
    ApduError,
    Command,
    Inbox,
    Outbox,
    Status,
    decode_command,
)
from feiqian.links.nfc_packs import PackInbox, about, encode_about, piece_of
from feiqian.protocol import cbor
from feiqian.protocol.ids import StatementId
from feiqian.protocol.refusals import Refused
from feiqian.protocol.trust import Trust
from feiqian.protocol.words import Coded
from feiqian.wallet.troubles import WalletTrouble

AID: Final = b"\xf0FEIQIAN\x01"
"""A proprietary application id (ISO 7816-4 section 8.2.1.2: it begins with F); its last byte is the tap's version."""
CLA: Final = 0x80
SELECT_BY_NAME: Final = 4
TAP_VERSION: Final = 1
EXTENDED: Final = 1
"""Bit of the capabilities: commands of the extended form are understood."""
AWAITED_MAX: Final = 4
"""Payments whose receipts a card asks for at once."""


class Ins(IntEnum):
    """The commands."""

    PUT_REQUEST = 0x10
    GET_PAYMENT = 0x12
    PUT_RECEIPT = 0x14
    GET_AWAITED = 0x16
    GET_TRUST = 0x18
    PUT_TRUST = 0x1A


_IN_PIECES: Final = frozenset({Ins.GET_TRUST, Ins.PUT_TRUST})
_WITH_DATA: Final = frozenset({Ins.PUT_REQUEST, Ins.PUT_RECEIPT, Ins.PUT_TRUST})


class CardState(IntEnum):
    """What the wallet says of itself when it is selected."""

    LOCKED = 0
    """Its holder must unlock it first. A wallet that is no phone's is not in any field while it is locked."""
    ASKS = 1
    """Open; the holder is asked when a request has come."""
    CONSENTED = 2
    """Open; the holder has agreed to a payment up to an amount beforehand."""


class Purse(Protocol):
    """The wallet as far as a card needs it. A method raises Coded when it refuses; then nothing was burned."""

    @property
    def has_consent(self) -> bool:
        """Whether the holder has agreed to a payment up to an amount beforehand."""

    def asked(self, asking: bytes) -> bool:
        """Take a request. True when the holder agrees to it or it was answered before, False: the holder is asked."""

    def pay(self) -> bytes | None:
        """The payment for the request taken last, durable before it is returned; None when there is none to make."""

    def awaited(self) -> Sequence[StatementId]:
        """The cheques of earlier payments to the payee that asked last, whose receipts have not come."""

    def take(self, shown: bytes) -> None:
        """Take a receipt or note, durably."""

    def trust(self) -> Trust | None:
        """What is known of keys and lists; None unless the payee that asked last has proved itself."""

    def take_trust(self, pack: bytes) -> None:
        """Take a trust pack, durably, if it is newer."""


class NfcCard:
    """The card over an open wallet. `failed` hears why something was refused: the reader is told in a number only."""

    def __init__(self, purse: Purse, failed: Callable[[Coded], None]) -> None:
        self._purse = purse
        self._failed = failed
        self._inbox, self._outbox = Inbox(), Outbox()
        self._pack = PackInbox()
        self._selected = False

    @property
    def in_session(self) -> bool:
        """Whether a reader has selected the wallet and not let it go: it may want something more."""
        return self._selected

    def reset(self) -> None:
        """Power went: the session is over."""
        self._selected = False
        self._inbox.clear()
        self._outbox.clear()
        self._pack.clear()

    def answer(self, raw: bytes) -> bytes:
        """The answer to a command. Only a bug raises."""
        try:
            return self._answer(decode_command(raw)).raw
        except ApduError as error:
            self._inbox.clear()
            self._outbox.clear()
            return Answer(status=error.status).raw

    def _answer(self, command: Command) -> Answer:
        if command.cla == 0 and command.ins == INS_SELECT:
            return self._select(command)
        if not self._selected:
            raise ApduError(Status.NOT_NOW)
        if command.ins == INS_GET_RESPONSE and command.cla in (0, CLA):
            return self._outbox.more(command.expected)
        if command.cla & ~CHAINED != CLA:
            raise ApduError(Status.WRONG_CLASS)
        self._outbox.clear()
        whole = self._inbox.take(command)
        return Answer() if whole is None else self._do(whole)

    def _select(self, command: Command) -> Answer:
        """Only the whole name selects; another one leaves nothing selected, as power on did."""
        self.reset()
        if command.p1 != SELECT_BY_NAME or command.p2 & ~0x0C:  # the first or only one, with whatever control data
            raise ApduError(Status.WRONG_PARAMETERS)
        if command.data != AID:
            raise ApduError(Status.NOT_FOUND)
        self._selected = True
        state = CardState.CONSENTED if self._purse.has_consent else CardState.ASKS
        about = {0: TAP_VERSION, 1: EXTENDED, 2: int(state)}
        return self._outbox.begin(cbor.encode(about), command.expected)

    def _do(self, command: Command) -> Answer:
        try:
            ins = Ins(command.ins)
        except ValueError:
            raise ApduError(Status.WRONG_INSTRUCTION) from None
        if command.p1 or (command.p2 and ins not in _IN_PIECES):
            raise ApduError(Status.WRONG_PARAMETERS)
        if (ins in _WITH_DATA) != bool(command.data):
            raise ApduError(Status.WRONG_LENGTH)
        try:
            return self._perform(ins, command)
        except Coded as failure:
            self._failed(failure)
            raise ApduError(status_of(failure)) from None

    def _perform(self, ins: Ins, command: Command) -> Answer:
        if ins in _IN_PIECES:
            return self._trade(ins, command)
        if ins is Ins.PUT_REQUEST:
            return Answer() if self._purse.asked(command.data) else Answer(status=Status.ASK_HOLDER)
        if ins is Ins.PUT_RECEIPT:
            self._purse.take(command.data)
            return Answer()
        if ins is Ins.GET_AWAITED:
            ids = b"".join(self._purse.awaited()[:AWAITED_MAX])
            return self._outbox.begin(ids, command.expected)
        payment = self._purse.pay()
        if payment is None:
            raise ApduError(Status.NOT_NOW)
        return self._outbox.begin(payment, command.expected)

    def _trade(self, ins: Ins, command: Command) -> Answer:
        """Keys and lists, for a payee that has proved itself. The holder hears nothing of a pack that is refused."""
        held = self._purse.trust()
        if held is None:
            raise ApduError(Status.NOT_NOW)
        if ins is Ins.GET_TRUST:
            told = piece_of(held.raw, command.p2) if command.p2 else encode_about(about(held))
            return self._outbox.begin(told, command.expected)
        pack = self._pack.take(command.p2, command.data)
        if pack is not None:
            try:
                self._purse.take_trust(pack)
            except Coded as failure:
                raise ApduError(status_of(failure)) from None
        return Answer()


def status_of(failure: Coded) -> Status:
    """Whose fault it is, and no more: that a wallet is empty is nothing that a reader need know."""
    if isinstance(failure, Refused):
        return Status.REFUSED
    return Status.DECLINED if isinstance(failure, WalletTrouble) else Status.BROKEN
