"""Packed rows and columns are PostgreSQL's binary form, cell by cell, however they are packed together."""

from __future__ import annotations

import struct
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from feiqian.storage.postgres_columns import ClaimLines, Kind, byteas

CELLS = {
    Kind.BIGINT: st.integers(-(2**63), 2**63 - 1),
    Kind.SMALLINT: st.integers(-(2**15), 2**15 - 1),
    Kind.BYTEA: st.none() | st.binary(max_size=6),
    Kind.TEXT: st.text("aé", max_size=4),
}


def spelt(kind: Kind, value: Any) -> bytes:
    """One cell of a row: its type, its length, its bytes; -1 for none (record_recv of PostgreSQL)."""
    if value is None:
        return struct.pack(">Ii", kind.value, -1)
    code = {Kind.BIGINT: ">q", Kind.SMALLINT: ">h"}.get(kind)
    body = struct.pack(code, value) if code else value.encode() if kind is Kind.TEXT else value
    return struct.pack(">Ii", kind.value, len(body)) + body


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Kind], list[list[Any]]]:
    """Some columns with as many rows each; bytes of one length in some of them."""
    kinds = draw(st.lists(st.sampled_from(list(Kind)), min_size=1, max_size=6))
    rows = draw(st.integers(1, 4))
    columns = []
    for kind in kinds:
        if kind is Kind.BYTEA and draw(st.booleans()):
            size = draw(st.integers(0, 5))
            cell: st.SearchStrategy[Any] = st.binary(min_size=size, max_size=size)
        else:
            cell = CELLS[kind]
        columns.append(draw(st.lists(cell, min_size=rows, max_size=rows)))
    return kinds, columns


@given(tables())
def test_rows_are_spelt_cell_by_cell(table: tuple[list[Kind], list[list[Any]]]) -> None:
    kinds, columns = table
    wanted = b""
    for row in zip(*columns, strict=True):
        body = struct.pack(">i", len(row)) + b"".join(map(spelt, kinds, row))
        wanted += struct.pack(">i", len(body)) + body
    lines = ClaimLines.of(columns, kinds)
    assert (lines.count, lines.packed) == (len(columns[0]), wanted)


@given(
    st.lists(st.none() | st.binary(max_size=4), max_size=5) | st.lists(st.binary(min_size=3, max_size=3), max_size=5)
)
def test_a_column_of_bytes_is_an_array(values: list[bytes | None]) -> None:
    cells = b"".join(
        struct.pack(">i", -1) if value is None else struct.pack(">i", len(value)) + value for value in values
    )
    head = struct.pack(">iiIii", 1, None in values, Kind.BYTEA.value, len(values), 1)
    assert bytes(byteas(values)) == (head + cells if values else struct.pack(">iiI", 0, 0, Kind.BYTEA.value))
