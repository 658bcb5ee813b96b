"""Verifying the whole log against the books: the tree built anew, every leaf computed anew, every row looked for.

Whoever changes a row and not the log is found here. Whoever rewrites the log as well, consistently, signs a state
that does not continue the ones given out before: that is found by witnesses and by whoever holds a checkpoint.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from feiqian.audit.checkpoint import LogTrust, verify_checkpoint
from feiqian.audit.evidence import GONE, RowMark, Table, decode_evidence
from feiqian.audit.leaf import decode_leaf
from feiqian.audit.merkle import EMPTY_ROOT, Frontier, append
from feiqian.audit.refusals import AuditRefused


class StoredLeaf(NamedTuple):
    """A leaf as it is stored; `place` counts from 0, and is None in the queue."""

    place: int | None
    leaf: bytes
    salt: bytes | None
    evidence: bytes


class StoredState(NamedTuple):
    """A signed state as it is stored, and the note with its cosignatures."""

    size: int
    root: bytes
    note: bytes


class Bad(NamedTuple):
    """Something that is not as it must be: where, which one, and why."""

    table: str
    id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFacts:
    """Everything that is compared. `node_at` gives None where there is none; `off` is what the books do not hold."""

    leaves: Iterable[StoredLeaf]
    queued: Iterable[StoredLeaf]
    node_at: Callable[[int, int], bytes | None]
    node_count: int
    states: Sequence[StoredState]
    rows: Iterable[RowMark]
    off: Iterable[Bad]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReport:
    """What a verification found. `witnessed` counts the witnesses who cosigned the newest state that any cosigned."""

    size: int
    root: bytes
    leaves_checked: int
    inclusion_ok: bool
    consistency_ok: bool
    witnessed: int
    bad: tuple[Bad, ...]


@dataclass(slots=True)
class _Tree:
    """The tree as it is built anew."""

    states: dict[int, bytes]
    frontier: Frontier = field(default_factory=Frontier)
    roots: dict[int, bytes] = field(default_factory=dict)
    nodes: int = 0


def verify_log(facts: LogFacts, trust: LogTrust) -> LogReport:
    """Builds everything anew and names every difference."""
    expected: dict[tuple[int, bytes], bytes] = {}
    tree = _Tree({state.size: state.root for state in facts.states})
    inclusion: list[Bad] = []
    consistency: list[Bad] = []
    for stored in facts.leaves:
        consistency += _grow(tree, stored, facts)
        inclusion += _leaf(stored, expected)
    for stored in facts.queued:
        inclusion += _leaf(stored, expected)
    inclusion += _rows(facts.rows, expected)
    inclusion += facts.off
    consistency += _states(tree, facts, trust)
    return LogReport(
        size=tree.frontier.size,
        root=tree.frontier.root,
        leaves_checked=tree.frontier.size,
        inclusion_ok=not inclusion,
        consistency_ok=not consistency,
        witnessed=_witnessed(facts.states, trust),
        bad=(*consistency, *inclusion),
    )


def _grow(tree: _Tree, stored: StoredLeaf, facts: LogFacts) -> Iterator[Bad]:
    if stored.place != tree.frontier.size:
        yield Bad("audit_leaves", str(stored.place), "not in its place")
    grown = append(tree.frontier, [stored.leaf])
    for node in grown.nodes:
        if facts.node_at(node.level, node.index) != node.hash:
            yield Bad("audit_nodes", f"{node.level}:{node.index}", "another hash than that of the leaves below it")
    tree.frontier = grown.frontier
    tree.nodes += len(grown.nodes)
    if grown.frontier.size in tree.states:
        tree.roots[grown.frontier.size] = grown.root


def _leaf(stored: StoredLeaf, expected: dict[tuple[int, bytes], bytes]) -> Iterator[Bad]:
    name = "audit_queue" if stored.place is None else "audit_leaves"
    try:
        leaf = decode_leaf(stored.leaf)
        leaf.check_evidence((stored.salt or b"") + stored.evidence)
        marks = decode_evidence(stored.evidence)
    except AuditRefused as refused:
        yield Bad(name, str(stored.place), refused.code.value)
        return
    if leaf.kind.salted is not (stored.salt is not None):
        yield Bad(name, str(stored.place), "a salt where none belongs, or none where one does")
    for mark in marks:
        if mark.table == Table.DATA_KEYS and mark.hash == GONE:  # no other row is ever taken out
            expected.pop((mark.table, mark.key), None)
        else:
            expected[mark.table, mark.key] = mark.hash


def _rows(rows: Iterable[RowMark], expected: dict[tuple[int, bytes], bytes]) -> Iterator[Bad]:
    for table, key, hashed in rows:
        wanted = expected.pop((table, key), None)
        if wanted is None:
            yield Bad(_table(table), key.hex(), "no leaf is about this row")
        elif wanted != hashed:
            yield Bad(_table(table), key.hex(), "not the row that its leaf is about")
    for table, key in expected:
        yield Bad(_table(table), key.hex(), "the row that a leaf is about is gone")


def _states(tree: _Tree, facts: LogFacts, trust: LogTrust) -> Iterator[Bad]:
    if facts.node_count != tree.nodes:
        yield Bad("audit_nodes", "", f"{facts.node_count} nodes where there must be {tree.nodes}")
    if tree.frontier.size and tree.frontier.size not in tree.roots:
        yield Bad("checkpoints", str(tree.frontier.size), "the log's newest state is not signed")
    for state in facts.states:
        if tree.roots.get(state.size, EMPTY_ROOT) != state.root:
            yield Bad("checkpoints", str(state.size), "signed, and not a beginning of this log")
        try:
            signed = verify_checkpoint(state.note, trust).checkpoint
        except AuditRefused as refused:
            yield Bad("checkpoints", str(state.size), refused.code.value)
            continue
        if (signed.size, signed.root) != (state.size, state.root):
            yield Bad("checkpoints", str(state.size), "the signed text is about another state")


def _witnessed(states: Sequence[StoredState], trust: LogTrust) -> int:
    for state in reversed(states):
        try:
            cosigned = verify_checkpoint(state.note, trust).cosigned
        except AuditRefused:
            cosigned = ()
        if cosigned:
            return len(cosigned)
    return 0


def _table(number: int) -> str:
    return Table(number).name.lower() if number in set(Table) else str(number)
