"""The operator's schema on PostgreSQL: in meaning that of SQLite, with keys that let it be spread over many machines.

- What belongs to an allowance has its ref in its primary key, what belongs to a payee the payee's id, and a posting or
  balance its owner, which is one of them or a payer (`SPREAD_BY`). A rule over all of a table, such as that every
  place in the status list is used once, stands in a small table of its own.
- All postings of an entry come in one statement, which must leave each book and currency at zero; so an entry is sealed
  by its first postings, and one without any is refused at commit.
- An account that all batches touch has a balance in `SLOTS` parts, chosen by the entry's number, or every batch would
  wait for every other. Accounts that cannot fall below zero have one: a part could not tell.
- Rows of a batch are held against the tables that they point to as a set, once a statement: a foreign key asks once a
  row and costs as much as the row itself.

The functions and triggers stand in `postgres_rules`.
"""
# statements are put together from names of this file only

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from feiqian.storage.attestation_schema import ATTESTATION_DOWN, ATTESTATION_UP
from feiqian.storage.code_schema import CODES_DOWN, CODES_UP
from feiqian.storage.device_schema import DEVICES_DOWN, DEVICES_UP
from feiqian.storage.ledger_tables import Database
from feiqian.storage.postgres_audit_schema import AUDIT_DOWN, AUDIT_UP
from feiqian.storage.postgres_dispute_schema import DISPUTES_DOWN, DISPUTES_UP
from feiqian.storage.postgres_personal_schema import PERSONAL_DOWN, PERSONAL_UP
from feiqian.storage.postgres_rules import FUNCTIONS, SLOTS, TRIGGERS
from feiqian.storage.revocation_schema import REVOCATIONS_DOWN, REVOCATIONS_UP
from feiqian.storage.staff_schema import STAFF_DOWN, STAFF_UP
from feiqian.storage.sync_filling import fill_syncs
from feiqian.storage.sync_schema import SYNCS_DOWN, SYNCS_UP

SPREAD_BY: Final = {
    "allowances": "ref",
    "claims": "allowance_ref",
    "testimonies": "allowance_ref",
    "forks": "ref",
    "requests": "payee_id",
    "given_back": "payee_id",
    "code_finals": "payee_id",
    "notes": "payee_id",
    "payee_notes": "payee_id",
    "payees": "payee_id",
    "batches": "payee_id",
    "syncs": "payee_id",
    "payee_events": "payee_id",
    "payee_waiting": "payee_id",
    "postings": "owner",
    "balances": "owner",
    "presented": "allowance_ref",
    "code_uses": "authenticator_id",
}
"""Tables that grow with every claim or batch, and the column by which each can be spread over machines."""

NOT_SPREAD: Final = {
    **dict.fromkeys(("payers", "payer_codes", "devices", "fundings"), "a row a person, device or funding"),
    **dict.fromkeys(("payee_codes", "terminals"), "a row a payee's code or terminal; each machine holds a copy"),
    **dict.fromkeys(("status_places", "issued_requests"), "a row an allowance; a rule over all of them"),
    **dict.fromkeys(("status_lists", "publications"), "a row each time that something is published"),
    **dict.fromkeys(("disputes", "dispute_steps", "charge_backs"), "a row a dispute or what is said in it"),
    "payer_receipts": "a row a receipt that a payer hands in by itself",
    "entries": "a number for each entry: the order of the ledger, which one machine gives",
    "advices": "a queue between the roles, in one order",
    "advices_applied": "how far that queue was read: one row a reading",
    **dict.fromkeys(
        ("audit_queue", "audit_leaves", "audit_nodes", "checkpoints", "cosignatures"),
        "one log in one order, appended by one sequencer; a leaf a batch, not a claim",
    ),
    "audit_witnesses": "a row a witness",
    "data_keys": "a row a key that seals names",
    **dict.fromkeys(("staff", "staff_tries", "staff_sessions"), "a row a person of the operator's, or a session"),
    "staff_acts": "one order of what people of the operator did and looked at",
    **dict.fromkeys(("authenticators", "wrong_codes"), "a row an authenticator, or a wrong code, which is rare"),
    **dict.fromkeys(("attestation_roots", "attested_keys"), "a row a maker's root, or an allowance with evidence"),
    **dict.fromkeys(("tpm_questions", "identities", "enrolment_pins"), "a row a device, payer or enrolment code"),
    "revoked_terminals": "a row a terminal that was revoked; each machine holds a copy",
    **dict.fromkeys(("device_locks", "lock_decisions"), "a row each time that a wallet stops by itself, which is rare"),
    **dict.fromkeys(("lost_codes", "till_recoveries"), "a row a device, or a till that was opened again"),
    "schema_steps": "a row a step of the schema",
}
"""Every other table, and why it stays whole: it is small, or it is one order that one machine gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the schema: `up` leads to `version`, `down` back to the one before; single statements each.

    Before the `down` of a step that `unseals`, sealed values have to be opened, in its transaction. `then` ends the way
    up, where statements alone cannot.
    """

    version: int
    name: str
    up: tuple[str, ...]
    down: tuple[str, ...]
    unseals: bool = False
    then: Callable[[Database], None] | None = None


