"""What a leaf's evidence says of each row of the operator's books: one spelling for who writes it and who checks it.

Columns that change by design (what is still waiting, tokens, how much was drawn) are not in it: `audit_holds` holds
those against what never changes (spec 09 section 1.1).
"""
# ruff: noqa: S608  # statements are put together from names of this file only

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from feiqian.audit.evidence import Column, RowMark, Table, allowance_mark, batch_mark, row_mark, sha256
from feiqian.ledger.sealing import PLAIN
from feiqian.storage.ledger_tables import Database

_NUMBER_BYTES: Final = 8


class Kept(NamedTuple):
    """The columns of a table that never change: those of its key, and the others."""

    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]


KEPT: Final = {
    Table.TESTIMONIES: Kept(
        "testimonies",
        ("allowance_ref", "cheque_id"),
        ("counter", "amount_minor", "cumulative_minor", "previous", "closing", "raw"),
    ),
    Table.NOTES: Kept("notes", ("note_id",), ("payee_id", "raw", "at")),
    Table.FORKS: Kept("forks", ("ref",), ("reason", "proof", "found_at")),
    Table.ADVICES: Kept(
        "advices",
        ("number",),
        (
            *("kind", "payee_id", "cheque_id", "allowance_ref", "currency", "paid_minor", "waiting_minor"),
            *("stands_paid_minor", "stands_waiting_minor", "deadline", "at"),
        ),
    ),
    Table.FUNDINGS: Kept("fundings", ("key",), ("payer_id", "currency", "amount_minor", "at")),
    Table.STATUS_LISTS: Kept("status_lists", ("version",), ("issued_at", "size", "entries", "raw")),
    Table.PUBLICATIONS: Kept("publications", ("index_version",), ("issued_at", "list_version", "key_set_hash", "raw")),
    Table.PAYERS: Kept("payers", ("payer_id",), ("name", "currency", "created_at", "sealed_by")),
    Table.PAYEES: Kept("payees", ("payee_id",), ("name", "currency", "created_at", "sealed_by")),
    Table.DEVICES: Kept("devices", ("device_id",), ("payer_id", "account_key", "bound_at")),
    Table.TERMINALS: Kept(
        "terminals", ("terminal_ref",), ("payee_id", "terminal_key", "certificate", "enrolled_at", "sealed_by")
    ),
    Table.PAYER_CODES: Kept("payer_codes", ("code_hash",), ("payer_id", "expires_at")),
    Table.PAYEE_CODES: Kept("payee_codes", ("code_hash",), ("payee_id", "expires_at")),
    Table.WITNESSES: Kept("audit_witnesses", ("key",), ("added_at",)),
    Table.PRESENTED: Kept(
        "presented", ("allowance_ref", "cheque_id"), ("payer_id", "payee_id", "counter", "amount_minor", "at")
    ),
    Table.PAYER_RECEIPTS: Kept(
        "payer_receipts", ("receipt_id",), ("allowance_ref", "cheque_id", "payee_id", "raw", "at")
    ),
    Table.DISPUTES: Kept(
        "disputes",
        ("dispute_id",),
        (
            *("opener", "reason", "cheque_id", "allowance_ref", "payer_id", "payee_id", "currency"),
            *("amount_minor", "deadline", "opened_at"),
        ),
    ),
    Table.DISPUTE_STATE: Kept("disputes", ("dispute_id",), ("state", "moved_minor", "until")),
    Table.DISPUTE_STEPS: Kept(
        "dispute_steps",
        ("dispute_id", "number"),
        ("party", "act", "amount_minor", "words", "evidence", "at", "sealed_by"),
    ),
    Table.CHARGE_BACKS: Kept(
        "charge_backs",
        ("dispute_id",),
        ("payer_id", "payee_id", "cheque_id", "allowance_ref", "currency", "back_minor", "at"),
    ),
    Table.DATA_KEYS: Kept("data_keys", ("number",), ("proof", "begun_at")),
    Table.STAFF: Kept(
        "staff",
        ("staff_id",),
        ("name", "role", "password", "is_starting", "secret", "added_at", "removed_at", "sealed_by"),
    ),
    Table.STAFF_ACTS: Kept("staff_acts", ("act_id",), ("staff_id", "act", "subject", "at")),
    Table.AUTHENTICATORS: Kept(
        "authenticators",
        ("authenticator_id",),
        ("payer_id", "kind", "secret", "added_at", "confirmed_at", "removed_at", "sealed_by"),
    ),
    Table.CODE_USES: Kept(
        "code_uses",
        ("authenticator_id", "factor"),
        ("cheque_id", "allowance_ref", "counter", "used_at", "drift"),
    ),
    Table.WRONG_CODES: Kept(
        "wrong_codes", ("cheque_id",), ("allowance_ref", "payer_id", "device_id", "fault", "found_at")
    ),
    Table.ATTESTATION_ROOTS: Kept(
        "attestation_roots", ("fingerprint",), ("tier", "maker", "certificate", "added_at", "removed_at")
    ),
    Table.ATTESTED_KEYS: Kept(
        "attested_keys",
        ("payer_id", "device_key"),
        ("device_id", "tier", "format", "maker", "model", "identity", "root", "evidence", "attested_at"),
    ),
    Table.IDENTITIES: Kept("identities", ("payer_id",), ("kind", "reference", "checked_by", "checked_at", "sealed_by")),
    Table.REVOKED_TERMINALS: Kept("revoked_terminals", ("terminal_ref",), ("revoked_at", "expires_at", "written_at")),
    Table.DEVICE_LOCKS: Kept(
        "device_locks",
        ("payer_id", "lock_id"),
        ("device_id", "reason", "locked_at", "seen", "allowed", "reported_at"),
    ),
    Table.LOCK_DECISIONS: Kept("lock_decisions", ("payer_id", "lock_id"), ("decision", "decided_by", "at")),
    Table.LOST_CODES: Kept("lost_codes", ("code_id",), ("payer_id", "device_id", "hashed", "made_at")),
    Table.TILL_RECOVERIES: Kept("till_recoveries", ("recovery_id",), ("terminal_ref", "request_hash", "at")),
    Table.ALLOWANCE_FACTS: Kept(
        "allowances",
        ("ref",),
        (
            *("payer_id", "device_id", "request_id", "device_key", "currency", "amount_minor", "status_index"),
            *("scoped", "issued_at", "expires_at", "deadline"),
        ),
    ),
}
_TEXTS: Final = {Table.PAYERS: (0,), Table.PAYEES: (0,), Table.TERMINALS: (), Table.DISPUTE_STEPS: (3,)}
"""Tables with sealed columns, and which of them hold texts: a mark is of what is stored, and so tells nothing."""
CLAIM: Final = Kept(
    "claims",
    ("allowance_ref", "cheque_id", "payee_id"),
    (
        *("counter", "amount_minor", "cumulative_minor", "previous", "request_hash", "terminal_ref"),
        *("receipt_counter", "index_version", "bound", "guaranteed", "borne", "barred", "arrived_at", "raw"),
    ),
)
"""Of the claims only those are marked that came without a batch, from their payer: a batch says what is in it."""
_STATE: Final = ("status", "lost_at", "reason", "forked", "closed_at", "returned_minor")
_NEW_STATE: Final = (0, None, "", 0, None, 0)
STATE_COLUMNS: Final = ", ".join(_STATE)


