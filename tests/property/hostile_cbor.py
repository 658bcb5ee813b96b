"""Bytes that an attacker would put where CBOR is expected: strategies for the property tests."""

from __future__ import annotations

from hypothesis import strategies as st

KNOWN_TAGS = (0, 1, 2, 3, 4, 5, 22, 24, 25, 28, 29, 30, 35, 36, 37, 100, 256, 258, 260, 1004, 43000, 55799, 2**64 - 1)
AWKWARD = (
    "f5", "f6", "f7", "f820", "f97e00", "fb7ff0000000000000",  # true, null, undefined, simple, NaN, infinity
    "c249010000000000000000", "c34901000000000000000000", "c2581f" + "ff" * 31,  # bignums
    "c074323031332d30332d32315432303a30343a30305a", "c11a514b67b0", "c1fb7ff0000000000000",  # instants
    "d81c81d81d00", "d81ca100d81d00", "82d81c80d81d00", "d81d00",  # a cycle, a cyclic map, a reference, one to nothing
    "d9010281d81d00", "c4821b7fffffffffffffff01", "d81e820100", "d8236828612b292b2428",  # set, decimal, 1/0, regex
    "62c328", "62c0af", "63eda080", "64f0808080",  # not UTF-8: broken, overlong, surrogate, overlong
    "5f4100ff", "7f6161ff", "9f00ff", "bf0000ff", "5fff", "ff", "1c", "1f", "3f",  # indefinite, break, reserved
    "5b7fffffffffffffff", "9b7fffffffffffffff", "bb7fffffffffffffff", "7b7fffffffffffffff",  # beyond memory
    "1800", "190018", "1a00000018", "1b0000000000000018", "5800", "7800", "9800", "b800",  # not the shortest
    "1bffffffffffffffff", "3bffffffffffffffff", "20",  # largest, smallest, minus one
    "a201000100", "a2010000" + "00", "a16161" + "00", "a12000", "a1f500", "a1800080", "a1a000",  # keys
    "81" * 7 + "00", "81" * 900 + "00", "a100" * 900 + "00", "c1" * 900 + "00", "d81c" * 900 + "00",  # deep
)  # fmt: skip


def head(major: int, number: int) -> bytes:
    """The shortest head of a CBOR item."""
    for low, width in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 24:
            return bytes([major << 5 | number])
        if number < 1 << 8 * width:
            return bytes([major << 5 | low]) + number.to_bytes(width, "big")
    raise ValueError(number)


def _array(items: list[bytes]) -> bytes:
    return head(4, len(items)) + b"".join(items)


def _map(pairs: dict[int, bytes]) -> bytes:
    return map_of(dict(sorted(pairs.items())))


def map_of(pairs: dict[int, bytes]) -> bytes:
    """A map of these keys, in this order, to values already spelt."""
    return head(5, len(pairs)) + b"".join(head(0, key) + value for key, value in pairs.items())


NUMBERS = st.one_of(
    st.sampled_from([0, 1, 23, 24, 2**16, 2**32 - 1, 2**32, 2**40, 2**53 - 1, 2**53, 2**64 - 1]),
    st.integers(0, 2**64 - 1),
)
WELL_FORMED = st.recursive(
    st.one_of(
        NUMBERS.map(lambda number: head(0, number)),
        NUMBERS.map(lambda number: head(1, number)),
        st.binary(max_size=80).map(lambda body: head(2, len(body)) + body),
        st.text(max_size=40).map(lambda text: head(3, len(text.encode())) + text.encode()),
        st.sampled_from(AWKWARD).map(bytes.fromhex),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(_array),
        st.dictionaries(st.integers(0, 30), inner, max_size=4).map(_map),
        st.tuples(st.sampled_from(KNOWN_TAGS), inner).map(lambda pair: head(6, pair[0]) + pair[1]),
    ),
    max_leaves=6,
)
"""Mostly CBOR, with what no strict reader may let pass strewn in."""
ANY_BYTES = st.one_of(st.binary(max_size=600), WELL_FORMED, st.sampled_from(AWKWARD).map(bytes.fromhex))