_LEDGER: Final = (
    """CREATE TABLE entries (
        number bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
        entry_id bytea NOT NULL UNIQUE CHECK (length(entry_id) = 16),
        reason text NOT NULL,
        at bigint NOT NULL
    )""",
    """CREATE TABLE postings (
        entry bigint NOT NULL,
        book text NOT NULL
            CHECK (book = CASE WHEN kind IN ('receivable', 'payee') THEN 'acquirer' ELSE 'issuer' END),
        kind text NOT NULL,
        owner bytea NOT NULL,
        currency text NOT NULL CHECK (length(currency) = 3),
        amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
        PRIMARY KEY (owner, kind, currency, entry)
    )""",
    "CREATE INDEX postings_by_entry ON postings (entry)",
    f"""CREATE TABLE balances (
        kind text NOT NULL,
        owner bytea NOT NULL,
        currency text NOT NULL,
        slot smallint NOT NULL CHECK (slot BETWEEN 0 AND {SLOTS - 1}),
        posted_minor bigint NOT NULL,
        PRIMARY KEY (owner, kind, currency, slot)
    ) WITH (fillfactor = 80)""",
)

_ISSUER: Final = (
    (
        "CREATE TABLE payers (payer_id bytea PRIMARY KEY, name text NOT NULL, currency text NOT NULL,"
        " created_at bigint NOT NULL)"
    ),
    """CREATE TABLE payer_codes (
        code_hash bytea PRIMARY KEY,
        payer_id bytea NOT NULL REFERENCES payers (payer_id),
        expires_at bigint NOT NULL,
        used_by bytea
    )""",
    """CREATE TABLE fundings (
        key text PRIMARY KEY,
        payer_id bytea NOT NULL,
        currency text NOT NULL,
        amount_minor bigint NOT NULL CHECK (amount_minor > 0),
        at bigint NOT NULL
    )""",
    """CREATE TABLE devices (
        device_id bytea PRIMARY KEY,
        payer_id bytea NOT NULL REFERENCES payers (payer_id),
        account_key bytea NOT NULL,
        token_hash bytea UNIQUE,
        bound_at bigint NOT NULL,
        UNIQUE (payer_id, account_key)
    )""",
    """CREATE TABLE allowances (
        ref bytea PRIMARY KEY,
        number bigint GENERATED BY DEFAULT AS IDENTITY,
        raw bytea NOT NULL,
        payer_id bytea NOT NULL REFERENCES payers (payer_id),
        device_id bytea NOT NULL REFERENCES devices (device_id),
        request_id bytea NOT NULL,
        device_key bytea NOT NULL,
        currency text NOT NULL,
        amount_minor bigint NOT NULL CHECK (amount_minor > 0),
        status_index bigint NOT NULL,
        scoped smallint NOT NULL,
        issued_at bigint NOT NULL,
        expires_at bigint NOT NULL,
        deadline bigint NOT NULL,
        status smallint NOT NULL,
        lost_at bigint,
        reason text NOT NULL,
        forked smallint NOT NULL,
        listed_in bigint,
        drawn_reserve_minor bigint NOT NULL CHECK (drawn_reserve_minor >= 0),
        drawn_free_minor bigint NOT NULL CHECK (drawn_free_minor >= 0),
        drawn_pool_minor bigint NOT NULL CHECK (drawn_pool_minor >= 0),
        drawn_loss_minor bigint NOT NULL CHECK (drawn_loss_minor >= 0),
        borne_pool_minor bigint NOT NULL CHECK (borne_pool_minor >= 0),
        borne_loss_minor bigint NOT NULL CHECK (borne_loss_minor >= 0),
        returned_minor bigint NOT NULL CHECK (returned_minor >= 0),
        closed_at bigint,
        version bigint NOT NULL DEFAULT 0,
        CHECK (drawn_reserve_minor + returned_minor <= amount_minor)
    ) WITH (fillfactor = 70)""",
    "CREATE INDEX allowances_by_number ON allowances (number)",
    "CREATE INDEX allowances_by_payer ON allowances (payer_id, issued_at, number)",
    "CREATE INDEX allowances_by_key ON allowances (device_key)",
    "CREATE INDEX allowances_by_deadline ON allowances (deadline) WHERE closed_at IS NULL",
    "CREATE INDEX allowances_listed ON allowances (status_index, status) WHERE closed_at IS NULL AND status <> 0",
    "CREATE TABLE status_places (status_index bigint PRIMARY KEY, ref bytea NOT NULL)",
    """CREATE TABLE issued_requests (
        device_id bytea NOT NULL,
        request_id bytea NOT NULL,
        ref bytea NOT NULL,
        PRIMARY KEY (device_id, request_id)
    )""",
    """CREATE TABLE claims (
        allowance_ref bytea NOT NULL,
        cheque_id bytea NOT NULL,
        payee_id bytea NOT NULL,
        counter bigint NOT NULL,
        amount_minor bigint NOT NULL CHECK (amount_minor > 0),
        cumulative_minor bigint NOT NULL,
        previous bytea NOT NULL,
        request_hash bytea,
        terminal_ref bytea NOT NULL,
        receipt_counter bigint NOT NULL,
        index_version bigint NOT NULL,
        bound smallint NOT NULL,
        guaranteed smallint NOT NULL,
        borne smallint NOT NULL,
        barred smallint NOT NULL,
        arrived_at bigint NOT NULL,
        final_minor bigint NOT NULL CHECK (final_minor BETWEEN 0 AND amount_minor),
        raw bytea NOT NULL,
        paid_minor bigint NOT NULL CHECK (paid_minor >= 0),
        waiting_minor bigint NOT NULL CHECK (waiting_minor >= 0),
        verdict smallint NOT NULL,
        PRIMARY KEY (allowance_ref, cheque_id, payee_id),
        CHECK (paid_minor + waiting_minor <= final_minor)
    )""",
    """CREATE TABLE testimonies (
        allowance_ref bytea NOT NULL REFERENCES allowances (ref),
        cheque_id bytea NOT NULL,
        counter bigint NOT NULL,
        amount_minor bigint NOT NULL,
        cumulative_minor bigint NOT NULL,
        previous bytea NOT NULL,
        closing smallint NOT NULL,
        raw bytea NOT NULL,
        PRIMARY KEY (allowance_ref, cheque_id)
    )""",
    """CREATE TABLE requests (
        payee_id bytea NOT NULL,
        request_hash bytea NOT NULL,
        allowance_ref bytea NOT NULL,
        cheque_id bytea NOT NULL,
        PRIMARY KEY (payee_id, request_hash)
    )""",
    """CREATE TABLE given_back (
        subject bytea NOT NULL,
        payee_id bytea NOT NULL,
        back_minor bigint NOT NULL CHECK (back_minor > 0),
        PRIMARY KEY (subject, payee_id)
    )""",
    """CREATE TABLE code_finals (
        cheque_id bytea NOT NULL,
        payee_id bytea NOT NULL,
        terminal_ref bytea NOT NULL,
        final_minor bigint NOT NULL CHECK (final_minor >= 0),
        PRIMARY KEY (cheque_id, payee_id, terminal_ref)
    )""",
    (
        "CREATE TABLE notes (note_id bytea NOT NULL, payee_id bytea NOT NULL, raw bytea NOT NULL, at bigint NOT NULL,"
        " PRIMARY KEY (note_id, payee_id))"
    ),
    "CREATE TABLE payee_notes (payee_id bytea PRIMARY KEY, version bigint NOT NULL)",
    (
        "CREATE TABLE forks (ref bytea PRIMARY KEY REFERENCES allowances (ref), reason text NOT NULL,"
        " proof bytea NOT NULL, found_at bigint NOT NULL, number bigint GENERATED BY DEFAULT AS IDENTITY)"
    ),
    """CREATE TABLE status_lists (
        version bigint PRIMARY KEY,
        issued_at bigint NOT NULL,
        size bigint NOT NULL,
        entries text NOT NULL,
        raw bytea NOT NULL
    )""",
    """CREATE TABLE publications (
        index_version bigint PRIMARY KEY,
        issued_at bigint NOT NULL,
        list_version bigint NOT NULL REFERENCES status_lists (version),
        key_set_hash bytea NOT NULL,
        raw bytea NOT NULL
    )""",
    """CREATE TABLE advices (
        number bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
        kind text NOT NULL,
        payee_id bytea NOT NULL,
        cheque_id bytea NOT NULL,
        allowance_ref bytea NOT NULL,
        currency text NOT NULL,
        paid_minor bigint NOT NULL,
        waiting_minor bigint NOT NULL,
        stands_paid_minor bigint NOT NULL,
        stands_waiting_minor bigint NOT NULL,
        deadline bigint NOT NULL,
        at bigint NOT NULL
    )""",
)

