"""The tables of a wallet, as forward migrations (see `migrations`).

What the rules forbid the tables forbid, too: one payment a counter of an allowance, one payment a request, one credit
a cheque.
"""

from typing import Final

from feiqian.storage.migrations import Migration

PAYMENT_IS_OPEN: Final = "state IN ('shown', 'unconfirmed', 'hidden', 'contingent', 'refused')"
"""The states whose status is not "done"."""
MIGRATIONS: Final = (
    Migration(
        version=1,
        name="the wallet",
        statements=(
            """CREATE TABLE enrolment (
                one INTEGER PRIMARY KEY CHECK (one = 1),
                server TEXT NOT NULL,
                account_key BLOB NOT NULL,
                begun_at INTEGER NOT NULL
            ) STRICT""",
            """CREATE TABLE membership (
                one INTEGER PRIMARY KEY CHECK (one = 1),
                payer_id BLOB NOT NULL,
                payer_name TEXT NOT NULL,
                device_id BLOB NOT NULL,
                device_token TEXT NOT NULL,
                currency TEXT NOT NULL
            ) STRICT""",
            """CREATE TABLE trust (
                one INTEGER PRIMARY KEY CHECK (one = 1),
                deployment TEXT NOT NULL,
                roots BLOB NOT NULL,
                threshold INTEGER NOT NULL,
                pack BLOB NOT NULL
            ) STRICT""",
            """CREATE TABLE heard (
                one INTEGER PRIMARY KEY CHECK (one = 1),
                at INTEGER NOT NULL
            ) STRICT""",
            """CREATE TABLE allowance (
                place INTEGER PRIMARY KEY,
                top_up_id BLOB NOT NULL UNIQUE,
                device_key BLOB NOT NULL UNIQUE,
                amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
                currency TEXT NOT NULL,
                asked_at INTEGER NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('asked', 'dropped', 'held', 'closing', 'closed')),
                raw BLOB,
                counter INTEGER NOT NULL CHECK (counter >= 0),
                cumulative_minor INTEGER NOT NULL CHECK (cumulative_minor >= 0),
                last_id BLOB NOT NULL,
                closing BLOB,
                CHECK ((state IN ('asked', 'dropped')) = (raw IS NULL)),
                CHECK ((state IN ('closing', 'closed')) = (closing IS NOT NULL))
            ) STRICT""",
            """CREATE TABLE payment (
                place INTEGER PRIMARY KEY,
                cheque_id BLOB NOT NULL UNIQUE,
                top_up_id BLOB NOT NULL REFERENCES allowance (top_up_id),
                counter INTEGER NOT NULL CHECK (counter > 0),
                cheque BLOB NOT NULL,
                credits BLOB,
                form TEXT NOT NULL CHECK (form IN ('two_way', 'one_way')),
                amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
                up_to INTEGER NOT NULL CHECK (up_to IN (0, 1)),
                currency TEXT NOT NULL,
                drawn_at INTEGER NOT NULL,
                expires_at INTEGER NOT NULL,
                state TEXT NOT NULL,
                request BLOB,
                request_hash BLOB UNIQUE,
                payee_id BLOB,
                payee_name TEXT,
                payee_proved INTEGER NOT NULL CHECK (payee_proved IN (0, 1)),
                reference TEXT,
                final_minor INTEGER CHECK (final_minor BETWEEN 0 AND amount_minor),
                grade TEXT CHECK (grade IN ('F1', 'F2', 'F3')),
                acknowledgement BLOB,
                acknowledged_at INTEGER,
                UNIQUE (top_up_id, counter),
                CHECK ((form = 'two_way') = (request_hash IS NOT NULL))
            ) STRICT""",
            """CREATE TABLE credit (
                cheque_id BLOB PRIMARY KEY REFERENCES payment (cheque_id),
                top_up_id BLOB NOT NULL REFERENCES allowance (top_up_id),
                back_minor INTEGER NOT NULL CHECK (back_minor > 0),
                statement BLOB NOT NULL,
                certificate BLOB NOT NULL
            ) STRICT""",
            "CREATE INDEX credit_by_allowance ON credit (top_up_id)",
            """CREATE TABLE payee (
                terminal_ref BLOB PRIMARY KEY,
                payee_id BLOB NOT NULL,
                payee_name TEXT NOT NULL,
                certificate BLOB NOT NULL,
                met_at INTEGER NOT NULL
            ) STRICT""",
            "CREATE INDEX payee_by_id ON payee (payee_id, met_at)",
        ),
    ),
    Migration(
        version=2,
        name="what the books say of each cheque",
        statements=(
            "ALTER TABLE payment ADD COLUMN deadline_at INTEGER",
            """CREATE TABLE finding (
                cheque_id BLOB NOT NULL,
                kind TEXT NOT NULL CHECK (kind IN ('not_ours', 'forked', 'too_much')),
                top_up_id BLOB NOT NULL REFERENCES allowance (top_up_id),
                amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
                PRIMARY KEY (cheque_id, kind)
            ) STRICT, WITHOUT ROWID""",
        ),
    ),
    Migration(
        version=3,
        name="so that the past need not be read",
        statements=(
            "ALTER TABLE allowance ADD COLUMN expires_at INTEGER",
            "CREATE INDEX allowance_current ON allowance (expires_at) WHERE state <> 'dropped'",
            f"CREATE INDEX payment_open ON payment (place) WHERE {PAYMENT_IS_OPEN}",
        ),
    ),
    Migration(
        version=4,
        name="when and why paying was locked",
        statements=(
            """CREATE TABLE paying_lock (
                place INTEGER PRIMARY KEY,
                lock_id BLOB NOT NULL UNIQUE CHECK (length(lock_id) = 16),
                reason TEXT NOT NULL,
                locked_at INTEGER NOT NULL,
                seen INTEGER NOT NULL,
                allowed INTEGER NOT NULL,
                answer TEXT NOT NULL CHECK (answer IN ('none', 'waiting', 'refused', 'allowed', 'clock_right')),
                ended_at INTEGER,
                CHECK ((answer IN ('allowed', 'clock_right')) = (ended_at IS NOT NULL))
            ) STRICT""",
            "CREATE UNIQUE INDEX paying_lock_stands ON paying_lock ((ended_at IS NULL)) WHERE ended_at IS NULL",
        ),
    ),
    Migration(
        version=5,
        name="keys in hardware, and its counter",
        statements=(
            """CREATE TABLE key_home (
                one INTEGER PRIMARY KEY CHECK (one = 1),
                kind TEXT NOT NULL,
                counter BLOB,
                mark INTEGER CHECK (mark IS NULL OR counter IS NOT NULL),
                vouched INTEGER NOT NULL DEFAULT 0 CHECK (vouched IN (0, 1))
            ) STRICT""",
            "ALTER TABLE allowance ADD COLUMN barred INTEGER NOT NULL DEFAULT 0 CHECK (barred IN (0, 1))",
        ),
    ),
    Migration(
        version=6,
        name="one-time codes",
        statements=(
            "ALTER TABLE allowance ADD COLUMN code_key BLOB CHECK (length(code_key) = 32)",
            """CREATE TABLE finding_6 (
                cheque_id BLOB NOT NULL,
                kind TEXT NOT NULL CHECK (kind IN ('not_ours', 'forked', 'too_much', 'code_wrong')),
                top_up_id BLOB NOT NULL REFERENCES allowance (top_up_id),
                amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
                PRIMARY KEY (cheque_id, kind)
            ) STRICT, WITHOUT ROWID""",
            "INSERT INTO finding_6 SELECT * FROM finding",
            "DROP TABLE finding",
            "ALTER TABLE finding_6 RENAME TO finding",
        ),
    ),
    Migration(
        version=7,
        name="what was restored, and what the books say of other devices",
        statements=(
            """CREATE TABLE restored (
                cheque_id BLOB PRIMARY KEY,
                certificate BLOB,
                top_up_id BLOB NOT NULL,
                counter INTEGER NOT NULL CHECK (counter > 0),
                cheque BLOB NOT NULL,
                credits BLOB,
                form TEXT NOT NULL CHECK (form IN ('two_way', 'one_way')),
                amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
                up_to INTEGER NOT NULL CHECK (up_to IN (0, 1)),
                currency TEXT NOT NULL,
                drawn_at INTEGER NOT NULL,
                expires_at INTEGER NOT NULL,
                state TEXT NOT NULL,
                request BLOB,
                request_hash BLOB,
                payee_id BLOB,
                payee_name TEXT,
                payee_proved INTEGER NOT NULL CHECK (payee_proved IN (0, 1)),
                reference TEXT,
                final_minor INTEGER CHECK (final_minor BETWEEN 0 AND amount_minor),
                grade TEXT CHECK (grade IN ('F1', 'F2', 'F3')),
                acknowledgement BLOB,
                acknowledged_at INTEGER,
                deadline_at INTEGER,
                CHECK ((form = 'two_way') = (request_hash IS NOT NULL))
            ) STRICT""",
            """CREATE TABLE other_allowance (
                ref BLOB NOT NULL UNIQUE,
                reserved_minor INTEGER NOT NULL CHECK (reserved_minor >= 0),
                waiting_minor INTEGER NOT NULL CHECK (waiting_minor >= 0),
                returned_minor INTEGER NOT NULL CHECK (returned_minor >= 0),
                deadline_at INTEGER NOT NULL,
                stopped INTEGER NOT NULL CHECK (stopped IN (0, 1)),
                closed INTEGER NOT NULL CHECK (closed IN (0, 1))
            ) STRICT""",
            """CREATE TABLE other_cheque (
                cheque_id BLOB NOT NULL UNIQUE,
                ref BLOB NOT NULL,
                amount_minor INTEGER NOT NULL,
                paid_minor INTEGER NOT NULL,
                waiting_minor INTEGER NOT NULL,
                deadline_at INTEGER NOT NULL,
                state TEXT NOT NULL,
                payee_name TEXT
            ) STRICT""",
        ),
    ),
)
