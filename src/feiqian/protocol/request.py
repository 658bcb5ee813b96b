"""Request: what a payee asks for (spec 03). Unsigned below a small amount, signed by the terminal above it.

Its hash is the same in both forms, so a cheque answers the request and not the way it travelled. The challenge makes
every request, and so every cheque that answers one, unique.
"""

from typing import NamedTuple

from feiqian.protocol import cose
from feiqian.protocol.cose import Envelope, Kind
from feiqian.protocol.ids import AllowanceRef, PayeeId, RequestHash, StatementId
from feiqian.protocol.keys import Signer
from feiqian.protocol.layout import Layout, amount, currency, instant, octets, text, uint
from feiqian.protocol.limits import (
    CHALLENGE_BYTES,
    REF_BYTES,
    REFERENCE_MAX_BYTES,
    STATEMENT_MAX_BYTES,
    TTL_MAX_S,
)
from feiqian.protocol.refusals import RefusalCode, Refused


class RequestTerms(NamedTuple):
    """What is asked. Exactly one of `payee_id` and `receiver_allowance`, exactly one of exact and maximum amount."""

    challenge: bytes
    currency: str
    time: int
    ttl_s: int
    payee_id: PayeeId | None = None
    receiver_allowance: AllowanceRef | None = None
    exact_minor: int | None = None
    maximum_minor: int | None = None
    reference: str | None = None

    @property
    def amount_minor(self) -> int:
        """The amount asked for, exact or the most it may become."""
        return self.exact_minor if self.exact_minor is not None else self.maximum_minor or 0


class Request(NamedTuple):
    """A decoded request. `envelope` is None when it came unsigned."""

    terms: RequestTerms
    payload: bytes
    envelope: Envelope | None

    @property
    def raw(self) -> bytes:
        """The bytes as they travel."""
        return self.payload if self.envelope is None else self.envelope.raw


LAYOUT = Layout(
    Kind.REQUEST,
    octets(1, "payee_id", REF_BYTES, required=False),
    octets(2, "challenge", CHALLENGE_BYTES),
    amount(3, "exact_minor", required=False),
    amount(4, "maximum_minor", required=False),
    currency(5),
    instant(6, "time"),
    uint(7, "ttl_s", TTL_MAX_S, low=1),
    text(8, "reference", REFERENCE_MAX_BYTES, required=False),
    octets(9, "receiver_allowance", REF_BYTES, required=False),
)


def decode_request(raw: bytes) -> Request:
    """The request in these bytes, signed or bare, unverified. Raises Refused."""
    if not cose.is_envelope(raw):
        return _request(raw, None)
    envelope = cose.open_envelope(raw, max_bytes=STATEMENT_MAX_BYTES)
    return _request(envelope.payload, envelope)


def encode_request(terms: RequestTerms) -> bytes:
    """The payload, which is also the unsigned form."""
    return LAYOUT.encode_terms(terms)


def sign_request(terminal: Signer, certificate_id: StatementId, deployment: str, payload: bytes) -> bytes:
    """The signed form of a request's payload."""
    return cose.sign(terminal, cose.signing_prefix(Kind.REQUEST, deployment, certificate_id), payload)


def request_hash(payload: bytes, deployment: str) -> RequestHash:
    """H(request), 32 bytes: what the cheque that answers it carries."""
    return RequestHash(cose.domain_hash(Kind.REQUEST, deployment, payload))


def request_prefix(deployment: str) -> bytes:
    """What stands before a payload in H(request), for `cose.digest`: whoever hashes many asks for it once."""
    return cose.signing_prefix(Kind.REQUEST, deployment, b"")


def request_of(terms: RequestTerms, payload: bytes, envelope: Envelope | None) -> Request:
    """The request that says this, unverified. Raises Refused for what its layout does not say."""
    _, _, _, _, payee_id, receiver_allowance, exact_minor, maximum_minor, _ = terms
    if (payee_id is None) == (receiver_allowance is None):
        raise Refused(RefusalCode.FIELD_INVALID, "a request names one receiver")
    if (exact_minor is None) == (maximum_minor is None) or not (exact_minor or maximum_minor):
        raise Refused(RefusalCode.FIELD_INVALID, "a request asks for one amount above zero")
    return Request(terms, payload, envelope)


def _request(payload: bytes, envelope: Envelope | None) -> Request:
    terms = LAYOUT.decode_into(RequestTerms, payload, max_bytes=STATEMENT_MAX_BYTES)
    return request_of(terms, payload, envelope)
