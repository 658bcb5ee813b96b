"""Allowance: the issuer's signed word that a device key may spend up to a reserve until a time (spec 03).

The money is set aside at the issuer before the allowance is issued. The device key and the pseudonym are new for
every allowance where the key store allows it, so that payees cannot link two of them.
"""

from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from feiqian.protocol import cose
from feiqian.protocol.cose import Envelope, Kind
from feiqian.protocol.ids import AllowanceRef, KeyId, PayeeId, StatementId
from feiqian.protocol.keys import PublicKey, Signer, load_public_key
from feiqian.protocol.layout import Layout, amount, counter, currency, instant, octets, uint
from feiqian.protocol.limits import (
    CODE_BYTES,
    KEY_ID_BYTES,
    PUBLIC_KEY_BYTES,
    REF_BYTES,
    STATEMENT_MAX_BYTES,
    TIER_MAX,
)


class Tier(IntEnum):
    """Where the device key lives; limits follow it."""

    SOFTWARE = 1
    PASSKEY = 2
    TPM = 3
    CARD = 4


class HolderCheck(IntEnum):
    """What the device did to make sure that its holder is present, weakest first."""

    NONE = 0
    PIN = 1
    ONE_TIME_CODE = 2
    BIOMETRIC = 3


class AllowanceTerms(NamedTuple):
    """What an allowance says. Amounts are minor units of `currency` (ISO 4217), times seconds since 1970."""

    issuer_key_id: KeyId
    device_key: bytes
    pseudonym: bytes
    currency: str
    amount_minor: int
    per_payment_minor: int
    count_limit: int
    not_before: int
    expires_at: int
    status_index: int
    tier: int
    holder_check_above_minor: int
    audience: PayeeId | None = None
    code_anchor: bytes | None = None


class Allowance(NamedTuple):
    """A decoded allowance: its terms and the bytes they came in. Nothing is verified yet."""

    terms: AllowanceTerms
    envelope: Envelope


LAYOUT = Layout(
    Kind.ALLOWANCE,
    octets(1, "issuer_key_id", KEY_ID_BYTES),
    octets(2, "device_key", PUBLIC_KEY_BYTES),
    octets(3, "pseudonym", REF_BYTES),
    currency(4),
    amount(5, "amount_minor"),
    amount(6, "per_payment_minor"),
    counter(7, "count_limit"),
    instant(8, "not_before"),
    instant(9, "expires_at"),
    uint(10, "status_index", 2**32 - 1),
    uint(11, "tier", TIER_MAX, low=1),
    amount(12, "holder_check_above_minor"),
    octets(13, "audience", REF_BYTES, required=False),
    octets(14, "code_anchor", CODE_BYTES, required=False),
)


def decode_allowance(raw: bytes) -> Allowance:
    """The allowance in these bytes, unverified. Raises Refused."""
    return allowance_in(cose.open_envelope(raw, max_bytes=STATEMENT_MAX_BYTES))


def allowance_in(envelope: Envelope) -> Allowance:
    """The allowance in this envelope, unverified. Raises Refused."""
    return Allowance(LAYOUT.decode_into(AllowanceTerms, envelope.payload, max_bytes=STATEMENT_MAX_BYTES), envelope)


def issue_allowance(issuer: Signer, deployment: str, terms: AllowanceTerms) -> bytes:
    """The signed allowance for `terms`."""
    payload = LAYOUT.encode_terms(terms)
    return cose.sign(issuer, allowance_prefix(load_public_key(issuer.public_key), deployment), payload)


def allowance_id(allowance: Allowance, issuer_key: PublicKey, deployment: str) -> StatementId:
    """The 32-byte id: what cheques are bound to."""
    return cose.digest(allowance_prefix(issuer_key, deployment), allowance.envelope.payload)


def allowance_ref(full_id: StatementId) -> AllowanceRef:
    """The 8 bytes by which a cheque looks its allowance up."""
    return AllowanceRef(full_id[:REF_BYTES])


@lru_cache(maxsize=64)
def allowance_prefix(issuer_key: PublicKey, deployment: str) -> bytes:
    """The Sig_structure of this issuer key's allowances, up to the payload."""
    return cose.signing_prefix(Kind.ALLOWANCE, deployment, issuer_key.hash)