def kept_mark(table: Table, key: Sequence[Any], columns: Iterable[Any]) -> RowMark:
    """The mark of a row of one of the tables in `KEPT`, with its values in the order that stands there."""
    values = [_column(value) for value in columns]
    if table in _TEXTS and values[-1] == PLAIN:
        values = _as_written(values, _TEXTS[table])
    return row_mark(table, _key(key), values)


def _as_written(values: list[Column], texts: Iterable[int]) -> list[Column]:
    """A row that nobody has sealed yet, as an older version wrote and marked it."""
    for place in texts:
        stored = values[place]
        values[place] = stored.decode(errors="replace") if isinstance(stored, bytes) else stored
    return values[:-1]


def entry_mark(entry_id: bytes, reason: str, at: int, postings: Iterable[tuple[str, str, bytes, str, int]]) -> RowMark:
    """The mark of a ledger entry with all its postings: book, kind, owner, currency, amount; sorted."""
    return row_mark(Table.ENTRIES, entry_id, [reason, at, [list(posting) for posting in sorted(postings)]])


def state_mark(ref: bytes, state: Sequence[Any]) -> RowMark:
    """The mark of how an allowance stands: the values of `STATE_COLUMNS`."""
    return row_mark(Table.ALLOWANCE_STATE, ref, [_column(value) for value in state])


