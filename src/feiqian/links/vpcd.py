"""A virtual card: the wallet in the field of vsmartcard's virtual reader, over its TCP connection (spec 11.6).

It stands in for a phone's host card emulation: the same commands, and a connection instead of a radio. The reader's
driver (vpcd) listens; connecting is holding the phone to the reader, closing is pulling it away. Messages have a length
of two bytes; those of one byte are power off, power on, reset and a question for the ATR, all others are commands.

Every read turns TCP_QUICKACK on again (the system forgets it): the driver sends length and content one by one, and a
delayed acknowledgement between the two would cost 40 ms a command.
"""

import socket
from contextlib import suppress
from types import TracebackType
from typing import Final, Protocol, Self

from feiqian.links.nfc_troubles import TapTrouble

ATR: Final = bytes.fromhex("3B80800101")
"""What a reader says of a contactless card without historical bytes (PC/SC part 3, 3.1.3.2.3.1): protocol T=1."""
DEFAULT_PORT: Final = 35_963
_POWER_OFF, _POWER_ON, _RESET, _ASK_ATR = 0, 1, 2, 4
_LENGTH_BYTES = 2
_CHUNK_BYTES = 65_536
_CONNECT_S = 2.0


class Card(Protocol):
    """What is in the field."""

    def reset(self) -> None:
        """Power went."""

    def answer(self, raw: bytes) -> bytes:
        """The answer to a command."""


class VirtualCard:
    """A card held to the virtual reader. `fileno` is for `select`; when it is ready, `serve` what has come."""

    def __init__(self, card: Card, host: str = "127.0.0.1", port: int = DEFAULT_PORT, *, atr: bytes = ATR) -> None:
        """Raises TapTrouble field_unreachable."""
        self._card, self._atr = card, atr
        self._buffer = b""
        self._is_powered = False
        try:
            self._socket = socket.create_connection((host, port), timeout=_CONNECT_S)
        except OSError as error:
            raise TapTrouble("field_unreachable", place=f"{host}:{port}", why=error.strerror or "?") from None
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._quick()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def fileno(self) -> int:
        """The connection, to wait for."""
        return self._socket.fileno()

    def serve(self) -> bool:
        """Answer what has come; False when the reader is gone."""
        try:
            came = self._socket.recv(_CHUNK_BYTES)
            self._quick()
            self._buffer += came
            while (message := self._next()) is not None:
                answer = self._answer(message)
                if answer is not None:
                    self._socket.sendall(len(answer).to_bytes(_LENGTH_BYTES, "big") + answer)
        except OSError:
            came = b""
        if not came:
            self._card.reset()
        return bool(came)

    def close(self) -> None:
        """Pull away. What was answered last still arrives: a connection closed over unread bytes takes it along."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            self._socket.settimeout(0)
            self._socket.recv(_CHUNK_BYTES)
        self._socket.close()
        self._card.reset()

    def _next(self) -> bytes | None:
        end = _LENGTH_BYTES + int.from_bytes(self._buffer[:_LENGTH_BYTES], "big")
        if len(self._buffer) < max(_LENGTH_BYTES, end):
            return None
        message, self._buffer = self._buffer[_LENGTH_BYTES:end], self._buffer[end:]
        return message

    def _answer(self, message: bytes) -> bytes | None:
        if len(message) != 1:
            return self._card.answer(message)
        if message[0] == _ASK_ATR:
            return self._atr
        # pcscd powers up a card that it has only now noticed, even one that is spoken to already: no new session.
        if message[0] in (_POWER_OFF, _RESET) or (message[0] == _POWER_ON and not self._is_powered):
            self._card.reset()
        self._is_powered = message[0] != _POWER_OFF
        return None

    def _quick(self) -> None:
        if hasattr(socket, "TCP_QUICKACK"):  # Linux's own
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
