"""Soft makers for tests: certificate authorities of devices, a TPM made of structures and soft keys, cards.

The structures are written here from TPM 2.0 Part 2 by themselves; nothing of the product's reader is used to make them.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from feiqian.keys.attestation_evidence import write_evidence
from feiqian.keys.software import SoftwareKey

DAY_S = 86_400
PUBLIC_EXPONENT = 65_537
SIGNS = 0x00040472  # fixedTPM fixedParent sensitiveDataOrigin userWithAuth noDA sign
ATTESTS = SIGNS | 0x00010000  # restricted
EK_USE = x509.ObjectIdentifier("2.23.133.8.1")
Private = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Public = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


def name_of(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass
class Authority:
    """A maker's root with one authority below it."""

    now: int
    name: str = "Maker"
    path_length: int | None = 0
    below_is_ca: bool = True
    constraints: x509.NameConstraints | None = None
    root_key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def certify(
        self,
        public: Public,
        *,
        ca: bool = False,
        lasts_s: int = DAY_S,
        begins_s: int = -DAY_S,
        uses: x509.ObjectIdentifier | None = None,
        usage: str | None = None,
        issuer: str | None = None,
        signed_by: ec.EllipticCurvePrivateKey | None = None,
    ) -> bytes:
        """A leaf under the authority below the root, DER."""
        builder = self._begun("device", issuer or f"{self.name} below", public, begins_s, lasts_s)
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        if uses is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([uses]), critical=False)
        if usage is not None:
            builder = builder.add_extension(key_usage(usage), critical=True)
        return builder.sign(signed_by or self.key, SHA256()).public_bytes(Encoding.DER)

    @cached_property
    def below(self) -> bytes:
        """The authority's certificate, DER."""
        path_length = self.path_length if self.below_is_ca else None
        builder = self._begun(f"{self.name} below", self.name, self.key.public_key(), -DAY_S, 100 * DAY_S)
        builder = builder.add_extension(
            x509.BasicConstraints(ca=self.below_is_ca, path_length=path_length), critical=True
        )
        if self.constraints is not None:
            builder = builder.add_extension(self.constraints, critical=True)
        return builder.sign(self.root_key, SHA256()).public_bytes(Encoding.DER)

    @cached_property
    def root_pem(self) -> bytes:
        """The root, PEM."""
        builder = self._begun(self.name, self.name, self.root_key.public_key(), -DAY_S, 1_000 * DAY_S)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        return builder.sign(self.root_key, SHA256()).public_bytes(Encoding.PEM)

    def _begun(self, subject: str, issuer: str, public: Public, begins_s: int, lasts_s: int) -> x509.CertificateBuilder:
        begins, ends = (datetime.fromtimestamp(self.now + at, tz=UTC) for at in (begins_s, lasts_s))
        return (
            x509.CertificateBuilder()
            .subject_name(name_of(subject))
            .issuer_name(name_of(issuer))
            .public_key(public)
            .serial_number(0xC0FFEE)
            .not_valid_before(begins)
            .not_valid_after(ends)
        )


def key_usage(what: str) -> x509.KeyUsage:
    """A key usage with this bit only."""
    bits = dict.fromkeys(
        (
            *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
            *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
        ),
        False,
    )
    return x509.KeyUsage(**bits | {what: True})


def public_of(key: SoftwareKey) -> ec.EllipticCurvePublicKey:
    """A device key as the library's own."""
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key.public_key)


def card_evidence(authority: Authority, key: SoftwareKey) -> bytes:
    """What a card shows of the key in its slot."""
    return write_evidence("card", authority.certify(public_of(key)), authority.below)


def tpmt_public(key: SoftwareKey, attributes: int) -> bytes:
    """TPMT_PUBLIC of a P-256 key that signs with ECDSA over SHA-256 (Part 2, 12.2.4)."""
    numbers = public_of(key).public_numbers()
    x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
    return (
        b"\x00\x23\x00\x0b"
        + attributes.to_bytes(4, "big")
        + b"\x00\x00"  # no policy
        + b"\x00\x10"  # no symmetric algorithm
        + b"\x00\x18\x00\x0b"  # ECDSA, SHA-256
        + b"\x00\x03\x00\x10"  # P-256, no KDF
        + b"\x00\x20"
        + x
        + b"\x00\x20"
        + y
    )


def tpm_name(public: bytes) -> bytes:
    """A TPM's name of a key."""
    return b"\x00\x0b" + hashlib.sha256(public).digest()


@dataclass
class SoftTpm:
    """An endorsement key with its certificate, and an attestation key that certifies."""

    authority: Authority
    ek: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(PUBLIC_EXPONENT, 2048))
    ak: SoftwareKey = field(default_factory=SoftwareKey.generate)
    ak_attributes: int = ATTESTS

    @cached_property
    def ek_certificate(self) -> bytes:
        return self.authority.certify(self.ek.public_key(), uses=EK_USE, usage="key_encipherment")

    @property
    def ak_public(self) -> bytes:
        return tpmt_public(self.ak, self.ak_attributes)

    def opens(self, credential: bytes) -> bytes:
        """TPM2_ActivateCredential (Part 1, annexes B.10.4 and C.6.4); AssertionError where a TPM would refuse."""
        blob, rest = _sized(credential)
        encrypted_seed, rest = _sized(rest)
        assert not rest
        oaep = padding.OAEP(mgf=padding.MGF1(SHA256()), algorithm=SHA256(), label=b"IDENTITY\0")
        seed, name = self.ek.decrypt(encrypted_seed, oaep), tpm_name(self.ak_public)
        outer, identity = _sized(blob)
        assert hmac.digest(_kdf_a(seed, b"INTEGRITY", b"", 256), identity + name, "sha256") == outer
        decryptor = Cipher(algorithms.AES(_kdf_a(seed, b"STORAGE", name, 128)), CFB(bytes(16))).decryptor()
        secret, rest = _sized(decryptor.update(identity) + decryptor.finalize())
        assert not rest
        return secret

    def certifies(self, key: SoftwareKey, challenge: bytes, *, attributes: int = SIGNS, **changed: bytes) -> bytes:
        """Evidence of a device key; `changed` replaces magic, kind, extra or name in what is signed."""
        public = tpmt_public(key, attributes)
        name = changed.get("name", tpm_name(public))
        extra = changed.get("extra", challenge)
        attest = (
            changed.get("magic", b"\xff\x54\x43\x47")
            + changed.get("kind", b"\x80\x17")
            + _size(tpm_name(self.ak_public))
            + _size(extra)
            + bytes(17)  # clock, resets, restarts, safe
            + bytes(8)  # firmware
            + _size(name)
            + _size(name)
        )
        return write_evidence("tpm", self.ak_public, attest, self.ak.sign(attest), public)


def _kdf_a(key: bytes, label: bytes, context: bytes, bits: int) -> bytes:
    message = b"\0\0\0\1" + label + b"\0" + context + bits.to_bytes(4, "big")
    return hmac.digest(key, message, "sha256")[: bits // 8]


def _size(content: bytes) -> bytes:
    return len(content).to_bytes(2, "big") + content


def _sized(raw: bytes) -> tuple[bytes, bytes]:
    length = int.from_bytes(raw[:2], "big")
    assert len(raw) >= 2 + length
    return raw[2 : 2 + length], raw[2 + length :]
