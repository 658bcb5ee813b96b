"""The way back behind the sealing: names and words opened and written in plain, as an older version reads them.

- Everything is opened once before anything is changed: what does not open stops the way back while nothing is lost yet.
- The writing is part of the step's own transaction, and so are its leaves of the audit log: each row has the mark again
  that the older version gives it, and the rows of the keys are noted as gone. So books that go up again are whole.
- What was erased stays erased: it comes back as an empty name.
"""
# ruff: noqa: S608  # statements are put together from names of this file only; every value is bound

import secrets
from collections.abc import Iterator, Sequence
from typing import Any, Final

from feiqian.audit.evidence import RowMark, Table, gone_mark
from feiqian.audit.leaf import LeafKind
from feiqian.ledger.sealing import ERASED, NO_KEYS, PLAIN, Sealed, Seals, SealTrouble
from feiqian.storage.audit_recording import MARKED, RecordedTables
from feiqian.storage.audit_rows import KEPT, kept_mark
from feiqian.storage.ledger_tables import Database
from feiqian.storage.personal_schema import SEALED_TABLES
from feiqian.storage.personal_tables import BY_TABLE
from feiqian.storage.sealed_tables import row_of

_ROWS_AT_ONCE: Final = 1_000
_OPENED: Final = {table: BY_TABLE[table] for table in SEALED_TABLES}
"""What an older version has, too; the staff has left with its own step by then."""


class Unsealing(RecordedTables):
    """One way back, over one connection, inside a transaction that somebody else began."""

    def __init__(self, connection: Database, seals: Seals = NO_KEYS) -> None:
        super().__init__(connection)
        self._seals = seals

    def sealed_rows(self) -> int:
        """How many rows hold something encrypted."""
        return sum(self._counted(table, "sealed_by > ?", PLAIN) for table in _OPENED)

    def is_sealed(self) -> bool:
        """Whether these books were ever sealed; if not, there is nothing to open and nothing to tell the log."""
        return self._has_keys() or bool(self.sealed_rows())

    def check(self) -> None:
        """Opens every value and changes nothing. Raises SealTrouble."""
        for table, parts in _OPENED.items():
            for rows in self._pages(table, parts):
                for row in rows:
                    self._plain(parts, row)

    def unseal(self) -> int:
        """Writes every value in plain and queues the leaves that say so; how many rows. Raises SealTrouble."""
        opened = 0
        for table, parts in _OPENED.items():
            for rows in self._pages(table, parts):
                opened += sum(self._written(table, parts, row) for row in rows)
                keys = [tuple(row[: len(parts[0].value.key)]) for row in rows]
                self._act(
                    LeafKind.OPERATOR_ACTION, secrets.token_bytes(16), *(self._plain_mark(table, key) for key in keys)
                )
                self.seal()
        if numbers := self.data_keys():
            gone = (gone_mark(Table.DATA_KEYS, row_of(number)) for number in numbers)
            self._act(LeafKind.OPERATOR_ACTION, secrets.token_bytes(16), *gone)
            self.seal()
        return opened

    def _pages(self, table: str, parts: Sequence[Sealed]) -> Iterator[Sequence[Sequence[Any]]]:
        """All rows, in the order of their keys."""
        key = parts[0].value.key
        columns = ", ".join((*key, *(part.value.column for part in parts), "sealed_by"))
        marks = ", ".join("?" * len(key))
        query = f"""SELECT {columns} FROM {table} WHERE ({", ".join(key)}) > ({marks})
                    ORDER BY {", ".join(key)} LIMIT {_ROWS_AT_ONCE:d}"""
        last: tuple[Any, ...] = (b"", -1)[: len(key)]
        while found := self._db.execute(query, last).fetchall():
            last = tuple(found[-1][: len(key)])
            yield found

    def _plain(self, parts: Sequence[Sealed], row: Sequence[Any]) -> list[bytes]:
        size = len(parts[0].value.key)
        place = row_of(*row[:size])
        values = [self._opened(part, place, stored, row[-1]) for part, stored in zip(parts, row[size:-1], strict=True)]
        for part, value in zip(parts, values, strict=True):
            if part.value.is_text and not _is_text(value):
                raise SealTrouble("sealed_value_damaged", table=part.value.table)
        return values

    def _written(self, table: str, parts: Sequence[Sealed], row: Sequence[Any]) -> bool:
        """Whether there was something to open: a row that was erased, or that nobody had sealed, stays as it is."""
        values = self._plain(parts, row)
        if row[-1] in {ERASED, PLAIN}:
            return False
        key = parts[0].value.key
        changes = ", ".join(f"{part.value.column} = ?" for part in parts)
        which = " AND ".join(f"{name} = ?" for name in key)
        query = f"UPDATE {table} SET {changes}, sealed_by = {PLAIN:d} WHERE {which}"
        self._db.execute(query, (*values, *row[: len(key)]))
        return True

    def _plain_mark(self, table: str, key: Sequence[Any]) -> RowMark:
        """The mark that an older version gives this row."""
        kept = KEPT[MARKED[table]]
        which = " AND ".join(f"{name} = ?" for name in kept.key)
        row = self._one(f"SELECT {', '.join(kept.columns)} FROM {kept.table} WHERE {which}", key)
        return kept_mark(MARKED[table], key, (*row[:-1], PLAIN))


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