_ACQUIRER: Final = (
    (
        "CREATE TABLE payees (payee_id bytea PRIMARY KEY, name text NOT NULL, currency text NOT NULL,"
        " created_at bigint NOT NULL)"
    ),
    """CREATE TABLE payee_codes (
        code_hash bytea PRIMARY KEY,
        payee_id bytea NOT NULL REFERENCES payees (payee_id),
        expires_at bigint NOT NULL,
        used_by bytea
    )""",
    """CREATE TABLE terminals (
        terminal_ref bytea PRIMARY KEY,
        payee_id bytea NOT NULL REFERENCES payees (payee_id),
        terminal_key bytea NOT NULL UNIQUE,
        certificate bytea NOT NULL,
        token_hash bytea NOT NULL UNIQUE,
        enrolled_at bigint NOT NULL
    )""",
    """CREATE TABLE batches (
        payee_id bytea NOT NULL,
        terminal_ref bytea NOT NULL REFERENCES terminals (terminal_ref),
        batch_id bytea NOT NULL,
        body_hash bytea NOT NULL,
        answer bytea STORAGE EXTERNAL NOT NULL,
        body bytea STORAGE EXTERNAL NOT NULL,
        received_at bigint NOT NULL,
        PRIMARY KEY (payee_id, terminal_ref, batch_id)
    )""",
    "CREATE SEQUENCE payee_event_numbers",
    """CREATE TABLE payee_events (
        payee_id bytea NOT NULL,
        number bigint NOT NULL DEFAULT nextval('payee_event_numbers'),
        kind text NOT NULL,
        cheque_id bytea NOT NULL,
        allowance_ref bytea NOT NULL,
        paid_minor bigint NOT NULL,
        waiting_minor bigint NOT NULL,
        stands_paid_minor bigint NOT NULL CHECK (stands_paid_minor >= 0),
        stands_waiting_minor bigint NOT NULL CHECK (stands_waiting_minor >= 0),
        deadline bigint NOT NULL,
        at bigint NOT NULL,
        first smallint NOT NULL,
        PRIMARY KEY (payee_id, number)
    )""",
    "CREATE INDEX payee_events_by_claim ON payee_events USING hash (cheque_id)",
    """CREATE TABLE payee_waiting (
        payee_id bytea NOT NULL,
        cheque_id bytea NOT NULL,
        waiting_minor bigint NOT NULL CHECK (waiting_minor > 0),
        deadline bigint NOT NULL,
        PRIMARY KEY (payee_id, cheque_id)
    )""",
    "CREATE TABLE advices_applied (number bigint PRIMARY KEY)",
    "INSERT INTO advices_applied VALUES (0)",
)

