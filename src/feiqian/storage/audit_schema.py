"""The audit log's tables: what waits for its place, the tree, the signed states, who cosigned them (spec 09).

Nothing of it is ever changed, and a queued leaf leaves the queue only for the log.
"""

from typing import Final

from feiqian.storage.migrations import Migration

AUDIT_IMMUTABLE: Final = ("audit_leaves", "audit_nodes", "checkpoints", "cosignatures", "audit_witnesses")
"""Tables of the log whose rows are never changed and never removed."""

_TABLES: Final = (
    """CREATE TABLE audit_queue (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        leaf BLOB NOT NULL CHECK (length(leaf) BETWEEN 1 AND 120),
        salt BLOB CHECK (salt IS NULL OR length(salt) = 32),
        evidence BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE audit_leaves (
        leaf_index INTEGER PRIMARY KEY CHECK (leaf_index >= 0),
        number INTEGER NOT NULL UNIQUE,
        kind INTEGER NOT NULL,
        subject BLOB NOT NULL,
        leaf BLOB NOT NULL CHECK (length(leaf) BETWEEN 1 AND 120),
        salt BLOB CHECK (salt IS NULL OR length(salt) = 32),
        evidence BLOB NOT NULL
    ) STRICT""",
    "CREATE INDEX audit_leaves_by_subject ON audit_leaves (subject, kind, leaf_index)",
    """CREATE TABLE audit_nodes (
        level INTEGER NOT NULL,
        node_index INTEGER NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        PRIMARY KEY (level, node_index)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE checkpoints (
        size INTEGER PRIMARY KEY CHECK (size > 0),
        root BLOB NOT NULL CHECK (length(root) = 32),
        note BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE cosignatures (
        size INTEGER NOT NULL REFERENCES checkpoints (size),
        name TEXT NOT NULL,
        key_id BLOB NOT NULL CHECK (length(key_id) = 4),
        line BLOB NOT NULL,
        PRIMARY KEY (size, name, key_id)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE audit_witnesses (
        key TEXT PRIMARY KEY,
        added_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TRIGGER audit_leaves_follow_each_other BEFORE INSERT ON audit_leaves
        WHEN NEW.leaf_index <> (SELECT coalesce(max(leaf_index), -1) + 1 FROM audit_leaves)
        BEGIN SELECT RAISE(ABORT, 'a leaf has the next place'); END""",
    """CREATE TRIGGER audit_queue_refuse_update BEFORE UPDATE ON audit_queue
        BEGIN SELECT RAISE(ABORT, 'rows of audit_queue are never changed'); END""",
    """CREATE TRIGGER audit_queue_refuse_delete BEFORE DELETE ON audit_queue
        WHEN NOT EXISTS (SELECT 1 FROM audit_leaves WHERE number = OLD.number)
        BEGIN SELECT RAISE(ABORT, 'a leaf that is not in the log is never removed'); END""",
)


def _immutable(table: str) -> tuple[str, str]:
    refused = f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed'); END"
    return (
        f"CREATE TRIGGER {table}_refuse_update BEFORE UPDATE ON {table} {refused}",
        f"CREATE TRIGGER {table}_refuse_delete BEFORE DELETE ON {table} {refused}",
    )


AUDIT_LOG: Final = Migration(
    version=6,
    name="the audit log",
    statements=(*_TABLES, *(statement for table in AUDIT_IMMUTABLE for statement in _immutable(table))),
    down=tuple(
        f"DROP TABLE {table}"
        for table in ("audit_witnesses", "cosignatures", "checkpoints", "audit_nodes", "audit_leaves", "audit_queue")
    ),
)
