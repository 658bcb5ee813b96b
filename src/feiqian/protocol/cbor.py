"""Strict deterministic CBOR (RFC 8949 section 4.2.1), cut down to what the protocol uses.

Only unsigned and negative integers, byte strings, text, arrays and maps with strictly ascending unsigned keys. No
floats, tags, simple values, indefinite lengths or trailing bytes. Decoding re-encodes and compares, because general
decoders accept more than one spelling of the same value and a second spelling is a second identity.
"""

from collections.abc import Mapping
from typing import Any

import cbor2

from feiqian.protocol.limits import NESTING_MAX
from feiqian.protocol.refusals import RefusalCode, Refused


class _EveryTag(dict[int, Any]):
    """The decoder's table of tags, in which every tag has the same meaning: a value that no rule lets pass.

    None may keep the meaning it has in CBOR. References (28, 29) turn 2 kB into a cycle or into more items than
    there is memory, and a bignum (2, 3) would come back as an ordinary integer that encodes to the same bytes.
    """

    def __getitem__(self, _tag: int) -> Any:
        return lambda _content, _immutable: _TAGGED


_TAGGED = object()
_EVERY_TAG = _EveryTag()


def encode(value: object) -> bytes:
    """The one spelling of `value`. Maps are sorted by key; the caller passes only the types named above."""
    return cbor2.dumps(value, canonical=True)


def encode_ascending(value: object) -> bytes:
    """As `encode`, of something whose maps have ascending keys already: sorting them is half of what encoding costs."""
    return cbor2.dumps(value)


def decode(data: bytes, *, max_bytes: int) -> Any:
    """The value that `data` spells.

    Raises Refused: TOO_LARGE above `max_bytes`, MALFORMED when it is not CBOR, NOT_CANONICAL when it is, but not
    in the one spelling or with a type the protocol does not use.
    """
    if len(data) > max_bytes:
        raise Refused(RefusalCode.TOO_LARGE, f"{len(data)} bytes, at most {max_bytes}")
    try:
        value = cbor2.loads(
            data,
            max_depth=NESTING_MAX - 1,  # it counts what stands inside the outermost container
            allow_indefinite=False,
            allow_duplicate_keys=False,
            semantic_decoders=_EVERY_TAG,
        )
    except Exception as error:  # noqa: BLE001  the decoder raises many kinds on hostile bytes; all of them mean "not CBOR"
        raise Refused(RefusalCode.MALFORMED, type(error).__name__) from None
    _check_types(value)
    # Keys were checked to ascend, so plain encoding (which keeps their order) is the deterministic one.
    if cbor2.dumps(value) != data:
        raise Refused(RefusalCode.NOT_CANONICAL, "another spelling of the same value, or trailing bytes")
    return value


def decode_map(data: bytes, *, max_bytes: int) -> dict[int, Any]:
    """As `decode`, for messages: the outermost value must be a map."""
    value = decode(data, max_bytes=max_bytes)
    if type(value) is not dict:
        raise Refused(RefusalCode.MALFORMED, "not a map")
    return value


def _check_types(value: object) -> None:
    kind = type(value)
    if kind is int or kind is bytes or kind is str:
        return
    if kind is dict:
        _check_map(value)  # type: ignore[arg-type]  # kind is dict
    elif kind is list:
        for item in value:  # type: ignore[attr-defined]  # kind is list
            if type(item) is not bytes and type(item) is not int:
                _check_types(item)
    else:
        raise Refused(RefusalCode.NOT_CANONICAL, f"type {kind.__name__} is not used")


def _check_map(value: Mapping[object, object]) -> None:
    last = -1
    for key, item in value.items():
        if type(key) is not int or key <= last:
            raise Refused(RefusalCode.NOT_CANONICAL, "map keys are unsigned and ascend")
        last = key
        kind = type(item)
        if kind is not bytes and kind is not int:
            _check_types(item)
