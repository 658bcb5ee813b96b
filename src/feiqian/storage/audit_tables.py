"""The audit log's tables: leaves queued with the rows that they are about, and the log that they go into (spec 09).

A unit of the operator's store notes which rows it writes (`AuditQueue`) and queues one leaf for each act when it
ends; the sequencer moves the queue into the log (`AuditTables`). No rule is decided here.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from feiqian.audit.evidence import RowMark, encode_evidence
from feiqian.audit.leaf import LeafKind, decode_leaf, encode_leaf, leaf_about
from feiqian.audit.limits import SALT_BYTES
from feiqian.audit.merkle import Grown
from feiqian.audit.note import add_signatures
from feiqian.audit.ports import Placed, Queued
from feiqian.audit.refusals import AuditRefused
from feiqian.audit.verify import StoredState
from feiqian.storage.ledger_tables import Database, LedgerTables

_QUEUE: Final = "INSERT INTO audit_queue (leaf, salt, evidence) VALUES (?, ?, ?)"
QueuedRow = tuple[bytes, bytes | None, bytes]
"""A leaf that waits, its salt, its evidence."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a unit does, and the marks of the rows that it wrote for it."""

    kind: LeafKind
    subject: bytes
    marks: list[RowMark] = field(default_factory=list)


def now_s() -> int:
    """The clock of this machine, Unix seconds."""
    return int(time.time())


class AuditQueue(LedgerTables):
    """Notes what a unit writes, over one connection, inside a transaction that somebody else began."""

    def __init__(self, connection: Database) -> None:
        super().__init__(connection)
        self._acts: list[Act] = []

    def _begin(self, kind: LeafKind, subject: bytes) -> None:
        """What is marked from here on belongs to this act."""
        self._acts.append(Act(kind, subject))

    def _aside(self, kind: LeafKind, subject: bytes, marks: Iterable[RowMark]) -> None:
        """A whole act beside the one under way."""
        self._acts.insert(0, Act(kind, subject, list(marks)))

    def _mark(self, mark: RowMark, otherwise: LeafKind, subject: bytes) -> None:
        """A row of the act under way; where there is none, of an act of its own."""
        if not self._acts:
            self._begin(otherwise, subject)
        self._acts[-1].marks.append(mark)

    def seal(self, clock: Callable[[], int] = now_s) -> None:
        """Queues a leaf for each act that wrote something; call it last, before the commit."""
        acts = [act for act in self._acts if act.marks]
        self._acts.clear()
        if acts:
            at = clock()
            self._enqueue([_queued(act, at) for act in acts])

    def _enqueue(self, rows: Sequence[QueuedRow]) -> None:
        self._db.executemany(_QUEUE, rows)


def _queued(act: Act, at: int) -> QueuedRow:
    evidence = encode_evidence(act.marks)
    salt = secrets.token_bytes(SALT_BYTES) if act.kind.salted else None
    return encode_leaf(leaf_about(act.kind, at, act.subject, evidence, salt=salt)), salt, evidence


