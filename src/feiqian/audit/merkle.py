"""The Merkle tree of the log (RFC 9162 section 2.1, the same as RFC 6962): hashes, growth, proofs.

A node (level, index) stands for the 2^level leaves from index * 2^level on. Only whole nodes are stored: they never
change, so a store only ever inserts them. The part of the tree that still grows is the `Frontier`, at most one whole
node per level; everything else is computed from those when it is asked for.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from feiqian.audit.limits import HASH_BYTES, SIZE_MAX
from feiqian.audit.refusals import AuditCode, AuditRefused

EMPTY_ROOT = sha256(b"").digest()
"""The root of no leaves."""

HashAt = Callable[[int, int], bytes]
"""`hash_at(level, index)`: the stored hash of a whole node, 32 bytes. Asked only for nodes that `append` gave out."""


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 || leaf), 32 bytes."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right), 32 bytes."""
    return sha256(b"\x01" + left + right).digest()


# --- growth --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A whole node to store: its place and its hash. (level, index) is a key; a stored node never changes."""

    level: int
    index: int
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """The growing edge: `size` leaves, and the hashes of the largest whole nodes that cover them, left to right.

    There is one hash for each 1 in the binary form of `size`, so at most 53.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError for a frontier that no tree has."""
        if not 0 <= self.size <= SIZE_MAX or len(self.hashes) != self.size.bit_count():
            raise ValueError("a frontier has one hash for each 1 in its size")
        if any(len(one) != HASH_BYTES for one in self.hashes):
            raise ValueError("a hash is 32 bytes")

    @property
    def root(self) -> bytes:
        """The root of these leaves, 32 bytes."""
        return _fold(self.hashes) if self.hashes else EMPTY_ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """What an append comes to. `nodes` are to be stored together with the leaves, in one transaction."""

    frontier: Frontier
    nodes: tuple[Node, ...]
    root: bytes


def append(frontier: Frontier, leaves: Iterable[bytes]) -> Grown:
    """The tree after these leaves, at least O(1) and at most O(log n) hashes a leaf, two on average.

    Raises ValueError above SIZE_MAX.
    """
    edge = list(frontier.hashes)
    size = frontier.size
    nodes: list[Node] = []
    for leaf in leaves:
        level, hashed = 0, leaf_hash(leaf)
        nodes.append(Node(level=0, index=size, hash=hashed))
        while size >> level & 1:  # the node left of it is whole: together they are the next larger one
            hashed = node_hash(edge.pop(), hashed)
            level += 1
            nodes.append(Node(level=level, index=size >> level, hash=hashed))
        edge.append(hashed)
        size += 1
    grown = Frontier(size=size, hashes=tuple(edge))
    return Grown(frontier=grown, nodes=tuple(nodes), root=grown.root)


def frontier_at(size: int, hash_at: HashAt) -> Frontier:
    """The frontier that the tree had at `size` leaves, read from stored nodes: O(log n) readings."""
    return Frontier(size=size, hashes=tuple(hash_at(level, index) for level, index in _whole_nodes(0, size)))


# --- making proofs -------------------------------------------------------------------------------------------


def inclusion_proof(index: int, size: int, hash_at: HashAt) -> tuple[bytes, ...]:
    """The path from leaf `index` (from 0) to the root of the first `size` leaves (RFC 9162 section 2.1.3.1).

    At most 53 hashes, from the leaf's sibling upwards; O(log n) readings. Raises ValueError for no such leaf.
    """
    if not 0 <= index < size <= SIZE_MAX:
        raise ValueError("no such leaf in a tree of this size")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_hash(middle, end, hash_at))
            end = middle
        else:
            path.append(_range_hash(start, middle, hash_at))
            start = middle
    return tuple(reversed(path))


def consistency_proof(old_size: int, new_size: int, hash_at: HashAt) -> tuple[bytes, ...]:
    """That the tree of `old_size` leaves is the beginning of that of `new_size` (RFC 9162 section 2.1.4.1).

    Empty where nothing needs proof: from no leaves at all, and between equal sizes. O(log n) readings. Raises
    ValueError unless 0 <= old_size <= new_size.
    """
    if not 0 <= old_size <= new_size <= SIZE_MAX:
        raise ValueError("a tree only grows")
    if old_size in (0, new_size):
        return ()
    path: list[bytes] = []
    start, end = 0, new_size
    while end != old_size:
        middle = start + _split(end - start)
        if old_size <= middle:
            path.append(_range_hash(middle, end, hash_at))
            end = middle
        else:
            path.append(_range_hash(start, middle, hash_at))
            start = middle
    if start:  # otherwise the old root itself is this node, and whoever checks has it
        path.append(_range_hash(start, end, hash_at))
    return tuple(reversed(path))


