"""The strict reading of a flat payload as one regular expression, made from its table of fields.

A payload whose fields are integers, byte strings of one size and short printable ASCII texts is a regular language,
deterministic CBOR included: ascending keys, shortest heads, nothing behind the end. So one match in the library's
compiled code replaces decoding, encoding again, comparing and most of the checking. Byte strings of any size are no
regular language, but a map of nothing else is read by its heads alone (`Strings`). A pattern only ever accepts:
whatever it does not match goes the general way, which names the refusal. A property test holds the two to the same
answers.
"""

import re
from collections.abc import Sequence
from typing import Any, Final, Protocol, TypeVar

_UINT: Final = rb"[\x00-\x17]|\x18[\x18-\xff]|\x19(?!\x00)..|\x1a(?!\x00\x00)....|\x1b(?!\x00\x00\x00\x00)........"
"""A CBOR unsigned integer in its shortest form (RFC 8949 sections 3.1 and 4.2.1)."""
_TEXT_MAX: Final = 64
_LONG: Final = 24
_SEEN_MAX: Final = 512
_BYTES_HEAD, _TEXT_HEAD, _MAP_HEAD = 0x40, 0x60, 0xA0
V = TypeVar("V")
from_bytes = int.from_bytes  # big-endian since Python 3.11


class FieldLike(Protocol):
    """A field as a pattern sees it (`layout.Field`): bounds are of the value or of the length."""

    key: int
    name: str
    type: type
    low: int
    high: int
    required: bool
    capitals: bool


class Pattern:
    """Reads payloads of one layout. Made by `pattern_of`."""

    __slots__ = ("_heads", "_match", "_numbers", "_texts")

    def __init__(self, expression: bytes, fields: Sequence[FieldLike]) -> None:
        self._match = re.compile(expression, re.DOTALL).fullmatch
        self._heads = {absent: _MAP_HEAD + 1 + len(fields) - absent for absent in range(len(fields) + 1)}
        places = list(enumerate(fields))
        self._numbers = tuple((place, f.low, f.high, _Seen[int]()) for place, f in places if f.type is int)
        self._texts = tuple((place, _Seen[str]()) for place, field in places if field.type is str)

    def read(self, payload: bytes) -> list[Any] | None:
        """The values in the order of the fields, absent ones None; None if the payload does not follow the pattern."""
        found = self._match(payload)
        if found is None:
            return None
        values: list[Any] = list(found.groups())
        if payload[0] != self._heads[values.count(None)]:
            return None
        for place, low, high, numbers in self._numbers:
            part = values[place]
            if part is not None:
                number = numbers.get(part)
                if number is None:
                    number = part[0] if len(part) == 1 else from_bytes(part[1:])
                    if not low <= number <= high:
                        return None
                    numbers.put(part, number)
                values[place] = number
        for place, texts in self._texts:
            part = values[place]
            if part is not None:
                text = texts.get(part)
                if text is None:
                    text = part[1 if part[0] < _TEXT_HEAD + _LONG else 2 :].decode()
                    texts.put(part, text)
                values[place] = text
        return values


class Strings:
    """Reads payloads of byte strings of 24 to 255 bytes, and of nothing else. Made by `pattern_of`."""

    __slots__ = ("_fields", "_start")

    def __init__(self, start: bytes, fields: Sequence[FieldLike]) -> None:
        self._start = start
        self._fields = tuple(
            (place, field.key, max(field.low, _LONG), field.high, field.required) for place, field in enumerate(fields)
        )

    def read(self, payload: bytes) -> list[Any] | None:
        """As `Pattern.read`."""
        if payload[1:3] != self._start:
            return None
        size, at, count = len(payload), 3, _MAP_HEAD + 1
        values: list[Any] = [None] * len(self._fields)
        for place, key, low, high, required in self._fields:
            if at + 2 < size and payload[at] == key:
                length = payload[at + 2]
                if payload[at + 1] != _BYTES_HEAD | _LONG or not low <= length <= high:
                    return None
                begins = at + 3
                at = begins + length
                values[place] = payload[begins:at]
                count += 1
            elif required:
                return None
        return values if at == size and payload[0] == count else None


class _Seen(dict[bytes, V]):
    """What some bytes were read as, within all bounds: most numbers and texts of a day's messages are the same few."""

    def put(self, part: bytes, value: V) -> None:
        """Holds it; what nobody sends again is forgotten with all the rest."""
        if len(self) >= _SEEN_MAX:
            self.clear()
        self[part] = value


def pattern_of(start: bytes, fields: Sequence[FieldLike]) -> Pattern | Strings | None:
    """The pattern of a map that begins with `start` behind its head; None if its fields are not that simple."""
    if start and all(field.type is bytes for field in fields) and any(field.low < field.high for field in fields):
        return Strings(start, fields)
    parts = [_part(field) for field in fields]
    if None in parts or not start:
        return None
    return Pattern(b"." + re.escape(start) + b"".join(part for part in parts if part is not None), fields)


def _part(field: FieldLike) -> bytes | None:
    """The field with its key: one group, which holds a byte string without and anything else with its CBOR head."""
    head, value = b"", _UINT
    if field.type is bytes and field.low == field.high:
        head, value = re.escape(_head(_BYTES_HEAD, field.low)), b".{%d}" % field.low
    elif field.type is str and field.high <= _TEXT_MAX:
        letter = b"[A-Z]" if field.capitals else b"[\x20-\x7e]"
        sizes = range(field.low, field.high + 1)
        value = b"|".join(re.escape(_head(_TEXT_HEAD, size)) + letter + b"{%d}" % size for size in sizes)
    elif field.type is not int:
        return None
    item = re.escape(bytes((field.key,))) + head + b"(" + value + b")"
    return item if field.required else b"(?:" + item + b")?"


def _head(major: int, size: int) -> bytes:
    return bytes((major | size,)) if size < _LONG else bytes((major | _LONG, size))
