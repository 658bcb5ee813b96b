"""An authenticator in software, for tests: WebAuthn's two ceremonies with bytes put together by hand.

It shares no code with what it tests: authenticator data, client data and attestation are spelt here from WebAuthn
Level 3 (sections 5.8.1, 6.1, 6.5, 8.2), signatures are DER as authenticators give them, high s as often as low.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
UP, UV, BE, BS, AT, ED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80
AAGUID = bytes.fromhex("f1d0f1d0f1d0f1d0f1d0f1d0f1d0f1d0")
_ECDSA = ec.ECDSA(SHA256(), deterministic_signing=True)
_AAGUID_EXTENSION = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")


CHROMIUM_ADDS = {
    "other_keys_can_be_added_here": "do not compare clientDataJSON against a template. See https://goo.gl/yabPex"
}
"""What Chromium puts behind the other members of one client data in five."""


def client_data(kind: str, challenge: bytes, origin: str, added: Mapping[str, str | bool]) -> bytes:
    """The clientDataJSON that a browser writes, with what it adds to it."""
    spelled = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
    said = {"type": kind, "challenge": spelled, "origin": origin, "crossOrigin": False, **added}
    return json.dumps(said, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Given:
    """What `navigator.credentials.get` gives."""

    authenticator_data: bytes
    client_data: bytes
    signature: bytes

    @property
    def assertion(self) -> bytes:
        """The 69 bytes that travel in a cheque: flags and what was added, counter, r and low s."""
        r, s = utils.decode_dss_signature(self.signature)
        known = json.dumps(CHROMIUM_ADDS, separators=(",", ":"))[1:].encode()
        extra = 2 if self.client_data.endswith(known) else 0
        asserted = bytes((self.authenticator_data[32] | extra,)) + self.authenticator_data[33:37]
        return asserted + r.to_bytes(32, "big") + min(s, ORDER - s).to_bytes(32, "big")


@dataclass(slots=True)
class SoftAuthenticator:
    """One credential of one relying party. `flags` is what it says of its holder when it signs.

    `added` is what its browser adds to the client data.
    """

    origin: str
    rp_id: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = b"a credential of a soft authenticator"
    flags: int = UP | UV
    sign_count: int = 0
    high_s: bool = False
    added: Mapping[str, str | bool] = field(default_factory=dict)

    @property
    def public_key(self) -> bytes:
        """Compressed P-256 point, 33 bytes."""
        form = serialization.PublicFormat.CompressedPoint
        return self.key.public_key().public_bytes(serialization.Encoding.X962, form)

    def get(self, challenge: bytes, *, kind: str = "webauthn.get") -> Given:
        """An assertion over this challenge."""
        said = client_data(kind, challenge, self.origin, self.added)
        self.sign_count += 1
        data = self._data(self.flags)
        signature = self.key.sign(data + hashlib.sha256(said).digest(), _ECDSA)
        if self.high_s:
            r, s = utils.decode_dss_signature(signature)
            signature = utils.encode_dss_signature(r, max(s, ORDER - s))
        return Given(data, said, signature)

    def make(
        self,
        challenge: bytes,
        *,
        maker: Maker | None = None,
        form: str = "packed",
        flags: int | None = None,
        kind: str = "webauthn.create",
    ) -> tuple[bytes, bytes]:
        """Attestation object and client data of this credential; self attestation without a `maker`."""
        said = client_data(kind, challenge, self.origin, self.added)
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        credential = AAGUID + len(self.credential_id).to_bytes(2, "big") + self.credential_id
        data = self._data((self.flags if flags is None else flags) | AT) + credential + cbor2.dumps(cose)
        signed = data + hashlib.sha256(said).digest()
        statement: dict[str, object] = {}
        if form == "packed" and maker is None:
            statement = {"alg": -7, "sig": self.key.sign(signed, _ECDSA)}
        elif form == "packed" and maker is not None:
            statement = {"alg": -7, "sig": maker.key.sign(signed, _ECDSA), "x5c": [maker.leaf, *maker.above]}
        return cbor2.dumps({"fmt": form, "attStmt": statement, "authData": data}), said

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes((flags,)) + self.sign_count.to_bytes(4, "big")


@dataclass(frozen=True, slots=True)
class Maker:
    """A maker of authenticators: its root, and the attestation key of one model with its certificate."""

    key: ec.EllipticCurvePrivateKey
    leaf: bytes
    root: bytes
    above: tuple[bytes, ...] = ()


def maker(
    *, now: int, aaguid: bytes = AAGUID, valid_s: int = 30 * 86_400, unit: str = "Authenticator Attestation"
) -> Maker:
    """A new maker whose certificates begin an hour before `now`."""
    begins = dt.datetime.fromtimestamp(now, dt.UTC) - dt.timedelta(hours=1)
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Soft Root")])
    root = (
        x509.CertificateBuilder()
        .subject_name(root_name)
        .issuer_name(root_name)
        .public_key(root_key.public_key())
        .serial_number(1)
        .not_valid_before(begins)
        .not_valid_after(begins + dt.timedelta(seconds=valid_s))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=False,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(root_key, SHA256())
    )
    leaf_name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "SE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Soft Keys"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
            x509.NameAttribute(NameOID.COMMON_NAME, "Soft Key One"),
        ]
    )
    leaf = (
        x509.CertificateBuilder()
        .subject_name(leaf_name)
        .issuer_name(root_name)
        .public_key(key.public_key())
        .serial_number(2)
        .not_valid_before(begins)
        .not_valid_after(begins + dt.timedelta(seconds=valid_s))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.UnrecognizedExtension(_AAGUID_EXTENSION, b"\x04\x10" + aaguid), critical=False)
        .sign(root_key, SHA256())
    )
    der = serialization.Encoding.DER
    return Maker(key, leaf.public_bytes(der), root.public_bytes(der))
