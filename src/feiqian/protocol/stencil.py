"""Reading a message that is spelt like one that was read before: the same fields, in the same places, as wide.

Messages of one maker look alike: what stands where is the same, and only values differ. A stencil is cut from a message
that was read the strict way. It knows which bytes of it were heads and keys, which have to be the same again, and where
values stood. One comparison of large integers then replaces the look at every head, and one unpacking gives all values
together; what is left are the bounds of numbers and the characters of texts.

A stencil only ever accepts: whatever does not lie under it goes the strict way, which names the refusal. A property
test holds the two to the same answers.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from feiqian.protocol.layout import Field, Layout

_INLINE_MAX: Final = 23
"""The largest number that its head holds itself (RFC 8949 section 3)."""
_WIDTHS: Final = {24: 1, 25: 2, 26: 4, 27: 8}
_INTEGERS: Final = {1: "B", 2: "H", 4: "I", 8: "Q"}
_CAPITALS: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")


class Part(NamedTuple):
    """A flat payload within a message: how it is laid out, and where it begins and ends."""

    layout: Layout
    begins: int
    ends: int


class _Value(NamedTuple):
    """A value in a message: its field, where it stands, and how many bytes it has."""

    field: Field
    at: int
    size: int


class Stencil:
    """What lies under it has the fields of the message from which it was cut. Made by `cut`."""

    __slots__ = ("_bounds", "_fixed", "_mask", "_texts", "_unpack", "places")

    def __init__(self, message: bytes, values: Sequence[Sequence[_Value]], loose: Sequence[tuple[int, int]]) -> None:
        mask = bytearray(b"\xff" * len(message))
        for begins, ends in loose:
            mask[begins:ends] = bytes(ends - begins)
        code, at, place = ">", 0, 0
        bounds, texts = [], []
        self.places: tuple[Mapping[str, int], ...] = tuple({} for _ in values)
        """For each part the place of every field that it has, in what `read` gives."""
        for part, names in zip(values, self.places, strict=True):
            for field, begins, size in part:
                mask[begins : begins + size] = bytes(size)
                code += f"{begins - at}x" + (_INTEGERS[size] if field.type is int else f"{size}s")
                if field.type is int:
                    low, high = _bounds_of(field, size, inline=message[begins - 1] == field.key)
                    bounds.append((place, low, high))
                elif field.type is str:
                    texts.append((place, field.capitals))
                names[field.name] = place  # type: ignore[index]  # read-only for others
                at, place = begins + size, place + 1
        self._mask = int.from_bytes(mask)
        self._fixed = int.from_bytes(message) & self._mask
        self._unpack = struct.Struct(code + f"{len(message) - at}x").unpack
        self._bounds, self._texts = tuple(bounds), tuple(texts)

    def fits(self, number: int) -> bool:
        """Whether a message of the same length, as an integer, has the same fields; its values may be out of bounds."""
        return number & self._mask == self._fixed

    def read(self, message: bytes, number: int) -> Sequence[Any] | None:
        """All values of a message of the same length, and None behind them; None if it does not lie under this.

        `number` are the message's bytes as an integer, which several stencils may be laid on.
        """
        if number & self._mask != self._fixed:
            return None
        values: list[Any] = [*self._unpack(message), None]
        for place, low, high in self._bounds:
            if not low <= values[place] <= high:
                return None
        for place, capitals in self._texts:
            part = values[place]
            if not part.isascii() or not (text := part.decode()).isprintable():
                return None
            if capitals and not _CAPITALS.issuperset(part):
                return None
            values[place] = text
        return values


def cut(message: bytes, parts: Sequence[Part], loose: Sequence[tuple[int, int]] = ()) -> Stencil | None:
    """A stencil of a message that was read the strict way. Give its parts in the order in which they stand.

    Bytes of `loose` (begin and end) may be any. None if a part has a field of which a stencil cannot be cut.
    """
    found = [_values_of(message, part) for part in parts]
    values = [part for part in found if part is not None]
    return Stencil(message, values, loose) if len(values) == len(found) else None


def _values_of(message: bytes, part: Part) -> list[_Value] | None:
    """Where the values of a part stand, which is known to be a map of short heads and ascending keys."""
    fields = {field.key: field for field in part.layout.fields}
    values, at = [], part.begins + 3  # behind the map's head and the message's kind
    while at < part.ends:
        field, head = fields.get(message[at]), message[at + 1]
        if field is None or field.type not in (int, bytes, str):
            return None
        size = head & 0x1F
        width = _WIDTHS.get(size, 0)
        begins = at + 2 + width
        if field.type is int:
            value = _Value(field, begins - width, width) if width else _Value(field, at + 1, 1)
        else:
            length = int.from_bytes(message[at + 2 : begins]) if width else size
            value = _Value(field, begins, length)
            if not length:
                return None
        values.append(value)
        at = value.at + value.size
    return values if at == part.ends else None


def _bounds_of(field: Field, size: int, *, inline: bool) -> tuple[int, int]:
    """What a number of this width may be: within the field's bounds, and no smaller than its width is for."""
    if inline:
        return field.low, min(field.high, _INLINE_MAX)
    shortest = {1: _INLINE_MAX + 1, 2: 0x100, 4: 0x10000, 8: 0x100000000}[size]
    return max(field.low, shortest), field.high
