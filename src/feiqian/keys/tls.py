"""TLS for a server on a local network: an authority of its own, certificates for one host name, TLS 1.3 and no less.

Browsers let a page use its camera, keys and a service worker only under a certificate that they trust and a name that
is not an address, so a till in a shop without a domain needs an authority that its owner installs on each phone.

Rules kept:

- The authority can certify its own host names only (name constraints, RFC 5280 section 4.2.1.10, critical): whoever
  steals its key can pose as this server and as no other site.
- A server certificate lives 397 days, the most that browsers take, and is renewed 60 days before its end.
- Nothing below TLS 1.3 is spoken; there is no list of ciphers to get wrong.

Certificates follow RFC 5280; keys are P-256. Times are seconds since 1970.
"""

import re
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LIFETIME_S: Final = 3650 * 86_400
SERVER_LIFETIME_S: Final = 397 * 86_400
RENEWED_BEFORE_S: Final = 60 * 86_400
HEAD_START_S: Final = 86_400
"""Phones' clocks are wrong: a certificate is good from a day before it was made."""
HOST_NAME_MAX_CHARS: Final = 253
LOCAL: Final = "localhost"
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST_NAME: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.ASCII)
_ADDRESS: Final = re.compile(r"[0-9.]+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes = field(repr=False)


def is_host_name(text: str) -> bool:
    """Whether browsers take this as a name: small letters, digits, hyphens and dots, and no bare address."""
    fits = len(text) <= HOST_NAME_MAX_CHARS and _HOST_NAME.fullmatch(text) is not None
    return fits and _ADDRESS.fullmatch(text) is None


def make_authority(host_name: str, now: int) -> Pair:
    """A new authority that can certify `host_name`, what is below it, and localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"Feiqian local authority of {host_name}")
    permitted = [x509.DNSName(one) for one in dict.fromkeys((host_name, LOCAL))]
    builder = (
        _begun(name, name, key.public_key(), now, AUTHORITY_LIFETIME_S)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return _pair(builder.sign(key, hashes.SHA256()), key)


def issue_server(authority: Pair, host_name: str, now: int) -> Pair:
    """A certificate for `host_name` and localhost, the authority's behind it, with a new key."""
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    issuer_key = _private(authority.key)
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName(one) for one in dict.fromkeys((host_name, LOCAL))]
    builder = (
        _begun(_name(host_name), issuer.subject, key.public_key(), now, SERVER_LIFETIME_S)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    made = _pair(builder.sign(issuer_key, hashes.SHA256()), key)
    return Pair(certificate=made.certificate + authority.certificate, key=made.key)


def is_good_for(certificate: bytes, host_name: str, now: int) -> bool:
    """Whether a server's certificate names this host and is far from its end. False for anything unreadable."""
    try:
        found = x509.load_pem_x509_certificate(certificate)
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    lasts = now + RENEWED_BEFORE_S < int(found.not_valid_after_utc.timestamp())
    return lasts and host_name in names.get_values_for_type(x509.DNSName)


def may_certify(authority: Pair, host_name: str, now: int) -> bool:
    """Whether an authority can still certify this host name. False for anything unreadable."""
    try:
        found = x509.load_pem_x509_certificate(authority.certificate)
        bounds = found.extensions.get_extension_for_class(x509.NameConstraints).value
        own = _private(authority.key).public_key() == found.public_key()
    except (TypeError, ValueError, x509.ExtensionNotFound):
        return False
    permitted = [one.value for one in bounds.permitted_subtrees or () if isinstance(one, x509.DNSName)]
    lasts = now + SERVER_LIFETIME_S < int(found.not_valid_after_utc.timestamp())
    return own and lasts and host_name in permitted


def fingerprint(certificate: bytes) -> str:
    """SHA-256 of a certificate as phones show it: pairs of hexadecimal digits with colons."""
    found = x509.load_pem_x509_certificate(certificate)
    return found.fingerprint(hashes.SHA256()).hex(":").upper()


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """A server's context: TLS 1.3 only. Raises OSError, ssl.SSLError for files that do not fit."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate, key)
    return context


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: int, lifetime_s: int
) -> x509.CertificateBuilder:
    begins, ends = (datetime.fromtimestamp(at, tz=UTC) for at in (now - HEAD_START_S, now + lifetime_s - HEAD_START_S))
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return Pair(
        certificate=certificate.public_bytes(pem),
        key=key.private_bytes(pem, pkcs8, serialization.NoEncryption()),
    )


def _private(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the authority's key is not one of P-256")
    return key