def claim_marks(db: Database, keys: Iterable[tuple[bytes, bytes, bytes]]) -> Iterator[RowMark]:
    """The marks of these claims."""
    query = f"""SELECT {", ".join(CLAIM.columns)} FROM claims
                WHERE allowance_ref = ? AND cheque_id = ? AND payee_id = ?"""
    for key in keys:
        yield claim_mark(key, db.execute(query, key).fetchone())


def claim_mark(key: Sequence[bytes], columns: Iterable[Any]) -> RowMark:
    """The mark of a claim that its payer brought: its key, and the values of `CLAIM.columns`."""
    return row_mark(Table.CLAIMS, _key(key), [_column(value) for value in columns])


def marks_of(db: Database) -> Iterator[RowMark]:
    """The marks of all rows that a leaf must be about, as they are today."""
    for table, kept in KEPT.items():
        query = f"SELECT {', '.join((*kept.key, *kept.columns))} FROM {kept.table} ORDER BY {', '.join(kept.key)}"
        size = len(kept.key)
        for row in db.execute(query):
            yield kept_mark(table, row[:size], row[size:])
    for ref, raw, *state in db.execute(f"SELECT ref, raw, {STATE_COLUMNS} FROM allowances ORDER BY ref"):
        yield allowance_mark(ref, raw)
        if tuple(state) != _NEW_STATE:  # of how it stands as long as nothing has happened, no leaf says anything
            yield state_mark(ref, state)
    query = "SELECT terminal_ref, batch_id, body, answer, received_at FROM batches ORDER BY terminal_ref, batch_id"
    for terminal_ref, batch_id, body, answer, received_at in db.execute(query):
        yield batch_mark(terminal_ref, batch_id, body_hash=sha256(body), answer=answer, received_at=received_at)
    yield from _entry_marks(db)


def _entry_marks(db: Database) -> Iterator[RowMark]:
    query = """SELECT e.entry_id, e.reason, e.at, p.book, p.kind, p.owner, p.currency, p.amount_minor
               FROM entries e LEFT JOIN postings p ON p.entry = e.number ORDER BY e.number"""
    for (entry_id, reason, at), rows in groupby(db.execute(query), itemgetter(0, 1, 2)):
        yield entry_mark(entry_id, reason, at, (row[3:] for row in rows if row[3] is not None))


def _key(values: Sequence[Any]) -> bytes:
    """Ids one behind the other; a number as 8 bytes, a text by its hash."""
    return b"".join(map(_key_part, values))


def _key_part(value: Any) -> bytes:
    if isinstance(value, int):
        return value.to_bytes(_NUMBER_BYTES, "big")
    return sha256(value.encode()) if isinstance(value, str) else bytes(value)


def _column(value: Any) -> Column:
    if value is None:
        return b""
    return int(value) if isinstance(value, int) else value  # a flag is the number that the table holds
