"""The tree against the published values of RFC 6962's reference implementation, and its laws for every small tree."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.audit.limits import SIZE_MAX
from feiqian.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    append,
    consistency_proof,
    frontier_at,
    inclusion_proof,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)
from feiqian.audit.refusals import AuditCode, AuditRefused
from tests.audit.world import Log, another_bit

# The leaves and roots of the Certificate Transparency reference implementation (RFC 6962).
LEAVES = [
    bytes.fromhex(one)
    for one in (
        *("", "00", "10", "2021", "3031", "40414243"),
        *("5051525354555657", "606162636465666768696a6b6c6d6e6f"),
    )
]
ROOTS = [
    bytes.fromhex(one)
    for one in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
A, B, C, D = (
    bytes.fromhex(one)
    for one in (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    )
)
REFERENCE = Log(LEAVES)
LARGEST = 66
TREE = Log(b"%d" % number for number in range(LARGEST))
SIZES = range(LARGEST + 1)


def defined_root(leaves: Sequence[bytes]) -> bytes:
    """MTH as RFC 9162 section 2.1.1 defines it."""
    if len(leaves) < 2:
        return leaf_hash(leaves[0]) if leaves else EMPTY_ROOT
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(defined_root(leaves[:split]), defined_root(leaves[split:]))


def include(index: int, size: int, /, **changed: object) -> None:
    """Check the proof of TREE's leaf `index`, with some of its parts exchanged."""
    given_ = {"leaf": TREE.leaves[index], "index": index, "size": size}
    given_ |= {"path": TREE.inclusion(index, size), "root": frontier_at(size, TREE.hash_at).root}
    verify_inclusion(**given_ | changed)  # type: ignore[arg-type]  # the parts are named by the tests


def grow(old_size: int, new_size: int, /, **changed: object) -> None:
    """Check TREE's growth, with some of the proof's parts exchanged."""
    given_ = {"old_size": old_size, "old_root": frontier_at(old_size, TREE.hash_at).root, "new_size": new_size}
    given_ |= {"new_root": frontier_at(new_size, TREE.hash_at).root, "path": TREE.consistency(old_size, new_size)}
    verify_consistency(**given_ | changed)  # type: ignore[arg-type]  # the parts are named by the tests


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_the_reference(size: int) -> None:
    assert append(Frontier(), LEAVES[:size]).root == ROOTS[size] == defined_root(LEAVES[:size])


def test_proofs_are_those_of_the_reference() -> None:
    assert REFERENCE.inclusion(5, 8) == (A, B, D)
    assert REFERENCE.consistency(6, 8) == (C, B, D)
    assert REFERENCE.inclusion(0, 1) == REFERENCE.consistency(8, 8) == ()


@pytest.mark.parametrize("size", SIZES)
def test_every_root_of_the_past_can_be_read_from_what_was_stored(size: int) -> None:
    assert frontier_at(size, TREE.hash_at).root == defined_root(TREE.leaves[:size])
    assert frontier_at(size, TREE.hash_at) == append(Frontier(), TREE.leaves[:size]).frontier


@given(st.lists(st.lists(st.binary(max_size=8), max_size=9), max_size=6))
def test_however_leaves_are_batched_the_tree_is_the_same(batches: list[list[bytes]]) -> None:
    log = Log()
    for batch in batches:
        log.add(batch)
    once = Log(leaf for batch in batches for leaf in batch)
    assert (log.frontier, log.nodes) == (once.frontier, once.nodes)
    assert len(log.nodes) == max(0, 2 * log.frontier.size - log.frontier.size.bit_count())


@pytest.mark.parametrize("size", range(1, LARGEST + 1))
def test_every_leaf_of_every_tree_has_a_proof(size: int) -> None:
    for index in range(size):
        include(index, size)


@pytest.mark.parametrize("new_size", SIZES)
def test_every_growth_has_a_proof(new_size: int) -> None:
    for old_size in range(new_size + 1):
        grow(old_size, new_size)


