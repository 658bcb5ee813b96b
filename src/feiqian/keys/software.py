"""Software keys: a P-256 private key in memory, stored by whoever owns an encrypted store.

Signatures are deterministic (RFC 6979): a device restored from a snapshot with a randomised signer can repeat a
nonce and so give its key away. They are normalised to low s, the one spelling that the protocol accepts.
"""

from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from feiqian.keys.troubles import KeyTrouble
from feiqian.protocol.allowance import Tier
from feiqian.protocol.keys import low_s

_ALGORITHM = ec.ECDSA(SHA256(), deterministic_signing=True)
SCALAR_BYTES = 32


class SoftwareKey:
    """A `protocol.keys.Signer` whose private scalar is in this process."""

    def __init__(self, scalar: bytes) -> None:
        """Raises ValueError for a scalar that is not in 1..n-1; the message never holds it."""
        if len(scalar) != SCALAR_BYTES:
            raise ValueError("a P-256 private scalar is 32 bytes")
        self._key = ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())
        self._public = _compressed(self._key.public_key().public_numbers())

    @classmethod
    def generate(cls) -> "SoftwareKey":
        """A new key from the operating system's randomness."""
        number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        return cls(number.to_bytes(SCALAR_BYTES, "big"))

    @property
    def public_key(self) -> bytes:
        """Compressed P-256 point, 33 bytes."""
        return self._public

    @property
    def scalar(self) -> bytes:
        """The private scalar, 32 bytes: only ever written into an encrypted store."""
        return self._key.private_numbers().private_value.to_bytes(SCALAR_BYTES, "big")

    def sign(self, message: bytes) -> bytes:
        """R and s, 32 bytes each, s in the lower half."""
        r, s = utils.decode_dss_signature(self._key.sign(message, _ALGORITHM))
        return low_s(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    def __repr__(self) -> str:
        return f"SoftwareKey(public={self._public[:3].hex()}…)"


def _compressed(point: ec.EllipticCurvePublicNumbers) -> bytes:
    """SEC 1, 2.3.3. The library's own way loads its SSH formats first, and every command would wait for them."""
    return bytes([2 + point.y % 2]) + point.x.to_bytes(32, "big")


class SoftwareKeys:
    """The key maker of wallet and terminal (their `ports.KeyMaker`): scalars that only ever lie in the vault."""

    tier: Final = Tier.SOFTWARE

    def make(self) -> bytes:
        """A new key, as it is stored."""
        return SoftwareKey.generate().scalar

    def load(self, stored: bytes, /) -> SoftwareKey:
        """The key that was stored. Raises KeyTrouble key_damaged."""
        try:
            return SoftwareKey(stored)
        except ValueError:
            raise KeyTrouble("key_damaged") from None

    def evidence(self, stored: bytes, challenge: bytes, /) -> None:
        """Nothing can be shown of a key that any program could copy."""
        del stored, challenge
