"""Commands and answers of a smart card as bytes (ISO 7816-4; spec 11.2, 11.3). Pure.

A command is a header of four bytes, data, and how much is expected back, in the short form (255 and 256 bytes at
most) or the extended one. A message that is larger than one command goes in several, chained; an answer that is larger
than what was expected is fetched piece by piece. Whatever is not exactly of these forms is a status word for the
sender, never another exception: a card meets every reader in the world, and a reader every card.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from feiqian.protocol.limits import PRESENTATION_MAX_BYTES

MESSAGE_MAX_BYTES: Final = PRESENTATION_MAX_BYTES
"""The largest message that travels by tap, gathered from its pieces."""
COMMAND_MAX_BYTES: Final = 9 + 0xFFFF
CHAINED: Final = 0x10
"""The bit of the class byte that says: more of this command follows."""
INS_SELECT: Final = 0xA4
INS_GET_RESPONSE: Final = 0xC0

_HEADER = 4
_SHORT_MAX = 0xFF
_EXTENDED_MAX = 0xFFFF
_STATUS = 2
_MORE_MAX = 0xFF


class Status(IntEnum):
    """Status words, as far as they are used here (ISO 7816-4 section 5.1.3)."""

    DONE = 0x9000
    MORE = 0x6100
    """The low byte says how much more there is, 0 for 256 and above."""
    WRONG_LENGTH = 0x6700
    LAST_EXPECTED = 0x6883
    LOCKED = 0x6982
    PIN_BLOCKED = 0x6983
    ASK_HOLDER = 0x6985
    NOT_NOW = 0x6986
    REFUSED = 0x6A80
    DECLINED = 0x6A81
    NOT_FOUND = 0x6A82
    TOO_LARGE = 0x6A84
    WRONG_PARAMETERS = 0x6A86
    WRONG_INSTRUCTION = 0x6D00
    WRONG_CLASS = 0x6E00
    BROKEN = 0x6F00


class ApduError(Exception):
    """A command that is not one, with the status word that says so to its sender."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.name)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command. `expected` is how many bytes may come back, 0 for none."""

    cla: int
    ins: int
    p1: int = 0
    p2: int = 0
    data: bytes = b""
    expected: int = 0

    @property
    def is_chained(self) -> bool:
        """Whether more of this command follows."""
        return bool(self.cla & CHAINED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: data and the status word."""

    data: bytes = b""
    status: int = Status.DONE

    @property
    def raw(self) -> bytes:
        """As it travels."""
        return self.data + self.status.to_bytes(_STATUS, "big")

    @property
    def more(self) -> int:
        """How many bytes are to be fetched with GET RESPONSE, 256 for all that there are; 0 when this is all."""
        return (self.status & 0xFF or 0x100) if self.status & 0xFF00 == Status.MORE else 0


def encode_command(command: Command) -> bytes:
    """In the short form where it fits, else in the extended one. Raises ValueError above 65,535 bytes of data."""
    header = bytes([command.cla, command.ins, command.p1, command.p2])
    size, expected = len(command.data), command.expected
    if size > _EXTENDED_MAX or expected > _EXTENDED_MAX + 1:
        raise ValueError("more than one command can hold")
    if size <= _SHORT_MAX and expected <= _SHORT_MAX + 1:
        body = bytes([size]) + command.data if size else b""
        return header + body + (bytes([expected & 0xFF]) if expected else b"")
    body = b"\0" + (size.to_bytes(2, "big") + command.data if size else b"")
    return header + body + ((expected & 0xFFFF).to_bytes(2, "big") if expected else b"")


def decode_command(raw: bytes) -> Command:
    """The command in these bytes, in either form. Raises ApduError WRONG_LENGTH."""
    if not _HEADER <= len(raw) <= COMMAND_MAX_BYTES:
        raise ApduError(Status.WRONG_LENGTH)
    header, body = raw[:_HEADER], raw[_HEADER:]
    is_extended = len(body) > 1 and not body[0]
    data, expected = _data_and_expected(body[1:], 2) if is_extended else _data_and_expected(body, 1)
    cla, ins, p1, p2 = header
    return Command(cla=cla, ins=ins, p1=p1, p2=p2, data=data, expected=expected)


def _data_and_expected(body: bytes, wide: int) -> tuple[bytes, int]:
    """Data and expected length, each length in `wide` bytes."""
    if not body:
        return b"", 0
    if len(body) == wide:
        return b"", _expected(body)
    size = int.from_bytes(body[:wide], "big")
    data, rest = body[wide : wide + size], body[wide + size :]
    if not size or len(data) != size or len(rest) not in (0, wide):
        raise ApduError(Status.WRONG_LENGTH)
    return data, _expected(rest) if rest else 0


def _expected(length: bytes) -> int:
    return int.from_bytes(length, "big") or 1 << 8 * len(length)


def decode_answer(raw: bytes) -> Answer | None:
    """The answer in these bytes; None when there is not even a status word."""
    if len(raw) < _STATUS:
        return None
    return Answer(data=raw[:-_STATUS], status=int.from_bytes(raw[-_STATUS:], "big"))


def commands_for(cla: int, ins: int, p1: int, p2: int, data: bytes, *, extended: bool) -> Iterator[bytes]:
    """The commands that carry `data`: one in the extended form, or a chain of short ones."""
    if extended and len(data) > _SHORT_MAX:
        yield encode_command(Command(cla=cla, ins=ins, p1=p1, p2=p2, data=data, expected=_EXTENDED_MAX + 1))
        return
    starts = range(0, len(data), _SHORT_MAX) or range(1)
    for start in starts:
        piece, last = data[start : start + _SHORT_MAX], start == starts[-1]
        yield encode_command(
            Command(
                cla=cla if last else cla | CHAINED,
                ins=ins,
                p1=p1,
                p2=p2,
                data=piece,
                expected=_SHORT_MAX + 1 if last else 0,
            )
        )


class Inbox:
    """Gathers a chained command on the card's side."""

    def __init__(self, max_bytes: int = MESSAGE_MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._head: tuple[int, int, int, int] | None = None
        self._data = b""

    def take(self, command: Command) -> Command | None:
        """The whole command with its last piece, None before it. Raises ApduError; what was gathered is then dropped.

        Another command in between ends a chain, and a command that does not go on with it must not become a part of it.
        """
        head = (command.cla & ~CHAINED, command.ins, command.p1, command.p2)
        data = self._data + command.data
        broken = self._head is not None and head != self._head
        self.clear()
        if broken:
            raise ApduError(Status.LAST_EXPECTED)
        if len(data) > self._max_bytes:
            raise ApduError(Status.TOO_LARGE)
        if command.is_chained:
            self._head, self._data = head, data
            return None
        cla, ins, p1, p2 = head
        return Command(cla=cla, ins=ins, p1=p1, p2=p2, data=data, expected=command.expected)

    def clear(self) -> None:
        """Forget what was gathered."""
        self._head, self._data = None, b""


class Outbox:
    """Hands an answer out in pieces on the card's side."""

    def __init__(self) -> None:
        self._rest = b""

    def begin(self, data: bytes, expected: int) -> Answer:
        """The first piece of a new answer. A reader that expects nothing is told how much there is."""
        self._rest = data
        return self.more(expected) if data else Answer()

    def more(self, expected: int) -> Answer:
        """The next piece. NOT_NOW when there is none."""
        if not self._rest:
            return Answer(status=Status.NOT_NOW)
        piece, self._rest = self._rest[:expected], self._rest[expected:]
        left = len(self._rest)
        return Answer(data=piece, status=Status.DONE if not left else Status.MORE | (left if left <= _MORE_MAX else 0))

    def clear(self) -> None:
        """Forget what was not fetched."""
        self._rest = b""
