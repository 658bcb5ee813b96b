"""What the disk and the database say when they cannot go on, sorted into the few kinds that people can act on.

A store gives up the whole write when it meets one of these, so nothing is half done: what was committed stands, what
was under way is undone. Who serves or starts something turns the kind into sentences for whoever is in front of it.
"""

import errno
import sqlite3
from enum import StrEnum
from typing import Final


class DiskFault(StrEnum):
    """Why a store cannot be read or written."""

    FULL = "full"
    """No room is left, or a limit on a file's size is reached."""
    DAMAGED = "damaged"
    """The bytes in the file are not those that were written."""
    FAILED = "failed"
    """The system refuses to read or write: a broken disk, a missing permission, a file system gone read-only."""
    AWAY = "away"
    """The database does not answer: it is not reached, it starts or stops, or all its connections are in use."""


class DatabaseFault(Exception):
    """A database of its own, beside this process, cannot go on. The text is for the log and holds no address."""

    def __init__(self, fault: DiskFault, text: str) -> None:
        super().__init__(text)
        self.fault = fault


DATABASE_ERRORS: Final = (sqlite3.Error, DatabaseFault)
"""What a store raises beside its own troubles; elsewhere nobody needs to know which database it is."""


_FULL_ERRNOS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_DAMAGED_CODES: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_FAILED_CODES: Final = frozenset(
    {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
)
_PRIMARY_CODE: Final = 0xFF
"""SQLite's extended result codes keep the primary one in their lowest byte."""
_CAUSES_MAX: Final = 8


def fault_of(error: BaseException) -> DiskFault | None:
    """What this error, or one that it came from, says about the disk; None when it says nothing about it."""
    cause: BaseException | None = error
    for _ in range(_CAUSES_MAX):
        if cause is None:
            return None
        found = _fault(cause)
        if found is not None:
            return found
        cause = cause.__cause__ or cause.__context__
    return None


def _fault(error: BaseException) -> DiskFault | None:
    if isinstance(error, OSError):
        return DiskFault.FULL if error.errno in _FULL_ERRNOS else None
    if isinstance(error, DatabaseFault):
        return error.fault
    code = getattr(error, "sqlite_errorcode", None) if isinstance(error, sqlite3.Error) else None
    if code is None:
        return None
    primary = code & _PRIMARY_CODE
    if primary == sqlite3.SQLITE_FULL:
        return DiskFault.FULL
    if primary in _DAMAGED_CODES:
        return DiskFault.DAMAGED
    return DiskFault.FAILED if primary in _FAILED_CODES else None
