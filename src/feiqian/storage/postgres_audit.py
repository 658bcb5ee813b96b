"""The audit log's tables on PostgreSQL: leaves are queued, and moved into the log, as sets.

A set is written in the order in which it is sent, so leaves keep theirs: the schema lets only the next place be taken.
"""

from collections.abc import Sequence
from typing import Final

from feiqian.audit.merkle import Grown
from feiqian.audit.ports import Queued
from feiqian.storage.audit_tables import AuditQueue, AuditTables, QueuedRow, placed_row
from feiqian.storage.postgres_columns import bigints, byteas
from feiqian.storage.postgres_ledger import Place, PostgresLedger

_QUEUE: Final = "INSERT INTO audit_queue (leaf, salt, evidence) SELECT * FROM unnest(?, ?, ?)"
_LEAVES: Final = "INSERT INTO audit_leaves SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?)"
_NODES: Final = "INSERT INTO audit_nodes SELECT * FROM unnest(?, ?, ?)"
_TAKEN: Final = "DELETE FROM audit_queue WHERE number = ANY(?)"
_LEAF_INTEGERS: Final = 3
"""Index, number and kind come first, then bytes."""


class PostgresAudit(PostgresLedger, AuditQueue, AuditTables):
    """An `AuditUnit` over one connection."""

    def append(self, queued: Sequence[Queued], grown: Grown) -> None:
        first = grown.frontier.size - len(queued)
        columns = list(zip(*(placed_row(first + place, one) for place, one in enumerate(queued)), strict=True))
        leaves = (*map(bigints, columns[:_LEAF_INTEGERS]), *map(byteas, columns[_LEAF_INTEGERS:]))
        self._writing.later(Place.SINGLE, _LEAVES, *leaves)
        levels, indexes, hashes = zip(*((node.level, node.index, node.hash) for node in grown.nodes), strict=True)
        self._writing.later(Place.SINGLE, _NODES, bigints(levels), bigints(indexes), byteas(hashes))
        self._writing.later(Place.SINGLE, _TAKEN, bigints([one.number for one in queued]))

    def _enqueue(self, rows: Sequence[QueuedRow]) -> None:
        self._writing.later(Place.SINGLE, _QUEUE, *map(byteas, zip(*rows, strict=True)))
