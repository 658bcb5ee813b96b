"""Evidence: which rows of the operator's books a leaf is about, each by its hash (spec 09 section 1.1).

A leaf stands for one act; the evidence names every row that the act wrote and that never changes again. So whoever
has the books can compute every leaf anew, and a row that was changed, removed or slipped in fits no leaf. Holders
have what concerns them of the same rows (their batch, its answer, their allowance) and compute the hash from that.
"""

import hashlib
from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from feiqian.audit.refusals import AuditCode, AuditRefused
from feiqian.protocol import cbor
from feiqian.protocol.refusals import Refused

EVIDENCE_MAX_BYTES = 8 * 1024 * 1024
KEY_MAX_BYTES = 64
_HASH_BYTES = 32
_PARTS = 3
GONE = bytes(_HASH_BYTES)
"""Stands for the hash of a row that is there no more. No row has it."""

Column = int | str | bytes | list["Column"]
"""What a row's column can be; what is not there is the empty byte string."""


class Table(IntEnum):
    """Which table a row is of. A number is never used again; a new table is a new line here and in spec 09."""

    BATCHES = 1
    ENTRIES = 2
    ALLOWANCES = 3
    ALLOWANCE_FACTS = 4
    ALLOWANCE_STATE = 5
    TESTIMONIES = 6
    NOTES = 7
    FORKS = 8
    ADVICES = 9
    FUNDINGS = 10
    STATUS_LISTS = 11
    PUBLICATIONS = 12
    PAYERS = 13
    PAYEES = 14
    DEVICES = 15
    TERMINALS = 16
    PAYER_CODES = 17
    PAYEE_CODES = 18
    WITNESSES = 19
    CLAIMS = 20
    PRESENTED = 21
    PAYER_RECEIPTS = 22
    DISPUTES = 23
    DISPUTE_STATE = 24
    DISPUTE_STEPS = 25
    CHARGE_BACKS = 26
    DATA_KEYS = 27
    STAFF = 28
    STAFF_ACTS = 29
    AUTHENTICATORS = 30
    CODE_USES = 31
    WRONG_CODES = 32
    ATTESTATION_ROOTS = 33
    ATTESTED_KEYS = 34
    IDENTITIES = 35
    REVOKED_TERMINALS = 36
    DEVICE_LOCKS = 37
    LOCK_DECISIONS = 38
    LOST_CODES = 39
    TILL_RECOVERIES = 40


class RowMark(NamedTuple):
    """One row: its table, its key there, and the SHA-256 of what it says."""

    table: int
    key: bytes
    hash: bytes


def row_mark(table: Table, key: bytes, columns: Iterable[Column]) -> RowMark:
    """The mark of a row with these columns: SHA-256 of their deterministic CBOR array, the table's number first."""
    return RowMark(int(table), key, sha256(cbor.encode_ascending([int(table), key, *columns])))


def gone_mark(table: Table, key: bytes) -> RowMark:
    """The mark of a row that was taken out by a step back of the schema (spec 09 section 1.1)."""
    return RowMark(int(table), key, GONE)


def batch_mark(terminal_ref: bytes, batch_id: bytes, *, body_hash: bytes, answer: bytes, received_at: int) -> RowMark:
    """The mark of a batch that was taken; its terminal has all of this, too."""
    return row_mark(Table.BATCHES, terminal_ref + batch_id, [body_hash, sha256(answer), received_at])


def allowance_mark(ref: bytes, raw: bytes) -> RowMark:
    """The mark of an allowance as it was signed; its wallet has it, too."""
    return row_mark(Table.ALLOWANCES, ref, [sha256(raw)])


def encode_evidence(marks: Iterable[RowMark]) -> bytes:
    """The evidence: an array of [table, key, hash], in the order in which the rows were written."""
    return cbor.encode_ascending([list(mark) for mark in marks])


def decode_evidence(data: bytes) -> tuple[RowMark, ...]:
    """The rows that this evidence names. Raises AuditRefused EVIDENCE_MISMATCH for bytes that are none."""
    try:
        content = cbor.decode(data, max_bytes=EVIDENCE_MAX_BYTES)
    except Refused as refused:
        raise AuditRefused(AuditCode.EVIDENCE_MISMATCH, str(refused)) from None
    if type(content) is not list or not all(_is_mark(item) for item in content):
        raise AuditRefused(AuditCode.EVIDENCE_MISMATCH, "not a list of rows")
    return tuple(RowMark(*item) for item in content)


def sha256(data: bytes) -> bytes:
    """SHA-256, 32 bytes."""
    return hashlib.sha256(data).digest()


def _is_mark(item: object) -> bool:
    if type(item) is not list or len(item) != _PARTS:
        return False
    table, key, hashed = item
    sized = type(key) is bytes and 0 < len(key) <= KEY_MAX_BYTES and type(hashed) is bytes
    return type(table) is int and table > 0 and sized and len(hashed) == _HASH_BYTES
