"""Columns and lines: many values or rows as one parameter, in PostgreSQL's binary array format.

A batch writes a thousand rows of twenty columns. Packed here they cost a tenth of what the driver takes for as many
single values. A few columns go as an array each; rows of many go as one array of a composite type of the schema, which
the database unpacks in half the time.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import chain, groupby, repeat
from typing import Any, Final, NamedTuple, Self

from psycopg import Connection
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.types.numeric import Int8BinaryDumper, NumericBinaryLoader

_BIGINT, _BIGINTS, _BYTEA, _BYTEAS, _TEXT, _TEXTS = 20, 1016, 17, 1001, 25, 1009
_HEAD: Final = struct.Struct(">iiIii")
_EMPTY: Final = struct.Struct(">iiI")
_SIZE: Final = struct.Struct(">i")
_ROW_HEAD: Final = struct.Struct(">ii")
_NULL: Final = _SIZE.pack(-1)
_BIGINT_BYTES, _SMALLINT_BYTES = 8, 2
_CELL: Final = struct.Struct(">Ii")
_BIGINT_CELL: Final = struct.Struct(">Iiq").pack
_SMALLINT_CELL: Final = struct.Struct(">Iih").pack


class Kind(Enum):
    """What a column of a composite type holds, by the number of its type."""

    BIGINT = 20
    SMALLINT = 21
    BYTEA = 17
    TEXT = 25


class Bigints(bytes):
    """A packed column of integers."""

    __slots__ = ()


class Byteas(bytes):
    """A packed column of bytes."""

    __slots__ = ()


class Texts(bytes):
    """A packed column of texts."""

    __slots__ = ()


def bigints(values: Sequence[int | None]) -> Bigints:
    """A column of integers or None."""
    if not values:
        return Bigints(_EMPTY.pack(0, 0, _BIGINT))
    if None in values:
        packed = (None if value is None else value.to_bytes(_BIGINT_BYTES, "big", signed=True) for value in values)
        return Bigints(_packed(_BIGINT, list(packed)))
    laid = [_BIGINT_BYTES] * (2 * len(values))
    laid[1::2] = values  # type: ignore[assignment]  # no None is among them
    return Bigints(_HEAD.pack(1, 0, _BIGINT, len(values), 1) + _bigint_layout(len(values)).pack(*laid))


def byteas(values: Sequence[bytes | None]) -> Byteas:
    """A column of bytes or None."""
    return Byteas(_packed(_BYTEA, values))


def texts(values: Iterable[str]) -> Texts:
    """A column of texts."""
    return Texts(_packed(_TEXT, [value.encode() for value in values]))


@dataclass(frozen=True, slots=True)
class Lines:
    """Packed rows of a composite type, and how many."""

    count: int
    packed: bytes

    @classmethod
    def of(cls, columns: Sequence[Sequence[Any]], kinds: Sequence[Kind]) -> Self:
        """Rows given as columns, at least one row; each column of one kind.

        Columns side by side whose cells have one length each are packed in one step, a fifth of cell by cell.
        """
        parts = [_part(column, kind) for column, kind in zip(columns, kinds, strict=True)]
        pieces: list[Iterable[bytes]] = []
        for are_even, run in groupby(zip(parts, columns, kinds, strict=True), key=lambda one: one[0] is not None):
            if are_even:
                pieces.append(_packed_together([part for part, _, _ in run if part is not None]))
            else:
                pieces.extend(_cells(column, kind) for _, column, kind in run)
        rows = list(map(b"".join, zip(*pieces, strict=True)))
        heads = map(_ROW_HEAD.pack, [len(row) + _SIZE.size for row in rows], repeat(len(columns)))
        return cls(len(rows), b"".join(chain.from_iterable(zip(heads, rows, strict=True))))


class ClaimLines(Lines):
    """Rows of `claim_line`."""

    __slots__ = ()


class EventLines(Lines):
    """Rows of `event_line`."""

    __slots__ = ()


class _Part(NamedTuple):
    """A column whose cells all have one length: its type, that length, how a row spells it, and the cells."""

    oid: int
    size: int
    code: str
    cells: Sequence[Any]


def _part(column: Sequence[Any], kind: Kind) -> _Part | None:
    """The column as a part of rows that are packed in one step, or None where its cells differ in length."""
    if kind is Kind.BIGINT:
        return _Part(kind.value, _BIGINT_BYTES, "8sq", column)
    if kind is Kind.SMALLINT:
        return _Part(kind.value, _SMALLINT_BYTES, "8sh", column)
    if None in column:
        return None
    cells = [value.encode() for value in column] if kind is Kind.TEXT else column
    sizes = set(map(len, cells))
    return _Part(kind.value, min(sizes), f"8s{min(sizes)}s", cells) if len(sizes) == 1 else None


def _packed_together(parts: Sequence[_Part]) -> Iterable[bytes]:
    """These columns' cells of each row, one behind the other."""
    heads = [repeat(_CELL.pack(one.oid, one.size)) for one in parts]
    cells = chain.from_iterable(zip(heads, (one.cells for one in parts), strict=True))
    return map(_layout("".join(one.code for one in parts)).pack, *cells)


