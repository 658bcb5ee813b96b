"""Settled notice: the issuer's word that a request is paid, for a payee without network (spec 03, flow 3).

The payer is online and settles there; the terminal matches the notice to its open request by H(request).
"""

from dataclasses import dataclass

from feiqian.protocol import cose
from feiqian.protocol.cose import Envelope, Kind
from feiqian.protocol.ids import KeyId, RequestHash
from feiqian.protocol.keys import PublicKey, Signer, load_public_key
from feiqian.protocol.layout import Layout, amount, currency, instant, octets
from feiqian.protocol.limits import ID_BYTES, KEY_ID_BYTES, STATEMENT_MAX_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledNotice:
    """A decoded notice, unverified: `final_minor` of `currency` is paid for `request`."""

    issuer_key_id: KeyId
    request: RequestHash
    final_minor: int
    currency: str
    time: int
    envelope: Envelope


LAYOUT = Layout(
    Kind.SETTLED_NOTICE,
    octets(1, "issuer_key_id", KEY_ID_BYTES),
    octets(2, "request", ID_BYTES),
    amount(3, "final_minor"),
    currency(4),
    instant(5, "time"),
)


def decode_settled_notice(raw: bytes) -> SettledNotice:
    """The notice in these bytes, unverified. Raises Refused."""
    return settled_notice_in(cose.open_envelope(raw, max_bytes=STATEMENT_MAX_BYTES))


def settled_notice_in(envelope: Envelope) -> SettledNotice:
    """The notice in this envelope, unverified. Raises Refused."""
    values = LAYOUT.decode(envelope.payload, max_bytes=STATEMENT_MAX_BYTES)
    return SettledNotice(**values, envelope=envelope)


def sign_settled_notice(
    issuer: Signer, deployment: str, *, request: RequestHash, final_minor: int, currency: str, time: int
) -> bytes:
    """The signed notice; the issuer has posted the money before it signs."""
    key = load_public_key(issuer.public_key)
    payload = LAYOUT.encode(
        {
            "issuer_key_id": key.key_id,
            "request": request,
            "final_minor": final_minor,
            "currency": currency,
            "time": time,
        }
    )
    return cose.sign(issuer, settled_notice_prefix(key, deployment), payload)


def settled_notice_prefix(issuer_key: PublicKey, deployment: str) -> bytes:
    """The Sig_structure of this issuer key's notices, up to the payload."""
    return cose.signing_prefix(Kind.SETTLED_NOTICE, deployment, issuer_key.hash)
