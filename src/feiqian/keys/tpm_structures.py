"""The few structures of TPM 2.0 (Part 2) that attestation needs, read from bytes without a TPM.

Any bytes give a value or `TpmMalformed`. A reader takes all of its bytes: what is left over is refused. Only what this
product makes is understood: P-256 keys that sign with ECDSA over SHA-256, RSA and P-256 keys that decrypt.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from feiqian.protocol.limits import PUBLIC_KEY_BYTES

ALG_SHA256: Final = 0x000B
ALG_NULL: Final = 0x0010
ALG_ECDSA: Final = 0x0018
ALG_ECC: Final = 0x0023
CURVE_P256: Final = 0x0003

FIXED_TPM: Final = 1 << 1
ST_CLEAR: Final = 1 << 2
FIXED_PARENT: Final = 1 << 4
SENSITIVE_DATA_ORIGIN: Final = 1 << 5
USER_WITH_AUTH: Final = 1 << 6
ADMIN_WITH_POLICY: Final = 1 << 7
ENCRYPTED_DUPLICATION: Final = 1 << 11
RESTRICTED: Final = 1 << 16
DECRYPT: Final = 1 << 17
SIGN: Final = 1 << 18

NEVER_OUTSIDE: Final = FIXED_TPM | FIXED_PARENT | SENSITIVE_DATA_ORIGIN
"""Made in this TPM and bound to it: no copy of the private part was ever anywhere else."""

_GENERATED: Final = 0xFF544347
_CERTIFY: Final = 0x8017
_SCHEMES_WITH_HASH: Final = frozenset({0x0014, 0x0016, 0x0017, ALG_ECDSA, 0x0019})
_COORDINATE_BYTES: Final = 32


class TpmMalformed(ValueError):
    """Bytes that are not the structure they stand for, or one that this product does not understand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TpmPublic:
    """TPMT_PUBLIC of a P-256 key. `raw` are its bytes, of which its name is made; `point` is 33 bytes."""

    raw: bytes
    attributes: int
    signs_with: int
    point: bytes

    @property
    def name(self) -> bytes:
        """How TPMs refer to the key: algorithm and SHA-256 of all that is public of it, 34 bytes."""
        return ALG_SHA256.to_bytes(2, "big") + hashlib.sha256(self.raw).digest()

    def has(self, attributes: int) -> bool:
        """Whether all of these are set."""
        return self.attributes & attributes == attributes

    @property
    def is_device_key(self) -> bool:
        """A plain signing key that no other machine can have, and that signs nothing by itself as a TPM's word."""
        return self.has(NEVER_OUTSIDE | SIGN) and not self.attributes & (RESTRICTED | DECRYPT | ENCRYPTED_DUPLICATION)

    @property
    def is_attestation_key(self) -> bool:
        """A restricted signing key: what it signs as a TPM's word was made in the TPM."""
        good = self.has(NEVER_OUTSIDE | SIGN | RESTRICTED) and self.signs_with == ALG_ECDSA
        return good and not self.attributes & (DECRYPT | ENCRYPTED_DUPLICATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class TpmCertification:
    """TPMS_ATTEST of TPM2_Certify: the key of this name is in the TPM; `extra` is what the asker gave."""

    extra: bytes
    name: bytes
    qualified_signer: bytes
    firmware: int


def read_public(raw: bytes) -> TpmPublic:
    """TPMT_PUBLIC of a P-256 key. Raises TpmMalformed."""
    reader = _Reader(raw)
    kind, name_algorithm, attributes = reader.number(2), reader.number(2), reader.number(4)
    if kind != ALG_ECC or name_algorithm != ALG_SHA256:
        raise TpmMalformed("not an ECC key named by SHA-256")
    reader.sized(32)  # the policy says who may use the key, and nothing about where it is
    if reader.number(2) != ALG_NULL:
        reader.number(2)
        reader.number(2)
    scheme = reader.number(2)
    if scheme in _SCHEMES_WITH_HASH and reader.number(2) != ALG_SHA256:
        raise TpmMalformed("signs with another hash than SHA-256")
    if scheme not in (ALG_NULL, ALG_ECDSA):
        raise TpmMalformed("signs in another way than ECDSA")
    if reader.number(2) != CURVE_P256:
        raise TpmMalformed("not on P-256")
    if reader.number(2) != ALG_NULL:
        reader.number(2)
    x, y = reader.coordinate(), reader.coordinate()
    reader.end()
    point = bytes([2 + y[-1] % 2]) + x
    if len(point) != PUBLIC_KEY_BYTES:
        raise TpmMalformed("not a point")
    return TpmPublic(raw=raw, attributes=attributes, signs_with=scheme, point=point)


def read_certification(raw: bytes) -> TpmCertification:
    """TPMS_ATTEST as TPM2_Certify makes it. Raises TpmMalformed for any other."""
    reader = _Reader(raw)
    if reader.number(4) != _GENERATED:
        raise TpmMalformed("no TPM made it")
    if reader.number(2) != _CERTIFY:
        raise TpmMalformed("it certifies no key")
    signer, extra = reader.sized(68), reader.sized(64)
    reader.taken(8 + 4 + 4 + 1)  # clock, resets, restarts, safe
    firmware = reader.number(8)
    name = reader.sized(68)
    reader.sized(68)
    reader.end()
    return TpmCertification(extra=extra, name=name, qualified_signer=signer, firmware=firmware)


def p256_template(attributes: int, *, symmetric: bytes, scheme: bytes) -> bytes:
    """TPMT_PUBLIC that a TPM makes a P-256 key of; the last two say with what it encrypts and how it signs."""
    head = b"".join(number.to_bytes(2, "big") for number in (ALG_ECC, ALG_SHA256))
    curve = CURVE_P256.to_bytes(2, "big") + ALG_NULL.to_bytes(2, "big")
    return head + attributes.to_bytes(4, "big") + sized(b"") + symmetric + scheme + curve + sized(b"") + sized(b"")


def sized(content: bytes) -> bytes:
    """TPM2B: two bytes of length, then the content."""
    return len(content).to_bytes(2, "big") + content


class _Reader:
    """Takes big-endian fields off the front of bytes."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self._at = raw, 0

    def taken(self, length: int) -> bytes:
        """The next so many bytes."""
        part = self._raw[self._at : self._at + length]
        if len(part) != length:
            raise TpmMalformed("too short")
        self._at += length
        return part

    def number(self, length: int) -> int:
        """The next so many bytes as a number."""
        return int.from_bytes(self.taken(length), "big")

    def sized(self, longest: int) -> bytes:
        """A TPM2B."""
        length = self.number(2)
        if length > longest:
            raise TpmMalformed("too long")
        return self.taken(length)

    def coordinate(self) -> bytes:
        """A number of at most 32 bytes, as 32 bytes."""
        return self.sized(_COORDINATE_BYTES).rjust(_COORDINATE_BYTES, b"\0")

    def end(self) -> None:
        """Nothing may follow."""
        if self._at != len(self._raw):
            raise TpmMalformed("too long")
