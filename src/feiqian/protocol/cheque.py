"""Cheque: the device's signed order, drawn on an allowance (spec 03).

Three forms share one layout: an answer to a request (two-way), a one-way code (marker with time to live), and the
closing cheque (amount 0, neither of them), after which the device draws nothing more on this allowance.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from feiqian.protocol import cose
from feiqian.protocol.allowance import HolderCheck, Tier
from feiqian.protocol.cose import Envelope, Kind
from feiqian.protocol.ids import AllowanceRef, RequestHash, StatementId
from feiqian.protocol.keys import Signer
from feiqian.protocol.layout import Layout, amount, counter, instant, octets, uint
from feiqian.protocol.limits import (
    CODE_BYTES,
    CREDITS_HASH_BYTES,
    ID_BYTES,
    PREVIOUS_BYTES,
    REF_BYTES,
    STATEMENT_MAX_BYTES,
    TTL_MAX_S,
)
from feiqian.protocol.refusals import RefusalCode, Refused


class ChequeForm(StrEnum):
    """Which of the three forms a cheque has."""

    TWO_WAY = "two_way"
    ONE_WAY = "one_way"
    CLOSING = "closing"


_TWO_WAY: Final = ChequeForm.TWO_WAY  # an enum's member is a look-up of its own, and every cheque is asked


class ChequeTerms(NamedTuple):
    """What a cheque says. Exactly one of `exact_minor` and `maximum_minor`; at most one of `request` and `ttl_s`.

    `cumulative_minor` is the gross total signed on this allowance including this cheque; it never falls.
    """

    allowance_ref: AllowanceRef
    counter: int
    previous: bytes
    cumulative_minor: int
    time: int
    holder_check: int
    exact_minor: int | None = None
    maximum_minor: int | None = None
    request: RequestHash | None = None
    ttl_s: int | None = None
    credits_hash: bytes | None = None
    code: bytes | None = None

    @property
    def amount_minor(self) -> int:
        """The amount that the cumulative counts: exact, or the maximum."""
        return self.exact_minor if self.exact_minor is not None else self.maximum_minor or 0

    @property
    def form(self) -> ChequeForm:
        """Two-way, one-way or closing."""
        if self.request is not None:
            return ChequeForm.TWO_WAY
        return ChequeForm.CLOSING if self.ttl_s is None else ChequeForm.ONE_WAY


class Cheque(NamedTuple):
    """A decoded cheque, unverified; `amount_minor` and `form` are those of its terms."""

    terms: ChequeTerms
    envelope: Envelope
    amount_minor: int
    form: ChequeForm


LAYOUT = Layout(
    Kind.CHEQUE,
    octets(1, "allowance_ref", REF_BYTES),
    counter(2, "counter"),
    octets(3, "previous", PREVIOUS_BYTES),
    amount(4, "exact_minor", required=False),
    amount(5, "maximum_minor", required=False),
    amount(6, "cumulative_minor"),
    instant(7, "time"),
    uint(8, "holder_check", HolderCheck.BIOMETRIC.value),
    octets(9, "request", ID_BYTES, required=False),
    uint(10, "ttl_s", TTL_MAX_S, low=1, required=False),
    octets(11, "credits_hash", CREDITS_HASH_BYTES, required=False),
    octets(12, "code", CODE_BYTES, required=False),
)


def decode_cheque(raw: bytes) -> Cheque:
    """The cheque in these bytes, unverified. Raises Refused."""
    return cheque_in(cose.open_envelope(raw, max_bytes=STATEMENT_MAX_BYTES, asserted=True))


def cheque_in(envelope: Envelope) -> Cheque:
    """The cheque in this envelope, unverified. Raises Refused."""
    return cheque_of(LAYOUT.decode_into(ChequeTerms, envelope.payload, max_bytes=STATEMENT_MAX_BYTES), envelope)


def cheque_of(terms: ChequeTerms, envelope: Envelope) -> Cheque:
    """The cheque that says this, unverified. Raises Refused for what its layout does not say."""
    _, _, _, _, _, _, exact_minor, maximum_minor, request, ttl_s, _, _ = terms
    if (exact_minor is None) == (maximum_minor is None):
        raise Refused(RefusalCode.FIELD_INVALID, "a cheque has one amount")
    if request is not None and ttl_s is not None:
        raise Refused(RefusalCode.FIELD_INVALID, "a cheque is an answer or a one-way code, not both")
    amount_minor = maximum_minor if exact_minor is None else exact_minor
    return Cheque(terms, envelope, amount_minor or 0, _TWO_WAY if request is not None else terms.form)


def draw_cheque(device: Signer, allowance_id: StatementId, deployment: str, terms: ChequeTerms) -> bytes:
    """The signed cheque for `terms`. The caller has stored the counter before this leaves the device."""
    payload = LAYOUT.encode_terms(terms)
    return cose.sign(device, cheque_prefix(allowance_id, deployment), payload)


def draw_asserted_cheque(passkey: Signer, allowance_id: StatementId, deployment: str, terms: ChequeTerms) -> bytes:
    """As `draw_cheque`, signed by a passkey: a signer that gives assertions of 69 bytes (`passkey.Asserting`)."""
    prefix = cheque_prefix(allowance_id, deployment, Tier.PASSKEY)
    return cose.sign_asserted(passkey, prefix, LAYOUT.encode_terms(terms))


def cheque_prefix(allowance_id: StatementId, deployment: str, tier: int = Tier.SOFTWARE) -> bytes:
    """The Sig_structure of all cheques on this allowance of this tier, up to the payload."""
    if tier == Tier.PASSKEY:
        return cose.asserted_prefix(Kind.CHEQUE, deployment, allowance_id)
    return cose.signing_prefix(Kind.CHEQUE, deployment, allowance_id)
