"""`feiqian wallet show`, `resume`, `history`: looking, with no network."""

from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING

from feiqian.cli.key_stores import SOFTWARE, key_keys, key_lines, key_words
from feiqian.cli.report import Report, money, rfc3339
from feiqian.cli.shown import clean_up_keys
from feiqian.cli.wallet_device import opened
from feiqian.cli.wallet_elsewhere import (
    elsewhere_keys,
    elsewhere_rows,
    elsewhere_table,
    restored_keys,
    restored_table,
)
from feiqian.cli.wallet_findings import finding_keys, finding_lines
from feiqian.cli.wallet_unlock import lock_keys, standing_lines
from feiqian.cli.wallet_words import (
    advice_lines,
    allowance_keys,
    allowances_table,
    facts_table,
    item_keys,
    item_line,
    payment_keys,
    payments_table,
)
from feiqian.wallet.wording import instant_words

if TYPE_CHECKING:
    from rich.table import Table


def show(args: Namespace, report: Report) -> int:
    """What can be spent offline now, until when, and what waits."""
    with opened(args, report) as found:
        view, told = found.wallet.spendable(), key_keys(found.wallet)
        where, stopped = key_words(found.wallet, report), key_lines(found.wallet, report)
        clean_up, lock, elsewhere = found.clean_up, found.wallet.paying_lock(), found.wallet.elsewhere()
    keys = (
        told
        | lock_keys(lock)
        | {
            "currency": view.currency,
            "payment_minor": view.payment_minor,
            "total_minor": view.total_minor,
            "until": None if view.until is None else rfc3339(view.until),
            "allowances": [allowance_keys(one) for one in view.allowances],
            "waiting_minor": view.waiting_minor,
            "waiting": view.waiting,
            "needs_you": view.needs_you,
            "top_up_asked_minor": view.top_up_asked_minor,
            "warnings": [one.value for one in view.warnings],
        }
        | elsewhere_keys(elsewhere, view.currency)
    )
    rows = [
        (report.pick("Spendable offline now", "现可离线支付"), money(view.total_minor, view.currency)),
        (report.pick("In one payment", "单笔至多"), money(view.payment_minor, view.currency)),
        (report.pick("Until", "有效期至"), "-" if view.until is None else instant_words(view.until)),
    ]
    if told["keys"]["store"] != SOFTWARE:
        rows.append((report.pick("Keys", "密钥"), where))
    if view.waiting:
        waits = money(view.waiting_minor, view.currency)
        rows.append(
            (report.pick("Waiting", "待定"), report.pick(f"{waits} in {view.waiting}", f"{waits}，{view.waiting} 笔"))
        )
    rows += elsewhere_rows(elsewhere, view.currency, report)
    if view.top_up_asked_minor:
        asked = money(view.top_up_asked_minor, view.currency)
        rows.append((report.pick("Top-up asked for", "充值待答复"), asked))
    if view.needs_you:
        todo = report.pick(f"{view.needs_you}: feiqian wallet resume", f"{view.needs_you} 项：feiqian wallet resume")
        rows.append((report.pick("Needs you", "需处理"), todo))
    tables = [lambda: allowances_table(view.allowances, view.currency, report)] if view.allowances else []
    lines = (
        stopped
        + standing_lines(lock, view.currency, report)
        + finding_lines(view.findings, view.currency, report)
        + advice_lines(view.warnings, report)
    )
    keys |= finding_keys(view.findings) | clean_up_keys(clean_up)
    return report.done(keys, lambda: facts_table(rows), *tables, *lines)


def resume(args: Namespace, report: Report) -> int:
    """What is open, and the way on for each."""
    with opened(args, report) as found:
        items = found.wallet.resume().items
        clean_up = found.clean_up
    keys = {"open": len(items), "items": [item_keys(item) for item in items]}
    lines = [item_line(item, report) for item in items]
    nothing = report.pick("Nothing is open.", "没有待处理事项。")
    return report.done(keys | clean_up_keys(clean_up), *(lines or [nothing]))


def history(args: Namespace, report: Report) -> int:
    """All payments, newest first, or those in which all words of --search are found; and those of other devices."""
    with opened(args, report) as found:
        payments, restored = found.wallet.history(args.search), found.wallet.restored(args.search)
        elsewhere, member = found.wallet.elsewhere(), found.wallet.membership()
    currency = "" if member is None else member.currency
    keys = {"count": len(payments), "payments": [payment_keys(payment) for payment in payments]}
    keys |= restored_keys(restored) | elsewhere_keys(elsewhere, currency)
    shown: list[str | Callable[[], Table]] = []
    if payments:
        shown.append(lambda: payments_table(payments, report))
    if restored:
        shown.append(lambda: restored_table(restored, report))
    if elsewhere.cheques and not args.search:
        shown.append(lambda: elsewhere_table(elsewhere.cheques, currency, report))
    waiting = elsewhere_rows(elsewhere, currency, report)
    if waiting:
        shown.append(lambda: facts_table(waiting))
    return report.done(keys, *(shown or [report.pick("No payments.", "没有付款。")]))