@pytest.mark.parametrize("size", range(1, 20))
def test_no_other_index_size_or_leaf_has_that_proof(size: int) -> None:
    for index in range(size):
        for other in {-1, *range(size + 2)} - {index}:
            with pytest.raises(AuditRefused, match=AuditCode.INCLUSION_INVALID):
                include(index, size, index=other)
        with pytest.raises(AuditRefused, match=AuditCode.INCLUSION_INVALID):
            include(index, size, leaf=b"another")
        with pytest.raises(AuditRefused, match=AuditCode.INCLUSION_INVALID):
            include(index, size, path=(*TREE.inclusion(index, size), bytes(32)))
        if size > 1:
            with pytest.raises(AuditRefused, match=AuditCode.INCLUSION_INVALID):
                include(index, size, path=TREE.inclusion(index, size)[:-1])


@pytest.mark.parametrize("size", range(1, 20))
def test_a_wrong_size_leads_to_the_root_only_where_the_path_is_the_same(size: int) -> None:
    """A path binds no size where both trees give it the same turns: size and root are signed together."""
    for index in range(size):
        for other in set(range(size + 20)) - {size}:
            with suppress(AuditRefused):
                include(index, size, size=other)
                assert turns(index, other) == turns(index, size)
            with pytest.raises(AuditRefused, match=AuditCode.INCLUSION_INVALID):
                include(index, size, size=other, root=frontier_at(other, TREE.hash_at).root)


def turns(index: int, size: int) -> list[bool]:
    """On which side each step of a path joins, as RFC 9162 section 2.1.3.1 splits the tree."""
    if size == 1:
        return []
    split = 1 << (size - 1).bit_length() - 1
    right = index >= split
    return [*(turns(index - split, size - split) if right else turns(index, split)), right]


@given(st.data())
def test_any_turned_bit_of_a_proof_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, LARGEST), label="size")
    index = data.draw(st.integers(0, size - 1), label="index")
    path = list(TREE.inclusion(index, size))
    step = data.draw(st.integers(0, len(path) - 1), label="step")
    path[step] = another_bit(path[step], data.draw(st.integers(0, 255), label="bit"))
    with pytest.raises(AuditRefused, match=AuditCode.INCLUSION_INVALID):
        include(index, size, path=path)


@given(st.data())
def test_any_turned_bit_of_a_growth_is_refused(data: st.DataObject) -> None:
    new_size = data.draw(st.integers(2, LARGEST), label="new size")
    old_size = data.draw(st.integers(1, new_size - 1), label="old size")
    path = list(TREE.consistency(old_size, new_size))
    bit = data.draw(st.integers(0, 255), label="bit")
    step = data.draw(st.integers(0, len(path) - 1), label="step")
    path[step] = another_bit(path[step], bit)
    with pytest.raises(AuditRefused, match=AuditCode.CONSISTENCY_INVALID):
        grow(old_size, new_size, path=path)
    for root, size in (("old_root", old_size), ("new_root", new_size)):
        with pytest.raises(AuditRefused, match=AuditCode.CONSISTENCY_INVALID):
            grow(old_size, new_size, **{root: another_bit(frontier_at(size, TREE.hash_at).root, bit)})


@pytest.mark.parametrize("new_size", range(2, 20))
def test_no_other_sizes_have_that_growth(new_size: int) -> None:
    for old_size in range(1, new_size):
        for other in range(1, new_size):
            if other != old_size:
                with pytest.raises(AuditRefused, match=AuditCode.CONSISTENCY_INVALID):
                    grow(old_size, new_size, old_size=other, old_root=frontier_at(other, TREE.hash_at).root)
        path = TREE.consistency(old_size, new_size)
        for wrong in (path[:-1], (*path, bytes(32)), (), (*path, b"short"), path * 65):
            with pytest.raises(AuditRefused, match=AuditCode.CONSISTENCY_INVALID):
                grow(old_size, new_size, path=wrong)


