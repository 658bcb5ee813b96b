"""`feiqian operator backup`: a copy of an operator's home, made while its server runs, and verified before it counts.

    operator.db               the books as they were at one moment, one file; not there if they are in PostgreSQL
    operator.json, keys/...   what is public; with --with-keys also the private keys and tokens, without which no home
                              can serve, and answers.db, which holds enrolment codes. Root keys are never copied: they
                              have no business here (keys/README.md)
    backup.json               what was copied, with hashes, and how far books and audit log had come; written last

A backup with keys is a home: put it where it shall live and serve it. Whoever holds it can issue money, as whoever
holds the home can, so it is as secret.
"""

import hashlib
import json
import os
import shutil
import time
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Final

from feiqian import __version__
from feiqian.cli.durable_files import write_durably
from feiqian.cli.ledger import BooksTrouble
from feiqian.cli.operator_home import (
    ADMIN_TOKEN,
    ANSWERS,
    BOOKS,
    ROOT_KEYS,
    SETTINGS,
    HomeTrouble,
    read_settings,
    storing,
)
from feiqian.cli.report import Report, rfc3339
from feiqian.protocol.words import Trouble, Words, WordsTable

MANIFEST: Final = "backup.json"
FORMAT: Final = 1
_KEY_SUFFIX: Final = ".key"
_MADE_AT_EVERY_START: Final = frozenset({"server.url", "site.url", "server.lock", "house.lock", "metrics.token"})
_DATABASE_SUFFIX: Final = ".db"
_HASHED_AT_ONCE: Final = 1 << 20


class BackupTrouble(Trouble):
    """Why there is no backup."""

    table: ClassVar[WordsTable] = {
        "backup_exists": {
            "en": Words(
                "There is something at {out} already.",
                "Nothing was copied, and what is there was not touched.",
                "Give --out a name that is not taken.",
            ),
            "zh": Words("{out} 已存在。", "没有复制任何内容，原有内容未动。", "请用 --out 指定一个未使用的名称。"),
        },
        "backup_inside": {
            "en": Words(
                "A backup inside the home would be lost together with it.",
                "Nothing was copied.",
                "Give --out a folder elsewhere, best on another disk.",
            ),
            "zh": Words(
                "备份若放在数据文件夹内，会与其一同丢失。",
                "没有复制任何内容。",
                "请用 --out 指定别处的文件夹，最好在另一块磁盘上。",
            ),
        },
    }


def run_backup(args: Namespace, report: Report) -> int:
    """`operator backup`."""
    from feiqian.ledger.verify import verify_books
    from feiqian.storage.books_reading import BooksReading

    settings = read_settings(args.home)
    out: Path = args.out
    if out.exists():
        raise BackupTrouble("backup_exists", out=out.name)
    if args.home.resolve() in out.resolve().parents:
        raise BackupTrouble("backup_inside")
    made_at = int(time.time())
    draft = out.with_name(out.name + ".part")
    if draft.exists():  # of a try that was cut short; nobody was told of it
        shutil.rmtree(draft)
    draft.mkdir(mode=0o700, parents=True)
    version = _copy_home(args.home, draft, with_keys=args.with_keys)
    books = draft / BOOKS
    keys: dict[str, Any] = {
        "format": FORMAT,
        "made_at": rfc3339(made_at),
        "made_by": __version__,
        "deployment": settings.deployment,
        "with_keys": args.with_keys,
        "books_version": version,
    }
    failures: list[Trouble] = []
    if version is not None:
        with storing(BOOKS):
            reading = BooksReading(books)
            found = verify_books(reading)
            keys |= {"postings": found.postings, "audit_size": reading.read(lambda unit: unit.size())}
        if found.mismatches or any(found.sums.values()):
            failures.append(BooksTrouble("books_differ", count=len(found.mismatches)))
    files = [
        {"name": str(path.relative_to(draft)), "bytes": path.stat().st_size, "sha256": _hashed(path)}
        for path in _files(draft)
    ]
    manifest = keys | {"files": files}
    write_durably(draft / MANIFEST, json.dumps(manifest, indent=1).encode())
    draft.rename(out)
    _sync(out.parent)
    return report.finish(
        keys | {"out": str(out.absolute()), "files": len(files), "bytes": sum(int(str(one["bytes"])) for one in files)},
        failures,
        _told(report, version is not None, args.with_keys),
    )


def _told(report: Report, books: bool, with_keys: bool) -> str:  # noqa: FBT001  # two facts about what was made
    what = (
        report.pick("✔ Copied, and the copy's books were verified. ", "✔ 已复制，并已核对副本中的账目。")
        if books
        else report.pick(
            "✔ Copied all but the books: they are in PostgreSQL and need a backup of their own. ",
            "✔ 已复制账目以外的全部内容：账目在 PostgreSQL 中，需另行备份。",
        )
    )
    if with_keys:
        return what + report.pick(
            "It holds the operator's private keys: whoever has it can issue money. Keep it as secret as the home.",
            "其中含有运营方私钥：持有者可以发行资金。请像数据文件夹一样严格保密。",
        )
    return what + report.pick(
        "Private keys and tokens were left out: to serve from it, bring them back from where they are kept.",
        "未包含私钥与令牌：若要用它提供服务，请从保管处取回这些文件。",
    )


def _copy_home(home: Path, draft: Path, *, with_keys: bool) -> int | None:
    """Copies what belongs into a backup; the version of the books, or None where the home has none."""
    from feiqian.storage.live_copy import copy_live

    version: int | None = None
    for path in _files(home):
        if not _belongs(path, with_keys=with_keys):
            continue
        target = draft / path.relative_to(home)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.suffix == _DATABASE_SUFFIX:
            if path.stat().st_size:
                with storing(path.name):
                    found = copy_live(path, target)
                version = found if path.name == BOOKS else version
                _sync(target)
        else:
            write_durably(target, path.read_bytes())
    if not (draft / SETTINGS).exists():
        raise HomeTrouble("home_missing", home=home.name)
    return version


def _belongs(path: Path, *, with_keys: bool) -> bool:
    if path.name in _MADE_AT_EVERY_START or path.name in ROOT_KEYS or path.name.endswith(".new"):
        return False
    if path.suffix == _KEY_SUFFIX or path.name in (ADMIN_TOKEN, ANSWERS):
        return with_keys
    beside_a_database = f"{_DATABASE_SUFFIX}-" in path.name
    return not beside_a_database


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


def _hashed(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_HASHED_AT_ONCE):
            digest.update(piece)
    return digest.hexdigest()


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
