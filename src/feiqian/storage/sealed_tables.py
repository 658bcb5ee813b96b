"""Names and words in the books: sealed as they are written, opened as they are read (`ledger.sealing`).

What an older version wrote in plain is read only as long as nobody has sealed these books: once a key of theirs is
noted, a plain value is one that somebody slipped in, and is refused.
"""
# statements are put together from names of this file only; every value is bound

from collections.abc import Iterable
from typing import Final, NamedTuple

from feiqian.ledger.sealing import ERASED, NO_KEYS, PLAIN, Sealed, Seals, SealTrouble
from feiqian.storage.ledger_tables import LedgerTables

_NUMBER_BYTES: Final = 8
PROVED: Final = b"feiqian"
"""What a key's proof in `data_keys` opens to."""


class Put(NamedTuple):
    """A value as it is stored, and the number of its key."""

    stored: bytes
    sealed_by: int


class SealedTables(LedgerTables):
    """Sealed columns over one connection. `_seals` is set by whoever makes the unit."""

    _seals: Seals = NO_KEYS

    def _sealed(self, part: Sealed, row: bytes, content: str | bytes) -> Put:
        """A new value under the newest key."""
        number = self._seals.newest()
        return Put(self._seals.seal(part, row, _octets(content), number), number)

    def _opened(self, part: Sealed, row: bytes, stored: bytes, sealed_by: int) -> bytes:
        """The value; empty for an erased one. Raises SealTrouble."""
        if sealed_by == ERASED:
            return b""
        if sealed_by == PLAIN:
            if self._has_keys():
                raise SealTrouble("sealed_value_plain", table=part.value.table)
            return bytes(stored)
        return self._seals.open(part, row, bytes(stored), sealed_by)

    def _opened_text(self, part: Sealed, row: bytes, stored: bytes, sealed_by: int) -> str:
        """As `_opened`, for a text."""
        try:
            return self._opened(part, row, stored, sealed_by).decode()
        except UnicodeDecodeError:
            raise SealTrouble("sealed_value_damaged", table=part.value.table) from None

    def payee_names(self, payee_ids: Iterable[bytes]) -> dict[bytes, str]:
        """The names of these payees; who is not known, or erased, is left out."""
        query = "SELECT payee_id, name, sealed_by FROM payees WHERE payee_id IN ({keys})"
        rows = self._among(query, {bytes(one) for one in payee_ids})
        return {
            row[0]: self._opened_text(Sealed.PAYEE_NAME, row[0], row[1], row[2]) for row in rows if row[2] != ERASED
        }

    def _has_keys(self) -> bool:
        return self._maybe("SELECT 1 FROM data_keys LIMIT 1") is not None


def row_of(*key: bytes | int) -> bytes:
    """A row as its values are bound to it: its key, a number as 8 bytes."""
    return b"".join(part.to_bytes(_NUMBER_BYTES, "big") if isinstance(part, int) else part for part in key)


def _octets(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content
