"""Giving a till's key back to its payee: noted in the books before the key leaves the operator."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final, Protocol

from feiqian.acquirer.ports import WritePoint
from feiqian.acquirer.troubles import AcquirerTrouble
from feiqian.acquirer.values import Terminal
from feiqian.ledger.clearing import thought_out_again
from feiqian.protocol.ids import TerminalRef

_ID_BYTES: Final = 16


class RecoveryUnit(Protocol):
    """What is asked of the books and written there."""

    def terminal(self, ref: TerminalRef) -> Terminal | None:
        """A terminal."""

    def add_till_recovery(self, recovery_id: bytes, terminal_ref: TerminalRef, request_hash: bytes, at: int) -> None:
        """Its key is given back."""


class RecoveryStore(Protocol):
    """A store that can be written."""

    def write(self, point: str) -> AbstractContextManager[RecoveryUnit]:
        """One write, durable when the context ends."""


@thought_out_again
def note_recovery(
    store: RecoveryStore,
    terminal_ref: TerminalRef,
    request_hash: bytes,
    *,
    at: int,
    randomness: Callable[[int], bytes],
) -> Terminal:
    """Notes that this till's key is given back, each time anew; whose it is. Raises unknown_terminal."""
    with store.write(WritePoint.RECOVER_TILL) as unit:
        terminal = unit.terminal(terminal_ref)
        if terminal is None:
            raise AcquirerTrouble("unknown_terminal")
        unit.add_till_recovery(randomness(_ID_BYTES), terminal_ref, request_hash, at)
        return terminal