class AuditTables(LedgerTables):
    """An `AuditUnit` over one connection."""

    def queued(self, limit: int) -> list[Queued]:
        query = "SELECT number, leaf, salt, evidence FROM audit_queue ORDER BY number LIMIT ?"
        return [
            Queued(number=number, leaf=leaf, salt=salt, evidence=evidence)
            for number, leaf, salt, evidence in self._db.execute(query, (limit,))
        ]

    def size(self) -> int:
        return int(self._one("SELECT coalesce(max(leaf_index), -1) + 1 FROM audit_leaves")[0])

    def node(self, level: int, index: int) -> bytes | None:
        row = self._maybe("SELECT hash FROM audit_nodes WHERE level = ? AND node_index = ?", (level, index))
        return None if row is None else bytes(row[0])

    def placed(self, kind: int, subject: bytes) -> Placed | None:
        query = """SELECT leaf_index, leaf, salt, evidence FROM audit_leaves WHERE subject = ? AND kind = ?
                   ORDER BY leaf_index DESC LIMIT 1"""
        row = self._maybe(query, (subject, kind))
        return None if row is None else Placed(index=row[0], leaf=row[1], shown=(row[2] or b"") + row[3])

    def leaf_at(self, index: int) -> Placed | None:
        query = "SELECT leaf_index, leaf, salt, evidence FROM audit_leaves WHERE leaf_index = ?"
        row = self._maybe(query, (index,))
        return None if row is None else Placed(index=row[0], leaf=row[1], shown=(row[2] or b"") + row[3])

    def checkpoint(self, size: int | None = None, *, cosigned_from: int | None = None) -> bytes | None:
        if cosigned_from is not None:
            query = "SELECT size, note FROM checkpoints WHERE size = (SELECT max(size) FROM cosignatures)"
            row = self._maybe(query)
            if row is None or row[0] < cosigned_from:
                return None
        elif size is not None:
            row = self._maybe("SELECT size, note FROM checkpoints WHERE size = ?", (size,))
        else:
            row = self._maybe("SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1")
        if row is None:
            return None
        return self._cosigned(*row)

    def states(self) -> Iterator[StoredState]:
        """Every signed state, oldest first; one whose note cannot be read is given as it is."""
        for size, root, note in self._db.execute("SELECT size, root, note FROM checkpoints ORDER BY size").fetchall():
            try:
                yield StoredState(size, root, self._cosigned(size, note))
            except AuditRefused:
                yield StoredState(size, root, note)

    def _cosigned(self, size: int, note: bytes) -> bytes:
        lines = self._db.execute("SELECT line FROM cosignatures WHERE size = ? ORDER BY name, key_id", (size,))
        return add_signatures(note, [line for (line,) in lines])

    def witness_keys(self) -> list[str]:
        return [key for (key,) in self._db.execute("SELECT key FROM audit_witnesses ORDER BY key")]

    def payer_of_allowance(self, ref: bytes) -> bytes | None:
        row = self._maybe("SELECT payer_id FROM allowances WHERE ref = ?", (ref,))
        return None if row is None else bytes(row[0])

    def payee_of_batch(self, batch_id: bytes, payee_id: bytes) -> bytes | None:
        query = """SELECT t.terminal_ref FROM terminals t JOIN batches b ON b.terminal_ref = t.terminal_ref
                   WHERE t.payee_id = ? AND b.batch_id = ?"""
        row = self._maybe(query, (payee_id, batch_id))
        return None if row is None else bytes(row[0])

    def payee_of_terminal(self, terminal_ref: bytes) -> bytes | None:
        row = self._maybe("SELECT payee_id FROM terminals WHERE terminal_ref = ?", (terminal_ref,))
        return None if row is None else bytes(row[0])

    def append(self, queued: Sequence[Queued], grown: Grown) -> None:
        first = grown.frontier.size - len(queued)
        self._db.executemany(
            "INSERT INTO audit_leaves VALUES (?, ?, ?, ?, ?, ?, ?)",
            [placed_row(first + place, one) for place, one in enumerate(queued)],
        )
        self._db.executemany(
            "INSERT INTO audit_nodes VALUES (?, ?, ?)", [(node.level, node.index, node.hash) for node in grown.nodes]
        )
        self._db.executemany("DELETE FROM audit_queue WHERE number = ?", [(one.number,) for one in queued])

    def add_checkpoint(self, size: int, root: bytes, note: bytes) -> None:
        self._db.execute("INSERT INTO checkpoints VALUES (?, ?, ?)", (size, root, note))

    def add_cosignature(self, size: int, name: str, key_id: bytes, line: bytes) -> None:
        row = (size, name, key_id, line)
        self._db.execute("INSERT INTO cosignatures VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", row)


def placed_row(index: int, one: Queued) -> tuple[Any, ...]:
    """A leaf's row in the log."""
    leaf = decode_leaf(one.leaf)
    return (index, one.number, int(leaf.kind), leaf.subject, one.leaf, one.salt, one.evidence)
