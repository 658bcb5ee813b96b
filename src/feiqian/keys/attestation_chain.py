"""Certificate chains of attestations: from what a device shows up to a root that the operator trusts (RFC 5280).

The library's verifier does it: signatures, validity, names and name constraints, path lengths, and that no critical
extension is passed over which nobody understands. What it leaves to the caller is asked for here: whoever signs a
certificate is a CA that may (basic constraints; key usage where there is one), and a leaf is none. What a leaf is for,
and which key it speaks of, is the format's own matter.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import AttestationRoot
from feiqian.protocol.allowance import Tier

CHAIN_MAX: Final = 4
"""Certificates between a leaf and a root."""
CERTIFICATE_MAX_BYTES: Final = 8 * 1024


def refused(why: str) -> IssuerTrouble:
    """The refusal of an attestation; `why` is for the operator and holds nothing secret."""
    return IssuerTrouble("attestation_refused", why=why)


def chain_to_root(
    leaf: bytes, issuers: Sequence[bytes], roots: Sequence[AttestationRoot], now: int
) -> tuple[x509.Certificate, AttestationRoot]:
    """The leaf (DER), and the root under which it stands at `now`. Raises IssuerTrouble attestation_refused."""
    found = read_certificate(leaf)
    between = [read_certificate(one) for one in issuers[: CHAIN_MAX + 1]]
    anchors = {root.certificate: root for root in roots}
    if not anchors:
        raise refused("no maker is trusted here")
    verifier = (
        PolicyBuilder()
        .store(Store([x509.load_der_x509_certificate(one) for one in anchors]))
        .time(datetime.fromtimestamp(now, tz=UTC).replace(tzinfo=None))
        .max_chain_depth(CHAIN_MAX)
        .extension_policies(ca_policy=_CA, ee_policy=_LEAF)
        .build_client_verifier()
    )
    try:
        chain = verifier.verify(found, between).chain
    except (VerificationError, ValueError):
        raise refused("its certificates do not lead to a trusted maker, or are not valid now") from None
    return found, anchors[chain[-1].public_bytes(serialization.Encoding.DER)]


def read_certificate(der: bytes) -> x509.Certificate:
    """A certificate. Raises IssuerTrouble attestation_refused."""
    if len(der) > CERTIFICATE_MAX_BYTES:
        raise refused("a certificate is too large")
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError:
        raise refused("a certificate cannot be read") from None


def read_root(pem: bytes, *, tier: Tier, maker: str, now: int) -> AttestationRoot:
    """The root in a PEM file with one certificate: a CA that is valid at `now`. Raises IssuerTrouble root_unfit."""
    try:
        (found,) = x509.load_pem_x509_certificates(pem)
        constraints = found.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        raise IssuerTrouble("root_unfit") from None
    lasts = found.not_valid_before_utc.timestamp() <= now <= found.not_valid_after_utc.timestamp()
    if not constraints.ca or not lasts:
        raise IssuerTrouble("root_unfit")
    return AttestationRoot(
        tier=tier,
        maker=maker,
        certificate=found.public_bytes(serialization.Encoding.DER),
        fingerprint=found.fingerprint(hashes.SHA256()),
        added_at=now,
    )


def point_of(certificate: x509.Certificate) -> bytes | None:
    """The P-256 key of a certificate as a compressed point; None for another kind of key."""
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        return None
    numbers = key.public_numbers()
    return bytes([2 + numbers.y % 2]) + numbers.x.to_bytes(32, "big")


def name_of(certificate: x509.Certificate) -> str:
    """What a certificate calls its holder, printable and short; empty where it says nothing."""
    spelled = certificate.subject.rfc4514_string()
    return "".join(character for character in spelled if character.isprintable())[:64]


def _check_ca(_policy: Policy, _certificate: x509.Certificate, found: x509.BasicConstraints) -> None:
    if not found.ca:
        raise ValueError("not a CA")


def _check_signs(_policy: Policy, _certificate: x509.Certificate, found: x509.KeyUsage | None) -> None:
    if found is not None and not found.key_cert_sign:
        raise ValueError("its key may not sign certificates")


def _check_leaf(_policy: Policy, _certificate: x509.Certificate, found: x509.BasicConstraints | None) -> None:
    if found is not None and found.ca:
        raise ValueError("a leaf is no CA")


_CA: Final = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _check_ca)
    .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _check_signs)
)
_LEAF: Final = ExtensionPolicy.permit_all().may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, _check_leaf)
