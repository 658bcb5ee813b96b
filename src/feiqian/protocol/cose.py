"""COSE_Sign1 with ES256 (RFC 9052 section 4.2), in the two forms the protocol allows.

A signed statement is `[h'A10126', {}, payload, signature]`, untagged: the protected header is one constant and the
unprotected one is empty, so the envelope is a fixed template and nothing in it can be negotiated. A cheque that a
passkey signed has another constant, which says so in a critical parameter (RFC 9052 section 3.1), and a signature part
of 69 bytes (`passkey`); which of the two it must be, its allowance's tier says. What kind
of object it is, the wire version, the deployment and the full hash of the key, allowance or certificate that it
belongs to are signed as `external_aad` and cost no bytes on the wire (docs/spec/02-encoding.md).
"""

import hashlib
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from feiqian.protocol import cbor
from feiqian.protocol.ids import StatementId
from feiqian.protocol.keys import Signer, Verifier
from feiqian.protocol.limits import SIGNATURE_BYTES, WIRE_VERSION
from feiqian.protocol.refusals import RefusalCode, Refused


class Kind(IntEnum):
    """The objects of the wire; the number is field 0 of every payload, the name is signed in external_aad."""

    ALLOWANCE = 1
    CERTIFICATE = 2
    REQUEST = 3
    CHEQUE = 4
    RECEIPT = 5
    NOTE = 6
    BATCH = 7
    ANSWER = 8
    SETTLED_NOTICE = 9
    FORK_PROOF = 10
    KEY_SET = 11
    TRUST_INDEX = 12
    STATUS_LIST = 13
    TRUST_PACK = 14
    FRAME = 15
    CREDIT = 16
    CLAIM = 17

    __hash__ = int.__hash__  # an enum's own hash is a Python call, and this one stands in the key of a hot cache


_PROTECTED = b"\xa1\x01\x26"
_ASSERTED_PROTECTED = bytes.fromhex("a3 01 26 02 81 3a00010000 3a00010000 01")
"""{1: -7, 2: [-65537], -65537: 1}: ES256, and a critical parameter from the private range: a WebAuthn assertion."""
_ENVELOPE_START = b"\x84\x43" + _PROTECTED + b"\xa0"
_PAYLOAD_AT = len(_ENVELOPE_START)
_SHORT_PAYLOAD_AT = _PAYLOAD_AT + 2
_SHORT_START = _ENVELOPE_START + b"\x58"
_SIGNATURE_HEAD = b"\x58\x40"
_SIGNATURE_PART_BYTES = len(_SIGNATURE_HEAD) + SIGNATURE_BYTES
_LONG_HEADS = tuple(b"" if size < 24 else bytes((0x58, size)) for size in range(0x100))
_HEAD_WIDTHS = {0x58: 1, 0x59: 2, 0x5A: 4}
_SHORTEST_LENGTH = {1: 24, 2: 0x100, 4: 0x10000}
_SIG_STRUCTURE_START = b"\x84\x6aSignature1\x43" + _PROTECTED
_ASSERTED_START = b"\x84\x50" + _ASSERTED_PROTECTED + b"\xa0"
_ASSERTED_HEAD = b"\x58\x45"
_ASSERTED_STRUCTURE_START = b"\x84\x6aSignature1\x50" + _ASSERTED_PROTECTED
_ASSERTION_BYTES = 5 + SIGNATURE_BYTES


class Envelope(NamedTuple):
    """A signed statement as received: nothing in it is trusted before its signature is verified."""

    raw: bytes
    payload: bytes
    signature: bytes


