"""The tables of `dispute_schema` on PostgreSQL: the same columns and rules."""

from typing import Final

from feiqian.storage.dispute_schema import DISPUTE_IMMUTABLE

_TABLES: Final = (
    """CREATE TABLE presented (
        allowance_ref bytea NOT NULL REFERENCES allowances (ref),
        cheque_id bytea NOT NULL,
        payer_id bytea NOT NULL REFERENCES payers (payer_id),
        payee_id bytea NOT NULL,
        counter bigint NOT NULL,
        amount_minor bigint NOT NULL CHECK (amount_minor > 0),
        at bigint NOT NULL,
        PRIMARY KEY (allowance_ref, cheque_id)
    )""",
    "CREATE INDEX presented_by_payer ON presented (payer_id, at)",
    """CREATE TABLE payer_receipts (
        receipt_id bytea PRIMARY KEY,
        allowance_ref bytea NOT NULL REFERENCES allowances (ref),
        cheque_id bytea NOT NULL,
        payee_id bytea NOT NULL REFERENCES payees (payee_id),
        raw bytea NOT NULL,
        at bigint NOT NULL
    )""",
    """CREATE TABLE disputes (
        dispute_id bytea PRIMARY KEY CHECK (length(dispute_id) = 16),
        opener text NOT NULL CHECK (opener IN ('payer', 'payee')),
        reason text NOT NULL,
        cheque_id bytea NOT NULL,
        allowance_ref bytea NOT NULL REFERENCES allowances (ref),
        payer_id bytea NOT NULL REFERENCES payers (payer_id),
        payee_id bytea NOT NULL REFERENCES payees (payee_id),
        currency text NOT NULL,
        amount_minor bigint NOT NULL CHECK (amount_minor > 0),
        moved_minor bigint NOT NULL CHECK (abs(moved_minor) <= amount_minor),
        deadline bigint NOT NULL,
        state text NOT NULL,
        opened_at bigint NOT NULL,
        until bigint,
        version bigint NOT NULL
    )""",
    "CREATE INDEX disputes_by_payer ON disputes (payer_id, opened_at)",
    "CREATE INDEX disputes_by_payee ON disputes (payee_id, opened_at)",
    "CREATE INDEX disputes_by_end ON disputes (until) WHERE until IS NOT NULL",
    """CREATE TABLE dispute_steps (
        dispute_id bytea NOT NULL REFERENCES disputes (dispute_id),
        number bigint NOT NULL,
        party text NOT NULL,
        act text NOT NULL,
        amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
        words text NOT NULL,
        evidence bytea NOT NULL,
        at bigint NOT NULL,
        PRIMARY KEY (dispute_id, number)
    )""",
    """CREATE TABLE charge_backs (
        dispute_id bytea PRIMARY KEY REFERENCES disputes (dispute_id),
        payer_id bytea NOT NULL,
        payee_id bytea NOT NULL,
        cheque_id bytea NOT NULL,
        allowance_ref bytea NOT NULL,
        currency text NOT NULL,
        back_minor bigint NOT NULL CHECK (back_minor <> 0),
        at bigint NOT NULL
    )""",
    "CREATE INDEX charge_backs_by_allowance ON charge_backs (allowance_ref, cheque_id)",
)

DISPUTES_UP: Final = (
    *_TABLES,
    *(
        f"CREATE TRIGGER {table}_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION rows_are_never_changed()"
        for table in DISPUTE_IMMUTABLE
    ),
)
DISPUTES_DOWN: Final = tuple(
    f"DROP TABLE {table}" for table in ("charge_backs", "dispute_steps", "disputes", "payer_receipts", "presented")
)