@lru_cache(maxsize=256)
def _layout(codes: str) -> struct.Struct:
    return struct.Struct(">" + codes)


def _cells(column: Sequence[Any], kind: Kind) -> list[bytes]:
    oid = kind.value
    if kind is Kind.BIGINT:
        return [_BIGINT_CELL(oid, _BIGINT_BYTES, value) for value in column]
    if kind is Kind.SMALLINT:
        return [_SMALLINT_CELL(oid, _SMALLINT_BYTES, value) for value in column]
    values = [value.encode() for value in column] if kind is Kind.TEXT else column
    null = _CELL.pack(oid, -1)
    return [null if value is None else _CELL.pack(oid, len(value)) + value for value in values]


def _packed(element: int, values: Sequence[bytes | None]) -> bytes:
    if not values:
        return _EMPTY.pack(0, 0, element)
    head = _HEAD.pack(1, int(None in values), element, len(values), 1)
    if None not in values and len(set(map(len, values))) == 1:  # type: ignore[arg-type]  # no None is among them
        size = _SIZE.pack(len(values[0]))  # type: ignore[arg-type]
        return b"".join((head, size, size.join(values)))  # type: ignore[arg-type]
    sizes = [-1 if value is None else len(value) for value in values]
    spelled = (_NULL if size < 0 else _SIZE.pack(size) for size in sizes)
    return head + b"".join(chain.from_iterable(zip(spelled, (value or b"" for value in values), strict=True)))


@lru_cache(maxsize=256)
def _bigint_layout(count: int) -> struct.Struct:
    return struct.Struct(">" + "iq" * count)


class _ColumnDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Any) -> Buffer | None:
        return bytes(obj)


class _BigintsDumper(_ColumnDumper):
    oid = _BIGINTS


class _ByteasDumper(_ColumnDumper):
    oid = _BYTEAS


class _TextsDumper(_ColumnDumper):
    oid = _TEXTS


class _SumLoader(NumericBinaryLoader):
    """A sum of integers, which the database calls numeric, is an integer."""

    def load(self, data: Buffer) -> Any:
        return int(super().load(data))


def teach(connection: Connection[Any]) -> None:
    """Makes a connection take columns, and give and take every integer as a bigint."""
    adapters = connection.adapters
    adapters.register_dumper(Bigints, _BigintsDumper)
    adapters.register_dumper(Byteas, _ByteasDumper)
    adapters.register_dumper(Texts, _TextsDumper)
    adapters.register_dumper(int, Int8BinaryDumper)
    adapters.register_loader("numeric", _SumLoader)


def teach_lines(connection: Connection[Any]) -> None:
    """Makes a connection take lines of those composite types that its schema has by now."""
    for lines, name in ((ClaimLines, "claim_line"), (EventLines, "event_line")):
        asked = "SELECT to_regtype(%s)::oid::bigint, to_regtype(%s)::oid::bigint"
        element, array = connection.execute(asked, (name, f"{name}[]")).fetchone() or (None, None)
        if element is not None and array is not None:
            connection.adapters.register_dumper(lines, _lines_dumper(element, array))


def _lines_dumper(element: int, array: int) -> type[Dumper]:
    class LinesDumper(Dumper):
        format = Format.BINARY
        oid = array

        def dump(self, obj: Lines) -> Buffer | None:
            return _HEAD.pack(1, 0, element, obj.count, 1) + obj.packed

    return LinesDumper
