"""Signatures of a world: the real ones, each verified once, or recorded ones that cost a hash instead of a curve.

One book a world, and both kinds of key refuse the same: an altered byte, another key, a forged signature. A real key
remembers what it verified, since in one process a pack or a receipt comes by many parties that would each verify the
same bytes anew; nothing that it ever refused is remembered. A recorded signature is 64 bytes that its signer wrote
down, and verifying looks up whether that very key wrote them for that very message.

Whoever believes gets its keys from a `KeyReader`; only this package has one that is not the product's own, so nothing
outside a simulated world can meet a recorded signature as anything but a forgery.
"""

import hashlib
from enum import StrEnum
from typing import Final, Protocol

from feiqian.keys.software import SoftwareKey
from feiqian.protocol.keys import PublicKey, Signer
from feiqian.protocol.limits import SIGNATURE_BYTES
from feiqian.protocol.refusals import RefusalCode, Refused

_LABEL: Final = b"recorded in a simulation"
Noted = tuple[bytes, bytes]
"""A signature and the SHA-256 of what it signs."""


class Signatures(StrEnum):
    """Which kind a world is played with."""

    REAL = "real"
    RECORDED = "recorded"


class Book(Protocol):
    """Where the keys of one world come from."""

    def signer(self, scalar: bytes) -> Signer:
        """The private key of this scalar."""

    def read_key(self, point: bytes) -> PublicKey:
        """A `KeyReader`: raises Refused FIELD_INVALID as `load_public_key` does."""


def book_for(kind: Signatures) -> Book:
    """A new book."""
    return RealBook() if kind is Signatures.REAL else RecordedBook()


class RealBook:
    """Real signatures, and what has been verified of them."""

    def __init__(self) -> None:
        self._signers: dict[bytes, Signer] = {}
        self._keys: dict[bytes, PublicKey] = {}

    def signer(self, scalar: bytes) -> Signer:
        if scalar not in self._signers:
            self._signers[scalar] = SoftwareKey(scalar)
        return self._signers[scalar]

    def read_key(self, point: bytes) -> PublicKey:
        if point not in self._keys:
            self._keys[point] = _RememberingKey(point)
        return self._keys[point]


class RecordedBook:
    """Signatures that are looked up. `noted` holds for every point what was signed with its key."""

    def __init__(self) -> None:
        self._signers: dict[bytes, Signer] = {}
        self._keys: dict[bytes, PublicKey] = {}
        self._noted: dict[bytes, set[Noted]] = {}

    def signer(self, scalar: bytes) -> Signer:
        if scalar not in self._signers:
            point = SoftwareKey(scalar).public_key
            self._signers[scalar] = _RecordedSigner(point, self._noted_of(point))
        return self._signers[scalar]

    def read_key(self, point: bytes) -> PublicKey:
        if point not in self._keys:
            if point not in self._noted:
                PublicKey(point)  # nobody's here: refused as everywhere, if it is no point
            self._keys[point] = _RecordedKey(point, self._noted_of(point))
        return self._keys[point]

    def _noted_of(self, point: bytes) -> set[Noted]:
        return self._noted.setdefault(point, set())


class _RememberingKey(PublicKey):
    __slots__ = ("_verified",)

    def __init__(self, point: bytes) -> None:
        super().__init__(point)
        self._verified: set[Noted] = set()

    def verify_digest(self, signature: bytes, digest: bytes, code: RefusalCode) -> None:
        noted = signature, digest
        if noted not in self._verified:
            super().verify_digest(signature, digest, code)
            self._verified.add(noted)


class _RecordedKey(PublicKey):
    __slots__ = ("_noted",)

    def __init__(self, point: bytes, noted: set[Noted]) -> None:
        # The curve is left out, for what this saves: whoever makes one has seen to it that the point is on it.
        self.point = point
        self.hash = hashlib.sha256(point).digest()
        self._noted = noted

    def verify_digest(self, signature: bytes, digest: bytes, code: RefusalCode) -> None:
        if (signature, digest) not in self._noted:
            raise Refused(code)


class _RecordedSigner:
    """Writes down what it signs. The bytes hang on key and message alone, so the same seed gives the same bytes."""

    def __init__(self, point: bytes, noted: set[Noted]) -> None:
        self._point, self._noted = point, noted

    @property
    def public_key(self) -> bytes:
        """A true point on the curve."""
        return self._point

    def sign(self, message: bytes) -> bytes:
        """64 bytes, in form a signature with s in the lower half."""
        digest = hashlib.sha256(message).digest()
        known = hashlib.sha512(_LABEL + self._point + digest).digest()
        signature = known[:32] + bytes((known[32] & 0x3F,)) + known[33:SIGNATURE_BYTES]
        self._noted.add((signature, digest))
        return signature
