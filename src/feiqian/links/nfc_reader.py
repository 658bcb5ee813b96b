"""A card reader of this machine: the one door to PC/SC, by way of pyscard (spec 11.5).

Rules. A card is used alone: while we talk to it no other program may select something else on it. Each command has a
deadline of its own, kept by a thread that can be left behind, since PC/SC waits for as long as the card lets it. What
comes back is a value or a `ReaderError` that says what happened: the card went, it is late, it answers what is no
answer, the reader went. Which words that gets is for the caller to say: a till has others than a wallet whose key is
on a card.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import ModuleType, TracebackType
from typing import Any, Final, Literal, Self

from feiqian.links.apdu import (
    INS_GET_RESPONSE,
    MESSAGE_MAX_BYTES,
    Answer,
    Command,
    Status,
    commands_for,
    decode_answer,
    encode_command,
)

ReaderFault = Literal[
    "pcsc_missing",
    "pcscd_missing",
    "reader_missing",
    "reader_unknown",
    "reader_gone",
    "reader_in_use",
    "card_removed",
    "card_late",
    "card_garbled",
]
COMMAND_S: Final = 5.0
"""How long a card may think about one command. A phone that is asked wakes its app within one second."""
_LOOK_S: Final = 0.04
"""How often a reader is looked at whose driver reports cards late."""
_EVENT_MS: Final = 500
_POLLED: Final = ("Virtual PCD",)
"""Readers that pcscd itself looks at 2.5 times a second only, as it has no other news of them: they are powered up on
trial instead. All others report a card by themselves."""
_FEATURES: Final = 3_400
_GET_TLV_PROPERTIES: Final = 0x12
_MAX_APDU_DATA: Final = 0x0A


class ReaderError(Exception):
    """Reader or card did not do what was asked."""

    def __init__(self, fault: ReaderFault, **values: object) -> None:
        super().__init__(fault)
        self.fault: ReaderFault = fault
        self.values = values

    @property
    def is_passing(self) -> bool:
        """Whether holding the card there again may mend it."""
        return self.fault.startswith("card_")


def reader_names() -> Sequence[str]:
    """The readers that are connected. Raises ReaderError."""
    with Reader() as reader:
        return reader.names()


class Reader:
    """One reader, opened by its name or the first there is. Closing it lets the card and the reader go."""

    def __init__(self, *, command_s: float = COMMAND_S) -> None:
        """Raises ReaderError."""
        self._scard: Any = _library()
        self._command_s = command_s
        self._name = ""
        self._handle: Any = None
        self._is_connected = False
        self._protocol: Any = None
        self._extended = False
        self._worker: _Worker | None = None
        self._left_behind: _Worker | None = None
        self._context = self._done(self._scard.SCardEstablishContext(self._scard.SCARD_SCOPE_USER))

    @classmethod
    def open(cls, name: str | None = None, *, command_s: float = COMMAND_S) -> Self:
        """The reader whose name is this or begins so; without a name the first. Raises ReaderError."""
        reader = cls(command_s=command_s)
        try:
            names = reader.names()
            if not names:
                raise ReaderError("reader_missing")
            found = [one for one in names if name is None or one.startswith(name)]
            if not found:
                raise ReaderError("reader_unknown", name=name, known=", ".join(names))
            reader._name = found[0]
        except BaseException:
            reader.close()
            raise
        return reader

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    def names(self) -> Sequence[str]:
        """All readers that are connected. Raises ReaderError."""
        scard = self._scard
        result, names = scard.SCardListReaders(self._context, [])
        if result == scard.SCARD_E_NO_READERS_AVAILABLE:
            return ()
        self._check(result)
        return tuple(names)

    def wait_for_card(self, until: float) -> bool:
        """Wait for a card and power it up; False when there is none at `until`, on the monotonic clock.

        Raises ReaderError; a card that came and went is none.
        """
        self.leave()
        look = self._powered if self._name.startswith(_POLLED) else self._reported
        while True:
            if look(until):
                return True
            if time.monotonic() >= until:
                return False

    def exchange(self, cla: int, ins: int, p1: int = 0, p2: int = 0, data: bytes = b"") -> Answer:
        """Send a message, in several commands if it must be, and fetch all of the answer. Raises ReaderError."""
        answer = Answer()
        for command in commands_for(cla, ins, p1, p2, data, extended=self._extended):
            if answer.status != Status.DONE:
                return answer  # the card has refused a piece: the rest of the chain is not for it
            answer = self.transmit(command)
        whole = answer.data
        while answer.more:
            if (not answer.data and whole) or len(whole) > MESSAGE_MAX_BYTES:
                raise ReaderError("card_garbled")
            fetch = Command(cla=cla, ins=INS_GET_RESPONSE, expected=answer.more)
            answer = self.transmit(encode_command(fetch))
            whole += answer.data
        if len(whole) > MESSAGE_MAX_BYTES:
            raise ReaderError("card_garbled")
        return Answer(data=whole, status=answer.status)

    def transmit(self, command: bytes) -> Answer:
        """One command and its answer. Raises ReaderError; after card_late the card is given up."""
        if not self._is_connected:
            raise ReaderError("card_removed")
        scard, handle, protocol = self._scard, self._handle, self._protocol
        result = self._in_time(lambda: scard.SCardTransmit(handle, protocol, list(command)))
        if result[0] == scard.SCARD_E_PROTO_MISMATCH:
            # pcscd has only now noticed the card that was powered up on trial, and forgot what was agreed with it.
            protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
            how = (handle, scard.SCARD_SHARE_EXCLUSIVE, protocols, scard.SCARD_LEAVE_CARD)
            self._done(self._in_time(lambda: scard.SCardReconnect(*how)))
            result = self._in_time(lambda: scard.SCardTransmit(handle, protocol, list(command)))
        raw = self._done(result)
        if not raw:
            raise ReaderError("card_removed")  # the driver's word for a card that went in the middle of a command
        answer = decode_answer(bytes(octet & 0xFF for octet in raw))
        if answer is None:
            raise ReaderError("card_garbled")
        return answer

    def leave(self) -> None:
        """Let the card go, so that the next one, or the same one held there again, begins anew."""
        scard, handle = self._scard, self._handle
        self._handle = None
        self._is_connected = False
        if handle is not None:
            with suppress(ReaderError):
                self._in_time(lambda: scard.SCardDisconnect(handle, scard.SCARD_UNPOWER_CARD))

    def close(self) -> None:
        """Let the reader go. Harmless when repeated."""
        self.leave()
        if self._worker is not None:
            self._worker.end()
            self._worker = None
        if self._context is not None:
            self._scard.SCardReleaseContext(self._context)
            self._context = None

    def _powered(self, until: float) -> bool:
        """Power up what may be there. The handle stays: it is the reader's, with or without a card."""
        scard, context, name = self._scard, self._context, self._name
        if self._handle is None:
            direct = self._in_time(lambda: scard.SCardConnect(context, name, scard.SCARD_SHARE_DIRECT, 0))
            self._handle, _ = self._done(direct)
        handle, protocols = self._handle, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        result, protocol = self._in_time(
            lambda: scard.SCardReconnect(handle, scard.SCARD_SHARE_EXCLUSIVE, protocols, scard.SCARD_RESET_CARD)
        )
        if self._began(result, protocol):
            return True
        time.sleep(max(0.0, min(_LOOK_S, until - time.monotonic())))
        return False

    def _reported(self, until: float) -> bool:
        """Wait for the reader's word that a card is there, half a second at most, then connect."""
        scard = self._scard
        state = [(self._name, scard.SCARD_STATE_EMPTY)]
        left_ms = max(0, min(_EVENT_MS, int((until - time.monotonic()) * 1000)))
        result, states = scard.SCardGetStatusChange(self._context, left_ms, state)
        if result == scard.SCARD_E_TIMEOUT:
            return False
        self._check(result)
        if not states[0][1] & scard.SCARD_STATE_PRESENT:
            if states[0][1] & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE):
                raise ReaderError("reader_gone")
            return False
        context, name, protocols = self._context, self._name, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        result, handle, protocol = self._in_time(
            lambda: scard.SCardConnect(context, name, scard.SCARD_SHARE_EXCLUSIVE, protocols)
        )
        if result == scard.SCARD_S_SUCCESS:
            self._handle = handle
        return self._began(result, protocol)

    def _began(self, result: int, protocol: int) -> bool:
        """Whether a card is there, powered and ours."""
        scard = self._scard
        try:
            self._check(result)
        except ReaderError as error:
            if not error.is_passing:
                raise
            return False
        is_t1 = protocol == scard.SCARD_PROTOCOL_T1
        self._protocol = scard.SCARD_PCI_T1 if is_t1 else scard.SCARD_PCI_T0
        self._extended = is_t1 and self._takes_extended()
        self._is_connected = True
        return True

    def _takes_extended(self) -> bool:
        """Whether the reader says that it takes commands of the extended form (PC/SC part 10); silence is a no."""
        scard = self._scard
        result, features = scard.SCardControl(self._handle, scard.SCARD_CTL_CODE(_FEATURES), [])
        code = _tlv(bytes(features or ()), "big").get(_GET_TLV_PROPERTIES) if result == scard.SCARD_S_SUCCESS else None
        if code is None:
            return False
        result, properties = scard.SCardControl(self._handle, code, [])
        known = _tlv(bytes(properties or ()), "little") if result == scard.SCARD_S_SUCCESS else {}
        return known.get(_MAX_APDU_DATA, 0) >= MESSAGE_MAX_BYTES

    def _in_time(self, call: Callable[[], Any]) -> Any:
        """What a call gave that waits for the card. Raises ReaderError card_late.

        The thread that waits is then left behind, and its handle and context with it, until the card answers or goes:
        so long nobody else gets to the reader.
        """
        self._worker = self._worker or _Worker()
        done = self._worker.run(call, self._command_s)
        if done is None:
            worker, scard, context = self._worker, self._scard, self._context
            worker.leave_behind(lambda: scard.SCardReleaseContext(context))
            self._worker = self._handle = None
            self._is_connected, self._left_behind = False, worker
            self._context = self._done(self._scard.SCardEstablishContext(self._scard.SCARD_SCOPE_USER))
            raise ReaderError("card_late")
        return done

    def _done(self, result: Sequence[Any]) -> Any:
        """What a call of the library gave besides its status; one thing as itself, several as they are."""
        status, *rest = result
        self._check(status)
        return rest[0] if len(rest) == 1 else rest

    def _check(self, result: int) -> None:
        """Raises ReaderError unless the library is content."""
        scard = self._scard
        if result == scard.SCARD_S_SUCCESS:
            return
        faults: dict[int, ReaderFault] = {
            scard.SCARD_E_NO_SERVICE: "pcscd_missing",
            scard.SCARD_E_SERVICE_STOPPED: "pcscd_missing",
            scard.SCARD_E_NO_READERS_AVAILABLE: "reader_missing",
            scard.SCARD_E_SHARING_VIOLATION: "reader_in_use",
            scard.SCARD_W_REMOVED_CARD: "card_removed",
            scard.SCARD_W_RESET_CARD: "card_removed",
            scard.SCARD_W_UNPOWERED_CARD: "card_removed",
            scard.SCARD_W_UNRESPONSIVE_CARD: "card_removed",
            scard.SCARD_W_UNSUPPORTED_CARD: "card_removed",
            scard.SCARD_E_NO_SMARTCARD: "card_removed",
            scard.SCARD_E_NOT_TRANSACTED: "card_removed",
            scard.SCARD_E_PROTO_MISMATCH: "card_removed",
            scard.SCARD_F_COMM_ERROR: "card_removed",
        }
        fault = faults.get(result, "reader_gone")
        is_our_own = fault == "reader_in_use" and self._left_behind is not None and self._left_behind.is_busy
        raise ReaderError("card_late" if is_our_own else fault)


class _Worker:
    """A thread for calls that may never come back."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], Any] | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="card", daemon=True)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether it still waits, or has not been told to end."""
        return self._thread.is_alive()

    def run(self, call: Callable[[], Any], timeout_s: float) -> Any:
        """What the call gave; None when it has not come back in time. Then this worker is of no more use."""
        self._calls.put(call)
        try:
            return self._results.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def leave_behind(self, call: Callable[[], Any]) -> None:
        """Its last call, once the one that it waits for has come back."""
        self._calls.put(call)
        self.end()

    def end(self) -> None:
        """Nothing more to do."""
        self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            self._results.put(call())


def _tlv(raw: bytes, order: Literal["big", "little"]) -> dict[int, int]:
    """Tag, length, number, and so on; what is cut short is left out."""
    found: dict[int, int] = {}
    while len(raw) > 1 and len(raw) >= 2 + raw[1]:
        found[raw[0]] = int.from_bytes(raw[2 : 2 + raw[1]], order)
        raw = raw[2 + raw[1] :]
    return found


def _library() -> ModuleType:
    try:
        from smartcard import scard
    except ModuleNotFoundError:
        raise ReaderError("pcsc_missing") from None
    library: ModuleType = scard
    return library
