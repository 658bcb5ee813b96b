"""`--store`: where the operator's books live, and what is said when that place cannot be used.

The address of a database may hold a password, so it is never printed, logged or repeated in a message. It is better
kept out of the command line altogether: libpq reads ~/.pgpass, a service file and the PG* variables.
"""

import argparse
import importlib.util
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

from feiqian.protocol.words import Trouble, Words, WordsTable

if TYPE_CHECKING:
    from feiqian.ledger.sealing import Seals
    from feiqian.ledger.verify import BooksSource
    from feiqian.storage.operator_store import OperatorStore, OperatorUnit
    from feiqian.storage.postgres_store import PostgresStore, PostgresUnit

T = TypeVar("T")
SQLITE: Final = "sqlite"
STORE_HELP: Final = "where the books live: sqlite (default, in --home) or a postgresql:// address"
_POSTGRES = re.compile(r"(postgres|postgresql)(://.*)?", re.ASCII | re.DOTALL)
_FROM_ENVIRONMENT: Final = "postgresql://"


class StoreMissing(Trouble):
    """A part that a store needs is not installed."""

    table: ClassVar[WordsTable] = {
        "postgres_missing": {
            "en": Words(
                "The part of Feiqian that speaks to PostgreSQL is not installed.",
                "Nothing was changed, and no database was asked.",
                "Install it with: pip install 'feiqian[postgres]'. Without --store the books live in SQLite.",
            ),
            "zh": Words(
                "尚未安装连接 PostgreSQL 的组件。",
                "没有任何改动，也没有连接任何数据库。",
                "请安装：pip install 'feiqian[postgres]'；或去掉 --store，账目将存放在 SQLite 中。",
            ),
        },
    }


class StoreTrouble(Trouble):
    """Why books cannot live where `--store` says."""

    table: ClassVar[WordsTable] = {
        "books_elsewhere": {
            "en": Words(
                "This home has its books in {found}, not in {wanted}.",
                "Nothing was changed.",
                "Give the --store with which this home was served before, or another --home.",
            ),
            "zh": Words(
                "此数据文件夹的账目在 {found} 中，而非 {wanted}。",
                "没有任何改动。",
                "请使用此前的 --store，或换一个 --home。",
            ),
        },
        "books_gone": {
            "en": Words(
                "The database holds no books, and this home has been served before.",
                "Nothing was changed: new books would forget all money.",
                "Check the address in --store, or bring the database back from a backup.",
            ),
            "zh": Words(
                "数据库中没有账目，而此数据文件夹曾经提供过服务。",
                "没有任何改动：新建账目会丢失全部资金记录。",
                "请检查 --store 中的地址，或从备份恢复数据库。",
            ),
        },
        "books_away": {
            "en": Words(
                "The database does not answer.",
                "Nothing was changed.",
                "Check the address in --store, that the database runs, and that it lets this user in; then try again.",
            ),
            "zh": Words(
                "数据库没有响应。",
                "没有任何改动。",
                "请检查 --store 中的地址、数据库是否运行、是否允许此用户连接；然后重试。",
            ),
        },
    }


def store_address(text: str) -> str:
    """`sqlite`, or the address of a PostgreSQL database. Raises argparse.ArgumentTypeError, which repeats nothing."""
    if text == SQLITE:
        return text
    if _POSTGRES.fullmatch(text) is None:
        raise argparse.ArgumentTypeError("a store is sqlite or an address that begins with postgresql://")
    return text if "://" in text else _FROM_ENVIRONMENT


def is_store_missing(address: str) -> bool:
    """Whether the library for this store is not installed."""
    return address != SQLITE and importlib.util.find_spec("psycopg") is None


def open_store(address: str, books: Path, seals: "Seals", *, served_before: bool) -> "OperatorStore | PostgresStore":
    """The store of a home whose SQLite books would be the file `books`. Raises StoreTrouble, StoreTooNew."""
    from feiqian.storage.operator_store import OperatorStore

    if address == SQLITE:
        return OperatorStore.open(books, seals)
    from feiqian.storage.postgres_store import PostgresStore, holds_books

    if books.exists() and books.stat().st_size:
        raise StoreTrouble("books_elsewhere", found="SQLite", wanted="PostgreSQL")
    with answering():
        if served_before and not holds_books(address):
            raise StoreTrouble("books_gone")
        return PostgresStore.open(address, seals=seals)


@contextmanager
def opened_to_read(address: str) -> "Iterator[BooksSource]":
    """The books in a PostgreSQL database, which stay as they are. Raises StoreTrouble, BooksOfAnotherVersion."""
    from feiqian.storage.postgres_store import PostgresStore

    with answering(), PostgresStore.open_to_read(address) as store:
        yield store


def found_in_books(address: str, books: Path, ask: "Callable[[OperatorUnit | PostgresUnit], T]") -> T:
    """What `ask` finds in one consistent reading of books that stay as they are; `books` is the SQLite file.

    Raises StoreTrouble, BooksOfAnotherVersion, and what the database says of damage.
    """
    if address == SQLITE:
        from feiqian.storage.books_reading import BooksReading

        return BooksReading(books).read(ask)
    from feiqian.storage.postgres_store import PostgresStore

    with answering(), PostgresStore.open_to_read(address) as store, store.read() as unit:
        return ask(unit)


@contextmanager
def answering() -> Iterator[None]:
    """Says in words that a database is away. Raises StoreTrouble."""
    from feiqian.storage.disk import DatabaseFault, DiskFault

    try:
        yield
    except DatabaseFault as error:
        if error.fault is not DiskFault.AWAY:
            raise
        raise StoreTrouble("books_away") from error