# --- checking proofs -----------------------------------------------------------------------------------------


def verify_inclusion(*, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Refuses unless `path` leads from this leaf at `index` to `root` over `size` leaves (RFC 9162 section 2.1.3.2).

    Raises AuditRefused INCLUSION_INVALID.
    """
    if not 0 <= index < size:
        raise AuditRefused(AuditCode.INCLUSION_INVALID, "the index lies outside the tree")
    _check_hashes(path, AuditCode.INCLUSION_INVALID)
    fn, sn, reached = index, size - 1, leaf_hash(leaf)
    for sibling in path:
        if sn == 0:
            raise AuditRefused(AuditCode.INCLUSION_INVALID, "the path is too long")
        if fn & 1 or fn == sn:
            reached = node_hash(sibling, reached)
            fn, sn = _up_to_right_child(fn, sn)
        else:
            reached = node_hash(reached, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise AuditRefused(AuditCode.INCLUSION_INVALID, "the path is too short")
    if reached != root:
        raise AuditRefused(AuditCode.INCLUSION_INVALID, "the path leads to another root")


def verify_consistency(
    *, old_size: int, old_root: bytes, new_size: int, new_root: bytes, path: Sequence[bytes]
) -> None:
    """Refuses unless the tree with `new_root` begins with the one with `old_root` (RFC 9162 section 2.1.4.2).

    Raises AuditRefused: ROLLED_BACK when the new tree is smaller, LOG_FORKED when it has the same size and another
    root, CONSISTENCY_INVALID otherwise.
    """
    if not 0 <= old_size <= new_size:
        raise AuditRefused(AuditCode.ROLLED_BACK, "the new tree is smaller")
    if old_size == new_size and old_root != new_root:
        raise AuditRefused(AuditCode.LOG_FORKED, "two roots of one size")
    _check_hashes(path, AuditCode.CONSISTENCY_INVALID)
    if old_size in (0, new_size):
        if path or (old_size == 0 and old_root != EMPTY_ROOT):
            raise AuditRefused(AuditCode.CONSISTENCY_INVALID, "there is nothing to prove, and something was shown")
        return
    _walk_consistency(old_size, old_root, new_size, new_root, path)


def _walk_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, path: Sequence[bytes]) -> None:
    """The general case, 0 < old_size < new_size: both roots are built from one path."""
    known = (old_root,) if old_size & (old_size - 1) == 0 else ()  # a whole node: its hash is not repeated
    steps = (*known, *path)
    if not path:
        raise AuditRefused(AuditCode.CONSISTENCY_INVALID, "the path is empty")
    fn, sn = old_size - 1, new_size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if sn == 0:
            raise AuditRefused(AuditCode.CONSISTENCY_INVALID, "the path is too long")
        if fn & 1 or fn == sn:
            old, new = node_hash(step, old), node_hash(step, new)
            fn, sn = _up_to_right_child(fn, sn)
        else:
            new = node_hash(new, step)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or old != old_root or new != new_root:
        raise AuditRefused(AuditCode.CONSISTENCY_INVALID, "the path does not lead to both roots")


# --- inside --------------------------------------------------------------------------------------------------


def _up_to_right_child(fn: int, sn: int) -> tuple[int, int]:
    """Past the levels where the last node of the tree has no sibling."""
    while fn and not fn & 1:
        fn, sn = fn >> 1, sn >> 1
    return fn, sn


def _check_hashes(path: Sequence[bytes], code: AuditCode) -> None:
    if any(len(one) != HASH_BYTES for one in path):
        raise AuditRefused(code, "the path holds something that is no hash")


def _split(count: int) -> int:
    """The largest power of two below `count`, which is at least 2: where RFC 9162 splits a tree."""
    return 1 << (count - 1).bit_length() - 1


def _range_hash(start: int, end: int, hash_at: HashAt) -> bytes:
    """The root of the leaves start..end-1, where `start` is a multiple of the next power of two from their count."""
    return _fold([hash_at(level, index) for level, index in _whole_nodes(start, end)])


def _whole_nodes(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The largest whole nodes, as (level, index), that cover the leaves start..end-1, left to right."""
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def _fold(hashes: Sequence[bytes]) -> bytes:
    """The root over whole nodes of falling size: the smaller ones, at the right, are joined first."""
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root
