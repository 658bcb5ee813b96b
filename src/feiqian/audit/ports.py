"""What the audit log needs from outside: a store that appends once and forgets nothing.

What becomes a leaf is queued by whoever writes the rows that it is about, in the same transaction. One sequencer moves
the queue into the log; several at once are harmless, because each reads and writes under the store's own lock.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from feiqian.audit.merkle import Grown


class WritePoint(StrEnum):
    """Every place where the log itself changes."""

    BEGIN = "audit.begin"
    APPEND = "audit.append"
    COSIGN = "audit.cosign"
    TRUST_WITNESS = "audit.trust-witness"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A leaf that waits for its place. `salt` is None but for the salted kinds; `number` is its place in the queue."""

    number: int
    leaf: bytes
    salt: bytes | None
    evidence: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A leaf of the log: `index` counts from 0. `shown` is the evidence that the leaf hashes, its salt before it."""

    index: int
    leaf: bytes
    shown: bytes


class AuditReading(Protocol):
    """What can be asked of the log."""

    def queued(self, limit: int) -> list[Queued]:
        """Leaves that wait, oldest first."""

    def size(self) -> int:
        """How many leaves the log has."""

    def node(self, level: int, index: int) -> bytes | None:
        """The stored hash of a whole node."""

    def placed(self, kind: int, subject: bytes) -> Placed | None:
        """The newest leaf of this kind on this subject."""

    def leaf_at(self, index: int) -> Placed | None:
        """The leaf at this place, counted from 0."""

    def checkpoint(self, size: int | None = None, *, cosigned_from: int | None = None) -> bytes | None:
        """A signed state with its cosignatures: of `size`, else the newest.

        With `cosigned_from` the newest of at least so many leaves that a witness cosigned.
        """

    def witness_keys(self) -> list[str]:
        """The witnesses that the operator trusts, as they publish their keys."""

    def payer_of_allowance(self, ref: bytes) -> bytes | None:
        """Whose allowance it is."""

    def payee_of_batch(self, batch_id: bytes, payee_id: bytes) -> bytes | None:
        """The terminal of this payee that handed the batch in."""

    def payee_of_terminal(self, terminal_ref: bytes) -> bytes | None:
        """Whose terminal it is."""


class AuditUnit(AuditReading, Protocol):
    """One write."""

    def append(self, queued: Sequence[Queued], grown: Grown) -> None:
        """These leaves leave the queue for the log, with the nodes that became whole."""

    def add_checkpoint(self, size: int, root: bytes, note: bytes) -> None:
        """A signed state."""

    def add_cosignature(self, size: int, name: str, key_id: bytes, line: bytes) -> None:
        """A witness's line under the state of `size`; its first one stays."""

    def add_witness(self, key: str, at: int) -> bool:
        """A witness to trust; False if it is trusted already."""


class AuditStore(Protocol):
    """The log's part of the operator's store; thread-safe."""

    def read(self) -> AbstractContextManager[AuditReading]:
        """One consistent reading."""

    def write(self, point: str) -> AbstractContextManager[AuditUnit]:
        """One write under the store's lock, durable when the context ends, nothing when it ends by an exception."""