_LINES: Final = (
    """CREATE TYPE claim_line AS (
        allowance_ref bytea, cheque_id bytea, payee_id bytea, counter bigint, amount_minor bigint,
        cumulative_minor bigint, previous bytea, request_hash bytea, terminal_ref bytea, receipt_counter bigint,
        index_version bigint, bound smallint, guaranteed smallint, borne smallint, barred smallint, arrived_at bigint,
        final_minor bigint, raw bytea, paid_minor bigint, waiting_minor bigint, verdict smallint
    )""",
    """CREATE TYPE event_line AS (
        kind text, payee_id bytea, cheque_id bytea, allowance_ref bytea, paid_minor bigint, waiting_minor bigint,
        stands_paid_minor bigint, stands_waiting_minor bigint, deadline bigint, at bigint, first smallint
    )""",
)
"""Rows as they are sent (`postgres_columns`)."""
_TABLES: Final = (
    *("entries", "postings", "balances"),
    *("payers", "payer_codes", "fundings", "devices", "allowances", "status_places", "issued_requests", "claims"),
    *("testimonies", "requests", "given_back", "code_finals", "notes", "payee_notes", "forks", "status_lists"),
    *("publications", "advices", "payees", "payee_codes", "terminals", "batches", "payee_events", "payee_waiting"),
    "advices_applied",
)

