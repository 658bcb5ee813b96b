"""`feiqian operator retention | erase | sweep | rotate-data-key`: what the books hold of people.

These acts work on the books themselves, whether the server runs or not: whoever may erase a name holds the home. Each
is a leaf of the audit log, which the running server, or the next one, puts in its place.
"""

import argparse
import json
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from feiqian.cli.operator_home import BOOKS, HomeTrouble, open_books, read_settings, storing
from feiqian.cli.operator_link import read_id
from feiqian.cli.report import MISSING, Report, rfc3339
from feiqian.cli.store_choice import SQLITE, STORE_HELP, StoreMissing, is_store_missing, store_address
from feiqian.ledger.retention import CHOSEN, KEPT, PersonKind, RetentionTerms, Standing
from feiqian.protocol.words import Trouble, Words, WordsTable

if TYPE_CHECKING:
    from rich.table import Table

    from feiqian.cli.data_keys import HomeDataKeys
    from feiqian.storage.operator_store import OperatorStore
    from feiqian.storage.postgres_store import PostgresStore

RETENTION_FILE: Final = "retention.json"
OLD_KEY_KEPT_S: Final = 3_600
"""A process that did not notice a new key at once may have sealed under the old one; a write takes no hour."""
_TRIAL: Final = "test"
"""Such a deployment, or one of `test-...`, moves no real money."""


class PersonalTrouble(Trouble):
    """Why an act on names is refused before the books are asked."""

    table: ClassVar[WordsTable] = {
        "time_not_yours": {
            "en": Words(
                "The time can be set on a trial deployment only.",
                "Nothing was erased.",
                "Leave --now out: the clock of this machine counts.",
            ),
            "zh": Words("只有试验环境才能指定时间。", "没有抹除任何内容。", "请去掉 --now，以本机时钟为准。"),
        },
        "old_key_in_use": {
            "en": Words(
                "{rows} rows still stand under an older key.",
                "No key was removed.",
                "Seal them anew first: feiqian operator rotate-data-key --resume",
            ),
            "zh": Words(
                "仍有 {rows} 行使用旧密钥加密。",
                "没有移除任何密钥。",
                "请先重新加密：feiqian operator rotate-data-key --resume",
            ),
        },
        "old_key_too_fresh": {
            "en": Words(
                "The new key is in use for less than an hour; a server may still be writing under the old one.",
                "No key was removed.",
                "Ask again after {until}.",
            ),
            "zh": Words(
                "新密钥启用不足一小时，服务器可能仍在用旧密钥写入。", "没有移除任何密钥。", "请在 {until} 之后再试。"
            ),
        },
    }


def add_personal_acts(acts: Any, common: argparse.ArgumentParser) -> None:
    """The acts and their options."""
    retention = _act(acts, common, "retention", "what is kept of people, why, how long, and whose names are due")
    retention.set_defaults(run=run_retention)
    erase = _act(acts, common, "erase", "erase somebody's name and words for good; the books stay whole")
    whose = erase.add_mutually_exclusive_group(required=True)
    whose.add_argument("--payer", type=read_id, metavar="ID")
    whose.add_argument("--payee", type=read_id, metavar="ID")
    erase.set_defaults(run=run_erase)
    sweep = _act(acts, common, "sweep", "erase all names and words that are due")
    sweep.set_defaults(run=run_sweep)
    for sub in (retention, erase, sweep):
        sub.add_argument("--now", type=_instant, metavar="TIME", help="as if it were this time; trial deployments only")
    rotate = _act(acts, common, "rotate-data-key", "seal names and words under a new key, while the server runs")
    how = rotate.add_mutually_exclusive_group()
    how.add_argument("--resume", action="store_true", help="go on where an earlier run was cut short; no new key")
    how.add_argument("--retire", action="store_true", help="remove old keys that nothing in the books needs any more")
    rotate.set_defaults(run=run_rotate)


