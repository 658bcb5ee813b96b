"""Data keys: they seal what the operator's books hold of people (AES-256-GCM).

- A nonce is 12 random bytes. One key seals at most 2^32 values safely (NIST SP 800-38D, section 8.3); the books of the
  largest operator hold fewer names and words than that.
- Table, column, row and key number are associated data: a value opens in its own place only.
- Contents are filled up to a multiple of 32 bytes, so the length of a name does not show.
"""

import secrets
import threading
from collections.abc import Callable, Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from feiqian.ledger.sealing import Sealed, SealTrouble
from feiqian.protocol import cbor

DATA_KEY_BYTES: Final = 32
_DOMAIN: Final = "feiqian/column/1"
_NONCE_BYTES: Final = 12
_BLOCK_BYTES: Final = 32
_END: Final = b"\x80"


class DataKeys:
    """The `ledger.sealing.Seals` of an operator: all its data keys by number; the highest one seals."""

    def __init__(self, read: Callable[[], Mapping[int, bytes]]) -> None:
        """`read` gives the keys of this moment, 32 bytes each; it is asked again for a number that is not known yet."""
        self._read = read
        self._lock = threading.Lock()
        self._ciphers: dict[int, AESGCM] = {}

    def newest(self) -> int:
        """The highest number that there is now."""
        self._learn()
        if not self._ciphers:
            raise SealTrouble("data_key_missing", number=1)
        return max(self._ciphers)

    def seal(self, part: Sealed, row: bytes, content: bytes, number: int) -> bytes:
        """Nonce, ciphertext and tag."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        filled = content + _END
        filled += bytes(-len(filled) % _BLOCK_BYTES)
        return nonce + self._cipher(number).encrypt(nonce, filled, _place(part, row, number))

    def open(self, part: Sealed, row: bytes, stored: bytes, number: int) -> bytes:
        """What was sealed."""
        cipher, nonce, sealed = self._cipher(number), stored[:_NONCE_BYTES], stored[_NONCE_BYTES:]
        try:
            filled = cipher.decrypt(nonce, sealed, _place(part, row, number))
        except (InvalidTag, ValueError):
            raise SealTrouble("sealed_value_damaged", table=part.value.table) from None
        content, end, _ = filled.rpartition(_END)
        if not end:
            raise SealTrouble("sealed_value_damaged", table=part.value.table)
        return content

    def _cipher(self, number: int) -> AESGCM:
        if number not in self._ciphers:
            self._learn()
        cipher = self._ciphers.get(number)
        if cipher is None:
            raise SealTrouble("data_key_missing", number=number)
        return cipher

    def _learn(self) -> None:
        with self._lock:
            found = self._read()
            known = {number: self._ciphers.get(number) or AESGCM(key) for number, key in found.items()}
            self._ciphers = known


def _place(part: Sealed, row: bytes, number: int) -> bytes:
    return cbor.encode_ascending([_DOMAIN, number, part.value.table, part.value.column, row])