STEPS: Final = (
    Step(
        version=1,
        name="ledger, issuer, acquirer, as SQLite's version 5",
        up=(*_LEDGER, *_ISSUER, *_ACQUIRER, *_LINES, *FUNCTIONS, *TRIGGERS),
        down=(
            *(f"DROP TABLE {table}" for table in reversed(_TABLES)),
            "DROP SEQUENCE payee_event_numbers",
            "DROP TYPE claim_line",
            "DROP TYPE event_line",
            *(f"DROP FUNCTION {made.split('(')[0].removeprefix('CREATE FUNCTION ')}" for made in FUNCTIONS),
        ),
    ),
    Step(version=2, name="the payer's own door, and disputes", up=DISPUTES_UP, down=DISPUTES_DOWN),
    Step(version=3, name="the audit log", up=AUDIT_UP, down=AUDIT_DOWN),
    Step(version=4, name="names and words, sealed", up=PERSONAL_UP, down=PERSONAL_DOWN, unseals=True),
    Step(version=5, name="what each batch says of its terminal's clock", up=SYNCS_UP, down=SYNCS_DOWN, then=fill_syncs),
    Step(version=6, name="the operator's own people, and what they did", up=STAFF_UP, down=STAFF_DOWN),
    Step(version=7, name="authenticators, and the one-time codes in cheques", up=CODES_UP, down=CODES_DOWN),
    Step(version=8, name="where device keys live, and who was identified", up=ATTESTATION_UP, down=ATTESTATION_DOWN),
    Step(version=9, name="terminals that were revoked", up=REVOCATIONS_UP, down=REVOCATIONS_DOWN),
    Step(version=10, name="locks of paying, lost-device codes, tills opened again", up=DEVICES_UP, down=DEVICES_DOWN),
)