def _act(acts: Any, common: argparse.ArgumentParser, name: str, purpose: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = acts.add_parser(name, help=purpose, description=purpose, parents=[common])
    made.add_argument("--store", type=store_address, metavar="URL", default=SQLITE, help=STORE_HELP)
    made.set_defaults(command_name=f"operator {name}")
    return made


def run_retention(args: Namespace, report: Report) -> int:
    """`operator retention`."""
    from feiqian.ledger.personal import standings, words_due

    if is_store_missing(args.store):
        return _store_missing(report)
    terms, now = read_terms(args.home), _now(args)
    with _books(args) as store:
        found = [one for kind in PersonKind for one in standings(store, kind, terms, now)]
        words = words_due(store, terms, now)
    due = [one for one in found if one.due_at is not None and one.due_at <= now]
    keys = {
        "terms": {name: asdict(terms)[name] for name in CHOSEN},
        "kept": [{"what": one.what, "where": one.where, "days": asdict(terms).get(one.term)} for one in KEPT],
        "named": len(found),
        "due": [_person_keys(one) for one in due],
        "disputes_due": words,
    }
    shown = [lambda: _terms_table(report, terms)]
    line = report.pick(
        f"{len(found)} names are kept, {len(due)} of them are due; words in {words} disputes are due. "
        "Erase what is due: feiqian operator sweep",
        f"保留名称 {len(found)} 个，其中 {len(due)} 个到期；{words} 项争议中的文字到期。"
        "抹除到期内容：feiqian operator sweep",
    )
    return report.done(keys, *shown, line)


def run_erase(args: Namespace, report: Report) -> int:
    """`operator erase`."""
    from feiqian.ledger.personal import erase_person

    if is_store_missing(args.store):
        return _store_missing(report)
    kind, person_id = (PersonKind.PAYER, args.payer) if args.payer is not None else (PersonKind.PAYEE, args.payee)
    terms, now = read_terms(args.home), _now(args)
    with _books(args) as store:
        erased = erase_person(store, kind, person_id, terms, now)
    told = report.pick(
        "✔ Name and words are erased; ids, amounts and evidence stay. Older backups still hold them, encrypted: "
        "see docs/operations/privacy.md."
        if erased
        else "✔ They were erased before; nothing was left to do.",
        "✔ 名称与文字已抹除；编号、金额与凭证保留。较早的备份中仍有加密副本，参见 docs/operations/privacy.md。"
        if erased
        else "✔ 此前已抹除，无需再做。",
    )
    return report.done({f"{kind.value}_id": person_id.hex(), "erased": erased}, told)


def run_sweep(args: Namespace, report: Report) -> int:
    """`operator sweep`."""
    from feiqian.ledger.personal import sweep

    if is_store_missing(args.store):
        return _store_missing(report)
    terms, now = read_terms(args.home), _now(args)
    with _books(args) as store:
        swept = sweep(store, terms, now)
    keys = {
        "payers": [one.hex() for one in swept.payers],
        "payees": [one.hex() for one in swept.payees],
        "disputes": swept.disputes,
    }
    told = report.pick(
        f"✔ Erased: names of {len(swept.payers)} payers and {len(swept.payees)} payees, words of {swept.disputes} "
        "disputes.",
        f"✔ 已抹除：{len(swept.payers)} 个付款人与 {len(swept.payees)} 个收款方的名称，{swept.disputes} 项争议的文字。",
    )
    return report.done(keys, told)


def run_rotate(args: Namespace, report: Report) -> int:
    """`operator rotate-data-key`."""
    from feiqian.cli.data_keys import HomeDataKeys
    from feiqian.ledger.personal import rotate

    if is_store_missing(args.store):
        return _store_missing(report)
    keys = HomeDataKeys(args.home)
    with _books(args) as store:
        if args.retire:
            return _retired(store, keys, report)
        with store.read() as reading:
            begun = max(reading.data_keys())
        newest = keys.seals.newest()
        if newest == begun and not args.resume:  # a key that is newer than what the books know waits for its rotation
            newest += 1
            keys.make(newest)

        def progress(done: int, of: int) -> None:
            report.say(f"{done} of {of} rows", f"{of} 行中的 {done} 行")

        sealed = rotate(store, newest, int(time.time()), progress)
    told = report.pick(
        f"✔ {sealed} rows are sealed under keys/data-{newest}.key. Copy it to every machine of this home and to your "
        "backup of keys; remove the old one in an hour: feiqian operator rotate-data-key --retire",
        f"✔ {sealed} 行已改用 keys/data-{newest}.key 加密。请将它复制到此数据文件夹的每台机器及密钥备份；"
        "一小时后移除旧密钥：feiqian operator rotate-data-key --retire",
    )
    return report.done({"data_key": newest, "rows": sealed, "keys": keys.numbers()}, told)


def _retired(store: "OperatorStore | PostgresStore", keys: "HomeDataKeys", report: Report) -> int:
    numbers = keys.numbers()
    newest, old = numbers[-1], numbers[:-1]
    with store.read() as reading:
        left, since = reading.sealed_below(newest), reading.data_keys().get(newest)
    if left or since is None:
        raise PersonalTrouble("old_key_in_use", rows=left)
    if old and int(time.time()) < since + OLD_KEY_KEPT_S:
        raise PersonalTrouble("old_key_too_fresh", until=rfc3339(since + OLD_KEY_KEPT_S))
    for number in old:
        keys.remove(number)
    told = report.pick(
        f"✔ Removed: {len(old)} old keys. What they sealed, also in backups, opens no more without a copy of them.",
        f"✔ 已移除 {len(old)} 个旧密钥。没有其副本，它们加密的内容（包括备份中的）都无法再打开。",
    )
    return report.done({"data_key": newest, "removed": old, "keys": keys.numbers()}, told)


def read_terms(home: Path) -> RetentionTerms:
    """How long this operator keeps things: its `retention.json`, and defaults. Raises HomeTrouble."""
    from feiqian.acquirer.disputes import OPEN_S

    try:
        chosen = json.loads((home / RETENTION_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return RetentionTerms(dispute_open_s=OPEN_S)
    except (OSError, ValueError):
        raise HomeTrouble("home_damaged", part=RETENTION_FILE) from None
    if not isinstance(chosen, dict) or not set(chosen) <= set(CHOSEN):
        raise HomeTrouble("home_damaged", part=RETENTION_FILE)
    try:
        return RetentionTerms(dispute_open_s=OPEN_S, **chosen)
    except ValueError:
        raise HomeTrouble("home_damaged", part=RETENTION_FILE) from None


@contextmanager
def _books(args: Namespace) -> "Iterator[OperatorStore | PostgresStore]":
    """The books of a home that was served before. Raises HomeTrouble, SealTrouble, and what a store raises."""
    read_settings(args.home)
    books = args.home / BOOKS
    if args.store == SQLITE and not (books.exists() and books.stat().st_size):
        raise HomeTrouble("home_damaged", part=BOOKS)
    with storing(BOOKS), open_books(args.home, args.store) as store:
        yield store


def _now(args: Namespace) -> int:
    """The time that counts. Raises PersonalTrouble for another one on a deployment that is no trial."""
    asked: int | None = args.now
    if asked is None:
        return int(time.time())
    deployment = read_settings(args.home).deployment
    if deployment != _TRIAL and not deployment.startswith(f"{_TRIAL}-"):
        raise PersonalTrouble("time_not_yours")
    return asked


def _store_missing(report: Report) -> int:
    report.finish({}, [StoreMissing("postgres_missing")])
    return MISSING


def _person_keys(one: Standing) -> dict[str, Any]:
    due_at = None if one.due_at is None else rfc3339(one.due_at)
    return {"kind": one.facts.kind.value, "id": one.facts.person_id.hex(), "due_at": due_at}


def _terms_table(report: Report, terms: RetentionTerms) -> "Table":
    from rich.table import Table

    table = Table(title=report.pick("What is kept of people", "留存的个人信息"))
    for heading in (("What", "内容"), ("Why", "用途"), ("How long", "期限")):
        table.add_column(report.pick(*heading), overflow="fold")
    for one in KEPT:
        what, why, term = one.says[report.language]
        table.add_row(what, why, term.format(asdict(terms).get(one.term)))
    return table


def _instant(text: str) -> int:
    from feiqian.links.http_spelling import read_instant

    try:
        return read_instant(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
