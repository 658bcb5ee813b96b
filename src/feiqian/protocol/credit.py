"""Credits: what adds to an allowance, and how it travels with the cheque that needs it (spec 04).

A credit is a note (or a receipt below the maximum) together with the terminal's certificate, the cheque that it
gives back and the request it answered; or a cheque received from another payer, with its allowance and request. The
device-signed cheque always travels along, so that no terminal can accuse a device by a note alone.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from feiqian.protocol import cbor
from feiqian.protocol.cose import Kind
from feiqian.protocol.layout import Layout, byte_items, octets
from feiqian.protocol.limits import (
    CREDITS_HASH_BYTES,
    CREDITS_MAX,
    CREDITS_MAX_BYTES,
    STATEMENT_MAX_BYTES,
)
from feiqian.protocol.refusals import RefusalCode, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """A decoded credit; its parts are bytes, unverified.

    Given back: `statement` (note or receipt), `certificate`, `cheque`, `request`.
    Received: `cheque`, `allowance`, `request` and, when that cheque needed some, its own `credits`.
    """

    cheque: bytes
    request: bytes
    statement: bytes | None = None
    certificate: bytes | None = None
    allowance: bytes | None = None
    credits: bytes | None = None


LAYOUT = Layout(
    Kind.CREDIT,
    octets(1, "cheque", 1, up_to=STATEMENT_MAX_BYTES),
    octets(2, "request", 1, up_to=STATEMENT_MAX_BYTES),
    octets(3, "statement", 1, up_to=STATEMENT_MAX_BYTES, required=False),
    octets(4, "certificate", 1, up_to=STATEMENT_MAX_BYTES, required=False),
    octets(5, "allowance", 1, up_to=STATEMENT_MAX_BYTES, required=False),
    octets(6, "credits", 1, up_to=CREDITS_MAX_BYTES, required=False),
)


def decode_credits(bundle: bytes) -> tuple[Credit, ...]:
    """The credits of a bundle, unverified. Raises Refused; TOO_MANY_CREDITS above three."""
    items = cbor.decode(bundle, max_bytes=CREDITS_MAX_BYTES)
    if type(items) is not list or not items:
        raise Refused(RefusalCode.MALFORMED, "credits are a non-empty array")
    if len(items) > CREDITS_MAX:
        raise Refused(RefusalCode.TOO_MANY_CREDITS, f"{len(items)} credits, at most {CREDITS_MAX}")
    return tuple(_credit(item) for item in byte_items(items, max_bytes=CREDITS_MAX_BYTES))


def encode_credits(credits: Sequence[Credit]) -> bytes:
    """The bundle that travels behind a cheque."""
    bundle = cbor.encode([LAYOUT.encode_terms(credit) for credit in credits])
    decode_credits(bundle)
    return bundle


def credits_hash(bundle: bytes) -> bytes:
    """The 16 bytes that the cheque commits to."""
    return hashlib.sha256(bundle).digest()[:CREDITS_HASH_BYTES]


def _credit(raw: bytes) -> Credit:
    credit = Credit(**LAYOUT.decode(raw, max_bytes=CREDITS_MAX_BYTES))
    given_back = credit.statement is not None and credit.certificate is not None and credit.allowance is None
    received = credit.allowance is not None and credit.statement is None and credit.certificate is None
    if not (given_back or received) or (given_back and credit.credits is not None):
        raise Refused(RefusalCode.FIELD_INVALID, "a credit is given back or received, with all its parts")
    return credit
