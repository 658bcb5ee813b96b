"""Terminal certificate: the acquirer's signed word that a key speaks for a payee (spec 03).

It travels with the first request or receipt, so that a wallet which never met the payee can check name and key
offline against the acquirer keys in its trust pack.
"""

from dataclasses import dataclass
from enum import IntFlag

from feiqian.protocol import cose
from feiqian.protocol.cose import Envelope, Kind
from feiqian.protocol.ids import KeyId, PayeeId, StatementId, TerminalRef
from feiqian.protocol.keys import PublicKey, Signer, load_public_key
from feiqian.protocol.layout import Layout, amount, currency, instant, octets, text, uint
from feiqian.protocol.limits import (
    KEY_ID_BYTES,
    PAYEE_NAME_MAX_BYTES,
    PUBLIC_KEY_BYTES,
    REF_BYTES,
    STATEMENT_MAX_BYTES,
)


class Capability(IntFlag):
    """What the acquirer lets a terminal do."""

    REQUEST = 1
    ONE_WAY = 2
    NOTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateTerms:
    """What a certificate says. `note_cap_minor` is the most that one note of this terminal may give back."""

    acquirer_key_id: KeyId
    terminal_key: bytes
    payee_id: PayeeId
    payee_name: str
    capabilities: int
    note_cap_minor: int
    currency: str
    not_before: int
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A decoded certificate, unverified."""

    terms: CertificateTerms
    envelope: Envelope


LAYOUT = Layout(
    Kind.CERTIFICATE,
    octets(1, "acquirer_key_id", KEY_ID_BYTES),
    octets(2, "terminal_key", PUBLIC_KEY_BYTES),
    octets(3, "payee_id", REF_BYTES),
    text(4, "payee_name", PAYEE_NAME_MAX_BYTES),
    uint(5, "capabilities", 2**16 - 1),
    amount(6, "note_cap_minor"),
    currency(7),
    instant(8, "not_before"),
    instant(9, "expires_at"),
)


def decode_certificate(raw: bytes) -> Certificate:
    """The certificate in these bytes, unverified. Raises Refused."""
    return certificate_in(cose.open_envelope(raw, max_bytes=STATEMENT_MAX_BYTES))


def certificate_in(envelope: Envelope) -> Certificate:
    """The certificate in this envelope, unverified. Raises Refused."""
    values = LAYOUT.decode(envelope.payload, max_bytes=STATEMENT_MAX_BYTES)
    return Certificate(terms=CertificateTerms(**values), envelope=envelope)


def issue_certificate(acquirer: Signer, deployment: str, terms: CertificateTerms) -> bytes:
    """The signed certificate for `terms`."""
    payload = LAYOUT.encode_terms(terms)
    return cose.sign(acquirer, certificate_prefix(load_public_key(acquirer.public_key), deployment), payload)


def terminal_ref(full_id: StatementId) -> TerminalRef:
    """The 8 bytes by which statements of a terminal look its certificate up."""
    return TerminalRef(full_id[:REF_BYTES])


def certificate_prefix(acquirer_key: PublicKey, deployment: str) -> bytes:
    """The Sig_structure of this acquirer key's certificates, up to the payload."""
    return cose.signing_prefix(Kind.CERTIFICATE, deployment, acquirer_key.hash)
