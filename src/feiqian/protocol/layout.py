"""Tables of fields: how every payload is laid out, and the one decoder that enforces them.

A payload is a CBOR map with unsigned keys; key 0 is the message's kind. Keys 1 to 23 are critical: whoever does not
know one must refuse with "update needed". Keys from 24 on may be ignored by those who do not know them; they are
still signed (docs/spec/06-versions.md).
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import pairwise
from operator import itemgetter
from typing import Any, TypeVar

from feiqian.protocol import cbor
from feiqian.protocol.cose import Kind
from feiqian.protocol.limits import (
    AMOUNT_MAX_MINOR,
    COUNTER_MAX,
    TIME_MAX_S,
)
from feiqian.protocol.pattern import pattern_of
from feiqian.protocol.refusals import RefusalCode, Refused

LAST_CRITICAL_KEY = 23

T = TypeVar("T", bound=tuple[Any, ...])
_UINT, _BYTES, _TEXT = 0, 2, 3
_MAJOR = {int: _UINT, bytes: _BYTES, str: _TEXT}
"""CBOR major types (RFC 8949 section 3.1) of the flat fields."""
_KNOWN_KINDS = frozenset(kind.value for kind in Kind)
_UNSEEN = frozenset(("Cc", "Cf", "Zl", "Zp"))
"""Unicode general categories that no name may hold: control, format (also turning), line, paragraph."""


class Field:
    """One field: its key, its name in the dataclass, its type and its bounds (of value or of length)."""

    __slots__ = ("capitals", "high", "key", "low", "name", "required", "type")

    def __init__(
        self,
        key: int,
        name: str,
        type_: type,
        low: int,
        high: int,
        *,
        required: bool = True,
        capitals: bool = False,
    ) -> None:
        self.key, self.name, self.type, self.low, self.high = key, name, type_, low, high
        self.required = required
        self.capitals = capitals


def uint(key: int, name: str, high: int, *, low: int = 0, required: bool = True) -> Field:
    """An unsigned integer in low..high."""
    return Field(key, name, int, low, high, required=required)


def amount(key: int, name: str, *, required: bool = True) -> Field:
    """Minor units, 0..2^53-1."""
    return uint(key, name, AMOUNT_MAX_MINOR, required=required)


def instant(key: int, name: str, *, required: bool = True) -> Field:
    """Seconds since 1970-01-01T00:00:00Z."""
    return uint(key, name, TIME_MAX_S, required=required)


def counter(key: int, name: str) -> Field:
    """A number that starts at 1."""
    return uint(key, name, COUNTER_MAX, low=1)


def octets(key: int, name: str, size: int, *, up_to: int | None = None, required: bool = True) -> Field:
    """Exactly `size` bytes, or `size` to `up_to` of them."""
    return Field(key, name, bytes, size, size if up_to is None else up_to, required=required)


def text(key: int, name: str, max_bytes: int, *, low: int = 1, required: bool = True) -> Field:
    """UTF-8 in normal form C, without control, format or line characters."""
    return Field(key, name, str, low, max_bytes, required=required)


def currency(key: int) -> Field:
    """An ISO 4217 code: three capital letters."""
    return Field(key, "currency", str, 3, 3, capitals=True)


def array(key: int, name: str, high: int, *, low: int = 0, required: bool = True) -> Field:
    """An array of low..high items, which its message checks further."""
    return Field(key, name, list, low, high, required=required)


def table(key: int, name: str, *, required: bool = True) -> Field:
    """A nested map, which its message checks further."""
    return Field(key, name, dict, 0, 64, required=required)


class Layout:
    """The fields of one kind of message (or of a nested map, which has no kind)."""

    def __init__(self, kind: Kind | None, *fields: Field) -> None:
        if any(low.key >= high.key for low, high in pairwise(fields)):
            raise ValueError("fields stand in the order of their keys, which is the order on the wire")
        self.kind = kind
        self.fields = fields
        self._by_key = {field.key: field for field in fields}
        self._required = frozenset(field.key for field in fields if field.required)
        self._required_count = len(self._required)
        self._flat = {f.key: (f.name, _MAJOR.get(f.type, -1), f.low, f.high, f.required, f.capitals) for f in fields}
        self._start = b"" if kind is None else bytes((0, kind))
        self.pattern = pattern_of(self._start, fields)
        self._makers: dict[type, tuple[itemgetter[Any], Callable[[Iterable[Any]], Any]]] = {}

    def decode(self, payload: bytes, *, max_bytes: int) -> dict[str, Any]:
        """Field values by name; optional ones that are absent are left out.

        Raises Refused MALFORMED, NOT_CANONICAL, UPDATE_NEEDED, WRONG_MESSAGE or FIELD_INVALID, in this order.
        """
        if len(payload) <= max_bytes:
            values = self._read_flat(payload)
            if values is not None:
                return values
        return self.check(cbor.decode_map(payload, max_bytes=max_bytes))

    def decode_into(self, terms: type[T], payload: bytes, *, max_bytes: int) -> T:
        """As `decode`, as a named tuple whose fields are named like ours; absent ones are None."""
        values = None
        if self.pattern is not None and len(payload) <= max_bytes:
            values = self.pattern.read(payload)
        if values is None:
            found = self.decode(payload, max_bytes=max_bytes)
            values = [found.get(field.name) for field in self.fields]
        order, make = self._makers.get(terms) or self._maker_of(terms)
        made: T = make(order(values))
        return made

    def reads(self, payload: bytes) -> bool:
        """Whether the pattern follows it: then it is one of ours in every way. False says nothing."""
        return self.pattern is not None and self.pattern.read(payload) is not None

    def _maker_of(self, terms: type[T]) -> tuple["itemgetter[Any]", Callable[[Iterable[Any]], Any]]:
        """What brings values from the order of our fields into that of the tuple, and what makes one of them."""
        kind: Any = terms
        places = {field.name: place for place, field in enumerate(self.fields)}
        # Not its `_make`: that is a call of Python's own, which counts the fields once more.
        make = partial(tuple.__new__, kind)
        self._makers[terms] = maker = itemgetter(*(places[name] for name in kind._fields)), make
        return maker

    def check(self, content: Mapping[int, Any]) -> dict[str, Any]:
        """As `decode`, for a map that is already decoded (a nested one)."""
        if self.kind is not None:
            check_kind(content, self.kind)
        values: dict[str, Any] = {}
        by_key = self._by_key
        problem: str | None = None
        for key, value in content.items():
            field = by_key.get(key)
            if field is None:
                if key == 0 and self.kind is not None:
                    continue
                if key <= LAST_CRITICAL_KEY:
                    raise Refused(RefusalCode.UPDATE_NEEDED, f"unknown critical field {key}")
                continue
            kind = type(value)
            if kind is not field.type:
                problem = problem or f"{field.name} has the wrong type"
            elif kind is int:
                if not field.low <= value <= field.high:
                    problem = problem or f"{field.name} is out of range"
            elif kind is str:
                problem = problem or _text_problem(field, value)
            elif not field.low <= len(value) <= field.high:
                problem = problem or f"{field.name} has the wrong length"
            values[field.name] = value
        if problem is not None:
            raise Refused(RefusalCode.FIELD_INVALID, problem)
        if not self._required <= content.keys():
            missing = min(self._required - content.keys())
            raise Refused(RefusalCode.FIELD_INVALID, f"{self._by_key[missing].name} is missing")
        return values

    def _read_flat(self, payload: bytes) -> dict[str, Any] | None:
        """The values, if the payload is short, flat and in every way as it should be; None for everything else.

        One strict pass instead of decode, re-encode, compare and check: this is most of what a check at the
        counter costs beside its signature. It only ever accepts; whatever it does not follow goes the general way,
        which names the refusal. A property test holds the two to the same answers.
        """
        count = payload[0] - 0xA0 if payload else 0
        if not 0 < count < LAST_CRITICAL_KEY or payload[1:3] != self._start:
            return None
        values: dict[str, Any] = {}
        flat = self._flat
        at, last, missing = 3, 0, self._required_count
        try:
            for _ in range(count - 1):
                key, head = payload[at], payload[at + 1]
                if key <= last:
                    return None
                last = key
                name, major, low, high, required, capitals = flat[key]
                at += 2
                size = head & 0x1F
                if size < 24:
                    number = size
                elif size == 24:
                    number = payload[at]
                    at += 1
                    if number < 24:
                        return None
                elif size < 28:
                    width = 1 << (size - 24)
                    number = int.from_bytes(payload[at : at + width], "big")
                    at += width
                    if number >> (width << 2) == 0:
                        return None
                else:
                    return None
                if head >> 5 != major or not low <= number <= high:
                    return None
                if required:
                    missing -= 1
                if major == _UINT:
                    values[name] = number
                    continue
                end = at + number
                part = payload[at:end]
                if major == _TEXT:
                    if not part.isascii() or not part.decode().isprintable() or (capitals and not _capitals(part)):
                        return None
                    values[name] = part.decode()
                else:
                    values[name] = part
                at = end
        except (IndexError, KeyError):
            return None
        return values if at == len(payload) and missing == 0 else None

    def encode_terms(self, terms: object) -> bytes:
        """As `encode`, from an object whose attributes are named like the fields."""
        return self.encode({field.name: getattr(terms, field.name) for field in self.fields})

    def encode(self, values: Mapping[str, Any]) -> bytes:
        """The payload for these values (None means absent). Checked like received bytes: we send what we accept."""
        return cbor.encode_ascending(self.content(values))

    def content(self, values: Mapping[str, Any]) -> dict[int, Any]:
        """As `encode`, before encoding: for nested maps."""
        content: dict[int, Any] = {} if self.kind is None else {0: self.kind.value}
        for field in self.fields:
            value = values.get(field.name)
            if value is not None:
                content[field.key] = int(value) if isinstance(value, int) else value  # an IntEnum is sent as its number
        self.check(content)
        return content


def check_kind(content: Mapping[int, Any], expected: Kind) -> None:
    """Refuses unless field 0 says `expected`: UPDATE_NEEDED for a kind that is not known here, else WRONG_MESSAGE."""
    found = content.get(0)
    if found == expected.value and type(found) is int:
        return
    if type(found) is int and found > 0 and found not in _KNOWN_KINDS:
        raise Refused(RefusalCode.UPDATE_NEEDED, f"message kind {found} is not known")
    raise Refused(RefusalCode.WRONG_MESSAGE, f"a {expected.name.lower()} was expected")


def kind_of(payload: bytes, *, max_bytes: int, likely: Layout | None = None) -> Kind:
    """The kind that a payload states. Raises Refused WRONG_MESSAGE without one, UPDATE_NEEDED for a new one.

    A payload of the `likely` layout is mostly seen to be one without being decoded as a map of anything.
    """
    if likely is not None and likely.kind is not None and len(payload) <= max_bytes and likely.reads(payload):
        return likely.kind
    found = cbor.decode_map(payload, max_bytes=max_bytes).get(0)
    if type(found) is int and found in _KNOWN_KINDS:
        return Kind(found)
    if type(found) is int and found > 0:
        raise Refused(RefusalCode.UPDATE_NEEDED, f"message kind {found} is not known")
    raise Refused(RefusalCode.WRONG_MESSAGE, "the message does not say what it is")


def byte_items(values: Iterable[object], *, max_bytes: int, size: int | None = None) -> tuple[bytes, ...]:
    """The items of an array, all byte strings of at most `max_bytes` (or exactly `size`)."""
    items = tuple(values)
    for item in items:
        if type(item) is not bytes or len(item) > max_bytes or (size is not None and len(item) != size):
            raise Refused(RefusalCode.FIELD_INVALID, "array item is not the byte string expected")
    return items  # type: ignore[return-value]  # every item was checked above


def _capitals(value: bytes) -> bool:
    return value.isascii() and value.isalpha() and value.isupper()


def _text_problem(field: Field, value: str) -> str | None:
    if field.capitals and not _capitals(value.encode()):
        return f"{field.name} is not three capital letters"
    if not field.low <= len(value.encode()) <= field.high:
        return f"{field.name} has the wrong length"
    if not value.isascii() and unicodedata.normalize("NFC", value) != value:
        return f"{field.name} is not in normal form C"
    if any(unicodedata.category(character) in _UNSEEN for character in value):
        return f"{field.name} holds a character that is not seen or turns the line"
    return None
