"""A consistent copy of a SQLite file that others are writing to, checked before it counts.

One reading transaction copies all pages: writers go on meanwhile, and the copy is the file as it was at one moment,
with what its write-ahead log held. The write-ahead log grows as long as that takes.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from feiqian.storage.migrations import version_of

_BUSY_TIMEOUT_S: Final = 10.0


def copy_live(source: Path, target: Path) -> int:
    """Makes `target` (which must not be there, 0600, durable) and returns its schema's version.

    Raises the database's own error, also for a copy whose pages are not whole.
    """
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    with (
        closing(sqlite3.connect(source, isolation_level=None, timeout=_BUSY_TIMEOUT_S)) as live,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        live.execute("PRAGMA query_only = ON")
        live.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it that could be forgotten
        found = copy.execute("PRAGMA integrity_check").fetchone()
        if found != ("ok",):
            raise sqlite3.DatabaseError("the copy's pages are not whole")
        return version_of(copy)
