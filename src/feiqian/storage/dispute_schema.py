"""Tables of the payer's own door and of disputes: what was presented, what was said, and money that moved (spec 10).

Only where a dispute stands ever changes; everything that was handed in, done or moved stays as it was written.
"""

from typing import Final

from feiqian.storage.migrations import Migration

DISPUTE_IMMUTABLE: Final = ("presented", "payer_receipts", "dispute_steps", "charge_backs")
"""Tables whose rows are never changed and never removed."""

_TABLES: Final = (
    """CREATE TABLE presented (
        allowance_ref BLOB NOT NULL REFERENCES allowances (ref),
        cheque_id BLOB NOT NULL,
        payer_id BLOB NOT NULL REFERENCES payers (payer_id),
        payee_id BLOB NOT NULL,
        counter INTEGER NOT NULL,
        amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
        at INTEGER NOT NULL,
        PRIMARY KEY (allowance_ref, cheque_id)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX presented_by_payer ON presented (payer_id, at)",
    """CREATE TABLE payer_receipts (
        receipt_id BLOB PRIMARY KEY,
        allowance_ref BLOB NOT NULL REFERENCES allowances (ref),
        cheque_id BLOB NOT NULL,
        payee_id BLOB NOT NULL REFERENCES payees (payee_id),
        raw BLOB NOT NULL,
        at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE disputes (
        dispute_id BLOB PRIMARY KEY CHECK (length(dispute_id) = 16),
        opener TEXT NOT NULL CHECK (opener IN ('payer', 'payee')),
        reason TEXT NOT NULL,
        cheque_id BLOB NOT NULL,
        allowance_ref BLOB NOT NULL REFERENCES allowances (ref),
        payer_id BLOB NOT NULL REFERENCES payers (payer_id),
        payee_id BLOB NOT NULL REFERENCES payees (payee_id),
        currency TEXT NOT NULL,
        amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
        moved_minor INTEGER NOT NULL CHECK (abs(moved_minor) <= amount_minor),
        deadline INTEGER NOT NULL,
        state TEXT NOT NULL,
        opened_at INTEGER NOT NULL,
        until INTEGER,
        version INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX disputes_by_payer ON disputes (payer_id, opened_at)",
    "CREATE INDEX disputes_by_payee ON disputes (payee_id, opened_at)",
    "CREATE INDEX disputes_by_end ON disputes (until) WHERE until IS NOT NULL",
    """CREATE TABLE dispute_steps (
        dispute_id BLOB NOT NULL REFERENCES disputes (dispute_id),
        number INTEGER NOT NULL,
        party TEXT NOT NULL,
        act TEXT NOT NULL,
        amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
        words TEXT NOT NULL,
        evidence BLOB NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (dispute_id, number)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE charge_backs (
        dispute_id BLOB PRIMARY KEY REFERENCES disputes (dispute_id),
        payer_id BLOB NOT NULL,
        payee_id BLOB NOT NULL,
        cheque_id BLOB NOT NULL,
        allowance_ref BLOB NOT NULL,
        currency TEXT NOT NULL,
        back_minor INTEGER NOT NULL CHECK (back_minor <> 0),
        at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX charge_backs_by_allowance ON charge_backs (allowance_ref, cheque_id)",
)


def _immutable(table: str) -> tuple[str, str]:
    refused = f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed'); END"
    return (
        f"CREATE TRIGGER {table}_refuse_update BEFORE UPDATE ON {table} {refused}",
        f"CREATE TRIGGER {table}_refuse_delete BEFORE DELETE ON {table} {refused}",
    )


DISPUTES: Final = Migration(
    version=7,
    name="the payer's own door, and disputes",
    statements=(*_TABLES, *(statement for table in DISPUTE_IMMUTABLE for statement in _immutable(table))),
    down=tuple(
        f"DROP TABLE {table}" for table in ("charge_backs", "dispute_steps", "disputes", "payer_receipts", "presented")
    ),
)
