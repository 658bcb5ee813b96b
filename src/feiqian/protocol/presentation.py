"""Presentations: what one side shows the other, as one run of bytes (spec 02).

Statements stand one behind the other with nothing between them (a CBOR sequence, RFC 8742), so that allowance and
cheque together are exactly as long as the two of them. Only the last item may be something other than a signed
statement: a bare request, or the credits of a cheque.

    payer to payee:  allowance, cheque [, credits]
    payee to payer:  [certificate,] request | [certificate,] receipt or note
    issuer, by way of the payer, to payee:  settled notice
"""

from dataclasses import dataclass
from typing import NamedTuple

from feiqian.protocol import cose
from feiqian.protocol.certificate import LAYOUT as CERTIFICATE_LAYOUT
from feiqian.protocol.certificate import Certificate, certificate_in
from feiqian.protocol.cheque import Cheque, cheque_in
from feiqian.protocol.cose import Envelope, Kind
from feiqian.protocol.layout import kind_of
from feiqian.protocol.limits import PRESENTATION_MAX_BYTES, STATEMENT_MAX_BYTES
from feiqian.protocol.receipt import RECEIPT_LAYOUT, Note, Receipt, note_in, receipt_in
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.request import Request, decode_request


class Payment(NamedTuple):
    """What a payer shows: an allowance, a cheque on it and the credits that cover it, if any. Unverified.

    The allowance stays an undecoded envelope: a verifier that knows these bytes already has no need to decode them.
    """

    allowance: Envelope
    cheque: Cheque
    credits: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What a payee shows first: a request, at first contact with its certificate. Unverified."""

    certificate: Certificate | None
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """What a payee shows last: a receipt or a note, at first contact with its certificate. Unverified."""

    certificate: Certificate | None
    statement: Receipt | Note


def decode_payment(body: bytes) -> Payment:
    """The payer's presentation. Raises Refused."""
    _check_size(body)
    allowance, rest = cose.split_envelope(body, max_bytes=STATEMENT_MAX_BYTES)
    cheque, credits = cose.split_envelope(rest, max_bytes=STATEMENT_MAX_BYTES, asserted=True)
    return Payment(allowance=allowance, cheque=cheque_in(cheque), credits=credits or None)


def decode_asking(body: bytes) -> Asking:
    """The payee's request, with or without certificate. Raises Refused."""
    certificate, rest = _split_certificate(body)
    return Asking(certificate=certificate, request=decode_request(rest))


def decode_acknowledgement(body: bytes) -> Acknowledgement:
    """The payee's receipt or note, with or without certificate. Raises Refused."""
    certificate, rest = _split_certificate(body)
    envelope = cose.open_envelope(rest, max_bytes=STATEMENT_MAX_BYTES)
    is_note = kind_of(envelope.payload, max_bytes=STATEMENT_MAX_BYTES, likely=RECEIPT_LAYOUT) is Kind.NOTE
    statement = note_in(envelope) if is_note else receipt_in(envelope)
    return Acknowledgement(certificate=certificate, statement=statement)


def kind_shown(body: bytes) -> Kind:
    """What a presentation is about: the kind of its last statement but credits. Raises Refused."""
    _check_size(body)
    if not cose.is_envelope(body):
        return kind_of(body, max_bytes=STATEMENT_MAX_BYTES)
    envelope, rest = cose.split_envelope(body, max_bytes=STATEMENT_MAX_BYTES, asserted=True)
    kind = kind_of(envelope.payload, max_bytes=STATEMENT_MAX_BYTES)
    if kind is Kind.CERTIFICATE and rest:
        return kind_shown(rest)
    return Kind.CHEQUE if kind is Kind.ALLOWANCE and rest else kind


def _split_certificate(body: bytes) -> tuple[Certificate | None, bytes]:
    _check_size(body)
    if not cose.is_envelope(body):
        return None, body
    envelope, rest = cose.split_envelope(body, max_bytes=STATEMENT_MAX_BYTES)
    if not rest:
        return None, body
    kind = kind_of(envelope.payload, max_bytes=STATEMENT_MAX_BYTES, likely=CERTIFICATE_LAYOUT)
    if kind is not Kind.CERTIFICATE:
        return None, body
    return certificate_in(envelope), rest


def _check_size(body: bytes) -> None:
    if len(body) > PRESENTATION_MAX_BYTES:
        raise Refused(RefusalCode.TOO_LARGE, f"{len(body)} bytes, at most {PRESENTATION_MAX_BYTES}")
