"""The operator's books opened for reading only: nothing is migrated, changed or made, not even a file beside them.

The newest writes lie in the write-ahead log while a server runs or after one was killed; the log is then read with
its index, or, where the index was lost, on a copy elsewhere. Without a log the one file is everything. It is read as
one that nobody changes, and read again if somebody has begun to.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import ClassVar, Final, TypeVar

from feiqian.ledger.verify import BookFacts
from feiqian.protocol.words import Trouble, Words, WordsTable
from feiqian.storage.migrations import version_of
from feiqian.storage.operator_schema import MIGRATIONS
from feiqian.storage.operator_store import OperatorUnit

_BUSY_TIMEOUT_S: Final = 10.0
_TRIES_MAX: Final = 5
_LOG, _INDEX = "-wal", "-shm"
T = TypeVar("T")


class BooksOfAnotherVersion(Trouble):
    """Another version of the program wrote these books, and reading must not change them."""

    table: ClassVar[WordsTable] = {
        "books_too_old": {
            "en": Words(
                "An older version of Feiqian wrote these books (format {found}, this program reads {known}).",
                "Nothing was changed; reading never brings books up to date.",
                "Start the server once with this version, which brings them up to date: feiqian serve. Then check "
                "again, or check with the version that wrote them.",
            ),
            "zh": Words(
                "这些账目由旧版飞钱写入（格式 {found}，本程序读取 {known}）。",
                "没有任何改动；只读检查不会升级账目。",
                "请先用此版本启动一次服务器完成升级：feiqian serve，然后再检查；或用写入它的版本检查。",
            ),
        },
        "books_too_new": {
            "en": Words(
                "A newer version of Feiqian wrote these books (format {found}, this program reads {known}).",
                "Nothing was changed.",
                "Update Feiqian here, then check again.",
            ),
            "zh": Words(
                "这些账目由更新版本的飞钱写入（格式 {found}，本程序读取 {known}）。",
                "没有任何改动。",
                "请升级此处的飞钱，然后再检查。",
            ),
        },
    }


class BooksReading:
    """The source of `ledger.verify.verify_books` for books that must stay as they are."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def book_facts(self) -> BookFacts:
        """One consistent reading. Raises as `read` does."""
        return self.read(lambda unit: unit.book_facts())

    def read(self, ask: Callable[[OperatorUnit], T]) -> T:
        """What `ask` finds in one consistent reading; it must have found everything when it returns.

        Raises BooksOfAnotherVersion, OSError, and the database's own error for damage.
        """
        for _ in range(_TRIES_MAX):
            before = self._marks()
            if before[_LOG]:
                break
            found = _found_in(self._path, "mode=ro&immutable=1", ask)
            if self._marks() == before:
                return found
        if self._marks()[_INDEX] is not None:
            return _found_in(self._path, "mode=ro", ask)
        with self._copied() as copy:
            return _found_in(copy, "mode=ro", ask)

    def _marks(self) -> dict[str, tuple[int, int] | None]:
        """Size and time of the books, their log and its index; None for what is not there, or a log without a word."""
        marks: dict[str, tuple[int, int] | None] = {}
        for suffix in ("", _LOG, _INDEX):
            try:
                found = self._beside(suffix).stat()
            except FileNotFoundError:
                marks[suffix] = None
            else:
                marks[suffix] = (found.st_size, found.st_mtime_ns) if found.st_size else None
        return marks

    def _beside(self, suffix: str) -> Path:
        return self._path.with_name(self._path.name + suffix)

    @contextmanager
    def _copied(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory() as folder:
            for suffix in ("", _LOG):
                shutil.copyfile(self._beside(suffix), Path(folder) / self._beside(suffix).name)
            yield Path(folder) / self._path.name


def _found_in(path: Path, how: str, ask: Callable[[OperatorUnit], T]) -> T:
    address = f"{path.absolute().as_uri()}?{how}"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None, timeout=_BUSY_TIMEOUT_S)) as connection:
        connection.execute("BEGIN")
        found, known = version_of(connection), len(MIGRATIONS)
        if found != known:
            raise BooksOfAnotherVersion("books_too_old" if found < known else "books_too_new", found=found, known=known)
        return ask(OperatorUnit(connection))