def split_envelope(data: bytes, *, max_bytes: int, asserted: bool = False) -> tuple[Envelope, bytes]:
    """The statement at the start of `data` and the bytes after it. With `asserted`, a passkey may have signed it.

    Raises Refused TOO_LARGE (of the statement), HEADER_REFUSED when it is a COSE_Sign1 with other headers,
    MALFORMED when it is none.
    """
    if not data.startswith(_ENVELOPE_START):
        if asserted and data.startswith(_ASSERTED_START):
            return _split_asserted(data, max_bytes)
        raise _why_no_envelope(data, max_bytes)
    size = len(data)
    if size > _SHORT_PAYLOAD_AT and data[_PAYLOAD_AT] == 0x58 and data[_PAYLOAD_AT + 1] >= 24:
        start = _SHORT_PAYLOAD_AT  # nearly always: a payload of 24 to 255 bytes
        end = start + data[_PAYLOAD_AT + 1]
    else:
        start, end = _payload_bounds(data, _PAYLOAD_AT)
    total = end + _SIGNATURE_PART_BYTES
    if total > max_bytes:
        raise Refused(RefusalCode.TOO_LARGE, f"statement of {total} bytes, at most {max_bytes}")
    if total > size or data[end : end + 2] != _SIGNATURE_HEAD:
        raise Refused(RefusalCode.MALFORMED, "the envelope is cut short or its signature is not 64 bytes")
    if total == size:
        return Envelope(data, data[start:end], data[end + 2 :]), b""
    return Envelope(data[:total], data[start:end], data[end + 2 : total]), data[total:]


def _split_asserted(data: bytes, max_bytes: int) -> tuple[Envelope, bytes]:
    """As `split_envelope`, of a statement with the header of assertions."""
    start, end = _payload_bounds(data, len(_ASSERTED_START))
    signature_at = end + len(_ASSERTED_HEAD)
    total = signature_at + _ASSERTION_BYTES
    if total > max_bytes:
        raise Refused(RefusalCode.TOO_LARGE, f"statement of {total} bytes, at most {max_bytes}")
    if total > len(data) or data[end:signature_at] != _ASSERTED_HEAD:
        raise Refused(RefusalCode.MALFORMED, "the envelope is cut short or its assertion is not 69 bytes")
    return Envelope(data[:total], data[start:end], data[signature_at:total]), data[total:]


def open_envelope(data: bytes, *, max_bytes: int, asserted: bool = False) -> Envelope:
    """As `split_envelope`, and nothing may follow."""
    size = len(data)
    if _SHORT_PAYLOAD_AT < size <= max_bytes and data.startswith(_SHORT_START):
        end = _SHORT_PAYLOAD_AT + data[_PAYLOAD_AT + 1]  # nearly always: a payload of 24 to 255 bytes, and all of it
        if (
            end >= _SHORT_PAYLOAD_AT + 24
            and end + _SIGNATURE_PART_BYTES == size
            and data[end : end + 2] == _SIGNATURE_HEAD
        ):
            return Envelope(data, data[_SHORT_PAYLOAD_AT:end], data[end + 2 :])
    envelope, rest = split_envelope(data, max_bytes=max_bytes, asserted=asserted)
    if rest:
        raise Refused(RefusalCode.MALFORMED, "bytes after the statement")
    return envelope


def is_envelope(data: bytes) -> bool:
    """True if `data` begins as a signed statement does, and not as a bare map."""
    return data[:1] == b"\x84"


def external_aad(kind: Kind, deployment: str, binding: bytes) -> bytes:
    """What is signed along with the payload: object, wire version, deployment and the full hash it belongs to."""
    return cbor.encode([kind.name.lower(), WIRE_VERSION, deployment, binding])


def signing_prefix(kind: Kind, deployment: str, binding: bytes) -> bytes:
    """The Sig_structure (RFC 9052 section 4.4) up to the payload; the same for all statements under one binding."""
    return _prefix_start(kind, deployment, len(binding)) + binding


def asserted_prefix(kind: Kind, deployment: str, binding: bytes) -> bytes:
    """As `signing_prefix`, of statements that a passkey signs: their header is another one, and so is their id."""
    return _ASSERTED_STRUCTURE_START + _byte_string(external_aad(kind, deployment, binding))


