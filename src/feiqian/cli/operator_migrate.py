"""`feiqian operator migrate`: brings the books to a version, up or down, while no server has this home."""

from argparse import Namespace
from pathlib import Path

from feiqian.cli.data_keys import HomeDataKeys
from feiqian.cli.operator_home import ANSWERS, BOOKS, HomeTrouble, locked, read_settings, storing
from feiqian.cli.report import MISSING, Report
from feiqian.cli.store_choice import SQLITE, StoreMissing, answering, is_store_missing


def _forget_answers(home: Path) -> None:
    """Answers under idempotency keys are sealed, which an older version cannot read; they are good for a day anyway.

    A retry across the way back then does the act again, which moves no money.
    """
    for ending in ("", "-wal", "-shm"):
        home.joinpath(f"{ANSWERS}{ending}").unlink(missing_ok=True)


def run_migrate(args: Namespace, report: Report) -> int:
    """`operator migrate`."""
    if is_store_missing(args.store):
        report.finish({}, [StoreMissing("postgres_missing")])
        return MISSING
    from feiqian.storage.schema_change import change_sqlite

    read_settings(args.home)
    books, seals = args.home / BOOKS, HomeDataKeys(args.home).seals
    if args.store == SQLITE and not (books.exists() and books.stat().st_size):
        raise HomeTrouble("home_damaged", part=BOOKS)
    with storing(args.home.name), locked(args.home):
        if args.store == SQLITE:
            with storing(BOOKS):
                change = change_sqlite(books, args.to, may_lose=args.lose_rows, may_unseal=args.unseal, seals=seals)
        else:
            from feiqian.storage.postgres_change import change_postgres

            with answering():
                change = change_postgres(
                    args.store, args.to, may_lose=args.lose_rows, may_unseal=args.unseal, seals=seals
                )
        if change.reached < change.found:
            _forget_answers(args.home)
    keys = {
        "found_version": change.found,
        "books_version": change.reached,
        "lost_rows": dict(change.lost),
        "unsealed_rows": change.unsealed,
    }
    if change.found == change.reached:
        told = report.pick(
            f"✔ The books have version {change.reached} already; nothing was changed.",
            f"✔ 账目已是版本 {change.reached}，没有任何改动。",
        )
    else:
        told = report.pick(
            f"✔ The books went from version {change.found} to {change.reached}. Check them with the version of Feiqian "
            "that will serve them: feiqian ledger verify",
            f"✔ 账目已从版本 {change.found} 变为 {change.reached}。"
            "请用将要提供服务的飞钱版本核对：feiqian ledger verify",
        )
    if not change.unsealed:
        return report.done(keys, told)
    plain = report.pick(
        f"Names and words of {change.unsealed} rows stand UNENCRYPTED in the books now: whoever reads them or their "
        "backups reads these, too. A version from the sealing on encrypts them again at its first start. Keep the keys "
        "(keys/data-*.key): older backups open with them only.",
        f"现有 {change.unsealed} 行名称与文字以明文保存在账目中：能读取账目或其备份的人都能看到。"
        "换回支持加密的版本后，首次启动时会重新加密。请保留密钥（keys/data-*.key）：旧备份只能用它们打开。",
    )
    return report.done(keys, told, plain)
