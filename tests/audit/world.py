"""A small log for tests: its keys, its leaves, a store of nodes, and proof files from it. Everything from labels."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from feiqian.audit.checkpoint import Checkpoint, LogTrust, sign_checkpoint
from feiqian.audit.leaf import Leaf, LeafKind, encode_leaf, leaf_about
from feiqian.audit.merkle import Frontier, append, consistency_proof, frontier_at, inclusion_proof
from feiqian.audit.note import add_signatures
from feiqian.audit.note_key import NoteKey, SignatureType, SoftwareNoteKey
from feiqian.audit.proof import Proof, encode_proof
from feiqian.audit.refusals import AuditCode, AuditRefused
from feiqian.audit.witness import Witness

ORIGIN = "example.org/feiqian/audit"
NOW = 1_800_000_000


def secret(label: str) -> SoftwareNoteKey:
    return SoftwareNoteKey(hashlib.sha256(label.encode()).digest())


def note_key(name: str, label: str | None = None) -> NoteKey:
    return NoteKey(name=name, type=SignatureType.NOTE, public_key=secret(label or name).public_key)


LOG_KEY = note_key(ORIGIN)
WITNESSES = tuple(
    Witness(name, secret(name), [LOG_KEY]) for name in ("witness.example/one", "witness.example/two", "w.example/三")
)
TRUST = LogTrust(log_keys=(LOG_KEY,), witness_keys=tuple(witness.key for witness in WITNESSES), witnesses_needed=2)
ALONE = LogTrust(log_keys=(LOG_KEY,))


def evidence_of(number: int) -> bytes:
    return b"batch %d" % number


def leaf_of(number: int) -> Leaf:
    return leaf_about(LeafKind.BATCH, NOW + number, number.to_bytes(16, "big"), evidence_of(number))


class Log:
    """A tree over a dict, as a database would hold it: nodes are only ever added."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self.frontier = Frontier()
        self.leaves: list[bytes] = []
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.add(leaves)

    @classmethod
    def of(cls, size: int) -> Log:
        return cls(encode_leaf(leaf_of(number)) for number in range(size))

    def add(self, leaves: Iterable[bytes]) -> None:
        new = list(leaves)
        grown = append(self.frontier, new)
        for node in grown.nodes:
            assert (node.level, node.index) not in self.nodes, "a stored node never changes"
            self.nodes[node.level, node.index] = node.hash
        self.frontier = grown.frontier
        self.leaves += new

    def hash_at(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]

    def checkpoint(self, size: int, origin: str = ORIGIN) -> Checkpoint:
        return Checkpoint(origin=origin, size=size, root=frontier_at(size, self.hash_at).root)

    def signed(self, size: int, *, cosigned_by: Iterable[Witness] = ()) -> bytes:
        note = sign_checkpoint(self.checkpoint(size), secret(ORIGIN))
        return add_signatures(note, [witness.decide({}, note, (), NOW + 60).line for witness in cosigned_by])

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        return inclusion_proof(index, size, self.hash_at)

    def consistency(self, old_size: int, new_size: int) -> tuple[bytes, ...]:
        return consistency_proof(old_size, new_size, self.hash_at)

    def proof(self, index: int, size: int, *, cosigned_by: Iterable[Witness] = WITNESSES) -> bytes:
        checkpoint = self.signed(size, cosigned_by=cosigned_by)
        path = self.inclusion(index, size)
        return encode_proof(Proof(leaf=self.leaves[index], index=index, path=path, checkpoint=checkpoint))


def refusal_of(call: Callable[[], object]) -> AuditCode | None:
    """The code with which it is refused, or None."""
    try:
        call()
    except AuditRefused as refused:
        return refused.code
    return None


def another_bit(data: bytes, bit: int) -> bytes:
    """The same bytes with one bit turned."""
    changed = bytearray(data)
    changed[bit // 8 % len(data)] ^= 1 << bit % 8
    return bytes(changed)
