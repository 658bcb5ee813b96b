"""`feiqian ledger`: checks the operator's books in its home, whether the server runs or not; nothing is written."""

import argparse
from argparse import Namespace
from contextlib import nullcontext
from typing import TYPE_CHECKING, ClassVar

from feiqian.cli.operator_home import BOOKS, HomeTrouble, read_settings
from feiqian.cli.report import MISSING, Report
from feiqian.cli.store_choice import (
    SQLITE,
    STORE_HELP,
    StoreMissing,
    is_store_missing,
    opened_to_read,
    store_address,
)
from feiqian.protocol.words import Coded, Trouble, Words, WordsTable

if TYPE_CHECKING:
    from rich.table import Table

    from feiqian.ledger.verify import BooksReport

SHOWN_MAX = 50


class BooksTrouble(Trouble):
    """The books do not agree with themselves."""

    table: ClassVar[WordsTable] = {
        "books_unreadable": {
            "en": Words(
                "The books cannot be read: the file is damaged, or the system does not let it be opened.",
                "Nothing was changed.",
                "Keep a copy of this home as it is, and bring the books back from a backup.",
            ),
            "zh": Words(
                "账目无法读取：文件已损坏，或系统不允许打开。",
                "没有任何改动。",
                "请原样保留此数据文件夹的副本，并从备份恢复账目。",
            ),
        },
        "books_differ": {
            "en": Words(
                "The books do not agree with themselves: {count} differences.",
                "Nothing was changed; what is stored is the evidence.",
                "Stop paying out, keep a copy of this home, and find out who changed it.",
            ),
            "zh": Words(
                "账目不一致：共 {count} 处差异。",
                "没有任何改动；现有数据即为证据。",
                "请停止付款，保留此数据文件夹的副本，并查明何人改动。",
            ),
        },
    }


def configure(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """What can be done with the books."""
    kinds = parser.add_subparsers(title="acts", metavar="ACT", required=True)
    verify = kinds.add_parser(
        "verify", help="derive every balance anew from the postings and name each difference", parents=[common]
    )
    verify.add_argument("--store", type=store_address, metavar="URL", default=SQLITE, help=STORE_HELP)
    verify.set_defaults(run=run_verify, command_name="ledger verify")


def run_verify(args: Namespace, report: Report) -> int:
    """`ledger verify`."""
    from feiqian.ledger.verify import verify_books
    from feiqian.storage.books_reading import BooksReading

    if is_store_missing(args.store):
        report.finish({}, [StoreMissing("postgres_missing")])
        return MISSING
    settings = read_settings(args.home)
    books = args.home / BOOKS
    if args.store == SQLITE and not (books.exists() and books.stat().st_size):
        raise HomeTrouble("home_damaged", part=BOOKS)
    try:
        with nullcontext(BooksReading(books)) if args.store == SQLITE else opened_to_read(args.store) as source:
            found = verify_books(source)
    except Coded:
        raise
    except Exception as error:
        # the database's own errors stay behind the storage door, and damaged books are what this command is for
        raise BooksTrouble("books_unreadable") from error
    sums = {settings.currency: 0} | dict(found.sums)
    keys = {
        "postings": found.postings,
        "sums": sums,
        "mismatches": [
            {"table": one.table, "id": one.id, "expected": one.expected, "found": one.found} for one in found.mismatches
        ],
    }
    wrong = bool(found.mismatches) or any(sums.values())
    failures = [BooksTrouble("books_differ", count=len(found.mismatches))] if wrong else []
    return report.finish(keys, failures, *_shown(report, found, sums))


def _shown(report: Report, found: "BooksReport", sums: dict[str, int]) -> "list[Table]":
    from rich.table import Table

    from feiqian.cli.report import money

    books = Table(title=report.pick("Books", "账目"))
    books.add_column(report.pick("Currency", "币种"))
    books.add_column(report.pick("Sum of all postings (must be 0)", "全部分录之和（应为 0）"), justify="right")
    for currency, sum_minor in sorted(sums.items()):
        books.add_row(currency, money(sum_minor, currency))
    books.caption = report.pick(
        f"{found.postings} postings, {len(found.mismatches)} differences",
        f"{found.postings} 条分录，{len(found.mismatches)} 处差异",
    )
    if not found.mismatches:
        return [books]
    wrong = Table(title=report.pick("Differences", "差异"))
    for heading in (("Table", "表"), ("Row", "行"), ("Expected", "应为"), ("Found", "实为")):
        wrong.add_column(report.pick(*heading))
    for one in found.mismatches[:SHOWN_MAX]:
        wrong.add_row(one.table, one.id, str(one.expected), str(one.found))
    return [books, wrong]
