"""Leaves: what the operator did, one thing each (spec 09 section 1).

A leaf is a small deterministic CBOR map that names the kind of thing, when, on what, and the SHA-256 of the evidence.
The evidence itself stays with the parties. Nothing about a person may be in the log, which nobody can erase: subjects
are our own random ids, and evidence that could be guessed is hashed behind 32 random bytes that can be erased.
"""

import hashlib
from dataclasses import dataclass
from enum import IntEnum

from feiqian.audit.limits import HASH_BYTES, LEAF_MAX_BYTES, SALT_BYTES, SUBJECT_MAX_BYTES
from feiqian.audit.refusals import AuditCode, AuditRefused
from feiqian.protocol import cbor
from feiqian.protocol.layout import Layout, instant, octets, uint
from feiqian.protocol.limits import TIME_MAX_S
from feiqian.protocol.refusals import RefusalCode, Refused

LEAF_VERSION = 1
KIND_MAX = 255


class LeafKind(IntEnum):
    """What happened. A number is never used again; a new kind is a new line here and in spec 09 section 1.

    The first block is about signed statements, proofs and random ids, which nobody guesses; the second block is about
    rows that somebody might guess, so those are salted (`salted_evidence`).
    """

    BATCH = 1
    ALLOWANCE = 2
    SUSPENSION = 3
    WINDOW_CLOSED = 4
    FORK = 5
    LIST_PUBLISHED = 6
    KEY_CHANGE = 7
    ANSWER = 8
    ENTRY = 9
    PAPERS = 10

    ENROLMENT = 64
    FUNDING = 65
    PAYOUT = 66
    DISPUTE = 67
    OPERATOR_ACTION = 68
    ACCESS = 69

    @property
    def salted(self) -> bool:
        """True if the evidence of this kind must be salted."""
        return self >= LeafKind.ENROLMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One entry. `at` is seconds since 1970, `subject` 1..32 bytes of a random id, `evidence_hash` 32 bytes."""

    kind: LeafKind
    at: int
    subject: bytes
    evidence_hash: bytes

    def check_evidence(self, evidence: bytes) -> None:
        """Refuses unless this leaf is about these very bytes. Raises AuditRefused EVIDENCE_MISMATCH."""
        if hashlib.sha256(evidence).digest() != self.evidence_hash:
            raise AuditRefused(AuditCode.EVIDENCE_MISMATCH)


_LAYOUT = Layout(
    None,
    uint(0, "version", LEAF_VERSION, low=LEAF_VERSION),
    uint(1, "kind", KIND_MAX, low=1),
    instant(2, "at"),
    octets(3, "subject", 1, up_to=SUBJECT_MAX_BYTES),
    octets(4, "evidence_hash", HASH_BYTES),
)
_KNOWN_KINDS = frozenset(LeafKind)


def salted_evidence(salt: bytes, row: bytes) -> bytes:
    """The evidence for something that could be guessed: 32 fresh random bytes, then the row's own bytes.

    Whoever holds it can prove the leaf; once salt and row are erased the leaf tells nothing about them. Raises
    ValueError for a salt of another length.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt is 32 random bytes")
    return salt + row


def leaf_about(kind: LeafKind, at: int, subject: bytes, evidence: bytes, *, salt: bytes | None = None) -> Leaf:
    """The leaf for this evidence; give `salt` (32 fresh random bytes) for the salted kinds and for no other.

    Raises ValueError otherwise: a guessable hash in a log that is never erased cannot be taken back.
    """
    if kind.salted is not (salt is not None):
        raise ValueError(f"{kind.name.lower()} must {'' if kind.salted else 'not '}be salted")
    shown = evidence if salt is None else salted_evidence(salt, evidence)
    return Leaf(kind=kind, at=at, subject=subject, evidence_hash=hashlib.sha256(shown).digest())


def encode_leaf(leaf: Leaf) -> bytes:
    """The bytes that are hashed into the tree, at most 120. Raises ValueError for values that no leaf holds."""
    if not 0 <= leaf.at <= TIME_MAX_S or not 0 < len(leaf.subject) <= SUBJECT_MAX_BYTES:
        raise ValueError("time or subject is out of bounds")
    if len(leaf.evidence_hash) != HASH_BYTES:
        raise ValueError("a hash is 32 bytes")
    fields = {"at": leaf.at, "subject": leaf.subject, "evidence_hash": leaf.evidence_hash}
    return _LAYOUT.encode({"version": LEAF_VERSION, "kind": leaf.kind, **fields})


def decode_leaf(data: bytes) -> Leaf:
    """The leaf that these bytes spell.

    Raises AuditRefused LEAF_MALFORMED, or UPDATE_NEEDED for a version, kind or critical field that is not known here.
    """
    try:
        content = cbor.decode_map(data, max_bytes=LEAF_MAX_BYTES)
        version, kind = content.get(0), content.get(1)
        if type(version) is int and version > LEAF_VERSION:
            raise AuditRefused(AuditCode.UPDATE_NEEDED, f"leaf version {version}")
        values = _LAYOUT.check(content)
    except Refused as refused:
        newer = refused.code is RefusalCode.UPDATE_NEEDED
        raise AuditRefused(AuditCode.UPDATE_NEEDED if newer else AuditCode.LEAF_MALFORMED, str(refused)) from None
    if kind not in _KNOWN_KINDS:
        raise AuditRefused(AuditCode.UPDATE_NEEDED, f"leaf kind {kind}")
    del values["version"]
    return Leaf(**values | {"kind": LeafKind(kind)})
