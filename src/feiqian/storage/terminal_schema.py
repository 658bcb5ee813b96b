"""The tables of a till, as forward migrations (see `migrations`).

What must never happen twice is a constraint here, not only a check in Python: one row a cheque, one cheque a
request, one cheque a counter of an allowance, one statement a counter of the own chain, one cancel note a request.
"""

from typing import Final

from feiqian.storage.migrations import Migration

_ANSWERED: Final = """
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'settled', 'contingent', 'refused')),
    batch_id BLOB REFERENCES batch (batch_id),
    position INTEGER,
    verdict INTEGER,
    paid_minor INTEGER NOT NULL DEFAULT 0 CHECK (paid_minor >= 0),
    waiting_minor INTEGER NOT NULL DEFAULT 0 CHECK (waiting_minor >= 0),
    code TEXT NOT NULL DEFAULT '',
    CHECK ((state = 'waiting') = (batch_id IS NULL)),
    CHECK ((state IN ('waiting', 'sent')) = (verdict IS NULL))
"""

MIGRATIONS: Final = (
    Migration(
        version=1,
        name="the till",
        statements=(
            """CREATE TABLE enrolment (
                one INTEGER PRIMARY KEY CHECK (one = 1),
                pending_key BLOB,
                deployment TEXT,
                server TEXT,
                key BLOB,
                token TEXT,
                certificate BLOB,
                certificate_id BLOB CHECK (length(certificate_id) = 32)
            ) STRICT""",
            """CREATE TABLE trust (
                one INTEGER PRIMARY KEY CHECK (one = 1),
                deployment TEXT NOT NULL,
                roots BLOB NOT NULL,
                threshold INTEGER NOT NULL,
                raw BLOB NOT NULL,
                etag TEXT NOT NULL,
                fetched_at INTEGER NOT NULL
            ) STRICT""",
            "CREATE TABLE moment (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT",
            "CREATE TABLE shift (number INTEGER PRIMARY KEY, began_at INTEGER NOT NULL, ended_at INTEGER) STRICT",
            """CREATE TABLE asked (
                number INTEGER PRIMARY KEY,
                request_hash BLOB NOT NULL UNIQUE CHECK (length(request_hash) = 32),
                payload BLOB NOT NULL,
                shown BLOB NOT NULL,
                amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
                is_maximum INTEGER NOT NULL,
                reference TEXT NOT NULL,
                time INTEGER NOT NULL,
                expires_at INTEGER NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'settled', 'cancelled'))
            ) STRICT""",
            "CREATE INDEX asked_open ON asked (expires_at) WHERE state = 'open'",
            """CREATE TABLE statement (
                number INTEGER PRIMARY KEY,
                certificate_id BLOB NOT NULL,
                counter INTEGER NOT NULL CHECK (counter > 0),
                statement_id BLOB NOT NULL UNIQUE CHECK (length(statement_id) = 32),
                raw BLOB NOT NULL,
                shown BLOB NOT NULL,
                time INTEGER NOT NULL,
                UNIQUE (certificate_id, counter)
            ) STRICT""",
            """CREATE TABLE allowance (
                allowance_id BLOB PRIMARY KEY CHECK (length(allowance_id) = 32),
                ref BLOB NOT NULL CHECK (length(ref) = 8),
                raw BLOB NOT NULL,
                expires_at INTEGER NOT NULL,
                seen_time INTEGER NOT NULL
            ) STRICT""",
            "CREATE INDEX allowance_ref ON allowance (ref)",
            "CREATE INDEX allowance_seen ON allowance (seen_time)",
            """CREATE TABLE batch (
                number INTEGER PRIMARY KEY,
                batch_id BLOB NOT NULL UNIQUE CHECK (length(batch_id) = 16),
                raw BLOB NOT NULL,
                made_at INTEGER NOT NULL,
                answer BLOB,
                answered_at INTEGER
            ) STRICT""",
            "CREATE INDEX batch_unanswered ON batch (number) WHERE answer IS NULL",
            f"""CREATE TABLE accepted (
                cheque_id BLOB PRIMARY KEY CHECK (length(cheque_id) = 32),
                receipt INTEGER NOT NULL UNIQUE REFERENCES statement (number),
                cheque BLOB NOT NULL UNIQUE,
                allowance_id BLOB NOT NULL REFERENCES allowance (allowance_id),
                counter INTEGER NOT NULL,
                amount_minor INTEGER NOT NULL,
                cumulative_minor INTEGER NOT NULL,
                previous BLOB NOT NULL,
                request_hash BLOB UNIQUE REFERENCES asked (request_hash),
                credits BLOB,
                final_minor INTEGER NOT NULL CHECK (final_minor BETWEEN 1 AND amount_minor),
                guaranteed_minor INTEGER NOT NULL CHECK (guaranteed_minor BETWEEN 0 AND final_minor),
                deadline INTEGER NOT NULL,
                warn INTEGER NOT NULL,
                time INTEGER NOT NULL,
                shift INTEGER NOT NULL REFERENCES shift (number),
                back_minor INTEGER NOT NULL DEFAULT 0 CHECK (back_minor BETWEEN 0 AND final_minor),
                {_ANSWERED},
                UNIQUE (allowance_id, counter)
            ) STRICT""",
            "CREATE INDEX accepted_queue ON accepted (receipt) WHERE state = 'waiting'",
            "CREATE INDEX accepted_unanswered ON accepted (receipt) WHERE state IN ('waiting', 'sent')",
            "CREATE INDEX accepted_batch ON accepted (batch_id, position)",
            "CREATE INDEX accepted_shift ON accepted (shift)",
            f"""CREATE TABLE note (
                number INTEGER PRIMARY KEY REFERENCES statement (number),
                kind INTEGER NOT NULL CHECK (kind IN (1, 2)),
                subject BLOB NOT NULL CHECK (length(subject) = 32),
                back_minor INTEGER NOT NULL CHECK (back_minor >= 0),
                {_ANSWERED}
            ) STRICT""",
            "CREATE INDEX note_subject ON note (subject)",
            "CREATE UNIQUE INDEX note_cancel ON note (subject) WHERE kind = 2",
            "CREATE INDEX note_queue ON note (number) WHERE state = 'waiting'",
            "CREATE INDEX note_batch ON note (batch_id, position)",
            """CREATE TABLE paid (
                request_hash BLOB PRIMARY KEY REFERENCES asked (request_hash),
                notice BLOB NOT NULL,
                final_minor INTEGER NOT NULL CHECK (final_minor > 0),
                time INTEGER NOT NULL,
                shift INTEGER NOT NULL REFERENCES shift (number)
            ) STRICT""",
            "CREATE INDEX paid_shift ON paid (shift)",
            """CREATE TABLE refusal (
                number INTEGER PRIMARY KEY AUTOINCREMENT,
                time INTEGER NOT NULL,
                code TEXT NOT NULL,
                subject TEXT NOT NULL
            ) STRICT""",
        ),
    ),
    Migration(
        version=2,
        name="later truth, and forks seen",
        statements=(
            # How far a payee's statement was heard. Its numbers are the operator's, so it is known by deployment, too.
            """CREATE TABLE heard (
                deployment TEXT NOT NULL,
                payee_id BLOB NOT NULL CHECK (length(payee_id) = 8),
                number INTEGER NOT NULL CHECK (number >= 0),
                PRIMARY KEY (deployment, payee_id)
            ) STRICT, WITHOUT ROWID""",
            # The amounts are how the claim stands after the event; what the answer said stays where it is.
            """CREATE TABLE event (
                place INTEGER PRIMARY KEY,
                deployment TEXT NOT NULL,
                number INTEGER NOT NULL CHECK (number > 0),
                cheque_id BLOB NOT NULL REFERENCES accepted (cheque_id),
                nth INTEGER NOT NULL CHECK (nth > 0),
                kind TEXT NOT NULL,
                at INTEGER NOT NULL,
                heard_at INTEGER NOT NULL,
                paid_minor INTEGER NOT NULL CHECK (paid_minor >= 0),
                waiting_minor INTEGER NOT NULL CHECK (waiting_minor >= 0),
                deadline INTEGER NOT NULL,
                is_news INTEGER NOT NULL CHECK (is_news IN (0, 1)),
                shift INTEGER NOT NULL REFERENCES shift (number),
                UNIQUE (deployment, number),
                UNIQUE (cheque_id, nth)
            ) STRICT""",
            "CREATE INDEX event_news ON event (place) WHERE is_news",
            "CREATE INDEX event_shift ON event (shift) WHERE is_news",
            "ALTER TABLE accepted ADD COLUMN told INTEGER REFERENCES event (place)",
            """CREATE TABLE proof (
                number INTEGER PRIMARY KEY AUTOINCREMENT,
                proof_id BLOB NOT NULL UNIQUE CHECK (length(proof_id) = 32),
                raw BLOB NOT NULL,
                allowance_id BLOB NOT NULL UNIQUE CHECK (length(allowance_id) = 32),
                reason TEXT NOT NULL,
                time INTEGER NOT NULL
            ) STRICT""",
        ),
    ),
)
