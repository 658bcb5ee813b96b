"""The operator's schema: what the database itself refuses, whoever asks.

- Postings come first and their entry last: the entry's trigger refuses a sum other than zero, a foreign key checked at
  commit refuses postings without entry, and a trigger refuses postings after it. Nothing of it is ever changed.
- Balances are kept by trigger from postings and may not fall below zero where money would be made.
- A batch is (terminal, batch id), a claim (allowance, cheque id, payee), a request that is paid (payee, H(request)):
  one row each.

SQL that SQLite 3.40 knows; STRICT tables, so that a type is a type.
"""

from typing import Final

from feiqian.storage.attestation_schema import ATTESTATION
from feiqian.storage.audit_schema import AUDIT_LOG
from feiqian.storage.code_schema import CODES
from feiqian.storage.device_schema import DEVICES
from feiqian.storage.dispute_schema import DISPUTES
from feiqian.storage.migrations import Migration
from feiqian.storage.personal_schema import PERSONAL_DATA
from feiqian.storage.revocation_schema import REVOCATIONS
from feiqian.storage.run_schema import RUNS
from feiqian.storage.staff_schema import STAFF
from feiqian.storage.sync_schema import SYNCS

_LEDGER: Final = (
    """CREATE TABLE entries (
        number INTEGER PRIMARY KEY,
        entry_id BLOB NOT NULL UNIQUE CHECK (length(entry_id) = 16),
        reason TEXT NOT NULL,
        at INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE postings (
        number INTEGER PRIMARY KEY,
        entry INTEGER NOT NULL REFERENCES entries (number) DEFERRABLE INITIALLY DEFERRED,
        book TEXT NOT NULL CHECK (book = iif(kind IN ('receivable', 'payee'), 'acquirer', 'issuer')),
        kind TEXT NOT NULL,
        owner BLOB NOT NULL,
        currency TEXT NOT NULL CHECK (length(currency) = 3),
        amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0)
    ) STRICT""",
    "CREATE INDEX postings_by_entry ON postings (entry)",
    "CREATE INDEX postings_by_account ON postings (kind, owner, currency)",
    """CREATE TABLE balances (
        kind TEXT NOT NULL,
        owner BLOB NOT NULL,
        currency TEXT NOT NULL,
        posted_minor INTEGER NOT NULL
            CHECK (kind NOT IN ('free', 'reserve', 'pool') OR posted_minor <= 0)
            CHECK (kind NOT IN ('cash', 'loss') OR posted_minor >= 0),
        PRIMARY KEY (kind, owner, currency)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TRIGGER postings_come_before_their_entry BEFORE INSERT ON postings
        WHEN EXISTS (SELECT 1 FROM entries WHERE number = NEW.entry)
        BEGIN SELECT RAISE(ABORT, 'the entry is sealed'); END""",
    """CREATE TRIGGER postings_make_balances AFTER INSERT ON postings BEGIN
        INSERT OR IGNORE INTO balances (kind, owner, currency, posted_minor)
        VALUES (NEW.kind, NEW.owner, NEW.currency, 0);
        UPDATE balances SET posted_minor = posted_minor + NEW.amount_minor
        WHERE kind = NEW.kind AND owner = NEW.owner AND currency = NEW.currency;
    END""",
    """CREATE TRIGGER entries_sum_to_zero BEFORE INSERT ON entries
        WHEN NOT EXISTS (SELECT 1 FROM postings WHERE entry = NEW.number) OR EXISTS (
            SELECT 1 FROM postings WHERE entry = NEW.number GROUP BY book, currency HAVING sum(amount_minor) <> 0
        )
        BEGIN SELECT RAISE(ABORT, 'the entry does not sum to zero'); END""",
)

