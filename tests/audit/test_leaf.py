"""Leaves: small, one spelling, open to new kinds, and nothing about a person in them."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.audit.leaf import Leaf, LeafKind, decode_leaf, encode_leaf, leaf_about, salted_evidence
from feiqian.audit.limits import LEAF_MAX_BYTES
from feiqian.audit.refusals import AuditCode, AuditRefused
from feiqian.protocol import cbor
from feiqian.protocol.limits import TIME_MAX_S
from tests.audit.world import refusal_of

HASH = hashlib.sha256(b"evidence").digest()
LEAVES = st.builds(
    Leaf,
    kind=st.sampled_from(LeafKind),
    at=st.integers(0, TIME_MAX_S),
    subject=st.binary(min_size=1, max_size=32),
    evidence_hash=st.binary(min_size=32, max_size=32),
)


def content(**changed: Any) -> dict[int, Any]:
    """A good leaf's map by key; `k1=...` exchanges field 1, None leaves it out."""
    whole = {0: 1, 1: 1, 2: 1_800_000_000, 3: bytes(16), 4: HASH} | {int(key[1:]): one for key, one in changed.items()}
    return {key: value for key, value in sorted(whole.items()) if value is not None}


def test_a_leaf_is_these_bytes() -> None:
    leaf = leaf_about(LeafKind.BATCH, 1_800_000_000, bytes(range(16)), b"evidence")
    spelled = "a5000101010" + "21a6b49d20003" + "50000102030405060708090a0b0c0d0e0f" + "045820" + HASH.hex()
    assert encode_leaf(leaf).hex() == spelled
    assert decode_leaf(bytes.fromhex(spelled)) == leaf


@given(LEAVES)
def test_a_leaf_is_small_and_read_back(leaf: Leaf) -> None:
    data = encode_leaf(leaf)
    assert len(data) <= 86 <= LEAF_MAX_BYTES
    assert decode_leaf(data) == leaf


def test_kinds_keep_their_numbers() -> None:
    """A number that was written into a log keeps its meaning for ever; new kinds are added to this list."""
    assert {kind.name: kind.value for kind in LeafKind} == {
        "BATCH": 1, "ALLOWANCE": 2, "SUSPENSION": 3, "WINDOW_CLOSED": 4, "FORK": 5, "LIST_PUBLISHED": 6,
        "KEY_CHANGE": 7, "ANSWER": 8, "ENTRY": 9, "PAPERS": 10, "ENROLMENT": 64, "FUNDING": 65,
        "PAYOUT": 66, "DISPUTE": 67, "OPERATOR_ACTION": 68, "ACCESS": 69,
    }  # fmt: skip


def test_what_could_be_guessed_is_salted_and_nothing_else() -> None:
    salt = bytes(range(32))
    leaf = leaf_about(LeafKind.ENROLMENT, 1, b"subject", b"Li Wei", salt=salt)
    assert leaf.evidence_hash == hashlib.sha256(salt + b"Li Wei").digest()
    leaf.check_evidence(salted_evidence(salt, b"Li Wei"))
    for kind, wrong in ((LeafKind.ENROLMENT, None), (LeafKind.BATCH, salt)):
        with pytest.raises(ValueError, match="salted"):
            leaf_about(kind, 1, b"subject", b"evidence", salt=wrong)
    with pytest.raises(ValueError, match="32 random bytes"):
        leaf_about(LeafKind.ACCESS, 1, b"subject", b"evidence", salt=b"short")


def test_other_evidence_is_refused() -> None:
    leaf = leaf_about(LeafKind.BATCH, 1, b"subject", b"evidence")
    leaf.check_evidence(b"evidence")
    with pytest.raises(AuditRefused, match=AuditCode.EVIDENCE_MISMATCH):
        leaf.check_evidence(b"evidence ")


@pytest.mark.parametrize(
    "changed",
    [{"k0": 2}, {"k0": 99, "k1": "other", "k3": None}, {"k1": 200}, {"k1": 11}, {"k5": 1}, {"k23": b"more"}],
)
def test_what_is_newer_asks_for_an_update(changed: dict[str, Any]) -> None:
    with pytest.raises(AuditRefused, match=AuditCode.UPDATE_NEEDED):
        decode_leaf(cbor.encode(content(**changed)))


def test_what_newer_versions_may_add_uncritically_is_passed_over() -> None:
    assert decode_leaf(cbor.encode(content(k24=1))) == decode_leaf(cbor.encode(content()))


@pytest.mark.parametrize(
    "changed",
    [
        *({"k0": 0}, {"k0": b""}, {"k0": None}, {"k1": 0}, {"k1": 256}, {"k1": None}, {"k1": b"\x01"}),
        *({"k2": -1}, {"k2": TIME_MAX_S + 1}, {"k2": None}, {"k3": b""}, {"k3": bytes(33)}, {"k3": "text"}),
        *({"k4": bytes(31)}, {"k4": bytes(33)}, {"k4": None}, {"k24": bytes(100)}),
    ],
)
def test_what_is_out_of_bounds_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(AuditRefused, match=AuditCode.LEAF_MALFORMED):
        decode_leaf(cbor.encode(content(**changed)))


@given(st.binary(max_size=130) | st.dictionaries(st.integers(0, 30), st.integers() | st.binary()).map(cbor.encode))
def test_any_bytes_are_a_leaf_or_refused(data: bytes) -> None:
    assert refusal_of(lambda: decode_leaf(data)) in {None, AuditCode.LEAF_MALFORMED, AuditCode.UPDATE_NEEDED}


@pytest.mark.parametrize(
    "wrong",
    [{"at": -1}, {"at": TIME_MAX_S + 1}, {"subject": b""}, {"subject": bytes(33)}, {"evidence_hash": b"short"}],
)
def test_what_no_leaf_holds_is_our_own_mistake(wrong: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"kind": LeafKind.BATCH, "at": 1, "subject": b"s", "evidence_hash": HASH}
    with pytest.raises(ValueError, match=r"out of bounds|32 bytes"):
        encode_leaf(Leaf(**fields | wrong))
