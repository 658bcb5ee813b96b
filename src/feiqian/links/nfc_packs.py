"""Trust packs by tap: whichever of phone and till knows less takes the other's pack, after the receipt (spec 11.4).

Signatures and the ratchet judge a pack (spec 05.1), not the tap: here it only travels, in pieces of one message.
Nothing of it is needed for the payment, which is over before the first piece; whatever goes wrong ends the trade and no
more.
"""

import time
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from feiqian.links.apdu import MESSAGE_MAX_BYTES, Answer, ApduError, Status
from feiqian.protocol import cbor
from feiqian.protocol.refusals import Refused
from feiqian.protocol.trust import Trust

PACK_MAX_BYTES: Final = 64 * 1024
"""A larger one does not travel by tap: nobody holds a phone still for it."""
PIECE_BYTES: Final = MESSAGE_MAX_BYTES
TRADE_S: Final = 2.0
"""How long a till goes on with it."""
_UINT_MAX: Final = 2**53 - 1


class Traded(StrEnum):
    """What became of it."""

    NONE = "none"
    SAME = "same"
    GIVEN = "given"
    TAKEN = "taken"


class PackAbout(NamedTuple):
    """Which pack a side holds. The greater of two is the newer one, as far as a look can tell."""

    key_set_version: int
    issued_at: int
    size: int

    @property
    def age(self) -> tuple[int, int]:
        """For comparing."""
        return self.key_set_version, self.issued_at


def about(trust: Trust) -> PackAbout:
    """What is said of the pack that is held."""
    return PackAbout(trust.key_set.version, trust.index.issued_at, len(trust.raw))


def encode_about(found: PackAbout) -> bytes:
    """As it travels: 0 version of the key set, 1 when the index was made, 2 bytes of the pack."""
    return cbor.encode(dict(enumerate(found)))


def decode_about(raw: bytes) -> PackAbout | None:
    """What the other side holds; None for what is no such map."""
    try:
        found = cbor.decode_map(raw, max_bytes=MESSAGE_MAX_BYTES)
    except Refused:
        return None
    values = [found.get(key) for key in range(3)]
    numbers = [value for value in values if type(value) is int and 0 <= value <= _UINT_MAX]
    return PackAbout(*numbers) if len(numbers) == len(values) == len(found) else None


class Packs(Protocol):
    """The till's side of a trade."""

    def trust(self) -> Trust:
        """What the till holds."""

    def take_trust(self, pack: bytes) -> bool:
        """Take a pack durably if it is newer; True if it was. Raises Coded for one that is refused."""


class Exchange(Protocol):
    """A reader with a selected wallet in it."""

    def __call__(self, ins: int, p2: int = 0, data: bytes = b"") -> Answer:
        """Send a command and fetch all of the answer. Raises ReaderError."""


class PackInbox:
    """Gathers the pieces of a pack on the card's side. They count down, so the last one says that it is the last."""

    def __init__(self) -> None:
        self._left: int | None = None
        self._gathered = b""

    def take(self, left: int, piece: bytes) -> bytes | None:
        """The whole pack with its last piece, None before it. Raises ApduError; what was gathered is then dropped."""
        follows = self._left is None or left == self._left - 1
        gathered = self._gathered + piece
        self.clear()
        if not follows:
            raise ApduError(Status.NOT_NOW)
        if len(gathered) + left > PACK_MAX_BYTES:  # each piece that is left has a byte at least
            raise ApduError(Status.TOO_LARGE)
        if not left:
            return gathered
        self._left, self._gathered = left, gathered
        return None

    def clear(self) -> None:
        """Forget what was gathered."""
        self._left, self._gathered = None, b""


def piece_of(raw: bytes, number: int) -> bytes:
    """The piece with this number, from 1; empty behind the last one."""
    return raw[(number - 1) * PIECE_BYTES : number * PIECE_BYTES]


def trade(exchange: Exchange, packs: Packs, *, get: int, put: int) -> Traded:
    """Ask the wallet what it holds, and give or take. Raises ReaderError when the phone goes, Coded as `take_trust`."""
    until = time.monotonic() + TRADE_S
    answer = exchange(get)
    theirs = decode_about(answer.data) if answer.status == Status.DONE else None
    if theirs is None:
        return Traded.NONE  # an older wallet, or one that says nothing to us
    own = packs.trust()
    ours = about(own)
    if theirs.age == ours.age:
        return Traded.SAME
    if theirs.age < ours.age:
        return Traded.GIVEN if _give(exchange, own.raw, put, until) else Traded.NONE
    pack = _take(exchange, theirs.size, get, until)
    return Traded.TAKEN if pack is not None and packs.take_trust(pack) else Traded.NONE


def _give(exchange: Exchange, raw: bytes, put: int, until: float) -> bool:
    if len(raw) > PACK_MAX_BYTES:
        return False
    starts = range(0, len(raw), PIECE_BYTES)
    for place, start in enumerate(starts):
        if time.monotonic() > until:
            return False
        left = len(starts) - 1 - place
        if exchange(put, left, raw[start : start + PIECE_BYTES]).status != Status.DONE:
            return False
    return True


def _take(exchange: Exchange, size: int, get: int, until: float) -> bytes | None:
    if size > PACK_MAX_BYTES:
        return None
    gathered = b""
    while len(gathered) < size and time.monotonic() <= until:
        answer = exchange(get, 1 + len(gathered) // PIECE_BYTES)
        if answer.status != Status.DONE or len(answer.data) != min(PIECE_BYTES, size - len(gathered)):
            return None
        gathered += answer.data
    return gathered if len(gathered) == size else None
