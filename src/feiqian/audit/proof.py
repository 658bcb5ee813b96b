"""Proof files (c2sp.org/tlog-proof): one leaf, its path, and the signed checkpoint to which the path leads.

    c2sp.org/tlog-proof@v1
    extra <base64 of the leaf>
    index <decimal>
    <base64 of a hash>                   for each step, from the leaf's sibling upwards

    <the checkpoint, as it was signed and cosigned>

Whoever holds the file and the evidence needs only the trusted keys to check it, no network and no server. The leaf's
bytes ride in `extra`; nothing there is believed before the path has led from it to a signed root.
"""

import base64
from dataclasses import dataclass

from feiqian.audit.checkpoint import Cosigned, LogTrust, decode_number, verify_checkpoint
from feiqian.audit.leaf import Leaf, decode_leaf
from feiqian.audit.limits import HASH_BYTES, LEAF_MAX_BYTES, PATH_MAX, PROOF_MAX_BYTES
from feiqian.audit.merkle import verify_inclusion
from feiqian.audit.note_key import decode_base64
from feiqian.audit.refusals import AuditCode, AuditRefused

_HEAD = "c2sp.org/tlog-proof@v1"
_LINES_BEFORE_PATH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A proof file's parts, nothing verified.

    `leaf` are the leaf's bytes, 1..120; `index` counts from 0; `path` is `merkle.inclusion_proof` in the tree of the
    checkpoint's size; `checkpoint` is a signed note.
    """

    leaf: bytes
    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Included:
    """What a proof proved: this leaf stands at `index` of the log `origin`, in its state of `size` leaves.

    `leaf.at` is when it happened as the operator says; `cosigned` is who else saw that state, and when.
    """

    leaf: Leaf
    index: int
    origin: str
    size: int
    root: bytes
    cosigned: tuple[Cosigned, ...]


def encode_proof(proof: Proof) -> bytes:
    """The proof file. Verifies nothing. Raises AuditRefused TOO_LARGE or PROOF_MALFORMED: we send what we accept."""
    lines = [_HEAD, f"extra {_base64(proof.leaf)}", f"index {proof.index}", *map(_base64, proof.path)]
    data = "".join(f"{line}\n" for line in lines).encode() + b"\n" + proof.checkpoint
    if decode_proof(data) != proof:
        raise AuditRefused(AuditCode.PROOF_MALFORMED, "it would be read back as another one")
    return data


def decode_proof(data: bytes) -> Proof:
    """The proof that these bytes spell, nothing verified. Raises AuditRefused TOO_LARGE or PROOF_MALFORMED."""
    if len(data) > PROOF_MAX_BYTES:
        raise AuditRefused(AuditCode.TOO_LARGE, f"{len(data)} bytes, at most {PROOF_MAX_BYTES}")
    head, empty_line, checkpoint = data.partition(b"\n\n")
    lines = head.decode("ascii", errors="replace").split("\n")
    if not empty_line or not _LINES_BEFORE_PATH <= len(lines) <= _LINES_BEFORE_PATH + PATH_MAX or lines[0] != _HEAD:
        raise AuditRefused(AuditCode.PROOF_MALFORMED, "not a proof of version 1 with its leaf and index")
    leaf = decode_base64(_after("extra ", lines[1]))
    index = decode_number(_after("index ", lines[2]))
    if leaf is None or not 0 < len(leaf) <= LEAF_MAX_BYTES or index is None:
        raise AuditRefused(AuditCode.PROOF_MALFORMED, "leaf or index is not written as it must be")
    return Proof(leaf=leaf, index=index, path=tuple(map(_hash, lines[_LINES_BEFORE_PATH:])), checkpoint=checkpoint)


def check_proof(data: bytes, evidence: bytes, trust: LogTrust) -> Included:
    """What the file proves about this evidence (for salted kinds: the salt, then the row; see `leaf`).

    Raises AuditRefused as `check_leaf_proof` does, then EVIDENCE_MISMATCH.
    """
    included = check_leaf_proof(data, trust)
    included.leaf.check_evidence(evidence)
    return included


def check_leaf_proof(data: bytes, trust: LogTrust) -> Included:
    """What the file proves by itself: that its leaf is in the log, whatever the leaf's evidence is.

    Raises AuditRefused TOO_LARGE, PROOF_MALFORMED, all of `verify_checkpoint`, INCLUSION_INVALID, LEAF_MALFORMED,
    UPDATE_NEEDED, in this order.
    """
    proof = decode_proof(data)
    verified = verify_checkpoint(proof.checkpoint, trust)
    state = verified.checkpoint
    verify_inclusion(leaf=proof.leaf, index=proof.index, size=state.size, path=proof.path, root=state.root)
    return Included(
        leaf=decode_leaf(proof.leaf),
        index=proof.index,
        origin=state.origin,
        size=state.size,
        root=state.root,
        cosigned=verified.cosigned,
    )


def _after(word: str, line: str) -> str:
    if not line.startswith(word):
        raise AuditRefused(AuditCode.PROOF_MALFORMED, f"no line {word.rstrip()}")
    return line.removeprefix(word)


def _hash(line: str) -> bytes:
    data = decode_base64(line)
    if data is None or len(data) != HASH_BYTES:
        raise AuditRefused(AuditCode.PROOF_MALFORMED, "a step of the path is no hash")
    return data


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
