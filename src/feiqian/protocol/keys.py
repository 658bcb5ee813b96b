"""P-256 public keys and the port to whoever holds a private one.

P-256 is the one curve that phones' key stores, WebCrypto and WebAuthn all have. Keys travel as 33-byte compressed
points. Parsing one costs a third of a verification, so parsed keys are cached by their bytes. Private keys live
behind `Signer`; the implementations are in `feiqian.keys`.
"""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from feiqian.protocol.ids import KeyId
from feiqian.protocol.limits import KEY_ID_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_BYTES
from feiqian.protocol.refusals import RefusalCode, Refused

CURVE_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
HALF_ORDER = CURVE_ORDER // 2
_HALF_ORDER_BYTES = HALF_ORDER.to_bytes(32, "big")
_CURVE = ec.SECP256R1()
_PREHASHED = ec.ECDSA(utils.Prehashed(SHA256()))


class Signer(Protocol):
    """Whoever holds a private key: software, a token, a TPM."""

    @property
    def public_key(self) -> bytes:
        """Compressed P-256 point, 33 bytes."""

    def sign(self, message: bytes) -> bytes:
        """ECDSA with SHA-256 over `message`: r and s, 32 bytes each, s in the lower half."""


class Verifier(Protocol):
    """A public key as whoever checks a signature needs it: plain (`PublicKey`), or in a passkey."""

    def verify_digest(self, signature: bytes, digest: bytes, code: RefusalCode) -> None:
        """Refuses with `code` unless the key's holder signed what has this SHA-256 digest."""


class PublicKey:
    """A parsed public key. `point` is its 33 wire bytes; to `hash`, their SHA-256, statements under it are bound."""

    __slots__ = ("_key", "hash", "point")

    def __init__(self, point: bytes) -> None:
        if len(point) != PUBLIC_KEY_BYTES or point[0] not in (2, 3):
            raise Refused(RefusalCode.FIELD_INVALID, "public key is not a compressed point")
        try:
            self._key = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)
        except ValueError:
            raise Refused(RefusalCode.FIELD_INVALID, "public key is not on the curve") from None
        self.point = point
        self.hash = hashlib.sha256(point).digest()

    @property
    def key_id(self) -> KeyId:
        """The first 4 bytes of the hash; looks candidates up, proves nothing."""
        return KeyId(self.hash[:KEY_ID_BYTES])

    def verify_digest(self, signature: bytes, digest: bytes, code: RefusalCode) -> None:
        """Refuses with `code` unless `signature` (r, s) over the SHA-256 `digest` is this key's; high s is refused.

        Signatures have one spelling here: s is at most half the group order, or the same statement could be
        presented with two signatures (SEC 1 section 4.1 allows both).
        """
        if len(signature) != SIGNATURE_BYTES:
            raise Refused(code, "length")
        if signature[32:] > _HALF_ORDER_BYTES:
            raise Refused(RefusalCode.SIGNATURE_HIGH_S)
        try:
            self._key.verify(der_signature(signature[:32], signature[32:]), digest, _PREHASHED)
        except InvalidSignature:
            raise Refused(code) from None


def der_signature(r: bytes, s: bytes) -> bytes:
    """ECDSA-Sig-Value (RFC 3279 section 2.2.3) of two 32-byte numbers, s in the lower half."""
    if r[0] and s[0]:  # nearly always: no zeros to strip, and s never looks negative
        return (b"\x30\x44\x02\x20" if r < b"\x80" else b"\x30\x45\x02\x21\0") + r + b"\x02\x20" + s
    r, s = r.lstrip(b"\0"), s.lstrip(b"\0")
    if r[:1] > b"\x7f" or not r:
        r = b"\0" + r
    if s[:1] > b"\x7f" or not s:
        s = b"\0" + s
    return b"\x30%c\x02%c%b\x02%c%b" % (len(r) + len(s) + 4, len(r), r, len(s), s)


@lru_cache(maxsize=4096)
def load_public_key(point: bytes) -> PublicKey:
    """The parsed key for 33 wire bytes, from the cache where it can. Raises Refused FIELD_INVALID."""
    return PublicKey(point)


KeyReader = Callable[[bytes], PublicKey]
"""How 33 wire bytes become a key that verifies: `load_public_key` for everybody but a simulated world, whose keys may
remember what they verified. Whoever believes (`Trust`, an operator's knowledge) holds one; it is chosen where that
value is built and nowhere else, and no composition root but the simulation's names one (tests/tidy/test_doors.py)."""


def key_id_of(point: bytes) -> KeyId:
    """The short id that looks up a key; never trusted by itself."""
    return KeyId(hashlib.sha256(point).digest()[:KEY_ID_BYTES])


def low_s(signature: bytes) -> bytes:
    """The same ECDSA signature with s in the lower half; (r, s) and (r, n - s) verify alike."""
    s = int.from_bytes(signature[32:], "big")
    return signature[:32] + (min(s, CURVE_ORDER - s)).to_bytes(32, "big")
