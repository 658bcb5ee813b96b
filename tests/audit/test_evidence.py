"""Evidence: what it says of rows is read back as it was written, and any other bytes are refused by their code."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.audit.evidence import (
    RowMark,
    Table,
    allowance_mark,
    batch_mark,
    decode_evidence,
    encode_evidence,
    row_mark,
)
from feiqian.audit.refusals import AuditCode, AuditRefused
from feiqian.protocol import cbor
from tests.audit.world import refusal_of

HASH = hashlib.sha256(b"").digest()
MARK = st.builds(RowMark, st.integers(1, 255), st.binary(min_size=1, max_size=64), st.binary(min_size=32, max_size=32))


@given(st.lists(MARK, max_size=20))
def test_what_is_written_is_read(marks: list[RowMark]) -> None:
    assert decode_evidence(encode_evidence(marks)) == tuple(marks)


@given(st.binary(max_size=200))
def test_any_bytes_are_evidence_or_refused(data: bytes) -> None:
    refused = refusal_of(lambda: decode_evidence(data))
    assert refused in (None, AuditCode.EVIDENCE_MISMATCH)
    if refused is None:
        assert encode_evidence(decode_evidence(data)) == data


@pytest.mark.parametrize(
    "content",
    [{}, 1, [1], [[1, b"k"]], [[0, b"k", HASH]], [[1, b"", HASH]], [[1, b"k", HASH[1:]]], [["1", b"k", HASH]]],
)
def test_what_is_no_list_of_rows_is_refused(content: object) -> None:
    with pytest.raises(AuditRefused, match=AuditCode.EVIDENCE_MISMATCH):
        decode_evidence(cbor.encode(content))


def test_marks_are_those_of_the_specification() -> None:
    """Spec 09 section 1.1, spelled out: table, key and columns in one array, signed bytes by their hash."""
    raw, answer = b"an allowance", b"an answer"
    said = cbor.encode([3, b"r" * 8, hashlib.sha256(raw).digest()])
    assert allowance_mark(b"r" * 8, raw) == (3, b"r" * 8, hashlib.sha256(said).digest())
    said = cbor.encode([1, b"t" * 8 + b"b" * 16, HASH, hashlib.sha256(answer).digest(), 7])
    made = batch_mark(b"t" * 8, b"b" * 16, body_hash=HASH, answer=answer, received_at=7)
    assert made == (1, b"t" * 8 + b"b" * 16, hashlib.sha256(said).digest())


def test_the_same_columns_of_another_table_or_key_are_another_row() -> None:
    hashes = {row_mark(table, key, [1]).hash for table in Table for key in (b"a", b"b")}
    assert len(hashes) == 2 * len(Table)