def test_a_smaller_tree_and_another_root_of_the_same_size_have_names_of_their_own() -> None:
    with pytest.raises(AuditRefused, match=AuditCode.ROLLED_BACK):
        grow(5, 9, new_size=4)
    with pytest.raises(AuditRefused, match=AuditCode.LOG_FORKED):
        grow(5, 5, new_root=bytes(32))


def test_where_nothing_is_to_be_proved_nothing_may_be_shown() -> None:
    for old_size in (0, 7):
        with pytest.raises(AuditRefused, match=AuditCode.CONSISTENCY_INVALID):
            grow(old_size, 7, path=(bytes(32),))
    with pytest.raises(AuditRefused, match=AuditCode.CONSISTENCY_INVALID):
        grow(0, 7, old_root=bytes(32))


@pytest.mark.parametrize("size", [2**20, 2**40 + 12_345, SIZE_MAX])
def test_proofs_read_few_hashes_whatever_the_size(size: int) -> None:
    asked: list[tuple[int, int]] = []

    def hash_at(level: int, index: int) -> bytes:
        assert (index + 1) << level <= size, "only whole nodes are stored"
        asked.append((level, index))
        return bytes(32)

    for index in (0, size // 3, size - 1):
        asked.clear()
        assert len(inclusion_proof(index, size, hash_at)) <= size.bit_length()
        consistency_proof(index, size, hash_at)
        assert len(asked) <= 4 * size.bit_length()


L = [leaf_hash(b"%d" % number) for number in range(5)]


@pytest.mark.parametrize(
    ("size", "path", "root"),
    [
        (1, (L[1],), node_hash(L[1], L[0])),
        (2, (), L[0]),
        (2, (b"short",), node_hash(L[0], b"short")),
    ],
    ids=["too long", "too short", "no hash"],
)
def test_a_path_of_another_form_is_refused_though_it_leads_to_the_root(
    size: int, path: tuple[bytes, ...], root: bytes
) -> None:
    with pytest.raises(AuditRefused, match=AuditCode.INCLUSION_INVALID):
        verify_inclusion(leaf=b"0", index=0, size=size, path=path, root=root)


THREE, FOUR = append(Frontier(), [b"0", b"1", b"2"]).root, append(Frontier(), [b"0", b"1", b"2", b"3"]).root
STEPS = (L[2], L[3], node_hash(L[0], L[1]))


@pytest.mark.parametrize(
    ("new_size", "path", "roots"),
    [
        (4, (*STEPS, L[4]), (node_hash(L[4], THREE), node_hash(L[4], FOUR))),
        (8, STEPS, (THREE, FOUR)),
        (4, (L[2], b"short", STEPS[2]), (THREE, node_hash(STEPS[2], node_hash(L[2], b"short")))),
    ],
    ids=["too long", "too short", "no hash"],
)
def test_a_growth_of_another_form_is_refused_though_it_leads_to_both_roots(
    new_size: int, path: tuple[bytes, ...], roots: tuple[bytes, bytes]
) -> None:
    verify_consistency(old_size=3, old_root=THREE, new_size=4, new_root=FOUR, path=STEPS)
    with pytest.raises(AuditRefused, match=AuditCode.CONSISTENCY_INVALID):
        verify_consistency(old_size=3, old_root=roots[0], new_size=new_size, new_root=roots[1], path=path)


def test_what_no_tree_has_is_our_own_mistake() -> None:
    for wrong in ((1, ()), (0, (bytes(32),)), (1, (b"short",)), (-1, (bytes(32),)), (SIZE_MAX + 1, (bytes(32),))):
        with pytest.raises(ValueError, match="hash"):
            Frontier(size=wrong[0], hashes=wrong[1])
    for index, size in ((1, 1), (-1, 1), (0, 0)):
        with pytest.raises(ValueError, match="no such leaf"):
            TREE.inclusion(index, size)
    for old_size, new_size in ((-1, 3), (4, 3)):
        with pytest.raises(ValueError, match="only grows"):
            TREE.consistency(old_size, new_size)