@lru_cache(maxsize=256)
def _prefix_start(kind: Kind, deployment: str, binding_bytes: int) -> bytes:
    """The prefix without its last part: external_aad ends with the binding, so all before it stays the same."""
    aad = external_aad(kind, deployment, bytes(binding_bytes))
    whole = _SIG_STRUCTURE_START + _byte_string(aad)
    return whole[: len(whole) - binding_bytes]


def digest(prefix: bytes, payload: bytes) -> StatementId:
    """SHA-256 of the whole Sig_structure: what is signed, and at the same time the statement's id.

    The signature is not part of it, so the id stays the same when somebody re-signs or flips s.
    """
    size = len(payload)
    head = _LONG_HEADS[size] if size < len(_LONG_HEADS) else None
    message = prefix + head + payload if head else prefix + _byte_string(payload)
    return StatementId(hashlib.sha256(message).digest())


def sign(signer: Signer, prefix: bytes, payload: bytes) -> bytes:
    """The finished statement: envelope, payload and the signer's signature."""
    signature = signer.sign(prefix + _byte_string(payload))
    return _ENVELOPE_START + _byte_string(payload) + _SIGNATURE_HEAD + signature


def sign_asserted(passkey: Signer, prefix: bytes, payload: bytes) -> bytes:
    """As `sign`, by a signer that gives assertions of 69 bytes (`passkey.Asserting`), under an `asserted_prefix`."""
    return with_assertion(payload, passkey.sign(prefix + _byte_string(payload)))


def with_assertion(payload: bytes, assertion: bytes) -> bytes:
    """The finished statement of a payload and the assertion (69 bytes) that a passkey gave for its id."""
    return _ASSERTED_START + _byte_string(payload) + _ASSERTED_HEAD + assertion


def verify(envelope: Envelope, prefix: bytes, key: Verifier, code: RefusalCode) -> StatementId:
    """The statement's id, if `key` signed these bytes under this prefix; otherwise Refused with `code`."""
    statement_id = digest(prefix, envelope.payload)
    key.verify_digest(envelope.signature, statement_id, code)
    return statement_id


def domain_hash(kind: Kind, deployment: str, payload: bytes) -> bytes:
    """SHA-256 over domain and payload for what is identified without a signature (H(request))."""
    return digest(_prefix_start(kind, deployment, 0), payload)


def _byte_string(data: bytes) -> bytes:
    size = len(data)
    if size < 24:
        return bytes((0x40 | size,)) + data
    if size < 0x100:
        return bytes((0x58, size)) + data
    if size < 0x10000:
        return b"\x59" + size.to_bytes(2, "big") + data
    return b"\x5a" + size.to_bytes(4, "big") + data


def _payload_bounds(data: bytes, at: int) -> tuple[int, int]:
    """Where the payload, whose head stands at `at`, starts and ends; only the shortest form of its length counts."""
    first = data[at] if len(data) > at else 0
    start = at + 1
    if 0x40 <= first < 0x58:
        return start, start + first - 0x40
    width = _HEAD_WIDTHS.get(first)
    if width is None or start + width > len(data):
        raise Refused(RefusalCode.MALFORMED, "the payload is not a byte string")
    length = int.from_bytes(data[start : start + width], "big")
    if length < _SHORTEST_LENGTH[width]:
        raise Refused(RefusalCode.NOT_CANONICAL, "the payload's length is not in its shortest form")
    return start + width, start + width + length


def _why_no_envelope(data: bytes, max_bytes: int) -> Refused:
    """The refusal for bytes that do not follow the template: another header, or not COSE at all."""
    if len(data) > max_bytes:
        return Refused(RefusalCode.TOO_LARGE, f"{len(data)} bytes, at most {max_bytes}")
    if len(data) > 6 and data[0] == 0x84 and 0x40 <= data[1] < 0x60:
        return Refused(RefusalCode.HEADER_REFUSED, "only the constant ES256 headers are accepted")
    return Refused(RefusalCode.MALFORMED, "not a signed statement")