_ISSUER: Final = (
    """CREATE TABLE payers (
        payer_id BLOB PRIMARY KEY,
        name TEXT NOT NULL,
        currency TEXT NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE payer_codes (
        code_hash BLOB PRIMARY KEY,
        payer_id BLOB NOT NULL REFERENCES payers (payer_id),
        expires_at INTEGER NOT NULL,
        used_by BLOB
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE fundings (
        key TEXT PRIMARY KEY,
        payer_id BLOB NOT NULL,
        currency TEXT NOT NULL,
        amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
        at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE devices (
        device_id BLOB PRIMARY KEY,
        payer_id BLOB NOT NULL REFERENCES payers (payer_id),
        account_key BLOB NOT NULL,
        token_hash BLOB UNIQUE,
        bound_at INTEGER NOT NULL,
        UNIQUE (payer_id, account_key)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE allowances (
        ref BLOB PRIMARY KEY,
        raw BLOB NOT NULL,
        payer_id BLOB NOT NULL REFERENCES payers (payer_id),
        device_id BLOB NOT NULL REFERENCES devices (device_id),
        request_id BLOB NOT NULL,
        device_key BLOB NOT NULL,
        currency TEXT NOT NULL,
        amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
        status_index INTEGER NOT NULL UNIQUE,
        scoped INTEGER NOT NULL,
        issued_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        deadline INTEGER NOT NULL,
        status INTEGER NOT NULL,
        lost_at INTEGER,
        reason TEXT NOT NULL,
        forked INTEGER NOT NULL,
        listed_in INTEGER,
        drawn_reserve_minor INTEGER NOT NULL CHECK (drawn_reserve_minor >= 0),
        drawn_free_minor INTEGER NOT NULL CHECK (drawn_free_minor >= 0),
        drawn_pool_minor INTEGER NOT NULL CHECK (drawn_pool_minor >= 0),
        drawn_loss_minor INTEGER NOT NULL CHECK (drawn_loss_minor >= 0),
        borne_pool_minor INTEGER NOT NULL CHECK (borne_pool_minor >= 0),
        borne_loss_minor INTEGER NOT NULL CHECK (borne_loss_minor >= 0),
        returned_minor INTEGER NOT NULL CHECK (returned_minor >= 0),
        closed_at INTEGER,
        UNIQUE (device_id, request_id),
        CHECK (drawn_reserve_minor + returned_minor <= amount_minor)
    ) STRICT""",
    "CREATE INDEX allowances_by_payer ON allowances (payer_id, issued_at)",
    "CREATE INDEX allowances_by_key ON allowances (device_key)",
    "CREATE INDEX allowances_by_deadline ON allowances (deadline) WHERE closed_at IS NULL",
    "CREATE INDEX allowances_listed ON allowances (status_index, status) WHERE closed_at IS NULL AND status <> 0",
    """CREATE TABLE claims (
        cheque_id BLOB NOT NULL,
        payee_id BLOB NOT NULL,
        allowance_ref BLOB NOT NULL REFERENCES allowances (ref),
        counter INTEGER NOT NULL,
        amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
        final_minor INTEGER NOT NULL CHECK (final_minor BETWEEN 0 AND amount_minor),
        request_hash BLOB,
        terminal_ref BLOB NOT NULL,
        receipt_counter INTEGER NOT NULL,
        bound INTEGER NOT NULL,
        guaranteed INTEGER NOT NULL,
        borne INTEGER NOT NULL,
        barred INTEGER NOT NULL,
        arrived_at INTEGER NOT NULL,
        verdict INTEGER NOT NULL,
        paid_minor INTEGER NOT NULL CHECK (paid_minor >= 0),
        waiting_minor INTEGER NOT NULL CHECK (waiting_minor >= 0),
        PRIMARY KEY (cheque_id, payee_id),
        CHECK (paid_minor + waiting_minor <= final_minor)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX claims_by_allowance ON claims (allowance_ref)",
    "CREATE INDEX claims_by_request ON claims (request_hash) WHERE request_hash IS NOT NULL",
    "CREATE INDEX claims_by_payee ON claims (payee_id)",
    """CREATE TABLE testimonies (
        allowance_ref BLOB NOT NULL REFERENCES allowances (ref),
        cheque_id BLOB NOT NULL,
        counter INTEGER NOT NULL,
        amount_minor INTEGER NOT NULL,
        cumulative_minor INTEGER NOT NULL,
        previous BLOB NOT NULL,
        closing INTEGER NOT NULL,
        raw BLOB NOT NULL,
        PRIMARY KEY (allowance_ref, cheque_id)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE given_back (
        subject BLOB NOT NULL,
        payee_id BLOB NOT NULL,
        back_minor INTEGER NOT NULL CHECK (back_minor > 0),
        PRIMARY KEY (subject, payee_id)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE notes (
        note_id BLOB PRIMARY KEY,
        payee_id BLOB NOT NULL,
        raw BLOB NOT NULL,
        at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE forks (
        ref BLOB PRIMARY KEY REFERENCES allowances (ref),
        reason TEXT NOT NULL,
        proof BLOB NOT NULL,
        found_at INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE status_lists (
        version INTEGER PRIMARY KEY,
        issued_at INTEGER NOT NULL,
        size INTEGER NOT NULL,
        entries TEXT NOT NULL,
        raw BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE publications (
        index_version INTEGER PRIMARY KEY,
        issued_at INTEGER NOT NULL,
        list_version INTEGER NOT NULL REFERENCES status_lists (version),
        key_set_hash BLOB NOT NULL,
        raw BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE advices (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        payee_id BLOB NOT NULL,
        cheque_id BLOB NOT NULL,
        currency TEXT NOT NULL,
        paid_minor INTEGER NOT NULL,
        waiting_minor INTEGER NOT NULL,
        deadline INTEGER NOT NULL,
        at INTEGER NOT NULL
    ) STRICT""",
)

_ACQUIRER: Final = (
    """CREATE TABLE payees (
        payee_id BLOB PRIMARY KEY,
        name TEXT NOT NULL,
        currency TEXT NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE payee_codes (
        code_hash BLOB PRIMARY KEY,
        payee_id BLOB NOT NULL REFERENCES payees (payee_id),
        expires_at INTEGER NOT NULL,
        used_by BLOB
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE terminals (
        terminal_ref BLOB PRIMARY KEY,
        payee_id BLOB NOT NULL REFERENCES payees (payee_id),
        terminal_key BLOB NOT NULL UNIQUE,
        certificate BLOB NOT NULL,
        token_hash BLOB NOT NULL UNIQUE,
        enrolled_at INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE batches (
        terminal_ref BLOB NOT NULL REFERENCES terminals (terminal_ref),
        batch_id BLOB NOT NULL,
        body_hash BLOB NOT NULL,
        answer BLOB NOT NULL,
        body BLOB NOT NULL,
        received_at INTEGER NOT NULL,
        PRIMARY KEY (terminal_ref, batch_id)
    ) STRICT""",
    """CREATE TABLE payee_events (
        number INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        payee_id BLOB NOT NULL REFERENCES payees (payee_id),
        cheque_id BLOB NOT NULL,
        paid_minor INTEGER NOT NULL,
        waiting_minor INTEGER NOT NULL,
        deadline INTEGER NOT NULL,
        at INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX payee_events_by_payee ON payee_events (payee_id, number)",
)

IMMUTABLE: Final = (
    "entries",
    "postings",
    "fundings",
    "testimonies",
    "notes",
    "forks",
    "status_lists",
    "publications",
    "advices",
    "batches",
    "payee_events",
)
"""Tables whose rows are never changed and never removed."""


def _immutable(table: str) -> tuple[str, str]:
    refused = f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed'); END"
    return (
        f"CREATE TRIGGER {table}_refuse_update BEFORE UPDATE ON {table} {refused}",
        f"CREATE TRIGGER {table}_refuse_delete BEFORE DELETE ON {table} {refused}",
    )


_CLAIMS_5: Final = (
    """CREATE TABLE claims_5 (
        allowance_ref BLOB NOT NULL,
        cheque_id BLOB NOT NULL,
        payee_id BLOB NOT NULL,
        counter INTEGER NOT NULL,
        amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
        cumulative_minor INTEGER NOT NULL,
        previous BLOB NOT NULL,
        request_hash BLOB,
        terminal_ref BLOB NOT NULL,
        receipt_counter INTEGER NOT NULL,
        index_version INTEGER NOT NULL,
        bound INTEGER NOT NULL,
        guaranteed INTEGER NOT NULL,
        borne INTEGER NOT NULL,
        barred INTEGER NOT NULL,
        arrived_at INTEGER NOT NULL,
        final_minor INTEGER NOT NULL CHECK (final_minor BETWEEN 0 AND amount_minor),
        raw BLOB NOT NULL,
        paid_minor INTEGER NOT NULL CHECK (paid_minor >= 0),
        waiting_minor INTEGER NOT NULL CHECK (waiting_minor >= 0),
        verdict INTEGER NOT NULL,
        PRIMARY KEY (allowance_ref, cheque_id, payee_id),
        CHECK (paid_minor + waiting_minor <= final_minor)
    ) STRICT, WITHOUT ROWID""",
    """INSERT INTO claims_5 SELECT c.allowance_ref, c.cheque_id, c.payee_id, c.counter, c.amount_minor,
           t.cumulative_minor, t.previous, c.request_hash, c.terminal_ref, c.receipt_counter, c.index_version, c.bound,
           c.guaranteed, c.borne, c.barred, c.arrived_at, c.final_minor, t.raw, c.paid_minor, c.waiting_minor, c.verdict
       FROM claims c JOIN testimonies t USING (allowance_ref, cheque_id)""",
    "DROP TABLE claims",
    "ALTER TABLE claims_5 RENAME TO claims",
    """CREATE TABLE requests (
        payee_id BLOB NOT NULL,
        request_hash BLOB NOT NULL,
        allowance_ref BLOB NOT NULL,
        cheque_id BLOB NOT NULL,
        PRIMARY KEY (payee_id, request_hash)
    ) STRICT, WITHOUT ROWID""",
    """INSERT INTO requests SELECT payee_id, request_hash, allowance_ref, cheque_id FROM (
           SELECT *, row_number() OVER (PARTITION BY payee_id, request_hash
               ORDER BY verdict = 6, receipt_counter, terminal_ref, cheque_id) AS place
           FROM claims WHERE request_hash IS NOT NULL) WHERE place = 1""",
    "CREATE TABLE payee_notes (payee_id BLOB PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "INSERT INTO payee_notes SELECT payee_id, count(*) FROM notes GROUP BY payee_id",
)
_EVENTS_5: Final = (
    """CREATE TABLE advices_5 (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        payee_id BLOB NOT NULL,
        cheque_id BLOB NOT NULL,
        allowance_ref BLOB NOT NULL,
        currency TEXT NOT NULL,
        paid_minor INTEGER NOT NULL,
        waiting_minor INTEGER NOT NULL,
        stands_paid_minor INTEGER NOT NULL,
        stands_waiting_minor INTEGER NOT NULL,
        deadline INTEGER NOT NULL,
        at INTEGER NOT NULL
    ) STRICT""",
    """INSERT INTO advices_5 SELECT a.number, a.kind, a.payee_id, a.cheque_id,
           (SELECT c.allowance_ref FROM claims c WHERE c.cheque_id = a.cheque_id AND c.payee_id = a.payee_id),
           a.currency, a.paid_minor, a.waiting_minor,
           sum(a.paid_minor) OVER standing, sum(a.waiting_minor) OVER standing, a.deadline, a.at
       FROM advices a WINDOW standing AS (PARTITION BY a.payee_id, a.cheque_id ORDER BY a.number)""",
    "CREATE TABLE advices_applied (number INTEGER PRIMARY KEY) STRICT",
    "INSERT INTO advices_applied SELECT coalesce(max(number), 0) FROM payee_events",
    """CREATE TABLE payee_events_5 (
        payee_id BLOB NOT NULL,
        number INTEGER NOT NULL,
        kind TEXT NOT NULL,
        cheque_id BLOB NOT NULL,
        allowance_ref BLOB NOT NULL,
        paid_minor INTEGER NOT NULL,
        waiting_minor INTEGER NOT NULL,
        stands_paid_minor INTEGER NOT NULL CHECK (stands_paid_minor >= 0),
        stands_waiting_minor INTEGER NOT NULL CHECK (stands_waiting_minor >= 0),
        deadline INTEGER NOT NULL,
        at INTEGER NOT NULL,
        first INTEGER NOT NULL,
        PRIMARY KEY (payee_id, number)
    ) STRICT, WITHOUT ROWID""",
    """INSERT INTO payee_events_5 SELECT e.payee_id, e.number, e.kind, e.cheque_id, a.allowance_ref, e.paid_minor,
           e.waiting_minor, a.stands_paid_minor, a.stands_waiting_minor, e.deadline, e.at,
           row_number() OVER (PARTITION BY e.payee_id, e.cheque_id ORDER BY e.number) = 1
       FROM payee_events e JOIN advices_5 a USING (number)""",
    "DROP TABLE payee_events",
    "ALTER TABLE payee_events_5 RENAME TO payee_events",
    "CREATE INDEX payee_events_by_claim ON payee_events (payee_id, cheque_id)",
    "DROP TABLE advices",
    "ALTER TABLE advices_5 RENAME TO advices",
    """CREATE TABLE payee_waiting (
        payee_id BLOB NOT NULL REFERENCES payees (payee_id),
        cheque_id BLOB NOT NULL,
        waiting_minor INTEGER NOT NULL CHECK (waiting_minor > 0),
        deadline INTEGER NOT NULL,
        PRIMARY KEY (payee_id, cheque_id)
    ) STRICT, WITHOUT ROWID""",
    """INSERT INTO payee_waiting SELECT payee_id, cheque_id, sum(waiting_minor), max(deadline) FROM payee_events
       GROUP BY payee_id, cheque_id HAVING sum(waiting_minor) > 0""",
    *_immutable("advices"),
    *_immutable("payee_events"),
    *_immutable("advices_applied"),
)

MIGRATIONS: Final = (
    Migration(
        version=1,
        name="ledger, issuer, acquirer",
        statements=(
            *_LEDGER,
            *_ISSUER,
            *_ACQUIRER,
            *(statement for table in IMMUTABLE for statement in _immutable(table)),
        ),
    ),
    Migration(
        version=2,
        name="how a claim stands after each event",
        statements=("CREATE INDEX payee_events_by_claim ON payee_events (payee_id, cheque_id, number)",),
    ),
    Migration(
        version=3,
        name="the trust index of each claim",
        statements=("ALTER TABLE claims ADD COLUMN index_version INTEGER NOT NULL DEFAULT 0",),
    ),
    Migration(
        version=4,
        name="what each terminal receipted of a one-way code",
        statements=(
            """CREATE TABLE code_finals (
                cheque_id BLOB NOT NULL,
                payee_id BLOB NOT NULL,
                terminal_ref BLOB NOT NULL,
                final_minor INTEGER NOT NULL CHECK (final_minor >= 0),
                PRIMARY KEY (cheque_id, payee_id, terminal_ref)
            ) STRICT, WITHOUT ROWID""",
            """INSERT INTO code_finals SELECT cheque_id, payee_id, terminal_ref, final_minor FROM claims
               WHERE request_hash IS NULL""",
        ),
    ),
    Migration(
        version=5,
        name="keyed by allowance and by payee: one row of each for a claim, read and written as a set",
        statements=(
            "ALTER TABLE allowances ADD COLUMN version INTEGER NOT NULL DEFAULT 0",
            *_CLAIMS_5,
            *_EVENTS_5,
        ),
    ),
    AUDIT_LOG,
    DISPUTES,
    PERSONAL_DATA,
    SYNCS,
    RUNS,
    STAFF,
    CODES,
    ATTESTATION,
    REVOCATIONS,
    DEVICES,
)
